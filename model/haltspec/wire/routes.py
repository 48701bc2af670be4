"""Where the members of a REST call stand: in the path, the query, the headers or the body, as its shape file says.

The server reads requests by these routes, and whoever calls an implementation writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from haltspec import shapes
from haltspec.spec import Api

DEFAULT_WORKSPACE = "default"
"""The workspace that is meant where none is named."""

_LONGEST_NUMBER = 20
"""In characters; what is longer is not meant as a number."""


@dataclass(frozen=True, slots=True)
class Route:
    """An operation on the wire.

    Args:
        operation: the vendor's name.
        method: the HTTP method.
        segments: those of its path, `{name}` for one that varies.
        in_query: the members of the query string, with the kind of their shape.
        elsewhere: the members that do not stand in the body.
        has_body: whether there are any that do; the body of an operation without such is ignored.
    """

    operation: str
    method: str
    segments: tuple[str, ...]
    in_query: Mapping[str, str]
    elsewhere: frozenset[str]
    has_body: bool

    def fits(self, method: str, segments: list[str]) -> bool:
        """True if a method and the segments of a path are this operation's."""
        return (
            method == self.method
            and len(segments) == len(self.segments)
            and all(
                given if own.startswith("{") else own == given
                for own, given in zip(self.segments, segments, strict=True)
            )
        )

    def path(self, members: Mapping[str, Any]) -> str:
        """The path with the members that stand in it, percent-encoded; what is missing stays as it is written."""
        parts = (
            quote(str(members.get(part[1:-1], part)), safe="") if part.startswith("{") else part
            for part in self.segments
        )
        return "/" + "/".join(parts)

    def query(self, members: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The members of the query string, sorted, as texts."""
        given = {name: members[name] for name in self.in_query if members.get(name) is not None}
        return sorted((name, _text(value)) for name, value in given.items())

    def body(self, members: Mapping[str, Any]) -> dict[str, Any]:
        """The members of the body."""
        return {name: value for name, value in members.items() if name not in self.elsewhere}

    def arrived(self, members: Mapping[str, Any]) -> dict[str, Any]:
        """The members as whoever receives the call can tell them: what stands in a path or a query is text."""
        in_query = {name: read(self.in_query[name], text) for name, text in self.query(members)}
        others = {name: str(members[name]) for name in self.elsewhere - self.in_query.keys() if name in members}
        return {**self.body(members), **in_query, **others}


def routes(api: Api) -> tuple[Route, ...]:
    """The routes of an API whose operations have paths of their own."""
    model = shapes.load(api).model
    return tuple(_route(name, declared, model["shapes"]) for name, declared in model["operations"].items())


def encoded(query: list[tuple[str, str]]) -> str:
    """A query string."""
    return urlencode(query, quote_via=quote, safe="")


def _route(name: str, declared: Mapping[str, Any], model: Mapping[str, Any]) -> Route:
    members = model[declared["input"]["shape"]]["members"]
    in_query = {
        str(ref.get("locationName", member)): str(model[ref["shape"]]["type"])
        for member, ref in members.items()
        if ref.get("location") == "querystring"
    }
    elsewhere = frozenset(str(ref.get("locationName", m)) for m, ref in members.items() if "location" in ref)
    segments = tuple(declared["http"]["requestUri"][1:].split("/"))
    return Route(name, declared["http"]["method"], segments, in_query, elsewhere, len(elsewhere) < len(members))


def read(kind: str, text: str) -> Any:
    """What a text in a query string means as a value of a kind of shape; the text itself if it means none."""
    if kind == "boolean":
        return {"true": True, "false": False}.get(text.lower(), text)
    is_short = text.isascii() and len(text) <= _LONGEST_NUMBER and "_" not in text and text.strip() == text
    try:
        return int(text) if kind == "integer" and is_short else text
    except ValueError:
        return text


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
