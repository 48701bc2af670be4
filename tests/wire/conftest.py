"""What tests of the wire share: calls to a host in this process, and to a service on a port, byte by byte."""

from __future__ import annotations

import asyncio
import http.client
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest

from haltspec import shapes
from haltspec.spec import Api
from haltspec.trace import Call
from haltspec.wire.host import Host
from haltspec.wire.http import Request
from haltspec_properties.clients import ReferenceService


def written(api: Api, operation: str, members: Mapping[str, Any], tenant: str, client: str = "") -> Request:
    """A call as a request on the wire."""
    if api.name == "dataarts":
        return _rest(api, operation, members, tenant, client)
    metadata = shapes.load(api).model["metadata"]
    account, _, region = tenant.partition("/")
    scope = f"{account}/20260101/{region}/{metadata.get('signingName', metadata['endpointPrefix'])}/aws4_request"
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": f"{metadata['targetPrefix']}.{operation}",
        "authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}",
    }
    return Request("POST", "/", "", headers, json.dumps(members, default=dict).encode(), client)


def _rest(api: Api, operation: str, members: Mapping[str, Any], tenant: str, client: str) -> Request:
    model = shapes.load(api).model
    declared = model["operations"][operation]
    places = model["shapes"][declared["input"]["shape"]]["members"]
    project, _, workspace = tenant.partition("/")
    path, query, body = declared["http"]["requestUri"].replace("{project_id}", project), {}, {}
    for name, value in members.items():
        where = places.get(name, {}).get("location", "")
        if where == "uri":
            path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
        elif where == "querystring":
            query[name] = value
        elif not where:
            body[name] = value
    text = json.dumps(body, default=dict).encode() if body else b""
    return Request(declared["http"]["method"], path, urlencode(query), {"workspace": workspace}, text, client)


@dataclass
class HostAdapter:
    """An adapter (`haltspec_properties.adapters.Adapter`) to a host in this process.

    Args:
        host: the host.
        api: the API that is called.
        loop: where the host runs.
    """

    host: Host
    api: Api
    loop: asyncio.AbstractEventLoop
    sent: list[Call] = field(default_factory=list)

    def call(self, operation: str, request: Mapping[str, Any], *, tenant: str, client: str) -> Call:
        """Make one call."""
        start = self.host.now()
        asked = written(self.api, operation, request, tenant, client)
        response = self.loop.run_until_complete(self.host.answer(asked))
        end = self.host.now()
        reply = json.loads(response.body) if response is not None and response.body else {}
        failed = response is not None and response.status >= 300
        error = (reply.get("__type") or reply.get("error_code")) if failed else None
        made = Call(
            self.api.name,
            operation,
            tenant,
            client,
            start,
            None if response is None else end,
            request,
            None if response is None else response.status,
            error,
            reply,
        )
        self.sent.append(made)
        return made


Connect = Callable[[Host, Api], HostAdapter]


@pytest.fixture(scope="session")
def connect() -> Iterator[Connect]:
    """Makes adapters to hosts."""
    loop = asyncio.new_event_loop()
    yield lambda host, api: HostAdapter(host, api, loop)
    loop.close()


@pytest.fixture(scope="session")
def ticking() -> Callable[[], Callable[[], float]]:
    """Makes clocks that go on by ten milliseconds whenever somebody looks."""

    def made() -> Callable[[], float]:
        ticks = itertools.count(170_000_000_000)
        return lambda: next(ticks) / 100

    return made


# ---- a service on a port --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Got:
    """A response as it arrived: header names in lower case, the body undecoded."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The decoded body."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Wire:
    """A connection to a service that says just what it is told to."""

    service: ReferenceService

    def send(
        self, method: str, target: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Got:
        """The response to a request."""
        connection = http.client.HTTPConnection(urlsplit(self.service.url).netloc, timeout=10)
        try:
            connection.request(method, target, body, dict(headers or {}))
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Got(response.status, found, response.read())
        finally:
            connection.close()

    def aws(self, target: str | None, body: bytes | Any = b"{}", **headers: str) -> Got:
        """The response to a call of an AWS API; a body that is no bytes is sent as JSON."""
        given = {"Content-Type": "application/x-amz-json-1.1", **headers}
        if target is not None:
            given["X-Amz-Target"] = target
        return self.send("POST", "/", body if isinstance(body, bytes) else json.dumps(body).encode(), given)


@pytest.fixture(scope="session")
def _still_service() -> Iterator[ReferenceService]:
    with ReferenceService() as service:
        yield service


@pytest.fixture
def wire(_still_service: ReferenceService) -> Wire:
    """A connection to a service without jobs that moves nothing by itself."""
    _still_service.reset()
    return Wire(_still_service)


@pytest.fixture
def wire_to() -> Callable[[ReferenceService], Wire]:
    """Makes a connection to another service."""
    return Wire
