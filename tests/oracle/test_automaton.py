"""Beliefs, floors and the determinised monitor against a naive reading of the rows; trace inclusion by brute force."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from haltspec.apis import load
from haltspec.automaton import (
    ANY_CLASS,
    ERROR,
    OK,
    PASSED,
    UNKNOWN,
    UNLISTED,
    Automaton,
    Monitor,
    Observation,
    inclusion,
    matches,
)
from haltspec.linearize import Aid, steps
from haltspec.lts import (
    ABSENT,
    ANY_ERROR,
    PLAIN,
    SAME,
    Call,
    Document,
    Grade,
    Internal,
    Kind,
    Lifecycle,
    OpenQuestion,
    Operation,
    Reading,
    Role,
    State,
    Transition,
    assumed,
    call,
    internal,
    ok,
    refused,
)
from haltspec.observe import Event
from haltspec.spec import Pattern

APIS = ("comprehend", "translate", "devicefarm", "dataarts", "rekognition")
LIFECYCLES = [(api, lifecycle.name) for api in APIS for lifecycle in load(api).lifecycles]
FLOORS = (Grade.ASSUMED, Grade.IMPLIED, Grade.STATED)
JOB = load("comprehend").lifecycle("job")
EXISTING = {state.name for state in JOB.states} - {ABSENT}
each_floor = pytest.mark.parametrize("floor", FLOORS, ids=str)
each_lifecycle = pytest.mark.parametrize("named", LIFECYCLES, ids="/".join)


def of(named: tuple[str, str]) -> Lifecycle:
    """A lifecycle by the names of its API and its own."""
    return load(named[0]).lifecycle(named[1])


def seen(operation: str, what: str = OK, *shown: str, cls: str = PLAIN, code: str = "") -> Observation:
    """An observation; a success that shows nothing hides the status."""
    return Observation(operation, cls, what, shown or None, code)


def names(automaton: Automaton, *before: str, then: Observation) -> tuple[str, ...]:
    """The states in which a job may be after an observation, given those before it."""
    return automaton.names(automaton.after(automaton.mask(before), then))


# ---- a naive reading of the rows, written apart from the automaton --------------------------------------------------


@dataclass
class Naive:
    """What a job can be after an observation, row by row and state by state, with sets of names."""

    lifecycle: Lifecycle
    rows: tuple[Transition, ...]

    def closed(self, states: Iterable[str]) -> set[str]:
        """The states after any number of moves that nobody sees."""
        found = set(states)
        while True:
            more = {
                row.target_from(state)
                for row in self.rows
                if isinstance(row.label, Internal) and row.label.owed
                for state in row.states
                if state in found
            }
            if more <= found:
                return found
            found |= more

    def after(self, states: Iterable[str], what: Observation) -> set[str]:
        """The states after unseen moves and one observation."""
        return {target for state in self.closed(states) for target in self._from(state, what)}

    def _from(self, state: str, what: Observation) -> set[str]:
        if what.what == UNLISTED:
            assert what.shows is not None
            listed = state != ABSENT and self._fits(what.shows or None, self.lifecycle.state(state).shows)
            return set() if listed else {state}
        rows = [row for row in self.rows if self._covers(row, state, what)]
        if what.what == UNKNOWN:
            return {state} | {row.target_from(state) for row in rows if self._label(row).reply.error is None}
        taken = {row.target_from(state) for row in rows if self._answers(row, state, what)}
        taken |= {row.target for row in self.rows if self._is_witness(what, row, state)}
        may_come_later = (
            self.lifecycle.operation(what.operation).role is Role.ORDER
            and (state != ABSENT and what.what == OK and any(what.shows or ()))
            and self._fits(what.shows, self.lifecycle.state(state).shows)
        )
        if (taken and not may_come_later) or (state, what.operation, what.cls) not in self.lifecycle.silent_cells():
            return taken
        if what.what == ERROR:
            return set() if state != ABSENT and self._is_of_absent(what) else {state}
        targets = {state} | {row.target_from(state) for row in rows}
        if may_come_later:
            return taken | targets
        if state == ABSENT or what.shows is None or self.lifecycle.operation(what.operation).role in READS:
            return targets
        shown = {
            target for target in self.closed(targets) if self._fits(what.shows, self.lifecycle.state(target).shows)
        }
        return shown or (targets if self._is_of_another_moment(what) else set())

    def _is_of_another_moment(self, what: Observation) -> bool:
        """True if some answer to the operation shows such a status and it is neither that of then nor of before."""
        calls = [row for row in self.rows if isinstance(row.label, Call) and row.label.operation == what.operation]
        done = [row for row in calls if self._label(row).reply.error is None]
        told = {self._label(row).reply.shows for row in done if not self._shows_what_was(row)} - {None}
        told |= {
            self.lifecycle.state(row.target_from(ABSENT)).shows
            for row in done
            if row.states == (ABSENT,) and (self._label(row).reply.shows is None or self._shows_what_was(row))
        }
        return any(self._fits(what.shows, shows) for shows in told if shows is not None)

    def _shows_what_was(self, row: Transition) -> bool:
        """True if a row answers with the status from before the call."""
        return any(self.lifecycle.state(state).shows == self._label(row).reply.shows for state in row.states)

    def _is_witness(self, what: Observation, move: Transition, state: str) -> bool:
        """True if what was seen shows where a move leads that counts only where it is seen."""
        if not isinstance(move.label, Internal) or not move.label.witnessed or state not in move.states:
            return False
        if what.what != OK or not any(what.shows or ()) or self.lifecycle.operation(what.operation).role not in READS:
            return False
        rows = (row for row in self.rows if self._covers(row, move.target, what))
        return any(self._answers(row, move.target, what) for row in rows)

    @staticmethod
    def _label(row: Transition) -> Call:
        assert isinstance(row.label, Call)
        return row.label

    @staticmethod
    def _fits(shown: Pattern | None, own: Sequence[str]) -> bool:
        if shown is None:
            return True
        return len(shown) == len(own) and all(a in (None, b) for a, b in zip(shown, own, strict=True))

    def _covers(self, row: Transition, state: str, what: Observation) -> bool:
        if not isinstance(row.label, Call) or row.label.operation != what.operation or state not in row.states:
            return False
        return not row.label.when or what.cls in row.label.when

    def _is_of_absent(self, what: Observation) -> bool:
        states: set[str] = set()
        leaving = {ABSENT}
        for row in self.lifecycle.all_rows():
            if isinstance(row.label, Internal):
                leaving |= set(row.states) if row.target == ABSENT and not row.label.outside else set()
            elif (row.label.operation, row.label.reply.error) == (what.operation, what.code):
                states |= set(row.states)
        return ABSENT in states and states <= leaving

    def _answers(self, row: Transition, state: str, what: Observation) -> bool:
        reply = self._label(row).reply
        if what.what == ERROR:
            unnamed = reply.error == ANY_ERROR and (state == ABSENT or not self._is_of_absent(what))
            return reply.error == what.code or unnamed
        if reply.error is not None:
            return False
        target = row.target_from(state)
        if self.lifecycle.operation(what.operation).role is Role.LIST and state == ABSENT:
            return False
        return self._fits(what.shows, reply.shows if reply.shows is not None else self.lifecycle.state(target).shows)


def naive(lifecycle: Lifecycle) -> Naive:
    """The naive reading of a lifecycle under every reading."""
    return Naive(lifecycle, lifecycle.all_rows())


# ---- a small lifecycle ----------------------------------------------------------------------------------------------

READS = (Role.READ, Role.LIST)
BOOK = Document("BOOK", "A book", "2020")
SAYS, FOLLOWS, OURS = BOOK.states("page 1"), BOOK.implies("page 2"), assumed("ours")
TOY_STATES = ("A", "B", "C")
TOY = Lifecycle(
    api="toy",
    name="job",
    title="toy job",
    kinds=(Kind("job", "Job"),),
    states=(State(ABSENT), State("A"), State("B"), State("C", terminal=True)),
    operations=(
        Operation("Start", Role.CREATE, plain_in=(ABSENT,)),
        Operation("Show", Role.READ),
        Operation("Stop", Role.ORDER),
    ),
    transitions=(
        Transition("started", ABSENT, call("Start", ok()), "A", SAYS),
        Transition("moved on", "A", internal("begin"), "B", FOLLOWS),
        Transition("ended", "B", internal("end"), "C", FOLLOWS),
        Transition("shown", TOY_STATES, call("Show", ok()), SAME, SAYS),
        Transition("unknown is not shown", ABSENT, call("Show", refused("Unknown")), SAME, SAYS),
        Transition("stopped", "A", call("Stop", ok("C")), "C", OURS),
        Transition("an ended job is not stopped", "C", call("Stop", refused(ANY_ERROR)), SAME, FOLLOWS),
        Transition("unknown is not stopped", ABSENT, call("Stop", refused("Unknown")), SAME, SAYS),
    ),
    questions=(
        OpenQuestion(
            "stop of B",
            "What does a stop of B do?",
            (
                Reading(
                    "ends", "It ends.", (Transition("B stopped", "B", call("Stop", ok("C")), "C", OURS, free=True),)
                ),
                Reading(
                    "busy",
                    "Refused.",
                    (Transition("B is busy", "B", call("Stop", refused("Busy")), SAME, OURS, free=True),),
                ),
            ),
            "ends",
            "Nothing is said.",
            states=("B",),
            operation="Stop",
        ),
    ),
    frame=SAYS,
    id_member="Id",
    status_members=("Status",),
)
UNSURE_FRAME = Lifecycle(
    api="toy",
    name="unsure",
    title="toy job whose unseen moves are a guess",
    kinds=TOY.kinds,
    states=TOY.states,
    operations=TOY.operations,
    transitions=TOY.transitions,
    questions=TOY.questions,
    frame=OURS,
    id_member="Id",
    status_members=("Status",),
)


class TestClosure:
    """Before anything is seen the service may have moved the job any number of times."""

    def test_a_queued_job_may_have_ended(self) -> None:
        automaton = Automaton(JOB)
        closed = automaton.close(automaton.mask(["SUBMITTED"]))
        assert automaton.names(closed) == ("SUBMITTED", "IN_PROGRESS", "COMPLETED", "FAILED")

    @pytest.mark.parametrize("state", ["COMPLETED", "FAILED", "STOPPED", ABSENT])
    def test_nothing_leaves_an_ended_or_absent_job(self, state: str) -> None:
        automaton = Automaton(JOB)
        assert automaton.close(automaton.bit[state]) == automaton.bit[state]

    def test_under_a_reading_fewer_moves_are_possible(self) -> None:
        chosen = {"failure while queued": "impossible", "failure after a stop was asked for": "impossible"}
        automaton = Automaton(JOB, readings=chosen)
        assert "FAILED" not in automaton.names(automaton.close(automaton.mask(["STOP_REQUESTED"])))
        assert "FAILED" in automaton.names(Automaton(JOB).close(automaton.mask(["STOP_REQUESTED"])))

    @each_lifecycle
    def test_closing_is_naive_reachability(self, named: tuple[str, str]) -> None:
        lifecycle = of(named)
        automaton = Automaton(lifecycle)
        for state in automaton.states:
            closed = automaton.close(automaton.bit[state])
            assert set(automaton.names(closed)) == naive(lifecycle).closed({state})
            assert automaton.close(closed) == closed

    def test_a_move_from_outside_needs_somebody_outside(self) -> None:
        """A real-time job is paused in the console only: a recording of all that was done has no such move."""
        lifecycle = load("dataarts").lifecycle("job")
        normal, paused = "real-time NORMAL", "real-time PAUSE"
        for outside in (False, True):
            automaton = Automaton(lifecycle, outside=outside)
            assert (paused in automaton.names(automaton.close(automaton.bit[normal]))) is outside

    def test_with_births_a_job_may_exist_unseen(self) -> None:
        automaton = Automaton(JOB, births=True)
        assert automaton.close(automaton.initial) == automaton.everything
        assert Automaton(JOB).close(automaton.initial) == automaton.initial


class TestFloors:
    """A floor relaxes: what only rows below it rule out is possible."""

    @each_lifecycle
    @pytest.mark.parametrize("pair", list(itertools.combinations(FLOORS, 2)), ids=lambda p: f"{p[0]} in {p[1]}")
    def test_a_higher_floor_allows_all_that_a_lower_one_does(
        self, named: tuple[str, str], pair: tuple[Grade, Grade]
    ) -> None:
        lower, higher = (Automaton(of(named), floor=floor) for floor in pair)
        assert inclusion(lower, higher) is None

    @pytest.mark.parametrize("named", [n for n in LIFECYCLES if n != ("rekognition", "project")], ids="/".join)
    def test_documents_alone_say_less_than_all_rows(self, named: tuple[str, str]) -> None:
        assert inclusion(Automaton(of(named), floor=Grade.STATED), Automaton(of(named))) is not None

    def test_a_cell_of_assumed_rows_rules_nothing_out_at_a_higher_floor(self) -> None:
        """Whether a stop of A may be refused is decided by a row of ours alone; no state that A leads to is odd."""
        busy = seen("Stop", ERROR, code="Busy")
        replies = (seen("Stop", OK, "C"), busy, seen("Stop", OK, "B"), seen("Stop", OK, "odd"))
        images = []
        for floor in FLOORS:
            automaton = Automaton(TOY, floor=floor)
            images.append([automaton.names(automaton.image(automaton.bit["A"], reply)) for reply in replies])
        assert images == [[("C",), (), (), ()], *[[("C",), ("A",), ("B",), ()]] * 2]

    def test_a_cell_with_one_surer_row_stays_closed(self) -> None:
        """That an ended job is not stopped is implied: only the floor above that lets it be stopped."""
        success = seen("Stop", OK, "C")
        possible = [names(Automaton(TOY, floor=floor), "C", then=success) for floor in FLOORS]
        assert possible == [(), (), ("C",)]

    def test_a_frame_that_is_a_guess_lets_jobs_move_anywhere_at_a_higher_floor(self) -> None:
        """Nobody says that an ended job stays so; that a job does not vanish unseen is not in question."""
        back = seen("Show", OK, "A")
        assert names(Automaton(UNSURE_FRAME), "C", then=back) == ()
        weak = Automaton(UNSURE_FRAME, floor=Grade.IMPLIED)
        assert names(weak, "C", then=back) == ("A",)
        assert weak.names(weak.close(weak.mask(["C"]))) == ("A", "B", "C")
        assert names(Automaton(TOY, floor=Grade.STATED), "C", then=back) == ()

    def test_the_code_of_a_missing_job_is_judged_by_its_own_grade(self) -> None:
        """It is stated that `Unknown` says so: no floor lets an existing job answer it, where any error is possible."""
        missing = seen("Stop", ERROR, code="Unknown")
        for floor in FLOORS:
            assert names(Automaton(TOY, floor=floor), "A", "B", "C", then=missing) == ()
            assert names(Automaton(TOY, floor=floor), ABSENT, then=missing) == (ABSENT,)


class TestWitnessedMoves:
    """A move that counts only where it is seen excuses the answer that shows it, and no other."""

    ENDED = Transition("broke", "A", internal("break", witnessed=True), "C", OURS)
    AUTOMATON = Automaton(TOY, rows=(*(row for row in TOY.all_rows() if row.name != "moved on"), ENDED))

    @pytest.mark.parametrize(
        ("what", "after"),
        [
            (seen("Show", OK, "C"), ("C",)),
            (seen("Show", OK, "A"), ("A",)),
            (seen("Show", OK, "B"), ()),
            (seen("Show"), ("A",)),  # a reply that hides the status shows no move
            (seen("Show", UNKNOWN), ("A",)),
            (seen("Stop", ERROR, code="Ended"), ()),  # what an ended job would have answered
        ],
    )
    def test_what_a_job_can_be_after_it(self, what: Observation, after: tuple[str, ...]) -> None:
        assert names(self.AUTOMATON, "A", then=what) == after

    def test_it_is_not_made_unseen(self) -> None:
        assert self.AUTOMATON.close(self.AUTOMATON.bit["A"]) == self.AUTOMATON.bit["A"]


class TestInferredCodes:
    """That a call is refused may be surer than the code that refuses it."""

    CELL = "an ended job is not stopped"

    def automaton(self, floor: Grade) -> Automaton:
        """The toy, whose refusal is stated without a code."""
        named = Transition(self.CELL, "C", call("Stop", refused("Ended", inferred=True)), SAME, SAYS)
        rows = tuple(named if row.name == self.CELL else row for row in TOY.all_rows())
        return Automaton(TOY, rows=rows, floor=floor)

    @pytest.mark.parametrize(
        ("what", "possible"),
        [
            (seen("Stop", ERROR, code="Ended"), [True, True, True]),
            (seen("Stop", ERROR, code="Busy"), [False, False, True]),
            (seen("Stop", ERROR, code="Unknown"), [False, False, False]),  # of a job that is there
            (seen("Stop", OK, "C"), [False, False, False]),
        ],
    )
    def test_what_is_possible_at_each_floor(self, what: Observation, possible: list[bool]) -> None:
        assert [bool(names(self.automaton(floor), "C", then=what)) for floor in FLOORS] == possible


class TestSilentCells:
    """In a silent cell every declared reply is possible, and the targets are those of the readings."""

    @pytest.mark.parametrize(
        ("reply", "after"),
        [
            (seen("Stop", OK, "STOP_REQUESTED"), ("STOP_REQUESTED",)),
            (seen("Stop", OK, "STOPPED"), ("STOPPED",)),
            (seen("Stop", OK, "SUBMITTED"), ("SUBMITTED", "STOP_REQUESTED", "STOPPED")),
            (seen("Stop", OK, "FAILED"), ("FAILED",)),
            (seen("Stop", OK, "odd"), ()),
            (seen("Stop"), ("SUBMITTED", "STOP_REQUESTED", "STOPPED")),
            (seen("Stop", ERROR, code="InvalidRequestException"), ("SUBMITTED",)),
            (seen("Stop", ERROR, code="TooManyTagsException"), ("SUBMITTED",)),
            (seen("Stop", ERROR, code="Surprise"), ()),
            (seen("Stop", ERROR, code="JobNotFoundException"), ()),
        ],
        ids=str,
    )
    def test_stop_of_a_queued_job(self, reply: Observation, after: tuple[str, ...]) -> None:
        codes = frozenset({"InvalidRequestException", "JobNotFoundException", "TooManyTagsException"})
        automaton = Automaton(JOB, declared={"Stop": codes})
        assert automaton.names(automaton.image(automaton.bit["SUBMITTED"], reply)) == after

    def test_any_code_may_refuse_where_none_is_declared(self) -> None:
        automaton = Automaton(JOB)
        refusal = seen("Stop", ERROR, code="Surprise")
        assert automaton.names(automaton.image(automaton.bit["SUBMITTED"], refusal)) == ("SUBMITTED",)

    def test_under_chosen_readings_nothing_is_silent(self) -> None:
        automaton = Automaton(JOB, readings={"stop while queued": "refused"})
        queued = automaton.bit["SUBMITTED"]
        assert automaton.names(automaton.image(queued, seen("Stop", ERROR, code="InvalidRequestException")))
        assert not automaton.image(queued, seen("Stop", OK, "STOPPED"))

    def test_an_undocumented_refusal_has_any_code_but_that_of_a_missing_job(self) -> None:
        """DataArts gives no code for the refused start of a scheduled job, and one for an unknown job."""
        automaton = Automaton(load("dataarts").lifecycle("job"))
        scheduled = automaton.bit["batch SCHEDULING"]
        assert automaton.image(scheduled, seen("Start", ERROR, code="DLF.3051")) == scheduled
        assert automaton.image(scheduled, seen("Start", ERROR, code="DLF.9999")) == scheduled
        assert not automaton.image(scheduled, seen("Start", ERROR, code="DLF.0100"))


class TestHiddenStatus:
    """What a reply hides rules nothing out."""

    @pytest.mark.parametrize(
        ("shown", "own", "fits"),
        [
            (None, ("A",), True),
            (None, (), True),
            ((), (), True),
            ((), ("A",), False),
            (("A",), ("A",), True),
            (("B",), ("A",), False),
            ((None,), ("A",), True),
            (("A", None), ("A", "B"), True),
            ((None, "B"), ("A", "B"), True),
            ((None, "C"), ("A", "B"), False),
            (("A",), ("A", "B"), False),
        ],
    )
    def test_patterns(self, shown: Pattern | None, own: tuple[str, ...], fits: bool) -> None:
        assert matches(shown, own) is fits

    def test_a_description_without_a_body_only_says_that_the_job_exists(self) -> None:
        automaton = Automaton(JOB)
        assert names(automaton, "IN_PROGRESS", then=seen("Describe")) == ("IN_PROGRESS", "COMPLETED", "FAILED")
        assert names(automaton, ABSENT, then=seen("Describe")) == ()

    def test_a_start_without_a_body_made_a_job(self) -> None:
        assert names(Automaton(JOB), ABSENT, then=seen("Start")) == ("SUBMITTED",)

    def test_one_of_two_members_tells_what_it_tells(self) -> None:
        automaton = Automaton(load("dataarts").lifecycle("job"))
        stopped = Observation("List", PLAIN, OK, ("STOPPED", None))
        shown = automaton.names(automaton.image(automaton.everything, stopped))
        assert shown == ("batch STOPPED", "finite STOPPED", "real-time STOPPED")
        batch = Observation("List", PLAIN, OK, (None, "BATCH"))
        assert all("real-time" not in name for name in automaton.names(automaton.image(automaton.everything, batch)))

    def test_a_list_that_shows_a_job_shows_one_that_exists(self) -> None:
        """The row by which an absent job is not listed gives no listing of it, hidden or not."""
        automaton = Automaton(JOB)
        assert not automaton.image(automaton.initial, seen("List"))
        assert not automaton.image(automaton.initial, seen("List", OK, "SUBMITTED"))


class TestUnlisted:
    """A complete listing without the job says what it is not."""

    @pytest.mark.parametrize(
        ("pattern", "listed"),
        [((), EXISTING), (("COMPLETED",), {"COMPLETED"}), ((None,), EXISTING), (("nonsense",), set[str]())],
    )
    def test_who_can_be_left_out(self, pattern: Pattern, listed: set[str]) -> None:
        automaton = Automaton(JOB)
        image = automaton.image(automaton.everything, Observation("List", PLAIN, UNLISTED, pattern))
        assert set(automaton.names(image)) == {ABSENT, *EXISTING} - listed


class TestUnknownOutcome:
    """A call without a certain answer has happened or not: both stay possible."""

    def test_a_stop_without_an_answer(self) -> None:
        automaton = Automaton(JOB)
        after = automaton.image(automaton.mask(["IN_PROGRESS"]), seen("Stop", UNKNOWN))
        assert automaton.names(after) == ("IN_PROGRESS", "STOP_REQUESTED")

    def test_what_would_have_been_refused_changes_nothing(self) -> None:
        automaton = Automaton(JOB)
        for state in ("COMPLETED", "FAILED", ABSENT):
            assert automaton.image(automaton.bit[state], seen("Stop", UNKNOWN)) == automaton.bit[state]

    def test_a_start_without_an_answer_may_have_made_a_job(self) -> None:
        automaton = Automaton(JOB)
        assert automaton.names(automaton.image(automaton.initial, seen("Start", UNKNOWN))) == (ABSENT, "SUBMITTED")

    @each_lifecycle
    def test_it_is_the_union_of_no_call_and_every_success(self, named: tuple[str, str]) -> None:
        automaton = Automaton(of(named))
        lost = {o for o in automaton.alphabet() if o.what == UNKNOWN}
        for one in lost:
            success = Observation(one.operation, one.cls, OK)
            for state in automaton.states:
                before = automaton.bit[state]
                assert automaton.image(before, one) == before | automaton.image(before, success), (state, str(one))

    def test_a_call_refused_from_outside_changes_and_tells_nothing(self) -> None:
        automaton = Automaton(JOB)
        assert all(automaton.image(bit, seen("Stop", PASSED)) == bit for bit in automaton.bit.values())
        assert not automaton.is_constrained(automaton.everything, seen("Stop", PASSED))


class TestRequestClasses:
    """Requests of one operation that are answered by rules of their own."""

    FOREIGN = "another kind's id"
    REPEATED = "repeated token"

    def test_an_id_of_another_kind_belongs_to_no_job_of_this_kind(self) -> None:
        automaton = Automaton(JOB)
        for reply in (
            seen("Stop", OK, "STOP_REQUESTED", cls=self.FOREIGN),
            seen("Stop", ERROR, cls=self.FOREIGN, code="JobNotFoundException"),
        ):
            assert names(automaton, ABSENT, then=reply) == (ABSENT,)
            assert names(automaton, *automaton.states[1:], then=reply) == ()

    def test_a_repeated_token_meets_the_job_it_made(self) -> None:
        automaton = Automaton(JOB)
        again = seen("Start", OK, "STOPPED", cls=self.REPEATED)
        assert automaton.names(automaton.image(automaton.bit["STOPPED"], again)) == ("STOPPED",)
        assert names(automaton, ABSENT, then=again) == ()
        assert names(automaton, "IN_PROGRESS", then=seen("Start", OK, "SUBMITTED")) == ()

    def test_a_class_nobody_can_tell_is_any_that_can_arise(self) -> None:
        """A start with a token makes a job where there is none, and answers for the one there is."""
        automaton = Automaton(JOB)
        start = seen("Start", OK, "SUBMITTED", cls=ANY_CLASS)
        assert names(automaton, ABSENT, then=start) == ("SUBMITTED",)
        assert names(automaton, "STOPPED", then=start) == ("STOPPED",)  # one reading repeats the first answer
        assert names(automaton, ABSENT, then=seen("Start", OK, "STOPPED", cls=ANY_CLASS)) == ()
        assert not automaton.is_constrained(automaton.bit["STOPPED"], start)
        assert automaton.is_constrained(automaton.initial, start)
        told = {row.name for _, row in automaton.possible(automaton.mask([ABSENT, "STOPPED"]), "Start", ANY_CLASS)}
        assert told == {"started", "replayed start shows the present status", "replayed start shows the first status"}

    def test_how_observations_are_told(self) -> None:
        told = [
            str(seen("Stop", OK, "STOPPED")),
            str(seen("Stop")),
            str(seen("Start", OK, "SUBMITTED", cls=self.REPEATED)),
            str(seen("Start", OK, "SUBMITTED", cls=ANY_CLASS)),
            str(seen("Stop", ERROR, code="JobNotFoundException")),
            str(seen("Stop", UNKNOWN)),
            str(seen("Stop", PASSED)),
            str(Observation("List", PLAIN, UNLISTED, ())),
            str(Observation("List", PLAIN, UNLISTED, ("RUNNING", None))),
        ]
        assert told == [
            "Stop answered STOPPED",
            "Stop answered",
            "Start [repeated token] answered SUBMITTED",
            "Start answered SUBMITTED",
            "Stop refused with JobNotFoundException",
            "Stop got no certain answer",
            "Stop refused for reasons outside the lifecycle",
            "List did not list the job",
            "List did not list the job as RUNNING/?",
        ]


class TestConstrained:
    """An observation is constrained if no state it may have met leaves the answer open."""

    def test_by_closed_cells_only(self) -> None:
        automaton = Automaton(JOB)
        stop = seen("Stop", OK, "STOP_REQUESTED")
        assert automaton.is_constrained(automaton.mask(["IN_PROGRESS"]), stop)
        assert not automaton.is_constrained(automaton.mask(["SUBMITTED"]), stop)
        assert not automaton.is_constrained(automaton.mask(["IN_PROGRESS", "SUBMITTED"]), stop)
        assert not automaton.is_constrained(automaton.mask(["IN_PROGRESS"]), seen("Stop", UNKNOWN))
        assert automaton.is_constrained(automaton.mask(["SUBMITTED"]), Observation("List", PLAIN, UNLISTED, ()))

    def test_a_weak_cell_constrains_nothing(self) -> None:
        ended = Automaton(TOY).mask(["C"])
        stop = seen("Stop", ERROR, code="Busy")
        constrained = [Automaton(TOY, floor=floor).is_constrained(ended, stop) for floor in FLOORS]
        assert constrained == [True, True, False]


# ---- the monitor ----------------------------------------------------------------------------------------------------


def events(automaton: Automaton, trace: Sequence[Observation]) -> list[Event]:
    """A trace as events that do not overlap."""
    reads = {o.name: o.role in (Role.READ, Role.LIST) for o in automaton.lifecycle.operations}
    return [Event(seen, index, index + 0.5, index, reads[seen.operation]) for index, seen in enumerate(trace)]


def oracle(automaton: Automaton, trace: Sequence[Observation]) -> list[int]:
    """The beliefs that the oracle's search finds, one after each observation, up to the first that is impossible."""
    found: list[int] = []
    for step in steps(automaton, events(automaton, trace)):
        found.append(step.after)
        if not step.after:
            break
    return found


def searched(automaton: Automaton, trace: Sequence[Observation]) -> list[int]:
    """The beliefs, unseen moves made, that the search finds which orders calls that overlap, one call after the other."""
    found: list[int] = []
    somebody = Aid(once=(automaton.course_of({}),))  # who might do something, and never can: it keeps the search going
    for step in steps(automaton, events(automaton, trace), aid=somebody):
        found.append(automaton.close(step.after))
        if not step.after:
            break
    return found


@cache
def determinised(named: tuple[str, str], floor: Grade = Grade.ASSUMED, unseen: bool = False) -> Monitor:
    """A lifecycle's monitor at a floor; with `unseen` jobs are made and moved outside the recording."""
    return Monitor(Automaton(of(named), floor=floor, births=unseen, outside=unseen))


def monitored(monitor: Monitor, trace: Sequence[Observation]) -> list[int]:
    """The beliefs that the monitor finds, one after each observation, up to the first that is impossible."""
    state, found = 1, []
    for letter in monitor.encode(trace):
        state = monitor.run([letter], state)
        found.append(monitor.beliefs[state])
        if not state:
            break
    return found


def certain(automaton: Automaton) -> list[Observation]:
    """The letters with a certain answer: the search decides about others when it must, the monitor at once."""
    return [seen for seen in automaton.alphabet() if seen.what != UNKNOWN]


def traces(monitor: Monitor, letters: Sequence[Observation], length: int) -> Iterator[tuple[Observation, ...]]:
    """All traces of `length` whose last step may be impossible; longer ones of the latter stay impossible."""
    todo: list[tuple[tuple[Observation, ...], int]] = [((), 1)]
    while todo:
        trace, state = todo.pop()
        for letter in letters:
            longer = (*trace, letter)
            target = monitor.run(monitor.encode([letter]), state)
            if len(longer) == length or not target:
                yield longer
            else:
                todo.append((longer, target))


class TestMonitor:
    """The determinised monitor says what the oracle says."""

    @each_lifecycle
    def test_every_entry_of_the_table_is_the_naive_image(self, named: tuple[str, str]) -> None:
        """So the two agree on traces of every length, not only up to a bound."""
        monitor, plainly = determinised(named), naive(of(named))
        automaton = monitor.automaton
        images = {
            (state, letter): frozenset(plainly.after({state}, letter))
            for state in automaton.states
            for letter in monitor.letters
        }
        for number, belief in enumerate(monitor.beliefs):
            states = automaton.names(belief)
            for letter, column in monitor.letters.items():
                wanted = frozenset[str]().union(*(images[state, letter] for state in states))
                target = monitor.beliefs[monitor.table[number * monitor.width + column]]
                assert set(automaton.names(target)) == wanted, (states, str(letter))

    @each_lifecycle
    @each_floor
    def test_it_agrees_with_the_oracle_on_all_traces_of_two_letters(self, named: tuple[str, str], floor: Grade) -> None:
        self._agree(named, length=2, floor=floor)

    @pytest.mark.slow
    @each_lifecycle
    @each_floor
    def test_it_agrees_with_the_oracle_on_all_traces_of_three_letters(
        self, named: tuple[str, str], floor: Grade
    ) -> None:
        self._agree(named, length=3, floor=floor)

    @pytest.mark.slow
    @pytest.mark.parametrize("named", [("comprehend", "job"), ("comprehend", "unstoppable")], ids="/".join)
    def test_it_agrees_with_the_oracle_on_all_traces_of_four_letters(self, named: tuple[str, str]) -> None:
        self._agree(named, length=4)

    @staticmethod
    def _agree(named: tuple[str, str], length: int, floor: Grade = Grade.ASSUMED) -> None:
        monitor = determinised(named, floor)
        automaton, letters = monitor.automaton, certain(monitor.automaton)
        tried = possible = 0
        for trace in traces(monitor, letters, length):
            found = oracle(automaton, trace)
            assert found == monitored(monitor, trace), [str(seen) for seen in trace]
            tried += 1
            possible += bool(found[-1])
        total = sum(len(letters) ** n for n in range(1, length + 1))
        print(
            f"\n{'/'.join(named)} at {floor}: {total:,} traces of 1 to {length} out of {len(letters)} letters, {possible:,} possible"
        )
        assert 0 < possible < tried

    @each_lifecycle
    @each_floor
    @pytest.mark.parametrize("unseen", [False, True], ids=["all recorded", "moved unseen"])
    def test_it_agrees_with_both_ways_of_the_oracle_on_long_traces(
        self, named: tuple[str, str], floor: Grade, unseen: bool
    ) -> None:
        """Possible ones, and some with a mistake at the end: calls in a row are followed, or searched for an order."""
        monitor = determinised(named, floor, unseen)
        automaton, letters = monitor.automaton, certain(monitor.automaton)
        rng = random.Random(f"{'/'.join(named)} {floor} {unseen}")
        ends = Counter[bool]()
        for length in (300, 100, 100, *[30] * 5, *[10] * 12):
            trace = [*self._walk(monitor, letters, rng, length), rng.choice(letters)]
            found = monitored(monitor, trace)
            assert found == oracle(automaton, trace)
            assert [automaton.close(belief) for belief in found] == searched(automaton, trace)
            ends[bool(found[-1])] += 1
        assert len(ends) == 2, ends

    @each_lifecycle
    def test_it_agrees_with_the_oracle_and_the_rows_on_long_traces(self, named: tuple[str, str]) -> None:
        monitor, plainly = determinised(named), naive(of(named))
        automaton = monitor.automaton
        letters = certain(automaton)
        rng = random.Random("/".join(named))
        trace = self._walk(monitor, letters, rng, 3000)
        found = monitored(monitor, trace)
        assert len(found) == 3000
        assert found == oracle(automaton, trace)
        assert monitor.beliefs[monitor.run(monitor.encode(trace))] == found[-1]
        states = {ABSENT}
        for seen, belief in zip(trace, found, strict=True):
            states = plainly.after(states, seen)
            assert states == set(automaton.names(belief))

    @each_lifecycle
    def test_a_planted_mistake_is_found_at_the_same_place(self, named: tuple[str, str]) -> None:
        monitor = determinised(named)
        automaton, letters = monitor.automaton, certain(monitor.automaton)
        rng = random.Random("/".join(named))
        for _ in range(10):
            trace = self._walk(monitor, letters, rng, rng.randint(50, 300))
            planted = next(
                ([*trace[:place], wrong, *trace[place + 1 :]], place)
                for place in rng.sample(range(len(trace)), len(trace))
                for wrong in rng.sample(letters, len(letters))
                if not monitor.run(monitor.encode([*trace[:place], wrong]))
            )
            assert len(oracle(automaton, planted[0])) == len(monitored(monitor, planted[0])) == planted[1] + 1
            assert monitor.run(monitor.encode(planted[0])) == 0

    @staticmethod
    def _walk(monitor: Monitor, letters: Sequence[Observation], rng: random.Random, length: int) -> list[Observation]:
        """A possible trace that keeps the job alive as long as it can: an ended one has little to show."""
        lifecycle = monitor.automaton.lifecycle
        live = monitor.automaton.mask(state.name for state in lifecycle.states if not state.terminal)
        numbers = [(seen, monitor.letters[seen]) for seen in letters]
        state, trace = 1, list[Observation]()
        while len(trace) < length:
            row = state * monitor.width
            fitting = [(seen, target) for seen, number in numbers if (target := monitor.table[row + number])]
            lively = [pair for pair in fitting if monitor.beliefs[pair[1]] & live]
            seen, state = rng.choice(lively or fitting)
            trace.append(seen)
        return trace

    @each_lifecycle
    def test_many_jobs_at_once_end_as_each_alone(self, named: tuple[str, str]) -> None:
        """Possible traces and random ones, most of which are impossible."""
        monitor = determinised(named)
        rng, letters = random.Random("/".join(named)), list(monitor.letters)
        traces = [self._walk(monitor, certain(monitor.automaton), rng, 20) for _ in range(50)]
        traces += [rng.choices(letters, k=20) for _ in range(50)]
        encoded = np.array([monitor.encode(trace) for trace in traces]).T
        ends = [monitor.run(monitor.encode(trace)) for trace in traces]
        assert monitor.run_many(encoded).tolist() == ends
        assert 0 in ends
        assert all(ends[:50])

    def test_letters_of_unknown_effect_are_unions(self) -> None:
        automaton = Automaton(JOB)
        monitor = Monitor(automaton)
        trace = [seen("Start", OK, "SUBMITTED"), seen("Describe", OK, "IN_PROGRESS"), seen("Stop", UNKNOWN)]
        assert automaton.names(monitor.beliefs[monitor.run(monitor.encode(trace))]) == (
            "IN_PROGRESS",
            "STOP_REQUESTED",
            "COMPLETED",
            "FAILED",
        )

    def test_rejects_letters_outside_its_alphabet(self) -> None:
        monitor = Monitor(Automaton(JOB), [seen("Start", OK, "SUBMITTED")])
        with pytest.raises(KeyError):
            monitor.encode([seen("Stop")])


# ---- inclusion ------------------------------------------------------------------------------------------------------


def random_rows(rng: random.Random) -> tuple[Transition, ...]:
    """A handful of rows of the toy lifecycle: a start, some unseen moves, some calls in each state."""
    rows = [TOY.transitions[0]]
    for first, second in (("A", "B"), *(rng.sample(TOY_STATES, 2) for _ in range(rng.randint(0, 2)))):
        rows.append(Transition(f"move {len(rows)}", first, internal("move"), second, SAYS))
    for state in TOY_STATES:
        for reply in rng.sample([ok(), ok("A"), refused("Busy")], rng.randint(0, 2)):
            rows.append(Transition(f"show {len(rows)}", state, call("Show", reply), SAME, SAYS))
        for reply in rng.sample([ok(), ok("C"), refused("Busy"), refused(ANY_ERROR)], rng.randint(0, 2)):
            target = SAME if reply.error is not None else rng.choice(TOY_STATES)
            rows.append(Transition(f"stop {len(rows)}", state, call("Stop", reply), target, SAYS))
    return tuple(rows)


def changed(rows: tuple[Transition, ...], rng: random.Random) -> tuple[Transition, ...]:
    """The rows without one of them, with one that leads elsewhere, with another one, or in another order."""
    choice, place = rng.random(), rng.randrange(1, len(rows))
    row = rows[place]
    if choice < 0.3:
        return rows[:place] + rows[place + 1 :]
    if choice < 0.6 and row.target != SAME:
        other = Transition(row.name, row.states, row.label, rng.choice(TOY_STATES), SAYS)
        return (*rows[:place], other, *rows[place + 1 :])
    return tuple(reversed(rows)) if choice < 0.7 else rows + random_rows(rng)[-1:]


def shortest(left: Automaton, right: Automaton, bound: int) -> int | None:
    """The length of the shortest trace up to `bound` that `left` allows and `right` does not, by trying all."""
    letters = sorted({*left.alphabet(), *right.alphabet()}, key=str)
    level: list[tuple[tuple[str, ...], tuple[str, ...]]] = [((ABSENT,), (ABSENT,))]
    mine, other = Naive(left.lifecycle, left.rows), Naive(right.lifecycle, right.rows)
    for length in range(1, bound + 1):
        following = []
        for here, there in level:
            for letter in letters:
                now = mine.after(here, letter)
                if not now:
                    continue
                then = other.after(there, letter)
                if not then:
                    return length
                following.append((tuple(sorted(now)), tuple(sorted(then))))
        level = list(dict.fromkeys(following))
    return None


class TestInclusion:
    """Trace inclusion decides whether one set of rows allows something that another does not."""

    BOUND = 7

    def test_it_agrees_with_brute_force_and_finds_a_shortest_trace(self) -> None:
        rng = random.Random("inclusion")
        lengths: dict[int, int] = {}
        for _ in range(250):
            rows = random_rows(rng)
            one, other = Automaton(TOY, rows=rows), Automaton(TOY, rows=changed(changed(rows, rng), rng))
            for left, right in ((one, other), (other, one)):
                found = inclusion(left, right)
                wanted = shortest(left, right, self.BOUND)
                assert (len(found) if found is not None else None) == wanted, (found, left.rows, right.rows)
                if found is not None:
                    self._tells_apart(found, left, right)
                lengths[wanted or 0] = lengths.get(wanted or 0, 0) + 1
        assert lengths.pop(0) > 100
        assert sum(lengths.values()) > 100
        assert set(lengths) >= {2, 3, 4}, f"the traces have few lengths: {lengths}"

    @staticmethod
    def _tells_apart(trace: Sequence[Observation], left: Automaton, right: Automaton) -> None:
        here, there = left.initial, right.initial
        for place, seen in enumerate(trace, start=1):
            here, there = left.after(here, seen), right.after(there, seen)
            assert here
            assert bool(there) is (place < len(trace))

    @each_lifecycle
    def test_a_lifecycle_includes_itself_under_any_reading(self, named: tuple[str, str]) -> None:
        lifecycle = of(named)
        whole, default = Automaton(lifecycle), Automaton(lifecycle, readings={})
        assert inclusion(whole, whole) is None
        assert inclusion(default, whole) is None

    def test_another_reading_is_told_apart_by_a_shortest_trace(self) -> None:
        stop, again = ({"stop while a stop is pending": name} for name in ("accepted", "refused"))
        trace = inclusion(Automaton(JOB, readings=stop), Automaton(JOB, readings=again))
        assert trace is not None
        assert [str(seen) for seen in trace] == [
            "Start answered",
            "Stop answered",
            "Stop answered STOP_REQUESTED",
        ]
