"""What requests and connections may cost: limits hold, refusals are clean, and who behaves is served meanwhile."""

from __future__ import annotations

import http.client
import json
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from haltspec.errors import Misuse, Unknown
from haltspec.wire.limits import Limits
from haltspec_properties.clients import ReferenceService

HOST = b"Host: localhost\r\n"
TARGET = b"X-Amz-Target: Comprehend_20171127.ListEntitiesDetectionJobs\r\n"
POST = b"POST / HTTP/1.1\r\n" + HOST + TARGET
OK = POST + b"Content-Length: 2\r\n\r\n{}"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
PROJECT = "b384b9e9ab9b4ee8994c8633aabc9505"
MIB = 1024 * 1024
SLACK_S = 10.0
"""How much later than its deadline a connection may be cut on a busy machine."""


@pytest.fixture(scope="module")
def service() -> Iterator[ReferenceService]:
    """A service with its usual limits."""
    with ReferenceService() as running:
        yield running
        assert running.process.log() == ""
        assert running.process.is_running


@pytest.fixture(scope="module")
def hasty() -> Iterator[ReferenceService]:
    """A service that does not wait for long."""
    limits = [part for told in ("receive_s=1", "answer_s=2", "idle_s=2") for part in ("--limit", told)]
    with ReferenceService(options=limits) as running:
        yield running
        assert running.process.log() == ""
        assert running.process.is_running


def connect(service: ReferenceService) -> socket.socket:
    place = urlsplit(service.url)
    return socket.create_connection((str(place.hostname), int(place.port or 0)), timeout=30)


def told(connection: socket.socket) -> bytes:
    """All that is said until the other side closes."""
    said = bytearray()
    with suppress(ConnectionResetError):
        while part := connection.recv(65536):
            said += part
    return bytes(said)


def talk(service: ReferenceService, *parts: bytes) -> bytes:
    """What is answered to what is said on a connection of its own until the other side closes it."""
    with closing(connect(service)) as connection:
        with suppress(OSError):  # it may have heard enough
            for part in parts:
                connection.sendall(part)
            connection.shutdown(socket.SHUT_WR)
        return told(connection)


def statuses(said: bytes) -> list[int]:
    return [int(part[:3]) for part in said.split(b"HTTP/1.1 ")[1:]]


def answer(connection: socket.socket) -> bytes:
    """The next answer on a connection that stays."""
    said = bytearray()
    while not said.endswith(b"}") and (part := connection.recv(65536)):
        said += part
    return bytes(said)


def is_served(service: ReferenceService) -> bool:
    """True if somebody who behaves gets the right answer."""
    return statuses(talk(service, OK)) == [200]


def open_files(service: ReferenceService) -> int:
    return len(os.listdir(f"/proc/{service.process.pid}/fd"))


def resident(service: ReferenceService) -> int:
    """The memory of the service's process, in bytes."""
    lines = Path(f"/proc/{service.process.pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


def comes_about(holds: Callable[[], bool], within_s: float = SLACK_S) -> bool:
    """True if something holds before long."""
    end = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


class TestLimits:
    """Limits are told by name, each with its default in the help."""

    def test_each_can_be_set(self) -> None:
        made = Limits.parse(["body=10", "head=20", "receive_s=0.5"])
        assert (made.body, made.head, made.receive_s, made.idle_s) == (10, 20, 0.5, Limits().idle_s)

    @pytest.mark.parametrize("text", ["body=0", "body=-1", "body=x", "body=", "body", "receive_s=nan", "body=1e3"])
    def test_rejects_what_is_no_limit(self, text: str) -> None:
        with pytest.raises(Misuse, match="greater than zero"):
            Limits.parse([text])

    def test_rejects_unknown_ones(self) -> None:
        with pytest.raises(Unknown, match="did you mean body"):
            Limits.parse(["bodies=1"])

    def test_the_help_has_all_with_their_defaults(self) -> None:
        command = [sys.executable, "-m", "haltspec", "serve", "--help"]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        for limit in fields(Limits):
            assert f"{limit.name}={limit.default:g}" in shown or f"{limit.name}={limit.default}" in shown


class TestFraming:
    """What is no HTTP, or could be read in two ways, is refused once all before it is answered; then nothing is read."""

    @pytest.mark.parametrize(
        ("said", "expected"),
        [
            (OK, [200]),
            (OK + OK, [200, 200]),
            (b"\r\n" * 5 + OK, [200]),
            (CHUNKED + b"2\r\n{}\r\n0\r\n\r\n", [200]),
            (CHUNKED + b"2;name=value\r\n{}\r\n0\r\n\r\n", [200]),
            (b"POST / HTTP/1.0\r\n" + TARGET + b"Content-Length: 2\r\n\r\n{}", [200]),
            (b"POST http://elsewhere/ HTTP/1.1\r\n" + HOST + TARGET + b"Content-Length: 2\r\n\r\n{}", [200]),
            (POST + b"X: \xff\xfe\r\nContent-Length: 2\r\n\r\n{}", [200]),
            (POST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}", [100, 200]),
            (POST + b"Expect: 100-continue\r\nContent-Length: 20000000\r\n\r\n", [413]),
            (POST + b"Expect: something else\r\nContent-Length: 2\r\n\r\n{}", [200]),
            (POST + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}" + OK, [200]),
        ],
    )
    def test_what_can_be_read(self, service: ReferenceService, said: bytes, expected: list[int]) -> None:
        assert statuses(talk(service, said)) == expected

    @pytest.mark.parametrize(
        "said",
        [
            b"\x00\x01\x02\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"GET /\r\n\r\n",
            b"GET / HTTP/3.0\r\n" + HOST + b"\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"BREW / HTTP/1.1\r\n" + HOST + b"\r\n",
            b"post / HTTP/1.1\r\n" + HOST + b"\r\n",
            b"CONNECT elsewhere:80 HTTP/1.1\r\n" + HOST + b"\r\n",
            b"GET /\x00 HTTP/1.1\r\n" + HOST + b"\r\n",
            b"GET /\xff HTTP/1.1\r\n" + HOST + b"\r\n",
            b"POST / HTTP/1.1\r\n" + TARGET + b"Content-Length: 2\r\n\r\n{}",
            POST + HOST + b"Content-Length: 2\r\n\r\n{}",
            POST + b"X: a\x00b\r\n\r\n",
            POST + b"X: a\rY: b\r\n\r\n",
            POST + b"X : a\r\n\r\n",
            POST + b"X: a\r\n folded\r\n\r\n",
            OK.replace(b"\r\n", b"\n"),
            POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            POST + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
            POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
            POST + b"Content-Length: -2\r\n\r\n{}",
            POST + b"Content-Length: +2\r\n\r\n{}",
            POST + b"Content-Length: 0x2\r\n\r\n{}",
            POST + b"Content-Length: 99999999999999999999999\r\n\r\n{}",
            POST + b"Transfer-Encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            POST + b"Transfer-Encoding: chunked, identity\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            POST + b"Transfer-Encoding : chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n",
            CHUNKED + b"-1\r\n{}\r\n0\r\n\r\n",
            CHUNKED + b"2\r\n{}more\r\n0\r\n\r\n",
            CHUNKED + b"ffffffffffffffffff\r\n{}",
            CHUNKED + b"2\r\n{}\r\n0\r\nContent-Length: 3\r\n\r\n",
            POST + b"Content-Length: 10\r\n\r\n{}",
            POST[:40],
        ],
    )
    def test_rejects(self, service: ReferenceService, said: bytes) -> None:
        refusal = talk(service, said)
        head, _, body = refusal.partition(b"\r\n\r\n")
        assert statuses(refusal) == [400]
        assert b"content-type: application/json" in head and b"x-amzn-requestid: " in head
        assert b"connection: close" in head
        assert json.loads(body)["__type"] == "BadRequestException"
        first, *others = statuses(talk(service, OK, said, OK))
        assert first == 200 and others and set(others) == {400}

    def test_a_call_in_front_of_what_is_refused_gets_its_own_answer(self, service: ReferenceService) -> None:
        """Also if it takes a while: no answer is taken for that of another call."""
        service.set_faults({"kind": "delay", "seconds": 0.5, "times": 2})
        try:
            assert statuses(talk(service, OK + OK + b"nonsense\r\n\r\n")) == [200, 200, 400]
            service.set_faults({"kind": "delay", "seconds": 0.5, "times": 1})
            assert statuses(talk(service, OK + CHUNKED + b"nonsense\r\n")) == [200, 400]
        finally:
            service.set_faults()

    def test_a_trailer_is_no_header(self, service: ReferenceService) -> None:
        """A target that comes after the body makes no call."""
        hidden = (
            b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n" + TARGET + b"\r\n"
        )
        said = talk(service, hidden)
        assert statuses(said) == [400] and b"UnknownOperationException" in said

    @pytest.mark.parametrize("protocol", [b"websocket", b"h2c"])
    def test_no_other_protocol_is_spoken(self, service: ReferenceService, protocol: bytes) -> None:
        """The call is answered and nothing that follows is read."""
        upgrade = POST + b"Connection: Upgrade\r\nUpgrade: " + protocol + b"\r\nContent-Length: 2\r\n\r\n{}"
        assert statuses(talk(service, upgrade + OK)) == [200]

    def test_a_body_that_no_call_has_is_passed_over(self, service: ReferenceService) -> None:
        body = b"Content-Length: 7\r\n\r\nGET / H"
        said = talk(service, b"GET /_haltspec HTTP/1.1\r\n" + HOST + body + OK)
        assert statuses(said) == [200, 200]


class TestSizes:
    """What is too long is refused, whatever part of a request it is."""

    @pytest.mark.parametrize(
        ("said", "expected"),
        [
            (b"GET /" + b"a" * 32_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", [404]),
            (b"GET /" + b"a" * 33_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", [400]),
            (b"GET /" + b"a" * 4_000_000, [400]),
            (b"GET / HTTP/1.1\r\n" + HOST + b"a: b\r\n" * 255 + b"\r\n", [400]),
            (b"GET /x HTTP/1.1\r\n" + HOST + b"a: b\r\n" * 254 + b"\r\n", [404]),
            (b"GET / HTTP/1.1\r\n" + HOST + b"a: b\r\n" * 1_000_000, [400]),
            (b"GET / HTTP/1.1\r\n" + HOST + b"a: " + b"b" * 4_000_000, [400]),
            (b"\r\n" * 2_000_000, [400]),
            (CHUNKED + b"2\r\n{}\r\n0\r\n" + b"a: b\r\n" * 4_000_000, [400]),
            (CHUNKED + b"2;" + b"a" * 20_000_000, [400]),
            (CHUNKED + b"1\r\nx\r\n" * 2_000_000, [400]),
            (POST + b"Content-Length: 1000000000000\r\n\r\n" + b"x" * 4_000_000, [413]),
            (POST + b"Content-Length: 1048577\r\n\r\n" + b"x" * 1_048_577, [413]),
            (POST + b"Content-Length: 8000000\r\n\r\n" + b"x" * 8_000_000, [413]),
            (CHUNKED + b"100001\r\n" + b"x" * 1_048_577 + b"\r\n0\r\n\r\n", [413]),
            (POST + b"Content-Length: 1048576\r\n\r\n" + b" " * 1_048_574 + b"{}", [200]),
        ],
    )
    def test_ends(self, service: ReferenceService, said: bytes, expected: list[int]) -> None:
        assert statuses(talk(service, said)) in (expected, [])  # the answer is lost if more is on its way than is read
        assert is_served(service)

    def test_the_sender_of_a_long_body_reads_why(self, service: ReferenceService) -> None:
        """A body that is not much too long is heard out."""
        said = talk(service, POST + b"Content-Length: 4000000\r\n\r\n" + b"x" * 4_000_000)
        assert statuses(said) == [413] and b"RequestEntityTooLargeException" in said

    def test_requests_in_a_pipeline_are_bounded(self, service: ReferenceService) -> None:
        assert statuses(talk(service, OK * 60)) == [200] * 60
        answered = statuses(talk(service, OK * 2000))
        assert answered[-1] == 400 and len(answered) <= 66

    def test_bodies_held_at_once_are_bounded(self) -> None:
        """One that is too much with all others is refused, these are not, and what is free again can be used."""
        body = b"Content-Length: 400000\r\n\r\n{" + b" " * 399_998
        with ReferenceService("comprehend", options=["--limit", "held=1000000"]) as service, ExitStack() as held:
            waiting = [held.enter_context(closing(connect(service))) for _ in range(2)]
            for connection in waiting:
                connection.sendall(POST + body)
            time.sleep(0.5)
            said = talk(service, POST + body + b"}")
            assert statuses(said) == [503] and b"ServiceUnavailable" in said
            for connection in waiting:
                connection.sendall(b"}")
                assert answer(connection).startswith(b"HTTP/1.1 200")
            assert statuses(talk(service, POST + body + b"}")) == [200]

    def test_memory_comes_back(self, service: ReferenceService) -> None:
        """Large bodies, one after the other and side by side, leave nothing behind."""
        body = b'{"JobId":[' + b"[]," * 340_000 + b"[]]}"
        said = POST + b"Content-Length: %d\r\n\r\n" % len(body) + body
        before = resident(service)
        for _ in range(6):
            assert statuses(talk(service, said)) == [200]
        assert resident(service) - before < 100 * MIB


class TestSlowClients:
    """Whoever is slow is cut in the end, and holds nobody up."""

    @pytest.mark.parametrize(
        ("first", "drip"),
        [
            (b"", b""),
            (b"", b"\r\n"),
            (b"POST /", b"a"),
            (POST, b"a: b\r\n"),
            (POST + b"Content-Length: 1000\r\n\r\n", b"x"),
            (CHUNKED, b"1\r\nx\r\n"),
            (OK + b"POST /", b"a"),
            (OK + POST + b"Content-Length: 1000\r\n\r\n", b"x"),
            (CHUNKED + b"2\r\n{}\r\n0\r\n", b"a: b\r\n"),
        ],
        ids=["nothing", "blank lines", "line", "head", "body", "chunks", "second head", "second body", "trailer"],
    )
    def test_a_request_that_comes_in_drops_is_cut(self, hasty: ReferenceService, first: bytes, drip: bytes) -> None:
        started = time.monotonic()
        with closing(connect(hasty)) as connection:
            connection.settimeout(0.1)
            connection.sendall(first)
            assert is_served(hasty)
            while time.monotonic() - started < 1 + SLACK_S:
                try:
                    connection.sendall(drip)
                    if not connection.recv(65536):
                        break
                except TimeoutError:
                    continue
                except (ConnectionResetError, BrokenPipeError):
                    break
            else:
                pytest.fail("it was not cut")
        assert time.monotonic() - started > 0.9

    def test_an_idle_connection_is_cut(self, hasty: ReferenceService) -> None:
        with closing(connect(hasty)) as connection:
            connection.sendall(OK)
            assert answer(connection).startswith(b"HTTP/1.1 200")
            started = time.monotonic()
            assert told(connection) == b""
            assert 1.5 < time.monotonic() - started < 2 + SLACK_S

    @pytest.mark.parametrize("more", [b"", b"Connection: close\r\n"], ids=["kept", "closing"])
    @pytest.mark.parametrize("times", [1, 50])
    def test_a_response_that_nobody_reads_is_cut(self, hasty: ReferenceService, more: bytes, times: int) -> None:
        """It is not held for ever, nor are those that wait behind it."""
        definition = {
            "name": f"long-{times}-{len(more)}",
            "processType": "BATCH",
            "schedule": {"type": "CRON"},
            "nodes": [{"name": "a", "type": "Shell", "location": {"x": "1", "y": "1"}, "properties": []}],
            "logPath": "x" * 900_000,
        }
        body = json.dumps(definition).encode()
        path = f"/v1/{PROJECT}/jobs".encode()
        made = b"POST " + path + b" HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(body) + body
        assert statuses(talk(hasty, made)) == [204]
        show = b"GET " + path + b"/" + definition["name"].encode() + b" HTTP/1.1\r\n" + HOST  # type: ignore[attr-defined]
        before, files = resident(hasty), open_files(hasty)
        with ExitStack() as held:
            for _ in range(20):
                connection = held.enter_context(closing(socket.socket()))
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                place = urlsplit(hasty.url)
                connection.connect((place.hostname, place.port))
                connection.sendall((show + b"\r\n") * (times - 1) + show + more + b"\r\n")
            assert is_served(hasty)
            assert comes_about(lambda: open_files(hasty) <= files, 2 * 2 + SLACK_S)
        assert resident(hasty) - before < 150 * MIB
        assert is_served(hasty)

    def test_who_closes_half_of_a_connection_gets_the_answer(self, hasty: ReferenceService) -> None:
        """Also to a call that takes a while; who closes all of it gets none, and nothing is left behind."""
        hasty.set_faults({"kind": "delay", "seconds": 0.5, "times": 2})
        files = open_files(hasty)
        try:
            assert statuses(talk(hasty, OK)) == [200]
            with closing(connect(hasty)) as connection:
                connection.sendall(OK)
            assert comes_about(lambda: open_files(hasty) <= files)
        finally:
            hasty.set_faults()
        assert is_served(hasty)

    def test_who_vanishes_in_the_middle_leaves_nothing_behind(self, hasty: ReferenceService) -> None:
        files = open_files(hasty)
        for said in (b"", POST, POST + b"Content-Length: 10\r\n\r\n{", OK + POST, CHUNKED + b"2\r\n{"):
            for _ in range(20):
                with closing(connect(hasty)) as connection:
                    connection.sendall(said)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        assert comes_about(lambda: open_files(hasty) <= files)
        assert is_served(hasty)


class TestManyConnections:
    """Thousands of connections: others are served meanwhile, and all are freed."""

    MANY = 6000

    def test_thousands(self) -> None:
        """Those that say nothing, that stop in the middle and that are idle after a call are alike."""
        self.raise_limit(self.MANY + 500)
        options = ["--limit", "receive_s=90", "--limit", "idle_s=90"]
        with ReferenceService("comprehend", options=options) as service, ExitStack() as held:
            files, before = open_files(service), resident(service)
            for number in range(self.MANY):
                held.enter_context(closing(connect(service))).sendall((b"", POST, OK)[number % 3])
                assert number % 500 or is_served(service)  # no more wait to be accepted than the system lets wait
            assert comes_about(lambda: open_files(service) - files > self.MANY - 10, 20)  # others came and went
            grown = resident(service) - before
            print(f"\n{self.MANY} connections: {grown / MIB:.0f} MiB, {grown // self.MANY} bytes each")
            assert grown < self.MANY * 40_000
            assert all(is_served(service) for _ in range(5))
            held.close()
            assert comes_about(lambda: open_files(service) <= files)
            assert is_served(service)
            assert service.process.log() == ""

    def test_one_too_many_is_cut(self) -> None:
        """Who is there already is served; who comes later can once there is room."""
        with (
            ReferenceService("comprehend", options=["--limit", "connections=20"]) as service,
            ExitStack() as held,
        ):
            there = [held.enter_context(closing(connect(service))) for _ in range(20)]
            for connection in there:
                connection.sendall(OK)
                assert answer(connection).startswith(b"HTTP/1.1 200")
            with closing(connect(service)) as late:
                assert told(late) == b""
            there[0].sendall(OK)
            assert answer(there[0]).startswith(b"HTTP/1.1 200")
            there[1].close()
            assert comes_about(lambda: is_served(service))

    @staticmethod
    def raise_limit(wanted: int) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < wanted:  # only root may raise it
            pytest.skip(f"this machine allows {hard} open files")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


BODIES: dict[str, tuple[bytes, str]] = {
    "empty list": (b"[]", "no JSON object"),
    "text": (b'"x"', "no JSON object"),
    "cut": (b'{"JobId": "x"', "delimiter"),
    "two": (b"{}{}", "Extra data"),
    "latin-1": (b'{"JobId": "\xe9"}', "codec can't decode"),
    "overlong": (b'{"JobId": "\xc0\x80"}', "codec can't decode"),
    "surrogate in UTF-8": (b'{"JobId": "\xed\xa0\x80"}', "codec can't decode"),
    "half a surrogate pair": (b'{"JobId": "\\ud800"}', "surrogates not allowed"),
    "half a surrogate pair in a name": (b'{"\\uDFFF": 1}', "surrogates not allowed"),
    "UTF-16": ('{"JobId": "x"}'.encode("utf-16"), "codec can't decode"),
    "byte order mark": (b'\xef\xbb\xbf{"JobId": "x"}', "BOM"),
    "gzip": (b"\x1f\x8b\x08\x00\x00\x00\x00\x00", "codec can't decode"),
    "NaN": (b'{"JobId": NaN}', "NaN is no JSON number"),
    "infinity": (b'{"JobId": -Infinity}', "-Infinity is no JSON number"),
    "huge exponent": (b'{"JobId": 1e400}', "too large"),
    "many digits": (b'{"JobId": ' + b"9" * 5000 + b"}", "a number has too many digits"),
    "twice": (b'{"JobId": "x", "JobId": "y"}', "names the member 'JobId' twice"),
    "twice inside": (b'{"a": [{"b": 1, "b": 2}]}', "names the member 'b' twice"),
    "twice, very long": (b'{"' + b"b" * 9999 + b'": 1, "' + b"b" * 9999 + b'": 2}', "twice"),
    "twice among many": (b"{" + b",".join(b'"%d":0' % n for n in range(90_000)) + b',"89999":1}', "'89999' twice"),
    "deep": (b'{"a":' + b"[" * 90 + b"]" * 90 + b"}", "deeper than 90"),
    "very deep": (b"[" * 1_000_000, "deeper than 90"),
    "very deep objects": (b'{"a":' * 170_000, "deeper than 90"),
}


class TestBodies:
    """A body that is no JSON object that can be told again is refused, and says in short why."""

    @pytest.mark.parametrize("name", BODIES)
    def test_rejects_in_aws_json(self, service: ReferenceService, name: str) -> None:
        body, why = BODIES[name]
        said = talk(service, POST + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        answer = json.loads(said.partition(b"\r\n\r\n")[2])
        assert (statuses(said), answer["__type"]) == ([400], "SerializationException")
        assert why in answer["Message"] and len(said) < 1500

    @pytest.mark.parametrize("name", BODIES)
    def test_rejects_in_dataarts(self, service: ReferenceService, name: str) -> None:
        body, why = BODIES[name]
        head = f"POST /v1/{PROJECT}/jobs HTTP/1.1\r\n".encode() + HOST
        said = talk(service, head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        answer = json.loads(said.partition(b"\r\n\r\n")[2])
        assert (statuses(said), answer["error_code"]) == ([400], "DLF.3051")
        assert why in answer["error_msg"] and len(said) < 1500

    def test_as_deep_as_may_be(self, service: ReferenceService) -> None:
        body = b'{"a":' + b"[" * 89 + b"]" * 89 + b"}"
        assert statuses(talk(service, POST + b"Content-Length: %d\r\n\r\n" % len(body) + body)) == [200]

    @pytest.mark.parametrize(
        ("target", "members"),
        [
            ("Comprehend_20171127.ListEntitiesDetectionJobs", {"Filter": {"SubmitTimeBefore": 10**400}}),
            ("Comprehend_20171127.ListEntitiesDetectionJobs", {"Filter": {"SubmitTimeBefore": -(10**308)}}),
            ("Comprehend_20171127.ListEntitiesDetectionJobs", {"NextToken": "f" * 5000 + "-0-0"}),
            ("Comprehend_20171127.ListEntitiesDetectionJobs", {"MaxResults": 10**4000}),
            ("Comprehend_20171127.StartTopicsDetectionJob", {"Tags": [1] * 300_000}),
            ("Comprehend_20171127.StartTopicsDetectionJob", {"JobName": "x" * 1_000_000}),
            ("RekognitionService.CreateProject", {"ProjectName": "x", "Tags": {str(n): n for n in range(60_000)}}),
            ("DeviceFarm_20150623.ScheduleRun", {"test": {"parameters": {str(n): n for n in range(60_000)}}}),
        ],
        ids=["late", "early", "long token", "large", "many tags", "long name", "wide", "wide inside"],
    )
    def test_rejects_large_members_shortly(self, service: ReferenceService, target: str, members: Any) -> None:
        """Neither the time nor the answer grows with what is wrong."""
        body = json.dumps(members).encode()
        head = b"POST / HTTP/1.1\r\n" + HOST + b"X-Amz-Target: " + target.encode()
        started = time.monotonic()
        said = talk(service, head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        assert statuses(said) in ([400], [200])
        assert len(said) < 100_000
        assert time.monotonic() - started < 5


class TestPaths:
    """A path of DataArts is decoded once, part by part, and never walked along."""

    @pytest.mark.parametrize(
        ("path", "code"),
        [
            ("jobs/a%2Fb/stop", "DLF.0100"),
            ("jobs/a%00b/stop", "DLF.0100"),
            ("jobs/%2e%2e/stop", "DLF.0100"),
            ("jobs/../stop", "DLF.0100"),
            ("jobs/%252e/stop", "DLF.0100"),
            ("jobs/a%zz%/stop", "DLF.0100"),
            ("jobs/%ff%fe/stop", "DLF.3051"),
            ("jobs/%ed%a0%80/stop", "DLF.3051"),
            ("jobs/%c0%af/stop", "DLF.3051"),
            ("jobs//stop", "APIGW.0101"),
            ("jobs/a/stop/", "APIGW.0101"),
            ("jobs/a/b/stop", "APIGW.0101"),
            ("jobs/a%2Fstop", "APIGW.0101"),
            ("Jobs/a/stop", "APIGW.0101"),
        ],
    )
    def test_rejects(self, service: ReferenceService, path: str, code: str) -> None:
        said = talk(service, f"POST /v1/{PROJECT}/{path} HTTP/1.1\r\n".encode() + HOST + b"Content-Length: 0\r\n\r\n")
        assert statuses(said) in ([400], [404])
        assert json.loads(said.partition(b"\r\n\r\n")[2])["error_code"].startswith(code)

    @pytest.mark.parametrize(
        "query", ["limit=%ff", "jobName=%ff", "limit=1&" * 200, "limit=" + "9" * 5000, "limit=%00", "limit=-1"]
    )
    def test_rejects_a_query(self, service: ReferenceService, query: str) -> None:
        said = talk(service, f"GET /v1/{PROJECT}/jobs?{query} HTTP/1.1\r\n".encode() + HOST + b"\r\n")
        assert statuses(said) == [400]
        assert json.loads(said.partition(b"\r\n\r\n")[2])["error_code"] == "DLF.3051"

    def test_what_is_named_in_parts_is_not_what_is_named_as_a_whole(self, service: ReferenceService) -> None:
        """The project `a/b` and the project `a` with the workspace `b/default` are two tenants."""
        body = json.dumps({"name": "one", "processType": "BATCH", "schedule": {"type": "CRON"}}).encode()
        head = b"POST /v1/a%2Fb/jobs HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(body)
        assert statuses(talk(service, head + body)) == [204]
        for project, workspace, found in (("a%2Fb", "", 1), ("a%2fb", "", 1), ("a", "Workspace: b/default\r\n", 0)):
            head = f"GET /v1/{project}/jobs HTTP/1.1\r\n{workspace}".encode() + HOST
            assert json.loads(talk(service, head + b"\r\n").partition(b"\r\n\r\n")[2])["total"] == found


class TestControl:
    """The control API stands as well, and no web page can use it."""

    @staticmethod
    def call(service: ReferenceService, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection(urlsplit(service.url).netloc, timeout=30)
        given = {"Content-Type": "application/json", **{name.replace("_", "-"): v for name, v in headers.items()}}
        try:
            connection.request(method, f"/_haltspec{path}", body, given)
            response = connection.getresponse()
            assert response.headers["content-type"] == "application/json"
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    @pytest.mark.parametrize(
        "name",
        [
            "localhost",
            "LOCALHOST:1",
            "api.localhost",
            "127.0.0.1",
            "127.9.9.9:80",
            "[::1]:80",
            "10.0.0.1",
            "haltspec:80",
        ],
    )
    def test_names_that_nobody_can_have_registered(self, service: ReferenceService, name: str) -> None:
        assert self.call(service, "GET", "", Host=name)[0] == 200

    @pytest.mark.parametrize(
        "name", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example."]
    )
    def test_rejects_names_that_may_be_anybodys(self, service: ReferenceService, name: str) -> None:
        """A page of theirs can have the name point here, and is then no stranger to a browser."""
        for method, path in (("GET", "/jobs"), ("POST", "/reset")):
            status, answer = self.call(service, method, path, b"{}", Host=name)
            assert (status, "web page" in answer["error"]) == (403, True)

    @pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost"])
    def test_rejects_web_pages(self, service: ReferenceService, origin: str) -> None:
        assert self.call(service, "POST", "/reset", b"{}", Origin=origin)[0] == 403
        preflight = self.call(service, "OPTIONS", "/reset", Origin=origin, Access_Control_Request_Method="POST")
        assert preflight[0] == 405

    @pytest.mark.parametrize("path", ["/", "/../x", "x", "/jobs/", "/jobs/1", "/%00", "/%2e%2e", "//", "/%ff"])
    def test_rejects_paths(self, service: ReferenceService, path: str) -> None:
        assert self.call(service, "GET", path)[0] == 404

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("POST", "/advance", b'{"seconds": 1' + b"0" * 400 + b"}"),
            ("POST", "/advance", b'{"seconds": ' + b"9" * 5000 + b"}"),
            ("POST", "/advance", b'{"id": "\\ud800"}'),
            ("POST", "/advance", b'{"id": "' + b"x" * 500_000 + b'"}'),
            ("POST", "/advance", b'{"' + b"x" * 500_000 + b'": 1}'),
            ("POST", "/advance", b'{"api": "' + b"x" * 500_000 + b'"}'),
            ("POST", "/advance", b"[" * 100_000),
            ("PUT", "/faults", b'[{"kind": "throttle", "rate": 1' + b"0" * 400 + b"}]"),
            ("PUT", "/faults", b'[{"kind": "throttle", "times": 1e308, "rate": -1}]'),
            ("PUT", "/faults", b'[{"kind": "throttle", "times": "' + b"9" * 5000 + b'"}]'),
            ("PUT", "/faults", b'[{"kind": "throttle", "rate": "' + b"9" * 500_000 + b'x"}]'),
            ("PUT", "/faults", b'[{"kind": "throttle", "rate": "nan"}]'),
            ("PUT", "/faults", b'[{"kind": "throttle", "effect": []}]'),
            ("PUT", "/faults", b'[{"kind": {"kind": []}}]'),
            ("PUT", "/faults", b'[{"kind": "\\udc80"}]'),
        ],
        ids=range(15),
    )
    def test_rejects_shortly(self, service: ReferenceService, method: str, path: str, body: bytes) -> None:
        status, answer = self.call(service, method, path, body)
        assert status in (400, 404)
        assert len(answer["error"]) < 1000

    def test_rejects_what_is_too_long(self, service: ReferenceService) -> None:
        assert self.call(service, "POST", "/advance", b" " * (MIB + 1))[0] == 413

    def test_time_has_an_end(self, service: ReferenceService) -> None:
        """Times of year 10000 are none; nobody can wind a service on until it has nothing else to tell."""
        year = b'{"seconds": 31622400}'
        status, answer = 200, dict[str, str]()
        for _ in range(1000):
            status, answer = self.call(service, "POST", "/advance", year)
            if status != 200:
                break
        assert (status, "year 3000" in answer["error"]) == (400, True)
        assert is_served(service)
