"""The oracle against a bare machine: both walk the same trace in the same run."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable
from random import Random

import numpy as np
import pytest

from haltspec.apis import load
from haltspec.automaton import OK, UNKNOWN, Automaton, Monitor, Observation
from haltspec.linearize import steps
from haltspec.lts import ABSENT, PLAIN, Internal
from haltspec.machine import machine_for
from haltspec.observe import Event
from haltspec.services.base import Job
from haltspec.spec import JobKey

pytestmark = pytest.mark.benchmark
LIFECYCLE = load("comprehend").lifecycle("job")


def best(run: Callable[[], object], rounds: int = 5) -> float:
    """The shortest of some rounds, in seconds."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        run()
        times.append(time.perf_counter() - begun)
    return min(times)


def walk(automaton: Automaton, length: int) -> list[Observation]:
    """A trace of one job after another that the automaton allows."""
    rng = Random(1)
    letters = [o for o in automaton.alphabet() if o.what == OK and o.shows]
    belief, trace = automaton.initial, []
    for _ in range(length):
        seen = rng.choice([o for o in letters if automaton.after(belief, o)])
        trace.append(seen)
        belief = automaton.after(belief, seen)
    return trace


def bare_machine_rate() -> float:
    """Events a second of a bare `transitions` machine: a job is started, picked up, stopped and halted."""
    machine = machine_for(LIFECYCLE, LIFECYCLE.rows())
    names = ("started", "picked up", "stop asked", "stop took effect")
    rows = [next(row for row in LIFECYCLE.rows() if row.name == name) for name in names]
    assert isinstance(rows[1].label, Internal)

    def run() -> None:
        for number in range(500):
            job = Job(JobKey("t", "job", "entities", str(number)))
            for row in rows:
                machine.fire(job, row)

    return 500 * len(rows) / best(run)


def test_steps_against_a_bare_machine(capsys: pytest.CaptureFixture[str]) -> None:
    """Beliefs are stepped at least four times as fast as a bare machine is triggered; the monitor far faster."""
    automaton = Automaton(LIFECYCLE)
    trace = walk(automaton, 20_000)
    machine = bare_machine_rate()

    def beliefs() -> None:
        belief = automaton.initial
        for seen in trace:
            belief = automaton.after(belief, seen)
        assert belief

    oracle = len(trace) / best(beliefs)
    monitor = Monitor(automaton)
    letters = monitor.encode(trace) * 20
    reset = monitor.encode(trace)
    assert monitor.run(reset)
    plain = len(letters) / best(lambda: monitor.run(letters))
    jobs = np.tile(np.array(monitor.encode(trace[:200]), dtype=np.intp)[:, None], (1, 20_000))
    arrays = jobs.size / best(lambda: monitor.run_many(jobs), rounds=3)
    with capsys.disabled():
        print(
            f"\nbare machine {machine:,.0f} events/s; beliefs {oracle:,.0f} ({oracle / machine:.0f} times); monitor "
            f"{plain:,.0f} in plain Python, {arrays:,.0f} on arrays ({arrays / machine:,.0f} times)"
        )
    assert oracle >= 4 * machine


@pytest.mark.parametrize("last", ["STOPPED", "IN_PROGRESS"])
def test_a_thousand_pending_stops(capsys: pytest.CaptureFixture[str], last: str) -> None:
    """1,000 unanswered stops of one job are decided, legal and illegal, in well under a second."""
    automaton = Automaton(LIFECYCLE)

    def event(operation: str, what: str, shows: str, start: float, end: float) -> Event:
        seen = Observation(operation, PLAIN, what, (shows,) if shows else None)
        return Event(seen, start, end, 0, operation == "Describe")

    events = [event("Start", OK, "SUBMITTED", 0, 1), event("Describe", OK, "IN_PROGRESS", 2, 3)]
    events += [event("Stop", UNKNOWN, "", 4 + number / 1000, math.inf) for number in range(1000)]
    events += [event("Describe", OK, "STOPPED", 9, 10), event("Describe", OK, last, 11, 12)]
    verdicts = itertools.count()

    def run() -> None:
        found = list(steps(automaton, events))
        assert all(step.after for step in found) is (last == "STOPPED")
        next(verdicts)

    seconds = best(run)
    with capsys.disabled():
        print(f"\n1,000 pending stops, then {last}: {seconds * 1000:.1f} ms")
    assert next(verdicts) == 5
    assert seconds < 0.05
    assert automaton.bit[ABSENT]
