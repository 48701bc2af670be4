"""What DataArts Factory answers beyond the state of a job: workspaces, definitions, times, lists, refusals.

Sources are those of `haltspec.apis.dataarts`; the rules that these replies must satisfy stand there. Any project and
any workspace exists unless a reading says otherwise, and every caller may do everything in them.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from haltspec.apis.dataarts import TAKEN_ELSEWHERE
from haltspec.lts import ANY_ERROR, Call, Request, Transition
from haltspec.services.base import Answer, Job, Service, World
from haltspec.spec import Binding

if TYPE_CHECKING:
    from haltspec.shapes import Fault

_UNKNOWN: Final = "DLF.0100"
_NO_WORKSPACE: Final = "DLF.0819"
_NO_NODE: Final = "DLF.1006"
_INVALID: Final = "DLF.3051"
_UNLISTED: Final = "DLF.9999"
"""Stands for a code that no document lists."""
_NO_BODY: Final = ("Create", "Start", "Stop", "Delete")
_MOVING: Final = ("real-time STARTING", "real-time INIT while starting", "real-time STOPPING")
_AT_REST: Final = (
    *("batch STOPPED", "finite STOPPED", "real-time STOPPED"),
    *("batch PAUSED after a stop", "finite PAUSED after a stop", "real-time INIT"),
)
_CONTEXT: Final = ("project_id", "workspace", "targetStatus", "approvers")
"""Members of a creation that are not part of the job's definition."""
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_LONGEST_TEXT: Final = 1024
"""In characters, of a text that a list shows of a job."""
_USER: Final = "haltspec"
_TEXTS: Final = {
    _UNKNOWN: "The job does not exists.",
    "DLF.0102": "The job name already exists.",
    "DLF.0136": "Only batch jobs support this operation.",
    _NO_WORKSPACE: "Workspace does not exists.",
    _NO_NODE: "The job has no node.",
    _INVALID: "The request parameter is invalid.",
    "DLF.3018": "The job name is invalid.",
}


class DataArts(Service):
    """The reference service of DataArts Factory."""

    unmodelled: ClassVar[frozenset[str]] = frozenset(
        {
            *("age of a read", "case of a name", "scope of a name", "what a start needs"),
            *("instances of a stopped job", "number of jobs", "body of a stop"),
        }
    )
    untaken: ClassVar[Mapping[str, str]] = {
        f"job/{TAKEN_ELSEWHERE}": "this service knows a name in its workspace only, in the letters it was given in",
    }
    never: ClassVar[frozenset[str]] = frozenset({f"job/{TAKEN_ELSEWHERE}"})
    message_member: ClassVar[str] = "error_msg"
    page: ClassVar[int] = 10
    malformed_code: ClassVar[str] = _INVALID
    bad_page_code: ClassVar[str] = _INVALID
    unknown_operation_code: ClassVar[str] = "APIGW.0101"
    taken_code: ClassVar[str] = "DLF.0102"
    unnamed_code: ClassVar[str] = ANY_ERROR
    fault_code: ClassVar[str] = "500"

    def tenants(self, number: int) -> tuple[str, ...]:
        """Two workspaces of one project, and another project."""
        own, other = f"{2 * number:032x}", f"{2 * number + 1:032x}"
        return f"{own}/default", f"{own}/{'ab' * 16}", f"{other}/default"

    def example(self, binding: Binding, tenant: str, number: int, made: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """A small valid request that creates a job: scheduled for ever, real-time, or run once."""
        kind, schedule = (("BATCH", "CRON"), ("REAL_TIME", "CRON"), ("BATCH", "EXECUTE_ONCE"))[number % 3]
        node = {"name": "first", "type": "Shell", "location": {"x": "1", "y": "1"}, "properties": []}
        return {"name": f"job-{number}", "processType": kind, "schedule": {"type": schedule}, "nodes": [node]}

    def variants(self, binding: Binding) -> int:
        """A batch job, a real-time job, and a batch job whose schedule runs out."""
        return 3

    def extras(self, binding: Binding) -> tuple[dict[str, Any], ...]:
        """A name that no job can have."""
        return ({}, {"job_name": "no such name!"}) if binding.id_in == "job_name" else super().extras(binding)

    def probes(self, binding: Binding, created: Request) -> tuple[dict[str, Any], ...]:
        """Each type of job, a name and a part of it, a name and a tag that nobody has, a page too large, a page further
        on.
        """
        name = str(created.get("name", "somebody"))
        types: tuple[dict[str, Any], ...] = ({"jobType": "BATCH"}, {"jobType": "REAL_TIME"})
        names = ({"jobName": name}, {"jobName": name[:3]}, {"jobName": "nobody"}, {"tags": "nobody"})
        return (*types, *names, {"limit": 101}, {"limit": 1, "offset": 1})

    def lists_with(self, binding: Binding, created: Request) -> dict[str, Any]:
        """The type of a real-time job: lists show batch jobs unless asked otherwise."""
        return {"jobType": "REAL_TIME"} if created.get("processType") == "REAL_TIME" else {}

    def permits(self, world: World, job: Job, row: Transition) -> bool:
        """A name is taken in its workspace only, in the letters it was given in."""
        return row.name != TAKEN_ELSEWHERE

    # ---- requests ---------------------------------------------------------------------------------------------------

    def malformed(self, world: World, operation: str, faults: Sequence[Fault], request: Request) -> Answer:
        """A malformed name has codes of its own."""
        name = next((fault for fault in faults if fault.member == "name"), None)
        if name is None:
            told = "; ".join(map(str, faults))
            return self.refuse(world, self.malformed_code, f"{_TEXTS[_INVALID]} {told}")
        return self.refuse(world, "DLF.3018" if name.value else "DLF.3004", str(name))

    def check(self, world: World, binding: Binding, request: Request, tenant: str) -> Answer | None:
        """Workspaces that do not exist, pages that are too large, names that no job can have, jobs without nodes."""
        return (
            self._bad_workspace(world, request, tenant)
            or self._large_page(world, request)
            or self._bad_name(world, request)
            or self._no_node(world, binding, request, tenant)
        )

    def _bad_workspace(self, world: World, request: Request, tenant: str) -> Answer | None:
        missing = world.readings["no default workspace"] == "there is none" and tenant.endswith("/default")
        empty = world.readings["empty workspace header"] == "an unknown workspace" and request.get("workspace") == ""
        return self.refuse(world, _NO_WORKSPACE, _TEXTS[_NO_WORKSPACE]) if missing or empty else None

    def _large_page(self, world: World, request: Request) -> Answer | None:
        largest = int(world.readings["largest page"])
        if request.get("limit", 0) <= largest:
            return None
        return self.refuse(world, _INVALID, f"A page has at most {largest} jobs.")

    def _bad_name(self, world: World, request: Request) -> Answer | None:
        code, name = world.readings["name that no job can have"], request.get("job_name")
        if code == _UNKNOWN or name is None or _NAME.fullmatch(name):
            return None
        return self.refuse(world, code, _TEXTS[code])

    def _no_node(self, world: World, binding: Binding, request: Request, tenant: str) -> Answer | None:
        reading = world.readings["job without nodes"]
        if reading == "refused" and binding.role == "Create":
            lacks = not request.get("nodes")
        elif reading == "created, not started" and binding.role in ("Start", "RunOnce"):
            job = world.find(tenant, request[binding.id_in])
            lacks = job is not None and not job.data["definition"].get("nodes")
        else:
            return None
        return self.refuse(world, _NO_NODE, _TEXTS[_NO_NODE]) if lacks else None

    # ---- jobs -------------------------------------------------------------------------------------------------------

    def create(self, world: World, binding: Binding, job: Job, request: Request) -> None:
        """Keep the definition and the time."""
        definition = {member: value for member, value in request.items() if member not in _CONTEXT}
        now = _milliseconds(world)
        job.put(definition=definition, createTime=now, lastUpdateTime=now)

    def moved(self, world: World, job: Job, row: Transition, before: str) -> None:
        """Note when the job was started and when it came to a stop."""
        if isinstance(row.label, Call) and row.label.operation == "Start":
            job.put(startTime=_milliseconds(world), endTime=None)
        elif job.state in _AT_REST and before not in _AT_REST and "startTime" in job.data:
            job.put(endTime=_milliseconds(world))

    def is_settled(self, world: World, job: Job) -> bool:
        """Only a job that is on its way somewhere moves on when all settles; nobody pauses or fails by then."""
        return job.state not in _MOVING

    def abstract(self, world: World, job: Job) -> Hashable:
        """Whether it has nodes, where that decides whether it can be started."""
        return bool(job.data["definition"].get("nodes")) or world.readings["job without nodes"] == "created and started"

    # ---- replies ----------------------------------------------------------------------------------------------------

    def view(self, world: World, job: Job, binding: Binding, shown: Mapping[str, str]) -> dict[str, Any]:
        """A job in a list, its details, its status, or the instance that a run at once makes."""
        if binding.role == "RunOnce":
            return {"instanceId": self._new_instance(job)}
        if binding.role == "Show":
            return {"id": job.number, "nodes": [], **job.data["definition"], "createTime": job.data["createTime"]}
        if binding.role == "Status":
            return {"name": job.key.id, "status": shown.get("status"), "nodes": _nodes(job, shown), **_times(job)}
        return {"name": job.key.id, **shown, **_listed(job), **_times(job)}

    @staticmethod
    def _new_instance(job: Job) -> int:
        """The number of a new instance; no two instances have the same."""
        runs: int = job.data.get("runs", 0) + 1
        job.put(runs=runs)
        return job.number * 1_000_000 + runs

    def success(self, world: World, binding: Binding, body: dict[str, Any]) -> Answer:
        """204 without a body for what creates, starts, stops or deletes; else 200."""
        return Answer(204, None) if binding.role in _NO_BODY else Answer(200, body)

    def refuse(self, world: World, code: str, text: str) -> Answer:
        """A refusal; the readings choose the code where no document gives one, and the number of an unknown job's."""
        if code == ANY_ERROR:
            code = _INVALID if world.readings["code of an undocumented refusal"] == _INVALID else _UNLISTED
        elif code == _UNKNOWN:
            code = world.readings["code of an unknown job"]
        return super().refuse(world, code, text)

    def refusal_text(self, world: World, code: str, binding: Binding, job_id: str, row: Transition) -> str:
        """The text of the documents where there is one; a start of a started job says that the job is running."""
        if code == ANY_ERROR and binding.role == "Start":
            return f"The job {job_id} is running."
        return _TEXTS.get(code) or super().refusal_text(world, code, binding, job_id, row)

    def error_body(self, code: str, text: str) -> dict[str, Any]:
        """Two texts, the code and the message."""
        return {"error_code": code, self.message_member: text}

    # ---- lists ------------------------------------------------------------------------------------------------------

    def selects(self, world: World, binding: Binding, request: Request, job: Job) -> bool:
        """By type (BATCH unless asked otherwise) and by name; no job has tags."""
        definition, wanted = job.data["definition"], request.get("jobName")
        if definition["processType"] != (request.get("jobType") or "BATCH") or request.get("tags"):
            return False
        if not wanted:
            return True
        is_exact = world.readings["match of a name filter"] == "the very name"
        return bool(wanted == job.key.id if is_exact else wanted in job.key.id)

    def is_newest_first(self, world: World, binding: Binding, request: Request) -> bool:
        """As the reading has it."""
        return world.readings["order of a list"] == "newest first"

    def first_item(self, world: World, binding: Binding, request: Request) -> int:
        """The offset, in pages or in jobs as the reading has it."""
        offset = int(request.get("offset") or 0)
        return offset if world.readings["unit of offset"] == "jobs" else offset * self.page_size(binding, request)


def _milliseconds(world: World) -> int:
    """The time in epoch milliseconds, as this service tells it."""
    return round(world.now * 1000)


def _times(job: Job) -> dict[str, int]:
    return {member: job.data[member] for member in ("startTime", "endTime", "lastUpdateTime") if member in job.data}


def _nodes(job: Job, shown: Mapping[str, str]) -> list[dict[str, Any]]:
    """The nodes in a status; those of a real-time job share its status."""
    status = {"status": shown["status"]} if shown.get("jobType") == "REAL_TIME" else {}
    return [{"name": node["name"], "type": node["type"], **status} for node in job.data["definition"].get("nodes", ())]


def _listed(job: Job) -> dict[str, Any]:
    """The members of a listed job besides its name, status and times; texts that are too long are left out."""
    definition = job.data["definition"]
    config = definition.get("basicConfig") or {}
    members = {
        "owner": config.get("owner", _USER),
        "priority": config.get("priority", 0),
        "createUser": _USER,
        "createTime": job.data["createTime"],
        "lastUpdateUser": definition.get("lastUpdateUser", _USER),
        "path": definition.get("directory", "/"),
        "singleNodeJobFlag": definition.get("singleNodeJobFlag", False),
    }
    return {name: value for name, value in members.items() if not isinstance(value, str) or len(value) <= _LONGEST_TEXT}


SERVICE: Final = DataArts()
