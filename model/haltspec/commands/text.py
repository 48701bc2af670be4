"""Plain text for people: tables and paragraphs of at most `WIDTH` columns; colour is dropped where it is no terminal."""

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

_GRADE_COLOURS: Final = {"stated": "green", "implied": "yellow", "assumed": "red", "open": "magenta"}


def wrapped(text: str, width: int) -> list[str]:
    """The lines of `text`, none wider than `width`; one empty line if there is no text."""
    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]


def paragraph(text: str, *, indent: int = 0, first: str = "") -> Iterator[str]:
    """`text` wrapped and indented, with `first` in front of it: later lines stand under the text, not under `first`."""
    lead = " " * indent + first
    for number, line in enumerate(wrapped(text, WIDTH - len(lead))):
        yield (lead if number == 0 else " " * len(lead)) + line


def table(rows: Iterable[Sequence[str]], *, indent: int = 2, gap: int = 2, stretch: Sequence[int] = ()) -> list[str]:
    """`rows` as aligned columns, the first row being the head; cells are wrapped so that every line fits.

    Args:
        rows: as many cells in each as in the head.
        indent: columns left free at the left.
        gap: columns left free between two cells.
        stretch: the columns (by number) that give way where a table is too wide; left out, the last one.
    """
    cells = [list(row) for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    _fit(widths, WIDTH - indent - gap * (len(widths) - 1), stretch or (len(widths) - 1,))
    lines: list[str] = []
    for number, row in enumerate(cells):
        parts = zip_longest(*(wrapped(cell, width) for cell, width in zip(row, widths, strict=True)), fillvalue="")
        for part in parts:
            padded = [f"{text:<{width}}" for text, width in zip(part, widths, strict=True)]
            last = len(padded) - 1 - next((i for i, text in enumerate(reversed(padded)) if text.strip()), 0)
            padded = [*padded[:last], padded[last].rstrip()]
            lines.append(" " * indent + (" " * gap).join(heading(t) if number == 0 else _coloured(t) for t in padded))
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
    return _coloured(f"{grade!s:<8}")


def _coloured(cell: str) -> str:
    """A cell that holds a grade, in its colour; any other cell as it is."""
    colour = _GRADE_COLOURS.get(cell.strip())
    return click.style(cell, fg=colour) if colour else cell


def told(source: Source) -> str:
    """A source as people read it: document and place in it, or the reason of an assumption."""
    return str(source) if source.document else f"ours: {source.section}"


def echo(lines: Iterable[str]) -> None:
    """Print `lines`; in colour on a terminal only, and never where the environment sets `NO_COLOR`."""
    click.echo("\n".join(lines), color=False if os.environ.get("NO_COLOR") else None)
