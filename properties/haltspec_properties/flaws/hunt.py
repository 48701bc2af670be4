"""Does a conformance run find each flaw? Black box, over HTTP, with the budget that a user has by default.

Before the flaws of an API the same run meets the service without one: it must find nothing, and the calls that it
makes are the budget of the unsteered search.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from random import Random

from haltspec.apis import load
from haltspec.wire.server import Background
from haltspec_properties.conform import Options, Watched, watch
from haltspec_properties.flaws import flaws
from haltspec_properties.flaws.plain import watch_plainly
from haltspec_properties.flaws.service import Flaw, Flawed
from haltspec_properties.targets import endpoint_target


@dataclass(frozen=True, slots=True)
class Found:
    """What became of a flaw.

    Args:
        api: the API's name.
        flaw: the flaw's name; empty for the service without one.
        rule: the first rule that was broken; empty if the run passed.
        message: how it was broken.
        calls: after how many calls it was found, or how many were made.
        seconds: the same in seconds.
    """

    api: str
    flaw: str
    rule: str
    message: str
    calls: int
    seconds: float

    @property
    def is_found(self) -> bool:
        """True if the run did not pass."""
        return bool(self.rule)


@dataclass(frozen=True, slots=True)
class Hunted:
    """The hunt in one API: the service without a flaw, each flaw, and each without steering if that was asked for."""

    api: str
    sound: Found
    steered: tuple[Found, ...]
    plain: tuple[Found, ...] = ()

    @property
    def missed(self) -> tuple[Found, ...]:
        """The flaws that were not found."""
        return tuple(found for found in self.steered if not found.is_found)


def find(api_name: str, flaw: Flaw | None, options: Options | None = None, *, plain: int | None = None) -> Found:
    """Run against a service with a flaw until the first deviation, or to the end of the budget.

    Args:
        api_name: the API.
        flaw: what is wrong with the service; None: nothing.
        options: the budget, and the seed.
        plain: search without steering, with so many calls.
    """
    api, options = load(api_name), options or Options()
    begun = time.monotonic()
    with Background(Flawed(api_name, flaw, seed=options.seed)) as service:
        target = endpoint_target(api, service.url)
        seen: Watched = (
            watch(api, target, options)
            if plain is None
            else watch_plainly(api, target, plain, options.patience, number=options.seed)
        )
    violation = seen.violation
    name = flaw.name if flaw is not None else ""
    rule, message = (violation.rule, violation.message) if violation is not None else ("", "")
    return Found(api_name, name, rule, message, seen.calls, time.monotonic() - begun)


def drawn(api_name: str, count: int | None, seed: int) -> tuple[str, ...]:
    """The names of so many flaws of an API, drawn by the seed, in their order; of all if None."""
    names = [flaw.name for flaw in flaws(api_name)]
    if count is None or count >= len(names):
        return tuple(names)
    return tuple(names[place] for place in sorted(Random(f"{api_name}/{seed}").sample(range(len(names)), count)))


def hunt(
    api_name: str,
    names: Sequence[str],
    *,
    seed: int = 0,
    workers: int | None = None,
    plain: bool = False,
    tell: Callable[[Found], None] = lambda _found: None,
) -> Hunted:
    """What becomes of the named flaws of an API. Several are hunted at a time, each in a process of its own.

    Args:
        api_name: the API.
        names: the flaws.
        seed: decides walks, ids and delays.
        workers: how many at a time; None: one for each core.
        plain: hunt them also without steering.
        tell: is told what became of each as soon as it is known.
    """
    options = Options(seed=seed)

    def told(running: Sequence[Future[Found]]) -> tuple[Found, ...]:
        for future in running:
            tell(future.result())
        return tuple(future.result() for future in running)

    with ProcessPoolExecutor(workers or os.cpu_count() or 1, mp_context=get_context("spawn")) as pool:
        (sound,) = told([pool.submit(find, api_name, None, options)])
        steered = told([pool.submit(_find, api_name, name, options) for name in names])
        unsteered = told([pool.submit(_find, api_name, name, options, sound.calls) for name in names if plain])
    return Hunted(api_name, sound, steered, unsteered)


def _find(api_name: str, name: str, options: Options, plain: int | None = None) -> Found:
    flaw = next(flaw for flaw in flaws(api_name) if flaw.name == name)
    return find(api_name, flaw, options, plain=plain)
