"""A named property: a sentence about recordings, with its kind, grade and source, and a check that only observes.

Properties never call the reference model and do not look into lifecycles: they are a second opinion, written by hand,
that runs over any recording.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from haltspec.automaton import ERROR, OK
from haltspec.lts import Role, Source
from haltspec.observe import Event, History, Projection
from haltspec.spec import Pattern

ANOTHER: Final = "another"
"""Stands in the name of every request class about what belongs to another kind, account or region."""


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


class View(NamedTuple):
    """An event, and the status it shows of its job: `RUNNING`, `COMPLETED/STOPPED`, `STOPPED/?`; empty if none."""

    event: Event
    status: str

    def shows(self, names: Collection[str]) -> bool:
        """True if it shows one of `names`; a name may leave out last parts: `STOPPED` is every `STOPPED/BATCH`."""
        return any(_agree(self.status, name) for name in names)

    def may_show(self, names: Collection[str]) -> bool:
        """True if it may show one of `names`, for all that is known of its parts."""
        return any(_agree(self.status, name, _UNKNOWN) for name in names)

    def differs(self, other: View) -> bool:
        """True if two statuses that are shown cannot be the same."""
        parts = zip(self.status.split("/"), other.status.split("/"), strict=False)
        return bool(self.status and other.status) and any(a != b for a, b in parts if _UNKNOWN not in (a, b))


_UNKNOWN: Final = "?"
"""Stands for a part of a status that is not known."""


@lru_cache(maxsize=4096)  # there are few statuses and few names, and every pair of views of a job asks
def _agree(status: str, name: str, unknown: str = "") -> bool:
    parts = zip(status.split("/"), name.split("/"), strict=False)
    return bool(status) and all(own in (part, unknown) for own, part in parts)


def views(history: History, projection: Projection) -> list[View]:
    """The events of a job with the status that each shows.

    A part of a status that a reply leaves out is filled in where the job, or the lifecycle, leaves no choice. What
    operations say of the jobs of another kind or account is silent: nothing is read off it.
    """
    possible = {state.shows for state in projection.api.lifecycle(history.key.lifecycle).states if state.shows}
    seen = [_seen(event, possible) for event in history.events]
    width = max(map(len, possible))
    fixed = [{shows[place] for shows in seen if shows and shows[place]} for place in range(width)]
    return [View(event, _joined(shows, fixed)) for event, shows in zip(history.events, seen, strict=True)]


def _seen(event: Event, possible: set[tuple[str, ...]]) -> Pattern:
    """The parts of the status that an event shows, filled in where only one state has the others; empty if none."""
    shows = event.seen.shows
    if event.seen.what != OK or not shows or not any(shows) or ANOTHER in event.seen.cls:
        return ()
    fitting = [state for state in possible if all(part in (None, own) for part, own in zip(shows, state, strict=True))]
    return fitting[0] if len(fitting) == 1 else shows


def _joined(shows: Pattern, fixed: Sequence[Collection[str | None]]) -> str:
    only = [next(iter(known)) if len(known) == 1 else None for known in fixed]
    parts = [part or own or _UNKNOWN for part, own in zip(shows, only, strict=False)]
    return "/".join(parts) if parts and parts[0] != _UNKNOWN else ""


def follows(first: Event, second: Event, projection: Projection) -> bool:
    """True if the second call began after the first had ended, or the same client made it next.

    What lists show may be as old as they lag, and what an order does may come as late.
    """
    late = 0.0 if first.reads else first.lag
    if first.end + late < second.start - second.lag:
        return True
    calls = projection.calls
    same = calls[first.call].client == calls[second.call].client
    return same and first.end == second.start and first.call < second.call and not late + second.lag


def pairs(history: History, projection: Projection) -> Iterator[tuple[View, View]]:
    """Each event that shows a status, and each later one that follows it."""
    seen = views(history, projection)
    for place, first in enumerate(seen):
        if first.status:
            for second in seen[place + 1 :]:
                if follows(first.event, second.event, projection):
                    yield first, second


def reads(history: History, projection: Projection) -> Iterator[tuple[View, View]]:
    """As `pairs`, of reads alone: the reply to an order may be of the moment before."""
    for first, second in pairs(history, projection):
        if first.event.reads and second.event.reads:
            yield first, second


def comes_between(history: History, first: Event, second: Event, operations: Collection[str]) -> bool:
    """True if a call of `operations` that was not refused may have come between the two events."""
    return any(
        event.seen.operation in operations
        and event.seen.what != ERROR
        and event.end + event.lag >= first.start - first.lag
        and event.start <= second.end
        for event in history.events
        if event is not first and event is not second
    )


def of_lifecycle(projection: Projection, *names: str, kinds: Collection[str] = ()) -> Iterator[History]:
    """The histories of the lifecycles called `names`; of some kinds of job only if given."""
    for history in projection.histories:
        if history.key.lifecycle in names and (not kinds or history.key.kind in kinds):
            yield history


def is_answered(history: History, event: Event, projection: Projection) -> bool:
    """True if the call succeeded though it could not without the job; one on its parent, or on another's job, can."""
    operation = projection.api.lifecycle(history.key.lifecycle).operation(event.seen.operation)
    return event.seen.what == OK and ANOTHER not in event.seen.cls and not operation.on_parent


def is_made(history: History, projection: Projection) -> bool:
    """True if the recording has a call that made the job."""
    return history.created is not None or any(
        event.seen.what == OK and _role(projection, history, event) is Role.CREATE for event in history.events
    )


def may_be_made(history: History, projection: Projection) -> bool:
    """True if a call whose effect is unknown may have made the job."""
    return any(
        (call.status is None or call.status >= 500)
        and call.tenant == history.key.tenant
        and any(
            binding.lifecycle == history.key.lifecycle and projection.api.role(binding).role is Role.CREATE
            for binding in projection.api.bound(call.operation)
        )
        for call in projection.calls
    )


def _role(projection: Projection, history: History, event: Event) -> Role:
    return projection.api.lifecycle(history.key.lifecycle).operation(event.seen.operation).role
