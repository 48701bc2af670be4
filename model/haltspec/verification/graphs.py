"""Graph search over hashable nodes: shortest paths, and strongly connected components. Knows nothing of lifecycles."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

Node = TypeVar("Node", bound=Hashable)
NodeCo = TypeVar("NodeCo", bound=Hashable, covariant=True)


class Arc(Protocol[NodeCo]):
    """An arc of a graph: it leads from `source` to `target`."""

    @property
    def source(self) -> NodeCo:
        """Where it begins."""
        ...

    @property
    def target(self) -> NodeCo:
        """Where it leads."""
        ...


ArcT = TypeVar("ArcT", bound=Arc[Any])


class Paths(Generic[Node, ArcT]):
    """The nodes reachable from `starts` over `arcs`, breadth first, with a shortest path to each.

    Args:
        starts: where paths begin, in order of preference.
        arcs: the arcs that leave each node, in order of preference.
        avoid: nodes that no path touches.
    """

    def __init__(self, starts: Iterable[Node], arcs: Mapping[Node, Sequence[ArcT]], avoid: Iterable[Node] = ()) -> None:
        closed = frozenset(avoid)
        self._into: dict[Node, ArcT | None] = {start: None for start in starts if start not in closed}
        todo = deque(self._into)
        while todo:
            for arc in arcs.get(todo.popleft(), ()):
                if arc.target not in self._into and arc.target not in closed:
                    self._into[arc.target] = arc
                    todo.append(arc.target)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The reachable nodes, nearest first."""
        return tuple(self._into)

    def __contains__(self, node: Node) -> bool:
        return node in self._into

    def to(self, node: Node) -> tuple[ArcT, ...]:
        """The arcs of a shortest path to `node`; raises KeyError if it cannot be reached."""
        back: list[ArcT] = []
        arc = self._into[node]
        while arc is not None:
            back.append(arc)
            arc = self._into[arc.source]
        return tuple(reversed(back))


def components(nodes: Iterable[Node], successors: Callable[[Node], Iterable[Node]]) -> list[tuple[Node, ...]]:
    """The strongly connected components, each before those that lead to it (Tarjan's algorithm, without recursion).

    Successors outside `nodes` are left out of account.
    """
    own = dict.fromkeys(nodes)
    number: dict[Node, int] = {}
    low: dict[Node, int] = {}
    stack: dict[Node, None] = {}
    found: list[tuple[Node, ...]] = []

    def enter(node: Node) -> None:
        number[node] = low[node] = len(number)
        stack[node] = None
        work.append((node, iter([n for n in successors(node) if n in own])))

    for root in own:
        work: list[tuple[Node, Any]] = []
        if root not in number:
            enter(root)
        while work:
            node, rest = work[-1]
            onward = next((n for n in rest if n not in number or n in stack), None)
            if onward is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == number[node]:
                    found.append(_cut(stack, node))
            elif onward in number:
                low[node] = min(low[node], number[onward])
            else:
                enter(onward)
    return found


def _cut(stack: dict[Node, None], node: Node) -> tuple[Node, ...]:
    """Take everything from `node` up off the stack."""
    taken = []
    while True:
        top, _ = stack.popitem()
        taken.append(top)
        if top == node:
            return tuple(reversed(taken))
