"""DataArts Factory to the byte: what its clients find on the wire."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

import pytest

from haltspec.wire.host import Host, Settings
from haltspec.wire.http import Request

if TYPE_CHECKING:
    from tests.wire.conftest import Got, Wire

PROJECT = "b384b9e9ab9b4ee8994c8633aabc9505"
JOBS = f"/v1/{PROJECT}/jobs"
NODE = {"name": "first", "type": "Shell", "location": {"x": "-45.5", "y": "1"}, "properties": []}
JOB: dict[str, Any] = {"name": "myJob", "processType": "BATCH", "schedule": {"type": "CRON"}, "nodes": [NODE]}
JSON_TYPE = "application/json;charset=utf-8"
UNKNOWN = b'{"error_code":"DLF.0100","error_msg":"The job does not exists."}'
INVALID = "The request parameter is invalid."
NO_ROUTE = {"error_code": "APIGW.0101", "error_msg": "The API does not exist or has not been published."}


def create(wire: Wire, **members: Any) -> Got:
    """The response to the creation of a job."""
    return wire.send("POST", JOBS, json.dumps({**JOB, **members}).encode(), {"Content-Type": JSON_TYPE})


def check_silent(got: Got) -> None:
    """A success that says nothing: 204, no body, and nothing said of one."""
    assert (got.status, got.body) == (204, b"")
    assert {"content-type", "content-length", "transfer-encoding"}.isdisjoint(got.headers)
    assert str(uuid.UUID(got.headers["x-request-id"])) == got.headers["x-request-id"]


def check_refusal(got: Got, code: str, status: int = 400) -> str:
    """The message of a refusal, which is two texts and no more."""
    assert (got.status, got.headers["content-type"]) == (status, JSON_TYPE)
    assert "x-request-id" in got.headers
    assert set(got.json) == {"error_code", "error_msg"}
    assert got.json["error_code"] == code
    return str(got.json["error_msg"])


class TestTheExamplesOfTheFactSheet:
    """What the vendor's SDK sends, as it was captured; what the page of the stop shows."""

    SDK: ClassVar[dict[str, str]] = {
        "User-Agent": "huaweicloud-usdk-python/3.0; os/Linux python/3.11.7; app/0",
        "Accept-Encoding": "gzip, deflate",
        "Accept": "*/*",
        "X-Project-Id": PROJECT,
        "X-Sdk-Date": "20261122T005356Z",
        "Authorization": "SDK-HMAC-SHA256 Access=AKTEST, SignedHeaders=content-type;host, Signature=0",
    }

    def test_a_stop(self, wire: Wire) -> None:
        create(wire)
        wire.send("POST", f"{JOBS}/myJob/start")
        headers = {**self.SDK, "Content-Type": "application/json", "Content-Length": "0"}
        check_silent(wire.send("POST", f"{JOBS}/myJob/stop", b"", headers))
        assert wire.send("GET", JOBS).json["jobs"][0]["status"] == "STOPPED"

    def test_a_start_in_a_workspace_with_a_parameter(self, wire: Wire) -> None:
        headers = {**self.SDK, "workspace": "ws1", "Content-Type": JSON_TYPE}
        wire.send("POST", JOBS, json.dumps(JOB).encode(), headers)
        body = b'{"jobParams": [{"name": "aaa", "value": "111", "type": "variable"}]}'
        check_silent(wire.send("POST", f"{JOBS}/myJob/start", body, headers))
        assert wire.send("GET", JOBS, None, headers).json["jobs"][0]["status"] == "SCHEDULING"

    def test_a_job_that_is_not_there(self, wire: Wire) -> None:
        got = wire.send("POST", f"{JOBS}/myJob/stop")
        assert (got.status, got.body) == (400, UNKNOWN)
        assert got.headers["content-type"] == JSON_TYPE
        assert got.headers["content-length"] == str(len(UNKNOWN))


class TestSuccesses:
    """204 without a body for what creates, starts, stops and deletes; 200 with JSON for what reads and runs."""

    def test_a_life(self, wire: Wire) -> None:
        check_silent(create(wire))
        for order in ("start", "stop", "start", "stop", "stop"):
            check_silent(wire.send("POST", f"{JOBS}/myJob/{order}"))
        check_silent(wire.send("DELETE", f"{JOBS}/myJob"))
        assert wire.send("DELETE", f"{JOBS}/myJob").body == UNKNOWN

    def test_reads(self, wire: Wire) -> None:
        create(wire, directory="/dir/a/", basicConfig={"owner": "me", "priority": 2})
        for path in ("", "/myJob", "/myJob/status"):
            got = wire.send("GET", f"{JOBS}{path}", None, {"Content-Type": "application/json"})
            assert (got.status, got.headers["content-type"]) == (200, JSON_TYPE)
            assert b"null" not in got.body
        listed = wire.send("GET", JOBS).json
        assert listed["total"] == 1
        (item,) = listed["jobs"]
        assert {"name": "myJob", "jobType": "BATCH", "status": "STOPPED", "owner": "me"}.items() <= item.items()
        assert {"priority": 2, "path": "/dir/a/", "singleNodeJobFlag": False}.items() <= item.items()
        assert isinstance(item["createTime"], int)
        assert len(str(item["createTime"])) == 13  # milliseconds
        assert "startTime" not in item

    def test_details_echo_the_definition_and_have_no_status(self, wire: Wire) -> None:
        create(wire)
        details = wire.send("GET", f"{JOBS}/myJob").json
        assert JOB.items() <= details.items()
        assert isinstance(details["id"], int)
        assert "status" not in details

    def test_a_status_of_its_own(self, wire: Wire) -> None:
        """It has the nodes; those of a real-time job tell their own."""
        create(wire)
        shown = wire.send("GET", f"{JOBS}/myJob/status").json
        assert (shown["name"], shown["status"], shown["nodes"]) == (
            "myJob",
            "STOPPED",
            [{"name": "first", "type": "Shell"}],
        )
        create(wire, name="live", processType="REAL_TIME")
        wire.send("POST", f"{JOBS}/live/start")
        shown = wire.send("GET", f"{JOBS}/live/status").json
        assert (shown["status"], shown["nodes"][0]["status"]) == ("STARTING", "STARTING")
        assert isinstance(shown["startTime"], int)

    def test_a_run_at_once(self, wire: Wire) -> None:
        """Each has a number of its own, and the job stays as it is."""
        create(wire)
        runs = [wire.send("POST", f"{JOBS}/myJob/run-immediate", body) for body in (None, b"", b"{}")]
        assert [run.status for run in runs] == [200] * 3
        numbers = [run.json["instanceId"] for run in runs]
        assert all(isinstance(number, int) for number in numbers)
        assert len(set(numbers)) == 3
        assert wire.send("GET", f"{JOBS}/myJob/status").json["status"] == "STOPPED"


class TestLists:
    """By type, batch unless asked otherwise; a part of a name; pages of ten, a thousand at most, or a hundred."""

    def listed(self, wire: Wire, query: str = "") -> list[str]:
        got = wire.send("GET", f"{JOBS}{query}")
        assert got.status == 200, got.body
        return [item["name"] for item in got.json["jobs"]]

    def test_types(self, wire: Wire) -> None:
        create(wire)
        create(wire, name="live", processType="REAL_TIME")
        assert self.listed(wire) == self.listed(wire, "?jobType=BATCH") == ["myJob"]
        assert self.listed(wire, "?jobType=REAL_TIME") == ["live"]

    def test_pages(self, wire: Wire) -> None:
        names = [f"job-{number:02d}" for number in range(12)]
        for name in names:
            create(wire, name=name)
        assert len(self.listed(wire)) == 10
        assert sorted(self.listed(wire) + self.listed(wire, "?offset=1")) == names
        paged = [self.listed(wire, f"?limit=5&offset={page}") for page in range(4)]
        assert [len(page) for page in paged] == [5, 5, 2, 0]
        assert sorted(name for page in paged for name in page) == names
        assert wire.send("GET", f"{JOBS}?limit=1").json["total"] == 12
        assert len(self.listed(wire, "?limit=100")) == 12

    @pytest.mark.parametrize(("query", "count"), [
        ("?jobName=my", 1), ("?jobName=b%2Ec", 1), ("?jobName=my%20Job", 0), ("?jobName=my+Job", 0), ("?jobName=", 2),
        ("?jobName=MY", 0), ("?limit=1&limit=100", 2), ("?bogus=1&jobType=BATCH", 2), ("?", 2), ("?tags=a", 0), ("?tags=", 2),
    ])  # fmt: skip
    def test_queries(self, wire: Wire, query: str, count: int) -> None:
        create(wire)
        create(wire, name="a-b.c_d")
        assert len(self.listed(wire, query)) == count

    @pytest.mark.parametrize("query", [
        "limit=0", "limit=1001", "limit=-1", "limit=x", "limit=", "limit=1e1", "limit=1_0", "limit=%D9%A1", "offset=-1", "offset=1.5",
        f"offset={'9' * 30}", "jobType=STREAM", "jobType=batch", "jobName=%FF",
    ])  # fmt: skip
    def test_rejects(self, wire: Wire, query: str) -> None:
        assert check_refusal(wire.send("GET", f"{JOBS}?{query}"), "DLF.3051").startswith(INVALID)

    @pytest.mark.parametrize(("limit", "status"), [("100", 200), ("101", 400)])
    def test_a_hundred_may_be_the_most(self, limit: str, status: int) -> None:
        host = Host(Settings(("dataarts",), seed=0, readings={"largest page": "100"}))
        response = asyncio.run(host.answer(Request("GET", JOBS, f"limit={limit}", {}, b"")))
        assert response is not None
        assert response.status == status


class TestNames:
    """A name in a path is percent-decoded as a whole, and may be what elsewhere in a path means something."""

    @pytest.mark.parametrize(
        "name", ["import", "instances", "status", "stop", "batch-export", "a.b-c_d", "..", "x" * 128]
    )
    def test_a_name_is_a_name(self, wire: Wire, name: str) -> None:
        check_silent(create(wire, name=name))
        path = f"{JOBS}/{quote(name, safe='')}"
        check_silent(wire.send("POST", f"{path}/start"))
        assert wire.send("GET", f"{path}/status").json["status"] == "SCHEDULING"
        encoded = "".join(f"%{ord(letter):02x}" for letter in name)
        check_silent(wire.send("POST", f"{JOBS}/{encoded}/stop"))
        check_silent(wire.send("DELETE", path))

    @pytest.mark.parametrize("name", ["a%2Fb%20c.d", "%7Bjob_name%7D", "my%20Job", "MYJOB", "x" * 200, "%E6%95%B0"])
    def test_a_name_that_nobody_has(self, wire: Wire, name: str) -> None:
        create(wire)
        for method, path in (("POST", "/stop"), ("POST", "/start"), ("GET", ""), ("GET", "/status"), ("DELETE", "")):
            got = wire.send(method, f"{JOBS}/{name}{path}")
            assert (got.status, got.body) == (400, UNKNOWN)

    @pytest.mark.parametrize(("name", "code"), [
        ("a b", "DLF.3018"), ("x" * 129, "DLF.3018"), ("a/b", "DLF.3018"), ("数", "DLF.3018"), ("", "DLF.3004"), (None, "DLF.3004"),
    ])  # fmt: skip
    def test_rejects_a_new_name(self, wire: Wire, name: str | None, code: str) -> None:
        check_refusal(create(wire, name=name), code)


class TestWorkspaces:
    """The header selects the workspace; absent or empty means the one called default."""

    def test_absent_empty_and_default_are_one(self, wire: Wire) -> None:
        create(wire)
        for headers in ({}, {"workspace": ""}, {"workspace": "default"}, {"Workspace": "default"}):
            assert wire.send("GET", f"{JOBS}/myJob", None, headers).status == 200

    def test_another_workspace_or_project_does_not_see_it(self, wire: Wire) -> None:
        create(wire)
        assert wire.send("POST", f"{JOBS}/myJob/stop", None, {"workspace": "ab" * 16}).body == UNKNOWN
        assert wire.send("POST", f"/v1/{'c' * 32}/jobs/myJob/stop").body == UNKNOWN
        assert wire.send("GET", JOBS, None, {"workspace": "ab" * 16}).json == {"total": 0, "jobs": []}

    def test_no_workspace_can_be_taken_for_part_of_a_project(self, wire: Wire) -> None:
        """Whatever slashes their names have."""
        wire.send("POST", "/v1/a%2Fb/jobs", json.dumps(JOB).encode(), {"workspace": "c"})
        assert wire.send("GET", "/v1/a/jobs", None, {"workspace": "b/c"}).json["total"] == 0
        assert wire.send("GET", "/v1/a%2Fb/jobs", None, {"workspace": "c"}).json["total"] == 1

    def test_an_empty_header_may_be_an_unknown_workspace(self) -> None:
        host = Host(Settings(("dataarts",), seed=0, readings={"empty workspace header": "an unknown workspace"}))
        response = asyncio.run(host.answer(Request("GET", JOBS, "", {"workspace": ""}, b"")))
        assert response is not None
        assert json.loads(response.body) == {"error_code": "DLF.0819", "error_msg": "Workspace does not exists."}


class TestRefusals:
    """400 with the code that a document gives, whatever is wrong; its text where there is one."""

    def test_a_name_taken(self, wire: Wire) -> None:
        create(wire)
        assert check_refusal(create(wire), "DLF.0102") == "The job name already exists."

    def test_a_start_of_what_is_started(self, wire: Wire) -> None:
        create(wire)
        wire.send("POST", f"{JOBS}/myJob/start")
        assert "is running" in check_refusal(wire.send("POST", f"{JOBS}/myJob/start"), "DLF.3051")

    def test_a_deletion_of_what_is_started(self, wire: Wire) -> None:
        create(wire)
        wire.send("POST", f"{JOBS}/myJob/start")
        check_refusal(wire.send("DELETE", f"{JOBS}/myJob"), "DLF.3051")

    def test_a_run_at_once_of_a_real_time_job(self, wire: Wire) -> None:
        create(wire, processType="REAL_TIME")
        check_refusal(wire.send("POST", f"{JOBS}/myJob/run-immediate"), "DLF.0136")

    @pytest.mark.parametrize(
        "body", [b"{", b"5", b"[]", b"\xff", b'{"name":NaN}', b'{"name":"a","name":"b"}', b'{"name":"\\ud800"}']
    )
    def test_a_body_that_is_no_object(self, wire: Wire, body: bytes) -> None:
        assert check_refusal(wire.send("POST", JOBS, body), "DLF.3051").startswith(INVALID)

    @pytest.mark.parametrize("members", [
        {"processType": "STREAM"}, {"processType": None}, {"schedule": None}, {"schedule": {"type": "NEVER"}}, {"nodes": {}},
        {"nodes": [{**NODE, "type": None}]}, {"basicConfig": {"priority": 3}}, {"params": [{"name": "x" * 65, "value": "a"}]},
    ])  # fmt: skip
    def test_a_breach_of_the_definition(self, wire: Wire, members: dict[str, Any]) -> None:
        assert check_refusal(create(wire, **members), "DLF.3051").startswith(INVALID)
        assert wire.send("GET", f"{JOBS}/myJob").body == UNKNOWN

    @pytest.mark.parametrize("body", [
        b"{}", b"", b'{"start_date":20241030,"ignore_first_self_dep":true}', b'{"ignore_first_self_dependence":"anything"}',
        b'{"jobParams":[{"name":"a","value":"b","paramType":"constants"}]}',
    ])  # fmt: skip
    def test_a_start_takes(self, wire: Wire, body: bytes) -> None:
        """What nobody knows is ignored."""
        create(wire)
        check_silent(wire.send("POST", f"{JOBS}/myJob/start", body))

    @pytest.mark.parametrize("body", [b"rubbish", b"{", b"[]", b'{"force":true}', b"\xff"])
    def test_the_body_of_a_stop_is_ignored(self, wire: Wire, body: bytes) -> None:
        create(wire)
        check_silent(wire.send("POST", f"{JOBS}/myJob/stop", body))
        assert wire.send("GET", f"{JOBS}/myJob", body).status == 200


class TestRoutes:
    """What nobody serves the gateway in front refuses."""

    @pytest.mark.parametrize(("method", "path"), [
        ("GET", f"/v1/{PROJECT}"), ("GET", f"{JOBS}/"), ("GET", "/v1//jobs"), ("POST", f"{JOBS}//stop"), ("POST", f"{JOBS}/myJob/stop/"),
        ("POST", f"{JOBS}/myJob/pause"), ("PUT", f"{JOBS}/myJob"), ("PATCH", JOBS), ("GET", f"{JOBS}/instances/detail"),
        ("POST", f"{JOBS}/import"), ("GET", f"{JOBS}/myJob/stop"), ("POST", f"{JOBS}%2FmyJob/stop"), ("GET", f"/V1/{PROJECT}/jobs"),
    ])  # fmt: skip
    def test_no_route(self, wire: Wire, method: str, path: str) -> None:
        got = wire.send(method, path)
        if path.startswith("/v1/"):
            assert check_refusal(got, "APIGW.0101", 404) == NO_ROUTE["error_msg"]
        else:
            assert got.status == 404

    def test_the_refusal_as_bytes(self, wire: Wire) -> None:
        assert wire.send("GET", f"{JOBS}/").json == NO_ROUTE
