"""Pictures of lifecycles: lifecycle -> drawing (`draw`) -> DOT, SVG, Mermaid, PNG; drawn files are in `diagrams/`."""

from __future__ import annotations

from haltspec_diagrams.dot import source as to_dot
from haltspec_diagrams.draft import draw
from haltspec_diagrams.graph import Drawing, Edge, Group, Mark, Node, Phrase, Row, Shape, Shown
from haltspec_diagrams.layout import collisions, lay_out
from haltspec_diagrams.layout import png as to_png
from haltspec_diagrams.mermaid import page as to_markdown
from haltspec_diagrams.mermaid import source as to_mermaid
from haltspec_diagrams.places import Layout
from haltspec_diagrams.svg import outline
from haltspec_diagrams.svg import source as to_svg

__all__ = [
    "Drawing",
    "Edge",
    "Group",
    "Layout",
    "Mark",
    "Node",
    "Phrase",
    "Row",
    "Shape",
    "Shown",
    "collisions",
    "draw",
    "lay_out",
    "outline",
    "to_dot",
    "to_markdown",
    "to_mermaid",
    "to_png",
    "to_svg",
]
