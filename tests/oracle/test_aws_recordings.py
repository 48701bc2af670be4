"""Recordings as users have them, read line by line: what the documents leave open passes, what they rule out fails.

The wrong ones are what published implementations do (moto, winterbaume, cloudmock and others, as far as their choices
are known) and the mistakes that the documents invite.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from haltspec.apis import load
from haltspec.lts import Grade
from haltspec.oracle import Report, Settings, Verdict, judge
from haltspec.trace import read

TENANT, OTHER = "123456789012/us-east-1", "999999999999/us-east-1"
JOB, SECOND = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
ROLE = {"DataAccessRoleArn": "arn:aws:iam::123456789012:role/r"}
ARN = "arn:aws:comprehend:us-east-1:123456789012:"

Line = dict[str, Any]
"""A line of a recording, without its times if they do not matter."""


def answered(operation: str, request: Mapping[str, Any], reply: Any = None, **other: Any) -> Line:
    """A call that succeeded, or with another answer."""
    return {"operation": operation, "request": dict(request), "status": 200, "reply": reply, **other}


def refused(asked: Line, code: str, status: int = 400, **body: Any) -> Line:
    """The call, refused."""
    return {**asked, "status": status, "error": code, "reply": {"__type": code, **body}}


def lost(asked: Line) -> Line:
    """The call, never answered."""
    return {**{name: value for name, value in asked.items() if name != "reply"}, "status": None, "end": None}


def report(api: str, lines: list[Line], *, alone: bool = False, floor: Grade = Grade.IMPLIED) -> Report:
    """The judgement of a recording: of calls one after the other, but for those that have times of their own."""
    texts = []
    for number, line in enumerate(lines):
        start = 1_700_000_000.0 + 10 * number
        whole = {"api": api, "tenant": TENANT, "client": "c", "start": start, "end": start + 1, "alone": alone, **line}
        texts.append(json.dumps(whole))
    return judge(load(api), read(texts, name="recording"), Settings(floor=floor))


def told(found: Report) -> set[tuple[str, str]]:
    """The broken rules without the API's name, with their grades."""
    return {(v.rule.partition("/")[2], str(v.grade)) for v in (*found.violations, *found.warnings)}


Legal = dict[str, list[Line]]
Wrong = dict[str, tuple[list[Line], tuple[str, str]]]


# ---- Comprehend ------------------------------------------------------------------------------------------------------


def started(job: str = JOB, kind: str = "Entities", arn_type: str = "entities-detection-job", **members: Any) -> Line:
    """A start of a Comprehend job."""
    request = {
        "InputDataConfig": {"S3Uri": "s3://inbox/d"},
        "OutputDataConfig": {"S3Uri": "s3://outbox/r/"},
        "LanguageCode": "en",
        **ROLE,
        **members,
    }
    reply = {"JobId": job, "JobArn": f"{ARN}{arn_type}/{job}", "JobStatus": "SUBMITTED"}
    return answered(f"Start{kind}DetectionJob", request, reply)


def view(status: str, job: str = JOB, tag: str = "NER", arn_type: str = "entities-detection-job", **other: Any) -> Line:
    """A Comprehend job as it is described; None takes a member out."""
    ended = {"EndTime": 1700000400.5} if status in ("COMPLETED", "FAILED", "STOPPED") else {}
    message = {"Message": "NO_READ_ACCESS_TO_INPUT: no"} if status == "FAILED" else {}
    shown = {
        "JobId": job,
        "JobArn": f"{ARN}{arn_type}/{job}",
        "JobStatus": status,
        "SubmitTime": 1700000001.123,
        "InputDataConfig": {"S3Uri": "s3://inbox/d", "InputFormat": "ONE_DOC_PER_LINE"},
        "OutputDataConfig": {"S3Uri": f"s3://outbox/r/123456789012-{tag}-{job}/output/output.tar.gz"},
        "LanguageCode": "en",
        **ROLE,
        **ended,
        **message,
        **other,
    }
    return {name: value for name, value in shown.items() if value is not None}


def shown(status: str, kind: str = "Entities", **other: Any) -> Line:
    """A description of a Comprehend job."""
    return answered(
        f"Describe{kind}DetectionJob", {"JobId": JOB}, {f"{kind}DetectionJobProperties": view(status, **other)}
    )


def stopped(status: str, kind: str = "Entities") -> Line:
    """A stop of a Comprehend job that shows a status."""
    return answered(f"Stop{kind}DetectionJob", {"JobId": JOB}, {"JobId": JOB, "JobStatus": status})


def listed(*jobs: Line, **request: Any) -> Line:
    """A list of Comprehend jobs."""
    return answered("ListEntitiesDetectionJobs", request, {"EntitiesDetectionJobPropertiesList": list(jobs)})


def paged(*jobs: Line, **request: Any) -> Line:
    """A page of a list of Comprehend jobs; `after` is its next token."""
    after = request.pop("after", "")
    line = listed(*jobs, MaxResults=1, **request)
    return {**line, "reply": {**line["reply"], "NextToken": after}} if after else line


LATE, EARLY = {"Filter": {"SubmitTimeAfter": 1600000000}}, {"Filter": {"SubmitTimeBefore": 1800000000}}
NAMED = {"Filter": {"JobName": "n"}}
RUNS = [started(), shown("IN_PROGRESS")]
ASKED = [*RUNS, stopped("STOP_REQUESTED")]
STOP = stopped("STOP_REQUESTED")
DESCRIBE = shown("IN_PROGRESS")
PII = {"kind": "PiiEntities", "arn_type": "pii-entities-detection-job", "Mode": "ONLY_OFFSETS"}
FLYWHEEL = {"FlywheelArn": f"{ARN}flywheel/f"}
MODEL = f"{ARN}document-classifier/m"
CREATE = answered(
    "CreateDocumentClassifier",
    {"DocumentClassifierName": "m", "InputDataConfig": {"S3Uri": "s3://inbox/t"}, "LanguageCode": "en", **ROLE},
    {"DocumentClassifierArn": MODEL},
)
HALT = answered("StopTrainingDocumentClassifier", {"DocumentClassifierArn": MODEL}, {})
DELETE = answered("DeleteDocumentClassifier", {"DocumentClassifierArn": MODEL}, {})


def model(status: str) -> Line:
    """A description of the classifier."""
    times: dict[str, Any] = {}
    if status in ("TRAINED", "TRAINED_WITH_WARNING", "IN_ERROR", "STOPPED"):
        times = {"TrainingEndTime": 1700000003, "EndTime": 1700000004}
    if status == "TRAINED":
        times |= {"TrainingStartTime": 1700000002}
    if status == "IN_ERROR":
        times |= {"Message": "NO_READ_ACCESS_TO_INPUT: no"}
    about = {"DocumentClassifierArn": MODEL, "Status": status, "SubmitTime": 1700000001, "LanguageCode": "en", **ROLE}
    reply = {"DocumentClassifierProperties": {**about, **times}}
    return answered("DescribeDocumentClassifier", {"DocumentClassifierArn": MODEL}, reply)


COMPREHEND: Legal = {
    "two listings give one token": [
        started(),
        started(SECOND),
        paged(view("IN_PROGRESS", SECOND, SubmitTime=1700000011.0), after="2", **LATE),
        paged(view("IN_PROGRESS"), after="2", **EARLY),
        paged(view("IN_PROGRESS"), **LATE, NextToken="2"),
        paged(view("IN_PROGRESS", SECOND, SubmitTime=1700000011.0), **EARLY, NextToken="2"),
    ],
    "a page is short because a job was made meanwhile": [
        started(JobName="n"),
        paged(view("IN_PROGRESS", JobName="n"), after="1", **NAMED),
        started(SECOND, JobName="n"),
        paged(**NAMED, NextToken="1"),
    ],
    "a queued job's stop is accepted": [started(), STOP, shown("STOPPED")],
    "a queued job is stopped at once": [started(), stopped("STOPPED"), shown("STOPPED")],
    "a queued job's stop is refused": [started(), refused(STOP, "InvalidRequestException"), DESCRIBE],
    "a queued job's stop is forgotten": [started(), stopped("SUBMITTED"), DESCRIBE],
    "a queued job's stop shows that it was queued": [started(), stopped("SUBMITTED"), shown("STOPPED")],
    "two kinds give one id": [
        started(),
        started(kind="KeyPhrases", arn_type="key-phrases-detection-job"),
        STOP,
        shown("IN_PROGRESS", kind="KeyPhrases", arn_type="key-phrases-detection-job", tag="KP"),
        shown("STOPPED"),
    ],
    "a second stop is accepted, a third refused": [
        *ASKED,
        STOP,
        refused(STOP, "InvalidRequestException"),
        shown("STOPPED"),
    ],
    "a stopped job is stopped again": [*ASKED, shown("STOPPED"), stopped("STOPPED")],
    "failed while stopping": [*ASKED, shown("FAILED")],
    "finished while stopping": [*ASKED, shown("COMPLETED"), refused(STOP, "InvalidRequestException")],
    "finished before the stop": [*RUNS, refused(STOP, "InvalidRequestException"), shown("COMPLETED")],
    "a fault that took effect": [*RUNS, refused(STOP, "InternalServerException", 500), shown("STOPPED")],
    "a fault that took none": [*RUNS, refused(STOP, "InternalServerException", 500), DESCRIBE],
    "a stop without an answer that takes effect late": [*RUNS, lost(STOP), DESCRIBE, shown("STOP_REQUESTED")],
    "failed at once": [started(), shown("FAILED")],
    "throttled": [
        *RUNS,
        refused(DESCRIBE, "TooManyRequestsException", 429),
        refused(DESCRIBE, "TooManyRequestsException"),
        refused(STOP, "ThrottlingException"),
        refused(STOP, "ServiceUnavailable", 503),
        DESCRIBE,
    ],
    "not allowed": [*RUNS, refused(STOP, "AccessDeniedException"), refused(STOP, "ExpiredTokenException"), DESCRIBE],
    "unknown, with either status": [refused(STOP, "JobNotFoundException"), refused(STOP, "JobNotFoundException", 404)],
    "error codes in all their clothes": [
        {**STOP, "status": 400, "reply": {"__type": "com.amazonaws.comprehend#JobNotFoundException", "message": "no"}},
        {**STOP, "status": 400, "error": "JobNotFoundException:http://internal/", "reply": {"Message": "no"}},
    ],
    "members nobody knows": [*RUNS, shown("IN_PROGRESS", Flag=True), {**STOP, "reply": {**STOP["reply"], "New": [1]}}],
    "times as other numbers": [
        started(),
        shown("IN_PROGRESS", SubmitTime=1.7e9),
        shown("IN_PROGRESS", SubmitTime=1700000000),
    ],
    "two starts without tokens": [started(), started(SECOND)],
    "a token used again": [started(ClientRequestToken="t"), shown("COMPLETED"), started(ClientRequestToken="t")],
    "a token with other parameters": [
        started(ClientRequestToken="t"),
        started(SECOND, ClientRequestToken="t", JobName="n"),
        started(ClientRequestToken="t", JobName="o"),
        refused(started(ClientRequestToken="t", JobName="p"), "ResourceInUseException"),
    ],
    "a start that failed and started": [
        refused(started(), "InternalServerException", 500),
        listed(view("IN_PROGRESS")),
    ],
    "another kind's id is accepted": [started(), stopped("STOP_REQUESTED", "Sentiment"), shown("STOP_REQUESTED")],
    "another kind's id is unknown": [started(), refused(stopped("", "Sentiment"), "JobNotFoundException"), DESCRIBE],
    "an old description that overlaps": [
        *RUNS,
        {**STOP, "start": 1700000100, "end": 1700000103, "client": "a"},
        {**DESCRIBE, "start": 1700000102, "end": 1700000104, "client": "b"},
    ],
    "a new description that overlaps": [
        *RUNS,
        {**shown("STOP_REQUESTED"), "start": 1700000100, "end": 1700000101, "client": "b"},
        {**STOP, "start": 1700000100, "end": 1700000103, "client": "a"},
    ],
    "PII output is plain files": [
        started(**PII),
        shown("COMPLETED", **PII, OutputDataConfig={"S3Uri": f"s3://outbox/r/123456789012-PII-{JOB}/output/"}),
    ],
    "at the bound of a time filter": [started(), listed(view("IN_PROGRESS"), Filter={"SubmitTimeAfter": 1700000002})],
    "two filters refused either way": [
        refused(listed(Filter={"JobName": "a", "JobStatus": "FAILED"}), "InvalidFilterException"),
        refused(listed(Filter={"JobName": "a", "JobStatus": "FAILED"}), "InvalidRequestException"),
    ],
    "starts refused from outside": [
        refused(started(), code)
        for code in (
            "TooManyRequestsException",
            "InvalidRequestException",
            "KmsKeyValidationException",
            "ResourceInUseException",
        )
    ],
    "a malformed id": [
        refused({**STOP, "request": {"JobId": ""}}, "ValidationException"),
        refused({**STOP, "request": {"JobId": "x" * 33}}, "InvalidRequestException"),
        refused({**STOP, "request": {"JobId": "x" * 33}}, "AccessDeniedException"),
    ],
    "a flywheel decides": [
        started(**FLYWHEEL),
        shown("IN_PROGRESS", **FLYWHEEL, EntityRecognizerArn=f"{ARN}entity-recognizer/r", LanguageCode="es"),
    ],
    "training stopped before it began": [CREATE, HALT, model("STOPPED"), HALT, DELETE, model("DELETING")],
    "training not stopped before it began": [CREATE, refused(HALT, "InvalidRequestException"), model("TRAINING")],
    "training ended in a warning": [CREATE, model("TRAINING"), HALT, model("TRAINED_WITH_WARNING")],
    "training ended in an error": [CREATE, model("TRAINING"), HALT, model("IN_ERROR"), HALT],
    "a name free again": [
        CREATE,
        model("IN_ERROR"),
        DELETE,
        refused(model(""), "ResourceNotFoundException", 404),
        CREATE,
    ],
    "a model not deleted in training": [
        CREATE,
        model("TRAINING"),
        *(refused(DELETE, f"Resource{why}Exception") for why in ("InUse", "Unavailable")),
    ],
    "empty bodies": [CREATE, {**HALT, "reply": None}, {**DELETE, "reply": None}],
}
COMPREHEND_WRONG: Wrong = {
    "of two pages under a time filter the second is newer": (
        [
            started(),
            started(SECOND),
            paged(view("IN_PROGRESS"), after="t", **LATE),
            paged(view("IN_PROGRESS", SECOND, SubmitTime=1700000011.0), **LATE, NextToken="t"),
        ],
        ("lists under a time filter are in order", "stated"),
    ),
    "of two pages under a name the second is empty": (
        [
            started(JobName="n"),
            started(SECOND, JobName="n"),
            paged(view("IN_PROGRESS", JobName="n"), after="t", **NAMED),
            paged(**NAMED, NextToken="t"),
        ],
        ("a filter finds the jobs that fit", "implied"),
    ),
    "every stop is accepted": (
        [started(), shown("COMPLETED"), STOP],
        ("job/a finished job cannot be stopped", "stated"),
    ),
    "a finished job's stop is refused with another error": (
        [started(), shown("COMPLETED"), refused(STOP, "ValidationException")],
        ("job/a finished job cannot be stopped", "implied"),
    ),
    "a finished job stops": (
        [started(), shown("COMPLETED"), shown("STOP_REQUESTED")],
        ("job/nothing leaves COMPLETED", "implied"),
    ),
    "a stopped job runs": ([*ASKED, shown("STOPPED"), DESCRIBE], ("job/nothing leaves STOPPED", "implied")),
    "a stopped job's stop is refused": (
        [*ASKED, shown("STOPPED"), refused(STOP, "InvalidRequestException")],
        ("job/a stopped job may be stopped again", "stated"),
    ),
    "a stopped job is told to stop": (
        [*ASKED, shown("STOPPED"), STOP],
        ("job/a stopped job may be stopped again", "stated"),
    ),
    "a running job is stopped at once": ([*RUNS, stopped("STOPPED")], ("job/stop asked", "stated")),
    "a stop that shows the old status": (
        [*RUNS, stopped("IN_PROGRESS")],
        ("a stop of five kinds shows STOP_REQUESTED or STOPPED", "stated"),
    ),
    "a stop forgotten": ([*ASKED, DESCRIBE], ("job/IN_PROGRESS does not follow STOP_REQUESTED", "implied")),
    "another error for an unknown id": (
        [refused(STOP, "ResourceNotFoundException")],
        ("job/unknown id is not stopped", "stated"),
    ),
    "an unknown id is stopped": ([stopped("STOPPED")], ("job/unknown id is not stopped", "stated")),
    "the status of 2018": ([started(), shown("STOPPING")], ("replies have the documented types/JobStatus", "stated")),
    "an end while it runs": (
        [started(), shown("IN_PROGRESS", EndTime=1700000300)],
        ("job/EndTime is absent when SUBMITTED or IN_PROGRESS", "implied"),
    ),
    "no reason for a failure": (
        [started(), shown("FAILED", Message=None)],
        ("job/Message is present when FAILED", "stated"),
    ),
    "an error that stops do not declare": (
        [*RUNS, refused(STOP, "TooManyRequestsException", 429)],
        ("errors are declared", "implied"),
    ),
    "throttled with 429 by the common error": (
        [*RUNS, refused(STOP, "ThrottlingException", 429)],
        ("errors have their documented HTTP status", "stated"),
    ),
    "times as texts": (
        [started(), shown("IN_PROGRESS", SubmitTime="2023-11-14T22:13:21Z")],
        ("replies have the documented types/SubmitTime", "stated"),
    ),
    "a reply for another job": (
        [*RUNS, {**STOP, "reply": {"JobId": SECOND, "JobStatus": "STOP_REQUESTED"}}],
        ("job/the reply is for the job asked for", "stated"),
    ),
    "a token ignored": (
        [started(ClientRequestToken="t"), started(SECOND, ClientRequestToken="t")],
        ("a repeated token makes no second job", "implied"),
    ),
    "a job missing from a list": ([started(), listed()], ("job/listed", "stated")),
    "a stranger sees a job": (
        [started(), {**DESCRIBE, "tenant": OTHER}],
        ("job/unknown id is not described", "stated"),
    ),
    "the output where it was asked for": (
        [started(), shown("IN_PROGRESS", OutputDataConfig={"S3Uri": "s3://outbox/r/"})],
        ("job/OutputDataConfig tells where the output is", "implied"),
    ),
    "a finished PII job is stopped": (
        [started(**PII), shown("COMPLETED", tag="PII", **PII), stopped("STOP_REQUESTED", "PiiEntities")],
        ("job/a finished job cannot be stopped", "implied"),
    ),
    "a malformed id is unknown": (
        [refused({**STOP, "request": {"JobId": "x" * 33}}, "JobNotFoundException")],
        ("a malformed id is told as such", "implied"),
    ),
    "a trained model's stop is refused": (
        [CREATE, model("TRAINED"), refused(HALT, "InvalidRequestException")],
        ("training/stop of an ended training does nothing", "implied"),
    ),
    "a stop of training forgotten": (
        [CREATE, model("TRAINING"), HALT, model("TRAINING")],
        ("training/TRAINING does not follow what came before", "implied"),
    ),
    "a model back from deletion": (
        [CREATE, model("TRAINED"), DELETE, model("TRAINED")],
        ("training/described", "stated"),
    ),
}

# ---- Translate -------------------------------------------------------------------------------------------------------

TEXT = {
    "InputDataConfig": {"S3Uri": "s3://inbox/d", "ContentType": "text/plain"},
    "SourceLanguageCode": "en",
    "TargetLanguageCodes": ["de"],
    **ROLE,
}


def begun(**members: Any) -> Line:
    """A start of a Translate job."""
    request = {**TEXT, "OutputDataConfig": {"S3Uri": "s3://outbox/r/"}, "ClientToken": "t", **members}
    return answered("StartTextTranslationJob", request, {"JobId": JOB, "JobStatus": "SUBMITTED"})


def told_of(status: str, **other: Any) -> Line:
    """A description of the Translate job; None takes a member out."""
    ended: dict[str, Any] = {}
    if status in ("COMPLETED", "COMPLETED_WITH_ERROR", "FAILED", "STOPPED"):
        ended["EndTime"] = 1700000400.5
    if status.startswith("COMPLETED"):
        wrong = int(status != "COMPLETED")
        counts = (7 - wrong, wrong, 7)
        names = ("TranslatedDocumentsCount", "DocumentsWithErrorsCount", "InputDocumentsCount")
        ended |= {"JobDetails": dict(zip(names, counts, strict=True))}
    if status in ("COMPLETED", "FAILED"):
        ended["Message"] = "It has ended."
    output = {"OutputDataConfig": {"S3Uri": f"s3://outbox/r/123456789012-TranslateText-{JOB}/"}}
    job = {"JobId": JOB, "JobStatus": status, "SubmittedTime": 1700000001.1, **TEXT, **output, **ended, **other}
    reply = {"TextTranslationJobProperties": {name: value for name, value in job.items() if value is not None}}
    return answered("DescribeTextTranslationJob", {"JobId": JOB}, reply)


def halted(status: str) -> Line:
    """A stop of the Translate job that shows a status."""
    return answered("StopTextTranslationJob", {"JobId": JOB}, {"JobId": JOB, "JobStatus": status})


LISTING = answered("ListTextTranslationJobs", {}, {"TextTranslationJobPropertiesList": [], "NextToken": None})
BUSY = [begun(), told_of("IN_PROGRESS")]
ORDERED = [*BUSY, halted("STOP_REQUESTED")]
ORDER = halted("STOP_REQUESTED")
TRANSLATE: Legal = {
    "a queued job's stop is accepted": [begun(), ORDER, told_of("STOPPED")],
    "a queued job is stopped at once": [begun(), halted("STOPPED"), told_of("STOPPED")],
    "a queued job's stop shows that it was queued": [begun(), halted("SUBMITTED"), told_of("STOP_REQUESTED")],
    "a queued job's stop is refused": [begun(), refused(ORDER, "InvalidRequestException"), told_of("IN_PROGRESS")],
    "the reply says STOPPED before it is": [*BUSY, halted("STOPPED"), told_of("STOP_REQUESTED"), told_of("COMPLETED")],
    "finished with errors while stopping": [*ORDERED, told_of("COMPLETED_WITH_ERROR")],
    "failed while stopping": [*ORDERED, told_of("FAILED")],
    "a second stop": [
        *ORDERED,
        ORDER,
        refused(ORDER, "InvalidRequestException"),
        halted("STOPPED"),
        told_of("STOP_REQUESTED"),
    ],
    "a stopped job's stop": [
        *ORDERED,
        told_of("STOPPED"),
        halted("STOPPED"),
        refused(ORDER, "InvalidRequestException"),
    ],
    "a finished job's stop": [
        begun(),
        told_of("COMPLETED"),
        halted("COMPLETED"),
        halted("STOPPED"),
        *(refused(ORDER, f"{what}Exception") for what in ("InvalidRequest", "Validation", "ResourceNotFound")),
        told_of("COMPLETED"),
    ],
    "either status of two errors": [
        refused(ORDER, "ResourceNotFoundException", 404),
        refused(ORDER, "ResourceNotFoundException"),
        refused(ORDER, "TooManyRequestsException", 429),
        refused(ORDER, "TooManyRequestsException"),
    ],
    "a language to be found": [begun(SourceLanguageCode="auto"), told_of("IN_PROGRESS", SourceLanguageCode="fr")],
    "a page token that is null": [LISTING],
    "a region without batches": [
        refused(begun(), "NotAuthorizedException"),
        refused(LISTING, "NotAuthorizedException"),
    ],
    "a malformed id": [
        refused({**ORDER, "request": {"JobId": "x" * 33}}, "ValidationException"),
        refused({**ORDER, "request": {"JobId": "x" * 33}}, "ResourceNotFoundException"),
    ],
    "a token used again": [begun(), told_of("COMPLETED"), begun(), {**begun(), "reply": halted("COMPLETED")["reply"]}],
    "a token with other parameters": [begun(), refused(begun(JobName="n"), "InvalidRequestException")],
    "a stop without an answer": [
        *BUSY,
        lost(ORDER),
        told_of("IN_PROGRESS"),
        told_of("STOP_REQUESTED"),
        told_of("COMPLETED"),
    ],
    "a full queue": [refused(begun(), "TooManyRequestsException"), refused(begun(), "LimitExceededException")],
}
TRANSLATE_WRONG: Wrong = {
    "a finished job is stopped": (
        [begun(), told_of("COMPLETED"), halted("STOPPED"), told_of("STOPPED")],
        ("job/nothing leaves COMPLETED", "implied"),
    ),
    "every stop says STOP_REQUESTED": (
        [begun(), told_of("COMPLETED"), ORDER],
        ("job/a stop shows the status of the job", "implied"),
    ),
    "a stop forgotten": (
        [*ORDERED, told_of("IN_PROGRESS")],
        ("job/IN_PROGRESS does not follow what came before", "implied"),
    ),
    "the sister's error": ([refused(ORDER, "JobNotFoundException")], ("job/unknown id is not stopped", "stated")),
    "the sister's member": (
        [begun(), told_of("IN_PROGRESS", SubmittedTime=None, SubmitTime=1700000001)],
        ("job/SubmittedTime is present", "implied"),
    ),
    "a start without a token": ([begun(ClientToken=None)], ("a malformed request is refused", "stated")),
    "the guide's reply to a stop": (
        [*BUSY, {**ORDER, "reply": told_of("STOP_REQUESTED")["reply"]}],
        ("a stop tells id and status", "stated"),
    ),
    "an id of 36 characters": (
        [{**begun(), "reply": {"JobId": "1c1838f4-7080-6ab9-c3e0-057f14717bed", "JobStatus": "SUBMITTED"}}],
        ("replies have the documented types/JobId", "stated"),
    ),
    "an error nobody declares": (
        [begun(), told_of("COMPLETED"), refused(ORDER, "ConflictException", 409)],
        ("errors are declared", "implied"),
    ),
    "two terminologies": (
        [begun(TerminologyNames=["a", "b"])],
        ("a job has one terminology and one parallel data at most", "stated"),
    ),
    "an end while it stops": (
        [*ORDERED, told_of("STOP_REQUESTED", EndTime=1700000009)],
        ("job/EndTime is absent when SUBMITTED or IN_PROGRESS or STOP_REQUESTED", "implied"),
    ),
}

# ---- Rekognition -----------------------------------------------------------------------------------------------------

PROJECT = "arn:aws:rekognition:us-east-1:123456789012:project/p/1600000000000"
VERSION = "arn:aws:rekognition:us-east-1:123456789012:project/p/version/v/1600000001000"
TWIN = VERSION.replace("1600000001000", "1600000002000")
OUTPUT = {"OutputConfig": {"S3Bucket": "bucket", "S3KeyPrefix": "k"}}
RESULTS = {"BillableTrainingTimeInSeconds": 900, "EvaluationResult": {"F1Score": 1.0}}


def version(status: str, arn: str = VERSION, **other: Any) -> Line:
    """A version as it is described; None takes a member out."""
    more: dict[str, Any] = {} if status == "TRAINING_IN_PROGRESS" else {"TrainingEndTimestamp": 1600001001.0}
    if status in ("TRAINING_COMPLETED", "STARTING", "RUNNING", "STOPPING", "STOPPED", "FAILED"):
        more |= RESULTS
    if status in ("STARTING", "RUNNING", "STOPPING"):
        more |= {"MinInferenceUnits": 1}
    about = {"ProjectVersionArn": arn, "CreationTimestamp": 1600000001.0, "Status": status, "StatusMessage": "as told"}
    whole = {**about, **OUTPUT, "Feature": "CUSTOM_LABELS", **more, **other}
    return {name: value for name, value in whole.items() if value is not None}


def versions(*found: Line, **request: Any) -> Line:
    """A list of versions."""
    reply = {"ProjectVersionDescriptions": list(found)}
    return answered("DescribeProjectVersions", {"ProjectArn": PROJECT, **request}, reply)


def seen(status: str, **other: Any) -> Line:
    """A list of the one version."""
    return versions(version(status, **other))


def trained(arn: str = VERSION) -> Line:
    """A creation of a version."""
    request = {"ProjectArn": PROJECT, "VersionName": "v", **OUTPUT}
    return answered("CreateProjectVersion", request, {"ProjectVersionArn": arn})


def order(what: str, status: str, **request: Any) -> Line:
    """An order to the version that is answered with a status."""
    return answered(f"{what}ProjectVersion", {"ProjectVersionArn": VERSION, **request}, {"Status": status})


SET_UP = [answered("CreateProject", {"ProjectName": "p"}, {"ProjectArn": PROJECT}), trained()]
READY = [*SET_UP, seen("TRAINING_COMPLETED")]
START = order("Start", "STARTING", MinInferenceUnits=1)
RUNNING = [*READY, START, seen("RUNNING")]
QUIT, DROP = order("Stop", "STOPPING"), order("Delete", "DELETING")
QUITTING = [*RUNNING, QUIT]
ADAPTERS = {"ProjectName": "p", "Feature": "CONTENT_MODERATION", "AutoUpdate": "DISABLED"}
FIRST_PAGE = {"ProjectVersionDescriptions": [version("TRAINING_COMPLETED")], "NextToken": "t"}
OTHER_PROJECT = PROJECT.replace("project/p", "project/q")


def projects(*arns: str, **request: Any) -> Line:
    """A list of projects; `after` is its next token."""
    after = request.pop("after", "")
    found = [{"ProjectArn": arn, "CreationTimestamp": 1600000000.0, "Status": "CREATED"} for arn in arns]
    more = {"NextToken": after} if after else {}
    return answered("DescribeProjects", request, {"ProjectDescriptions": found, **more})


DROP_ALL = answered("DeleteProject", {"ProjectArn": PROJECT}, {"Status": "DELETING"})
IN_USE, INVALID, UNKNOWN = "ResourceInUseException", "InvalidParameterException", "ResourceNotFoundException"
REKOGNITION: Legal = {
    "a project of adapters is not listed unless it is asked for": [
        answered("CreateProject", ADAPTERS, {"ProjectArn": PROJECT}),
        projects(),
        projects(Features=["CUSTOM_LABELS"]),
    ],
    "a version that is to be called like an ARN": [
        SET_UP[0],
        refused(
            {**trained(), "request": {**trained()["request"], "VersionName": SET_UP[0]["reply"]["ProjectArn"]}}, INVALID
        ),
        refused(
            {**trained(), "request": {**trained()["request"], "VersionName": SET_UP[0]["reply"]["ProjectArn"]}},
            "ValidationException",
        ),
    ],
    "stopped and started again": [*QUITTING, seen("STOPPING"), seen("STOPPED"), START, seen("RUNNING")],
    "the reply still shows RUNNING": [*RUNNING, order("Stop", "RUNNING"), seen("STOPPING"), seen("STOPPED")],
    "stopped at once": [*RUNNING, order("Stop", "STOPPED"), seen("STOPPED")],
    "a failed stop": [*QUITTING, seen("FAILED")],
    "a failed stop that shows as RUNNING": [*QUITTING, seen("STOPPING"), seen("RUNNING"), QUIT, seen("STOPPED")],
    "a failed run": [*RUNNING, seen("FAILED"), DROP],
    "a stop while it starts": [*READY, START, seen("STARTING"), QUIT, seen("STOPPED")],
    "a stop while it starts shows that": [*READY, START, seen("STARTING"), order("Stop", "STARTING"), seen("STOPPING")],
    "no stop while it starts": [*READY, START, seen("STARTING"), refused(QUIT, IN_USE), seen("RUNNING")],
    "stops while it stops": [*QUITTING, QUIT, refused(QUIT, IN_USE), seen("STOPPED")],
    "stops of a stopped model": [
        *QUITTING,
        seen("STOPPED"),
        order("Stop", "STOPPED"),
        refused(QUIT, IN_USE),
        refused(QUIT, INVALID),
    ],
    "orders while it trains": [
        *SET_UP,
        *(refused(asked, IN_USE) for asked in (QUIT, DROP, START)),
        refused(QUIT, INVALID),
        seen("TRAINING_COMPLETED"),
    ],
    "stops of a failed model": [*QUITTING, seen("FAILED"), refused(QUIT, IN_USE), QUIT, seen("STOPPED")],
    "a failed model starts again": [*QUITTING, seen("FAILED"), START, seen("RUNNING")],
    "orders while it is deleted": [
        *READY,
        DROP,
        *(refused(asked, code) for asked in (QUIT, START, DROP) for code in (IN_USE, UNKNOWN)),
        seen("DELETING"),
        versions(),
        refused(QUIT, UNKNOWN),
    ],
    "throttled both ways": [
        *RUNNING,
        refused(QUIT, "ThrottlingException", 500),
        refused(QUIT, "ThrottlingException"),
        refused(QUIT, "ProvisionedThroughputExceededException"),
        refused(QUIT, "AccessDeniedException"),
        seen("RUNNING"),
    ],
    "faults": [*RUNNING, refused(QUIT, "InternalServerError", 500), seen("RUNNING"), seen("STOPPED")],
    "a training that the service failed": [
        SET_UP[0],
        refused(trained(), "InternalServerError", 500),
        refused(versions(), "InternalServerError", 500),
        seen("TRAINING_FAILED"),
    ],
    "before there were adapters": [*SET_UP, seen("TRAINING_IN_PROGRESS", Feature=None)],
    "malformed requests": [
        *(
            refused({**QUIT, "request": {"ProjectVersionArn": "x" * 30}}, code)
            for code in (INVALID, "ValidationException")
        ),
        *(refused(versions(MaxResults=101), code) for code in (INVALID, "ValidationException")),
    ],
    "a name in use": [*SET_UP, refused(trained(), IN_USE), refused(trained(), "LimitExceededException")],
    "all deleted in turn": [*READY, DROP, versions(), DROP_ALL, refused(versions(), UNKNOWN)],
    "a project that is not empty": [*SET_UP, refused(DROP_ALL, IN_USE)],
    "a start of a running model": [*RUNNING, refused(START, IN_USE), order("Start", "RUNNING", MinInferenceUnits=1)],
    "deleted while it stops": [*QUITTING, seen("STOPPING"), DROP, seen("DELETING")],
    "a maximum below the minimum": [
        *READY,
        refused(order("Start", "", MinInferenceUnits=2, MaxInferenceUnits=1), INVALID),
        seen("TRAINING_COMPLETED"),
    ],
    "a name nobody bears": [*SET_UP, versions(VersionNames=["w"])],
}
REKOGNITION_WRONG: Wrong = {
    **{
        f"a project that is there is not listed: {asked or 'asked for nothing'}": (
            [SET_UP[0], projects(**asked)],
            ("project/listed", "stated"),
        )
        for asked in ({}, {"ProjectNames": ["p"]}, {"Features": ["CUSTOM_LABELS"]})
    },
    "of two pages of projects the second is empty": (
        [
            SET_UP[0],
            answered("CreateProject", {"ProjectName": "q"}, {"ProjectArn": OTHER_PROJECT}),
            projects(PROJECT, after="t", MaxResults=1),
            projects(MaxResults=1, NextToken="t"),
        ],
        ("project/listed", "stated"),
    ),
    "of two pages of versions the second is newer": (
        [
            *SET_UP,
            trained(TWIN),
            {**versions(version("TRAINING_COMPLETED"), MaxResults=1), "reply": FIRST_PAGE},
            versions(version("TRAINING_COMPLETED", TWIN, CreationTimestamp=1600000002.0), MaxResults=1, NextToken="t"),
        ],
        ("versions are listed newest first", "stated"),
    ),
    "a stopped model that a stop does not find": (
        [*QUITTING, seen("STOPPED"), refused(QUIT, UNKNOWN)],
        ("version/an unknown version is not stopped", "stated"),
    ),
    "a trained model that a stop says is STOPPED": (
        [*READY, order("Stop", "STOPPED")],
        ("version/STOPPED/? does not follow TRAINING_COMPLETED", "implied"),
    ),
    "a stop that says STOPPED of what is then STOPPING": (
        [*QUITTING, order("Stop", "STOPPED"), seen("STOPPING")],
        ("version/STOPPING/CUSTOM_LABELS does not follow STOPPED", "implied"),
    ),
    "a stop forgotten": (
        [*QUITTING, seen("RUNNING")],
        ("version/RUNNING/CUSTOM_LABELS does not follow STOPPING", "implied"),
    ),
    "a running model is deleted": ([*RUNNING, DROP], ("version/a running model is not deleted", "stated")),
    "a running model's stop is refused": ([*RUNNING, refused(QUIT, IN_USE)], ("version/stop asked", "implied")),
    "a stopped model runs": (
        [*QUITTING, seen("STOPPED"), seen("RUNNING")],
        ("version/RUNNING/CUSTOM_LABELS does not follow STOPPED", "implied"),
    ),
    "a project with a running version is deleted": (
        [*RUNNING, DROP_ALL],
        ("a project with versions is not deleted", "stated"),
    ),
    "a name given twice": ([*SET_UP, trained(TWIN)], ("a version name in use is refused", "implied")),
    "unknown is 404": ([refused(QUIT, UNKNOWN, 404)], ("errors have their documented HTTP status", "stated")),
    "an error of other services": (
        [*SET_UP, refused(trained(), "ResourceAlreadyExistsException")],
        ("errors are declared", "implied"),
    ),
    "an unknown version is stopped": ([QUIT], ("version/an unknown version is not stopped", "stated")),
    "a reply without a status": ([*RUNNING, {**QUIT, "reply": {}}], ("a stop tells the status", "stated")),
    "results while it trains": (
        [*SET_UP, seen("TRAINING_IN_PROGRESS", **RESULTS)],
        ("version/EvaluationResult is absent when TRAINING_IN_PROGRESS or TRAINING_FAILED", "stated"),
    ),
    "oldest first": (
        [versions(version("STOPPED"), version("STOPPED", TWIN.replace("/v/", "/w/"), CreationTimestamp=1600000009.0))],
        ("versions are listed newest first", "stated"),
    ),
    "a malformed id is unknown": (
        [refused({**QUIT, "request": {"ProjectVersionArn": "x" * 30}}, UNKNOWN)],
        ("a malformed id is told as such", "implied"),
    ),
    "an adapter is started": (
        [
            *SET_UP,
            seen("TRAINING_COMPLETED", Feature="CONTENT_MODERATION"),
            START,
            seen("STARTING", Feature="CONTENT_MODERATION"),
        ],
        ("version/STARTING/CONTENT_MODERATION is no state of a job", "implied"),
    ),
}

LEGAL = {"comprehend": COMPREHEND, "translate": TRANSLATE, "rekognition": REKOGNITION}
WRONG = {"comprehend": COMPREHEND_WRONG, "translate": TRANSLATE_WRONG, "rekognition": REKOGNITION_WRONG}


@pytest.mark.parametrize("alone", [True, False], ids=["whole", "partial"])
@pytest.mark.parametrize(("api", "name"), [(api, name) for api, cases in LEGAL.items() for name in cases])
def test_what_documents_leave_open_passes(api: str, name: str, alone: bool) -> None:
    """Also where nobody vouches that the recording is whole."""
    found = report(api, LEGAL[api][name], alone=alone)
    assert told(found) == set()
    assert found.verdict is Verdict.PASS


@pytest.mark.parametrize(("api", "name"), [(api, name) for api, cases in WRONG.items() for name in cases])
def test_what_documents_rule_out_fails(api: str, name: str) -> None:
    """By the rule that is meant, with its grade; at the floor of that grade as well."""
    lines, meant = WRONG[api][name]
    found = report(api, lines, alone=True)
    assert found.verdict is Verdict.FAIL
    assert meant in told(found)
    strict = report(api, lines, alone=True, floor=Grade.STATED)
    assert (meant[0] in {v.rule.partition("/")[2] for v in strict.violations}) is (meant[1] == "stated")
