"""The control API: the service's side under control, from any language."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from haltspec.errors import Misuse
from haltspec_properties.clients import ReferenceService

ROLE = "arn:aws:iam::111122223333:role/analyst"
START = {
    "InputDataConfig": {"S3Uri": "s3://inbox/in"},
    "OutputDataConfig": {"S3Uri": "s3://outbox/out"},
    "DataAccessRoleArn": ROLE,
}


@pytest.fixture(scope="module")
def running() -> Iterator[ReferenceService]:
    """A service that moves nothing by itself."""
    with ReferenceService() as service:
        yield service


@pytest.fixture
def service(running: ReferenceService) -> ReferenceService:
    running.reset()
    return running


def start(service: ReferenceService, **more: Any) -> str:
    client = service.client("comprehend", **more)
    return str(client.start_dominant_language_detection_job(**START)["JobId"])


def status(service: ReferenceService, job_id: str) -> str:
    found = service.client("comprehend").describe_dominant_language_detection_job(JobId=job_id)
    return str(found["DominantLanguageDetectionJobProperties"]["JobStatus"])


def raw(
    service: ReferenceService, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, Any]:
    """The status and decoded answer of a call of the control API, made by hand."""
    connection = http.client.HTTPConnection(urlsplit(service.control_url).netloc, timeout=10)
    try:
        connection.request(method, f"/_haltspec{path}", body, {"Content-Type": "application/json", **headers})
        response = connection.getresponse()
        text = response.read()
        kind = response.headers.get("content-type", "")
        return response.status, json.loads(text) if kind.startswith("application/json") else text.decode()
    finally:
        connection.close()


class TestAdvance:
    """Jobs move when told to, by event or by time, one or all."""

    def test_nothing_moves_by_itself(self, service: ReferenceService) -> None:
        job_id = start(service)
        service.pass_time(86_400)
        assert status(service, job_id) == "SUBMITTED"

    def test_a_job_goes_the_usual_way(self, service: ReferenceService) -> None:
        job_id = start(service)
        assert [service.advance(job_id) for _ in range(3)] == ["picked up", "finished", None]
        assert status(service, job_id) == "COMPLETED"

    @pytest.mark.parametrize("event", ["failed", "fail"])
    def test_a_job_moves_by_a_row_or_its_event(self, service: ReferenceService, event: str) -> None:
        job_id = start(service)
        service.advance(job_id)
        assert service.advance(job_id, event) == "failed"
        assert status(service, job_id) == "FAILED"

    def test_all_jobs_come_to_rest(self, service: ReferenceService) -> None:
        jobs = [start(service) for _ in range(3)]
        service.client("comprehend").stop_dominant_language_detection_job(JobId=jobs[0])
        service.settle(api="comprehend")
        assert [status(service, job_id) for job_id in jobs] == ["STOPPED", "COMPLETED", "COMPLETED"]

    def test_time_moves_jobs_at_the_pace_timed(self) -> None:
        with ReferenceService("comprehend", pace="timed", delay_s=(1000, 1000)) as timed:
            job_id = start(timed)
            seen = [status(timed, job_id)]
            for _ in range(2):
                timed.pass_time(1001)
                seen.append(status(timed, job_id))
            assert seen == ["SUBMITTED", "IN_PROGRESS", "COMPLETED"]

    def test_rejects_a_move_that_is_not_possible(self, service: ReferenceService) -> None:
        job_id = start(service)
        with pytest.raises(Misuse) as caught:
            service.advance(job_id, "complete")
        assert str(caught.value) == (
            f"{job_id} has no move 'complete' in the state SUBMITTED; "
            "possible: 'picked up', 'failed while queued' (moves from outside: start with --outside)"
        )

    def test_rejects_a_job_that_is_not_there(self, service: ReferenceService) -> None:
        with pytest.raises(Misuse, match="no job has the id 'nowhere'"):
            service.advance("nowhere")

    def test_an_id_of_two_tenants_needs_the_tenant(self, service: ReferenceService) -> None:
        body = json.dumps({"name": "nightly", "processType": "REAL_TIME", "schedule": {"type": "CRON"}, "nodes": []})
        connection = http.client.HTTPConnection(urlsplit(service.url).netloc, timeout=10)
        for project in ("a" * 32, "b" * 32):
            connection.request("POST", f"/v1/{project}/jobs", body)
            assert connection.getresponse().read() == b""
            connection.request("POST", f"/v1/{project}/jobs/nightly/start")
            assert connection.getresponse().read() == b""
        connection.close()
        with pytest.raises(Misuse, match="2 jobs have the id 'nightly'"):
            service.advance("nightly")
        assert service.advance("nightly", tenant=f"{'a' * 32}/default") == "its nodes are up"
        assert [job["shows"][0] for job in service.jobs("nightly")] == ["NORMAL", "STARTING"]

    def test_moves_from_outside_need_a_flag(self, service: ReferenceService) -> None:
        create = json.dumps({"name": "n", "processType": "BATCH", "schedule": {"type": "CRON"}, "nodes": []})

        def paused(of: ReferenceService) -> str | None:
            connection = http.client.HTTPConnection(urlsplit(of.url).netloc, timeout=10)
            for path, body in ((f"/v1/{'a' * 32}/jobs", create), (f"/v1/{'a' * 32}/jobs/n/start", None)):
                connection.request("POST", path, body)
                connection.getresponse().read()
            connection.close()
            return of.advance("n", "pause")

        with pytest.raises(Misuse, match="--outside"):
            paused(service)
        with ReferenceService("dataarts", options=["--outside"]) as free:
            assert paused(free) == "paused in the console"


class TestState:
    """What is there can be looked at, changed and forgotten."""

    def test_jobs_show_state_and_moves(self, service: ReferenceService) -> None:
        job_id = start(service)
        assert service.jobs() == [
            {
                "api": "comprehend",
                "tenant": "111122223333/us-east-1",
                "lifecycle": "job",
                "kind": "dominant-language",
                "id": job_id,
                "parent": "",
                "state": "SUBMITTED",
                "shows": ["SUBMITTED"],
                "moves": ["picked up", "failed while queued"],
            }
        ]
        assert service.jobs(tenant="111122223333/eu-west-1") == []
        assert service.jobs(api="translate") == []

    def test_it_says_what_it_is(self, service: ReferenceService) -> None:
        start(service)
        about = service.control("GET", "")
        assert about["apis"] == ["comprehend", "translate", "devicefarm", "dataarts", "rekognition"]
        assert (about["pace"], about["seed"], about["jobs"]["comprehend"]) == ("manual", 0, 1)
        assert "POST /_haltspec/advance" in about["help"]

    def test_a_reset_forgets_jobs_and_tokens(self, service: ReferenceService) -> None:
        """What is drawn from the seed begins anew as well: every test finds the same service."""
        client = service.client("comprehend")
        given = {**START, "ClientRequestToken": "once"}
        first = client.start_dominant_language_detection_job(**given)["JobId"]
        service.settle()
        service.reset()
        assert service.jobs() == []
        answer = client.start_dominant_language_detection_job(**given)
        assert (answer["JobId"], answer["JobStatus"]) == (first, "SUBMITTED")

    def test_faults_are_switched_on_and_off(self, service: ReferenceService) -> None:
        once = Config(retries={"total_max_attempts": 1})
        service.set_faults({"kind": "throttle", "api": "comprehend", "times": 5})
        assert service.control("GET", "/faults")[0]["kind"] == "throttle"
        with pytest.raises(ClientError, match="TooManyRequestsException"):
            start(service, config=once)
        service.set_faults()
        assert start(service)


class TestMistakes:
    """A mistake is answered with its reason and remedy."""

    @pytest.mark.parametrize(
        ("method", "path", "body", "code", "told"),
        [
            ("POST", "/advance", b"{", 400, "the body is no JSON"),
            ("POST", "/advance", b"[]", 400, "send a JSON object"),
            ("POST", "/advance", b'{"jobid": "x"}', 404, "unknown member 'jobid'"),
            ("POST", "/advance", b'{"seconds": -1}', 400, "'seconds' is -1"),
            ("POST", "/advance", b'{"seconds": NaN}', 400, "the body is no JSON"),
            ("POST", "/advance", b'{"seconds": 1e308}', 400, "'seconds' is 1e+308"),
            ("POST", "/advance", b'{"seconds": true}', 400, "'seconds' is True"),
            ("POST", "/advance", b'{"api": "s3"}', 404, "unknown API served 's3'"),
            ("POST", "/advance", b'{"api": 3}', 400, "'api' is 3"),
            ("POST", "/advance", b'{"id": 3}', 400, "'id' is 3"),
            ("POST", "/advance", b'{"tenant": "123456789012/us-east-1"}', 400, "'tenant' without 'id'"),
            ("POST", "/advance", b'{"api": "comprehend", "event": "fail"}', 400, "'event' without 'id'"),
            ("POST", "/advance", b'{"seconds": 5, "id": "zzz"}', 400, "give it alone"),
            ("PUT", "/faults", b"{}", 400, "send a JSON list"),
            ("PUT", "/faults", b"[1]", 400, "a fault is an object"),
            ("PUT", "/faults", b"[{}]", 400, "a fault without a kind"),
            ("PUT", "/faults", b'[{"kind": "throtle"}]', 404, "did you mean throttle"),
            ("PUT", "/faults", b'[{"kind": "throttle", "rat": 1}]', 404, "did you mean rate"),
            ("PUT", "/faults", b'[{"kind": "throttle", "rate": 2}]', 400, "the rate is 2"),
            ("PUT", "/faults", b'[{"kind": "throttle", "rate": "x"}]', 400, "'rate' is 'x'"),
            ("PUT", "/faults", b'[{"kind": "throttle", "times": 0}]', 400, "0 times"),
            ("PUT", "/faults", b'[{"kind": "throttle", "operation": "StopJobs"}]', 404, "did you mean StopJob"),
            ("PUT", "/faults", b'[{"kind": "throttle", "api": "s3"}]', 404, "unknown API of a fault"),
            (
                "PUT",
                "/faults",
                b'[{"kind":"throttle","operation":"StopEntitiesDetectionJob","code":"TooManyRequestsException"}]',
                404,
                "unknown code of a fault 'throttle' 'TooManyRequestsException'",
            ),
            ("PUT", "/faults", b'[{"kind": "delay"}]', 400, "lacks its length"),
            ("PUT", "/faults", b'[{"kind": "delay", "seconds": 61}]', 400, "61 seconds"),
            ("PUT", "/faults", b'[{"kind": "error", "effect": "maybe"}]', 400, "'effect' is 'maybe'"),
            (
                "PUT",
                "/faults",
                b'[{"kind": "stale", "seconds": 3}]',
                400,
                "nothing says that lists of comprehend may lag",
            ),
            ("GET", "/jobs?api=s3", None, 404, "unknown API served"),
            ("GET", "/jobs?foo=zz", None, 400, "'foo' is no query parameter of it; known: api, tenant, id"),
        ],
    )
    def test_rejects(
        self, service: ReferenceService, method: str, path: str, body: bytes | None, code: int, told: str
    ) -> None:
        found, answer = raw(service, method, path, body)
        assert (found, told in answer["error"]) == (code, True), answer
        assert service.control("GET", "/faults") == []

    @pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", ""])
    def test_rejects_what_a_web_page_could_send(self, service: ReferenceService, media: str) -> None:
        """A form or a plain text can be sent from any page a browser shows; JSON cannot without being asked for."""
        job_id = start(service)
        code, answer = raw(service, "POST", "/reset", b"{}", **{"Content-Type": media})
        assert (code, "send JSON" in answer["error"]) == (400, True)
        assert service.jobs(job_id)

    def test_rejects_unknown_paths_and_methods(self, service: ReferenceService) -> None:
        assert raw(service, "GET", "/nothing")[0] == 404
        assert raw(service, "DELETE", "/jobs")[0] == 405


def test_the_control_api_on_a_port_of_its_own() -> None:
    """Then it is not served beside the calls."""
    with ReferenceService("comprehend", options=["--control-port", "0"]) as service:
        job_id = start(service)
        assert service.advance(job_id) == "picked up"
        assert service.control_url.startswith("http://127.0.0.1:")
        assert not service.control_url.startswith(service.url)
        connection = http.client.HTTPConnection(urlsplit(service.url).netloc, timeout=10)
        connection.request("GET", "/_haltspec/jobs")
        assert connection.getresponse().status == 404
        connection.close()
