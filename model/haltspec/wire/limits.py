"""What a request, a connection and all connections together may cost a server."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from haltspec.errors import Misuse, Unknown, shown


@dataclass(frozen=True, slots=True)
class Limits:
    """What is refused or cut beyond; all are greater than zero. How deep a body may be nested is in `dialect`.

    Args:
        body: the longest body of a request, in bytes; a longer one is answered 413.
        head: the longest head of a request, in bytes; a longer one is answered 400.
        headers: how many headers a request may have; more are answered 400.
        pipelined: how many requests of a connection may wait for the response to the one before; more are refused.
        connections: how many connections there may be; one more is cut.
        held: how many bytes of all bodies may be held at once; a request beyond is answered 503.
        receive_s: how long a client may take to send a request, in seconds; then the connection is cut.
        answer_s: how long from there until the last byte of the response is handed over, in seconds: longer than the
            longest fault; then the connection is cut.
        idle_s: how long an idle connection is kept, in seconds, and the last of a response for somebody to read it.
    """

    body: int = 1024 * 1024
    head: int = 32 * 1024
    headers: int = 256
    pipelined: int = 64
    connections: int = 8192
    held: int = 128 * 1024 * 1024
    receive_s: float = 20.0
    answer_s: float = 150.0
    idle_s: float = 60.0

    @property
    def read(self) -> int:
        """How many bytes of a request are read at most: what is too long is thrown away, then its sender reads why."""
        return 8 * self.body

    @staticmethod
    def parse(texts: Iterable[str]) -> Limits:
        """The limits that texts as `body=1024` write, the others as they are; raises `Unknown` or `Misuse`."""
        given: dict[str, Any] = {}
        kinds = {f.name: int if isinstance(f.default, int) else float for f in fields(Limits)}
        for text in texts:
            name, _, number = text.partition("=")
            if name not in kinds:
                raise Unknown("limit", name, kinds)
            try:
                given[name] = kinds[name](number)
            except ValueError:
                given[name] = math.nan
            if not 0 < given[name] < 2**40:
                kind = "whole number" if kinds[name] is int else "number"
                raise Misuse(f"limit {shown(text)} is none", f"write {name}=N, a {kind} greater than zero")
        return Limits(**given)
