"""Tell a recording job by job: what each call did to the belief, and what became of calls without an answer."""

from __future__ import annotations

import bisect
import enum
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest

from haltspec.automaton import UNKNOWN, Observation
from haltspec.linearize import Step, steps
from haltspec.lts import Grade, Transition
from haltspec.observe import Event, History, is_uncertain, may_change
from haltspec.oracle import Footing, Report, Settings
from haltspec.spec import JobKey
from haltspec.trace import Call


class Effect(enum.Enum):
    """What later observations tell of a call without a certain answer."""

    HAPPENED = "must have happened"
    NOT = "cannot have happened"
    EITHER = "undetermined"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a call without a certain answer, as far as one job tells.

    Args:
        call: the index of the call in the trace.
        job: the job; None if the call is about none that the recording shows.
        effect: what became of it.
    """

    call: int
    job: JobKey | None
    effect: Effect


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
        decided: False if the call overlaps with too many others to be ordered.
        overlapping: others were under way, or had no answer: `after` holds what any order of them may have led to.
    """

    call: int
    seen: Observation
    before: tuple[str, ...]
    after: tuple[str, ...]
    possible: tuple[str, ...]
    effect: Effect | None
    constrained: bool
    decided: bool = True
    overlapping: bool = False


@dataclass(frozen=True, slots=True)
class JobStory:
    """A job with its observations in the order of their answers; those without a certain one stand where they began."""

    job: JobKey
    told: tuple[Told, ...]


def stories(report: Report, settings: Settings | None = None) -> Iterator[JobStory]:
    """The story of every job of a report, judged under `settings`."""
    settings = settings or Settings()
    footing = Footing(report.projection, settings)
    for history in report.projection.histories:
        search = _Search(report, history, settings, footing)
        told = [(search.events[step.position].end, _tell(search, step)) for step in search.usual]
        for position, effect in search.effects().items():
            event = search.events[position]
            told.append((event.start, Told(event.call, event.seen, (), (), (), effect, False)))
        told.sort(key=lambda pair: pair[0])
        yield JobStory(history.key, tuple(one for _, one in told))


def _amid_others(events: Sequence[Event], calls: Sequence[Call]) -> Iterator[bool]:
    """For each of a job's events if another was under way in the meantime, or has no certain answer to this day."""
    latest = -math.inf
    for event, following in zip_longest(events, events[1:]):
        end = event.end if _is_unsure(event) else min(event.end, calls[event.call].end or math.inf)
        yield latest > event.start or (following is not None and following.start < end)
        latest = max(latest, end)


def _tell(search: _Search, step: Step) -> Told:
    automaton, event = search.automaton, search.events[step.position]
    possible: dict[Transition, list[str]] = {}
    if not step.after:
        for state, row in automaton.possible(step.before, event.seen.operation, event.seen.cls):
            possible.setdefault(row, []).append(state)
    return Told(
        call=event.call,
        seen=event.seen,
        before=automaton.names(automaton.close(step.before)),
        after=automaton.names(step.after | step.later),
        possible=tuple(
            f"{row.label} in {' or '.join(states)}: {row.name} [{row.grade}: {row.source}]"
            for row, states in possible.items()
        ),
        effect=None,
        constrained=step.constrained,
        decided=step.decided,
        overlapping=search.amid_others[step.position],
    )


def outcomes(report: Report, settings: Settings | None = None) -> tuple[Outcome, ...]:
    """What became of every call without a certain answer, job by job, in order of the trace."""
    settings = settings or Settings()
    footing = Footing(report.projection, settings)
    calls, api = report.projection.calls, report.projection.api
    unsure = {index for index, call in enumerate(calls) if is_uncertain(api, call) and may_change(api, call)}
    found: list[Outcome] = []
    for history in report.projection.histories if unsure else ():
        if any(_is_unsure(event) for event in history.events):
            search = _Search(report, history, settings, footing)
            told = search.effects().items()
            found += [Outcome(search.events[place].call, history.key, effect) for place, effect in told]
    told_of = {outcome.call for outcome in found}
    found += [Outcome(index, None, Effect.EITHER) for index in unsure - told_of]
    return tuple(sorted(found, key=lambda outcome: (outcome.call, outcome.job or ())))


def settled(outcomes: Sequence[Outcome]) -> dict[int, Effect]:
    """What became of each call, all its jobs taken together: it happened if it did to one of them."""
    effects: dict[int, set[Effect]] = {}
    for outcome in outcomes:
        effects.setdefault(outcome.call, set()).add(outcome.effect)
    return {
        call: Effect.HAPPENED if Effect.HAPPENED in found else found.pop() if len(found) == 1 else Effect.EITHER
        for call, found in effects.items()
    }


def _is_unsure(event: Event) -> bool:
    return event.seen.what == UNKNOWN and not event.reads


class _Search:
    """The search for an order of one job's calls, as it was judged."""

    def __init__(self, report: Report, history: History, settings: Settings, footing: Footing) -> None:
        calls = report.projection.calls
        self.automaton, initial = footing.of(history, Grade.ASSUMED)
        self.events = history.events
        clients = [calls[event.call].client for event in history.events]
        self._run = partial(
            steps,
            self.automaton,
            self.events,
            initial=initial,
            window=settings.window or 0.0,
            clients=clients,
            budget=settings.budget,
        )
        self.usual = list(self._run())
        self.amid_others = tuple(_amid_others(self.events, calls))

    def effects(self) -> dict[int, Effect]:
        """What became of each call without a certain answer, by position."""
        return effects(self.events, self._run, self.usual)


def effects(events: Sequence[Event], run: Callable[..., Iterable[Step]], usual: Sequence[Step]) -> dict[int, Effect]:
    """What became of each call without a certain answer, by position.

    A call must have happened if leaving it out makes more impossible, and cannot have if taking it to have happened
    does. Of calls that say the same and may take effect as late, one that began earlier can stand in for one that began
    later: so the earlier must have happened if the later must, and can have if the later can. A few of many are tried.

    Args:
        events: a job's events.
        run: `steps` of them, with `force` or `leave_out`.
        usual: the steps without either.
    """
    impossible = {step.position for step in usual if not step.after}

    def makes_worse(**how: int) -> bool:
        return any(not step.after and step.position not in impossible for step in run(**how))

    alike: dict[tuple[Observation, float], list[int]] = {}
    for position, event in enumerate(events):
        if _is_unsure(event):
            alike.setdefault((event.seen, event.end), []).append(position)
    found: dict[int, Effect] = {}
    for positions in alike.values():
        needed = bisect.bisect_left(positions, True, key=lambda p: not makes_worse(leave_out=p))
        possible = bisect.bisect_left(positions, True, lo=needed, key=lambda p: makes_worse(force=p))
        found |= dict.fromkeys(positions[:needed], Effect.HAPPENED)
        found |= dict.fromkeys(positions[needed:possible], Effect.EITHER)
        found |= dict.fromkeys(positions[possible:], Effect.NOT)
    return found
