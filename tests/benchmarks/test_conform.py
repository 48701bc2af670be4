"""What a conformance run costs: calls per second, and the share of the time that is haltspec's own.

`pytest -m benchmark tests/benchmarks/test_conform.py -s` prints the figures.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from haltspec.apis import NAMES, load
from haltspec.trace import Call
from haltspec_properties.adapters import Adapter
from haltspec_properties.clients import ReferenceService
from haltspec_properties.conform import Options, Run, Target, conform
from haltspec_properties.session import Session
from haltspec_properties.targets import endpoint_target, reference_target

pytestmark = pytest.mark.benchmark

MOST_OF_OUR_OWN = 0.3
EXAMPLES = 40
EACH_API = pytest.mark.parametrize("name", NAMES)


@dataclass
class Timed:
    """An adapter that adds up how long its calls take; they are made one after the other."""

    inner: Adapter
    seconds: float = 0.0

    def call(self, operation: str, request: Mapping[str, Any], *, tenant: str, client: str) -> Call:
        """Make one call."""
        begun = time.perf_counter()
        try:
            return self.inner.call(operation, request, tenant=tenant, client=client)
        finally:
            self.seconds += time.perf_counter() - begun


def run(name: str, target: Target, examples: int = EXAMPLES) -> tuple[Run, float, float]:
    """A run, its seconds without those in which jobs were waited for, and how many of these were spent in calls."""
    timed, waited = Timed(target.adapter), 0.0

    def wait(seconds: float) -> None:
        nonlocal waited
        begun = time.perf_counter()
        target.wait(seconds)
        waited += time.perf_counter() - begun

    begun = time.perf_counter()
    done = conform(load(name), replace(target, adapter=timed, wait=wait), Options(examples=examples))
    assert done.findings == ()
    return done, time.perf_counter() - begun - waited, timed.seconds


@EACH_API
def test_in_process(name: str) -> None:
    done, seconds, _ = run(name, reference_target(load(name)))
    print(f"\n{name}, in process: {done.requests} calls, {done.requests / seconds:,.0f}/s, judged")


def share_of_our_own(name: str, examples: int = EXAMPLES) -> float:
    """The share of the time of a run on loopback that was not spent in calls."""
    with ReferenceService(name, pace="timed", delay_s=(0.05, 0.3)) as service:
        done, seconds, called = run(name, endpoint_target(load(name), service.url), examples)
    own = 1 - called / seconds
    print(
        f"\n{name}, on loopback: {done.requests} calls, {done.requests / seconds:,.0f}/s, {own:.0%} of the time is our own"
    )
    return own


@EACH_API
def test_on_the_wire(name: str) -> None:
    """At most three tenths of the time are haltspec's own, though the service answers in a tenth of a millisecond."""
    assert share_of_our_own(name) <= MOST_OF_OUR_OWN


def test_a_session_that_dawdles_breaks_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is none that everything keeps: as much work after each call as the call took is too much."""
    learn = Session._learn

    def dawdling(session: Session, call: Call) -> None:
        learn(session, call)
        end = time.perf_counter() + (call.end or call.start) - call.start
        while time.perf_counter() < end:
            pass

    monkeypatch.setattr(Session, "_learn", dawdling)
    assert share_of_our_own("translate", examples=0) > MOST_OF_OUR_OWN
