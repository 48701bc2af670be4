"""The reference model, on an API made up for the test: runs with tasks, and machines that the request names."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from random import Random
from typing import Any, cast

import pytest

from haltspec.errors import Misuse, Unknown
from haltspec.lts import (
    ABSENT,
    ANY_ERROR,
    SAME,
    Document,
    Kind,
    Lifecycle,
    OpenQuestion,
    Operation,
    Reading,
    Request,
    RequestClass,
    Role,
    State,
    Transition,
    assumed,
    call,
    internal,
    ok,
    refused,
)
from haltspec.reference import Answer, Job, JobKey, Reference, Schedule
from haltspec.services.base import Service, World
from haltspec.shapes import Breach, Fault, Shapes
from haltspec.spec import Api, Binding, ErrorSpec, Nature

DOC = Document("LAB", "Made up for the test", "2025")
SAID = DOC.states("everywhere")
US, EU = "1/us", "1/eu"


def row(name: str, states: str | tuple[str, ...], label: Any, target: str, *, free: bool = False) -> Transition:
    return Transition(name, states, label, target, SAID, free=free)


EXISTING = ("WAITING", "WORKING", "STOPPING", "DONE", "STOPPED")
REPEATED = RequestClass("repeated token", "The token made this run.", only_in=EXISTING)
FOREIGN = RequestClass("another kind's id", "The id is that of something else.", only_in=(ABSENT,))
LOUD = RequestClass("loud", "Loudness is asked for.", holds=lambda request: bool(request.get("loud")))
STATES = (State(ABSENT), State("WAITING"), State("WORKING"), State("STOPPING"))
ENDS = (State("DONE", terminal=True), State("STOPPED", terminal=True))
WHEN_STOPPING = OpenQuestion(
    "stop while stopping",
    "What does a second stop answer?",
    (
        Reading(
            "accepted",
            "Again.",
            (Transition("stop asked again", "STOPPING", call("Stop", ok()), SAME, assumed("ours"), free=True),),
        ),
        Reading(
            "refused",
            "Refused.",
            (
                Transition(
                    "second stop refused",
                    "STOPPING",
                    call("Stop", refused(ANY_ERROR)),
                    SAME,
                    assumed("ours"),
                    free=True,
                ),
            ),
        ),
    ),
    "accepted",
    "Nothing.",
    states=("STOPPING",),
    operation="Stop",
)
RUN = Lifecycle(
    api="lab",
    name="run",
    title="run",
    kinds=(Kind("run", "Run"),),
    states=(*STATES, *ENDS),
    operations=(
        Operation("Create", Role.CREATE, (REPEATED,), plain_in=(ABSENT,)),
        Operation("Get", Role.READ, (FOREIGN,)),
        Operation("List", Role.LIST),
        Operation("Stop", Role.ORDER),
        Operation("Delete", Role.DELETE),
    ),
    transitions=(
        row("made", ABSENT, call("Create", ok(), when="plain"), "WAITING"),
        row("made before", EXISTING, call("Create", ok(), when="repeated token"), SAME),
        row("got", EXISTING, call("Get", ok()), SAME),
        row("not got", ABSENT, call("Get", refused("NotFound"), when="plain"), SAME),
        row("not that kind", ABSENT, call("Get", refused("WrongKind"), when="another kind's id"), SAME),
        row("listed", EXISTING, call("List", ok()), SAME),
        row("not listed", ABSENT, call("List", ok()), SAME),
        row("begun", "WAITING", internal("begin"), "WORKING"),
        row("completed", "WORKING", internal("complete"), "DONE"),
        row("halted", "STOPPING", internal("halt"), "STOPPED"),
        row("stop asked", ("WAITING", "WORKING"), call("Stop", ok()), "STOPPING"),
        row("too late", ("DONE", "STOPPED"), call("Stop", refused("Conflict")), SAME),
        row("not stopped", ABSENT, call("Stop", refused("NotFound")), SAME),
        row("deleted", ("DONE", "STOPPED"), call("Delete", ok()), ABSENT),
        row("active", ("WAITING", "WORKING", "STOPPING"), call("Delete", refused("Conflict")), SAME),
        row("not deleted", ABSENT, call("Delete", refused("NotFound")), SAME),
    ),
    questions=(WHEN_STOPPING,),
    frame=SAID,
    id_member="id",
    status_members=("status",),
)
TASK_EXISTING = ("WAITING", "WORKING", "DONE", "STOPPED")
TASK = Lifecycle(
    api="lab",
    name="task",
    title="task of a run",
    kinds=(Kind("task", "Task"),),
    states=(*STATES[:3], *ENDS),
    operations=(
        Operation("Create", Role.CREATE, plain_in=(ABSENT,)),
        Operation("Get", Role.READ),
        Operation("List", Role.LIST),
        Operation("Stop", Role.ORDER, (LOUD,)),
    ),
    transitions=(
        row("made with its run", ABSENT, call("Create", ok()), "WAITING"),
        row("got", TASK_EXISTING, call("Get", ok()), SAME),
        row("not got", ABSENT, call("Get", refused("NotFound")), SAME),
        row("listed", TASK_EXISTING, call("List", ok()), SAME),
        row("not listed", ABSENT, call("List", ok()), SAME),
        row("begun", "WAITING", internal("begin"), "WORKING"),
        row("completed", "WORKING", internal("complete"), "DONE"),
        row("stopped", ("WAITING", "WORKING"), call("Stop", ok(), when="plain"), "STOPPED"),
        row("stopped loudly", ("WAITING", "WORKING"), call("Stop", ok("DONE"), when="loud"), "STOPPED"),
        row("ended", ("DONE", "STOPPED"), call("Stop", ok()), SAME),
        row("not stopped", ABSENT, call("Stop", refused("NotFound")), SAME),
    ),
    questions=(),
    frame=SAID,
    id_member="id",
    status_members=("status",),
)
SWITCH = Lifecycle(
    api="lab",
    name="switch",
    title="a switch that the request names",
    kinds=(Kind("red", "Red switch"), Kind("blue", "Blue switch")),
    states=(State(ABSENT), State("OFF"), State("ON"), State("DIM")),
    operations=(
        Operation("Create", Role.CREATE),
        Operation("Get", Role.READ),
        Operation("List", Role.LIST),
        Operation("Turn", Role.ORDER),
        Operation("Delete", Role.DELETE),
    ),
    transitions=(
        row("made", ABSENT, call("Create", ok()), "OFF"),
        row("name taken", ("OFF", "ON", "DIM"), call("Create", refused("NameTaken")), SAME),
        row("got", ("OFF", "ON", "DIM"), call("Get", ok()), SAME),
        row("not got", ABSENT, call("Get", refused("NotFound")), SAME),
        row("listed", ("OFF", "ON", "DIM"), call("List", ok()), SAME),
        row("not listed", ABSENT, call("List", ok()), SAME),
        row("turned on", "OFF", call("Turn", ok()), "ON", free=True),
        row("turned half on", "OFF", call("Turn", ok()), "DIM", free=True),
        row("turned off", ("ON", "DIM"), call("Turn", ok()), "OFF"),
        row("not turned", ABSENT, call("Turn", refused("NotFound")), SAME),
        row("faded", "ON", internal("fade"), "DIM"),
        row("flared", "DIM", internal("flare"), "ON"),
        row("deleted", ("OFF", "ON", "DIM"), call("Delete", ok()), ABSENT),
        row("not deleted", ABSENT, call("Delete", refused("NotFound")), SAME),
    ),
    questions=(),
    frame=SAID,
    id_member="name",
    status_members=("status",),
)


def run_of(task_id: str) -> str:
    return task_id.partition("/")[0]


PAGES: dict[str, Any] = {"next_in": "next", "next_out": "next", "limit_in": "limit"}
API = Api(
    name="lab",
    title="Lab",
    page="none",
    service="lab",
    tenancy="PLACE/ROOM",
    documents=(DOC,),
    lifecycles=(RUN, TASK, SWITCH),
    bindings=(
        Binding("CreateRun", "run", "Create", view=("run",), token_in="token"),
        Binding("CreateRun", "task", "Create", spreads=True),
        Binding("GetRun", "run", "Get", id_in="id", view=("run",), full=True),
        Binding("ListRuns", "run", "List", items=("page", "runs"), **PAGES),
        Binding("StopRun", "run", "Stop", id_in="id", view=("run",)),
        Binding("StopRun", "task", "Stop", scope_in="id", parent_of=run_of, spreads=True),
        Binding("DeleteRun", "run", "Delete", id_in="id"),
        Binding("GetTask", "task", "Get", id_in="id", view=()),
        Binding("StopTask", "task", "Stop", id_in="id", view=()),
        Binding("ListTasks", "task", "List", items=("tasks",), scope_in="run", parent_of=run_of, **PAGES),
        Binding("CreateSwitch", "switch", "Create", id_in="name", view=()),
        Binding("GetSwitch", "switch", "Get", id_in="name", view=()),
        Binding("TurnSwitch", "switch", "Turn", id_in="name", view=()),
        Binding("DeleteSwitch", "switch", "Delete", id_in="name"),
        Binding("ListSwitches", "switch", "List", items=("switches",), total_out="total", limit_in="limit"),
    ),
    errors=(
        ErrorSpec("NotFound", (404,), (Nature.REFUSAL,), SAID),
        ErrorSpec("Conflict", (409,), (Nature.REFUSAL,), SAID),
        ErrorSpec("NameTaken", (400,), (Nature.REFUSAL,), SAID),
        ErrorSpec("WrongKind", (400,), (Nature.REFUSAL,), SAID),
        ErrorSpec(ANY_ERROR, (400,), (Nature.REFUSAL,), SAID),
    ),
    questions=(
        OpenQuestion(
            "repeated token, other parameters",
            "?",
            tuple(Reading(r, r) for r in ("Conflict", "same job", "new job")),
            "Conflict",
            "",
        ),
        OpenQuestion("life of a token", "?", (Reading("for ever", ""), Reading("one day", "")), "for ever", ""),
        OpenQuestion(
            "page token with other parameters", "?", (Reading("continues", ""), Reading("refused", "")), "continues", ""
        ),
        OpenQuestion("colour", "?", (Reading("red", ""), Reading("blue", "")), "red", ""),
    ),
    rules=(),
    statements=(),
    ambiguities=(),
)


class FakeShapes:
    """Shapes that find fault with a member called `bad`."""

    def request_faults(self, operation: str, request: Request) -> tuple[Fault, ...]:
        return (Fault("bad", request["bad"], "no such member", Breach.TYPE),) if "bad" in request else ()


class Lab(Service):
    """A run makes its tasks, begins when the first one does, and ends with the last."""

    unmodelled = frozenset({"colour"})
    unnamed_code = "Conflict"

    def shapes(self, api: Api) -> Shapes:
        return cast("Shapes", FakeShapes())

    def check(self, world: World, binding: Binding, request: Request, tenant: str) -> Answer | None:
        return self.refuse(world, "Conflict", "not today") if request.get("holiday") else None

    def new_parent(self, world: World, binding: Binding, request: Request, tenant: str, job_id: str) -> str:
        return ""

    def created(self, world: World, binding: Binding, job: Job, request: Request) -> None:
        for number in range(request.get("tasks", 0)):
            world.add(JobKey(job.key.tenant, "task", "task", f"{job.key.id}/{number}"), {}, parent=job.key.id)

    def moved(self, world: World, job: Job, row: Transition, before: str) -> None:
        job.put(since=world.now, now=None)
        if job.key.lifecycle == "task":
            run = world.find(job.key.tenant, job.parent)
            if run is not None:
                for name in ("begin", "complete", "halt"):
                    if any(str(r.label) == name for r in world.enabled(run)):
                        world.fire(run, name)

    def permits(self, world: World, job: Job, row: Transition) -> bool:
        if job.key.lifecycle != "run":
            return True
        states = [task.state for task in world.jobs_of(job.key.tenant, "task", parent=job.key.id)]
        if row.name == "begun":
            return any(state == "WORKING" for state in states) or not states
        if row.name in ("completed", "halted"):
            return all(state in ("DONE", "STOPPED") for state in states)
        return True

    def view(self, world: World, job: Job, binding: Binding, shown: Mapping[str, str]) -> dict[str, Any]:
        body = super().view(world, job, binding, shown)
        return body | {"since": job.data["since"]} if binding.full else body

    def selects(self, world: World, binding: Binding, request: Request, job: Job) -> bool:
        return bool(job.state == request.get("status", job.state))

    def is_newest_first(self, world: World, binding: Binding, request: Request) -> bool:
        return bool(request.get("newest"))

    def first_item(self, world: World, binding: Binding, request: Request) -> int | None:
        return request.get("offset", 0) if binding.total_out else None


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def lab(**options: Any) -> Reference:
    return Reference(API, clock=options.pop("clock", Clock()), service=Lab(), **options)


def made(reference: Reference, tenant: str = US, **request: Any) -> str:
    reply = reference.call("CreateRun", request, tenant=tenant).reply
    assert reply is not None
    return str(reply["run"]["id"])


def status(reference: Reference, run: str, tenant: str = US) -> str:
    reply = reference.call("GetRun", {"id": run}, tenant=tenant).reply
    assert reply is not None
    return str(reply["run"]["status"])


def job_of(reference: Reference, job_id: str, tenant: str = US) -> Job:
    job = reference.find(tenant, job_id)
    assert job is not None
    return job


class TestErrors:
    """Errors have an order: unknown operation, malformed, the service's own refusals, then the rows."""

    def test_an_unknown_operation_comes_before_a_malformed_request(self) -> None:
        answer = lab().call("GetRum", {"bad": 1}, tenant=US)
        assert (answer.status, answer.error) == (400, "UnknownOperationException")

    def test_a_malformed_request_comes_before_a_refusal_of_the_service(self) -> None:
        answer = lab().call("GetRun", {"bad": 1, "holiday": True, "id": "none"}, tenant=US)
        assert answer.error == "ValidationException"
        assert answer.reply == {
            "__type": "ValidationException",
            "message": "bad is 1; expected no such member",
        }

    def test_a_refusal_of_the_service_comes_before_the_look_up(self) -> None:
        answer = lab().call("GetRun", {"holiday": True, "id": "none"}, tenant=US)
        assert answer == Answer(409, {"__type": "Conflict", "message": "not today"}, "Conflict")

    def test_an_unknown_id_is_refused_by_a_row(self) -> None:
        answer = lab().call("GetRun", {"id": "none"}, tenant=US)
        assert (answer.status, answer.error) == (404, "NotFound")

    def test_a_state_is_refused_by_a_row_and_stays(self) -> None:
        reference = lab()
        run = made(reference)
        reference.settle()
        answer = reference.call("StopRun", {"id": run}, tenant=US)
        assert (answer.status, answer.error) == (409, "Conflict")
        assert status(reference, run) == "DONE"

    def test_a_refusal_without_a_documented_code_gets_the_code_of_the_service(self) -> None:
        reference = lab(readings={"run/stop while stopping": "refused"})
        run = made(reference)
        reference.call("StopRun", {"id": run}, tenant=US)
        assert reference.call("StopRun", {"id": run}, tenant=US).error == "Conflict"

    def test_members_that_are_null_are_as_if_left_out(self) -> None:
        assert lab().call("GetRun", {"id": "none", "holiday": None}, tenant=US).error == "NotFound"


class TestIdentity:
    """Ids, kinds and tenants are kept apart."""

    def test_ids_repeat_with_the_seed_and_never_within_a_run(self) -> None:
        first, again, other = lab(seed=1), lab(seed=1), lab(seed=2)
        ids = [made(first) for _ in range(50)]
        assert ids == [made(again) for _ in range(50)]
        assert len(set(ids) | {made(other)}) == 51
        assert all(len(run) == 32 for run in ids)

    def test_tenants_never_see_each_other(self) -> None:
        reference = lab()
        run = made(reference, US)
        for operation in ("GetRun", "StopRun", "DeleteRun"):
            assert reference.call(operation, {"id": run}, tenant=EU).error == "NotFound"
        reply = reference.call("ListRuns", {}, tenant=EU).reply
        assert reply == {"page": {"runs": []}}
        assert [job.key.id for job in reference.jobs(US)] == [run]
        assert reference.jobs(EU) == []
        assert status(reference, run) == "WAITING"

    def test_an_id_of_another_kind_has_its_own_class_where_there_is_one(self) -> None:
        reference = lab()
        reference.call("CreateSwitch", {"name": "s"}, tenant=US)
        assert reference.call("GetRun", {"id": "s"}, tenant=US).error == "WrongKind"
        assert reference.call("StopRun", {"id": "s"}, tenant=US).error == "NotFound"
        assert reference.call("GetRun", {"id": "s"}, tenant=EU).error == "NotFound"

    def test_a_job_named_by_the_request_meets_the_rows_of_its_state(self) -> None:
        reference = lab()
        assert reference.call("CreateSwitch", {"name": "s"}, tenant=US).reply == {"name": "s", "status": "OFF"}
        assert reference.call("CreateSwitch", {"name": "s"}, tenant=US).error == "NameTaken"
        assert reference.call("CreateSwitch", {"name": "s"}, tenant=EU).error is None
        reference.call("DeleteSwitch", {"name": "s"}, tenant=US)
        assert reference.call("GetSwitch", {"name": "s"}, tenant=US).error == "NotFound"
        assert reference.call("CreateSwitch", {"name": "s"}, tenant=US).error is None
        assert len(reference.jobs()) == 2

    def test_a_new_id_that_is_taken_is_refused(self) -> None:
        class Same(Lab):
            def new_id(self, world: World, binding: Binding, request: Request, tenant: str, draw: str) -> str:
                return "always"

        reference = Reference(API, clock=Clock(), service=Same())
        made(reference)
        assert reference.call("CreateRun", {}, tenant=US).error == "ResourceInUseException"
        assert len(reference.jobs()) == 1


class TestTokens:
    """A token with the same parameters answers for the job it made."""

    def test_a_repeated_token_makes_no_second_job(self) -> None:
        reference = lab()
        run = made(reference, token="t", tasks=1)
        reference.call("StopRun", {"id": run}, tenant=US)
        assert made(reference, token="t", tasks=1) == run
        assert status(reference, run) == "STOPPED"
        assert len(reference.jobs()) == 2

    def test_parameters_are_compared_whatever_their_order(self) -> None:
        reference = lab()
        first = reference.call("CreateRun", {"token": "t", "a": {"x": 1, "y": [2]}}, tenant=US)
        assert reference.call("CreateRun", {"a": {"y": [2], "x": 1}, "token": "t"}, tenant=US) == first

    @pytest.mark.parametrize(
        ("reading", "error", "jobs"), [("Conflict", "Conflict", 1), ("same job", None, 1), ("new job", None, 2)]
    )
    def test_other_parameters_are_answered_by_the_reading(self, reading: str, error: str | None, jobs: int) -> None:
        reference = lab(readings={"repeated token, other parameters": reading})
        made(reference, token="t", a=1)
        assert reference.call("CreateRun", {"token": "t", "a": 2}, tenant=US).error == error
        assert len(reference.jobs()) == jobs

    def test_a_token_means_nothing_in_another_tenant(self) -> None:
        reference = lab()
        assert made(reference, US, token="t") != made(reference, EU, token="t")

    def test_a_token_of_a_job_that_is_gone_makes_another_unless_rows_say_otherwise(self) -> None:
        refusal = row("token used", ABSENT, call("Create", refused("Conflict"), when="repeated token"), SAME)
        for rows, error in ((RUN.rows(), None), ((*RUN.rows(), refusal), "Conflict")):
            reference = lab(rows={"run": rows})
            run = made(reference, token="t")
            reference.settle()
            reference.call("DeleteRun", {"id": run}, tenant=US)
            assert reference.call("CreateRun", {"token": "t"}, tenant=US).error == error
            assert len(reference.jobs()) == (error is None)

    @pytest.mark.parametrize(("reading", "error"), [("Conflict", "Conflict"), ("same job", None), ("new job", None)])
    def test_a_token_of_a_job_that_is_gone_with_other_parameters(self, reading: str, error: str | None) -> None:
        reference = lab(readings={"repeated token, other parameters": reading})
        run = made(reference, token="t", a=1)
        reference.settle()
        reference.call("DeleteRun", {"id": run}, tenant=US)
        assert reference.call("CreateRun", {"token": "t", "a": 2}, tenant=US).error == error

    def test_a_token_is_forgotten_when_its_life_is_over(self) -> None:
        clock = Clock()
        reference = lab(clock=clock, readings={"life of a token": "one day"})
        run = made(reference, token="t")
        clock.now += 86_400
        assert made(reference, token="t") == run
        clock.now += 1
        assert made(reference, token="t") != run


class TestLists:
    """Lists keep order, filters, pages, parents, kinds and tenants."""

    @staticmethod
    def pages(reference: Reference, **request: Any) -> list[list[str]]:
        pages, token = [], None
        while True:
            reply = reference.call("ListRuns", {**request, **({"next": token} if token else {})}, tenant=US).reply
            assert reply is not None
            pages.append([item["id"] for item in reply["page"]["runs"]])
            token = reply.get("next")
            if token is None:
                return pages

    def test_pages_are_as_long_as_asked_for_and_complete(self) -> None:
        reference = lab()
        runs = [made(reference) for _ in range(5)]
        made(reference, EU)
        assert self.pages(reference) == [runs]
        assert self.pages(reference, limit=2) == [runs[:2], runs[2:4], runs[4:]]
        assert self.pages(reference, limit=5) == [runs]
        assert self.pages(reference, limit=2, newest=True) == [runs[:2:-1], runs[2:0:-1], runs[:1]]

    def test_a_page_of_heavy_jobs_is_shorter_than_asked_for(self) -> None:
        """A reply stays short whatever jobs were made of; a job that is heavier than a page has one of its own."""
        reference = lab()
        runs = [made(reference) for _ in range(6)]
        for run, size in zip(runs, (400_000, 400_000, 400_000, 2_000_000, 10, 10), strict=True):
            job = reference.find(US, run)
            assert job is not None
            job.put(notes="x" * size)
        assert self.pages(reference) == [runs[:2], runs[2:3], runs[3:4], runs[4:]]
        assert self.pages(reference, limit=1) == [[run] for run in runs]

    @pytest.mark.parametrize("token", ["f" * 5000, "f" * 5000 + "-0-0", "-1-0-0", "0x1-0-0", "1_0-0-0", "\u0661-0-0"])
    def test_rejects_page_tokens_that_are_no_numbers(self, token: str) -> None:
        assert lab().call("ListRuns", {"next": token}, tenant=US).error == "ValidationException"

    def test_a_page_goes_on_where_the_last_ended_though_jobs_come_and_go(self) -> None:
        reference = lab()
        runs = [made(reference) for _ in range(4)]
        token = (reference.call("ListRuns", {"limit": 2}, tenant=US).reply or {})["next"]
        reference.settle()
        reference.call("DeleteRun", {"id": runs[1]}, tenant=US)
        late = made(reference)
        reply = reference.call("ListRuns", {"next": token}, tenant=US).reply or {}
        assert [item["id"] for item in reply["page"]["runs"]] == [*runs[2:], late]

    def test_a_filter_keeps_jobs_out_of_pages(self) -> None:
        reference = lab()
        runs = [made(reference) for _ in range(4)]
        for run in runs[::2]:
            reference.call("StopRun", {"id": run}, tenant=US)
        assert self.pages(reference, status="STOPPING", limit=1) == [[runs[0]], [runs[2]]]

    @pytest.mark.parametrize("token", ["", "nonsense", "1-abc-def", "zz-1-2"])
    def test_rejects_a_token_that_was_never_given(self, token: str) -> None:
        answer = lab().call("ListRuns", {"next": token}, tenant=US)
        assert answer.error == "ValidationException"
        assert answer.reply is not None
        assert answer.reply["message"] == f"next {token!r} was not given for this list"

    def test_rejects_a_token_of_another_list_or_tenant(self) -> None:
        reference = lab()
        run = made(reference, tasks=3)
        made(reference)
        runs = (reference.call("ListRuns", {"limit": 1}, tenant=US).reply or {})["next"]
        tasks = (reference.call("ListTasks", {"limit": 1, "run": run}, tenant=US).reply or {})["next"]
        assert reference.call("ListRuns", {"next": tasks}, tenant=US).error == "ValidationException"
        assert reference.call("ListRuns", {"next": runs}, tenant=EU).error == "ValidationException"
        assert reference.call("ListRuns", {"next": runs}, tenant=US).error is None

    @pytest.mark.parametrize(("reading", "error"), [("continues", None), ("refused", "ValidationException")])
    def test_a_token_with_other_parameters_is_answered_by_the_reading(self, reading: str, error: str | None) -> None:
        reference = lab(readings={"page token with other parameters": reading})
        for _ in range(3):
            made(reference)
        token = (reference.call("ListRuns", {"limit": 1}, tenant=US).reply or {})["next"]
        assert reference.call("ListRuns", {"limit": 2, "next": token}, tenant=US).error == error
        assert reference.call("ListRuns", {"limit": 1, "next": token}, tenant=US).error is None

    def test_a_list_below_a_parent_shows_its_jobs_only(self) -> None:
        reference = lab()
        first, second = made(reference, tasks=2), made(reference, tasks=1)
        shown = {
            run: [t["id"] for t in (reference.call("ListTasks", {"run": run}, tenant=US).reply or {})["tasks"]]
            for run in (first, second, "none")
        }
        assert shown == {first: [f"{first}/0", f"{first}/1"], second: [f"{second}/0"], "none": []}
        everything = reference.call("ListTasks", {}, tenant=US).reply or {}
        assert [t["id"] for t in everything["tasks"]] == [f"{first}/0", f"{first}/1", f"{second}/0"]

    def test_a_list_paged_by_offset_counts_all(self) -> None:
        reference = lab()
        for name in "abcde":
            reference.call("CreateSwitch", {"name": name}, tenant=US)
        reply = reference.call("ListSwitches", {"offset": 1, "limit": 2}, tenant=US).reply
        assert reply == {"total": 5, "switches": [{"name": "b", "status": "OFF"}, {"name": "c", "status": "OFF"}]}

    def test_rows_that_list_nothing_leave_the_job_out(self) -> None:
        unlisted = tuple(r for r in RUN.rows() if r.name != "listed")
        reference = lab(rows={"run": unlisted})
        made(reference)
        assert self.pages(reference) == [[]]


class TestFamilies:
    """A call on a parent spreads to its jobs, and related jobs move together."""

    def test_a_stop_spreads_to_the_jobs_of_the_named_parent_only(self) -> None:
        reference = lab()
        run, other = made(reference, tasks=2), made(reference, tasks=1)
        reference.fire(job_of(reference, f"{run}/1"), "begin")
        reply = reference.call("StopRun", {"id": run}, tenant=US).reply
        assert reply == {"run": {"id": run, "status": "STOPPING"}}
        states = {job.key.id: job.state for job in reference.jobs()}
        assert states == {
            run: "STOPPED",
            f"{run}/0": "STOPPED",
            f"{run}/1": "STOPPED",
            other: "WAITING",
            f"{other}/0": "WAITING",
        }

    def test_a_spread_call_keeps_its_request_class(self) -> None:
        taken: list[str] = []

        class Noting(Lab):
            def moved(self, world: World, job: Job, row: Transition, before: str) -> None:
                super().moved(world, job, row, before)
                taken.append(row.name)

        reference = Reference(API, clock=Clock(), service=Noting())
        run = made(reference, tasks=1)
        reference.call("StopRun", {"id": run, "loud": True}, tenant=US)
        assert "stopped loudly" in taken and "stopped" not in taken

    def test_a_refused_call_does_not_spread(self) -> None:
        kept = tuple(r for r in RUN.rows() if r.name != "stop asked")
        refusal = row("stop refused", ("WAITING", "WORKING"), call("Stop", refused("Conflict")), SAME)
        reference = lab(rows={"run": (*kept, refusal)})
        run = made(reference, tasks=1)
        assert reference.call("StopRun", {"id": run}, tenant=US).error == "Conflict"
        assert job_of(reference, f"{run}/0").state == "WAITING"

    def test_related_jobs_move_at_the_same_time(self) -> None:
        clock = Clock()
        reference = lab(clock=clock)
        run = made(reference, tasks=1)
        clock.now += 5
        reference.fire(job_of(reference, f"{run}/0"), "begin")
        assert (job_of(reference, run).state, job_of(reference, run).data["since"]) == ("WORKING", 1005.0)
        reference.fire(job_of(reference, f"{run}/0"), "complete")
        assert job_of(reference, run).state == "DONE"

    def test_moves_that_other_jobs_forbid_are_not_enabled(self) -> None:
        reference = lab()
        job = job_of(reference, made(reference, tasks=1))
        assert reference.enabled(job) == ()
        with pytest.raises(Misuse) as caught:
            reference.fire(job, "begin")
        assert str(caught.value) == f"run {job.key.id} shows no move 'begin' in the state WAITING; possible: none"


class TestMoves:
    """The service moves by hand, by the clock, at random, or until it is settled."""

    def test_a_move_is_named_by_row_or_event(self) -> None:
        reference = lab()
        job = job_of(reference, made(reference))
        assert reference.fire(job, "begin").name == "begun"
        assert reference.fire(job, "completed").name == "completed"
        assert job.state == "DONE"
        again = job_of(reference, made(reference))
        assert reference.fire(again, reference.enabled(again)[0]).name == "begun"

    def test_rejects_a_move_that_is_not_possible_now_and_tells_those_that_are(self) -> None:
        reference = lab()
        job = job_of(reference, made(reference))
        with pytest.raises(Misuse) as caught:
            reference.fire(job, "complete")
        assert str(caught.value) == f"run {job.key.id} shows no move 'complete' in the state WAITING; possible: 'begun'"

    def test_what_is_due_happens_before_a_call_and_at_its_own_time(self) -> None:
        clock = Clock()
        reference = lab(clock=clock, seed=3, schedule=Schedule({"begin": (2.0, 2.0), "completed": (3.0, 3.0)}))
        run = made(reference)
        assert reference.next_due == 1002.0
        clock.now = 1001.9
        assert status(reference, run) == "WAITING"
        clock.now = 1002.0
        assert status(reference, run) == "WORKING"
        clock.now = 9999.0
        reply = reference.call("GetRun", {"id": run}, tenant=US).reply
        assert reply == {"run": {"id": run, "status": "DONE", "since": 1005.0}}
        assert reference.next_due is None

    def test_a_planned_move_is_void_once_the_job_has_moved(self) -> None:
        clock = Clock()
        reference = lab(clock=clock, schedule=Schedule({"begin": (2.0, 2.0), "halt": (50.0, 50.0)}))
        run = made(reference)
        reference.call("StopRun", {"id": run}, tenant=US)
        clock.now += 10
        assert status(reference, run) == "STOPPING"
        clock.now += 50
        assert status(reference, run) == "STOPPED"

    def test_a_planned_move_that_is_forbidden_when_it_is_due_is_planned_again(self) -> None:
        clock = Clock()
        reference = lab(clock=clock, schedule=Schedule({"begun": (1.0, 1.0)}, default=(4.0, 4.0)))
        run = made(reference, tasks=1)
        clock.now += 100
        assert status(reference, run) == "DONE"

    def test_delays_are_drawn_within_bounds_and_repeat_with_the_seed(self) -> None:
        def delays(seed: int) -> list[float]:
            found: list[float] = []
            for _ in range(20):
                clock = Clock()
                reference = lab(clock=clock, seed=seed, schedule=Schedule(default=(1.0, 9.0)))
                for _ in range(len(found)):
                    made(reference)
                made(reference)
                assert reference.next_due is not None
                found.append(reference.next_due - clock.now)
            return found

        assert delays(1) == delays(1) != delays(2)
        assert all(1.0 <= delay <= 9.0 for delay in delays(1))

    @pytest.mark.parametrize("bounds", [(0.0, 1.0), (-1.0, 1.0), (2.0, 1.0)])
    def test_rejects_delays_that_are_not_positive_and_ordered(self, bounds: tuple[float, float]) -> None:
        with pytest.raises(Misuse, match="give 0 < shortest <= longest"):
            Schedule(default=bounds)
        with pytest.raises(Misuse, match="the delay of 'halt'"):
            Schedule({"halt": bounds})

    def test_stirring_makes_one_move_at_random(self) -> None:
        reference = lab()
        assert reference.stir(Random(1)) is None
        made(reference)
        moved = reference.stir(Random(1))
        assert moved is not None and moved[1].name == "begun" and moved[0].state == "WORKING"

    def test_settling_ends_every_job_and_stops_where_jobs_go_in_circles(self) -> None:
        reference = lab()
        made(reference)
        made(reference, EU, tasks=2)
        reference.call("CreateSwitch", {"name": "s"}, tenant=US)
        reference.call("TurnSwitch", {"name": "s"}, tenant=US)
        reference.settle()
        assert {job.key.lifecycle: job.state for job in reference.jobs()} == {
            "run": "DONE",
            "task": "DONE",
            "switch": "DIM",
        }

    def test_a_clock_that_goes_back_stands_still(self) -> None:
        clock = Clock()
        reference = lab(clock=clock)
        run = made(reference)
        clock.now = 10.0
        reference.fire(job_of(reference, run), "begin")
        assert job_of(reference, run).data["since"] == 1000.0


class TestFreedom:
    """Of several free rows the first is taken, or one by the seed, or the one that is chosen."""

    @staticmethod
    def turned(reference: Reference, times: int = 40) -> set[str]:
        seen = set()
        for number in range(times):
            reference.call("CreateSwitch", {"name": f"s{number}"}, tenant=US)
            reply = reference.call("TurnSwitch", {"name": f"s{number}"}, tenant=US).reply or {}
            seen.add(reply["status"])
        return seen

    def test_without_a_seed_the_first_row_is_taken(self) -> None:
        assert self.turned(lab()) == {"ON"}

    def test_with_a_seed_every_row_is_taken_at_times(self) -> None:
        assert self.turned(lab(seed=1)) == {"ON", "DIM"}

    def test_a_chooser_decides(self) -> None:
        assert self.turned(lab(choose=lambda rows: rows[-1])) == {"DIM"}

    def test_rows_that_disagree_with_other_jobs_are_taken_last(self) -> None:
        class NoLight(Lab):
            def permits(self, world: World, job: Job, row: Transition) -> bool:
                return row.name != "turned on"

        assert self.turned(Reference(API, clock=Clock(), service=NoLight(), seed=1)) == {"DIM"}


class TestReadings:
    """Readings are chosen by name; wrong ones are refused at once."""

    def test_rejects_an_unknown_question_a_reading_and_a_lifecycle(self) -> None:
        with pytest.raises(Unknown, match="unknown open question of lab 'run/stop while stoping'"):
            lab(readings={"run/stop while stoping": "accepted"})
        with pytest.raises(Unknown, match="unknown reading of 'stop while stopping' 'acepted'; did you mean accepted"):
            lab(readings={"run/stop while stopping": "acepted"})
        with pytest.raises(Unknown, match="unknown lifecycle of lab 'rum'; did you mean run"):
            lab(rows={"rum": ()})

    def test_rejects_a_reading_that_would_change_nothing(self) -> None:
        assert lab(readings={"colour": "red"}).readings["colour"] == "red"
        with pytest.raises(Misuse) as caught:
            lab(readings={"colour": "blue"})
        assert str(caught.value) == (
            "lab: the reference model has no choice for 'colour'; leave it at its default reading, 'red'"
        )


class TestChangedRows:
    """Rows that are not the lifecycle's run as well, whatever they lack."""

    def test_a_call_that_no_row_answers_is_a_fault(self) -> None:
        reference = lab(rows={"run": tuple(r for r in RUN.rows() if r.name != "got")})
        run = made(reference)
        answer = reference.call("GetRun", {"id": run}, tenant=US)
        assert answer.error == "InternalServerException"
        assert answer.reply is not None
        assert answer.reply["message"] == "no row answers Get in the state WAITING"

    def test_a_job_that_does_not_exist_can_be_shown(self) -> None:
        changed = tuple(
            row("not got", ABSENT, call("Get", ok("DONE")), SAME) if r.name == "not got" else r for r in RUN.rows()
        )
        answer = lab(rows={"run": changed}).call("GetRun", {"id": "ghost"}, tenant=US)
        assert answer.reply == {"run": {"id": "ghost", "status": "DONE"}}

    def test_a_creation_that_is_lost_leaves_nothing(self) -> None:
        changed = tuple(
            row("made", ABSENT, call("Create", ok("WAITING")), SAME) if r.name == "made" else r for r in RUN.rows()
        )
        reference = lab(rows={"run": changed})
        run = made(reference, token="t")
        assert reference.call("GetRun", {"id": run}, tenant=US).error == "NotFound"
        assert reference.jobs() == []


class TestCopies:
    """A fork is independent; a fingerprint sees states and tokens, neither ids nor times."""

    def test_a_fork_goes_its_own_way(self) -> None:
        clock = Clock()
        reference = lab(clock=clock, seed=5, schedule=Schedule(default=(1.0, 5.0)))
        run = made(reference, tasks=1, token="t")
        twin = reference.fork()
        assert twin.fingerprint() == reference.fingerprint()
        twin.call("StopRun", {"id": run}, tenant=US)
        made(twin, EU)
        assert status(reference, run) == "WAITING"
        assert reference.jobs(EU) == []
        assert twin.fingerprint() != reference.fingerprint()

    def test_a_fork_does_what_the_original_does(self) -> None:
        clock = Clock()
        reference = lab(clock=clock, seed=5, schedule=Schedule(default=(1.0, 5.0)))
        made(reference, tasks=2, token="t")
        twin = reference.fork()
        clock.now += 3
        for operation, request in itertools.product(
            ("CreateRun", "ListRuns", "ListTasks"), ({}, {"token": "t", "tasks": 2})
        ):
            assert reference.call(operation, request, tenant=US) == twin.call(operation, request, tenant=US)

    def test_fingerprints_forget_ids_and_times(self) -> None:
        clock = Clock()
        one, other = lab(seed=1, clock=clock), lab(seed=2)
        run = made(one, tasks=1)
        clock.now += 77
        for reference, name in ((one, run), (other, made(other, tasks=1))):
            reference.call("StopRun", {"id": name}, tenant=US)
        assert one.fingerprint() == other.fingerprint()

    def test_fingerprints_tell_states_tenants_and_tokens_apart(self) -> None:
        prints = set()
        for tenant, request, stops in (
            (US, {}, 0),
            (EU, {}, 0),
            (US, {"token": "t"}, 0),
            (US, {"token": "u"}, 0),
            (US, {}, 1),
        ):
            reference = lab()
            run = made(reference, tenant, **request)
            for _ in range(stops):
                reference.call("StopRun", {"id": run}, tenant=tenant)
            prints.add(reference.fingerprint())
        assert len(prints) == 5
