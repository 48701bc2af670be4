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
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from haltspec.errors import AdapterFailure, Misuse, Unknown
from haltspec.reference import Reference
from haltspec.spec import Api
from haltspec.trace import Call, decode_json

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
    """Anything that takes a call to an implementation and brings back the answer."""

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
        self._most_unanswered = unanswered
        self._unanswered = 0
        self._has_answered = False
        self._clients: dict[str, _Client] = {}
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
        self._count(raw)
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
            reply=body,
            alone=self.alone,
        )

    def _count(self, raw: RawReply | None) -> None:
        """Remember that an answer came, or give up on an implementation that gives none."""
        if raw is not None:
            self._has_answered = True
            self._unanswered = 0
            return
        self._unanswered += 1
        target = self.endpoint_url or self.api.service
        remedy = "start it, or give the address it listens on"
        if not self._has_answered:
            raise AdapterFailure(target, f"no answer within {self._timeout_s:g} s", remedy)
        if self._unanswered >= self._most_unanswered:
            raise AdapterFailure(target, f"{self._unanswered} calls in a row were not answered", remedy)

    def _client(self, tenant: str) -> _Client:
        known = self._clients.get(tenant)
        if known is None:
            profile = self._profiles.get(tenant, _MADE_UP)
            made = _Client(self.api, self.endpoint_url, tenant, profile, self._timeout_s)
            known = self._clients.setdefault(tenant, made)
        return known


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
        config = _botocore("botocore.config").Config(
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
        handlers = _botocore("botocore.handlers")
        self._client.meta.events.unregister("before-parameter-build", handlers.generate_idempotent_uuid)
        self._client.meta.events.register("before-call", self._fill)
        self._client.meta.events.register("before-parse", self._catch)

    def send(self, operation: str, request: Mapping[str, Any]) -> RawReply | None:
        """Send a request; None if no answer came."""
        try:
            method = self._operations[operation]
        except KeyError:
            raise Unknown("operation", operation, self._operations) from None
        exceptions = _botocore("botocore.exceptions")
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
        return _botocore("botocore.session").Session(profile=profile), {}
    return _session_of_nobody(), {"aws_access_key_id": account, "aws_secret_access_key": _SECRET}


@cache
def _session_of_nobody() -> Any:
    """One session for all made-up credentials: it reads the service models once."""
    own = {"profile": _NOT_SET, "config_file": _NO_FILE, "credentials_file": _NO_FILE}
    return _botocore("botocore.session").Session(session_vars=own)


@contextmanager
def _faults_of(session: Any, target: str) -> Iterator[None]:
    """What botocore says against an address or a profile, as a failure with a remedy."""
    exceptions = _botocore("botocore.exceptions")
    try:
        yield
    except (exceptions.BotoCoreError, ValueError) as error:
        known = ", ".join(session.available_profiles) or "none"
        raise AdapterFailure(target, str(error), f"correct the address or the profile (known: {known})") from None


def _botocore(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise Misuse("botocore is not installed", "run: pip install 'haltspec[all]'") from None


def _decoded(body: bytes) -> Any:
    """The value of a body; the text itself, cut to a length that can be shown, if it is no JSON; None if empty."""
    if not body:
        return None
    try:
        return decode_json(body)
    except ValueError:
        return body.decode("utf-8", "replace")[:_TEXT_CHARACTERS]


def _error_code(raw: RawReply, body: Any) -> str | None:
    """The error code of a refusal: the body's `__type` or `code`, or the header, without namespace and suffix."""
    members = body if isinstance(body, Mapping) else {}
    for given in (members.get("__type"), raw.headers.get("x-amzn-errortype"), members.get("code")):
        if isinstance(given, str) and given:
            return given.partition(":")[0].rpartition("#")[2] or None
    return None
