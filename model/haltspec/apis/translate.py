"""Amazon Translate: asynchronous batch translation jobs.

Jobs: one kind, one lifecycle (`job`). Calls: StartTextTranslationJob, DescribeTextTranslationJob,
ListTextTranslationJobs, StopTextTranslationJob. Not covered: real-time translation, terminologies, parallel data (their
names in a start are echoed, never looked up), events sent when a job ends, contents of the output.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from haltspec import rules
from haltspec.apis.shared import aws_common_errors, data_question
from haltspec.lts import (
    ABSENT,
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
    Reply,
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
from haltspec.spec import Ambiguity, Api, Binding, ErrorSpec, Nature, Pattern, Statement

# ---- sources --------------------------------------------------------------------------------------------------------

PAGE: Final = Document("StopTextTranslationJob", "Translate API Reference, StopTextTranslationJob", "2021-08-17")
REF: Final = Document("APIREF", "Translate API Reference, other pages", "2022-06")
GUIDE: Final = Document("GUIDE", "Translate Developer Guide", "2022-12-08")
MODEL: Final = Document("BOTO", "botocore service model translate/2017-07-01", "1.43.11")
SMITHY: Final = Document("SMITHY", "AWS API models, translate-2017-07-01, and the Smithy specification", "2025-04-02")
SISTER: Final = Document(
    "aws-sdk-java#1684", "aws-sdk-java issue 1684: real answer of Comprehend to a malformed request", "as quoted there"
)
REPORTED: Final = Document(
    "subtitles#3", "aws-samples, translation of video subtitles, issue 3: a real refusal of a start", "as quoted there"
)

# ---- states ---------------------------------------------------------------------------------------------------------

REPEATED: Final = "repeated token"
_ENDED = ("COMPLETED", "COMPLETED_WITH_ERROR", "FAILED", "STOPPED")
_UNSTOPPABLE = ("COMPLETED", "COMPLETED_WITH_ERROR", "FAILED")
_EXISTING = ("SUBMITTED", "IN_PROGRESS", "STOP_REQUESTED", *_ENDED)
_STATES = (
    State(ABSENT, note="never started; a started job never disappears, since nothing deletes it"),
    State("SUBMITTED", note="received and queued"),
    State("IN_PROGRESS", note="being processed"),
    State("STOP_REQUESTED", note="a stop was asked for and is being processed"),
    State("COMPLETED", terminal=True, note="done, output available"),
    State("COMPLETED_WITH_ERROR", terminal=True, note="done, some documents failed; the output tells which"),
    State("FAILED", terminal=True, note="did not complete; Message says why"),
    State("STOPPED", terminal=True, note="stopped without completing"),
)
_STATUS = "StartTextTranslationJobResponse, JobStatus"

# ---- silent cells ---------------------------------------------------------------------------------------------------


def _stop_reading(
    name: str,
    sentence: str,
    row: str,
    states: tuple[str, ...],
    reply: Reply,
    target: str,
    reason: str,
    evidence: str = "",
    *,
    also: tuple[Transition, ...] = (),
) -> Reading:
    """A reading of a silent cell of Stop, with its one row, or `also` with others."""
    own = Transition(row, states, call("Stop", reply, when=PLAIN), target, assumed(reason), free=True)
    return Reading(name, sentence, (own, *also), evidence)


SAYS_STOPPED: Final = ", the reply says STOPPED"
"""How the names of rows end that are taken under a reading of `status in the reply of a stop`."""


def _says_stopped(row: str, state: str) -> Transition:
    """The stop of `row`, answered with the status that the job will have when the stopping is completed."""
    return Transition(
        f"{row}{SAYS_STOPPED}",
        state,
        call("Stop", ok("STOPPED"), when=PLAIN),
        "STOP_REQUESTED",
        assumed("'upon successful completion' may be meant of the call"),
        free=True,
    )


def _stop_question(
    name: str, asks: str, states: tuple[str, ...], readings: tuple[Reading, ...], evidence: str
) -> OpenQuestion:
    return OpenQuestion(
        name, asks, readings, readings[0].name, evidence, states=states, operation="Stop", when=(PLAIN,)
    )


_QUEUED = ("SUBMITTED",)
_STOP_QUEUED = _stop_question(
    "stop while queued",
    "What does a stop of a SUBMITTED job answer, and where does it lead?",
    _QUEUED,
    (
        _stop_reading(
            "stop_requested",
            "Accepted like a stop of a running job.",
            "stop asked while queued",
            _QUEUED,
            ok("STOP_REQUESTED"),
            "STOP_REQUESTED",
            "a stop soon after the start is accepted",
            "AWS's own test (code examples, ABAP) stops 20 s after the start without looking at the state and then waits for STOPPED; a proposed cleaning tool stops SUBMITTED jobs too (ekristen/aws-nuke PR 900)",
            also=(_says_stopped("stop asked while queued", "SUBMITTED"),),
        ),
        _stop_reading(
            "stopped",
            "Nothing has to be waited for: stopped at once.",
            "stopped at once while queued",
            _QUEUED,
            ok("STOPPED"),
            "STOPPED",
            "'otherwise' may mean: if it is not IN_PROGRESS",
        ),
        _stop_reading(
            "refused",
            "Only a job in progress can be stopped.",
            "stop refused while queued",
            _QUEUED,
            refused("InvalidRequestException"),
            SAME,
            "the guide: while its status is IN_PROGRESS",
        ),
    ),
    "The page and the guide speak of IN_PROGRESS only; no declared error says that the state is wrong.",
)
_PENDING = ("STOP_REQUESTED",)
_STOP_AGAIN = _stop_question(
    "stop while a stop is pending",
    "What does a stop of a STOP_REQUESTED job answer?",
    _PENDING,
    (
        _stop_reading(
            "accepted",
            "Idempotent: STOP_REQUESTED again.",
            "stop asked again",
            _PENDING,
            ok("STOP_REQUESTED"),
            SAME,
            "no declared error says that the state is wrong",
            also=(_says_stopped("stop asked again", "STOP_REQUESTED"),),
        ),
        _stop_reading(
            "refused",
            "Only a job IN_PROGRESS can be stopped.",
            "second stop refused",
            _PENDING,
            refused("InvalidRequestException"),
            SAME,
            "the page names IN_PROGRESS only",
        ),
    ),
    "Not covered.",
)
_GONE = ("STOPPED",)
_STOP_STOPPED = _stop_question(
    "stop of a stopped job",
    "What does a stop of a STOPPED job answer?",
    _GONE,
    (
        _stop_reading(
            "accepted",
            "Idempotent: STOPPED.",
            "a stopped job may be stopped again",
            _GONE,
            ok("STOPPED"),
            SAME,
            "fits: upon successful completion the status is STOPPED",
        ),
        _stop_reading(
            "refused",
            "Only a job IN_PROGRESS can be stopped.",
            "stop of a stopped job refused",
            _GONE,
            refused("InvalidRequestException"),
            SAME,
            "the page names IN_PROGRESS only",
        ),
    ),
    "Not covered; Comprehend's sister page states that STOPPED is answered.",
)
_STOP_ENDED = _stop_question(
    "stop of an ended job",
    "What does a stop of a COMPLETED, COMPLETED_WITH_ERROR or FAILED job answer?",
    _UNSTOPPABLE,
    (
        _stop_reading(
            "present status",
            "Answered with the status it has.",
            "stop of an ended job shows its status",
            _UNSTOPPABLE,
            ok(),
            SAME,
            "the declared errors have nothing for a wrong state",
        ),
        _stop_reading(
            "InvalidRequestException",
            "Refused, as Comprehend does.",
            "stop of an ended job is an invalid request",
            _UNSTOPPABLE,
            refused("InvalidRequestException"),
            SAME,
            "the sister service states it; not declared here",
        ),
        _stop_reading(
            "ValidationException",
            "Refused by the framework's error.",
            "stop of an ended job does not validate",
            _UNSTOPPABLE,
            refused("ValidationException"),
            SAME,
            "declared by no operation, answered by many",
        ),
        _stop_reading(
            "ResourceNotFoundException",
            "There is no running job of that id.",
            "an ended job is not found by a stop",
            _UNSTOPPABLE,
            refused("ResourceNotFoundException"),
            SAME,
            "the only declared error of the kind",
        ),
    ),
    "Not covered. No declared error can say it; 'otherwise ... STOPPED' cannot mean ended jobs, which would lose their end.",
)


def _ends_after_stop(event: str, target: str, row: str, default: str, evidence: str) -> OpenQuestion:
    return OpenQuestion(
        f"{target} after a stop was asked for",
        f"Can a STOP_REQUESTED job become {target}?",
        (
            Reading(
                "possible",
                "The job ends as it would have.",
                (Transition(row, "STOP_REQUESTED", internal(event), target, assumed(evidence)),),
            ),
            Reading("impossible", "The page knows COMPLETED, 'otherwise' STOPPED."),
        ),
        default,
        evidence,
        states=("STOP_REQUESTED",),
    )


_EARLY_FAILURE = OpenQuestion(
    "failure while queued",
    "Can a SUBMITTED job become FAILED without being IN_PROGRESS?",
    (
        Reading(
            "possible",
            "Access is checked before the job is picked up.",
            (
                Transition(
                    "failed while queued", "SUBMITTED", internal("fail"), "FAILED", assumed("nothing prevents it")
                ),
            ),
        ),
        Reading("impossible", "A job fails only once it is being processed."),
    ),
    "possible",
    "Silent.",
    states=_QUEUED,
)
_REPLAY = OpenQuestion(
    "status of a replayed start",
    "A start repeated with its token and parameters answers for the first job: with which status?",
    (
        Reading(
            "present",
            "The status the job has now.",
            (
                Transition(
                    "replayed start shows the present status",
                    _EXISTING,
                    call("Start", ok(), when=REPEATED),
                    SAME,
                    assumed("as Describe would"),
                    free=True,
                ),
            ),
        ),
        Reading(
            "first",
            "The answer of the first call, SUBMITTED.",
            (
                Transition(
                    "replayed start shows the first status",
                    _EXISTING,
                    call("Start", ok("SUBMITTED"), when=REPEATED),
                    SAME,
                    assumed("a replay gives the recorded answer"),
                    free=True,
                ),
            ),
        ),
    ),
    "present",
    "ClientToken is marked as an idempotency token; what a replay answers, and with which status, is silent.",
    states=_EXISTING,
    operation="Start",
    when=(REPEATED,),
)

# ---- data rules -----------------------------------------------------------------------------------------------------

_SHOWN = GUIDE.implies("async-monitor.md and async-start.md, examples")
_COUNTS = ("TranslatedDocumentsCount", "DocumentsWithErrorsCount", "InputDocumentsCount")


def _counts(sight: rules.Sight) -> str | None:
    done, bad, given = (rules.value_at(sight.job, f"JobDetails.{name}") or 0 for name in _COUNTS)
    if not all(isinstance(count, int) for count in (done, bad, given)):
        return None  # wire types are another rule
    if min(done, bad, given) < 0 or done + bad > given:
        return f"{done} documents translated and {bad} with errors, of {given}"
    return None


def _counts_at_end(sight: rules.Sight) -> str | None:
    details = sight.job.get("JobDetails")
    if sight.status not in ("COMPLETED", "COMPLETED_WITH_ERROR") or not isinstance(details, Mapping):
        return None
    done, bad, given = (details.get(name) or 0 for name in _COUNTS)
    if not all(isinstance(count, int) for count in (done, bad, given)):
        return None
    if done + bad != given:
        return f"{sight.status} with {done} documents translated and {bad} with errors, of {given}"
    if (bad > 0) != (sight.status == "COMPLETED_WITH_ERROR"):
        return f"{sight.status} with {bad} documents with errors"
    return None


def _output_rewritten(sight: rules.Sight) -> str | None:
    uri = rules.value_at(sight.job, "OutputDataConfig.S3Uri")
    given = rules.value_at(sight.created, "OutputDataConfig.S3Uri") if sight.created else None
    job_id = sight.job.get("JobId")
    if not sight.full or not isinstance(uri, str) or not isinstance(given, str) or not isinstance(job_id, str):
        return None
    if uri.startswith(given) and f"-TranslateText-{job_id}/" in uri:
        return None
    expected = f"{given.removesuffix('/')}/ACCOUNT-TranslateText-{job_id}/"
    return f"OutputDataConfig.S3Uri is {uri!r}; {expected!r} was expected, with the ACCOUNT of the job"


def _keeps_source(sight: rules.Sight) -> str | None:
    """Of `auto` it is silent whether it is shown, or what was found in its place."""
    given, shown = (sight.created or {}).get("SourceLanguageCode"), sight.job.get("SourceLanguageCode")
    if not sight.full or given in (None, "auto", shown):
        return None
    return f"SourceLanguageCode is {shown!r}; the request gave {given!r}"


def _stop_shows_status(sight: rules.Sight) -> str | None:
    """What a stop shows of a job that has ended is how it ended, or STOPPED, as the second sentence may be read."""
    ended = sight.earlier
    while ended is not None and not (ended.full and ended.status in _ENDED):
        ended = ended.earlier
    if sight.binding.role != "Stop" or ended is None or sight.status in ("", ended.status, "STOPPED"):
        return None
    return f"the stop shows {sight.status}; the job was {ended.status} before"


_JOB_RULES = (
    *(
        rules.present(m, _SHOWN)
        for m in (
            "JobId",
            "JobStatus",
            "SubmittedTime",
            "SourceLanguageCode",
            "TargetLanguageCodes",
            "InputDataConfig",
            "OutputDataConfig",
            "DataAccessRoleArn",
        )
    ),
    rules.present(
        "EndTime", MODEL.implies("TextTranslationJobProperties, EndTime; GUIDE async-monitor.md"), when=_ENDED
    ),
    rules.absent(
        "EndTime",
        MODEL.implies("TextTranslationJobProperties, EndTime; GUIDE async-monitor.md"),
        when=("SUBMITTED", "IN_PROGRESS", "STOP_REQUESTED"),
    ),
    rules.present("Message", GUIDE.states("async-results.md"), when=("FAILED",)),
    rules.present(
        "Message",
        assumed("one example of a COMPLETED job has it; the other, which contradicts itself, has not"),
        when=("COMPLETED",),
    ),
    rules.absent("Message", GUIDE.implies("async-monitor.md, example"), when=("STOP_REQUESTED",)),
    rules.absent("Message", assumed("nothing to tell yet"), when=("SUBMITTED", "IN_PROGRESS")),
    rules.present("JobDetails", GUIDE.implies("async-monitor.md, example"), when=("COMPLETED", "COMPLETED_WITH_ERROR")),
    rules.constant("SubmittedTime", _SHOWN),
    rules.constant("EndTime", MODEL.implies("TextTranslationJobProperties, EndTime")),
    rules.ordered(("SubmittedTime", "EndTime"), _SHOWN),
    rules.holds(
        "document counts add up",
        "Documents translated and documents with errors are never more than the input.",
        assumed("natural reading of the three counts"),
        _counts,
    ),
    rules.holds(
        "document counts fit the end",
        "Every document of a completed job is translated or has errors, which there are iff it is COMPLETED_WITH_ERROR.",
        assumed("natural reading of the three counts"),
        _counts_at_end,
    ),
    *(rules.monotone(f"JobDetails.{name}", assumed("documents are not undone")) for name in _COUNTS[:2]),
    *(rules.echoes(m, _SHOWN) for m in ("InputDataConfig", "DataAccessRoleArn", "TargetLanguageCodes")),
    rules.holds(
        "SourceLanguageCode is as given",
        "A described job has SourceLanguageCode as given, unless that was auto.",
        _SHOWN,
        _keeps_source,
    ),
    rules.holds(
        "a stop shows the status of the job",
        "The reply to the stop of a job that has ended shows how it ended, or STOPPED.",
        PAGE.implies("Response Elements, JobStatus; nothing leaves the statuses that end a job"),
        _stop_shows_status,
        on_status=True,
    ),
    *(
        rules.echoes(m, assumed("examples without them omit them"))
        for m in ("JobName", "TerminologyNames", "ParallelDataNames", "Settings")
    ),
    rules.holds(
        "OutputDataConfig tells where the output is",
        "A described job's output URI is the given prefix plus ACCOUNT-TranslateText-JOBID/.",
        GUIDE.implies("async-monitor.md and async-start.md, three examples"),
        _output_rewritten,
    ),
    rules.answers_for("JobId", "JobId", PAGE.states("Response Elements, JobId")),
)


def _passes(request: Mapping[str, Any], item: rules.Job) -> str | None:
    given = request.get("Filter")
    if not isinstance(given, Mapping) or len(given) != 1:
        return None
    (name, want), submitted = next(iter(given.items())), rules.seconds(item.get("SubmittedTime"))
    if name == "JobStatus" and item.get("JobStatus", want) != want:
        return f"a job that shows {item['JobStatus']} is listed under JobStatus = {want}"
    has = item.get("JobName", want)
    if name == "JobName" and isinstance(has, str) and not has.startswith(want):
        return f"a job called {has!r} is listed under JobName = {want!r}"
    limit = rules.seconds(want)
    if submitted is not None and limit is not None:
        # Whether the bound itself is included is silent, and SDKs send whole seconds: only a clear breach counts.
        if name == "SubmittedBeforeTime" and submitted >= limit + 1:
            return f"a job submitted at {submitted} is listed under {name} = {limit}"
        if name == "SubmittedAfterTime" and submitted <= limit - 1:
            return f"a job submitted at {submitted} is listed under {name} = {limit}"
    return None


def _order(request: Mapping[str, Any]) -> int:
    given = request.get("Filter")
    if not isinstance(given, Mapping) or len(given) != 1:
        return 0
    return {"SubmittedBeforeTime": 1, "SubmittedAfterTime": -1}.get(next(iter(given)), 0)


_LIST_RULES = (
    rules.listed_match(
        "listed jobs pass the filter",
        "A list holds only jobs that match its filter.",
        MODEL.states("TextTranslationJobFilter"),
        _passes,
    ),
    rules.sorted_by(
        "lists under a time filter are in order",
        "A list filtered by SubmittedBeforeTime is oldest first, by SubmittedAfterTime newest first.",
        MODEL.states("TextTranslationJobFilter, SubmittedBeforeTime and SubmittedAfterTime"),
        lambda job: rules.seconds(job.get("SubmittedTime")),
        lambda exchange: _order(exchange.request),
    ),
)

# ---- the lifecycle --------------------------------------------------------------------------------------------------

_RETENTION: Final = Period(
    86_400.0, assumed("records age out, says a third party, without a period; nobody says within a day")
)

JOB = Lifecycle(
    api="translate",
    name="job",
    title="batch translation job",
    kinds=(Kind("text-translation", "TextTranslationJob"),),
    states=_STATES,
    operations=(
        Operation(
            "Start",
            Role.CREATE,
            (RequestClass(REPEATED, "The token made this job before, with the same parameters.", only_in=_EXISTING),),
            plain_in=(ABSENT,),
        ),
        Operation("Describe", Role.READ),
        Operation("List", Role.LIST),
        Operation("Stop", Role.ORDER),
    ),
    transitions=(
        Transition(
            "started",
            ABSENT,
            call("Start", ok("SUBMITTED"), when=PLAIN),
            "SUBMITTED",
            GUIDE.implies("async-start.md, example"),
        ),
        Transition(
            "picked up",
            "SUBMITTED",
            internal("begin"),
            "IN_PROGRESS",
            MODEL.implies(f"{_STATUS}: queued for processing"),
        ),
        Transition(
            "finished", "IN_PROGRESS", internal("complete"), "COMPLETED", PAGE.states("Description, 2nd paragraph")
        ),
        Transition(
            "finished with errors",
            "IN_PROGRESS",
            internal("complete with error"),
            "COMPLETED_WITH_ERROR",
            MODEL.implies(_STATUS),
        ),
        Transition("failed", "IN_PROGRESS", internal("fail"), "FAILED", MODEL.implies(_STATUS)),
        Transition(
            "described", _EXISTING, call("Describe", ok()), SAME, REF.states("DescribeTextTranslationJob, response")
        ),
        Transition(
            "unknown id is not described",
            ABSENT,
            call("Describe", refused("ResourceNotFoundException")),
            SAME,
            MODEL.states("DescribeTextTranslationJob, errors"),
        ),
        Transition("listed", _EXISTING, call("List", ok()), SAME, REF.states("ListTextTranslationJobs, response")),
        Transition(
            "not listed before it exists",
            ABSENT,
            call("List", ok()),
            SAME,
            REF.implies("ListTextTranslationJobs, response"),
        ),
        # The move is stated; that the reply shows it follows from 'the status of the designated job' and an example.
        Transition(
            "stop asked",
            "IN_PROGRESS",
            call("Stop", ok("STOP_REQUESTED"), when=PLAIN),
            "STOP_REQUESTED",
            PAGE.implies("Description, 2nd paragraph; JobStatus, 1st sentence"),
            free=True,
        ),
        _says_stopped("stop asked", "IN_PROGRESS"),
        Transition(
            "stop took effect", "STOP_REQUESTED", internal("halt"), "STOPPED", PAGE.states("Description, 2nd paragraph")
        ),
        Transition(
            "finished before the stop took effect",
            "STOP_REQUESTED",
            internal("complete"),
            "COMPLETED",
            PAGE.states("Description, 2nd paragraph"),
        ),
        Transition(
            "unknown id is not stopped",
            ABSENT,
            call("Stop", refused("ResourceNotFoundException")),
            SAME,
            PAGE.states("Errors"),
        ),
    ),
    questions=(
        _EARLY_FAILURE,
        _ends_after_stop(
            "complete with error",
            "COMPLETED_WITH_ERROR",
            "finished with errors before the stop took effect",
            "possible",
            "The page leaves the status out; 'completes' probably includes it.",
        ),
        _ends_after_stop(
            "fail",
            "FAILED",
            "failed before the stop took effect",
            "impossible",
            "'Otherwise' read strictly excludes it; nothing prevents a running job from failing.",
        ),
        _STOP_QUEUED,
        _STOP_AGAIN,
        _STOP_STOPPED,
        _STOP_ENDED,
        _REPLAY,
    ),
    frame=GUIDE.implies("monitoring-with-eventbridge.md: four statuses end a job; the meaning of each status"),
    id_member="JobId",
    status_members=("JobStatus",),
    progress=(
        LeadsTo(
            "a stop leads to an end",
            "A job whose stop was accepted is STOPPED or COMPLETED (or has another end) in the end.",
            ("STOP_REQUESTED",),
            _ENDED,
            PAGE.states("Description, 2nd paragraph"),
        ),
        LeadsTo(
            "a started job ends",
            "A job that was started ends.",
            ("SUBMITTED", "IN_PROGRESS"),
            _ENDED,
            MODEL.implies(_STATUS),
        ),
    ),
    rules=(*_JOB_RULES, *_LIST_RULES),
    retention=_RETENTION,
)

# ---- operations on the wire -----------------------------------------------------------------------------------------


def _would_list(request: Mapping[str, Any], _job_id: str, _made: Mapping[str, Any] | None) -> Pattern | None:
    """What a complete listing under a filter leaves out; of filters on names and times a data rule tells."""
    given = request.get("Filter") or {}
    if not given:
        return ()
    return (given["JobStatus"],) if set(given) == {"JobStatus"} else None


_START, _DESCRIBE, _LIST, _STOP = (
    "StartTextTranslationJob",
    "DescribeTextTranslationJob",
    "ListTextTranslationJobs",
    "StopTextTranslationJob",
)
_BINDINGS = (
    Binding(_START, "job", "Start", view=(), token_in="ClientToken"),
    Binding(_DESCRIBE, "job", "Describe", id_in="JobId", view=("TextTranslationJobProperties",), full=True),
    Binding(
        _LIST,
        "job",
        "List",
        items=("TextTranslationJobPropertiesList",),
        full=True,
        would_list=_would_list,
        filters_in=("Filter",),
        next_in="NextToken",
        next_out="NextToken",
        limit_in="MaxResults",
    ),
    Binding(_STOP, "job", "Stop", id_in="JobId", view=()),
)

# ---- errors ---------------------------------------------------------------------------------------------------------

_ALL = (_START, _DESCRIBE, _LIST, _STOP)
_ERRORS = (
    ErrorSpec("InternalServerException", (500,), (Nature.FAULT,), PAGE.states("Errors"), _ALL),
    ErrorSpec(
        "ResourceNotFoundException",
        (400, 404),
        (Nature.REFUSAL, Nature.ENVIRONMENT),
        PAGE.states("Errors"),
        (_START, _DESCRIBE, _STOP),
        note="400 on the pages, 404 in the Smithy model; for a start: a terminology or parallel data is missing",
    ),
    ErrorSpec(
        "TooManyRequestsException",
        (400, 429),
        (Nature.THROTTLE,),
        PAGE.states("Errors"),
        _ALL,
        note="400 on the pages, 429 in the Smithy model",
    ),
    ErrorSpec(
        "InvalidRequestException",
        (400,),
        (Nature.INVALID, Nature.REFUSAL),
        MODEL.states("errors of Start and List"),
        (_START, _LIST),
        note="not declared by Describe and Stop",
    ),
    ErrorSpec(
        "InvalidParameterValueException",
        (400,),
        (Nature.INVALID,),
        MODEL.states("StartTextTranslationJob, errors (since 2021-11-05)"),
        (_START,),
    ),
    ErrorSpec(
        "UnsupportedLanguagePairException",
        (400,),
        (Nature.ENVIRONMENT,),
        MODEL.states("StartTextTranslationJob, errors"),
        (_START,),
        note="tells SourceLanguageCode and TargetLanguageCode",
    ),
    ErrorSpec(
        "InvalidFilterException",
        (400,),
        (Nature.INVALID,),
        MODEL.states("ListTextTranslationJobs, errors"),
        (_LIST,),
        note="no occurrence was found",
    ),
    ErrorSpec(
        "LimitExceededException",
        (400,),
        (Nature.ENVIRONMENT,),
        assumed("in the model, declared by other operations; a candidate for a full queue"),
        (_START,),
    ),
    ErrorSpec(
        "NotAuthorizedException",
        (400,),
        (Nature.ACCESS,),
        REPORTED.implies("a start in a region without batch translation"),
        note="answers about the account, hence any operation may answer it",
    ),
    *aws_common_errors(REF.states("CommonErrors.md"), SISTER.implies("undeclared; seen on the sister service")),
)

# ---- questions about data -------------------------------------------------------------------------------------------

_QUESTIONS = (
    data_question(
        "status in the reply of a stop",
        "Which status does the reply of an accepted stop of a running job show?",
        "present",
        ("STOPPED",),
        "'Upon successful completion, the job's status will be STOPPED': of the stopping (then the reply shows STOP_REQUESTED) or of the call. The first paragraph, the guide's example, AWS's own test and the seven values speak for the former.",
    ),
    data_question(
        "repeated token, other parameters",
        "What does a token used before answer with other parameters?",
        "InvalidRequestException",
        ("same job", "new job"),
        "Silent.",
    ),
    data_question("life of a token", "How long is a token remembered?", "for ever", ("one day",), "Silent."),
    data_question(
        "error for a malformed request",
        "Which error answers a request that breaks a length, pattern, enum or range?",
        "ValidationException",
        ("InvalidRequestException",),
        "ValidationException was seen on the sister service; only Start and List declare InvalidRequestException.",
    ),
    data_question(
        "error for a malformed JobId",
        "Which error answers a JobId that breaks its length or pattern?",
        "ValidationException",
        ("ResourceNotFoundException",),
        "Describe and Stop declare no error for invalid requests: the framework's error, or an id that nobody has.",
    ),
    data_question(
        "HTTP status of not found",
        "Which HTTP status does ResourceNotFoundException carry?",
        "400",
        ("404",),
        "400 on the pages; 404 in the Smithy model, whose HTTP traits this protocol must ignore.",
    ),
    data_question(
        "HTTP status of throttling",
        "Which HTTP status does TooManyRequestsException carry?",
        "400",
        ("429",),
        "As above: 400 on the pages, 429 in the Smithy model.",
    ),
    data_question(
        "error for two filters",
        "Which error answers a list with two filters?",
        "InvalidRequestException",
        ("InvalidFilterException",),
        "Silent here; the sister service was seen to answer InvalidRequestException.",
    ),
    data_question(
        "order of an unfiltered list",
        "In what order does a list without a time filter come?",
        "oldest first",
        ("newest first",),
        "Silent.",
    ),
    data_question(
        "time filters at the bound",
        "Is a job submitted exactly at the bound of a time filter listed?",
        "no",
        ("yes",),
        "Silent; 'before' and 'after' suggest strict.",
    ),
    data_question(
        "filter on a job's name", "Does the JobName filter match exactly or a prefix?", "exact", ("prefix",), "Silent."
    ),
    data_question(
        "page token with other parameters",
        "What does a NextToken answer with another filter or size?",
        "continues",
        ("InvalidRequestException",),
        "Silent.",
    ),
    data_question(
        "languages of a start",
        "How many target languages may a job have, and may the source be 'auto'?",
        "10 and auto",
        ("1",),
        "One target and no 'auto' when the page was written; the limit went on 2022-09-29, 'auto' came on 2022-12-15, and the text says up to 10.",
    ),
    data_question(
        "content type not supported",
        "What does a start with a content type that the text does not list answer?",
        "accepted",
        ("InvalidRequestException", "InvalidParameterValueException"),
        "The shape takes any; the job may fail later.",
    ),
    data_question(
        "input at the top of a bucket",
        "What does a start answer whose input is not in a folder?",
        "accepted",
        ("InvalidRequestException",),
        "The guide: an error when one attempts to run the job; of the start, or a job that fails. The same of a folder called details below it.",
    ),
    data_question(
        "Brevity in a batch",
        "What does a start with Settings.Brevity answer?",
        "accepted",
        ("InvalidRequestException",),
        "The text says it is not supported for batches, not what happens.",
    ),
    data_question(
        "terminology missing",
        "What does a start answer that names a terminology or parallel data which no operation served here can make?",
        "accepted",
        ("ResourceNotFoundException",),
        "The error is declared for it; whether there is one of that name cannot be known here.",
    ),
    data_question(
        "too many jobs",
        "What does a start answer when ten jobs run and a thousand are queued?",
        "TooManyRequestsException",
        ("LimitExceededException",),
        "The guide gives the quotas; of the declared errors only the former fits.",
    ),
    data_question(
        "slot of a stopping job",
        "Does a STOP_REQUESTED job take one of the ten places of running jobs?",
        "yes",
        ("no",),
        "Silent; how many jobs run at once is not visible through these calls.",
    ),
    data_question(
        "documents of several languages",
        "Does a document count once, or once for each target language?",
        "once",
        ("for each language",),
        "Silent.",
    ),
    data_question(
        "output of a stopped job",
        "Is the output of the documents already translated written?",
        "yes",
        ("no",),
        "Silent; the sister service states it. Outputs are not visible through these calls.",
    ),
    data_question(
        "retention",
        "How long is a job remembered?",
        "for ever",
        ("ages out",),
        "Silent; a third party says that records age out, without a period.",
    ),
)


def _too_many_names(exchange: rules.Exchange) -> str | None:
    names = ("TerminologyNames", "ParallelDataNames")
    given = next((name for name in names if len(exchange.request.get(name) or ()) > 1), None)
    if exchange.operation != _START or not exchange.succeeded or given is None:
        return None
    return f"{given} has {len(exchange.request[given])} names and the job was started"


def _too_many_languages(exchange: rules.Exchange) -> str | None:
    targets = exchange.request.get("TargetLanguageCodes") or ()
    if exchange.operation != _START or not exchange.succeeded or len(targets) <= _MOST_TARGETS:
        return None
    return f"{len(targets)} target languages were given and the job was started"


_MOST_TARGETS: Final = 10
_USUAL_PAGE: Final = 100
_FILTERS: Final = rules.Filters(
    filter_in="Filter",
    name="JobName",
    submitted="SubmittedTime",
    before="SubmittedBeforeTime",
    after="SubmittedAfterTime",
    id_member="JobId",
    status="JobStatus",
    live=("SUBMITTED", "IN_PROGRESS", "STOP_REQUESTED"),
    kept_s=_RETENTION.seconds,
)
_RULES = (
    rules.filters_find(
        MODEL.implies("TextTranslationJobFilter: the jobs of a name, or submitted before or after"), _BINDINGS, _FILTERS
    ),
    rules.pages_lead_on(MODEL.implies("ListTextTranslationJobsResponse: NextToken"), _BINDINGS, "JobId"),
    rules.one_per_token(SMITHY.implies("idempotencyToken trait on ClientToken")),
    rules.page_size(MODEL.states("ListTextTranslationJobs, MaxResults")),
    rules.one_filter(
        "Filter", "InvalidRequestException", MODEL.states("ListTextTranslationJobs, Filter: one at a time")
    ),
    rules.usual_page(_USUAL_PAGE, MODEL.states("ListTextTranslationJobs, MaxResults: the default")),
    rules.success_is(200, PAGE.states("Response Elements; the same on the other pages")),
    rules.tells(
        "a start tells id and status", (_START,), ("JobId", "JobStatus"), GUIDE.implies("async-start.md, example")
    ),
    rules.tells("a stop tells id and status", (_STOP,), ("JobId", "JobStatus"), PAGE.states("Response Elements")),
    rules.tells(
        "a description shows the job",
        (_DESCRIBE,),
        ("TextTranslationJobProperties.JobId",),
        REF.states("DescribeTextTranslationJob, response"),
    ),
    rules.tells(
        "a list has its list",
        (_LIST,),
        ("TextTranslationJobPropertiesList",),
        REF.implies("ListTextTranslationJobs, response"),
    ),
    rules.CallRule(
        "a job has one terminology and one parallel data at most",
        "A start with several names of terminologies or of parallel data is refused.",
        MODEL.states("StartTextTranslationJob, TerminologyNames and ParallelDataNames"),
        _too_many_names,
    ),
    rules.CallRule(
        "a job has at most 10 target languages",
        "A start with more than 10 target languages is refused.",
        MODEL.states("StartTextTranslationJob, TargetLanguageCodes"),
        _too_many_languages,
    ),
    rules.once_per_page("JobId", REF.implies("ListTextTranslationJobs, response: the properties of each job")),
)

# ---- what the page says ---------------------------------------------------------------------------------------------

_STATEMENTS = (
    Statement(
        1,
        "Description, 1st sentence",
        "The call stops a batch translation job that is in progress.",
        ("job/stop asked", "job/stop while queued"),
    ),
    Statement(
        2,
        "Description, 2nd paragraph",
        "A job IN_PROGRESS is marked for termination and becomes STOP_REQUESTED.",
        ("job/stop asked",),
    ),
    Statement(
        3,
        "Description, 2nd paragraph",
        "If it completes before it can be stopped, it becomes COMPLETED.",
        ("job/finished before the stop took effect", "job/COMPLETED_WITH_ERROR after a stop was asked for"),
    ),
    Statement(
        4,
        "Description, 2nd paragraph",
        "Otherwise it becomes STOPPED.",
        ("job/stop took effect", "job/a stop leads to an end", "job/FAILED after a stop was asked for"),
    ),
    Statement(5, "Description, 3rd paragraph", "Jobs are started with StartTextTranslationJob.", ("job/started",)),
    Statement(
        6,
        "Description, 3rd paragraph",
        "The id of a job can be had from a description or a list.",
        ("job/described", "job/listed", "job/JobId is present"),
    ),
    Statement(
        7,
        "Request Parameters",
        "Parameters common to all actions apply.",
        not_modelled="signing belongs to the transport, not to the lifecycle",
    ),
    Statement(
        8,
        "Request Parameters, JobId",
        "JobId is required, 1 to 32 characters, of a pattern.",
        ("error for a malformed JobId", "ValidationException"),
    ),
    Statement(
        9,
        "Response Elements",
        "Success is HTTP 200 with a JSON body.",
        ("success is HTTP 200", "a stop tells id and status"),
    ),
    Statement(
        10, "Response Elements, JobId", "The reply names the stopped job.", ("job/the reply is for the job asked for",)
    ),
    Statement(
        11,
        "Response Elements, JobStatus",
        "The reply shows the status of the job.",
        ("job/stop asked", "job/a stop shows the status of the job"),
    ),
    Statement(
        12,
        "Response Elements, JobStatus",
        "Upon successful completion the status is STOPPED.",
        (
            "status in the reply of a stop",
            "job/stop asked, the reply says STOPPED",
            "job/stop took effect",
            "job/stop of a stopped job",
        ),
    ),
    Statement(
        13,
        "Response Elements, JobStatus",
        "The member's values are the seven job statuses.",
        ("job/stop of an ended job", "job/stop while queued"),
    ),
    Statement(14, "Errors", "InternalServerException: HTTP 500, retry.", ("InternalServerException",)),
    Statement(
        15,
        "Errors",
        "ResourceNotFoundException: HTTP 400, no such job.",
        ("ResourceNotFoundException", "job/unknown id is not stopped"),
    ),
    Statement(16, "Errors", "TooManyRequestsException: HTTP 400, wait and retry.", ("TooManyRequestsException",)),
    Statement(
        17,
        "Errors",
        "The errors common to all actions may be answered too.",
        ("AccessDeniedException", "ThrottlingException", "ServiceUnavailable"),
    ),
)

_AMBIGUITIES = (
    Ambiguity(
        "1",
        "'Upon successful completion ... STOPPED' against STOP_REQUESTED in the first paragraph.",
        ("status in the reply of a stop", "job/stop asked", "job/stop asked, the reply says STOPPED"),
    ),
    Ambiguity(
        "2",
        "'Otherwise': than completing first, or than being IN_PROGRESS? The latter would turn COMPLETED jobs into STOPPED ones; for SUBMITTED it stays possible.",
        ("job/stop took effect", "job/stop while queued", "job/stop of an ended job"),
    ),
    Ambiguity(
        "3",
        "No declared error can say that the state is wrong.",
        ("job/stop of an ended job", "job/a stop shows the status of the job"),
    ),
    Ambiguity(
        "4",
        "COMPLETED_WITH_ERROR is a status, but the prose leaves it out.",
        ("job/COMPLETED_WITH_ERROR after a stop was asked for",),
    ),
    Ambiguity("5", "FAILED after STOP_REQUESTED is not covered.", ("job/FAILED after a stop was asked for",)),
    Ambiguity(
        "6",
        "Stops of SUBMITTED, STOP_REQUESTED and STOPPED jobs are not covered.",
        ("job/stop while queued", "job/stop while a stop is pending", "job/stop of a stopped job"),
    ),
    Ambiguity("7", "Describe is said to give a JobId, but it needs one.", ("job/listed", "job/started")),
    Ambiguity(
        "8",
        "The guide's example of a stop prints a whole job; page and model have JobId and JobStatus.",
        ("job/stop asked",),
    ),
    Ambiguity("9", "The reply speaks of the stopped job when the stop has only been asked for.", ("job/stop asked",)),
    Ambiguity(
        "10",
        "STOP_REQUESTED is described as asked for by the user who started the job.",
        not_modelled="nothing enforces it: whoever is permitted can stop; users are below tenants, which this specification does not tell apart",
    ),
    Ambiguity(
        "11",
        "The id in the example of an event has 36 characters, the maximum is 32.",
        not_modelled="a placeholder in an example of events, which are not covered",
    ),
    Ambiguity(
        "12",
        "One example of a COMPLETED job has no EndTime and counts 0 of 1 documents.",
        (
            "job/EndTime is present when COMPLETED or COMPLETED_WITH_ERROR or FAILED or STOPPED",
            "job/document counts fit the end",
        ),
    ),
    Ambiguity(
        "13",
        "HTTP status 400 on the pages, 404 and 429 in the Smithy model.",
        ("HTTP status of not found", "HTTP status of throttling"),
    ),
    Ambiguity(
        "14",
        "ClientToken is required, yet 'generated for you' by SDKs: a client without one is refused.",
        ("error for a malformed request", "ValidationException"),
    ),
    Ambiguity("15", "Describe and Stop declare no error for a malformed JobId.", ("error for a malformed JobId",)),
    Ambiguity(
        "16",
        "The text of ResourceNotFoundException speaks of trying another resource.",
        ("job/unknown id is not stopped", "job/unknown id is not described"),
    ),
    Ambiguity("17", "Which error answers two filters.", ("error for two filters", "one filter at a time")),
    Ambiguity("18", "Does a stopping job take one of the ten places?", ("slot of a stopping job",)),
    Ambiguity(
        "token",
        "What a token does is not said; the oldest text took it for another service's.",
        (
            "a repeated token makes no second job",
            "repeated token, other parameters",
            "life of a token",
            "job/status of a replayed start",
        ),
    ),
    Ambiguity("queued failure", "Can a SUBMITTED job fail?", ("job/failure while queued",)),
    Ambiguity(
        "counts",
        "What the document counts mean with several languages, and while a job runs.",
        (
            "documents of several languages",
            "job/document counts add up",
            "job/JobDetails.TranslatedDocumentsCount never goes down",
        ),
    ),
    Ambiguity("output", "Is the output of a stopped job written?", ("output of a stopped job",)),
    Ambiguity(
        "OutputDataConfig",
        "'Specified when the job was requested', yet rewritten in every example.",
        ("job/OutputDataConfig tells where the output is",),
    ),
    Ambiguity(
        "content type", "Which error answers a content type that is not supported.", ("content type not supported",)
    ),
    Ambiguity(
        "input folder",
        "Is input at the top of a bucket an error of the start or a failed job?",
        ("input at the top of a bucket",),
    ),
    Ambiguity(
        "limits",
        "Several terminologies or parallel data, or more than ten languages, are refused; with which error is not said.",
        ("a job has one terminology and one parallel data at most", "a job has at most 10 target languages"),
    ),
    Ambiguity(
        "ids",
        "A JobId is 32 hexadecimal digits in every example and up to 32 characters of any script by its type.",
        not_modelled="an example is no rule: the wire types are held against ids, and no more",
    ),
    Ambiguity("terminologies", "Whether what a start names by name is there.", ("terminology missing",)),
    Ambiguity("settings", "What Brevity does in a batch.", ("Brevity in a batch",)),
    Ambiguity(
        "languages",
        "One target language when the page was written, ten now; 'auto' is younger than the page.",
        ("languages of a start",),
    ),
    Ambiguity("queue", "What a start answers when the queue is full.", ("too many jobs",)),
    Ambiguity(
        "lists",
        "Order without a time filter, bounds of time filters, matching of names, tokens with other parameters.",
        (
            "order of an unfiltered list",
            "time filters at the bound",
            "filter on a job's name",
            "page token with other parameters",
        ),
    ),
    Ambiguity("retention", "How long jobs are remembered is silent.", ("retention",)),
    Ambiguity(
        "consistency",
        "How soon a new job or a stop shows in a list is silent, and what pages show while jobs come.",
        not_modelled="a judge may be given a staleness window, and learns nothing from pages while jobs come; the reference model is consistent at once",
    ),
)

API = Api(
    name="translate",
    title="Amazon Translate",
    page="StopTextTranslationJob, Translate Developer Guide, 2021-08-17",
    service="translate",
    tenancy="ACCOUNT/REGION",
    documents=(PAGE, REF, GUIDE, MODEL, SMITHY, SISTER, REPORTED),
    lifecycles=(JOB,),
    bindings=_BINDINGS,
    errors=_ERRORS,
    questions=_QUESTIONS,
    rules=_RULES,
    statements=_STATEMENTS,
    ambiguities=_AMBIGUITIES,
    nulls=("NextToken",),  # the text of ListTextTranslationJobs says that it is null on the last page
)
