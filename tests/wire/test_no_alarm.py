"""Nothing that the documents allow is an alarm: conformance runs against right services of every sort find nothing.

The services are hosts in this process, on a clock that waiting winds on: with any readings, seeds and faults, fast and
slow. `HALTSPEC_PROFILE=nightly pytest -m slow tests/wire/test_no_alarm.py -s` makes 10,000,000 calls and prints how
many were made; `-k API` makes an API's share of them.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest

from haltspec import apis, services
from haltspec.lts import Grade
from haltspec.spec import Api
from haltspec.trace import Call
from haltspec.wire.dialect import Asked
from haltspec.wire.faults import Fault
from haltspec.wire.host import Host, Settings
from haltspec.wire.pace import Pace
from haltspec_properties.adapters import Adapter
from haltspec_properties.conform import Options, Run, Target, conform

FEW, SOME = 3_000, 40_000
MANY = 10_000_000 // len(apis.NAMES)
EACH_API = pytest.mark.parametrize("name", apis.NAMES)

FAULTS = (
    "throttle:rate=0.2",
    "error:rate=0.2,effect=no",
    "error:rate=0.2,effect=yes",
    "cut:rate=0.2,effect=no",
    "cut:rate=0.2,effect=yes",
    "stale:rate=0.5,seconds=8,api=dataarts",
    "lost-race",
    "unlucky:rate=0.5",
)
DELAYS_S = ((0.01, 0.02), (0.05, 0.3), (0.2, 0.4))
PATIENCE_S = 10.0


@dataclass(frozen=True)
class Direct:
    """An adapter to a host in this process; what is asked never stands on a wire, whose words others check."""

    host: Host
    api: Api
    inside: Any
    skew_s: float

    def call(self, operation: str, request: Mapping[str, Any], *, tenant: str, client: str) -> Call:
        """Make one call; the client's clock is wrong by `skew_s`."""
        asked = Asked(self.api.name, operation, request, tenant)
        start = self.host.now() + self.skew_s
        answer = self.inside.loop.run_until_complete(self.host.call(asked, client))
        end = self.host.now() + self.skew_s
        if answer is None:
            return Call(self.api.name, operation, tenant, client, start, None, request, None, alone=True)
        reply = answer.reply
        return Call(
            self.api.name, operation, tenant, client, start, end, request, answer.status, answer.error, reply, True
        )


def setup(name: str, rng: Random) -> Settings:
    """A right service of some sort."""
    known = services.load(name).unmodelled
    questions = [q for q in apis.load(name).all_questions().items() if q[0] not in known]
    chosen = rng.sample(questions, rng.randrange(len(questions)) if rng.random() < 0.8 else 0)
    faults = rng.sample(FAULTS, rng.choice((0, 0, 1, 1, 2)))
    return Settings(
        apis=(name,),
        pace=rng.choice((Pace.TIMED, Pace.TIMED, Pace.INSTANT)),
        delay_s=rng.choice(DELAYS_S),
        seed=rng.randrange(2**32),
        free=rng.random() < 0.5,
        readings={f"{name}/{question}": rng.choice(asked.readings).name for question, asked in sorted(chosen)},
        faults=tuple(Fault.parse(text) for text in faults if "api=" not in text or f"api={name}" in text),
    )


def run(name: str, inside: Any, clock: Callable[[], float], rng: Random, between: Callable[[Adapter], Adapter]) -> Run:
    """A conformance run against a service of some sort; `between` may change what it answers."""
    api, made = apis.load(name), setup(name, rng)
    host = Host(made, clock=clock)
    skew_s = rng.choice((0.0, 0.0, -7200.0, 90.0))
    target = Target(str(made), between(Direct(host, api, inside, skew_s)), services.load(name).tenants, host.wind_on)
    options = Options(examples=60, patience=PATIENCE_S, seed=rng.randrange(2**32), floor=Grade.IMPLIED)
    return conform(api, target, options)


def alarms(name: str, inside: Any, clocks: Callable[[], Callable[[], float]], at_least: int, seed: int) -> None:
    """Fail at the first alarm in so many calls to services of all sorts, or where one is called untested."""
    began, calls, number = time.monotonic(), 0, 0
    while calls < at_least:
        done = run(name, inside, clocks(), Random(f"{seed}/{number}"), lambda adapter: adapter)
        assert done.findings == (), (number, done.target, done.findings[0])
        assert done.untested == (), (number, done.target)
        calls, number = calls + done.requests, number + 1
    print(f"\n{name}: {calls} calls to {number} services, no alarm, {time.monotonic() - began:.0f} s")


@EACH_API
def test_nothing_is_found(name: str, inside: Any, clocks: Any) -> None:
    alarms(name, inside, clocks, FEW, 0)


@pytest.mark.slow
@EACH_API
def test_nothing_is_found_in_many_calls(name: str, inside: Any, clocks: Any) -> None:
    """10,000,000 calls in all with `HALTSPEC_PROFILE=nightly`."""
    alarms(name, inside, clocks, MANY if os.environ.get("HALTSPEC_PROFILE") == "nightly" else SOME, 1)


@dataclass(frozen=True)
class Odd:
    """A service that answers each hundredth call with a status of its own."""

    inner: Adapter
    numbers: Iterator[int]

    def call(self, operation: str, request: Mapping[str, Any], *, tenant: str, client: str) -> Call:
        """Make one call."""
        made = self.inner.call(operation, request, tenant=tenant, client=client)
        return made if next(self.numbers) % 100 else replace(made, status=299)


@EACH_API
def test_what_is_wrong_is_found(name: str, inside: Any, clocks: Any) -> None:
    """The same runs find something where one answer in a hundred is wrong."""
    done = run(name, inside, clocks(), Random("0/0"), lambda adapter: Odd(adapter, itertools.count(1)))
    assert done.findings != ()
