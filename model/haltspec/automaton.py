"""A lifecycle as a finite automaton over what can be observed of one job: sets of states (beliefs) as bit masks.

`Automaton` answers "given that the job is in one of these states, and this was seen: where can it be now?"; the oracle,
the determinised `Monitor` and the decision procedure `inclusion` are built on that one question.

A *floor* relaxes the automaton: cells whose rows are all graded below it accept any reply, as silent cells do, but for
an order's that shows a status which the job cannot have; where a document says that a call is refused, and not with
which code, the floor `stated` takes any code. What fails there is ruled out by documents alone; what fails only at
`assumed` is ruled out by a choice of ours.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from haltspec.lts import (
    ABSENT,
    ANY_ERROR,
    PLAIN,
    Call,
    Grade,
    Internal,
    Lifecycle,
    Operation,
    Reply,
    Role,
    Transition,
)
from haltspec.spec import Pattern

OK: Final = "ok"
"""Answered with success."""
ERROR: Final = "error"
"""Refused with an error code that the job's state decides."""
UNKNOWN: Final = "unknown"
"""No answer, or a fault of the service: the call may or may not have taken effect."""
UNLISTED: Final = "unlisted"
"""A complete listing did not hold the job, though one showing `shows` would have been in it."""
PASSED: Final = "passed"
"""Refused for reasons outside the lifecycle: nothing changed and nothing was learnt."""
ANY_CLASS: Final = "any"
"""As a request class: the recording does not tell which; any that can arise in the state."""


class Observation(NamedTuple):
    """One thing seen of one job.

    Args:
        operation: the role's name in the lifecycle.
        cls: the request class, or `ANY_CLASS`.
        what: `OK`, `ERROR`, `UNKNOWN`, `UNLISTED` or `PASSED`.
        shows: for `OK` the status values seen (None: the reply hides them; a None inside: that member is hidden); for
            `UNLISTED` the pattern of what would have been listed.
        code: for `ERROR` the error code.
    """

    operation: str
    cls: str
    what: str
    shows: Pattern | None = None
    code: str = ""

    def __str__(self) -> str:
        guard = "" if self.cls in (PLAIN, ANY_CLASS) else f" [{self.cls}]"
        shows = self.shows or ()
        shown = "/".join(value or "?" for value in shows) if any(shows) else ""
        told = {
            OK: f"answered {shown}" if shown else "answered",
            ERROR: f"refused with {self.code}",
            UNKNOWN: "got no certain answer",
            UNLISTED: f"did not list the job{' as ' + shown if shown else ''}",
            PASSED: "refused for reasons outside the lifecycle",
        }[self.what]
        return f"{self.operation}{guard} {told}"


def matches(seen: Pattern | None, shown: Sequence[str]) -> bool:
    """True if the status values seen (None: hidden) are those of a state that shows `shown`."""
    if seen is None or seen == ():
        return seen is None or not shown
    return len(seen) == len(shown) and all(a is None or a == b for a, b in zip(seen, shown, strict=True))


@dataclass(frozen=True, slots=True)
class Move:
    """One way a state can give an observation: by `row` (None where no row is needed), going to `target`."""

    state: str
    row: Transition | None
    target: str


@dataclass(frozen=True, slots=True)
class Course:
    """What one observation can do to a job, by the state (as a bit) it is in; a call of unknown effect: if it had one.

    Args:
        images: where it leads to; no entry for a state that cannot give it.
        stays: the states in which it may be seen with the job being there again afterwards, unseen moves allowed; with
            the states in which the job can be right after it.
        moves: where it leads to from a state in which it does not stay.
        leaps: where it leads to besides what can be reached unseen.
        leaping: the states that have leaps.
    """

    images: Mapping[int, int]
    stays: Mapping[int, int]
    moves: Mapping[int, tuple[int, ...]]
    leaps: Mapping[int, tuple[int, ...]]
    leaping: int


class Automaton:
    """The observable behaviours of one lifecycle.

    Args:
        lifecycle: the lifecycle.
        floor: rows graded below it rule nothing out.
        readings: the readings that hold; None: every reading of every open question.
        rows: the rows to use instead of the lifecycle's (a mutant); None: those of the lifecycle under `readings`.
        births: a job may come into being unseen, since its creation is not in the recording.
        outside: a job may be moved from outside the API.
        hidden: operations whose successes never show a status, so that none of their observations has one.
        declared: for each operation the error codes that may refuse it in a silent cell; None, or at a higher floor
            than `ASSUMED`: any code may, but for one that says that there is no such job.
    """

    def __init__(
        self,
        lifecycle: Lifecycle,
        *,
        floor: Grade = Grade.ASSUMED,
        readings: Mapping[str, str] | None = None,
        rows: tuple[Transition, ...] | None = None,
        births: bool = False,
        outside: bool = False,
        declared: Mapping[str, frozenset[str]] | None = None,
        hidden: frozenset[str] = frozenset(),
    ) -> None:
        self.lifecycle = lifecycle
        self.floor = floor
        self._declared = declared
        self._hidden = hidden
        self.states = tuple(state.name for state in lifecycle.states)
        self.bit = {name: 1 << index for index, name in enumerate(self.states)}
        self.everything = (1 << len(self.states)) - 1
        self.initial = self.bit[ABSENT]
        self._shows = {state.name: state.shows for state in lifecycle.states}
        if rows is None:
            rows = lifecycle.all_rows() if readings is None else lifecycle.rows(readings)
        self.rows = rows
        lenient = readings is None
        self._open = frozenset(lifecycle.silent_cells()) if lenient else frozenset()
        self._cells: dict[tuple[str, str, str], list[Transition]] = {}
        self._witnessed = self._index_witnessed(rows)
        self._index_calls(rows)
        closed = ((cell, own) for cell, own in self._cells.items() if cell not in self._open)
        self._weak = frozenset(cell for cell, own in closed if max(row.grade for row in own) < floor)
        self._unseen = self._internal_moves(rows, births, outside)
        self._reach = self._close_internal()
        self._after: dict[tuple[int, Observation], int] = {}
        self._closed: dict[int, int] = {}
        self._onward: dict[int, int] = {}
        self._images: dict[tuple[int, Observation], int] = {}
        self._constrained: dict[tuple[int, str, str], bool] = {}
        self._of_absent = self._codes_of_absent()
        self._told: dict[str, frozenset[tuple[str, ...]]] = {}
        self._idempotent: dict[tuple[str, str], bool] = {}
        self._courses: dict[Observation, Course] = {}

    def _index_calls(self, rows: tuple[Transition, ...]) -> None:
        for row in rows:
            if isinstance(row.label, Call):
                operation = self.lifecycle.operation(row.label.operation)
                for state in row.states:
                    for cls in row.label.when or operation.class_names:
                        self._cells.setdefault((state, operation.name, cls), []).append(row)

    @staticmethod
    def _index_witnessed(rows: tuple[Transition, ...]) -> dict[str, list[Transition]]:
        """For each state the moves out of it that count only where they are seen."""
        found: dict[str, list[Transition]] = {}
        for row in rows:
            if isinstance(row.label, Internal) and row.label.witnessed:
                for state in row.states:
                    found.setdefault(state, []).append(row)
        return found

    def _codes_of_absent(self) -> frozenset[tuple[str, str]]:
        """The (operation, error code) pairs that say of a job that it does not exist, as far as the floor lets them.

        A job that is about to disappear by itself may be spoken of like one that has.
        """
        said: dict[tuple[str, str], set[str]] = {}
        grades: dict[tuple[str, str], Grade] = {}
        going = {ABSENT}
        for row in self.lifecycle.all_rows():
            if isinstance(row.label, Call) and row.label.reply.error is not None:
                pair = row.label.operation, row.label.reply.error
                said.setdefault(pair, set()).update(row.states)
                if ABSENT in row.states:
                    grades[pair] = max(row.grade, grades.get(pair, row.grade))
            elif isinstance(row.label, Internal) and row.target == ABSENT and not row.label.outside:
                going.update(row.states)
        return frozenset(
            pair
            for pair, states in said.items()
            if ABSENT in states and states <= going and pair[1] != ANY_ERROR and grades[pair] >= self.floor
        )

    def _internal_moves(self, rows: tuple[Transition, ...], births: bool, outside: bool) -> dict[str, set[str]]:
        """For each state, the states that one unseen move leads to."""
        moves: dict[str, set[str]] = {name: set() for name in self.states}
        for row in rows:
            if isinstance(row.label, Internal) and not row.label.witnessed and (outside or not row.label.outside):
                for state in row.states:
                    moves[state].add(row.target_from(state))
        for framed in self.lifecycle.states:
            frame = framed.frame or self.lifecycle.frame
            if frame.grade is Grade.ASSUMED and self.floor > Grade.ASSUMED and framed.name != ABSENT:
                moves[framed.name].update(name for name in self.states if name != ABSENT)
        if births:
            moves[ABSENT].update(self.states)
        return moves

    def _close_internal(self) -> dict[str, int]:
        """For each state, the states it may have moved to unseen, itself included."""
        reach: dict[str, int] = {}
        for start in self.states:
            seen, todo = {start}, [start]
            while todo:
                fresh = self._unseen[todo.pop()] - seen
                seen |= fresh
                todo.extend(fresh)
            reach[start] = sum(self.bit[name] for name in seen)
        return reach

    # ---- beliefs ----------------------------------------------------------------------------------------------------

    def names(self, belief: int) -> tuple[str, ...]:
        """The names of the states in a belief, in the lifecycle's order."""
        return tuple(name for index, name in enumerate(self.states) if belief >> index & 1)

    def mask(self, names: Iterable[str]) -> int:
        """The belief that holds the states called `names`."""
        return sum({self.bit[name] for name in names})

    def close(self, belief: int) -> int:
        """The belief after any number of unseen moves."""
        closed = self._closed.get(belief)
        if closed is None:
            closed = 0
            for name in self.names(belief):
                closed |= self._reach[name]
            self._closed[belief] = closed
        return closed

    def onward(self, belief: int) -> int:
        """The belief after any number of moves, unseen ones and calls of all kinds."""
        reached = self._onward.get(belief)
        if reached is None:
            reached, more = 0, belief
            while more != reached:
                reached = more
                for name in self.names(reached):
                    more |= self.mask(row.target_from(name) for row in self.rows if name in row.states)
            self._onward[belief] = reached
        return reached

    def unseen(self, state: int) -> int:
        """The belief after one unseen move from the state whose bit is `state`."""
        return self.mask(self._unseen[self.states[state.bit_length() - 1]])

    def after(self, belief: int, seen: Observation) -> int:
        """The belief after `seen`: unseen moves first, then the observation; 0 if it is impossible."""
        key = (belief, seen)
        result = self._after.get(key)
        if result is None:
            result = self.image(self.close(belief), seen)
            self._after[key] = result
        return result

    def image(self, belief: int, seen: Observation) -> int:
        """The belief after `seen` alone, without unseen moves before or after it."""
        result = 0
        while belief:
            lowest = belief & -belief
            belief ^= lowest
            image = self._images.get((lowest, seen))
            if image is None:
                moves = self.moves(self.states[lowest.bit_length() - 1], seen)
                image = self._images[lowest, seen] = self.mask(move.target for move in moves)
            result |= image
        return result

    def moves(self, state: str, seen: Observation) -> tuple[Move, ...]:
        """The ways in which `state` can give the observation `seen`; none if it cannot."""
        if seen.what == PASSED:
            return (Move(state, None, state),)
        if seen.cls == ANY_CLASS:
            ways = (self.moves(state, seen._replace(cls=cls)) for cls in self._arising(state, seen.operation))
            return tuple(dict.fromkeys(move for moves in ways for move in moves))
        if seen.what == UNLISTED:
            listed = state != ABSENT and (seen.shows == () or matches(seen.shows, self._shows[state]))
            cell_rows = self.cell_rows(state, seen.operation, seen.cls) if state == ABSENT else ()
            return () if listed else (Move(state, cell_rows[0] if cell_rows else None, state),)
        cell = (state, seen.operation, seen.cls)
        rows = self._cells.get(cell, ())
        if seen.what == UNKNOWN:
            done = tuple(Move(state, row, row.target_from(state)) for row in rows if self._row_reply(row).error is None)
            return (Move(state, None, state), *done)
        found = tuple(Move(state, row, row.target_from(state)) for row in rows if self._gives(row, state, seen))
        found += tuple(self._seen_moves(state, seen))
        is_open = cell in self._open | self._weak
        if not is_open or (found and not self._shows_before(state, seen)):
            return found
        stays = Move(state, None, state)
        if seen.what == ERROR:
            return (stays,) if self._may_refuse(cell, seen) and not self.says_absent(state, seen) else ()
        return (*found, *(Move(state, None, target) for target in self._led_to(state, rows, seen)))

    def _shows_before(self, state: str, seen: Observation) -> bool:
        """True if the answer to an order shows what the job showed before: what it does may come later."""
        is_order = self.lifecycle.operation(seen.operation).role is Role.ORDER
        is_shown = seen.what == OK and any(seen.shows or ()) and matches(seen.shows, self._shows[state])
        return is_order and is_shown and state != ABSENT

    def _led_to(self, state: str, rows: Sequence[Transition], seen: Observation) -> Iterator[str]:
        """Where an answer in a silent or weak cell may have left the job.

        What such an order does is not known; but its answer shows where the job is by then, where it was before, or
        what answers of the operation show of another moment. What a read shows that is not described is as unknown,
        and so is a status of a job that is not there.
        """
        targets = dict.fromkeys((state, *(row.target_from(state) for row in rows)))
        is_read = self.lifecycle.operation(seen.operation).role in (Role.READ, Role.LIST)
        if not (seen.shows is None or state == ABSENT or is_read or self._shows_before(state, seen)):
            by_then = self.names(self.close(self.mask(targets)))
            shown = [target for target in by_then if matches(seen.shows, self._shows[target])]
            if shown or not any(matches(seen.shows, shows) for shows in self._told_apart(seen.operation)):
                yield from shown
                return
        yield from targets

    def _told_apart(self, operation: str) -> frozenset[tuple[str, ...]]:
        """The statuses that answers to an operation show without being those of the job then, or before the call."""
        known = self._told.get(operation)
        if known is None:
            found = set[tuple[str, ...]]()
            for row in self.rows:
                if isinstance(row.label, Call) and row.label.operation == operation and row.label.reply.error is None:
                    shows = row.label.reply.shows
                    if shows is not None and shows not in {self._shows[name] for name in row.states}:
                        found.add(shows)
                    elif row.states == (ABSENT,):
                        found.add(self._shows[row.target_from(ABSENT)])  # the first answer, repeated
            known = self._told[operation] = frozenset(found)
        return known

    def _seen_moves(self, state: str, seen: Observation) -> Iterator[Move]:
        """The moves out of a state that this observation, a read or list, is the first to show."""
        if state not in self._witnessed or seen.what != OK or not any(seen.shows or ()):
            return
        if self.lifecycle.operation(seen.operation).role not in (Role.READ, Role.LIST):
            return
        for row in self._witnessed[state]:
            reads = self._cells.get((row.target, seen.operation, seen.cls), ())
            if any(self._gives(read, row.target, seen) for read in reads):
                yield Move(state, row, row.target)

    def _may_refuse(self, cell: tuple[str, str, str], seen: Observation) -> bool:
        """True if a silent or weak cell may refuse with this code: which ones it may is a reading of ours."""
        if self._declared is None or self.floor > Grade.ASSUMED or cell in self._weak:
            return True
        return seen.code in self._declared.get(seen.operation, ())

    def _arising(self, state: str, operation: str) -> tuple[str, ...]:
        """The request classes that can arise in a state."""
        asked = self.lifecycle.operation(operation)
        return tuple(cls for cls in asked.class_names if asked.arises(cls, state))

    @staticmethod
    def _row_reply(row: Transition) -> Reply:
        assert isinstance(row.label, Call)
        return row.label.reply

    def _gives(self, row: Transition, state: str, seen: Observation) -> bool:
        reply = self._row_reply(row)
        if seen.what == ERROR:
            is_any = reply.error == ANY_ERROR or (reply.inferred and self.floor > Grade.IMPLIED)
            return reply.error == seen.code or (is_any and not self.says_absent(state, seen))
        if reply.error is not None:
            return False
        if seen.shows is None:
            return not (state == ABSENT and row.target_from(state) == ABSENT and self._is_list(seen))
        return matches(seen.shows, reply.shows if reply.shows is not None else self._shows[row.target_from(state)])

    def says_absent(self, state: str, seen: Observation) -> bool:
        """True if a refusal says that the job does not exist, and in `state` it does."""
        return state != ABSENT and (seen.operation, seen.code) in self._of_absent

    def _is_list(self, seen: Observation) -> bool:
        return self.lifecycle.operation(seen.operation).role is Role.LIST

    def is_idempotent(self, seen: Observation) -> bool:
        """True if no state in which the call of `seen` has an effect can be reached again once it has had it."""
        key = (seen.operation, seen.cls)
        if key not in self._idempotent:
            cell = ((state, self.cell_rows(state, *key)) for state in self.states)
            moved = [(state, row.target_from(state)) for state, rows in cell for row in rows]
            moved = [(state, target) for state, target in moved if state != target]
            sources, targets = (self.mask(names) for names in zip(*moved, strict=True)) if moved else (0, 0)
            self._idempotent[key] = not (self.onward(targets) & sources)
        return self._idempotent[key]

    def course(self, seen: Observation) -> Course:
        """What an observation can do to a job, state by state."""
        course = self._courses.get(seen)
        if course is None:
            course = self._courses[seen] = self._course(seen)
        return course

    def _course(self, seen: Observation) -> Course:
        images: dict[int, int] = {}
        for name, state in self.bit.items():
            moves = self.moves(name, seen)
            images[state] = self.mask(m.target for m in moves if m.row is not None or seen.what != UNKNOWN)
        return self.course_of(images)

    def course_of(self, images: Mapping[int, int]) -> Course:
        """The course of what leads from each state to those of its image; states may be left out."""
        images = {state: image for state, image in images.items() if image}
        stays: dict[int, int] = {}
        leaps: dict[int, tuple[int, ...]] = {}
        for state in self.bit.values():
            reach = self.close(state)
            circle = [other for other in bits(reach) if self.close(other) & state]
            around = 0
            for other in circle:
                around |= images.get(other, 0)
            if around & sum(circle):
                stays[state] = around
            if images.get(state, 0) & ~reach:
                leaps[state] = tuple(bits(images[state] & ~reach))
        moves_from = {state: tuple(bits(image)) for state, image in images.items() if state not in stays}
        return Course(images, stays, moves_from, leaps, sum(leaps))

    # ---- what could have been seen ----------------------------------------------------------------------------------

    def is_constrained(self, belief: int, seen: Observation) -> bool:
        """True if another answer could have been impossible: no state of the closed belief leaves the cell open."""
        if seen.what in (PASSED, UNKNOWN):
            return False
        if seen.what == UNLISTED:
            return True
        key = (belief, seen.operation, seen.cls)
        known = self._constrained.get(key)
        if known is None:
            known = not any(self.is_loose(name, seen.operation, seen.cls) for name in self.names(self.close(belief)))
            self._constrained[key] = known
        return known

    def is_loose(self, state: str, operation: str, cls: str) -> bool:
        """True if what a call does in a state is left open, or ruled by what is graded below the floor."""
        classes = self._arising(state, operation) if cls == ANY_CLASS else (cls,)
        return any((state, operation, one) in cells for one in classes for cells in (self._open, self._weak))

    def cell_rows(self, state: str, operation: str, cls: str) -> tuple[Transition, ...]:
        """The rows of one cell; of several for `ANY_CLASS`."""
        classes = self._arising(state, operation) if cls == ANY_CLASS else (cls,)
        return tuple(dict.fromkeys(row for one in classes for row in self._cells.get((state, operation, one), ())))

    def possible(self, belief: int, operation: str, cls: str) -> tuple[tuple[str, Transition], ...]:
        """What a call could have answered: each (state, row) of the closed belief."""
        return tuple((s, row) for s in self.names(self.close(belief)) for row in self.cell_rows(s, operation, cls))

    def alphabet(self) -> tuple[Observation, ...]:
        """Every observation some row can give, each hidden or shown, and what a listing or a fault can add.

        A creation that can only be about a job that does not exist yet tells of no job unless it succeeds.
        """
        found: dict[Observation, None] = {}
        drawn = {operation.name for operation in self.lifecycle.operations if self._is_for_new_jobs(operation)}
        for (state, operation, cls), rows in self._cells.items():
            is_list = self.lifecycle.operation(operation).role is Role.LIST
            for row in rows:
                reply = self._row_reply(row)
                if reply.error is not None:
                    if operation not in drawn:
                        found[Observation(operation, cls, ERROR, None, reply.error)] = None
                    continue
                target = row.target_from(state)
                shows = reply.shows if reply.shows is not None else self._shows[target]
                if is_list and state == ABSENT:
                    found[Observation(operation, cls, UNLISTED, ())] = None
                    continue
                if shows and operation not in self._hidden:
                    found[Observation(operation, cls, OK, shows)] = None
                if not is_list:
                    found[Observation(operation, cls, OK)] = None
                if not is_list and operation not in drawn:
                    found[Observation(operation, cls, UNKNOWN)] = None
        return tuple(sorted(found, key=lambda o: (o.operation, o.cls, o.what, o.shows or (), o.code)))

    def _is_for_new_jobs(self, operation: Operation) -> bool:
        existing = [name for name in self.states if name != ABSENT]
        return not any(operation.arises(cls, name) for cls in operation.class_names for name in existing)


class Monitor:
    """The determinised automaton: one table look-up for each observation.

    States are integers: 0 is "impossible" and absorbs, 1 is the start. `table[state * width + letter]` is the next
    state; `letters` maps an observation to its letter. Letters outside the alphabet have no entry: ask the automaton.
    """

    def __init__(self, automaton: Automaton, letters: Sequence[Observation] | None = None) -> None:
        self.automaton = automaton
        alphabet = tuple(letters if letters is not None else automaton.alphabet())
        self.letters = {seen: index for index, seen in enumerate(alphabet)}
        self.width = len(alphabet)
        numbers = {0: 0, automaton.initial: 1}
        self.beliefs = [0, automaton.initial]
        self.table = [0] * (2 * self.width)
        todo = deque([automaton.initial])
        while todo:
            belief = todo.popleft()
            for seen, letter in self.letters.items():
                target = automaton.after(belief, seen)
                if target not in numbers:
                    numbers[target] = len(numbers)
                    self.beliefs.append(target)
                    self.table.extend([0] * self.width)
                    todo.append(target)
                self.table[numbers[belief] * self.width + letter] = numbers[target]

    def encode(self, trace: Iterable[Observation]) -> list[int]:
        """The letters of a trace; raises KeyError for an observation outside the alphabet."""
        return [self.letters[seen] for seen in trace]

    def run(self, letters: Iterable[int], state: int = 1) -> int:
        """The state after `letters`; 0 if the trace is impossible."""
        table, width = self.table, self.width
        for letter in letters:
            state = table[state * width + letter]
        return state

    def run_many(self, letters: Any) -> Any:
        """The states of many jobs after their letters, at once.

        Args:
            letters: a NumPy array of integers, one row a step and one column a job.

        Returns:
            A NumPy array with one state for each job; 0 where the trace is impossible.
        """
        import numpy as np

        table = np.asarray(self.table, dtype=np.intp) * self.width
        states = np.full(letters.shape[1], self.width, dtype=np.intp)
        for row in letters:
            states += row
            np.take(table, states, out=states)
        return states // self.width


def inclusion(left: Automaton, right: Automaton) -> tuple[Observation, ...] | None:
    """A shortest trace that `left` allows and `right` does not; None if there is none (trace inclusion, decided).

    Breadth first over pairs of a state of `left` and a belief of `right`, on the union of their alphabets. A pair is
    passed over if the same state was met with fewer states in the belief: whatever `right` cannot follow from there
    it cannot follow from here either (antichains: De Wulf, Doyen, Henzinger, Raskin, 2006).
    """
    letters = tuple(dict.fromkeys((*left.alphabet(), *right.alphabet())))
    start = (left.initial, right.close(right.initial))
    paths: dict[_Pair, tuple[_Pair, Observation] | None] = {start: None}
    least: dict[int, list[int]] = {start[0]: [start[1]]}
    todo = deque([start])
    while todo:
        pair = todo.popleft()
        for seen in letters:
            here = left.after(pair[0], seen)
            if not here:
                continue
            there = right.after(pair[1], seen)
            if not there:
                return (*_path(paths, pair), seen)
            there = right.close(there)
            for state in bits(here):
                known = least.setdefault(state, [])
                if not any(belief & ~there == 0 for belief in known):
                    known[:] = [belief for belief in known if there & ~belief]
                    known.append(there)
                    paths[state, there] = (pair, seen)
                    todo.append((state, there))
    return None


_Pair = tuple[int, int]
"""A state of one automaton and a belief of another, as bit masks."""


def bits(mask: int) -> Iterator[int]:
    """The states of a belief, each as a belief of its own."""
    while mask:
        lowest = mask & -mask
        yield lowest
        mask ^= lowest


def _path(paths: Mapping[_Pair, tuple[_Pair, Observation] | None], end: _Pair) -> Iterator[Observation]:
    back: list[Observation] = []
    step = paths[end]
    while step is not None:
        back.append(step[1])
        step = paths[step[0]]
    return reversed(back)
