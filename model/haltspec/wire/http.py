"""Requests and responses as plain data, whatever server carries them."""

from __future__ import annotations

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
