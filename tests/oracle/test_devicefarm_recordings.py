"""Recordings of Device Farm, written by hand from the documents: what they leave open passes, what they rule out fails."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from haltspec.lts import Grade
from haltspec.oracle import Verdict
from haltspec.trace import Call

TENANT, GUID = "111122223333/us-west-2", "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeee"
HEAD = "arn:aws:devicefarm:us-west-2:111122223333"
PROJECT, POOL = f"{HEAD}:project:{GUID}1", f"{HEAD}:devicepool:{GUID}1/{GUID}9"
RUN, JOB, SISTER = (
    f"{HEAD}:{kind}:{GUID}1/{GUID}2{end}" for kind, end in (("run", ""), ("job", "/00000"), ("job", "/00001"))
)
WAITING = ("SCHEDULING", "PENDING", "PENDING_CONCURRENCY", "PENDING_DEVICE", "PROCESSING", "PREPARING")
STATED, IMPLIED = Grade.STATED, Grade.IMPLIED


def call(operation: str, request: dict[str, Any], at: float, reply: Any = None, **members: Any) -> Call:
    """A call that took half a second and was answered with success."""
    given: dict[str, Any] = {"end": at + 0.5, "status": 200, "reply": reply, **members}
    return Call("devicefarm", operation, TENANT, "c", at, request=request, **given)


def refused(operation: str, at: float, error: str, arn: str = JOB, status: int = 400, **body: Any) -> Call:
    """A call about one object that was refused."""
    told = {"__type": error, "message": "no", **body}
    return call(operation, {"arn": arn}, at, told, status=status, error=error)


def lost(operation: str, at: float, arn: str = JOB) -> Call:
    """A call that was never answered."""
    return call(operation, {"arn": arn}, at, end=None, status=None)


def thing(shown: str, arn: str = JOB, **members: Any) -> dict[str, Any]:
    """A run or job that shows STATUS/RESULT; one that is COMPLETED has a start unless told otherwise."""
    status, result = shown.split("/")
    times = {"started": 150.0, "stopped": 300.0} if status == "COMPLETED" else {}
    whole = {"arn": arn, "created": 100.0, "status": status, "result": result, **times, **members}
    return {name: value for name, value in whole.items() if value is not None}


def saw(operation: str, shown: str, at: float, arn: str = JOB, **members: Any) -> Call:
    """A call that shows one run or job."""
    member = "run" if arn == RUN else "job"
    return call(operation, {"arn": arn}, at, {member: thing(shown, arn, **members)})


def get(shown: str, at: float, arn: str = JOB, **members: Any) -> Call:
    """A look at a run or job."""
    return saw("GetRun" if arn == RUN else "GetJob", shown, at, arn, **members)


def stop(shown: str, at: float, arn: str = JOB, **members: Any) -> Call:
    """A stop of a run or job."""
    return saw("StopRun" if arn == RUN else "StopJob", shown, at, arn, **members)


def runs(at: float, *found: dict[str, Any]) -> Call:
    """A complete list of runs."""
    return call("ListRuns", {"arn": PROJECT}, at, {"runs": list(found)})


def jobs(at: float, *found: dict[str, Any]) -> Call:
    """A complete list of the jobs of the run."""
    return call("ListJobs", {"arn": RUN}, at, {"jobs": list(found)})


SCHEDULE: dict[str, Any] = {"projectArn": PROJECT, "devicePoolArn": POOL, "test": {"type": "APPIUM_PYTHON"}}


def schedule(at: float, shown: str = "SCHEDULING/PENDING", **members: Any) -> Call:
    """The creation of the run."""
    return call("ScheduleRun", SCHEDULE, at, {"run": thing(shown, RUN)}, **members)


def no_schedule(at: float, error: str) -> Call:
    """A creation that was refused."""
    return call("ScheduleRun", SCHEDULE, at, {"__type": error, "message": "no"}, status=400, error=error)


def counted(total: int, **buckets: int) -> dict[str, Any]:
    """Counters with all their buckets."""
    zeros = dict.fromkeys(("passed", "failed", "warned", "errored", "stopped", "skipped"), 0)
    return {"counters": {"total": total, **zeros, **buckets}}


def minutes(total: float, metered: float = 0.0, unmetered: float = 0.0) -> dict[str, Any]:
    """The member deviceMinutes."""
    return {"deviceMinutes": {"total": total, "metered": metered, "unmetered": unmetered}}


UNSTARTED: dict[str, Any] = {"started": None}
ENDS = ("STOPPED", "PASSED", "FAILED", "ERRORED", "WARNED")

LEFT_OPEN: dict[str, tuple[Call, ...]] = {
    "a stopped run has a result of its own": (
        jobs(1, thing("RUNNING/PENDING")),
        saw("StopRun", "STOPPING/PENDING", 2, RUN),
        get("COMPLETED/STOPPED", 3),
        get("COMPLETED/FAILED", 4, RUN, totalJobs=1),
    ),
    "a stop of a job that nobody was shown is refused": (
        replace(schedule(1), alone=True),
        replace(refused("StopJob", 2, "ArgumentException"), alone=True),
    ),
    **{
        f"a page of a run's jobs that nobody was told of is refused with {error}": (
            schedule(1),
            replace(refused("ListJobs", 2, error, RUN), request={"arn": RUN, "nextToken": "made-up"}),
            get("SCHEDULING/PENDING", 3, RUN),
        )
        for error in ("ArgumentException", "ValidationException")
    },
    **{
        f"a stop of a {what} that is {status} answers {reply or 'that'}": (
            get(f"{status}/PENDING", 1, arn),
            stop(reply or f"{status}/PENDING", 2, arn, **(UNSTARTED if reply == "COMPLETED/STOPPED" else {})),
            get("COMPLETED/STOPPED", 3, arn, **UNSTARTED, **minutes(1.0)),
        )
        for what, arn in (("job", JOB), ("run", RUN))
        for status in WAITING
        for reply in ("", "STOPPING/PENDING", "STOPPING/STOPPED", "COMPLETED/STOPPED")
    },
    **{
        f"a {what} is stopped while it runs and ends {end}": (
            get("RUNNING/PENDING", 1, arn),
            stop(reply, 2, arn),
            get("STOPPING/PENDING", 3, arn),
            get(f"COMPLETED/{end}", 4, arn),
        )
        for what, arn in (("job", JOB), ("run", RUN))
        for end in ENDS
        for reply in ("RUNNING/PENDING", "STOPPING/PENDING")
    },
    **{
        f"a stop comes too late: {end}, {'refused' if is_refused else 'answered'}": (
            get("RUNNING/PENDING", 1),
            refused("StopJob", 2, "ArgumentException") if is_refused else stop(f"COMPLETED/{end}", 2),
            get(f"COMPLETED/{end}", 3),
        )
        for end in ENDS
        for is_refused in (True, False)
    },
    "the guide's example of stop-run: 5 of 7 jobs completed, nothing counted, a platform beside the two": (
        runs(1, thing("RUNNING/PENDING", RUN, totalJobs=7, completedJobs=5, platform="ANDROID_APP", **counted(0))),
        stop("STOPPING/PENDING", 2, RUN, totalJobs=7, completedJobs=5, platform="ANDROID_APP", **minutes(0.0)),
    ),
    "a public record: the package did not parse, a platform that is a type of tests": (
        get(
            "COMPLETED/SKIPPED",
            1,
            RUN,
            platform="APPIUM_JAVA_TESTNG",
            resultCode="PARSING_FAILED",
            totalJobs=1,
            completedJobs=0,
            **counted(0),
            **minutes(0.0),
        ),
    ),
    "a public record: metered minutes below the total": (
        get("COMPLETED/PASSED", 1, RUN, billingMethod="METERED", **minutes(83.35, 75.69)),
    ),
    "a known bug: the counter of stopped tests is left out": (
        get("COMPLETED/STOPPED", 1, counters={"total": 3, "passed": 1, "failed": 0, "skipped": 0}),
    ),
    "a run in progress has no minutes of its jobs yet": (
        jobs(1, thing("COMPLETED/PASSED", JOB, **minutes(5.0, 4.0)), thing("RUNNING/PENDING", SISTER)),
        get("RUNNING/PENDING", 2, RUN, totalJobs=2, completedJobs=1, **minutes(0.0)),
    ),
    "a run in progress shows that it waits": (
        get("RUNNING/PENDING", 1),
        get("PENDING/PENDING", 2, RUN, started=150.0, **minutes(1.0, 1.0)),
        get("RUNNING/PENDING", 3, RUN),
        get("PENDING_DEVICE/PENDING", 4, RUN),
    ),
    "a device that is shown available": (get("RUNNING/PENDING", 1, device={"name": "Pixel", "availability": "BUSY"}),),
    "stops that are repeated, answered and refused": (
        get("RUNNING/PENDING", 1),
        stop("STOPPING/PENDING", 2),
        stop("STOPPING/PENDING", 3),
        refused("StopJob", 4, "ArgumentException"),
        get("COMPLETED/STOPPED", 5),
        stop("COMPLETED/STOPPED", 6),
        refused("StopJob", 7, "ArgumentException"),
    ),
    "stops that are throttled or not allowed change nothing": (
        get("RUNNING/PENDING", 1),
        *(
            refused("StopJob", 2.0 + n, error, status=status)
            for n, (error, status) in enumerate(
                (
                    ("LimitExceededException", 400),
                    ("ThrottlingException", 400),
                    ("ServiceAccountException", 400),
                    ("AccessDeniedException", 403),
                )
            )
        ),
        get("RUNNING/PENDING", 9),
    ),
    "a lost stop took effect late": (
        get("RUNNING/PENDING", 1),
        lost("StopJob", 2),
        get("RUNNING/PENDING", 3),
        get("STOPPING/PENDING", 4),
    ),
    "a fault took effect": (
        get("RUNNING/PENDING", 1),
        refused("StopJob", 2, "InternalFailure", status=500),
        get("STOPPING/PENDING", 3),
    ),
    "a fault took none": (
        get("RUNNING/PENDING", 1),
        refused("StopJob", 2, "ServiceUnavailable", status=503),
        get("COMPLETED/PASSED", 3),
    ),
    "an ARN that is too short: either error": (
        call("StopJob", {"arn": "arn:aws:devicefarm:x"}, 1, {}, status=400, error="ValidationException"),
        call("StopJob", {"arn": "arn:aws:devicefarm:x"}, 2, {}, status=400, error="ArgumentException"),
    ),
    "an ARN of another kind: any of three errors": tuple(
        refused(operation, 1.0 + n, error, arn)
        for n, (operation, arn) in enumerate((("StopJob", RUN), ("GetJob", RUN), ("GetRun", JOB), ("StopRun", JOB)))
        for error in ("ArgumentException", "NotFoundException", "ValidationException")
    ),
    "runs that are not scheduled": tuple(
        no_schedule(1.0 + n, error)
        for n, error in enumerate(
            (
                "ArgumentException",
                "NotFoundException",
                "LimitExceededException",
                "IdempotencyException",
                "ServiceAccountException",
                "ValidationException",
            )
        )
    ),
    "deletions of an active run: refused in two ways, then accepted, with either body": (
        get("RUNNING/PENDING", 1, RUN),
        refused("DeleteRun", 2, "ArgumentException", RUN),
        refused("DeleteRun", 3, "CannotDeleteException", RUN),
        call("DeleteRun", {"arn": RUN}, 4),
        refused("GetRun", 5, "NotFoundException", RUN),
        refused("DeleteRun", 6, "NotFoundException", RUN),
        refused("GetJob", 7, "NotFoundException"),
    ),
    "a timeout of the service ends a job as STOPPED, and it is billed": (
        get("RUNNING/PENDING", 1),
        get("COMPLETED/STOPPED", 2, **minutes(150.0, 149.0)),
    ),
    "a setup that begins though the stop came while the device was made ready": (
        get("PREPARING/PENDING", 1),
        stop("STOPPING/PENDING", 2),
        get("COMPLETED/STOPPED", 3, **minutes(2.0, 2.0), **counted(4, passed=2, stopped=2)),
    ),
    "tests that never began are not counted": (
        get("RUNNING/PENDING", 1, **counted(5, passed=1)),
        stop("STOPPING/PENDING", 2, **counted(5, passed=1)),
        get("COMPLETED/STOPPED", 3, **counted(3, passed=2, stopped=1)),
    ),
    "tests that never began are skipped": (
        stop("STOPPING/PENDING", 2, **counted(5, passed=1)),
        get("COMPLETED/STOPPED", 3, **counted(5, passed=2, skipped=3)),
    ),
    "a run shows the stop of one job": (
        get("RUNNING/PENDING", 1, RUN, totalJobs=2),
        stop("STOPPING/PENDING", 2),
        get("STOPPING/PENDING", 3, RUN, totalJobs=2),
    ),
    "a run does not show the stop of its only job": (
        get("RUNNING/PENDING", 1, RUN, totalJobs=1),
        stop("STOPPING/PENDING", 2),
        get("RUNNING/PENDING", 3, RUN, totalJobs=1),
    ),
    "results are processed after the tests": (
        get("RUNNING/PENDING", 1),
        get("PROCESSING/PENDING", 2),
        get("COMPLETED/FAILED", 3),
    ),
    "a run that waited for a day": (get("PENDING/PENDING", 1, RUN), get("COMPLETED/ERRORED", 90_000, RUN)),
    "slots that nobody owns": (
        get("PENDING/PENDING", 1, RUN, billingMethod="UNMETERED"),
        get("COMPLETED/SKIPPED", 2, RUN, billingMethod="UNMETERED", started=None),
    ),
    "jobs are made one after the other": (
        schedule(0),
        jobs(1),
        jobs(2, thing("PENDING/PENDING")),
        jobs(3, thing("RUNNING/PENDING"), thing("PENDING/PENDING", SISTER)),
    ),
    "members that no edition has yet": (
        get("COMPLETED/PASSED", 1, insights={"status": "PENDING"}, sparkles=[1]),
        refused("GetJob", 2, "NotFoundException", f"{JOB}9", requestId="x"),
    ),
    "a name used twice": (schedule(0), no_schedule(1, "IdempotencyException")),
    "both and neither choice of devices are accepted": (
        call("ScheduleRun", {**SCHEDULE, "devicePoolArn": None}, 1, {"run": thing("PENDING/PENDING", RUN)}),
    ),
}
"""What the documents leave open: every reading, races, failures, and what the service was seen to do."""

SHOWN_LATE: dict[str, tuple[Call, ...]] = {
    "a job of a stopped run runs on for a while": (
        get("RUNNING/PENDING", 1),
        stop("STOPPING/PENDING", 2, RUN),
        get("RUNNING/PENDING", 40),
    ),
    "a job that waits shows the stop of its run after a while": (
        get("PENDING/PENDING", 1),
        stop("STOPPING/PENDING", 2, RUN),
        get("PENDING/PENDING", 40),
    ),
    "a stop that was answered with the moment before": (
        get("RUNNING/PENDING", 1),
        stop("RUNNING/PENDING", 2),
        get("RUNNING/PENDING", 40),
    ),
}
"""What may show late: nobody is blamed for it within a minute."""

Wrong = tuple[tuple[Call, ...], str, Grade, str]
"""A recording, the rule it breaks, with grade and document."""
UNBILLED = "job/a job stopped before its tests started is not billed"
RULED_OUT: dict[str, Wrong] = {
    "the first page of jobs is refused": (
        (schedule(1), refused("ListJobs", 2, "ArgumentException", RUN)),
        "run/its jobs are listed",
        IMPLIED,
        "BOTO",
    ),
    "a job stopped at once is billed": (
        (get("PENDING/PENDING", 1), stop("COMPLETED/STOPPED", 2, **UNSTARTED, **minutes(3.0, 3.0))),
        UNBILLED,
        STATED,
        "StopJob",
    ),
    "a job stopped with its run before its tests is billed": (
        (
            get("PENDING_DEVICE/PENDING", 1),
            stop("COMPLETED/STOPPED", 2, RUN, **UNSTARTED),
            get("COMPLETED/STOPPED", 3, **UNSTARTED, **minutes(3.0, 0.1)),
        ),
        UNBILLED,
        STATED,
        "StopJob",
    ),
    "a run stopped before its tests is billed": (
        (schedule(0), stop("COMPLETED/STOPPED", 2, RUN, **UNSTARTED, **minutes(3.0, 3.0))),
        "run/a run stopped before its tests started is not billed",
        IMPLIED,
        "StopRun",
    ),
    "tests of a job that never began have passed": (
        (get("PENDING/PENDING", 1), stop("COMPLETED/STOPPED", 2, **UNSTARTED, **counted(3, passed=3))),
        "job/no test of a job stopped before its tests started has a result",
        IMPLIED,
        "StopJob",
    ),
    "a job that waits is metered": (
        (get("PREPARING/PENDING", 1, **minutes(1.0, 1.0)),),
        "job/nothing is metered before tests begin",
        IMPLIED,
        "StopJob",
    ),
    "a job stopped after its tests started is not billed": (
        (stop("STOPPING/PENDING", 1), get("COMPLETED/STOPPED", 2, **minutes(2.5), **counted(4, passed=2, stopped=2))),
        "job/a job stopped after its tests started is billed",
        IMPLIED,
        "StopJob",
    ),
    "counters at the end that do not add up": (
        (get("COMPLETED/PASSED", 1, **counted(4, passed=3)),),
        "job/counters add up at the end",
        IMPLIED,
        "GUIDE",
    ),
    "more tests ended than there are": (
        (get("RUNNING/PENDING", 1, **counted(2, passed=3)),),
        "job/counters fit in their total",
        IMPLIED,
        "BOTO",
    ),
    "a finished run with fewer minutes than its jobs": (
        (
            jobs(1, thing("COMPLETED/PASSED", JOB, **minutes(5.0))),
            get("COMPLETED/PASSED", 2, RUN, totalJobs=1, completedJobs=1, **minutes(3.0)),
        ),
        "a run's minutes contain its jobs' minutes",
        STATED,
        "BOTO",
    ),
    "a stop of a run that leaves a job running to the end of the run": (
        (
            get("RUNNING/PENDING", 1),
            stop("STOPPING/PENDING", 2, RUN),
            get("COMPLETED/STOPPED", 100, RUN),
            get("RUNNING/PENDING", 101),
        ),
        "a COMPLETED run has no job that goes on",
        IMPLIED,
        "GUIDE",
    ),
    "a stop of a run that leaves a job running": (
        (get("RUNNING/PENDING", 1), stop("STOPPING/PENDING", 2, RUN), get("RUNNING/PENDING", 100)),
        "job/RUNNING/PENDING does not follow what came before",
        IMPLIED,
        "GUIDE",
    ),
    "a stop of a run that leaves a job waiting": (
        (get("PENDING/PENDING", 1), stop("STOPPING/PENDING", 2, RUN), get("PENDING/PENDING", 100)),
        "job/PENDING/PENDING does not follow what came before",
        IMPLIED,
        "GUIDE",
    ),
    "a stopped job runs on": (
        (get("RUNNING/PENDING", 1), stop("STOPPING/PENDING", 2), get("RUNNING/PENDING", 3)),
        "job/RUNNING/PENDING does not follow what came before",
        IMPLIED,
        "GUIDE",
    ),
    "a stopped run runs on": (
        (get("RUNNING/PENDING", 1, RUN), stop("STOPPING/PENDING", 2, RUN), get("RUNNING/PENDING", 3, RUN)),
        "run/RUNNING/PENDING does not follow what came before",
        IMPLIED,
        "BOTO",
    ),
    "a stop of one job stops its sister": (
        (get("RUNNING/PENDING", 1, SISTER), stop("STOPPING/PENDING", 2), get("STOPPING/PENDING", 3, SISTER)),
        "a stop of one job leaves the others of its run alone",
        IMPLIED,
        "StopJob",
    ),
    "a stop turns a result": (
        (get("COMPLETED/PASSED", 1), stop("COMPLETED/STOPPED", 2)),
        "job/a stop goes back on nothing",
        IMPLIED,
        "BOTO-GIT",
    ),
    "a stop of what has ended begins anew": (
        (get("COMPLETED/PASSED", 1, RUN), stop("STOPPING/PENDING", 2, RUN)),
        "run/a stop goes back on nothing",
        IMPLIED,
        "BOTO-GIT",
    ),
    "a status STOPPED": (
        (get("STOPPED/STOPPED", 1),),
        "replies have the documented types/status",
        STATED,
        "devicefarm service model",
    ),
    "a status ERRORED, as one sample expects it": (
        (get("ERRORED/ERRORED", 1),),
        "replies have the documented types/status",
        STATED,
        "devicefarm service model",
    ),
    "a result before the end": (
        (get("RUNNING/FAILED", 1),),
        "job/RUNNING/FAILED is no state of a job",
        IMPLIED,
        "GUIDE",
    ),
    "no result at the end": (
        (get("COMPLETED/PENDING", 1, RUN),),
        "run/COMPLETED/PENDING is no state of a job",
        IMPLIED,
        "BOTO",
    ),
    "times as texts, as the examples have them": (
        (get("RUNNING/PENDING", 1, created="1472667509.852"),),
        "replies have the documented types/created",
        STATED,
        "devicefarm service model",
    ),
    "an unknown job is 404": (
        (refused("StopJob", 1, "NotFoundException", status=404),),
        "errors have their documented HTTP status",
        STATED,
        "StopJob",
    ),
    "an unknown job has the error of another service": (
        (refused("StopJob", 1, "ResourceNotFoundException"),),
        "errors are declared",
        IMPLIED,
        "devicefarm service model",
    ),
    "a deleted run is back": (
        (
            get("COMPLETED/PASSED", 1, RUN),
            call("DeleteRun", {"arn": RUN}, 2, {}),
            get("COMPLETED/PASSED", 3, RUN),
        ),
        "a deleted run is gone",
        IMPLIED,
        "BOTO",
    ),
    "an ARN that is too short is taken": (
        (call("StopJob", {"arn": "arn:aws:devicefarm:x"}, 1, {"job": thing("COMPLETED/STOPPED")}),),
        "a malformed request is refused",
        STATED,
        "devicefarm service model",
    ),
    "the reply is about the sister": (
        (call("StopJob", {"arn": JOB}, 1, {"job": thing("STOPPING/PENDING", SISTER)}),),
        "job/the reply is for the job asked for",
        IMPLIED,
        "StopJob",
    ),
    "a run that failed says that it did not parse": (
        (get("COMPLETED/FAILED", 1, RUN, resultCode="PARSING_FAILED"),),
        "run/resultCode goes with SKIPPED",
        STATED,
        "BOTO",
    ),
    "a METERED run with unmetered minutes": (
        (get("COMPLETED/PASSED", 1, RUN, billingMethod="METERED", **minutes(3.0, 1.0, 2.0)),),
        "run/a METERED run has no unmetered minutes",
        IMPLIED,
        "GITHUB",
    ),
}
"""What a service does wrong, with the rule that says so."""
WARNED: dict[str, tuple[tuple[Call, ...], str]] = {
    "a finished run that counts other tests than its jobs": (
        (
            jobs(1, thing("COMPLETED/PASSED", JOB, **counted(3, passed=3))),
            get("COMPLETED/PASSED", 2, RUN, totalJobs=1, completedJobs=1, **counted(5, passed=5)),
        ),
        "a run counts the tests of its jobs",
    ),
    "an end without a time, of a job that never began": (
        (get("PENDING/PENDING", 1), stop("COMPLETED/STOPPED", 2, started=None, stopped=None)),
        "job/stopped is present when COMPLETED without a start",
    ),
    "five tests that end after the stop": (
        (
            stop("STOPPING/PENDING", 1, **counted(9, passed=1)),
            get("STOPPING/PENDING", 2, **counted(9, passed=6)),
        ),
        "job/no new test begins after a stop",
    ),
    "a job that runs is not found, nor did the recording delete its run": (
        (get("RUNNING/PENDING", 1), refused("StopJob", 2, "NotFoundException")),
        "job/stop asked during setup",
    ),
    "a page of the jobs of a run that runs is not found": (
        (
            get("RUNNING/PENDING", 1, RUN),
            replace(refused("ListJobs", 2, "NotFoundException", RUN), request={"arn": RUN, "nextToken": "made-up"}),
        ),
        "run/its jobs are listed",
    ),
    "an active run is not found, nor did the recording delete it": (
        (get("RUNNING/PENDING", 1, RUN), refused("DeleteRun", 2, "NotFoundException", RUN)),
        "run/deleted",
    ),
}
"""What breaks only assumptions of ours; that nobody else called is one."""


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
        later = replace(last, start=last.start + 60, end=last.end + 60)
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

    @pytest.mark.parametrize("name", WARNED)
    def test_warns(self, name: str, bench: Any) -> None:
        """What rests on assumptions alone is told and not blamed."""
        bench.is_warned_of(*WARNED[name])

    def test_a_deleted_run_is_told_once(self, bench: Any) -> None:
        """Not by a rule and by its row, whoever shows it or its jobs; what else the reply shows is told."""
        gone = [get("COMPLETED/PASSED", 1, RUN), get("COMPLETED/PASSED", 2), call("DeleteRun", {"arn": RUN}, 3, {})]
        for again in (get("COMPLETED/PASSED", 9, RUN), get("COMPLETED/PASSED", 9), jobs(9, thing("COMPLETED/PASSED"))):
            told = [v.rule for v in bench.judged([*gone, again]).violations]
            assert told == ["devicefarm/a deleted run is gone"]
        other = f"{RUN[:-1]}7"
        listed = runs(9, thing("COMPLETED/PASSED", RUN), thing("RUNNING/PENDING", other))
        ended = runs(4, thing("COMPLETED/PASSED", other))
        told = [v.rule for v in bench.judged([*gone, ended, listed]).violations]
        assert told == ["devicefarm/a deleted run is gone", "devicefarm/run/nothing leaves PASSED"]
