"""Drawing -> Mermaid (`flowchart`), and the Markdown page of an API.

A flowchart and not a state diagram, since that one has lines of one kind only and lays labels on each other. As in DOT
a label is a node of its own on its line: Mermaid keeps nodes apart. It draws a terminal state with a bold border, where
the other renderers draw a second ring.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from haltspec.lts import Grade
from haltspec_diagrams import text
from haltspec_diagrams.graph import Drawing, Edge, Mark, Node, Shape

_ESCAPES: Final = str.maketrans({"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;"})
_LINES: Final = {Grade.STATED: ("===", "==>"), Grade.IMPLIED: ("---", "-->"), Grade.ASSUMED: ("-.-", "-.->")}
_MARKS: Final = {
    Mark.PATH: "on the path",
    Mark.REMOVED: "removed",
    Mark.ADDED: "added",
    Mark.MISSED: "missed",
    Mark.TAKEN: "taken",
}
_SETTINGS: Final = '%%{init: {"flowchart": {"nodeSpacing": 30, "rankSpacing": 30, "wrappingWidth": 400}}}%%'
_CALL: Final = "#3b82f6"
_INTERNAL: Final = "#78716c"
"""Both are seen on white and on black."""
_LEGEND: Final = f"""\
{text.LEGEND}

In Mermaid the border of a terminal state is bold, and what is assumed is dotted. Reads, lists, and calls on a job that
does not exist change nothing and are not drawn.
"""


def source(drawing: Drawing) -> str:
    """The drawing as Mermaid text."""
    return "\n".join((_SETTINGS, "flowchart TB", *(f"    {line}" for line in _lines(drawing)))) + "\n"


def page(title: str, drawings: Iterable[Drawing]) -> str:
    """The Markdown page of an API.

    Args:
        title: the vendor's name of the API.
        drawings: its lifecycles, in their order.
    """
    sections = [f"# {title}\n\nDrawn by `haltspec draw --write`. The sources of all rows: `haltspec show`.\n"]
    for drawing in drawings:
        picture = f"{drawing.name}.svg"
        links = f"[Picture]({picture}) with grades and sources under the pointer, [DOT]({drawing.name}.dot), Mermaid:"
        sections.append(f"## {drawing.title}\n\n![{drawing.title}]({picture})\n\n{links}\n")
        sections += (f"```mermaid\n{source(part)}```\n" for part in drawing.parts())
    sections.append(f"## Legend\n\n{_LEGEND}")
    return "\n".join(sections)


def _lines(drawing: Drawing) -> Iterator[str]:
    names = {node.id: f"s{number}" for number, node in enumerate(drawing.nodes)}
    names |= {group.id: group.id.replace("-", "") for group in drawing.groups}
    yield from _level(drawing, "", names)
    for number, edge in enumerate(drawing.edges):
        line, arrow = _LINES[edge.grade]
        yield f"{names[edge.tail]} {line} l{number} {arrow} {names[edge.head]}"
    for colour, is_internal in ((_CALL, False), (_INTERNAL, True)):
        alike = [number for number, edge in enumerate(drawing.edges) if edge.is_internal is is_internal]
        if alike:
            lines = ",".join(f"{2 * number},{2 * number + 1}" for number in alike)
            yield f"linkStyle {lines} stroke:{colour}"
    yield "classDef words fill:none,stroke:none"
    yield "classDef terminal stroke-width:4px"
    yield f"classDef dot fill:{_INTERNAL},stroke:none"
    for group in drawing.groups:
        yield f"style {names[group.id]} fill:none,stroke:{_INTERNAL},stroke-dasharray:2"


def _level(drawing: Drawing, group_id: str, names: dict[str, str]) -> Iterator[str]:
    """What lies directly in a group (empty: in none): its nodes, its labels, and the groups inside."""
    for node in drawing.nodes:
        if drawing.home((node.id,)) == group_id:
            yield _state(node, names[node.id])
    for number, edge in enumerate(drawing.edges):
        if drawing.home((*drawing.members(edge.tail), edge.head)) == group_id:
            yield f'l{number}["{_label(edge)}"]:::words'
    for group in drawing.groups:
        if group.parent == group_id:
            yield f'subgraph {names[group.id]}[" "]'
            yield from (f"    {line}" for line in _level(drawing, group.id, names))
            yield "end"


def _state(node: Node, name: str) -> str:
    if node.is_dot:
        return f"{name}(( )):::dot"
    look = ":::terminal" if node.shape is Shape.TERMINAL else ""
    return f'{name}("{_words(text.node_lines(node))}"){look}'


def _label(edge: Edge) -> str:
    return _words(text.label_lines(edge))


def _words(lines: tuple[text.Line, ...]) -> str:
    """The lines; the last of a phrase that an overlay marks says so."""
    told: list[str] = []
    for phrase, same in groupby(lines, key=lambda line: line.phrase):
        told += map(_run, same)
        if phrase is not None and phrase.mark:
            told[-1] += f" ({_MARKS[phrase.mark]})"
    return "<br/>".join(told)


def _run(line: text.Line) -> str:
    words = line.text.translate(_ESCAPES)
    if line.phrase is not None and line.phrase.is_internal and words:
        words = f"<i>{words}</i>"
    lead = f"<b>{line.lead.translate(_ESCAPES)}</b>" if line.lead else ""
    return " ".join(filter(None, (lead, words)))
