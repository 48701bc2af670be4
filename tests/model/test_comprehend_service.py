"""What the reference service of Comprehend answers: members, ARNs, outputs, filters, refusals, and that its own oracle agrees."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from haltspec import apis, oracle
from haltspec.apis.comprehend import STEM
from haltspec.lts import Grade, Role
from haltspec.reference import Reference, Schedule
from haltspec.services.base import Job, World
from haltspec.services.comprehend import SERVICE, Comprehend
from haltspec.spec import Binding
from haltspec.trace import Call

API = apis.load("comprehend")
HERE, THERE = "111122223333/us-east-1", "111122223333/eu-west-1"
CREATES = [b for b in API.bindings if API.role(b).role is Role.CREATE]
VPC = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}


class Lab:
    """A reference with a clock that moves by a second with each call, and a record of the calls."""

    def __init__(self, **options: Any) -> None:
        self.now = 1000.0
        self.calls: list[Call] = []
        self.reference = Reference(API, clock=lambda: self.now, **options)

    def __call__(self, operation: str, tenant: str = HERE, /, **request: Any) -> Call:
        self.now += 1.0
        start = self.now
        answer = self.reference.call(operation, request, tenant=tenant)
        self.now += 0.25
        call = Call(
            "comprehend",
            operation,
            tenant,
            "c",
            start,
            self.now,
            request,
            answer.status,
            answer.error,
            answer.reply,
            alone=True,
        )
        self.calls.append(call)
        return call

    def start(self, kind: str = "entities", tenant: str = HERE, **members: Any) -> str:
        binding = next(b for b in CREATES if b.kind == kind)
        example = SERVICE.example(binding, tenant, 3 * len(self.calls), ())
        call = self(binding.operation, tenant, **example, **members)
        reply = call.reply
        return str(reply.get("JobId") or reply.get("DocumentClassifierArn") or reply.get("EntityRecognizerArn"))

    def described(self, job_id: str, kind: str = "entities", tenant: str = HERE) -> dict[str, Any]:
        binding = next(b for b in API.bindings if b.kind == kind and b.role == "Describe")
        view = binding.view
        assert view is not None
        return dict(self(binding.operation, tenant, **{binding.id_in: job_id}).reply[view[0]])

    def fire(self, job_id: str, *events: str) -> None:
        for event in events:
            self.now += 1.0
            job = self.reference.find(HERE, job_id)
            assert job is not None
            self.reference.fire(job, event)

    def ids(self, operation: str = "ListEntitiesDetectionJobs", **request: Any) -> list[str]:
        reply = self(operation, **request).reply
        [listed] = [value for name, value in reply.items() if name != "NextToken"]
        return [job.get("JobId") or job.get("EntityRecognizerArn") for job in listed]

    def judged(self) -> oracle.Report:
        return oracle.judge(API, self.calls, oracle.Settings(floor=Grade.ASSUMED))


def message(call: Call) -> str:
    return str(call.reply["Message"])


class TestJobs:
    """A described job has the members, and only those, that its kind and status have."""

    def test_a_queued_job_echoes_what_was_given_and_tells_where_the_output_will_be(self) -> None:
        lab = Lab()
        given: dict[str, Any] = {
            "JobName": "n",
            "InputDataConfig": {"S3Uri": "s3://inbox/a", "InputFormat": "ONE_DOC_PER_LINE"},
            "OutputDataConfig": {"S3Uri": "s3://outbox/b/", "KmsKeyId": "key"},
            "DataAccessRoleArn": "arn:aws:iam::111122223333:role/r",
            "LanguageCode": "en",
            "VolumeKmsKeyId": "volume",
            "VpcConfig": VPC,
            "Tags": [{"Key": "k", "Value": "v"}],
            "ClientRequestToken": "t",
        }
        job_id = lab("StartEntitiesDetectionJob", **given).reply["JobId"]
        assert lab.described(job_id) == {
            "JobId": job_id,
            "JobArn": f"arn:aws:comprehend:us-east-1:111122223333:entities-detection-job/{job_id}",
            "JobStatus": "SUBMITTED",
            "SubmitTime": 1001.0,
            **{name: value for name, value in given.items() if name not in ("Tags", "ClientRequestToken")},
            "OutputDataConfig": {
                "S3Uri": f"s3://outbox/b/111122223333-NER-{job_id}/output/output.tar.gz",
                "KmsKeyId": "key",
            },
        }

    @pytest.mark.parametrize("kind", STEM)
    def test_every_kind_has_its_own_arn_and_output(self, kind: str) -> None:
        lab = Lab()
        job = lab.described(lab.start(kind), kind)
        types = {
            "dominant-language": "LANGUAGE",
            "document-classification": "CLN",
            "pii": "PII",
            "targeted-sentiment": "TS",
        }
        assert types.get(kind, "-") in job["OutputDataConfig"]["S3Uri"]
        assert job["OutputDataConfig"]["S3Uri"].endswith("/output/") == (kind in ("pii", "events"))
        assert job["JobArn"].endswith(
            f"{kind}{'' if kind.endswith('ion') else '-detection'}-job/{job['JobId']}".replace("pii-", "pii-entities-")
        )
        assert "EndTime" not in job and "Message" not in job and "JobName" not in job

    def test_partitions_are_told_in_arns(self) -> None:
        lab = Lab()
        for region, partition in (("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eu-west-1", "aws")):
            tenant = f"111122223333/{region}"
            arn = lab.described(lab.start(tenant=tenant), tenant=tenant)["JobArn"]
            assert arn.startswith(f"arn:{partition}:comprehend:{region}:111122223333:")

    def test_an_ended_job_has_its_end_and_a_failed_one_its_reason(self) -> None:
        lab = Lab()
        ends = {"COMPLETED": ("begin", "complete"), "FAILED": ("begin", "fail"), "STOPPED": ("begin", "halt")}
        for status, (first, last) in ends.items():
            job_id = lab.start()
            lab.fire(job_id, first)
            if last == "halt":
                assert lab("StopEntitiesDetectionJob", JobId=job_id).reply == {
                    "JobId": job_id,
                    "JobStatus": "STOP_REQUESTED",
                }
                assert "EndTime" not in lab.described(job_id)
            lab.fire(job_id, last)
            job = lab.described(job_id)
            assert job["JobStatus"] == status
            assert job["EndTime"] > job["SubmitTime"]
            assert ("Message" in job) == (status == "FAILED")

    def test_times_are_whole_milliseconds(self) -> None:
        lab = Lab()
        lab.now = 1000.1234567
        assert lab.described(lab.start())["SubmitTime"] == 1001.123

    def test_a_model_in_a_start_is_told_in_its_reply(self) -> None:
        lab = Lab()
        arn = lab.start("entity-recognizer")
        lab.fire(arn, "begin", "complete")
        reply = lab(
            "StartEntitiesDetectionJob", **SERVICE.example(CREATES[0], HERE, 1, ()), EntityRecognizerArn=arn
        ).reply
        assert reply["EntityRecognizerArn"] == arn
        assert lab.described(reply["JobId"])["EntityRecognizerArn"] == arn


class TestStop:
    """Stop answers by the state of the job."""

    @pytest.mark.parametrize(
        ("events", "stops", "error", "shown"),
        [
            ((), 0, None, "STOP_REQUESTED"),
            (("begin",), 0, None, "STOP_REQUESTED"),
            (("begin",), 1, None, "STOP_REQUESTED"),
            (("begin", "complete"), 0, "InvalidRequestException", ""),
            (("begin", "fail"), 0, "InvalidRequestException", ""),
            (("fail",), 0, "InvalidRequestException", ""),
        ],
    )
    def test_a_stop_is_answered_by_the_state(
        self, events: tuple[str, ...], stops: int, error: str | None, shown: str
    ) -> None:
        lab = Lab()
        job_id = lab.start()
        lab.fire(job_id, *events)
        for _ in range(stops):
            lab("StopEntitiesDetectionJob", JobId=job_id)
        call = lab("StopEntitiesDetectionJob", JobId=job_id)
        assert (call.status, call.error) == (200 if error is None else 400, error)
        if error is None:
            assert call.reply == {"JobId": job_id, "JobStatus": shown}
        else:
            assert message(call) == "StopEntitiesDetectionJob is not possible now: a finished job cannot be stopped."

    def test_a_stopped_job_may_be_stopped_again(self) -> None:
        lab = Lab()
        job_id = lab.start()
        lab("StopEntitiesDetectionJob", JobId=job_id)
        lab.fire(job_id, "halt")
        assert lab("StopEntitiesDetectionJob", JobId=job_id).reply == {"JobId": job_id, "JobStatus": "STOPPED"}

    def test_an_unknown_id_is_not_found_and_a_malformed_one_is_malformed(self) -> None:
        lab = Lab()
        unknown = lab("StopEntitiesDetectionJob", JobId="0" * 32)
        assert (unknown.status, unknown.error) == (400, "JobNotFoundException")
        assert message(unknown) == f"StopEntitiesDetectionJob: there is no {'0' * 32}."
        assert lab("StopEntitiesDetectionJob", JobId="0" * 33).error == "ValidationException"
        assert lab("StopEntitiesDetectionJob").error == "ValidationException"

    def test_an_id_of_another_kind_is_not_found(self) -> None:
        lab = Lab()
        job_id = lab.start("sentiment")
        assert lab("StopEntitiesDetectionJob", JobId=job_id).error == "JobNotFoundException"
        assert lab("DescribeTopicsDetectionJob", JobId=job_id).error == "JobNotFoundException"
        assert lab.described(job_id, "sentiment")["JobStatus"] == "SUBMITTED"


class TestRefusals:
    """What the shapes cannot say is refused by the service, and its counterpart accepted."""

    @pytest.mark.parametrize(
        ("kind", "members", "error"),
        [
            ("entities", {"Tags": [{"Key": f"k{n}"} for n in range(51)]}, "TooManyTagsException"),
            ("entities", {"Tags": [{"Key": f"k{n}"} for n in range(50)]}, None),
            ("entities", {"OutputDataConfig": {"S3Uri": "s3://outbox/" + "x" * 1000}}, "InvalidRequestException"),
            ("entities", {"OutputDataConfig": {"S3Uri": "s3://outbox/" + "x" * 900}}, None),
            ("pii", {"LanguageCode": "fr"}, "InvalidRequestException"),
            ("pii", {"LanguageCode": "es"}, None),
            ("pii", {"Mode": "ONLY_REDACTION"}, "InvalidRequestException"),
            ("pii", {"Mode": "ONLY_REDACTION", "RedactionConfig": {"PiiEntityTypes": ["ALL"]}}, None),
            (
                "entities",
                {"EntityRecognizerArn": "arn:aws:comprehend:us-east-1:111122223333:entity-recognizer/x"},
                "ResourceNotFoundException",
            ),
        ],
    )
    def test_a_start_is_refused_for_its_members(self, kind: str, members: Mapping[str, Any], error: str | None) -> None:
        lab = Lab()
        binding = next(b for b in CREATES if b.kind == kind)
        call = lab(binding.operation, **{**SERVICE.example(binding, HERE, 1, ()), **members})
        assert call.error == error
        assert len(lab.reference.jobs()) == (error is None)

    def test_an_untrained_model_is_unavailable(self) -> None:
        lab = Lab()
        arn = lab.start("entity-recognizer")
        example = SERVICE.example(CREATES[0], HERE, 1, ())
        assert (
            lab("StartEntitiesDetectionJob", **example, EntityRecognizerArn=arn).error == "ResourceUnavailableException"
        )
        lab.fire(arn, "begin", "warn")
        assert lab("StartEntitiesDetectionJob", **example, EntityRecognizerArn=arn).error is None

    def test_a_list_takes_exactly_one_filter(self) -> None:
        lab = Lab()
        two = lab("ListEntitiesDetectionJobs", Filter={"JobName": "n", "JobStatus": "STOPPED"})
        assert (two.error, message(two)) == (
            "InvalidRequestException",
            "Filters, if specified, must specify exactly 1 filter.",
        )
        assert lab("ListEntitiesDetectionJobs", Filter={}).error == "InvalidRequestException"
        assert lab("ListEntitiesDetectionJobs", Filter={"JobName": "n"}).error is None
        assert lab("ListEntitiesDetectionJobs", Filter={"JobName": "n", "Unheard": 1}).error is None
        assert lab("ListEntitiesDetectionJobs", Filter={"Status": "STOPPED"}).error == "InvalidRequestException"
        assert lab("ListEntityRecognizers", Filter={"Status": "STOPPED"}).error is None
        assert lab("ListEntitiesDetectionJobs", NextToken="none").error == "InvalidRequestException"
        assert lab("ListEntitiesDetectionJobs", MaxResults=501).error == "ValidationException"


class TestLists:
    """Lists keep the kind, the filter and the documented order."""

    def test_filters_by_status_name_and_time(self) -> None:
        lab = Lab()
        first, second, third = lab.start(JobName="red"), lab.start(), lab.start(JobName="redder")
        lab.start("sentiment")
        lab.fire(second, "begin")
        assert lab.ids() == [first, second, third]
        assert lab.ids(Filter={"JobStatus": "IN_PROGRESS"}) == [second]
        assert lab.ids(Filter={"JobName": "red"}) == [first]
        times = [lab.described(job_id)["SubmitTime"] for job_id in (first, second, third)]
        assert lab.ids(Filter={"SubmitTimeBefore": times[2]}) == [first, second]
        assert lab.ids(Filter={"SubmitTimeAfter": times[0]}) == [third, second]
        assert lab.ids("ListSentimentDetectionJobs", Filter={"SubmitTimeAfter": times[2] + 999}) == []

    def test_topics_and_recognizers_are_documented_the_other_way_round(self) -> None:
        lab = Lab()
        topics = [lab.start("topics") for _ in range(3)]
        models = [lab.start("entity-recognizer") for _ in range(2)]
        late, early = {"SubmitTimeAfter": 1}, {"SubmitTimeBefore": 9999}
        assert lab.ids("ListTopicsDetectionJobs", Filter=late) == topics
        assert lab.ids("ListTopicsDetectionJobs", Filter=early) == topics[::-1]
        assert lab.ids("ListEntityRecognizers", Filter=early) == models[::-1]
        assert lab.ids("ListEntityRecognizers", Filter={"RecognizerName": models[1].rpartition("/")[2]}) == models[1:]
        assert lab.ids("ListEntityRecognizers", Filter={"Status": "TRAINED"}) == []


class TestReadings:
    """Each reading about data makes the difference that its question asks for."""

    @staticmethod
    def lab(question: str, reading: str) -> Lab:
        return Lab(readings={question: reading})

    @pytest.mark.parametrize(("reading", "status"), [("400", 400), ("404", 404)])
    def test_status_of_not_found(self, reading: str, status: int) -> None:
        assert self.lab("HTTP status of not found", reading)("DescribeTopicsDetectionJob", JobId="x").status == status

    @pytest.mark.parametrize("code", ["ValidationException", "InvalidRequestException"])
    def test_error_for_a_malformed_request(self, code: str) -> None:
        assert self.lab("error for a malformed request", code)("DescribeTopicsDetectionJob").error == code

    @pytest.mark.parametrize("code", ["InvalidRequestException", "InvalidFilterException"])
    def test_error_for_two_filters(self, code: str) -> None:
        two = {"JobName": "n", "JobStatus": "STOPPED"}
        assert self.lab("error for two filters", code)("ListTopicsDetectionJobs", Filter=two).error == code

    def test_orders_and_bounds_of_lists(self) -> None:
        lab = self.lab("order of a topics list", "like the others")
        topics = [lab.start("topics") for _ in range(2)]
        assert lab.ids("ListTopicsDetectionJobs", Filter={"SubmitTimeBefore": 9999}) == topics
        lab = self.lab("order of an unfiltered list", "newest first")
        jobs = [lab.start() for _ in range(2)]
        assert lab.ids() == jobs[::-1]
        lab = self.lab("time filters at the bound", "yes")
        job = lab.start()
        at = lab.described(job)["SubmitTime"]
        assert lab.ids(Filter={"SubmitTimeBefore": at}) == [job] == lab.ids(Filter={"SubmitTimeAfter": at})
        lab = self.lab("filter on a job's name", "prefix")
        jobs = [lab.start(JobName="red"), lab.start(JobName="redder")]
        lab.start()
        assert lab.ids(Filter={"JobName": "red"}) == jobs

    def test_page_tokens_with_other_parameters(self) -> None:
        lab = self.lab("page token with other parameters", "InvalidRequestException")
        for _ in range(3):
            lab.start()
        token = lab("ListEntitiesDetectionJobs", MaxResults=1).reply["NextToken"]
        assert lab("ListEntitiesDetectionJobs", MaxResults=2, NextToken=token).error == "InvalidRequestException"
        assert lab("ListEntitiesDetectionJobs", MaxResults=1, NextToken=token).error is None

    def test_too_many_jobs(self) -> None:
        lab = self.lab("too many jobs", "TooManyRequestsException")
        jobs = [lab.start() for _ in range(10)]
        example = SERVICE.example(CREATES[0], HERE, 1, ())
        assert lab("StartEntitiesDetectionJob", **example).error == "TooManyRequestsException"
        assert lab("StartEntitiesDetectionJob", THERE, **example).error is None
        lab.fire(jobs[0], "fail")
        assert lab("StartEntitiesDetectionJob", **example).error is None

    @pytest.mark.parametrize(("reading", "error"), [("yes", "InvalidRequestException"), ("no", None)])
    def test_slot_of_a_stopping_job(self, reading: str, error: str | None) -> None:
        lab = Lab(readings={"too many jobs": "InvalidRequestException", "slot of a stopping job": reading})
        jobs = [lab.start() for _ in range(10)]
        lab.fire(jobs[0], "begin")
        assert lab("StopEntitiesDetectionJob", JobId=jobs[0]).reply["JobStatus"] == "STOP_REQUESTED"
        assert lab("StartEntitiesDetectionJob", **SERVICE.example(CREATES[0], HERE, 1, ())).error == error

    def test_job_name_in_use(self) -> None:
        lab = self.lab("job name in use", "ResourceInUseException")
        named = {**SERVICE.example(CREATES[0], HERE, 1, ()), "JobName": "nightly"}
        answers = [lab("StartEntitiesDetectionJob", **request).error for request in (named, named)]
        assert answers == [None, "ResourceInUseException"]
        assert lab("StartEntitiesDetectionJob", THERE, **named).error is None
        assert Lab()("StartEntitiesDetectionJob", **named).error is None

    @pytest.mark.parametrize("reading", ["400", "429"])
    def test_status_of_throttling(self, reading: str) -> None:
        lab = Lab(readings={"too many jobs": "TooManyRequestsException", "HTTP status of throttling": reading})
        for _ in range(10):
            lab.start()
        example = SERVICE.example(CREATES[0], HERE, 1, ())
        assert lab("StartEntitiesDetectionJob", **example).status == int(reading)

    def test_members_of_starts(self) -> None:
        pii = next(b for b in CREATES if b.kind == "pii")
        example = SERVICE.example(pii, HERE, 1, ())
        assert (
            self.lab("languages of a PII job", "en")(pii.operation, **{**example, "LanguageCode": "es"}).error
            == "InvalidRequestException"
        )
        tags = [{"Key": "k" * 128}]
        assert (
            self.lab("bounds of tags", "127 and 255")(pii.operation, **example, Tags=tags).error
            == "InvalidRequestException"
        )
        assert self.lab("bounds of tags", "128 and 256")(pii.operation, **example, Tags=tags).error is None
        custom = next(b for b in CREATES if b.kind == "document-classification")
        bare = {k: v for k, v in SERVICE.example(custom, HERE, 1, ()).items() if not k.endswith("rArn")}
        bare.pop("FlywheelArn", None)
        assert (
            self.lab("model missing", "InvalidRequestException")(custom.operation, **bare).error
            == "InvalidRequestException"
        )
        assert self.lab("model missing", "accepted")(custom.operation, **bare).error is None
        names = {"DocumentClassifierArn": "document-classifier/m", "FlywheelArn": "flywheel/f"}
        both = {member: f"arn:aws:comprehend:us-east-1:111122223333:{name}" for member, name in names.items()}
        assert (
            self.lab("model missing", "InvalidRequestException")(custom.operation, **bare, **both).error
            == "InvalidRequestException"
        )

    def test_output_of_a_pii_job(self) -> None:
        lab = self.lab("output of a PII job", "archive")
        assert lab.described(lab.start("pii"), "pii")["OutputDataConfig"]["S3Uri"].endswith("/output/output.tar.gz")

    def test_ids_of_other_kinds(self) -> None:
        lab = Lab(
            readings={
                "job/Stop with another kind's id": "one id space",
                "job/Describe with another kind's id": "one id space",
            }
        )
        job_id = lab.start("sentiment")
        assert lab("StopEntitiesDetectionJob", JobId=job_id).reply == {"JobId": job_id, "JobStatus": "STOP_REQUESTED"}
        assert lab.described(job_id)["JobId"] == job_id

    def test_a_job_of_another_kind_shows_a_status_that_this_kind_does_not_have(self) -> None:
        lab = Lab(readings={"unstoppable/Describe with another kind's id": "one id space"})
        job_id = lab.start("sentiment")
        lab("StopSentimentDetectionJob", JobId=job_id)
        assert lab.described(job_id, "topics")["JobStatus"] == "STOP_REQUESTED"

    def test_every_question_about_data_can_be_read_or_says_that_it_cannot(self) -> None:
        from haltspec.errors import Misuse

        for name, question in API.all_questions().items():
            for reading in question.readings:
                if name in SERVICE.unmodelled and reading.name != question.default:
                    with pytest.raises(Misuse, match="has no choice for"):
                        self.lab(name, reading.name)
                else:
                    self.lab(name, reading.name)
        assert set(API.all_questions()) >= SERVICE.unmodelled


class TestModels:
    """Models are named by the request, trained, stopped and deleted."""

    def test_a_trained_model_has_all_four_times(self) -> None:
        lab = Lab()
        arn = lab.start("document-classifier")
        assert arn == "arn:aws:comprehend:us-east-1:111122223333:document-classifier/model-0"
        assert set(lab.described(arn, "document-classifier")) == {
            "DocumentClassifierArn",
            "Status",
            "SubmitTime",
            "LanguageCode",
            "InputDataConfig",
            "DataAccessRoleArn",
        }
        lab.fire(arn, "begin")
        assert "TrainingStartTime" not in lab.described(arn, "document-classifier")
        lab.fire(arn, "complete")
        model = lab.described(arn, "document-classifier")
        assert model["SubmitTime"] < model["TrainingStartTime"] < model["TrainingEndTime"] <= model["EndTime"]
        assert model["Status"] == "TRAINED" and "Message" not in model

    def test_a_stopped_model_has_no_start_of_training_and_a_failed_one_a_message(self) -> None:
        lab = Lab()
        stopped, failed = lab.start("entity-recognizer"), lab.start("entity-recognizer")
        assert lab("StopTrainingEntityRecognizer", EntityRecognizerArn=stopped).reply == {}
        lab.fire(stopped, "halt")
        lab.fire(failed, "fail")
        assert "TrainingStartTime" not in lab.described(stopped, "entity-recognizer")
        model = lab.described(failed, "entity-recognizer")
        assert model["Status"] == "IN_ERROR" and model["Message"]

    def test_a_version_stands_in_the_arn(self) -> None:
        lab = Lab()
        arn = lab.start("entity-recognizer", VersionName="v1")
        assert arn.endswith(":entity-recognizer/model-0/version/v1")
        assert lab.described(arn, "entity-recognizer")["VersionName"] == "v1"

    def test_a_name_is_taken_until_the_model_is_gone(self) -> None:
        lab = Lab()
        binding = next(b for b in CREATES if b.kind == "entity-recognizer")
        example = SERVICE.example(binding, HERE, 1, ())
        arn = lab(binding.operation, **example).reply["EntityRecognizerArn"]
        assert lab(binding.operation, **example).error == "ResourceInUseException"
        assert lab(binding.operation, THERE, **example).error is None
        lab.fire(arn, "begin", "complete")
        assert lab("DeleteEntityRecognizer", EntityRecognizerArn=arn).reply == {}
        assert lab.described(arn, "entity-recognizer")["Status"] == "DELETING"
        assert lab(binding.operation, **example).error == "ResourceInUseException"
        lab.fire(arn, "vanish")
        assert lab("DescribeEntityRecognizer", EntityRecognizerArn=arn).error == "ResourceNotFoundException"
        assert lab(binding.operation, **example).error is None

    @pytest.mark.parametrize(
        ("languages", "tokens"), [(("en", "de"), ("t", "u")), (("en", "en"), ("t", "t")), (("en", "de"), (None, None))]
    )
    def test_a_model_of_a_name_used_again_is_another_model_to_the_oracle(
        self, languages: tuple[str, str], tokens: tuple[str | None, str | None]
    ) -> None:
        lab = Lab()
        for language, token in zip(languages, tokens, strict=True):
            example = {**SERVICE.example(CREATES[-1], HERE, 1, ()), "LanguageCode": language}
            if token is not None:
                example["ClientRequestToken"] = token
            arn = lab(CREATES[-1].operation, **example).reply["EntityRecognizerArn"]
            lab.described(arn, "entity-recognizer")
            lab.fire(arn, "begin", "complete")
            lab("DeleteEntityRecognizer", EntityRecognizerArn=arn)
            lab.fire(arn, "vanish")
        report = lab.judged()
        assert [v.message for v in (*report.violations, *report.warnings)] == []

    def test_the_id_of_a_model_is_a_malformed_id_of_a_job(self) -> None:
        lab = Lab()
        arn = lab.start("entity-recognizer")
        assert lab("StopEntitiesDetectionJob", JobId=arn).error == "ValidationException"
        report = lab.judged()
        assert [v.message for v in (*report.violations, *report.warnings)] == []

    @pytest.mark.parametrize(("reading", "error"), [("made anew", None), ("refused", "InvalidRequestException")])
    def test_the_token_of_a_deleted_model_is_answered_by_the_reading(self, reading: str, error: str | None) -> None:
        lab = Lab(readings={"training/repeated token after a deletion": reading})
        example = SERVICE.example(CREATES[-1], HERE, 1, ())
        arn = lab(CREATES[-1].operation, **example, ClientRequestToken="t").reply["EntityRecognizerArn"]
        lab.fire(arn, "begin", "complete")
        lab("DeleteEntityRecognizer", EntityRecognizerArn=arn)
        lab.fire(arn, "vanish")
        assert lab(CREATES[-1].operation, **example, ClientRequestToken="t").error == error
        assert len(lab.reference.jobs()) == (error is None)

    @pytest.mark.parametrize("kind", ["entities", "document-classification"])
    def test_a_model_is_not_deleted_while_a_job_uses_it(self, kind: str) -> None:
        lab = Lab(seed=1)
        model_kind = "entity-recognizer" if kind == "entities" else "document-classifier"
        member = "EntityRecognizerArn" if kind == "entities" else "DocumentClassifierArn"
        binding = next(b for b in API.bindings if b.kind == model_kind and b.role == "Delete")
        arn = lab.start(model_kind)
        lab.fire(arn, "begin", "complete")
        before = lab.reference.fingerprint()
        job_id = lab.start(kind, **{member: arn})
        assert lab(binding.operation, **{member: arn}).error == "ResourceInUseException"
        lab.fire(job_id, "begin", "complete")
        assert lab(binding.operation, **{member: arn}).error is None
        assert before != lab.reference.fingerprint()


def walk(lab: Lab, rng: Random, steps: int) -> None:
    """Random calls of every operation, and random moves of the service."""
    for step in range(steps):
        binding = rng.choice(API.bindings)
        jobs = [j for j in lab.reference.jobs() if j.key.kind == binding.kind]
        role = API.role(binding).role
        if role is Role.CREATE:
            token = {binding.token_in: f"t{rng.randrange(step + 1)}"}
            lab(binding.operation, rng.choice((HERE, THERE)), **SERVICE.example(binding, HERE, 1, ()), **token)
        elif role is Role.LIST:
            page = {"MaxResults": rng.randrange(1, 4)}
            while page:
                reply = lab(binding.operation, **page).reply
                page = {**page, "NextToken": reply["NextToken"]} if "NextToken" in reply else {}
        else:
            job = rng.choice(jobs or [None])  # None stands for an unknown id
            job_id = (
                job.key.id
                if job is not None
                else "arn:aws:comprehend:us-east-1:111122223333:nothing/none"[: rng.choice((20, 99))]
            )
            lab(binding.operation, rng.choice((HERE, HERE, THERE)), **{binding.id_in: job_id})
        if rng.random() < 0.5:
            lab.reference.stir(rng)


class TestOracle:
    """The oracle finds nothing to say about the reference model, and much about one that breaks a data rule."""

    @pytest.mark.parametrize("seed", range(6))
    def test_random_calls_are_judged_to_conform_down_to_our_own_assumptions(self, seed: int) -> None:
        lab = Lab(seed=seed, schedule=Schedule(default=(1.0, 60.0)) if seed % 2 else None)
        walk(lab, Random(seed), 120)
        report = lab.judged()
        assert [v.message for v in (*report.violations, *report.warnings)] == []
        assert report.verdict is oracle.Verdict.PASS
        assert report.constrained_share > 0.5

    @pytest.mark.parametrize(
        ("member", "rule"),
        [
            ("OutputDataConfig", "comprehend/job/OutputDataConfig tells where the output is"),
            ("JobArn", "comprehend/job/JobArn is present"),
            ("SubmitTime", "comprehend/job/SubmitTime is present"),
        ],
    )
    def test_a_service_that_breaks_a_data_rule_is_found_out(self, member: str, rule: str) -> None:
        class Careless(Comprehend):
            def view(self, world: World, job: Job, binding: Binding, shown: Mapping[str, str]) -> dict[str, Any]:
                body = super().view(world, job, binding, shown)
                if member == "OutputDataConfig" and binding.full:
                    return body | {member: job.data["request"][member]}
                return {name: value for name, value in body.items() if name != member}

        lab = Lab(service=Careless())
        lab.described(lab.start())
        assert rule in {v.rule for v in lab.judged().violations}
