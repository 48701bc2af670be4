"""Exhaustive exploration of one lifecycle: every view of it, every state and edge, a shortest path to each.

A *view* is the lifecycle under one choice of readings. `views` gives those that are verified: the defaults, every
single reading that is not the default, combinations of those that move the job, and all readings together. Readings
that move nothing change no path, so one at a time is enough for them. What holds in a view is decided in
`haltspec.verification.safety` and `haltspec.verification.progress`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, product
from math import prod
from typing import Final

from haltspec.lts import ABSENT, Call, Internal, Lifecycle, Role, Transition
from haltspec.verification.graphs import Paths


@dataclass(frozen=True, slots=True)
class View:
    """A lifecycle under one choice of readings.

    Args:
        name: "the default readings", "QUESTION = READING", "all readings".
        rows: the rows that hold.
        whole: every reading at once, so that every row and state must have its use.
        combined: several readings that are not the defaults: nothing new can be wrong with an edge by itself, since the
            whole has every edge of it, but with paths.
        origin: for a row of a reading, its (question, reading): two readings of one question never hold together.
    """

    name: str
    rows: tuple[Transition, ...]
    whole: bool = False
    combined: bool = False
    origin: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def together(self, first: Transition, second: Transition) -> bool:
        """True if some choice of readings has both rows."""
        one, other = self.origin.get(first.name), self.origin.get(second.name)
        return one is None or other is None or one[0] != other[0] or one[1] == other[1]


DEFAULT: Final = "the default readings"
"""The name of the view in which every open question has its default reading."""

MOST: Final = 64
"""If more choices than this can be made of the readings that move the job, they are taken in pairs."""


def views(lifecycle: Lifecycle) -> Iterator[View]:
    """The views to verify, the defaults first, all readings together last."""
    origin = {row.name: (q.name, r.name) for q in lifecycle.questions for r in q.readings for row in r.rows}
    yield View(DEFAULT, lifecycle.rows(), origin=origin)
    for choice in _choices(lifecycle):
        name = ", ".join(f"{question} = {reading}" for question, reading in choice.items())
        yield View(name, lifecycle.rows(choice), combined=len(choice) > 1, origin=origin)
    yield View("all readings", lifecycle.all_rows(), whole=True, origin=origin)


def _choices(lifecycle: Lifecycle) -> Iterator[dict[str, str]]:
    """Every single reading but the defaults, then every combination of those that move the job."""
    others = {q: [r.name for r in q.readings if r.name != q.default] for q in lifecycle.questions}
    yield from ({q.name: reading} for q, readings in others.items() for reading in readings)
    moving = [q for q in others if any(_moves(row) for r in q.readings for row in r.rows)]
    most = len(moving) if prod(len(q.readings) for q in moving) <= MOST else 2
    for size in range(2, most + 1):
        for some in combinations(moving, size):
            for readings in product(*(others[q] for q in some)):
                yield {q.name: reading for q, reading in zip(some, readings, strict=True)}


def _moves(row: Transition) -> bool:
    return any(row.target_from(state) != state for state in row.states)


@dataclass(frozen=True, slots=True)
class Edge:
    """A row taken from one state; `classes` are the request classes for which it can arise (none if internal)."""

    source: str
    row: Transition
    target: str
    classes: tuple[str, ...] = ()

    @property
    def moves(self) -> bool:
        """True if the job's state changes."""
        return self.source != self.target

    @property
    def is_internal(self) -> bool:
        """True if the service makes it by itself."""
        return isinstance(self.row.label, Internal)

    def __str__(self) -> str:
        leads = f"{self.source} to {self.target}" if self.moves else f"stays {self.source}"
        return f"{self.row.label}: {leads} ({self.row.name})"


class Graph:
    """The states and edges of a lifecycle under some rows.

    Args:
        lifecycle: gives states, operations and cells.
        rows: the rows that hold; they need not be those of the lifecycle (a mutant), but name its states.
    """

    def __init__(self, lifecycle: Lifecycle, rows: tuple[Transition, ...]) -> None:
        self.lifecycle = lifecycle
        self.rows = rows
        self._onward: dict[str, frozenset[str]] = {}
        self._roles = {operation.name: operation.role for operation in lifecycle.operations}
        self.out: dict[str, list[Edge]] = {state.name: [] for state in lifecycle.states}
        self.idle: list[tuple[Transition, str]] = []
        """Rows with a state they name in which no request of theirs can arise."""
        for row in rows:
            for state in row.states:
                self._add(row, state)
        self.paths = self.paths_over(self.out)

    @staticmethod
    def paths_over(out: Mapping[str, Sequence[Edge]]) -> Paths[str, Edge]:
        """The paths that begin where no job exists and take edges of `out` alone."""
        return Paths((ABSENT,), out)

    def _add(self, row: Transition, state: str) -> None:
        classes: tuple[str, ...] = ()
        if isinstance(row.label, Call):
            operation = self.lifecycle.operation(row.label.operation)
            claimed = row.label.when or operation.class_names
            classes = tuple(cls for cls in claimed if operation.arises(cls, state))
            if not classes:
                self.idle.append((row, state))
                return
        self.out[state].append(Edge(state, row, row.target_from(state), classes))

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """The edges that leave reachable states, nearest states first."""
        return tuple(edge for state in self.paths.nodes for edge in self.out[state])

    def role(self, edge: Edge) -> Role | None:
        """What the edge's operation does to a job; None if the edge is internal."""
        label = edge.row.label
        return self._roles[label.operation] if isinstance(label, Call) else None

    def onward(self, state: str) -> frozenset[str]:
        """Where a job can get from `state` by moves of the service alone, `state` included."""
        if state not in self._onward:
            seen, todo = {state}, [state]
            while todo:
                fresh = {edge.target for edge in self.out[todo.pop()] if edge.is_internal} - seen
                seen |= fresh
                todo.extend(fresh)
            self._onward[state] = frozenset(seen)
        return self._onward[state]

    def is_terminal(self, state: str) -> bool:
        """True if the lifecycle calls the state terminal."""
        return self.lifecycle.state(state).terminal

    def path_over(self, edge: Edge) -> tuple[Edge, ...]:
        """A shortest path whose last step is `edge`."""
        return (*self.paths.to(edge.source), edge)

    def witnesses(self) -> dict[str, tuple[Edge, ...]]:
        """For every row that can be taken, a shortest path that takes it last."""
        found: dict[str, tuple[Edge, ...]] = {}
        for edge in self.edges:  # nearest states first, hence the first path found is a shortest one
            if edge.row.name not in found:
                found[edge.row.name] = self.path_over(edge)
        return found
