"""The drawn files: what they are called, what is in them, and whether those on the disk are still right."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from xml.etree.ElementTree import ParseError

from haltspec.spec import Api
from haltspec_diagrams import dot, layout, mermaid, svg
from haltspec_diagrams.draft import draw


class Format(enum.Enum):
    """A form of drawing."""

    DOT = "dot"
    SVG = "svg"
    MERMAID = "mermaid"
    PNG = "png"


def draw_all(known: Iterable[Api], formats: Iterable[Format]) -> dict[str, bytes]:
    """The content of every file, by its name: `API-LIFECYCLE.dot`, `.svg`, `.png`, and `API.md` for Mermaid.

    Raises:
        Misuse: SVG or PNG is asked for and no Graphviz is installed.
    """
    chosen = tuple(formats)
    files: dict[str, bytes] = {}
    for api in known:
        drawings = tuple(map(draw, api.lifecycles))
        for drawing in drawings:
            if Format.DOT in chosen:
                files[f"{drawing.name}.dot"] = dot.source(drawing).encode()
            if Format.SVG in chosen:
                files[f"{drawing.name}.svg"] = svg.source(drawing).encode()
            if Format.PNG in chosen:
                files[f"{drawing.name}.png"] = layout.png(drawing)
        if Format.MERMAID in chosen:
            files[f"{api.name}.md"] = mermaid.page(api.title, drawings).encode()
    return files


def write(folder: Path, fresh: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """Write the files that are not there or differ; yields each name with `drawn` or `unchanged`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in fresh.items():
        path = folder / name
        if path.is_file() and path.read_bytes() == content:
            yield name, "unchanged"
        else:
            path.write_bytes(content)
            yield name, "drawn"


def compare(
    folder: Path, known: Iterable[Api], formats: Iterable[Format], fresh: Mapping[str, bytes]
) -> Iterator[tuple[str, str]]:
    """Compare the files of these APIs and formats with fresh ones.

    Yields:
        Each name with `same`, `missing`, `different`, or `unknown` for a drawing that no lifecycle gives any more.
    """
    for name, content in fresh.items():
        path = folder / name
        if not path.is_file():
            yield name, "missing"
        else:
            yield name, "same" if _is_same(name, path.read_bytes(), content) else "different"
    chosen = tuple(formats)
    for api in known:
        for path in sorted(folder.glob(f"{api.name}-*")):
            if path.suffix.removeprefix(".") in {form.value for form in chosen} and path.name not in fresh:
                yield path.name, "unknown"


def _is_same(name: str, old: bytes, new: bytes) -> bool:
    """True if two files say the same: SVG by what it says, everything else by its text (whatever ends its lines)."""
    if not name.endswith(".svg"):
        return old.splitlines() == new.splitlines()
    try:
        return svg.outline(old.decode()) == svg.outline(new.decode())
    except (ParseError, UnicodeDecodeError):
        return False
