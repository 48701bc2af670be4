"""Who checks the checker: what becomes of each mutant of the rows, and what told it.

A mutant is *killed* if a recording of the reference model that makes the mistake is ruled out by the oracle, by a data
rule or by a named property; or if the mutant, taken as the specification, rules out a recording of the true reference
model. It is *equivalent* if neither can be: trace inclusion, decided on the finite automata, holds both ways, of what
the mutant does in what the oracle allows, and of what the true service does in what the mutant would allow. Any other
*survived* and is a gap in the checker.

What tells a mutant apart is decided first, as a shortest course of rows. Then a story plays that course on the model,
call by call, and what is really seen there is judged. Where the model cannot be led, the answers are written by hand.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from haltspec import services
from haltspec.automaton import Automaton
from haltspec.errors import Misuse
from haltspec.lts import ANY_ERROR, Internal, Lifecycle, Role, Transition
from haltspec.observe import refusal_tells, refusals
from haltspec.oracle import UNDECLARED, Report, Violation, judgement
from haltspec.spec import Api, Binding
from haltspec.trace import Call
from haltspec_properties.fates import Fate, Jury, Outcome, Way
from haltspec_properties.mutants import Mutant
from haltspec_properties.property import Property
from haltspec_properties.story import Story
from haltspec_properties.telling import Course, Courses, Follower, Parent, Side, shown

_COURSES: Final = 8
"""So many courses are played at most that would tell a mutant apart."""


@dataclass(frozen=True, slots=True)
class _Manner:
    """How a story is told: under which readings besides those that its course needs, and see `Story`."""

    readings: tuple[tuple[str, str], ...] = ()
    takes_last: bool = False
    furnished: bool = False
    forged: bool = False


_PLAIN: Final = _Manner()
_BY_HAND: Final = _Manner(forged=True)


@dataclass(frozen=True, slots=True)
class _True:
    """The true lifecycle on both sides: what its service does, and what the oracle allows.

    With `is_open` somebody moves jobs from outside the API.
    """

    follower: Follower
    oracle: Side
    is_open: bool


@dataclass(slots=True)
class Hunter:
    """Hunts the mutants of one API.

    Args:
        api: the API.
        judges: the named properties that look at recordings; those of the API if left out.
    """

    api: Api
    judges: tuple[Property, ...] | None = None
    jury: Jury = field(init=False)
    _truths: dict[tuple[str, bool], _True] = field(default_factory=dict)
    _manners: dict[tuple[str, str, bool], tuple[_Manner, ...]] = field(default_factory=dict)
    """For a row that was hunted in vain, plainly: the manners to try with its other mutants."""

    def __post_init__(self) -> None:
        self.jury = Jury(self.api, self.judges)

    # ---- what tells it apart ---------------------------------------------------------------------------------------

    def hunt(self, mutant: Mutant) -> Outcome:
        """What becomes of a mutant."""
        lifecycle = self.api.lifecycle(mutant.lifecycle)
        telling: Course | None = None
        for is_open in self._recordings_of(lifecycle):
            true = self._truth(lifecycle, is_open)
            found, course = self._wrong_service(mutant, true)
            telling = telling or course
            if found is None:
                found, course = self._wrong_specification(mutant, true)
                telling = telling or course
            if found is not None:
                return found
        if telling is not None:
            return Outcome(mutant, Fate.SURVIVED, f"a recording tells it apart: {_words(telling)}", 0)
        return Outcome(mutant, Fate.EQUIVALENT, _proof(lifecycle, mutant), 0)

    def _wrong_service(self, mutant: Mutant, true: _True) -> tuple[Outcome | None, Course | None]:
        """Who notices a service that makes the mistake, and a course of it that the oracle rules out; none if none."""
        lifecycle = self.api.lifecycle(mutant.lifecycle)
        follower = self._follower(lifecycle, mutant.rows(lifecycle.all_rows()), true.is_open)
        courses = Courses(islice(true.oracle.courses(follower), _COURSES))
        if courses.first is None:
            return None, None
        found = self._played(mutant, courses, true) or self._forged(mutant, courses, true)
        return found, courses.first

    def _wrong_specification(self, mutant: Mutant, true: _True) -> tuple[Outcome | None, Course | None]:
        """What the true model does and the mutant rules out, and a course that shows it; none if there is none."""
        lifecycle = self.api.lifecycle(mutant.lifecycle)
        wrong = self._as_side(lifecycle, mutant.rows(lifecycle.all_rows()), true.is_open)
        courses = Courses(islice(wrong.courses(true.follower), _COURSES))
        found = self._agreed(mutant, courses, true, wrong) or self._agreed_by_hand(mutant, courses, true, wrong)
        return found, courses.first

    @staticmethod
    def _recordings_of(lifecycle: Lifecycle) -> tuple[bool, ...]:
        """Recordings in which nobody moves jobs from outside, and, where rows tell of that, in which somebody does."""
        outside = any(isinstance(row.label, Internal) and row.label.outside for row in lifecycle.all_rows())
        return (False, True) if outside else (False,)

    def _truth(self, lifecycle: Lifecycle, is_open: bool) -> _True:
        key = lifecycle.name, is_open
        if key not in self._truths:
            follower = self._follower(lifecycle, lifecycle.all_rows(), is_open)
            oracle = self._as_side(lifecycle, None, is_open)
            for wrong in oracle.courses(follower):
                reason = f"{lifecycle.full_name}: its own rows can show what the oracle rules out: {_words(wrong)}"
                raise Misuse(reason, "find out who is right before hunting mutants")
            self._truths[key] = _True(follower, oracle, is_open)
        return self._truths[key]

    def _as_side(self, lifecycle: Lifecycle, rows: tuple[Transition, ...] | None, is_open: bool) -> Side:
        """Rows taken as the specification, as the oracle would; its own if none are given."""

        def automaton(open_ids: bool) -> Automaton:
            if rows is None:
                return judgement(self.api).automaton(lifecycle.name, births=open_ids, outside=open_ids)
            declared = judgement(self.api).declared(lifecycle.name)
            return Automaton(lifecycle, rows=rows, births=open_ids, outside=open_ids, declared=declared)

        judge_ = automaton(is_open)
        makers = (b for b in self.api.bindings if b.spreads and self.api.role(b).role is Role.CREATE)
        unmade = automaton(True) if any(b.lifecycle == lifecycle.name for b in makers) else None
        start = judge_.everything if is_open else judge_.initial
        return Side(judge_, start, unmade, self._undeclared(lifecycle))

    def _follower(self, lifecycle: Lifecycle, rows: tuple[Transition, ...], is_open: bool) -> Follower:
        hidden = frozenset(o.name for o in lifecycle.operations if not self.api.shows_status(lifecycle.name, o.name))
        drawn = frozenset(b.role for b in self.api.bindings if b.lifecycle == lifecycle.name and not b.id_in)
        service = services.load(self.api.name)
        unnamed = service.malformed_code if service.unnamed_code == ANY_ERROR else service.unnamed_code
        return Follower(
            lifecycle,
            rows,
            hidden=hidden,
            drawn=drawn,
            unnamed=unnamed,
            outside=is_open,
            mute=self._mute(lifecycle),
            parent=self._parent(lifecycle),
        )

    def _mute(self, lifecycle: Lifecycle) -> frozenset[tuple[str, str]]:
        """The refusals that tell nothing of a job, whatever wire operation is refused so."""

        def tells(binding: Binding, code: str) -> bool:
            return refusal_tells(self.api, binding.operation, code, refusals(lifecycle, binding.role))

        return self._never(lifecycle, tells)

    def _undeclared(self, lifecycle: Lifecycle) -> frozenset[tuple[str, str]]:
        """The refusals that no wire operation may answer."""
        return self._never(lifecycle, lambda binding, code: judgement(self.api).is_declared(binding.operation, code))

    def _never(self, lifecycle: Lifecycle, is_so: Callable[[Binding, str], bool]) -> frozenset[tuple[str, str]]:
        """The (operation, code) pairs of refusals of which that is so for no wire operation."""
        pairs = [
            (b, error.code) for b in self.api.bindings if b.lifecycle == lifecycle.name for error in self.api.errors
        ]
        sure = {(binding.role, code) for binding, code in pairs if is_so(binding, code)}
        return frozenset((binding.role, code) for binding, code in pairs) - sure

    def _parent(self, lifecycle: Lifecycle) -> Parent | None:
        """The job whose calls are calls on those of a lifecycle; none if there is no such job."""
        spread = {b.operation: b.role for b in self.api.bindings if b.spreads and b.lifecycle == lifecycle.name}
        own = [b for operation in spread for b in self.api.bound(operation) if not b.spreads]
        if not own:
            return None
        automaton = judgement(self.api).automaton(own[0].lifecycle)
        return Parent(automaton, {spread[b.operation]: b.role for b in own})

    # ---- playing it ------------------------------------------------------------------------------------------------

    def _played(self, mutant: Mutant, courses: Courses, true: _True) -> Outcome | None:
        """Play courses on a model that makes the mistake, and judge what is seen."""
        return self._first(
            self._told(mutant, courses, true, is_mutant=True),
            (mutant.lifecycle, mutant.row, True),
            lambda calls, made: self._judged(mutant, calls, made),
        )

    def _agreed(self, mutant: Mutant, courses: Courses, true: _True, wrong: Side) -> Outcome | None:
        """Play courses on the true model, and hold what is seen against the mutant."""
        return self._first(
            self._told(mutant, courses, true, is_mutant=False),
            (mutant.lifecycle, mutant.row, False),
            lambda calls, made: self._ruled_out(mutant, self._true(calls), wrong, made),
        )

    def _first(
        self,
        told: Iterator[tuple[_Manner, Story]],
        place: tuple[str, str, bool],
        look: Callable[[Sequence[Call], int], Outcome | None],
    ) -> Outcome | None:
        """What is found in the first of the stories in which something is; how it was told is tried first next time."""
        made = 0
        for manner, story in told:
            found = look(story.calls, made)
            if found is not None:
                if manner != _PLAIN:
                    self._manners[place] = (manner,)
                return found
            made += len(story.calls)
        self._manners.setdefault(place, ())
        return None

    def _forged(self, mutant: Mutant, courses: Courses, true: _True) -> Outcome | None:
        """Write down courses of the mistake by hand; what the oracle says of the job alone counts."""
        for course in courses:
            story = self._story(mutant, course, true, _BY_HAND)
            for violation in self.jury.report(story.calls).violations:
                if self._is_of_rows(violation, mutant.lifecycle):
                    calls = violation.calls[-1] + 1
                    return Outcome(mutant, Fate.ORACLE, violation.rule, calls, Way.FORGED)
        return None

    def _agreed_by_hand(self, mutant: Mutant, courses: Courses, true: _True, wrong: Side) -> Outcome | None:
        """Write down true courses by hand, and hold them against the mutant."""
        for course in courses:
            story = self._story(mutant, course, true, _BY_HAND)
            report = self.jury.report(story.calls)
            if any(self._is_of_rows(violation, mutant.lifecycle) for violation in report.violations):
                continue  # the course was not written as it was meant
            found = self._ruled_out(mutant, report, wrong, 0)
            if found is not None:
                return replace(found, way=Way.FORGED)
        return None

    def _is_of_rows(self, violation: Violation, lifecycle: str) -> bool:
        """True if the oracle says by the rows of a lifecycle that a job cannot have been as it was seen.

        Or that an error cannot be answered at all; what it says of members that are not written by hand says nothing.
        """
        if violation.job is None:
            return violation.rule.endswith(UNDECLARED)
        return bool(violation.belief) and violation.rule not in self.jury.rules and violation.job.lifecycle == lifecycle

    def _told(
        self, mutant: Mutant, courses: Courses, true: _True, *, is_mutant: bool
    ) -> Iterator[tuple[_Manner, Story]]:
        """The stories that play courses, each with its manner: all plainly, then the first in every other manner."""
        for course in courses:
            yield _PLAIN, self._story(mutant, course, true, _PLAIN, is_mutant=is_mutant)
        others = self._manners.get((mutant.lifecycle, mutant.row, is_mutant))
        for course in islice(courses, 1):
            for manner in self._other_manners(mutant.lifecycle) if others is None else others:
                yield manner, self._story(mutant, course, true, manner, is_mutant=is_mutant)

    def _story(self, mutant: Mutant, course: Course, true: _True, manner: _Manner, *, is_mutant: bool = False) -> Story:
        """The story that plays a course in some manner, told."""
        lifecycle = self.api.lifecycle(mutant.lifecycle)
        kind = lifecycle.kinds[zlib.crc32(mutant.name.encode()) % len(lifecycle.kinds)].name
        own = _readings(lifecycle, course, mutant)
        story = Story(
            self.api,
            lifecycle.name,
            kind,
            self._everywhere(own) | dict(manner.readings),
            {lifecycle.name: mutant.rows(lifecycle.rows(own))} if is_mutant else {},
            alone=not true.is_open,
            takes_last=manner.takes_last,
            furnished=manner.furnished,
            forged=manner.forged,
        )
        story.tell(course)
        return story

    def _judged(self, mutant: Mutant, calls: Sequence[Call], made: int) -> Outcome | None:
        """Who speaks up first about a recording."""
        word = self.jury.word(self.jury.report(calls))
        return None if word is None else word.of(mutant, Way.STORY, made=made)

    def _everywhere(self, own: Mapping[str, str]) -> dict[str, str]:
        """Readings of a lifecycle by their full names, and the same where another lifecycle asks the same."""
        return {
            f"{lifecycle.name}/{question.name}": own[question.name]
            for lifecycle in self.api.lifecycles
            for question in lifecycle.questions
            if any(own.get(question.name) == reading.name for reading in question.readings)
        }

    def _true(self, calls: Sequence[Call]) -> Report:
        """The report on a recording of the true model."""
        report = self.jury.report(calls)
        if report.violations:
            reason = f"the reference model of {self.api.name} is ruled out: {report.violations[0].message}"
            raise Misuse(reason, "find out who is right before hunting mutants")
        return report

    def _ruled_out(self, mutant: Mutant, report: Report, wrong: Side, made: int) -> Outcome | None:
        """Hold a true recording against the mutant."""
        for history in report.projection.histories:
            if history.key.lifecycle == mutant.lifecycle:
                trace = [event.seen for event in history.events]
                place = wrong.rules_out(trace, is_made=history.created is not None)
                if place is not None:
                    calls = made + history.events[place].call + 1
                    return Outcome(mutant, Fate.AGREEMENT, f"{trace[place]} is ruled out", calls, Way.STORY)
        return None

    def _other_manners(self, lifecycle: str) -> Iterator[_Manner]:
        """Every manner but the plain one; readings are those of questions that do not belong to the lifecycle."""
        yield _Manner(takes_last=True)
        yield _Manner(furnished=True)
        unmodelled = services.load(self.api.name).unmodelled
        for name, question in self.api.all_questions().items():
            for reading in question.readings if not name.startswith(f"{lifecycle}/") else ():
                if reading.name != question.default and name not in unmodelled:
                    yield _Manner(((name, reading.name),))


def _words(course: Course) -> str:
    return "; ".join(map(str, shown(course)))


def _proof(lifecycle: Lifecycle, mutant: Mutant) -> str:
    silent = {row.name: q.name for q in lifecycle.questions for reading in q.readings for row in reading.rows}
    held = "trace inclusion holds both ways"
    return f"{held} (silent: {silent[mutant.row]})" if mutant.row in silent else held


def _readings(lifecycle: Lifecycle, course: Course, mutant: Mutant) -> dict[str, str]:
    """For each question the reading with most of the rows that a course takes; the mutant's row counts as one."""
    changed = {row.name: mutant.row for row in mutant.changed}
    taken = {changed.get(leg.row.name, leg.row.name) for leg in course if leg.row is not None}
    found: dict[str, str] = {}
    for question in lifecycle.questions:
        counts = {r.name: sum(row.name in taken for row in r.rows) for r in question.readings}
        found[question.name] = max(counts, key=lambda name: (counts[name], name == question.default))
    return found
