"""Drawing -> places: Graphviz decides where everything goes; nothing else is taken from it.

The wheel of `pygraphviz` carries the Graphviz libraries, so it is asked first and every machine with the same wheel
lays out alike; the program `dot` stands in where it is not installed. Boxes are given to the engine empty and with
fixed sizes (`text`), so fonts have no say.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Final

from haltspec.errors import Misuse
from haltspec_diagrams import dot, text
from haltspec_diagrams.graph import Drawing, Edge
from haltspec_diagrams.places import Curve, Layout, Point, Rect, Wire, around

_REMEDY: Final = "install it with: pip install 'haltspec[diagrams]'"


_GUTTER: Final = 40.0
"""Between two parts of a drawing, in points."""
_WIDE: Final = 2000.0
"""Parts stand side by side up to this width, in points."""
_FAULT: Final = 150.0
"""A crossing of two lines, or a line close to a box, is as bad as lines that are longer by so many points."""
_CLOSE: Final = 4.0
"""In points."""


def lay_out(drawing: Drawing) -> Layout:
    """The places of everything in the drawing, from (0, 0); raises `Misuse` if no Graphviz is installed.

    Parts that no edge joins are laid out by themselves, side by side, and below each other when the page gets wide.
    """
    parts = [_best(part) for part in drawing.parts()]
    page = max(_WIDE, *(layout.width for _, layout in parts))
    nodes: dict[str, Rect] = {}
    groups: dict[str, Rect] = {}
    wires: dict[Edge, Wire] = {}
    x = y = width = height = 0.0
    for part, layout in parts:
        if x and x + layout.width > page:
            x, y = 0.0, height + _GUTTER
        nodes |= {name: rect.moved(x, y) for name, rect in layout.nodes.items()}
        groups |= {name: rect.moved(x, y) for name, rect in layout.groups.items()}
        wires |= {edge: wire.moved(x, y) for edge, wire in zip(part.edges, layout.wires, strict=True)}
        width, height = max(width, x + layout.width), max(height, y + layout.height)
        x += layout.width + _GUTTER
    return Layout(width, height, nodes, groups, tuple(wires[edge] for edge in drawing.edges))


def _best(part: Drawing) -> tuple[Drawing, Layout]:
    """The best of several layouts, with the drawing in the order that led to it.

    Good is, in this order: nothing lies on anything else; it begins at the top; lines are short, cross seldom and keep
    away from boxes.
    """
    begin = part.nodes[0].id

    def price(tried: tuple[Drawing, Layout]) -> tuple[int, bool, float]:
        layout = tried[1]
        begins_at_top = all(layout.nodes[begin].top <= rect.top for rect in layout.nodes.values())
        faults = layout.crossings + len(collisions(*tried, clearance=_CLOSE))
        return len(collisions(*tried)), not begins_at_top, layout.length + _FAULT * faults

    return min(_tries(part), key=price)


def _tries(part: Drawing) -> Iterator[tuple[Drawing, Layout]]:
    """What Graphviz makes of the drawing: it begins with the order of the edges, and treats frames in two ways."""
    by_head = sorted(part.edges, key=lambda edge: edge.head)
    for edges in (part.edges, tuple(by_head), part.edges[::-1]):
        ordered = replace(part, edges=edges)
        for newrank in ("false", "true"):
            yield ordered, _lay_out(ordered, {"newrank": newrank})


def _lay_out(part: Drawing, settings: Mapping[str, str]) -> Layout:
    found = json.loads(run_graphviz(dot.source(part, words=False, settings=settings), "json0"))
    page = _Page(found)
    return Layout(
        page.width,
        page.height,
        {node.id: around(page.centre(node.id), *text.node_box(node)) for node in part.nodes},
        {group.id: page.frame(dot.cluster(group)) for group in part.groups},
        tuple(_wire(page, number, text.label_box(edge)) for number, edge in enumerate(part.edges)),
    )


def collisions(drawing: Drawing, layout: Layout, *, clearance: float = 0.0) -> tuple[str, ...]:
    """What lies on something else, a sentence each: labels on boxes or labels, lines on boxes that they do not join.

    Args:
        drawing: what was laid out.
        layout: where everything is.
        clearance: how near to a box a line must not come, in points.
    """
    boxes = {**layout.nodes, **{dot.label_id(number): wire.label for number, wire in enumerate(layout.wires)}}
    found = [f"{one} lies on {other}" for one, other in combinations(boxes, 2) if boxes[one].meets(boxes[other])]
    for number, (edge, wire) in enumerate(zip(drawing.edges, layout.wires, strict=True)):
        own = {dot.label_id(number), *drawing.members(edge.tail), edge.head}
        others = {name: box.grown(clearance) for name, box in boxes.items() if name not in own}
        for name in wire.runs_over(others):
            found.append(f"the line of {dot.label_id(number)} runs over {name}")
    return tuple(found)


def png(drawing: Drawing) -> bytes:
    """The drawing's DOT as a PNG, with this machine's fonts; raises `Misuse` if no Graphviz is installed."""
    return run_graphviz(dot.source(drawing), "png")


def run_graphviz(source: str, form: str) -> bytes:
    """What Graphviz makes of DOT, in one of its output formats; raises `Misuse` if none is installed."""
    try:
        import pygraphviz  # late: a C library that only drawing needs
    except ImportError:
        return _run_program(source, form)
    drawn: Any = pygraphviz.AGraph(string=source).draw(format=form, prog="dot")
    return bytes(drawn)


def _run_program(source: str, form: str) -> bytes:
    program = shutil.which("dot")
    if program is None:
        raise Misuse("drawing needs Graphviz, and neither pygraphviz nor the program dot is there", _REMEDY)
    done = subprocess.run([program, f"-T{form}"], input=source.encode(), capture_output=True, check=False)
    if done.returncode:
        raise Misuse(f"{program} failed: {done.stderr.decode(errors='replace').strip()}", _REMEDY)
    return done.stdout


@dataclass(frozen=True, slots=True)
class _Page:
    """What Graphviz says, in its JSON; its y axis points up."""

    found: Mapping[str, Any]

    @property
    def box(self) -> tuple[float, ...]:
        return tuple(map(float, self.found["bb"].split(",")))

    @property
    def width(self) -> float:
        return self.box[2] - self.box[0]

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]

    def point(self, pair: str) -> Point:
        x, y = pair.split(",")[-2:]
        return float(x) - self.box[0], self.box[3] - float(y)

    def named(self, name: str) -> Mapping[str, Any]:
        return next(item for item in self.found["objects"] if item["name"] == name)

    def centre(self, node: str) -> Point:
        return self.point(self.named(node)["pos"])

    def frame(self, cluster: str) -> Rect:
        x0, y0, x1, y1 = self.named(cluster)["bb"].split(",")
        return Rect(*self.point(f"{x0},{y1}"), *self.point(f"{x1},{y0}"))

    def line(self, edge_id: str) -> Curve:
        """The points of an edge as Graphviz gives them: where it has an arrow, the tip comes first."""
        item = next(item for item in self.found["edges"] if item["id"] == edge_id)
        return tuple(map(self.point, item["pos"].split()))


def _wire(page: _Page, number: int, box: text.Box) -> Wire:
    label = dot.label_id(number)
    tip, *after = page.line(f"{label}-after")
    return Wire(page.line(f"{label}-before"), around(page.centre(label), *box), tuple(after), tip)
