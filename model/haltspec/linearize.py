"""Order the calls on one job, which may overlap and whose effect may be unknown, so that the lifecycle allows them.

Just-in-time linearization (G. Lowe, Testing for linearizability, 2017): calls are taken in order of time; a
configuration is a state of the job with the open calls that have taken their place in the order; a call is put into
the order only when its return forces it. What keeps this small:

- a call that can happen and leave the job in the state it is in need not be ordered there and then: from that visit on
  it is *satisfied*, and yet it may still be used for a move as long as it is open (reads, refusals, repeated stops);
- open calls that say the same are interchangeable, so the one that must return first goes first (kind symmetry);
- a call without an answer whose effect, once had, cannot be had again is one more move the job may make unseen from
  then on, however many such calls there are (absorption);
- of two configurations in one state, the one that has satisfied more calls and used up fewer stands for both
  (dominance).

What is left is a search over how many calls of each kind have moved the job. It is short where the job's life has no
circles; where it has, several kinds of calls that lead round and round can be ordered in too many ways. A budget ends
that: the calls of such an overlap are *undecided*, and afterwards the job may be in any state.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, Literal, NamedTuple

from haltspec.automaton import OK, UNKNOWN, Automaton, Course, Observation, bits
from haltspec.observe import Event

BUDGET: Final = 200_000
"""How many configurations of one job's history are looked at before its widest overlaps are given up."""

_SCRAPS: Final = 2_000
"""So many are looked at for every further overlap when the budget is spent."""


class Step(NamedTuple):
    """What one event did to the belief.

    Args:
        position: the event's position in the history.
        before: the belief when the event had to be placed (unseen moves not yet made).
        after: the belief then; 0 if no order allows the event. Where calls overlap it is that of the first moment at
            which the event can have had its place.
        constrained: another answer could have been impossible.
        decided: False if the overlap is too wide to order; `after` then is every state.
        later: where calls overlap, what the event may have led to at any moment: these states and perhaps more.
    """

    position: int
    before: int
    after: int
    constrained: bool
    decided: bool = True
    later: int = 0


@dataclass(frozen=True, slots=True)
class Aid:
    """Moves that somebody may have made besides those that the events and the rows tell of.

    Args:
        always: moves that may be made unseen from a time on, as often as it takes.
        once: moves that may be made unseen at any time, each once; the same course may stand there several times.
    """

    always: tuple[tuple[float, Course], ...] = ()
    once: tuple[Course, ...] = ()


NO_AID: Final = Aid()


class _Configuration(NamedTuple):
    """A state the job may be in, with what became of the open calls. Calls are bits: the lower must return earlier.

    Args:
        state: the state's bit.
        satisfied: open calls that need not be placed any more.
        placed: open calls that have moved the job: they are satisfied, and of no more use.
        used: calls without an answer, of those that could move a job again and again, that have moved it.
    """

    state: int
    satisfied: int
    placed: int
    used: int


@dataclass(slots=True)
class _Kind:
    """The open calls that say the same: what such a call can do, and which they are."""

    course: Course
    calls: int = 0


def steps(
    automaton: Automaton,
    events: Sequence[Event],
    *,
    initial: int | None = None,
    window: float = 0.0,
    clients: Sequence[str] = (),
    aid: Aid = NO_AID,
    force: int | None = None,
    leave_out: int | None = None,
    budget: int = BUDGET,
) -> Iterator[Step]:
    """One step for each event with a certain answer, in the order in which they must have taken effect.

    Args:
        automaton: the lifecycle's automaton.
        events: a job's events in order of their start.
        initial: the belief before the first event; None: the automaton's.
        window: reads may be as old as this many seconds.
        clients: the client of each event: calls of one client follow each other even where the clock stands still.
        aid: moves that somebody may have made besides.
        force: position of an event of unknown effect that is taken to have happened.
        leave_out: position of an event that is taken not to have happened.
        budget: how many configurations are looked at before overlaps are given up.

    After an impossible event the belief starts again from all states that could have given it and those of before,
    after a read only such as can follow (a refusal: it goes on). An order so accepted may have its effect later.
    """
    return _Search(automaton, events, initial, window, clients, aid, force, leave_out, budget).run()


class _Search:
    def __init__(
        self,
        automaton: Automaton,
        events: Sequence[Event],
        initial: int | None,
        window: float,
        clients: Sequence[str],
        aid: Aid,
        force: int | None,
        leave_out: int | None,
        budget: int,
    ) -> None:
        self.automaton = automaton
        self.events = events
        self.window = window
        self.clients = clients
        self.force = force
        self.leave_out = leave_out
        self.left = budget
        """How many more configurations may be looked at."""
        self.open: list[tuple[float, int]] = []
        """The calls that have begun and must have their place in the order by their end: a heap of end, position."""
        self.kinds: dict[Observation, _Kind] = {}
        """The same calls, by what they say."""
        self.pending: list[_Kind] = []
        """Calls without an answer that could move the job again and again: each may take a place, and none has to."""
        self.absorbed: dict[Observation, Course] = {}
        """Calls without an answer that could not: each is one more move that may be made unseen."""
        self.waiting = 0
        self.besides = [course for time, course in aid.always if time == -math.inf]
        self.later = sorted((pair for pair in aid.always if pair[0] > -math.inf), key=lambda pair: -pair[0])
        """Moves that may be made unseen, and those of a later time, the last first."""
        self.roots = _at(automaton.initial if initial is None else initial)
        """The configurations in which every call that has returned has its place, and no other without need."""
        self.given_up = False
        """Calls are open whose order was given up."""
        self._ranks: list[int] = []
        """For each event its number in the order of returns."""
        self._lowest: list[int] = []
        """For each place in the order of beginnings the lowest number from there on."""
        self._base = 0
        self._beginners: dict[float, set[str]] = {}
        """The clients that begin a call at each time."""
        self._free: dict[int, int] = {}
        self._unseen: dict[int, tuple[int, ...]] = {}
        self._closed: dict[int, int] = {}
        self._ranges: dict[int, int] = {}
        for course in aid.once:
            self._expect(course)

    def run(self) -> Iterator[Step]:
        order: Sequence[int] = range(len(self.events))
        if self.window:
            order = sorted(order, key=lambda p: (self._start(p), p))
        place = 0
        while place < len(order):
            if not (self.open or self.pending):
                place = yield from self._follow(order, place)
                if place == len(order):
                    return
            place = yield from self._begin_next(order, place)
        while self.open:
            yield from self._return(heapq.heappop(self.open)[1])

    def _follow(self, order: Sequence[int], place: int) -> Generator[Step, None, int]:
        """Take events as long as each has ended when the next begins; returns the place of the first that has not.

        This is the loop that most recordings are judged in.
        """
        events, automaton = self.events, self.automaton
        belief = self._belief()
        last = len(order) - 1
        while place <= last:
            position = order[place]
            seen, end = events[position].seen, events[position].end
            if seen.what == UNKNOWN or position == self.leave_out:
                if not self._is_passed_over(position):
                    break
                place += 1
                continue
            if place < last:
                begin = self._start(order[place + 1])
                if not (end < begin or (end == begin and self._is_next(order, place))):
                    break
            if self.later:
                self._go_by(end)
            before = self._close(belief) if self.absorbed or self.besides else belief
            after = automaton.after(before, seen)
            yield Step(position, before, after, automaton.is_constrained(before, seen))
            belief = after or self._despite(before, position)
            place += 1
            if not after and seen.what == OK and self._wait_for(position):
                break
        self.roots = _at(belief)
        return place

    def _is_passed_over(self, position: int) -> bool:
        """True if an event takes no place in the order: left out, a read of which nothing is known, or absorbed."""
        event = self.events[position]
        if position == self.leave_out or (event.reads and position != self.force):
            return True
        if position == self.force or event.end < math.inf or not self.automaton.is_idempotent(event.seen):
            return False
        self._absorb(event.seen)
        return True

    def _absorb(self, seen: Observation) -> None:
        if seen not in self.absorbed:
            self.absorbed[seen] = self.automaton.course(seen)
            self._forget()

    def _go_by(self, time: float) -> None:
        """Moves that may be made from a time on can be made by then."""
        while self.later and time >= self.later[-1][0]:
            self.besides.append(self.later.pop()[1])
            self._forget()

    def _forget(self) -> None:
        """Other moves may be made unseen than before."""
        self._unseen.clear()
        self._closed.clear()
        self._ranges.clear()

    def _start(self, position: int) -> float:
        event = self.events[position]
        return event.start - self.window if event.reads else event.start

    def _is_next(self, order: Sequence[int], place: int) -> bool:
        """True if the call at `place` ends when the next one begins, both of one client, and no other begins then."""
        here, there = order[place], order[place + 1]
        if here > there or not self.clients or self.clients[here] != self.clients[there]:
            return False
        if not self._beginners:
            for position in order:
                self._beginners.setdefault(self._start(position), set()).add(self.clients[position])
        return len(self._beginners[self._start(there)]) == 1

    # ---- calls begin and return -------------------------------------------------------------------------------------

    def _begin(self, position: int, order: Sequence[int], place: int) -> None:
        event = self.events[position]
        uncertain = event.seen.what == UNKNOWN and position != self.force
        if uncertain and self._is_passed_over(position):
            return
        if uncertain and event.end == math.inf:
            self._expect(self.automaton.course(event.seen))
            return
        if not self.open:
            self._number(order, place)
        bit = self._bit(position)
        heapq.heappush(self.open, (event.end, position))
        kind = self.kinds.get(event.seen)
        if kind is None:
            kind = self.kinds[event.seen] = _Kind(self.automaton.course(event.seen))
            self._ranges.clear()
        kind.calls |= bit
        self._free.clear()
        if uncertain:
            self.roots = [root._replace(satisfied=root.satisfied | bit) for root in self.roots]

    def _expect(self, course: Course) -> None:
        """A move may be made once, at any time from now on."""
        self.waiting += 1
        kind = next((kind for kind in self.pending if kind.course is course), None)
        if kind is None:
            kind = _Kind(course)
            self.pending.append(kind)
            self._ranges.clear()
        kind.calls |= 1 << self.waiting

    def _number(self, order: Sequence[int], place: int) -> None:
        """Number the calls from `place` on by their returns."""
        if not self._ranks:
            by_return = sorted(range(len(self.events)), key=lambda p: (self.events[p].end, p))
            self._ranks = [0] * len(by_return)
            for rank, position in enumerate(by_return):
                self._ranks[position] = rank
            self._lowest = list(accumulate((self._ranks[p] for p in reversed(order)), min))[::-1]
        self._base = self._lowest[place]

    def _bit(self, position: int) -> int:
        return 1 << (self._ranks[position] - self._base)

    def _begin_next(self, order: Sequence[int], place: int) -> Generator[Step, None, int]:
        """Begin the calls that begin together from `place` on, when all that ended before have returned.

        A call that begins the moment another ends overlaps it; but not if both are of one client, who makes one call
        after the other even where the clock stands still. Returns the place of the next call.
        """
        time = self._start(order[place])
        while self.open and self.open[0][0] < time:
            yield from self._return(heapq.heappop(self.open)[1])
        last = place + 1
        while last < len(order) and self._start(order[last]) == time:
            last += 1
        beginning_now = [position for position in order[place:last] if position != self.leave_out]
        for due, beginning in self._turns(beginning_now, time):
            for position in due:
                if (time, position) in self.open:
                    self.open.remove((time, position))
                    heapq.heapify(self.open)
                    yield from self._return(position)
            for position in beginning:
                self._begin(position, order, place)
        return last

    def _turns(self, positions: Sequence[int], time: float) -> Iterator[tuple[Sequence[int], Sequence[int]]]:
        """Turn by turn the calls that must return at `time`, and those of `positions` that can begin then.

        Only one client's calls are kept in order: that of two clients at one time, each in their own order, cannot be
        told by calls that begin and return one after the other. The others' then count as overlapping.
        """
        meets = self.open and self.open[0][0] == time
        if not self.clients or (len(positions) == 1 and not meets):
            yield [], positions
            return
        ending = {position for end, position in self.open if end == time} if meets else set()
        fresh = set(positions)
        chains: dict[str, list[tuple[list[int], list[int]]]] = {}
        for position in sorted({*ending, *positions}):
            chain = chains.setdefault(self.clients[position], [([], [])])
            if position in fresh:
                chain[-1][1].append(position)
            if self.events[position].end == time:
                if chain[-1][1]:
                    chain.append(([], []))
                chain[-1][0].append(position)
        in_order = [[turn for turn in chain if turn[1]] for chain in chains.values()]
        longest = max(in_order, key=lambda turns: sum(bool(due) for due, _ in turns), default=[])
        kept = {position for _, beginning in longest for position in beginning}
        yield [], [position for position in positions if position not in kept]
        yield from longest

    def _return(self, position: int) -> Iterator[Step]:
        seen, bit = self.events[position].seen, self._bit(position)
        if self.later:
            self._go_by(self.events[position].end)
        kind = self.kinds[seen]
        reached = None if self.given_up else self._place(bit, kind.course)
        kind.calls &= ~bit
        self._free.clear()
        if not kind.calls:
            del self.kinds[seen]
            self._ranges.clear()
        is_certain = seen.what != UNKNOWN or position == self.force
        if reached is None:
            everything = self.automaton.everything
            self.given_up = bool(self.open)
            self.left = max(self.left, _SCRAPS)
            self.roots = _at(everything)
            if is_certain:
                yield Step(position, everything, everything, False, False)
            return
        before, found = reached
        after = later = 0
        for state, _, placed, _ in found:
            after |= state if placed & bit else kind.course.stays.get(state, state)
            if not placed & bit:
                for other in bits(self._range(state)):
                    later |= kind.course.images.get(other, 0)
        if is_certain:
            before = self._close(before) if self.absorbed or self.besides else before
            yield Step(position, before, after, self.automaton.is_constrained(before, seen), later=later)
        if found:
            self.roots = list(dict.fromkeys(_without(bit, one) for one in found))
        elif seen.what == OK:
            self.roots = _at(self._despite(before, position), satisfied=sum(one.calls for one in self.kinds.values()))
            self._wait_for(position)

    def _belief(self) -> int:
        belief = 0
        for root in self.roots:
            belief |= root.state
        return belief

    def _despite(self, before: int, position: int) -> int:
        """The states to go on with after an answer that was impossible: those in which it is possible.

        A read may have shown what was so earlier: then the job can still be where it was. What the answer to an order
        shows may just be wrong.
        """
        event = self.events[position]
        if event.seen.what != OK:
            return before
        able = self.automaton.image(self.automaton.everything, event.seen)
        if not able:
            return before
        return able | (before & ~self.automaton.initial & (self.automaton.onward(able) if event.reads else ~0))

    def _wait_for(self, position: int) -> bool:
        """Take an order that was accepted with an impossible answer for one without; True if it is waited for."""
        event = self.events[position]
        if event.reads:
            return False
        order = event.seen._replace(what=UNKNOWN, shows=None)
        if self.automaton.is_idempotent(order):
            self._absorb(order)
            return False
        self._expect(self.automaton.course(order))
        return True

    # ---- the search -------------------------------------------------------------------------------------------------

    def _place(self, bit: int, course: Course) -> tuple[int, list[_Configuration]] | None:
        """What the belief was, and every configuration in which the returning call has its place; None: gave up.

        First those in which the call has its place as soon as it must. Then those in which it did not only happen on
        the way but made a move that nothing else could: when it has returned it cannot make it any more.
        """
        roots = self.roots
        if all(root.satisfied & bit and not self._may_leap(root, bit, course) for root in roots):
            return self._belief(), roots
        looked_at = self._explore(roots, bit, "satisfied")
        if looked_at is None:
            return None
        before = 0
        found: list[_Configuration] = []
        for one in looked_at:
            if not one.placed & bit:
                before |= one.state
            if one.satisfied & bit:
                found.append(one)
        late = [one for one in found if self._may_leap(one, bit, course)]
        if late:
            looked_at = self._explore(late, bit, "placed")
            if looked_at is None:
                return None
            found += [one for one in looked_at if one.placed & bit]
        return before, found

    def _may_leap(self, one: _Configuration, bit: int, course: Course) -> bool:
        """True if the returning call may yet move the job to where it could not get unseen."""
        return bool(course.leaping) and not one.placed & bit and bool(course.leaping & self._range(one.state))

    def _explore(
        self, roots: Iterable[_Configuration], bit: int, until: Literal["satisfied", "placed"]
    ) -> list[_Configuration] | None:
        """What can be reached without going on from where the call is satisfied, or placed; None: gave up."""
        # By few calls placed and many satisfied: so one that others dominate comes after them.
        todo = deque(sorted(roots, key=lambda one: (one.placed.bit_count(), -one.satisfied.bit_count())))
        known: dict[int, list[_Configuration]] = {}
        found: list[_Configuration] = []
        while todo:
            state, satisfied, placed, used = todo.popleft()
            satisfied |= self._satisfied_in(state)
            others = known.setdefault(state, [])
            self.left -= 1 + len(others) // 16
            if self.left < 0:
                return None
            for _, more, fewer, unused in others:
                if not (satisfied & ~more or fewer & ~placed or unused & ~used):
                    break
            else:
                one = _Configuration(state, satisfied, placed, used)
                others.append(one)
                found.append(one)
                if not getattr(one, until) & bit:
                    todo.extend(self._next(one, bit))
        return found

    def _satisfied_in(self, state: int) -> int:
        """The open calls that can happen while the job is in a state and leave it there."""
        calls = self._free.get(state)
        if calls is None:
            calls = sum(kind.calls for kind in self.kinds.values() if state in kind.course.stays)
            self._free[state] = calls
        return calls

    def _next(self, one: _Configuration, bit: int) -> Iterator[_Configuration]:
        """One move on: unseen, or by one call of each kind, that which returns first (the returning one before all)."""
        state, satisfied, placed, used = one
        for target in self._unseen_from(state):
            yield _Configuration(target, satisfied, placed, used)
        for kind in self.kinds.values():
            due = _first(kind.calls & ~satisfied, bit)
            if due:
                for target in kind.course.moves.get(state, ()):
                    yield _Configuration(target, satisfied | due, placed | due, used)
            spare = _first(kind.calls & satisfied & ~placed, bit)
            if spare and (not due or spare == bit or spare < due != bit):
                for target in kind.course.leaps.get(state, ()):
                    yield _Configuration(target, satisfied, placed | spare, used)
        for kind in self.pending:
            spare = _first(kind.calls & ~used)
            if spare:
                for target in kind.course.leaps.get(state, ()):
                    yield _Configuration(target, satisfied, placed, used | spare)

    def _unseen_from(self, state: int) -> tuple[int, ...]:
        """Where the job may move unseen, absorbed calls included."""
        targets = self._unseen.get(state)
        if targets is None:
            mask = self.automaton.unseen(state)
            for course in (*self.absorbed.values(), *self.besides):
                mask |= course.images.get(state, 0)
            targets = self._unseen[state] = tuple(bits(mask & ~state))
        return targets

    def _close(self, belief: int) -> int:
        """The belief after any number of unseen moves, absorbed calls included."""
        known = self._closed.get(belief)
        if known is None:
            known, more = 0, self.automaton.close(belief)
            while more != known:
                known = more
                for state in bits(known):
                    for target in self._unseen_from(state):
                        more |= target
            self._closed[belief] = known
        return known

    def _range(self, state: int) -> int:
        """The states that a job may get to from `state` if each open or pending call could happen again and again."""
        reached = self._ranges.get(state)
        if reached is None:
            reached, more = 0, state
            while more != reached:
                reached = more
                more = self._close(reached)
                for kind in (*self.kinds.values(), *self.pending):
                    for before in bits(more):
                        more |= kind.course.images.get(before, 0)
            self._ranges[state] = reached
        return reached


def _at(belief: int, *, satisfied: int = 0) -> list[_Configuration]:
    """The configurations of a belief in which no call is placed."""
    return [_Configuration(state, satisfied, 0, 0) for state in bits(belief)]


def _without(bit: int, one: _Configuration) -> _Configuration:
    return _Configuration(one.state, one.satisfied & ~bit, one.placed & ~bit, one.used)


def _first(calls: int, preferred: int = 0) -> int:
    """Of calls the preferred one, or that which returns first; 0 if there is none."""
    return calls & preferred or calls & -calls
