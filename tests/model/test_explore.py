"""Exploration of lifecycles: graphs agree with networkx, real lifecycles hold, and each wrong one breaks its property."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haltspec import apis
from haltspec.lts import ABSENT, SAME, Call, Lifecycle, Transition, assumed, call, internal, ok, refused
from haltspec.verification.explore import DEFAULT, MOST, Edge, Graph, View, views
from haltspec.verification.graphs import Paths, components
from haltspec.verification.run import failures, of_lifecycle
from haltspec.verification.safety import SAFETY, Breach

LIFECYCLES = [lc for name in apis.NAMES for lc in apis.load(name).lifecycles]
JOB = apis.load("comprehend").lifecycle("job")
TRAINING = apis.load("comprehend").lifecycle("training")
OURS = assumed("a mistake made on purpose")
Rows = tuple[Transition, ...]


@dataclass(frozen=True)
class Arrow:
    """An arc between numbered nodes."""

    source: int
    target: int


arrows = st.lists(st.builds(Arrow, st.integers(0, 6), st.integers(0, 6)), max_size=18)


def outgoing(arcs: list[Arrow]) -> dict[int, list[Arrow]]:
    return {node: [arc for arc in arcs if arc.source == node] for node in range(7)}


def digraph(arcs: list[Arrow]) -> nx.DiGraph[int]:
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(7))
    graph.add_edges_from((arc.source, arc.target) for arc in arcs)
    return graph


class TestGraphsAgreeWithNetworkx:
    """An established library gives the same paths and components."""

    @given(arrows, st.sets(st.integers(0, 6), min_size=1, max_size=2), st.sets(st.integers(0, 6), max_size=2))
    def test_reachable_nodes_and_lengths_of_paths(self, arcs: list[Arrow], starts: set[int], avoid: set[int]) -> None:
        paths: Paths[int, Arrow] = Paths(sorted(starts), outgoing(arcs), avoid)
        graph = digraph(arcs)
        graph.remove_nodes_from(avoid)
        lengths = nx.multi_source_dijkstra_path_length(graph, starts - avoid) if starts - avoid else {}
        assert {node: len(paths.to(node)) for node in paths.nodes} == lengths
        for node in paths.nodes:
            way = paths.to(node)
            assert not way or (way[0].source in starts and way[-1].target == node)
            assert all(first.target == then.source for first, then in pairwise(way))

    @given(arrows)
    def test_strongly_connected_components(self, arcs: list[Arrow]) -> None:
        out = outgoing(arcs)
        found = components(range(7), lambda node: [arc.target for arc in out[node]])
        assert {frozenset(c) for c in found} == {frozenset(c) for c in nx.strongly_connected_components(digraph(arcs))}
        place = {node: number for number, component in enumerate(found) for node in component}
        assert all(place[arc.target] <= place[arc.source] for arc in arcs)

    @pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda lc: lc.full_name)
    def test_every_view_of_every_lifecycle(self, lifecycle: Lifecycle) -> None:
        for view in views(lifecycle):
            graph = Graph(lifecycle, view.rows)
            other: nx.DiGraph[str] = nx.DiGraph()
            other.add_edges_from((s, row.target_from(s)) for row in view.rows for s in row.states if graph.out[s])
            lengths = nx.single_source_shortest_path_length(other, ABSENT)
            assert {state: len(graph.paths.to(state)) for state in graph.paths.nodes} == dict(lengths)


class TestViews:
    """The defaults come first, all readings last, and in between every other choice that can matter."""

    def test_of_a_lifecycle_with_one_question_that_moves_the_job(self) -> None:
        names = [view.name for view in views(apis.load("comprehend").lifecycle("unstoppable"))]
        assert names == [
            DEFAULT,
            "failure while queued = impossible",
            "status of a replayed start = first",
            "Describe with another kind's id = one id space",
            "all readings",
        ]

    def test_readings_that_move_the_job_are_combined(self) -> None:
        names = [view.name for view in views(JOB)]
        assert "failure while queued = impossible, stop while queued = stopped" in names
        assert not any("status of a replayed start" in name and "," in name for name in names)

    def test_they_are_taken_in_pairs_where_there_are_too_many(self) -> None:
        every = list(views(apis.load("devicefarm").lifecycle("run")))
        assert max(view.name.count(" = ") for view in every) == 2
        assert len(every) > MOST

    def test_readings_of_one_question_never_hold_together(self) -> None:
        whole = list(views(JOB))[-1]
        named = {row.name: row for row in whole.rows}
        assert whole.whole
        assert not whole.together(named["stop asked while queued"], named["stop refused while queued"])
        assert whole.together(named["stop asked while queued"], named["stop asked again"])
        assert whole.together(named["stop asked while queued"], named["stop asked"])


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda lc: lc.full_name)
def test_every_lifecycle_holds_in_every_view(lifecycle: Lifecycle) -> None:
    part = of_lifecycle(lifecycle, lambda: 0.0)
    assert part.failures == ()
    assert part.states == len(lifecycle.states)
    assert part.rows == len(lifecycle.all_rows())
    assert part.complete


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda lc: lc.full_name)
def test_every_row_has_a_shortest_path_that_takes_it(lifecycle: Lifecycle) -> None:
    graph = Graph(lifecycle, lifecycle.all_rows())
    found = graph.witnesses()
    assert set(found) == {row.name for row in lifecycle.all_rows()}
    for row in lifecycle.all_rows():
        path = found[row.name]
        assert (path[0].source, path[-1].row) == (ABSENT, row)
        assert all(first.target == then.source for first, then in pairwise(path))
        assert len(path) == 1 + min(len(graph.paths.to(state)) for state in row.states if taken_in(graph, row, state))


def taken_in(graph: Graph, row: Transition, state: str) -> bool:
    return any(edge.row is row for edge in graph.out[state])


# ---- mistakes -------------------------------------------------------------------------------------------------------


def row_of(rows: Rows, name: str) -> Transition:
    return next(row for row in rows if row.name == name)


def drop(rows: Rows, *names: str) -> Rows:
    kept = tuple(row for row in rows if row.name not in names)
    assert len(kept) == len(rows) - len(names)
    return kept


def redirect(rows: Rows, name: str, target: str) -> Rows:
    wrong = row_of(rows, name)
    changed = Transition(name, wrong.states, wrong.label, target, wrong.source, free=wrong.free)
    return tuple(changed if row is wrong else row for row in rows)


def answer(rows: Rows, name: str, *shows: str, error: str | None = None) -> Rows:
    wrong = row_of(rows, name)
    assert isinstance(wrong.label, Call)
    label = replace(wrong.label, reply=refused(error) if error else ok(*shows))
    changed = Transition(name, wrong.states, label, wrong.target, wrong.source, free=wrong.free)
    return tuple(changed if row is wrong else row for row in rows)


def add(rows: Rows, *more: Transition) -> Rows:
    return (*rows, *more)


def breaches(name: str, lifecycle: Lifecycle, rows: Rows, *, whole: bool = False) -> Iterator[Breach]:
    property_ = next(p for p in SAFETY if p.name == name)
    yield from property_.breaches(Graph(lifecycle, rows), View("as given", rows, whole=whole))


@dataclass(frozen=True)
class Mistake:
    """A change of the rows, the property it breaks, how that is told, and the shortest path that shows it."""

    breaks: str
    change: Callable[[Rows], Rows]
    message: str
    path: tuple[str, ...]
    lifecycle: Lifecycle = JOB
    whole: bool = False


STARTED = "Start [plain] -> SUBMITTED: absent to SUBMITTED (started)"
BEGUN = "begin: SUBMITTED to IN_PROGRESS (picked up)"
STOPPING = "Stop [plain] -> STOP_REQUESTED: SUBMITTED to STOP_REQUESTED (stop asked while queued)"
MISTAKES = (
    Mistake(
        "nothing leaves a terminal state",
        lambda rows: add(rows, Transition("revived", "FAILED", internal("begin"), "IN_PROGRESS", OURS)),
        "row 'revived' leaves the terminal state FAILED for IN_PROGRESS",
        (STARTED, "fail: SUBMITTED to FAILED (failed while queued)", "begin: FAILED to IN_PROGRESS (revived)"),
    ),
    Mistake(
        "a refused call changes nothing",
        lambda rows: answer(rows, "stop asked", error="InvalidRequestException"),
        "row 'stop asked' refuses the call with InvalidRequestException and yet moves the job from IN_PROGRESS to "
        "STOP_REQUESTED",
        (
            STARTED,
            BEGUN,
            "Stop [plain] -> InvalidRequestException: IN_PROGRESS to STOP_REQUESTED (stop asked)",
        ),
    ),
    Mistake(
        "a read changes nothing",
        lambda rows: redirect(rows, "listed", "IN_PROGRESS"),
        "row 'listed' moves the job from SUBMITTED to IN_PROGRESS by reading it",
        (STARTED, "List -> ok: SUBMITTED to IN_PROGRESS (listed)"),
    ),
    Mistake(
        "a job begins only by its creation",
        lambda rows: redirect(rows, "unknown id is not stopped", "STOP_REQUESTED"),
        "row 'unknown id is not stopped' makes a job that is STOP_REQUESTED though none was created",
        ("Stop [plain] -> JobNotFoundException: absent to STOP_REQUESTED (unknown id is not stopped)",),
    ),
    Mistake(
        "a job disappears only by its deletion",
        lambda rows: add(rows, Transition("forgotten", "STOPPED", internal("forget"), ABSENT, OURS)),
        "row 'forgotten' makes the job disappear though nobody deleted it",
        (
            STARTED,
            STOPPING,
            "halt: STOP_REQUESTED to STOPPED (stop took effect)",
            "forget: STOPPED to absent (forgotten)",
        ),
    ),
    Mistake(
        "a repeated creation moves nothing",
        lambda rows: redirect(rows, "replayed start shows the present status", "SUBMITTED"),
        "row 'replayed start shows the present status' moves the job that is there from IN_PROGRESS to SUBMITTED",
        (
            STARTED,
            BEGUN,
            "Start [repeated token] -> ok: IN_PROGRESS to SUBMITTED (replayed start shows the present status)",
        ),
    ),
    Mistake(
        "an id that was never given is never answered",
        lambda rows: answer(rows, "unknown id is not described"),
        "row 'unknown id is not described' answers Describe with success though the id names no job",
        ("Describe [plain] -> ok: stays absent (unknown id is not described)",),
    ),
    Mistake(
        "every status shown is that of a state",
        lambda rows: answer(rows, "stop asked", "STOPPING"),
        "row 'stop asked' shows STOPPING, which no state shows",
        (STARTED, BEGUN, "Stop [plain] -> STOPPING: IN_PROGRESS to STOP_REQUESTED (stop asked)"),
    ),
    Mistake(
        "a read shows the state it finds",
        lambda rows: answer(rows, "described", "SUBMITTED"),
        "row 'described' shows SUBMITTED for a job that is IN_PROGRESS",
        (STARTED, BEGUN, "Describe [plain] -> SUBMITTED: stays IN_PROGRESS (described)"),
    ),
    Mistake(
        "an order shows the job before it or on its way",
        lambda rows: answer(rows, "stop asked", "SUBMITTED"),
        "row 'stop asked' shows SUBMITTED, which no read shows before the call, nor after it while the service goes on",
        (STARTED, BEGUN, "Stop [plain] -> SUBMITTED: IN_PROGRESS to STOP_REQUESTED (stop asked)"),
    ),
    Mistake(
        "a creation shows the first or the present status",
        lambda rows: answer(rows, "started", "IN_PROGRESS"),
        "row 'started' shows IN_PROGRESS, which is neither the first status of a job nor that of SUBMITTED",
        ("Start [plain] -> IN_PROGRESS: absent to SUBMITTED (started)",),
    ),
    Mistake(
        "an order obeyed twice is an order obeyed once",
        lambda rows: redirect(rows, "stop asked again", "STOPPED"),
        "row 'stop asked while queued' leads to STOP_REQUESTED, from where the same call moves the job on to STOPPED",
        (STARTED, STOPPING),
    ),
    Mistake(
        "every cell is covered",
        lambda rows: drop(rows, "stop asked"),
        "no row says what Stop answers in IN_PROGRESS",
        (STARTED, BEGUN),
    ),
    Mistake(
        "freedom is declared",
        lambda rows: add(
            rows,
            Transition(
                "not now", "IN_PROGRESS", call("Stop", refused("InvalidRequestException")), SAME, OURS, free=True
            ),
        ),
        "rows 'stop asked' and 'not now' both answer to Stop in IN_PROGRESS and are not both declared free",
        (STARTED, BEGUN, "Stop -> InvalidRequestException: stays IN_PROGRESS (not now)"),
    ),
    Mistake(
        "freedom is declared",
        lambda rows: add(rows, Transition("ends badly", "IN_PROGRESS", internal("complete"), "FAILED", OURS)),
        "rows 'finished' and 'ends badly' both answer to complete in IN_PROGRESS and are not both declared free",
        (STARTED, BEGUN, "complete: IN_PROGRESS to FAILED (ends badly)"),
    ),
    Mistake(
        "there is no trap",
        lambda rows: drop(rows, "stop took effect", "finished before the stop took effect"),
        "state STOP_REQUESTED is not terminal and nothing leads out of it",
        (STARTED, STOPPING),
    ),
    Mistake(
        "an end is always within reach",
        lambda rows: redirect(
            drop(rows, "finished", "failed", "finished before the stop took effect"), "stop took effect", "IN_PROGRESS"
        ),
        "once in IN_PROGRESS, STOP_REQUESTED, the job can never end",
        (STARTED, BEGUN),
    ),
    Mistake(
        "every state is reached",
        lambda rows: drop(rows, "stop took effect"),
        "state STOPPED is reached by no path",
        (),
        whole=True,
    ),
    Mistake(
        "every row is taken by some shortest path",
        lambda rows: drop(rows, "stop took effect"),
        "row 'a stopped job may be stopped again' is dead: no reachable state among STOPPED can take it",
        (),
        whole=True,
    ),
    Mistake(
        "every row is taken by some shortest path",
        lambda rows: add(rows, Transition("again", (ABSENT, "FAILED"), call("Create", ok(), when="plain"), SAME, OURS)),
        "row 'again' names FAILED, where no request of its classes can arise",
        (),
        TRAINING,
        whole=True,
    ),
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.message[:60])
def test_rejects_a_wrong_lifecycle_with_a_shortest_path(mistake: Mistake) -> None:
    right = mistake.lifecycle.rows()
    assert list(breaches(mistake.breaks, mistake.lifecycle, right)) == []
    found = list(breaches(mistake.breaks, mistake.lifecycle, mistake.change(right), whole=mistake.whole))
    told = {breach.message: tuple(map(str, breach.path)) for breach in found}
    assert mistake.message in told
    assert told[mistake.message] == mistake.path


def test_a_wrong_edge_of_a_combination_is_found_in_the_whole() -> None:
    """Combinations of readings are searched for wrong paths only: the whole has all their edges."""
    rows = answer(JOB.rows(), "described", "SUBMITTED")
    combined = list(failures(Graph(JOB, rows), View("a = b, c = d", rows, combined=True)))
    whole = list(failures(Graph(JOB, rows), View("all readings", rows, whole=True)))
    assert combined == []
    assert {failure.check for failure in whole} == {"a read shows the state it finds"}


def test_every_safety_property_is_broken_by_some_mistake() -> None:
    assert {mistake.breaks for mistake in MISTAKES} == {property_.name for property_ in SAFETY}


def test_a_lifecycle_without_terminal_states_has_no_end_by_nature() -> None:
    lifecycle = apis.load("dataarts").lifecycle("job")
    assert not any(state.terminal for state in lifecycle.states)
    assert list(breaches("an end is always within reach", lifecycle, lifecycle.rows())) == []


def test_an_edge_reads_as_a_sentence() -> None:
    edge = Edge("SUBMITTED", row_of(JOB.rows(), "picked up"), "IN_PROGRESS")
    assert str(edge) == BEGUN
    assert edge.moves and edge.is_internal
