"""Drawing -> Mermaid (`stateDiagram-v2`), and the Markdown page of an API.

Mermaid knows no kinds of lines: how sure a row is stands in its label, `~` for implied and `?` for assumed (a reading
of a silent place). It draws a terminal state with a bold border, where the other renderers draw a second ring.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from haltspec.lts import Grade
from haltspec_diagrams.graph import Drawing, Mark, Node, Phrase, Shape

_ESCAPES: Final = str.maketrans({"#": "#35;", ":": "#58;", ";": "#59;", '"': "#quot;", "<": "#lt;", ">": "#gt;"})
_GRADES: Final = {Grade.STATED: "", Grade.IMPLIED: "~", Grade.ASSUMED: "?"}
_MARKS: Final = {
    Mark.PATH: "on the path",
    Mark.REMOVED: "removed",
    Mark.ADDED: "added",
    Mark.MISSED: "missed",
    Mark.TAKEN: "taken",
}
_LEGEND: Final = """\
| in the diagram | means |
|---|---|
| dot | absent: not yet created; dot in a ring: gone |
| bold border | terminal state |
| **Stop** then words | a call of that operation, and the name of the row |
| *words in italics* | internal: the service does it, nobody sees it |
| nothing after the operation | stated by a document |
| `~` | implied or observed |
| `?` | assumed: one reading where the documents are silent |
| small print in a state | calls that keep it, with their answers |
| frame | the arrow leaves each state inside |

Reads, lists, and calls on a job that does not exist change nothing and are not drawn.
"""


def source(drawing: Drawing) -> str:
    """The drawing as Mermaid text."""
    return "\n".join(("stateDiagram-v2", *(f"    {line}" for line in _lines(drawing)))) + "\n"


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
    yield "direction TB"
    yield "classDef terminal stroke-width:4px"
    names = {node.id: f"s{number}" for number, node in enumerate(drawing.nodes)}
    names |= {node.id: "[*]" for node in drawing.nodes if node.is_dot}
    names |= {group.id: group.id.replace("-", "") for group in drawing.groups}
    yield from _level(drawing, "", names)
    # Everything else stands outside of the frames: Mermaid moves a state into the frame where it is named last.
    for edge in drawing.edges:
        label = "<br/>".join(map(_phrase, edge.phrases))
        yield f"{names[edge.tail]} --> {names[edge.head]}: {label}"
    for node in drawing.nodes:
        if node.shape is Shape.TERMINAL:
            yield f"class {names[node.id]} terminal"


def _level(drawing: Drawing, group_id: str, names: dict[str, str]) -> Iterator[str]:
    """What lies directly in a group (empty: in none)."""
    for node in drawing.nodes:
        if not node.is_dot and drawing.home((node.id,)) == group_id:
            yield from _state(node, names[node.id])
    for group in drawing.groups:
        if group.parent == group_id:
            yield f'state "any of these" as {names[group.id]} {{'
            yield "    direction TB"
            yield from (f"    {line}" for line in _level(drawing, group.id, names))
            yield "}"


def _state(node: Node, name: str) -> Iterator[str]:
    yield f'state "{"<br/>".join(_escaped(state.name) for state in node.states)}" as {name}'
    shows = dict.fromkeys(state.shows for state in node.states if state.shows)
    if shows:
        yield f"{name}: {_escaped('shows ' + ' or '.join(shows))}"
    for note in node.notes:
        yield f"{name}: {_phrase(note)}"


def _phrase(phrase: Phrase) -> str:
    lead = phrase.rows[0].operation + _GRADES[phrase.grade]
    text = _escaped(phrase.text)
    words = f"<i>{text}</i>" if phrase.is_internal else text
    mark = f" ({_MARKS[phrase.mark]})" if phrase.mark else ""
    return " ".join(filter(None, (f"<b>{lead}</b>" if lead else "", words + mark)))


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)
