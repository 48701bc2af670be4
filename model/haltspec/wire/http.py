"""Requests and responses as plain data, whatever server carries them."""

from __future__ import annotations

import http
import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it arrived.

    Args:
        method: in upper case.
        path: as it stands on the wire, percent-encoded, without the query.
        query: as it stands on the wire, without the question mark.
        headers: names in lower case; of several of one name the last.
        body: all of it.
        client: who called: address and port.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    client: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """A response: status, headers in the order in which they are sent, and body."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"")

    def as_bytes(self) -> bytes:
        """The response as it stands on the wire, after which the connection is closed."""
        told = (*self.headers, ("content-length", str(len(self.body))), ("connection", "close"))
        lines = [f"HTTP/1.1 {self.status} {http.HTTPStatus(self.status).phrase}", *(f"{n}: {v}" for n, v in told)]
        return "\r\n".join((*lines, "", "")).encode("latin-1") + self.body


def refusal(status: int, code: str, text: str) -> Response:
    """The refusal of what reaches no API, in words that clients of any look for."""
    body = {"__type": code, "message": text, "error_code": code, "error_msg": text}
    return Response(status, (("content-type", "application/json"),), json.dumps(body).encode())
