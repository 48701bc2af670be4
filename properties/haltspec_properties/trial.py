"""What becomes of a mistake in what a service shows or does: the service makes it in play after play, until it is told.

A mistake is *killed* if a recording of a play in which it was made is ruled out by the oracle, by a data rule or by a
named property. Where it changes some recording and nothing is told, the data rules are asked alone: if one of them is
broken, or if the mistake is one whatever it changes, it *survived* and is a gap in the checker. So did one that changes
no recording: there no play goes. What is left is no mistake by any rule: the documents leave it to the service.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Final

from haltspec import shapes
from haltspec.lts import Lifecycle
from haltspec.observe import Projection, project, succeeded
from haltspec.ruling import broken
from haltspec.spec import Api, Path
from haltspec.trace import Call
from haltspec_properties.adapters import ReferenceAdapter
from haltspec_properties.fates import Fate, Jury, Outcome, Way
from haltspec_properties.footprint import Footprint, footprints
from haltspec_properties.mistakes import OPERATORS, Mistake, Mistaken, changed, differs_in_successes, mistakes
from haltspec_properties.plays import Play, plays
from haltspec_properties.property import Property

_TELLING: Final = 5
"""In so many plays a mistake is told, unless more are asked for, or it breaks other rules in other plays."""
_IN_ORDER: Final = 2
"""So many of them are the first that tell it; the others are drawn, so that no play is always too late."""
_SAMPLES: Final[tuple[Any, ...]] = ("haltspec", 1, True, [], {})
"""What is tried for a member that no job shows, until one fits its shape."""


@dataclass(frozen=True, slots=True)
class _Base:
    """A play with what is recorded when it is played rightly."""

    play: Play
    calls: list[Call]


@dataclass(slots=True)
class Trial:
    """Tries the mistakes of one API.

    Args:
        api: the API.
        seed: decides walks.
        judges: the named properties that look at recordings; those of the API if left out.
    """

    api: Api
    seed: int = 0
    judges: tuple[Property, ...] | None = None
    jury: Jury = field(init=False)
    _bases: list[_Base] = field(init=False)
    _footprints: dict[str, Footprint] = field(init=False)
    _mistakes: dict[str, list[Mistake]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.jury = Jury(self.api, self.judges)
        self._bases = [_Base(play, play.run(ReferenceAdapter)) for play in plays(self.api, seed=self.seed)]
        self._footprints = footprints(self.api, (project(self.api, base.calls) for base in self._bases))

    def mistakes(self, lifecycle: Lifecycle) -> list[Mistake]:
        """Every mistake of each kind about one lifecycle: in what it shows in some play, or rules look at there.

        Mistakes in a member are those that change what some play shows: a time that never changes cannot stand still.
        """
        if lifecycle.name not in self._mistakes:
            self._mistakes[lifecycle.name] = list(self._made(lifecycle))
        return self._mistakes[lifecycle.name]

    def _made(self, lifecycle: Lifecycle) -> Iterator[Mistake]:
        found = self._footprints[lifecycle.name]
        never_shown = {place: self._sample(lifecycle, place) for place in found.looked_at - found.shown.keys()}
        for mistake in mistakes(self.api, lifecycle, found, never_shown):
            if not mistake.is_of_member or any(self._changes(mistake, base.calls) for base in self._bases):
                yield mistake

    def hunt(self, mistake: Mistake, *, telling: int = _TELLING) -> Outcome | None:
        """What becomes of a mistake; None if it is none, since the documents leave what it changes to the service.

        Args:
            mistake: the mistake.
            telling: in so many plays it is told at most: the shortest is what killed it, all say which data rules it
                breaks.
        """
        found: list[Outcome] = []
        has_changed, is_wrong = False, False
        operator = OPERATORS[mistake.operator]
        for base in self._in_order(mistake, found):
            if mistake.is_of_member and not self._changes(mistake, base.calls):
                continue
            calls = base.play.run(lambda reference: Mistaken(reference, mistake))
            if calls == base.calls:
                continue
            has_changed = True
            report = self.jury.report(calls)
            word = self.jury.word(report)
            if word is not None:
                found.append(word.of(mistake, Way.WALK if base.play.is_random else Way.STORY))
                if len(found) == telling and not operator.is_varied:
                    break
            elif not found:
                is_sure = operator.is_sure and differs_in_successes(calls, base.calls)
                is_wrong = is_wrong or is_sure or self._is_wrong(report.projection)
        if found:
            shortest = min(found, key=lambda outcome: outcome.calls)
            return replace(shortest, broken=tuple(sorted({rule for outcome in found for rule in outcome.broken})))
        if not has_changed:
            return Outcome(mistake, Fate.SURVIVED, f"it changes no recording of {len(self._bases)} plays", 0)
        if is_wrong:
            return Outcome(mistake, Fate.SURVIVED, "it is made in a play, and nobody objects", 0)
        return None

    def _in_order(self, mistake: Mistake, found: Sequence[Outcome]) -> Iterator[_Base]:
        """The plays: in their order until enough are `found` that tell the mistake, then the others as drawn."""
        for place, base in enumerate(self._bases):
            if len(found) == _IN_ORDER:
                rest = self._bases[place:]
                Random(f"{self.seed}/{mistake.name}").shuffle(rest)
                yield from rest
                return
            yield base

    def _changes(self, mistake: Mistake, calls: Sequence[Call]) -> bool:
        """True if a mistake in a member changes one of the answers of a right service."""
        return next(changed(self.api, mistake, calls), None) is not None

    def _is_wrong(self, projection: Projection) -> bool:
        """True if the data rules, or the shapes of requests and replies, say so when they are asked alone."""
        own = shapes.load(self.api)
        good = [succeeded(call) for call in projection.calls]
        return (
            any(True for _ in broken(projection))
            or any(is_good and faults for is_good, faults in zip(good, projection.faults, strict=True))
            or any(
                own.reply_faults(c.operation, c.reply)
                for c, is_good in zip(projection.calls, good, strict=True)
                if is_good
            )
        )

    def _sample(self, lifecycle: Lifecycle, place: Path) -> Any:
        """A value for a member that no job shows, of the type it should have."""
        own, calls = shapes.load(self.api), [call for base in self._bases for call in base.calls]
        for value in _SAMPLES:
            mistake = Mistake(lifecycle.name, "", "shown unasked", place, value)
            call = next(changed(self.api, mistake, calls), None)
            if call is None or not own.reply_faults(call.operation, call.reply):
                return value
        return _SAMPLES[0]
