"""Named safety properties of a lifecycle, each decided on its graph: what no reachable state or edge may do.

A property is data: its name, the sentence it formalises, and a search for what breaks it. What breaks it comes with a
shortest path that shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from haltspec.lts import ABSENT, PLAIN, Call, Role
from haltspec.verification.explore import Edge, Graph, View
from haltspec.verification.graphs import components

Shown = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Breach:
    """What breaks a property: what is wrong, and a shortest path (stem, and for an endless run its cycle)."""

    message: str
    path: tuple[Edge, ...] = ()
    cycle: tuple[Edge, ...] = ()


@dataclass(frozen=True, slots=True)
class Safety:
    """A safety property of lifecycles.

    Args:
        name: for people, unique.
        sentence: what it says.
        breaches: yields whatever breaks it in a graph under a view.
        of_paths: it looks at more than the rows that leave one state and the state they lead to.
    """

    name: str
    sentence: str
    breaches: Callable[[Graph, View], Iterator[Breach]]
    of_paths: bool = False


def _edges(wrong: Callable[[Graph, Edge], str | None]) -> Callable[[Graph, View], Iterator[Breach]]:
    """A property of every edge by itself."""

    def breaches(graph: Graph, _view: View) -> Iterator[Breach]:
        for edge in graph.edges:
            message = wrong(graph, edge)
            if message:
                yield Breach(f"row {edge.row.name!r} {message}", graph.path_over(edge))

    return breaches


# ---- where rows may lead --------------------------------------------------------------------------------------------


def _leaves_terminal(graph: Graph, edge: Edge) -> str | None:
    if graph.is_terminal(edge.source) and edge.moves and graph.role(edge) is not Role.DELETE:
        return f"leaves the terminal state {edge.source} for {edge.target}"
    return None


def _refusal_moves(_graph: Graph, edge: Edge) -> str | None:
    label = edge.row.label
    if isinstance(label, Call) and label.reply.error is not None and edge.moves:
        return f"refuses the call with {label.reply.error} and yet moves the job from {edge.source} to {edge.target}"
    return None


def _read_moves(graph: Graph, edge: Edge) -> str | None:
    if graph.role(edge) in (Role.READ, Role.LIST) and edge.moves:
        return f"moves the job from {edge.source} to {edge.target} by reading it"
    return None


def _begins_uncreated(graph: Graph, edge: Edge) -> str | None:
    if edge.source == ABSENT and edge.moves and graph.role(edge) is not Role.CREATE:
        return f"makes a job that is {edge.target} though none was created"
    return None


def _creation_repeated(graph: Graph, edge: Edge) -> str | None:
    if edge.source != ABSENT and edge.moves and graph.role(edge) is Role.CREATE:
        return f"moves the job that is there from {edge.source} to {edge.target}"
    return None


def _vanishes(graph: Graph, _view: View) -> Iterator[Breach]:
    kept = {state: [e for e in out if graph.role(e) is not Role.DELETE] for state, out in graph.out.items()}
    alive = Graph.paths_over(kept)
    for state in alive.nodes:
        for edge in kept[state]:
            if edge.moves and edge.target == ABSENT:
                yield Breach(
                    f"row {edge.row.name!r} makes the job disappear though nobody deleted it", (*alive.to(state), edge)
                )


# ---- what answers may say -------------------------------------------------------------------------------------------


def _shown(graph: Graph, state: str) -> Shown:
    return graph.lifecycle.state(state).shows


def _answer(graph: Graph, edge: Edge) -> Shown | None:
    """The status that the edge's answer shows; None if it is no success, or shows none."""
    label = edge.row.label
    if not isinstance(label, Call) or label.reply.error is not None:
        return None
    return label.reply.shows if label.reply.shows is not None else _shown(graph, edge.target) or None


def _unknown_answered(graph: Graph, edge: Edge) -> str | None:
    label = edge.row.label
    if edge.source != ABSENT or graph.role(edge) not in (Role.READ, Role.ORDER) or not isinstance(label, Call):
        return None
    if (
        label.reply.error is not None
        or PLAIN not in edge.classes
        or graph.lifecycle.operation(label.operation).on_parent
    ):
        return None
    return f"answers {label.operation} with success though the id names no job"


def _shows_no_state(graph: Graph, edge: Edge) -> str | None:
    shown = _answer(graph, edge)
    if shown is None or any(state.shows == shown for state in graph.lifecycle.states):
        return None
    return f"shows {'/'.join(shown)}, which no state shows"


def _reads_otherwise(graph: Graph, edge: Edge) -> str | None:
    shown = _answer(graph, edge)
    if graph.role(edge) not in (Role.READ, Role.LIST) or edge.source == ABSENT or shown is None:
        return None
    here = _shown(graph, edge.source)
    return None if shown == here else f"shows {'/'.join(shown)} for a job that is {edge.source}"


def _order_shows_otherwise(graph: Graph, edge: Edge) -> str | None:
    shown = _answer(graph, edge)
    if graph.role(edge) not in (Role.ORDER, Role.DELETE) or edge.source == ABSENT or shown is None:
        return None
    if shown in (_shown(graph, state) for state in (edge.source, *graph.onward(edge.target))):
        return None
    return f"shows {'/'.join(shown)}, which no read shows before the call, nor after it while the service goes on"


def _creation_shows_otherwise(graph: Graph, edge: Edge) -> str | None:
    shown = _answer(graph, edge)
    if graph.role(edge) is not Role.CREATE or shown is None:
        return None
    firsts = {_shown(graph, e.target) for e in graph.out[ABSENT] if graph.role(e) is Role.CREATE}
    if shown in firsts | {_shown(graph, edge.target)}:
        return None
    return f"shows {'/'.join(shown)}, which is neither the first status of a job nor that of {edge.target}"


def _order_not_idempotent(graph: Graph, edge: Edge) -> str | None:
    label = edge.row.label
    if graph.role(edge) is not Role.ORDER or not isinstance(label, Call) or not edge.moves:
        return None
    for again in graph.out[edge.target]:
        other = again.row.label
        same = isinstance(other, Call) and other.operation == label.operation and set(again.classes) & set(edge.classes)
        if same and again.moves:
            return f"leads to {edge.target}, from where the same call moves the job on to {again.target}"
    return None


# ---- completeness ---------------------------------------------------------------------------------------------------


def _uncovered(graph: Graph, _view: View) -> Iterator[Breach]:
    covered = {
        (edge.source, edge.row.label.operation, cls)
        for edge in graph.edges
        for cls in edge.classes
        if isinstance(edge.row.label, Call)
    }
    for state, operation, cls in graph.lifecycle.cells():
        if state in graph.paths and (state, operation, cls) not in covered:
            asked = operation if cls == PLAIN else f"{operation} [{cls}]"
            yield Breach(f"no row says what {asked} answers in {state}", graph.paths.to(state))


def _undeclared_freedom(graph: Graph, view: View) -> Iterator[Breach]:
    seen: dict[tuple[str, str, str], list[Edge]] = {}
    for edge in graph.edges:
        label = edge.row.label
        if isinstance(label, Call):
            for cls in edge.classes:
                seen.setdefault((edge.source, label.operation, cls), []).append(edge)
        else:
            seen.setdefault((edge.source, label.event, "internal"), []).append(edge)
    reported: set[tuple[str, str]] = set()
    for (state, event, _), edges in seen.items():
        for index, first in enumerate(edges):
            for other in edges[index + 1 :]:
                pair = (first.row.name, other.row.name)
                declared = first.row.free and other.row.free
                if not declared and view.together(first.row, other.row) and pair not in reported:
                    reported.add(pair)
                    yield Breach(
                        f"rows {first.row.name!r} and {other.row.name!r} both answer to {event} in {state} "
                        "and are not both declared free",
                        graph.path_over(other),
                    )


def _trap(graph: Graph, _view: View) -> Iterator[Breach]:
    for state in graph.paths.nodes:
        if not graph.is_terminal(state) and state != ABSENT and not any(e.moves for e in graph.out[state]):
            yield Breach(f"state {state} is not terminal and nothing leads out of it", graph.paths.to(state))


def _no_end(graph: Graph, _view: View) -> Iterator[Breach]:
    """Bottom components without an end; a lifecycle with no terminal state has no end by nature."""
    if not any(state.terminal for state in graph.lifecycle.states):
        return
    nodes = graph.paths.nodes
    for component in components(nodes, lambda state: [e.target for e in graph.out[state]]):
        inside = set(component)
        left = any(e.target not in inside for state in component for e in graph.out[state])
        ends = ABSENT in inside or any(graph.is_terminal(state) for state in component)
        if not left and not ends and len(component) > 1:  # a single state is a trap
            nearest = next(state for state in nodes if state in inside)
            listed = ", ".join(state for state in nodes if state in inside)
            yield Breach(f"once in {listed}, the job can never end", graph.paths.to(nearest))


def _unreached(graph: Graph, view: View) -> Iterator[Breach]:
    if view.whole:
        for state in graph.lifecycle.states:
            if state.name not in graph.paths:
                yield Breach(f"state {state.name} is reached by no path")


def _dead(graph: Graph, view: View) -> Iterator[Breach]:
    if not view.whole:
        return
    taken = graph.witnesses()
    for row in graph.rows:
        if row.name not in taken:
            yield Breach(f"row {row.name!r} is dead: no reachable state among {', '.join(row.states)} can take it")
    for row, state in graph.idle:
        if row.name in taken:
            yield Breach(f"row {row.name!r} names {state}, where no request of its classes can arise")


SAFETY: Final = (
    Safety(
        "nothing leaves a terminal state",
        "A job in a terminal state stays in it until it is deleted.",
        _edges(_leaves_terminal),
    ),
    Safety(
        "a refused call changes nothing",
        "A call answered with an error leaves the job as it was.",
        _edges(_refusal_moves),
    ),
    Safety("a read changes nothing", "Describing or listing a job leaves it as it was.", _edges(_read_moves)),
    Safety(
        "a job begins only by its creation", "From absent, nothing but a creation leads out.", _edges(_begins_uncreated)
    ),
    Safety(
        "a job disappears only by its deletion",
        "No job becomes absent unless it was deleted.",
        _vanishes,
        of_paths=True,
    ),
    Safety(
        "a repeated creation moves nothing",
        "A creation that meets the job it made before leaves it as it is.",
        _edges(_creation_repeated),
    ),
    Safety(
        "an id that was never given is never answered",
        "Reading or ordering under an id that names no job is refused.",
        _edges(_unknown_answered),
    ),
    Safety(
        "every status shown is that of a state",
        "An answer shows nothing that no state of the lifecycle shows.",
        _edges(_shows_no_state),
    ),
    Safety(
        "a read shows the state it finds",
        "A description or listing shows the status of the job's state.",
        _edges(_reads_otherwise),
    ),
    Safety(
        "an order shows the job before it or on its way",
        "The reply to an order shows a status that a read shows just before it, or later as it is carried out.",
        _edges(_order_shows_otherwise),
        of_paths=True,
    ),
    Safety(
        "a creation shows the first or the present status",
        "The reply to a creation shows the status a job begins with, or the one it has.",
        _edges(_creation_shows_otherwise),
        of_paths=True,
    ),
    Safety(
        "an order obeyed twice is an order obeyed once",
        "An order repeated at once leaves the job where the first one put it.",
        _edges(_order_not_idempotent),
    ),
    Safety(
        "every cell is covered",
        "In every reachable state every call that can arise has a row.",
        _uncovered,
        of_paths=True,
    ),
    Safety(
        "freedom is declared",
        "Where two rows answer the same call, or follow the same event, both say that they are free.",
        _undeclared_freedom,
    ),
    Safety("there is no trap", "Every state that is not terminal has a way out.", _trap, of_paths=True),
    Safety(
        "an end is always within reach",
        "No set of states that is never left is without an end.",
        _no_end,
        of_paths=True,
    ),
    Safety(
        "every state is reached",
        "Under all readings together, every state has a path to it.",
        _unreached,
        of_paths=True,
    ),
    Safety(
        "every row is taken by some shortest path",
        "Under all readings together, every row can be taken from each state it names.",
        _dead,
        of_paths=True,
    ),
)
"""The safety properties decided for every lifecycle."""
