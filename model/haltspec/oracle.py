"""Judge a recording: the belief of every job, data rules on every reply, and a verdict with its reasons.

The oracle holds no current state but the set of states a job may be in (its belief), and says FAIL only when no state
is left. A violation's grade is that of the strongest floor at which the recording is still impossible: what fails at
`stated` is ruled out by documents, what fails only at `assumed` by a choice of ours, which is a warning at most.
"""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Final

from haltspec.automaton import ERROR, OK, PASSED, UNKNOWN, UNLISTED, Automaton, Observation, matches
from haltspec.excuse import Excuses, excuses
from haltspec.linearize import BUDGET, NO_AID, Aid, Step, steps
from haltspec.lts import ABSENT, ANY_ERROR, SAME, Grade, Internal, LeadsTo, Lifecycle, Role, Source, Transition, assumed
from haltspec.lts import Call as CallLabel
from haltspec.observe import Event, History, Projection, project, refusals, succeeded
from haltspec.rules import HistoryRule
from haltspec.ruling import Broken, broken
from haltspec.shapes import Breach, Shapes
from haltspec.shapes import load as load_shapes
from haltspec.spec import Api, JobKey, Nature, reach
from haltspec.trace import Call

UNDECLARED: Final = "errors are declared"
_GATEWAY: Final = (502, 503, 504)
"""Without a code these are the words of a gateway or a balancer before the service, of which its model says nothing."""
"""The rule on calls that are refused with an error that they cannot have."""
TOO_WIDE: Final = "overlap too wide to order"
"""Why calls on one job are undecided: there are too many ways to order them."""
AT_ONCE: Final = "what was done shows at once"
"""The rule, an assumption, on what documents let show late: a list that lags, an order on a parent."""
GIVEN_ONCE: Final = "an id is given once"
"""The rule on creations: each makes one job, with an id of its own."""
FLOORS: Final = (Grade.ASSUMED, Grade.IMPLIED, Grade.STATED)


class Verdict(enum.Enum):
    """What a recording shows: it is possible, it is not, or it cannot be told."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Violation:
    """Something the rules rule out.

    Args:
        rule: the rule's name, `API/LIFECYCLE/ROW` or `API/RULE`; violations of one rule have one cause or few.
        grade: how surely it is ruled out.
        source: who says so.
        message: one sentence: what was seen, what was possible.
        job: the job it is about; None for a rule on calls alone.
        calls: indexes into the trace of the calls that show it, the breaking one last.
        belief: the states the job may have been in just before, unseen moves included.
        possible: what could have been answered, a line for each row, with its source.
        excuse: what may explain it all the same, as the end of a sentence that begins "possible only if"; empty if
            nothing does. What has one is graded `assumed`.
        member: for a rule on shapes, the member that breaks it.
    """

    rule: str
    grade: Grade
    source: Source
    message: str
    job: JobKey | None
    calls: tuple[int, ...]
    belief: tuple[str, ...] = ()
    possible: tuple[str, ...] = ()
    member: str = ""
    excuse: str = ""

    @property
    def is_left_open(self) -> bool:
        """True if documents let what was done show as late as it did: below the floor it is told, and passes."""
        return self.rule.endswith(f"/{AT_ONCE}")


@dataclass(frozen=True, slots=True)
class Pending:
    """A progress property that a job still owed when the recording ended: since when, for how many seconds."""

    name: str
    source: Source
    job: JobKey
    since: float
    age: float
    calls: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Undecided:
    """Calls on one job of which nothing is said, for `reason`; `calls` are their indexes in the trace."""

    job: JobKey
    reason: str
    calls: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The judgement of a recording of one API.

    Args:
        api: the API's name.
        verdict: FAIL if a violation is graded at the floor or above, INCONCLUSIVE if only below it (what documents
            leave open aside) or if something is undecided, else PASS.
        violations: at the floor or above, in order of the trace.
        warnings: below the floor.
        calls, observations, jobs: how many.
        constrained: how many observations could have failed.
        taken: rows that were surely or possibly taken, `LIFECYCLE/ROW`, with how often.
        pending: what was still owed at the end.
        undecided: calls of which nothing can be said.
        projection: the trace as it was judged.
    """

    api: str
    verdict: Verdict
    violations: tuple[Violation, ...]
    warnings: tuple[Violation, ...]
    calls: int
    observations: int
    jobs: int
    constrained: int
    taken: Mapping[str, int]
    pending: tuple[Pending, ...]
    undecided: tuple[Undecided, ...]
    projection: Projection

    @property
    def constrained_share(self) -> float:
        """The share of observations that could have failed, 0 to 1; a PASS near 0 is worth nothing."""
        return self.constrained / self.observations if self.observations else 0.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How strictly to judge.

    Args:
        floor: violations below this grade are warnings.
        window: reads may be as old as this many seconds; None: lists may, as much as their API says, and whether they
            are is not known.
        patience: a progress property that is owed for longer than this many seconds is a violation; None: never.
        alone: the recording holds every call made in its tenants, so an id it never saw given belongs to no job, and
            nobody else has moved one.
        budget: how many configurations of one job may be looked at to order calls that overlap; see `linearize`.
    """

    floor: Grade = Grade.IMPLIED
    window: float | None = None
    patience: float | None = None
    alone: bool = False
    budget: int = BUDGET


def judge(api: Api, calls: Iterable[Call], settings: Settings | None = None, *, shapes: Shapes | None = None) -> Report:
    """The report on `calls`, all of them of `api`, in the order of the recording."""
    shapes, settings = shapes or load_shapes(api), settings or Settings()
    return _Judge(api, project(api, calls, shapes=shapes, alone=settings.alone), settings, shapes).run()


class Judgement:
    """The automata of one API, shared between recordings; `Automaton` caches grow with what is seen."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self._automata: dict[tuple[str, Grade, bool, bool], Automaton] = {}
        self._taken: dict[tuple[str, int, Observation], tuple[str, ...]] = {}

    def rows_taken(self, lifecycle: str, before: int, seen: Observation) -> tuple[str, ...]:
        """The rows, as `LIFECYCLE/ROW`, that an observation surely or possibly took, given the belief before it."""
        key = (lifecycle, before, seen)
        if key not in self._taken:
            names = _rows_taken(self.automaton(lifecycle), before, seen)
            self._taken[key] = tuple(f"{lifecycle}/{name}" for name in names)
        return self._taken[key]

    def automaton(
        self, lifecycle: str, floor: Grade = Grade.ASSUMED, *, births: bool = False, outside: bool = False
    ) -> Automaton:
        """The automaton of a lifecycle at a floor; `births` and `outside`: see `Automaton`."""
        key = (lifecycle, floor, births, outside)
        if key not in self._automata:
            self._automata[key] = Automaton(
                self.api.lifecycle(lifecycle),
                floor=floor,
                births=births,
                outside=outside,
                declared=self.declared(lifecycle),
            )
        return self._automata[key]

    def declared(self, lifecycle: str) -> dict[str, frozenset[str]]:
        """For each operation of a lifecycle, the codes that some wire operation declares as a refusal."""
        found: dict[str, frozenset[str]] = {}
        for binding in self.api.bindings:
            if binding.lifecycle == lifecycle:
                codes = {
                    spec.code
                    for spec in self.api.errors
                    if spec.operations and spec.declared_by(binding.operation) and Nature.REFUSAL in spec.natures
                }
                found[binding.role] = found.get(binding.role, frozenset()) | codes
        return found

    def is_declared(self, operation: str, error: str) -> bool:
        """True if a wire operation may answer an error: it is declared for it, or a row of some reading answers it."""
        spec = self.api.error(error)
        if spec is None:
            return False
        bound = self.api.bound(operation)
        return spec.declared_by(operation) or any(
            spec.code in refusals(self.api.lifecycle(b.lifecycle), b.role) for b in bound
        )


_shared: dict[int, Judgement] = {}


def judgement(api: Api) -> Judgement:
    """The shared automata of an API."""
    known = _shared.get(id(api))
    if known is None or known.api is not api:
        known = _shared[id(api)] = Judgement(api)
    return known


class Footing:
    """What is known of the jobs of a recording before anything is seen of them.

    An id that the recording shows to be given out, or any id if it holds every call of its tenants, belongs to no job
    before; any other may belong to a job in any state, or to one that is still to be made. But where ids do not return
    nobody makes a job that was there when the recording first tells of it.
    """

    def __init__(self, projection: Projection, settings: Settings) -> None:
        self.projection = projection
        self.settings = settings
        self.automata = judgement(projection.api)
        self._found: dict[tuple[JobKey, Grade], tuple[Automaton, int]] = {}
        self.drawn = {h.key.id for h in projection.histories if h.created is not None}
        api = projection.api
        self.made_unseen = {b.lifecycle for b in api.bindings if b.spreads and api.role(b).role is Role.CREATE}
        """Lifecycles whose jobs come with another object: no reply says when, nor with which ids."""

    def of(self, history: History, floor: Grade) -> tuple[Automaton, int]:
        """The automaton to judge a job by at a floor, and the belief before its first event."""
        found = self._found.get((history.key, floor))
        if found is None:
            found = self._found[history.key, floor] = self._of(history, floor)
        return found

    def _of(self, history: History, floor: Grade) -> tuple[Automaton, int]:
        known = history.created is not None or history.key.id in self.drawn
        alone = known or not self.has_outsiders(history)
        unseen = history.created is None and history.key.lifecycle in self.made_unseen
        unseen = unseen and not (alone and self._is_orphan(history.key))
        plain = self.automata.automaton(history.key.lifecycle, floor)
        births = (unseen or not alone) and not self._was_there(history, plain)
        automaton = self.automata.automaton(history.key.lifecycle, floor, births=births, outside=unseen or not alone)
        return automaton, automaton.initial if alone else automaton.everything

    def has_outsiders(self, history: History) -> bool:
        """True if somebody may have called, or moved the job otherwise, who is not in the recording."""
        return not (self.settings.alone or any(self.projection.calls[e.call].alone for e in history.events))

    def _was_there(self, history: History, automaton: Automaton) -> bool:
        """True if the job existed before everything that could tell of its absence, and cannot be made again."""
        if automaton.lifecycle.ids_return:
            return False
        there, gone = math.inf, math.inf
        for event in history.events:
            if event.seen.what not in (PASSED, UNKNOWN):
                if automaton.initial in automaton.course(event.seen).images:
                    gone = min(gone, event.start)
                else:
                    there = min(there, event.end + event.lag)
        return there + (self.settings.window or 0.0) < gone

    def _is_orphan(self, key: JobKey) -> bool:
        """True if no call of the recording can have made the object with which such a job comes."""
        api = self.projection.api
        for binding in api.bindings:
            if binding.spreads and binding.lifecycle == key.lifecycle and binding.parent_of is not None:
                made = (c for c in self.projection.calls if c.operation == binding.operation and c.tenant == key.tenant)
                lost = any(c.status is None or c.status >= 500 for c in made)
                if (lost and api.role(binding).role is Role.CREATE) or binding.parent_of(key.id) in self.drawn:
                    return False
        return True


@dataclass(frozen=True, slots=True)
class _Relief:
    """What may explain a job's events besides the rows: that things show late, and moves that somebody else made."""

    lags: bool = False
    aid: Aid = NO_AID


_NO_RELIEF: Final = _Relief()


@dataclass(frozen=True, slots=True)
class _Beginning:
    """Where a job's belief begins: at the position of its latest impossible answer, and without what shows late."""

    position: int
    late: tuple[Event, ...]


class _Judge:
    def __init__(self, api: Api, projection: Projection, settings: Settings, shapes: Shapes) -> None:
        self.api = api
        self.projection = projection
        self.settings = settings
        self.shapes = shapes
        self.automata = judgement(api)
        self.taken: dict[str, int] = {}
        self.observations = 0
        self.constrained = 0
        self.pending: list[Pending] = []
        self.undecided: list[Undecided] = []
        self.malformed = projection.malformed
        self.footing = Footing(projection, settings)
        self.excuses: dict[tuple[JobKey, Grade], Excuses] = {}
        self.odd_statuses: set[tuple[JobKey, int]] = set()
        """The jobs and calls with an answer that is impossible for the status that it shows alone."""

    def run(self) -> Report:
        found = [v for history in self.projection.histories for v in self._job(history)]
        found = _one_cause(found, list(self._generic()))
        told = list(broken(self.projection, self.settings.window or 0.0))
        on_status = {one.calls[-1] for one in told if not isinstance(one.rule, HistoryRule) and one.rule.on_status}
        odd = {(job, call) for job, call in self.odd_statuses if call in on_status}
        gone = {(job, one.calls[-1]) for one in told for job in one.gone}
        found = [v for v in found if v.job is None or not ((v.job, v.calls[-1]) in odd or _is_gone(v, v.job, gone))]
        found += map(self._of_rule, told)
        found.sort(key=lambda v: (v.calls[-1], v.rule))
        floor = self.settings.floor
        violations = tuple(v for v in found if v.grade >= floor)
        warnings = tuple(v for v in found if v.grade < floor)
        is_unsure = self.undecided or not all(warning.is_left_open for warning in warnings)
        unsure = Verdict.INCONCLUSIVE if is_unsure else Verdict.PASS
        verdict = Verdict.FAIL if violations else unsure
        return Report(
            api=self.api.name,
            verdict=verdict,
            violations=violations,
            warnings=warnings,
            calls=len(self.projection.calls),
            observations=self.observations,
            jobs=len(self.projection.histories),
            constrained=self.constrained,
            taken=dict(sorted(self.taken.items())),
            pending=tuple(self.pending),
            undecided=tuple(self.undecided),
            projection=self.projection,
        )

    # ---- one job ----------------------------------------------------------------------------------------------------

    def _job(self, history: History) -> Iterator[Violation]:
        strict = list(self._run(history, Grade.ASSUMED))
        self._count(history, strict)
        yield from self._owed(history, strict)
        failed = {step.position: (Grade.ASSUMED, step) for step in strict if not step.after}
        at_once = set(failed)
        given_up = [step.position for step in strict if not step.decided]
        if given_up:
            calls = tuple(sorted({history.events[position].call for position in given_up}))
            self.undecided.append(Undecided(history.key, TOO_WIDE, calls))
        excused = self._weigh(history, failed) if failed or given_up else set()
        begun = _Beginning(0, ())
        is_told = False
        for position, (grade, step) in sorted(failed.items()):
            if is_told and position not in at_once:
                continue  # only what a higher floor let pass earlier makes it impossible, and that was told
            event = history.events[position]
            relief = self._relief(history, grade)
            if position in excused:
                if begun.late and self._is_possible(history, begun, event, _NO_RELIEF):
                    continue  # it only does not follow from what shows late, which was told
                relief = _NO_RELIEF
            found = self._violation(history, step, grade, begun, relief)
            if history.others and found.belief == (ABSENT,):
                found = self._one_too_many(history, found)
            if position in excused:
                found = self._excused(history, event, begun, found)
            is_told |= found.grade >= self.settings.floor
            yield found
            if found.rule.endswith(AT_ONCE):
                begun = replace(begun, late=(*begun.late, event))
            elif event.seen.what == OK:
                begun = _Beginning(position, ())

    def _weigh(self, history: History, failed: dict[int, tuple[Grade, Step]]) -> set[int]:
        """Grade what is impossible by the highest floor at which it still is; returns what has an excuse.

        What has one is graded as if it had none: so its rule is the one that it would break.
        """
        excused = set[int]()
        for floor in FLOORS:
            relief = self._relief(history, floor)
            if floor is Grade.ASSUMED and relief == _NO_RELIEF:
                continue  # nothing else would be found
            still = {step.position: step for step in self._run(history, floor, relief=relief) if not step.after}
            if floor is Grade.ASSUMED:
                excused = failed.keys() - still.keys()
            for position, step in still.items():
                failed[position] = (floor, failed.get(position, (floor, step))[1])
        for floor in FLOORS[1:] if excused else ():
            for position in excused & {step.position for step in self._run(history, floor) if not step.after}:
                failed[position] = (floor, failed[position][1])
        return excused

    def _relief(self, history: History, floor: Grade) -> _Relief:
        """All that may explain a job's events."""
        return _Relief(any(self._lag(event) for event in history.events), self._excuses(history, floor).all())

    def _lag(self, event: Event) -> float:
        """How late an event may show, in seconds; a user who says how old reads are knows it better."""
        return 0.0 if event.reads and self.settings.window is not None else event.lag

    def _excuses(self, history: History, floor: Grade) -> Excuses:
        known = self.excuses.get((history.key, floor))
        if known is None:
            automaton, _ = self.footing.of(history, floor)
            known = excuses(automaton, history.events, outsiders=self.footing.has_outsiders(history))
            self.excuses[history.key, floor] = known
        return known

    def _is_possible(self, history: History, begun: _Beginning, breaking: Event, relief: _Relief) -> bool:
        """True if with some relief an event is possible after those from some beginning on."""
        events = [e for e in history.events[begun.position :] if e.start <= breaking.end and e not in begun.late]
        initial = self.footing.of(history, Grade.ASSUMED)[0].everything if begun.position else None
        done = self._run(history, Grade.ASSUMED, events, initial, relief=relief)
        return bool(next(taken.after for taken in done if events[taken.position] is breaking))

    def _excused(self, history: History, breaking: Event, begun: _Beginning, found: Violation) -> Violation:
        """The violation with the least that explains it."""

        def explains(relief: _Relief) -> bool:
            return self._is_possible(history, begun, breaking, relief)

        if explains(_Relief(lags=True)):
            return self._too_soon(found, history)
        known = self._excuses(history, Grade.ASSUMED)
        lags = not explains(_Relief(aid=known.all()))
        excuse = known.told(lambda aid: explains(_Relief(lags, aid)))
        excuse += f", and {self._lateness(history)}" if lags else ""
        message = f"{found.message}; possible only if {excuse}"
        return replace(found, grade=Grade.ASSUMED, message=message, excuse=excuse)

    def _run(
        self,
        history: History,
        floor: Grade,
        events: Sequence[Event] | None = None,
        initial: int | None = None,
        *,
        relief: _Relief = _NO_RELIEF,
    ) -> Iterator[Step]:
        """The steps of a job's events, or of some of them, from what the job can have been before any of them.

        That what was done shows at once where documents leave that open is an assumption of ours.
        """
        automaton, before = self.footing.of(history, floor)
        if events is None:
            events = history.events
        initial = before if initial is None else initial
        settings = self.settings
        order: list[int] | None = None
        if (relief.lags or floor > Grade.ASSUMED) and any(map(self._lag, events)):
            late = [_late(event, self._lag(event)) for event in events]
            order = sorted(range(len(events)), key=lambda p: (late[p].start, late[p].end, late[p].call))
            events = [late[p] for p in order]
        clients = [self.projection.calls[e.call].client for e in events]
        taken = steps(
            automaton,
            events,
            initial=initial,
            window=settings.window or 0.0,
            clients=clients,
            aid=relief.aid,
            budget=settings.budget,
        )
        return taken if order is None else (step._replace(position=order[step.position]) for step in taken)

    def _count(self, history: History, taken: Sequence[Step]) -> None:
        for step in taken:
            seen = history.events[step.position].seen
            self.observations += 1
            self.constrained += step.constrained
            for row in self.automata.rows_taken(history.key.lifecycle, step.before, seen):
                self.taken[row] = self.taken.get(row, 0) + 1

    def _owed(self, history: History, taken: Sequence[Step]) -> Iterator[Violation]:
        """What the job owed: at the end it is pending; for longer than the patience, ever, it is a violation."""
        lifecycle = self.api.lifecycle(history.key.lifecycle)
        automaton = self.automata.automaton(lifecycle.name)
        patience = self.settings.patience
        unsure = any(event.seen.what == UNKNOWN and not event.reads for event in history.events)
        for progress in lifecycle.progress:
            start = automaton.mask(progress.start)
            since: Step | None = None
            last: Step | None = None
            broken = False
            for step in taken:
                if not unsure and _tells_nothing(history.events[step.position]):
                    continue
                if not step.after or (step.after | step.later) & ~start:
                    since = None
                    continue
                since, last = since or step, step
                if patience is None or broken:
                    continue
                owed = self._pending(progress, history, since, step)
                if owed.age >= patience:
                    broken = True
                    yield self._overdue(progress, owed, automaton.names(step.after), patience)
            if since is not None and last is not None:
                self.pending.append(self._pending(progress, history, since, last))

    @staticmethod
    def _pending(progress: LeadsTo, history: History, since: Step, until: Step) -> Pending:
        first, last = history.events[since.position], history.events[until.position]
        calls = tuple(dict.fromkeys(event.call for event in (first, last)))
        return Pending(progress.name, progress.source, history.key, first.end, last.end - first.end, calls)

    def _overdue(self, progress: LeadsTo, owed: Pending, belief: tuple[str, ...], patience: float) -> Violation:
        return Violation(
            rule=f"{self.api.name}/{owed.job.lifecycle}/{progress.name}",
            grade=progress.source.grade,
            source=progress.source,
            message=(
                f"{job_words(owed.job)} was {_either(belief)} for {owed.age:.1f} s and "
                f"reached none of {', '.join(progress.end)} within the patience of {patience:g} s"
            ),
            job=owed.job,
            calls=owed.calls,
            belief=belief,
        )

    def _violation(self, history: History, step: Step, floor: Grade, begun: _Beginning, relief: _Relief) -> Violation:
        automaton = self.automata.automaton(history.key.lifecycle)
        event = history.events[step.position]
        belief = automaton.names(automaton.close(step.before))
        possible = tuple(
            dict.fromkeys(
                f"{row.label} in {state}: {history.key.lifecycle}/{row.name} [{row.grade}: {row.source}]"
                for state, row in automaton.possible(step.before, event.seen.operation, event.seen.cls)
            )
        )
        if event.seen.shows is not None and automaton.after(step.before, event.seen._replace(shows=None)):
            self.odd_statuses.add((history.key, event.call))
        rule, source = _blame(automaton, step.before, event.seen, floor)
        lifecycle = automaton.lifecycle
        inferred = any(kind.name == history.key.kind and rule in kind.inferred for kind in lifecycle.kinds)
        return Violation(
            rule=f"{lifecycle.full_name}/{rule}",
            grade=min(floor, source.grade, Grade.IMPLIED if inferred else source.grade),
            source=source,
            message=(
                f"{job_words(history.key)}: {event.seen} while it was {_either(belief)}; "
                f"possible: {_answers(automaton, step.before, event.seen)}"
            ),
            job=history.key,
            calls=self._needed(history, step, floor, begun, relief),
            belief=belief,
            possible=possible,
        )

    def _one_too_many(self, history: History, violation: Violation) -> Violation:
        """The same violation, of a job that is there though each creation without an answer made another."""
        lifecycle = self.api.lifecycle(history.key.lifecycle)
        births = tuple(row for row in lifecycle.all_rows() if ABSENT in row.states and row.target not in (SAME, ABSENT))
        source = lifecycle.ids or _of_ids(births, lifecycle)
        told = violation.message.partition("; possible")[0]
        return replace(
            violation,
            rule=f"{lifecycle.full_name}/{GIVEN_ONCE}",
            grade=min(violation.grade, source.grade, Grade.IMPLIED),
            source=source,
            message=f"{told}: no creation is left that can have made it, each without an answer made another job",
            calls=(*sorted({*history.others, *violation.calls[:-1]} - {violation.calls[-1]}), violation.calls[-1]),
            possible=(),
        )

    def _too_soon(self, violation: Violation, history: History) -> Violation:
        """The same violation, of what documents let show late."""
        lag = self.api.list_lag
        left_open = f"left open by {lag.source} [{lag.source.grade}]" if lag is not None else "left open"
        excuse = self._lateness(history)
        return replace(
            violation,
            rule=f"{violation.rule.partition('/')[0]}/{AT_ONCE}",
            source=assumed(f"whether {excuse} is {left_open}"),
            message=f"{violation.message}; possible only if {excuse}",
            excuse=excuse,
        )

    def _lateness(self, history: History) -> str:
        seconds = max(map(self._lag, history.events))
        lists = any(event.reads and self._lag(event) for event in history.events)
        return f"lists may be {seconds:g} s old" if lists else f"orders may take effect {seconds:g} s late"

    def _needed(
        self, history: History, step: Step, floor: Grade, begun: _Beginning, relief: _Relief
    ) -> tuple[int, ...]:
        """The calls that rule the step out: those that may have changed the job, and what must be known besides.

        What only tells something of the job can be left out: the belief grows by it, so what is still impossible was
        never shown by it. After an impossible answer those from it on mostly suffice.
        """
        breaking = history.events[step.position]
        automaton = self.automata.automaton(history.key.lifecycle, floor)

        def rules_out(events: Sequence[Event], initial: int | None) -> bool:
            trial = sorted([*events, breaking], key=lambda e: (e.start, e.end, e.call))
            found = self._run(history, floor, trial, initial, relief=relief)
            return not next(step.after for step in found if trial[step.position] is breaking)

        def before(first: int) -> list[Event]:
            events = [e for e in history.events[first:] if e is not breaking and e.start <= breaking.end]
            events = [e for e in events if e not in begun.late]
            return self._once(automaton, events)

        initial = automaton.everything if begun.position else None
        events = before(begun.position)
        if begun.position and not rules_out(events, initial):
            initial, events = None, before(0)
        if not rules_out(events, initial):
            return tuple(dict.fromkeys(event.call for event in (*events, breaking)))
        kept = [e for e in events if not _only_tells(e)]
        telling = [e for e in events if _only_tells(e)]
        while telling and not rules_out(kept, initial):
            low, high = 0, len(telling) - 1  # the last place from which on the rest suffices
            while low < high:
                middle = (low + high + 1) // 2
                low, high = (middle, high) if rules_out([*kept, *telling[middle:]], initial) else (low, middle - 1)
            kept.append(telling[low])
            telling = telling[low + 1 :]
        kept.sort(key=lambda e: (e.start, e.end, e.call))
        return (*dict.fromkeys(e.call for e in kept if e.call != breaking.call), breaking.call)

    @staticmethod
    def _once(automaton: Automaton, events: Sequence[Event]) -> list[Event]:
        """The events without reads that were not answered, and without unanswered calls that change nothing more."""
        found: list[Event] = []
        lost: set[Observation] = set()
        for event in events:
            if event.seen.what == UNKNOWN:
                if event.reads or event.seen in lost:
                    continue
                if event.end == math.inf and automaton.is_idempotent(event.seen):
                    lost.add(event.seen)
            found.append(event)
        return found

    # ---- rules on calls ---------------------------------------------------------------------------------------------

    def _generic(self) -> Iterator[Violation]:
        for index, call in enumerate(self.projection.calls):
            if call.status is None:
                continue
            if succeeded(call):
                yield from self._wire_types(index, call)
                yield from self._malformed(index, call)
            else:
                yield from self._error(index, call)

    def _wire_types(self, index: int, call: Call) -> Iterator[Violation]:
        malformed = self._malformed_jobs(call)
        for fault in self.shapes.reply_faults(call.operation, call.reply):
            member = _plain_path(fault.member)
            if malformed and _place(fault.member) in malformed:
                continue  # the reply echoes what should never have been accepted: that is reported where it was
            if fault.breach is Breach.NULL:
                rule, grade = "absent members are left out", Grade.IMPLIED
            else:
                rule, grade = f"replies have the documented types/{_last(member)}", Grade.STATED
            yield Violation(
                rule=f"{self.api.name}/{rule}",
                grade=grade,
                source=self.api.shape_source(f"{call.operation}, {member or 'body'}", grade),
                message=f"{call.operation}: {fault.member or 'the reply'} is {_short(fault.value)}; {fault.constraint}",
                job=None,
                calls=(index,),
                member=_last(member),
            )

    def _malformed_jobs(self, call: Call) -> frozenset[int | None]:
        """The places in a reply of jobs that a malformed request made; None for the one job of a description."""
        if not self.malformed:
            return frozenset()
        found: set[int | None] = set()
        for binding in self.api.bound(call.operation):
            member = self.api.lifecycle(binding.lifecycle).id_member_of(binding.kind)
            if binding.items is not None:
                items = reach(call.reply, binding.items)
                for place, item in enumerate(items if isinstance(items, list) else ()):
                    if isinstance(item, Mapping) and (call.tenant, str(item.get(member))) in self.malformed:
                        found.add(place)
            elif binding.id_in and (call.tenant, str(call.request.get(binding.id_in))) in self.malformed:
                found.add(None)
        return frozenset(found)

    def _malformed(self, index: int, call: Call) -> Iterator[Violation]:
        for fault in self.projection.faults[index]:
            member = _plain_path(fault.member)
            source = self.api.malformed or self.api.shape_source(f"{call.operation}, {member or 'body'}", Grade.STATED)
            yield Violation(
                rule=f"{self.api.name}/a malformed request is refused",
                grade=source.grade,
                source=source,
                message=f"{call.operation} was answered {call.status} though {fault}",
                job=None,
                calls=(index,),
                member=_last(member),
            )

    def _error(self, index: int, call: Call) -> Iterator[Violation]:
        spec = self.api.error(call.code)
        if spec is None or not self.automata.is_declared(call.operation, call.code):
            told = f"error {call.error!r}" if call.error else "no error code"
            fault = call.status is not None and call.status >= 500
            rule = "a fault is one of the declared errors" if fault else UNDECLARED
            declared = ", ".join(e.code for e in self.api.errors if e.operations and e.declared_by(call.operation))
            grade = Grade.ASSUMED if not call.error and call.status in _GATEWAY else Grade.IMPLIED
            yield Violation(
                rule=f"{self.api.name}/{rule}",
                grade=grade,
                source=self.api.shape_source(f"{call.operation}, errors", grade),
                message=f"{call.operation} answered HTTP {call.status} with {told}; declared: {declared}",
                job=None,
                calls=(index,),
            )
        elif call.status not in spec.http:
            wanted = " or ".join(map(str, spec.http))
            yield Violation(
                rule=f"{self.api.name}/errors have their documented HTTP status",
                grade=spec.source.grade,
                source=spec.source,
                message=f"{call.operation} answered {call.code} with HTTP {call.status}; documented: {wanted}",
                job=None,
                calls=(index,),
            )

    def _of_rule(self, found: Broken) -> Violation:
        told = job_words(found.job) if found.job is not None else self.projection.calls[found.calls[-1]].operation
        source, message = found.rule.source, f"{told}: {found.wrong}"
        return Violation(found.name, source.grade, source, message, found.job, found.calls)


def _one_cause(on_jobs: Sequence[Violation], on_calls: Sequence[Violation]) -> list[Violation]:
    """Both, but an undeclared error once: by its job, if that is surer or as sure, or else by the call."""
    undeclared = {v.calls[-1]: v.grade for v in on_calls if v.rule.endswith(UNDECLARED)}
    kept = [v for v in on_jobs if v.grade >= undeclared.get(v.calls[-1], v.grade)]
    told = {v.calls[-1] for v in kept}
    return kept + [v for v in on_calls if not (v.rule.endswith(UNDECLARED) and v.calls[-1] in told)]


def _is_gone(violation: Violation, job: JobKey, gone: Set[tuple[str, int]]) -> bool:
    """True if all that is wrong is that a deleted job is shown, and a data rule says so of that call."""
    return violation.belief == (ABSENT,) and (job.id, violation.calls[-1]) in gone


# ---- words ----------------------------------------------------------------------------------------------------------


def _place(member: str) -> int | None:
    """The place in the list that a path begins with, None if it begins with no list."""
    found = re.match(r"[^.\[]*\[(\d+)\]", member)
    return int(found[1]) if found else None


def _plain_path(member: str) -> str:
    """A member's path without places in lists."""
    return re.sub(r"\[\d+\]", "", member)


def _last(path: str) -> str:
    return path.rpartition(".")[2] or "body"


def job_words(key: JobKey) -> str:
    """A job in words: what it is, its id, whose it is."""
    kind = f"{key.kind} " if key.kind not in ("", key.lifecycle) else ""
    return f"{kind}{key.lifecycle} {key.id} of {key.tenant}"


def _either(states: Sequence[str]) -> str:
    if not states:
        return "in no state"
    return states[0] if len(states) == 1 else f"{', '.join(states[:-1])} or {states[-1]}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _answers(automaton: Automaton, belief: int, seen: Observation) -> str:
    """What the call could have answered, in few words."""
    found: dict[str, None] = {}
    lifecycle = automaton.lifecycle
    for state, row in automaton.possible(belief, seen.operation, seen.cls):
        assert isinstance(row.label, CallLabel)
        reply = row.label.reply
        shows = reply.shows if reply.shows is not None else lifecycle.state(row.target_from(state)).shows
        if reply.error is not None:
            found["any error" if reply.error == ANY_ERROR else reply.error] = None
        elif lifecycle.operation(seen.operation).role is Role.LIST and state == ABSENT:
            found["not listed"] = None
        else:
            found["/".join(shows) or "success"] = None
    if not found and lifecycle.operation(seen.operation).role is Role.CREATE:
        return "another id" + ("" if seen.what == OK else ", or none")
    return " or ".join(found) or "nothing: such a call cannot meet such a job"


def _blame(automaton: Automaton, before: int, seen: Observation, floor: Grade) -> tuple[str, Source]:
    """The rule that rules an observation out, by name, and its source: a row of the cell, or the order of states.

    Of several rows it is one at least as sure as `floor`, the highest at which the observation is ruled out, if there
    is one, and as near to it as can be.
    """
    lifecycle = automaton.lifecycle
    states = automaton.names(automaton.close(before))
    role = lifecycle.operation(seen.operation).role
    existing = tuple(s for s in states if s != ABSENT)
    shown = "/".join(value or "?" for value in seen.shows or ())
    was = automaton.names(before)
    is_open = bool(was) and all(automaton.is_loose(state, seen.operation, seen.cls) for state in was)
    shows_state = (role in (Role.READ, Role.LIST) or is_open) and seen.what == OK and bool(seen.shows)
    if shows_state and not any(matches(seen.shows, state.shows) for state in lifecycle.states):
        return f"{shown} is no state of a job", lifecycle.frame
    if shows_state and existing and ABSENT not in states:
        frame = lifecycle.state(existing[0]).frame or lifecycle.frame
        if len(existing) == 1 and lifecycle.state(existing[0]).terminal:
            return f"nothing leaves {existing[0]}", frame
        return f"{shown} does not follow {was[0] if len(was) == 1 else 'what came before'}", frame
    rows = automaton.possible(before, seen.operation, seen.cls)
    says_absent = any(automaton.says_absent(state, seen) for state in states)
    if all(row.grade is Grade.ASSUMED for _, row in rows) and says_absent:
        rows = tuple((ABSENT, row) for row in automaton.cell_rows(ABSENT, seen.operation, seen.cls) if _refuses(row))
    refusal = seen.what == ERROR and not says_absent  # that it is not there is no way to refuse a job that is

    def order(pair: tuple[str, Transition]) -> tuple[bool, int, bool, bool]:
        state, row = pair
        return row.grade < floor, abs(row.grade - floor), _refuses(row) != refusal, refusal and state != ABSENT

    if rows:
        _, row = min(rows, key=order)
        return row.name, row.source
    made = automaton.cell_rows(ABSENT, seen.operation, seen.cls)
    return GIVEN_ONCE, lifecycle.ids or _of_ids(made, lifecycle)


def _of_ids(made: Sequence[Transition], lifecycle: Lifecycle) -> Source:
    """Who implies that an id is given once, where nobody says so: the source that describes the creation."""
    source = made[0].source if made else lifecycle.frame
    return replace(source, section=f"{source.section}: the id is the job's", grade=min(source.grade, Grade.IMPLIED))


def _refuses(row: Transition) -> bool:
    return isinstance(row.label, CallLabel) and row.label.reply.error is not None


def _tells_nothing(event: Event) -> bool:
    """True if the event neither changed the job nor showed its status."""
    return event.seen.what == PASSED or (event.reads and event.seen.what == OK and event.seen.shows is None)


def _late(event: Event, lag: float) -> Event:
    """The event at the earliest, for a read, or with the latest effect that its lag allows.

    The answer to an order whose effect is late shows what was before: nothing of the moment of the effect.
    """
    if event.reads:
        return replace(event, start=event.start - lag)
    return replace(event, end=event.end + lag, seen=event.seen._replace(shows=None)) if lag else event


def _only_tells(event: Event) -> bool:
    """True if the event changes no belief but by what it tells."""
    return event.reads or event.seen.what in (ERROR, PASSED, UNLISTED)


def _rows_taken(automaton: Automaton, before: int, seen: Observation) -> Iterator[str]:
    """The rows an observation took: the only one possible, and the only unseen move that led to it."""
    if seen.what == UNKNOWN:
        return
    closed = automaton.close(before)
    fitting = [move for name in automaton.names(closed) for move in automaton.moves(name, seen)]
    rows = {move.row.name for move in fitting if move.row is not None}
    if len(rows) == 1:
        yield next(iter(rows))
    elif rows and all(move.row is not None for move in fitting):
        yield from sorted(rows)
    was = automaton.names(before)
    sources = {move.state for move in fitting}
    if len(was) == 1 and len(sources) == 1 and was[0] not in sources:
        (target,) = sources
        unseen = (row for row in automaton.rows if isinstance(row.label, Internal))
        direct = [row for row in unseen if was[0] in row.states and row.target == target]
        if len(direct) == 1:
            yield direct[0].name
