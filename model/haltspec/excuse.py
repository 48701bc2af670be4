"""What may explain what the rows rule out, besides a service that breaks them: missing calls, and forgotten jobs.

A recording that does not hold every call may lack just the one that moved the job, a stop in the console for example:
the smallest number of such calls tells a gap in the recording from a violation. A job that ended long ago may have been
forgotten. Neither shows in the recording, so what only they explain cannot be decided.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Final

from haltspec.automaton import ANY_CLASS, OK, UNKNOWN, Automaton, Course, Observation
from haltspec.linearize import Aid
from haltspec.lts import ABSENT, Internal, Role
from haltspec.observe import Event

_NAMED: Final = 2
"""Of so many missing calls it is said which they are."""

_DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Excuses:
    """What may explain the events of one job.

    Args:
        missing: the moves that somebody may have made and that the recording lacks, each with what it is called.
        anything: all of them in one.
        forgotten: the time from which on the job may have been forgotten if it has ended, and that move; None: never.
        days: how long after its end.
    """

    missing: tuple[tuple[str, Course], ...]
    anything: Course
    forgotten: tuple[float, Course] | None
    days: float

    def __bool__(self) -> bool:
        return bool(self.missing or self.forgotten)

    def all(self) -> Aid:
        """Everything together, as often as it takes."""
        anything = ((-math.inf, self.anything),) if self.missing else ()
        return Aid((*anything, self.forgotten) if self.forgotten else anything)

    def told(self, explains: Callable[[Aid], bool]) -> str:
        """The least that explains an impossible event, as the end of a sentence that begins "possible only if".

        Args:
            explains: true if the event is possible with such moves; it is with all of them.
        """
        if self.forgotten is not None and explains(Aid((self.forgotten,))):
            return f"jobs are forgotten {_count(self.days, 'day')} after their end"
        for number in range(1, len(self.anything.images) + 1):
            if explains(Aid(once=(self.anything,) * number)):
                which = f" ({self._which(number, explains)})" if number <= _NAMED else ""
                return f"{_count(number, 'call')} {'is' if number == 1 else 'are'} missing from the recording{which}"
        return "calls are missing from the recording, or jobs were forgotten"

    def _which(self, number: int, explains: Callable[[Aid], bool]) -> str:
        """What the missing calls are: of one everything it may be, of several the first that will do."""
        found = (
            " and ".join(name for name, _ in chosen)
            for chosen in combinations_with_replacement(self.missing, number)
            if explains(Aid(once=tuple(course for _, course in chosen)))
        )
        return " or ".join(found) if number == 1 else next(found)


def _count(number: float, noun: str) -> str:
    return f"{number:g} {noun}{'' if number == 1 else 's'}"


def excuses(automaton: Automaton, events: Sequence[Event], *, outsiders: bool) -> Excuses:
    """What may explain the events of one job.

    Args:
        automaton: the lifecycle's automaton.
        events: the job's events.
        outsiders: there may be calls that the recording lacks.
    """
    missing = tuple(_missing(automaton)) if outsiders else ()
    together: dict[int, int] = {}
    for _, course in missing:
        for state, image in course.images.items():
            together[state] = together.get(state, 0) | image
    retention = automaton.lifecycle.retention
    forgotten = None
    if retention is not None:
        ended = (automaton.bit[state.name] for state in automaton.lifecycle.states if state.terminal)
        gone = automaton.course_of(dict.fromkeys(ended, automaton.bit[ABSENT]))
        forgotten = (_last_seen_alive(automaton, events) + retention.seconds, gone)
    days = retention.seconds / _DAY_S if retention is not None else 0.0
    return Excuses(missing, automaton.course_of(together), forgotten, days)


def _missing(automaton: Automaton) -> Iterator[tuple[str, Course]]:
    """The orders that change a job, those that make one where ids return, and what is done outside the API."""
    lifecycle = automaton.lifecycle
    for operation in lifecycle.operations:
        if operation.role in (Role.ORDER, Role.DELETE) or (operation.role is Role.CREATE and lifecycle.ids_return):
            course = automaton.course(Observation(operation.name, ANY_CLASS, UNKNOWN))
            if course.leaping:
                yield operation.name, course
    for row in automaton.rows:
        if isinstance(row.label, Internal) and row.label.outside:
            moves = {automaton.bit[state]: automaton.bit[row.target_from(state)] for state in row.states}
            yield row.name, automaton.course_of(moves)


def _last_seen_alive(automaton: Automaton, events: Sequence[Event]) -> float:
    """When the latest call began that met the job before its end; minus infinity if none did."""
    terminal = automaton.mask(state.name for state in automaton.lifecycle.states if state.terminal)
    over = terminal | automaton.bit[ABSENT]
    latest = -math.inf
    for event in events:
        if event.seen.what == OK:
            shown = 0
            for image in automaton.course(event.seen).images.values():
                shown |= image
            if shown and not shown & over:
                latest = max(latest, event.start)
    return latest
