"""Drawing -> DOT, written by the `graphviz` package.

A label is a node of its own on its line: Graphviz keeps lines off nodes, but not off the labels of other edges. Sizes
are fixed, so that no font has a say in the layout.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final

import graphviz

from haltspec.lts import Grade
from haltspec_diagrams import text
from haltspec_diagrams.graph import Drawing, Edge, Group, Mark, Node, Shape

_LINES: Final = {
    Grade.STATED: {"style": "solid", "penwidth": "2", "weight": "4"},
    Grade.IMPLIED: {"style": "solid", "penwidth": "0.8", "weight": "2"},
    Grade.ASSUMED: {"style": "dashed", "penwidth": "1.2", "weight": "1"},
}
_MARKS: Final = {
    Mark.PATH: "#c2410c",
    Mark.REMOVED: "#b91c1c",
    Mark.ADDED: "#15803d",
    Mark.MISSED: "#b91c1c",
    Mark.TAKEN: "#15803d",
}
_CALL: Final = "#1d4ed8"
_INTERNAL: Final = "#57534e"
_FRAME: Final = "#78716c"


def source(drawing: Drawing, *, words: bool = True, settings: Mapping[str, str] | None = None) -> str:
    """The drawing in DOT.

    Args:
        drawing: what to write.
        words: left out, the same boxes are empty, which lays out the same and needs no font.
        settings: more graph attributes, which steer the layout.
    """
    graph = graphviz.Digraph(drawing.name, comment=drawing.title)
    graph.attr("graph", rankdir="TB", compound="true", nodesep="0.3", ranksep="0.32", **(settings or {}))
    graph.attr("node", shape="box", style="rounded", fixedsize="true", margin="0", fontname="Helvetica")
    graph.attr("edge", arrowsize="0.8")
    if words:
        graph.attr(label=drawing.title, labelloc="t", fontname="Helvetica", tooltip=text.LEGEND)
    top = graphviz.Digraph(graph_attr={"rank": "source"})
    for node in drawing.nodes:
        if node.shape is Shape.BEGIN:
            top.node(node.id)
    graph.subgraph(top)
    _add_level(graph, drawing, "", words)
    groups = {group.id for group in drawing.groups}
    for number, edge in enumerate(drawing.edges):
        framed = {"ltail": f"cluster_{edge.tail}"} if edge.tail in groups else {}
        look = {"color": _colour(edge), "tooltip": _tooltip(edge.about), **_LINES[edge.grade]}
        label = label_id(number)
        # From the last state of a frame: it is the nearest to what comes after, so the line need not cross the frame.
        graph.edge(drawing.members(edge.tail)[-1], label, id=f"{label}-before", arrowhead="none", **framed, **look)
        graph.edge(label, edge.head, id=f"{label}-after", **look)
    return str(graph.source)


def label_id(number: int) -> str:
    """The name in DOT of an edge's label, by its place in the drawing's edges; its lines are `-before` and `-after`."""
    return f"label-{number}"


def cluster(group: Group) -> str:
    """The name in DOT of a group."""
    return f"cluster_{group.id}"


def _add_level(graph: graphviz.Digraph, drawing: Drawing, group_id: str, words: bool) -> None:
    """Add what lies directly in a group (empty: in none): its nodes, its labels, and the groups inside."""
    for node in drawing.nodes:
        if drawing.home((node.id,)) == group_id:
            _add_node(graph, node, words)
    for number, edge in enumerate(drawing.edges):
        if drawing.home((*drawing.members(edge.tail), edge.head)) == group_id:
            _add_label(graph, edge, label_id(number), words)
    for group in drawing.groups:
        if group.parent == group_id:
            frame = graphviz.Digraph(cluster(group))
            frame.attr(style="rounded,dotted", color=_FRAME, margin="10", label="")
            _add_level(frame, drawing, group.id, words)
            graph.subgraph(frame)


def _add_node(graph: graphviz.Digraph, node: Node, words: bool) -> None:
    width, height = text.node_box(node)
    look = {"tooltip": _tooltip(node.about)}
    if node.is_dot:
        look |= {"shape": "circle", "style": "filled", "fillcolor": "black"}
    elif node.shape is Shape.TERMINAL:
        rings = 2 * text.RING  # Graphviz adds the second ring outside of the size it is given
        width, height, look["peripheries"] = width - rings, height - rings, "2"
    graph.node(node.id, _table(text.node_lines(node), words), width=_inches(width), height=_inches(height), **look)


def _add_label(graph: graphviz.Digraph, edge: Edge, label: str, words: bool) -> None:
    width, height = text.label_box(edge)
    lines = _table(text.label_lines(edge), words)
    graph.node(
        label, lines, shape="plaintext", tooltip=_tooltip(edge.about), width=_inches(width), height=_inches(height)
    )


def _colour(edge: Edge) -> str:
    if edge.mark:
        return _MARKS[edge.mark]
    return _INTERNAL if edge.is_internal else _CALL


def _tooltip(about: str) -> str:
    return str(graphviz.escape(about)).replace("\n", r"\n")


def _table(lines: tuple[text.Line, ...], words: bool) -> str:
    if not lines or not words:
        return ""
    size = 'FIXEDSIZE="TRUE" WIDTH="{:g}" HEIGHT="{:g}"'.format(*text.box_of(lines))
    inside = "<BR/>".join(map(_runs, lines))
    bare = 'BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"'
    return f"<<TABLE {bare} {size}><TR><TD {size}>{inside}</TD></TR></TABLE>>"


def _runs(line: text.Line) -> str:
    words = escape(line.text, quote=False)
    if line.phrase and line.phrase.is_internal and words:
        words = f"<I>{words}</I>"
    lead = f"<B>{escape(line.lead, quote=False)}</B>" if line.lead else ""
    return f'<FONT POINT-SIZE="{line.size:g}">{" ".join(filter(None, (lead, words)))}</FONT>'


def _inches(points: float) -> str:
    return f"{points / 72:.4f}"
