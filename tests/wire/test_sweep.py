"""The journal of any run, at any pace, with any faults and readings, restarted or not, is passed by `check`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from haltspec import apis
from haltspec.lts import Grade
from haltspec.oracle import Settings as Judging
from haltspec.oracle import Verdict, judge
from haltspec.report import render
from haltspec.spec import Api
from haltspec.trace import Call, read_file
from haltspec.wire.faults import Fault
from haltspec.wire.host import Host, Settings
from haltspec.wire.journal import Journal
from haltspec.wire.pace import Pace
from haltspec_properties.session import Session
from haltspec_properties.strategies import readings
from haltspec_properties.walk import Walk

LAG_S = 10.0
"""As old as lists of DataArts may be."""

FAULTS: Mapping[str, str] = {
    "none": "",
    "throttle": "throttle:rate=0.3",
    "error, no effect": "error:rate=0.3,effect=no",
    "error, effect": "error:rate=0.3,effect=yes",
    "delay before": "delay:rate=0.3,effect=no,seconds=0.001",
    "delay after": "delay:rate=0.3,effect=yes,seconds=0.001",
    "cut before": "cut:rate=0.3,effect=no",
    "cut after": "cut:rate=0.3,effect=yes",
    "stale": f"stale:rate=0.5,seconds={LAG_S:g},api=dataarts",
    "lost race": "lost-race",
    "unlucky": "unlucky:rate=0.5",
}
LEAPS_S = (0.5, 3.0, 20.0)
RUNS = 3
"""So often a host is started in a walk."""
IS_LONG = os.environ.get("HALTSPEC_PROFILE") == "nightly"
EACH_API = pytest.mark.parametrize("name", apis.NAMES)
few = settings(
    max_examples=1000 if IS_LONG else 20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def faults(api: str, kinds: Iterable[str]) -> tuple[Fault, ...]:
    """The faults of these kinds, as far as the API may have them."""
    texts = [FAULTS[kind] for kind in kinds if FAULTS[kind]]
    return tuple(Fault.parse(text) for text in texts if "api=" not in text or f"api={api}" in text)


@st.composite
def setups(draw: st.DrawFn, name: str) -> Settings:
    """How a host is run: pace, faults, readings and seed."""
    chosen = draw(readings(apis.load(name)))
    return Settings(
        apis=(name,),
        pace=draw(st.sampled_from(Pace)),
        delay_s=(0.5, 2.0),
        seed=draw(st.integers(0, 2**16)),
        free=draw(st.booleans()),
        readings={f"{name}/{question}": reading for question, reading in chosen.items()},
        faults=faults(name, draw(st.lists(st.sampled_from(list(FAULTS)), min_size=1, max_size=3, unique=True))),
    )


def wrong(path: Path, api: Api, setup: Settings) -> str:
    """What the strictest judge says against a journal; nothing if it passes.

    That lists may lag is implied only: without being told, the strictest judge passes none that does.
    """
    is_stale = any(fault.kind == "stale" for fault in setup.faults)
    if is_stale:
        assert judge(api, read_file(path)).verdict is Verdict.PASS
    report = judge(api, read_file(path), Judging(floor=Grade.ASSUMED, window=LAG_S if is_stale else None))
    return "" if report.verdict is Verdict.PASS else "\n".join(render(report, str(path), show_calls=True))


def hosted(path: Path, clock: Callable[[], float], setup: Settings) -> tuple[Host, Api, Journal]:
    """A host that starts from a journal."""
    journal, [name] = Journal(path), setup.apis
    return Host(setup, journal=journal, clock=clock), apis.load(name), journal


def walk(path: Path, inside: Any, clock: Callable[[], float], setup: Settings, calls: int) -> None:
    """A random walk of calls and moves through a host that is started again and again; time passes by leaps."""
    rng, walk = Random(setup.seed), None
    for most in range(calls // RUNS, calls + 1, calls // RUNS):
        host, api, journal = hosted(path, clock, setup)
        reference, adapter = host.reference(api.name), inside.adapter(host, api)
        walk = walk or Walk(reference, rng, reference.service.tenants(0), adapter=adapter)
        walk.reference, walk.session.adapter = reference, adapter
        for tenant in walk.tenants:
            walk.session.prelude(tenant)
        while len(walk.calls) < most:
            walk.step()
            chance = rng.random()
            if chance < 0.1:
                host.wind_on(rng.choice(LEAPS_S))
            elif chance < 0.15:
                host.settle(api.name)
        journal.close()


class Crowd:
    """Several clients that call at once, make jobs and act on one another's.

    Args:
        inside: how they call.
        host: what they call.
        api: its API.
        rng: decides.
    """

    def __init__(self, inside: Any, host: Host, api: Api, rng: Random) -> None:
        self.inside, self.host, self.rng = inside, host, rng
        self.session = Session(api, inside.adapter(host, api))
        self.tenants = self.session.service.tenants(0)
        for tenant in self.tenants:
            self.session.prelude(tenant)

    def run(self, clients: int, calls: int) -> None:
        """Let so many clients make so many calls each."""
        self.inside.loop.run_until_complete(self._all(clients, calls))

    async def _all(self, clients: int, calls: int) -> None:
        await asyncio.gather(*(self._client(f"127.0.0.1:{number}", calls) for number in range(clients)))

    async def _client(self, name: str, calls: int) -> None:
        for _ in range(calls):
            operation, request, tenant = self.inside.some_call(self.session, self.tenants, self.rng)
            made = await self.inside.called(self.host, self.session.api, operation, request, tenant, name)
            self.session.adapter = _Made(made)  # the session learns from the call as if it had made it
            self.session.call(operation, request, tenant)
            await asyncio.sleep(0)
            if self.rng.random() < 0.05:
                self.host.wind_on(self.rng.choice(LEAPS_S))


class _Made:
    """An adapter that hands over a call that was made by other means."""

    def __init__(self, made: Call) -> None:
        self.made = made

    def call(self, operation: str, request: Mapping[str, Any], *, tenant: str, client: str) -> Call:
        return self.made


@EACH_API
@few
@given(data=st.data())
def test_a_run_with_restarts(
    tmp_path: Path, inside: Any, clock: Callable[[], float], name: str, data: st.DataObject
) -> None:
    path, setup = tmp_path / "j", data.draw(setups(name), "setup")
    path.unlink(missing_ok=True)
    walk(path, inside, clock, setup, 60)
    assert not wrong(path, apis.load(name), setup)


@EACH_API
@few
@given(data=st.data())
def test_a_run_of_many_at_once(
    tmp_path: Path, inside: Any, clock: Callable[[], float], name: str, data: st.DataObject
) -> None:
    path, setup = tmp_path / "j", data.draw(setups(name), "setup")
    path.unlink(missing_ok=True)
    host, api, journal = hosted(path, clock, setup)
    Crowd(inside, host, api, Random(setup.seed)).run(clients=5, calls=12)
    journal.close()
    assert not wrong(path, api, setup)


def test_what_was_told_is_not_overtaken_by_the_past(tmp_path: Path, inside: Any, clock: Any) -> None:
    """A read changes nothing, and yet no job moves before the time at which it was answered."""
    api, reads = apis.load("comprehend"), []
    for seed in range(40):
        setup = Settings(apis=("comprehend",), pace=Pace.TIMED, delay_s=(0.1, 2.0), seed=seed)
        host, _, journal = hosted(tmp_path / str(seed), clock, setup)
        session = Session(api, inside.adapter(host, api))
        tenant = session.service.tenants(0)[0]
        session.create(api.bound("StartEntitiesDetectionJob")[0], tenant, 1)
        due = host.reference("comprehend").next_due
        assert due is not None
        clock.now = due - 0.1
        read = session.ask(api.bound("DescribeEntitiesDetectionJob")[0], tenant, session.jobs[0].key.id)
        journal.close()
        again, _, journal = hosted(tmp_path / str(seed), clock, setup)
        planned = again.reference("comprehend").next_due
        assert planned is not None
        reads.append(planned > read.start)
        journal.close()
    assert all(reads)
