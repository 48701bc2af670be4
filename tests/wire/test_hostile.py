"""Hostile requests: whatever is sent, each is answered cleanly or cut, the service stays up and remembers the truth.

Requests start as valid calls of all five APIs and of the control API, drawn from their shapes; then their members,
their JSON, their heads, methods, paths and framing are changed, or bytes that never were a request are sent. After
every batch somebody who behaves must be served; at the end the process must be alive and have said nothing, its memory
must be bounded, and `haltspec check` must find its journal possible.

`HALTSPEC_PROFILE=nightly pytest -m slow tests/wire/test_hostile.py -s` sends 200,000 and prints the figures.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from haltspec import services, shapes
from haltspec.apis import NAMES, load
from haltspec.lts import Role
from haltspec.trace import decode_json
from haltspec.wire.routes import encoded, routes
from haltspec_properties.clients import ReferenceService

BATCH = 8
"""How many hostile requests are sent between two calls of somebody who behaves."""

FEW, SOME, MANY = 320, 4_000, 200_000
CLEAN = {200, 204, 400, 401, 403, 404, 405, 413}
KEYS = [
    {
        "access_key": "AKIDONE",
        "secret_key": "one",
        "account": services.load("comprehend").tenants(1)[0].partition("/")[0],
    },
    {"access_key": "AKTEST", "secret_key": "two", "project": services.load("dataarts").tenants(1)[0].partition("/")[0]},
]
GROWTH = 400 * 1024 * 1024
"""How much the service may grow over all of a run, in bytes; what it keeps is the jobs that were made in passing."""

PATIENCE_S = 60.0
"""How long an answer may take on a busy machine."""

ROUTES = {route.operation: route for route in routes(load("dataarts"))}
PREFIX = {name: str(shapes.load(load(name)).model["metadata"]["targetPrefix"]) for name in NAMES if name != "dataarts"}
CONTROL = "control"


# ---- valid requests -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ask:
    """A request as it is before anything is done to it."""

    api: str
    operation: str
    members: Mapping[str, Any]


@dataclass
class Stage:
    """A running service, what can be asked of it, and what was sent so far."""

    service: ReferenceService
    asks: list[Ask] = field(default_factory=list, repr=False)
    job: str = ""
    sent: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    unanswered: int = 0
    is_guarded: bool = False
    clients: dict[str, Any] = field(default_factory=dict)
    connection: Connection | None = None
    healthy: Connection | None = None

    def prepare(self) -> None:
        """Make jobs of all kinds, and note valid calls on them."""
        for name in NAMES:
            api, service = load(name), services.load(name)
            tenant = service.tenants(1)[0]
            made: list[Mapping[str, Any]] = [self.call(Ask(name, *call)) for call in service.prelude(tenant)]
            for number, operation in enumerate(o for _ in range(2) for o in api.operations):
                for binding in api.bound(operation):
                    role = api.role(binding).role
                    if role is Role.CREATE and not binding.spreads:
                        with contextlib.suppress(Exception):
                            ask = Ask(name, operation, service.example(binding, tenant, number, made))
                            self.asks.append(ask)
                            made.append(self.call(ask))
                    elif role is Role.LIST:
                        self.asks.append(Ask(name, operation, service.listing(binding, tenant, "", made)))
                    break
            ids = [text for reply in made for text in _ids(reply)] or ["job-1", "job-4"]
            for operation in api.operations:
                binding = api.bound(operation)[0]
                if binding.id_in and api.role(binding).role is not Role.CREATE:
                    self.asks += [Ask(name, operation, {binding.id_in: job_id}) for job_id in ids[:12]]
        self.asks += [
            Ask(CONTROL, "GET /_haltspec", {}),
            Ask(CONTROL, "GET /_haltspec/jobs?id=nobody&api=comprehend", {}),
            Ask(
                CONTROL, "POST /_haltspec/advance", {"id": "nobody", "api": "comprehend", "tenant": "1/x", "event": "y"}
            ),
            Ask(CONTROL, "POST /_haltspec/advance", {"seconds": 0.001}),
            Ask(CONTROL, "PUT /_haltspec/faults", {"kind": "nothing", "rate": 0.5, "times": 1, "seconds": 1}),
            Ask(CONTROL, "POST /_haltspec/reset", {"no": "such member"}),
        ]
        start = next(a for a in self.asks if a.operation == "StartDominantLanguageDetectionJob")
        self.job = str(self.call(start)["JobId"])

    def call(self, ask: Ask) -> dict[str, Any]:
        """The reply to a valid request."""
        connection = Connection(self.service)
        connection.send(plain(ask).encoded())
        reply = connection.reply()
        connection.close()
        assert reply is not None and reply.status < 300, (ask, reply)
        return json.loads(reply.body) if reply.body else {"name": ask.members.get("name")}

    @cached_property
    def by_api(self) -> dict[str, list[Ask]]:
        """What can be asked, by API."""
        return {name: [ask for ask in self.asks if ask.api == name] for name in (*NAMES, CONTROL)}

    def close(self) -> None:
        for connection in (self.connection, self.healthy):
            if connection is not None:
                connection.close()


def _ids(reply: Mapping[str, Any]) -> Iterator[str]:
    """The ids in a reply that made something."""
    for value in reply.values():
        if isinstance(value, Mapping):
            yield from _ids(value)
        elif isinstance(value, str) and (len(value) == 32 or value.startswith(("arn:", "job-"))):
            yield value


# ---- requests on the wire -------------------------------------------------------------------------------------------


@dataclass
class Sent:
    """A request on its way: its parts can still be changed."""

    api: str
    method: bytes
    path: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes
    version: bytes = b"HTTP/1.1"
    is_chunked: bool = False

    def encoded(self) -> bytes:
        framing = (b"Transfer-Encoding", b"chunked") if self.is_chunked else (b"Content-Length", b"%d" % len(self.body))
        lines = [b" ".join((self.method, self.path, self.version))]
        lines += [b"%s: %s" % header for header in (*self.headers, framing)]
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(self.body), self.body) if self.is_chunked and self.body else self.body
        if self.is_chunked and not self.body:
            body = b"0\r\n\r\n"
        return b"\r\n".join((*lines, b"", b"")) + body


def plain(ask: Ask, text: bytes | None = None) -> Sent:
    """The request as a client that behaves sends it; `text` in place of its members."""
    headers = [(b"Host", b"localhost")]
    if ask.api == CONTROL:
        method, path = ask.operation.encode().split(b" ")
        members: Any = [ask.members] if method == b"PUT" else ask.members
        headers.append((b"Content-Type", b"application/json"))
        body = b"" if method == b"GET" else json.dumps(members).encode() if text is None else text
        return Sent(ask.api, method, path, headers, body)
    if ask.api == "dataarts":
        route = ROUTES[ask.operation]
        tenant = services.load("dataarts").tenants(1)[0].partition("/")
        given = {"project_id": tenant[0], **ask.members}
        query = encoded(route.query(given))
        path = (route.path(given) + (f"?{query}" if query else "")).encode()
        headers.append((b"workspace", tenant[2].encode()))
        body = json.dumps(route.body(given)).encode() if text is None else text
        return Sent(ask.api, route.method.encode(), path, headers, body)
    account, _, region = services.load(ask.api).tenants(1)[0].partition("/")
    scope = f"Credential={account}/20260101/{region}/x/aws4_request"
    headers += [
        (b"X-Amz-Target", f"{PREFIX[ask.api]}.{ask.operation}".encode()),
        (b"Content-Type", b"application/x-amz-json-1.1"),
        (b"Authorization", f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature={'0' * 64}".encode()),
    ]
    return Sent(ask.api, b"POST", b"/", headers, json.dumps(ask.members).encode() if text is None else text)


def sign(sent: Sent) -> None:
    """Say that somebody who may call has signed the request, which is not so."""
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()).encode()
    kept = [header for header in sent.headers if header[0] != b"Authorization"]
    names = b";".join(sorted({name.lower() for name, _ in kept} | {b"host"}))
    nothing = b"0" * 64
    if sent.api == "dataarts":
        told = b"SDK-HMAC-SHA256 Access=AKTEST, SignedHeaders=x-sdk-date;%s, Signature=%s" % (names, nothing)
        kept += [(b"X-Sdk-Date", now), (b"Authorization", told)]
    elif sent.api != CONTROL:
        scope = b"AKIDONE/%s/us-east-1/%s/aws4_request" % (now[:8], load(sent.api).service.encode())
        told = b"AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=x-amz-date;%s, Signature=%s" % (scope, names, nothing)
        kept += [(b"X-Amz-Date", now), (b"Authorization", told)]
    sent.headers = kept


@dataclass(frozen=True)
class Reply:
    """What was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connection:
    """A connection to a service."""

    def __init__(self, service: ReferenceService) -> None:
        place = urlsplit(service.url)
        self._socket = socket.create_connection((str(place.hostname), int(place.port or 0)), timeout=PATIENCE_S)
        self._file: IO[bytes] = self._socket.makefile("rb")

    def send(self, data: bytes) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(data)

    def end(self) -> None:
        """Say that nothing more is sent."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def reply(self, method: bytes = b"") -> Reply | None:
        """The next answer; None if the connection is closed instead. Whoever is kept waiting fails by `TimeoutError`."""
        try:
            return self._reply(method)
        except ConnectionResetError:
            return None

    def _reply(self, method: bytes) -> Reply | None:
        line = self._file.readline()
        if not line:
            return None
        version, status, *_ = line.split(b" ")
        assert version == b"HTTP/1.1", line
        headers: dict[str, str] = {}
        while (line := self._file.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            assert name.lower() not in headers, name
            headers[name.lower()] = value.strip()
        if status == b"100":
            return self._reply(method)
        length = int(headers.get("content-length", "0"))
        body = b"" if method == b"HEAD" else self._file.read(length)
        assert method == b"HEAD" or len(body) == length
        return Reply(int(status), headers, body)


_OF_CONTROL = {"error", "haltspec", "now", "row"}


def check(reply: Reply, method: bytes) -> None:
    """Fail unless an answer is one that a client can read and its sender can find again."""
    assert 200 <= reply.status < 500, reply
    assert "date" in reply.headers or reply.headers["connection"] == "close"
    if reply.status == 204:
        assert reply.body == b"" and "content-length" not in reply.headers
        assert "x-request-id" in reply.headers
        return
    assert "json" in reply.headers["content-type"]
    if method == b"HEAD":
        return
    body = decode_json(reply.body) if reply.body else None
    if isinstance(body, list) or (body and not _OF_CONTROL.isdisjoint(body)):
        return
    assert "x-amzn-requestid" in reply.headers or "x-request-id" in reply.headers, reply
    if reply.status >= 400:
        assert body and ("__type" in body or {"error_code", "error_msg"} <= set(body)), reply
        if "x-amzn-errortype" in reply.headers:
            assert body["__type"] == reply.headers["x-amzn-errortype"]


# ---- changes --------------------------------------------------------------------------------------------------------

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 7, 2**31, 2**63, -(2**63) - 1, 10**400, 0.5, -0.0, 1e308, 5e-324, 1e22),
    *(
        "",
        " ",
        "x",
        "0",
        "null",
        "\x00",
        "\u2028",
        "\U0001f600",
        "e\u0301",
        "../..",
        "%2e%2e",
        "'\"<>&;",
        "\x7f\x1b[2J",
    ),
    *([], [[]], {}, {"": None}, [None], [{}], {"a": {"b": {"c": []}}}),
    *("x" * 257, "\u00e9" * 2049, "0" * 5000, list(range(300)), {str(n): n for n in range(300)}),
)
HEAVY: tuple[Callable[[], Any], ...] = (
    lambda: "x" * 300_000,
    lambda: "\u4e2d" * 100_000,
    lambda: ["a"] * 60_000,
    lambda: {str(n): None for n in range(30_000)},
    lambda: _deep(88),
    lambda: _deep(95),
)


def _deep(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all values inside a value."""
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*at, key)
        yield from places(item, (*at, key))


def found_at(value: Any, at: tuple[Any, ...]) -> Any:
    for step in at:
        value = value[step]
    return value


def put(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    """A copy of a value with another at a path."""
    if not at:
        return new
    first, *rest = at
    inner = put(value[first], tuple(rest), new) if rest else new
    if isinstance(value, Mapping):
        return {**value, first: inner}
    return [*value[:first], inner, *value[first + 1 :]]


def without(value: Any, at: tuple[Any, ...]) -> Any:
    """A copy of a value without what is at a path."""
    outer = found_at(value, at[:-1])
    if isinstance(outer, Mapping):
        return put(value, at[:-1], {name: item for name, item in outer.items() if name != at[-1]})
    return put(value, at[:-1], [*outer[: at[-1]], *outer[at[-1] + 1 :]])


@st.composite
def shaped(draw: DrawFn, model: Mapping[str, Any], name: str, depth: int = 0) -> Any:
    """A value of a shape, or nearly: at its bounds, and seldom of its pattern."""
    shape = model[name]
    kind = shape["type"]
    if kind == "structure":
        members = list(shape["members"].items())
        if not members or depth > 3:
            return {}
        chosen = {draw(st.integers(0, len(members) - 1)) for _ in range(2)}
        needed = [number for number, (member, _) in enumerate(members) if member in shape.get("required", ())]
        picked = sorted(chosen.union(needed))
        return {members[n][0]: draw(shaped(model, members[n][1]["shape"], depth + 1)) for n in picked}
    if kind == "list":
        size = draw(st.sampled_from((1, 0, 2, min(shape.get("max", 3), 60) + 1)))
        return [draw(shaped(model, shape["member"]["shape"], depth + 1))] * size
    if kind == "map":
        return {"a": draw(shaped(model, shape["value"]["shape"], depth + 1))}
    if kind == "boolean":
        return draw(st.booleans())
    if kind in ("integer", "long", "float", "double", "timestamp"):
        low, high = shape.get("min", 0), shape.get("max", 2_000_000_000)
        return draw(st.sampled_from((low, high, low - 1, high + 1, (low + high) // 2, low + 0.5)))
    if shape.get("enum"):
        return draw(st.sampled_from(shape["enum"]))
    low, high = shape.get("min", 0), min(shape.get("max", 300), 3000)
    letter = draw(st.sampled_from(("a", "0", "-", "/", "\u00e9", " ")))
    return letter * draw(st.sampled_from((low, high, max(low - 1, 0), high + 1, min(low + 5, high))))


def input_shape(ask: Ask) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The shapes of an API, and the members of an operation's input."""
    model = shapes.load(load(ask.api)).model
    return model["shapes"], model["shapes"][model["operations"][ask.operation]["input"]["shape"]]["members"]


@st.composite
def members(draw: DrawFn, ask: Ask) -> Any:
    """The members of a request: as they are, with more of what its shape has, with others, or with less."""
    value: Any = ask.members
    for _ in range(draw(st.sampled_from((0, 0, 1, 1, 2, 3)))):
        way = draw(st.sampled_from(("more", "odd", "odd", "drop", "rename", "other", "heavy", "whole")))
        found = list(places(value))
        if way == "more" and ask.api != CONTROL and isinstance(value, dict):
            known, own = input_shape(ask)
            name = draw(st.sampled_from(sorted(own)))
            value = {**value, str(own[name].get("locationName", name)): draw(shaped(known, own[name]["shape"]))}
        elif way == "whole":
            value = draw(st.sampled_from(ODD))
        elif found:
            at = draw(st.sampled_from(found))
            if way == "odd":
                value = put(value, at, draw(st.sampled_from(ODD)))
            elif way == "other":
                value = put(value, at, found_at(value, draw(st.sampled_from(found))))
            elif way == "heavy" and draw(st.integers(0, 20)) == 20:
                value = put(value, at, draw(st.sampled_from(HEAVY))())
            elif way == "drop":
                value = without(value, at)
            elif way == "rename" and isinstance(at[-1], str):
                value = put(without(value, at), (*at[:-1], f" {at[-1]}"), found_at(value, at))
    return value


@st.composite
def texts(draw: DrawFn, value: Any) -> bytes:
    """The JSON of a value, or what is no JSON any more."""
    text = json.dumps(value, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    way = draw(st.sampled_from(("as it is",) * 12 + ("cut", "bytes", "token", "twice", "encoding", "around")))
    at = draw(st.integers(0, max(len(text) - 1, 0))) if way != "as it is" else 0
    if way == "cut":
        return text[:at]
    if way == "bytes":
        return text[:at] + draw(st.binary(min_size=1, max_size=6)) + text[at + draw(st.integers(0, 3)) :]
    if way == "token":
        token = draw(
            st.sampled_from(
                (
                    b"NaN",
                    b"-Infinity",
                    b"1e999",
                    b"9" * 5000,
                    b"01",
                    b"+1",
                    b"'a'",
                    b'"\\ud800"',
                    b'"\\u0000"',
                    b"tru",
                    b"[" * 4000,
                    b"//",
                    b'"\t"',
                    b"\xff",
                    b"\xed\xa0\x80",
                )
            )
        )
        start = text.find(b":", at) + 1
        return text[:start] + token + b"," + text[start:] if draw(st.booleans()) else text[:start] + token + b"}"
    if way == "twice":
        return text[:-1] + b"," + text[1:] if len(text) > 2 else b'{"a":1,"a":1}'
    if way == "encoding":
        return text.decode("utf-8", "replace").encode(
            draw(st.sampled_from(("utf-16", "utf-32", "utf-7", "utf-8-sig"))), "replace"
        )
    if way == "around":
        return draw(
            st.sampled_from(
                (b" " * 5000 + text, text + b"\x00", text + text, b"[" + text + b"]", b"", b"null", b'"' + text)
            )
        )
    return text


METHODS = (b"GET", b"PUT", b"DELETE", b"HEAD", b"OPTIONS", b"PATCH", b"TRACE", b"PROPFIND", b"POST")
PIECES = (
    b"%2F",
    b"%00",
    b"%2e%2e",
    b"%ff",
    b"%ed%a0%80",
    b"%",
    b"%zz",
    b"/",
    b"//",
    b"..",
    b";a=b",
    b"?",
    b"&limit=-1",
    b"&limit=9999999999999999999999",
    b"&offset=2147483648",
    b"&jobName=%ff",
    b"#",
    b"*",
    b"~",
    b"&jobType=x" * 30,
)
HEADERS: tuple[tuple[bytes, bytes], ...] = (
    *(
        (b"Content-Type", value)
        for value in (b"text/plain", b"", b"application/json; charset=utf-7", b"multipart/form-data")
    ),
    *(
        (b"X-Amz-Target", value)
        for value in (
            b"",
            b".",
            b"Comprehend_20171127.",
            b"x" * 9000,
            b"\xff.\xfe",
            b"RekognitionService.StopProjectVersion",
        )
    ),
    *(
        (b"Authorization", value)
        for value in (
            b"",
            b"Basic eA==",
            b"AWS4-HMAC-SHA256 " * 50,
            b"AWS4-HMAC-SHA256 Credential=/////",
            b"SDK-HMAC-SHA256 Access=a, SignedHeaders=host;x-sdk-date, Signature=" + b"0" * 64,
            b"Credential=" * 2000,
        )
    ),
    *((b"Expect", value) for value in (b"100-continue", b"200-ok")),
    *((b"workspace", value) for value in (b"", b"\xe9/\xff", b"default", b"x" * 5000, b"a/b")),
    *((b"x-moto-account-id", value) for value in (b"1", b"444455556666", b"\xb2" * 12, b"99999999999999")),
    *((b"X-Amz-Date", value) for value in (b"20260101T000000Z", b"99999999T999999Z", b"x")),
    *((b"Origin", value) for value in (b"null", b"http://evil.example")),
    *((b"Content-Encoding", value) for value in (b"gzip", b"br")),
    *((b"Accept", b"text/xml"), (b"Range", b"bytes=0-1"), (b"X", b"a" * 20_000), (b"Connection", b"keep-alive, x")),
    *((b"Cookie", b"a=b; " * 500), (b"Accept-Language", b"a," * 3000), (b"If-None-Match", b"*")),
)


@st.composite
def requests(draw: DrawFn, stage: Stage) -> Sent:
    """A request whose framing is right and which may be wrong in all else."""
    asks = stage.by_api[draw(st.sampled_from((*NAMES, CONTROL)))]
    ask = asks[draw(st.integers(0, len(asks) - 1))]
    value = draw(members(ask))
    if ask.api == "dataarts" and isinstance(value, dict):
        try:
            sent = plain(Ask(ask.api, ask.operation, value))
        except (UnicodeEncodeError, RecursionError, ValueError):
            sent = plain(ask)
        route = ROUTES[ask.operation]
        if len(sent.path) > 30_000 or b" " in sent.path:
            sent.path = plain(ask).path
        if draw(st.booleans()):
            sent.body = draw(texts(route.body(value)))
    else:
        sent = plain(ask, draw(texts([value] if ask.api == CONTROL and ask.operation.startswith("PUT") else value)))
    if stage.is_guarded:
        sign(sent)
    for _ in range(draw(st.sampled_from((0, 0, 0, 1, 2)))):
        way = draw(
            st.sampled_from(("method", "path", "add", "add", "drop", "double", "many", "old", "chunked", "target"))
        )
        if way == "method":
            sent.method = draw(st.sampled_from(METHODS))
        elif way == "path":
            at = draw(st.integers(1, len(sent.path)))
            sent.path = sent.path[:at] + draw(st.sampled_from(PIECES)) + sent.path[at:]
        elif way == "add":
            sent.headers.append(draw(st.sampled_from(HEADERS)))
        elif way == "drop" and len(sent.headers) > 1:
            del sent.headers[draw(st.integers(1, len(sent.headers) - 1))]
        elif way == "double":
            sent.headers.append(
                sent.headers[draw(st.integers(1, len(sent.headers) - 1))] if len(sent.headers) > 1 else (b"X", b"y")
            )
        elif way == "many":
            sent.headers += [(b"X-%d" % number, b"y") for number in range(draw(st.sampled_from((50, 200))))]
        elif way == "old":
            sent.version = b"HTTP/1.0"
        elif way == "chunked":
            sent.is_chunked = True
        elif way == "target":
            sent.headers = [(name, b"x" + value if name == b"X-Amz-Target" else value) for name, value in sent.headers]
    if b"#" in sent.path or (sent.method == b"HEAD" and sent.is_chunked):
        sent.path, sent.method = sent.path.replace(b"#", b"%23"), b"POST"
    return sent


FRAMES: tuple[Callable[[bytes], bytes], ...] = (
    lambda data: data.replace(b"Content-Length: ", b"Content-Length: 1", 1),
    lambda data: data.replace(b"Content-Length: ", b"Content-Length: -", 1),
    lambda data: data.replace(b"Content-Length: ", b"Content-Length: 0, ", 1),
    lambda data: data.replace(b"Content-Length: ", b"Content-Length: 999999999999999999", 1),
    lambda data: data.replace(b"Content-Length: ", b"Content-Length: 1\r\nContent-Length: ", 1),
    lambda data: data.replace(b"Content-Length: ", b"Transfer-Encoding: chunked\r\nContent-Length: ", 1),
    lambda data: data.replace(b"Content-Length: ", b"Transfer-Encoding: gzip\r\nX: ", 1),
    lambda data: data.replace(b"Content-Length: ", b"Transfer-Encoding: chunked\r\nX: ", 1),
    lambda data: data.replace(b"Content-Length: ", b"X: ", 1),
    lambda data: data.replace(b"\r\n", b"\n"),
    lambda data: data.replace(b"\r\n", b"\r\n ", 3),
    lambda data: data.replace(b": ", b" : ", 2),
    lambda data: data.replace(b"HTTP/1.1", b"HTTP/2.0", 1),
    lambda data: data.replace(b"HTTP/1.1", b"", 1),
    lambda data: data.replace(b"Host: localhost\r\n", b"", 1),
    lambda data: data.replace(b"Host: localhost", b"Host: [\r\nHost: ]", 1),
    lambda data: data.replace(b"Host: localhost", b"Connection: Upgrade\r\nUpgrade: websocket\r\nHost: x", 1),
    lambda data: data.replace(b"Host: localhost", b"Connection: close\r\nHost: x", 1) + data,
    lambda data: data.replace(b" /", b" http://[::1/", 1),
    lambda data: data.replace(b"Host: ", b"Host: \x00", 1),
    lambda data: data + data,
    lambda data: data * 3 + b"GET",
    lambda data: b"\r\n\r\n" + data,
    lambda data: b"\x16\x03\x01" + data,
    lambda data: data[: len(data) // 2],
    lambda data: data[:-1],
    lambda data: data + b"x",
)


@st.composite
def raw(draw: DrawFn, stage: Stage) -> bytes:
    """Bytes that are a request no more, or several in one."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=200)) + b"\r\n\r\n"
    sent = draw(requests(stage))
    if sent.method == b"HEAD":
        sent.method = b"GET"  # of answers without bodies nobody could tell where the next begins
    data = sent.encoded()
    data = FRAMES[draw(st.integers(0, len(FRAMES) - 1))](data)
    for _ in range(draw(st.sampled_from((0, 0, 1, 3)))):
        at = draw(st.integers(0, min(len(data), 600)))
        data = data[:at] + draw(st.binary(max_size=3)) + data[at + draw(st.integers(0, 2)) :]
    return data


def hostile(stage: Stage) -> SearchStrategy[Sent | bytes]:
    return st.one_of(requests(stage), requests(stage), requests(stage), raw(stage))


# ---- the run --------------------------------------------------------------------------------------------------------


def send(stage: Stage, what: Sent | bytes) -> None:
    """Send one hostile request, and fail unless all that is answered is clean."""
    stage.sent += 1
    if isinstance(what, bytes):
        connection = Connection(stage.service)
        connection.send(what)
        connection.end()
        replies = 0
        while (reply := connection.reply(b"")) is not None:
            replies += 1
            stage.statuses[reply.status] += 1
            check(reply, b"")
        stage.unanswered += not replies
        connection.close()
        return
    if stage.connection is None:
        stage.connection = Connection(stage.service)
    stage.connection.send(what.encoded())
    reply = stage.connection.reply(what.method)
    if reply is None:  # the connection was closed for the request before, or idle for too long
        stage.connection.close()
        stage.connection = Connection(stage.service)
        stage.connection.send(what.encoded())
        reply = stage.connection.reply(what.method)
    assert reply is not None, "no answer"
    stage.statuses[reply.status] += 1
    check(reply, what.method)
    if reply.headers.get("connection") == "close":
        stage.connection.close()
        stage.connection = None


def behave(stage: Stage) -> None:
    """Fail unless somebody who behaves is served."""
    assert stage.service.process.is_running
    if stage.is_guarded:
        keys = {"aws_access_key_id": "AKIDONE", "aws_secret_access_key": "one"}
        client = stage.clients.setdefault("comprehend", stage.service.client("comprehend", **keys))
        found = client.describe_dominant_language_detection_job(JobId=stage.job)
    else:
        if stage.healthy is None or stage.sent % 1000 == 0:
            if stage.healthy is not None:
                stage.healthy.close()
            stage.healthy = Connection(stage.service)
        asked = Ask("comprehend", "DescribeDominantLanguageDetectionJob", {"JobId": stage.job})
        stage.healthy.send(plain(asked).encoded())
        reply = stage.healthy.reply()
        assert reply is not None and reply.status == 200, reply
        found = json.loads(reply.body)
    assert found["DominantLanguageDetectionJobProperties"]["JobId"] == stage.job


def resident(service: ReferenceService) -> int:
    lines = Path(f"/proc/{service.process.pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


def attack(stage: Stage, at_least: int) -> None:
    """Send so many hostile requests; fail if one is not answered cleanly, or somebody who behaves is not served."""

    @settings(
        max_examples=-(-at_least // BATCH),
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
        database=None,
        deadline=None,
    )
    @given(st.lists(hostile(stage), min_size=BATCH, max_size=BATCH))
    def send_batch(batch: list[Sent | bytes]) -> None:
        for what in batch:
            send(stage, what)
        behave(stage)

    while stage.sent < at_least:
        send_batch()


def run(stage: Stage, at_least: int) -> None:
    """Attack a service, print the figures, and fail unless it has stood."""
    service = stage.service
    before, files, began, log = resident(service), open_files(service), time.monotonic(), service.process.log()
    attack(stage, at_least)
    seconds, after = time.monotonic() - began, resident(service)
    jobs = sum(service.control("GET", "")["jobs"].values())
    stage.close()
    told = ", ".join(f"{status}: {count}" for status, count in sorted(stage.statuses.items()))
    faults = sum(count for status, count in stage.statuses.items() if status >= 500)
    print(
        f"\n{stage.sent} hostile requests in {seconds:.0f} s, {stage.statuses.total()} answers ({told}), "
        f"{stage.unanswered} cut or ignored; 500s: {faults}; crashes: {int(not service.process.is_running)}; "
        f"memory: {before / 2**20:.0f} MiB before, {after / 2**20:.0f} MiB after, with {jobs} jobs"
    )
    assert faults == 0 and stage.statuses.keys() <= CLEAN
    assert service.process.is_running and service.process.log() == log
    assert after - before < GROWTH
    assert open_files(service) < files + 20


def open_files(service: ReferenceService) -> int:
    return len(os.listdir(f"/proc/{service.process.pid}/fd"))


def judged(journal: Path) -> str:
    """What `haltspec check` says of a journal that is possible."""
    command = [sys.executable, "-m", "haltspec", "check", str(journal)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, ""), found.stdout[-5000:] + found.stderr
    return found.stdout


def stand(journal: Path, at_least: int) -> None:
    """Attack a service that anybody may call, and judge its journal."""
    with ReferenceService(pace="timed", options=["--journal", str(journal), "--delay", "0.05,0.3"]) as service:
        stage = Stage(service)
        stage.prepare()
        run(stage, at_least)
    wanted = (200, 400) if at_least < SOME else (200, 204, 400, 404, 413)
    assert min(stage.statuses[status] for status in wanted) > 0
    print(judged(journal))


class TestHostile:
    """What is sent is answered cleanly, and what becomes of the jobs stays possible."""

    def test_a_few_requests(self, tmp_path: Path) -> None:
        stand(tmp_path / "journal.ndjson", FEW)

    @pytest.mark.slow
    def test_many_requests(self, tmp_path: Path) -> None:
        """200,000 with `HALTSPEC_PROFILE=nightly`."""
        stand(tmp_path / "journal.ndjson", MANY if os.environ.get("HALTSPEC_PROFILE") == "nightly" else SOME)

    def test_where_signatures_are_checked(self, tmp_path: Path) -> None:
        """Signatures that are none, or of nothing, neither break anything nor let anybody in."""
        journal, keys = tmp_path / "journal.ndjson", tmp_path / "keys.json"
        keys.write_text(json.dumps(KEYS))
        options = ["--journal", str(journal), "--delay", "0.05,0.3"]
        with ReferenceService(pace="timed", options=options) as service:
            stage = Stage(service)
            stage.prepare()
        with ReferenceService(pace="timed", options=[*options, "--credentials", str(keys)]) as service:
            there = service.control("GET", "")["jobs"]
            stage.service, stage.is_guarded = service, True
            run(stage, FEW)
            assert service.control("GET", "")["jobs"] == there
        assert stage.statuses[400] > 0 and stage.statuses[401] > 0 and stage.statuses[204] == 0
        judged(journal)
