"""The ASGI application: a request to the host or to the control API, its response back, or the connection cut."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from haltspec.wire.control import PATH, control
from haltspec.wire.host import Host
from haltspec.wire.http import Request, Response, refusal
from haltspec.wire.journal import JournalBroken
from haltspec.wire.limits import Limits

CUT: Final = "haltspec.cut"
"""The key in a connection's state under which the server offers a function that cuts it."""

_TOO_LARGE: Final = refusal(413, "RequestEntityTooLargeException", "The body of the request is too long.")
_BUSY: Final = refusal(503, "ServiceUnavailable", "Too many requests are being received.")
_BROKEN: Final = refusal(503, "ServiceUnavailable", "The journal cannot be written any more.")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def application(host: Host, *, with_control: bool, on_broken: Callable[[], None]) -> Application:
    """The application of a host.

    Args:
        host: takes the calls.
        with_control: whether the control API is served beside them.
        on_broken: is called when the journal cannot be written any more.
    """
    controls = control(host) if with_control else None
    bodies = _Bodies(host.settings.limits)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if controls is not None and scope["path"].startswith(PATH):
            await controls(scope, receive, send)
            return
        body = await bodies.read(scope, receive)
        if body is None:
            return  # the client has gone
        if isinstance(body, Response):
            await _send(host.with_id(_closing(body)), send)
            return
        try:
            response = await host.answer(_request(scope, body))
        except JournalBroken:
            on_broken()
            response = host.with_id(_closing(_BROKEN))
        finally:
            bodies.held -= len(body)
        if response is None:
            scope["state"][CUT]()
        else:
            await _send(response, send)

    return app


class _Bodies:
    """Reads bodies, and counts how much is held of all."""

    def __init__(self, limits: Limits) -> None:
        self.held = 0
        self._limits = limits

    async def read(self, scope: Scope, receive: Receive) -> bytes | Response | None:
        """The body of a request, which counts as held from then on.

        Returns:
            The body; a refusal of one that is too long, or too much with all others; None if it never came to its end.
        """
        if _announced(scope) > self._limits.read:
            return _TOO_LARGE
        parts = bytearray()
        refused: Response | None = None
        more, kept = True, False
        try:
            while more:
                message = await receive()
                if message["type"] != "http.request":
                    return None
                more = message.get("more_body", False)
                part = message.get("body", b"")
                if refused is None:
                    self.held += len(part)
                    parts += part
                if len(parts) > self._limits.body:
                    refused = _TOO_LARGE
                elif self.held > self._limits.held:
                    refused = _BUSY
                if refused is not None:
                    self.held -= len(parts)
                    parts.clear()
            kept = refused is None
            return refused or bytes(parts)
        finally:
            if not kept:
                self.held -= len(parts)


def _announced(scope: Scope) -> int:
    """The length that a request says its body has, digits by now; 0 if it says none."""
    return int(next((value for name, value in scope["headers"] if name == b"content-length"), b"0"))


def _closing(response: Response) -> Response:
    """The response after which the connection is closed."""
    return Response(response.status, (*response.headers, ("connection", "close")), response.body)


def _request(scope: Scope, body: bytes) -> Request:
    client = scope.get("client") or ("", 0)
    return Request(
        scope["method"],
        scope["raw_path"].decode("latin-1"),
        scope["query_string"].decode("latin-1"),
        {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        body,
        f"{client[0]}:{client[1]}",
    )


async def _send(response: Response, send: Send) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    if response.status != 204:
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
