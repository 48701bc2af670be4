"""AWS Device Farm: automated test runs (`run`) and their jobs, one for each device (`job`).

Calls: ScheduleRun, GetRun, ListRuns, StopRun, DeleteRun; ListJobs, GetJob, StopJob. A run's jobs come with it: they are
made by ScheduleRun, and StopRun and DeleteRun are calls on each of them. Not covered: projects (any project is taken
to exist), suites, tests and artifacts as objects of their own, uploads, device pools, remote access, test grids.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, NamedTuple

from haltspec import rules
from haltspec.apis.shared import aws_common_errors, data_question
from haltspec.lts import (
    ABSENT,
    ANY_ERROR,
    PLAIN,
    SAME,
    Document,
    Kind,
    LeadsTo,
    Lifecycle,
    OpenQuestion,
    Operation,
    Period,
    Reading,
    Request,
    RequestClass,
    Role,
    Source,
    State,
    Transition,
    assumed,
    call,
    internal,
    ok,
    refused,
)
from haltspec.spec import Ambiguity, Api, Binding, ErrorSpec, Nature, Statement, reach

# ---- sources --------------------------------------------------------------------------------------------------------

PAGE: Final = Document("StopJob", "Device Farm API Reference, StopJob", "2024-08-28 to 2026-08-06")
RUNPAGE: Final = Document("StopRun", "Device Farm API Reference, StopRun", "2016 to 2026")
MODEL: Final = Document("BOTO", "botocore service model devicefarm/2015-06-23, with its examples", "1.43.11")
HISTORY: Final = Document("BOTO-GIT", "history of that model", "2015-07-14 to 2026-08-07")
GUIDE: Final = Document("GUIDE", "Device Farm Developer Guide, by page", "stored copies, 2026")
COMMON: Final = Document("COMMON", "common errors pages of sister services", "2026")
GITHUB: Final = Document("GITHUB", "public issues and sources, by repository", "2026")

# ---- ARNs -----------------------------------------------------------------------------------------------------------

_ARN = re.compile(r"arn:aws:devicefarm:([^:/]*):([^:/]*):([a-z-]+):(.+)", re.DOTALL)
_DEPTH: Final = {"project": 1, "run": 2, "job": 3}


class Arn(NamedTuple):
    """The parts of an ARN: region, account, type (`run`), and the ids from the project down."""

    region: str
    account: str
    type: str
    path: tuple[str, ...]

    def of(self, kind: str) -> str:
        """The ARN of the ancestor of type `kind` (or of the object itself)."""
        path = "/".join(self.path[: _DEPTH[kind]])
        return f"arn:aws:devicefarm:{self.region}:{self.account}:{kind}:{path}"


def parse_arn(text: object) -> Arn | None:
    """The parts of a well-formed ARN of this service; None if it is none."""
    match = _ARN.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    region, account, kind, path = match.groups()
    ids = tuple(path.split("/"))
    if not all(ids) or len(ids) != _DEPTH.get(kind, len(ids)):
        return None
    return Arn(region, account, kind, ids)


def run_of(job_arn: str) -> str:
    """The ARN of a job's run; empty if `job_arn` is no job's."""
    arn = parse_arn(job_arn)
    return arn.of("run") if arn is not None and arn.type == "job" else ""


def project_of(run_arn: str) -> str:
    """The ARN of a run's project; empty if `run_arn` is no run's."""
    arn = parse_arn(run_arn)
    return arn.of("project") if arn is not None and arn.type == "run" else ""


MALFORMED: Final = "malformed ARN"
FOREIGN: Final = "ARN of another kind"
DEVICES: Final = "no single choice of devices"


def _arn_classes(kind: str, member: str = "arn") -> tuple[RequestClass, ...]:
    """The requests whose ARN cannot be that of a `kind`; the request alone tells."""

    def is_malformed(request: Request) -> bool:
        return parse_arn(request.get(member)) is None

    def is_foreign(request: Request) -> bool:
        arn = parse_arn(request.get(member))
        return arn is not None and arn.type != kind

    return (
        RequestClass(MALFORMED, f"`{member}` fits the pattern of its shape and is no ARN of this service.", is_malformed, (ABSENT,)),
        RequestClass(FOREIGN, f"`{member}` is the ARN of something other than a {kind}.", is_foreign, (ABSENT,)),
    )


def _refusals(operation: str, cls: str, asks: str, errors: tuple[str, ...], evidence: str) -> OpenQuestion:
    """A request class that is surely refused, with one of `errors`; the first is the default."""
    readings = tuple(
        Reading(
            error,
            f"Refused with {error}.",
            (Transition(f"{operation} with {_article(cls)}: {error}", ABSENT, call(operation, refused(error), when=cls), SAME, assumed(evidence), free=True),),
        )
        for error in errors
    )
    return OpenQuestion(f"{operation} with {_article(cls)}", asks, readings, errors[0], evidence, states=(ABSENT,), operation=operation, when=(cls,))


def _article(cls: str) -> str:
    return f"{'an' if cls[0] in 'aeiouA' else 'a'} {cls}"


def _arn_questions(operation: str, kind: str) -> tuple[OpenQuestion, ...]:
    return (
        _refusals(
            operation,
            MALFORMED,
            f"Which error answers an `arn` that fits its pattern and is no ARN ({operation} of a {kind})?",
            ("ValidationException", "ArgumentException", "NotFoundException"),
            "A project ARN with a slash for its last colon was answered ValidationException (wdio-aws-device-farm-service 70); ArgumentException is the declared error for an invalid argument.",
        ),
        _refusals(
            operation,
            FOREIGN,
            f"Which error answers an ARN of another kind ({operation} of a {kind})?",
            ("ArgumentException", "NotFoundException", "ValidationException"),
            "Silent. ScheduleRun answered ArgumentException to a project it did not accept (aws-device-farm-jenkins-plugin 23, nightwatch 3319); GetDevice answers NotFoundException to an ARN nobody has.",
        ),
    )


# ---- shared by both lifecycles --------------------------------------------------------------------------------------

_WAITING_NOTES: Final = {
    "SCHEDULING": "the request is being turned into jobs (from the name)",
    "PENDING": "waiting",
    "PENDING_CONCURRENCY": "waiting for one of the account's parallel places",
    "PENDING_DEVICE": "waiting for the device",
    "PROCESSING": "the package is being parsed (from the name)",
    "PREPARING": "the device is being made ready",
}
_WAITING_EVENTS: Final = {
    "SCHEDULING": "schedule",
    "PENDING": "wait",
    "PENDING_CONCURRENCY": "wait_for_a_place",
    "PENDING_DEVICE": "wait_for_the_device",
    "PROCESSING": "process",
    "PREPARING": "prepare",
}
WAITING: Final = tuple(_WAITING_NOTES)
"""The statuses before tests have begun; no document orders them."""
_UNBEGUN: Final = tuple(status for status in WAITING if status != "PROCESSING")
"""Those that surely come before the tests."""
RESULTS: Final = {"PASSED": "pass", "WARNED": "warn", "FAILED": "fail", "ERRORED": "err", "SKIPPED": "skip"}
"""The results that come about by themselves, each with its event."""
_ENDS: Final = (*RESULTS, "STOPPED")
_ICONS: Final = GUIDE.implies("how-to-use-reports, the icons of a run and of its devices")
_EXAMPLE: Final = GUIDE.implies("how-to-stop-test-runs, the example of stop-run: STOPPING, with the result PENDING")
_IN_PROGRESS: Final = MODEL.implies("ExecutionStatus; the example of GetRun: RUNNING, as in the guide's example of list-runs")
_FINAL: Final = HISTORY.implies("results of 2015-07-14; every public client polls for COMPLETED")
_GATHERED: Final = "the results are being gathered (only if PROCESSING also follows the tests)"
_KNOWN: Final = "as above, and the result STOPPED is shown already"


def _state(name: str, status: str, result: str, note: str = "", *, frame: Source | None = None) -> State:
    return State(name, (status, result), terminal=status == "COMPLETED", frame=_FINAL if status == "COMPLETED" else frame, note=note)


def _waiting_states() -> tuple[State, ...]:
    return tuple(_state(status, status, "PENDING", note) for status, note in _WAITING_NOTES.items())


def _end_states() -> tuple[State, ...]:
    return tuple(_state(result, "COMPLETED", result) for result in _ENDS)


def _waiting_moves(what: str) -> tuple[Transition, ...]:
    """Any status before the tests may follow any other: no document gives an order."""
    return tuple(
        Transition(
            f"{what} waits as {status}",
            tuple(other for other in WAITING if other != status),
            internal(event),
            status,
            MODEL.implies("ExecutionStatus; no document orders the values"),
        )
        for status, event in _WAITING_EVENTS.items()
    )


def _shown_before(states: tuple[str, ...], status: str, operation: str, name: str, target: str) -> Transition:
    return Transition(
        f"{name}, the reply still shows {status}",
        states,
        call(operation, ok(status, "PENDING"), when=PLAIN),
        target,
        assumed("which moment the object in the reply is of is not said"),
        free=True,
    )


def _gathering(source_state: str, results: Mapping[str, str]) -> OpenQuestion:
    """PROCESSING by its name may also stand for the gathering of results."""
    return OpenQuestion(
        "PROCESSING after the tests",
        "Is PROCESSING shown before the tests only, or also after them?",
        (
            Reading("before only", "The package is processed before any test."),
            Reading(
                "also after",
                "Results are processed once the tests have ended.",
                (
                    Transition("results are gathered", source_state, internal("gather"), "gathering", assumed("the name fits both")),
                    *(Transition(f"gathered: {r}", "gathering", internal(e), r, assumed("as without gathering")) for r, e in results.items()),
                ),
            ),
        ),
        "before only",
        "No document explains the value; it is older than any operation that stops.",
        states=(source_state,),
    )


def _result_known(states: tuple[str, ...]) -> OpenQuestion:
    return OpenQuestion(
        "result shown while STOPPING",
        "Does a job or run that is STOPPING show the result PENDING until its end?",
        (
            Reading("PENDING", "The result is shown at the end."),
            Reading(
                "STOPPED",
                "The result STOPPED may be shown before the end.",
                (Transition("result known before the end", states, internal("announce"), "stopping_known", assumed("the result is settled by the stop")),),
            ),
        ),
        "PENDING",
        "The guide shows the icon of a result at the end only (how-to-use-reports), and its example of stop-run a run that is STOPPING with PENDING (how-to-stop-test-runs); no job that is STOPPING was found.",
        states=states,
    )


def _idempotence(name: str, asks: str, states: tuple[str, ...], evidence: str, default: str = "accepted") -> OpenQuestion:
    """A stop that has nothing left to stop: answered with the object as it is, or refused."""
    return OpenQuestion(
        name,
        asks,
        (
            Reading("accepted", "Answered with the object as it is.", (Transition(f"{name}: accepted", states, call("Stop", ok(), when=PLAIN), SAME, assumed("clients repeat a call that timed out, and there is no token"), free=True),)),
            Reading("refused", "Refused with ArgumentException.", (Transition(f"{name}: refused", states, call("Stop", refused("ArgumentException"), when=PLAIN), SAME, assumed("the declared error that fits best"), free=True),)),
        ),
        default,
        evidence,
        states=states,
        operation="Stop",
        when=(PLAIN,),
    )


# ---- data rules of both ---------------------------------------------------------------------------------------------

BUCKETS: Final = ("passed", "failed", "warned", "errored", "stopped", "skipped")
"""The counters of ended tests; a missing one counts 0 (aws-device-farm-jenkins-plugin guards against that)."""
_MINUTES: Final = ("total", "metered", "unmetered")
_MINUTE_S: Final = 60.0
_ROUNDING_MIN: Final = 0.011
"""Minutes were seen with two decimals, so three rounded numbers may miss their sum by this much."""


def _number(job: rules.Job, member: str) -> float | None:
    """A member that is a number; None also of one that no number of the wire can hold, with which nothing is reckoned."""
    value = rules.value_at(job, member)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and abs(value) < sys.float_info.max else None


def _ended_tests(job: rules.Job) -> float:
    return sum(_number(job, f"counters.{bucket}") or 0 for bucket in BUCKETS)


def _counters_fit(sight: rules.Sight) -> str | None:
    total = _number(sight.job, "counters.total")
    if total is None or _ended_tests(sight.job) <= total:
        return None
    return f"the counters of ended tests add up to {_ended_tests(sight.job)}, above their total {total}"


def _counters_add_up(sight: rules.Sight) -> str | None:
    """The service was seen to leave `stopped` out where it was not 0: nothing adds up then."""
    total, told = _number(sight.job, "counters.total"), _number(sight.job, "counters.stopped")
    if sight.status != "COMPLETED" or total is None or told is None or _ended_tests(sight.job) == total:
        return None
    return f"the counters of ended tests add up to {_ended_tests(sight.job)}; their total at the end is {total}"


def _counters_positive(sight: rules.Sight) -> str | None:
    for bucket in ("total", *BUCKETS):
        value = _number(sight.job, f"counters.{bucket}")
        if value is not None and value < 0:
            return f"counters.{bucket} is {value}"
    return None


def _minutes_positive(sight: rules.Sight) -> str | None:
    for member in _MINUTES:
        value = _number(sight.job, f"deviceMinutes.{member}")
        if value is not None and value < 0:
            return f"deviceMinutes.{member} is {value}"
    return None


def _minutes_fit(sight: rules.Sight) -> str | None:
    total, metered, unmetered = (_number(sight.job, f"deviceMinutes.{member}") for member in _MINUTES)
    if total is None or (metered or 0) + (unmetered or 0) <= total + _ROUNDING_MIN:
        return None
    return f"deviceMinutes: {metered} metered and {unmetered} unmetered do not fit in {total}"


def _has_its_end(*, begun: bool) -> Callable[[rules.Sight], str | None]:
    def check(sight: rules.Sight) -> str | None:
        if sight.status != "COMPLETED" or not sight.full or (sight.job.get("started") is not None) is not begun:
            return None
        return "stopped is missing from what shows COMPLETED" if sight.job.get("stopped") is None else None

    return check


def _goes_back_on_nothing(sight: rules.Sight) -> str | None:
    """A stop changes no end, and what was STOPPING when it was asked does not show what came before."""
    before = sight.earlier
    if sight.binding.role != "Stop" or before is None or None in (*sight.shown, *before.shown):
        return None
    undone = before.status == "STOPPING" and sight.status in (*_UNBEGUN, "RUNNING")
    if undone or (before.status == "COMPLETED" and sight.shown != before.shown):
        return f"the stop is answered {_told(sight)}; it had shown {_told(before)}"
    return None


def _told(sight: rules.Sight) -> str:
    return "/".join(value or "?" for value in sight.shown)


def _unbilled_while_waiting(sight: rules.Sight) -> str | None:
    metered = _number(sight.job, "deviceMinutes.metered")
    if sight.status not in _UNBEGUN or not metered:
        return None
    return f"{metered} minutes are metered while it shows {sight.status}"


_COMMON_RULES: Final = (
    *(rules.present(m, assumed("all members are optional in the model, all examples have it")) for m in ("arn", "status", "result")),
    rules.present("created", MODEL.implies("examples; aws-device-farm-jenkins-plugin 114")),
    rules.holds("stopped is present when COMPLETED", "What has a start time and is COMPLETED has a stop time.", MODEL.implies("stop time of an execution"), _has_its_end(begun=True)),
    rules.holds("stopped is present when COMPLETED without a start", "What is COMPLETED and never began has a stop time too.", assumed("stopped is the end of any execution; whether of one that never began is not said"), _has_its_end(begun=False)),
    rules.absent("stopped", MODEL.implies("stop time of an execution"), when=(*WAITING, "RUNNING", "STOPPING")),
    rules.constant("created", MODEL.implies("time of creation")),
    rules.constant("started", MODEL.implies("start time")),
    rules.constant("stopped", MODEL.implies("stop time")),
    rules.constant("type", MODEL.implies("type of the test it was scheduled with")),
    rules.ordered(("created", "started", "stopped"), MODEL.implies("created, started, stopped")),
    rules.holds("counters fit in their total", "Ended tests are never more than all tests.", MODEL.implies("Counters; the example of GetRun"), _counters_fit),
    rules.holds("counters add up at the end", "At the end every test is counted under one result.", GUIDE.implies("how-to-use-reports-displaying-results, the graph; react-native-vision-camera 3985"), _counters_add_up),
    rules.holds("counters are not negative", "counters are 0 or more.", MODEL.implies("Counters"), _counters_positive),
    rules.holds("minutes are not negative", "deviceMinutes are 0 or more.", MODEL.implies("DeviceMinutes"), _minutes_positive),
    rules.holds("metered and unmetered minutes fit in the total", "deviceMinutes: metered and unmetered together are at most the total (they may be less).", GITHUB.implies("aws/aws-sdk-js 3978"), _minutes_fit),
    *(rules.monotone(f"deviceMinutes.{m}", assumed("minutes that were used stay used")) for m in _MINUTES),
    rules.answers_for("arn", "arn", PAGE.implies("Response Elements, job")),
    rules.holds("a stop goes back on nothing", "The reply to a stop shows the end that was shown before, and nothing from before a stop that was under way.", _FINAL, _goes_back_on_nothing, on_status=True),
)

# ---- jobs -----------------------------------------------------------------------------------------------------------

RUNNING: Final = ("setup", "testing", "teardown")
STOPPING: Final = ("stopping_setup", "stopping_tests", "stopping_teardown")
_STOPPING_ALL: Final = ("stopping_queued", *STOPPING, "stopping_known")
JOB_ENDS: Final = (*_ENDS, "STOPPED_UNSTARTED")
_JOB_LIVE: Final = (*WAITING, *RUNNING, "gathering", *_STOPPING_ALL)
_SUITES: Final = PAGE.states("Description, 4th sentence")
_STOP_OF: Final = {"setup": "stopping_setup", "testing": "stopping_tests", "teardown": "stopping_teardown"}
_PHASE: Final = {"setup": "setup", "testing": "its tests", "teardown": "teardown"}


def _stops_of_running_job() -> tuple[Transition, ...]:
    rows: list[Transition] = []
    for state, target in _STOP_OF.items():
        name = f"stop asked during {_PHASE[state]}"
        rows.append(Transition(name, state, call("Stop", ok("STOPPING", "PENDING"), when=PLAIN), target, PAGE.implies("Description, 1st and 4th sentence; the status is of the same revision as StopRun"), free=True))
        rows.append(_shown_before((state,), "RUNNING", "Stop", name, target))
    rows.append(Transition("stop asked, the result is known at once", RUNNING, call("Stop", ok("STOPPING", "STOPPED"), when=PLAIN), "stopping_known", assumed("whether STOPPED is shown while STOPPING is not said"), free=True))
    rows.append(Transition("stop during setup taken for one before the tests", "setup", call("Stop", ok("COMPLETED", "STOPPED"), when=PLAIN), "STOPPED_UNSTARTED", assumed("'tests have started' may mean the customer's tests"), free=True))
    return tuple(rows)


_STOP_ROWS: Final = (
    Transition("stopped at once before its tests began", WAITING, call("Stop", ok("COMPLETED", "STOPPED"), when=PLAIN), "STOPPED_UNSTARTED", PAGE.states("Description, 2nd sentence"), free=True),
    Transition("stopped a moment later before its tests began", WAITING, call("Stop", ok("STOPPING", "PENDING"), when=PLAIN), "stopping_queued", assumed("the stop is 'initiated': it may be asynchronous for every device"), free=True),
    *(_shown_before((s,), s, "Stop", "stopped before its tests began", "stopping_queued") for s in WAITING),
    Transition("setup begins though a stop came while the device was made ready", "PREPARING", call("Stop", ok("STOPPING", "PENDING"), when=PLAIN), "stopping_setup", assumed("the device may already be beyond recall"), free=True),
    *_stops_of_running_job(),
    Transition("the stop before the tests took effect", "stopping_queued", internal("halt"), "STOPPED_UNSTARTED", PAGE.implies("Description, 2nd sentence: at once")),
    Transition("setup was completed after the stop", "stopping_setup", internal("tear_down"), "stopping_teardown", _SUITES),
    Transition("the tests ended after the stop", "stopping_tests", internal("tear_down"), "stopping_teardown", GUIDE.states("how-to-stop-test-runs: the test in progress is stopped")),
    Transition("teardown was completed after the stop", "stopping_teardown", internal("halt"), "STOPPED", _SUITES),
    Transition("the end follows the known result", "stopping_known", internal("halt"), "STOPPED", _SUITES),
    Transition("unknown job is not stopped", ABSENT, call("Stop", refused("NotFoundException"), when=PLAIN), SAME, PAGE.states("Errors, NotFoundException")),
)

_ON_RUN_ROWS: Final = (
    Transition("stopped at once with its run", WAITING, call("StopRun", ok()), "STOPPED_UNSTARTED", RUNPAGE.states("Description, 2nd sentence"), free=True),
    Transition("stopped a moment later with its run", WAITING, call("StopRun", ok()), "stopping_queued", assumed("the stop is 'initiated': it may be asynchronous for every device"), free=True),
    Transition("setup begins though its run was stopped", "PREPARING", call("StopRun", ok()), "stopping_setup", assumed("the device may already be beyond recall"), free=True),
    *(Transition(f"its run was stopped during {_PHASE[s]}", s, call("StopRun", ok()), t, RUNPAGE.states("Description, 4th sentence"), free=True) for s, t in _STOP_OF.items()),
    Transition("its run was stopped, the result is known at once", RUNNING, call("StopRun", ok()), "stopping_known", assumed("as for StopJob"), free=True),
    Transition("its run was stopped during setup, taken for before the tests", "setup", call("StopRun", ok()), "STOPPED_UNSTARTED", assumed("'tests have started' may mean the customer's tests"), free=True),
    Transition("a stop of the run finds it stopping", _STOPPING_ALL, call("StopRun", ok()), SAME, RUNPAGE.implies("Description: devices that are still to be stopped"), free=True),
    Transition("a stop of the run finds it ended", (*JOB_ENDS, "gathering"), call("StopRun", ok()), SAME, GUIDE.states("how-to-stop-test-runs: what has been run cannot be stopped"), free=True),
    Transition("a refused stop of the run leaves it", (ABSENT, *_JOB_LIVE, *JOB_ENDS), call("StopRun", refused(ANY_ERROR)), SAME, assumed("the answer is the run's; whether it is right is judged there"), free=True),
    Transition("a stop of the run makes no job", ABSENT, call("StopRun", ok()), SAME, RUNPAGE.implies("Description"), free=True),
    Transition("deleted with its run", JOB_ENDS, call("DeleteRun", ok()), ABSENT, MODEL.implies("DeleteRun"), free=True),
    Transition("deleted with its run before its end", _JOB_LIVE, call("DeleteRun", ok()), ABSENT, assumed("only if an active run can be deleted, as the text said until 2025-11-17"), free=True),
    Transition("a refused deletion of the run leaves it", (ABSENT, *_JOB_LIVE, *JOB_ENDS), call("DeleteRun", refused(ANY_ERROR)), SAME, MODEL.implies("DeleteRun: not while active; the answer is the run's and is judged there"), free=True),
    Transition("a deletion of the run finds no such job", ABSENT, call("DeleteRun", ok()), SAME, MODEL.implies("DeleteRun"), free=True),
)

LEAST_TIMEOUT_MIN: Final = 5
"""No execution timeout can be set that is shorter (GUIDE, how-to-set-default-timeout-for-test-runs)."""
_TIMEOUT: Final = OpenQuestion(
    "result after a timeout",
    "Which result has a job that ran into its execution timeout and was stopped by the service?",
    tuple(
        Reading(result, f"The result is {result}.", (Transition(f"timed out: {result}", RUNNING, internal("timeout"), result, assumed("the guide says that execution is stopped by force, not with which result")),))
        for result in ("ERRORED", "FAILED", "STOPPED")
    ),
    "ERRORED",
    "how-to-set-default-timeout-for-test-runs: stopped by force, partial results are kept; the result is not named.",
    states=RUNNING,
)
_EXPIRY: Final = OpenQuestion(
    "queued for more than a day",
    "What becomes of a job that waited for 24 hours?",
    tuple(
        Reading(result, f"It ends with {result}.", (Transition(f"waited too long: {result}", WAITING, internal("expire"), result, assumed("the limits page gives the time, not what follows")),))
        for result in ("SKIPPED", "ERRORED")
    ),
    "SKIPPED",
    "limits: a run stays queued for at most 24 hours; what happens then is not said.",
    states=WAITING,
)
_STOPPED_RESULT: Final = OpenQuestion(
    "result of a stopped job",
    "Which result has a stopped job if tests had failed before, or if its teardown was running already?",
    (
        Reading("always STOPPED", "A stopped job ends with STOPPED."),
        Reading(
            "worst of its tests",
            "A failure or error outweighs the stop.",
            tuple(Transition(f"stopped, yet {r} by its tests", "stopping_teardown", internal(e), r, assumed("no precedence is documented")) for r, e in (("FAILED", "fail"), ("ERRORED", "err"))),
        ),
        Reading(
            "natural",
            "A job that had run its tests ends with their result.",
            tuple(Transition(f"stopped too late: {r}", "stopping_teardown", internal(e), r, assumed("all its tests had run")) for r, e in RESULTS.items() if r != "SKIPPED"),
        ),
    ),
    "always STOPPED",
    "No precedence is documented; since 2026-08-06 the model counts stopped jobs as a class of their own (job metrics of insights).",
    states=("stopping_teardown",),
)


def _is_late_work(sight: rules.Sight) -> str | None:
    """Setup, teardown and the test in progress may still end after a stop; no other may begin."""
    done = _ended_by_running(sight.job)
    earlier, first = sight.earlier, None
    while earlier is not None:
        if earlier.status == "STOPPING" and rules.value_at(earlier.job, "counters.total") is not None:
            first = _ended_by_running(earlier.job)
        earlier = earlier.earlier
    if first is None or done - first <= len(("setup", "the test in progress", "teardown")):
        return None
    return f"{done - first} tests ended by themselves after the job was STOPPING"


def _ended_by_running(job: rules.Job) -> float:
    return sum(_number(job, f"counters.{bucket}") or 0 for bucket in ("passed", "failed", "warned", "errored"))


def _never_started(sight: rules.Sight) -> bool:
    """A STOPPED job or run that has no start time and was never seen to run was stopped before its tests started."""
    if sight.shown[:2] != ("COMPLETED", "STOPPED") or sight.job.get("started") is not None:
        return False
    earlier = sight.earlier
    while earlier is not None:
        if earlier.status in ("RUNNING", "STOPPING") or earlier.job.get("started") is not None:
            return False
        earlier = earlier.earlier
    return True


def _unbilled(sight: rules.Sight) -> str | None:
    metered = _number(sight.job, "deviceMinutes.metered")
    if not metered or not _never_started(sight):
        return None
    return f"{metered} minutes are metered for a {sight.binding.lifecycle} that was stopped before its tests started"


def _untested(sight: rules.Sight) -> str | None:
    ran = _ended_by_running(sight.job)
    if not ran or not _never_started(sight):
        return None
    return f"{ran} tests of a {sight.binding.lifecycle} that was stopped before its tests started have a result"


def _unpaid(sight: rules.Sight) -> str | None:
    """Of a job that took a minute at least, so that nothing is lost in rounding."""
    billed = [_number(sight.job, f"deviceMinutes.{member}") for member in ("metered", "unmetered")]
    began, ended = _number(sight.job, "started"), _number(sight.job, "stopped")
    if sight.shown[:2] != ("COMPLETED", "STOPPED") or not _ended_by_running(sight.job) or None in billed or any(billed):
        return None
    if began is None or ended is None or ended - began < _MINUTE_S:
        return None
    return "no minute is billed for a job that was stopped after its tests started"


def _in_its_run(sight: rules.Sight) -> str | None:
    arn, scope = sight.job.get("arn"), sight.request.get("arn")
    if not isinstance(arn, str):
        return None
    if not run_of(arn):
        return f"{arn!r} is not the ARN of a job: ...:job:PROJECT/RUN/JOB"
    if sight.binding.role == "List" and run_of(arn) != scope:
        return f"the job {arn!r} is listed for the run {scope!r}"
    return None


_RETENTION: Final = Period(400 * 86_400.0, GUIDE.implies("test-runs: results are kept for 400 days"))
"""How long a run and its jobs are remembered at least: see the open question `retention`."""

JOB: Final = Lifecycle(
    api="devicefarm",
    name="job",
    title="the tests of a run on one device",
    kinds=(Kind("job", "Job"),),
    states=(
        State(ABSENT, note="never made, or deleted with its run"),
        *_waiting_states(),
        _state("setup", "RUNNING", "PENDING", "the setup suite runs"),
        _state("testing", "RUNNING", "PENDING", "the customer's tests run"),
        _state("teardown", "RUNNING", "PENDING", "the teardown suite runs"),
        _state("gathering", "PROCESSING", "PENDING", _GATHERED),
        _state("stopping_queued", "STOPPING", "PENDING", "a stop came before any test; nothing will run", frame=PAGE.implies("Description, 2nd sentence")),
        _state("stopping_setup", "STOPPING", "PENDING", "a stop came; setup is run to its end, no test follows", frame=PAGE.implies("Description, 4th sentence")),
        _state("stopping_tests", "STOPPING", "PENDING", "a stop came; the test in progress is ended, no test follows", frame=PAGE.implies("Description, 4th sentence")),
        _state("stopping_teardown", "STOPPING", "PENDING", "a stop came; teardown is run to its end", frame=PAGE.implies("Description, 4th sentence")),
        _state("stopping_known", "STOPPING", "STOPPED", _KNOWN, frame=PAGE.implies("Description, 4th sentence")),
        *_end_states(),
        _state("STOPPED_UNSTARTED", "COMPLETED", "STOPPED", "stopped before its tests started; not billed"),
    ),
    operations=(
        Operation("ScheduleRun", Role.CREATE, plain_in=(ABSENT,), on_parent=True),
        Operation("Get", Role.READ, _arn_classes("job")),
        Operation("List", Role.LIST),
        Operation("Stop", Role.ORDER, _arn_classes("job")),
        Operation("StopRun", Role.ORDER, on_parent=True),
        Operation("DeleteRun", Role.DELETE, on_parent=True),
    ),
    transitions=(
        Transition("made with its run", ABSENT, call("ScheduleRun", ok()), "SCHEDULING", GUIDE.implies("test-runs: one job for each device of the run")),
        *_waiting_moves("it"),
        Transition("its tests began with setup", WAITING, internal("begin"), "setup", _ICONS),
        Transition("skipped before it began", WAITING, internal("skip"), "SKIPPED", MODEL.implies("ExecutionResultCode; aws-device-farm-gradle-plugin 19")),
        Transition("setup ended", "setup", internal("test"), "testing", PAGE.implies("Description: setup suite, tests, teardown suite")),
        Transition("its tests ended", "testing", internal("tear_down"), "teardown", PAGE.implies("Description: setup suite, tests, teardown suite")),
        *(Transition(f"ended: {result}", "teardown", internal(event), result, MODEL.implies("ExecutionResult; how-to-use-reports")) for result, event in RESULTS.items()),
        Transition("described", (*_JOB_LIVE, *JOB_ENDS), call("Get", ok(), when=PLAIN), SAME, MODEL.states("GetJob")),
        Transition("unknown job is not described", ABSENT, call("Get", refused("NotFoundException"), when=PLAIN), SAME, MODEL.implies("GetJob, errors; aws-sdk-js devicefarm.feature")),
        Transition("listed", (*_JOB_LIVE, *JOB_ENDS), call("List", ok()), SAME, MODEL.states("ListJobs")),
        Transition("not listed while it does not exist", ABSENT, call("List", ok()), SAME, MODEL.implies("ListJobs")),
        *_STOP_ROWS,
        *_ON_RUN_ROWS,
    ),
    questions=(
        _gathering("teardown", RESULTS),
        _result_known(STOPPING),
        _TIMEOUT,
        _EXPIRY,
        _STOPPED_RESULT,
        _idempotence(
            "stop while STOPPING",
            "What does a stop of a job that is STOPPING answer?",
            _STOPPING_ALL,
            "Silent. There is no token, and SDKs repeat a call after a timeout or LimitExceededException (botocore, retries/standard), which speaks for an answer that can be repeated.",
        ),
        _idempotence(
            "stop after the end",
            "What does a stop of a COMPLETED job (or of one whose tests have ended) answer?",
            ("gathering", *JOB_ENDS),
            "Silent for the API; how-to-stop-test-runs says only that what has been run cannot be stopped. The page's 'current job' names no state.",
        ),
        *_arn_questions("Get", "job"),
        *_arn_questions("Stop", "job"),
    ),
    frame=_ICONS,
    id_member="arn",
    status_members=("status", "result"),
    progress=(
        LeadsTo("a stop leads to an end", "A job whose stop was accepted is COMPLETED in the end.", _STOPPING_ALL, JOB_ENDS, PAGE.states("Description, 4th sentence: to completion")),
        LeadsTo("teardown runs after a stop", "A job that was stopped after its start comes to its teardown.", ("stopping_setup", "stopping_tests"), ("stopping_teardown", "stopping_known"), _SUITES),
        LeadsTo("a stop before the tests ends without them", "A job stopped before its tests began ends without being billed.", ("stopping_queued",), ("STOPPED_UNSTARTED",), PAGE.states("Description, 2nd and 3rd sentence")),
        LeadsTo("a started job ends", "A job whose tests began is COMPLETED in the end.", (*RUNNING, "gathering"), JOB_ENDS, GUIDE.implies("how-to-set-default-timeout-for-test-runs")),
        LeadsTo("a queued job ends", "A job that waits is COMPLETED in the end.", WAITING, JOB_ENDS, GUIDE.implies("limits: queued for at most 24 hours")),
    ),
    rules=(
        *_COMMON_RULES,
        rules.constant("device.arn", MODEL.implies("Job: a device")),
        rules.absent("started", MODEL.implies("start time of an execution"), when=_UNBEGUN),
        rules.holds("nothing is metered before tests begin", "While no test has begun, no minute is metered.", PAGE.implies("Description, 3rd sentence"), _unbilled_while_waiting),
        rules.holds("a job stopped before its tests started is not billed", "A job that ended STOPPED and never started has no metered minutes.", PAGE.states("Description, 3rd sentence"), _unbilled),
        rules.holds("no test of a job stopped before its tests started has a result", "None of the tests of a job that ended STOPPED and never started has passed or failed.", PAGE.implies("Description, 2nd sentence"), _untested),
        rules.holds("a job stopped after its tests started is billed", "A job that ended STOPPED and has run a test has metered or unmetered minutes.", PAGE.implies("Description, 5th sentence; whether minutes are there as soon as the end is not said"), _unpaid),
        rules.holds("no new test begins after a stop", "After a job was seen STOPPING, only setup, teardown and the test in progress still end.", assumed("a suite of setup and one of teardown has one test each, and a device runs one test at a time"), _is_late_work),
        rules.holds("a job's ARN lies in its run", "A job's ARN has its run's project and run, and a job id.", GITHUB.implies("paulo-raca/adb-proxy, adbproxy/aws.py"), _in_its_run),
    ),
    retention=_RETENTION,
)

# ---- runs -----------------------------------------------------------------------------------------------------------

_RUN_LIVE: Final = (*WAITING, "RUNNING", "gathering", "STOPPING", "stopping_known")
_RUN_STOPPING: Final = ("STOPPING", "stopping_known")
_LONG_DELETION: Final = "the text was reversed: until 2025-11-17 it said that deleting a run in progress does not stop it (BOTO-GIT)"

_DELETION: Final = OpenQuestion(
    "deletion of an active run",
    "What does DeleteRun answer for a run that is not COMPLETED?",
    (
        *(
            Reading(
                error,
                f"Refused with {error}.",
                (Transition(f"an active run is not deleted: {error}", _RUN_LIVE, call("Delete", refused(error), when=PLAIN), SAME, assumed(f"the refusal is documented since 2025-11-17, its error is not; {why}"), free=True),),
                why,
            )
            for error, why in (("ArgumentException", "the declared error that fits best"), ("CannotDeleteException", "the model has it, though DeleteRun does not declare it"))
        ),
        Reading(
            "deleted",
            "The record is deleted; the devices go on.",
            (Transition("an active run is deleted", _RUN_LIVE, call("Delete", ok(), when=PLAIN), ABSENT, assumed(_LONG_DELETION), free=True),),
            _LONG_DELETION,
        ),
    ),
    "ArgumentException",
    "The model says since 2025-11-17 that an active run cannot be deleted; before, that deletion does not stop it. No error is named.",
    states=_RUN_LIVE,
    operation="Delete",
    when=(PLAIN,),
)
_RUN_STOPPING_BY_JOBS: Final = OpenQuestion(
    "run STOPPING by stops of its jobs",
    "Does a run show STOPPING when only jobs of it were stopped?",
    tuple(
        Reading(name, sentence, rows)
        for name, sentence, rows in (
            ("when no job goes on", "Once every job that is not COMPLETED is STOPPING.", (Transition("the last job that went on is being stopped", (*WAITING, "RUNNING"), internal("stopping"), "STOPPING", assumed("nothing of it goes on")),)),
            ("with its first job", "As soon as one job is STOPPING.", (Transition("a first job is being stopped", (*WAITING, "RUNNING"), internal("stopping"), "STOPPING", assumed("a part of it is being stopped")),)),
            ("by StopRun only", "The run goes on until its jobs have ended.", ()),
        )
    ),
    "when no job goes on",
    "Silent; the page of StopJob speaks of one device only.",
    states=(*WAITING, "RUNNING"),
)
_RUN_WAITS_AGAIN: Final = OpenQuestion(
    "status of a run in progress",
    "Does a run show RUNNING from the start of its first job on, though other jobs wait?",
    (
        Reading("RUNNING", "It shows RUNNING until all its jobs have ended or are stopped."),
        Reading(
            "waits as well",
            "It may show that it waits while a job of it does.",
            (Transition("a run in progress waits for its other jobs", "RUNNING", internal("wait"), "PENDING", assumed("the console shows a run in progress as pending")),),
        ),
    ),
    "RUNNING",
    "The examples of GetRun and list-runs (how-to-stop-test-runs) show RUNNING, the latter with 5 of 7 jobs completed; the console shows a pending icon beside a run until all its tests are completed (how-to-use-reports).",
    states=("RUNNING",),
)
_STOPPED_RUN_RESULT: Final = OpenQuestion(
    "result of a stopped run",
    "Which result has a stopped run if a job of it had failed before?",
    (
        Reading(
            "worst of its jobs",
            "A failure or error outweighs the stop.",
            tuple(Transition(f"stopped, yet {r} by its jobs", "STOPPING", internal(e), r, assumed("no precedence is documented")) for r, e in (("FAILED", "fail"), ("ERRORED", "err"))),
        ),
        Reading("always STOPPED", "A stopped run ends with STOPPED."),
        Reading(
            "natural",
            "Jobs that were stopped too late count with their own results.",
            tuple(Transition(f"stopped too late: {r}", "STOPPING", internal(e), r, assumed("as for a job; SKIPPED if all were, whose results were being gathered")) for r, e in RESULTS.items()),
        ),
    ),
    "worst of its jobs",
    "No precedence is documented. The service's own Jenkins plugin ranks SKIPPED over STOPPED over FAILED over WARNED over PASSED, a client's choice.",
    states=("STOPPING",),
)

_RUN_STOP_ROWS: Final = (
    Transition("run stopped at once before any job began", WAITING, call("Stop", ok("COMPLETED", "STOPPED"), when=PLAIN), "STOPPED", RUNPAGE.states("Description, 2nd sentence"), free=True),
    Transition("run stopped a moment later before any job began", WAITING, call("Stop", ok("STOPPING", "PENDING"), when=PLAIN), "STOPPING", assumed("the stop is 'initiated': it may be asynchronous for every device"), free=True),
    *(_shown_before((s,), s, "Stop", "run stopped before any job began", "STOPPING") for s in WAITING),
    Transition("run ended by the stop of the jobs that had not begun", "RUNNING", call("Stop", ok("COMPLETED", "STOPPED"), when=PLAIN), "STOPPED", RUNPAGE.implies("Description, 2nd sentence, when its other jobs have ended"), free=True),
    *(Transition(f"run ended by the stop, yet {r} by its jobs", "RUNNING", call("Stop", ok("COMPLETED", r), when=PLAIN), r, assumed("as above, with the result of a job that had ended"), free=True) for r in ("FAILED", "ERRORED")),
    Transition("stop of the run asked", "RUNNING", call("Stop", ok("STOPPING", "PENDING"), when=PLAIN), "STOPPING", _EXAMPLE, free=True),
    _shown_before(("RUNNING",), "RUNNING", "Stop", "stop of the run asked", "STOPPING"),
    Transition("stop of the run asked, the result is known at once", (*WAITING, "RUNNING"), call("Stop", ok("STOPPING", "STOPPED"), when=PLAIN), "stopping_known", assumed("whether STOPPED is shown while STOPPING is not said"), free=True),
    Transition("the stop of the run took effect", "STOPPING", internal("halt"), "STOPPED", RUNPAGE.implies("Description, 4th sentence: to completion")),
    Transition("the end follows the known result", "stopping_known", internal("halt"), "STOPPED", RUNPAGE.implies("Description, 4th sentence: to completion")),
    Transition("unknown run is not stopped", ABSENT, call("Stop", refused("NotFoundException"), when=PLAIN), SAME, MODEL.states("StopRun, errors")),
)


def _jobs_complete(sight: rules.Sight) -> str | None:
    done, total = _number(sight.job, "completedJobs"), _number(sight.job, "totalJobs")
    if done is None or total is None:
        return None
    if done > total or done < 0:
        return f"{done} of {total} jobs are completed"
    if sight.status == "COMPLETED" and done != total and sight.job.get("resultCode") is None:
        return f"the run is COMPLETED with {done} of {total} jobs completed"
    return None


def _result_code(sight: rules.Sight) -> str | None:
    code, result = sight.job.get("resultCode"), sight.job.get("result")
    return f"resultCode is {code!r} in a run with the result {result}" if code is not None and result != "SKIPPED" else None


def _billed_one_way(method: str, member: str) -> Callable[[rules.Sight], str | None]:
    def check(sight: rules.Sight) -> str | None:
        value = _number(sight.job, f"deviceMinutes.{member}")
        return f"the run is {method} and has {value} {member} minutes" if sight.job.get("billingMethod") == method and value else None

    return check


def _name_as_given(sight: rules.Sight) -> str | None:
    want, got = rules.value_at(sight.created or {}, "name"), sight.job.get("name")
    return f"name is {got!r}; the request gave {want!r}" if want and got is not None and got != want else None


def _type_as_given(sight: rules.Sight) -> str | None:
    want, got = rules.value_at(sight.created or {}, "test.type"), sight.job.get("type")
    return f"type is {got!r}; the request gave {want!r}" if want and got is not None and got != want else None


def _in_its_project(sight: rules.Sight) -> str | None:
    arn = sight.job.get("arn")
    if not isinstance(arn, str):
        return None
    if not project_of(arn):
        return f"{arn!r} is not the ARN of a run: ...:run:PROJECT/RUN"
    project = sight.request.get("arn") if sight.binding.role == "List" else rules.value_at(sight.created or {}, "projectArn")
    if project is not None and project_of(arn) != project:
        return f"the run {arn!r} does not lie in the project {project!r}"
    return None


RUN: Final = Lifecycle(
    api="devicefarm",
    name="run",
    title="a test run over its jobs",
    kinds=(Kind("run", "Run"),),
    states=(
        State(ABSENT, note="never scheduled, or deleted"),
        *_waiting_states(),
        _state("RUNNING", "RUNNING", "PENDING", "a job has begun, and one has not ended"),
        _state("gathering", "PROCESSING", "PENDING", _GATHERED),
        _state("STOPPING", "STOPPING", "PENDING", "a stop was accepted, and a job has not ended", frame=RUNPAGE.implies("Description, 4th sentence")),
        _state("stopping_known", "STOPPING", "STOPPED", _KNOWN, frame=RUNPAGE.implies("Description, 4th sentence")),
        *_end_states(),
    ),
    operations=(
        Operation(
            "Schedule",
            Role.CREATE,
            (
                *_arn_classes("project", "projectArn"),
                RequestClass(
                    DEVICES,
                    "The request has both or neither of `devicePoolArn` and `deviceSelectionConfiguration`.",
                    lambda request: (request.get("devicePoolArn") is None) == (request.get("deviceSelectionConfiguration") is None),
                    (ABSENT,),
                ),
            ),
            plain_in=(ABSENT,),
        ),
        Operation("Get", Role.READ, _arn_classes("run")),
        Operation("List", Role.LIST),
        Operation("ListJobs", Role.READ, _arn_classes("run")),
        Operation("Stop", Role.ORDER, _arn_classes("run")),
        Operation("Delete", Role.DELETE, _arn_classes("run")),
    ),
    transitions=(
        *(Transition(f"scheduled as {s}", ABSENT, call("Schedule", ok(), when=PLAIN), s, MODEL.implies("ScheduleRun; aws-device-farm-jenkins-plugin 114"), free=True) for s in WAITING),
        Transition("not scheduled: something it names is unknown", ABSENT, call("Schedule", refused("NotFoundException"), when=PLAIN), SAME, MODEL.implies("ScheduleRun, errors"), free=True),
        Transition("not scheduled: something it names does not fit", ABSENT, call("Schedule", refused("ArgumentException"), when=PLAIN), SAME, GITHUB.implies("aws-device-farm-jenkins-plugin 23, aws-sdk-go 550, devicefarm-ci-tool 77"), free=True),
        *_waiting_moves("run"),
        Transition("a job began", WAITING, internal("begin"), "RUNNING", _IN_PROGRESS),
        Transition("skipped before any job began", WAITING, internal("skip"), "SKIPPED", MODEL.states("Run, resultCode")),
        Transition("ended by an error before any job began", WAITING, internal("err"), "ERRORED", assumed("what ends a run that waited for a day is not said")),
        Transition("every job was stopped before it began", WAITING, internal("halt"), "STOPPED", PAGE.implies("Description, 2nd sentence, for all jobs of a run")),
        *(Transition(f"jobs ended: {result}", "RUNNING", internal(event), result, MODEL.implies("ExecutionResult; completedJobs")) for result, event in RESULTS.items()),
        Transition("jobs ended: STOPPED", "RUNNING", internal("halt"), "STOPPED", PAGE.implies("Description: stops of its jobs")),
        Transition("described", (*_RUN_LIVE, *_ENDS), call("Get", ok(), when=PLAIN), SAME, MODEL.states("GetRun")),
        Transition("unknown run is not described", ABSENT, call("Get", refused("NotFoundException"), when=PLAIN), SAME, MODEL.implies("GetRun, errors; aws-sdk-js devicefarm.feature")),
        Transition("listed", (*_RUN_LIVE, *_ENDS), call("List", ok()), SAME, MODEL.states("ListRuns")),
        Transition("not listed while it does not exist", ABSENT, call("List", ok()), SAME, MODEL.implies("ListRuns")),
        Transition("its jobs are listed", (*_RUN_LIVE, *_ENDS), call("ListJobs", ok(), when=PLAIN), SAME, MODEL.states("ListJobs")),
        Transition("jobs of an unknown run are not listed", ABSENT, call("ListJobs", refused("NotFoundException"), when=PLAIN), SAME, MODEL.implies("ListJobs, errors")),
        *_RUN_STOP_ROWS,
        Transition("deleted", _ENDS, call("Delete", ok(), when=PLAIN), ABSENT, MODEL.states("DeleteRun")),
        Transition("unknown run is not deleted", ABSENT, call("Delete", refused("NotFoundException"), when=PLAIN), SAME, MODEL.states("DeleteRun, errors")),
    ),
    questions=(
        _gathering("RUNNING", {**RESULTS, "STOPPED": "halt"}),
        _RUN_WAITS_AGAIN,
        _result_known(("STOPPING",)),
        _RUN_STOPPING_BY_JOBS,
        _STOPPED_RUN_RESULT,
        _idempotence(
            "stop while STOPPING",
            "What does a stop of a run that is STOPPING answer?",
            _RUN_STOPPING,
            "Silent; tools that cancel runs leave STOPPING ones alone (tetherto/qvac 2498).",
        ),
        _idempotence(
            "stop after the end",
            "What does a stop of a COMPLETED run answer?",
            ("gathering", *_ENDS),
            "Weak: paulo-raca/adb-proxy stops every run when it ends its polling, COMPLETED ones included, without a handler; tetherto/qvac 2498 leaves them alone.",
        ),
        _DELETION,
        _refusals(
            "Schedule",
            MALFORMED,
            "Which error answers a `projectArn` that fits its pattern and is no ARN?",
            ("ValidationException", "ArgumentException"),
            "wdio-aws-device-farm-service 70 shows ValidationException with 'Invalid arn' for a slash in place of a colon.",
        ),
        _refusals(
            "Schedule",
            FOREIGN,
            "Which error answers a `projectArn` that is no project's?",
            ("ArgumentException", "NotFoundException", "ValidationException"),
            "ArgumentException was answered to a project that was not accepted (aws-device-farm-jenkins-plugin 23, nightwatch 3319).",
        ),
        OpenQuestion(
            "Schedule with no single choice of devices",
            "What does ScheduleRun answer to both or neither of a device pool and a device selection?",
            (
                Reading("refused", "Refused with ArgumentException.", (Transition("both or no choice of devices: refused", ABSENT, call("Schedule", refused("ArgumentException"), when=DEVICES), SAME, assumed("one of the two is needed"), free=True),)),
                Reading("accepted", "One of them is taken.", (Transition("both or no choice of devices: accepted", ABSENT, call("Schedule", ok(), when=DEVICES), "SCHEDULING", assumed("no error is named"), free=True),)),
            ),
            "refused",
            "The model says that one of the two has to be given, not what answers a breach; deviceSelectionConfiguration was added, withdrawn and added again in 2018.",
            states=(ABSENT,),
            operation="Schedule",
            when=(DEVICES,),
        ),
        *_arn_questions("Get", "run"),
        *_arn_questions("ListJobs", "run"),
        *_arn_questions("Stop", "run"),
        *_arn_questions("Delete", "run"),
    ),
    frame=_IN_PROGRESS,
    id_member="arn",
    status_members=("status", "result"),
    progress=(
        LeadsTo("a stop leads to an end", "A run whose stop was accepted is COMPLETED in the end.", _RUN_STOPPING, _ENDS, RUNPAGE.states("Description, 4th sentence: to completion")),
        LeadsTo("a scheduled run ends", "A run that was scheduled is COMPLETED in the end.", (*WAITING, "RUNNING", "gathering"), _ENDS, GUIDE.implies("limits; how-to-set-default-timeout-for-test-runs")),
    ),
    rules=(
        *_COMMON_RULES,
        rules.holds("completed jobs are among the run's jobs", "completedJobs is at most totalJobs, and equal to it in a COMPLETED run that was not skipped as a whole.", assumed("the names; a run that did not parse had 0 completed jobs (aws-device-farm-jenkins-plugin 114)"), _jobs_complete),
        rules.holds("a run stopped before its tests started is not billed", "A run that ended STOPPED and never started has no metered minutes.", RUNPAGE.implies("Description, 2nd and 3rd sentence, for all devices of a run"), _unbilled),
        rules.holds("no test of a run stopped before its tests started has a result", "None of the tests of a run that ended STOPPED and never started has passed or failed.", RUNPAGE.implies("Description, 2nd sentence, for all devices of a run"), _untested),
        rules.monotone("completedJobs", assumed("nothing leaves COMPLETED")),
        rules.holds("resultCode goes with SKIPPED", "A run has a resultCode only if its result is SKIPPED.", MODEL.states("Run, resultCode"), _result_code),
        rules.holds("a METERED run has no unmetered minutes", "billingMethod METERED goes with unmetered = 0.", GITHUB.implies("aws/aws-sdk-js 3978"), _billed_one_way("METERED", "unmetered")),
        rules.holds("an UNMETERED run has no metered minutes", "billingMethod UNMETERED goes with metered = 0.", assumed("the mirror of the rule for METERED"), _billed_one_way("UNMETERED", "metered")),
        rules.holds("a run's name is as given", "A run that was given a name shows it.", MODEL.implies("ScheduleRun, name"), _name_as_given),
        rules.holds("a run's type is as given", "A run shows the test type it was scheduled with.", MODEL.implies("ScheduleRun, test"), _type_as_given),
        rules.holds("a run's ARN lies in its project", "A run's ARN has its project's id and a run id.", GITHUB.implies("aws-device-farm-jenkins-plugin 114"), _in_its_project),
    ),
    retention=_RETENTION,
)

# ---- operations on the wire -----------------------------------------------------------------------------------------

_SHORT_TIME_S: Final = 60.0
"""How late a stop may show that its answer does not show, in seconds: see the open question `delay of a stop`."""

_BINDINGS: Final = (
    Binding("ScheduleRun", "run", "Schedule", "run", view=("run",), full=True),
    Binding("ScheduleRun", "job", "ScheduleRun", "job", parent_of=run_of, spreads=True),
    Binding("GetRun", "run", "Get", "run", id_in="arn", view=("run",), full=True),
    Binding("ListRuns", "run", "List", "run", items=("runs",), full=True, scope_in="arn", parent_of=project_of, next_in="nextToken", next_out="nextToken"),
    Binding("ListJobs", "job", "List", "job", items=("jobs",), full=True, scope_in="arn", parent_of=run_of, next_in="nextToken", next_out="nextToken"),
    Binding("ListJobs", "run", "ListJobs", "run", id_in="arn"),
    Binding("GetJob", "job", "Get", "job", id_in="arn", view=("job",), full=True),
    Binding("StopJob", "job", "Stop", "job", id_in="arn", view=("job",), full=True, delay_s=_SHORT_TIME_S),
    Binding("StopRun", "run", "Stop", "run", id_in="arn", view=("run",), full=True, delay_s=_SHORT_TIME_S),
    Binding("StopRun", "job", "StopRun", "job", scope_in="arn", parent_of=run_of, spreads=True, delay_s=_SHORT_TIME_S),
    Binding("DeleteRun", "run", "Delete", "run", id_in="arn"),
    Binding("DeleteRun", "job", "DeleteRun", "job", scope_in="arn", parent_of=run_of, spreads=True),
)

# ---- errors ---------------------------------------------------------------------------------------------------------

_ALL: Final = tuple(dict.fromkeys(b.operation for b in _BINDINGS))
_USUAL: Final = COMMON.implies("the page of StopJob refers to errors common to all actions; their list is that of sister services")

_SEEN: Final = GITHUB.implies("undeclared; realm/aws-devicefarm 8, devicefarm-ci-tool 77, wdio-aws-device-farm-service 70")

_ERRORS: Final = (
    ErrorSpec("ArgumentException", (400,), (Nature.REFUSAL, Nature.INVALID), PAGE.states("Errors"), _ALL),
    ErrorSpec("NotFoundException", (400,), (Nature.REFUSAL,), PAGE.states("Errors"), _ALL, note="400, not 404"),
    ErrorSpec("LimitExceededException", (400,), (Nature.THROTTLE, Nature.ENVIRONMENT), PAGE.states("Errors"), _ALL, note="SDKs repeat it as throttling"),
    ErrorSpec("ServiceAccountException", (400,), (Nature.ENVIRONMENT, Nature.ACCESS), PAGE.states("Errors"), _ALL),
    ErrorSpec("IdempotencyException", (400,), (Nature.ENVIRONMENT,), MODEL.states("ScheduleRun, errors"), ("ScheduleRun",), note="an entity with the same name exists; the HTTP status is assumed"),
    ErrorSpec("CannotDeleteException", (400,), (Nature.REFUSAL,), assumed("in the model, declared by other deletions only"), ("DeleteRun",)),
    ErrorSpec("AccessDeniedException", (400, 403), (Nature.ACCESS,), _USUAL, aliases=("AccessDenied",), note="403 on newer pages"),
    ErrorSpec("NotAuthorized", (400, 401), (Nature.ACCESS,), _USUAL, note="401 on newer pages"),
    *(error for error in aws_common_errors(_USUAL, _SEEN) if error.code not in ("AccessDeniedException", "NotAuthorized")),
)

# ---- questions about data -------------------------------------------------------------------------------------------

_QUESTIONS: Final = (
    data_question("error for a malformed request", "Which error answers a request that breaks a length, pattern, enum or range?", "ValidationException", ("ArgumentException",), "ValidationException was seen (realm/aws-devicefarm 8, devicefarm-ci-tool 77); the page declares ArgumentException only."),
    data_question("status in the reply to a stop", "Is the object in a stop's reply of the moment before, after, or of the end of the stop?", "after", ("before", "asynchronous"), "The page says the job that was stopped. The guide shows two phases for a started device, so the reply cannot be of its end there; for a device that has not started it may be."),
    data_question("when tests have started", "Does setup count as a start of tests?", "with setup", ("with the first customer test",), "Setup has to be run to its end on a device where tests have started, so setup is part of it."),
    data_question("stop while the device is made ready", "May setup still begin on a device that was PREPARING when the stop came?", "no", ("yes",), "Silent."),
    data_question("delay of a stop", "How soon is a stop shown that its answer does not show: that of a run by its jobs, or one whose reply is of the moment before?", "at once", ("after a short time",), "The guide's console shows the stop of a run beside a device after a short time (how-to-stop-test-runs); the pages say immediately for devices whose tests have not started. The oracle blames nothing that shows it within a minute."),
    data_question("availability in a job's device", "Does a job show how available its device is?", "no", ("yes",), "The page prints the member in the syntax of its response; the service model says that it is available in ListDevices and GetDevice."),
    data_question("platform of a run", "Has a run a platform beside ANDROID and IOS?", "no", ("yes",), "The service model lists the two. The guide's example of stop-run has ANDROID_APP (how-to-stop-test-runs), and a public record the name of a type of tests (aws-device-farm-jenkins-plugin 114)."),
    data_question("minutes of a run in progress", "Do a run's minutes contain those of its jobs before its end?", "yes", ("only at its end",), "The service model says that minutes contain those of all children; the guide's examples of list-runs and stop-run have 0 minutes, and counters of 0, with 5 of 7 jobs completed (how-to-stop-test-runs)."),
    data_question("test in progress at a stop", "Is the customer test in progress cut off by a stop, or does it run to its end?", "cut off", ("runs to its end",), "The page bills it and does not say; how-to-stop-test-runs says that the test is stopped."),
    data_question("tests that never began after a stop", "How are the tests counted that a stop kept from beginning?", "stopped", ("skipped", "not counted"), "The guide's graph of a run has several stopped tests, which favours stopped."),
    data_question("minutes of an unbilled job", "Is deviceMinutes.total of a job that was stopped before its tests started 0 as well?", "0", ("above 0",), "The page says not billed, which binds metered only; a total above metered was seen (aws-sdk-js 3978)."),
    data_question("result of a run from its jobs", "Which result has a run whose jobs ended differently?", "ERRORED over FAILED over STOPPED", ("STOPPED over ERRORED over FAILED",), "No precedence is documented; 'worst of' is the usual reading."),
    data_question("ListRuns with an ARN of another kind", "What does ListRuns answer to an ARN that is no project's?", "ArgumentException", ("NotFoundException", "empty list"), "Silent. The model's example calls it with a run ARN, and ListJobs with a project ARN; the parameter texts were corrected in 2016 and 2018, the examples never."),
    data_question("nextToken that was never given", "What does a list answer to a page token that it did not give?", "ArgumentException", ("ValidationException",), "Silent."),
    data_question("order of a list", "In what order do lists come?", "oldest first", ("newest first",), "Silent."),
    data_question("first listing of a job", "Are all jobs of a run listed from the reply to ScheduleRun on?", "at once", ("once it is scheduled",), "Silent; the status SCHEDULING suggests that jobs are made later. The oracle lets a job appear at any time."),
    data_question("name used before", "What does ScheduleRun answer to a name that a run of the project has?", "accepted", ("IdempotencyException",), "IdempotencyException is declared with the meaning that an entity with the same name exists; public tools schedule runs with one name again and again."),
    data_question("meaning of a limit on a stop", "Which limit is exceeded when a stop answers LimitExceededException?", "rate of calls", ("a quota",), "All operations declare the same four errors; SDKs repeat this one as throttling; limits: calls are throttled by a token bucket."),
    data_question("retention", "How long are runs remembered?", "for ever", ("400 days",), "test-runs: results are kept for 400 days; whether the records go too is not said."),
)

# ---- rules over several objects -------------------------------------------------------------------------------------


def _objects(exchange: rules.Exchange) -> tuple[rules.Job, ...]:
    """The runs or jobs that a reply shows whole."""
    if not exchange.succeeded:
        return ()
    view = exchange.binding.view
    shown = reach(exchange.reply, view) if view else None
    return (shown,) if isinstance(shown, Mapping) else exchange.items


Place = tuple[str, str]
"""Tenant and ARN."""


class _Ends:
    """Which runs were seen COMPLETED, by which call first."""

    def __init__(self) -> None:
        self.ended: dict[Place, rules.Exchange] = {}

    def see(self, exchange: rules.Exchange) -> rules.Wrong | None:
        for shown in _objects(exchange):
            arn, status = shown.get("arn"), shown.get("status")
            if not isinstance(arn, str):
                continue
            if exchange.binding.lifecycle == "run" and status == "COMPLETED":
                self.ended.setdefault((exchange.tenant, arn), exchange)
            ended = self.ended.get((exchange.tenant, run_of(arn)))
            if ended is not None and exchange.follows(ended) and isinstance(status, str) and status != "COMPLETED":
                return rules.Wrong(f"the job {arn} shows {status} after its run was COMPLETED", (ended,))
        return None


class _Minutes:
    """The total that each job last showed, and the call that showed it."""

    def __init__(self) -> None:
        self.used: dict[Place, dict[str, tuple[float, rules.Exchange]]] = {}

    def see(self, exchange: rules.Exchange) -> rules.Wrong | None:
        for shown in _objects(exchange):
            arn, total = shown.get("arn"), _number(shown, "deviceMinutes.total")
            if not isinstance(arn, str) or total is None:
                continue
            if exchange.binding.lifecycle == "job":
                self.used.setdefault((exchange.tenant, run_of(arn)), {})[arn] = (total, exchange)
                continue
            if shown.get("status") != "COMPLETED":
                continue  # when a run's minutes are added up is not said
            before = [pair for pair in self.used.get((exchange.tenant, arn), {}).values() if exchange.follows(pair[1])]
            used = sum(minutes for minutes, _ in before)
            if used > total + _ROUNDING_MIN * max(1, len(before)):
                told = f"the run {arn} shows {total} minutes; its jobs had used {used} before"
                return rules.Wrong(told, tuple(call for _, call in before))
        return None


class _Deletions:
    """Which runs were deleted, by which call."""

    def __init__(self) -> None:
        self.gone: dict[Place, rules.Exchange] = {}

    def see(self, exchange: rules.Exchange) -> rules.Wrong | None:
        arn = exchange.request.get("arn")
        if exchange.operation == "DeleteRun" and exchange.succeeded and isinstance(arn, str):
            self.gone.setdefault((exchange.tenant, arn), exchange)
        shown = {str(item.get("arn")): run_of(str(item.get("arn"))) or str(item.get("arn")) for item in _objects(exchange)}
        deletions = {arn: self.gone[exchange.tenant, run] for arn, run in shown.items() if (exchange.tenant, run) in self.gone}
        gone = tuple(arn for arn, deletion in deletions.items() if exchange.follows(deletion))
        if not gone:
            return None
        told = f"{gone[0]} is shown after the run {shown[gone[0]]} was deleted"
        return rules.Wrong(told, (deletions[gone[0]],), (*gone, *(shown[arn] for arn in gone)))


class _Siblings:
    """Which jobs were seen to go on, which stops were asked, and of which runs a job was stopped since.

    A stop counts as asked from its call on, answered or not, so that calls in flight never put the blame on another.
    A job that had begun may have ended STOPPED by a timeout: only STOPPING is held against it then.
    """

    def __init__(self) -> None:
        self.asked: set[Place] = set()
        self.going_on: dict[Place, tuple[str, rules.Exchange]] = {}
        self.stopped_in: dict[Place, rules.Exchange] = {}

    def begin(self, exchange: rules.Exchange) -> None:
        arn = exchange.request.get("arn")
        if exchange.operation in ("StopJob", "StopRun") and isinstance(arn, str):
            self.asked.add((exchange.tenant, arn))

    def see(self, exchange: rules.Exchange) -> rules.Wrong | None:
        wrong = next((told for shown in _objects(exchange) if (told := self._look(exchange, shown))), None)
        arn = exchange.request.get("arn")
        if exchange.operation == "StopJob" and exchange.succeeded and isinstance(arn, str):
            self.stopped_in.setdefault((exchange.tenant, run_of(arn)), exchange)
        return wrong

    def _look(self, exchange: rules.Exchange, shown: rules.Job) -> rules.Wrong | None:
        arn, status, result = (shown.get(member) for member in ("arn", "status", "result"))
        if exchange.binding.lifecycle != "job" or not isinstance(arn, str):
            return None
        place, run = (exchange.tenant, arn), (exchange.tenant, run_of(arn))
        before, stop = self.going_on.get(place), self.stopped_in.get(run)
        if status in (*WAITING, "RUNNING") and (stop is None or before is not None):
            self.going_on[place] = status, exchange
        if before is None or stop is None or {place, run} & self.asked:
            return None
        never_began = before[0] in _UNBEGUN and result == "STOPPED" and "started" not in shown
        if not (status == "STOPPING" or never_began):
            return None
        told = f"the job {arn} shows {status}/{result}; only {stop.request['arn']} of its run was stopped"
        return rules.Wrong(told, (before[1], stop))


class _RunStops:
    """Which runs were seen to go on, and of which a stop was asked, of the run or of a job of it."""

    def __init__(self) -> None:
        self.asked: set[Place] = set()
        self.going_on: dict[Place, rules.Exchange] = {}

    def begin(self, exchange: rules.Exchange) -> None:
        arn = exchange.request.get("arn")
        if exchange.operation in ("StopJob", "StopRun") and isinstance(arn, str):
            self.asked.add((exchange.tenant, run_of(arn) or arn))

    def see(self, exchange: rules.Exchange) -> rules.Wrong | None:
        for shown in _objects(exchange) if exchange.binding.lifecycle == "run" else ():
            place, status = (exchange.tenant, str(shown.get("arn"))), shown.get("status")
            if status in (*WAITING, "RUNNING"):
                self.going_on[place] = exchange
            elif status == "STOPPING" and place in self.going_on and place not in self.asked:
                told = f"the run {place[1]} shows STOPPING; neither it nor a job of it was stopped"
                return rules.Wrong(told, (self.going_on[place],))
        return None


class _Stops:
    """Of which runs and jobs a stop was asked: from its call on, answered or not, unless it was refused."""

    def __init__(self) -> None:
        self.asked: Counter[Place] = Counter()
        self.asked_within: Counter[Place] = Counter()
        """Of which runs, or of a job of them, it was asked."""

    def begin(self, exchange: rules.Exchange) -> None:
        self._ask(exchange, 1)

    def _ask(self, exchange: rules.Exchange, times: int) -> None:
        arn = exchange.request.get("arn")
        if exchange.operation in ("StopJob", "StopRun") and isinstance(arn, str):
            self.asked[exchange.tenant, arn] += times
            self.asked_within[exchange.tenant, run_of(arn) or arn] += times

    def see(self, exchange: rules.Exchange) -> rules.Wrong | None:
        if exchange.status is not None and exchange.error is not None and exchange.status < 500:
            self._ask(exchange, -1)
        for shown in _objects(exchange) if exchange.alone else ():
            arn = str(shown.get("arn"))
            run = run_of(arn)
            if run:
                asked = self.asked[exchange.tenant, arn] + self.asked[exchange.tenant, run]
            else:
                asked = self.asked_within[exchange.tenant, arn]
            if shown.get("result") != "STOPPED" or asked:
                continue
            began = rules.seconds(shown.get("started") or shown.get("created"))
            ended = rules.seconds(shown.get("stopped"))
            if began is not None and ended is not None and 0 <= ended - began < LEAST_TIMEOUT_MIN * 60:
                return rules.Wrong(f"{arn} was stopped after {ended - began:g} s, and nobody had asked for it", ())
        return None


class _Family:
    """The COMPLETED runs and their COMPLETED jobs as they were last shown, each with the call that showed it.

    `compare` says what is wrong with a run all of whose jobs are known, if anything. Of runs that were stopped, or a
    job of which was, it is not asked `unless_stopped`.
    """

    def __init__(self, compare: Callable[[rules.Job, list[rules.Job]], str], *, unless_stopped: bool = False) -> None:
        self.compare = compare
        self.unless_stopped = unless_stopped
        self.stopped: set[Place] = set()
        self.runs: dict[Place, tuple[rules.Job, rules.Exchange]] = {}
        self.jobs: dict[Place, dict[str, tuple[rules.Job, rules.Exchange]]] = {}

    def begin(self, exchange: rules.Exchange) -> None:
        arn = exchange.request.get("arn")
        if self.unless_stopped and exchange.operation in ("StopJob", "StopRun") and isinstance(arn, str):
            self.stopped.add((exchange.tenant, run_of(arn) or arn))

    def see(self, exchange: rules.Exchange) -> rules.Wrong | None:
        for shown in _objects(exchange):
            arn = shown.get("arn")
            if shown.get("status") != "COMPLETED" or not isinstance(arn, str):
                continue
            place = (exchange.tenant, run_of(arn) or arn)
            if exchange.binding.lifecycle == "job":
                self.jobs.setdefault(place, {})[arn] = shown, exchange
            else:
                self.runs[place] = shown, exchange
            run, jobs = self.runs.get(place), list(self.jobs.get(place, {}).values())
            if run is None or len(jobs) != run[0].get("totalJobs") or place in self.stopped:
                continue
            told = self.compare(run[0], [job for job, _ in jobs])
            if told:
                calls = {id(call): call for _, call in (run, *jobs) if call is not exchange}
                return rules.Wrong(f"the run {place[1]} {told}", tuple(calls.values()))
        return None


def _other_result(run: rules.Job, jobs: list[rules.Job]) -> str:
    result, results = run.get("result"), {str(job.get("result")) for job in jobs}
    if not isinstance(result, str) or result == "STOPPED" or result in results:
        return ""
    return f"has the result {result}; its jobs have {', '.join(sorted(results))}"


def _other_sum(run: rules.Job, jobs: list[rules.Job]) -> str:
    for bucket in ("total", *BUCKETS):
        told = _number(run, f"counters.{bucket}")
        counted = [count for job in jobs if (count := _number(job, f"counters.{bucket}")) is not None]
        if told is not None and len(counted) == len(jobs) and sum(counted) != told:
            return f"has {bucket} {told}; its jobs have {sum(counted)}"
    return ""


class _AllListed:
    """How many jobs each run counted when it was seen COMPLETED, and when that was; not of runs that may be deleted."""

    def __init__(self) -> None:
        self.counted: dict[Place, tuple[int, float]] = {}

    def begin(self, exchange: rules.Exchange) -> None:
        if exchange.operation == "DeleteRun":
            self.counted.pop((exchange.tenant, str(exchange.request.get("arn"))), None)

    def see(self, exchange: rules.Exchange) -> str | None:
        for shown in _objects(exchange) if exchange.binding.lifecycle == "run" else ():
            arn, total = shown.get("arn"), shown.get("totalJobs")
            is_whole = shown.get("status") == "COMPLETED" and shown.get("resultCode") is None
            if is_whole and isinstance(arn, str) and isinstance(total, int) and exchange.end is not None:
                self.counted.setdefault((exchange.tenant, arn), (total, exchange.end))
        reply = exchange.reply or {}
        if exchange.operation != "ListJobs" or not exchange.succeeded or not isinstance(reply.get("jobs"), list):
            return None
        run = str(exchange.request.get("arn"))
        total, since = self.counted.get((exchange.tenant, run), (len(exchange.items), exchange.start))
        is_whole = exchange.request.get("nextToken") is None and reply.get("nextToken") is None
        if not is_whole or since >= exchange.start or total == len(exchange.items):
            return None
        return f"{len(exchange.items)} jobs are listed for the run {run}, which counts {total}"


def _listed_twice(exchange: rules.Exchange) -> str | None:
    arns = [str(item.get("arn")) for item in exchange.items]
    twice = sorted({arn for arn in arns if arns.count(arn) > 1})
    return f"{', '.join(twice)} is listed twice" if twice else None


_RULES: Final = (
    rules.pages_lead_on(MODEL.implies("ListRunsResult: nextToken"), _BINDINGS, "arn"),
    rules.success_is(200, PAGE.states("Response Elements")),
    rules.tells("a reply shows its job", ("GetJob", "StopJob"), ("job.arn", "job.status"), PAGE.implies("Response Elements, job")),
    rules.tells("a reply shows its run", ("ScheduleRun", "GetRun", "StopRun"), ("run.arn", "run.status"), RUNPAGE.implies("Response Elements, run")),
    rules.CallRule("an ARN is listed once", "No two objects on a page have the same ARN.", MODEL.implies("ListRuns and ListJobs: runs, jobs"), _listed_twice),
    rules.HistoryRule("a COMPLETED run has no job that goes on", "Once a run was shown COMPLETED, each of its jobs shows COMPLETED.", GUIDE.implies("how-to-use-reports; Run, completedJobs"), _Ends),
    rules.HistoryRule("a run's minutes contain its jobs' minutes", "A COMPLETED run's deviceMinutes.total is at least the sum of what its jobs had used.", MODEL.states("DeviceMinutes"), _Minutes),
    rules.HistoryRule("a run counts the tests of its jobs", "The counters of a COMPLETED run are the sums of those of its jobs.", assumed("a test is counted at every level"), partial(_Family, _other_sum)),
    rules.HistoryRule("a run stops only if it or a job of it was stopped", "A run shows STOPPING only after StopRun, or StopJob of a job of it, was called.", RUNPAGE.implies("Description; STOPPING is of the same revision as StopRun"), _RunStops),
    rules.HistoryRule("what nobody stopped is not STOPPED within five minutes", "What nobody asked to stop, itself or with its run, shows STOPPED five minutes after it began at least, or was made if it never began.", GUIDE.implies("how-to-set-default-timeout-for-test-runs: besides a stop only a timeout ends tests by force, and none is shorter"), _Stops),
    rules.HistoryRule("a run's result is that of one of its jobs", "A COMPLETED run that was not stopped has a result that one of its jobs has.", assumed("whatever outweighs what, the result comes from the jobs"), partial(_Family, _other_result, unless_stopped=True)),
    rules.HistoryRule("a COMPLETED run lists the jobs it counts", "Once a run was shown COMPLETED, a list of its jobs on one page has totalJobs of them.", MODEL.implies("Run, totalJobs: the jobs of the run; ListJobs"), _AllListed),
    rules.HistoryRule("a deleted run is gone", "After a run was deleted, neither it nor a job of it is shown.", MODEL.implies("DeleteRun: it cannot be undone"), _Deletions),
    rules.HistoryRule("a stop of one job leaves the others of its run alone", "A job that nobody stopped, itself or with its run, is not STOPPING or STOPPED because another job of its run was stopped.", PAGE.implies("Description: the device, in the singular"), _Siblings),
)

# ---- what the page says ---------------------------------------------------------------------------------------------

_STOPS: Final = tuple(f"job/stop asked during {phase}" for phase in _PHASE.values())
_UNBILLED: Final = "job/a job stopped before its tests started is not billed"

_STATEMENTS: Final = (
    Statement(1, "Description, 1st sentence", "The call only initiates the stop of a job.", (*_STOPS, "job/a stop leads to an end", "status in the reply to a stop")),
    Statement(2, "Description, 1st sentence", "It is the 'current' job that is stopped.", ("job/stop after the end", "job/stop while STOPPING")),
    Statement(3, "Description, 2nd sentence", "On a device where tests have not started, the job is stopped at once.", ("job/stopped at once before its tests began", "job/the stop before the tests took effect", "job/a stop before the tests ends without them", "when tests have started")),
    Statement(4, "Description, 3rd sentence", "That device is not billed.", (_UNBILLED, "job/nothing is metered before tests begin", "minutes of an unbilled job")),
    Statement(5, "Description, 4th sentence", "On a device where tests have started, the setup suite is run to its end.", ("job/setup was completed after the stop", "job/stop asked during setup")),
    Statement(6, "Description, 4th sentence", "There the teardown suite is run to its end too.", ("job/teardown was completed after the stop", "job/teardown runs after a stop", "job/a stop leads to an end")),
    Statement(7, "Description, 5th sentence", "Setup and teardown are billed.", ("job/a job stopped after its tests started is billed", "job/deviceMinutes.metered never goes down", "job/metered and unmetered minutes fit in the total")),
    Statement(8, "Description, 5th sentence", "Tests that were in progress or had been completed are billed; hence others do not run.", ("job/a job stopped after its tests started is billed", "job/no new test begins after a stop", "job/the tests ended after the stop", "test in progress at a stop", "tests that never began after a stop")),
    Statement(9, "Request Parameters, arn", "`arn` names the job to stop: required, 32 to 1011 characters, of a pattern.", ("error for a malformed request", "ArgumentException", "ValidationException", "job/Stop with a malformed ARN", "job/Stop with an ARN of another kind")),
    Statement(10, "Response Elements", "Success is HTTP 200 with a JSON body.", ("success is HTTP 200", *_STOPS)),
    Statement(11, "Response Elements, job", "The reply shows the job that was stopped.", ("a reply shows its job", "job/the reply is for the job asked for", "status in the reply to a stop")),
    Statement(12, "Response Syntax", "A job has status and result.", ("job/status is present", "job/result is present", "job/stop asked during its tests")),
    Statement(13, "Response Syntax", "A job has counters of tests: total and six results.", ("job/counters fit in their total", "job/counters add up at the end", "job/counters are not negative")),
    Statement(14, "Response Syntax", "A job has minutes: total, metered, unmetered.", ("job/metered and unmetered minutes fit in the total", "job/minutes are not negative")),
    Statement(15, "Response Syntax", "A job has created, started and stopped times, as numbers.", ("job/times in order: created <= started <= stopped",)),
    Statement(16, "Response Syntax", "A job has its device, with an availability.", ("availability in a job's device", "job/device.arn never changes")),
    Statement(17, "Response Syntax", "A job has its ARN, name, type, message, device instance and video.", ("job/arn is present", "job/a job's ARN lies in its run", "job/type never changes")),
    Statement(18, "Errors", "ArgumentException: HTTP 400, an argument is invalid.", ("ArgumentException", "job/Stop with an ARN of another kind")),
    Statement(19, "Errors", "LimitExceededException: HTTP 400, a limit was exceeded.", ("LimitExceededException", "meaning of a limit on a stop")),
    Statement(20, "Errors", "NotFoundException: HTTP 400, there is no such entity.", ("NotFoundException", "job/unknown job is not stopped")),
    Statement(21, "Errors", "ServiceAccountException: HTTP 400, trouble with the service account.", ("ServiceAccountException",)),
    Statement(22, "Errors", "The errors common to all actions may be answered too.", ("AccessDeniedException", "ThrottlingException", "ServiceUnavailable", "InternalFailure")),
    Statement(23, "Errors", "An exception may have a message with more about it.", not_modelled="a text for people, which may be left out"),
)

_AMBIGUITIES: Final = (
    Ambiguity("A1", "'The current job', although the ARN names one: any job, or only an active one.", ("job/stop after the end",)),
    Ambiguity("A2", "'Initiates' beside 'immediately stops': asynchronous for started devices only, or for all.", ("job/stopped at once before its tests began", "job/stopped a moment later before its tests began", "job/stopped a moment later with its run", "status in the reply to a stop")),
    Ambiguity("A3", "'The job that was stopped': before, just after, or at the end of the stop.", ("status in the reply to a stop", "job/stop asked during its tests, the reply still shows RUNNING", "job/stopped before its tests began, the reply still shows PENDING")),
    Ambiguity("A4", "'Tests have not started': by setup, by the first customer test, or by the status RUNNING.", ("when tests have started", "job/stop during setup taken for one before the tests", "job/its run was stopped during setup, taken for before the tests")),
    Ambiguity("A5", "May setup begin on a device that was PREPARING when the stop came?", ("stop while the device is made ready", "job/setup begins though a stop came while the device was made ready", "job/setup begins though its run was stopped")),
    Ambiguity("A6", "The page bills tests in progress and does not say that they are cut off; the guide says so.", ("test in progress at a stop", "job/the tests ended after the stop")),
    Ambiguity("A7", "Tests that never began: counted as stopped, as skipped, or not at all.", ("tests that never began after a stop", "job/counters add up at the end")),
    Ambiguity("A8", "The result of a stopped job whose tests had failed, or whose teardown was running.", ("job/result of a stopped job", "run/result of a stopped run", "result of a run from its jobs")),
    Ambiguity("A9", "A stop of what is STOPPING or COMPLETED: answered again, or refused.", ("job/stop while STOPPING", "job/stop after the end", "run/stop while STOPPING", "run/stop after the end")),
    Ambiguity("A10", "ArgumentException is declared for a bad ARN; the service was seen to answer ValidationException.", ("error for a malformed request", "job/Stop with a malformed ARN", "ValidationException")),
    Ambiguity("A11", "Which limit does a stop exceed?", ("meaning of a limit on a stop", "LimitExceededException")),
    Ambiguity("A12", "Not found is HTTP 400.", ("NotFoundException",)),
    Ambiguity("A13", "What the 'service account' is is not said.", ("ServiceAccountException",)),
    Ambiguity("A14", "'Not billed' and deviceMinutes.total: 0, or above 0 with metered 0.", ("minutes of an unbilled job", _UNBILLED)),
    Ambiguity("A15", "availability is printed inside job.device; the model says that two other calls show it.", ("availability in a job's device",)),
    Ambiguity("A16", "STOPPING is a status, STOPPED a result, stopped a time, counters.stopped a number.", ("job/stopped is present when COMPLETED", "job/result shown while STOPPING")),
    Ambiguity("A17", "There is no token, and SDKs repeat calls: safe only if a second stop is answered.", ("job/stop while STOPPING", "run/stop while STOPPING")),
    Ambiguity("A18", "The guide says 'the test' for a whole run.", not_modelled="wording: the guide's page is about runs, and its text fits them"),
    Ambiguity("A19", "The model's examples call ListRuns with a run ARN and ListJobs with a project ARN, and show times as texts.", ("ListRuns with an ARN of another kind", "run/ListJobs with an ARN of another kind")),
    Ambiguity("A20", "A sample client waits for the status ERRORED.", not_modelled="no such status in the enum: one that is shown breaks the wire types and is reported"),
    Ambiguity("A21", "The model calls a job 'a device' and a test 'a condition'.", ("job/device.arn never changes",)),
    Ambiguity("A22", "deviceSelectionConfiguration was added, withdrawn and added again in 2018.", ("run/Schedule with no single choice of devices",)),
    Ambiguity("A23", "The result after a timeout is not named.", ("job/result after a timeout",)),
    Ambiguity("A24", "An active run cannot be deleted (since 2025-11-17), or its deletion does not stop it (until then); the error of a refusal is not named.", ("run/deletion of an active run", "job/deleted with its run before its end", "CannotDeleteException")),
    Ambiguity("PROCESSING", "PROCESSING is explained nowhere: before the tests, or also after them.", ("job/PROCESSING after the tests", "run/PROCESSING after the tests")),
    Ambiguity("queue", "What becomes of a run that waited for a day.", ("job/queued for more than a day", "run/ended by an error before any job began")),
    Ambiguity("short time", "The guide's console shows the stop of a run beside its devices after a short time.", ("delay of a stop",)),
    Ambiguity("run in progress", "The console shows a run in progress as pending; the examples show RUNNING, with nothing counted yet.", ("run/status of a run in progress", "minutes of a run in progress")),
    Ambiguity("platform", "The guide's example and a public record have platforms that the model does not list.", ("platform of a run",)),
    Ambiguity("run and jobs", "Does a run show STOPPING when one of several jobs is stopped?", ("run/run STOPPING by stops of its jobs", "a run stops only if it or a job of it was stopped")),
    Ambiguity("names", "IdempotencyException exists, a token does not.", ("name used before", "IdempotencyException")),
    Ambiguity("pages", "Page size, order, and foreign page tokens are not documented.", ("order of a list", "nextToken that was never given")),
    Ambiguity("ARN kinds", "The ARN of another kind in any call.", ("job/Get with an ARN of another kind", "run/Get with an ARN of another kind", "run/Stop with an ARN of another kind", "run/Delete with an ARN of another kind", "run/Schedule with an ARN of another kind")),
    Ambiguity("jobs of a new run", "Whether jobs are listed from the start.", ("first listing of a job",)),
)

API: Final = Api(
    name="devicefarm",
    title="AWS Device Farm",
    page="StopJob, Device Farm API Reference, 2024-08-28 to 2026-08-06",
    service="devicefarm",
    tenancy="ACCOUNT/REGION",
    documents=(PAGE, RUNPAGE, MODEL, HISTORY, GUIDE, COMMON, GITHUB),
    lifecycles=(RUN, JOB),
    bindings=_BINDINGS,
    errors=_ERRORS,
    questions=_QUESTIONS,
    rules=_RULES,
    statements=_STATEMENTS,
    ambiguities=_AMBIGUITIES,
    open_enums=("run.platform", "runs.platform"),
)
