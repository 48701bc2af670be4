"""Adapters: what they send, what they bring back, and what they make of silence; moto's server for real."""

from __future__ import annotations

import importlib
import json
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from haltspec.apis import load
from haltspec.errors import AdapterFailure, Misuse, Unknown
from haltspec.oracle import judge
from haltspec.reference import Reference
from haltspec.trace import read, to_line
from haltspec_properties import targets
from haltspec_properties.adapters import ACCOUNT_HEADER, TENANTS, AwsAdapter, ReferenceAdapter, is_loopback
from haltspec_properties.targets import MotoTarget

API = load("comprehend")
TENANT = TENANTS[0]
START: dict[str, Any] = {
    "InputDataConfig": {"S3Uri": "s3://inbox/documents"},
    "OutputDataConfig": {"S3Uri": "s3://outbox/results/"},
    "DataAccessRoleArn": "arn:aws:iam::111122223333:role/analyst",
    "LanguageCode": "en",
}
STARTED, LISTED = "StartEntitiesDetectionJob", "ListEntitiesDetectionJobs"
DESCRIBED, STOPPED = "DescribeEntitiesDetectionJob", "StopEntitiesDetectionJob"


@dataclass
class Heard:
    """A request as it arrived."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Echo:
    """A server that keeps what it hears and gives one answer to all."""

    url: str
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)
    answers: Callable[[BaseHTTPRequestHandler], object] | None = None
    """Replaces the answer."""

    def adapter(self, **options: Any) -> AwsAdapter:
        """An adapter to it."""
        return AwsAdapter(API, self.url, **options)


@pytest.fixture
def echo() -> Iterator[Echo]:
    """A server on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            vars(self)["asked"] = body
            found.heard.append(Heard({k.lower(): v for k, v in self.headers.items()}, body))
            if found.answers is not None:
                found.answers(self)
                return
            self.send_response(found.status)
            for name, value in {**found.headers, "Content-Length": str(len(found.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(found.body)

        def log_message(self, format: str, *args: Any) -> None:
            return

    class Server(ThreadingHTTPServer):
        request_queue_size = 64

    server = Server(("127.0.0.1", 0), Handler)
    found = Echo(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


class TestRequests:
    """The request stands on the wire as it was given, in botocore's envelope."""

    def test_the_envelope_is_the_protocols(self, echo: Echo) -> None:
        """Target, content type and signature are those of AWS JSON 1.1; the account is the access key."""
        echo.adapter().call(STOPPED, {"JobId": "a"}, tenant="444455556666/eu-west-1", client="c")
        headers = echo.heard[0].headers
        assert headers["x-amz-target"] == f"Comprehend_20171127.{STOPPED}"
        assert headers["content-type"] == "application/x-amz-json-1.1"
        assert "Credential=444455556666/" in headers["authorization"]
        assert "/eu-west-1/comprehend/aws4_request" in headers["authorization"]
        assert headers[ACCOUNT_HEADER] == "444455556666"

    def test_a_valid_body_is_what_botocore_would_send(self, echo: Echo) -> None:
        """Apart from white space, a valid request has botocore's own bytes."""
        request = {**START, "Tags": [{"Key": "k", "Value": "é"}]}
        echo.adapter().call(STARTED, request, tenant=TENANT, client="c")
        loader = importlib.import_module("botocore.loaders").Loader()
        model = importlib.import_module("botocore.model").ServiceModel(
            loader.load_service_model("comprehend", "service-2")
        )
        serializer = importlib.import_module("botocore.serialize").create_serializer("json", False)
        expected = serializer.serialize_to_request(request, model.operation_model(STARTED))["body"]
        assert echo.heard[0].body == expected

    @pytest.mark.parametrize(
        "request_",
        [
            {},
            {"JobId": 7, "Unknown": [None]},
            {"Filter": {"SubmitTimeBefore": 1.25}},
            {"Filter": "x", "NextToken": None},
            {"JobId": "\ud800"},
        ],
    )
    def test_any_request_is_sent_as_it_is(self, echo: Echo, request_: dict[str, Any]) -> None:
        """Missing, malformed, unknown and fractional members are neither refused nor changed."""
        echo.adapter().call(LISTED, request_, tenant=TENANT, client="c")
        assert json.loads(echo.heard[0].body) == request_

    def test_no_token_is_added_and_a_given_one_is_kept(self, echo: Echo) -> None:
        """A token is sent if and only if it is given."""
        adapter = echo.adapter()
        for request in (START, {**START, "ClientRequestToken": "mine"}):
            adapter.call(STARTED, request, tenant=TENANT, client="c")
        assert [json.loads(heard.body).get("ClientRequestToken") for heard in echo.heard] == [None, "mine"]

    @pytest.mark.parametrize("status", [429, 500, 503])
    def test_nothing_is_retried(self, echo: Echo, status: int) -> None:
        """A throttled or failed call is made once."""
        echo.status = status
        assert echo.adapter().call(LISTED, {}, tenant=TENANT, client="c").status == status
        assert len(echo.heard) == 1

    def test_the_users_settings_do_not_matter_on_loopback(self, echo: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
        """Proxies, profiles and endpoints of the environment are left alone."""
        for name in ("http_proxy", "HTTP_PROXY", "AWS_ENDPOINT_URL"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
        monkeypatch.setenv("AWS_PROFILE", "nobody")
        monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
        assert echo.adapter().call(LISTED, {}, tenant=TENANT, client="c").status == 200

    def test_a_tenant_may_have_a_profile(self, echo: Echo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A named profile's credentials sign the calls of its tenant."""
        file = tmp_path / "credentials"
        file.write_text("[second]\naws_access_key_id = AKIASECOND\naws_secret_access_key = s\n")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
        monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
        echo.adapter(profiles={TENANT: "second"}).call(LISTED, {}, tenant=TENANT, client="c")
        assert "Credential=AKIASECOND/" in echo.heard[0].headers["authorization"]
        with pytest.raises(AdapterFailure, match=r"third.*known: second"):
            echo.adapter(profiles={TENANT: "third"}).call(LISTED, {}, tenant=TENANT, client="c")

    @pytest.mark.parametrize("tenant", ["", "1/us-east-1", "111122223333", "111122223333/", "11112222333x/us-east-1"])
    def test_rejects_what_is_no_tenant(self, echo: Echo, tenant: str) -> None:
        """A tenant is twelve digits and a region."""
        with pytest.raises(Misuse, match="is no tenant; give 12 digits and a region"):
            echo.adapter().call(LISTED, {}, tenant=tenant, client="c")

    def test_rejects_an_unknown_operation(self, echo: Echo) -> None:
        """The nearest known operation is named."""
        with pytest.raises(Unknown, match=LISTED):
            echo.adapter().call("ListEntityDetectionJobs", {}, tenant=TENANT, client="c")


class TestAnswers:
    """The answer is read from its bytes."""

    def test_values_are_those_on_the_wire(self, echo: Echo) -> None:
        """A time as text, a null and an unknown member arrive as they were sent; so do headers and bytes."""
        echo.body = b'{"EntitiesDetectionJobProperties": {"SubmitTime": "2020-01-01", "EndTime": null, "Odd": 1.5e1}}'
        echo.headers = {"X-Odd": "yes"}
        adapter = echo.adapter(clock=iter([5.0, 6.5]).__next__)
        call = adapter.call(DESCRIBED, {"JobId": "a"}, tenant=TENANT, client="c9")
        assert call.reply == {
            "EntitiesDetectionJobProperties": {"SubmitTime": "2020-01-01", "EndTime": None, "Odd": 15}
        }
        assert (call.status, call.error, call.client, call.start, call.end) == (200, None, "c9", 5.0, 6.5)
        assert adapter.raw is not None
        assert (adapter.raw.body, adapter.raw.headers["x-odd"]) == (echo.body, "yes")
        assert list(read([to_line(call)], name="record")) == [call]

    @pytest.mark.parametrize(
        ("body", "headers", "code"),
        [
            (b'{"__type": "JobNotFoundException", "Message": "m"}', {}, "JobNotFoundException"),
            (b'{"__type": "com.amazonaws.comprehend#JobNotFoundException"}', {}, "JobNotFoundException"),
            (b"{}", {"x-amzn-ErrorType": "JobNotFoundException:http://x/y#z"}, "JobNotFoundException"),
            (b'{"code": "JobNotFoundException"}', {}, "JobNotFoundException"),
            (b"[1]", {}, None),
            (b"", {}, None),
        ],
    )
    def test_error_codes(self, echo: Echo, body: bytes, headers: dict[str, str], code: str | None) -> None:
        """The code stands in the body or in the header, with or without namespace and suffix."""
        echo.status, echo.body, echo.headers = 400, body, headers
        call = echo.adapter().call(STOPPED, {"JobId": "a"}, tenant=TENANT, client="c")
        assert (call.status, call.error) == (400, code)

    @pytest.mark.parametrize("status", [200, 500])
    @pytest.mark.parametrize("body", [b"<html>no</html>", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"{"])
    def test_a_body_that_is_no_json_is_kept_as_text(self, echo: Echo, status: int, body: bytes) -> None:
        """The text can be written to a record and read again."""
        echo.status, echo.body = status, body
        call = echo.adapter().call(LISTED, {}, tenant=TENANT, client="c")
        assert (call.status, call.error, call.reply) == (status, None, body.decode())
        assert list(read([to_line(call)], name="record")) == [call]

    @pytest.mark.parametrize(
        ("status", "operation", "request_", "reply"),
        [
            (200, "StopTrainingDocumentClassifier", {"DocumentClassifierArn": "arn"}, None),
            (200, STOPPED, {"JobId": "a"}, ""),
            (500, STOPPED, {"JobId": "a"}, None),
        ],
    )
    def test_an_empty_body_is_told_where_it_may_not_be(
        self, echo: Echo, status: int, operation: str, request_: dict[str, Any], reply: str | None
    ) -> None:
        """The body of a success is known to be empty; it is judged so, and so it is when the record is read again."""
        echo.status, echo.body = status, b""
        call = echo.adapter().call(operation, request_, tenant=TENANT, client="c")
        assert (call.status, call.reply) == (status, reply)
        for calls in ([call], list(read([to_line(call)], name="record"))):
            wrong = [v.rule for v in judge(API, calls).violations if "documented types" in v.rule]
            assert wrong == (["comprehend/replies have the documented types/body"] if reply == "" else [])

    def test_calls_of_several_threads_do_not_mix(self, echo: Echo) -> None:
        """Each thread gets the answer to its own request."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            body = vars(handler)["asked"]
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        adapter = echo.adapter()

        def ask(number: int) -> bool:
            call = adapter.call(LISTED, {"NextToken": str(number)}, tenant=TENANTS[number % 3], client=str(number))
            return call.reply == call.request and adapter.raw is not None and json.loads(adapter.raw.body) == call.reply

        echo.answers = answer
        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(ask, range(40)))
        assert len(echo.heard) == 40


class TestSilence:
    """No answer is an answer too: the call may have taken effect. A target that never answers is a failure."""

    def close(self, handler: BaseHTTPRequestHandler) -> None:
        """Hang up."""
        handler.connection.close()

    def test_a_lost_answer_leaves_the_effect_open(self, echo: Echo) -> None:
        """End and status are None, and the call is made once."""
        adapter = echo.adapter()
        adapter.call(LISTED, {}, tenant=TENANT, client="c")
        echo.answers = self.close
        call = adapter.call(STOPPED, {"JobId": "a"}, tenant=TENANT, client="c")
        assert (call.end, call.status, call.error, call.reply) == (None, None, None, None)
        assert adapter.raw is None
        assert len(echo.heard) == 2

    def test_an_answer_that_takes_too_long_is_lost(self, echo: Echo) -> None:
        """After the time-out the call counts as unanswered."""
        adapter = echo.adapter(timeout_s=0.2)
        adapter.call(LISTED, {}, tenant=TENANT, client="c")
        done = threading.Event()
        echo.answers = lambda _handler: done.wait(5)
        assert adapter.call(LISTED, {}, tenant=TENANT, client="c").end is None
        done.set()

    def test_rejects_a_target_that_is_not_there(self, echo: Echo) -> None:
        """The first call names the address and the remedy."""
        adapter = AwsAdapter(API, "http://127.0.0.1:1", timeout_s=2)
        with pytest.raises(AdapterFailure) as caught:
            adapter.call(LISTED, {}, tenant=TENANT, client="c")
        assert str(caught.value) == (
            "http://127.0.0.1:1: no answer within 2 s; start it, or give the address it listens on"
        )

    def test_rejects_a_target_that_is_gone(self, echo: Echo) -> None:
        """A row of unanswered calls ends it; an answer in between starts the count again."""
        adapter = echo.adapter(unanswered=2)
        for answers in (None, self.close, None, self.close):
            echo.answers = answers
            adapter.call(LISTED, {}, tenant=TENANT, client="c")
        with pytest.raises(AdapterFailure, match="2 calls in a row were not answered"):
            adapter.call(LISTED, {}, tenant=TENANT, client="c")

    def test_rejects_an_address_that_is_none(self) -> None:
        """A malformed address is named."""
        with pytest.raises(AdapterFailure, match="correct the address"):
            AwsAdapter(API, "no address").call(LISTED, {}, tenant=TENANT, client="c")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:5000", True),
        ("http://[::1]:80", True),
        ("http://localhost", True),
        ("http://x.localhost:1", True),
        ("https://comprehend.us-east-1.amazonaws.com", False),
        ("http://10.0.0.1", False),
        ("nonsense", False),
    ],
)
def test_loopback(url: str, expected: bool) -> None:
    """Made-up settings are for loopback addresses only."""
    assert is_loopback(url) is expected


class TestReferenceAdapter:
    """The reference model behind the same method."""

    def test_calls_have_times_in_order_while_the_clock_stands_still(self) -> None:
        """Each call ends after it began and before the next one begins."""
        adapter = ReferenceAdapter(Reference(API, clock=lambda: 1000.0))
        first = adapter.call(STARTED, START, tenant=TENANT, client="c")
        assert first.reply is not None
        second = adapter.call(DESCRIBED, {"JobId": first.reply["JobId"]}, tenant=TENANT, client="c")
        assert first.end is not None and second.end is not None
        assert 1000.0 <= first.start < first.end < second.start < second.end < 1000.1
        assert second.status == 200

    def test_refusals_have_their_code(self) -> None:
        """An unknown job is refused, in the tenant where it is unknown."""
        adapter = ReferenceAdapter(Reference(API, clock=lambda: 1000.0))
        made = adapter.call(STARTED, START, tenant=TENANT, client="c")
        call = adapter.call(DESCRIBED, {"JobId": made.reply["JobId"]}, tenant=TENANTS[1], client="c")
        assert (call.status, call.error) == (400, "JobNotFoundException")


@pytest.fixture(scope="module")
def moto() -> Iterator[MotoTarget]:
    """The server of moto, running."""
    with MotoTarget() as target:
        yield target


class TestMoto:
    """moto's server, for real."""

    def test_its_own_bytes_are_seen(self, moto: MotoTarget) -> None:
        """Times as text, nulls and long ids are not tidied up by the client library."""
        adapter = moto.adapter(API)
        started = adapter.call(STARTED, START, tenant=TENANT, client="c")
        job_id = started.reply["JobId"]
        described = adapter.call(DESCRIBED, {"JobId": job_id}, tenant=TENANT, client="c")
        job = described.reply["EntitiesDetectionJobProperties"]
        assert len(job_id) == 36
        assert isinstance(job["SubmitTime"], str)
        assert job["EndTime"] is None
        assert adapter.raw is not None
        assert json.loads(adapter.raw.body) == described.reply
        assert b'"EndTime": null' in adapter.raw.body
        assert described.alone

    def test_tokens_are_the_callers(self, moto: MotoTarget) -> None:
        """What moto shows is the token it was given: none, or ours."""
        adapter = moto.adapter(API)
        for token in ({}, {"ClientRequestToken": "mine"}):
            made = adapter.call(STARTED, {**START, **token}, tenant=TENANT, client="c")
            shown = adapter.call(DESCRIBED, {"JobId": made.reply["JobId"]}, tenant=TENANT, client="c")
            assert shown.reply["EntitiesDetectionJobProperties"].get("ClientRequestToken") == token.get(
                "ClientRequestToken"
            )

    def test_tenants_are_apart(self, moto: MotoTarget) -> None:
        """Two regions of one account and another account see their own jobs only."""
        moto.reset()
        adapter = moto.adapter(API)
        made = {t: adapter.call(STARTED, START, tenant=t, client="c").reply for t in moto.tenants}
        for tenant, reply in made.items():
            account, _, region = tenant.partition("/")
            assert f":{region}:{account}:" in reply["JobArn"]
            jobs = adapter.call(LISTED, {}, tenant=tenant, client="c").reply["EntitiesDetectionJobPropertiesList"]
            assert [job["JobId"] for job in jobs] == [reply["JobId"]]

    def test_a_server_error_is_kept_as_text(self, moto: MotoTarget) -> None:
        """A stop without an id fails inside moto."""
        call = moto.adapter(API).call(STOPPED, {}, tenant=TENANT, client="c")
        assert (call.status, call.error) == (500, None)
        assert "Internal Server Error" in call.reply

    def test_a_reset_forgets_all_jobs(self, moto: MotoTarget) -> None:
        """After a reset the lists of all tenants are empty."""
        adapter = moto.adapter(API)
        for tenant in moto.tenants:
            adapter.call(STARTED, START, tenant=tenant, client="c")
        moto.reset()
        for tenant in moto.tenants:
            reply = adapter.call(LISTED, {}, tenant=tenant, client="c").reply
            assert reply["EntitiesDetectionJobPropertiesList"] == []

    def test_settings_of_moto_and_aws_are_kept_from_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A fixed account or a missing profile in the environment neither joins tenants nor breaks calls."""
        monkeypatch.setenv("MOTO_ACCOUNT_ID", "999999999999")
        monkeypatch.setenv("AWS_PROFILE", "nobody")
        with MotoTarget() as target:
            call = target.adapter(API).call(STARTED, START, tenant=TENANT, client="c")
            assert ":111122223333:" in call.reply["JobArn"]
            address = target.endpoint_url
        assert target.name == f"moto {target.version}"
        with pytest.raises(Misuse, match="not running"):
            target.reset()
        with pytest.raises(AdapterFailure, match="no answer"):
            AwsAdapter(API, address).call(LISTED, {}, tenant=TENANT, client="c")

    def test_rejects_a_server_that_does_not_start(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The message has the last line the server wrote."""
        monkeypatch.setattr(targets, "_SERVE", "raise SystemExit('out of ports')")
        with pytest.raises(AdapterFailure, match=r"did not start \(out of ports\)"), MotoTarget():
            pass

    def test_rejects_a_machine_without_moto(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The message names the extra to install."""
        monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
        with pytest.raises(Misuse, match=r"needs moto, .*; run: pip install 'haltspec\[all\]'"):
            MotoTarget().start()
