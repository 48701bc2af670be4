"""Recordings of DataArts Factory, written by hand from the documents: what they leave open passes, what they rule out fails."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from haltspec.apis import load
from haltspec.lts import Grade
from haltspec.oracle import Settings, Verdict, judge
from haltspec.trace import Call

PROJECT = "b384b9e9ab9b4ee8994c8633aabc9505"
HOME, OTHER = f"{PROJECT}/default", f"{PROJECT}/52e3f1f2a4d94d51a4b40b2b2b3b4a10"
NODE = {"name": "first", "type": "Shell", "location": {"x": "-45.5", "y": 2}, "properties": []}
STATED, IMPLIED = Grade.STATED, Grade.IMPLIED
CODES = ("DLF.3051", "DLF.33051", "DLF.0199", "DLF.2014", "DLF.9999")
"""Codes that a refusal may have for which no document gives one."""


def call(operation: str, request: dict[str, Any], at: float, status: int | None, **members: Any) -> Call:
    """A call of a recording that holds everything done, with its half a second."""
    end = None if status is None else at + 0.5
    given: dict[str, Any] = {"end": end, "status": status, "alone": True, **members}
    return Call("dataarts", operation, given.pop("tenant", HOME), "c", at, request=request, **given)


def create(at: float, kind: str = "BATCH", name: str = "myJob", schedule: str = "CRON", **members: Any) -> Call:
    """The creation of a job."""
    job = {"name": name, "processType": kind, "schedule": {"type": schedule}, "nodes": [NODE], **members}
    return call("CreateJob", {key: value for key, value in job.items() if value is not None}, at, 204)


def do(operation: str, at: float, status: int | None = 204, **members: Any) -> Call:
    """An order that was obeyed, or not answered."""
    return call(operation, {"job_name": "myJob"}, at, status, **members)


def refused(operation: str, at: float, code: str | None, status: int = 400, **request: Any) -> Call:
    """A call that was refused, with a body if it has a code."""
    body = {"error_code": code, "error_msg": "no"} if code else None
    return call(operation, {"job_name": "myJob", **request}, at, status, error=code, reply=body)


def no_creation(at: float, code: str, **members: Any) -> Call:
    """A creation that was refused."""
    body = {"error_code": code, "error_msg": "no"}
    return replace(create(at, **members), status=400, error=code, reply=body)


def item(status: str, kind: str = "BATCH", name: str = "myJob", **members: Any) -> dict[str, Any]:
    """A job as a list shows it."""
    base = {"name": name, "jobType": kind, "status": status, "createUser": "u", "createTime": 1_700_000_000_000}
    return {**base, **members}


def listing(at: float, *items: dict[str, Any], **request: Any) -> Call:
    """A complete list."""
    return call("ListJobs", request, at, 200, reply={"total": len(items), "jobs": list(items)})


def batch(at: float, status: str, **members: Any) -> Call:
    """A list that shows the batch job."""
    return listing(at, item(status, **members))


def stream(at: float, status: str, **members: Any) -> Call:
    """A list that shows the real-time job."""
    return listing(at, item(status, "REAL_TIME", **members), jobType="REAL_TIME")


def status(at: float, shown: str, **members: Any) -> Call:
    """The status of the job."""
    return call("ShowJobStatus", {"job_name": "myJob"}, at, 200, reply={"name": "myJob", "status": shown, **members})


def details(at: float, **members: Any) -> Call:
    """The details of the job."""
    shown = {"name": "myJob", "nodes": [], "schedule": {"type": "CRON"}, "processType": "BATCH", **members}
    return call("ShowJob", {"job_name": "myJob"}, at, 200, reply=shown)


def run(at: float, instance: int = 5) -> Call:
    """A run at once."""
    return call("RunOnce", {"job_name": "myJob"}, at, 200, reply={"instanceId": instance})


def with_console(*calls: Call) -> tuple[Call, ...]:
    """A recording that does not hold everything done: somebody works in the console."""
    return tuple(replace(one, alone=False) for one in calls)


SCHEDULED = (create(1), do("StartJob", 2), batch(20, "SCHEDULING"))
RUNNING = (create(1, "REAL_TIME"), do("StartJob", 2), stream(20, "NORMAL"))

LEFT_OPEN: dict[str, tuple[Call, ...]] = {
    "an empty body that is recorded as an empty text": (create(1), do("StopJob", 2, reply="")),
    **{
        f"a stop of a stopped {kind} job: {code or 'obeyed'}": (
            create(1, kind),
            refused("StopJob", 2, code) if code else do("StopJob", 2),
            listing(30, item("STOPPED", kind), jobType=kind),
        )
        for kind in ("BATCH", "REAL_TIME")
        for code in ("", *CODES)
    },
    **{
        f"{operation} of a scheduled job: {code}": (*SCHEDULED, refused(operation, 30, code), batch(50, "SCHEDULING"))
        for operation in ("StartJob", "DeleteJob")
        for code in CODES
    },
    **{
        f"a started job shows {word}, in a word of pages or SDK": (
            create(1, "REAL_TIME"),
            do("StartJob", 2),
            stream(20, word),
            do("StopJob", 30),
            stream(50, "STOPPING"),
            stream(60, "STOPPED"),
        )
        for word in ("STARTING", "NORMAL", "EXCEPTION", "INIT", "ABNORMAL", "OVERLOAD")
    },
    **{
        f"the console made it show {word}": with_console(
            *RUNNING, stream(40, word), do("StopJob", 50), stream(70, "STOPPED")
        )
        for word in ("PAUSE", "DISABLE")
    },
    "a paused job: refused and obeyed": with_console(
        *SCHEDULED,
        batch(30, "PAUSED"),
        refused("StartJob", 31, "DLF.3051"),
        refused("DeleteJob", 32, "DLF.3051"),
        refused("RunOnce", 33, "DLF.3051"),
        run(34),
        do("StopJob", 35),
        batch(60, "STOPPED"),
    ),
    "a paused job is started": with_console(
        *SCHEDULED, batch(30, "PAUSED"), do("StartJob", 31), batch(60, "SCHEDULING")
    ),
    "a paused job is deleted": with_console(
        *SCHEDULED, batch(30, "PAUSED"), do("DeleteJob", 31), refused("ShowJob", 32, "DLF.0100")
    ),
    "a stop that shows PAUSED for a while, and what PAUSED leaves open": (
        *SCHEDULED,
        do("StopJob", 30),
        batch(50, "PAUSED"),
        refused("DeleteJob", 51, "DLF.3051"),
        refused("StartJob", 52, "DLF.3051"),
        refused("RunOnce", 53, "DLF.3051"),
        batch(80, "STOPPED"),
        do("DeleteJob", 81),
    ),
    "a job that runs once has run": (
        create(1, schedule="EXECUTE_ONCE"),
        do("StartJob", 2),
        batch(30, "STOPPED"),
        do("StartJob", 31),
        batch(60, "SCHEDULING"),
    ),
    "a schedule that has ended": (
        replace(create(1), request={**create(1).request, "schedule": {"type": "CRON", "cron": {"endTime": "2020"}}}),
        do("StartJob", 2),
        batch(30, "SCHEDULING"),
        batch(60, "STOPPED"),
    ),
    "an event that was suspended": (create(1, schedule="EVENT"), do("StartJob", 2), batch(30, "PAUSED")),
    "starts of a started real-time job: obeyed, refused, begun anew": (
        *RUNNING,
        do("StartJob", 30),
        refused("StartJob", 31, "DLF.3051"),
        stream(50, "NORMAL"),
        do("StartJob", 51),
        stream(70, "STARTING"),
    ),
    "a start while it stops": (*RUNNING, do("StopJob", 30), do("StartJob", 31), stream(60, "NORMAL")),
    "stops while it starts and stops: refused": (
        create(1, "REAL_TIME"),
        do("StartJob", 2),
        refused("StopJob", 3, "DLF.9999"),
        stream(20, "NORMAL"),
        do("StopJob", 30),
        refused("StopJob", 31, "DLF.9999"),
        stream(60, "STOPPED"),
    ),
    "a stop that fails, and is repeated": (
        *RUNNING,
        do("StopJob", 30),
        stream(60, "EXCEPTION"),
        do("StopJob", 61),
        stream(90, "STOPPED"),
    ),
    "a deletion of a running real-time job: refused, then obeyed": (
        *RUNNING,
        refused("DeleteJob", 30, "DLF.3051"),
        do("DeleteJob", 31),
        refused("ShowJob", 32, "DLF.0100"),
    ),
    "runs of a scheduled job": (
        *SCHEDULED,
        run(30),
        run(31, 6),
        refused("RunOnce", 32, "DLF.3051"),
        batch(60, "SCHEDULING"),
    ),
    "statuses of a batch job": (
        create(1),
        status(2, "STOPPED"),
        do("StartJob", 3),
        status(4, "SCHEDULING"),
        status(5, "NORMAL"),
    ),
    "the status as SDK and examples spell it": (
        *RUNNING,
        status(30, "NORMAL", starttime=5, lastModifiyUser="a", nodes=[{"name": "a", "LastInstanceStatus": "y"}]),
        status(31, "NORMAL", startTime="2020-01-01T00:00:00+0800", endTime=None, nodes=None),
        status(32, "NORMAL", startTime=1_700_000_000_000),
    ),
    "members without a value are null": (
        create(1),
        batch(30, "STOPPED", startTime=None, endTime=None, lastInstanceStatus=None, owner=None, path=None),
        details(31, nodes=None, directory=None, status="whatever"),
    ),
    "a job without nodes is created, and neither started nor run": (
        create(1, nodes=None),
        refused("StartJob", 2, "DLF.1006"),
        refused("RunOnce", 3, "DLF.1006"),
    ),
    "a job without nodes is refused": (no_creation(1, "DLF.1006", nodes=None), no_creation(2, "DLF.3051", nodes=None)),
    "a definition that only the service can judge": (
        no_creation(1, "DLF.3025"),
        no_creation(2, "DLF.3051"),
        no_creation(3, "DLF.0802"),
        no_creation(4, "DLF.6888"),
        no_creation(5, "DLF.0101"),
    ),
    "a job that is only saved is neither started nor run": (
        create(1, targetStatus="SAVED"),
        refused("StartJob", 2, "DLF.3051"),
        refused("RunOnce", 3, "DLF.3051"),
        batch(30, "STOPPED"),
    ),
    "an unknown job, in three numbers, and a name that no job can have": (
        *(refused("StopJob", float(n), f"DLF.{digit}0100") for n, digit in enumerate(("", "2", "3"), 1)),
        refused("StopJob", 4, "DLF.0100", job_name="no such name!"),
        refused("StopJob", 5, "DLF.3018", job_name="no such name!"),
    ),
    "refusals of gateway, account and workspace change nothing": (
        *SCHEDULED,
        *(
            refused("StopJob", 21.0 + n, code, http)
            for n, (code, http) in enumerate(
                (
                    ("APIGW.0301", 401),
                    ("APIGW.0101", 404),
                    ("APIGW.0106", 401),
                    ("APIGW.0106", 400),
                    ("APIGW.0308", 429),
                    ("DLF.6888", 400),
                    ("DLF.0819", 400),
                    ("DLF.20819", 400),
                    ("403", 403),
                    ("413", 413),
                    (None, 401),
                    (None, 403),
                    (None, 429),
                )
            )
        ),
        batch(60, "SCHEDULING"),
    ),
    "a lost stop, without effect and then with one": (
        *SCHEDULED,
        do("StopJob", 30, None),
        batch(50, "SCHEDULING"),
        batch(70, "STOPPED"),
    ),
    "faults with a code, with a text, and without either": (
        *SCHEDULED,
        refused("StopJob", 30, "DLF.0001", 503),
        do("StopJob", 31, 502, reply="<html>Bad gateway</html>"),
        do("StopJob", 32, 504),
        batch(60, "STOPPED"),
    ),
    "an error of a list in either spelling": tuple(
        call("ListJobs", {"limit": 500}, at, 400, error="DLF.3051", reply={code: "DLF.3051", text: "no"})
        for at, code, text in ((1.0, "errorCode", "errorMsg"), (2.0, "error_code", "error_msg"))
    ),
    "two creations of one name at the same time": (
        replace(create(1), end=3.0),
        no_creation(1.2, "DLF.0102"),
        batch(30, "STOPPED"),
    ),
    "a name that is used again, for the other type": (
        *SCHEDULED[:2],
        do("StopJob", 3),
        do("DeleteJob", 4),
        create(5, "REAL_TIME"),
        do("StartJob", 6),
        stream(30, "NORMAL", createTime=1_800_000_000_000),
    ),
    "one name in two workspaces": (
        create(1),
        replace(create(2), tenant=OTHER),
        replace(do("StartJob", 3), tenant=OTHER),
        batch(30, "STOPPED"),
        replace(batch(31, "SCHEDULING"), tenant=OTHER),
        replace(do("StopJob", 32), tenant=OTHER),
        replace(do("DeleteJob", 33), tenant=OTHER),
        batch(60, "STOPPED"),
    ),
    "a name that is taken in another workspace or in other letters": (
        replace(create(1, name="a"), tenant=OTHER),
        create(2, name="B"),
        no_creation(3, "DLF.0102", name="a"),
        no_creation(4, "DLF.0102", name="b"),
    ),
    "offsets in pages and in jobs": (
        *(create(1 + n / 10, name=f"j{n:02}") for n in range(12)),
        *(
            call(
                "ListJobs",
                {"offset": offset},
                30.0 + offset,
                200,
                reply={"total": 12, "jobs": [item("STOPPED", name=name) for name in ("j10", "j11")]},
            )
            for offset in (1, 10)
        ),
    ),
    "a page of a hundred where a thousand were asked for": with_console(
        replace(
            listing(1, *(item("STOPPED", name=f"j{n}") for n in range(100)), limit=1000),
            reply={"total": 150, "jobs": [item("STOPPED", name=f"j{n}") for n in range(100)]},
        )
    ),
    "filters that are fuzzy, and empty": (
        create(1),
        batch(30, "STOPPED"),
        listing(31, item("STOPPED"), jobName="MYJOB"),
        listing(32, item("STOPPED"), jobName="", tags=""),
        listing(33, jobName="nobody"),
    ),
    "members that the SDK and newer editions know": (
        create(1, emptyRunningJob="0", cleanOverdueDays=60, basicConfig={"agency": "a", "instanceTimeout": 0}),
        call(
            "StartJob",
            {
                "job_name": "myJob",
                "jobParams": [{"name": "a", "value": "b", "type": "procedure"}],
                "start_date": 2301,
                "ignore_first_self_dependence": True,
            },
            2,
            204,
            reply={},
        ),
        batch(30, "SCHEDULING", alarms=[], flinkJobInfo=None),
    ),
}
"""What the documents leave open: every reading, races, failures, what clients send and services were seen to do."""

SHOWN_LATE: dict[str, tuple[Call, ...]] = {
    "a start": (create(1), do("StartJob", 2), batch(11, "STOPPED")),
    "a stop": (*SCHEDULED, do("StopJob", 30), batch(39, "SCHEDULING")),
    "a stop of a real-time job": (*RUNNING, do("StopJob", 30), stream(39, "NORMAL")),
    "a creation": (create(1), listing(9)),
    "a deletion": (create(1), do("DeleteJob", 30), batch(39, "STOPPED")),
}
"""What a list may show late: nobody is blamed for it within ten seconds."""

Wrong = tuple[tuple[Call, ...], str, Grade, str]
"""A recording, the rule it breaks, with grade and document."""
RULED_OUT: dict[str, Wrong] = {
    "a scheduled job is started again": (
        (*SCHEDULED, do("StartJob", 30)),
        "job/a scheduled job is not started again",
        IMPLIED,
        "FIELD",
    ),
    "a scheduled job is deleted": (
        (*SCHEDULED, do("DeleteJob", 30)),
        "job/a scheduled job is not deleted",
        STATED,
        "HUAWEI",
    ),
    "a stop of a scheduled job is refused": (
        (*SCHEDULED, refused("StopJob", 30, "DLF.3051")),
        "job/a scheduled job is stopped",
        IMPLIED,
        "TF",
    ),
    "a stopped job cannot be deleted": (
        (*SCHEDULED, do("StopJob", 30), refused("DeleteJob", 31, "DLF.3051")),
        "job/a stopped job is deleted",
        STATED,
        "OTC",
    ),
    **{
        f"a stop is answered {http} with {body!r}": (
            (*SCHEDULED, do("StopJob", 30, http, reply=body)),
            "a stop is answered 204 without a body",
            STATED,
            "StopJob",
        )
        for http, body in ((204, {"name": "myJob"}), (204, "ok"), (204, []), (200, None), (202, None))
    },
    "a creation is answered with the id of the job": (
        (replace(create(1), status=200, reply={"jobId": 5}),),
        "an order is answered 204 without a body",
        STATED,
        "OTC",
    ),
    "an unknown job is 404": (
        (refused("StopJob", 1, "DLF.0100", 404),),
        "errors have their documented HTTP status",
        STATED,
        "StopJob",
    ),
    "an unknown job is 404 without a code": (
        (do("StopJob", 1, 404, reply={"message": "not found"}),),
        "job/an unknown job is not stopped",
        STATED,
        "StopJob",
    ),
    "an unknown job has the code of an unknown instance": (
        (refused("StopJob", 1, "DLF.0137"),),
        "job/an unknown job is not stopped",
        STATED,
        "StopJob",
    ),
    "an unknown job is stopped": ((do("StopJob", 1),), "job/an unknown job is not stopped", STATED, "StopJob"),
    "a job that was just created is not found": (
        (create(1), refused("ShowJob", 2, "DLF.0100")),
        "job/shown",
        STATED,
        "OTC",
    ),
    "a stop reaches another workspace": (
        (*(replace(one, tenant=OTHER) for one in SCHEDULED), do("StopJob", 30)),
        "job/an unknown job is not stopped",
        STATED,
        "StopJob",
    ),
    "a stop changes the job of that name in another workspace": (
        (
            *SCHEDULED,
            *(replace(one, tenant=OTHER) for one in SCHEDULED),
            do("StopJob", 30),
            replace(batch(60, "STOPPED"), tenant=OTHER),
        ),
        "job/STOPPED/BATCH does not follow batch SCHEDULING",
        IMPLIED,
        "OTC",
    ),
    "a list shows the job of another workspace": (
        (replace(create(1), tenant=OTHER), batch(30, "STOPPED")),
        "job/not listed while it does not exist",
        IMPLIED,
        "OTC",
    ),
    "a name is taken in another project": (
        (replace(create(1), tenant=f"{PROJECT[::-1]}/default"), no_creation(2, "DLF.0102")),
        "a name that is taken has a job",
        IMPLIED,
        "OTC",
    ),
    "a list shows an old state for longer than ten seconds": (
        (*SCHEDULED, do("StopJob", 30), batch(42, "SCHEDULING")),
        "job/SCHEDULING/BATCH does not follow batch STOPPED",
        IMPLIED,
        "OTC",
    ),
    "a refused stop stops": (
        (*SCHEDULED, refused("StopJob", 30, "DLF.9999"), batch(60, "STOPPED")),
        "job/STOPPED/BATCH does not follow batch SCHEDULING",
        IMPLIED,
        "OTC",
    ),
    "a stop starts": (
        (create(1), do("StopJob", 2), batch(30, "SCHEDULING")),
        "job/SCHEDULING/BATCH does not follow batch STOPPED",
        IMPLIED,
        "OTC",
    ),
    "a batch job is STOPPING": (
        (*SCHEDULED, do("StopJob", 30), batch(60, "STOPPING")),
        "job/STOPPING/BATCH is no state of a job",
        IMPLIED,
        "OTC",
    ),
    "a stopped real-time job runs on": (
        (*RUNNING, do("StopJob", 30), status(31, "NORMAL")),
        "job/NORMAL/? does not follow real-time STOPPING",
        IMPLIED,
        "OTC",
    ),
    "a run at once schedules the job": (
        (create(1), run(2), batch(30, "SCHEDULING")),
        "job/SCHEDULING/BATCH does not follow batch STOPPED",
        IMPLIED,
        "OTC",
    ),
    "a real-time job runs at once": (
        (*RUNNING, run(30)),
        "job/a real-time job does not run at once",
        IMPLIED,
        "TF",
    ),
    "a run at once has no number of its own": (
        (create(1), run(2, 5), run(3, 5)),
        "an instance is made once",
        IMPLIED,
        "OTC",
    ),
    "a list without a type shows a real-time job": (
        (create(1, "REAL_TIME"), listing(30, item("STOPPED", "REAL_TIME"))),
        "a list holds one type of job",
        STATED,
        "OTC",
    ),
    "twelve jobs on a page by default": (
        with_console(listing(1, *(item("STOPPED", name=f"j{n}") for n in range(12)))),
        "a page has ten jobs by default",
        STATED,
        "OTC",
    ),
    "a name with a blank is taken": (
        (create(1, name="my job"),),
        "a malformed request is refused",
        IMPLIED,
        "OTC",
    ),
    **{
        f"an error with the members {' and '.join(body)}": (
            (*SCHEDULED, replace(refused("StartJob", 30, "DLF.3051"), reply=body)),
            "an error is two texts",
            STATED,
            "StopJob",
        )
        for body in (
            {"code": "DLF.3051", "message": "no"},
            {"errorCode": "DLF.3051", "errorMsg": "no"},
            {"errors": [{"error_code": "DLF.3051", "error_msg": "no"}]},
            {"error_code": "DLF.3051"},
        )
    },
    "a listed job has no type": (
        (create(1), replace(batch(30, "STOPPED"), reply={"total": 1, "jobs": [item("STOPPED", jobType=None)]})),
        "replies have the documented types/jobType",
        STATED,
        "OTC",
    ),
}
"""What a service does wrong, with the rule that says so."""


class TestLeftOpen:
    """A false alarm destroys the judge's credit."""

    @pytest.mark.parametrize("name", LEFT_OPEN)
    def test_passes(self, name: str, bench: Any) -> None:
        """Each reading, race and failure."""
        bench.is_left_open(LEFT_OPEN[name])

    def test_passes_the_command(self, bench: Any) -> None:
        """As files."""
        assert bench.codes(LEFT_OPEN.values()) == {0}

    @pytest.mark.parametrize("name", SHOWN_LATE)
    def test_is_not_blamed_for_a_while(self, name: str, bench: Any) -> None:
        """That it shows at once is an assumption of ours; that it shows in the end is not."""
        bench.is_warned_of(SHOWN_LATE[name], "what was done shows at once", Verdict.PASS)
        *before, last = SHOWN_LATE[name]
        assert last.end is not None
        later = replace(last, start=last.start + 10, end=last.end + 10)
        assert bench.judged([*before, later]).verdict is Verdict.FAIL


class TestRuledOut:
    """A missed bug destroys it too."""

    @pytest.mark.parametrize("name", RULED_OUT)
    def test_fails(self, name: str, bench: Any) -> None:
        """The rule is named, with its grade and document, at the last call."""
        bench.is_ruled_out(*RULED_OUT[name])

    def test_fails_the_command(self, bench: Any) -> None:
        """As files."""
        assert bench.codes(calls for calls, *_ in RULED_OUT.values()) == {1}


class TestOwed:
    """What a job owes is told by what shows it, not by what does not hold it."""

    STOPPED = (
        create(1, processType="REAL_TIME"),
        call("StartJob", {"job_name": "myJob"}, 2, 204),
        call("ShowJob", {"job_name": "myJob"}, 3, 200, reply={"name": "myJob"}),
        refused("StartJob", 3.1, "DLF.3051"),
        call("StopJob", {"job_name": "myJob"}, 4, 204),
    )
    SETTINGS = Settings(patience=3, alone=True)

    def test_a_list_of_another_type_says_nothing(self) -> None:
        """A list of batch jobs does not show that a real-time job is still STOPPING."""
        report = judge(load("dataarts"), [*self.STOPPED, listing(60)], self.SETTINGS)
        assert [v.rule for v in report.violations if "leads to" in v.rule] == []

    def test_a_status_does(self) -> None:
        """Its status does."""
        report = judge(load("dataarts"), [*self.STOPPED, status(60, "STOPPING")], self.SETTINGS)
        assert [v.rule for v in report.violations if "leads to" in v.rule] == ["dataarts/job/a stop leads to STOPPED"]
