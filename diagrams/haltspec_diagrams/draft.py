"""Lifecycle -> drawing: what is shown, and where; how it looks is for the renderers.

- A row that moves the job is (part of) an edge; rows with the same ends share one edge, of the best of their grades.
- A row that leaves several states for the same target is drawn once, from a frame around those states, where that
  spares edges and frames can be nested without crossing; otherwise once from each state.
- Four states or more to which a family of rows leads (`ended: PASSED`, `ended: FAILED`, ...) share one node; what holds
  of some of them only says so. Moves from one of them to another are a note in the node.
- So do three states or more that the same states lead to and that lead to the same states, and the states of parts
  that show the same, one by one (batch jobs with one sort of schedule and with the other, say).
- An order or deletion that keeps the state is a note inside the state. Reads, lists, creations that are answered
  for an existing job, and calls on a job that does not exist keep the state too and are left out.
- `absent` is drawn as a dot: once as the beginning and, if jobs disappear, once as the end. Where the other states fall
  apart without it (batch jobs and real-time jobs, say), each part has dots of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from haltspec.errors import Unknown
from haltspec.lts import ABSENT, ANY_ERROR, Call, Grade, Lifecycle, Role, State, Transition
from haltspec_diagrams.graph import GONE, Drawing, Edge, Group, Mark, Node, Phrase, Row, Shape, Shown

CROWD: Final = 4
"""So many states at least share a node if a family of rows leads to them."""

ALIKE: Final = 3
"""So many states at least share a node if they lie between the same states."""

WORTH: Final = 2
"""So many edges at least must be spared by a frame."""

NO_EFFECT: Final = "no effect"
"""The answer of a call that succeeds and keeps the state."""


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
        seen = ", where a reply shows it" if label.witnessed else ""
        return f"{'somebody outside this API' if label.outside else 'the service'}: {label.event}{seen}"
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
    for crowd in (*_crowds(lifecycle), *_alike(lifecycle)):
        if not crowd & placed:
            node_of.update(dict.fromkeys(crowd, min(crowd, key=order.index)))
            placed |= crowd
    twins = _twins(lifecycle, node_of)
    return {state: twins.get(node, node) for state, node in node_of.items()}


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


def _alike(lifecycle: Lifecycle) -> list[frozenset[str]]:
    """Sets of states that lie between the same states, in their order."""
    before: dict[str, set[str]] = {state.name: set() for state in lifecycle.states}
    after: dict[str, set[str]] = {state.name: set() for state in lifecycle.states}
    for row in lifecycle.all_rows():
        for state in _sources(row):
            before[row.target].add(state)
            after[state].add(row.target)
    found: dict[tuple[bool, frozenset[str], frozenset[str]], set[str]] = {}
    for each in lifecycle.states:
        between = each.terminal, frozenset(before[each.name]), frozenset(after[each.name])
        found.setdefault(between, set()).add(each.name)
    return [frozenset(states) for states in found.values() if len(states) >= ALIKE]


def _twins(lifecycle: Lifecycle, node_of: Mapping[str, str]) -> dict[str, str]:
    """For the nodes of a part whose nodes show what those of an earlier part show, one by one, these."""
    parts: dict[int, list[str]] = {}
    for node, part in _parts(lifecycle, node_of).items():
        parts.setdefault(part, []).append(node)
    first: dict[tuple[tuple[tuple[str, ...], bool], ...], list[str]] = {}
    twins: dict[str, str] = {}
    for nodes in parts.values():
        looks = tuple((lifecycle.state(node).shows, lifecycle.state(node).terminal) for node in nodes)
        twins.update(zip(nodes, first.setdefault(looks, nodes), strict=True))
    return twins


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
        targets, members = dict.fromkeys(row.target for row in family), self.members.get(head, ())
        if set(targets) == set(members) or all(row.target in row.name.split() for row in family):
            return ""
        return f" → {' or '.join(targets)}" if len(members) > 1 else ""


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
    """The rows, together where they have one operation and grade and names that differ in a word, or a last bracket."""
    families: list[list[Transition]] = []
    for row in rows:
        mine = shown[row.name]
        for family in families:
            first = shown[family[0].name]
            alike = (mine.operation, mine.grade) == (first.operation, first.grade)
            if alike and (len({*_differing((*family, row))}) == 1 or len({*_bare((*family, row))}) == 1):
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


def _bare(rows: Iterable[Transition]) -> Iterator[str]:
    """The names without a bracket at their end."""
    return (row.name.partition(" (")[0] if row.name.endswith(")") else row.name for row in rows)


def _common_name(rows: tuple[Transition, ...], states: tuple[str, ...]) -> str:
    """One name for all: `ended: PASSED, WARNED or FAILED`."""
    if len(rows) == 1:
        return rows[0].name
    if len(bare := {*_bare(rows)}) == 1:
        return bare.pop()
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
