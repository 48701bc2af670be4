"""The adapter to DataArts implementations, and targets that listen somewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from haltspec.apis import load
from haltspec.errors import AdapterFailure, Misuse, Unknown
from haltspec_properties.adapters import HuaweiAdapter, aws_tenant
from haltspec_properties.clients import ReferenceService
from haltspec_properties.targets import endpoint_target

API = load("dataarts")
PROJECT = "b384b9e9ab9b4ee8994c8633aabc9505"
TENANT = f"{PROJECT}/default"
JOB = {"name": "nightly", "processType": "BATCH", "schedule": {"type": "CRON"}, "nodes": []}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReferenceService]:
    """A service that checks signatures, so that the adapter has to make them."""
    path = tmp_path_factory.mktemp("keys") / "credentials.json"
    path.write_text(json.dumps([{"access_key": "AK", "secret_key": "SK", "project": PROJECT}]))
    with ReferenceService("dataarts", options=["--credentials", str(path)]) as running:
        yield running


@pytest.fixture
def adapter(service: ReferenceService) -> HuaweiAdapter:
    service.reset()
    return HuaweiAdapter(API, service.url, keys={PROJECT: ("AK", "SK")})


def ask(adapter: HuaweiAdapter, operation: str, request: dict[str, Any], tenant: str = TENANT) -> Any:
    return adapter.call(operation, request, tenant=tenant, client="test")


class TestCalls:
    """Every member goes to its place, and what comes back is what stood on the wire."""

    def test_a_job_is_made_listed_stopped_and_deleted(self, adapter: HuaweiAdapter) -> None:
        made = ask(adapter, "CreateJob", JOB)
        assert (made.status, made.error, made.reply, made.request) == (204, None, None, JOB)
        listed = ask(adapter, "ListJobs", {"jobName": "night", "limit": 5, "offset": 0})
        assert [job["name"] for job in listed.reply["jobs"]] == ["nightly"]
        assert ask(adapter, "StartJob", {"job_name": "nightly"}).status == 204
        assert ask(adapter, "StopJob", {"job_name": "nightly"}).status == 204
        assert ask(adapter, "DeleteJob", {"job_name": "nightly"}).status == 204
        gone = ask(adapter, "StopJob", {"job_name": "nightly"})
        assert (gone.status, gone.error, gone.reply["error_code"]) == (400, "DLF.0100", "DLF.0100")

    def test_a_workspace_is_named_in_its_header(self, adapter: HuaweiAdapter) -> None:
        ask(adapter, "CreateJob", JOB, f"{PROJECT}/{'ab' * 16}")
        assert ask(adapter, "ListJobs", {}).reply["total"] == 0
        assert ask(adapter, "ListJobs", {}, f"{PROJECT}/{'ab' * 16}").reply["total"] == 1

    def test_a_name_is_encoded_as_a_whole(self, adapter: HuaweiAdapter) -> None:
        assert ask(adapter, "StopJob", {"job_name": "a/b c?d"}).error == "DLF.0100"

    @pytest.mark.parametrize(
        ("given", "arrived"),
        [
            ({"jobName": 0}, {"jobName": "0"}),
            ({"limit": "5"}, {"limit": 5}),
            ({"limit": "five"}, {"limit": "five"}),
            ({"limit": None}, {}),
            ({"unknown": 1}, {"unknown": 1}),
        ],
    )
    def test_what_is_recorded_is_what_arrives(
        self, adapter: HuaweiAdapter, given: dict[str, Any], arrived: dict[str, Any]
    ) -> None:
        """A number in a query is a text that a server cannot tell from the number's own text."""
        assert ask(adapter, "ListJobs", given).request == arrived

    def test_a_wrong_key_is_refused(self, service: ReferenceService) -> None:
        call = ask(HuaweiAdapter(API, service.url), "StopJob", {"job_name": "nightly"})
        assert (call.status, call.error) == (401, "APIGW.0301")


class TestMistakes:
    """What cannot be called is told with its remedy."""

    def test_rejects_an_unknown_operation(self, adapter: HuaweiAdapter) -> None:
        with pytest.raises(Unknown, match="did you mean StopJob"):
            ask(adapter, "StopJobs", {})

    def test_rejects_a_tenant_without_a_workspace(self, adapter: HuaweiAdapter) -> None:
        with pytest.raises(Misuse, match="PROJECT_ID/WORKSPACE"):
            ask(adapter, "StopJob", {}, PROJECT)

    @pytest.mark.parametrize("url", ["127.0.0.1:1", "ftp://127.0.0.1", "http://"])
    def test_rejects_what_is_no_address(self, url: str) -> None:
        with pytest.raises(AdapterFailure, match="this is no address"):
            HuaweiAdapter(API, url)

    def test_rejects_a_target_that_does_not_answer(self) -> None:
        with pytest.raises(AdapterFailure, match="no answer within"):
            ask(HuaweiAdapter(API, "http://127.0.0.1:9", timeout_s=1), "StopJob", {"job_name": "x"})


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"error_code": "DLF.0100", "error_msg": "no"}', "DLF.0100"),
        (b'{"errorCode": "DLF.3051", "errorMsg": "no"}', "DLF.3051"),
        (b'{"code": "X.1", "message": "no"}', "X.1"),
        (b'{"error": {"error_code": "DLF.1", "error_msg": "no"}}', "DLF.1"),
        (b'{"errors": [{"error_code": "DLF.1", "error_msg": "no"}]}', "418"),
        (b'{"error_code": "DLF.0100"}', "418"),
        (b"teapot", "418"),
        (b"", "418"),
    ],
)
def test_an_error_has_the_code_that_the_sdk_would_find(body: bytes, code: str) -> None:
    """A pair of code and message, at the top or in an object, or else the HTTP status."""

    class Teapot(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(418)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Teapot) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        call = ask(HuaweiAdapter(API, f"http://127.0.0.1:{server.server_port}"), "StopJob", {"job_name": "x"})
        server.shutdown()
    assert (call.status, call.error) == (418, code)


class TestTargets:
    """Where an implementation listens decides in which tenants it is called."""

    @pytest.mark.parametrize("name", ["comprehend", "dataarts"])
    def test_on_loopback_every_story_and_run_has_tenants_of_its_own(self, name: str) -> None:
        api = load(name)
        first, second = (endpoint_target(api, "http://127.0.0.1:1") for _ in range(2))
        places = [tenant for target in (first, second) for number in range(5) for tenant in target.tenants(number)]
        assert len(set(places)) == len(places)
        assert first.salt is None
        assert getattr(first.adapter, "alone", False) is True

    def test_a_named_project_is_shared_by_all_stories(self) -> None:
        target = endpoint_target(API, "http://127.0.0.1:1", project_id=PROJECT, workspace="ws")
        assert target.tenants(0) == target.tenants(7) == (f"{PROJECT}/ws", f"{PROJECT}/default")
        assert target.salt is not None
        assert getattr(target.adapter, "alone", True) is False

    def test_rejects_an_address_elsewhere_without_a_project(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("HUAWEICLOUD_SDK_PROJECT_ID", raising=False)
        with pytest.raises(Misuse, match="--project-id"):
            endpoint_target(API, "https://dayu-dlf.example.org")
        monkeypatch.delenv("HUAWEICLOUD_SDK_AK", raising=False)
        with pytest.raises(Misuse, match="HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK"):
            endpoint_target(API, "https://dayu-dlf.example.org", project_id=PROJECT)

    def test_elsewhere_a_second_tenant_is_a_second_profile(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        config = tmp_path / "config"
        config.write_text(
            "[default]\nregion = eu-west-1\naws_access_key_id = A\naws_secret_access_key = a\n"
            "aws_account_id = 111122223333\n"
            "[profile other]\nregion = us-east-1\naws_access_key_id = B\naws_secret_access_key = b\n"
            "aws_account_id = 444455556666\n"
            "[profile silent]\nregion = us-east-1\naws_access_key_id = B\naws_secret_access_key = b\n"
        )
        for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_ACCOUNT_ID"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
        target = endpoint_target(load("comprehend"), "https://comprehend.example.org", other_profile="other")
        assert target.tenants(3) == ("111122223333/eu-west-1", "444455556666/us-east-1")
        with pytest.raises(Misuse, match="does not tell the account id; set region and aws_account_id"):
            aws_tenant("silent")
        with pytest.raises(AdapterFailure, match="known: default, other, silent"):
            aws_tenant("nobody")
