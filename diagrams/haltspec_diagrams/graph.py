"""The drawing graph: what of a lifecycle is shown in a picture, and nothing about how.

Lifecycle -> `draw` -> `Drawing` -> a renderer (`dot`, `svg`, `mermaid`), which reads the drawing only. What is shown:

- A row that moves the job is (part of) an edge; rows with the same ends share one edge, of the best of their grades.
- A row that leaves several states for the same target is drawn once, from a frame around those states, where that
  spares edges and frames can be nested without crossing; otherwise once from each state.
- Four states or more to which a family of rows leads (`ended: PASSED`, `ended: FAILED`, ...) share one node; what holds
  of some of them only says so. Moves from one of them to another are a note in the node.
- An order or deletion that keeps the state is a note inside the state. Reads, lists, creations that are answered
  for an existing job, and calls on a job that does not exist keep the state too and are left out.
- `absent` is drawn as a dot: once as the beginning and, if jobs disappear, once as the end. Where the other states fall
  apart without it (batch jobs and real-time jobs, say), each part has dots of its own.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Final

from haltspec.errors import Unknown
from haltspec.lts import ABSENT, ANY_ERROR, Call, Grade, Lifecycle, Role, State, Transition

GONE: Final = "gone"
"""The id of the second dot of `absent`, where jobs that disappear go; that of another part is `gone 2`, and so on."""

CROWD: Final = 4
"""So many states at least share a node."""

WORTH: Final = 2
"""So many edges at least must be spared by a frame."""

NO_EFFECT: Final = "no effect"
"""The answer of a call that succeeds and keeps the state."""


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


def draw(lifecycle: Lifecycle, *, overlay: Mapping[str, Mark] | None = None) -> Drawing:
    """The drawing of a lifecycle under all readings together.

    Args:
        lifecycle: what to draw.
        overlay: row name to mark, for any of the lifecycle's rows (rows that are not drawn may be marked too).

    Raises:
        Unknown: the overlay names a row that the lifecycle does not have.
    """
    marks = dict(overlay or {})
    names = [row.name for row in lifecycle.all_rows()]
    for name in marks:
        if name not in names:
            raise Unknown(f"row of {lifecycle.full_name}", name, names)
    return _Draft(lifecycle, _shown_rows(lifecycle, marks), _node_of(lifecycle)).drawing()


# ---- rows -----------------------------------------------------------------------------------------------------------


def _shown_rows(lifecycle: Lifecycle, marks: Mapping[str, Mark]) -> dict[str, Row]:
    readings = {
        row.name: f"{question.name!r} = {reading.name!r}"
        for question in lifecycle.questions
        for reading in question.readings
        for row in reading.rows
    }
    return {
        row.name: Row(
            name=row.name,
            operation=row.label.operation if isinstance(row.label, Call) else "",
            event=_event(row),
            grade=row.grade,
            source=str(row.source),
            reading=readings.get(row.name, ""),
            mark=marks.get(row.name),
        )
        for row in lifecycle.all_rows()
    }


def _event(row: Transition) -> str:
    label = row.label
    if not isinstance(label, Call):
        return f"{'somebody outside this API' if label.outside else 'the service'}: {label.event}"
    when = f" [{', '.join(label.when)}]" if label.when not in ((), ("plain",)) else ""
    return f"{label.operation}{when} answers {label.reply}"


def _sources(row: Transition) -> tuple[str, ...]:
    """The states that the row moves the job out of."""
    return tuple(state for state in row.states if row.target_from(state) != state)


# ---- states that share a node ---------------------------------------------------------------------------------------


def _node_of(lifecycle: Lifecycle) -> dict[str, str]:
    """For each state the id of its node: the name of the first state there."""
    order = [state.name for state in lifecycle.states]
    node_of = {name: name for name in order}
    placed: set[str] = set()
    for crowd in _crowds(lifecycle):
        if not crowd & placed:
            node_of.update(dict.fromkeys(crowd, min(crowd, key=order.index)))
            placed |= crowd
    return node_of


def _crowds(lifecycle: Lifecycle) -> list[frozenset[str]]:
    """Sets of states to each of which a family of rows leads, large ones first.

    A family are rows whose names differ in their targets' names only: `ended: PASSED`, `ended: FAILED`.
    """
    families: dict[str, set[str]] = {}
    for row in lifecycle.all_rows():
        if row.target in row.name.split():
            family = " ".join("*" if word == row.target else word for word in row.name.split())
            families.setdefault(family, set()).add(row.target)
    crowds = {
        frozenset(targets)
        for targets in families.values()
        if len(targets) >= CROWD and len({lifecycle.state(target).terminal for target in targets}) == 1
    }
    return sorted(crowds, key=lambda crowd: (-len(crowd), sorted(crowd)))


# ---- nodes, groups, edges -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Draft:
    """A lifecycle on its way to a drawing: its rows as they are shown, and for each state its node."""

    lifecycle: Lifecycle
    rows: Mapping[str, Row]
    node_of: Mapping[str, str]
    members: Mapping[str, tuple[str, ...]] = field(init=False)
    """The states of each node."""
    part_of: Mapping[str, int] = field(init=False)
    """For each node but `absent` the number of its part, from 1."""

    def __post_init__(self) -> None:
        members: dict[str, tuple[str, ...]] = {}
        for state, node in self.node_of.items():
            members[node] = (*members.get(node, ()), state)
        object.__setattr__(self, "members", members)
        object.__setattr__(self, "part_of", _parts(self.lifecycle, self.node_of))

    def drawing(self) -> Drawing:
        groups = self.groups()
        return Drawing(
            name=f"{self.lifecycle.api}-{self.lifecycle.name}",
            title=f"{self.lifecycle.full_name}: {self.lifecycle.title}",
            nodes=tuple(self.nodes()),
            groups=groups,
            edges=tuple(self.edges(groups)),
        )

    # nodes

    def nodes(self) -> Iterator[Node]:
        absent = Shown(ABSENT, remark=self.lifecycle.state(ABSENT).note)
        parts = sorted(set(self.part_of.values()))
        for part in parts:
            yield Node(_dot(ABSENT, part), Shape.BEGIN, (absent,))
        for node in self.part_of:
            states = tuple(map(self.lifecycle.state, self.members[node]))
            shape = Shape.TERMINAL if states[0].terminal else Shape.STATE
            shown = tuple(_shown(self.lifecycle, state) for state in states)
            yield Node(node, shape, shown, (*self.moves_inside(node), *self.keeping(node)))
        for part in parts:
            if any(row.target == ABSENT and self.leaves(row).get(part) for row in self.lifecycle.all_rows()):
                yield Node(_dot(GONE, part), Shape.GONE, (absent,))

    def leaves(self, row: Transition) -> dict[int, tuple[str, ...]]:
        """The nodes that the row leaves, by part; `absent` belongs to the part that the row leads to."""
        found: dict[int, tuple[str, ...]] = {}
        for node in dict.fromkeys(self.node_of[state] for state in _sources(row)):
            part = self.part_of[self.node_of[row.target] if node == ABSENT else node]
            found[part] = (*found.get(part, ()), node)
        return found

    def moves_inside(self, node: str) -> Iterator[Phrase]:
        """The rows that lead from one state of the node to another."""
        rows = [row for row in self.lifecycle.all_rows() if self.node_of.get(row.target) == node]
        inside = [row for row in rows if any(self.node_of[state] == node for state in _sources(row))]
        yield from self.phrases(inside, (node,), node, Grade.ASSUMED)

    def keeping(self, node: str) -> Iterator[Phrase]:
        """The orders and deletions that keep the state."""
        kept = [row for row in self.lifecycle.all_rows() if any(self.keeps(row, state) for state in self.members[node])]
        kept.sort(key=lambda row: _lead(self.rows[row.name]))
        for lead, same in groupby(kept, key=lambda row: _lead(self.rows[row.name])):
            rows = tuple(same)
            answers = dict.fromkeys(self.answer(row, node) for row in rows)
            yield Phrase(f"{lead}:", " or ".join(answers), tuple(self.rows[row.name] for row in rows))

    def keeps(self, row: Transition, state: str) -> bool:
        if state not in row.states or row.target_from(state) != state or not isinstance(row.label, Call):
            return False
        return self.lifecycle.operation(row.label.operation).role in (Role.ORDER, Role.DELETE)

    def answer(self, row: Transition, node: str) -> str:
        assert isinstance(row.label, Call)
        where = [state for state in self.members[node] if self.keeps(row, state)]
        error = "any refusal" if row.label.reply.error == ANY_ERROR else row.label.reply.error
        return (error or NO_EFFECT) + _only(where, self.members[node])

    # groups

    def groups(self) -> tuple[Group, ...]:
        """Frames around the sources of rows that leave several nodes; larger ones first, none crossing another."""
        order = list(self.members)
        targets: dict[frozenset[str], set[str]] = {}
        for row in self.lifecycle.all_rows():
            for nodes in self.leaves(row).values():
                targets.setdefault(frozenset(nodes), set()).add(row.target)
        frames: list[frozenset[str]] = []
        for frame in sorted(targets, key=lambda frame: (-len(frame), sorted(map(order.index, frame)))):
            spared = (len(frame) - 1) * len(targets[frame])
            if spared >= WORTH and all(frame < other or not frame & other for other in frames):
                frames.append(frame)
        ids = {frame: f"any-{number}" for number, frame in enumerate(frames, 1)}
        return tuple(
            Group(ids[frame], tuple(sorted(frame, key=order.index)), _around(frame, frames, ids)) for frame in frames
        )

    # edges

    def edges(self, groups: tuple[Group, ...]) -> Iterator[Edge]:
        merged: dict[tuple[str, str], list[Transition]] = {}
        for row in self.lifecycle.all_rows():
            for part, nodes in self.leaves(row).items():
                head = _dot(GONE, part) if row.target == ABSENT else self.node_of[row.target]
                for tail in _tails((node for node in nodes if node != head), groups):
                    merged.setdefault((_dot(ABSENT, part) if tail == ABSENT else tail, head), []).append(row)
        for (tail, head), rows in merged.items():
            nodes = next((group.nodes for group in groups if group.id == tail), (tail,) if tail in self.members else ())
            best = max(row.grade for row in rows)
            ordered = sorted(rows, key=lambda row: (-row.grade, not isinstance(row.label, Call)))
            yield Edge(tail, head, tuple(self.phrases(ordered, nodes, head, best)))

    def phrases(self, rows: Iterable[Transition], tails: tuple[str, ...], head: str, best: Grade) -> Iterator[Phrase]:
        """What the rows from the nodes `tails` to the node `head` say, families together."""
        among = [state for node in tails for state in self.members[node]]
        for family in _families(rows, self.rows):
            shown = tuple(self.rows[row.name] for row in family)
            where = [state for state in among if any(state in _sources(row) for row in family)]
            text = _common_name(family, self.members.get(head, ())) + self.target(family, head) + _only(where, among)
            yield Phrase(_lead(shown[0], best), text, shown)

    def target(self, family: tuple[Transition, ...], head: str) -> str:
        """Which state of a node is meant, if there are several and the names of the rows do not say it."""
        if len(self.members.get(head, ())) < 2 or all(row.target in row.name.split() for row in family):
            return ""
        return f" → {' or '.join(dict.fromkeys(row.target for row in family))}"


def _shown(lifecycle: Lifecycle, state: State) -> Shown:
    """The state with what the vendor shows for it; the first member that shows the state's name needs no words."""
    seen = list(zip(lifecycle.status_members, state.shows, strict=False))  # `absent` shows nothing
    named = next((member for member, value in seen if value == state.name), "")
    others = [(member, value) for member, value in seen if member != named]
    if len(lifecycle.status_members) == 1:
        return Shown(state.name, "".join(value for _, value in others), state.note)
    return Shown(state.name, ", ".join(f"{member} {value}" for member, value in others), state.note)


def _dot(name: str, part: int) -> str:
    """The id of a dot of a part."""
    return name if part == 1 else f"{name} {part}"


def _parts(lifecycle: Lifecycle, node_of: Mapping[str, str]) -> dict[str, int]:
    """For each node but `absent` the number of its part: nodes are in one part if moves connect them without it."""
    part_of = {node: number for number, node in enumerate(dict.fromkeys(node_of.values())) if node != ABSENT}
    for row in lifecycle.all_rows():
        joined = {
            part_of[node_of[state]] for state in (*_sources(row), row.target) if state in node_of and state != ABSENT
        }
        if row.target != ABSENT and _sources(row):
            part_of = {node: min(joined) if part in joined else part for node, part in part_of.items()}
    numbers = {part: number for number, part in enumerate(dict.fromkeys(part_of.values()), 1)}
    return {node: numbers[part] for node, part in part_of.items()}


def _lead(row: Row, best: Grade = Grade.ASSUMED) -> str:
    if row.grade is Grade.ASSUMED:
        return f"{row.operation}?"
    return f"{row.operation}~" if row.grade < best else row.operation


def _only(some: Iterable[str], every: Iterable[str]) -> str:
    """` (from A or B)` if something holds of some states only."""
    chosen = tuple(some)
    return "" if set(chosen) == set(every) else f" (from {' or '.join(chosen)})"


def _around(frame: frozenset[str], frames: Iterable[frozenset[str]], ids: Mapping[frozenset[str], str]) -> str:
    outer = [other for other in frames if frame < other]
    return ids[min(outer, key=len)] if outer else ""


def _tails(nodes: Iterable[str], groups: Iterable[Group]) -> Iterator[str]:
    """The ends that stand for exactly `nodes`: the largest frames among them, then single nodes."""
    left = dict.fromkeys(nodes)
    for group in groups:
        if left.keys() >= set(group.nodes):
            for node in group.nodes:
                del left[node]
            yield group.id
    yield from left


def _families(rows: Iterable[Transition], shown: Mapping[str, Row]) -> Iterator[tuple[Transition, ...]]:
    """The rows, together where they have one operation and grade and their names differ in one word."""
    families: list[list[Transition]] = []
    for row in rows:
        mine = shown[row.name]
        for family in families:
            first = shown[family[0].name]
            alike = (mine.operation, mine.grade) == (first.operation, first.grade)
            if alike and len({*_differing((*family, row))}) == 1:
                family.append(row)
                break
        else:
            families.append([row])
    return map(tuple, families)


def _differing(rows: Iterable[Transition]) -> list[int]:
    """The places of the words in which the names differ; none if one has more words than another."""
    names = [row.name.split() for row in rows]
    if len({len(name) for name in names}) > 1:
        return []
    return [place for place, words in enumerate(zip(*names, strict=True)) if len(set(words)) > 1]


def _common_name(rows: tuple[Transition, ...], states: tuple[str, ...]) -> str:
    """One name for all: `ended: PASSED, WARNED or FAILED`."""
    if len(rows) == 1:
        return rows[0].name
    (place,) = _differing(rows)
    words = rows[0].name.split()
    return " ".join((*words[:place], _either(rows, place, states), *words[place + 1 :]))


def _either(rows: tuple[Transition, ...], place: int, states: tuple[str, ...]) -> str:
    """The words in which the names differ, shorter if they are the states the rows leave, or all that they lead to."""
    words = [row.name.split()[place] for row in rows]
    if all(_sources(row) == (word,) for row, word in zip(rows, words, strict=True)):
        return "the same"
    if set(words) == set(states) == {row.target for row in rows}:
        return "any of these"
    return f"{', '.join(words[:-1])} or {words[-1]}"
