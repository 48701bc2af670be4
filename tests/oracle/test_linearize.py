"""The just-in-time search against brute force: every order of calls that may overlap, be lost, or be stale."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import pytest

from haltspec.apis import load
from haltspec.automaton import ANY_CLASS, ERROR, OK, PASSED, UNKNOWN, UNLISTED, Automaton, Observation
from haltspec.explain import Effect, effects
from haltspec.linearize import Step, steps
from haltspec.lts import (
    ABSENT,
    PLAIN,
    SAME,
    Document,
    Grade,
    Kind,
    Lifecycle,
    Operation,
    Role,
    State,
    Transition,
    call,
    internal,
    ok,
    refused,
)
from haltspec.observe import Event

APIS = ("comprehend", "translate", "devicefarm", "dataarts", "rekognition")
LIFECYCLES = [(api, lifecycle.name) for api in APIS for lifecycle in load(api).lifecycles]
JOB = load("comprehend").lifecycle("job")
each_lifecycle = pytest.mark.parametrize("named", LIFECYCLES, ids="/".join)


# ---- brute force ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A job's events and what they are judged under."""

    automaton: Automaton
    events: tuple[Event, ...]
    initial: int
    clients: tuple[str, ...] = ()
    window: float = 0.0

    def begin(self, place: int) -> float:
        """When a call may take effect at the earliest."""
        event = self.events[place]
        return event.start - self.window if event.reads else event.start

    def precedes(self, first: int, second: int) -> bool:
        """Real time orders the two, or they are of one client and the clock stands still."""
        end, begin = self.events[first].end, self.begin(second)
        same = bool(self.clients) and self.clients[first] == self.clients[second]
        return end < begin or (end == begin and first < second and same)

    @property
    def certain(self) -> list[int]:
        """The calls that have happened, in the order of their returns."""
        found = [place for place, event in enumerate(self.events) if event.seen.what != UNKNOWN]
        return sorted(found, key=lambda place: (self.events[place].end, place))

    @property
    def unsure(self) -> list[int]:
        """The calls that may have happened."""
        return [p for p, event in enumerate(self.events) if event.seen.what == UNKNOWN and not event.reads]

    def image(self, belief: int, place: int) -> int:
        """The belief after a call; one of unknown effect is taken to have had one."""
        seen, automaton = self.events[place].seen, self.automaton
        if seen.what != UNKNOWN:
            return automaton.image(belief, seen)
        moves = (move for name in automaton.names(belief) for move in automaton.moves(name, seen))
        return automaton.mask(move.target for move in moves if move.row is not None)

    def is_possible(self, must: Iterable[int], may: Iterable[int]) -> bool:
        """Some order of the calls that must happen and of some that may respects real time and is allowed."""
        return next(self.endings(must, may), 0) != 0

    def endings(self, must: Iterable[int], may: Iterable[int]) -> Iterator[int]:
        """The beliefs in which such orders end."""
        wanted = frozenset(must)
        places = [*wanted, *may]
        before = {p: {q for q in wanted if q != p and self.precedes(q, p)} for p in places}
        behind = {p: {q for q in places if q != p and self.precedes(p, q)} for p in places}
        todo = [(frozenset[int](), self.automaton.close(self.initial))]
        known = set(todo)
        while todo:
            placed, belief = todo.pop()
            if wanted <= placed:
                yield belief
            for place in places:
                if place not in placed and before[place] <= placed and not behind[place] & placed:
                    following = (placed | {place}, self.automaton.close(self.image(belief, place)))
                    if following[1] and following not in known:
                        known.add(following)
                        todo.append(following)

    def first_impossible(self) -> int | None:
        """The first call, in the order of returns, up to which no order exists; None if one of all exists."""
        order = self.certain
        if self.is_possible(order, self.unsure):
            return None
        for number, last in enumerate(order, start=1):
            end = self.events[last].end
            begun = [place for place in (*order[number:], *self.unsure) if self.begin(place) <= end]
            if not self.is_possible(order[:number], begun):
                return last
        raise AssertionError("what is impossible must become so at some call")

    def effect(self, place: int) -> Effect:
        """What became of a call of unknown effect in a history that is possible."""
        others = [other for other in self.unsure if other != place]
        if not self.is_possible(self.certain, others):
            return Effect.HAPPENED
        return Effect.EITHER if self.is_possible([*self.certain, place], others) else Effect.NOT

    def meets(self) -> bool:
        """Two clients each end a call the moment they begin another, both at one time."""
        times: dict[float, set[str]] = {}
        for first, one in enumerate(self.events):
            for second in range(first + 1, len(self.events)):
                if one.end == self.begin(second) and self.precedes(first, second):
                    times.setdefault(one.end, set()).add(self.clients[first])
        return any(len(clients) > 1 for clients in times.values())

    def __str__(self) -> str:
        clients = self.clients or ("",) * len(self.events)
        head = f"window {self.window}, from {self.automaton.names(self.initial)}"
        lines = [f"{e.start} to {e.end} {c}: {e.seen}" for e, c in zip(self.events, clients, strict=True)]
        return "\n".join([head, *lines])


# ---- random histories -----------------------------------------------------------------------------------------------


def letters(automaton: Automaton) -> list[Observation]:
    """What can be seen of a job: its alphabet, what lists leave out, classes nobody can tell, refusals from outside."""
    lifecycle = automaton.lifecycle
    shown = {state.shows for state in lifecycle.states}
    found = [seen for seen in automaton.alphabet() if seen.what != UNKNOWN]
    for operation in lifecycle.operations:
        if operation.role is Role.LIST:
            found += [Observation(operation.name, PLAIN, UNLISTED, pattern) for pattern in sorted(shown)[:3]]
        elif operation.classes:
            found.append(Observation(operation.name, ANY_CLASS, OK))
    return [*found, Observation(lifecycle.operations[0].name, PLAIN, PASSED)]


def walk(automaton: Automaton, rng: random.Random, length: int, belief: int, good: float) -> list[Observation]:
    """A trace the automaton allows, preferably of a job that exists, with now and then an observation it does not."""
    all_letters = letters(automaton)
    trace: list[Observation] = []
    for _ in range(length):
        fitting = [seen for seen in all_letters if automaton.after(belief, seen)]
        lively = [seen for seen in fitting if automaton.after(belief, seen) & ~automaton.bit[ABSENT]]
        choice = lively if lively and rng.random() < 0.7 else fitting
        seen = rng.choice(choice if choice and rng.random() < good else all_letters)
        trace.append(seen)
        belief = automaton.after(belief, seen) or belief
    return trace


def history(automaton: Automaton, rng: random.Random, length: int) -> Case:
    """A walk with times that overlap and meet, some answers lost, at times by two clients, at times with stale reads."""
    initial = automaton.initial if rng.random() < 0.7 else automaton.everything
    pauses = rng.choice([(0.0, 0.0, 1.0), (0.0, 1.0, 1.0, 2.0)])
    events, now = [], 0.0
    for index, seen in enumerate(walk(automaton, rng, length, initial, rng.choice([0.3, 0.6, 0.9]))):
        now += rng.choice(pauses)
        end = now + rng.choice([0.0, 1.0, 1.5, 2.0, 3.0, 5.0])
        reads = automaton.lifecycle.operation(seen.operation).role in (Role.READ, Role.LIST)
        if rng.random() < 0.15:
            seen = Observation(seen.operation, seen.cls, UNKNOWN)
            end = math.inf if rng.random() < 0.7 else end
        events.append(Event(seen, now, end, index, reads))
    events.sort(key=lambda e: (e.start, e.end, e.call))
    clients = tuple(rng.choice("ab") for _ in events) if rng.random() < 0.4 else ()
    return Case(automaton, tuple(events), initial, clients, rng.choice([0.0, 0.0, 1.0, 2.5]))


def judged(case: Case) -> list[Step]:
    """The steps of the search."""
    found = list(steps(case.automaton, case.events, initial=case.initial, window=case.window, clients=case.clients))
    assert all(step.decided for step in found)
    assert sorted(step.position for step in found) == sorted(case.certain)
    return found


def impossible(found: Iterable[Step]) -> list[int]:
    """The calls that the search finds impossible."""
    return [step.position for step in found if not step.after]


def compare(case: Case, tally: Counter[str]) -> None:
    """The search and brute force agree on whether a history is possible, and on where it ceases to be."""
    wanted, done = case.first_impossible(), judged(case)
    found = impossible(done)
    if case.clients and case.meets():
        assert wanted is not None or not found, f"a false alarm\n{case}"
        return
    assert bool(found) == (wanted is not None), case
    if found and not case.clients:
        assert found[0] == wanted, case
    if wanted is None and done:
        compare_beliefs(case, done[-1])
    tally["possible" if wanted is None else "impossible"] += 1
    tally["lost"] += any(event.seen.what == UNKNOWN and not event.reads for event in case.events)
    tally["unlisted"] += any(event.seen.what == UNLISTED for event in case.events)
    tally["deleted"] += any(_deletes(case.automaton, event) for event in case.events)
    tally["one client where the clock stands still"] += bool(case.clients) and any(
        case.precedes(p, q) and case.events[p].end == case.begin(q)
        for p in range(len(case.events))
        for q in range(p + 1, len(case.events))
    )
    tally["stale"] += bool(case.window) and any(event.reads for event in case.events)
    tally["stale tells"] += bool(case.window) and wanted is None and bool(impossible(judged(_fresh(case))))


def compare_beliefs(case: Case, last: Step) -> None:
    """After the last call the job is in a state in which some order ends; if no call is lost, in any of them."""
    endings = 0
    for belief in case.endings(case.certain, case.unsure):
        endings |= belief
    assert not last.after & ~endings, case
    if not case.unsure:
        assert case.automaton.close(last.after) == endings, case


def _deletes(automaton: Automaton, event: Event) -> bool:
    role = automaton.lifecycle.operation(event.seen.operation).role
    return role is Role.DELETE and event.seen.what in (OK, UNKNOWN)


def _fresh(case: Case) -> Case:
    return Case(case.automaton, case.events, case.initial, case.clients)


def compare_many(named: tuple[str, str], count: int) -> Counter[str]:
    """So many random histories of a lifecycle, most of them at the lowest floor and of jobs that are known."""
    lifecycle = load(named[0]).lifecycle(named[1])
    rng = random.Random(f"{'/'.join(named)} {count}")
    usual = Automaton(lifecycle)
    others = [
        Automaton(lifecycle, floor=floor, births=open_, outside=open_) for floor in Grade for open_ in (False, True)
    ]
    tally: Counter[str] = Counter()
    for _ in range(count):
        automaton = usual if rng.random() < 0.7 else rng.choice(others)
        compare(history(automaton, rng, rng.randint(2, 7)), tally)
    return tally


def assert_well_mixed(named: tuple[str, str], tally: Counter[str], count: int) -> None:
    """Both verdicts, and everything that makes a history hard, occur often."""
    operations = load(named[0]).lifecycle(named[1]).operations
    roles = {operation.role for operation in operations}
    assert min(tally["possible"], tally["impossible"]) > 0.15 * count, tally
    assert min(tally["lost"], tally["one client where the clock stands still"]) > 0.05 * count, tally
    assert tally["unlisted"] > 0.05 * count or Role.LIST not in roles, tally
    assert tally["deleted"] > 0.02 * count or Role.DELETE not in roles, tally
    assert tally["stale"] > 0.2 * count, tally
    assert tally["stale tells"] > 0, tally


class TestBruteForce:
    """On many thousand random small histories the search says what trying all orders says."""

    @each_lifecycle
    def test_of_every_lifecycle(self, named: tuple[str, str]) -> None:
        assert_well_mixed(named, compare_many(named, 1000), 1000)

    @pytest.mark.slow
    @each_lifecycle
    def test_of_every_lifecycle_at_length(self, named: tuple[str, str]) -> None:
        assert_well_mixed(named, compare_many(named, 8000), 8000)

    def test_of_lifecycles_that_are_random_themselves(self) -> None:
        """With circles of unseen moves and of calls, which the five APIs have few of."""
        self._of_random_lifecycles(500)

    @pytest.mark.slow
    def test_of_lifecycles_that_are_random_themselves_at_length(self) -> None:
        self._of_random_lifecycles(5000)

    @staticmethod
    def _of_random_lifecycles(count: int) -> None:
        rng, tally = random.Random(count), Counter[str]()
        for _ in range(count):
            automaton = Automaton(TOY, rows=random_rows(rng))
            for _ in range(3):
                compare(history(automaton, rng, rng.randint(3, 8)), tally)
        assert min(tally["possible"], tally["impossible"]) > 0.6 * count, tally

    @each_lifecycle
    def test_what_became_of_lost_calls(self, named: tuple[str, str]) -> None:
        """Must have happened, cannot have, undetermined: by trying all orders with each call and without it."""
        self._effects(named, 200)

    @pytest.mark.slow
    @each_lifecycle
    def test_what_became_of_lost_calls_at_length(self, named: tuple[str, str]) -> None:
        self._effects(named, 1500)

    @staticmethod
    def _effects(named: tuple[str, str], count: int) -> None:
        automaton = Automaton(load(named[0]).lifecycle(named[1]))
        rng, tally = random.Random(f"lost {'/'.join(named)} {count}"), Counter[Effect]()
        while tally.total() < count:
            case = with_lost_calls(history(automaton, rng, rng.randint(3, 6)), rng)
            if case.clients or case.first_impossible() is not None:
                continue
            run = partial(steps, automaton, case.events, initial=case.initial, window=case.window)
            found = effects(case.events, run, list(run()))
            assert found == {place: case.effect(place) for place in case.unsure}, case
            tally.update(found.values())
        assert len(tally) == 3, tally
        assert tally[Effect.HAPPENED] > 0.03 * count, tally


def with_lost_calls(case: Case, rng: random.Random) -> Case:
    """The case with one or two unanswered calls that say what an order in it says, at times in its stead."""
    orders = [event for event in case.events if not event.reads and event.seen.what == OK]
    if not orders:
        return case
    chosen = rng.choice(orders)
    seen = Observation(chosen.seen.operation, chosen.seen.cls, UNKNOWN)
    events = [event for event in case.events if event is not chosen or rng.random() < 0.5]
    for _ in range(rng.randint(1, 2)):
        events.append(Event(seen, rng.choice([chosen.start, chosen.start + 1, 0.0]), math.inf, len(events), False))
    events.sort(key=lambda e: (e.start, e.end, e.call))
    return Case(case.automaton, tuple(events), case.initial, (), case.window)


BOOK = Document("BOOK", "A book", "2020").states("page 1")
TOY_STATES = ("A", "B", "C", "D")
TOY = Lifecycle(
    api="toy",
    name="job",
    title="toy job",
    kinds=(Kind("job", "Job"),),
    states=(State(ABSENT), *map(State, TOY_STATES)),
    operations=(
        Operation("Start", Role.CREATE, plain_in=(ABSENT,)),
        Operation("Show", Role.READ, plain_in=TOY_STATES),
        Operation("Stop", Role.ORDER, plain_in=TOY_STATES),
        Operation("Go", Role.ORDER, plain_in=TOY_STATES),
        Operation("Delete", Role.DELETE, plain_in=TOY_STATES),
    ),
    transitions=(
        Transition("started", ABSENT, call("Start", ok()), "A", BOOK),
        *(
            Transition(f"{name} on", name, call("Go", ok()), other, BOOK)
            for name, other in zip("ABCD", "BCDA", strict=True)
        ),
        Transition("stopped", TOY_STATES, call("Stop", ok()), "D", BOOK),
        Transition("shown", TOY_STATES, call("Show", ok()), SAME, BOOK),
        Transition("deleted", TOY_STATES, call("Delete", ok()), ABSENT, BOOK),
    ),
    questions=(),
    frame=BOOK,
    id_member="Id",
    status_members=("Status",),
)


def random_rows(rng: random.Random) -> tuple[Transition, ...]:
    """Rows of the toy lifecycle: a start, looks, and random unseen moves, orders and deletions, circles among them."""
    rows = [Transition("started", ABSENT, call("Start", ok()), "A", BOOK)]

    def add(state: str, label: str, reply: str, target: str) -> None:
        said = refused("Busy") if reply == "busy" else ok(reply) if reply else ok()
        what = internal("move") if label == "move" else call(label, said)
        rows.append(Transition(f"row {len(rows)}", state, what, SAME if reply == "busy" else target, BOOK))

    for _ in range(rng.randint(1, 5)):
        add(*((pair := rng.sample(TOY_STATES, 2))[0], "move", "", pair[1]))
    for state in TOY_STATES:
        add(state, "Show", "", SAME)
        for order in ("Stop", "Go"):
            for _ in range(rng.randint(0, 2)):
                add(state, order, rng.choice(["", "C", "A", "busy"]), rng.choice([*TOY_STATES, SAME]))
        if rng.random() < 0.4:
            add(state, "Delete", "A", ABSENT)
    return tuple(rows)


# ---- histories written by hand -----------------------------------------------------------------------------------------


def is_allowed(automaton: Automaton, events: Sequence[Event], *, window: float = 0.0) -> bool:
    """The verdict of the search."""
    return all(step.after for step in steps(automaton, events, window=window))


def event(operation: str, what: str, shown: str, start: float, end: float, *, reads: bool = False) -> Event:
    """An event of a Comprehend job."""
    seen = Observation(operation, PLAIN, what, (shown,) if shown else None)
    return Event(seen, start, end, 0, reads)


def test_overlapping_describe_may_come_first() -> None:
    """A describe that overlaps a stop may still show IN_PROGRESS, one that began after it may not."""
    automaton = Automaton(JOB)
    begun = [event("Start", OK, "SUBMITTED", 0, 1), event("Describe", OK, "IN_PROGRESS", 2, 3, reads=True)]
    stop = event("Stop", OK, "STOP_REQUESTED", 4, 6)
    assert is_allowed(automaton, [*begun, stop, event("Describe", OK, "IN_PROGRESS", 5, 7, reads=True)])
    assert not is_allowed(automaton, [*begun, stop, event("Describe", OK, "IN_PROGRESS", 6.5, 7, reads=True)])


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
    assert is_allowed(automaton, events) is (last == "STOPPED")


def test_a_call_refused_from_outside_says_nothing() -> None:
    """A throttled call is possible in any state and changes none."""
    automaton = Automaton(JOB)
    throttled = Observation("Stop", PLAIN, PASSED)
    for state in automaton.states:
        assert automaton.image(automaton.bit[state], throttled) == automaton.bit[state]


# ---- many calls at once ---------------------------------------------------------------------------------------------

FEW = 20_000
"""Configurations that histories of 400 calls may take: fifty a call."""


def said(operation: str, shown: str = "", *, error: str = "", state: State | None = None) -> Observation:
    """What a call said: a status, an error, what a state shows, or nothing of a status."""
    shows = state.shows if state is not None else (shown,) if shown else None
    return Observation(operation, PLAIN, ERROR if error else OK, None if error else shows, error)


def overlapping(automaton: Automaton, *said: Observation, count: int = 400) -> list[Event]:
    """So many calls whose answers alternate, all of them open when the first returns."""
    reads = {o.name: o.role in (Role.READ, Role.LIST) for o in automaton.lifecycle.operations}
    chosen = [said[number % len(said)] for number in range(count)]
    return [Event(seen, 4 + n / 1000, 100 + n / 1000, n, reads[seen.operation]) for n, seen in enumerate(chosen)]


def crowd(clients: int, count: int, rng: random.Random) -> list[Event]:
    """As many clients as said look at one job and stop it, each again as soon as its last call has returned.

    A call takes effect at some moment before it returns; the answers are those of a job that is stopped half-way.
    """
    free = [4 + rng.random() for _ in range(clients)]
    calls: list[tuple[float, float, float]] = []
    for _ in range(count):
        client = free.index(min(free))
        start, end = free[client], free[client] + rng.uniform(0.5, 1.5)
        free[client] = end + rng.uniform(0.001, 0.01)
        calls.append((rng.uniform(start, end), start, end))
    events: list[Event] = []
    state = "IN_PROGRESS"
    for number, (_, start, end) in enumerate(sorted(calls)):
        reads = number < count // 3 or rng.random() < 0.5
        if state == "STOP_REQUESTED" and number > 2 * count // 3:
            state = "STOPPED"
        if state == "IN_PROGRESS" and not reads:
            state = "STOP_REQUESTED"
        events.append(Event(said("Describe" if reads else "Stop", state), start, end, number, reads))
    return sorted(events, key=lambda e: (e.start, e.end, e.call))


RUNNING = [
    Event(said("Start", "SUBMITTED"), 0, 1, 0, False),
    Event(said("Describe", "IN_PROGRESS"), 2, 3, 0, True),
]
VERSION, REAL_TIME = load("rekognition").lifecycle("version"), load("dataarts").lifecycle("job")
ALTERNATING = {
    "two replies to a stop": (("Stop", "STOP_REQUESTED"), ("Stop", "STOPPED")),
    "stops and what is seen meanwhile": (
        ("Stop", "STOP_REQUESTED"),
        ("Describe", "STOP_REQUESTED"),
        ("Describe", "IN_PROGRESS"),
        ("Stop", "STOPPED"),
        ("Describe", "STOPPED"),
    ),
    "completed, and stopped too": (("Stop", "STOPPED"), ("Describe", "COMPLETED")),
    "everything at once": (
        ("Stop", "STOPPED"),
        ("Stop", "STOP_REQUESTED"),
        ("Stop", "InvalidRequestException"),
        ("Describe", "COMPLETED"),
        ("Describe", "STOPPED"),
    ),
}


class TestCrowds:
    """Hundreds of calls that all overlap are decided by looking at few configurations."""

    @pytest.mark.parametrize("window", [0.0, 0.5])
    @pytest.mark.parametrize("name", ALTERNATING)
    def test_alternating_replies_on_one_job(self, name: str, window: float) -> None:
        """Legal where one life of the job explains them all: it completed, or it was stopped."""
        automaton = Automaton(JOB)
        kinds = [
            said(role, error=told) if told.endswith("Exception") else said(role, told)
            for role, told in ALTERNATING[name]
        ]
        events = RUNNING + overlapping(automaton, *kinds)
        found = list(steps(automaton, events, window=window, budget=FEW))
        assert all(step.decided for step in found)
        assert bool(impossible(found)) is ("COMPLETED" in {told for _, told in ALTERNATING[name]})

    @pytest.mark.parametrize("window", [0.0, 0.5])
    @pytest.mark.parametrize(("last", "possible"), [("STOPPED", True), ("IN_PROGRESS", False)])
    def test_what_is_seen_after_them(self, last: str, possible: bool, window: float) -> None:
        automaton = Automaton(JOB)
        events = RUNNING + overlapping(automaton, said("Stop", "STOP_REQUESTED"), said("Stop", "STOPPED"))
        events.append(Event(said("Describe", last), 200, 201, 400, True))
        found = list(steps(automaton, events, window=window, budget=FEW))
        assert all(step.decided for step in found)
        assert impossible(found) == ([] if possible else [len(events) - 1])

    @pytest.mark.parametrize("window", [0.0, 0.5])
    def test_sixty_four_clients(self, window: float) -> None:
        automaton = Automaton(JOB)
        events = RUNNING + crowd(64, 2000, random.Random(1))
        clients = [str(event.call) for event in events]
        found = list(steps(automaton, events, window=window, clients=clients, budget=5 * FEW))
        assert all(step.decided for step in found)
        assert impossible(found) == []
        late = max(range(len(events)), key=lambda place: events[place].start)
        events[late] = replace(events[late], seen=said("Describe", "IN_PROGRESS"), reads=True)
        assert impossible(steps(automaton, events, window=window, clients=clients)) == [late]

    @pytest.mark.parametrize(("last", "possible"), [("RUNNING", True), ("TRAINING_COMPLETED", False)])
    def test_starts_and_stops_in_turn(self, last: str, possible: bool) -> None:
        """Each start and stop moves the version, so they must take turns."""
        automaton = Automaton(VERSION)
        start = said("Start", state=VERSION.state("STARTING"))
        stop = said("Stop", state=VERSION.state("STOPPING"))
        first, then = (
            Event(said("List", state=VERSION.state(name)), start, start + 1, 0, True)
            for name, start in (("STOPPED", 0), (last, 200))
        )
        events = [first, *overlapping(automaton, start, stop), then]
        found = list(steps(automaton, events, initial=automaton.everything, budget=FEW))
        assert all(step.decided for step in found)
        assert impossible(found) == ([] if possible else [len(events) - 1])


class TestTooWide:
    """Where too many orders would have to be tried, the calls are undecided, and what follows is judged again."""

    NORMAL = Event(said("List", state=REAL_TIME.state("real-time NORMAL")), 0, 1, 0, True)

    def circles(self) -> list[Event]:
        """Orders of four kinds that lead round and round: all of them must be had, in one of very many orders."""
        return overlapping(Automaton(REAL_TIME), *map(said, ("Start", "Stop", "Delete", "Create")))

    def test_calls_that_lead_round_and_round(self) -> None:
        automaton = Automaton(REAL_TIME)
        found = list(steps(automaton, [self.NORMAL, *self.circles()], initial=automaton.everything, budget=FEW))
        given_up = [step for step in found if not step.decided]
        assert found[0].decided
        assert len(given_up) > 100
        assert {(step.after, step.constrained) for step in given_up} == {(automaton.everything, False)}

    def test_what_follows_is_judged(self) -> None:
        automaton = Automaton(REAL_TIME)
        later = [
            Event(said("List", state=REAL_TIME.state(name)), start, start + 1, 0, True)
            for name, start in (("batch STOPPED", 200), ("real-time STOPPED", 300))
        ]
        events = [self.NORMAL, *self.circles(), *later]
        found = list(steps(automaton, events, initial=automaton.everything, budget=FEW))
        assert [step.decided for step in found[-2:]] == [True, True]
        assert impossible(found) == [len(events) - 1]

    def test_the_budget_bounds_the_work(self) -> None:
        """The same calls again and again: after the first time each overlap has little to spend."""
        automaton = Automaton(REAL_TIME)
        events = [
            replace(event, start=event.start + shift, end=event.end + shift)
            for shift in range(0, 2000, 200)
            for event in self.circles()
        ]
        found = list(steps(automaton, events, initial=automaton.everything, budget=FEW))
        assert len(found) == len(events)
        assert sum(not step.decided for step in found) > 2000
