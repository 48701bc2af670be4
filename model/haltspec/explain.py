"""Tell a recording job by job: what each call did to the belief, and what became of calls without an answer."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator
from dataclasses import dataclass

from haltspec.automaton import UNKNOWN, Automaton, Observation
from haltspec.linearize import Step, steps
from haltspec.lts import Grade
from haltspec.observe import History
from haltspec.oracle import Footing, Report, Settings
from haltspec.spec import JobKey


class Effect(enum.Enum):
    """What later observations tell of a call without a certain answer."""

    HAPPENED = "must have happened"
    NOT = "cannot have happened"
    EITHER = "undetermined"


@dataclass(frozen=True, slots=True)
class Told:
    """One observation of a job, told.

    Args:
        call: the index of the call in the trace.
        seen: what was seen.
        before, after: the states the job may have been in, unseen moves made; `after` is empty if it is impossible.
        possible: for an impossible observation, what could have been answered.
        effect: for a call without a certain answer, what became of it.
        constrained: another answer could have been impossible.
    """

    call: int
    seen: Observation
    before: tuple[str, ...]
    after: tuple[str, ...]
    possible: tuple[str, ...]
    effect: Effect | None
    constrained: bool


@dataclass(frozen=True, slots=True)
class JobStory:
    """A job with its observations, in the order in which they can have taken effect."""

    job: JobKey
    told: tuple[Told, ...]


def stories(report: Report, settings: Settings | None = None) -> Iterator[JobStory]:
    """The story of every job of a report, judged under `settings`."""
    settings = settings or Settings()
    footing = Footing(report.projection, settings)
    for history in report.projection.histories:
        yield _story(report, history, settings, footing)


def _story(report: Report, history: History, settings: Settings, footing: Footing) -> JobStory:
    calls = report.projection.calls
    automaton, initial = footing.of(history, Grade.ASSUMED)
    search = _Search(automaton, history, settings, [calls[e.call].client for e in history.events], initial)
    done = search.run()
    told: list[tuple[float, Told]] = []
    for step in done:
        event = history.events[step.position]
        told.append((event.start, _tell(automaton, event.call, event.seen, step)))
    effects: dict[tuple[Observation, float, float], Effect] = {}
    for position, event in enumerate(history.events):
        if event.seen.what == UNKNOWN and not event.reads:
            key = (event.seen, event.end, event.start if math.isfinite(event.end) else 0.0)
            if key not in effects:
                effects[key] = search.effect(position, done)
            told.append((event.start, Told(event.call, event.seen, (), (), (), effects[key], False)))
    told.sort(key=lambda pair: pair[0])
    return JobStory(history.key, tuple(one for _, one in told))


def _tell(automaton: Automaton, call: int, seen: Observation, step: Step) -> Told:
    possible = tuple(
        dict.fromkeys(
            f"{row.label} in {state}: {row.name} [{row.grade}: {row.source}]"
            for state, row in automaton.possible(step.before, seen.operation, seen.cls)
        )
    )
    before = automaton.names(automaton.close(step.before))
    return Told(call, seen, before, automaton.names(step.after), () if step.after else possible, None, step.constrained)


class _Search:
    """The same search with one call forced to have happened, or left out."""

    def __init__(
        self, automaton: Automaton, history: History, settings: Settings, clients: list[str], initial: int
    ) -> None:
        self.automaton = automaton
        self.history = history
        self.settings = settings
        self.clients = clients
        self.initial = initial

    def run(self, *, force: int | None = None, leave_out: int | None = None) -> list[Step]:
        return list(
            steps(
                self.automaton,
                self.history.events,
                initial=self.initial,
                window=self.settings.window,
                clients=self.clients,
                force=force,
                leave_out=leave_out,
            )
        )

    def effect(self, position: int, done: list[Step]) -> Effect:
        """What became of the call at `position`, by trying both ways: which of them makes more impossible?"""
        usual = _impossible(done)
        if _impossible(self.run(leave_out=position)) - usual:
            return Effect.HAPPENED
        return Effect.NOT if _impossible(self.run(force=position)) - usual else Effect.EITHER


def _impossible(done: list[Step]) -> set[int]:
    return {step.position for step in done if not step.after}
