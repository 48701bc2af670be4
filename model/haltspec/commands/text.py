"""Plain text for people: tables and paragraphs of at most `WIDTH` columns; colour on a terminal only."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Final

import click

from haltspec.lts import Grade, Source

WIDTH: Final = 100
"""The columns of a line, as a reader's terminal or a page beside the vendor's has them."""

_GAP: Final = "  "
_GRADE_COLOURS: Final = {"stated": "green", "implied": "yellow", "assumed": "red", "open": "magenta"}


def wrapped(text: str, width: int) -> list[str]:
    """The lines of `text`, none wider than `width`; one empty line if there is no text."""
    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]


def paragraph(text: str, *, indent: int = 0, first: str = "") -> Iterator[str]:
    """`text` wrapped and indented, with `first` in front of it: later lines stand under the text, not under `first`."""
    taken = indent + len(click.unstyle(first))
    for number, line in enumerate(wrapped(text, WIDTH - taken)):
        yield (" " * indent + first if number == 0 else " " * taken) + line


def table(
    rows: Iterable[Sequence[str]], *, indent: int = 2, stretch: Sequence[int] = (), notes: Sequence[str] = ()
) -> list[str]:
    """`rows` as aligned columns, the first row being the head; cells are wrapped so that every line fits.

    Args:
        rows: as many cells in each as in the head.
        indent: columns left free at the left.
        stretch: the columns (by number) that give way where a table is too wide; left out, the last one.
        notes: a paragraph under each row but the head.
    """
    cells = [list(row) for row in rows]
    widths = [max(1, *(len(row[column]) for row in cells)) for column in range(len(cells[0]))]
    _fit(widths, WIDTH - indent - len(_GAP) * (len(widths) - 1), stretch or (len(widths) - 1,))
    lines: list[str] = []
    for row, note in zip_longest(cells, ("", *notes)[: len(cells)], fillvalue=""):
        pieces = [wrapped(cell, width) for cell, width in zip(row, widths, strict=True)]
        for line in zip_longest(*pieces, fillvalue=""):
            padded = _GAP.join(f"{text:<{width}}" for text, width in zip(line, widths, strict=True)).rstrip()
            lines.append(" " * indent + _coloured(padded))
        if note:
            lines.extend(faint(line) for line in paragraph(note, indent=indent + 4))
    return lines


def _fit(widths: list[int], room: int, stretch: Sequence[int]) -> None:
    """Narrow the columns of `stretch`, always the widest of them, until all fit into `room`."""
    while sum(widths) > room:
        widest = max(stretch, key=lambda column: widths[column])
        if widths[widest] <= 1:
            return
        widths[widest] -= 1


def heading(text: str) -> str:
    """`text` as a heading."""
    return click.style(text, bold=True)


def faint(text: str) -> str:
    """`text` that may be passed over."""
    return click.style(text, dim=True)


def graded(grade: Grade | str) -> str:
    """The name of a grade (or `open`) in its colour, eight columns wide."""
    return click.style(f"{grade!s:<8}", fg=_GRADE_COLOURS[str(grade)])


def _coloured(line: str) -> str:
    """A line of a table, a leading grade in its colour."""
    grade, _, rest = line.partition(" ")
    return f"{click.style(grade, fg=_GRADE_COLOURS[grade])} {rest}" if grade in _GRADE_COLOURS else line


def sourced(name: str, sentence: str, grade: Grade, source: str) -> Iterator[str]:
    """Something with a grade: its name, what it says, and who says so."""
    yield from paragraph(name, indent=2, first=f"{graded(grade)} ")
    yield from paragraph(sentence, indent=11)
    yield from map(faint, paragraph(source, indent=11))


def told(source: Source) -> str:
    """A source as people read it: document and place in it, or the reason of an assumption."""
    return str(source) if source.document else f"ours: {source.section}"


def echo(lines: Iterable[str]) -> None:
    """Print `lines`; in colour on a terminal only, and never where the environment sets `NO_COLOR`."""
    click.echo("\n".join(lines), color=False if os.environ.get("NO_COLOR") else None)
