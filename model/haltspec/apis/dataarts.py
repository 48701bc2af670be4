"""Huawei Cloud DataArts Studio, module DataArts Factory: batch jobs and real-time jobs that are started and stopped.

Jobs: one lifecycle, `job`, for both types, since they share one name space: a name is free (`absent`), or it is a batch
job, or a real-time job. A batch job whose schedule runs out by itself is told apart from one that is scheduled for
ever, since only the former may leave SCHEDULING without a call. Calls (version 1 of the API): create, list, show, show
status, start, stop, delete, and run at once. The console's pause and restore are moves that nobody sees here. Not
covered: editing, importing and exporting jobs (a recording in which a job is edited or imported is outside this model),
job instances, scripts, resources.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from math import inf
from typing import Any, ClassVar, Final, NamedTuple

from haltspec import rules
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
from haltspec.spec import ANY_MEMBER, Ambiguity, Api, Binding, ErrorSpec, Nature, Pattern, Statement

# ---- sources ----------------------------------------------------------------------------------------------------------

PAGE: Final = Document("StopJob", "DataArts Studio API Reference (Open Telekom Cloud), Stopping a Job", "2023-07-10")
OTC: Final = Document("OTC", "DataArts Studio API Reference (Open Telekom Cloud), other pages", "2025-10-17")
UMN: Final = Document("UMN", "DataArts Studio User Manual and FAQ (Open Telekom Cloud)", "2025-10-17")
HUAWEI: Final = Document("HUAWEI", "DataArts Studio API Reference (Huawei Cloud: cn, intl, Ally region)", "2025-11-28 to 2026-01-30")
SDK: Final = Document("SDK", "huaweicloudsdkdgc, and the OpenAPI text of the DGC operations", "3.1.219")
TF: Final = Document("TF", "terraform-provider-huaweicloud, DataArts Factory job resources and their acceptance tests", "2024-07 to 2026-08")
GOPHER: Final = Document("GOPHER", "gophertelekomcloud, DataArts job client and its acceptance tests", "2024-10-22")
FIELD: Final = Document("FIELD", "data-integration-toolchain, a field script for a private cloud", "2026-04")
KESTRA: Final = Document("KESTRA", "kestra plugin-huawei, notes on live answers of neighbouring routes", "2026-08-03")

# ---- states -----------------------------------------------------------------------------------------------------------



class _Batch(NamedTuple):
    """The states of a batch job, which differ for two sorts of schedule in what the service may do by itself."""

    stopped: str
    scheduling: str
    paused: str
    lingering: str


_ENDLESS = _Batch("batch STOPPED", "batch SCHEDULING", "batch PAUSED", "batch PAUSED after a stop")
_FINITE = _Batch("finite STOPPED", "finite SCHEDULING", "finite PAUSED", "finite PAUSED after a stop")
_R_STOPPED, _R_STARTING, _R_NORMAL = "real-time STOPPED", "real-time STARTING", "real-time NORMAL"
_R_EXCEPTION, _R_STOPPING, _R_NOT_STOPPED = "real-time EXCEPTION", "real-time STOPPING", "real-time EXCEPTION after a stop"
_R_NEW, _R_INIT = "real-time INIT", "real-time INIT while starting"
_R_PAUSE, _R_ABNORMAL, _R_DISABLE, _R_OVERLOAD = "real-time PAUSE", "real-time ABNORMAL", "real-time DISABLE", "real-time OVERLOAD"

_BATCH = (*_ENDLESS, *_FINITE)
_BATCH_STOPPED = (_ENDLESS.stopped, _FINITE.stopped)
_BATCH_SCHEDULING = (_ENDLESS.scheduling, _FINITE.scheduling)
_BATCH_PAUSED = (_ENDLESS.paused, _FINITE.paused)
_BATCH_LINGERING = (_ENDLESS.lingering, _FINITE.lingering)
_BATCH_IDLE = (*_BATCH_STOPPED, *_BATCH_LINGERING)
_REAL_TIME_IDLE = (_R_STOPPED, _R_NEW)
_REAL_TIME_UP = (_R_NORMAL, _R_EXCEPTION, _R_NOT_STOPPED, _R_PAUSE, _R_ABNORMAL, _R_DISABLE, _R_OVERLOAD)
_REAL_TIME_STARTED = (_R_STARTING, _R_INIT, *_REAL_TIME_UP)
_REAL_TIME = (*_REAL_TIME_IDLE, *_REAL_TIME_STARTED, _R_STOPPING)
_EXISTING = (*_BATCH, *_REAL_TIME)


def _batch_states(batch: _Batch, schedule: str) -> tuple[State, ...]:
    return (
        State(batch.stopped, ("STOPPED", "BATCH"), note=f"not scheduled: just created, or stopped; {schedule}"),
        State(batch.scheduling, ("SCHEDULING", "BATCH"), note=f"its schedule makes instances; {schedule}"),
        State(batch.paused, ("PAUSED", "BATCH"), note=f"its schedule is paused; no call of this API does that; {schedule}"),
        State(batch.lingering, ("PAUSED", "BATCH"), note=f"stopped and not yet shown so; one client is prepared for it; {schedule}"),
    )


def _real_time(name: str, status: str, note: str) -> State:
    return State(name, (status, "REAL_TIME"), note=note)


_STATES = (
    State(ABSENT, note="no job has the name in this workspace: never created, or deleted"),
    *_batch_states(_ENDLESS, "the schedule has no end"),
    *_batch_states(_FINITE, "the schedule runs out: once, until a time, or until an event fails"),
    _real_time(_R_STOPPED, "STOPPED", "not running: just created, or stopped"),
    _real_time(_R_STARTING, "STARTING", "started, its nodes come up"),
    _real_time(_R_NORMAL, "NORMAL", "running"),
    _real_time(_R_EXCEPTION, "EXCEPTION", "a node failed; it may recover"),
    _real_time(_R_STOPPING, "STOPPING", "a stop was accepted, its nodes go down"),
    _real_time(_R_NOT_STOPPED, "EXCEPTION", "a stop was accepted and failed"),
    _real_time(_R_NEW, "INIT", "a word of the SDK: initialising before a start"),
    _real_time(_R_INIT, "INIT", "a word of the SDK: initialising after a start"),
    _real_time(_R_PAUSE, "PAUSE", "a word of the SDK: paused in the console"),
    _real_time(_R_ABNORMAL, "ABNORMAL", "a word of the SDK: running abnormally"),
    _real_time(_R_DISABLE, "DISABLE", "a word of the SDK: nodes disabled in the console"),
    _real_time(_R_OVERLOAD, "OVERLOAD", "a word of the SDK: busy"),
)

# ---- operations and request classes -----------------------------------------------------------------------------------

REAL_TIME: Final = "real-time"
FINITE: Final = "finite schedule"


def _is_real_time(request: Mapping[str, Any]) -> bool:
    return request.get("processType") == "REAL_TIME"


def _is_finite(request: Mapping[str, Any]) -> bool:
    schedule = request.get("schedule")
    if not isinstance(schedule, Mapping):
        return False
    cron = schedule.get("cron")
    return schedule.get("type") in ("EXECUTE_ONCE", "EVENT") or (isinstance(cron, Mapping) and bool(cron.get("endTime")))


_NEW = (
    RequestClass(REAL_TIME, "processType is REAL_TIME.", _is_real_time),
    RequestClass(FINITE, "A batch job that runs once, on events, or until an endTime.", _is_finite),
)
_OPERATIONS = (
    Operation("Create", Role.CREATE, _NEW),
    Operation("Show", Role.READ),
    Operation("Status", Role.READ),
    Operation("List", Role.LIST),
    Operation("Start", Role.ORDER),
    Operation("Stop", Role.ORDER),
    Operation("Delete", Role.DELETE),
    Operation("RunOnce", Role.ORDER),
)

# ---- rows -------------------------------------------------------------------------------------------------------------

_UNKNOWN: Final = "DLF.0100"
TAKEN_ELSEWHERE: Final = "a name is taken in another workspace, or in other letters"
_ACCEPTANCE = TF.implies("acceptance tests of the job action, pull requests 5276 and 9215")

def _batch_rows(batch: _Batch, cls: str, suffix: str = "") -> tuple[Transition, ...]:
    """What moves a batch job; it is the same for both sorts of schedule."""
    return (
        Transition(f"created as a batch job{suffix}", ABSENT, call("Create", ok(), when=cls), batch.stopped, GOPHER.implies("jobs_execution_test: a job never started reads STOPPED"), free=True),
        Transition(f"a batch job is started{suffix}", batch.stopped, call("Start", ok()), batch.scheduling, _ACCEPTANCE),
        Transition(f"a scheduled job is stopped{suffix}", batch.scheduling, call("Stop", ok()), batch.stopped, _ACCEPTANCE),
        Transition(f"a paused job is stopped{suffix}", batch.paused, call("Stop", ok()), batch.stopped, UMN.implies("monitoring_a_batch_job, operations")),
        Transition(f"paused in the console{suffix}", batch.scheduling, internal("pause", outside=True), batch.paused, UMN.implies("monitoring_a_batch_job")),
        Transition(f"restored in the console{suffix}", batch.paused, internal("restore", outside=True), batch.scheduling, UMN.implies("monitoring_a_batch_job")),
    )


_ROWS = (
    *_batch_rows(_ENDLESS, PLAIN),
    *_batch_rows(_FINITE, FINITE, " (finite)"),
    Transition("created as a real-time job", ABSENT, call("Create", ok(), when=REAL_TIME), _R_STOPPED, OTC.implies("creating_a_job; viewing_a_job_list, states"), free=True),
    Transition(TAKEN_ELSEWHERE, ABSENT, call("Create", refused("DLF.0102")), SAME, assumed("within what a name is unique is not said, nor whether case counts"), free=True),
    Transition("a name is taken", _EXISTING, call("Create", refused("DLF.0102")), SAME, OTC.states("creating_a_job, failure response")),
    Transition("shown", _EXISTING, call("Show", ok()), SAME, OTC.states("viewing_job_details")),
    Transition("an unknown job is not shown", ABSENT, call("Show", refused(_UNKNOWN)), SAME, OTC.states("viewing_job_details, failure response")),
    Transition("a real-time job's status is shown", _REAL_TIME, call("Status", ok()), SAME, OTC.states("viewing_running_status_of_a_real-time_job")),
    Transition("a stopped batch job's status is shown", _BATCH_STOPPED, call("Status", ok()), SAME, GOPHER.implies("jobs_execution_test")),
    Transition("an unknown job has no status", ABSENT, call("Status", refused(_UNKNOWN)), SAME, OTC.states("viewing_running_status_of_a_real-time_job, failure response")),
    Transition("listed", _EXISTING, call("List", ok()), SAME, OTC.states("viewing_a_job_list")),
    Transition("not listed while it does not exist", ABSENT, call("List", ok()), SAME, OTC.implies("viewing_a_job_list")),
    Transition("a scheduled job is not started again", _BATCH_SCHEDULING, call("Start", refused(ANY_ERROR)), SAME, FIELD.implies("branch on 400, DLF.3051 and a text that says the job is running")),
    Transition("a real-time job is started", _REAL_TIME_IDLE, call("Start", ok()), _R_STARTING, _ACCEPTANCE),
    Transition("an unknown job is not started", ABSENT, call("Start", refused(_UNKNOWN)), SAME, OTC.states("starting_a_job, failure response")),
    Transition("a running real-time job is asked to stop", _REAL_TIME_UP, call("Stop", ok()), _R_STOPPING, OTC.implies("viewing_a_job_list, STOPPING; the provider's code names it as intermediate")),
    Transition("an unknown job is not stopped", ABSENT, call("Stop", refused(_UNKNOWN)), SAME, PAGE.states("Example, failure response")),
    Transition("a stopped job is deleted", (*_BATCH_STOPPED, *_REAL_TIME_IDLE), call("Delete", ok()), ABSENT, OTC.states("deleting_a_job")),
    Transition("a scheduled job is not deleted", _BATCH_SCHEDULING, call("Delete", refused(ANY_ERROR)), SAME, HUAWEI.states("deleting a job, constraints")),
    Transition("an unknown job is not deleted", ABSENT, call("Delete", refused(_UNKNOWN)), SAME, OTC.states("deleting_a_job, failure response")),
    Transition("a stopped batch job runs at once", _BATCH_STOPPED, call("RunOnce", ok()), SAME, OTC.states("executing_a_job_immediately")),
    Transition("a real-time job does not run at once", _REAL_TIME, call("RunOnce", refused("DLF.0136")), SAME, TF.implies("job action, run-immediate is for batch jobs only; the code's meaning")),
    Transition("an unknown job does not run", ABSENT, call("RunOnce", refused(_UNKNOWN)), SAME, OTC.states("executing_a_job_immediately, failure response")),
    Transition("its nodes are up", (_R_STARTING, _R_INIT), internal("come up"), _R_NORMAL, _ACCEPTANCE),
    Transition("its start failed", (_R_STARTING, _R_INIT), internal("fail"), _R_EXCEPTION, UMN.implies("real-time DLI Spark node: a start that does not succeed times out")),
    Transition("a node failed", _R_NORMAL, internal("fail"), _R_EXCEPTION, OTC.implies("viewing_a_job_list, EXCEPTION")),
    Transition("it recovered", _R_EXCEPTION, internal("recover"), _R_NORMAL, UMN.implies("node_reference/dli_flink_job, automatic restart")),
    Transition("its nodes are down", _R_STOPPING, internal("halt"), _R_STOPPED, _ACCEPTANCE),
)

# ---- open questions of the lifecycle ----------------------------------------------------------------------------------


def _silent(
    name: str,
    asks: str,
    operation: str,
    states: tuple[str, ...],
    readings: tuple[tuple[str, str, Mapping[str, str] | str | None], ...],
    evidence: str,
) -> OpenQuestion:
    """Silent cells; a reading is its name, its sentence, and where the call leads (None: it is refused).

    Where it leads to several states it is given for each. The first reading is the default. A refusal has whatever
    code the service likes.
    """

    def rows(reading: str, leads: Mapping[str, str] | str | None) -> Iterator[Transition]:
        reply, named = refused(ANY_ERROR) if leads is None else ok(), f"{name}: {reading}"
        targets = leads if isinstance(leads, Mapping) else {"": leads or SAME}
        for state, target in targets.items():
            own, suffix = ((state,), f" from {state}") if state else (states, "")
            yield Transition(named + suffix, own, call(operation, reply), target, assumed(evidence), free=True)

    told = tuple(Reading(reading, sentence, tuple(rows(reading, leads))) for reading, sentence, leads in readings)
    return OpenQuestion(name, asks, told, readings[0][0], evidence, states=states, operation=operation)


def _moves(name: str, asks: str, default: str, rows: Mapping[str, tuple[Transition, ...]], evidence: str) -> OpenQuestion:
    """Moves of the service that may or may not exist; `rows` has those of each reading."""
    states = tuple(dict.fromkeys(state for own in rows.values() for row in own for state in row.states))
    readings = tuple(Reading(reading, f"{reading.capitalize()}.", own) for reading, own in rows.items())
    return OpenQuestion(name, asks, readings, default, evidence, states=states)


def _move(name: str, states: str | tuple[str, ...], event: str, target: str, why: str, *, outside: bool = False) -> Transition:
    return Transition(name, states, internal(event, outside=outside), target, assumed(why))


def _linger(batch: _Batch, suffix: str = "") -> tuple[Transition, ...]:
    return (
        Transition(f"a stopped job shows PAUSED{suffix}", batch.stopped, internal("linger", witnessed=True), batch.lingering, assumed("a client waits for STOPPED or PAUSED after a stop")),
        _move(f"it shows STOPPED again{suffix}", batch.lingering, "settle", batch.stopped, "nothing else ends a stop"),
    )


_ACCEPTED_SAME = ("accepted", "Answered with success; nothing changes.", SAME)
_REFUSED = ("refused", "Refused, with a code that no document gives.", None)

_QUESTIONS = (
    _silent(
        "stop of a stopped job",
        "What does a stop of a job answer that is STOPPED?",
        "Stop",
        (*_BATCH_IDLE, *_REAL_TIME_IDLE),
        (_ACCEPTED_SAME, _REFUSED),
        "No source. No code of the table fits a refusal, but none fits 'already running' either, and there start seems to refuse.",
    ),
    _silent(
        "stop of a starting job",
        "What does a stop of a job answer that is STARTING?",
        "Stop",
        (_R_STARTING, _R_INIT),
        (("accepted", "It leads to STOPPING.", _R_STOPPING), _REFUSED),
        "Silent; the state list suggests that STOPPING follows any state of a running job.",
    ),
    _silent(
        "stop of a stopping job",
        "What does a stop of a job answer that is STOPPING?",
        "Stop",
        (_R_STOPPING,),
        (_ACCEPTED_SAME, _REFUSED),
        "Silent.",
    ),
    _silent(
        "start of a paused job",
        "What does a start of a PAUSED job answer, and where does it lead?",
        "Start",
        (*_BATCH_PAUSED, *_BATCH_LINGERING),
        (_REFUSED, ("scheduled", "It is scheduled again.", dict(zip((*_BATCH_PAUSED, *_BATCH_LINGERING), _BATCH_SCHEDULING * 2, strict=True)))),
        "Silent. The console restores a paused job by an operation of its own.",
    ),
    _silent(
        "start of a started real-time job",
        "What does a start of a real-time job answer that was started and not stopped?",
        "Start",
        _REAL_TIME_STARTED,
        (_REFUSED, ("ignored", "Answered with success; nothing changes.", SAME), ("restarted", "It starts anew.", _R_STARTING)),
        "Silent; a field script handles a refusal for a batch job.",
    ),
    _silent(
        "start of a stopping job",
        "What does a start of a job answer that is STOPPING?",
        "Start",
        (_R_STOPPING,),
        (_REFUSED, ("ignored", "Answered with success; it goes on stopping.", SAME), ("restarted", "It starts anew.", _R_STARTING)),
        "Silent.",
    ),
    _silent(
        "deletion of a paused job",
        "Is a PAUSED job deleted?",
        "Delete",
        (*_BATCH_PAUSED, *_BATCH_LINGERING),
        (_REFUSED, ("deleted", "It is gone.", ABSENT)),
        "The constraint names jobs that are being scheduled; whether a paused one is, is not said.",
    ),
    _silent(
        "deletion of a started real-time job",
        "Is a real-time job deleted that is not STOPPED?",
        "Delete",
        (*_REAL_TIME_STARTED, _R_STOPPING),
        (_REFUSED, ("deleted", "It is gone.", ABSENT)),
        "The constraint names jobs that are being scheduled; whether it means real-time jobs is not said.",
    ),
    _silent(
        "run at once while scheduled",
        "Does a batch job run at once while it is scheduled or paused?",
        "RunOnce",
        (*_BATCH_SCHEDULING, *_BATCH_PAUSED, *_BATCH_LINGERING),
        (("accepted", "It runs once more; its schedule stays as it is.", SAME), _REFUSED),
        "Silent; no restriction is written.",
    ),
    _silent(
        "status of a scheduled batch job",
        "What does the status call, described for real-time jobs, answer for a batch job that is not STOPPED?",
        "Status",
        (*_BATCH_SCHEDULING, *_BATCH_PAUSED, *_BATCH_LINGERING),
        (("shown", "The status that the list shows.", SAME), _REFUSED),
        "A client's test reads STOPPED of a batch job; the SDK's values for this reply have neither SCHEDULING nor PAUSED.",
    ),
    _moves(
        "end of the schedule",
        "Does a job become STOPPED by itself when its schedule has ended or its only run is done?",
        "it stays",
        {
            "it stays": (),
            "it stops": (_move("its schedule ended", (_FINITE.scheduling, _FINITE.paused), "expire", _FINITE.stopped, "the page says that scheduling stops then, not what is shown"),),
        },
        "For a CRON schedule the page says that the job stops being scheduled at endTime, not that its status changes; for EXECUTE_ONCE nothing is said, and page and manual differ on when it runs.",
    ),
    _moves(
        "failed run of an event job",
        "Does a job become PAUSED when a run that an event started fails under the policy SUSPEND?",
        "it goes on",
        {
            "it goes on": (),
            "it pauses": (_move("its event was suspended", _FINITE.scheduling, "suspend", _FINITE.paused, "the documents suspend the event; PAUSED is the nearest status"),),
        },
        "The event is suspended then; which status the job shows is not said.",
    ),
    _moves(
        "PAUSED after a stop",
        "Can a batch job show PAUSED after it was stopped through the API?",
        "never",
        {
            "never": (),
            "for a while": (*_linger(_ENDLESS), *_linger(_FINITE, " (finite)")),
        },
        "The vendor's Terraform provider waits for STOPPED or PAUSED after a stop; no document connects the two.",
    ),
    _moves(
        "failure while stopping",
        "Can a job become EXCEPTION while it is STOPPING?",
        "never",
        {"never": (), "possible": (_move("its stop failed", _R_STOPPING, "fail", _R_NOT_STOPPED, "nodes may fail to go down"),)},
        "Silent; the provider treats EXCEPTION as the failure of whatever was ordered.",
    ),
    _moves(
        "words only the SDK knows",
        "Does a real-time job show INIT, PAUSE, ABNORMAL, DISABLE or OVERLOAD?",
        "never shown",
        {
            "never shown": (),
            "shown": (
                _move("initialising before a start", _R_STOPPED, "initialise", _R_NEW, "INIT, said to be initialising"),
                _move("initialised", _R_NEW, "settle", _R_STOPPED, "INIT, said to be initialising"),
                _move("initialising after a start", _R_STARTING, "initialise", _R_INIT, "INIT, said to be initialising"),
                _move("a real-time job paused in the console", _R_NORMAL, "pause", _R_PAUSE, "the manual has the operation, the SDK the word", outside=True),
                _move("a real-time job restored in the console", _R_PAUSE, "restore", _R_NORMAL, "the manual has the operation", outside=True),
                _move("nodes disabled in the console", _R_NORMAL, "disable", _R_DISABLE, "the manual disables single nodes, the SDK has the word for jobs as well", outside=True),
                _move("nodes enabled in the console", _R_DISABLE, "enable", _R_NORMAL, "the manual has the operation", outside=True),
                _move("too busy", _R_NORMAL, "overload", _R_OVERLOAD, "OVERLOAD, said to be busy"),
                _move("no longer too busy", _R_OVERLOAD, "relieve", _R_NORMAL, "OVERLOAD, said to be busy"),
                _move("its start went wrong", (_R_STARTING, _R_INIT), "go wrong", _R_ABNORMAL, "ABNORMAL, said to be a failed run"),
                _move("it went wrong", _R_NORMAL, "go wrong", _R_ABNORMAL, "ABNORMAL, said to be a failed run"),
                _move("it runs well again", _R_ABNORMAL, "recover", _R_NORMAL, "as from EXCEPTION"),
            ),
        },
        "The SDK and the OpenAPI text list ten values for the status reply, the pages five; the pages' five are what the list shows.",
    ),
)

# ---- data rules -------------------------------------------------------------------------------------------------------

_LAG_S: Final = 10.0
"""How old a list may be, in seconds: see the open question `age of a read`."""


def _only_batch(sight: rules.Sight) -> str | None:
    if sight.binding.role != "List" or sight.job.get("jobType") != "REAL_TIME":
        return None
    found = [m for m in ("lastInstanceStatus", "lastInstanceEndTime") if sight.job.get(m) is not None]
    return f"a REAL_TIME job has {' and '.join(found)}" if found else None


def _never_younger(sight: rules.Sight) -> str | None:
    """Names are used again, so a creation time may go up; it goes back only in a list that lags."""
    now, earlier = sight.job.get("createTime"), sight.earlier
    while earlier is not None and isinstance(now, int):
        before = earlier.job.get("createTime")
        if isinstance(before, int) and earlier.end + _LAG_S <= sight.start:
            return f"createTime was {before} and is now {now}" if now < before else None
        earlier = earlier.earlier
    return None


def _in_order(sight: rules.Sight) -> str | None:
    began, ended = sight.job.get("startTime"), sight.job.get("endTime")
    if sight.status != "STOPPED" or not isinstance(began, int) or not isinstance(ended, int) or began <= ended:
        return None
    return f"endTime {ended} lies before startTime {began}"


_NO_BODY: Final[tuple[Any, ...]] = (None, "", {})
"""How a recording may write down that there was none."""


def _answers_empty(*operations: str) -> Any:
    def check(exchange: rules.Exchange) -> str | None:
        if exchange.operation not in operations or not exchange.succeeded:
            return None
        if exchange.status != 204:
            return f"the success has HTTP status {exchange.status}"
        return None if exchange.body in _NO_BODY else f"the success has the body {exchange.body!r}"

    return check


def _answers_200(exchange: rules.Exchange) -> str | None:
    reading = exchange.operation in ("ListJobs", "ShowJob", "ShowJobStatus", "RunOnce")
    if not reading or not exchange.succeeded or exchange.status == 200:
        return None
    return f"the success has HTTP status {exchange.status}"


_ERROR_MEMBERS = (("error_code", "error_msg"), ("errorCode", "errorMsg"))


def _error_body(exchange: rules.Exchange) -> str | None:
    error, reply = exchange.error or "", exchange.reply
    if not error.startswith("DLF.") or reply is None:
        return None
    pairs = _ERROR_MEMBERS if exchange.operation == "ListJobs" else _ERROR_MEMBERS[:1]
    if any(all(isinstance(reply.get(member), str) for member in pair) for pair in pairs):
        return None
    return f"the body of {error} has the members {', '.join(map(str, reply)) or 'none'}, not {' and '.join(pairs[0])}"


def _wrong_type(request: Mapping[str, Any], item: rules.Job) -> str | None:
    asked, got = request.get("jobType") or "BATCH", item.get("jobType")
    return f"a {got} job is in a list of {asked} jobs" if got is not None and got != asked else None


def _default_page(exchange: rules.Exchange) -> str | None:
    if exchange.binding.role != "List" or not exchange.succeeded or exchange.request.get("limit") is not None:
        return None
    return f"no limit was given and the page has {len(exchange.items)} jobs" if len(exchange.items) > 10 else None


def _total(exchange: rules.Exchange) -> str | None:
    total = (exchange.reply or {}).get("total")
    if exchange.binding.role != "List" or not exchange.succeeded or not isinstance(total, int) or total >= len(exchange.items):
        return None
    return f"total is {total} and the page has {len(exchange.items)} jobs"


_LARGEST_PAGE: Final = 100
"""The most jobs that a page is sure to hold."""


def _short_page(exchange: rules.Exchange) -> str | None:
    """Whether an offset counts pages or jobs is open: fewer are left if it counts pages."""
    total, limit = (exchange.reply or {}).get("total"), exchange.request.get("limit", 10)
    offset = exchange.request.get("offset", 0)
    if exchange.binding.role != "List" or not exchange.succeeded or not all(isinstance(n, int) for n in (total, limit, offset)):
        return None
    owed = min(total - max(offset, 0) * limit, limit, _LARGEST_PAGE) if limit > 0 else 0
    if len(exchange.items) >= owed:
        return None
    return f"total is {total} and the page at offset {offset} has {len(exchange.items)} jobs"


def _passes_filter(request: Mapping[str, Any], item: rules.Job) -> str | None:
    asked, got = request.get("jobName"), item.get("name")
    if not isinstance(asked, str) or not isinstance(got, str) or asked.casefold() in got.casefold():
        return None
    return f"the job {got!r} is in a list of jobs named like {asked!r}"


class _Instances:
    """The instances that runs at once have made."""

    def __init__(self) -> None:
        self.made: dict[tuple[str, str], rules.Exchange] = {}

    def see(self, exchange: rules.Exchange) -> rules.Wrong | None:
        instance = (exchange.reply or {}).get("instanceId") if exchange.binding.role == "RunOnce" else None
        if instance is None or not exchange.succeeded:
            return None
        first = self.made.setdefault((exchange.tenant, str(instance)), exchange)
        return None if first is exchange else rules.Wrong(f"the instance {instance} was made before", (first,))


class _Made:
    """The jobs that the recording created, as long as no other creation or deletion can have replaced them."""

    members: ClassVar[tuple[str, ...]] = ()
    """The members that never change."""

    def __init__(self) -> None:
        self.jobs: dict[tuple[str, str], tuple[rules.Exchange, dict[str, tuple[Any, rules.Exchange]]]] = {}
        """For each job its creation, and its members with the calls that gave or showed them first."""
        self.busy: Counter[tuple[str, str]] = Counter()
        self.gone: dict[tuple[str, str], float] = {}
        """When a job of that name was deleted last: a list that lags may still show it."""

    @staticmethod
    def _place(exchange: rules.Exchange) -> tuple[str, str] | None:
        """The job that a call makes or removes, None if it does neither."""
        if exchange.binding.role not in ("Create", "Delete"):
            return None
        return exchange.tenant, str(exchange.request.get(exchange.binding.id_in))

    def begin(self, exchange: rules.Exchange) -> None:
        if place := self._place(exchange):
            self.busy[place] += 1

    def see(self, exchange: rules.Exchange) -> rules.Wrong | None:
        place = self._place(exchange)
        if place is None:
            return next((wrong for job in self._shown(exchange) if (wrong := self._compare(exchange, *job))), None)
        if exchange.status is None or exchange.status >= 500 or exchange.end is None:
            self.jobs.pop(place, None)  # it stays busy: nobody knows what became of the call
            return None
        self.busy[place] -= 1
        if exchange.succeeded:
            self.jobs.pop(place, None)
            if exchange.binding.role == "Create":
                self.jobs[place] = exchange, {"processType": (exchange.request.get("processType"), exchange)}
            else:
                self.gone[place] = exchange.end
        return None

    @staticmethod
    def _shown(exchange: rules.Exchange) -> Iterator[tuple[str, rules.Job]]:
        if exchange.succeeded and exchange.binding.role == "Show":
            yield str(exchange.request.get("job_name")), exchange.reply or {}
        yield from ((str(item.get("name")), item) for item in exchange.items)

    def _compare(self, exchange: rules.Exchange, name: str, shown: rules.Job) -> rules.Wrong | None:
        creation, known = self.jobs.get((exchange.tenant, name), (None, {}))
        if creation is None or not exchange.follows(creation) or self.busy[exchange.tenant, name]:
            return None
        if exchange.binding.role == "List" and exchange.start < self.gone.get((exchange.tenant, name), -inf) + _LAG_S:
            return None
        for member in self.members:
            now = shown.get(member)
            if now is None:
                continue
            before, first = known.setdefault(member, (now, exchange))
            if before not in (None, now):
                earlier = (creation,) if first is creation else (creation, first)
                return rules.Wrong(f"{member} of {name} was {before!r} and is now {now!r}", earlier)
        return None


class _MadeAs(_Made):
    """Types, which the creation gives."""

    members: ClassVar[tuple[str, ...]] = ("processType",)


class _MadeAt(_Made):
    """Times of creation, which the first reading shows, of jobs that only the recording can have replaced."""

    members: ClassVar[tuple[str, ...]] = ("createTime",)

    def see(self, exchange: rules.Exchange) -> rules.Wrong | None:
        wrong = super().see(exchange)
        return wrong if exchange.alone else None


class _Taken:
    """Until when a name is borne by a job of the project, in whatever workspace and letters, as far as may be known."""

    def __init__(self) -> None:
        self.until: dict[tuple[str, str], dict[tuple[str, str], float]] = {}
        self.made: dict[tuple[str, str], float] = {}
        """When the latest creation of a job was answered: only a deletion that began later is sure to have ended that job."""
        self.pending: Counter[tuple[str, str]] = Counter()

    @staticmethod
    def _name(exchange: rules.Exchange) -> tuple[tuple[str, str], tuple[str, str]]:
        name = str(exchange.request.get(exchange.binding.id_in))
        return (exchange.tenant.partition("/")[0], name.casefold()), (exchange.tenant, name)

    def begin(self, exchange: rules.Exchange) -> None:
        if exchange.binding.role == "Create":
            self.pending[self._name(exchange)[0]] += 1

    def see(self, exchange: rules.Exchange) -> str | None:
        known = exchange.binding.role in ("Create", "Delete") and exchange.status is not None and exchange.status < 500
        if not known or exchange.end is None:
            return None
        shared, own = self._name(exchange)
        bearers = self.until.setdefault(shared, {})
        if exchange.binding.role == "Create":
            self.pending[shared] -= 1
        if exchange.succeeded and exchange.binding.role == "Create":
            bearers[own], self.made[own] = inf, exchange.end
        elif exchange.succeeded and self.made.get(own, -inf) < exchange.start:
            bearers[own] = exchange.end
        is_taken = self.pending[shared] > 0 or any(end >= exchange.start for end in bearers.values())
        if exchange.binding.role == "Delete" or not (exchange.error or "").endswith("0102"):
            return None
        return None if is_taken or not exchange.alone else f"no job of the project is called {own[1]!r}"


def _listed_twice(exchange: rules.Exchange) -> str | None:
    if exchange.binding.role != "List" or not exchange.succeeded:
        return None
    names = [str(item.get("name")) for item in exchange.items]
    twice = sorted({name for name in names if names.count(name) > 1})
    return f"{', '.join(twice)} is listed twice" if twice else None


_JOB_RULES = (
    rules.answers_for("job_name", "name", OTC.implies("viewing_job_details and viewing_running_status_of_a_real-time_job, name")),
    rules.holds("only a batch job shows its last instance", "lastInstanceStatus and lastInstanceEndTime are there for BATCH jobs alone.", OTC.states("viewing_a_job_list, Table 3"), _only_batch),
    rules.holds("createTime never goes back", "The job that has a name is never older than one that had the name before.", OTC.implies("viewing_a_job_list, createTime"), _never_younger),
    rules.holds("a stopped job ended after it began", "endTime is not before startTime in a job that is STOPPED.", assumed("startTime and endTime are said to be of the job's run; a restarted job may show an old end"), _in_order),
)
_RULES = (
    rules.CallRule("a stop is answered 204 without a body", "The success of a stop is HTTP 204 and has no body.", PAGE.states("Response; Example, success response"), _answers_empty("StopJob")),
    rules.CallRule("an order is answered 204 without a body", "The success of a creation, start or deletion is HTTP 204 and has no body.", OTC.states("creating_a_job, starting_a_job, deleting_a_job"), _answers_empty("CreateJob", "StartJob", "DeleteJob")),
    rules.CallRule("a read is answered 200", "The success of a list, a reading or a run at once is HTTP 200.", SDK.implies("OpenAPI text, RunOnce; clients demand exactly 200"), _answers_200),
    rules.CallRule("an error is two texts", "The body of an error has the texts error_code and error_msg (in a list also errorCode and errorMsg).", PAGE.states("Example, failure response"), _error_body),
    rules.listed_match("a list holds one type of job", "Listed jobs have the asked jobType, BATCH if none was asked for.", OTC.states("viewing_a_job_list, jobType"), _wrong_type),
    rules.page_size(OTC.states("viewing_a_job_list, limit")),
    rules.CallRule("a page has ten jobs by default", "Without limit a page has at most 10 jobs.", OTC.states("viewing_a_job_list, limit"), _default_page),
    rules.CallRule("total counts at least the page", "total is not less than the number of jobs on the page.", OTC.implies("viewing_a_job_list, total"), _total),
    rules.CallRule("a page is as long as it can be", "A page has as many jobs as there are from its offset on, up to its limit.", OTC.implies("viewing_a_job_list, total and limit"), _short_page),
    rules.listed_match("a list passes its filter on names", "Listed jobs have the asked jobName in their names.", TF.implies("job resources, a fuzzy match of names"), _passes_filter),
    rules.HistoryRule("a job's type is as given", "A job shows the processType it was created with.", OTC.implies("viewing_job_details, processType"), _MadeAs),
    rules.HistoryRule("a job is created at one time", "A job has one createTime from its creation to its deletion, where nobody else can have deleted it and made another.", OTC.implies("viewing_a_job_list, createTime: when the job was created"), _MadeAt),
    rules.HistoryRule("an instance is made once", "No two runs at once make an instance of the same number.", OTC.implies("executing_a_job_immediately, instanceId"), _Instances),
    rules.HistoryRule("a name that is taken has a job", "A creation is refused for its name only if some job of the project has it.", OTC.implies("creating_a_job, failure response"), _Taken),
    rules.CallRule("a name is listed once", "No two jobs of a list have the same name.", OTC.states("creating_a_job, name: must be unique"), _listed_twice),
)

# ---- the lifecycle ----------------------------------------------------------------------------------------------------

JOB = Lifecycle(
    api="dataarts",
    name="job",
    title="DataArts Factory job, batch or real-time",
    kinds=(Kind("job", "Job"),),
    states=_STATES,
    operations=_OPERATIONS,
    transitions=_ROWS,
    questions=_QUESTIONS,
    frame=OTC.implies("viewing_a_job_list and viewing_running_status_of_a_real-time_job, the meaning of each status"),
    id_member="name",
    ids_return=True,
    status_members=("status", "jobType"),
    progress=(
        LeadsTo("a stop leads to STOPPED", "A real-time job whose stop was accepted is STOPPED in the end (or EXCEPTION, if the stop failed).", (_R_STOPPING,), (_R_STOPPED, _R_NOT_STOPPED), _ACCEPTANCE, unless=("Start",)),
        LeadsTo("a start leads to NORMAL or EXCEPTION", "A started real-time job is NORMAL or EXCEPTION in the end (or ABNORMAL, as the SDK has it).", (_R_STARTING, _R_INIT), (_R_NORMAL, _R_EXCEPTION, _R_ABNORMAL), _ACCEPTANCE, unless=("Stop",)),
    ),
    rules=_JOB_RULES,
)

# ---- operations on the wire -------------------------------------------------------------------------------------------


def _would_list(request: Mapping[str, Any], job_name: str, _made: Mapping[str, Any] | None) -> Pattern | None:
    """A complete list holds every job of its type; under a filter on names at least the job of exactly that name."""
    wanted = request.get("jobName")
    if request.get("tags") or request.get("offset") or (wanted and wanted != job_name):
        return None
    return (None, request.get("jobType") or "BATCH")


_BINDINGS = (
    Binding("CreateJob", "job", "Create", id_in="name"),
    Binding("ListJobs", "job", "List", items=("jobs",), full=True, would_list=_would_list, limit_in="limit", total_out="total", filters_in=("jobType", "jobName", "tags")),
    Binding("ShowJob", "job", "Show", id_in="job_name", view=(), hides_status=True),
    Binding("ShowJobStatus", "job", "Status", id_in="job_name", view=()),
    Binding("StartJob", "job", "Start", id_in="job_name"),
    Binding("StopJob", "job", "Stop", id_in="job_name"),
    Binding("DeleteJob", "job", "Delete", id_in="job_name"),
    Binding("RunOnce", "job", "RunOnce", id_in="job_name", view=(), hides_status=True),
)

# ---- errors -----------------------------------------------------------------------------------------------------------

_ALL = tuple(binding.operation for binding in _BINDINGS)
_NAMED = tuple(binding.operation for binding in _BINDINGS if binding.id_in == "job_name")
_RUNNING = ("CreateJob", "StartJob", "RunOnce")
"""Calls that need more than a job: definitions that are right, reviews, workspaces, what nodes work on."""
_TABLE = OTC.states("appendix, error codes of DataArts Factory")
_STATUS_CODES = OTC.states("appendix, status codes")
_FAULTS = (500, 501, 502, 503, 504, 505)
"""The statuses of faults: whatever its code, such an answer leaves open what became of the call."""
_NO_CODE: Final = "an error without a code, which the SDK, and so a recording, names by its HTTP status"
_BARE: Final = {401: Nature.ACCESS, 403: Nature.ACCESS, 405: Nature.ENVIRONMENT, 413: Nature.ENVIRONMENT, 429: Nature.THROTTLE}
"""What an error without a code means by its HTTP status. 404 is left out: an unknown job is 400 with a code."""
_NODE_CODES = ("6201", "6241", "6247", "6253", "6258", "6259", "6263", "6264", "6265", "6271", "6309", "6322", "6323", "6416", "6418", "6423")
_OTHER_CODES = ("0137", "0201", "0202", "0203", "0810", "6205")


def _renumbered(code: str) -> tuple[str, ...]:
    """Newer services put a 2 or a 3 before the four digits of a code."""
    return code.replace(".", ".2"), code.replace(".", ".3")


def _error(code: str, natures: tuple[Nature, ...], source: Any, operations: tuple[str, ...], note: str) -> ErrorSpec:
    return ErrorSpec(code, (400,), natures, source, operations, aliases=_renumbered(code), note=note)


_ERRORS = (
    _error(_UNKNOWN, (Nature.REFUSAL,), PAGE.states("Example, failure response"), _NAMED, "the job does not exist; 400, never 404; DLF.30100 in newer editions"),
    _error("DLF.0101", (Nature.ENVIRONMENT,), _TABLE, ("CreateJob",), "too many jobs in the workspace"),
    _error("DLF.0102", (Nature.REFUSAL,), OTC.states("creating_a_job, failure response"), ("CreateJob",), "the name is taken"),
    _error("DLF.0136", (Nature.REFUSAL,), _TABLE, ("RunOnce",), "for batch jobs only"),
    ErrorSpec("DLF.3051", (400,), (Nature.REFUSAL, Nature.INVALID), OTC.states("viewing_a_job_list, failure response"), _ALL, note="an invalid parameter; missing from the table; a field script knows it as the refusal of a start of a running job; what else a creation, a start or a run needs may be missing", outside_in=_RUNNING),
    _error("DLF.3018", (Nature.INVALID, Nature.ENVIRONMENT), _TABLE, ("CreateJob", *_NAMED), "the name is invalid"),
    _error("DLF.3004", (Nature.INVALID, Nature.ENVIRONMENT), _TABLE, ("CreateJob", *_NAMED), "the name is empty"),
    _error("DLF.3025", (Nature.INVALID, Nature.ENVIRONMENT), _TABLE, ("CreateJob", "StartJob"), "the schedule is invalid"),
    _error("DLF.3050", (Nature.INVALID,), _TABLE, ("CreateJob",), "the description is invalid"),
    _error("DLF.2014", (Nature.INVALID, Nature.REFUSAL), HUAWEI.states("error codes (cn)"), _ALL, "the job type is invalid; no document names the code of an order or read that a job of this type does not take"),
    _error("DLF.1006", (Nature.ENVIRONMENT,), _TABLE, _RUNNING, "the job has no node"),
    *(_error(f"DLF.{digits}", (Nature.ENVIRONMENT,), _TABLE, _RUNNING, "a parameter, path or bucket that the job needs") for digits in ("0802", "0803", "0815", "1242")),
    *(_error(f"DLF.{digits}", (Nature.ENVIRONMENT,), _TABLE, _RUNNING, "a script, resource, connection or agent that a node needs") for digits in _NODE_CODES),
    *(_error(f"DLF.{digits}", (Nature.REFUSAL,), _TABLE, (), "about instances, scripts or tasks, not about a job") for digits in _OTHER_CODES),
    ErrorSpec("DLF.0819", (400,), (Nature.ENVIRONMENT,), TF.implies("job resources, workspace does not exist"), aliases=_renumbered("DLF.0819"), note="the workspace does not exist"),
    ErrorSpec("DLF.6888", (400,), (Nature.ACCESS,), _TABLE, aliases=_renumbered("DLF.6888"), note="the account lacks permission"),
    ErrorSpec("DLF.*", (400, *_FAULTS), (Nature.ENVIRONMENT,), OTC.implies("pages use codes that the table lacks"), note="the table is known to be incomplete; what an unlisted code means is unknown"),
    ErrorSpec("APIGW.0101", (404,), (Nature.ENVIRONMENT,), KESTRA.implies("notes on the gateway"), note="no such route on this host"),
    ErrorSpec("APIGW.0106", (400, 401, 403, 411, 415), (Nature.INVALID, Nature.ENVIRONMENT), KESTRA.implies("notes on the gateway"), note="a required header is missing; the HTTP status was not noted"),
    ErrorSpec("APIGW.0301", (401, 400, 403), (Nature.ACCESS,), KESTRA.implies("notes on the gateway"), note="wrong credentials or signature; the HTTP status is assumed"),
    ErrorSpec("APIGW.0308", (429,), (Nature.THROTTLE,), UMN.states("FAQ on throttling"), note="too many requests"),
    ErrorSpec("APIGW.*", (400, 401, 403, 404, 405, 413, 429, *_FAULTS), (Nature.ENVIRONMENT, Nature.ACCESS), assumed("the gateway has more codes than were found"), note="any other refusal of the gateway"),
    *(ErrorSpec(str(status), (status,), (nature,), _STATUS_CODES, note=_NO_CODE) for status, nature in _BARE.items()),
    ErrorSpec("500", _FAULTS, (Nature.FAULT,), _STATUS_CODES, aliases=("501", "502", "503", "504", "505"), note=_NO_CODE),
)

# ---- questions about data ---------------------------------------------------------------------------------------------


def _data_question(name: str, asks: str, default: str, others: tuple[str, ...], evidence: str) -> OpenQuestion:
    return OpenQuestion(name, asks, tuple(Reading(r, f"{r[0].upper()}{r[1:]}.") for r in (default, *others)), default, evidence)


_DATA_QUESTIONS = (
    _data_question("age of a read", "How old may a list be?", "fresh", ("up to 10 s old",), "The vendor's client looks at the list 10 s after a 204 for the first time, and its tests then found the new state. A new job's details are read at once, and so is a status after a run. The oracle does not blame a list that lags by up to 10 s."),
    _data_question("code of an undocumented refusal", "Which code has a refusal for which no document gives one?", "DLF.3051", ("an unlisted code",), "One field script handles DLF.3051, with a text that says the job is running, when it starts a running job; the table has no code for it."),
    _data_question("code of an unknown job", "Which of its numbers does the code for an unknown job have?", "DLF.0100", ("DLF.30100",), "DLF.0100 on these pages and in two editions of Huawei's, DLF.30100 in the Chinese one."),
    _data_question("no default workspace", "Has the tenant a workspace called default?", "there is one", ("there is none",), "Without the header the default workspace is meant; newer editions report an error if there is none, or if there are several instances."),
    _data_question("empty workspace header", "What does an empty workspace header mean?", "the default workspace", ("an unknown workspace",), "The vendor's Terraform provider sends one on reads, and that works."),
    _data_question("job without nodes", "Is a job without nodes created, and started?", "created and started", ("created, not started", "refused"), "nodes is mandatory on the page; a client's test asserts that a creation without it succeeds; the table has a code for a job that has no node."),
    _data_question("name that no job can have", "Which error answers a call about a job whose name breaks the rules for names?", "DLF.0100", ("DLF.3018",), "The limits of a name stand on the page of the creation alone; the table of codes has one for an invalid name and does not say for which call."),
    _data_question("largest page", "How many jobs may a list ask for at once?", "1000", ("100",), "1 to 100 on the page; 1000 in its text of 2023 and in an international edition."),
    _data_question("unit of offset", "Does offset count pages or jobs?", "pages", ("jobs",), "The page and the SDK say pages; the provider adds the number of jobs received. Below 100 jobs both work."),
    _data_question("match of a name filter", "Which jobs pass a jobName filter?", "names that contain it", ("the very name",), "The provider calls the filter fuzzy; the page says nothing."),
    _data_question("order of a list", "In what order does a list come?", "oldest first", ("newest first",), "Silent."),
    _data_question("case of a name", "Do two names differ that differ in case alone?", "they differ", ("they are the same",), "Silent."),
    _data_question("scope of a name", "Within what is a name unique?", "its workspace", ("its project",), "The page says unique, not within what."),
    _data_question("what a start needs", "What else must be so for a job to be started or run?", "nothing", ("a review, and running upstream jobs",), "A job that is only saved is neither scheduled nor executed if review is on; the console refuses a job whose upstream job is neither running nor paused. Codes are not given; the one field script that handles a refused start knows DLF.3051."),
    _data_question("instances of a stopped job", "What becomes of a job's own running and waiting instances when the job is stopped?", "they go on", ("the waiting ones are cancelled", "all are cancelled"), "The call is said to stop the scheduling, and instances have a stop of their own; waiting instances of dependent jobs are cancelled. Instances are not visible through these calls."),
    _data_question("number of jobs", "How many jobs may a workspace have?", "any number", ("10000, of which 500 real-time",), "10,000 per workspace in the manual, per user in the FAQ, 1,000 per user in older pages."),
    _data_question("body of a stop", "What does a stop with a body answer?", "as without", ("DLF.3051",), "No body is described and clients send none; unknown members of other bodies are ignored."),
)

# ---- what the page says -----------------------------------------------------------------------------------------------

_STATEMENTS = (
    Statement(1, "Function", "The call stops a job.", ("job/a scheduled job is stopped", "job/a paused job is stopped", "job/a running real-time job is asked to stop", "job/its nodes are down", "job/a stop leads to STOPPED", "job/stop of a stopped job")),
    Statement(2, "URI, format", "It is a POST to the job's path below its project, version 1.", not_modelled="the shape file has method and path; the lifecycle knows operations only"),
    Statement(3, "URI, Table 1", "The project is named in the path; it is mandatory.", ("job/an unknown job is not stopped",)),
    Statement(4, "URI, Table 1", "The job is named in the path; it is mandatory, a text.", ("job/an unknown job is not stopped", "name that no job can have")),
    Statement(5, "Request, Table 2", "The workspace header is optional.", ("no default workspace", "empty workspace header")),
    Statement(6, "Request, Table 2", "Without the header the workspace called default is meant.", ("no default workspace",)),
    Statement(7, "Request, Table 2", "Jobs of other workspaces are reached with the header only.", ("job/an unknown job is not stopped", "DLF.0819")),
    Statement(8, "Response", "The reply has no members.", ("a stop is answered 204 without a body",)),
    Statement(9, "Example", "The example stops the job that its path names.", ("job/a scheduled job is stopped",)),
    Statement(10, "Example, success response", "Success is HTTP 204.", ("a stop is answered 204 without a body",)),
    Statement(11, "Example, failure response", "Failure is HTTP 400.", ("DLF.0100", "job/an unknown job is not stopped")),
    Statement(12, "Example, failure response", "The body of a failure has error_code and error_msg.", ("an error is two texts",)),
    Statement(13, "Example, failure response", "DLF.0100 says that the job does not exist.", ("DLF.0100", "job/an unknown job is not stopped")),
)

_INSTANCES: Final = "job instances are outside this model"
_AMBIGUITIES = (
    Ambiguity("A1", "What is stopped: scheduling to come, or running instances as well? Scheduling for a batch job, the nodes for a real-time job.", ("job/a scheduled job is stopped", "job/a running real-time job is asked to stop", "instances of a stopped job")),
    Ambiguity("A2", "Does 204 mean done or accepted? A real-time job has a state in between, a batch job has none.", ("job/a running real-time job is asked to stop", "job/its nodes are down", "age of a read")),
    Ambiguity("A3", "A stop of a stopped job is not covered.", ("job/stop of a stopped job",)),
    Ambiguity("A4", "A stop of a job that is STARTING, STOPPING, PAUSED or EXCEPTION is not covered.", ("job/stop of a starting job", "job/stop of a stopping job", "job/a paused job is stopped", "job/a running real-time job is asked to stop", "job/PAUSED after a stop")),
    Ambiguity("A5", "The text of DLF.0100 has a slip of grammar and differs between pages.", ("DLF.0100",)),
    Ambiguity("A6", "Not found is 400, not 404; all pages agree.", ("DLF.0100",)),
    Ambiguity("A7", "The header is described as if the call queried data; it says in which workspace to act.", ("job/an unknown job is not stopped",)),
    Ambiguity("A8", "The header is optional, and yet there is an error if there is no default workspace.", ("no default workspace", "DLF.0819")),
    Ambiguity("A9", "Whether an empty header is an absent one.", ("empty workspace header",)),
    Ambiguity("A10", "No authentication header is listed; the general chapters demand one.", ("APIGW.0301",)),
    Ambiguity("A11", "The example has no Content-Type, which the general chapters call mandatory.", ("APIGW.0106",)),
    Ambiguity("A12", "Is a body allowed?", ("body of a stop",)),
    Ambiguity("A13", "One failure is listed; there are others.", ("DLF.6888", "DLF.0819", "DLF.*", "APIGW.0301", "APIGW.0308", "500")),
    Ambiguity("A14", "The page gives no limits of a name; the page of the creation does.", ("name that no job can have", "DLF.3018")),
    Ambiguity("A15", "A name that breaks the rules: unknown or invalid?", ("name that no job can have", "DLF.3018")),
    Ambiguity("A16", "'Stops job' in the example is a slip of grammar.", not_modelled="wording only"),
    Ambiguity("A17", "The page does not say for which type of job; clients stop both.", ("job/a scheduled job is stopped", "job/a running real-time job is asked to stop")),
    Ambiguity("A18", "DataArts Migration has a page of the same title about another call.", not_modelled="another API: other path, other reply, no shared jobs"),
    Ambiguity("A19", "In the edition of 2023 stop stood among the regular calls, and start, list and status among those to be taken offline; that was reverted.", not_modelled="a matter of the table of contents; all calls are in the newer edition"),
    Ambiguity("C1", "DLF.3051 is used on pages and missing from the table of codes; another code differs between table and example.", ("DLF.3051", "DLF.*", "code of an undocumented refusal")),
    Ambiguity("C2", "The page of system tasks has two spellings of its path and a comma missing.", not_modelled="system tasks are outside this model"),
    Ambiguity("C3", "The text on maxPlanTime calls it the minimum.", not_modelled=_INSTANCES),
    Ambiguity("C4", "executeTime is in milliseconds by the text, and tiny in the examples.", not_modelled=_INSTANCES),
    Ambiguity("C5", "startTime is mandatory in the status reply, of type Date, and absent in its example; elsewhere it is a number, and the SDK spells it starttime.", not_modelled="the shape leaves it optional, and its type unjudged"),
    Ambiguity("C6", "The name in the status reply is called that of a solution; a node member is capitalised in the example.", ("job/the reply is for the job asked for",)),
    Ambiguity("C7", "offset: pages or jobs?", ("unit of offset",)),
    Ambiguity("C8", "A list has at most 100 or 1000 jobs.", ("largest page", "a page is no longer than asked for")),
    Ambiguity("C9", "instanceTimeout is 0 and location is text in the examples, against the text.", not_modelled="the shapes accept both"),
    Ambiguity("C10", "The path variable has two names.", not_modelled="recorded requests name it job_name in all operations"),
    Ambiguity("C11", "In which states an instance can be stopped or rerun differs between page and manual.", not_modelled=_INSTANCES),
    Ambiguity("C12", "A creation does not tell the new job's id.", ("an order is answered 204 without a body",)),
    Ambiguity("C13", "An example shows a failed instance whose nodes all succeeded.", not_modelled=_INSTANCES),
    Ambiguity("C14", "A comment in one client says that its deletion stops a job.", not_modelled="a slip in a client"),
    Ambiguity("13.1", "What a stop answers in STOPPED, STOPPING and PAUSED needs a live account.", ("job/stop of a stopped job", "job/stop of a stopping job", "job/a paused job is stopped")),
    Ambiguity("13.2", "Whether a stop cancels waiting instances or interrupts running ones.", ("instances of a stopped job",)),
    Ambiguity("13.3", "The code of the refusal to delete a scheduled job; the same for instances, which are outside this model.", ("job/a scheduled job is not deleted", "code of an undocumented refusal")),
    Ambiguity("13.4", "The state of a job with EXECUTE_ONCE after start and after its run, and after a schedule's endTime.", ("job/end of the schedule",)),
    Ambiguity("13.5", "Whether PAUSED can follow a stop through the API.", ("job/PAUSED after a stop",)),
    Ambiguity("deletion", "That a job being scheduled is not deleted stands in Huawei's editions; the other one is silent.", ("job/a scheduled job is not deleted", "job/deletion of a paused job", "job/deletion of a started real-time job")),
    Ambiguity("start again", "A start of a job that runs seems to be refused; no page says so.", ("job/a scheduled job is not started again", "job/start of a started real-time job", "job/start of a paused job", "job/start of a stopping job")),
    Ambiguity("event jobs", "What a job shows whose event was suspended.", ("job/failed run of an event job",)),
    Ambiguity("failed stops", "Whether a stop can fail.", ("job/failure while stopping",)),
    Ambiguity("more states", "The SDK knows five more words for the status of a real-time job.", ("job/words only the SDK knows",)),
    Ambiguity("batch status", "The status call is described for real-time jobs, and answers for a batch job.", ("job/a stopped batch job's status is shown", "job/status of a scheduled batch job")),
    Ambiguity("run at once", "Whether a scheduled job runs at once.", ("job/run at once while scheduled", "job/a real-time job does not run at once")),
    Ambiguity("edit", "Whether a scheduled job can be edited, and whether an edit can change its type.", not_modelled="editing is outside this model"),
    Ambiguity("start's needs", "Versions, reviews, dependencies and nodes that a start needs.", ("what a start needs", "DLF.3051", "job without nodes", "DLF.1006", "DLF.3025")),
    Ambiguity("names", "The case and the scope of a name.", ("case of a name", "scope of a name", f"job/{TAKEN_ELSEWHERE}", "a name that is taken has a job")),
    Ambiguity("quota", "How many jobs there may be, and per what.", ("number of jobs", "DLF.0101")),
    Ambiguity("filter", "What a filter on names matches, and in what order a list comes.", ("match of a name filter", "order of a list")),
    Ambiguity("codes", "Newer editions put a digit before the numbers of codes.", ("code of an unknown job", "DLF.0100")),
    Ambiguity("null", "No page says whether a member without a value is left out or null.", not_modelled="replies may do either; a mandatory member has a value"),
    Ambiguity("malformed requests", "The table has codes for some invalid requests; no page says which are refused, and one client's test sends a date that is none and is obeyed.", ("DLF.3018", "DLF.3004", "DLF.3025", "DLF.3050", "DLF.3051")),
    Ambiguity("error members", "The OpenAPI text of the list has errorCode and errorMsg.", ("an error is two texts",)),
)

API = Api(
    name="dataarts",
    title="Huawei Cloud DataArts Studio, DataArts Factory",
    page="Stopping a Job, DataArts Studio API Reference (Open Telekom Cloud), 2023-07-10",
    service="dataarts",
    tenancy="PROJECT_ID/WORKSPACE",
    documents=(PAGE, OTC, UMN, HUAWEI, SDK, TF, GOPHER, FIELD, KESTRA),
    lifecycles=(JOB,),
    bindings=_BINDINGS,
    errors=_ERRORS,
    questions=_DATA_QUESTIONS,
    rules=_RULES,
    statements=_STATEMENTS,
    ambiguities=_AMBIGUITIES,
    nulls=ANY_MEMBER,
    shapes_by=OTC,
    malformed=OTC.implies("appendix, error codes: invalid names, schedules, descriptions and parameters; which calls answer them is not said"),
    list_lag=Period(_LAG_S, TF.implies("job resources: the first look after an order is 10 s later")),
)
