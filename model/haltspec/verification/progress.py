"""Progress under fairness, decided by strongly connected components (not by bounded search).

The service is *strongly fair*: a row of its own that can be taken again and again is taken again and again. Clients owe
nothing: they may call anything, for ever, or fall silent; nor does whoever moves jobs from outside the API. A `LeadsTo`
fails iff, after a state of its start, some fair endless run stays clear of its end; resting for ever counts as such a
run where the service has no row to take.

Such a run exists iff some set of states can be run through for ever in which every service row that can be taken
somewhere is also taken without leaving the set. `fair_run` finds one by cutting components: a row that can be taken in
a component only by leaving it would have to be taken at last, so the states where it can be taken are cut out and the
rest is decomposed again (Streett's condition, Emerson and Lei 1987).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic

from haltspec.lts import ABSENT, Call, Internal, LeadsTo, Role
from haltspec.verification.explore import Edge, Graph
from haltspec.verification.graphs import ArcT, Node, Paths, components
from haltspec.verification.safety import Breach


@dataclass(frozen=True, slots=True)
class Run(Generic[ArcT]):
    """An endless fair run: `stem` once, then `cycle` for ever; an empty cycle is resting for ever."""

    stem: tuple[ArcT, ...]
    cycle: tuple[ArcT, ...]


class Arena(Generic[Node, ArcT]):
    """A graph in which some arcs are owed: `act` gives the fair act an arc belongs to, or "" if nobody owes it."""

    def __init__(self, arcs: Mapping[Node, Sequence[ArcT]], act: Callable[[ArcT], str]) -> None:
        self.arcs = arcs
        self.act = act

    def owed(self, nodes: Iterable[Node]) -> set[str]:
        """The fair acts that can be done somewhere in `nodes`."""
        return {act for node in nodes for arc in self.arcs.get(node, ()) if (act := self.act(arc))}

    def _done(self, nodes: frozenset[Node]) -> set[str]:
        """The fair acts that can be done in `nodes` without leaving them."""
        inner = (arc for node in nodes for arc in self.arcs.get(node, ()) if arc.target in nodes)
        return {act for arc in inner if (act := self.act(arc))}

    def fair_sets(self, nodes: Iterable[Node]) -> Iterator[frozenset[Node]]:
        """The largest sets within `nodes` through all of which a fair run can go for ever."""
        regions = [tuple(nodes)]
        while regions:
            for component in components(regions.pop(), lambda node: [arc.target for arc in self.arcs.get(node, ())]):
                own = frozenset(component)
                missing = self.owed(own) - self._done(own)
                if not missing:
                    yield own
                elif kept := tuple(node for node in component if not missing & self.owed([node])):
                    regions.append(kept)

    def fair_run(self, starts: Iterable[Node], avoid: Iterable[Node] = ()) -> Run[ArcT] | None:
        """A fair endless run from one of `starts` that never touches `avoid`; None if there is none.

        Its stem is a shortest one to any state from which the run need not leave a fair set.
        """
        paths: Paths[Node, ArcT] = Paths(starts, self.arcs, avoid)
        fair = {node: own for own in self.fair_sets(paths.nodes) for node in own}
        entry = next((node for node in paths.nodes if node in fair), None)
        if entry is None:
            return None
        return Run(paths.to(entry), self._cycle(entry, self._least(entry, fair[entry])))

    def _least(self, entry: Node, own: frozenset[Node]) -> frozenset[Node]:
        """A fair set within `own` that holds `entry` and no fair set that lacks one more state."""
        for node in sorted(own - {entry}, key=str):
            if node in own:
                own = next((less for less in self.fair_sets(own - {node}) if entry in less), own)
        return own

    def _cycle(self, entry: Node, own: frozenset[Node]) -> tuple[ArcT, ...]:
        """A closed walk from `entry` within `own` that does every act owed there."""
        inner = {node: [arc for arc in self.arcs.get(node, ()) if arc.target in own] for node in own}
        walk: list[ArcT] = []
        here, owed = entry, self.owed(own)
        while owed:
            paths: Paths[Node, ArcT] = Paths((here,), inner)
            arc = next(arc for node in paths.nodes for arc in inner[node] if self.act(arc) in owed)
            steps: tuple[ArcT, ...] = (*paths.to(arc.source), arc)
            owed -= {self.act(step) for step in steps}
            walk += steps
            here = arc.target
        home: Paths[Node, ArcT] = Paths((here,), inner)
        return (*walk, *home.to(entry))


def _service(edge: Edge) -> str:
    label = edge.row.label
    return edge.row.name if isinstance(label, Internal) and label.owed else ""


def _arena(graph: Graph, prop: LeadsTo, *, with_calls: bool) -> Arena[str, Edge]:
    """The moves a run may make: the service's, and with calls those of everybody who does not give the job up."""

    def may(edge: Edge) -> bool:
        label = edge.row.label
        if not isinstance(label, Call):
            return with_calls or label.owed
        # A call that moves nothing is no different from resting.
        return with_calls and edge.moves and graph.role(edge) is not Role.DELETE and label.operation not in prop.unless

    out: dict[str, list[Edge]] = {state: [e for e in edges if may(e)] for state, edges in graph.out.items()}
    out[ABSENT] = []  # what is created then is another job
    return Arena(out, _service)


def breaches(graph: Graph, prop: LeadsTo) -> Iterator[Breach]:
    """What breaks a progress property: at most one run, of the service alone if there is one, else with calls."""
    starts = [state for state in graph.paths.nodes if state in prop.start]
    with_calls = _arena(graph, prop, with_calls=True)
    if with_calls.fair_run(starts, prop.end) is None:  # what the service can do alone it can do with calls as well
        return
    alone = _shortest(graph, _arena(graph, prop, with_calls=False), starts, prop.end)
    run = alone or _shortest(graph, with_calls, starts, prop.end)
    assert run is not None
    yield Breach(_told(run, with_calls=alone is None), run.stem, run.cycle)


def _shortest(graph: Graph, arena: Arena[str, Edge], starts: list[str], end: tuple[str, ...]) -> Run[Edge] | None:
    """The run with the shortest stem, counted from before the job exists."""
    found: list[Run[Edge]] = []
    for start in starts:
        run = arena.fair_run([start], end)
        if run is not None:
            found.append(Run((*graph.paths.to(start), *run.stem), run.cycle))
    return min(found, key=lambda run: len(run.stem), default=None)


def _told(run: Run[Edge], *, with_calls: bool) -> str:
    who = "others can prevent it" if with_calls else "the service can miss it by itself"
    if run.cycle:
        return f"{who}: the cycle below is fair and can go on for ever"
    rests = run.stem[-1].target
    return f"{who}: in {rests} the service has nothing left to do"


def is_vacuous(graph: Graph, prop: LeadsTo) -> bool:
    """True if no state of the property's start can be reached."""
    return not any(state in graph.paths for state in prop.start)
