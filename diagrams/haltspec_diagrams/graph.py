"""The drawing graph: what is in a picture of a lifecycle, and nothing about how it looks.

Lifecycle -> `draft.draw` -> `Drawing` -> a renderer (`dot`, `svg`, `mermaid`), which reads the drawing only.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from haltspec.errors import Unknown
from haltspec.lts import Grade

GONE: Final = "gone"
"""The id of the second dot of `absent`, where jobs that disappear go; that of another part is `gone 2`, and so on."""


class Mark(enum.Enum):
    """What an overlay says about a row; where an edge has several marked rows, the first in this order colours it."""

    PATH = "path"
    """The row is part of the shown counterexample or witness."""
    REMOVED = "removed"
    ADDED = "added"
    MISSED = "missed"
    """No run took the row."""
    TAKEN = "taken"
    """Some run took the row."""


def _first_mark(marks: Iterable[Mark | None]) -> Mark | None:
    found = set(marks)
    return next((mark for mark in Mark if mark in found), None)


class Shape(enum.Enum):
    """How a node is drawn."""

    BEGIN = "begin"
    """The dot of `absent` where jobs come from."""
    STATE = "state"
    TERMINAL = "terminal"
    GONE = "gone"
    """The dot of `absent` where jobs go that disappear."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the lifecycle as the picture shows it.

    Args:
        name: the row's name.
        operation: the operation called; empty if the row is internal.
        event: what happens, in one phrase: `Stop answers STOP_REQUESTED`, `the service: begin`.
        grade: how sure the rule is.
        source: where it comes from.
        reading: `QUESTION = READING` if it is a reading of a silent place, otherwise empty.
        mark: what the overlay says.
    """

    name: str
    operation: str
    event: str
    grade: Grade
    source: str
    reading: str = ""
    mark: Mark | None = None

    @property
    def about(self) -> str:
        """One sentence for a tooltip: name, event, grade, source, reading."""
        reading = f"; reading {self.reading}" if self.reading else ""
        return f"{self.name}: {self.event} ({self.grade}, {self.source}{reading})"


@dataclass(frozen=True, slots=True)
class Phrase:
    """A paragraph of a label: what rows of one operation (or internal ones) and one grade say together.

    Args:
        lead: the operation (empty: internal), with `?` if it is assumed (as readings of a silent place are), `~` if it
            is implied and shares its line with something stated.
        text: the name of the row; of several rows, what their names have in common and where they differ.
        rows: the rows.
    """

    lead: str
    text: str
    rows: tuple[Row, ...]

    @property
    def is_internal(self) -> bool:
        """True if the service makes the move by itself and nobody sees it."""
        return not self.rows[0].operation

    @property
    def grade(self) -> Grade:
        """The grade of its rows."""
        return self.rows[0].grade

    @property
    def mark(self) -> Mark | None:
        """The mark that colours it."""
        return _first_mark(row.mark for row in self.rows)

    @property
    def about(self) -> str:
        """Its tooltip: its rows, a line each."""
        return "\n".join(row.about for row in self.rows)

    @property
    def words(self) -> str:
        """All of it on one line: `Stop? stop asked while queued`."""
        return f"{self.lead} {self.text}".strip()


@dataclass(frozen=True, slots=True)
class Shown:
    """A state in a node: its name, what the vendor shows for it if that is another word, and a remark."""

    name: str
    shows: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A state, or several that share a node.

    Args:
        id: the name of the (first) state, for dots with the number of the part after the first; or `GONE` likewise.
        shape: state, terminal state, or one of the dots.
        states: what stands in it; for the dots, `absent`.
        notes: what keeps it.
    """

    id: str
    shape: Shape
    states: tuple[Shown, ...]
    notes: tuple[Phrase, ...] = ()

    @property
    def is_dot(self) -> bool:
        """True if it stands for `absent`."""
        return self.shape in (Shape.BEGIN, Shape.GONE)

    @property
    def about(self) -> str:
        """Its tooltip: its states with their remarks, then the rows of its notes, a line each."""
        states = (f"{state.name}: {state.remark}" if state.remark else state.name for state in self.states)
        return "\n".join((*states, *(note.about for note in self.notes)))


@dataclass(frozen=True, slots=True)
class Group:
    """A frame around nodes: an edge from it may leave each of them. `parent` is the frame around it, or empty."""

    id: str
    nodes: tuple[str, ...]
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """All rows with the same ends; `tail` is a node or a group, `head` a node."""

    tail: str
    head: str
    phrases: tuple[Phrase, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        """Its rows."""
        return tuple(row for phrase in self.phrases for row in phrase.rows)

    @property
    def grade(self) -> Grade:
        """The best grade of its rows."""
        return max(phrase.grade for phrase in self.phrases)

    @property
    def is_internal(self) -> bool:
        """True if nobody sees any of its rows happen."""
        return all(phrase.is_internal for phrase in self.phrases)

    @property
    def mark(self) -> Mark | None:
        """The mark that colours it."""
        return _first_mark(phrase.mark for phrase in self.phrases)

    @property
    def about(self) -> str:
        """Its tooltip: its rows, a line each."""
        return "\n".join(phrase.about for phrase in self.phrases)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture of one lifecycle; everything is in the order of the lifecycle's states and rows.

    Args:
        name: `API-LIFECYCLE`, also the stem of the file names.
        title: the caption.
        nodes: all states, `absent` first; `GONE` last if there is one.
        groups: frames, outer ones first.
        edges: the rows that move the job.
    """

    name: str
    title: str
    nodes: tuple[Node, ...]
    groups: tuple[Group, ...]
    edges: tuple[Edge, ...]

    def node(self, node_id: str) -> Node:
        """The node with this id; raises `Unknown`."""
        for node in self.nodes:
            if node.id == node_id:
                return node
        raise Unknown(f"node of {self.name}", node_id, (node.id for node in self.nodes))

    def members(self, end: str) -> tuple[str, ...]:
        """The ids of the nodes an edge's end stands for: those of a group, or the node itself."""
        return next((group.nodes for group in self.groups if group.id == end), (end,))

    def parts(self) -> tuple[Drawing, ...]:
        """The drawing taken apart where no edge joins it, each with its own dots."""
        part_of = {node.id: number for number, node in enumerate(self.nodes)}
        for edge in self.edges:
            joined = {part_of[node] for node in (*self.members(edge.tail), edge.head)}
            part_of = {node: min(joined) if part in joined else part for node, part in part_of.items()}
        return tuple(
            self._part({node for node in part_of if part_of[node] == part}) for part in sorted(set(part_of.values()))
        )

    def _part(self, nodes: set[str]) -> Drawing:
        return replace(
            self,
            nodes=tuple(node for node in self.nodes if node.id in nodes),
            groups=tuple(group for group in self.groups if nodes.issuperset(group.nodes)),
            edges=tuple(edge for edge in self.edges if edge.head in nodes),
        )

    def home(self, nodes: Iterable[str]) -> str:
        """The id of the innermost group that holds all of `nodes`, or empty."""
        wanted = set(nodes)
        return next((group.id for group in reversed(self.groups) if wanted.issubset(group.nodes)), "")
