"""What tells two sets of rows apart: a shortest course of a service that follows one, which the other rules out.

A course is a run of single rows, unseen moves included; the other side is an automaton that may be in several states.
Trace inclusion is decided breadth first over pairs of a state and a belief, and a pair is left out if the same state
was met with a part of that belief (antichains: De Wulf, Doyen, Henzinger, Raskin 2006). It is enough to look at
answers in full: one that hides something, or that never came, rules out no more than the same answer seen.
"""

from __future__ import annotations

import heapq
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Final

from haltspec.automaton import ERROR, OK, PASSED, UNLISTED, Automaton, Observation
from haltspec.lts import ABSENT, ANY_ERROR, PLAIN, Internal, Lifecycle, Role, Transition, row_cells
from haltspec.lts import Call as CallLabel

_FAR: Final = 100


@dataclass(frozen=True, slots=True)
class Leg:
    """One step of a course: `row` leads from `state` to `target` and shows `seen`; None: nobody sees it.

    What a list leaves out because no row lists it has no row either.
    """

    state: str
    row: Transition | None
    target: str
    seen: Observation | None


Course = tuple[Leg, ...]
"""Legs, each from where the one before it led."""

GONE: Final = "gone"
"""Where a job is that does not exist any more: a token can be one that made it, which before it was made it cannot."""


def _unseen(state: str) -> str:
    """Where a job is that has come to a state by a move that counts only where it is seen, and was not seen there."""
    return f"{state}, not yet seen"


def shown(course: Course) -> tuple[Observation, ...]:
    """What a course lets be seen."""
    return tuple(leg.seen for leg in course if leg.seen is not None)


@dataclass(frozen=True, slots=True)
class Parent:
    """The job with which others come, and calls on which are calls on each of them: it is what answers these.

    Args:
        automaton: its own.
        operations: the operations of the others that are calls on it, with what each is among its own.
    """

    automaton: Automaton
    operations: Mapping[str, str]

    def start(self, is_open: bool) -> int:
        """What it can be at first: anything if it may have been there before."""
        return self.automaton.everything if is_open else self.automaton.initial

    def after(self, belief: int, leg: Leg) -> int:
        """What it can be after a leg of one of the others; 0 if it cannot answer so.

        The call names it by the id that the other's own has in it: a request of no special class.
        """
        own = self.operations.get(leg.seen.operation) if leg.seen is not None else None
        if leg.seen is None or own is None:
            return belief
        return self.automaton.after(belief, Observation(own, PLAIN, leg.seen.what, None, leg.seen.code))


class Follower:
    """A service that follows rows: the legs it can go from each state.

    Args:
        lifecycle: the lifecycle.
        rows: the rows it follows, of all readings.
        hidden: operations whose successes never show a status.
        drawn: operations that name no job: what they refuse says nothing of any, unless a token tells.
        unnamed: the code with which it refuses where a row names none.
        outside: somebody moves jobs from outside the API.
        mute: the (operation, code) pairs of refusals that tell nothing of a job, since they may rest on other reasons.
        parent: what answers the calls that are on it as well; none if there is no such job.
    """

    def __init__(
        self,
        lifecycle: Lifecycle,
        rows: Iterable[Transition],
        *,
        hidden: frozenset[str] = frozenset(),
        drawn: frozenset[str] = frozenset(),
        unnamed: str = "",
        outside: bool = False,
        mute: frozenset[tuple[str, str]] = frozenset(),
        parent: Parent | None = None,
    ) -> None:
        self.lifecycle = lifecycle
        self.parent = parent
        self._mute = mute
        self._hidden = hidden
        self._drawn = drawn
        self._unnamed = unnamed
        self._outside = outside
        self._lists = [o for o in lifecycle.operations if o.role is Role.LIST]
        found: dict[str, dict[tuple[str, Observation | None], Leg]] = {s.name: {} for s in lifecycle.states}
        for row in rows:
            for leg in self.legs_of(row):
                found[leg.state].setdefault((leg.target, leg.seen), leg)
        for state in lifecycle.states:
            for leg in self._unlisted(state.name, found[state.name].values()):
                found[state.name].setdefault((leg.target, leg.seen), leg)
        self._legs = {state: tuple(legs.values()) for state, legs in found.items()}
        self._legs |= {_unseen(state): tuple(self._shows(state)) for state in self._legs}
        self._legs[GONE] = self._legs[ABSENT]
        self._legs[ABSENT] = tuple(leg for leg in self._legs[GONE] if not self._is_repeated(leg))

    def legs(self, place: str) -> tuple[Leg, ...]:
        """The legs from a state, from `GONE`, or from what `place_after` tells: one for each target and sight."""
        return self._legs[place]

    def place_after(self, leg: Leg) -> str:
        """Where a leg leads: after a move that counts only where it is seen, to a place that only such legs leave."""
        label = leg.row.label if leg.row is not None else None
        return _unseen(leg.target) if isinstance(label, Internal) and label.witnessed else leg.target

    def _shows(self, state: str) -> Iterator[Leg]:
        """The legs that show a state to whoever reads the job."""
        for leg in self._legs[state]:
            seen = leg.seen
            if seen is not None and seen.shows and leg.target == state and seen.what == OK:
                is_read = self.lifecycle.operation(seen.operation).role in (Role.READ, Role.LIST)
                yield from (leg,) if is_read else ()

    def _is_repeated(self, leg: Leg) -> bool:
        """True for a creation of a class that depends on what was made before."""
        if leg.seen is None or self.lifecycle.operation(leg.seen.operation).role is not Role.CREATE:
            return False
        return self._is_contextual(leg.seen.operation, leg.seen.cls)

    def gives_id(self, leg: Leg) -> bool:
        """True for a creation that was answered with an id drawn for it."""
        if leg.seen is None or leg.seen.what != OK or leg.seen.operation not in self._drawn:
            return False
        return self.lifecycle.operation(leg.seen.operation).role is Role.CREATE

    def _is_contextual(self, operation: str, cls: str) -> bool:
        return any(c.name == cls and c.contextual for c in self.lifecycle.operation(operation).classes)

    def legs_of(self, row: Transition) -> Iterator[Leg]:
        """The legs by one row."""
        if isinstance(row.label, Internal):
            if self._outside or not row.label.outside:
                yield from (Leg(state, row, row.target_from(state), None) for state in row.states)
            return
        for state, operation, cls in row_cells(self.lifecycle, row):
            seen = self._seen(row, row.label, state, operation, cls)
            makes = self.lifecycle.operation(operation).role is Role.CREATE
            # Nothing comes of a row that makes a job of a call that does not describe one: there is nothing to show.
            target = ABSENT if state == ABSENT and not makes else row.target_from(state)
            if seen is not None:
                yield Leg(state, row, target, seen)

    def _seen(self, row: Transition, label: CallLabel, state: str, operation: str, cls: str) -> Observation | None:
        """What a call row shows of the job; None if it shows nothing."""
        reply = label.reply
        asked = self.lifecycle.operation(operation)
        if asked.role is Role.LIST and (state == ABSENT or reply.error is not None):
            return None
        if reply.error is not None and operation in self._drawn and not self._is_contextual(operation, cls):
            return None
        if reply.error is not None:
            code = self._unnamed if reply.error == ANY_ERROR else reply.error
            return Observation(operation, cls, PASSED if (operation, code) in self._mute else ERROR, None, code)
        shows = reply.shows if reply.shows is not None else self.lifecycle.state(row.target_from(state)).shows
        return Observation(operation, cls, OK, None if operation in self._hidden or not shows else shows)

    def _unlisted(self, state: str, legs: Iterable[Leg]) -> Iterator[Leg]:
        """A list in which no row puts the job leaves it out."""
        listed = {(leg.seen.operation, leg.seen.cls) for leg in legs if leg.seen is not None}
        for operation in self._lists:
            for cls in operation.class_names:
                if operation.arises(cls, state) and (operation.name, cls) not in listed:
                    yield Leg(state, None, state, Observation(operation.name, cls, UNLISTED, ()))


class Search:
    """Looks for courses of a follower that an automaton rules out.

    Args:
        undeclared: the (operation, code) pairs of refusals that are ruled out whatever the job is.

    Attributes:
        met: for each state (or `GONE`), and what a parent may be, the beliefs it was met with, none a part of another.
    """

    def __init__(self, undeclared: Container[tuple[str, str]] = ()) -> None:
        self.undeclared = undeclared
        self.met: dict[tuple[str, int], tuple[int, ...]] = {}

    def run(self, follower: Follower, judge: Automaton, start: int, *, unmade: bool = False) -> Iterator[Course]:
        """The courses after whose last sight no belief is left, shortest first; none if inclusion holds.

        Args:
            follower: whose courses.
            judge: who rules them out.
            start: its belief before them.
            unmade: only courses in which no job is made; whoever it would have come with may be there.
        """
        order, parent = count(), follower.parent
        around = 0 if parent is None else parent.start(unmade or start == judge.everything)
        todo: list[tuple[int, int, str, int, int, Course]] = [(0, next(order), ABSENT, around, start, ())]
        while todo:
            length, _, place, around, belief, course = heapq.heappop(todo)
            if not belief:
                yield course
            if not belief or not self._is_new((place, around), belief):
                continue
            for leg in follower.legs(place):
                if unmade and leg.target != ABSENT:
                    continue
                with_it = around if parent is None else parent.after(around, leg)
                if parent is not None and not with_it:
                    continue
                there = self._after(judge, belief, leg.seen)
                is_gone = leg.target == ABSENT and (place == GONE or leg.state != ABSENT or follower.gives_id(leg))
                next_place = GONE if is_gone else follower.place_after(leg)
                if not there or self._could_be_new((next_place, with_it), there):
                    # A job that comes back is the last thing to try: most services never give an id twice.
                    cost = (leg.seen is not None) + (_FAR if place == GONE and leg.target != ABSENT else 0)
                    heapq.heappush(todo, (length + cost, next(order), next_place, with_it, there, (*course, leg)))

    def _after(self, judge: Automaton, belief: int, seen: Observation | None) -> int:
        if seen is None:
            return belief
        is_undeclared = seen.what == ERROR and (seen.operation, seen.code) in self.undeclared
        return 0 if is_undeclared else judge.after(belief, seen)

    def _could_be_new(self, place: tuple[str, int], belief: int) -> bool:
        return all(known & ~belief for known in self.met.get(place, ()))

    def _is_new(self, place: tuple[str, int], belief: int) -> bool:
        if not self._could_be_new(place, belief):
            return False
        kept = tuple(known for known in self.met.get(place, ()) if belief & ~known)
        self.met[place] = (*kept, belief)
        return True


class Courses:
    """Some courses that were looked for, shortest first; looked for only as far as they are asked for, and once."""

    def __init__(self, found: Iterator[Course]) -> None:
        self._found = found
        self._kept: list[Course] = []

    def __iter__(self) -> Iterator[Course]:
        place = 0
        while place < len(self._kept) or self._find():
            yield self._kept[place]
            place += 1

    def _find(self) -> bool:
        course = next(self._found, None)
        if course is not None:
            self._kept.append(course)
        return course is not None

    @property
    def first(self) -> Course | None:
        """The shortest course; None if there is none."""
        return next(iter(self), None)


@dataclass(frozen=True, slots=True)
class Side:
    """Who rules courses out.

    Args:
        automaton: judges a job.
        start: its belief before the first sight.
        unmade: judges a job that was never seen to be made, where jobs come with another and no reply says when; None:
            the same automaton does.
        undeclared: the (operation, code) pairs of refusals that no error is declared for.
    """

    automaton: Automaton
    start: int
    unmade: Automaton | None = None
    undeclared: frozenset[tuple[str, str]] = frozenset()

    def courses(self, follower: Follower) -> Iterator[Course]:
        """The courses of a follower that are ruled out, shortest first; none if there are none."""
        found = Search(self.undeclared).run(follower, self.automaton, self.start)
        if self.unmade is None:
            return found
        seen = (course for course in found if any(leg.state == ABSENT != leg.target for leg in course))
        unseen = Search(self.undeclared).run(follower, self.unmade, self.unmade.initial, unmade=True)
        return heapq.merge(seen, unseen, key=lambda course: len(shown(course)))

    def rules_out(self, trace: Iterable[Observation], *, is_made: bool) -> int | None:
        """The place of the first sight after which no belief is left; None if the trace is possible."""
        automaton, belief = self.automaton, self.start
        if not is_made and self.unmade is not None:
            automaton, belief = self.unmade, self.unmade.initial
        for place, seen in enumerate(trace):
            belief = automaton.after(belief, seen)
            if not belief:
                return place
        return None
