"""The ASGI application: a request to the host or to the control API, its response back, or the connection cut."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from haltspec.wire.control import PATH, control
from haltspec.wire.host import Host
from haltspec.wire.http import Request, Response
from haltspec.wire.journal import JournalBroken

MOST_BODY: Final = 1024 * 1024
"""The longest body that is read, in bytes."""

CUT: Final = "haltspec.cut"
"""The key in a connection's state under which the server offers a function that cuts it."""

_TOO_LARGE: Final = Response(
    413, (("content-type", "application/json"), ("connection", "close")), b'{"__type":"RequestEntityTooLargeException"}'
)
_BROKEN: Final = Response(
    503, (("content-type", "application/json"), ("connection", "close")), b'{"__type":"ServiceUnavailable"}'
)

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

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if controls is not None and scope["path"].startswith(PATH):
            await controls(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            return  # the client has gone
        if len(body) > MOST_BODY:
            await _send(_TOO_LARGE, send)
            return
        try:
            response = await host.answer(_request(scope, body))
        except JournalBroken:
            on_broken()
            response = _BROKEN
        if response is None:
            scope["state"][CUT]()
        else:
            await _send(response, send)

    return app


async def _body(receive: Receive) -> bytes | None:
    """The body, or what is there of one that is too long; None if it never came to its end."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        return bytes(message.get("body", b""))
    parts = bytearray()
    while message["type"] == "http.request":
        parts += message.get("body", b"")
        if len(parts) > MOST_BODY or not message.get("more_body", False):
            return bytes(parts)
        message = await receive()
    return None


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
