"""Amazon Comprehend: asynchronous analysis jobs, and the training of custom models.

Jobs: seven kinds that can be stopped (one lifecycle, `job`), two that cannot (`unstoppable`), and two kinds of model
training (`training`). Calls: Start, Describe, List, Stop of each job kind; Create, Describe, List, StopTraining, Delete
of each model kind. Not covered: synchronous detection, endpoints, flywheels, datasets, tags, resource policies.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
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
    RequestClass,
    Role,
    Rule,
    Source,
    State,
    Transition,
    assumed,
    call,
    internal,
    ok,
    refused,
)
from haltspec.spec import Ambiguity, Api, Binding, ErrorSpec, Nature, Pattern, Statement, reach

# ---- sources --------------------------------------------------------------------------------------------------------

PAGE: Final = Document("StopEntitiesDetectionJob", "Comprehend API Reference, StopEntitiesDetectionJob", "2020-03 to 2021-10")
REF: Final = Document("APIREF", "Comprehend API Reference, other pages", "2022-02-07")
GUIDE: Final = Document("GUIDE", "Comprehend Developer Guide", "2023-03-02")
MODEL: Final = Document("BOTO", "botocore service model comprehend/2017-11-27", "1.43.11")
SMITHY: Final = Document("SMITHY", "AWS API models, comprehend-2017-11-27, and the Smithy specification", "2025-04-02")
WIRE: Final = Document("WIRE", "Smithy, AWS JSON 1.1 protocol", "2.0")
CLI: Final = Document("CLI", "AWS CLI examples for comprehend", "1.45.11")
RECORDED: Final = Document("C7N", "recorded responses in cloud-custodian's test data", "2025")
NUKE: Final = Document("NUKE", "aws-nuke pull requests 653, 696, 884, 1090", "2023")
TERRAFORM: Final = Document("TF", "terraform-provider-aws, internal/service/comprehend", "2025")
MALFORMED: Final = Document("aws-sdk-java#1684", "aws-sdk-java issue 1684 and aws-sdk-js-v3 issue 1061: real answers to malformed Detect calls", "as quoted there")
ISSUE: Final = Document("boto3#2541", "boto3 issue 2541: real answer to a list with two filters", "2020")

# ---- shared by all lifecycles ---------------------------------------------------------------------------------------

FOREIGN: Final = "another kind's id"
REPEATED: Final = "repeated token"
_BY_ID = (RequestClass(FOREIGN, "The id belongs to a job of another kind in the same tenant.", only_in=(ABSENT,)),)
_SUBMITTED_ORDER = {"SubmitTimeBefore": 1, "SubmitTimeAfter": -1}


def _foreign(operation: str, error: str, *accepted: str) -> OpenQuestion:
    """The id of another kind's job: to this kind it is either unknown or (one id space) a job like any other."""
    return OpenQuestion(
        f"{operation} with another kind's id",
        f"Does {operation} of one kind accept the id of a job of another kind?",
        (
            Reading(
                "not found",
                "Each kind's operations know their own jobs only.",
                (
                    Transition(
                        f"{operation} of another kind's job is refused",
                        ABSENT,
                        call(operation, refused(error), when=FOREIGN),
                        SAME,
                        assumed("each kind's property shape cannot carry the members of another kind"),
                        free=True,
                    ),
                ),
            ),
            Reading(
                "one id space",
                "The id is looked up among the jobs of all kinds.",
                (
                    Transition(
                        f"{operation} of another kind's job is answered",
                        ABSENT,
                        call(operation, ok(*accepted), when=FOREIGN),
                        SAME,
                        assumed("one emulator answers so"),
                        free=True,
                    ),
                ),
            ),
        ),
        "not found",
        "No source says whether ids are unique over kinds; every page speaks of its own kind's job.",
        states=(ABSENT,),
        operation=operation,
        when=(FOREIGN,),
    )


def _would_list(status_in: str) -> Any:
    """What a complete listing under a filter leaves out; of filters on names and times of jobs a data rule tells."""

    def would_list(request: Mapping[str, Any], _job_id: str, _made: Mapping[str, Any] | None) -> Pattern | None:
        given = request.get("Filter") or {}
        if not given:
            return ()
        return (given[status_in],) if set(given) == {status_in} else None

    return would_list


_Name = Callable[[rules.Job], str | None]
_CLOCKS_DIFFER_S: Final = 3600.0


def _job_name(item: rules.Job) -> str | None:
    return item.get("JobName")


def _model_name(item: rules.Job) -> str | None:
    """A model shows its name in its ARN only."""
    arn = item.get("DocumentClassifierArn", item.get("EntityRecognizerArn"))
    return arn.split("/")[1] if isinstance(arn, str) and "/" in arn else None


def _mismatch(name: str, want: Any, item: rules.Job, ended: float, name_of: _Name) -> str | None:
    """Why an item does not belong under the filter `name` = `want` in a list answered at `ended`, or None."""
    if name in ("JobStatus", "Status"):
        status = item.get("JobStatus", item.get("Status"))
        return f"a job that shows {status} is listed under {name} = {want}" if status not in (None, want) else None
    submitted, limit = rules.seconds(item.get("SubmitTime")), rules.seconds(want)
    if name == "SubmitTimeAfter" and limit is not None and submitted is None and limit > ended + _CLOCKS_DIFFER_S:
        return f"a job is listed under {name} = {limit}, a time still to come"
    if name in _SUBMITTED_ORDER and limit is not None and submitted is not None:
        # Whether the bound itself is included is silent, and SDKs send whole seconds: only a clear breach counts.
        if (submitted - limit) * _SUBMITTED_ORDER[name] >= 1:
            return f"a job submitted at {submitted} is listed under {name} = {limit}"
        return None
    called = None if name in _SUBMITTED_ORDER else name_of(item)
    # Whether the name is compared as a whole or as a prefix is silent.
    if isinstance(called, str) and isinstance(want, str) and not called.startswith(want):
        return f"a job called {called!r} is listed under {name} = {want!r}"
    return None


def _listed_match(name_of: _Name) -> rules.CallRule:
    def check(exchange: rules.Exchange) -> str | None:
        given = exchange.request.get("Filter")
        if not exchange.succeeded or exchange.end is None or not isinstance(given, Mapping) or len(given) != 1:
            return None
        ((name, want),) = given.items()
        found = (_mismatch(name, want, item, exchange.end, name_of) for item in exchange.items)
        return next((wrong for wrong in found if wrong), None)

    return rules.CallRule(
        "listed jobs pass the filter", "A list holds only jobs that match its filter.", MODEL.states("...Filter members"), check
    )


def _order(request: Mapping[str, Any]) -> int:
    given = request.get("Filter")
    return _SUBMITTED_ORDER.get(next(iter(given)), 0) if isinstance(given, Mapping) and len(given) == 1 else 0


# ---- analysis jobs --------------------------------------------------------------------------------------------------

_LIVE = ("SUBMITTED", "IN_PROGRESS", "STOP_REQUESTED")
_ENDED = ("COMPLETED", "FAILED", "STOPPED")
_JOB_STATES = (
    State(ABSENT, note="never started; a started job never disappears, since nothing deletes it"),
    State("SUBMITTED", note="received and queued"),
    State("IN_PROGRESS", note="being processed"),
    State("STOP_REQUESTED", note="a stop was received and is being processed"),
    State("COMPLETED", terminal=True, note="done, output available"),
    State("FAILED", terminal=True, note="did not complete; Message says why"),
    State("STOPPED", terminal=True, note="stopped without completing"),
)
_EXISTING = (*_LIVE, *_ENDED)
_FRAME = MODEL.implies("JobStatus, the meaning of each status")


def _common_job_rows(existing: tuple[str, ...], finished: Source) -> tuple[Transition, ...]:
    return (
        Transition("started", ABSENT, call("Start", ok("SUBMITTED"), when=PLAIN), "SUBMITTED", CLI.implies("start-*.rst, all nine kinds")),
        Transition("picked up", "SUBMITTED", internal("begin"), "IN_PROGRESS", GUIDE.implies("async-pii-api.md; queued for processing")),
        Transition("finished", "IN_PROGRESS", internal("complete"), "COMPLETED", finished),
        Transition("failed", "IN_PROGRESS", internal("fail"), "FAILED", MODEL.implies("JobStatus FAILED")),
        Transition("described", existing, call("Describe", ok(), when=PLAIN), SAME, REF.states("Describe..., JobStatus")),
        Transition(
            "unknown id is not described",
            ABSENT,
            call("Describe", refused("JobNotFoundException"), when=PLAIN),
            SAME,
            MODEL.states("Describe..., errors"),
        ),
        Transition("listed", existing, call("List", ok()), SAME, REF.states("List..., response")),
        Transition("not listed before it exists", ABSENT, call("List", ok()), SAME, REF.implies("List..., response")),
    )


_EARLY_FAILURE = OpenQuestion(
    "failure while queued",
    "Can a SUBMITTED job become FAILED without being IN_PROGRESS?",
    (
        Reading(
            "possible",
            "Access is checked before the job is picked up.",
            (Transition("failed while queued", "SUBMITTED", internal("fail"), "FAILED", assumed("access failures appear 2.7 s to 15 s after submission")),),
        ),
        Reading("impossible", "A job fails only once it is being processed."),
    ),
    "possible",
    "Recorded access failures ended 2.7 s to 15 s after SubmitTime (CLI, C7N); no record shows the status in between.",
    states=("SUBMITTED",),
)

def _replay(existing: tuple[str, ...]) -> OpenQuestion:
    return OpenQuestion(
        "status of a replayed start",
        "A start repeated with its token and parameters answers for the first job: with which status?",
        (
            Reading(
                "present",
                "The status the job has now.",
                (Transition("replayed start shows the present status", existing, call("Start", ok(), when=REPEATED), SAME, assumed("as Describe would"), free=True),),
            ),
            Reading(
                "first",
                "The answer of the first call, SUBMITTED.",
                (
                    Transition(
                        "replayed start shows the first status",
                        existing,
                        call("Start", ok("SUBMITTED"), when=REPEATED),
                        SAME,
                        assumed("a replay gives the recorded answer"),
                        free=True,
                    ),
                ),
            ),
        ),
        "present",
        "The member is an idempotency token, so a replay answers for the first job; the status shown is not said.",
        states=existing,
        operation="Start",
        when=(REPEATED,),
    )


def _keeps_input(sight: rules.Sight) -> str | None:
    """Members that were not given may be filled in: records show a format where starts leave it out."""
    shown, given = sight.job.get("InputDataConfig"), (sight.created or {}).get("InputDataConfig")
    if not sight.full or not isinstance(given, Mapping):
        return None
    kept = shown if isinstance(shown, Mapping) else {}
    lost = {name: value for name, value in given.items() if value is not None and kept.get(name) != value}
    return f"InputDataConfig is {shown!r}; the request gave {given!r}" if lost else None


def _keeps_language(sight: rules.Sight) -> str | None:
    created, shown = sight.created or {}, sight.job.get("LanguageCode")
    given = created.get("LanguageCode")
    if not sight.full or given == shown or given is None or "EntityRecognizerArn" in created or "FlywheelArn" in created:
        return None
    return f"LanguageCode is {shown!r}; the request gave {given!r}"


def _kept(member: str) -> rules.SightRule:
    """A member that starts of some kinds have; the service may fill in what was left out, inside it too."""

    def check(sight: rules.Sight) -> str | None:
        given, shown = (sight.created or {}).get(member), sight.job.get(member)
        if not sight.full or given is None or given == shown:
            return None
        if isinstance(given, Mapping) and isinstance(shown, Mapping) and all(shown.get(n) == v for n, v in given.items() if v is not None):
            return None
        return f"{member} is {shown!r}; the request gave {given!r}"

    return rules.holds(f"{member} is kept", f"A described job shows {member} as given, if it was given.", MODEL.implies(f"...Properties, {member}"), check)


def _shows_no_token(sight: rules.Sight) -> str | None:
    shown = [name for name in ("ClientRequestToken", "Tags") if name in sight.job]
    return f"the job shows {' and '.join(shown)}" if shown else None


_PRESENCE = (
    *(rules.present(m, CLI.implies("describe-*.rst; C7N")) for m in ("JobId", "JobArn", "JobStatus", "SubmitTime", "InputDataConfig", "OutputDataConfig", "DataAccessRoleArn")),
    rules.present("EndTime", CLI.implies("list-*.rst; C7N"), when=_ENDED),
    rules.absent("EndTime", CLI.implies("six records of running jobs"), when=("SUBMITTED", "IN_PROGRESS")),
    rules.present("Message", MODEL.states("JobStatus FAILED; Message"), when=("FAILED",)),
    rules.absent("Message", CLI.implies("list-*.rst"), when=("COMPLETED", "STOPPED", "IN_PROGRESS")),
    rules.absent("Message", assumed("nothing to tell yet"), when=("SUBMITTED", "STOP_REQUESTED")),
    rules.constant("SubmitTime", CLI.implies("all records")),
    rules.constant("EndTime", MODEL.implies("EndTime: the time that the job completed")),
    rules.constant("JobArn", MODEL.implies("JobArn, unique")),
    rules.ordered(("SubmitTime", "EndTime"), RECORDED.implies("all records")),
    rules.echoes("JobName", NUKE.implies("PR 884: a job started without a name has none")),
    rules.holds("InputDataConfig is as given", "A described job shows every member of the given InputDataConfig as given.", CLI.implies("describe-*.rst"), _keeps_input),
    rules.echoes("DataAccessRoleArn", CLI.implies("describe-*.rst")),
    rules.echoes("OutputDataConfig.KmsKeyId", RECORDED.implies("*_kms_key")),
    rules.echoes("VolumeKmsKeyId", RECORDED.implies("*_kms_key")),
    rules.echoes("VpcConfig", RECORDED.implies("*_vpc")),
    rules.holds("tokens and tags are not shown", "A job is shown without the token and the tags it was started with.", MODEL.implies("...Properties have no such members"), _shows_no_token),
)

_OF_STOPPABLE = (
    rules.absent("EndTime", assumed("no record shows the status; Translate's guide shows none there"), when=("STOP_REQUESTED",)),
    rules.holds("LanguageCode is as given", "A described job has the LanguageCode it was given, unless a custom model decides.", CLI.implies("describe-*.rst"), _keeps_language),
    *(_kept(m) for m in ("EntityRecognizerArn", "FlywheelArn", "TargetEventTypes", "Mode", "RedactionConfig")),
)
_OF_UNSTOPPABLE = tuple(_kept(m) for m in ("DocumentClassifierArn", "FlywheelArn", "NumberOfTopics"))
"""Rules on statuses and members that jobs of the other lifecycle do not have."""


def _own_arn(sight: rules.Sight) -> str | None:
    arn, kind = sight.job.get("JobArn"), sight.binding.kind
    if not isinstance(arn, str) or f":{_ARN_TYPE[kind]}/" in arn:
        return None
    if sight.binding.id_in and sight.created is None:
        return None  # whether the operations of one kind know the jobs of another is silent
    return f"the JobArn {arn!r} of a {kind} job is not of the type {_ARN_TYPE[kind]}"


def _arn_ends_with_id(sight: rules.Sight) -> str | None:
    arn, job_id = sight.job.get("JobArn"), sight.job.get("JobId")
    if not isinstance(arn, str) or not isinstance(job_id, str) or arn.endswith(f"/{job_id}"):
        return None
    return f"the JobArn {arn!r} does not end with the JobId {job_id!r}"


def _output_rewritten(sight: rules.Sight) -> str | None:
    uri = rules.value_at(sight.job, "OutputDataConfig.S3Uri")
    given = rules.value_at(sight.created, "OutputDataConfig.S3Uri") if sight.created else None
    if not sight.full or not isinstance(uri, str) or given is None:
        return None
    job_id = sight.job.get("JobId")
    if uri.startswith(given) and isinstance(job_id, str) and f"-{_OUTPUT_TAG[sight.binding.kind]}-{job_id}/output/" in uri:
        return None
    expected = f"{str(given).removesuffix('/')}/ACCOUNT-{_OUTPUT_TAG[sight.binding.kind]}-{job_id}/output/"
    file = "" if sight.binding.kind in ("pii", "events") else "output.tar.gz"
    return f"OutputDataConfig.S3Uri is {uri!r}; {expected + file!r} was expected, with the ACCOUNT of the job"


_JOB_RULES: Final[tuple[Rule, ...]] = (
    *_PRESENCE,
    rules.holds("JobArn is of the job's kind", "The resource type in JobArn is that of the kind.", MODEL.states("JobArn of each Start response"), _own_arn),
    rules.holds("JobArn ends with the JobId", "JobArn ends with a slash and the JobId.", MODEL.states("JobArn of each Start response"), _arn_ends_with_id),
    rules.holds(
        "OutputDataConfig tells where the output is",
        "A described job's output URI is the given prefix plus ACCOUNT-TAG-JOBID/output/.",
        CLI.implies("describe-*.rst, all nine kinds; C7N"),
        _output_rewritten,
    ),
    rules.answers_for("JobId", "JobId", PAGE.states("Response Elements, JobId")),
    rules.once_per_page("JobId", REF.implies("List..., response: the properties of each job")),
    _listed_match(_job_name),
)

def _operations(existing: tuple[str, ...], start: str = "Start") -> tuple[Operation, ...]:
    repeated = RequestClass(REPEATED, "The token made this job before, with the same parameters.", only_in=existing)
    return (
        Operation(start, Role.CREATE, (repeated,), plain_in=(ABSENT,)),
        Operation("Describe", Role.READ, _BY_ID),
        Operation("List", Role.LIST),
    )


def _kinds(*names: str) -> tuple[Kind, ...]:
    return tuple(Kind(name, _STEM[name], inferred=_STOP_ROWS if name in ("pii", "events") else ()) for name in names)


_STOP_ROWS: Final = ("stop asked", "a finished job cannot be stopped", "a stopped job may be stopped again")
"""What the pages of five kinds say of a stop; those of PII and events jobs say nothing of states."""


_STEM: Final = {
    "entities": "EntitiesDetectionJob",
    "dominant-language": "DominantLanguageDetectionJob",
    "key-phrases": "KeyPhrasesDetectionJob",
    "pii": "PiiEntitiesDetectionJob",
    "sentiment": "SentimentDetectionJob",
    "targeted-sentiment": "TargetedSentimentDetectionJob",
    "events": "EventsDetectionJob",
    "topics": "TopicsDetectionJob",
    "document-classification": "DocumentClassificationJob",
}
_ARN_TYPE: Final = {
    "entities": "entities-detection-job",
    "dominant-language": "dominant-language-detection-job",
    "key-phrases": "key-phrases-detection-job",
    "pii": "pii-entities-detection-job",
    "sentiment": "sentiment-detection-job",
    "targeted-sentiment": "targeted-sentiment-detection-job",
    "events": "events-detection-job",
    "topics": "topics-detection-job",
    "document-classification": "document-classification-job",
}
_OUTPUT_TAG: Final = {
    "entities": "NER",
    "dominant-language": "LANGUAGE",
    "key-phrases": "KP",
    "pii": "PII",
    "sentiment": "SENTIMENT",
    "targeted-sentiment": "TS",
    "events": "EVENTS",
    "topics": "TOPICS",
    "document-classification": "CLN",
}
STEM, ARN_TYPE, OUTPUT_TAG = _STEM, _ARN_TYPE, _OUTPUT_TAG
_STOPPABLE = ("entities", "dominant-language", "key-phrases", "pii", "sentiment", "targeted-sentiment", "events")
_UNSTOPPABLE = ("topics", "document-classification")

_STOP_QUEUED = OpenQuestion(
    "stop while queued",
    "What does a stop of a SUBMITTED job answer, and where does it lead?",
    (
        Reading(
            "stop_requested",
            "Accepted like a stop of a running job.",
            (Transition("stop asked while queued", "SUBMITTED", call("Stop", ok("STOP_REQUESTED"), when=PLAIN), "STOP_REQUESTED", assumed("the reply knows two values only"), free=True),),
            "aws-nuke stops every job that is not ended, hence queued ones, and needed no exclusion for them",
        ),
        Reading(
            "stopped",
            "Nothing has to be waited for: stopped at once.",
            (Transition("stopped at once while queued", "SUBMITTED", call("Stop", ok("STOPPED"), when=PLAIN), "STOPPED", assumed("no work to end"), free=True),),
        ),
        Reading(
            "refused",
            "Only a job in progress can be stopped.",
            (Transition("stop refused while queued", "SUBMITTED", call("Stop", refused("InvalidRequestException"), when=PLAIN), SAME, assumed("the title says: in progress"), free=True),),
        ),
        Reading(
            "ignored",
            "Answered and forgotten.",
            (Transition("stop ignored while queued", "SUBMITTED", call("Stop", ok("SUBMITTED"), when=PLAIN), SAME, assumed("the reply may show any status"), free=True),),
        ),
    ),
    "stop_requested",
    "The page speaks of IN_PROGRESS only. aws-nuke stops queued jobs as well; a recorded classifier was STOPPED without ever having trained.",
    states=("SUBMITTED",),
    operation="Stop",
    when=(PLAIN,),
)
_STOP_AGAIN = OpenQuestion(
    "stop while a stop is pending",
    "What does a stop of a STOP_REQUESTED job answer?",
    (
        Reading(
            "accepted",
            "Idempotent: STOP_REQUESTED again.",
            (Transition("stop asked again", "STOP_REQUESTED", call("Stop", ok("STOP_REQUESTED"), when=PLAIN), SAME, assumed("'currently running' covers it loosely"), free=True),),
            "aws-nuke stops such jobs again at each scan",
        ),
        Reading(
            "refused",
            "Only a job IN_PROGRESS can be stopped.",
            (Transition("second stop refused", "STOP_REQUESTED", call("Stop", refused("InvalidRequestException"), when=PLAIN), SAME, assumed("the page names IN_PROGRESS only"), free=True),),
        ),
    ),
    "accepted",
    "Not covered, except loosely by 'currently running' in the response element.",
    states=("STOP_REQUESTED",),
    operation="Stop",
    when=(PLAIN,),
)
_FAIL_STOPPING = OpenQuestion(
    "failure after a stop was asked for",
    "Can a STOP_REQUESTED job become FAILED?",
    (
        Reading("impossible", "The page knows COMPLETED, 'otherwise' STOPPED."),
        Reading(
            "possible",
            "A job may fail while it is being stopped.",
            (Transition("failed before the stop took effect", "STOP_REQUESTED", internal("fail"), "FAILED", assumed("nothing prevents a running job from failing")),),
        ),
    ),
    "impossible",
    "'Otherwise' read strictly excludes it; for model training, terraform-provider-aws waits for IN_ERROR as a possible end after a stop.",
    states=("STOP_REQUESTED",),
)

_RETENTION: Final = Period(86_400.0, assumed("no document gives a period; nobody says that a job is gone within a day of its end"))

JOB = Lifecycle(
    api="comprehend",
    name="job",
    title="analysis job that can be stopped",
    kinds=_kinds(*_STOPPABLE),
    states=_JOB_STATES,
    operations=(*_operations(_EXISTING), Operation("Stop", Role.ORDER, _BY_ID)),
    transitions=(
        *_common_job_rows(_EXISTING, PAGE.states("Description, 2nd paragraph")),
        Transition("stop asked", "IN_PROGRESS", call("Stop", ok("STOP_REQUESTED"), when=PLAIN), "STOP_REQUESTED", PAGE.states("Description, 2nd paragraph; JobStatus")),
        Transition("stop took effect", "STOP_REQUESTED", internal("halt"), "STOPPED", PAGE.states("Description, 2nd paragraph")),
        Transition("finished before the stop took effect", "STOP_REQUESTED", internal("complete"), "COMPLETED", PAGE.states("Description, 2nd paragraph")),
        Transition("a stopped job may be stopped again", "STOPPED", call("Stop", ok("STOPPED"), when=PLAIN), SAME, PAGE.states("Response Elements, JobStatus")),
        Transition(
            "a finished job cannot be stopped",
            ("COMPLETED", "FAILED"),
            call("Stop", refused("InvalidRequestException", inferred=True), when=PLAIN),
            SAME,
            PAGE.states("Description, 3rd paragraph"),
        ),
        Transition("unknown id is not stopped", ABSENT, call("Stop", refused("JobNotFoundException"), when=PLAIN), SAME, PAGE.states("Errors")),
    ),
    questions=(
        _EARLY_FAILURE,
        _FAIL_STOPPING,
        _STOP_QUEUED,
        _STOP_AGAIN,
        _replay(_EXISTING),
        _foreign("Describe", "JobNotFoundException"),
        _foreign("Stop", "JobNotFoundException", "STOP_REQUESTED"),
    ),
    frame=_FRAME,
    id_member="JobId",
    status_members=("JobStatus",),
    progress=(
        LeadsTo("a stop leads to an end", "A job whose stop was accepted is STOPPED or COMPLETED (or FAILED) in the end.", ("STOP_REQUESTED",), _ENDED, PAGE.states("Description, 2nd paragraph")),
        LeadsTo("a started job ends", "A job that was started ends.", ("SUBMITTED", "IN_PROGRESS"), _ENDED, MODEL.implies("JobStatus, the meaning of each status")),
    ),
    rules=(*_JOB_RULES, *_OF_STOPPABLE),
    ids=MODEL.states("JobArn: unique, and made of the account, the region and the job ID"),
    retention=_RETENTION,
)

_NEVER_STOPPED = ("SUBMITTED", "IN_PROGRESS", "COMPLETED", "FAILED")

UNSTOPPABLE = Lifecycle(
    api="comprehend",
    name="unstoppable",
    title="analysis job without a stop",
    kinds=_kinds(*_UNSTOPPABLE),
    states=tuple(state for state in _JOB_STATES if state.name in (ABSENT, *_NEVER_STOPPED)),
    operations=_operations(_NEVER_STOPPED),
    transitions=_common_job_rows(_NEVER_STOPPED, MODEL.states("StartTopicsDetectionJob, StartDocumentClassificationJob: JobStatus")),
    questions=(_EARLY_FAILURE, _replay(_NEVER_STOPPED), _foreign("Describe", "JobNotFoundException")),
    frame=_FRAME,
    id_member="JobId",
    status_members=("JobStatus",),
    progress=(LeadsTo("a started job ends", "A job that was started ends.", ("SUBMITTED", "IN_PROGRESS"), ("COMPLETED", "FAILED"), _FRAME),),
    rules=(*_JOB_RULES, *_OF_UNSTOPPABLE),
    ids=MODEL.states("JobArn: unique, and made of the account, the region and the job ID"),
    retention=_RETENTION,
)

# ---- training of models ---------------------------------------------------------------------------------------------

_TRAINED = ("TRAINED", "TRAINED_WITH_WARNING")
_MODEL_ENDED = (*_TRAINED, "IN_ERROR", "STOPPED")
_MODEL_EXISTING = ("SUBMITTED", "TRAINING", "STOP_REQUESTED", *_MODEL_ENDED, "DELETING")
_MODEL_FRAME = GUIDE.implies("create-custom-classifier-console.md, status")


def _either(name: str, states: tuple[str, ...], operation: str, refusal: str, target: str, evidence: str, default: str, asks: str) -> OpenQuestion:
    """A silent cell with two readings: the call is accepted and leads to `target`, or it is refused with `refusal`."""
    return OpenQuestion(
        name,
        asks,
        (
            Reading("accepted", "Answered with success.", (Transition(f"{name}: accepted", states, call(operation, ok()), target, assumed("nothing speaks against it"), free=True),)),
            Reading("refused", f"Refused with {refusal}.", (Transition(f"{name}: refused", states, call(operation, refused(refusal)), SAME, assumed("the pages name other states"), free=True),)),
        ),
        default,
        evidence,
        states=states,
        operation=operation,
    )


def _after_stop(event: str, target: str, evidence: str) -> OpenQuestion:
    return OpenQuestion(
        f"{target} after a stop was asked for",
        f"Can training end in {target} after a stop was asked for?",
        (
            Reading("possible", "Training ends as it would have.", (Transition(f"training ended in {target} before the stop took effect", "STOP_REQUESTED", internal(event), target, assumed(evidence)),)),
            Reading("impossible", "Only TRAINED and STOPPED are named."),
        ),
        "possible",
        evidence,
        states=("STOP_REQUESTED",),
    )


def _model_arn(sight: rules.Sight) -> str | None:
    kind = sight.binding.kind
    arn_in, name_in = ("DocumentClassifierArn", "DocumentClassifierName") if kind == "document-classifier" else ("EntityRecognizerArn", "RecognizerName")
    arn, created = sight.job.get(arn_in), sight.created or {}
    if not isinstance(arn, str):
        return None
    version = f"/version/{created['VersionName']}" if created.get("VersionName") else ""
    want = f"{kind}/{created[name_in]}{version}" if isinstance(created.get(name_in), str) else f"{kind}/NAME or {kind}/NAME/version/VERSION"
    resource = arn.split(":", 5)[-1]
    if resource == want or (name_in not in created and re.fullmatch(f"{kind}/[^/]+(/version/[^/]+)?", resource)):
        return None
    return f"the ARN {arn!r} does not end with {want}"


TRAINING = Lifecycle(
    api="comprehend",
    name="training",
    title="training of a custom classifier or entity recognizer",
    kinds=(Kind("document-classifier", "DocumentClassifier", "DocumentClassifierArn"), Kind("entity-recognizer", "EntityRecognizer", "EntityRecognizerArn")),
    states=(
        State(ABSENT, note="never created, or deleted"),
        State("SUBMITTED", note="queued for training"),
        State("TRAINING"),
        State("STOP_REQUESTED", note="a stop of the training was received"),
        State("TRAINED", terminal=True),
        State("TRAINED_WITH_WARNING", terminal=True),
        State("IN_ERROR", terminal=True, note="training failed; Message says why"),
        State("STOPPED", terminal=True, note="training was stopped"),
        State("DELETING", note="a deletion was accepted"),
    ),
    operations=(*_operations((*_MODEL_EXISTING, ABSENT), "Create")[:1], Operation("Describe", Role.READ), Operation("List", Role.LIST), Operation("StopTraining", Role.ORDER), Operation("Delete", Role.DELETE)),
    transitions=(
        Transition("created", ABSENT, call("Create", ok(), when=PLAIN), "SUBMITTED", GUIDE.states("create-custom-classifier-console.md")),
        Transition(
            "a repeated creation answers for the same model",
            _MODEL_EXISTING,
            call("Create", ok(), when=REPEATED),
            SAME,
            SMITHY.implies("idempotencyToken trait on ClientRequestToken"),
            free=True,
        ),
        Transition(
            "a repeated creation finds the name in use",
            _MODEL_EXISTING,
            call("Create", refused("ResourceInUseException"), when=REPEATED),
            SAME,
            MODEL.implies("CreateDocumentClassifier errors"),
            free=True,
        ),
        Transition("training began", "SUBMITTED", internal("begin"), "TRAINING", GUIDE.states("create-custom-classifier-console.md")),
        Transition("trained", "TRAINING", internal("complete"), "TRAINED", GUIDE.states("create-custom-classifier-console.md")),
        Transition("trained with a warning", "TRAINING", internal("warn"), "TRAINED_WITH_WARNING", MODEL.states("ModelStatus")),
        Transition("training failed", "TRAINING", internal("fail"), "IN_ERROR", GUIDE.states("create-custom-classifier-console.md")),
        Transition("failed before training began", "SUBMITTED", internal("fail"), "IN_ERROR", RECORDED.implies("test_comprehend_document_classifier_kms_key, model without TrainingStartTime")),
        Transition("described", _MODEL_EXISTING, call("Describe", ok()), SAME, REF.states("DescribeDocumentClassifier")),
        Transition("unknown model is not described", ABSENT, call("Describe", refused("ResourceNotFoundException")), SAME, REF.states("DescribeDocumentClassifier, errors")),
        Transition("listed", _MODEL_EXISTING, call("List", ok()), SAME, REF.states("ListDocumentClassifiers")),
        Transition("not listed while it does not exist", ABSENT, call("List", ok()), SAME, REF.implies("ListDocumentClassifiers")),
        Transition("stop of training asked", "TRAINING", call("StopTraining", ok()), "STOP_REQUESTED", REF.states("StopTrainingDocumentClassifier")),
        Transition("stop of training took effect", "STOP_REQUESTED", internal("halt"), "STOPPED", REF.states("StopTrainingDocumentClassifier")),
        Transition("trained before the stop took effect", "STOP_REQUESTED", internal("complete"), "TRAINED", REF.states("StopTrainingDocumentClassifier")),
        Transition(
            "stop of an ended training does nothing",
            (*_TRAINED, "IN_ERROR"),
            call("StopTraining", ok()),
            SAME,
            TERRAFORM.implies("document_classifier.go: every delete stops the training first and treats a refusal as failure"),
        ),
        Transition("unknown model's training is not stopped", ABSENT, call("StopTraining", refused("ResourceNotFoundException")), SAME, REF.states("StopTrainingDocumentClassifier, errors")),
        Transition("deletion accepted", ("TRAINED", "IN_ERROR"), call("Delete", ok()), "DELETING", MODEL.states("DeleteDocumentClassifier"), free=True),
        Transition("a model in use is not deleted", ("TRAINED", "IN_ERROR"), call("Delete", refused("ResourceInUseException")), SAME, MODEL.states("DeleteDocumentClassifier"), free=True),
        Transition("deletion accepted, though there was a warning", "TRAINED_WITH_WARNING", call("Delete", ok()), "DELETING", MODEL.implies("DeleteDocumentClassifier: the text is older than the status"), free=True),
        Transition("a model in use is not deleted, warning or not", "TRAINED_WITH_WARNING", call("Delete", refused("ResourceInUseException")), SAME, MODEL.implies("DeleteDocumentClassifier: the text is older than the status"), free=True),
        *(
            Transition(
                f"a model in training is not deleted: {code}",
                ("SUBMITTED", "TRAINING", "STOP_REQUESTED"),
                call("Delete", refused(code)),
                SAME,
                MODEL.states("DeleteDocumentClassifier: terminated states only; the error is not named"),
                free=True,
            )
            for code in ("ResourceUnavailableException", "ResourceInUseException", "InvalidRequestException")
        ),
        Transition("unknown model is not deleted", ABSENT, call("Delete", refused("ResourceNotFoundException")), SAME, MODEL.states("DeleteDocumentClassifier, errors")),
        Transition("deleted", "DELETING", internal("vanish"), ABSENT, MODEL.states("DeleteDocumentClassifier: disappears")),
    ),
    questions=(
        OpenQuestion(
            "repeated token after a deletion",
            "What does a creation with the token of a model that was deleted do?",
            (
                Reading(
                    "made anew",
                    "The token is forgotten with the model.",
                    (
                        Transition(
                            "a deleted model is made anew",
                            ABSENT,
                            call("Create", ok(), when=REPEATED),
                            "SUBMITTED",
                            assumed("the name is free again"),
                            free=True,
                        ),
                    ),
                ),
                Reading(
                    "refused",
                    "The token stays used.",
                    (
                        Transition(
                            "a deleted model's token is refused",
                            ABSENT,
                            call("Create", refused("InvalidRequestException"), when=REPEATED),
                            SAME,
                            assumed("a token names one creation"),
                            free=True,
                        ),
                    ),
                ),
            ),
            "made anew",
            "Nothing found on how long a token is remembered.",
            states=(ABSENT,),
            operation="Create",
            when=(REPEATED,),
        ),
        _either("stop of training while queued", ("SUBMITTED",), "StopTraining", "InvalidRequestException", "STOP_REQUESTED", "aws-nuke stops models that are SUBMITTED or TRAINING alike; a recorded STOPPED model never began to train.", "accepted", "What does StopTraining answer for a SUBMITTED model?"),
        _either("stop of training again", ("STOP_REQUESTED", "STOPPED"), "StopTraining", "InvalidRequestException", SAME, "Not said; terraform-provider-aws stops any model before it deletes it.", "accepted", "What does StopTraining answer after an earlier one?"),
        _either("stop of training while deleting", ("DELETING",), "StopTraining", "ResourceNotFoundException", SAME, "Nothing found.", "accepted", "What does StopTraining answer for a model that is being deleted?"),
        _either("deletion of a stopped model", ("STOPPED",), "Delete", "ResourceUnavailableException", "DELETING", "terraform-provider-aws stops, waits and deletes; the page names IN_ERROR and TRAINED only.", "accepted", "What does Delete answer for a STOPPED model?"),
        _either("deletion again", ("DELETING",), "Delete", "ResourceUnavailableException", SAME, "Nothing found.", "accepted", "What does Delete answer for a model that is being deleted?"),
        _after_stop("fail", "IN_ERROR", "terraform-provider-aws waits for IN_ERROR as a possible end after a stop"),
        _after_stop("warn", "TRAINED_WITH_WARNING", "the status is younger than the page"),
    ),
    frame=_MODEL_FRAME,
    ids_return=True,
    id_member="DocumentClassifierArn",
    status_members=("Status",),
    progress=(
        LeadsTo("a stop of training leads to an end", "Training whose stop was accepted ends.", ("STOP_REQUESTED",), _MODEL_ENDED, REF.states("StopTrainingDocumentClassifier")),
        LeadsTo("training ends", "A model that was submitted ends its training.", ("SUBMITTED", "TRAINING"), _MODEL_ENDED, _MODEL_FRAME),
        LeadsTo("a deleted model disappears", "A model whose deletion was accepted disappears.", ("DELETING",), (ABSENT,), MODEL.states("DeleteDocumentClassifier")),
    ),
    rules=(
        rules.present("SubmitTime", RECORDED.implies("all models")),
        rules.present("EndTime", RECORDED.implies("TRAINED, STOPPED and IN_ERROR models"), when=_MODEL_ENDED),
        rules.absent("EndTime", RECORDED.implies("SUBMITTED and TRAINING models"), when=("SUBMITTED", "TRAINING")),
        rules.present("Message", RECORDED.implies("IN_ERROR models"), when=("IN_ERROR",)),
        rules.present("TrainingStartTime", RECORDED.implies("TRAINED models"), when=("TRAINED",)),
        rules.present("TrainingEndTime", RECORDED.implies("TRAINED models"), when=("TRAINED",)),
        rules.absent("TrainingStartTime", RECORDED.implies("SUBMITTED models"), when=("SUBMITTED",)),
        rules.absent("TrainingEndTime", RECORDED.implies("SUBMITTED and TRAINING models"), when=("SUBMITTED", "TRAINING")),
        rules.absent("Message", RECORDED.implies("models without trouble"), when=("SUBMITTED", "TRAINING", "TRAINED", "STOPPED")),
        rules.constant("SubmitTime", RECORDED.implies("all models")),
        rules.constant("EndTime", RECORDED.implies("time that training completed")),
        rules.ordered(("SubmitTime", "TrainingStartTime", "TrainingEndTime", "EndTime"), RECORDED.implies("TRAINED models")),
        rules.holds("the ARN is made of name and version", "A model's ARN ends with its type and name, and with its version if it has one.", MODEL.states("DocumentClassifierArn, EntityRecognizerArn: pattern"), _model_arn),
        *(_kept(m) for m in ("VersionName", "LanguageCode", "DataAccessRoleArn", "Mode", "VolumeKmsKeyId", "ModelKmsKeyId", "VpcConfig")),
        *(rules.once_per_page(m, REF.implies("List..., response: the properties of each model")) for m in ("DocumentClassifierArn", "EntityRecognizerArn")),
        _listed_match(_model_name),
    ),
    ids=MODEL.implies("CreateDocumentClassifier, CreateEntityRecognizer: ResourceInUseException, a name in use"),
)

# ---- operations on the wire -----------------------------------------------------------------------------------------

_PAGING: Final[dict[str, Any]] = {"next_in": "NextToken", "next_out": "NextToken", "limit_in": "MaxResults"}


def _job_bindings(kind: str, lifecycle: str) -> tuple[Binding, ...]:
    stem = _STEM[kind]
    common = (
        Binding(f"Start{stem}", lifecycle, "Start", kind, view=(), token_in="ClientRequestToken"),
        Binding(f"Describe{stem}", lifecycle, "Describe", kind, id_in="JobId", view=(f"{stem}Properties",), full=True),
        Binding(f"List{stem}s", lifecycle, "List", kind, items=(f"{stem}PropertiesList",), full=True, would_list=_would_list("JobStatus"), filters_in=("Filter",), **_PAGING),
    )
    stop = (Binding(f"Stop{stem}", lifecycle, "Stop", kind, id_in="JobId", view=()),)
    return common + (stop if lifecycle == "job" else ())


def _model_bindings(kind: str, stem: str) -> tuple[Binding, ...]:
    arn = f"{stem}Arn"
    return (
        Binding(f"Create{stem}", "training", "Create", kind, view=(), hides_status=True, token_in="ClientRequestToken"),
        Binding(f"Describe{stem}", "training", "Describe", kind, id_in=arn, view=(f"{stem}Properties",), full=True),
        Binding(f"List{stem}s", "training", "List", kind, items=(f"{stem}PropertiesList",), full=True, would_list=_would_list("Status"), filters_in=("Filter",), **_PAGING),
        Binding(f"StopTraining{stem}", "training", "StopTraining", kind, id_in=arn),
        Binding(f"Delete{stem}", "training", "Delete", kind, id_in=arn),
    )


_BINDINGS = (
    *(b for kind in _STOPPABLE for b in _job_bindings(kind, "job")),
    *(b for kind in _UNSTOPPABLE for b in _job_bindings(kind, "unstoppable")),
    *_model_bindings("document-classifier", "DocumentClassifier"),
    *_model_bindings("entity-recognizer", "EntityRecognizer"),
)

# ---- errors ---------------------------------------------------------------------------------------------------------


def _declaring(*prefixes: str, but: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The wire operations whose names begin with one of `prefixes` and with none of `but`."""
    names = dict.fromkeys(b.operation for b in _BINDINGS)
    return tuple(n for n in names if n.startswith(prefixes) and not (but and n.startswith(but)))


_CUSTOM_STARTS = ("StartEntitiesDetectionJob", "StartDocumentClassificationJob")
_MODEL_OPERATIONS = tuple(b.operation for b in _BINDINGS if b.lifecycle == "training")

_ERRORS = (
    ErrorSpec("InternalServerException", (500,), (Nature.FAULT,), PAGE.states("Errors"), _declaring("")),
    ErrorSpec("InvalidRequestException", (400,), (Nature.REFUSAL, Nature.INVALID), PAGE.states("Errors"), _declaring("")),
    ErrorSpec("JobNotFoundException", (400, 404), (Nature.REFUSAL,), PAGE.states("Errors"), tuple(b.operation for b in _BINDINGS if b.role in ("Describe", "Stop") and b.lifecycle != "training"), note="400 on the pages, 404 in the Smithy model"),
    ErrorSpec(
        "TooManyRequestsException",
        (400, 429),
        (Nature.THROTTLE,),
        REF.states("Errors of every operation but Stop"),
        tuple(n for n in _declaring("") if not n.startswith("Stop") or n.startswith("StopTraining")),
        note="400 on the pages, 429 in the Smithy model; no Stop of a job declares it",
    ),
    ErrorSpec("InvalidFilterException", (400,), (Nature.INVALID,), REF.states("List..., errors"), _declaring("List"), note="no occurrence was found"),
    ErrorSpec("KmsKeyValidationException", (400,), (Nature.ENVIRONMENT,), MODEL.states("Start..., errors"), _declaring("Start", "Create")),
    ErrorSpec("TooManyTagsException", (400,), (Nature.ENVIRONMENT, Nature.INVALID), MODEL.states("Start..., errors"), _declaring("Start", "Create")),
    ErrorSpec("ResourceInUseException", (400,), (Nature.REFUSAL, Nature.ENVIRONMENT), MODEL.states("Start..., errors (since 2023-04-19)"), _declaring("Start", "Create", "Delete")),
    ErrorSpec("ResourceNotFoundException", (400, 404), (Nature.REFUSAL, Nature.ENVIRONMENT), MODEL.states("errors"), (*_CUSTOM_STARTS, *(n for n in _MODEL_OPERATIONS if n.startswith(("Describe", "StopTraining", "Delete")))), note="400 on the pages, 404 in the Smithy model"),
    ErrorSpec("ResourceUnavailableException", (400, 404), (Nature.REFUSAL, Nature.ENVIRONMENT), MODEL.states("errors"), (*_CUSTOM_STARTS, *(n for n in _MODEL_OPERATIONS if n.startswith("Delete"))), note="400 on the pages, 404 in the Smithy model"),
    ErrorSpec("ResourceLimitExceededException", (400,), (Nature.ENVIRONMENT,), MODEL.states("CreateDocumentClassifier, errors"), _declaring("Create")),
    ErrorSpec("UnsupportedLanguageException", (400,), (Nature.ENVIRONMENT,), MODEL.states("CreateDocumentClassifier, errors"), _declaring("Create")),
    *aws_common_errors(
        REF.states("CommonErrors.md"), MALFORMED.implies("undeclared; seen on synchronous calls of this service")
    ),
)

# ---- questions about data -------------------------------------------------------------------------------------------


_QUESTIONS = (
    data_question("repeated token, other parameters", "What does a token used before answer with other parameters?", "InvalidRequestException", ("ResourceInUseException", "same job", "new job"), "Silent; the two errors are declared by every Start."),
    data_question("life of a token", "How long is a token remembered?", "for ever", ("one day",), "Silent."),
    data_question("error for a malformed request", "Which error answers a request that breaks a length, pattern, enum or range?", "ValidationException", ("InvalidRequestException",), "ValidationException was seen on synchronous calls of the same service; one emulator chose the declared error."),
    data_question("HTTP status of not found", "Which HTTP status do JobNotFoundException, ResourceNotFoundException and ResourceUnavailableException carry?", "400", ("404",), "400 on the pages; 404 in the Smithy model, whose HTTP traits this protocol must ignore."),
    data_question("HTTP status of throttling", "Which HTTP status does TooManyRequestsException carry?", "400", ("429",), "As above: 400 on the pages, 429 in the Smithy model."),
    data_question("error for two filters", "Which error answers a list with two filters?", "InvalidRequestException", ("InvalidFilterException",), "boto3 issue 2541 shows InvalidRequestException; what InvalidFilterException is for is silent."),
    data_question("order of a topics list", "Are lists of topics jobs sorted the other way round?", "as documented", ("like the others",), "The page of the topics filter inverts the order of the other eight; probably a slip."),
    data_question("order of an unfiltered list", "In what order does a list without a time filter come?", "oldest first", ("newest first",), "Nine CLI examples are ascending, but edited."),
    data_question("time filters at the bound", "Is a job submitted exactly at the bound of a time filter listed?", "no", ("yes",), "Silent; 'before' and 'after' suggest strict."),
    data_question("filter on a job's name", "Does the JobName filter match exactly or a prefix?", "exact", ("prefix",), "Silent."),
    data_question("page token with other parameters", "What does a NextToken answer with another filter or size, or long after it was given?", "continues", ("InvalidRequestException",), "Silent."),
    data_question("too many jobs", "What does a start answer beyond ten active jobs of a kind?", "queued", ("TooManyRequestsException", "InvalidRequestException"), "Silent; the guide gives the quota of ten, the first status is described as queued; the error for exceeded quotas is declared by the creation of models only."),
    data_question("slot of a stopping job", "Does a STOP_REQUESTED job count as one of the ten active ones?", "yes", ("no",), "Silent."),
    data_question("job name in use", "May a job be given the name of another of its kind?", "yes", ("ResourceInUseException",), "Lists can be filtered by name, which gives several; yet since 2023-04-19 every start declares the error for a resource name in use. No occurrence was found."),
    data_question("partial output of a stopped job", "When is the output of the documents already processed written?", "when STOPPED is shown", ("eventually",), "The page says it is written, not when; outputs are not visible through these calls."),
    data_question("output of a PII job", "Is the output of a PII job plain files or an archive?", "plain files", ("archive",), "The API page says plain .out files, the guide says output.tar.gz; a recorded URI ends in /output/."),
    data_question("languages of a PII job", "Which languages does a PII job take?", "en, es", ("en",), "The model says en or es, the guide of 2023 en only."),
    data_question("bounds of tags", "How long may a tag's key and value be?", "128 and 256", ("127 and 255",), "The model says 128 and 256, the guide 127 and 255."),
    data_question("model missing", "What does a start with neither a model nor a flywheel answer where one is needed, or a start with both?", "accepted", ("InvalidRequestException",), "Both members are optional since 2023-02-28; the combination is silent."),
    data_question("retention", "How long is a job remembered?", "for ever", ("ages out",), "Silent; jobs have no deletion and no expiry member."),
)


def _time_order(exchange: rules.Exchange) -> int:
    return 0 if exchange.binding.kind in ("topics", "entity-recognizer") else _order(exchange.request)


_SAY_SOMETHING: Final = {
    "job": ("JobNotFoundException",),
    "unstoppable": ("JobNotFoundException",),
    "training": ("ResourceNotFoundException", "ResourceUnavailableException", "ResourceInUseException"),
}
_MOST_TAGS: Final = 50
_USUAL_PAGE: Final = 100
_USUAL_PAGE_OF = tuple(b.kind for b in _BINDINGS if b.kind not in ("pii", "events"))


def _usual_page(exchange: rules.Exchange) -> str | None:
    limited = exchange.request.get("MaxResults") is not None
    if limited or not exchange.succeeded or exchange.binding.kind not in _USUAL_PAGE_OF or len(exchange.items) <= _USUAL_PAGE:
        return None
    return f"no MaxResults was given and the page has {len(exchange.items)} items"


def _empty_filter(exchange: rules.Exchange) -> str | None:
    return "the filter was empty and the list was answered" if exchange.succeeded and exchange.request.get("Filter") == {} else None


def _tells(role: str, *members: str) -> Callable[[rules.Exchange], str | None]:
    def check(exchange: rules.Exchange) -> str | None:
        if exchange.binding.role != role or not exchange.succeeded or exchange.reply is None:
            return None
        missing = [member for member in members if exchange.reply.get(member) is None]
        return f"the reply has no {' and no '.join(missing)}" if missing else None

    return check


def _shows_the_job(exchange: rules.Exchange) -> str | None:
    view = exchange.binding.view
    if exchange.binding.role != "Describe" or not view or not exchange.succeeded or exchange.reply is None:
        return None
    if isinstance(reach(exchange.reply, view), Mapping):
        return None
    return f"the reply has {' and '.join(sorted(exchange.reply)) or 'no member'}, not {view[0]}"


def _has_its_list(exchange: rules.Exchange) -> str | None:
    items = exchange.binding.items
    if items is None or not exchange.succeeded or exchange.reply is None or isinstance(reach(exchange.reply, items), list):
        return None
    return f"the reply has no {items[0]}"


def _too_many_tags(exchange: rules.Exchange) -> str | None:
    tags = exchange.request.get("Tags")
    if not exchange.succeeded or not isinstance(tags, list | tuple) or len(tags) <= _MOST_TAGS:
        return None
    return f"{len(tags)} tags were given and accepted"


def _redaction_left_open(exchange: rules.Exchange) -> str | None:
    request = exchange.request
    if exchange.binding.kind != "pii" or not exchange.succeeded or request.get("Mode") != "ONLY_REDACTION":
        return None
    if rules.value_at(request, "RedactionConfig.PiiEntityTypes"):
        return None
    return "Mode is ONLY_REDACTION, RedactionConfig.PiiEntityTypes was not given, and the job was started"


class _MissingModels:
    """Models that were looked for and not found; a creation in flight, or of somebody else, may bring them about."""

    def __init__(self) -> None:
        self.missing: dict[tuple[str, str], rules.Exchange] = {}
        self.uncertain: set[str] = set()

    def begin(self, exchange: rules.Exchange) -> None:
        if exchange.binding.role == "Create":
            self._forget(exchange.tenant)
            if exchange.end is None or (exchange.status is not None and exchange.status >= 500):
                self.uncertain.add(exchange.tenant)

    def see(self, exchange: rules.Exchange) -> rules.Wrong | None:
        binding, tenant = exchange.binding, exchange.tenant
        if binding.role == "Create":
            self._forget(tenant)
        elif binding.lifecycle == "training" and exchange.error == "ResourceNotFoundException":
            self.missing[tenant, str(exchange.request.get(binding.id_in))] = exchange
        elif exchange.alone and exchange.succeeded and tenant not in self.uncertain:
            for key in _models_of(exchange):
                sought = self.missing.get(key)
                if sought is not None and exchange.follows(sought):
                    return rules.Wrong(f"{key[1]!r} was not found before, and the job was started", (sought,))
        return None

    def _forget(self, tenant: str) -> None:
        self.missing = {key: sought for key, sought in self.missing.items() if key[0] != tenant}


_MODEL_MEMBERS: Final = ("DocumentClassifierArn", "EntityRecognizerArn")
_UNTRAINED: Final = ("SUBMITTED", "TRAINING", "STOP_REQUESTED", "IN_ERROR", "STOPPED")


def _models_of(exchange: rules.Exchange) -> Iterator[tuple[str, str]]:
    """The models of the caller's that a start names, by tenant and ARN."""
    for member in _MODEL_MEMBERS if exchange.binding.role == "Start" else ():
        arn = exchange.request.get(member)
        if isinstance(arn, str) and _is_own(arn, exchange.tenant):
            yield exchange.tenant, arn


def _shown_in(exchange: rules.Exchange) -> tuple[rules.Job, ...]:
    """The jobs or models that the answer to a Describe or List shows."""
    if not exchange.succeeded or exchange.binding.role != "Describe":
        return exchange.items
    job = reach(exchange.reply, exchange.binding.view or ())
    return (job,) if isinstance(job, Mapping) else ()


class _UntrainedModels:
    """Models that jobs were started with, and models whose training ended without success.

    A trained model stays so: one that is shown otherwise after a start was not trained then, unless it was made anew, by
    a creation in flight or by somebody else.
    """

    def __init__(self) -> None:
        self.started: dict[tuple[str, str], rules.Exchange] = {}
        self.failed: dict[tuple[str, str], tuple[rules.Exchange, str]] = {}
        self.uncertain: set[str] = set()

    def begin(self, exchange: rules.Exchange) -> None:
        if exchange.binding.role == "Create":
            self.started = {key: start for key, start in self.started.items() if key[0] != exchange.tenant}
            self.failed = {key: known for key, known in self.failed.items() if key[0] != exchange.tenant}
            if exchange.end is None or (exchange.status is not None and exchange.status >= 500):
                self.uncertain.add(exchange.tenant)

    def see(self, exchange: rules.Exchange) -> rules.Wrong | None:
        if not exchange.succeeded or not exchange.alone or exchange.tenant in self.uncertain:
            return None
        for key in _models_of(exchange):
            look, ended = self.failed.get(key, (exchange, ""))
            if ended and exchange.follows(look):
                return rules.Wrong(f"{key[1]!r} was {ended}, and the job was started", (look,))
            self.started.setdefault(key, exchange)
        for model in _shown_in(exchange) if exchange.binding.lifecycle == "training" else ():
            key, status = (exchange.tenant, _arn_of(model)), model.get("Status")
            start = self.started.get(key)
            if status in _UNTRAINED and start is not None and exchange.follows(start):
                return rules.Wrong(f"{key[1]!r} is {status}, and a job was started with it before", (start,))
            if status in ("IN_ERROR", "STOPPED"):
                self.failed.setdefault(key, (exchange, status))
        return None


class _UsedModels:
    """Jobs that were started with models, and the deletions of those models that were answered with success."""

    def __init__(self) -> None:
        self.users: dict[tuple[str, str], dict[tuple[str, str], rules.Exchange]] = {}
        self.deleted: dict[tuple[str, str, str], tuple[rules.Exchange, rules.Exchange]] = {}
        """For each job the call that started it and the one that deleted its model."""

    def see(self, exchange: rules.Exchange) -> rules.Wrong | None:
        tenant, kind = exchange.tenant, exchange.binding.kind
        if not exchange.succeeded:
            return None
        for key in _models_of(exchange) if exchange.job_id is not None else ():
            self.users.setdefault(key, {}).setdefault((kind, str(exchange.job_id)), exchange)
        if exchange.binding.role == "Delete":
            arn = str(exchange.request.get(exchange.binding.id_in))
            for user, start in self.users.get((tenant, arn), {}).items():
                if exchange.follows(start):
                    self.deleted.setdefault((tenant, *user), (start, exchange))
        for job in _shown_in(exchange) if exchange.binding.lifecycle != "training" else ():
            calls = self.deleted.get((tenant, kind, str(job.get("JobId"))))
            if calls is not None and job.get("JobStatus") in ("SUBMITTED", "IN_PROGRESS") and exchange.follows(calls[1]):
                told = f"job {job.get('JobId')!r} is {job['JobStatus']}, and the model that it uses was deleted before"
                return rules.Wrong(told, calls)
        return None


def _arn_of(model: rules.Job) -> str:
    return str(next((model[member] for member in _MODEL_MEMBERS if member in model), ""))


def _in_tenant(exchange: rules.Exchange) -> str | None:
    """The ARN of a job, or of a model just created, that is not of the tenant's account and region."""
    account, _, region = exchange.tenant.partition("/")
    if not exchange.succeeded or not (account.isdigit() and region):
        return None
    if exchange.binding.role == "Create":
        shown = [exchange.job_id]
    else:
        jobs = [exchange.reply or {}] if exchange.binding.role == "Start" else _shown_in(exchange)
        shown = [job.get("JobArn") for job in jobs]
    wrong = next((arn for arn in shown if isinstance(arn, str) and arn.count(":") > 4 and not _is_own(arn, exchange.tenant)), None)
    return f"{wrong!r} is shown to {exchange.tenant}" if wrong is not None else None


_INFERRED_STOPS: Final = ("pii", "events")
_STATED_STOPS: Final = tuple(kind for kind in _STOPPABLE if kind not in _INFERRED_STOPS)


def _stop_shows(kinds: tuple[str, ...]) -> Callable[[rules.Exchange], str | None]:
    """The status in the reply to a stop; what a queued job's shows is open."""

    def check(exchange: rules.Exchange) -> str | None:
        if exchange.binding.role != "Stop" or exchange.binding.kind not in kinds or not exchange.succeeded:
            return None
        shown = (exchange.reply or {}).get("JobStatus")
        return f"the reply to a stop shows {shown}" if shown in ("IN_PROGRESS", "COMPLETED", "FAILED") else None

    return check


def _is_own(arn: str, tenant: str) -> bool:
    """True if the resource belongs to the caller: one of another account may be hidden from reads and shared all the same."""
    account, _, region = tenant.partition("/")
    return f":{region}:{account}:" in arn


_FILTERS: Final = rules.Filters(
    filter_in="Filter",
    name="JobName",
    submitted="SubmitTime",
    before="SubmitTimeBefore",
    after="SubmitTimeAfter",
    id_member="JobId",
    status="JobStatus",
    live=("SUBMITTED", "IN_PROGRESS", "STOP_REQUESTED"),
    kept_s=_RETENTION.seconds,
)
"""Of jobs alone: models show no JobId, and how their lists match is not said."""
_RULES = (
    rules.filters_find(MODEL.implies("...JobFilter: the jobs of a name, or submitted before or after"), _BINDINGS, _FILTERS),
    rules.pages_lead_on(MODEL.implies("ListEntitiesDetectionJobsResponse: NextToken"), _BINDINGS, "JobId", "EntityRecognizerArn", "DocumentClassifierArn"),
    rules.one_per_token(SMITHY.implies("idempotencyToken trait on ClientRequestToken: the server discards replayed requests"), ignore=()),
    rules.page_size(MODEL.states("List..., MaxResults")),
    rules.one_filter("Filter", "InvalidRequestException", MODEL.states("List..., Filter: one at a time; boto3 issue 2541")),
    rules.CallRule("a page has at most 100 items unless asked otherwise", "Without MaxResults a page has at most 100 items (PII and events: not said).", MODEL.states("List..., MaxResults: the default"), _usual_page),
    rules.CallRule("an empty filter is refused", "A filter without a member is refused.", ISSUE.implies("the message asks for exactly one"), _empty_filter),
    rules.sorted_by("lists under a time filter are in order", "A list filtered by SubmitTimeBefore is oldest first, by SubmitTimeAfter newest first (topics and recognizers: open).", MODEL.states("...Filter, SubmitTimeBefore and SubmitTimeAfter"), lambda job: rules.seconds(job.get("SubmitTime")), _time_order),
    rules.CallRule("a start tells id, ARN and status", "The reply to a start has JobId, JobArn and JobStatus.", CLI.implies("start-*.rst"), _tells("Start", "JobId", "JobArn", "JobStatus")),
    rules.CallRule("a stop tells id and status", "The reply to a stop has JobId and JobStatus.", PAGE.states("Response Elements"), _tells("Stop", "JobId", "JobStatus")),
    rules.CallRule("a description shows the job", "The reply to a Describe has the member named after its kind.", REF.states("Describe..., Response Elements"), _shows_the_job),
    rules.CallRule("a list has its list", "The reply to a List has the list named after its kind.", REF.implies("List..., response"), _has_its_list),
    rules.success_is(200, PAGE.states("Response Elements; the same on the other pages")),
    rules.CallRule("a resource has at most 50 tags", "More than 50 tags are refused.", MODEL.states("TooManyTagsException"), _too_many_tags),
    rules.CallRule("redaction says what to redact", "With Mode ONLY_REDACTION a start without RedactionConfig.PiiEntityTypes is refused.", MODEL.states("StartPiiEntitiesDetectionJob, RedactionConfig"), _redaction_left_open),
    rules.CallRule("a stop of five kinds shows STOP_REQUESTED or STOPPED", "The reply to a stop shows STOP_REQUESTED or STOPPED, or (open) SUBMITTED for a queued job.", PAGE.states("Response Elements, JobStatus"), _stop_shows(_STATED_STOPS), on_status=True),
    rules.CallRule("a stop of PII and events jobs shows STOP_REQUESTED or STOPPED", "The same for the two kinds whose pages only speak of the status of the job.", CLI.implies("stop-pii-entities-detection-job.rst, stop-events-detection-job.rst"), _stop_shows(_INFERRED_STOPS), on_status=True),
    rules.CallRule("ARNs are of the tenant", "The ARN of a job, and that of a model that is created, has the caller's account and region.", MODEL.states("JobArn: the account, the region and the job ID"), _in_tenant),
    rules.malformed_id(_SAY_SOMETHING, MALFORMED.implies("malformed requests are answered as such before anything is looked up")),
    rules.HistoryRule("a model that is not trained starts no job", "A start that names a model of the caller's that is not trained is refused.", REF.implies("StartEntitiesDetectionJob, ResourceUnavailableException as worded until 2022: the model must be TRAINED"), _UntrainedModels),
    rules.HistoryRule("a model that a job uses is not deleted", "The deletion of a model is refused while a job that was started with it is queued or in progress.", MODEL.implies("DeleteDocumentClassifier, DeleteEntityRecognizer: if an active job uses it"), _UsedModels),
    rules.HistoryRule("a model that is not found starts no job", "A start that names a model of the caller's that was just not found is refused.", MODEL.implies("StartDocumentClassificationJob, StartEntitiesDetectionJob: ResourceNotFoundException"), _MissingModels),
)

# ---- what the page says ---------------------------------------------------------------------------------------------

_STATEMENTS = (
    Statement(1, "Description, 1st sentence", "The call stops a job that is in progress.", ("job/stop asked", "job/stop while queued")),
    Statement(2, "Description, 2nd paragraph", "A job IN_PROGRESS is marked for termination and becomes STOP_REQUESTED.", ("job/stop asked",)),
    Statement(3, "Description, 2nd paragraph", "If it completes before it can be stopped, it becomes COMPLETED.", ("job/finished before the stop took effect",)),
    Statement(4, "Description, 2nd paragraph", "Otherwise it is stopped and becomes STOPPED.", ("job/stop took effect", "job/a stop leads to an end", "job/failure after a stop was asked for")),
    Statement(5, "Description, 3rd paragraph", "Stopping a COMPLETED or FAILED job answers a 400 error.", ("job/a finished job cannot be stopped",)),
    Statement(6, "Description, 4th paragraph", "Documents already processed when the job stops are written to the output.", ("partial output of a stopped job", "job/OutputDataConfig tells where the output is")),
    Statement(7, "Request Parameters", "Parameters common to all actions apply.", not_modelled="signing belongs to the transport, not to the lifecycle"),
    Statement(8, "Request Parameters, JobId", "JobId is required, 1 to 32 characters, of a pattern.", ("error for a malformed request", "a malformed id is told as such", "ValidationException", "InvalidRequestException")),
    Statement(9, "Response Elements", "Success is HTTP 200 with a JSON body.", ("success is HTTP 200", "a stop tells id and status")),
    Statement(10, "Response Elements, JobId", "The reply names the job that is to stop.", ("job/the reply is for the job asked for",)),
    Statement(11, "Response Elements, JobStatus", "STOP_REQUESTED if the job is running.", ("job/stop asked", "job/stop while a stop is pending", "a stop of five kinds shows STOP_REQUESTED or STOPPED")),
    Statement(12, "Response Elements, JobStatus", "STOPPED if the job was stopped earlier.", ("job/a stopped job may be stopped again", "a stop of five kinds shows STOP_REQUESTED or STOPPED")),
    Statement(13, "Response Elements, JobStatus", "The member's values are the six job statuses.", ("job/stop while queued", "job/described")),
    Statement(14, "Errors", "InternalServerException: HTTP 500, retry.", ("InternalServerException",)),
    Statement(15, "Errors", "InvalidRequestException: HTTP 400, the request is invalid.", ("InvalidRequestException", "job/a finished job cannot be stopped")),
    Statement(16, "Errors", "JobNotFoundException: HTTP 400, no such job.", ("JobNotFoundException", "job/unknown id is not stopped")),
    Statement(17, "Errors", "The errors common to all actions may be answered too.", ("AccessDeniedException", "ThrottlingException", "ServiceUnavailable")),
)

_AMBIGUITIES = (
    Ambiguity("1", "The third paragraph names StopDominantLanguageDetectionJob on the entities page; the same sentence stands on its sister pages, so it is this page's operation.", ("job/a finished job cannot be stopped",)),
    Ambiguity("2", "'400 Internal Request Exception' does not exist; InvalidRequestException fits the status and two of the three words. InternalServerException, which is 500, passes as a failure of the service.", ("job/a finished job cannot be stopped", "InvalidRequestException")),
    Ambiguity("3", "COMPLETED and FAILED are refused, STOPPED is answered: repeated stops succeed.", ("job/a stopped job may be stopped again",)),
    Ambiguity("4", "The reply's status is one of two by the text, one of six by the type; the text is about this member, the type is shared.", ("job/stop asked", "job/stop while queued", "a stop of five kinds shows STOP_REQUESTED or STOPPED", "a stop of PII and events jobs shows STOP_REQUESTED or STOPPED")),
    Ambiguity("5", "A stop of a SUBMITTED job is not covered.", ("job/stop while queued",)),
    Ambiguity("6", "A stop of a STOP_REQUESTED job is not covered.", ("job/stop while a stop is pending",)),
    Ambiguity("7", "FAILED after STOP_REQUESTED is not covered.", ("job/failure after a stop was asked for",)),
    Ambiguity("8", "Nothing says when the service acts on a stop; recordings suggest minutes.", ("job/a stop leads to an end",)),
    Ambiguity("9", "Is STOP_REQUESTED passed through when the job completes first? Text order says so; the internal move leaves both visible.", ("job/finished before the stop took effect",)),
    Ambiguity("10", "When partial output is written is not said.", ("partial output of a stopped job",)),
    Ambiguity("11", "JobId in the reply is 'the job to stop': it echoes the request.", ("job/the reply is for the job asked for",)),
    Ambiguity("12", "JobId of a started events job is described with the token's text.", not_modelled="a slip of wording; the member is the job's id on the other eight pages"),
    Ambiguity("13", "JobName is described as the identifier of the job.", ("job/JobName is as given",)),
    Ambiguity("14", "The entities filter is documented as a filter of dominant language jobs.", ("job/listed jobs pass the filter",)),
    Ambiguity("15", "HTTP status 400 on the pages, 404 and 429 in the Smithy model.", ("HTTP status of not found", "HTTP status of throttling")),
    Ambiguity("16", "Stop declares no throttling error though its siblings do; the common one stays possible.", ("TooManyRequestsException", "ThrottlingException")),
    Ambiguity("17", "Examples show statuses outside the enum (RUNNING, SUCCEEDED, STOPPING).", not_modelled="documentation noise: a status outside the enum breaks the wire types and is reported"),
    Ambiguity("18", "DocumentClassificationJob explains stop statuses though it has no stop.", ("unstoppable/described",)),
    Ambiguity("19", "Two texts name a member Messages; it is Message.", ("job/Message is present when FAILED",)),
    Ambiguity("20", "OutputDataConfig 'that you supplied' is rewritten in every record, at once and whatever the end, though the guide has it for COMPLETED only.", ("job/OutputDataConfig tells where the output is",)),
    Ambiguity("21", "The order under time filters is inverted for topics and recognizers.", ("order of a topics list", "lists under a time filter are in order")),
    Ambiguity("22", "Two filters: InvalidFilterException by its name, InvalidRequestException observed.", ("error for two filters", "one filter at a time")),
    Ambiguity("23", "What a token does, and what ResourceInUseException means on Start.", ("a repeated token makes no second job", "repeated token, other parameters", "job/status of a replayed start", "life of a token", "ResourceInUseException", "job name in use")),
    Ambiguity("24", "'In progress' in the first sentence: do SUBMITTED jobs count?", ("job/stop while queued",)),
    Ambiguity("kinds", "Is an id of one kind known to the operations of another?", ("job/Stop with another kind's id", "job/Describe with another kind's id")),
    Ambiguity("queued failure", "Can a SUBMITTED job fail?", ("job/failure while queued",)),
    Ambiguity("quota", "What happens beyond ten active jobs of a kind, and do stopping ones count?", ("too many jobs", "slot of a stopping job")),
    Ambiguity("PII output", "Plain files or an archive.", ("output of a PII job",)),
    Ambiguity("ids", "A JobId is 32 hexadecimal digits in every record and up to 32 characters of any script by its type.", not_modelled="a record is no rule: the wire types are held against ids, and no more"),
    Ambiguity("ARNs", "Two examples of topics jobs have the ARN type of other kinds; a record has their own.", ("unstoppable/JobArn is of the job's kind",)),
    Ambiguity("edited records", "Three CLI examples show IN_PROGRESS with EndTime: copies of ended jobs with another status.", ("job/EndTime is absent when SUBMITTED or IN_PROGRESS",)),
    Ambiguity("untrained models", "The error for a model that is not TRAINED said so until 2022, and now speaks of a resource that is not available.", ("a model that is not trained starts no job", "ResourceUnavailableException")),
    Ambiguity("model members", "A start with neither a model nor a flywheel, or with both, is not covered.", ("model missing",)),
    Ambiguity("malformed ids", "Is a malformed JobId an invalid request, a failed validation, or an id that nobody has?", ("error for a malformed request", "a malformed id is told as such")),
    Ambiguity("lists", "Order without a time filter, bounds of time filters, matching of names, tokens with other parameters.", ("order of an unfiltered list", "time filters at the bound", "filter on a job's name", "page token with other parameters")),
    Ambiguity("consistency", "How soon a new job or a stop shows is silent, and what pages show while jobs come.", not_modelled="a judge may be given a staleness window, and learns nothing from pages while jobs come; the reference model is consistent at once"),
    Ambiguity("languages and tags", "Languages of PII jobs and lengths of tags differ between model and guide.", ("languages of a PII job", "bounds of tags")),
    Ambiguity("training", "StopTraining outside TRAINING, and the ends after it.", ("training/stop of training while queued", "training/stop of training again", "training/IN_ERROR after a stop was asked for", "training/TRAINED_WITH_WARNING after a stop was asked for", "training/deletion of a stopped model")),
    Ambiguity("model status", "The text names TRAINED_WITH_WARNINGS and FAILED; neither is in the enum.", not_modelled="a status outside the enum breaks the wire types and is reported"),
    Ambiguity("retention", "How long jobs are remembered is silent.", ("retention",)),
)

API = Api(
    name="comprehend",
    title="Amazon Comprehend",
    page="StopEntitiesDetectionJob, Comprehend Developer Guide, 2020-03 to 2021-10",
    service="comprehend",
    tenancy="ACCOUNT/REGION",
    documents=(PAGE, REF, GUIDE, MODEL, SMITHY, WIRE, CLI, RECORDED, NUKE, TERRAFORM, MALFORMED, ISSUE),
    lifecycles=(JOB, UNSTOPPABLE, TRAINING),
    bindings=_BINDINGS,
    errors=_ERRORS,
    questions=_QUESTIONS,
    rules=_RULES,
    statements=_STATEMENTS,
    ambiguities=_AMBIGUITIES,
)
