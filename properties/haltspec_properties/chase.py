"""Hunt mutants of both sorts in several processes: what is found does not depend on how many there are.

The mutants of a lifecycle are cut into parts, always the same ones; a part is hunted by one process, and all mutants of
a row are in one part, since what told one is tried first with the others.
"""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from random import Random
from typing import Final, TypeVar

from haltspec.apis import load
from haltspec_properties.fates import Outcome
from haltspec_properties.hunt import Hunter
from haltspec_properties.mistakes import Mistake
from haltspec_properties.mutants import Mutant, mutants
from haltspec_properties.trial import Trial

_T = TypeVar("_T")
_PARTS: Final = 12
"""Into so many parts the mutants of each sort of a lifecycle are cut, however many processes there are."""


class Sort(enum.Enum):
    """What mutants are mistakes in."""

    ROWS = "rows"
    """A row of the lifecycle."""
    DATA = "data"
    """What a service shows or does, whatever the rows say."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the mutants of a lifecycle.

    Args:
        api, lifecycle: the names.
        sort: which sort of mutants.
        number: which of the parts, from 0.
        sample: so many mutants of the sort are drawn from all; None: all are taken.
        seed: draws samples, and decides walks.
    """

    api: str
    lifecycle: str
    sort: Sort
    number: int
    sample: int | None
    seed: int

    @property
    def name(self) -> str:
        """What it is, for people."""
        return f"{self.api}/{self.lifecycle} {self.sort.value} {self.number + 1} of {_PARTS}"


@dataclass(frozen=True, slots=True)
class Catch:
    """What became of the mutants of one sort of one lifecycle.

    Args:
        api, lifecycle: the names.
        sort: which sort.
        outcomes: what became of each, in their order.
        allowed: changes in what a service shows or does that are no mistakes by any rule.
        seconds: how long it took, all processes together.
    """

    api: str
    lifecycle: str
    sort: Sort
    outcomes: tuple[Outcome, ...]
    allowed: tuple[str, ...]
    seconds: float


_Caught = tuple[list[tuple[int, Outcome | str]], float]
"""For each mutant its place and what became of it, or its name if it is none; and how many seconds that took."""


def chase(
    apis: Sequence[str],
    *,
    sample: int | None = None,
    seed: int = 0,
    workers: int = 1,
    tell: Callable[[str], None] = lambda told: None,
) -> Iterator[Catch]:
    """What becomes of the mutants of some APIs, one lifecycle and sort after the other.

    Args:
        apis: the names of the APIs.
        sample: hunt so many mutants of each lifecycle and sort; None: all.
        seed: draws samples, and decides walks.
        workers: how many processes hunt; with 1 it is this one.
        tell: is told how far it is.
    """
    whole = [(api, lc.name, sort) for api in apis for lc in load(api).lifecycles for sort in Sort]
    parts = [Part(*place, number, sample, seed) for place in whole for number in range(_PARTS)]
    caught: dict[Part, _Caught] = {}
    for number, (part, found) in enumerate(_hunted(parts, workers), start=1):
        tell(f"{part.name} ({number} of {len(parts)} parts)")
        caught[part] = found
    tell("")
    for place in whole:
        own = [caught[part] for part in parts if (part.api, part.lifecycle, part.sort) == place]
        found_in_order = [fate for _, fate in sorted((pair for pairs, _ in own for pair in pairs), key=lambda p: p[0])]
        outcomes = tuple(fate for fate in found_in_order if isinstance(fate, Outcome))
        allowed = tuple(fate for fate in found_in_order if isinstance(fate, str))
        yield Catch(*place, outcomes, allowed, sum(seconds for _, seconds in own))


def _hunted(parts: Sequence[Part], workers: int) -> Iterator[tuple[Part, _Caught]]:
    """The parts as they are done."""
    if workers == 1:
        yield from ((part, hunt(part)) for part in parts)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        running: dict[Future[_Caught], Part] = {pool.submit(hunt, part): part for part in parts}
        try:
            yield from ((running[future], future.result()) for future in as_completed(running))
        finally:
            pool.shutdown(cancel_futures=True)


def hunt(part: Part) -> _Caught:
    """Hunt the mutants of a part."""
    begun = time.process_time()
    found: list[tuple[int, Outcome | str]] = []
    if part.sort is Sort.ROWS:
        hunter = Hunter(load(part.api))
        found += ((place, hunter.hunt(mutant)) for place, mutant in _own_rows(part))
    else:
        trial = _trial(part.api, part.seed)
        found += ((place, trial.hunt(mistake) or mistake.name) for place, mistake in _own_data(part))
    return found, time.process_time() - begun


def _own_rows(part: Part) -> list[tuple[int, Mutant]]:
    """The mutants of a part, with their places among all: those of every so many rows."""
    api = load(part.api)
    made = _drawn(part, list(mutants(api, api.lifecycle(part.lifecycle))))
    rows = {row: number for number, row in enumerate(dict.fromkeys(mutant.row for mutant in made))}
    return [(place, mutant) for place, mutant in enumerate(made) if rows[mutant.row] % _PARTS == part.number]


def _own_data(part: Part) -> list[tuple[int, Mistake]]:
    """The mistakes of a part, with their places among all: every so many."""
    lifecycle = load(part.api).lifecycle(part.lifecycle)
    made = _drawn(part, _trial(part.api, part.seed).mistakes(lifecycle))
    return list(enumerate(made))[part.number :: _PARTS]


def _drawn(part: Part, made: list[_T]) -> list[_T]:
    if part.sample is None or part.sample >= len(made):
        return made
    return Random(f"{part.seed}/{part.api}/{part.lifecycle}/{part.sort.value}").sample(made, part.sample)


@cache
def _trial(api: str, seed: int) -> Trial:
    """The trial of an API, with its plays."""
    return Trial(load(api), seed=seed)
