"""What tests of the wire share: calls to a host in this process, and to a service on a port, byte by byte."""

from __future__ import annotations

import asyncio
import http.client
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest

from haltspec import shapes
from haltspec.spec import Api
from haltspec.trace import Call
from haltspec.wire.host import Host
from haltspec.wire.http import Request
from haltspec_properties import asks
from haltspec_properties.clients import ReferenceService
from haltspec_properties.session import Session

pytest.register_assert_rewrite("tests.wire.stories")

from tests.wire.clients import AwsCli, Boto3, Caller, Javascript, installed  # noqa: E402
from tests.wire.stories import Scene, Stage  # noqa: E402


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


async def called(
    host: Host, api: Api, operation: str, members: Mapping[str, Any], tenant: str, client: str = ""
) -> Call:
    """A call to a host, with the answer as its client sees it."""
    start = host.now()
    response = await host.answer(written(api, operation, members, tenant, client))
    end = host.now()
    if response is None:
        return Call(api.name, operation, tenant, client, start, None, members, None)
    reply = json.loads(response.body) if response.body else None
    error = (reply or {}).get("__type") or (reply or {}).get("error_code") if response.status >= 300 else None
    return Call(api.name, operation, tenant, client, start, end, members, response.status, error, reply)


def some_call(session: Session, tenants: Sequence[str], rng: Random) -> tuple[str, Mapping[str, Any], str]:
    """A call as clients make them, at random: operation, request, tenant. A few of the youngest jobs are acted on."""
    jobs = session.jobs[-8:]
    if len(jobs) < 3 or rng.random() < 0.15:
        name, token = rng.choice((10 + len(session.calls), 1, 2)), rng.choice((None, "token-of-all"))
        ask = rng.choice(asks.creations(session, rng.choice(tenants), name, token=token))
        return ask.operation, ask.request, ask.tenant
    known = rng.choice(jobs)
    lists = asks.lists(session, known)
    if lists and rng.random() < 0.25:
        binding, members = rng.choice(lists)
        parent, made = asks.parent_for(binding, known), session.prelude(known.key.tenant)
        request = session.service.listing(binding, known.key.tenant, parent, made)
        return binding.operation, {**request, **members}, known.key.tenant
    ask = rng.choice((*asks.calls_on(session, known, *asks.BY_ID), *asks.again(known)))
    return ask.operation, ask.request, ask.tenant


@dataclass(frozen=True)
class HostAdapter:
    """An adapter (`haltspec_properties.adapters.Adapter`) to a host in this process."""

    host: Host
    api: Api
    loop: asyncio.AbstractEventLoop

    def call(self, operation: str, request: Mapping[str, Any], *, tenant: str, client: str) -> Call:
        """Make one call."""
        return self.loop.run_until_complete(called(self.host, self.api, operation, request, tenant, client))


class Inside:
    """Ways to call hosts in this process."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()

    called = staticmethod(called)
    written = staticmethod(written)
    some_call = staticmethod(some_call)

    def adapter(self, host: Host, api: Api) -> HostAdapter:
        """An adapter to a host."""
        return HostAdapter(host, api, self.loop)


class Clock:
    """A clock that goes on by ten milliseconds whenever somebody looks."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        self.now += 0.01
        return self.now


@pytest.fixture(scope="session")
def inside() -> Iterator[Inside]:
    """Ways to call hosts in this process."""
    made = Inside()
    yield made
    made.loop.close()


@pytest.fixture
def clock() -> Clock:
    """A clock."""
    return Clock()


@pytest.fixture(scope="session")
def clocks() -> type[Clock]:
    """Makes clocks, all of which begin at the same time."""
    return Clock


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


# ---- clients as they are published ----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def javascript_home(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the JavaScript clients are installed: with what pytest keeps, so that it is done once."""
    cache = pytestconfig.cache
    home = Path(cache.mkdir("wire-javascript")) if cache is not None else tmp_path_factory.mktemp("javascript")
    return installed(home)


@pytest.fixture(scope="session")
def _stage_of(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Callable[[str], Stage]]:
    """Makes a service at a pace, and then scenes on it, each with a client that is started when it is first needed."""
    accounts = itertools.count(100_000_000_000)
    with ExitStack() as stack:

        def made(pace: str) -> Stage:
            journal = tmp_path_factory.mktemp("journal") / f"{pace}.ndjson"
            service = ReferenceService(pace=pace, delay_s=(0.1, 0.2), options=["--journal", str(journal)])
            stack.enter_context(service)

            @cache
            def caller(client: str) -> Caller:
                if client == "boto3":
                    return Boto3(service)
                if client == "aws-cli":
                    return stack.enter_context(AwsCli(service))
                assert client == "javascript"
                return stack.enter_context(Javascript(service, request.getfixturevalue("javascript_home")))

            return lambda client: Scene(caller(client), service, journal, str(next(accounts)))

        yield made


@pytest.fixture(scope="session")
def by_hand(_stage_of: Callable[[str], Stage]) -> Stage:
    """Makes scenes on a service that moves nothing by itself."""
    return _stage_of("manual")


@pytest.fixture(scope="session")
def in_time(_stage_of: Callable[[str], Stage]) -> Stage:
    """Makes scenes on a service that moves in its own time."""
    return _stage_of("timed")
