"""The reference service on the wire beside moto's server, in one run: calls per second, memory, starting, restarting."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from haltspec import apis
from haltspec.reference import Reference, Schedule
from haltspec.trace import Call
from haltspec.wire.host import Host, Settings
from haltspec.wire.journal import Journal
from haltspec.wire.pace import Pace
from haltspec_properties.clients import ACCOUNT, REGION, SECRET, ReferenceService
from haltspec_properties.targets import MotoTarget

pytestmark = pytest.mark.benchmark

SECONDS = 2
ROUNDS = 4
JOBS = 100_000
CALLS = 1_000_000
TENANT = f"{ACCOUNT}/{REGION}"
START: dict[str, Any] = {
    "InputDataConfig": {"S3Uri": "s3://inbox/documents"},
    "OutputDataConfig": {"S3Uri": "s3://outbox/results"},
    "DataAccessRoleArn": f"arn:aws:iam::{ACCOUNT}:role/analyst",
    "LanguageCode": "en",
}
needs_wrk = pytest.mark.skipif(shutil.which("wrk") is None, reason="needs wrk: apt-get install wrk")


class Load(NamedTuple):
    """What a load brought: answers per second, the 99th percentile of their times in ms, answers that were errors."""

    rate: float
    p99_ms: float
    errors: int


def load(url: str, operation: str, request: dict[str, Any], connections: int, script: Path) -> Load:
    """Make one call again and again over some connections, by `wrk` with one thread."""
    scope = f"{ACCOUNT}/20260101/{REGION}/comprehend/aws4_request"
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"Comprehend_20171127.{operation}",
        "X-Amz-Date": "20260101T000000Z",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}",
    }
    lines = [f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}" for name, value in headers.items()]
    script.write_text("\n".join(['wrk.method = "POST"', f"wrk.body = '{json.dumps(request)}'", *lines]) + "\n")
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", "-s", str(script), url]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", told)
    rate, errors = re.search(r"Requests/sec:\s+([\d.]+)", told), re.search(r"Non-2xx or 3xx responses: (\d+)", told)
    assert p99 is not None
    assert rate is not None
    assert "Socket errors" not in told, told
    unit_ms = {"us": 0.001, "ms": 1.0, "s": 1000.0}[p99[2]]
    return Load(float(rate[1]), float(p99[1]) * unit_ms, int(errors[1]) if errors is not None else 0)


def job_at(url: str) -> str:
    """The id of a job just started by boto3."""
    import boto3

    keys = {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": SECRET}
    client = boto3.client("comprehend", endpoint_url=url, region_name=REGION, **keys)
    return str(client.start_entities_detection_job(**START)["JobId"])


@pytest.fixture
def one_core() -> Iterator[None]:
    """Client and services share one core, as far as the system lets them be told to.

    Over one connection they take turns anyway, and what it takes to wake a process on another core is the machine's: one
    build gave 4,600 to 9,600 answers a second on two cores from one hour to the next, 8,300 to 9,600 on one.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})  # processes that are started have it from here
    yield
    os.sched_setaffinity(0, cores)


@needs_wrk
@pytest.mark.usefixtures("one_core")
def test_calls_per_second(tmp_path: Path) -> None:
    """At least ten times as many as moto, with a journal and without; the best of some rounds each."""
    journal = ReferenceService("comprehend", seed=1, options=("--journal", str(tmp_path / "journal")))
    with MotoTarget() as moto, ReferenceService("comprehend", seed=1) as plain, journal:
        urls = {"moto": moto.endpoint_url, "serve": plain.url, "serve --journal": journal.url}
        jobs = {name: {"JobId": job_at(url)} for name, url in urls.items()}
        print()
        for verb, connections in itertools.product(("Describe", "Stop"), (1, 16)):
            best: dict[str, Load] = {}
            for _ in range(ROUNDS):  # one after the other, so that a slow moment of the machine meets all
                for name, url in urls.items():
                    one = load(url, f"{verb}EntitiesDetectionJob", jobs[name], connections, tmp_path / "load.lua")
                    assert one.errors == 0
                    best[name] = max(one, best.get(name, one))
            told = "; ".join(f"{name} {one.rate:,.0f}/s, p99 {one.p99_ms:.2f} ms" for name, one in best.items())
            print(f"{verb}, {connections:2} connections: {told}")
            assert best["serve"].rate >= 10 * best["moto"].rate
            assert best["serve --journal"].rate >= 10 * best["moto"].rate


def resident(pid: int) -> int:
    """The memory of a process in bytes."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


@pytest.mark.parametrize("options", [(), ("--journal",)])
def test_memory_of_many_jobs(tmp_path: Path, options: tuple[str, ...]) -> None:
    """At most four kilobytes a job."""
    import http.client

    given = (*options, str(tmp_path / "journal")) if options else ()
    with ReferenceService("comprehend", seed=1, options=given) as service:
        place = urlsplit(service.url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port)
        headers = {"X-Amz-Target": "Comprehend_20171127.StartEntitiesDetectionJob"}

        def start(number: int) -> None:
            body = {**START, "JobName": f"job-{number}", "ClientRequestToken": f"token-{number}"}
            connection.request("POST", "/", json.dumps(body), headers)
            assert connection.getresponse().read()

        start(0)
        before = resident(service.process.pid)
        for number in range(1, JOBS):
            start(number)
        grown = resident(service.process.pid) - before
        connection.close()
    print(
        f"\n{JOBS:,} jobs {' '.join(options)}: {grown / 2**20:.0f} MiB, {grown / JOBS:,.0f} bytes a job, with request and token"
    )
    assert grown / JOBS <= 4096


def written_journal(path: Path, calls: int) -> int:
    """A journal of so many calls as clients make them, a tenth of them starts; returns how many jobs there are."""
    ticks = itertools.count(1_700_000_000_000)
    now = 0.0
    reference = Reference(
        apis.load("comprehend"), clock=lambda: now, seed=1, schedule=Schedule(default=(1.0, 5.0)), keeps_changes=True
    )
    journal, rng, ids = Journal(path), Random(1), list[str]()
    for number in range(calls):
        now, kind = next(ticks) / 1000, rng.random()
        while reference.move_on():
            journal.event("moves", now, alone=True, api="comprehend", changes=reference.take_changes())
        recent = ids[-1 - int(rng.random() ** 3 * min(len(ids), 1000))] if ids else ""
        request: dict[str, Any] = {"JobId": recent}
        if kind < 0.1 or not ids:
            operation = "StartEntitiesDetectionJob"
            request = {**START, "JobName": f"job-{number}", "ClientRequestToken": f"token-{number}"}
        elif kind < 0.2:
            operation, request = "ListEntitiesDetectionJobs", {"MaxResults": 10}
        else:
            operation = "StopEntitiesDetectionJob" if kind < 0.3 else "DescribeEntitiesDetectionJob"
        answer = reference.call(operation, request, tenant=TENANT)
        if operation.startswith("Start"):
            ids.append(str((answer.reply or {})["JobId"]))
        call = Call(
            "comprehend",
            operation,
            TENANT,
            "c",
            now,
            now + 0.0005,
            request,
            answer.status,
            answer.error,
            answer.reply,
            True,
        )
        journal.call(call, reference.take_changes())
    journal.close()
    return len(ids)


def test_restart_from_a_long_journal(tmp_path: Path) -> None:
    """At least 100,000 calls a second of processor time: what else the machine does is not measured."""
    path = tmp_path / "journal"
    jobs = written_journal(path, CALLS)
    journal = Journal(path)
    began, processor = time.perf_counter(), time.process_time()
    host = Host(Settings(("comprehend",), Pace.TIMED, seed=1), journal=journal)
    wall_s, taken_s = time.perf_counter() - began, time.process_time() - processor
    journal.close()
    assert len(host.reference("comprehend").jobs()) == jobs
    print(
        f"\n{CALLS:,} calls, {host.restored.lines:,} lines, {path.stat().st_size / 2**20:,.0f} MiB, {jobs:,} jobs: "
        f"{taken_s:.2f} s of processor time ({wall_s:.2f} s), {CALLS / taken_s:,.0f} calls/s"
    )
    assert CALLS / taken_s >= 100_000


def test_start_to_ready() -> None:
    """At most a second from the start of the process to `ready`; the fastest of some, which the machine disturbed least."""
    times = []
    for _ in range(7):
        began = time.perf_counter()
        command = [sys.executable, "-m", "haltspec", "serve"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            assert process.stdout.readline().startswith(b"ready ")
            times.append(time.perf_counter() - began)
            process.terminate()
    print(f"\nstart to ready, all five APIs: {min(times):.2f} s, at worst {max(times):.2f} s")
    assert min(times) <= 1.0
