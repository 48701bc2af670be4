"""AWS JSON 1.1 to the byte: what clients of Comprehend, Translate, Device Farm and Rekognition find on the wire."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from haltspec.wire.host import Host, Settings
from haltspec.wire.http import Request, Response
from haltspec.wire.pace import Pace
from haltspec_properties.clients import ReferenceService

if TYPE_CHECKING:
    from tests.wire.conftest import Got, Wire

COMPREHEND, TRANSLATE = "Comprehend_20171127.", "AWSShineFrontendService_20170701."
DEVICEFARM, REKOGNITION = "DeviceFarm_20150623.", "RekognitionService."
ROLE = "arn:aws:iam::111122223333:role/analyst"
PLACES = {"InputDataConfig": {"S3Uri": "s3://inbox/in"}, "OutputDataConfig": {"S3Uri": "s3://outbox/out"}}
LANGUAGE = {**PLACES, "DataAccessRoleArn": ROLE}
ENTITIES = {**LANGUAGE, "LanguageCode": "en"}
TRANSLATION = {
    **ENTITIES,
    "InputDataConfig": {"S3Uri": "s3://inbox/in", "ContentType": "text/plain"},
    "SourceLanguageCode": "en",
    "TargetLanguageCodes": ["de"],
    "ClientToken": "token-1",
}
CLASSIFIER = {
    "DocumentClassifierName": "model",
    "DataAccessRoleArn": ROLE,
    "InputDataConfig": {"S3Uri": "s3://inbox/in"},
    "LanguageCode": "en",
}
RECOGNIZER = {
    "RecognizerName": "model",
    "DataAccessRoleArn": ROLE,
    "InputDataConfig": {"EntityTypes": [{"Type": "PART"}], "Documents": {"S3Uri": "s3://inbox/in"}},
    "LanguageCode": "en",
}
FARM = "arn:aws:devicefarm:us-west-2:123456789012"
PROJECT = f"{FARM}:project:11111111-2222-4333-8444-555555555555"
RUN = {
    "projectArn": PROJECT,
    "test": {"type": "APPIUM_PYTHON"},
    "deviceSelectionConfiguration": {"filters": [], "maxDevices": 1},
}
CONTENT_TYPE = "application/x-amz-json-1.1"
JOB_ID = "0123456789abcdef0123456789abcdef"
VERSION = "arn:aws:rekognition:us-east-1:111122223333:project/p/version/v1/1618520432917"
RUN_ARN = f"{FARM}:run:11111111-2222-4333-8444-555555555555/{uuid.UUID(int=0)}"
SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-west-2/devicefarm/aws4_request, "
    "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=0",
    "X-Amz-Date": "20260101T000000Z",
}


def is_uuid(text: str) -> bool:
    return str(uuid.UUID(text)) == text


def started(wire: Wire, target: str, request: Any, member: str = "JobId", **headers: str) -> str:
    """The id of a job that was started."""
    return str(wire.aws(target, request, **headers).json[member])


def check_refusal(got: Got, code: str, status: int = 400) -> dict[str, Any]:
    """The body of a refusal, which tells its code twice."""
    assert (got.status, got.headers["x-amzn-errortype"]) == (status, code)
    assert got.headers["content-type"] == CONTENT_TYPE
    assert is_uuid(got.headers["x-amzn-requestid"])
    body: dict[str, Any] = got.json
    assert body["__type"] == code
    return body


class TestTheExamplesOfTheFactSheets:
    """A success is HTTP 200, a JSON object and a request id, with just the members that the documents show."""

    def test_comprehend(self, wire: Wire) -> None:
        job_id = started(wire, f"{COMPREHEND}StartEntitiesDetectionJob", ENTITIES)
        wire.service.advance(job_id)
        got = wire.aws(f"{COMPREHEND}StopEntitiesDetectionJob", {"JobId": job_id})
        assert (got.status, got.headers["content-type"]) == (200, CONTENT_TYPE)
        assert is_uuid(got.headers["x-amzn-requestid"])
        assert got.headers["content-length"] == str(len(got.body))
        assert got.body == f'{{"JobId":"{job_id}","JobStatus":"STOP_REQUESTED"}}'.encode()
        assert re.fullmatch("[0-9a-f]{32}", job_id)

    def test_translate(self, wire: Wire) -> None:
        job_id = started(wire, f"{TRANSLATE}StartTextTranslationJob", TRANSLATION)
        wire.service.advance(job_id)
        got = wire.aws(f"{TRANSLATE}StopTextTranslationJob", {"JobId": job_id})
        assert got.body == f'{{"JobId":"{job_id}","JobStatus":"STOP_REQUESTED"}}'.encode()
        assert re.fullmatch("[0-9a-f]{32}", job_id)

    def test_devicefarm(self, wire: Wire) -> None:
        run = wire.aws(f"{DEVICEFARM}ScheduleRun", RUN, **SIGNED).json["run"]["arn"]
        job = wire.aws(f"{DEVICEFARM}ListJobs", {"arn": run}, **SIGNED).json["jobs"][0]["arn"]
        assert job == f"{run.replace(':run:', ':job:')}/00000"
        while wire.aws(f"{DEVICEFARM}GetJob", {"arn": job}, **SIGNED).json["job"]["status"] != "RUNNING":
            assert wire.service.advance(job)
        got = wire.aws(f"{DEVICEFARM}StopJob", {"arn": job}, **SIGNED)
        assert (got.status, got.headers["content-type"]) == (200, CONTENT_TYPE)
        assert is_uuid(got.headers["x-amzn-requestid"])
        shown = got.json["job"]
        assert (shown["arn"], shown["status"], shown["result"]) == (job, "STOPPING", "PENDING")
        assert set(shown["counters"]) == {"total", "passed", "failed", "warned", "errored", "stopped", "skipped"}
        assert re.fullmatch(r"arn:aws:devicefarm:us-west-2::device:[0-9a-f]{32}", shown["device"]["arn"])
        assert "availability" not in shown["device"]
        assert shown["videoCapture"] is True
        assert shown["created"] <= shown["started"]
        assert set(shown["deviceMinutes"]) == {"total", "metered", "unmetered"}
        assert "stopped" not in shown

    def test_rekognition(self, wire: Wire) -> None:
        project = started(wire, f"{REKOGNITION}CreateProject", {"ProjectName": "p"}, "ProjectArn")
        version = started(
            wire,
            f"{REKOGNITION}CreateProjectVersion",
            {"ProjectArn": project, "VersionName": "v1", "OutputConfig": {"S3Bucket": "results"}},
            "ProjectVersionArn",
        )
        assert re.fullmatch(r"arn:aws:rekognition:us-east-1:123456789012:project/p/version/v1/\d{13}", version)
        wire.service.advance(version)
        request = {"ProjectVersionArn": version, "MinInferenceUnits": 1}
        assert wire.aws(f"{REKOGNITION}StartProjectVersion", request).body == b'{"Status":"STARTING"}'
        wire.service.advance(version)
        got = wire.aws(f"{REKOGNITION}StopProjectVersion", {"ProjectVersionArn": version})
        assert (got.status, got.body) == (200, b'{"Status":"STOPPING"}')
        assert is_uuid(got.headers["x-amzn-requestid"])


class TestRequests:
    """A request is a JSON object, or nothing; what nobody knows in it is ignored, and null is absent."""

    @pytest.mark.parametrize(
        "body",
        [b"", b" \r\n", b"{}", b'{"Filter":null}', b'{"NextToken":null,"Bogus":[{"a":1}]}', b"\t{ }\n"],
    )
    def test_a_list_takes(self, wire: Wire, body: bytes) -> None:
        got = wire.aws(f"{COMPREHEND}ListEntitiesDetectionJobs", body)
        assert (got.status, got.body) == (200, b'{"EntitiesDetectionJobPropertiesList":[]}')

    @pytest.mark.parametrize("content_type", ["application/x-amz-json-1.1; charset=utf-8", "application/json", ""])
    def test_the_content_type_decides_nothing(self, wire: Wire, content_type: str) -> None:
        got = wire.aws(f"{COMPREHEND}ListEntitiesDetectionJobs", b"{}", **{"Content-Type": content_type})
        assert got.status == 200

    def test_every_request_has_an_id_of_its_own(self, wire: Wire) -> None:
        ids = {wire.aws(f"{COMPREHEND}ListEntitiesDetectionJobs").headers["x-amzn-requestid"] for _ in range(5)}
        ids |= {wire.aws(None).headers["x-amzn-requestid"] for _ in range(5)}
        assert len(ids) == 10

    def test_no_other_header_tells_it(self, wire: Wire) -> None:
        """A refusal of a request that makes no call has the headers of any other."""
        assert set(wire.aws(None).headers) == set(wire.aws(f"{COMPREHEND}DescribeEntitiesDetectionJob").headers)

    def test_text_beyond_ascii_goes_both_ways(self, wire: Wire) -> None:
        """Whether it comes escaped or as UTF-8."""
        name = "Größe 数"
        for body in (json.dumps, lambda value: json.dumps(value, ensure_ascii=False)):
            request = body({**ENTITIES, "JobName": name}).encode()
            job_id = started(wire, f"{COMPREHEND}StartEntitiesDetectionJob", request)
            got = wire.aws(f"{COMPREHEND}DescribeEntitiesDetectionJob", {"JobId": job_id})
            assert got.json["EntitiesDetectionJobProperties"]["JobName"] == name


class TestReplies:
    """Times are numbers of seconds with milliseconds; what is not there is left out; nothing to say is no body."""

    MOVES = ("", "picked up", "finished")

    @pytest.mark.parametrize("move", MOVES)
    def test_times_are_numbers_with_milliseconds(self, wire: Wire, move: str) -> None:
        job_id = started(wire, f"{COMPREHEND}StartEntitiesDetectionJob", ENTITIES)
        for event in self.MOVES[1 : self.MOVES.index(move) + 1]:
            wire.service.advance(job_id, event)
        text = wire.aws(f"{COMPREHEND}DescribeEntitiesDetectionJob", {"JobId": job_id}).body.decode()
        times = re.findall(r'"(\w+Time)":([^,}]*)', text)
        assert [name for name, _ in times] == ["SubmitTime", "EndTime"][: 2 if move == "finished" else 1]
        assert all(re.fullmatch(r"\d{10}\.\d{1,3}", value) for _, value in times)

    def test_no_reply_has_null(self, wire: Wire) -> None:
        job_id = started(wire, f"{COMPREHEND}StartEntitiesDetectionJob", ENTITIES)
        seen = b""
        while True:
            seen += wire.aws(f"{COMPREHEND}DescribeEntitiesDetectionJob", {"JobId": job_id}).body
            seen += wire.aws(f"{COMPREHEND}ListEntitiesDetectionJobs").body
            if wire.service.advance(job_id) is None:
                break
        assert b"null" not in seen
        assert not {b"NextToken", b"JobName", b"Message", b"FlywheelArn"} & set(re.findall(rb"\w+", seen))

    @pytest.mark.parametrize(
        ("create", "request_", "member", "operations"),
        [
            ("CreateDocumentClassifier", CLASSIFIER, "DocumentClassifierArn", ("StopTraining", "Delete")),
            ("CreateEntityRecognizer", RECOGNIZER, "EntityRecognizerArn", ("StopTraining", "Delete")),
        ],
    )
    def test_a_success_without_members_has_no_body(
        self, wire: Wire, create: str, request_: Any, member: str, operations: tuple[str, ...]
    ) -> None:
        arn = started(wire, f"{COMPREHEND}{create}", request_, member)
        for operation in operations:
            got = wire.aws(f"{COMPREHEND}{operation}{member.removesuffix('Arn')}", {member: arn})
            assert (got.status, got.body, got.headers["content-length"]) == (200, b"", "0")
            assert got.headers["content-type"] == CONTENT_TYPE
            wire.service.settle()

    def test_the_deletion_of_a_run_has_no_body(self, wire: Wire) -> None:
        run = wire.aws(f"{DEVICEFARM}ScheduleRun", RUN, **SIGNED).json["run"]["arn"]
        wire.service.settle()
        got = wire.aws(f"{DEVICEFARM}DeleteRun", {"arn": run}, **SIGNED)
        assert (got.status, got.body, got.headers["content-type"]) == (200, b"", CONTENT_TYPE)

    def test_the_output_is_below_the_place_that_was_asked_for(self, wire: Wire) -> None:
        job_id = started(wire, f"{COMPREHEND}StartEntitiesDetectionJob", ENTITIES)
        got = wire.aws(f"{COMPREHEND}DescribeEntitiesDetectionJob", {"JobId": job_id})
        uri = f"s3://outbox/out/123456789012-NER-{job_id}/output/output.tar.gz"
        assert got.json["EntitiesDetectionJobProperties"]["OutputDataConfig"] == {"S3Uri": uri}

    def test_times_can_be_written_as_java_does(self, wire_to: Callable[[ReferenceService], Wire]) -> None:
        """The same numbers, with an exponent."""
        with ReferenceService("comprehend", options=["--timestamps", "exponent"]) as service:
            wire = wire_to(service)
            job_id = started(wire, f"{COMPREHEND}StartEntitiesDetectionJob", {**ENTITIES, "JobName": "1.7E9"})
            got = wire.aws(f"{COMPREHEND}DescribeEntitiesDetectionJob", {"JobId": job_id})
        text = got.body.decode()
        assert re.search(r'"SubmitTime":\d\.\d{9,12}E9[,}]', text)
        found = got.json["EntitiesDetectionJobProperties"]
        assert found["SubmitTime"] == round(found["SubmitTime"], 3) > 1.7e9
        assert '"JobName":"1.7E9"' in text


class TestRefusals:
    """A refusal tells its code in body and header; the member that holds the message differs between the services."""

    @pytest.mark.parametrize(("target", "body", "code", "members"), [
        (f"{COMPREHEND}StopEntitiesDetectionJob", {"JobId": JOB_ID}, "JobNotFoundException", {"__type", "Message"}),
        (f"{COMPREHEND}DescribeEntitiesDetectionJob", {"JobId": " "}, "JobNotFoundException", {"__type", "Message"}),
        (f"{COMPREHEND}StopTrainingEntityRecognizer", {"EntityRecognizerArn": "arn:aws:comprehend:us-east-1:111122223333:entity-recognizer/none"}, "ResourceNotFoundException", {"__type", "Message"}),
        (f"{TRANSLATE}StopTextTranslationJob", {"JobId": JOB_ID}, "ResourceNotFoundException", {"__type", "Message"}),
        (f"{DEVICEFARM}StopRun", {"arn": RUN_ARN}, "NotFoundException", {"__type", "message"}),
        (f"{DEVICEFARM}StopJob", {"arn": f"{RUN_ARN}/00000".replace(":run:", ":job:")}, "NotFoundException", {"__type", "message"}),
        (f"{REKOGNITION}StopProjectVersion", {"ProjectVersionArn": VERSION}, "ResourceNotFoundException", {"__type", "Code", "Logref", "Message"}),
    ])  # fmt: skip
    def test_an_unknown_id(self, wire: Wire, target: str, body: Any, code: str, members: set[str]) -> None:
        """400, not 404, on each of them."""
        found = check_refusal(wire.aws(target, body), code)
        assert set(found) == members
        assert found.get("Message", found.get("message"))

    def test_rekognition_tells_the_code_twice_and_where_to_look(self, wire: Wire) -> None:
        found = check_refusal(
            wire.aws(f"{REKOGNITION}StopProjectVersion", {"ProjectVersionArn": VERSION}), "ResourceNotFoundException"
        )
        assert found["Code"] == "ResourceNotFoundException"
        assert is_uuid(found["Logref"])

    def test_what_cannot_be_stopped(self, wire: Wire) -> None:
        job_id = started(wire, f"{COMPREHEND}StartEntitiesDetectionJob", ENTITIES)
        wire.service.settle()
        got = wire.aws(f"{COMPREHEND}StopEntitiesDetectionJob", {"JobId": job_id})
        assert set(check_refusal(got, "InvalidRequestException")) == {"__type", "Message"}

    def test_texts_that_were_seen(self, wire: Wire) -> None:
        arn = "arn:aws:comprehend:us-east-1:111122223333:document-classifier/none"
        found = wire.aws(f"{COMPREHEND}DescribeDocumentClassifier", {"DocumentClassifierArn": arn}).json
        assert found["Message"] == "RESOURCE_NOT_FOUND: Could not find specified resource."
        filters = {"Filter": {"JobName": "a", "JobStatus": "STOPPED"}}
        got = wire.aws(f"{COMPREHEND}ListDocumentClassificationJobs", filters)
        found = check_refusal(got, "InvalidRequestException")
        assert found["Message"] == "Filters, if specified, must specify exactly 1 filter."

    @pytest.mark.parametrize("filters", [{}, {"JobName": "a", "SubmitTimeAfter": 1}])
    def test_a_filter_has_exactly_one_member(self, wire: Wire, filters: Any) -> None:
        got = wire.aws(f"{COMPREHEND}ListEventsDetectionJobs", {"Filter": filters})
        check_refusal(got, "InvalidRequestException")

    def test_a_language_pair_tells_the_languages(self, wire: Wire) -> None:
        got = wire.aws(f"{TRANSLATE}StartTextTranslationJob", {**TRANSLATION, "TargetLanguageCodes": ["en"]})
        found = check_refusal(got, "UnsupportedLanguagePairException")
        assert set(found) == {"__type", "Message", "SourceLanguageCode", "TargetLanguageCode"}
        assert (found["SourceLanguageCode"], found["TargetLanguageCode"]) == ("en", "en")

    def test_a_wrong_kind_of_job_is_not_found(self, wire: Wire) -> None:
        job_id = started(wire, f"{COMPREHEND}StartEntitiesDetectionJob", ENTITIES)
        got = wire.aws(f"{COMPREHEND}StopKeyPhrasesDetectionJob", {"JobId": job_id})
        check_refusal(got, "JobNotFoundException")


class TestNoCalls:
    """A request that makes no call is refused before anything is known of it: first the target, then the body."""

    @pytest.mark.parametrize("target", [
        None, "", "StopEntitiesDetectionJob", f"{COMPREHEND}StopNothing", "Comprehend_20171128.StopEntitiesDetectionJob",
        f"{COMPREHEND}stopEntitiesDetectionJob", f"{COMPREHEND} StopEntitiesDetectionJob", f"{TRANSLATE}StopEntitiesDetectionJob",
        f"x.{COMPREHEND}StopEntitiesDetectionJob", f"{COMPREHEND}",
    ])  # fmt: skip
    @pytest.mark.parametrize("body", [b"{}", b"{"])
    def test_an_unknown_operation(self, wire: Wire, target: str | None, body: bytes) -> None:
        got = wire.aws(target, body)
        assert check_refusal(got, "UnknownOperationException") == {"__type": "UnknownOperationException"}

    def test_an_operation_that_is_not_served_says_so(self, wire: Wire) -> None:
        """It exists, so a bare refusal would mislead."""
        found = check_refusal(wire.aws(f"{COMPREHEND}DetectSentiment"), "UnknownOperationException")
        assert found["Message"].startswith("DetectSentiment is not served")
        found = check_refusal(wire.aws(f"{DEVICEFARM}CreateProject"), "UnknownOperationException")
        assert found["message"].startswith("CreateProject is not served")

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
    def test_another_method_is_no_call(self, wire: Wire, method: str) -> None:
        got = wire.send(method, "/", b"{}", {"X-Amz-Target": f"{COMPREHEND}ListEntitiesDetectionJobs"})
        check_refusal(got, "UnknownOperationException")

    @pytest.mark.parametrize("body", [
        b"{", b"[]", b"5", b'"x"', b"null", b"{}{}", b"{'JobId':'a'}", b'{"JobId":NaN}', b'{"a":1e999}', b"\xff\xfe",
        b'{"JobId":"\xff"}', b'{"JobId":"\\ud800"}', b'{"JobId":"a","JobId":"b"}', b"JobId=a",
    ])  # fmt: skip
    def test_a_body_that_is_no_object(self, wire: Wire, body: bytes) -> None:
        got = wire.aws(f"{COMPREHEND}StopEntitiesDetectionJob", body)
        assert check_refusal(got, "SerializationException")["Message"]

    @pytest.mark.parametrize(("target", "body", "text"), [
        (f"{COMPREHEND}StopEntitiesDetectionJob", {"JobId": 5}, "NUMBER_VALUE can not be converted to a String"),
        (f"{COMPREHEND}StopEntitiesDetectionJob", {"JobId": True}, "TRUE_VALUE can not be converted to a String"),
        (f"{COMPREHEND}StopEntitiesDetectionJob", {"JobId": ["a"]}, "Start of list found where not expected"),
        (f"{COMPREHEND}StopEntitiesDetectionJob", {"JobId": {}}, "Start of structure or map found where not expected."),
        (f"{COMPREHEND}ListEntitiesDetectionJobs", {"MaxResults": "5"}, "STRING_VALUE can not be converted to an Integer"),
        (f"{COMPREHEND}ListEntitiesDetectionJobs", {"MaxResults": False}, "FALSE_VALUE can not be converted to an Integer"),
        (f"{COMPREHEND}ListEntitiesDetectionJobs", {"MaxResults": 501.5}, "NUMBER_VALUE can not be converted to an Integer"),
        (f"{COMPREHEND}ListEntitiesDetectionJobs", {"Filter": "STOPPED"}, "Expected an object or null"),
        (f"{COMPREHEND}ListEntitiesDetectionJobs", {"Filter": {"SubmitTimeAfter": "2020-01-01"}}, "STRING_VALUE can not be converted to a Date"),
        (f"{TRANSLATE}StartTextTranslationJob", {**TRANSLATION, "TargetLanguageCodes": "de"}, "Expected list or null"),
    ])  # fmt: skip
    def test_a_member_of_another_type(self, wire: Wire, target: str, body: Any, text: str) -> None:
        """The body cannot be read, which comes before its constraints."""
        assert check_refusal(wire.aws(target, body), "SerializationException")["Message"] == text


def length(value: str, member: str, bound: int, *, least: bool = False) -> str:
    """The text about a length."""
    words = "greater than or equal to" if least else "less than or equal to"
    return f"Value '{value}' at '{member}' failed to satisfy constraint: Member must have length {words} {bound}"


def pattern(value: str, member: str, text: str) -> str:
    """The text about a pattern."""
    constraint = f"Member must satisfy regular expression pattern: {text}"
    return f"Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"


def missing(member: str) -> str:
    """The text about a member that is not there."""
    return f"Value null at '{member}' failed to satisfy constraint: Member must not be null"


ID_PATTERN = r"^([\p{L}\p{Z}\p{N}_.:/=+\-%@]*)$"
ROLE_PATTERN = "arn:aws(-[^:]+)?:iam::[0-9]{12}:role/.+"
VERSION_PATTERN = r"(^arn:[a-z\d-]+:rekognition:[a-z\d-]+:\d{12}:project\/[a-zA-Z0-9_.\-]{1,255}\/version\/[a-zA-Z0-9_.\-]{1,255}\/[0-9]+$)"
FARM_PATTERN = "^arn:aws:devicefarm:.+"
JOB_STATUSES = "[SUBMITTED, IN_PROGRESS, COMPLETED, FAILED, STOP_REQUESTED, STOPPED]"
LONG = "0" * 33
STOP = f"{COMPREHEND}StopEntitiesDetectionJob"
LIST = f"{COMPREHEND}ListEntitiesDetectionJobs"
START = f"{COMPREHEND}StartEntitiesDetectionJob"


class TestConstraints:
    """What SDKs do not check the service does, all at once, in the words that were seen on the wire."""

    @pytest.mark.parametrize(("target", "body", "texts"), [
        (STOP, {}, [missing("jobId")]),
        (STOP, {"JobId": None}, [missing("jobId")]),
        (STOP, {"JobId": LONG}, [length(LONG, "jobId", 32)]),
        (STOP, {"JobId": ""}, [length("", "jobId", 1, least=True)]),
        (STOP, {"JobId": "a?"}, [pattern("a?", "jobId", ID_PATTERN)]),
        (STOP, {"JobId": "?" * 33}, [length("?" * 33, "jobId", 32), pattern("?" * 33, "jobId", ID_PATTERN)]),
        (LIST, {"MaxResults": 501}, ["Value '501' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 500"]),
        (LIST, {"MaxResults": 0}, ["Value '0' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1"]),
        (LIST, {"NextToken": ""}, [length("", "nextToken", 1, least=True)]),
        (LIST, {"Filter": {"JobStatus": "RUNNING"}}, [f"Value 'RUNNING' at 'filter.jobStatus' failed to satisfy constraint: Member must satisfy enum value set: {JOB_STATUSES}"]),
        (START, {**ENTITIES, "LanguageCode": None}, [missing("languageCode")]),
        (START, {**ENTITIES, "InputDataConfig": {}}, [missing("inputDataConfig.s3Uri")]),
        (START, {**ENTITIES, "ClientRequestToken": "a b"}, [pattern("a b", "clientRequestToken", "^[a-zA-Z0-9-]+$")]),
        (START, {**ENTITIES, "DataAccessRoleArn": "arn"}, [length("arn", "dataAccessRoleArn", 20, least=True), pattern("arn", "dataAccessRoleArn", ROLE_PATTERN)]),
        (START, {**ENTITIES, "Tags": [{"Key": "a"}, {"Key": ""}]}, [length("", "tags.2.member.key", 1, least=True)]),
        (START, {**ENTITIES, "Tags": [{}]}, [missing("tags.1.member.key")]),
        (START, {**ENTITIES, "VpcConfig": {"SecurityGroupIds": [], "Subnets": ["a"]}}, ["Value '[]' at 'vpcConfig.securityGroupIds' failed to satisfy constraint: Member must have length greater than or equal to 1"]),
        (START, {**ENTITIES, "VpcConfig": {"SecurityGroupIds": ["a", "b_"], "Subnets": ["a"]}}, ["Value '[a, b_]' at 'vpcConfig.securityGroupIds' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 32, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [-0-9a-zA-Z]+]"]),
        (f"{COMPREHEND}StartTopicsDetectionJob", {**LANGUAGE, "NumberOfTopics": 101}, ["Value '101' at 'numberOfTopics' failed to satisfy constraint: Member must have value less than or equal to 100"]),
        (f"{TRANSLATE}StopTextTranslationJob", {"JobId": LONG}, [length(LONG, "jobId", 32)]),
        (f"{TRANSLATE}StartTextTranslationJob", {k: v for k, v in TRANSLATION.items() if k != "ClientToken"}, [missing("clientToken")]),
        (f"{TRANSLATE}StartTextTranslationJob", {**TRANSLATION, "TargetLanguageCodes": []}, ["Value '[]' at 'targetLanguageCodes' failed to satisfy constraint: Member must have length greater than or equal to 1"]),
        (f"{TRANSLATE}ListTextTranslationJobs", {"MaxResults": 501, "Filter": {"JobName": ""}}, ["Value '501' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 500", length("", "filter.jobName", 1, least=True)]),
        (f"{DEVICEFARM}StopJob", {"arn": "arn:aws"}, [length("arn:aws", "arn", 32, least=True), pattern("arn:aws", "arn", FARM_PATTERN)]),
        (f"{DEVICEFARM}StopRun", {"arn": f"{FARM}:run:{'a' * 1011}"}, [length(f"{FARM}:run:{'a' * 1011}", "arn", 1011).replace("a" * 1011, "a" * (1024 - len(f"{FARM}:run:")), 1)]),
        (f"{DEVICEFARM}ScheduleRun", {**RUN, "configuration": {"auxiliaryApps": ["x"]}}, [f"Value '[x]' at 'configuration.auxiliaryApps' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 1011, Member must have length greater than or equal to 32, Member must satisfy regular expression pattern: {FARM_PATTERN}]"]),
        (f"{REKOGNITION}DescribeProjectVersions", {"ProjectArn": "arn:aws:rekognition:us-east-1:111122223333:project/p/1", "MaxResults": 101}, ["Value '101' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 100"]),
        (f"{REKOGNITION}StopProjectVersion", {"ProjectVersionArn": VERSION[:-14]}, [pattern(VERSION[:-14], "projectVersionArn", VERSION_PATTERN)]),
        (f"{REKOGNITION}StartProjectVersion", {"ProjectVersionArn": VERSION, "MinInferenceUnits": 0}, ["Value '0' at 'minInferenceUnits' failed to satisfy constraint: Member must have value greater than or equal to 1"]),
    ])  # fmt: skip
    def test_a_breach_is_told(self, wire: Wire, target: str, body: Any, texts: list[str]) -> None:
        found = check_refusal(wire.aws(target, body), "ValidationException")
        noun = "error" if len(texts) == 1 else "errors"
        assert found.get("Message", found.get("message")) == (
            f"{len(texts)} validation {noun} detected: {'; '.join(texts)}"
        )

    @pytest.mark.parametrize(("target", "body"), [
        (STOP, {"JobId": "0" * 32}),
        (STOP, {"JobId": "Größe 数-_.:/=+%@"}),
        (LIST, {"MaxResults": 500}),
        (LIST, {"MaxResults": 1}),
        (START, {**ENTITIES, "ClientRequestToken": "a" * 64, "JobName": "n" * 256}),
        (f"{REKOGNITION}DescribeProjects", {"MaxResults": 100}),
    ])  # fmt: skip
    def test_the_bounds_themselves_are_taken(self, wire: Wire, target: str, body: Any) -> None:
        assert wire.aws(target, body).headers.get("x-amzn-errortype") in (None, "JobNotFoundException")

    def test_many_breaches_are_counted(self, wire: Wire) -> None:
        """As many as are looked for, though not all are told."""
        got = wire.aws(START, {**ENTITIES, "Tags": [{"Key": ""}] * 1000})
        text = check_refusal(got, "ValidationException")["Message"]
        assert text.startswith("100 validation errors detected: Value '' at 'tags.1.member.key' failed")
        assert len(text) < 10_000


class TestPrecedence:
    """Shape before meaning before existence before state."""

    def test_shape_comes_before_meaning(self, wire: Wire) -> None:
        got = wire.aws(LIST, {"MaxResults": 501, "Filter": {}})
        check_refusal(got, "ValidationException")
        got = wire.aws(
            f"{DEVICEFARM}ScheduleRun", {**RUN, "projectArn": "arn:aws", "deviceSelectionConfiguration": None}
        )
        check_refusal(got, "ValidationException")

    def test_meaning_comes_before_existence(self, wire: Wire) -> None:
        """Neither pool nor filters, in a project of somebody else."""
        stranger = PROJECT.replace("123456789012", "111122223333")
        without = {**RUN, "deviceSelectionConfiguration": None}
        for request in (without, {**without, "projectArn": stranger}, {**RUN, "projectArn": stranger}):
            check_refusal(wire.aws(f"{DEVICEFARM}ScheduleRun", request, **SIGNED), "ArgumentException")

    def test_an_arn_that_is_none_is_malformed(self, wire: Wire) -> None:
        """Though it fits the pattern: a slash where a colon is wanted."""
        for operation, arn in (
            ("ListRuns", PROJECT),
            ("GetRun", RUN_ARN),
            ("StopRun", RUN_ARN),
            ("DeleteRun", RUN_ARN),
        ):
            wrong = arn.replace(":project:", ":project/").replace(":run:", ":run/")
            got = wire.aws(f"{DEVICEFARM}{operation}", {"arn": wrong}, **SIGNED)
            assert check_refusal(got, "ValidationException")["message"] == f"Invalid arn {wrong}"

    def test_a_package_that_is_none(self, wire: Wire) -> None:
        got = wire.aws(f"{DEVICEFARM}ScheduleRun", {**RUN, "appArn": PROJECT}, **SIGNED)
        assert check_refusal(got, "ArgumentException")["message"] == f"Invalid Upload {PROJECT}"

    def test_a_project_of_somebody_else(self, wire: Wire) -> None:
        stranger = PROJECT.replace("123456789012", "111122223333")
        got = wire.aws(f"{DEVICEFARM}ScheduleRun", {**RUN, "projectArn": stranger}, **SIGNED)
        text = check_refusal(got, "ArgumentException")["message"]
        assert text == f"The provided project resource is not valid: {stranger}"

    def test_shape_comes_before_state(self, wire: Wire) -> None:
        job_id = started(wire, START, ENTITIES)
        wire.service.settle()
        check_refusal(wire.aws(STOP, {"JobId": job_id}), "InvalidRequestException")
        check_refusal(wire.aws(STOP, {"JobId": f"{job_id}0"}), "ValidationException")


class TestReadings:
    """Where documents disagree, a reading decides what stands on the wire."""

    @staticmethod
    def answer(readings: dict[str, str], target: str, body: Any) -> tuple[Response, Any]:
        """The response of a service with these readings."""
        host = Host(Settings(seed=0, readings=readings))
        response = asyncio.run(
            host.answer(Request("POST", "/", "", {"x-amz-target": target}, json.dumps(body).encode()))
        )
        assert response is not None
        return response, json.loads(response.body)

    @pytest.mark.parametrize("status", [400, 404])
    @pytest.mark.parametrize(
        ("api", "target"), [("comprehend", STOP), ("translate", f"{TRANSLATE}StopTextTranslationJob")]
    )
    def test_not_found(self, api: str, target: str, status: int) -> None:
        response, _ = self.answer({f"{api}/HTTP status of not found": str(status)}, target, {"JobId": JOB_ID})
        assert response.status == status

    @pytest.mark.parametrize(("api", "code", "target", "body"), [
        ("comprehend", "InvalidRequestException", STOP, {"JobId": LONG}),
        ("translate", "InvalidRequestException", f"{TRANSLATE}ListTextTranslationJobs", {"MaxResults": 501}),
        ("devicefarm", "ArgumentException", f"{DEVICEFARM}StopJob", {"arn": "arn:aws"}),
        ("rekognition", "InvalidParameterException", f"{REKOGNITION}StopProjectVersion", {"ProjectVersionArn": "arn" * 9}),
    ])  # fmt: skip
    def test_malformed(self, api: str, code: str, target: str, body: Any) -> None:
        response, found = self.answer({f"{api}/error for a malformed request": code}, target, body)
        assert (response.status, found["__type"], dict(response.headers)["x-amzn-errortype"]) == (400, code, code)

    def test_a_malformed_job_id_of_translate_may_be_an_unknown_one(self) -> None:
        reading = {"translate/error for a malformed JobId": "ResourceNotFoundException"}
        _, found = self.answer(reading, f"{TRANSLATE}StopTextTranslationJob", {"JobId": LONG})
        assert found["__type"] == "ResourceNotFoundException"

    @pytest.mark.parametrize("api", ["comprehend", "translate"])
    def test_two_filters(self, api: str) -> None:
        target = LIST if api == "comprehend" else f"{TRANSLATE}ListTextTranslationJobs"
        reading = {f"{api}/error for two filters": "InvalidFilterException"}
        _, found = self.answer(reading, target, {"Filter": {"JobName": "a", "JobStatus": "STOPPED"}})
        assert found["__type"] == "InvalidFilterException"


class TestFreedom:
    """Where the documents leave several answers free the usual one is given, unless any is asked for."""

    @staticmethod
    def first_statuses(*, free: bool) -> set[str]:
        """What twenty runs show that have just been scheduled."""
        host = Host(Settings(("devicefarm",), pace=Pace.MANUAL, seed=0, free=free))
        headers = {"x-amz-target": f"{DEVICEFARM}ScheduleRun", "x-moto-account-id": "123456789012"}
        headers["authorization"] = SIGNED["Authorization"]
        request = Request("POST", "/", "", headers, json.dumps(RUN).encode())
        responses = [asyncio.run(host.answer(request)) for _ in range(20)]
        return {json.loads(response.body)["run"]["status"] for response in responses if response is not None}

    def test_the_usual_is_always_the_same(self) -> None:
        assert self.first_statuses(free=False) == {"SCHEDULING"}

    def test_any_is_drawn_from_the_seed(self) -> None:
        assert self.first_statuses(free=True) == self.first_statuses(free=True) > {"SCHEDULING"}
