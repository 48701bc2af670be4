"""Order the calls on one job, which may overlap and whose effect may be unknown, so that the lifecycle allows them.

Just-in-time linearization (G. Lowe, Testing for linearizability, 2017): calls are taken in order of time; a
configuration is a set of open calls that have already taken their place in the order, with the belief they lead to; a
call is put into the order only when its return forces it. Four reductions keep this small:

- reads leave the job as it is, so an open read takes its place as soon as some state of a configuration fits it;
- open calls that say the same are interchangeable, so the one that must return first goes first;
- a call without an answer whose effect, once had, cannot be had again is one more move the job may make unseen from
  then on, however many such calls there are (absorption);
- a state reached with some of these calls used up is passed over where it was reached with fewer of them: nothing is
  lost by not having used a call (dominance).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from typing import Final, NamedTuple

from haltspec.automaton import OK, UNKNOWN, Automaton, Observation
from haltspec.observe import Event

Placed = frozenset[int]
"""Positions of open events that have taken their place in the order."""

_NOBODY: Final[Placed] = frozenset()


class Step(NamedTuple):
    """What one event did to the belief.

    Args:
        position: the event's position in the history.
        before: the belief when the event had to be placed (unseen moves not yet made).
        after: the belief then; 0 if no order allows the event.
        constrained: another answer could have been impossible.
    """

    position: int
    before: int
    after: int
    constrained: bool


def steps(
    automaton: Automaton,
    events: Sequence[Event],
    *,
    initial: int | None = None,
    window: float = 0.0,
    clients: Sequence[str] = (),
    force: int | None = None,
    leave_out: int | None = None,
) -> Iterator[Step]:
    """One step for each event with a certain answer, in the order in which they must have taken effect.

    Args:
        automaton: the lifecycle's automaton.
        events: a job's events in order of their start.
        initial: the belief before the first event; None: the automaton's.
        window: reads may be as old as this many seconds.
        clients: the client of each event: calls of one client follow each other even where the clock stands still.
        force: position of an event of unknown effect that is taken to have happened.
        leave_out: position of an event that is taken not to have happened.

    After an impossible event the belief starts again from all states that could have given it (a refusal: goes on).
    """
    return _Search(automaton, events, initial, window, clients, force, leave_out).run()


class _Search:
    def __init__(
        self,
        automaton: Automaton,
        events: Sequence[Event],
        initial: int | None,
        window: float,
        clients: Sequence[str],
        force: int | None,
        leave_out: int | None,
    ) -> None:
        self.automaton = automaton
        self.events = events
        self.window = window
        self.clients = clients
        self.force = force
        self.leave_out = leave_out
        self.open: dict[int, float] = {}
        """The calls that have begun and must have their place in the order by their end."""
        self.pending: dict[Observation, list[int]] = {}
        """Calls without an answer, by what they say: each may take a place in the order, and none has to."""
        self.absorbed: list[Observation] = []
        self.configurations: dict[Placed, int] = {_NOBODY: automaton.initial if initial is None else initial}

    def run(self) -> Iterator[Step]:
        order: Sequence[int] = range(len(self.events))
        if self.window:
            order = sorted(order, key=lambda p: (self._start(p), p))
        place = 0
        while place < len(order):
            if self._is_settled():
                place = yield from self._follow(order, place)
                if place == len(order):
                    return
            position = order[place]
            place += 1
            if position != self.leave_out:
                yield from self._return_before(self._start(position), position)
                self._begin(position)
        yield from self._return_before(math.inf, -1)

    def _is_settled(self) -> bool:
        """True if every call before now has its place in the order."""
        return not (self.open or self.pending or self.absorbed) and self.configurations.keys() == {_NOBODY}

    def _follow(self, order: Sequence[int], place: int) -> Generator[Step, None, int]:
        """Take events as long as each has ended when the next begins; returns the place of the first that has not.

        This is the loop that most recordings are judged in.
        """
        events, automaton = self.events, self.automaton
        belief = self.configurations[_NOBODY]
        last = len(order) - 1
        while place <= last:
            position = order[place]
            seen, end = events[position].seen, events[position].end
            if seen.what == UNKNOWN or position == self.leave_out:
                break
            if place < last:
                begin = self._start(order[place + 1])
                if not (end < begin or (end == begin and self._same_client(position, order[place + 1]))):
                    break
            after = automaton.after(belief, seen)
            yield Step(position, belief, after, automaton.is_constrained(belief, seen))
            belief = after or self._resume(belief, seen)
            place += 1
        self.configurations = {_NOBODY: belief}
        return place

    def _start(self, position: int) -> float:
        event = self.events[position]
        return event.start - self.window if event.reads else event.start

    def _begin(self, position: int) -> None:
        event = self.events[position]
        if event.seen.what == UNKNOWN and position != self.force:
            if event.reads:
                return
            if event.end == math.inf:
                if not self.automaton.is_idempotent(event.seen):
                    self.pending.setdefault(event.seen, []).append(position)
                elif event.seen not in self.absorbed:
                    self.absorbed.append(event.seen)
                return
        self.open[position] = event.end

    def _return_before(self, time: float, newcomer: int) -> Iterator[Step]:
        """Return every open call that ended before `time`, and those of the newcomer's client that ended with it."""
        while self.open:
            position = min(self.open, key=lambda p: (self.open[p], p))
            end = self.open[position]
            if not (end < time or newcomer == -1 or (end == time and self._same_client(position, newcomer))):
                return
            yield from self._return(position)

    def _same_client(self, position: int, newcomer: int) -> bool:
        if newcomer < position or not self.clients:
            return False
        return self.clients[position] == self.clients[newcomer]

    # ---- the search -------------------------------------------------------------------------------------------------

    def _return(self, position: int) -> Iterator[Step]:
        event = self.events[position]
        before = self._belief()
        optional = event.seen.what == UNKNOWN and position != self.force
        reached = self._place(position, optional)
        del self.open[position]
        after = 0
        for belief in reached.values():
            after |= belief
        if not optional:
            yield Step(position, before, after, self.automaton.is_constrained(before, event.seen))
        if not reached:
            reached = {_NOBODY: self._resume(before, event.seen)}
        self.configurations = reached

    def _resume(self, before: int, seen: Observation) -> int:
        """The belief to go on with after an impossible event: a refusal is taken to have changed nothing."""
        if seen.what != OK:
            return before
        everything = self.automaton.everything
        return self.automaton.image(everything, seen) or everything

    def _belief(self) -> int:
        belief = 0
        for mask in self.configurations.values():
            belief |= mask
        return self._close(belief) if self.absorbed else belief

    def _place(self, position: int, optional: bool) -> dict[Placed, int]:
        """Every configuration in which the returning call has its place, without it; all of them if it is optional."""
        front = _Front(self)
        for placed, belief in sorted(self.configurations.items(), key=lambda pair: len(pair[0])):
            front.add(placed, belief)
        done: dict[Placed, int] = {}
        while front.todo:
            placed, belief = front.todo.popleft()
            if position in placed or optional:
                rest = placed - {position}
                done[rest] = done.get(rest, 0) | belief
                if position in placed:
                    continue
            for other in front.candidates(placed):
                event = self.events[other]
                if event.reads:
                    continue
                unknown = event.seen.what == UNKNOWN
                image = self._applied(belief, event.seen) if unknown else self.automaton.image(belief, event.seen)
                if image:
                    front.add(placed | {other}, image)
        return done

    def _close(self, belief: int) -> int:
        belief = self.automaton.close(belief)
        while self.absorbed:
            more = belief
            for seen in self.absorbed:
                more |= self._applied(more, seen)
            more = self.automaton.close(more)
            if more == belief:
                break
            belief = more
        return belief

    def _applied(self, belief: int, seen: Observation) -> int:
        """Where a call of unknown effect leads if it did take effect."""
        result = 0
        for name in self.automaton.names(belief):
            for move in self.automaton.moves(name, seen):
                if move.row is not None:
                    result |= self.automaton.bit[move.target]
        return result


class _Front:
    """Configurations still to be looked at, without states that others dominate."""

    def __init__(self, search: _Search) -> None:
        self.search = search
        self.todo: deque[tuple[Placed, int]] = deque()
        self.known: dict[Placed, list[tuple[Placed, int]]] = {}
        """By the calls with an answer that have their place: those without one that were used, and what was reached."""
        self.kinds: dict[Observation, list[int]] = {seen: [] for seen in search.pending}
        for position in sorted(search.open, key=lambda p: (search.open[p], p)):
            self.kinds.setdefault(search.events[position].seen, []).append(position)

    def candidates(self, placed: Placed) -> Iterator[int]:
        """Of the calls without a place, one for each thing said: the one that must return first."""
        for seen, positions in self.kinds.items():
            first = next((p for p in positions if p not in placed), None)
            if first is None:
                first = next((p for p in self.search.pending.get(seen, ()) if p not in placed), None)
            if first is not None:
                yield first

    def add(self, placed: Placed, belief: int) -> None:
        """Take a configuration whose belief is not closed; open reads that fit it have their place at once."""
        belief = self.search._close(belief)
        events, automaton = self.search.events, self.search.automaton
        for other in self.candidates(placed):
            if belief and events[other].reads:
                fits = automaton.image(belief, events[other].seen)
                if fits:
                    self.add(placed | {other}, fits)
                    belief &= ~fits
        used = frozenset(p for p in placed if events[p].seen.what == UNKNOWN and p != self.search.force)
        known = self.known.setdefault(placed - used, [])
        for fewer, reached in known:
            if fewer <= used:
                belief &= ~reached
        if belief:
            known.append((used, belief))
            self.todo.append((placed, belief))
