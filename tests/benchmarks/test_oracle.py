"""The oracle and the monitor against a bare `transitions` machine: all take the same walk, in one run."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import numpy as np
import pytest
from transitions import Machine

from haltspec.apis import load
from haltspec.automaton import ERROR, OK, UNKNOWN, Automaton, Monitor, Observation
from haltspec.explain import Effect, outcomes
from haltspec.linearize import steps
from haltspec.lts import ABSENT, PLAIN, Call, Role
from haltspec.observe import Event
from haltspec.oracle import Settings, Verdict, judge
from haltspec.trace import Call as TraceCall

pytestmark = pytest.mark.benchmark

JOB = load("comprehend").lifecycle("job")
ROWS = JOB.rows()
EVENTS = 30_000
ROUNDS = 7
MEMBER = {"JobId": "a" * 32}
TENANT = "111122223333/us-east-1"


@dataclass(frozen=True, slots=True)
class Life:
    """The life of one job: the rows it took, and what was seen of it."""

    rows: tuple[str, ...]
    seen: tuple[Observation, ...]


def lives(events: int) -> list[Life]:
    """Lives of jobs, one after the other, with so many rows in all."""
    rng, found, total = Random(1), list[Life](), 0
    while total < events:
        state, rows, seen = ABSENT, list[str](), list[Observation]()
        while not rows or not (JOB.state(state).terminal and rng.random() < 0.1):
            row = rng.choice([r for r in ROWS if state in r.states and (rows or r.name == "started")])
            state = row.target_from(state)
            rows.append(row.name)
            if isinstance(row.label, Call):
                reply, cls = row.label.reply, (row.label.when or (PLAIN,))[0]
                shows = None if reply.error else reply.shows or JOB.state(state).shows
                what = ERROR if reply.error else OK
                seen.append(Observation(row.label.operation, cls, what, shows, reply.error or ""))
        found.append(Life(tuple(rows), tuple(seen)))
        total += len(rows)
    return found


def bare_machine() -> Any:
    """The rows as triggers of a machine of `transitions`, with nothing else: no conditions, no callbacks."""
    moves = [
        {"trigger": row.name, "source": state, "dest": row.target_from(state)} for row in ROWS for state in row.states
    ]
    return Machine(
        model=None,
        states=[state.name for state in JOB.states],
        transitions=moves,
        initial=ABSENT,
        auto_transitions=False,
    )


class Model:
    """What a machine moves."""


def seconds(run: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Processor time of the quickest of some rounds, in seconds."""
    best = math.inf
    for _ in range(rounds):
        begun = time.process_time()
        run()
        best = min(best, time.process_time() - begun)
    return best


def machine_rate(walk: list[Life]) -> float:
    """Triggers a second of a bare machine that takes the walk."""
    machine, model = bare_machine(), Model()
    machine.add_model(model, initial=ABSENT)
    trigger: Callable[[str], bool] = model.trigger  # type: ignore[attr-defined]

    def run() -> None:
        for life in walk:
            machine.set_state(ABSENT, model)
            for name in life.rows:
                trigger(name)

    return sum(len(life.rows) for life in walk) / seconds(run)


def test_the_oracle_is_at_least_four_times_as_quick_as_a_bare_machine() -> None:
    """Steps of the search that knows time and order, unseen moves included, against triggers of one known state."""
    walk, automaton = lives(EVENTS), Automaton(JOB)
    reads = {operation.name: operation.role in (Role.READ, Role.LIST) for operation in JOB.operations}
    histories = [
        [Event(seen, place, place + 0.5, place, reads[seen.operation]) for place, seen in enumerate(life.seen)]
        for life in walk
    ]
    observations = sum(map(len, histories))

    def search() -> None:
        for events in histories:
            for step in steps(automaton, events):
                assert step.after

    def beliefs() -> None:
        for life in walk:
            belief = automaton.initial
            for seen in life.seen:
                belief = automaton.after(belief, seen)

    machine, oracle, bare = machine_rate(walk), observations / seconds(search), observations / seconds(beliefs)
    print(
        f"\nbare machine {machine:,.0f} triggers/s; oracle {oracle:,.0f} steps/s, {oracle / machine:.1f} times; "
        f"beliefs alone {bare:,.0f}/s, {bare / machine:.1f} times"
    )
    assert oracle >= 4 * machine


def test_the_monitor_takes_millions_of_events_a_second_and_thousands_of_jobs_at_once() -> None:
    walk, monitor = lives(EVENTS), Monitor(Automaton(JOB))
    encoded = [monitor.encode(life.seen) for life in walk]
    machine = machine_rate(walk)
    assert all(monitor.run(letters) for letters in encoded)
    plain = sum(map(len, encoded)) / seconds(lambda: [monitor.run(letters) for letters in encoded])

    same = [letters for letters in encoded if len(letters) >= 8]
    shortest = min(map(len, same))
    jobs = np.array([letters[:shortest] for letters in same], dtype=np.intp).T
    many = np.ascontiguousarray(np.tile(jobs, (1, 1 + 200_000 // jobs.shape[1])))
    arrays = many.size / seconds(lambda: monitor.run_many(many))
    singly = [monitor.run(letters[:shortest]) for letters in same]
    assert monitor.run_many(jobs).tolist() == singly
    assert all(singly)
    print(
        f"\nbare machine {machine:,.0f} triggers/s; monitor in plain Python {plain:,.0f} events/s, "
        f"{plain / machine:.0f} times; on arrays {arrays:,.0f} events/s, {arrays / machine:,.0f} times"
    )
    assert plain >= 5_000_000
    assert arrays >= 1000 * machine


def stopped(last: str, *, lost: bool) -> list[TraceCall]:
    """A job that runs, 1,000 stops of unknown effect, and two looks."""

    def call(role: str, start: float, status: int | None, shown: str = "", error: str | None = None) -> TraceCall:
        view = {**MEMBER, "JobStatus": shown}
        reply = {"EntitiesDetectionJobProperties": view} if role == "Describe" else None
        end = None if status is None else start + 0.5
        operation = f"{role}EntitiesDetectionJob"
        return TraceCall("comprehend", operation, TENANT, f"c{start}", start, end, MEMBER, status, error, reply)

    one = call("Stop", 4, None) if lost else call("Stop", 4, 500, error="InternalServerException")
    stops = [replace(one, start=4 + n / 1000, end=None if lost else 5 + n / 1000) for n in range(1000)]
    return [
        call("Describe", 2, 200, "IN_PROGRESS"),
        *stops,
        call("Describe", 9, 200, "STOPPED"),
        call("Describe", 11, 200, last),
    ]


@pytest.mark.parametrize("last", ["STOPPED", "IN_PROGRESS"])
@pytest.mark.parametrize("lost", [True, False], ids=["unanswered", "internal error"])
def test_a_thousand_pending_stops_are_judged_in_fifty_milliseconds(last: str, lost: bool) -> None:
    """With shapes and data rules; what the views lack breaks rules on data, whatever the stops did."""
    api, calls = load("comprehend"), stopped(last, lost=lost)
    report = judge(api, calls)
    wrong = [violation.rule for violation in report.violations if violation.belief]
    assert wrong == ([] if last == "STOPPED" else ["comprehend/job/nothing leaves STOPPED"])
    assert report.verdict is Verdict.FAIL
    took = seconds(lambda: judge(api, calls))
    print(f"\n1,000 {'unanswered' if lost else 'failed'} stops, then {last}: judged in {took * 1000:.1f} ms")
    assert took < 0.05


@pytest.mark.parametrize("last", ["STOPPED", "IN_PROGRESS"])
def test_a_thousand_pending_stops_are_ordered_in_fifty_milliseconds(last: str) -> None:
    automaton = Automaton(JOB)

    def look(shown: str, start: float) -> Event:
        return Event(Observation("Describe", PLAIN, OK, (shown,)), start, start + 1, 0, True)

    events = [Event(Observation("Start", PLAIN, OK, ("SUBMITTED",)), 0, 1, 0, False), look("IN_PROGRESS", 2)]
    events += [Event(Observation("Stop", PLAIN, UNKNOWN), 4 + n / 1000, math.inf, 0, False) for n in range(1000)]
    events += [look("STOPPED", 9), look(last, 11)]
    assert all(step.after for step in steps(automaton, events)) is (last == "STOPPED")
    took = seconds(lambda: list(steps(automaton, events)))
    print(f"\n1,000 pending stops, then {last}: ordered in {took * 1000:.1f} ms")
    assert took < 0.05


def test_hundreds_of_calls_that_can_have_an_effect_again_and_again_are_ordered_at_once() -> None:
    """Unanswered starts and stops of a model, in turn: each could have undone the one before."""
    version = load("rekognition").lifecycle("version")
    automaton = Automaton(version)

    def look(state: str, start: float) -> Event:
        return Event(Observation("List", PLAIN, OK, version.state(state).shows), start, start + 1, 0, True)

    lost = [Observation(role, PLAIN, UNKNOWN) for role in ("Stop", "Start")]
    pending = [Event(lost[n % 2], 4 + n / 1000, math.inf, 0, False) for n in range(600)]
    for last, possible in (("RUNNING", True), ("TRAINING_FAILED", False)):
        events = [look("RUNNING", 2), *pending, look("STOPPED", 9), look(last, 11)]
        found = list(steps(automaton, events, initial=automaton.everything))
        assert all(step.after for step in found) is possible
        took = seconds(lambda events=events: list(steps(automaton, events, initial=automaton.everything)))  # type: ignore[misc]
        print(f"\n600 pending stops and starts, then {last}: ordered in {took * 1000:.1f} ms")
        assert took < 0.05


ALTERNATING = {
    "two replies to a stop": (("Stop", "STOP_REQUESTED"), ("Stop", "STOPPED")),
    "stops and looks": (
        ("Stop", "STOP_REQUESTED"),
        ("Describe", "STOP_REQUESTED"),
        ("Describe", "IN_PROGRESS"),
        ("Stop", "STOPPED"),
        ("Describe", "STOPPED"),
    ),
    "completed, and stopped too": (("Stop", "STOP_REQUESTED"), ("Describe", "COMPLETED"), ("Describe", "STOPPED")),
}


@pytest.mark.parametrize("window", [0.0, 0.5])
@pytest.mark.parametrize("name", ALTERNATING)
def test_hundreds_of_answered_calls_that_all_overlap_are_judged_in_a_hundred_milliseconds(
    name: str, window: float
) -> None:
    """Alternating replies on one job, legal and illegal, fresh and stale."""
    api, calls = load("comprehend"), [answered("Describe", "IN_PROGRESS", 2, 3)]
    for number in range(400):
        role, shown = ALTERNATING[name][number % len(ALTERNATING[name])]
        calls.append(answered(role, shown, 4 + number / 1000, 100 + number / 1000))
    automaton, settings = Automaton(JOB), Settings(window=window)
    report = judge(api, calls, settings)
    wrong = [violation.rule for violation in report.violations if violation.belief]
    assert bool(wrong) is ("COMPLETED" in {shown for _, shown in ALTERNATING[name]})
    [history] = report.projection.histories
    took = seconds(lambda: judge(api, calls, settings))
    ordered = seconds(lambda: list(steps(automaton, history.events, initial=automaton.everything, window=window)))
    print(
        f"\n400 calls, {name}, reads {window:g} s old: judged in {took * 1000:.1f} ms, "
        f"ordered in {ordered * 1000:.1f} ms"
    )
    assert took < 0.1
    assert ordered < 0.02


def answered(role: str, shown: str, start: float, end: float) -> TraceCall:
    """A call on the job, answered with a status, by a client of its own."""
    view = {**MEMBER, "JobStatus": shown}
    reply = {"EntitiesDetectionJobProperties": view} if role == "Describe" else view
    operation = f"{role}EntitiesDetectionJob"
    return TraceCall("comprehend", operation, TENANT, f"c{start}", start, end, MEMBER, 200, None, reply)


@pytest.mark.parametrize("last", ["STOPPED", "COMPLETED"])
def test_what_became_of_hundreds_of_lost_stops_is_told_in_a_tenth_of_a_second(last: str) -> None:
    """Each followed by a look, so that no two are alike."""
    calls = [answered("Describe", "IN_PROGRESS", 0, 0.5)]
    for number in range(300):
        lost = answered("Stop", "", 10.0 * number + 1, 0)
        calls.append(replace(lost, end=None, status=None, reply=None))
        shown = "IN_PROGRESS" if number < 150 else last
        calls.append(answered("Describe", shown, 10.0 * number + 5, 10.0 * number + 6))
    report = judge(load("comprehend"), calls)
    found = [outcome.effect for outcome in outcomes(report)]
    assert found == [Effect.EITHER] * 300 if last == "STOPPED" else [Effect.EITHER] * 151 + [Effect.NOT] * 149
    took = seconds(lambda: outcomes(report))
    print(f"\n300 lost stops, each followed by a look, then {last}: told in {took * 1000:.1f} ms")
    assert took < 0.1
