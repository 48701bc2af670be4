"""Requests that break their shape, one member at a time, made from a valid one."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from haltspec.shapes import Shapes

_WRONG: Final[tuple[Any, ...]] = (
    "",
    "x" * 33,
    "x" * 65,
    "x" * 5000,
    "not allowed: {}",
    "NO_SUCH_VALUE",
    0,
    -1,
    501,
    10**6,
    "a text",
    [],
    {},
    ["a list"],
    {"a": "map"},
    True,
)


@dataclass(frozen=True, slots=True)
class Breach:
    """One way to break the shape of a request.

    Args:
        path: the member, from the outside in.
        value: what it is given instead of what it has; None leaves it out.
        words: what is wrong.
    """

    path: tuple[str, ...]
    value: Any
    words: str

    def of(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """`request` with this breach; it has to have the member."""
        return _changed(request, self.path, self.value)


def breaches(shapes: Shapes, operation: str, request: Mapping[str, Any]) -> Iterator[Breach]:
    """The breaches of a valid request: each member left out, and each of each type, size, pattern, enum.

    One for each kind of breach of each member.
    """
    for path in paths(request):
        found: set[str] = set()
        if shapes.request_faults(operation, _changed(request, path, None)):
            yield Breach(path, None, f"{'.'.join(path)} is left out")
        for value in _WRONG:
            faults = shapes.request_faults(operation, _changed(request, path, value))
            kinds = {fault.breach.value for fault in faults}
            if len(faults) == 1 and not kinds & found:
                found |= kinds
                yield Breach(path, value, f"{'.'.join(path)} is {value!r}: {faults[0].constraint}")


def paths(value: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The members of a request, those inside others included, from the outside in."""
    for member, inner in value.items():
        yield (*above, member)
        if isinstance(inner, Mapping):
            yield from paths(inner, (*above, member))


def _changed(request: Mapping[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """A copy of the request with another value at `path`; None leaves the member out."""
    changed: dict[str, Any] = copy.deepcopy(dict(request))
    place = changed
    for member in path[:-1]:
        place = place[member]
    if value is None:
        place.pop(path[-1], None)
    else:
        place[path[-1]] = value
    return changed
