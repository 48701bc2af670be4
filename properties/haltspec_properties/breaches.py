"""Requests that break their shape, one member at a time, made from a valid one."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
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


def breaches(shapes: Shapes, operation: str, request: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Requests like a valid one but for one breach: each member left out, and each of each type, size, pattern, enum.

    Yields what is wrong in words, and the request; one request for each kind of breach of each member.
    """
    for path in _paths(request):
        found: set[str] = set()
        without = _changed(request, path, None)
        if shapes.request_faults(operation, without):
            yield f"{'.'.join(path)} is left out", without
        for value in _WRONG:
            wrong = _changed(request, path, value)
            faults = shapes.request_faults(operation, wrong)
            kinds = {fault.breach.value for fault in faults}
            if len(faults) == 1 and not kinds & found:
                found |= kinds
                yield f"{'.'.join(path)} is {value!r}: {faults[0].constraint}", wrong


def _paths(value: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for member, inner in value.items():
        yield (*above, member)
        if isinstance(inner, Mapping):
            yield from _paths(inner, (*above, member))


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
