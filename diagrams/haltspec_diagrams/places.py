"""Rectangles and curves on the page, in points; x counts to the right, y downwards."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Final

Point = tuple[float, float]
"""Right and down from the top left corner."""

_FINE: Final = 6.0
"""Distance between points of a line that no line of text fits between."""
_COARSE: Final = 20.0
"""Distance between points of a line that is close enough to it to tell whether it crosses another."""


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def centre(self) -> Point:
        """Its middle."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From top to bottom."""
        return self.bottom - self.top

    def meets(self, other: Rect) -> bool:
        """True if the two share an area."""
        beside = self.left < other.right and other.left < self.right
        return beside and self.top < other.bottom and other.top < self.bottom

    def holds(self, point: Point) -> bool:
        """True if the point lies inside."""
        return self.left < point[0] < self.right and self.top < point[1] < self.bottom

    def grown(self, by: float) -> Rect:
        """Larger on every side, or smaller if `by` is negative."""
        return Rect(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def moved(self, right: float, down: float) -> Rect:
        """The same, elsewhere."""
        return Rect(self.left + right, self.top + down, self.right + right, self.bottom + down)


def around(centre: Point, width: float, height: float) -> Rect:
    """The rectangle of that size with its middle at `centre`."""
    x, y = centre
    return Rect(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


Curve = tuple[Point, ...]
"""A start and 3 n more points: n cubic Bezier pieces."""


@dataclass(frozen=True, slots=True)
class Wire:
    """The line of an edge, which its label interrupts: `before` the label, `after` it, and the tip of the arrow."""

    before: Curve
    label: Rect
    after: Curve
    tip: Point

    @property
    def length(self) -> float:
        """The way over the points of both curves, which is a little longer than the curves."""
        return _length(self.before) + _length(self.after)

    def trail(self, step: float = _FINE) -> tuple[Point, ...]:
        """Points along the line, at most `step` from one to the next, but for the label."""
        return (*_trail(self.before, step), *_trail(self.after, step))

    def runs_over(self, boxes: Mapping[str, Rect]) -> Iterator[str]:
        """The names of the boxes that its line runs over."""
        points = self.trail()
        extent = _extent(points)
        for name, box in boxes.items():
            if box.meets(extent) and any(map(box.holds, points)):
                yield name

    def moved(self, right: float, down: float) -> Wire:
        """The same, elsewhere."""

        def curve(points: Curve) -> Curve:
            return tuple((x + right, y + down) for x, y in points)

        (tip,) = curve((self.tip,))
        return Wire(curve(self.before), self.label.moved(right, down), curve(self.after), tip)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything goes: nodes and groups by id, wires in the order of the drawing's edges."""

    width: float
    height: float
    nodes: Mapping[str, Rect]
    groups: Mapping[str, Rect]
    wires: tuple[Wire, ...]

    @property
    def length(self) -> float:
        """Of all lines together."""
        return sum(wire.length for wire in self.wires)

    @property
    def crossings(self) -> int:
        """How often lines cross (those that share an end do not cross there)."""
        trails = [wire.trail(_COARSE) for wire in self.wires]
        return sum(_crossings(one, other) for one, other in combinations(trails, 2))


def _length(curve: Curve) -> float:
    return sum(math.dist(one, other) for one, other in pairwise(curve))


def _trail(curve: Curve, step: float) -> Iterator[Point]:
    yield curve[0]
    for start in range(0, len(curve) - 1, 3):
        piece = curve[start : start + 4]
        steps = int(_length(piece) / step) + 1
        yield from (_on_bezier(piece, number / steps) for number in range(1, steps + 1))


def _on_bezier(piece: Curve, t: float) -> Point:
    s = 1 - t
    weights = (s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t)
    x = sum(weight * point[0] for weight, point in zip(weights, piece, strict=True))
    y = sum(weight * point[1] for weight, point in zip(weights, piece, strict=True))
    return x, y


def _crossings(one: Curve, other: Curve) -> int:
    """Between two lines of straight pieces."""
    first, second = _pieces(one, _extent(other)), _pieces(other, _extent(one))
    return sum(_cross(a, b, c, d) for a, b in first for c, d in second)


def _pieces(line: Curve, place: Rect) -> list[tuple[Point, Point]]:
    """The straight pieces of a line that may touch a place."""
    return [
        (a, b)
        for a, b in pairwise(line)
        if min(a[0], b[0]) <= place.right
        and max(a[0], b[0]) >= place.left
        and min(a[1], b[1]) <= place.bottom
        and max(a[1], b[1]) >= place.top
    ]


def _extent(points: Curve) -> Rect:
    xs, ys = zip(*points, strict=True)
    return Rect(min(xs), min(ys), max(xs), max(ys)).grown(0.1)


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(start: Point, end: Point, point: Point) -> float:
    """Positive on one side of a straight line, negative on the other."""
    return (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (point[0] - start[0])
