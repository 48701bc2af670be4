"""Exhaustive exploration of the reference model: few jobs, every call of a menu, every move of the service.

A *world* is a `Reference` in some state. From a world without jobs, every call of the menu and every move the service
may make is tried on a copy. The worlds that come out are told apart by their fingerprint, or, where jobs are
interchangeable, by one that does not number them. After every step the `invariants` are checked;
since worlds are visited nearest first, what breaks one is reported with a shortest sequence of steps that shows it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from haltspec.lts import Role, Transition
from haltspec.reference import Reference
from haltspec.services.base import Job
from haltspec.spec import Api, JobKey
from haltspec.trace import Call
from haltspec.verification.invariants import INVARIANTS, Jobs, Rules, Seen, Step
from haltspec.verification.menu import Ask, Memory, Menu, nameless, remembered
from haltspec.verification.scenarios import Scenario

START_S: Final = 1_700_000_000.0
"""The time of the first step, in epoch seconds; each step takes one second."""

RULE: Final = "every recording of the reference model is judged possible"

Judge = Callable[[Sequence[Call]], str | None]
"""Judges a sequence of calls: what is wrong with it, or None."""

Make = Callable[[Callable[[], float]], Reference]
"""Makes an empty reference model on a clock."""


class Clock:
    """A clock that stands still until it is set, in epoch seconds."""

    def __init__(self) -> None:
        self.now = START_S

    def __call__(self) -> float:
        """The time."""
        return self.now


@dataclass(frozen=True, slots=True)
class Move:
    """A step from the world with the number `source` to that with the number `target`, at `time` in epoch seconds."""

    source: int
    target: int
    step: Step
    time: float

    @property
    def text(self) -> str:
        """The step in one line."""
        step = self.step
        if step.ask is None or step.answer is None:
            assert step.job is not None and step.row is not None
            return f"job {step.before[step.job].number}: {step.row.label} ({step.row.name})"
        return f"{step.ask.tenant} {step.ask.operation} ({step.ask.about}) -> {step.outcome()}"

    def call(self, api: str) -> Call | None:
        """The step as a line of a trace; None if it was a move of the service, which nobody sees."""
        ask, answer = self.step.ask, self.step.answer
        if ask is None or answer is None:
            return None
        start, end = self.time, self.time + 0.5
        return Call(
            api, ask.operation, ask.tenant, "", start, end, ask.request, answer.status, answer.error, answer.reply
        )


@dataclass(slots=True)
class World:
    """A world that was reached.

    Args:
        reference: the reference model in that state.
        jobs: its jobs.
        memory: what its clients remember.
        time: when it was reached, in epoch seconds.
        into: the move that first led to it; None for the world without jobs.
    """

    reference: Reference
    jobs: Jobs
    memory: Memory
    time: float
    into: Move | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """An invariant that a step breaks: which, how, and the steps that show it, the last one being the culprit."""

    invariant: str
    message: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explored:
    """What an exploration found.

    Args:
        scenario: what was explored.
        states: how many worlds.
        transitions: how many steps were tried.
        complete: False if a limit ended it.
        broken: what broke, the first of each kind.
        taken: LIFECYCLE and row of every row that the model took, or that an answer of it agrees with.
        worlds: the worlds, in the order they were found.
        moves: the steps that lead from world to world or stay, in the order they were tried, if they were kept.
    """

    scenario: Scenario
    states: int
    transitions: int
    complete: bool
    broken: tuple[Broken, ...]
    taken: frozenset[tuple[str, str]]
    worlds: tuple[World, ...] = field(repr=False)
    moves: tuple[Move, ...] = field(repr=False)


class Choices:
    """Takes one of several free rows by a script, and tells which other scripts there are.

    Attributes:
        rows: those that were taken.
    """

    def __init__(self, script: Sequence[int]) -> None:
        self._script = list(script)
        self.made: list[tuple[int, int]] = []
        self.rows: list[Transition] = []

    def __call__(self, rows: tuple[Transition, ...]) -> Transition:
        """One of several free rows."""
        place = len(self.made)
        chosen = self._script[place] if place < len(self._script) else 0
        self.made.append((chosen, len(rows)))
        self.rows.append(rows[chosen])
        return rows[chosen]

    def next(self) -> list[int] | None:
        """The script that follows, counting up from the last choice; None after the last."""
        for place in range(len(self.made) - 1, -1, -1):
            chosen, there_are = self.made[place]
            if chosen + 1 < there_are:
                return [c for c, _ in self.made[:place]] + [chosen + 1]
        return None


class Unnumbered:
    """A fingerprint in which jobs of a tenant, jobs of a parent, and tenants may change places."""

    def __init__(self) -> None:
        self._told: dict[tuple[JobKey, str], tuple[Mapping[str, Any], str]] = {}

    def __call__(self, world: Reference) -> Hashable:
        """The fingerprint of a world."""
        jobs = world.jobs()
        ids = {(job.key.tenant, job.key.id) for job in jobs}
        below: dict[tuple[str, str], list[Job]] = {}
        for job in jobs:
            above = (job.key.tenant, job.parent)
            below.setdefault(above if above in ids else (job.key.tenant, ""), []).append(job)
        return tuple(sorted(self._tree(world, below, (tenant, "")) for tenant in {job.key.tenant for job in jobs}))

    def _tree(self, world: Reference, below: Mapping[tuple[str, str], list[Job]], top: tuple[str, str]) -> str:
        """The jobs below `top`, in an order of their own."""
        jobs = below.get(top)
        if jobs is None:
            return ""
        trees = [self._about(world, job) + self._tree(world, below, (job.key.tenant, job.key.id)) for job in jobs]
        return f"({','.join(sorted(trees))})"

    def _about(self, world: Reference, job: Job) -> str:
        """What tells a job from another; its data never change in place, so that the text can be kept."""
        known = self._told.get((job.key, job.state))
        if known is None or known[0] is not job.data:
            text = repr((job.key.lifecycle, job.key.kind, job.state, nameless(world, job)))
            known = self._told[job.key, job.state] = job.data, text
        return known[1]


class Explorer:
    """Explores one scenario of an API.

    Args:
        api: the API.
        scenario: what to explore.
        make: makes the reference model; left out, the API's own under its default readings.
        readings: the readings under which answers are judged and the model runs.
        keep: keep every step that was tried.
        limit: how many worlds at most.
    """

    def __init__(
        self,
        api: Api,
        scenario: Scenario,
        *,
        make: Make | None = None,
        readings: Mapping[str, str] | None = None,
        keep: bool = False,
        limit: int = 20_000,
    ) -> None:
        self.api = api
        self.scenario = scenario
        self.limit = limit
        self.keep = keep
        self.clock = Clock()
        chosen = readings or {}
        self.rules = Rules(api, _rows(api, chosen))
        made = make(self.clock) if make is not None else Reference(api, clock=self.clock, readings=chosen)
        self.menu = Menu(api, scenario, made)
        self.menu.empty.watch = lambda lifecycle, row: self._taken.add((lifecycle, row.name))
        self._print = Unnumbered() if scenario.interchangeable else Reference.fingerprint
        self.worlds: list[World] = []
        self._known: dict[Hashable, int] = {}
        self._moves: list[Move] = []
        self._served: dict[int, list[tuple[str, int]]] = {}
        self._tried = 0
        self._broken: dict[tuple[str, str], Broken] = {}
        self._taken: set[tuple[str, str]] = set()
        self._spare: dict[int, Reference] = {}
        self._enter(self.menu.empty, Memory(), _jobs(self.menu.empty))

    def run(self) -> Explored:
        """Explore until nothing new comes out, or the limit is reached."""
        todo = deque([0])
        complete = True
        while todo:
            before = len(self.worlds)
            self._expand(todo.popleft())
            todo.extend(range(before, len(self.worlds)))
            if len(self.worlds) > self.limit:
                complete = False
                break
        return Explored(
            self.scenario,
            len(self.worlds),
            self._tried,
            complete,
            tuple(self._broken.values()),
            frozenset(self._taken),
            tuple(self.worlds),
            tuple(self._moves),
        )

    def _expand(self, number: int) -> None:
        world = self.worlds[number]
        self.clock.now = world.time
        for ask in self.menu.asks(world.reference, world.memory):
            for _ in self.attempt(number, ask):
                pass
        for job in self.menu.movable(world.reference):
            for row in (*world.reference.enabled(job), *self.rules.unowed(job.key.lifecycle, job.state)):
                self._fire(number, job, row)

    def attempt(self, number: int, ask: Ask) -> Iterator[tuple[Step, int]]:
        """Make a call in a world, once for each way in which the service is free to answer; tell where each leads."""
        script: list[int] | None = []
        while script is not None:
            world = self.worlds[number]
            spare = self._spare.pop(number, None) or world.reference.fork()
            self.clock.now += 1
            spare.choose = choices = Choices(script)
            answer = spare.call(ask.operation, ask.request, tenant=ask.tenant)
            now = _jobs(spare)
            changed = now != world.jobs
            step = Step(self.rules, world.jobs, now if changed else world.jobs, ask, answer)
            changed = changed or ask.role is Role.CREATE
            if not changed:
                self._spare = {number: spare}  # the same copy serves the next call
            yield step, self._record(number, spare if changed and not ask.aside else None, step)
            script = choices.next()

    def _fire(self, number: int, job: Job, row: Transition) -> None:
        self.clock.now += 1
        copy = self.worlds[number].reference.fork()
        twin = copy.find(job.key.tenant, job.key.id)
        assert twin is not None  # it is a copy of a world that has the job
        copy.fire(twin, row)
        self._record(number, copy, Step(self.rules, self.worlds[number].jobs, _jobs(copy), job=job.key, row=row))

    def service_moves(self, number: int) -> tuple[tuple[str, int], ...]:
        """The moves of the service that were tried in a world, and where they led; needs `keep`."""
        if not self._served:
            for move in self._moves:
                if move.step.ask is None:
                    self._served.setdefault(move.source, []).append((move.text, move.target))
        return tuple(self._served.get(number, ()))

    def _record(self, number: int, reached: Reference | None, step: Step) -> int:
        """Note a step from a world into the one that `reached` is in (None: it stayed), check it, tell where it led."""
        target, is_new = (number, False) if reached is None else self._number(number, reached, step)
        move = Move(number, target, step, self.clock.now)
        self._tried += 1
        if self.keep:
            self._moves.append(move)
        if is_new:
            self.worlds[target].into = move
        for invariant in INVARIANTS:
            message = invariant.breach(step)
            if message is not None:
                what = step.ask.operation if step.ask is not None else ""
                path = tuple(m.text for m in (*self._path(number), move))
                self._broken.setdefault((invariant.name, what), Broken(invariant.name, message, path))
        return target

    def _number(self, source: int, reached: Reference, step: Step) -> tuple[int, bool]:
        """The number of the world that `reached` is in, and whether it is new."""
        known = self._known.get(self._print(reached))
        if known is not None:
            return known, False
        memory = self.worlds[source].memory
        if step.ask is not None:
            memory = remembered(memory, step.ask, step.made)
        return self._enter(reached, memory, step.after), True

    def _enter(self, reference: Reference, memory: Memory, jobs: Jobs) -> int:
        number = len(self.worlds)
        self._known[self._print(reference)] = number
        self.worlds.append(World(reference, jobs, memory, self.clock.now))
        return number

    def _path(self, number: int) -> tuple[Move, ...]:
        """The moves that first led to a world."""
        return path_to(self.worlds, number)


def path_to(worlds: Sequence[World], number: int) -> tuple[Move, ...]:
    """The moves that first led to a world: none are fewer."""
    back: list[Move] = []
    move = worlds[number].into
    while move is not None:
        back.append(move)
        move = worlds[move.source].into
    return tuple(reversed(back))


def _jobs(world: Reference) -> Jobs:
    return {job.key: Seen(job.state, job.data, job.parent, job.number) for job in world.jobs()}


def _rows(api: Api, readings: Mapping[str, str]) -> dict[str, tuple[Transition, ...]]:
    """The rows of every lifecycle under `readings`, which go by full names."""
    found = {}
    for lifecycle in api.lifecycles:
        names = {q.name: f"{lifecycle.name}/{q.name}" for q in lifecycle.questions}
        found[lifecycle.name] = lifecycle.rows({q: readings[full] for q, full in names.items() if full in readings})
    return found


def judged(api: Api, explored: Explored, judge: Judge) -> Iterator[Broken]:
    """What a judge of recordings finds wrong with what was explored: no recording of the reference model is.

    For every world the calls that lead to it are judged together with all that stay there, and with each call that
    leads on. Needs an exploration that kept its moves.
    """
    stays: dict[int, list[Move]] = {}
    leads: dict[int, list[Move]] = {}
    for move in explored.moves:
        if move.step.ask is not None and not move.step.ask.aside:
            (stays if move.source == move.target else leads).setdefault(move.source, []).append(move)
    for number in range(len(explored.worlds)):
        stem = path_to(explored.worlds, number)
        for moves in ([*stem, *stays.get(number, ())], *([*stem, move] for move in leads.get(number, ()))):
            message = judge([call for move in moves if (call := move.call(api.name)) is not None])
            if message is not None:
                yield Broken(RULE, message, tuple(move.text for move in moves))
                return
