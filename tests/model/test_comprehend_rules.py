"""Data rules of Comprehend: each finds the reply that breaks it and lets the documented one pass."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from haltspec.apis import load
from haltspec.lts import Grade
from haltspec.oracle import judge
from haltspec.trace import Call

API = load("comprehend")
TENANT = "111122223333/us-east-1"
ARN = "arn:aws:comprehend:us-east-1:111122223333:"
ROLE = {"DataAccessRoleArn": "arn:aws:iam::111122223333:role/analyst"}
START: dict[str, Any] = {
    "InputDataConfig": {"S3Uri": "s3://inbox/documents"},
    "OutputDataConfig": {"S3Uri": "s3://outbox/results/"},
    "LanguageCode": "en",
    **ROLE,
}
STARTED = {"JobId": "j", "JobArn": f"{ARN}entities-detection-job/j", "JobStatus": "SUBMITTED"}
JOB: dict[str, Any] = {
    **START,
    **STARTED,
    "SubmitTime": 5.5,
    "OutputDataConfig": {"S3Uri": "s3://outbox/results/111122223333-NER-j/output/output.tar.gz"},
}
PII = {**START, "Mode": "ONLY_REDACTION"}
MODEL = {
    "DocumentClassifierName": "m",
    "InputDataConfig": {"S3Uri": "s3://inbox/training"},
    "LanguageCode": "en",
    **ROLE,
}
MODEL_ARN = f"{ARN}document-classifier/m"
TRAINED: dict[str, Any] = {
    "DocumentClassifierArn": MODEL_ARN,
    "LanguageCode": "en",
    **ROLE,
    "Status": "TRAINED",
    "SubmitTime": 1,
    "TrainingStartTime": 2,
    "TrainingEndTime": 3,
    "EndTime": 4,
}

Spoken = tuple[str, dict[str, Any], Any]
"""An operation, a request, and a reply, or the code of the error it was refused with."""


def broken(*calls: Spoken, alone: bool = True) -> set[str]:
    """The names of the rules that the calls break, one call after the other."""
    return set(told(*calls, alone=alone))


def told(*calls: Spoken, alone: bool = True) -> dict[str, str]:
    """The rules that the calls break, each with the message of its last breach."""
    trace = []
    for n, (operation, request, reply) in enumerate(calls):
        error = reply if isinstance(reply, str) else None
        body = None if error else reply
        status = 400 if error else 200
        trace.append(
            Call("comprehend", operation, TENANT, "c", 10.0 * n, 10.0 * n + 1, request, status, error, body, alone)
        )
    report = judge(API, trace)
    return {violation.rule: violation.message for violation in (*report.violations, *report.warnings)}


def start(request: dict[str, Any] = START, reply: Any = STARTED) -> Spoken:
    """A start of an entities job."""
    return "StartEntitiesDetectionJob", request, reply


def described(**other: Any) -> Spoken:
    """A description of that job, with other members; None takes one out."""
    job = {name: value for name, value in {**JOB, **other}.items() if value is not None}
    return "DescribeEntitiesDetectionJob", {"JobId": "j"}, {"EntitiesDetectionJobProperties": job}


def listed(request: dict[str, Any], *jobs: dict[str, Any]) -> Spoken:
    """A list of entities jobs, with these members each."""
    items = [
        {**JOB, "JobId": f"j{n}", "JobArn": f"{ARN}entities-detection-job/j{n}", **job} for n, job in enumerate(jobs)
    ]
    for item in items:
        item["OutputDataConfig"] = {
            "S3Uri": f"s3://outbox/results/111122223333-NER-{item['JobId']}/output/output.tar.gz"
        }
    return "ListEntitiesDetectionJobs", request, {"EntitiesDetectionJobPropertiesList": items}


def model(**other: Any) -> tuple[Spoken, Spoken]:
    """A classifier, created and described with other members; None takes one out."""
    shown = {name: value for name, value in {**TRAINED, **other}.items() if value is not None}
    version = {"VersionName": "v"} if "/version/v" in shown["DocumentClassifierArn"] else {}
    create: Spoken = (
        "CreateDocumentClassifier",
        {**MODEL, **version},
        {"DocumentClassifierArn": shown["DocumentClassifierArn"]},
    )
    asked = {"DocumentClassifierArn": shown["DocumentClassifierArn"]}
    return create, ("DescribeDocumentClassifier", asked, {"DocumentClassifierProperties": shown})


def models(request: dict[str, Any], **other: Any) -> tuple[Spoken, Spoken]:
    """A classifier, created and listed with other members."""
    create, describe = model(**other)
    items = [describe[2]["DocumentClassifierProperties"]]
    return create, ("ListDocumentClassifiers", request, {"DocumentClassifierPropertiesList": items})


def tags(count: int) -> dict[str, Any]:
    """A start with that many tags."""
    return {**START, "Tags": [{"Key": f"k{n}"} for n in range(count)]}


def pii(request: dict[str, Any]) -> Spoken:
    """A start of a PII job that was accepted."""
    return "StartPiiEntitiesDetectionJob", request, {**STARTED, "JobArn": f"{ARN}pii-entities-detection-job/j"}


def classify(arn: str) -> Spoken:
    """A start of a classification job that was accepted."""
    request = {**{n: v for n, v in START.items() if n != "LanguageCode"}, "DocumentClassifierArn": arn}
    return "StartDocumentClassificationJob", request, {**STARTED, "JobArn": f"{ARN}document-classification-job/j"}


def shown_pii(**members: Any) -> Spoken:
    """A description of the PII job, with other members."""
    job = {**JOB, "JobArn": f"{ARN}pii-entities-detection-job/j", **members}
    return "DescribePiiEntitiesDetectionJob", {"JobId": "j"}, {"PiiEntitiesDetectionJobProperties": job}


KEPT = {"EntityRecognizerArn": f"{ARN}entity-recognizer/r"}
FLYWHEEL = {"FlywheelArn": f"{ARN}flywheel/f"}
CUSTOM = {**START, **KEPT}
REDACTED = {**PII, "RedactionConfig": {"PiiEntityTypes": ["ALL"]}}
MISSING: Spoken = ("DescribeDocumentClassifier", {"DocumentClassifierArn": MODEL_ARN}, "ResourceNotFoundException")
OTHERS = MODEL_ARN.replace("111122223333", "444455556666")
NOT_THEIRS: Spoken = ("DescribeDocumentClassifier", {"DocumentClassifierArn": OTHERS}, "ResourceNotFoundException")
CREATED = model()[0]
DELETED: Spoken = ("DeleteDocumentClassifier", {"DocumentClassifierArn": MODEL_ARN}, {})
THEIRS = f"{ARN}entities-detection-job/j".replace("111122223333", "444455556666")


def stop(stem: str, status: str) -> Spoken:
    """A stop that shows a status."""
    return f"Stop{stem}DetectionJob", {"JobId": "j"}, {"JobId": "j", "JobStatus": status}


def classified(**members: Any) -> Spoken:
    """A description of the classification job."""
    job = {**JOB, "JobArn": f"{ARN}document-classification-job/j", **members}
    request = {"JobId": "j"}
    return "DescribeDocumentClassificationJob", request, {"DocumentClassificationJobProperties": job}


def trained_in(status: str) -> Spoken:
    """A description of the classifier with a status."""
    return model(Status=status)[1]


CASES: list[tuple[str, list[Spoken], list[Spoken]]] = [
    (
        "comprehend/a page has at most 100 items unless asked otherwise",
        [listed({}, *[{}] * 101)],
        [listed({}, *[{}] * 100), listed({"MaxResults": 101}, *[{}] * 101)],
    ),
    (
        "comprehend/a page is no longer than asked for",
        [listed({"MaxResults": 1}, {}, {})],
        [listed({"MaxResults": 2}, {}, {})],
    ),
    (
        "comprehend/one filter at a time",
        [listed({"Filter": {"JobName": "a", "JobStatus": "SUBMITTED"}})],
        [listed({"Filter": {"JobStatus": "SUBMITTED"}}, {})],
    ),
    (
        "comprehend/a list has its list",
        [("ListEntitiesDetectionJobs", {}, {"NextToken": "n"})],
        [listed({})],
    ),
    (
        "comprehend/job/JobId is listed once",
        [listed({}, {"JobId": "twin"}, {"JobId": "twin"})],
        [listed({}, {}, {})],
    ),
    ("comprehend/job/EntityRecognizerArn is kept", [start(CUSTOM), described()], [start(CUSTOM), described(**KEPT)]),
    (
        "comprehend/job/Mode is kept",
        [pii(PII), shown_pii(Mode="ONLY_OFFSETS")],
        [pii(PII), shown_pii(Mode=PII["Mode"])],
    ),
    (
        "comprehend/job/RedactionConfig is kept",
        [pii(REDACTED), shown_pii(RedactionConfig={"PiiEntityTypes": ["NAME"]})],
        [pii(REDACTED), shown_pii(RedactionConfig={"PiiEntityTypes": ["ALL"], "MaskMode": "MASK"})],
    ),
    ("comprehend/an empty filter is refused", [listed({"Filter": {}}, {})], [listed({}, {})]),
    ("comprehend/a start tells id, ARN and status", [start(reply={"JobId": "j", "JobStatus": "SUBMITTED"})], [start()]),
    (
        "comprehend/a stop tells id and status",
        [start(), ("StopEntitiesDetectionJob", {"JobId": "j"}, {"JobId": "j"})],
        [start(), ("StopEntitiesDetectionJob", {"JobId": "j"}, {"JobId": "j", "JobStatus": "STOP_REQUESTED"})],
    ),
    (
        "comprehend/a description shows the job",
        [start(), ("DescribeEntitiesDetectionJob", {"JobId": "j"}, {"SentimentDetectionJobProperties": JOB})],
        [start(), described()],
    ),
    ("comprehend/a resource has at most 50 tags", [start(tags(51))], [start(tags(50))]),
    (
        "comprehend/redaction says what to redact",
        [pii(PII)],
        [pii({**PII, "RedactionConfig": {"PiiEntityTypes": ["ALL"]}}), pii({**PII, "Mode": "ONLY_OFFSETS"})],
    ),
    (
        "comprehend/a model that is not found starts no job",
        [MISSING, classify(MODEL_ARN)],
        [MISSING, CREATED, classify(MODEL_ARN)],
    ),
    (
        "comprehend/a model that is not found starts no job",
        [MISSING, classify(MODEL_ARN)],
        [NOT_THEIRS, classify(OTHERS)],
    ),
    (
        "comprehend/a model that is not trained starts no job",
        [CREATED, classify(MODEL_ARN), trained_in("TRAINING")],
        [CREATED, classify(MODEL_ARN), trained_in("TRAINED")],
    ),
    (
        "comprehend/a model that is not trained starts no job",
        [CREATED, trained_in("IN_ERROR"), classify(MODEL_ARN)],
        [CREATED, trained_in("TRAINING"), classify(MODEL_ARN)],  # it may have been trained since
    ),
    (
        "comprehend/a model that is not trained starts no job",
        [classify(MODEL_ARN), trained_in("STOPPED")],
        [classify(MODEL_ARN), CREATED, trained_in("SUBMITTED")],  # made anew
    ),
    (
        "comprehend/a model that a job uses is not deleted",
        [classify(MODEL_ARN), DELETED, classified()],
        [classify(MODEL_ARN), DELETED, classified(JobStatus="COMPLETED")],
    ),
    (
        "comprehend/a model that a job uses is not deleted",
        [classify(MODEL_ARN), DELETED, classified(JobStatus="IN_PROGRESS")],
        [DELETED, classify(MODEL_ARN), classified(JobStatus="IN_PROGRESS")],
    ),
    ("comprehend/ARNs are of the tenant", [start(reply={**STARTED, "JobArn": THEIRS})], [start()]),
    ("comprehend/ARNs are of the tenant", [start(), described(JobArn=THEIRS)], [start(), described()]),
    (
        "comprehend/a malformed id is told as such",
        [("StopEntitiesDetectionJob", {"JobId": "j" * 33}, "JobNotFoundException")],
        [("StopEntitiesDetectionJob", {"JobId": "j" * 33}, "ValidationException")],
    ),
    (
        "comprehend/a malformed id is told as such",
        [("StopTrainingDocumentClassifier", {"DocumentClassifierArn": "no arn"}, "ResourceNotFoundException")],
        [("StopTrainingDocumentClassifier", {"DocumentClassifierArn": "no arn"}, "InvalidRequestException")],
    ),
    (
        "comprehend/a malformed id is told as such",
        [("DescribeEntitiesDetectionJob", {}, "JobNotFoundException")],
        [("DescribeEntitiesDetectionJob", {"JobId": "j"}, "JobNotFoundException")],
    ),
    (
        "comprehend/a stop of five kinds shows STOP_REQUESTED or STOPPED",
        [start(), stop("Entities", "COMPLETED")],
        [start(), stop("Entities", "STOPPED"), stop("PiiEntities", "COMPLETED")],
    ),
    (
        "comprehend/a stop of five kinds shows STOP_REQUESTED or STOPPED",
        [start(), stop("Entities", "IN_PROGRESS")],
        [start(), stop("Entities", "SUBMITTED")],  # one reading forgets the stop of a queued job
    ),
    (
        "comprehend/a stop of PII and events jobs shows STOP_REQUESTED or STOPPED",
        [pii(REDACTED), stop("PiiEntities", "FAILED")],
        [pii(REDACTED), stop("PiiEntities", "STOP_REQUESTED")],
    ),
    (
        "comprehend/job/EndTime is absent when STOP_REQUESTED",
        [start(), described(JobStatus="STOP_REQUESTED", EndTime=9)],
        [start(), described(JobStatus="STOP_REQUESTED")],
    ),
    (
        "comprehend/job/Message is absent when SUBMITTED or STOP_REQUESTED",
        [start(), described(Message="queued")],
        [start(), described()],
    ),
    (
        "comprehend/job/FlywheelArn is kept",
        [start({**START, **FLYWHEEL}), described()],
        [start({**START, **FLYWHEEL}), described(**FLYWHEEL)],
    ),
    (
        "comprehend/training/VersionName is kept",
        list(model(VersionName="w", DocumentClassifierArn=f"{MODEL_ARN}/version/v")),
        list(model()),
    ),
    (
        "comprehend/job/tokens and tags are not shown",
        [start(), described(ClientRequestToken="t")],
        [start(), described()],
    ),
    (
        "comprehend/job/tokens and tags are not shown",
        [start(tags(1)), described(Tags=[])],
        [start(tags(1)), described()],
    ),
    ("comprehend/job/LanguageCode is as given", [start(), described(LanguageCode="es")], [start(), described()]),
    (
        "comprehend/job/InputDataConfig is as given",
        [start(), described(InputDataConfig={"S3Uri": "s3://inbox/others"})],
        [start(), described(InputDataConfig={"S3Uri": "s3://inbox/documents", "InputFormat": "ONE_DOC_PER_LINE"})],
    ),
    ("comprehend/job/JobName is as given", [start(), described(JobName="invented")], [start(), described()]),
    (
        "comprehend/job/OutputDataConfig tells where the output is",
        [start(), described(OutputDataConfig=START["OutputDataConfig"])],
        [start(), described()],
    ),
    (
        "comprehend/job/OutputDataConfig.KmsKeyId is as given",
        [start({**START, "OutputDataConfig": {"S3Uri": "s3://outbox/results/", "KmsKeyId": "k"}}), described()],
        [start(), described()],
    ),
    (
        "comprehend/job/listed jobs pass the filter",
        [listed({"Filter": {"JobStatus": "STOPPED"}}, {"JobStatus": "SUBMITTED"})],
        [listed({"Filter": {"JobStatus": "SUBMITTED"}}, {"JobStatus": "SUBMITTED"})],
    ),
    (
        "comprehend/job/listed jobs pass the filter",
        [listed({"Filter": {"JobName": "night"}}, {"JobName": "day"})],
        [listed({"Filter": {"JobName": "night"}}, {"JobName": "nightly"})],
    ),
    (
        "comprehend/job/listed jobs pass the filter",
        [listed({"Filter": {"SubmitTimeBefore": 5}}, {"SubmitTime": 6})],
        [listed({"Filter": {"SubmitTimeBefore": 5}}, {"SubmitTime": 5.9})],
    ),
    (
        "comprehend/job/listed jobs pass the filter",
        [listed({"Filter": {"SubmitTimeAfter": 5}}, {"SubmitTime": 4})],
        [listed({"Filter": {"SubmitTimeAfter": 5}}, {"SubmitTime": 4.1})],
    ),
    (
        "comprehend/a filter finds the jobs that fit",
        [described(JobName="n"), listed({"Filter": {"JobName": "n"}})],
        [described(JobName="n"), listed({"Filter": {"JobName": "n"}}, {"JobId": "j", "JobName": "n"})],
    ),
    (
        "comprehend/training/listed jobs pass the filter",
        list(models({"Filter": {"DocumentClassifierName": "other"}})),
        list(models({"Filter": {"DocumentClassifierName": "m"}})),
    ),
    (
        "comprehend/training/listed jobs pass the filter",
        list(models({"Filter": {"Status": "TRAINING"}})),
        list(models({"Filter": {"Status": "TRAINED"}})),
    ),
    (
        "comprehend/training/listed jobs pass the filter",
        list(models({"Filter": {"SubmitTimeAfter": 99999}}, SubmitTime=None)),
        list(models({"Filter": {"SubmitTimeAfter": 100}}, SubmitTime=None)),
    ),
    (
        "comprehend/training/the ARN is made of name and version",
        list(model(DocumentClassifierArn=f"{MODEL_ARN}/None")),
        list(model()),
    ),
    (
        "comprehend/training/TrainingStartTime is present when TRAINED",
        list(model(TrainingStartTime=None)),
        list(model()),
    ),
    ("comprehend/training/TrainingEndTime is present when TRAINED", list(model(TrainingEndTime=None)), list(model())),
    (
        "comprehend/training/Message is absent when SUBMITTED or TRAINING or TRAINED or STOPPED",
        list(model(Message="odd")),
        list(model()),
    ),
]


@pytest.mark.parametrize(("rule", "wrong", "right"), CASES, ids=[f"{n}-{case[0]}" for n, case in enumerate(CASES)])
def test_finds_the_wrong_reply_and_no_other(rule: str, wrong: list[Spoken], right: list[Spoken]) -> None:
    """The rule is broken by the wrong calls and kept by the right ones."""
    assert rule in broken(*wrong)
    assert rule not in broken(*right)


def test_a_wrong_place_of_the_output_is_told_with_the_right_one() -> None:
    """A place below the one given is not enough: the message says what has to be there."""
    place = {"S3Uri": "s3://outbox/results/mine/output.tar.gz"}
    assert told(start(), described(OutputDataConfig=place))[
        "comprehend/job/OutputDataConfig tells where the output is"
    ] == (
        f"entities job j of {TENANT}: OutputDataConfig.S3Uri is 's3://outbox/results/mine/output.tar.gz'; "
        "'s3://outbox/results/ACCOUNT-NER-j/output/output.tar.gz' was expected, with the ACCOUNT of the job"
    )


def test_the_right_calls_break_nothing() -> None:
    """A start, a description, a list and a trained model as documented are without violations."""
    assert broken(start(), described(), *model()) == set()


@pytest.mark.parametrize("status", [201, 202, 204])
def test_a_success_is_http_200(status: int) -> None:
    """An accepted start with another status of success breaks the rule; with 200 it does not."""
    rule = "comprehend/success is HTTP 200"
    trace = [Call("comprehend", start()[0], TENANT, "c", 0.0, 1.0, START, status, None, STARTED, True)]
    assert rule in {violation.rule for violation in judge(API, trace).violations}
    assert rule not in broken(start())


def test_another_kinds_arn_is_no_fault_of_a_description() -> None:
    """Whether kinds share ids is silent: a description may show another kind's job if no start says otherwise."""
    other = {**JOB, "JobArn": f"{ARN}sentiment-detection-job/j"}
    calls: list[Spoken] = [("DescribeEntitiesDetectionJob", {"JobId": "j"}, {"EntitiesDetectionJobProperties": other})]
    assert "comprehend/job/JobArn is of the job's kind" not in broken(*calls)
    assert "comprehend/job/JobArn is of the job's kind" in broken(start(), *calls)


def test_operations_declare_the_errors_of_the_service_model() -> None:
    """Each operation declares exactly the errors that the vendor's model lists for it."""
    loader = importlib.import_module("botocore.loaders").Loader()
    declared = loader.load_service_model("comprehend", "service-2")["operations"]
    for operation in API.operations:
        ours = {error.code for error in API.errors if error.operations and error.declared_by(operation)}
        assert ours == {error["shape"] for error in declared[operation]["errors"]}, operation


def test_errors_carry_their_documented_status() -> None:
    """400 on the pages but for the service's own failure; 404 and 429 where the Smithy model has them."""
    doubtful = {f"{what}Exception": (400, 404) for what in ("JobNotFound", "ResourceNotFound", "ResourceUnavailable")}
    wanted = {"InternalServerException": (500,), "TooManyRequestsException": (400, 429), **doubtful}
    for error in API.errors:
        if error.operations:
            assert error.http == wanted.get(error.code, (400,)), error.code
    common = {"InternalFailure": (500,), "ServiceUnavailable": (503,), "ThrottlingException": (400,)}
    common |= {"InvalidClientTokenId": (403,), "MissingAuthenticationToken": (403,), "OptInRequired": (403,)}
    common |= {"MalformedQueryString": (404,), "AccessDeniedException": (400,), "ValidationException": (400,)}
    assert {error.code: error.http for error in API.errors if error.code in common} == common


@pytest.mark.parametrize(("stem", "grade"), [("Entities", Grade.STATED), ("PiiEntities", Grade.IMPLIED)])
def test_what_a_stop_does_to_pii_and_events_jobs_is_implied(stem: str, grade: Grade) -> None:
    """The pages of five kinds state that a finished job cannot be stopped; for PII and events it is implied."""
    started, done = (start(), described) if stem == "Entities" else (pii(PII), shown_pii)
    stop: Spoken = (f"Stop{stem}DetectionJob", {"JobId": "j"}, {"JobId": "j", "JobStatus": "STOP_REQUESTED"})
    calls = [started, done(JobStatus="COMPLETED", EndTime=9), stop]
    trace = [
        Call("comprehend", operation, TENANT, "c", 10.0 * n, 10.0 * n + 1, request, 200, None, reply, True)
        for n, (operation, request, reply) in enumerate(calls)
    ]
    found = {v.rule: v.grade for v in judge(API, trace).violations}
    assert found["comprehend/job/a finished job cannot be stopped"] is grade


@pytest.mark.parametrize(
    ("reply", "grade"),
    [
        ({"JobId": "j", "JobStatus": "STOPPED"}, Grade.STATED),
        ("ValidationException", Grade.IMPLIED),
        ("JobNotFoundException", Grade.STATED),
    ],
)
def test_the_code_that_refuses_the_stop_of_a_finished_job_is_implied(reply: Any, grade: Grade) -> None:
    """The page states the refusal, with an error that does not exist; a finished job is not unknown, though."""
    code, body = (reply, None) if isinstance(reply, str) else (None, reply)
    calls = [start(), described(JobStatus="COMPLETED", EndTime=9)]
    trace = [
        Call("comprehend", operation, TENANT, "c", 10.0 * n, 10.0 * n + 1, request, 200, None, answer, True)
        for n, (operation, request, answer) in enumerate(calls)
    ]
    status = 400 if code else 200
    trace.append(
        Call(
            "comprehend", "StopEntitiesDetectionJob", TENANT, "c", 20.0, 21.0, {"JobId": "j"}, status, code, body, True
        )
    )
    [violation] = judge(API, trace).violations
    assert (violation.rule, violation.grade) == ("comprehend/job/a finished job cannot be stopped", grade)


@pytest.mark.parametrize(
    "calls", [[MISSING, classify(MODEL_ARN)], [CREATED, trained_in("IN_ERROR"), classify(MODEL_ARN)]]
)
def test_somebody_else_may_have_made_a_model_meanwhile(calls: list[Spoken]) -> None:
    """What a start finds is known only where the recording holds every call of the tenant."""
    rules = {
        "comprehend/a model that is not found starts no job",
        "comprehend/a model that is not trained starts no job",
    }
    assert rules & broken(*calls)
    assert not rules & broken(*calls, alone=False)


@pytest.mark.parametrize("refusal", ["ResourceUnavailableException", "ResourceInUseException"])
def test_a_deletion_of_a_stopped_model_is_silent(refusal: str) -> None:
    """The page names trained and failed models only: a stopped one may be refused, but not as unknown."""
    created, shown = model(Status="STOPPED", TrainingStartTime=None, TrainingEndTime=None)
    asked = {"DocumentClassifierArn": MODEL_ARN}
    stopped: list[Spoken] = [created, ("StopTrainingDocumentClassifier", asked, {}), shown]
    assert broken(*stopped, ("DeleteDocumentClassifier", asked, refusal)) == set()
    lost: Spoken = ("DeleteDocumentClassifier", asked, "ResourceNotFoundException")
    assert broken(*stopped, lost)
