"""A service that is killed, or whose disk is full, loses no call that it acknowledged, and goes on from its journal."""

from __future__ import annotations

import http.client
import itertools
import json
import resource
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import IPv4Address
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import pytest

from haltspec import apis
from haltspec.__main__ import main
from haltspec.errors import HaltspecError
from haltspec.lts import Role
from haltspec.spec import Api
from haltspec.trace import Call
from haltspec_properties.clients import ReferenceService
from haltspec_properties.session import Session

SETTINGS: tuple[tuple[str, ...], ...] = (
    (),
    (
        "cut:rate=0.03,effect=yes",
        "cut:rate=0.03",
        "error:rate=0.05,effect=yes",
        "throttle:rate=0.05",
        "lost-race:rate=0.5",
    ),
    ("delay:rate=0.1,seconds=0.02,effect=yes", "delay:rate=0.1,seconds=0.02", "unlucky:rate=0.3"),
)
"""The faults of a run, one set after the other."""

CONNECTIONS = itertools.count(1)
"""Each connection has an address of its own: a port alone is soon used again, by the same client or by another."""

Seen = tuple[str, int | None, Any]
"""What was called, status, reply."""


class Gone(Exception):
    """The service does not answer any more."""


class Client:
    """A client of one API that goes on from one run of the service to the next, and remembers what was acknowledged.

    Args:
        inside: how requests are written and chosen.
        api: the API.
        seed: decides what it calls.
        repeats: how often it makes a call again at most.
    """

    def __init__(self, inside: Any, api: Api, seed: int, repeats: int = 4) -> None:
        self.inside, self.api, self.rng = inside, api, Random(seed)
        self.repeats = repeats
        self.session = Session(api, self)
        self.tenants = self.session.service.tenants(seed)
        self.acknowledged: dict[str, list[Seen]] = {}
        """By the address it called from: the calls of the present run that were answered."""
        self.place: tuple[str, int] = ("", 0)
        self._connection: http.client.HTTPConnection | None = None

    def meet(self, service: ReferenceService) -> None:
        """Call this service from now on."""
        url = urlsplit(service.url)
        self.place, self.acknowledged = (url.hostname or "", url.port or 0), {}
        for tenant in self.tenants:
            self.session.prelude(tenant)

    def run(self) -> None:
        """Make calls until the service is gone."""
        with suppress(Gone):
            while True:
                operation, request, tenant = self.inside.some_call(self.session, self.tenants, self.rng)
                for _ in range(self.rng.choice((1, 1, self.repeats))):
                    self.session.call(operation, request, tenant)

    def look_at_all(self) -> None:
        """Read or list every job that was made."""
        for known in self.session.jobs:
            for binding in self.session.bindings(known.key, Role.READ):
                self.session.ask(binding, known.key.tenant, known.key.id)

    def call(self, operation: str, request: Mapping[str, Any], *, tenant: str, client: str) -> Call:
        """As an adapter; raises `Gone` if the service is."""
        asked, start = self.inside.written(self.api, operation, request, tenant), time.time()
        try:
            connection, address = self._connected()
            target = f"{asked.path}?{asked.query}" if asked.query else asked.path
            connection.request(asked.method, target, asked.body or None, dict(asked.headers))
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException):
            self.leave()
            return Call(self.api.name, operation, tenant, client, start, None, request, None)
        reply = json.loads(body) if body else None
        self.acknowledged[address].append((operation, response.status, reply or None))
        error = "refused" if response.status >= 300 else None
        return Call(
            self.api.name, operation, tenant, client, start, time.time(), request, response.status, error, reply
        )

    def _connected(self) -> tuple[http.client.HTTPConnection, str]:
        if self._connection is None:
            here = str(IPv4Address("127.1.0.0") + next(CONNECTIONS))
            made = http.client.HTTPConnection(*self.place, timeout=10, source_address=(here, 0))
            try:
                made.connect()
            except OSError:
                raise Gone from None
            self._connection = made
        assert isinstance(self._connection.sock, socket.socket)
        host, port = self._connection.sock.getsockname()
        self.acknowledged.setdefault(f"{host}:{port}", [])
        return self._connection, f"{host}:{port}"

    def leave(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def journalled(path: Path, start: int) -> dict[str, list[Seen]]:
    """The calls in the whole lines of a journal from a byte on, by the address they came from."""
    found: dict[str, list[Seen]] = {}
    for line in path.read_bytes()[start:].splitlines(keepends=True):
        members = json.loads(line) if line.endswith(b"\n") else {}
        if "operation" in members:
            seen = members["operation"], members["status"], members.get("reply") or None
            found.setdefault(members["client"], []).append(seen)
    return found


def lost(path: Path, start: int, clients: list[Client]) -> list[Seen]:
    """The acknowledged calls that are not in the journal as they were answered; a client has at most one call more."""
    kept = journalled(path, start)
    missing: list[Seen] = []
    for client in clients:
        for address, acknowledged in client.acknowledged.items():
            there = kept.get(address, [])
            missing += [one for at, one in enumerate(acknowledged) if there[at : at + 1] != [one]]
            assert len(there) <= len(acknowledged) + 1
    return missing


def service_of(path: Path, *faults: str) -> ReferenceService:
    return ReferenceService(pace="timed", delay_s=(0.02, 0.2), faults=faults, options=("--journal", str(path)))


def killed_again_and_again(path: Path, inside: Any, kills: int) -> dict[str, int]:
    """Kill a service under load, start it again; whatever was acknowledged is in its journal. Some figures."""
    clients = [Client(inside, apis.load(name), seed) for seed, name in enumerate(apis.NAMES)]
    clients += [Client(inside, apis.load(name), 10 + seed, repeats=50) for seed, name in enumerate(apis.NAMES)]
    rng, figures = Random(1), {"kills": kills, "acknowledged": 0, "torn": 0}
    for kill in range(kills):
        with service_of(path, *(SETTINGS[kill % len(SETTINGS)] if kill else ())) as service:
            start = path.read_bytes().rfind(b"\n") + 1  # the service may be about to write a line
            for client in clients:
                client.meet(service)
            threads = [threading.Thread(target=client.run) for client in clients]
            for thread in threads:
                thread.start()
            time.sleep(rng.uniform(0.02, 0.5))
            service.process.kill()
            for thread in threads:
                thread.join()
        for client in clients:
            client.leave()
        gone = lost(path, start, clients)
        assert not gone, gone
        figures["acknowledged"] += sum(len(seen) for client in clients for seen in client.acknowledged.values())
        figures["torn"] += not path.read_bytes().endswith(b"\n")
    with service_of(path) as service:
        for client in clients:
            client.meet(service)
            client.look_at_all()
            client.leave()
    return figures


def check(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole journal passes."""
    code = main(["check", str(path)])
    told = capsys.readouterr()
    assert (code, told.err) == (0, ""), told.out


class TestKilled:
    """`kill -9` at any point under load loses no acknowledged call; what follows fits what was before."""

    def test_a_few_kills(self, tmp_path: Path, inside: Any, capsys: pytest.CaptureFixture[str]) -> None:
        figures = killed_again_and_again(tmp_path / "j", inside, 3)
        assert figures["acknowledged"] > 100
        check(tmp_path / "j", capsys)

    @pytest.mark.slow
    def test_a_hundred_kills(self, tmp_path: Path, inside: Any, capsys: pytest.CaptureFixture[str]) -> None:
        figures = killed_again_and_again(tmp_path / "j", inside, 100)
        with capsys.disabled():
            print(f"\n{figures}, {(tmp_path / 'j').stat().st_size:,} bytes of journal")
        assert figures["acknowledged"] > 10_000
        check(tmp_path / "j", capsys)

    def test_a_lost_call_is_told(self, tmp_path: Path, inside: Any) -> None:
        path, client = tmp_path / "j", Client(inside, apis.load("translate"), 1)
        with service_of(path) as service:
            client.meet(service)
            for number in range(3):
                client.session.create(client.api.bound("StartTextTranslationJob")[0], client.tenants[0], number)
            client.leave()
        assert not lost(path, 0, [client])
        (acknowledged,) = client.acknowledged.values()
        lines = path.read_bytes().splitlines(keepends=True)
        calls = [at for at, line in enumerate(lines) if b'"operation"' in line]
        for at, call in zip(calls, acknowledged, strict=True):
            path.write_bytes(b"".join(lines[:at] + lines[at + 1 :]))
            assert call in lost(path, 0, [client])
        path.write_bytes(b"".join(lines)[:-1])
        assert lost(path, 0, [client]) == acknowledged[-1:]

    def test_a_torn_line_is_reported(self, tmp_path: Path, inside: Any) -> None:
        path, client = tmp_path / "j", Client(inside, apis.load("translate"), 1)
        with service_of(path) as service:
            client.meet(service)
            client.session.create(client.api.bound("StartTextTranslationJob")[0], client.tenants[0], 1)
            service.process.kill()
        client.leave()
        whole = path.read_bytes()
        path.write_bytes(whole + b'{"changes":{"api":"trans')
        with service_of(path) as service:
            assert service.process.log() == (
                f"{path}: {len(whole.splitlines())} lines brought back\n"
                f"{path}: dropped the torn last line (24 bytes); nobody was told what it says\n"
            )
            assert path.read_bytes().startswith(whole)
            client.meet(service)
            client.look_at_all()
            assert all(call.status == 200 for call in client.session.calls)
        client.leave()


def limit_file_size(service: ReferenceService, size: int) -> None:
    """Let no file of a service grow beyond `size` bytes, as on a disk that is full."""
    resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (size, size))


class TestFullDisk:
    """What cannot be written is not acknowledged: the service says so and ends, and what was acknowledged is there."""

    @pytest.mark.parametrize("room", [0, 1, 300, 20_000])
    def test_nothing_more_is_acknowledged(
        self, tmp_path: Path, inside: Any, room: int, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path, client = tmp_path / "j", Client(inside, apis.load("comprehend"), 0)
        with ReferenceService(options=("--journal", str(path))) as service:
            client.meet(service)
            client.session.create(client.api.bound("StartEntitiesDetectionJob")[0], client.tenants[0], 1)
            limit = path.stat().st_size + room
            limit_file_size(service, limit)
            while client.session.calls[-1].status != 503 and client.session.calls[-1].end is not None:
                operation, request, tenant = inside.some_call(client.session, client.tenants, client.rng)
                client.session.call(operation, request, tenant)
            refused = [seen for seen in client.acknowledged.popitem()[1] if seen[1] == 503]
            assert [reply["message"] for _, _, reply in refused] == ["The journal cannot be written any more."]
            assert service.process.wait(10) == 2
            assert service.process.log().splitlines()[-1] == (
                f"Error: {path}: the journal cannot be written (File too large); free space, then start again with it"
            )
        client.leave()
        assert path.read_bytes().endswith(b"\n")
        assert path.stat().st_size <= limit
        with service_of(path):
            pass
        check(path, capsys)

    def test_a_service_that_only_moves_ends_as_well(self, tmp_path: Path, inside: Any) -> None:
        path, client = tmp_path / "j", Client(inside, apis.load("comprehend"), 0)
        with service_of(path) as service:
            client.meet(service)
            client.session.create(client.api.bound("StartEntitiesDetectionJob")[0], client.tenants[0], 1)
            client.leave()
            limit_file_size(service, path.stat().st_size)
            assert service.process.wait(10) == 2
            assert "the journal cannot be written" in service.process.log()

    def test_the_control_api_says_so_as_well(self, tmp_path: Path) -> None:
        with ReferenceService(options=("--journal", str(tmp_path / "j"))) as service:
            service.pass_time(1)
            limit_file_size(service, (tmp_path / "j").stat().st_size)
            with pytest.raises(HaltspecError, match="the journal cannot be written"):
                service.pass_time(1)
            assert service.process.wait(10) == 2
