"""Adapters: how calls reach an implementation under test, and how its answers become trace calls.

An adapter has one method, `call`; whoever wants another implementation judged writes that and nothing else. What it
returns is what stood on the wire, so that a library's tolerance hides nothing.
"""

from __future__ import annotations

import importlib
import ipaddress
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Final, Protocol
from urllib.parse import urlsplit

from haltspec import shapes
from haltspec.errors import AdapterFailure, Misuse, Unknown
from haltspec.reference import Reference
from haltspec.spec import Api
from haltspec.trace import Call, decode_json, error_code
from haltspec.wire.routes import DEFAULT_WORKSPACE, Route, encoded, routes

TENANTS: Final = ("111122223333/us-east-1", "111122223333/eu-west-1", "444455556666/us-east-1")
"""Tenants of the AWS APIs for an implementation on loopback: two regions of one account, and another account."""

ACCOUNT_HEADER: Final = "x-moto-account-id"
"""The request header by which moto tells accounts apart; other implementations ignore it."""

_MAKING: Final = threading.Lock()
"""Held while a client is made: botocore's sessions are not made for several threads, its clients are."""

_TICK_S: Final = 1e-6
_TEXT_CHARACTERS: Final = 2000
_SECRET: Final = "haltspec"
_NOT_SET: Final = (None, None, None, None)
_NO_FILE: Final = (None, None, os.devnull, None)


class Adapter(Protocol):
    """Anything that takes a call to an implementation and brings back the answer.

    One whose attribute `is_concurrent` is true is called from several threads at once.
    """

    def call(self, operation: str, request: Mapping[str, Any], *, tenant: str, client: str) -> Call:
        """Make one call and wait for its answer.

        Args:
            operation: the vendor's name of the operation.
            request: the request's members as they shall stand on the wire; malformed ones are sent as they are.
            tenant: whose jobs it is about, as in `Api.tenancy`.
            client: who calls, for the record.

        Returns:
            The call; its `end` and `status` are None if no answer came, so that its effect is unknown.

        Raises:
            AdapterFailure: the implementation cannot be reached at all.
        """
        ...


class ReferenceAdapter:
    """Calls a reference model in this process.

    Args:
        reference: the model.
        clock: the time in epoch seconds; the model's own clock if left out. Calls are kept apart by a microsecond
            where it stands still, so that their order is known.
        alone: nobody else calls, nor moves a job from outside the API; see `Call.alone`.
    """

    def __init__(self, reference: Reference, *, clock: Callable[[], float] | None = None, alone: bool = True) -> None:
        self.reference = reference
        self.alone = alone
        self._clock = clock or reference.clock
        self._last = float("-inf")

    def call(self, operation: str, request: Mapping[str, Any], *, tenant: str, client: str) -> Call:
        """As `Adapter.call`; an answer always comes."""
        start = self._tick()
        answer = self.reference.call(operation, request, tenant=tenant)
        return Call(
            api=self.reference.api.name,
            operation=operation,
            tenant=tenant,
            client=client,
            start=start,
            end=self._tick(),
            request=request,
            status=answer.status,
            error=answer.error,
            reply=answer.reply,
            alone=self.alone,
        )

    def _tick(self) -> float:
        self._last = max(self._clock(), self._last + _TICK_S)
        return self._last


@dataclass(frozen=True, slots=True)
class RawReply:
    """An answer as it stood on the wire: HTTP status, headers (names in lower case), and the bytes of the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class AwsAdapter:
    """Calls an implementation of an AWS JSON API through botocore's client, signer and connection pool.

    botocore makes the envelope (target, content type, signature); the body is the request as JSON, unchanged: nothing
    is validated, filled in or rounded on the way out. The answer is read from its bytes, not from botocore's parser.
    Nothing is retried. It may be used by several threads at once.

    Args:
        api: the API to call.
        endpoint_url: where it is served; None for the vendor's own endpoint.
        clock: the time in epoch seconds.
        timeout_s: how long to wait for a connection, and for an answer.
        profiles: tenant to the profile (in the usual AWS configuration) with its credentials; None names the usual
            chain of environment, profile and role. A tenant that is not in it calls with its account id as access
            key, as emulators understand it.
        alone: nobody else calls in these tenants while the adapter is used; see `Call.alone`.
        unanswered: how many calls in a row may stay without an answer before the implementation counts as gone.
    """

    is_concurrent: ClassVar[bool] = True

    def __init__(
        self,
        api: Api,
        endpoint_url: str | None,
        *,
        clock: Callable[[], float] = time.time,
        timeout_s: float = 10.0,
        profiles: Mapping[str, str | None] | None = None,
        alone: bool = False,
        unanswered: int = 10,
    ) -> None:
        self.api = api
        self.endpoint_url = endpoint_url
        self.alone = alone
        self._clock = clock
        self._timeout_s = timeout_s
        self._profiles = dict(profiles or {})
        self._patience = _Patience(endpoint_url or api.service, timeout_s, unanswered)
        self._clients: dict[str, _Client] = {}
        self._making = threading.Lock()
        self._here = threading.local()

    @property
    def raw(self) -> RawReply | None:
        """The answer to this thread's latest call as it stood on the wire; None if no answer came."""
        reply = getattr(self._here, "raw", None)
        return reply if isinstance(reply, RawReply) else None

    def call(self, operation: str, request: Mapping[str, Any], *, tenant: str, client: str) -> Call:
        """As `Adapter.call`; `Unknown` if botocore does not know the operation, `Misuse` for a wrong tenant."""
        caller = self._client(tenant)
        start = self._clock()
        self._here.raw = raw = caller.send(operation, request)
        end = max(start, self._clock())
        self._patience.count(raw)
        body = None if raw is None else _decoded(raw.body)
        failed = raw is not None and raw.status >= 300
        return Call(
            api=self.api.name,
            operation=operation,
            tenant=tenant,
            client=client,
            start=start,
            end=None if raw is None else end,
            request=request,
            status=None if raw is None else raw.status,
            error=_error_code(raw, body) if raw is not None and failed else None,
            reply=_known(body, raw, self.api, operation),
            alone=self.alone,
        )

    def _client(self, tenant: str) -> _Client:
        with self._making:  # once for all threads: it takes long
            if tenant not in self._clients:
                profile = self._profiles.get(tenant, _MADE_UP)
                self._clients[tenant] = _Client(self.api, self.endpoint_url, tenant, profile, self._timeout_s)
            return self._clients[tenant]


class _Caught(Exception):
    """Carries an answer past botocore's parser."""

    def __init__(self, reply: RawReply) -> None:
        self.reply = reply
        super().__init__()


class _MadeUp:
    """Says that credentials are made up from the account id."""


_MADE_UP: Final = _MadeUp()


class _Client:
    """botocore's client of one tenant, with what it adds to a request switched off and its answers caught."""

    def __init__(
        self, api: Api, endpoint_url: str | None, tenant: str, profile: str | _MadeUp | None, timeout_s: float
    ) -> None:
        account, region = _account_and_region(tenant)
        session, credentials = _session(account, profile)
        on_loopback = endpoint_url is not None and is_loopback(endpoint_url)
        self._headers = {ACCOUNT_HEADER: account} if on_loopback else {}
        self._here = threading.local()
        config = _library("botocore.config").Config(
            connect_timeout=timeout_s,
            read_timeout=timeout_s,
            parameter_validation=False,
            retries={"total_max_attempts": 1, "mode": "standard"},
            proxies={} if on_loopback else None,
            use_fips_endpoint=False if on_loopback else None,
            use_dualstack_endpoint=False if on_loopback else None,
        )
        self._target = endpoint_url or api.service
        with _faults_of(session, self._target), _MAKING:
            self._client = session.create_client(
                api.service, region_name=region, endpoint_url=endpoint_url, config=config, **credentials
            )
        self._operations = {wire: method for method, wire in self._client.meta.method_to_api_mapping.items()}
        handlers = _library("botocore.handlers")
        self._client.meta.events.unregister("before-parameter-build", handlers.generate_idempotent_uuid)
        self._client.meta.events.register("before-call", self._fill)
        self._client.meta.events.register("before-parse", self._catch)

    def send(self, operation: str, request: Mapping[str, Any]) -> RawReply | None:
        """Send a request; None if no answer came."""
        try:
            method = self._operations[operation]
        except KeyError:
            raise Unknown("operation", operation, self._operations) from None
        exceptions = _library("botocore.exceptions")
        self._here.body = json.dumps(request, allow_nan=False, default=dict).encode()
        try:
            getattr(self._client, method)()
        except _Caught as caught:
            return caught.reply
        except (exceptions.HTTPClientError, exceptions.ConnectionError):
            return None
        except exceptions.BotoCoreError as error:
            raise AdapterFailure(self._target, str(error), "correct what botocore names, or the profile") from None
        raise AssertionError("botocore did not announce an answer before it parsed it")

    def _fill(self, params: dict[str, Any], **_: Any) -> None:
        """Put the request in place of the empty one that botocore serialised."""
        params["body"] = self._here.body
        params["headers"].update(self._headers)

    def _catch(self, response_dict: Mapping[str, Any], **_: Any) -> None:
        """Take the answer away before it is parsed."""
        headers = {str(name).lower(): str(value) for name, value in response_dict["headers"].items()}
        raise _Caught(RawReply(response_dict["status_code"], headers, response_dict["body"]))


class HuaweiAdapter:
    """Calls an implementation of the DataArts API over HTTP, signed as Huawei's SDK signs.

    Members go where the shape file says, malformed ones as they are. What stands in a path or a query is recorded as it
    arrives there: as a text, or as what the text means. Nothing is retried; redirects are not followed.

    Args:
        api: the API to call.
        endpoint_url: where it is served.
        keys: project to its access key and secret key; a project that is not in it calls with made-up ones.
        clock, timeout_s, alone, unanswered: as for `AwsAdapter`.
    """

    is_concurrent: ClassVar[bool] = True

    def __init__(
        self,
        api: Api,
        endpoint_url: str,
        *,
        clock: Callable[[], float] = time.time,
        timeout_s: float = 10.0,
        keys: Mapping[str, tuple[str, str]] | None = None,
        alone: bool = False,
        unanswered: int = 10,
    ) -> None:
        self.api = api
        self.endpoint_url = endpoint_url
        self.alone = alone
        self._clock = clock
        self._keys = dict(keys or {})
        self._patience = _Patience(endpoint_url, timeout_s, unanswered)
        self._routes = {route.operation: route for route in routes(api)}
        place = urlsplit(endpoint_url)
        if place.scheme not in ("http", "https") or not place.hostname:
            raise AdapterFailure(endpoint_url, "this is no address", "give http://HOST:PORT")
        self._scheme, self._host = place.scheme, place.netloc
        urllib3 = _library("urllib3")
        limits = urllib3.Timeout(connect=timeout_s, read=timeout_s)
        self._pool = urllib3.PoolManager(timeout=limits, retries=False, maxsize=64)

    def call(self, operation: str, request: Mapping[str, Any], *, tenant: str, client: str) -> Call:
        """As `Adapter.call`; `Unknown` if there is no such operation, `Misuse` for a wrong tenant."""
        try:
            route = self._routes[operation]
        except KeyError:
            raise Unknown("operation", operation, self._routes) from None
        project, slash, workspace = tenant.partition("/")
        if not slash:
            raise Misuse(f"{tenant!r} is no tenant", "give a project and a workspace, as in PROJECT_ID/WORKSPACE")
        made = self._signed(route, {**request, "project_id": project}, project, workspace)
        start = self._clock()
        raw = self._sent(made)
        end = max(start, self._clock())
        self._patience.count(raw)
        body = None if raw is None else _decoded(raw.body)
        failed = raw is not None and raw.status >= 300
        return Call(
            api=self.api.name,
            operation=operation,
            tenant=tenant,
            client=client,
            start=start,
            end=None if raw is None else end,
            request=route.arrived(request),
            status=None if raw is None else raw.status,
            error=_huawei_code(raw, body) if raw is not None and failed else None,
            reply=_known(body, raw, self.api, operation),
            alone=self.alone,
        )

    def _signed(self, route: Route, members: Mapping[str, Any], project: str, workspace: str) -> Any:
        """The request as Huawei's SDK would send it."""
        sdk_request = _library("huaweicloudsdkcore.sdk_request").SdkRequest
        signer = _library("huaweicloudsdkcore.signer.signer").Signer
        credentials = _library("huaweicloudsdkcore.auth.credentials").BasicCredentials
        body = route.body(members)
        headers = {"Content-Type": "application/json", "X-Project-Id": project, "Host": self._host}
        if members.get("workspace") is not None or workspace != DEFAULT_WORKSPACE:
            headers["workspace"] = str(members.get("workspace", workspace))
        made = sdk_request(
            method=route.method,
            schema=self._scheme,
            host=self._host,
            resource_path=route.path(members),
            query_params=route.query(members),
            header_params=headers,
            body=json.dumps(body, allow_nan=False, default=dict).encode() if body else b"",
        )
        access_key, secret_key = self._keys.get(project, (_SECRET, _SECRET))
        return signer(credentials(access_key, secret_key, project)).sign(made)

    def _sent(self, made: Any) -> RawReply | None:
        """The answer to a signed request; None if none came."""
        exceptions = _library("urllib3.exceptions")
        url = f"{self._scheme}://{self._host}{made.resource_path}"
        query = encoded(made.query_params)
        try:
            response = self._pool.request(
                made.method,
                f"{url}?{query}" if query else url,
                body=made.body or None,
                headers=made.header_params,
                redirect=False,
            )
        except exceptions.HTTPError:
            return None
        headers = {str(name).lower(): str(value) for name, value in response.headers.items()}
        return RawReply(response.status, headers, response.data)


class _Patience:
    """Gives up on an implementation that does not answer.

    Args:
        target: its name in the message.
        timeout_s: how long was waited for an answer.
        most: how many calls in a row may stay without one.
    """

    def __init__(self, target: str, timeout_s: float, most: int) -> None:
        self._target = target
        self._timeout_s = timeout_s
        self._most = most
        self._unanswered = 0
        self._has_answered = False

    def count(self, raw: RawReply | None) -> None:
        """Remember that an answer came, or none; raises `AdapterFailure` when it is enough."""
        if raw is not None:
            self._has_answered = True
            self._unanswered = 0
            return
        self._unanswered += 1
        remedy = "start it, or give the address it listens on"
        if not self._has_answered:
            raise AdapterFailure(self._target, f"no answer within {self._timeout_s:g} s", remedy)
        if self._unanswered >= self._most:
            raise AdapterFailure(self._target, f"{self._unanswered} calls in a row were not answered", remedy)


def aws_tenant(profile: str | None) -> str:
    """The account and region of a profile of the usual AWS configuration; None: those of the usual chain.

    Raises:
        Misuse: the configuration does not tell them.
    """
    session = _library("botocore.session").Session(profile=profile)
    with _faults_of(session, f"profile {profile or 'default'}"):
        credentials, region = session.get_credentials(), session.get_config_variable("region")
    account = getattr(credentials, "account_id", None)
    told = f"profile {profile!r}" if profile else "the AWS configuration"
    if credentials is None:
        raise Misuse(f"{told} has no credentials", "set them as for the AWS CLI")
    if not account or not region:
        what = "region" if account else "account id"
        remedy = "set region and aws_account_id there, or AWS_REGION and AWS_ACCOUNT_ID"
        raise Misuse(f"{told} does not tell the {what}", remedy)
    return f"{account}/{region}"


def is_loopback(endpoint_url: str) -> bool:
    """True if the address is on this machine's loopback interface."""
    host = urlsplit(endpoint_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _account_and_region(tenant: str) -> tuple[str, str]:
    account, slash, region = tenant.partition("/")
    if not (slash and region and len(account) == 12 and account.isascii() and account.isdigit()):
        raise Misuse(f"{tenant!r} is no tenant", "give 12 digits and a region, as in 111122223333/us-east-1")
    return account, region


def _session(account: str, profile: str | _MadeUp | None) -> tuple[Any, dict[str, str]]:
    """A botocore session and the credentials to give it; with made-up ones no configuration of the user is read."""
    if not isinstance(profile, _MadeUp):
        return _library("botocore.session").Session(profile=profile), {}
    return _session_of_nobody(), {"aws_access_key_id": account, "aws_secret_access_key": _SECRET}


@cache
def _session_of_nobody() -> Any:
    """One session for all made-up credentials: it reads the service models once."""
    own = {"profile": _NOT_SET, "config_file": _NO_FILE, "credentials_file": _NO_FILE}
    return _library("botocore.session").Session(session_vars=own)


@contextmanager
def _faults_of(session: Any, target: str) -> Iterator[None]:
    """What botocore says against an address or a profile, as a failure with a remedy."""
    exceptions = _library("botocore.exceptions")
    try:
        yield
    except (exceptions.BotoCoreError, ValueError) as error:
        known = ", ".join(session.available_profiles) or "none"
        raise AdapterFailure(target, str(error), f"correct the address or the profile (known: {known})") from None


def _library(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        name = module.partition(".")[0]
        raise Misuse(f"{name} is not installed", "run: pip install 'haltspec[all]'") from None


def _decoded(body: bytes) -> Any:
    """The value of a body; the text itself, cut to a length that can be shown, if it is no JSON; None if empty."""
    if not body:
        return None
    try:
        return decode_json(body)
    except ValueError:
        return body.decode("utf-8", "replace")[:_TEXT_CHARACTERS]


def _known(body: Any, raw: RawReply | None, api: Api, operation: str) -> Any:
    """The body of an answer for the record, in which None leaves open what it was.

    That the body of a success is empty is known here, and told with an empty text where the success has members.
    """
    is_empty = raw is not None and raw.status < 300 and not raw.body
    return "" if is_empty and shapes.load(api).has_output(operation) else body


def _huawei_code(raw: RawReply, body: Any) -> str:
    """The error code of a refusal as Huawei's SDK finds it: a pair of code and message, or else the HTTP status."""
    members = body if isinstance(body, Mapping) else {}
    for code, message in (("error_code", "error_msg"), ("errorCode", "errorMsg"), ("code", "message")):
        if members.get(code) and message in members:
            return str(members[code])
    for inner in members.values():
        if isinstance(inner, Mapping):
            found = _huawei_code(raw, inner)
            if found != str(raw.status):
                return found
    return str(raw.status)


def _error_code(raw: RawReply, body: Any) -> str | None:
    """The error code of a refusal: the body's `__type` or `code`, or the header, without namespace and suffix."""
    members = body if isinstance(body, Mapping) else {}
    for given in (members.get("__type"), raw.headers.get("x-amzn-errortype"), members.get("code")):
        if isinstance(given, str) and given:
            return error_code(given)
    return None
