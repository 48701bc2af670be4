"""Faults on demand: each happens on the wire as asked for, and what it does is within the documents."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from haltspec import apis
from haltspec.errors import HaltspecError, Misuse
from haltspec.lts import Role
from haltspec.oracle import Settings as Judging
from haltspec.oracle import Verdict, judge
from haltspec.spec import Api, Nature
from haltspec.trace import Call, read_file
from haltspec.wire.faults import KINDS, Fault, Faults
from haltspec.wire.host import Host, Settings
from haltspec.wire.journal import Journal
from haltspec.wire.pace import Pace
from haltspec_properties.clients import ReferenceService
from haltspec_properties.session import Known, Session

EACH_API = pytest.mark.parametrize("name", apis.NAMES)
TENANT = "111122223333/us-east-1"
START = {
    "InputDataConfig": {"S3Uri": "s3://inbox/in"},
    "OutputDataConfig": {"S3Uri": "s3://outbox/out"},
    "DataAccessRoleArn": "arn:aws:iam::111122223333:role/analyst",
}


@pytest.fixture(scope="module")
def running() -> Iterator[ReferenceService]:
    """A service that moves nothing by itself."""
    with ReferenceService() as service:
        yield service


@pytest.fixture
def service(running: ReferenceService) -> ReferenceService:
    """The same without jobs and faults."""
    running.reset()
    return running


class Raw:
    """A connection of our own, so that what stands on the wire is seen: Comprehend's calls on dominant languages."""

    def __init__(self, service: ReferenceService) -> None:
        place = urlsplit(service.url)
        self.socket = socket.create_connection((place.hostname, place.port), timeout=10)

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, verb: str, request: Mapping[str, Any]) -> None:
        body = json.dumps(request).encode()
        head = (
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.1\r\n"
            f"X-Amz-Target: Comprehend_20171127.{verb}DominantLanguageDetectionJob\r\n"
            "Authorization: AWS4-HMAC-SHA256 Credential=111122223333/20260101/us-east-1/comprehend/aws4_request\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self.socket.sendall(head.encode() + body)

    def receive(self) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Status, decoded body, headers."""
        response = http.client.HTTPResponse(self.socket)
        response.begin()
        body = json.loads(response.read())
        return response.status, body, {name.lower(): value for name, value in response.getheaders()}

    def ask(self, verb: str, **request: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
        self.send(verb, request)
        return self.receive()

    def rest(self) -> bytes | None:
        """All that comes until the connection ends; None if it is reset."""
        found = bytearray()
        try:
            while part := self.socket.recv(65536):
                found += part
        except ConnectionResetError:
            return None
        return bytes(found)


def start(service: ReferenceService) -> str:
    with Raw(service) as raw:
        return str(raw.ask("Start", **START)[1]["JobId"])


def shown(service: ReferenceService, job_id: str) -> str:
    """The status of a job, by a call that no fault strikes."""
    [job] = service.jobs(job_id)
    return str(job["shows"][0])


class TestCut:
    """The connection ends without a byte, before the call takes effect or after."""

    @pytest.mark.parametrize(("effect", "after"), [(False, "SUBMITTED"), (True, "STOP_REQUESTED")])
    def test_no_byte_is_sent(self, service: ReferenceService, effect: bool, after: str) -> None:
        job_id = start(service)
        service.set_faults({"kind": "cut", "effect": effect})
        with Raw(service) as raw:
            raw.send("Stop", {"JobId": job_id})
            assert not raw.rest()
        assert shown(service, job_id) == after

    def test_a_connection_that_was_used_before_is_cut(self, service: ReferenceService) -> None:
        job_id = start(service)
        service.set_faults({"kind": "cut", "operation": "StopDominantLanguageDetectionJob"})
        with Raw(service) as raw:
            assert [raw.ask("Describe", JobId=job_id)[0] for _ in range(3)] == [200, 200, 200]
            raw.send("Stop", {"JobId": job_id})
            assert not raw.rest()

    def test_others_stay_connected(self, service: ReferenceService) -> None:
        job_id = start(service)
        with Raw(service) as other:
            assert other.ask("Describe", JobId=job_id)[0] == 200
            service.set_faults({"kind": "cut", "times": 1})
            with Raw(service) as raw:
                raw.send("Stop", {"JobId": job_id})
                assert not raw.rest()
            assert other.ask("Describe", JobId=job_id)[0] == 200

    @pytest.mark.parametrize("effect", [False, True])
    def test_clients_that_repeat_the_call_go_on(self, service: ReferenceService, effect: bool) -> None:
        """boto3 repeats a call whose connection is cut; its token keeps the start from making a second job."""
        service.set_faults({"kind": "cut", "effect": effect, "times": 1})
        found = service.client("comprehend").start_dominant_language_detection_job(**START)
        assert [job["id"] for job in service.jobs()] == [found["JobId"]]


class TestDelay:
    """The answer comes late; the effect at once, or late as well."""

    @pytest.mark.parametrize(("effect", "meanwhile"), [(True, "STOP_REQUESTED"), (False, "SUBMITTED")])
    def test_the_effect_comes_before_or_after(self, service: ReferenceService, effect: bool, meanwhile: str) -> None:
        job_id = start(service)
        service.set_faults({"kind": "delay", "seconds": 0.5, "effect": effect, "times": 1})
        with Raw(service) as late, Raw(service) as other:
            began = time.monotonic()
            late.send("Stop", {"JobId": job_id})
            time.sleep(0.1)
            seen = other.ask("Describe", JobId=job_id)[1]["DominantLanguageDetectionJobProperties"]["JobStatus"]
            assert time.monotonic() - began < 0.5  # nobody else waits
            status, body, _ = late.receive()
            assert time.monotonic() - began >= 0.5
        assert (status, body["JobStatus"], seen) == (200, "STOP_REQUESTED", meanwhile)

    def test_a_client_that_does_not_wait_has_had_its_effect(self, service: ReferenceService) -> None:
        job_id = start(service)
        service.set_faults({"kind": "delay", "seconds": 0.3, "effect": False})
        with Raw(service) as raw:
            raw.send("Stop", {"JobId": job_id})
        time.sleep(0.6)
        assert shown(service, job_id) == "STOP_REQUESTED"


class TestRefusals:
    """A throttled call changes nothing; an internal error may have taken effect. Both are as the API declares them."""

    def test_throttling_on_the_wire(self, service: ReferenceService) -> None:
        job_id = start(service)
        service.set_faults({"kind": "throttle"})
        with Raw(service) as raw:
            describe, stop = raw.ask("Describe", JobId=job_id), raw.ask("Stop", JobId=job_id)
        assert describe[:2] == (400, {"__type": "TooManyRequestsException", "Message": "Rate exceeded."})
        assert stop[:2] == (400, {"__type": "ThrottlingException", "Message": "Rate exceeded."})
        assert describe[2]["x-amzn-errortype"] == "TooManyRequestsException"
        assert shown(service, job_id) == "SUBMITTED"

    @pytest.mark.parametrize(("effect", "after"), [(False, "SUBMITTED"), (True, "STOP_REQUESTED")])
    def test_an_internal_error_on_the_wire(self, service: ReferenceService, effect: bool, after: str) -> None:
        job_id = start(service)
        service.set_faults({"kind": "error", "effect": effect})
        with Raw(service) as raw:
            status, body, headers = raw.ask("Stop", JobId=job_id)
        assert (status, body["__type"], headers["x-amzn-errortype"]) == (500, *["InternalServerException"] * 2)
        assert shown(service, job_id) == after

    @pytest.mark.parametrize(
        ("name", "throttled", "failed"),
        [
            (
                "comprehend",
                {(400, "TooManyRequestsException"), (400, "ThrottlingException")},
                (500, "InternalServerException"),
            ),
            ("translate", {(400, "TooManyRequestsException")}, (500, "InternalServerException")),
            ("devicefarm", {(400, "LimitExceededException")}, (500, "InternalFailure")),
            ("dataarts", {(429, "APIGW.0308")}, (500, "500")),
            ("rekognition", {(400, "ProvisionedThroughputExceededException")}, (500, "InternalServerError")),
        ],
    )
    def test_codes_and_status_of_every_operation(
        self, inside: Any, clock: Any, name: str, throttled: set[tuple[int, str]], failed: tuple[int, str]
    ) -> None:
        """As the fact sheets have them: declared ones first; no Stop of Comprehend's jobs declares throttling."""
        api = apis.load(name)
        host = Host(Settings((name,), seed=1), clock=clock)
        for kind, wanted, nature in (("throttle", throttled, Nature.THROTTLE), ("error", {failed}, Nature.FAULT)):
            host.set_faults([Fault(kind)])
            seen = set()
            for operation in api.operations:
                call = inside.loop.run_until_complete(inside.called(host, api, operation, {"job_name": "x"}, TENANT))
                assert call.error is not None
                spec = api.error(call.error)
                assert spec is not None and nature in spec.natures and spec.declared_by(operation)
                assert call.status in spec.http
                seen.add((call.status, call.error))
            assert seen == wanted

    def test_throttling_says_when_to_come_back_where_that_is_documented(self, inside: Any, clock: Any) -> None:
        api = apis.load("dataarts")
        host = Host(Settings(("dataarts",), faults=(Fault("throttle"),)), clock=clock)
        response = inside.loop.run_until_complete(host.answer(inside.written(api, "ListJobs", {}, "p/w")))
        assert dict(response.headers)["retry-after"] == "1"

    def test_another_code(self, inside: Any, clock: Any) -> None:
        """Where the operation may answer with it; elsewhere it is the usual one."""
        api, fault = apis.load("comprehend"), Fault.parse("throttle:code=TooManyRequestsException")
        host = Host(Settings(("comprehend",), faults=(fault,)), clock=clock)
        calls = [
            inside.loop.run_until_complete(
                inside.called(host, api, f"{verb}EntitiesDetectionJob", {"JobId": "1"}, TENANT)
            )
            for verb in ("Describe", "Stop")
        ]
        assert [call.error for call in calls] == ["TooManyRequestsException", "ThrottlingException"]
        host.set_faults([Fault.parse("error:code=ServiceUnavailable")])
        call = inside.loop.run_until_complete(inside.called(host, api, "ListEntitiesDetectionJobs", {}, TENANT))
        assert (call.status, call.error) == (503, "ServiceUnavailable")

    def test_the_status_follows_the_reading(self, inside: Any, clock: Any) -> None:
        api = apis.load("translate")
        chosen = {"translate/HTTP status of throttling": "429"}
        host = Host(Settings(("translate",), readings=chosen, faults=(Fault("throttle"),)), clock=clock)
        call = inside.loop.run_until_complete(inside.called(host, api, "ListTextTranslationJobs", {}, TENANT))
        assert call.status == 429


class TestStrikes:
    """Which calls a fault strikes: a share of them, some operations, so many, and always the same for a seed."""

    def struck(self, inside: Any, clock: Any, fault: str, calls: int, seed: int = 1) -> list[bool]:
        api = apis.load("comprehend")
        host = Host(Settings(("comprehend",), seed=seed, faults=(Fault.parse(fault),)), clock=clock)
        names = ("ListEntitiesDetectionJobs", "ListSentimentDetectionJobs")
        made = (inside.called(host, api, names[n % 2], {}, TENANT) for n in range(calls))
        return [inside.loop.run_until_complete(call).error is not None for call in made]

    def test_a_share(self, inside: Any, clock: Any) -> None:
        assert 250 <= sum(self.struck(inside, clock, "throttle:rate=0.3", 1000)) <= 350
        assert not any(self.struck(inside, clock, "throttle:rate=0", 100))

    def test_the_same_for_a_seed(self, inside: Any, clock: Any) -> None:
        first, same, other = (self.struck(inside, clock, "throttle:rate=0.3", 200, seed) for seed in (1, 1, 2))
        assert first == same != other

    def test_an_operation(self, inside: Any, clock: Any) -> None:
        fault = "throttle:operation=ListEntitiesDetectionJobs"
        assert self.struck(inside, clock, fault, 4) == [True, False, True, False]

    def test_so_many_times(self, inside: Any, clock: Any) -> None:
        assert self.struck(inside, clock, "throttle:times=2", 4) == [True, True, False, False]

    def test_the_first_that_strikes(self) -> None:
        faults = Faults([Fault("throttle", times=1), Fault("error")])
        kinds = [getattr(faults.strike(("throttle", "error"), "comprehend", "X"), "kind", None) for _ in range(2)]
        assert kinds == ["throttle", "error"]


class Story:
    """A job of a host that moves only when told to."""

    def __init__(self, inside: Any, clock: Any, operation: str, *faults: str, pace: Pace = Pace.MANUAL) -> None:
        name = next(name for name in apis.NAMES if operation in apis.load(name).operations)
        self.api, made = apis.load(name), tuple(map(Fault.parse, faults))
        self.host = Host(Settings((name,), pace, seed=1, faults=made), clock=clock)
        self.session = Session(self.api, inside.adapter(self.host, self.api))
        self.tenant = self.session.service.tenants(0)[0]
        for reply in self.session.prelude(self.tenant):
            assert reply
        self.host.settle(name)  # projects come into being
        number = 1 if name == "dataarts" else 0  # a real-time job is one that starts and stops by and by
        assert self.session.create(self.api.bound(operation)[0], self.tenant, number).error is None
        self.known: Known = self.session.jobs[-1]

    @property
    def state(self) -> str:
        job = self.host.reference(self.api.name).find(self.tenant, self.known.key.id)
        assert job is not None
        return job.state

    def on(self, *steps: str) -> Story:
        """Go on by orders (names of operations) and moves (names of events)."""
        for step in steps:
            if step in self.api.operations:
                assert self.session.ask(self.api.bound(step)[0], self.tenant, self.known.key.id).error is None
            else:
                job = self.host.reference(self.api.name).find(self.tenant, self.known.key.id)
                assert job is not None
                self.host.advance(self.api.name, job, step)
        return self

    def end(self) -> str:
        """The state in which all rests."""
        self.host.settle(self.api.name)
        return self.state


RUNNING: Mapping[str, tuple[str, ...]] = {
    "StartEntitiesDetectionJob": ("begin",),
    "CreateDocumentClassifier": ("begin",),
    "StartTextTranslationJob": ("begin",),
    "CreateProjectVersion": ("train", "StartProjectVersion", "run"),
    "CreateJob": ("StartJob",),
    "ScheduleRun": (),
}
STOPS: Mapping[str, tuple[str, str, str]] = {
    "StartEntitiesDetectionJob": ("StopEntitiesDetectionJob", "STOPPED", "COMPLETED"),
    "CreateDocumentClassifier": ("StopTrainingDocumentClassifier", "STOPPED", "TRAINED"),
    "StartTextTranslationJob": ("StopTextTranslationJob", "STOPPED", "COMPLETED"),
    "CreateProjectVersion": ("StopProjectVersion", "STOPPED", "FAILED"),
    "CreateJob": ("StopJob", "real-time STOPPED", "real-time STOPPED"),
    "ScheduleRun": ("StopRun", "STOPPED", "STOPPED"),
}
"""For a job made by an operation: its stop, where that leads, and where it leads if it loses its race."""


class TestMoves:
    """A stop loses its race wherever the documents know of one; an unlucky job goes some other documented way."""

    @pytest.mark.parametrize("operation", STOPS)
    def test_a_stop_that_loses_its_race(self, inside: Any, clock: Any, operation: str) -> None:
        stop, won, lost = STOPS[operation]
        for faults, end in (((), won), (("lost-race",), lost)):
            story = Story(inside, clock, operation, *faults).on(*RUNNING[operation], stop)
            assert story.end() == end

    def test_a_race_that_is_lost_once(self, inside: Any, clock: Any) -> None:
        """Only races count: moves of jobs that nobody stops do not use the fault up."""
        story = Story(inside, clock, "StartEntitiesDetectionJob", "lost-race:times=1")
        assert story.on("begin").end() == "COMPLETED"
        ends = []
        for number in (1, 2):
            story.session.create(story.known.binding, story.tenant, number)
            story.known = story.session.jobs[-1]
            ends.append(story.on("begin", "StopEntitiesDetectionJob").end())
        assert ends == ["COMPLETED", "STOPPED"]

    @pytest.mark.parametrize(
        ("operation", "ends"),
        [
            ("StartEntitiesDetectionJob", {"FAILED"}),
            ("CreateDocumentClassifier", {"IN_ERROR", "TRAINED_WITH_WARNING"}),
            ("StartTextTranslationJob", {"FAILED", "COMPLETED_WITH_ERROR"}),
            ("CreateProjectVersion", {"TRAINING_FAILED"}),
            ("ScheduleRun", {"SKIPPED", "WARNED", "FAILED", "ERRORED"}),
        ],
    )
    def test_unlucky_jobs(self, inside: Any, clock: Any, operation: str, ends: set[str]) -> None:
        usual = Story(inside, clock, operation).end()
        story = Story(inside, clock, operation, "unlucky:rate=0.6")
        seen = {story.end()}
        for number in range(1, 150):
            story.session.create(story.known.binding, story.tenant, 2 * number)
            story.known = story.session.jobs[-1]
            seen.add(story.end())
        assert seen == {*ends, usual}

    def test_an_unlucky_start_of_a_real_time_job(self, inside: Any, clock: Any) -> None:
        assert Story(inside, clock, "CreateJob", "unlucky").on("StartJob").end() == "real-time EXCEPTION"

    def test_unlucky_jobs_come_to_an_end_at_once(self, inside: Any, clock: Any) -> None:
        """At the pace `instant` no job is left half-way, whatever ways it goes."""
        for number in range(30):
            story = Story(inside, clock, "ScheduleRun", "unlucky:rate=0.7", pace=Pace.INSTANT)
            story.host.faults.pick(range(number + 1))  # another draw
            story.session.create(story.known.binding, story.tenant, number)
            reference = story.host.reference("devicefarm")
            assert all(reference.service.is_settled(reference, job) for job in reference.jobs())


class TestStale:
    """A list shows what was there some seconds ago, as far as its API documents that lists may lag."""

    def lists(self, inside: Any, host: Host, api: Api, clock: Any, age_s: float) -> list[list[str]]:
        """What lists show: of a job just made, and when it is as old as given."""
        session = Session(api, inside.adapter(host, api))
        tenant = session.service.tenants(0)[0]
        seen = []
        for wait_s in (0.0, age_s):
            if not wait_s:
                session.call("ListJobs", {}, tenant)
                clock.now += 1
                session.create(api.bound("CreateJob")[0], tenant, 0)
            clock.now += wait_s
            reply = session.call("ListJobs", {}, tenant).reply
            seen.append([job["name"] for job in reply["jobs"]])
            assert session.call("ShowJob", {"job_name": "job-0"}, tenant).error is None  # reads are never stale
        return seen

    def test_a_list_lags(self, inside: Any, clock: Any) -> None:
        api = apis.load("dataarts")
        host = Host(Settings(("dataarts",), Pace.MANUAL, faults=(Fault("stale", seconds=5),)), clock=clock)
        assert self.lists(inside, host, api, clock, 6.0) == [[], ["job-0"]]

    @pytest.mark.parametrize(
        ("fault", "trouble"),
        [
            ("stale:seconds=10.5,api=dataarts", "fault 'stale' of 10.5 s: lists of dataarts may lag by 10 s"),
            ("stale:seconds=1,api=translate", "fault 'stale' of 1 s: nothing says that lists of translate may lag"),
            ("stale:seconds=1", "fault 'stale' of 1 s: nothing says that lists of comprehend may lag"),
        ],
    )
    def test_rejects_more_than_is_documented(self, fault: str, trouble: str) -> None:
        with pytest.raises(Misuse) as caught:
            Host(Settings(faults=(Fault.parse(fault),)))
        remedy = "name an api that documents it, and less: api=dataarts and up to 10 s"
        assert str(caught.value) == f"{trouble}; {remedy}"


class TestIllegalFaults:
    """What no document allows is ruled out: a passing journal says something."""

    def journal(self, inside: Any, clock: Any, path: Path, operation: str, *faults: Fault) -> list[Call]:
        """The journal of a job that runs, is stopped under faults and looked at."""
        name = next(name for name in apis.NAMES if operation in apis.load(name).operations)
        api, journal = apis.load(name), Journal(path)
        host = Host(Settings((name,), Pace.MANUAL, seed=1), journal=journal, clock=clock)
        session = Session(api, inside.adapter(host, api))
        tenant = session.service.tenants(0)[0]
        session.create(api.bound(operation)[0], tenant, 1)
        [job] = host.reference(name).jobs()
        for step in RUNNING[operation]:
            if step in api.operations:
                session.ask(api.bound(step)[0], tenant, job.key.id)
            else:
                host.advance(name, job, step)
        host.settle(name) if name == "dataarts" else None
        host.faults.set(faults)  # past the checks that keep illegal ones out
        for known in session.jobs:
            reads = [b for b in session.bindings(known.key, Role.READ) if b.view is not None]
            session.ask(api.bound(STOPS[operation][0])[0], tenant, known.key.id)
            host.faults.set(fault for fault in faults if fault.kind == "stale")
            session.ask(reads[0], tenant, known.key.id)
            for listing in session.bindings(known.key, Role.LIST):
                session.listing(listing, tenant)
        journal.close()
        return list(read_file(path))

    @staticmethod
    def verdict(calls: list[Call], lag_s: float | None = None) -> Verdict:
        return judge(apis.load(calls[0].api), calls, Judging(window=lag_s)).verdict

    @pytest.mark.parametrize("operation", ["StartEntitiesDetectionJob", "StartTextTranslationJob"])
    def test_throttling_with_an_effect(self, inside: Any, clock: Any, tmp_path: Path, operation: str) -> None:
        """The same recording as an internal error passes."""
        calls = self.journal(inside, clock, tmp_path / "j", operation, Fault("error", effect=True))
        assert self.verdict(calls) is Verdict.PASS
        at = next(index for index, call in enumerate(calls) if call.status == 500)
        throttled = replace(calls[at], status=400, error="ThrottlingException", reply={"__type": "ThrottlingException"})
        assert self.verdict([*calls[:at], throttled, *calls[at + 1 :]]) is Verdict.FAIL

    @pytest.mark.parametrize("operation", ["StartEntitiesDetectionJob", "StartTextTranslationJob"])
    def test_a_stop_that_is_lost_though_it_was_answered(
        self, inside: Any, clock: Any, tmp_path: Path, operation: str
    ) -> None:
        calls = self.journal(inside, clock, tmp_path / "j", operation, Fault("cut", effect=False))
        assert self.verdict(calls) is Verdict.PASS
        at = next(index for index, call in enumerate(calls) if call.end is None)
        job_id = calls[at].request["JobId"]
        reply = {"JobId": job_id, "JobStatus": "STOP_REQUESTED"}
        answered = replace(calls[at], end=calls[at].start + 0.001, status=200, reply=reply)
        assert self.verdict([*calls[:at], answered, *calls[at + 1 :]]) is Verdict.FAIL

    def test_a_list_that_lags_where_nobody_says_so(self, inside: Any, clock: Any, tmp_path: Path) -> None:
        calls = self.journal(inside, clock, tmp_path / "j", "StartEntitiesDetectionJob", Fault("stale", seconds=60))
        assert self.verdict(calls) is Verdict.FAIL

    def test_a_list_that_lags_for_longer_than_somebody_says(self, inside: Any, clock: Any, tmp_path: Path) -> None:
        api = apis.load("dataarts")
        for age_s, wanted in ((5.0, Verdict.PASS), (30.0, Verdict.FAIL)):
            path = tmp_path / f"{age_s}"
            journal = Journal(path)
            host = Host(Settings(("dataarts",), Pace.MANUAL), journal=journal, clock=clock)
            host.faults.set([Fault("stale", seconds=60)])
            TestStale().lists(inside, host, api, clock, age_s)
            journal.close()
            calls = list(read_file(path))
            assert self.verdict(calls, lag_s=10.0) is wanted
            assert self.verdict(calls) is wanted
            assert self.verdict(calls, lag_s=0.0) is Verdict.FAIL  # whoever says that there is no lag is believed


class TestWriting:
    """How a fault is written, on the command line and in the control API."""

    @pytest.mark.parametrize(
        "text",
        ["throttle", "error:rate=0.5,effect=yes", "delay:seconds=2,api=translate", "unlucky:times=3", "lost-race"],
    )
    def test_as_text_and_as_members(self, text: str) -> None:
        fault = Fault.parse(text)
        assert Fault.of(fault.as_json()) == fault

    @pytest.mark.parametrize(
        ("text", "trouble"),
        [
            ("thrott", "unknown fault 'thrott'; did you mean throttle?"),
            ("", f"unknown fault ''; known: {', '.join(sorted(KINDS))}"),
            ("throttle:rate", "fault 'throttle:rate': 'rate' is no option; write KIND:OPTION=VALUE,OPTION=VALUE"),
            ("throttle:rat=1", "unknown option of a fault 'rat'; did you mean rate or operation?"),
            ("throttle:rate=2", "fault 'throttle': the rate is 2; give a share from 0 to 1"),
            ("throttle:rate=nan", "fault 'throttle': the rate is nan; give a share from 0 to 1"),
            ("throttle:rate=x", "fault option 'rate' is 'x'; give a share from 0 to 1"),
            ("throttle:times=0", "fault 'throttle': 0 times; give a whole number from 1 on"),
            ("throttle:times=1.5", "fault option 'times' is '1.5'; give a whole number"),
            ("error:effect=perhaps", "fault option 'effect' is 'perhaps'; give yes or no"),
            ("delay", "fault 'delay' lacks its length; write delay:seconds=2"),
            ("delay:seconds=61", "fault 'delay': 61 seconds; give 0 to 60"),
            ("delay:seconds=-1", "fault 'delay': -1 seconds; give 0 to 60"),
            (
                "throttle:effect=yes",
                "fault 'throttle' has no option 'effect'; options: rate, api, times, operation, code",
            ),
            ("cut:seconds=1", "fault 'cut' has no option 'seconds'; options: rate, api, times, operation, effect"),
            ("lost-race:operation=StopJob", "fault 'lost-race' has no option 'operation'; options: rate, api, times"),
        ],
    )
    def test_rejects_what_is_no_fault(self, text: str, trouble: str) -> None:
        with pytest.raises(HaltspecError) as caught:
            Fault.parse(text)
        assert str(caught.value) == trouble

    @pytest.mark.parametrize(
        ("text", "trouble"),
        [
            ("throttle:api=translate", "unknown API of a fault 'translate'; known: comprehend"),
            ("throttle:operation=StopJob", "unknown operation of a fault 'StopJob'"),
            ("throttle:code=InternalFailure", "unknown code of a fault 'throttle' 'InternalFailure'; known: "),
        ],
    )
    def test_rejects_what_is_not_served(self, text: str, trouble: str) -> None:
        with pytest.raises(HaltspecError) as caught:
            Host(Settings(("comprehend",), faults=(Fault.parse(text),)))
        assert str(caught.value).startswith(trouble)
