"""Who may see what: tenants never see each other, and with credentials nobody is taken for another."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from botocore.exceptions import ClientError
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkdgc.v1 import ListJobsRequest, StopJobRequest

from haltspec.errors import Misuse
from haltspec.wire.http import Request
from haltspec.wire.signatures import BadSignature, Credentials, Key, verify_aws, verify_huawei
from haltspec_properties.clients import ReferenceService

ACCOUNT, OTHER = "111122223333", "444455556666"
PROJECT, STRANGE = "b384b9e9ab9b4ee8994c8633aabc9505", "c" * 32
KEYS = [
    {"access_key": "AKIDONE", "secret_key": "one", "account": ACCOUNT},
    {"access_key": "AKIDTWO", "secret_key": "two", "account": OTHER},
    {"access_key": "ASIATEMP", "secret_key": "three", "account": ACCOUNT, "session_token": "the-token"},
    {"access_key": "AKTEST", "secret_key": "SKTEST", "project": PROJECT},
    {"access_key": "AKOTHER", "secret_key": "SKOTHER", "project": STRANGE},
]
ROLE = f"arn:aws:iam::{ACCOUNT}:role/analyst"
START = {
    "InputDataConfig": {"S3Uri": "s3://inbox/in"},
    "OutputDataConfig": {"S3Uri": "s3://outbox/out"},
    "DataAccessRoleArn": ROLE,
}
DESCRIBE = "Comprehend_20171127.DescribeDominantLanguageDetectionJob"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReferenceService]:
    """A service that checks signatures."""
    path = tmp_path_factory.mktemp("keys") / "credentials.json"
    path.write_text(json.dumps(KEYS))
    with ReferenceService(options=["--credentials", str(path)]) as service:
        yield service


@pytest.fixture(scope="module")
def open_service() -> Iterator[ReferenceService]:
    """A service that takes everybody for who they say they are."""
    with ReferenceService() as service:
        yield service


def comprehend(service: ReferenceService, key: str, secret: str, region: str = "us-east-1", **more: str) -> Any:
    return service.client("comprehend", region=region, aws_access_key_id=key, aws_secret_access_key=secret, **more)


def code_of(call: Callable[[], Any]) -> tuple[str, int]:
    """The error code and status with which a call is refused."""
    with pytest.raises(ClientError) as caught:
        call()
    response: Mapping[str, Any] = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def started(client: Any) -> str:
    job_id: str = client.start_dominant_language_detection_job(**START)["JobId"]
    return job_id


def signed(
    url: str, body: bytes, key: str = "AKIDONE", secret: str = "one", when: datetime | None = None
) -> AWSRequest:
    """A request signed by botocore as it was at some time."""
    headers = {"X-Amz-Target": DESCRIBE, "Content-Type": "application/x-amz-json-1.1"}
    request = AWSRequest("POST", url + "/", headers=headers, data=body)
    stamp = (when or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")

    signer = SigV4Auth(BotocoreCredentials(key, secret), "comprehend", "us-east-1")
    request.context["timestamp"] = stamp
    signer._modify_request_before_signing(request)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    signer._inject_signature_to_request(request, signer.signature(text, request))
    return request


def sent(url: str, request: AWSRequest, body: bytes | None = None, **headers: str) -> tuple[int, Any]:
    """The status and decoded body that answer a request, changed or not."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        given = {**dict(request.headers.items()), **{name.replace("_", "-"): value for name, value in headers.items()}}
        connection.request("POST", "/", request.data if body is None else body, given)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


class TestTenants:
    """Account and region, project and workspace never see each other."""

    @pytest.mark.parametrize(("account", "region"), [(OTHER, "us-east-1"), (ACCOUNT, "eu-west-1")])
    def test_a_job_is_seen_in_its_own_tenant_only(
        self, open_service: ReferenceService, account: str, region: str
    ) -> None:
        own = open_service.client("comprehend", account=ACCOUNT)
        stranger = open_service.client("comprehend", account=account, region=region)
        job_id = started(own)
        assert own.describe_dominant_language_detection_job(JobId=job_id)
        for call in ("describe_dominant_language_detection_job", "stop_dominant_language_detection_job"):
            assert code_of(partial(getattr(stranger, call), JobId=job_id)) == ("JobNotFoundException", 400)
        listed = stranger.list_dominant_language_detection_jobs()["DominantLanguageDetectionJobPropertiesList"]
        assert [job["JobId"] for job in listed] == []
        [job] = open_service.jobs(job_id)
        assert (job["state"], job["tenant"]) == ("SUBMITTED", f"{ACCOUNT}/us-east-1")

    def test_a_token_of_another_tenant_makes_a_job_of_ones_own(self, open_service: ReferenceService) -> None:
        own, stranger = (open_service.client("comprehend", account=account) for account in (ACCOUNT, OTHER))
        given = {**START, "ClientRequestToken": "the-same"}
        first = own.start_dominant_language_detection_job(**given)["JobId"]
        assert own.start_dominant_language_detection_job(**given)["JobId"] == first
        assert stranger.start_dominant_language_detection_job(**given)["JobId"] != first

    def test_projects_and_workspaces_are_apart(self, open_service: ReferenceService) -> None:
        body = {"name": "nightly", "processType": "BATCH", "schedule": {"type": "CRON"}, "nodes": []}
        places = [(PROJECT, None), (PROJECT, "ab" * 16), (STRANGE, None)]

        def ask(method: str, place: tuple[str, str | None], rest: str, given: Any = None) -> tuple[int, Any]:
            project, workspace = place
            connection = http.client.HTTPConnection(urlsplit(open_service.url).netloc, timeout=10)
            headers = {"Content-Type": "application/json"} | ({} if workspace is None else {"workspace": workspace})
            data = None if given is None else json.dumps(given).encode()
            connection.request(method, f"/v1/{project}/jobs{rest}", data, headers)
            response = connection.getresponse()
            text = response.read()
            connection.close()
            return response.status, json.loads(text) if text else None

        assert ask("POST", places[0], "", body) == (204, None)
        for place in places[1:]:
            status, refusal = ask("POST", place, "/nightly/stop")
            assert (status, refusal["error_code"]) == (400, "DLF.0100")
            assert ask("GET", place, "")[1]["total"] == 0
        assert ask("POST", places[1], "", body) == (204, None)  # a name is unique in its workspace
        assert ask("DELETE", places[1], "/nightly") == (204, None)
        assert ask("GET", places[0], "")[1]["total"] == 1

    def test_a_slash_in_a_project_is_no_way_into_a_workspace(self, open_service: ReferenceService) -> None:
        """`a%2Fb` with the default workspace is not project `a` with the workspace `b/default`."""
        body = {"name": "secret", "processType": "BATCH", "schedule": {"type": "CRON"}, "nodes": []}
        connection = http.client.HTTPConnection(urlsplit(open_service.url).netloc, timeout=10)
        connection.request("POST", "/v1/a/jobs", json.dumps(body), {"workspace": "b/default"})
        response = connection.getresponse()
        assert (response.status, response.read()) == (204, b"")
        connection.request("GET", "/v1/a%2Fb/jobs")
        assert json.loads(connection.getresponse().read())["total"] == 0
        connection.close()

    def test_an_access_key_that_is_no_account_is_somebody_all_the_same(self, open_service: ReferenceService) -> None:
        client = open_service.client("comprehend", aws_access_key_id="AKIDEXAMPLE")
        [job] = open_service.jobs(started(client))
        assert job["tenant"] == "123456789012/us-east-1"


class TestSigV4:
    """With credentials, AWS requests are what their signatures say."""

    def test_accepts_a_key(self, guarded: ReferenceService) -> None:
        job_id = started(comprehend(guarded, "AKIDONE", "one"))
        [job] = guarded.jobs(job_id)
        assert job["tenant"] == f"{ACCOUNT}/us-east-1"

    def test_accepts_a_temporary_key_with_its_token(self, guarded: ReferenceService) -> None:
        assert started(comprehend(guarded, "ASIATEMP", "three", aws_session_token="the-token"))

    def test_the_account_is_the_keys_whatever_the_caller_says(self, guarded: ReferenceService) -> None:
        client = comprehend(guarded, "AKIDTWO", "two")
        client.meta.events.register(
            "before-sign.*", lambda request, **_: request.headers.__setitem__("x-moto-account-id", ACCOUNT)
        )
        [job] = guarded.jobs(started(client))
        assert job["tenant"] == f"{OTHER}/us-east-1"

    @pytest.mark.parametrize(
        ("key", "secret", "more", "code"),
        [
            ("AKIDONE", "two", {}, "InvalidSignatureException"),
            ("AKIDNOBODY", "one", {}, "UnrecognizedClientException"),
            (ACCOUNT, "one", {}, "UnrecognizedClientException"),
            ("ASIATEMP", "three", {}, "UnrecognizedClientException"),
            ("ASIATEMP", "three", {"aws_session_token": "another"}, "UnrecognizedClientException"),
            ("AKTEST", "SKTEST", {}, "UnrecognizedClientException"),
        ],
    )
    def test_rejects_a_caller(
        self, guarded: ReferenceService, key: str, secret: str, more: dict[str, str], code: str
    ) -> None:
        job_id = started(comprehend(guarded, "AKIDONE", "one"))
        client = comprehend(guarded, key, secret, **more)
        found = code_of(lambda: client.stop_dominant_language_detection_job(JobId=job_id))
        assert found == (code, 400)
        assert guarded.jobs(job_id)[0]["state"] == "SUBMITTED"

    def test_a_refusal_tells_nothing_of_the_job(self, guarded: ReferenceService) -> None:
        """The answer is the same for a job that exists, one that does not, and what is no id at all."""
        job_id = started(comprehend(guarded, "AKIDONE", "one"))
        answers = []
        for named in (job_id, "0" * 32, "?" * 40):
            request = signed(guarded.url, json.dumps({"JobId": named}).encode(), secret="wrong")
            answers.append(sent(guarded.url, request))
        assert answers[0] == answers[1] == answers[2]
        assert job_id not in json.dumps(answers[0])

    def test_rejects_a_request_without_signature(self, guarded: ReferenceService) -> None:
        bare = AWSRequest("POST", guarded.url, headers={"X-Amz-Target": DESCRIBE}, data=b"{}")
        status, body = sent(guarded.url, bare)
        assert (status, body["__type"]) == (403, "MissingAuthenticationTokenException")

    def test_rejects_an_unknown_operation_by_its_signature_first(self, guarded: ReferenceService) -> None:
        bare = AWSRequest("POST", guarded.url, headers={"X-Amz-Target": "Comprehend_20171127.Nothing"}, data=b"{}")
        assert sent(guarded.url, bare)[1]["__type"] == "MissingAuthenticationTokenException"

    @pytest.mark.parametrize("minutes", [-6, 6, -60 * 24, 60 * 24 * 365])
    def test_rejects_a_date_out_of_time(self, guarded: ReferenceService, minutes: int) -> None:
        """A request that is sent again later is refused, and one from the future."""
        when = datetime.now(UTC) + timedelta(minutes=minutes)
        status, body = sent(guarded.url, signed(guarded.url, b'{"JobId": "x"}', when=when))
        assert (status, body["__type"]) == (400, "InvalidSignatureException")
        assert "expired" in body["Message"]

    @pytest.mark.parametrize("minutes", [-4, 4])
    def test_accepts_a_clock_that_is_a_little_wrong(self, guarded: ReferenceService, minutes: int) -> None:
        when = datetime.now(UTC) + timedelta(minutes=minutes)
        body = json.dumps({"JobId": "0" * 32}).encode()
        assert sent(guarded.url, signed(guarded.url, body, when=when))[1]["__type"] == "JobNotFoundException"

    def test_rejects_an_old_signature_under_a_new_date(self, guarded: ReferenceService) -> None:
        old = signed(guarded.url, b'{"JobId": "x"}', when=datetime.now(UTC) - timedelta(hours=1))
        status, body = sent(guarded.url, old, X_Amz_Date=datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"))
        assert (status, body["__type"]) == (400, "InvalidSignatureException")
        assert "expired" not in body["Message"]

    @pytest.mark.parametrize(
        ("body", "headers"),
        [
            (b'{"JobId": "other"}', {}),
            (None, {"X_Amz_Target": "Comprehend_20171127.StopDominantLanguageDetectionJob"}),
            (None, {"Host": "comprehend.us-east-1.amazonaws.com"}),
            (None, {"X_Amz_Content_Sha256": "UNSIGNED-PAYLOAD"}),
        ],
        ids=["body", "target", "host", "unsigned"],
    )
    def test_rejects_what_was_changed_on_the_way(
        self, guarded: ReferenceService, body: bytes | None, headers: dict[str, str]
    ) -> None:
        request = signed(guarded.url, json.dumps({"JobId": "0" * 32}).encode())
        assert sent(guarded.url, request)[1]["__type"] == "JobNotFoundException"
        status, answer = sent(guarded.url, request, body, **headers)
        assert (status, answer["__type"]) == (400, "InvalidSignatureException")

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            (lambda text: text.replace("AWS4-HMAC-SHA256", "AWS4"), "IncompleteSignatureException"),
            (lambda text: text.partition("Signature=")[0], "IncompleteSignatureException"),
            (lambda text: text.replace("host;", ""), "IncompleteSignatureException"),
            (lambda text: text.replace("x-amz-date;", ""), "IncompleteSignatureException"),
            (lambda text: text.replace("host;", "host;not-there;"), "IncompleteSignatureException"),
            (lambda text: text.replace("/comprehend/", "/translate/"), "InvalidSignatureException"),
            (lambda text: text.replace("us-east-1", "us-west-2"), "InvalidSignatureException"),
            (lambda text: text.replace("Credential=AKIDONE", "Credential=AKIDTWO"), "InvalidSignatureException"),
            (lambda text: text[:-1] + ("0" if text[-1] != "0" else "1"), "InvalidSignatureException"),
            (lambda text: "", "IncompleteSignatureException"),
            (lambda text: "Bearer something", "IncompleteSignatureException"),
        ],
    )
    def test_rejects_a_header_that_is_not_what_was_made(
        self, guarded: ReferenceService, change: Callable[[str], str], code: str
    ) -> None:
        request = signed(guarded.url, b'{"JobId": "x"}')
        status, body = sent(guarded.url, request, Authorization=change(request.headers["Authorization"]))
        assert (status, body["__type"]) == (400, code)

    @pytest.mark.parametrize("stamp", ["yesterday", "20261399T000000Z", "2026-11-27T00:00:00Z", ""])
    def test_rejects_a_date_that_is_none(self, guarded: ReferenceService, stamp: str) -> None:
        request = signed(guarded.url, b"{}")
        assert sent(guarded.url, request, X_Amz_Date=stamp)[1]["__type"] == "IncompleteSignatureException"


class TestSdkHmac:
    """With credentials, Huawei Cloud requests are what their signatures say."""

    def test_accepts_a_key_in_its_project(self, guarded: ReferenceService) -> None:
        client = guarded.huawei_client(project=PROJECT, access_key="AKTEST", secret_key="SKTEST")
        assert client.list_jobs(ListJobsRequest(job_name="a b", limit=5, offset=0)).total == 0

    @pytest.mark.parametrize(
        ("project", "key", "secret"),
        [
            (PROJECT, "AKTEST", "wrong"),
            (PROJECT, "AKNOBODY", "SKTEST"),
            (PROJECT, "AKOTHER", "SKOTHER"),
            (PROJECT, "AKIDONE", "one"),
        ],
        ids=["secret", "unknown", "project", "aws"],
    )
    def test_rejects_a_caller(self, guarded: ReferenceService, project: str, key: str, secret: str) -> None:
        """Whether the job exists makes no difference."""
        client = guarded.huawei_client(project=project, access_key=key, secret_key=secret)
        with pytest.raises(ClientRequestException) as caught:
            client.stop_job(StopJobRequest(job_name="myJob"))
        assert (caught.value.status_code, caught.value.error_code) == (401, "APIGW.0301")

    def test_rejects_a_request_without_signature(self, guarded: ReferenceService) -> None:
        connection = http.client.HTTPConnection(urlsplit(guarded.url).netloc, timeout=10)
        for path in (f"/v1/{PROJECT}/jobs", f"/v1/{PROJECT}/nowhere"):
            connection.request("GET", path)
            response = connection.getresponse()
            assert (response.status, json.loads(response.read())["error_code"]) == (401, "APIGW.0301")
        connection.close()


GOLDEN = Request(
    "POST",
    f"/v1/{PROJECT}/jobs/myJob/stop",
    "",
    {
        "content-type": "application/json",
        "host": "127.0.0.1:8080",
        "user-agent": "huaweicloud-usdk-python/3.0; t",
        "x-project-id": PROJECT,
        "x-sdk-date": "20260101T000000Z",
        "authorization": "SDK-HMAC-SHA256 Access=AKTEST, SignedHeaders=content-type;host;user-agent;x-project-id;"
        "x-sdk-date, Signature=6adf4a1b51b2b1a76710606b6d8209312480fa617b86d2664225c98552fc6fef",
    },
    b"",
)
"""A request made by the real SDK, with its signature."""

GOLDEN_S = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
BOTH = Credentials((Key("AKTEST", "SKTEST", PROJECT, False), Key("AKIDONE", "one", ACCOUNT, True)))


def changed(request: Request, **headers: str) -> Request:
    return Request(request.method, request.path, request.query, {**request.headers, **headers}, request.body)


def test_the_golden_vector_verifies() -> None:
    """What the real SDK signed is accepted, within a quarter of an hour."""
    assert verify_huawei(GOLDEN, BOTH, GOLDEN_S).owner == PROJECT
    assert verify_huawei(GOLDEN, BOTH, GOLDEN_S + 899).owner == PROJECT


@pytest.mark.parametrize(
    ("request_", "late", "kind"),
    [
        (GOLDEN, 901.0, "expired"),
        (GOLDEN, -901.0, "expired"),
        (changed(GOLDEN, **{"x-sdk-date": "20260101T000001Z"}), 0.0, "wrong"),
        (changed(GOLDEN, host="elsewhere"), 0.0, "wrong"),
        (changed(GOLDEN, **{"x-sdk-content-sha256": "UNSIGNED-PAYLOAD"}), 0.0, "wrong"),
        (Request("POST", GOLDEN.path.replace("myJob", "yourJob"), "", GOLDEN.headers, b""), 0.0, "wrong"),
        (Request("POST", GOLDEN.path, "a=b", GOLDEN.headers, b""), 0.0, "wrong"),
        (Request("POST", GOLDEN.path, "", GOLDEN.headers, b"{}"), 0.0, "wrong"),
        (Request("GET", GOLDEN.path, "", GOLDEN.headers, b""), 0.0, "wrong"),
    ],
)
def test_rejects_a_changed_golden_vector(request_: Request, late: float, kind: str) -> None:
    with pytest.raises(BadSignature) as caught:
        verify_huawei(request_, BOTH, GOLDEN_S + late)
    assert caught.value.kind == kind


def test_an_aws_signature_over_a_path_and_a_query_verifies() -> None:
    """As botocore signs them, escapes and order included."""
    url = "http://127.0.0.1:8080/a%20b/c?z=1&a=%2F&a=b"
    made = AWSRequest("POST", url, headers={"X-Amz-Target": DESCRIBE}, data=b"{}")
    SigV4Auth(BotocoreCredentials("AKIDONE", "one"), "comprehend", "us-east-1").add_auth(made)
    headers = {"host": "127.0.0.1:8080", **{name.lower(): value for name, value in made.headers.items()}}
    now = datetime.now(UTC).timestamp()
    key, region = verify_aws(Request("POST", "/a%20b/c", "z=1&a=%2F&a=b", headers, b"{}"), BOTH, "comprehend", now)
    assert (key.owner, region) == (ACCOUNT, "us-east-1")


class TestFile:
    """The file of credentials."""

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("{", "the credentials are no JSON"),
            ("{}", "the credentials are no list"),
            ("[]", "the credentials are an empty list"),
            ("[1]", "entry 1 lacks"),
            ('[{"access_key": "a", "secret_key": "b"}]', "entry 1 lacks"),
            ('[{"access_key": "a", "secret_key": "b", "account": "12"}]', "'12' is no account"),
            (json.dumps([{**KEYS[0], "project": PROJECT}]), "entry 1 belongs to an account and to a project"),
            (json.dumps([KEYS[0], KEYS[0]]), "two entries share an access key"),
        ],
    )
    def test_rejects_a_file(self, tmp_path: Path, text: str, told: str) -> None:
        path = tmp_path / "keys.json"
        path.write_text(text)
        with pytest.raises(Misuse, match=told) as caught:
            Credentials.read(path)
        assert str(path) in str(caught.value)

    def test_rejects_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(Misuse, match="the credentials cannot be read"):
            Credentials.read(tmp_path / "nowhere.json")
