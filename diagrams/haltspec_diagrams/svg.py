"""Drawing -> SVG: Graphviz lays out (`layout`), the words and lines are written here, alike on every machine.

Colours follow the reader's light or dark scheme. Every state, edge and phrase carries a `<title>` (what browsers show
under the pointer) with event, grade and source.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from haltspec_diagrams import dot, text
from haltspec_diagrams.graph import Drawing, Edge, Group, Mark, Node, Phrase, Shape
from haltspec_diagrams.layout import lay_out
from haltspec_diagrams.places import Curve, Layout, Point, Rect, Wire

Outline = tuple[tuple[str, str, str], ...]
"""What an SVG says, whatever its coordinates: (class, title, words) of everything drawn, sorted."""

_MARGIN: Final = 16.0
_TITLE_HEIGHT: Final = 34.0
_TITLE_SIZE: Final = 15.0
_LEGEND_LINE: Final = 20.0
_SAMPLE: Final = 30.0
_MIN_WIDTH: Final = 520.0
_LIGHT: Final = {
    "paper": "#ffffff",
    "ink": "#1c1917",
    "faint": "#78716c",
    "box": "#f5f5f4",
    "frame": "#a8a29e",
    "call": "#1d4ed8",
    "internal": "#57534e",
    "plain": "#1c1917",
    "good": "#15803d",
    "bad": "#b91c1c",
    "path": "#c2410c",
}
_DARK: Final = {
    "paper": "#1c1917",
    "ink": "#f5f5f4",
    "faint": "#a8a29e",
    "box": "#292524",
    "frame": "#78716c",
    "call": "#93b4ff",
    "internal": "#bdb7b1",
    "plain": "#f5f5f4",
    "good": "#4ade80",
    "bad": "#f87171",
    "path": "#fb923c",
}
_MARK_COLOURS: Final = {
    Mark.PATH: "path",
    Mark.REMOVED: "bad",
    Mark.ADDED: "good",
    Mark.MISSED: "bad",
    Mark.TAKEN: "good",
}
_SHAPES: Final = f"""
svg {{ font-family: {text.FONT}; font-size: {text.TEXT_SIZE:g}px }}
.caption {{ font-size: {_TITLE_SIZE:g}px; font-weight: bold }}
.lead {{ font-weight: bold }}
.phrase.internal text {{ font-style: italic }}
path {{ fill: none }}
.stated path {{ stroke-width: 2.2 }}
.implied path {{ stroke-width: 0.9 }}
.assumed path {{ stroke-width: 1.3; stroke-dasharray: 6 4 }}
.node rect {{ stroke-width: 1.2 }}
.ring {{ fill: none }}
.group rect {{ fill: none; stroke-dasharray: 1 4; stroke-linecap: round; stroke-width: 1.6 }}
"""


def source(drawing: Drawing, layout: Layout | None = None) -> str:
    """The drawing as SVG.

    Args:
        drawing: what to write.
        layout: where everything goes; left out, it is laid out.

    Raises:
        Misuse: it is to be laid out and no Graphviz is installed.
    """
    return "".join(_document(drawing, layout or lay_out(drawing)))


def outline(svg: str) -> Outline:
    """What an SVG of ours says, to compare two that were laid out by different versions of Graphviz.

    Raises:
        xml.etree.ElementTree.ParseError: it is no XML.
    """
    root = ElementTree.fromstring(svg)
    said = [("drawing", root.get("data-dot", ""), "")]
    for element in root.iter():
        tag = element.tag.rpartition("}")[2]
        if tag == "g" or (tag == "text" and element.get("class")):
            title = next((child.text or "" for child in element if child.tag.endswith("}title")), "")
            words = " ".join("".join(part.itertext()) for part in element.iter() if part.tag.endswith("}text"))
            said.append((element.get("class", ""), title, words))
    return tuple(sorted(said))


# ---- the document ---------------------------------------------------------------------------------------------------


def _document(drawing: Drawing, layout: Layout) -> Iterator[str]:
    inner = max(layout.width, _MIN_WIDTH, text.Line("", drawing.title, _TITLE_SIZE).width)
    legend = list(_legend(drawing, inner))
    width = inner + 2 * _MARGIN
    foot = _MARGIN + _TITLE_HEIGHT + layout.height + _LEGEND_LINE
    height = foot + _LEGEND_LINE * (1 + max(y for _, y, _ in legend)) + _MARGIN
    digest = hashlib.sha256(dot.source(drawing).encode()).hexdigest()
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {_n(height)}" width="{_n(width)}" '
        f'height="{_n(height)}" role="img" data-dot="sha256:{digest}">\n'
        f"<title>{escape(drawing.title)}</title>\n<desc>{escape(text.LEGEND)}</desc>\n"
        f"<style>{_SHAPES}{_colours(_LIGHT)}@media (prefers-color-scheme: dark) {{\n{_colours(_DARK)}}}\n</style>\n"
        f'<rect class="paper" width="{_n(width)}" height="{_n(height)}" rx="8"/>\n'
        f'<text class="caption" x="{_n(_MARGIN)}" y="{_n(_MARGIN + _TITLE_SIZE)}">{escape(drawing.title)}</text>\n'
        f'<g transform="translate({_n((width - layout.width) / 2)} {_n(_MARGIN + _TITLE_HEIGHT)})">\n'
    )
    for group in drawing.groups:
        yield _group(group, layout.groups[group.id])
    for edge, wire in zip(drawing.edges, layout.wires, strict=True):
        yield from _edge(edge, wire)
    for node in drawing.nodes:
        yield from _node(node, layout.nodes[node.id])
    yield "</g>\n"
    for x, y, sample in legend:
        yield f'<g class="legend" transform="translate({_n(_MARGIN + x)} {_n(foot + y * _LEGEND_LINE)})">{sample}</g>\n'
    yield "</svg>\n"


def _colours(scheme: dict[str, str]) -> str:
    lines = [
        f".paper {{ fill: {scheme['paper']} }}",
        f"text {{ fill: {scheme['ink']} }}",
        f".node .phrase text, .legend text {{ fill: {scheme['faint']} }}",
        f".dot {{ fill: {scheme['ink']} }}",
        f".node rect {{ fill: {scheme['box']}; stroke: {scheme['ink']} }}",
        f".group rect {{ stroke: {scheme['frame']} }}",
    ]
    for name in ("call", "internal", "plain"):
        lines.append(
            f".{name} path {{ stroke: {scheme[name]} }} .{name} polygon, .edge .{name} .lead {{ fill: {scheme[name]} }}"
        )
    for mark, name in _MARK_COLOURS.items():
        kind = f".mark-{mark.value}"
        lines.append(f"{kind} path {{ stroke: {scheme[name]} }}")
        lines.append(f"{kind} polygon, .phrase{kind} text, .phrase{kind} .lead {{ fill: {scheme[name]} }}")
    return "".join(f"{line}\n" for line in lines)


# ---- parts ----------------------------------------------------------------------------------------------------------


def _group(group: Group, rect: Rect) -> str:
    about = f"any of {', '.join(group.nodes)}"
    return f'<g class="group"><title>{escape(about)}</title>{_rect(rect, 10)}</g>\n'


def _node(node: Node, rect: Rect) -> Iterator[str]:
    yield f'<g class="node {node.shape.value}"><title>{escape(node.about)}</title>'
    x, y = rect.centre
    if node.is_dot:
        yield f'<circle class="dot" cx="{_n(x)}" cy="{_n(y)}" r="{_n(text.DOT_SIZE / 2)}"/></g>\n'
        return
    yield _rect(rect, 10)
    if node.shape is Shape.TERMINAL:
        yield _rect(rect.grown(-text.RING), 7, "ring")
    lines = text.node_lines(node)
    yield from _lines(lines, x, y - text.box_of(lines)[1] / 2)
    yield "</g>\n"


def _edge(edge: Edge, wire: Wire) -> Iterator[str]:
    yield f'<g class="{_classes("edge", edge)}"><title>{escape(edge.about)}</title>'
    yield f'<path d="{_path(wire.before)}"/><path d="{_path(wire.after)}"/>{_arrow(wire.after[-1], wire.tip)}'
    lines = text.label_lines(edge)
    x, y = wire.label.centre
    yield from _lines(lines, x, y - text.box_of(lines)[1] / 2)
    yield "</g>\n"


def _lines(lines: Iterable[text.Line], x: float, top: float) -> Iterator[str]:
    """The lines below each other around `x`, those of a phrase together with its title."""
    baseline = top
    for phrase, own in groupby(lines, key=lambda line: line.phrase):
        if phrase:
            yield f'<g class="{_classes("phrase", phrase)}"><title>{escape(phrase.about)}</title>'
        for line in own:
            baseline += line.height
            yield _text(line, x, baseline)
        if phrase:
            yield "</g>"


def _path(curve: Curve) -> str:
    start, *points = curve
    return f"M{_p(start)}C{' '.join(map(_p, points))}"


def _arrow(base: Point, tip: Point) -> str:
    (x0, y0), (x1, y1) = base, tip
    right, down = (x1 - x0) * 0.42, (y1 - y0) * 0.42
    corners = (tip, (x0 - down, y0 + right), (x0 + down, y0 - right))
    return f'<polygon points="{" ".join(map(_p, corners))}"/>'


def _text(line: text.Line, x: float, bottom: float) -> str:
    lead = f'<tspan class="lead">{escape(line.lead)}</tspan>' if line.lead else ""
    words = " ".join(filter(None, (lead, escape(line.text))))
    y = _n(bottom - line.size * 0.3)
    return f'<text text-anchor="middle" font-size="{line.size:g}" x="{_n(x)}" y="{y}">{words}</text>'


def _classes(kind: str, shown: Edge | Phrase) -> str:
    mark = f" mark-{shown.mark.value}" if shown.mark else ""
    return f"{kind} {'internal' if shown.is_internal else 'call'} {shown.grade}{mark}"


def _rect(rect: Rect, radius: float, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    size = f'width="{_n(rect.width)}" height="{_n(rect.height)}"'
    return f'<rect{named} x="{_n(rect.left)}" y="{_n(rect.top)}" {size} rx="{radius:g}"/>'


# ---- legend ---------------------------------------------------------------------------------------------------------


def _legend(drawing: Drawing, width: float) -> Iterator[tuple[float, int, str]]:
    """The samples, each with its distance from the left in points and its line, counted from 0."""
    x, y = 0.0, 0
    for sample, words in _samples(drawing):
        room = _SAMPLE + 8 + text.Line("", words, text.TEXT_SIZE).width + 16
        if x and x + room > width:
            x, y = 0.0, y + 1
        yield x, y, f'{sample}<text x="{_n(_SAMPLE + 8)}" y="4">{escape(words)}</text>'
        x += room


def _samples(drawing: Drawing) -> Iterator[tuple[str, str]]:
    middle = _n(_SAMPLE / 2)
    box = f'x="2" y="-7" width="{_n(_SAMPLE - 4)}" height="14" rx="5"'
    ring = f'x="5" y="-4" width="{_n(_SAMPLE - 10)}" height="8" rx="3"'
    yield f'<circle class="dot" cx="{middle}" cy="0" r="6"/>', "absent: not yet created, or gone"
    yield f'<g class="node"><rect {box}/><rect class="ring" {ring}/></g>', "terminal state"
    if any(node.notes for node in drawing.nodes):
        yield f'<g class="node"><rect {box}/></g>', "state; small: calls that keep it"
    if drawing.groups:
        yield f'<g class="group"><rect {box}/></g>', "arrow from any state inside"
    yield _sample("plain stated"), "stated by a document"
    yield _sample("plain implied"), "implied or observed"
    yield _sample("plain assumed"), "? assumed: documents are silent"
    if any(phrase.lead.endswith("~") for edge in drawing.edges for phrase in edge.phrases):
        yield _sample_text("~"), "implied, on a stated line"
    yield _sample("call stated"), "call, its operation in bold"
    yield _sample("internal stated"), "internal, in italics: nobody sees it"
    for mark in Mark:
        if any(row.mark is mark for edge in drawing.edges for row in edge.rows):
            yield _sample(f"mark-{mark.value} stated"), mark.value


def _sample_text(words: str) -> str:
    return f'<text text-anchor="middle" x="{_n(_SAMPLE / 2)}" y="4">{words}</text>'


def _sample(kind: str) -> str:
    return f'<g class="{kind}"><path d="M0,0H{_n(_SAMPLE - 8)}"/>{_arrow((_SAMPLE - 8, 0), (_SAMPLE, 0))}</g>'


def _p(point: Point) -> str:
    return f"{_n(point[0])},{_n(point[1])}"


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
