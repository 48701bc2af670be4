"""The just-in-time search against brute force: every order of every subset of ambiguous calls."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence

import pytest

from haltspec.apis import load
from haltspec.automaton import ERROR, OK, PASSED, UNKNOWN, Automaton, Observation
from haltspec.linearize import steps
from haltspec.lts import PLAIN, Role
from haltspec.observe import Event

JOB = load("comprehend").lifecycle("job")


def precedes(first: Event, second: Event) -> bool:
    """Real time orders the two."""
    return first.end < second.start


def applied(automaton: Automaton, belief: int, seen: Observation) -> int:
    """Where a call of unknown effect leads if it took effect."""
    result = 0
    for name in automaton.names(belief):
        for move in automaton.moves(name, seen):
            if move.row is not None:
                result |= automaton.bit[move.target]
    return result


def is_possible(automaton: Automaton, events: Sequence[Event]) -> bool:
    """Some order of the certain events and of some ambiguous ones respects real time and is allowed."""
    certain = [e for e in events if e.seen.what != UNKNOWN]
    ambiguous = [e for e in events if e.seen.what == UNKNOWN and not e.reads]
    for size in range(len(ambiguous) + 1):
        for chosen in itertools.combinations(ambiguous, size):
            if _orders(automaton, [*certain, *chosen], automaton.close(automaton.initial)):
                return True
    return False


def _orders(automaton: Automaton, left: list[Event], belief: int) -> bool:
    if not left:
        return True
    for event in left:
        if any(precedes(other, event) for other in left if other is not event):
            continue
        unknown = event.seen.what == UNKNOWN
        image = applied(automaton, belief, event.seen) if unknown else automaton.image(belief, event.seen)
        if image and _orders(automaton, [e for e in left if e is not event], automaton.close(image)):
            return True
    return False


def walk(automaton: Automaton, rng: random.Random, length: int) -> list[Observation]:
    """A trace the automaton allows, with now and then an observation it does not."""
    letters = [o for o in automaton.alphabet() if o.what in (OK, ERROR)]
    belief, trace = automaton.initial, []
    for _ in range(length):
        fitting = [o for o in letters if automaton.after(belief, o)]
        seen = rng.choice(fitting if fitting and rng.random() < 0.8 else letters)
        trace.append(seen)
        belief = automaton.after(belief, seen) or belief
    return trace


def history(automaton: Automaton, rng: random.Random, length: int) -> list[Event]:
    """A walk with overlapping times and some answers lost."""
    events, now = [], 0.0
    for index, seen in enumerate(walk(automaton, rng, length)):
        now += rng.choice([0.0, 1.0, 1.0, 2.0])
        end = now + rng.choice([0.0, 0.5, 1.5, 3.0])
        reads = automaton.lifecycle.operation(seen.operation).role in (Role.READ, Role.LIST)
        if rng.random() < 0.2:
            seen = Observation(seen.operation, seen.cls, UNKNOWN)
            end = math.inf if rng.random() < 0.7 else end
        events.append(Event(seen, now, end, index, reads))
    return sorted(events, key=lambda e: (e.start, e.end, e.call))


def decided(automaton: Automaton, events: list[Event]) -> bool:
    """The verdict of the search."""
    return all(step.after for step in steps(automaton, events))


LIFECYCLES = [("comprehend", "job"), ("comprehend", "training"), ("rekognition", "version"), ("dataarts", "job")]


@pytest.mark.parametrize("api_lifecycle", LIFECYCLES, ids="/".join)
def test_search_agrees_with_brute_force(api_lifecycle: tuple[str, str]) -> None:
    """On thousands of random small histories the search and brute force give the same verdict."""
    api, name = api_lifecycle
    automaton = Automaton(load(api).lifecycle(name))
    rng = random.Random(f"{api}/{name}")
    verdicts = {True: 0, False: 0}
    for _ in range(2500):
        events = history(automaton, rng, rng.randint(2, 6))
        possible = is_possible(automaton, events)
        assert decided(automaton, events) == possible, events
        verdicts[possible] += 1
    assert min(verdicts.values()) > 250, f"one verdict hardly occurs: {verdicts}"


def event(operation: str, what: str, shown: str, start: float, end: float, *, reads: bool = False) -> Event:
    """An event of a Comprehend job."""
    seen = Observation(operation, PLAIN, what, (shown,) if shown else None)
    return Event(seen, start, end, 0, reads)


def test_overlapping_describe_may_come_first() -> None:
    """A describe that overlaps a stop may still show IN_PROGRESS, one that began after it may not."""
    automaton = Automaton(JOB)
    begun = [event("Start", OK, "SUBMITTED", 0, 1), event("Describe", OK, "IN_PROGRESS", 2, 3, reads=True)]
    stop = event("Stop", OK, "STOP_REQUESTED", 4, 6)
    assert decided(automaton, [*begun, stop, event("Describe", OK, "IN_PROGRESS", 5, 7, reads=True)])
    assert not decided(automaton, [*begun, stop, event("Describe", OK, "IN_PROGRESS", 6.5, 7, reads=True)])


def test_stale_read_is_legal_within_the_window_only() -> None:
    """A read that began 0.5 s after a stop may show the state before it only if reads may be that old."""
    automaton = Automaton(JOB)
    events = [
        event("Start", OK, "SUBMITTED", 0, 1),
        event("Describe", OK, "IN_PROGRESS", 2, 3, reads=True),
        event("Stop", OK, "STOP_REQUESTED", 4, 6),
        event("Describe", OK, "IN_PROGRESS", 6.5, 7, reads=True),
    ]
    assert not all(step.after for step in steps(automaton, events, window=0.4))
    assert all(step.after for step in steps(automaton, events, window=0.6))


def test_calls_of_one_client_follow_each_other_where_the_clock_stands_still() -> None:
    """With equal times, calls of one client keep their order; calls of two clients may be swapped."""
    automaton = Automaton(JOB)
    events = [
        event("Start", OK, "SUBMITTED", 0, 0),
        event("Describe", OK, "COMPLETED", 0, 0, reads=True),
        event("Describe", OK, "IN_PROGRESS", 0, 0, reads=True),
    ]
    assert not all(step.after for step in steps(automaton, events, clients=["a", "a", "a"]))
    assert all(step.after for step in steps(automaton, events, clients=["a", "b", "c"]))


def test_a_lost_restart_is_used_once() -> None:
    """A call of unknown effect that could have an effect twice takes effect once at most."""
    version = load("rekognition").lifecycle("version")
    automaton = Automaton(version)

    def seen(operation: str, what: str, state: str = "") -> Observation:
        return Observation(operation, PLAIN, what, version.state(state).shows if state else None)

    events = [
        Event(seen("List", OK, "STOPPED"), 0, 1, 0, True),
        Event(seen("Start", UNKNOWN), 2, math.inf, 1, False),
        Event(seen("List", OK, "RUNNING"), 3, 4, 2, True),
        Event(seen("Stop", OK, "STOPPING"), 5, 6, 3, False),
        Event(seen("List", OK, "STOPPED"), 7, 8, 4, True),
        Event(seen("List", OK, "RUNNING"), 9, 10, 5, True),
    ]
    found = list(steps(automaton, events, initial=automaton.everything))
    assert [step.position for step in found if not step.after] == [5]
    twice = [*events[:2], Event(seen("Start", UNKNOWN), 2, math.inf, 6, False), *events[2:]]
    assert all(step.after for step in steps(automaton, twice, initial=automaton.everything))


@pytest.mark.parametrize("last", ["STOPPED", "IN_PROGRESS"])
def test_a_thousand_pending_stops_are_decided(last: str) -> None:
    """With 1,000 unanswered stops the search still decides, and both ways."""
    automaton = Automaton(JOB)
    events = [event("Start", OK, "SUBMITTED", 0, 1), event("Describe", OK, "IN_PROGRESS", 2, 3, reads=True)]
    events += [event("Stop", UNKNOWN, "", 4 + i * 0.001, math.inf) for i in range(1000)]
    events += [event("Describe", OK, "STOPPED", 9, 10, reads=True), event("Describe", OK, last, 11, 12, reads=True)]
    assert decided(automaton, events) is (last == "STOPPED")


def test_a_call_refused_from_outside_says_nothing() -> None:
    """A throttled call is possible in any state and changes none."""
    automaton = Automaton(JOB)
    throttled = Observation("Stop", PLAIN, PASSED)
    for state in automaton.states:
        assert automaton.image(automaton.bit[state], throttled) == automaton.bit[state]
