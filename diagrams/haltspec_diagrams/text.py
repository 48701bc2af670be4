"""The words of a picture, broken into lines and measured without a font, so that every machine draws the same.

Widths are estimates for DejaVu Sans, the widest of the common sans-serif fonts (within 7% for a word of it): in any of
them the text stays within the margins of its box.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from haltspec_diagrams.graph import Edge, Node, Phrase, Shape

FONT: Final = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
LEGEND: Final = (
    "Dot: absent (not yet created, or gone). Double ring: terminal. Bold line: stated; thin: implied; dashed, with a "
    "question mark: assumed, one reading where the documents are silent; ~: implied, on a stated line. Blue: a call, "
    "its operation in bold; grey, in italics: internal, nobody sees it. Dotted frame: from any state inside. Small "
    "print: calls that keep the state, with their answers."
)
NAME_SIZE: Final = 13.0
"""Font size of state names, in points (as all sizes here)."""
TEXT_SIZE: Final = 11.0
"""Font size of edge labels and of what a state shows."""
NOTE_SIZE: Final = 9.5
"""Font size of notes."""
DOT_SIZE: Final = 16.0
"""Diameter of the dot of `absent`."""
RING: Final = 4.0
"""Distance between the two rings of a terminal state."""

_LABEL_COLUMNS: Final = 24
_NOTE_COLUMNS: Final = 30
_LEADING: Final = 1.25
_WIDTHS: Final = (("iljI.,:;'!|/()[] ", 0.32), ('ftr-"', 0.40), ("mwMW@%", 0.96), ("ABCDEFGHJKLNOPQRSTUVXYZ_", 0.70))
_OTHER_WIDTH: Final = 0.61
_STRONG: Final = 1.1

Box = tuple[float, float]
"""Width and height in points."""


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line: a bold `lead` (may be empty), then `text`; `phrase` is what it is a part of, if anything."""

    lead: str
    text: str
    size: float
    phrase: Phrase | None = None

    @property
    def width(self) -> float:
        """Its width in points, estimated."""
        gap = 0.32 if self.lead and self.text else 0.0
        return (_ems(self.lead) * _STRONG + gap + _ems(self.text)) * self.size

    @property
    def height(self) -> float:
        """Its height in points, with leading."""
        return self.size * _LEADING


def _ems(text: str) -> float:
    return sum(next((width for letters, width in _WIDTHS if letter in letters), _OTHER_WIDTH) for letter in text)


def label_lines(edge: Edge) -> tuple[Line, ...]:
    """The label of an edge, each phrase on lines of its own."""
    return tuple(line for phrase in edge.phrases for line in _phrase_lines(phrase, TEXT_SIZE, _LABEL_COLUMNS))


def _phrase_lines(phrase: Phrase, size: float, columns: int) -> Iterator[Line]:
    first, *rest = textwrap.wrap(phrase.words, columns, break_long_words=False, break_on_hyphens=False)
    yield Line(phrase.lead, first.removeprefix(phrase.lead).strip(), size, phrase)
    for text in rest:
        yield Line("", text, size, phrase)


def node_lines(node: Node) -> tuple[Line, ...]:
    """What stands in a node: its states, what they show, its notes; nothing in a dot."""
    if node.is_dot:
        return ()
    notes = (line for note in node.notes for line in _phrase_lines(note, NOTE_SIZE, _NOTE_COLUMNS))
    return (*_state_lines(node), *notes)


def _state_lines(node: Node) -> Iterator[Line]:
    shows = {state.shows for state in node.states}
    for state in node.states:
        yield Line(state.name, f"shows {state.shows}" if len(shows) > 1 else "", NAME_SIZE)
    if len(shows) == 1 and shows != {""}:
        for text in textwrap.wrap(f"shows {''.join(shows)}", _NOTE_COLUMNS, break_long_words=False):
            yield Line("", text, TEXT_SIZE)


def box_of(lines: tuple[Line, ...]) -> Box:
    """The smallest box around the lines, whole points."""
    return round(max((line.width for line in lines), default=0.0)), round(sum(line.height for line in lines))


def label_box(edge: Edge) -> Box:
    """The box of an edge's label."""
    width, height = box_of(label_lines(edge))
    return width + 6, height + 4


def node_box(node: Node) -> Box:
    """The box of a node; a terminal state has room for its second ring."""
    if node.is_dot:
        return DOT_SIZE, DOT_SIZE
    width, height = box_of(node_lines(node))
    ring = 2 * RING if node.shape is Shape.TERMINAL else 0.0
    return width + 18 + ring, height + 12 + ring
