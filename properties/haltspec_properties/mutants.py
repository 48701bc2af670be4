"""Who checks the checker: lifecycles and replies broken on purpose, one mistake each, and what catches each mistake.

A mutant of the rows is *killed* if a recording of the reference model that follows it is ruled out by the oracle or by
a named property, or if the mutant, taken as the specification, rules out a recording of the true reference model. One
that is not killed is *equivalent* if trace inclusion, decided on the finite automata, holds both ways: no recording
whatever can tell it apart. Anything else *survived* and is a gap in the checker.

A mutant of a data rule is a corruption of recorded replies; it is killed if the very rule it aims at speaks up.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from random import Random
from typing import Final

from haltspec.automaton import Automaton, Observation, inclusion
from haltspec.errors import Misuse
from haltspec.lts import (
    ABSENT,
    ANY_ERROR,
    SAME,
    Grade,
    Label,
    Lifecycle,
    Reply,
    Role,
    Transition,
)
from haltspec.lts import Call as CallLabel
from haltspec.oracle import Settings, judge
from haltspec.reference import Reference
from haltspec.spec import Api
from haltspec.trace import Call
from haltspec_properties.property import Kind
from haltspec_properties.suite import properties
from haltspec_properties.walk import Walk

WALK_CALLS: Final = 60
WALKS: Final = 40
_STRICT: Final = Settings(floor=Grade.ASSUMED)


class Fate(enum.Enum):
    """What became of a mutant."""

    ORACLE = "killed by the oracle"
    PROPERTY = "killed by a property"
    AGREEMENT = "killed as a specification"
    EQUIVALENT = "equivalent"
    SURVIVED = "survived"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake in the rows of a lifecycle.

    Args:
        lifecycle: the lifecycle's name.
        name: what is wrong, in words.
        operator: the kind of mistake.
        row: the name of the row it is in.
        change: maps each of the lifecycle's rows to the mutant's (None: dropped).
    """

    lifecycle: str
    name: str
    operator: str
    row: str
    changed: Transition | None

    def rows(self, rows: Iterable[Transition]) -> tuple[Transition, ...]:
        """`rows` with the mistake; an added row comes last."""
        found = False
        mutated: list[Transition] = []
        for row in rows:
            if row.name != self.row:
                mutated.append(row)
                continue
            found = True
            if self.changed is not None:
                mutated.append(self.changed)
        if not found and self.changed is not None and self.operator == "added":
            mutated.append(self.changed)
        return tuple(mutated)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mutant: its fate, by which rule or trace it was told, and after how many calls."""

    mutant: Mutant
    fate: Fate
    told: str
    calls: int


# ---- mistakes in rows -------------------------------------------------------------------------------------------------


def _with(
    row: Transition, *, states: tuple[str, ...] | None = None, label: Label | None = None, target: str | None = None
) -> Transition:
    """The row with something else in it."""
    return Transition(
        row.name, states or row.states, label or row.label, target or row.target, row.source, free=row.free
    )


def mutants(api: Api, lifecycle: Lifecycle) -> Iterator[Mutant]:
    """Every mistake of the kinds below in one row of a lifecycle, readings included.

    Rows dropped, redirected, with another reply or code, moved to or from another state, for other requests; and
    moves added that no row has.
    """
    for row in lifecycle.all_rows():
        yield Mutant(lifecycle.name, f"{row.name!r} is dropped", "dropped", row.name, None)
        yield from _redirected(lifecycle, row)
        if isinstance(row.label, CallLabel):
            yield from _answered(api, lifecycle, row, row.label)
        yield from _moved(lifecycle, row)
    yield from _added(lifecycle)


def _redirected(lifecycle: Lifecycle, row: Transition) -> Iterator[Mutant]:
    if isinstance(row.label, CallLabel) and lifecycle.operation(row.label.operation).role is Role.LIST:
        return
    targets = {row.target_from(state) for state in row.states}
    for state in lifecycle.states:
        if targets != {state.name}:
            changed = _with(row, target=state.name)
            yield Mutant(lifecycle.name, f"{row.name!r} leads to {state.name}", "redirected", row.name, changed)


def _answered(api: Api, lifecycle: Lifecycle, row: Transition, label: CallLabel) -> Iterator[Mutant]:
    operation = lifecycle.operation(label.operation)
    if operation.role is Role.LIST:
        return
    own = label.reply
    shows = {state.shows for state in lifecycle.states if state.name != ABSENT}
    replies = [Reply(None, values) for values in sorted(shows) if own.error is not None or own.shows != values]
    codes = {r.label.reply.error for r in lifecycle.all_rows() if isinstance(r.label, CallLabel)}
    replies += [Reply(code) for code in sorted(c for c in codes if c not in (None, own.error, ANY_ERROR))]
    for reply in replies:
        if reply.error is None and not api.shows_status(lifecycle.name, operation.name):
            if own.error is None:
                continue
            reply = Reply()
        changed = _with(row, label=replace(label, reply=reply), target=SAME if reply.error is not None else row.target)
        yield Mutant(lifecycle.name, f"{row.name!r} answers {reply}", "answered", row.name, changed)


def _moved(lifecycle: Lifecycle, row: Transition) -> Iterator[Mutant]:
    if len(row.states) > 1:
        for state in row.states:
            changed = _with(row, states=tuple(s for s in row.states if s != state))
            yield Mutant(lifecycle.name, f"{row.name!r} is missing in {state}", "missing in a state", row.name, changed)
    if isinstance(row.label, CallLabel) and row.label.when:
        operation = lifecycle.operation(row.label.operation)
        for cls in operation.class_names:
            if cls not in row.label.when:
                changed = _with(row, label=replace(row.label, when=(cls,)))
                yield Mutant(
                    lifecycle.name, f"{row.name!r} is for requests {cls!r}", "other requests", row.name, changed
                )


def _added(lifecycle: Lifecycle) -> Iterator[Mutant]:
    """A move of the service between every two states that no row connects."""
    from haltspec.lts import assumed, internal

    existing = [state.name for state in lifecycle.states if state.name != ABSENT]
    for first in existing:
        for second in (*existing, ABSENT):
            if first != second:
                name = f"added: {first} to {second}"
                row = Transition(name, first, internal("slip"), second, assumed("a mistake made on purpose"))
                yield Mutant(lifecycle.name, f"a move from {first} to {second} is added", "added", name, row)


# ---- catching them ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Hunter:
    """Hunts the mutants of one API.

    Args:
        api: the API.
        tenants: who calls.
        seed: decides walks.
        walks, calls: so many walks of so many calls at most for a mutant.
    """

    api: Api
    tenants: tuple[str, ...]
    seed: int = 0
    walks: int = WALKS
    calls: int = WALK_CALLS
    _true: dict[str, list[tuple[tuple[Observation, ...], int]]] | None = None
    _automata: dict[str, Automaton] = field(default_factory=dict)

    def hunt(self, mutant: Mutant) -> Outcome:
        """What becomes of a mutant."""
        known = self._as_specification(mutant)
        if known is not None:
            return known
        trace = self._difference(mutant)
        if trace is None:
            return Outcome(mutant, Fate.EQUIVALENT, "trace inclusion holds both ways", 0)
        told = "; ".join(map(str, trace))
        return self._as_service(mutant) or Outcome(mutant, Fate.SURVIVED, f"a recording tells it apart: {told}", 0)

    def _as_service(self, mutant: Mutant) -> Outcome | None:
        """Walk through a reference model that makes the mistake, and judge what is seen."""
        made, done = 0, Counter[tuple[str, ...]]()
        for walk in range(self.walks):
            calls = self.walk(walk, done, mutant)
            report = judge(self.api, calls, _STRICT)
            found = [(v.calls[-1], Fate.ORACLE, v.rule) for v in report.violations]
            for prop in properties(self.api.name):
                if prop.kind is Kind.ALWAYS:
                    breach = next(iter(prop.check(report.projection)), None)
                    if breach is not None:
                        found.append((breach.calls[-1], Fate.PROPERTY, prop.name))
            if found:
                call, fate, told = min(found, key=lambda f: f[0])
                return Outcome(mutant, fate, told, made + call + 1)
            made += len(calls)
        return None

    def walk(self, number: int, done: Counter[tuple[str, ...]], mutant: Mutant | None = None) -> list[Call]:
        """The calls of one walk; readings vary with its number, those that hold a mutant's row are chosen."""
        rng = Random(f"{self.seed}/{number}")
        readings = self._readings(rng, mutant)
        rows = {}
        if mutant is not None:
            lifecycle = self.api.lifecycle(mutant.lifecycle)
            own = {q.name: readings[f"{lifecycle.name}/{q.name}"] for q in lifecycle.questions}
            rows = {mutant.lifecycle: mutant.rows(lifecycle.rows(own))}
        time = iter(range(1_700_000_000, 1_800_000_000))
        reference = Reference(
            self.api, clock=lambda: float(next(time)), readings=readings, seed=rng.getrandbits(32), rows=rows
        )
        focuses = ("", *(lifecycle.name for lifecycle in self.api.lifecycles))
        focus = mutant.lifecycle if mutant is not None else focuses[number % len(focuses)]
        walk = Walk(reference, rng, self.tenants, done, focus)
        return walk.run(self.calls)

    def _readings(self, rng: Random, mutant: Mutant | None) -> dict[str, str]:
        readings: dict[str, str] = {}
        unmodelled = self._unmodelled()
        for name, question in self.api.all_questions().items():
            if name in unmodelled:
                readings[name] = question.default
                continue
            names = [reading.name for reading in question.readings]
            readings[name] = question.default if rng.random() < 0.5 else rng.choice(names)
            if mutant is not None and name.startswith(f"{mutant.lifecycle}/"):
                for reading in question.readings:
                    if any(row.name == mutant.row for row in reading.rows):
                        readings[name] = reading.name
        return readings

    def _unmodelled(self) -> frozenset[str]:
        from haltspec import services

        return services.load(self.api.name).unmodelled

    def _as_specification(self, mutant: Mutant) -> Outcome | None:
        """Hold recordings of the true reference model against the mutant."""
        lifecycle = self.api.lifecycle(mutant.lifecycle)
        automaton = Automaton(lifecycle, rows=mutant.rows(lifecycle.all_rows()))
        for trace, calls in self._recordings().get(mutant.lifecycle, []):
            belief = automaton.initial
            for place, seen in enumerate(trace, start=1):
                belief = automaton.after(belief, seen)
                if not belief:
                    return Outcome(mutant, Fate.AGREEMENT, f"{seen} is ruled out", calls + place)
        return None

    def _recordings(self) -> dict[str, list[tuple[tuple[Observation, ...], int]]]:
        """The observations of single jobs in walks through the true model, each trace once, shortest first."""
        if self._true is None:
            found: dict[str, dict[tuple[Observation, ...], int]] = {}
            done = Counter[tuple[str, ...]]()
            for number in range(self.walks):
                report = judge(self.api, self.walk(number, done), _STRICT)
                if report.violations:
                    reason = f"the reference model of {self.api.name} is ruled out: {report.violations[0].message}"
                    raise Misuse(reason, "find out who is right before hunting mutants")
                for history in report.projection.histories:
                    trace = tuple(event.seen for event in history.events)
                    found.setdefault(history.key.lifecycle, {}).setdefault(trace, 0)
            self._true = {name: sorted(traces.items(), key=lambda t: len(t[0])) for name, traces in found.items()}
        return self._true

    def _difference(self, mutant: Mutant) -> tuple[Observation, ...] | None:
        """A shortest trace that tells the mutant from the lifecycle, decided on the automata of all readings."""
        true, wrong = self._automaton(mutant.lifecycle, None), self._automaton(mutant.lifecycle, mutant)
        trace = inclusion(wrong, true)
        return trace if trace is not None else inclusion(true, wrong)

    def _automaton(self, name: str, mutant: Mutant | None) -> Automaton:
        lifecycle = self.api.lifecycle(name)
        rows = lifecycle.all_rows() if mutant is None else mutant.rows(lifecycle.all_rows())
        roles = (operation.name for operation in lifecycle.operations)
        hidden = frozenset(role for role in roles if not self.api.shows_status(name, role))
        if mutant is not None:
            return Automaton(lifecycle, rows=rows, hidden=hidden)
        if name not in self._automata:
            self._automata[name] = Automaton(lifecycle, rows=rows, hidden=hidden)
        return self._automata[name]
