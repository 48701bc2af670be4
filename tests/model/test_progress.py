"""Progress: the decision by components equals its definition, and what fails is shown by a run one can follow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, combinations, pairwise

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haltspec import apis
from haltspec.lts import ABSENT, LeadsTo, Lifecycle, Transition, assumed, call, internal, ok
from haltspec.verification.explore import Edge, Graph, View, views
from haltspec.verification.graphs import Paths
from haltspec.verification.progress import Arena, Run, breaches, is_vacuous
from haltspec.verification.run import failures

JOB = apis.load("comprehend").lifecycle("job")
TRAINING = apis.load("comprehend").lifecycle("training")
STOP_ENDS, START_ENDS = JOB.progress
OURS = assumed("a mistake made on purpose")
Rows = tuple[Transition, ...]


def drop(rows: Rows, *names: str) -> Rows:
    kept = tuple(row for row in rows if row.name not in names)
    assert len(kept) == len(rows) - len(names)
    return kept


def told(lifecycle: Lifecycle, rows: Rows, prop: LeadsTo) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    found = breaches(Graph(lifecycle, rows), prop)
    return [(b.message, tuple(map(str, b.path)), tuple(map(str, b.cycle))) for b in found]


STARTED = "Start [plain] -> SUBMITTED: absent to SUBMITTED (started)"
BEGUN = "begin: SUBMITTED to IN_PROGRESS (picked up)"
STOPPING = "Stop [plain] -> STOP_REQUESTED: SUBMITTED to STOP_REQUESTED (stop asked while queued)"
PAUSED = Transition("put back", "IN_PROGRESS", internal("pause"), "SUBMITTED", OURS)


class TestLifecycles:
    """A stop that was accepted leads to an end, a job that was started ends."""

    @pytest.mark.parametrize("name", apis.NAMES)
    def test_every_progress_property_holds_in_every_view(self, name: str) -> None:
        for lifecycle in apis.load(name).lifecycles:
            for view in views(lifecycle):
                graph = Graph(lifecycle, view.rows)
                assert [b.message for prop in lifecycle.progress for b in breaches(graph, prop)] == []

    def test_every_api_has_progress_properties_that_say_something(self) -> None:
        for lifecycle in (lc for name in apis.NAMES for lc in apis.load(name).lifecycles):
            graph = Graph(lifecycle, lifecycle.all_rows())
            assert not any(is_vacuous(graph, prop) for prop in lifecycle.progress)
        assert all(any(lc.progress for lc in apis.load(name).lifecycles) for name in apis.NAMES)

    def test_rejects_a_service_that_forgets_to_stop(self) -> None:
        rows = drop(JOB.rows(), "stop took effect", "finished before the stop took effect")
        assert told(JOB, rows, STOP_ENDS) == [
            (
                "the service can miss it by itself: in STOP_REQUESTED the service has nothing left to do",
                (STARTED, STOPPING),
                (),
            )
        ]

    def test_one_way_out_is_enough_for_a_fair_service(self) -> None:
        assert told(JOB, drop(JOB.rows(), "stop took effect"), STOP_ENDS) == []

    def test_a_cycle_with_a_way_out_is_left_by_a_fair_service(self) -> None:
        assert told(JOB, (*JOB.rows(), PAUSED), START_ENDS) == []

    def test_rejects_a_cycle_without_a_way_out(self) -> None:
        rows = (*drop(JOB.rows(), "finished", "failed", "failed while queued"), PAUSED)
        assert told(JOB, rows, START_ENDS) == [
            (
                "the service can miss it by itself: the cycle below is fair and can go on for ever",
                (STARTED,),
                (BEGUN, "pause: IN_PROGRESS to SUBMITTED (put back)"),
            )
        ]

    def test_a_client_that_calls_for_ever_does_not_hold_a_fair_service_up(self) -> None:
        resumed = Transition("resumed", "STOP_REQUESTED", call("Start", ok()), "IN_PROGRESS", OURS)
        assert told(JOB, (*JOB.rows(), resumed), STOP_ENDS) == []

    def test_rejects_a_client_that_can_take_the_job_where_nothing_happens(self) -> None:
        parked = Transition("parked", "STOP_REQUESTED", call("Start", ok()), "SUBMITTED", OURS)
        rows = (*drop(JOB.rows(), "picked up", "failed while queued"), parked)
        assert told(JOB, rows, STOP_ENDS) == [
            (
                "others can prevent it: in SUBMITTED the service has nothing left to do",
                (STARTED, STOPPING, "Start -> ok: STOP_REQUESTED to SUBMITTED (parked)"),
                (),
            )
        ]

    def test_calls_of_unless_are_left_out(self) -> None:
        parked = Transition("parked", "STOP_REQUESTED", call("Start", ok()), "SUBMITTED", OURS)
        rows = (*drop(JOB.rows(), "picked up", "failed while queued"), parked)
        assert told(JOB, rows, replace(STOP_ENDS, unless=("Start",))) == []

    def test_rejects_an_end_that_only_an_outsider_brings_about(self) -> None:
        """Somebody in a console may stop the job, and need not."""
        rows = drop(JOB.rows(), "stop took effect", "finished before the stop took effect")
        helped = Transition("stopped by hand", "STOP_REQUESTED", internal("halt", outside=True), "STOPPED", OURS)
        assert told(JOB, (*rows, helped), STOP_ENDS) == [
            (
                "the service can miss it by itself: in STOP_REQUESTED the service has nothing left to do",
                (STARTED, STOPPING),
                (),
            )
        ]

    def test_rejects_an_outsider_who_can_take_the_job_where_nothing_happens(self) -> None:
        paused = Transition("paused by hand", "STOP_REQUESTED", internal("pause", outside=True), "SUBMITTED", OURS)
        rows = (*drop(JOB.rows(), "picked up", "failed while queued"), paused)
        assert told(JOB, rows, STOP_ENDS) == [
            (
                "others can prevent it: in SUBMITTED the service has nothing left to do",
                (STARTED, STOPPING, "pause: STOP_REQUESTED to SUBMITTED (paused by hand)"),
                (),
            )
        ]

    def test_a_deletion_is_no_failure_of_the_service(self) -> None:
        prop = next(p for p in TRAINING.progress if p.name == "training ends")
        deleted = Transition("deleted early", "TRAINING", call("Delete", ok()), "DELETING", OURS)
        vanished = Transition("vanished", "TRAINING", internal("vanish"), ABSENT, OURS)
        assert told(TRAINING, (*TRAINING.rows(), deleted), prop) == []
        assert told(TRAINING, (*TRAINING.rows(), vanished), prop) != []

    def test_rejects_a_property_that_says_nothing(self) -> None:
        rows = drop(JOB.rows(), "stop asked", "stop asked while queued")
        told_of = [
            f for f in failures(Graph(JOB, rows), View("as given", rows, whole=True)) if f.check == STOP_ENDS.name
        ]
        assert [f.message for f in told_of] == ["says nothing: no path leads to STOP_REQUESTED"]


# ---- against the definition -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Arrow:
    """An arc of a random arena; `act` names the fair act it belongs to, empty for a client's call."""

    source: int
    target: int
    act: str


NODES = range(5)
arrows = st.lists(
    st.builds(Arrow, st.sampled_from(NODES), st.sampled_from(NODES), st.sampled_from(("", "", "a", "b", "c"))),
    max_size=10,
    unique=True,
)
sets_of_nodes = st.sets(st.sampled_from(NODES), max_size=2)


def outgoing(arcs: list[Arrow]) -> dict[int, list[Arrow]]:
    return {node: [arc for arc in arcs if arc.source == node] for node in NODES}


def is_fair_for_ever(arcs: list[Arrow], own: frozenset[int]) -> bool:
    """The definition: one can go round all of `own`, and every act possible there is done without leaving it."""
    inner = [arc for arc in arcs if arc.source in own and arc.target in own]
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(own)
    graph.add_edges_from((arc.source, arc.target) for arc in inner)
    possible = {arc.act for arc in arcs if arc.source in own and arc.act}
    return nx.is_strongly_connected(graph) and possible <= {arc.act for arc in inner}


def reachable(arcs: list[Arrow], starts: set[int], avoid: set[int]) -> set[int]:
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(set(NODES) - avoid)
    graph.add_edges_from((a.source, a.target) for a in arcs if not {a.source, a.target} & avoid)
    return set(chain.from_iterable({start, *nx.descendants(graph, start)} for start in starts - avoid))


def has_fair_run(arcs: list[Arrow], starts: set[int], avoid: set[int]) -> bool:
    """By brute force: some set of reachable nodes is fair for ever."""
    nodes = sorted(reachable(arcs, starts, avoid))
    subsets = chain.from_iterable(combinations(nodes, size) for size in range(1, len(nodes) + 1))
    return any(is_fair_for_ever(arcs, frozenset(own)) for own in subsets)


def check_run(run: Run[Arrow], arcs: list[Arrow], starts: set[int], avoid: set[int]) -> None:
    """The run can be followed: it begins at a start, stays clear of what it avoids, closes, and is fair."""
    walk = (*run.stem, *run.cycle)
    assert all(first.target == then.source for first, then in pairwise(walk))
    assert not walk or walk[0].source in starts
    assert not {node for arc in walk for node in (arc.source, arc.target)} & avoid
    if run.cycle:
        assert run.cycle[-1].target == run.cycle[0].source
        rests = {arc.source for arc in run.cycle}
        assert {a.act for a in arcs if a.source in rests and a.act} <= {arc.act for arc in run.cycle}
    elif run.stem:
        assert not any(arc.act for arc in arcs if arc.source == run.stem[-1].target)


@settings(max_examples=600)
@given(arrows, st.sets(st.sampled_from(NODES), min_size=1, max_size=2), sets_of_nodes)
def test_the_decision_equals_the_definition(arcs: list[Arrow], starts: set[int], avoid: set[int]) -> None:
    run = Arena(outgoing(arcs), lambda arc: arc.act).fair_run(sorted(starts), avoid)
    assert (run is not None) == has_fair_run(arcs, starts, avoid)
    if run is not None:
        check_run(run, arcs, starts, avoid)


@given(arrows, st.sets(st.sampled_from(NODES), min_size=1, max_size=2), sets_of_nodes)
def test_the_stem_is_a_shortest_one(arcs: list[Arrow], starts: set[int], avoid: set[int]) -> None:
    run = Arena(outgoing(arcs), lambda arc: arc.act).fair_run(sorted(starts), avoid)
    if run is not None:
        paths: Paths[int, Arrow] = Paths(sorted(starts), outgoing(arcs), avoid)
        nodes = sorted(reachable(arcs, starts, avoid))
        subsets = chain.from_iterable(combinations(nodes, size) for size in range(1, len(nodes) + 1))
        fair = {node for own in subsets if is_fair_for_ever(arcs, frozenset(own)) for node in own}
        assert len(run.stem) == min(len(paths.to(node)) for node in fair)


# ---- random lifecycles ----------------------------------------------------------------------------------------------

STATES = ("SUBMITTED", "IN_PROGRESS", "STOP_REQUESTED", "STOPPED")
some_states = st.lists(st.sampled_from(STATES), min_size=1, max_size=2, unique=True)
service_rows = st.lists(st.tuples(some_states, st.sampled_from(STATES)), max_size=4)
client_rows = st.lists(st.tuples(some_states, st.sampled_from(STATES)), max_size=3)


def random_rows(service: list[tuple[list[str], str]], client: list[tuple[list[str], str]]) -> Rows:
    started = Transition("started", ABSENT, call("Start", ok()), "SUBMITTED", OURS)
    reached = Transition("reached", "SUBMITTED", call("Describe", ok()), "IN_PROGRESS", OURS)
    own = (Transition(f"s{n}", states, internal(f"e{n}"), to, OURS) for n, (states, to) in enumerate(service))
    asked = (Transition(f"c{n}", states, call("Stop", ok()), to, OURS) for n, (states, to) in enumerate(client))
    return (started, reached, *own, *asked)


def as_arrows(edges: list[Edge], *, with_calls: bool) -> list[Arrow]:
    """The edges as numbered arcs: a service's row is a fair act, whichever state it leaves."""
    place = {state: number for number, state in enumerate(STATES)}
    return [
        Arrow(place[e.source], place[e.target], e.row.name if e.is_internal else "")
        for e in edges
        if e.source in place and e.target in place and (with_calls or e.is_internal)
    ]


@settings(max_examples=300)
@given(service_rows, client_rows, st.sampled_from(STATES), st.sampled_from(STATES))
def test_random_lifecycles_against_the_definition(
    service: list[tuple[list[str], str]], client: list[tuple[list[str], str]], start: str, end: str
) -> None:
    graph = Graph(JOB, random_rows(service, client))
    prop = LeadsTo("p", "some start leads to some end", (start,), (end,), OURS)
    found = list(breaches(graph, prop))
    starts = {STATES.index(start)} if start in graph.paths else set()
    avoid = {STATES.index(end)}
    edges = [edge for out in graph.out.values() for edge in out]
    by_itself = has_fair_run(as_arrows(edges, with_calls=False), starts, avoid)
    with_clients = has_fair_run(as_arrows(edges, with_calls=True), starts, avoid)
    assert bool(found) == with_clients
    assert [breach.message.startswith("the service can miss it by itself") for breach in found] == (
        [by_itself] if with_clients else []
    )
