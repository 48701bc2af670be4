"""A named property: a sentence about recordings, with its kind, grade and source, and a check that only observes.

Properties never call the reference model and do not look into lifecycles: they are a second opinion, written by hand,
that runs over any recording.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from haltspec.automaton import OK
from haltspec.lts import Source
from haltspec.observe import Event, History, Projection


class Kind(enum.Enum):
    """What a property says of a recording.

    ALWAYS: nothing that `check` finds may occur. EVENTUALLY: nothing that `check` finds may be left once the service
    has come to rest. SOMETIMES: over many recordings, `check` finds something in at least one.
    """

    ALWAYS = "always"
    EVENTUALLY = "eventually"
    SOMETIMES = "sometimes"


class Found(NamedTuple):
    """What a check found: a breach (or, for SOMETIMES, a witness) in words, and the calls that show it."""

    message: str
    calls: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Property:
    """A property of recordings of one API.

    Args:
        api: the API's name.
        name: unique in the API, a fact in a few words.
        kind: see `Kind`.
        sentence: what it formalises.
        source: who says so, with the grade.
        check: finds breaches, or witnesses.
    """

    api: str
    name: str
    kind: Kind
    sentence: str
    source: Source
    check: Callable[[Projection], Iterator[Found]]


def shown(event: Event) -> str:
    """The status an answered event showed, `RUNNING` or `COMPLETED/STOPPED`; empty if it showed none."""
    if event.seen.what != OK or not event.seen.shows or None in event.seen.shows:
        return ""
    return "/".join(value or "" for value in event.seen.shows)


def follows(first: Event, second: Event, projection: Projection) -> bool:
    """True if the second call began after the first had ended, or the same client made it next."""
    if first.end < second.start:
        return True
    calls = projection.calls
    same = calls[first.call].client == calls[second.call].client
    return same and first.end == second.start and first.call < second.call


def pairs(history: History, projection: Projection) -> Iterator[tuple[Event, Event]]:
    """Each event with a status, and each later one that follows it."""
    for place, first in enumerate(history.events):
        if shown(first):
            for second in history.events[place + 1 :]:
                if follows(first, second, projection):
                    yield first, second


def of_lifecycle(projection: Projection, *names: str) -> Iterator[History]:
    """The histories of the lifecycles called `names`."""
    for history in projection.histories:
        if history.key.lifecycle in names:
            yield history
