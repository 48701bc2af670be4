"""Does a conformance run find each flaw? Black box, over HTTP, with the budget that a user has by default."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from haltspec.apis import load
from haltspec.wire.server import Background
from haltspec_properties.conform import Options, Watched, watch
from haltspec_properties.flaws import flaws
from haltspec_properties.flaws.service import Flaw, Flawed
from haltspec_properties.targets import endpoint_target


@dataclass(frozen=True, slots=True)
class Found:
    """What became of a flaw.

    Args:
        api: the API's name.
        flaw: the flaw's name.
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


def find(api_name: str, flaw: Flaw | None, options: Options | None = None, *, seed: int = 0) -> Found:
    """Run against a service with a flaw until the first deviation, or to the end of the budget."""
    api = load(api_name)
    begun = time.monotonic()
    with Background(Flawed(api_name, flaw, seed=seed)) as service:
        seen: Watched = watch(api, endpoint_target(api, service.url), options or Options())
    violation = seen.violation
    name = flaw.name if flaw is not None else ""
    rule, message = (violation.rule, violation.message) if violation is not None else ("", "")
    return Found(api_name, name, rule, message, seen.calls, time.monotonic() - begun)


def hunt(api_name: str, names: Sequence[str], *, seed: int = 0, workers: int | None = None) -> Iterator[Found]:
    """What becomes of the named flaws of an API, in their order; several at a time, each in a process of its own."""
    count = workers or os.cpu_count() or 1
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_find, [api_name] * len(names), names, [seed] * len(names))


def _find(api_name: str, name: str, seed: int) -> Found:
    flaw = next(flaw for flaw in flaws(api_name) if flaw.name == name)
    return find(api_name, flaw, seed=seed)
