"""Sixty-four clients at once on a few jobs: what they saw can be put into an order, unless a stop was lost on its way."""

from __future__ import annotations

import http.client
import itertools
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import pytest

from haltspec.apis import NAMES, load
from haltspec.observe import succeeded
from haltspec.oracle import Report, Verdict, judge
from haltspec.report import render
from haltspec.spec import Api, Binding, JobKey
from haltspec.trace import Call, read_file, to_line
from haltspec_properties import asks
from haltspec_properties.adapters import Adapter, AwsAdapter, HuaweiAdapter
from haltspec_properties.clients import ReferenceService
from haltspec_properties.session import Known, Session

CLIENTS = 64
CALLS = 8
"""How many calls each client makes."""

JOBS = 4
"""So many of the youngest jobs are called on."""

LATE = ("delay:rate=0.5,seconds=0.05,effect=yes", "delay:seconds=0.05,effect=no")
"""Every answer is late, so that calls overlap on any machine; whether the effect comes before or after is open."""

EACH_API = pytest.mark.parametrize("name", NAMES)
QUICK = ("comprehend",)
"""Tried by default; through a proxy it takes seconds."""

_BEGAN = time.time() - time.monotonic()


def clock() -> float:
    """The time in epoch seconds, by a clock that nobody sets back."""
    return _BEGAN + time.monotonic()


def adapter_for(api: Api, url: str) -> Adapter:
    """What calls a service over sockets and records each call with its times, as its client sees them."""
    make: Any = HuaweiAdapter if api.name == "dataarts" else AwsAdapter
    made: Adapter = make(api, url, clock=clock, timeout_s=60.0, alone=True)
    return made


class _Made:
    """An adapter that hands over a call that was made by other means."""

    def __init__(self, made: Call) -> None:
        self.made = made

    def call(self, operation: str, request: Mapping[str, Any], *, tenant: str, client: str) -> Call:
        return self.made


Choose = Callable[[Session, Random], tuple[str, Mapping[str, Any], str]]
"""Chooses what a client calls next: operation, request, tenant."""


def crowd(session: Session, choose: Choose, seed: int) -> None:
    """Let many clients call at once, each on connections of its own; the session learns from all of them."""
    begin, lock, adapter = threading.Barrier(CLIENTS), threading.Lock(), session.adapter

    def client(number: int) -> None:
        rng = Random(f"{seed}/{number}")
        begin.wait()
        for _ in range(CALLS):
            operation, request, tenant = choose(session, rng)
            made = adapter.call(operation, request, tenant=tenant, client=f"client-{number}")
            with lock:
                session.adapter = _Made(made)
                session.call(operation, request, tenant)

    with ThreadPoolExecutor(CLIENTS) as pool:
        for future in [pool.submit(client, number) for number in range(CLIENTS)]:
            future.result()
    session.adapter = adapter


def widest(calls: list[Call]) -> int:
    """How many calls were open at once, at most."""
    moments = sorted([(call.start, 1) for call in calls] + [(call.end or call.start, -1) for call in calls])
    return max(itertools.accumulate(change for _, change in moments))


def recorded(session: Session, path: Path) -> list[Call]:
    """The calls as a recording has them, written and read again."""
    path.write_text("".join(f"{to_line(call)}\n" for call in session.calls), encoding="ascii")
    return list(read_file(path))


def judged(api: Api, calls: list[Call]) -> Report:
    began = time.monotonic()
    report = judge(api, calls)
    print(
        f"\n{api.name}: {len(calls)} calls of {CLIENTS} clients, up to {widest(calls)} at once; "
        f"{report.verdict.value} in {time.monotonic() - began:.2f} s"
    )
    return report


class _Whims:
    """Chooses whatever can be called: what makes a job, once more or anew, lists, and calls on the youngest jobs."""

    def __init__(self, session: Session) -> None:
        tenant = session.service.tenants(0)[0]
        self.makers = [
            ask
            for number in (1, 2, 3, 10, 11, 12)
            for ask in asks.creations(session, tenant, number, token="token-of-all" if number < 3 else None)
        ]
        self.on: dict[JobKey, tuple[list[asks.Ask], list[tuple[Binding, dict[str, Any]]]]] = {}

    def __call__(self, session: Session, rng: Random) -> tuple[str, Mapping[str, Any], str]:
        jobs = session.jobs[-JOBS:]
        if len(jobs) < JOBS or rng.random() < 0.03:
            ask = rng.choice(self.makers)
            return ask.operation, ask.request, ask.tenant
        known = rng.choice(jobs)
        if known.key not in self.on:
            calls = [*asks.calls_on(session, known, *asks.BY_ID), *asks.again(known)]
            self.on[known.key] = calls, asks.lists(session, known)
        calls, lists = self.on[known.key]
        if lists and rng.random() < 0.2:
            binding, members = rng.choice(lists)
            parent, made = asks.parent_for(binding, known), session.prelude(known.key.tenant)
            request = session.service.listing(binding, known.key.tenant, parent, made)
            return binding.operation, {**request, **members}, known.key.tenant
        ask = rng.choice(calls)
        return ask.operation, ask.request, ask.tenant


class TestOrder:
    """What many clients see of jobs that move meanwhile is possible in some order."""

    @EACH_API
    def test_it_is_found(self, tmp_path: Path, name: str) -> None:
        """Jobs are made, stopped, deleted, listed and made again, all at once."""
        api = load(name)
        with ReferenceService(name, pace="timed", delay_s=(0.2, 1.0), seed=1, faults=LATE) as service:
            session = Session(api, adapter_for(api, service.url))
            session.prelude(session.service.tenants(0)[0])
            crowd(session, _Whims(session), 1)
            assert service.process.log() == ""
        calls = recorded(session, tmp_path / "calls.ndjson")
        assert len(calls) >= CLIENTS * CALLS and widest(calls) >= CLIENTS // 2
        report = judged(api, calls)
        assert report.verdict is Verdict.PASS, "\n".join(render(report, "calls", show_calls=True))


# ---- a stop that is lost on its way ---------------------------------------------------------------------------------


def forwarded(upstream: str, victims: Mapping[bytes, bytes]) -> type[BaseHTTPRequestHandler]:
    """A handler that hands requests on; a stop of one job becomes that of another, and nobody is told."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            path = self.path
            is_stop = ".Stop" in self.headers.get("x-amz-target", "") or path.endswith("/stop")
            for victim, other in victims.items() if is_stop else ():
                body, path = body.replace(victim, other), path.replace(victim.decode(), other.decode())
            connection = http.client.HTTPConnection(urlsplit(upstream).netloc, timeout=60)
            headers = {name: value for name, value in self.headers.items() if name.lower() != "content-length"}
            connection.request(self.command, path, body, headers)
            response = connection.getresponse()
            answer = response.read()
            for victim, other in victims.items() if is_stop else ():
                answer = answer.replace(other, victim)
            self.send_response(response.status)
            for header, value in response.headers.items():
                if header.lower() not in ("content-length", "date", "server", "connection"):
                    self.send_header(header, value)
            if response.status != 204:
                self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)
            connection.close()

        do_GET = do_POST = do_DELETE = _forward

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler


class _Proxy(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 2 * CLIENTS


@contextmanager
def proxy(upstream: str, victims: Mapping[bytes, bytes]) -> Iterator[str]:
    """The address of a proxy in front of a service."""
    server = _Proxy(("127.0.0.1", 0), forwarded(upstream, victims))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


RUNNING = {"IN_PROGRESS", "RUNNING", "NORMAL", "SCHEDULING"}
ORDERS = {"dataarts": ("StartJob",), "rekognition": ("StartProjectVersion",)}
"""What brings a job to run besides the service's own moves."""


def running(session: Session, service: ReferenceService, number: int) -> str:
    """The id of a new job that is running and can be stopped."""
    tenant = session.service.tenants(0)[0]
    binding = next(b for b in asks.creators(session.api) if b.lifecycle in ("job", "run", "version"))
    call = session.create(binding, tenant, number)
    assert succeeded(call), call
    key = session.jobs[-1].key
    for _ in range(6):
        [job] = service.jobs(key.id)
        if set(job["shows"]) & RUNNING:
            return key.id
        if not job["moves"] or job["state"] in ("TRAINING_COMPLETED", "batch STOPPED"):
            for operation in ORDERS.get(session.api.name, ()):
                order = next(b for b in session.api.bound(operation))
                session.ask(order, tenant, key.id, **({"MinInferenceUnits": 1} if "Version" in operation else {}))
        else:
            service.advance(key.id)
    pytest.fail(f"{key.id} does not run: {service.jobs(key.id)}")


class TestLostStop:
    """A stop that was acknowledged and never reached the job is found among the calls of all."""

    @pytest.mark.parametrize(
        "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in NAMES]
    )
    @pytest.mark.parametrize(
        "is_lost", [pytest.param(False, id="kept", marks=pytest.mark.slow), pytest.param(True, id="lost")]
    )
    def test_it_is_ruled_out(self, tmp_path: Path, name: str, is_lost: bool) -> None:
        """Through a proxy that hands on what it is told all is possible."""
        api = load(name)
        with ReferenceService(name, pace="manual", seed=1, faults=LATE) as service:
            session = Session(api, adapter_for(api, service.url))
            session.prelude(session.service.tenants(0)[0])
            numbers = ((60, 120), (180, 240))  # all of one kind
            pairs = [[running(session, service, number) for number in pair] for pair in numbers]
            victims = dict(pairs)
            wires = {victim.encode(): other.encode() for victim, other in victims.items()} if is_lost else {}
            known = [job for job in session.jobs if job.key.id in victims]

            calls = [call for job in known for call in _told(session, job)]

            def choose(session: Session, rng: Random) -> tuple[str, Mapping[str, Any], str]:
                return rng.choice(calls)

            with proxy(service.url, wires) as url:
                session.adapter = adapter_for(api, url)
                crowd(session, choose, 2)
                for call in calls:
                    if "Stop" not in call[0]:
                        session.call(*call)
            assert service.process.log() == ""
        record = recorded(session, tmp_path / "calls.ndjson")
        assert widest(record) >= CLIENTS // 2
        report = judged(api, record)
        told = "\n".join(render(report, "calls", show_calls=True))
        assert report.verdict is (Verdict.FAIL if is_lost else Verdict.PASS), told


def _told(session: Session, known: Known) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """The calls that stop a job or tell of it, without those after which it would not be seen that a stop was lost."""
    tenant = known.key.tenant
    for ask in asks.calls_on(session, known, *asks.BY_ID):
        if not ask.operation.startswith(("Start", "Delete", "RunOnce", "Copy")):
            yield ask.operation, ask.request, tenant
    for binding, _ in asks.lists(session, known):
        parent, made = asks.parent_for(binding, known), session.prelude(tenant)
        yield binding.operation, session.service.listing(binding, tenant, parent, made), tenant
