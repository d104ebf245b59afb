"""Rectangles in fractions of a grid unit, while their places are still sought, and rows of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Self

from planner.scene import GRID, Box

RIM = 20
"""Grid units that things keep off the canvas's edges where they can."""

GAP = 30
"""Grid units between things placed side by side."""


@dataclass(frozen=True)
class Rect:
    """A rectangle by its centre and its sides, on the 0-1000 grid; it may lie off the canvas."""

    x: float
    y: float
    width: float
    height: float

    @classmethod
    def of(cls, box: Box) -> Self:
        """The rectangle of a box."""
        return cls((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2, box.x1 - box.x0, box.y1 - box.y0)

    @property
    def left(self) -> float:
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        return self.x + self.width / 2

    @property
    def top(self) -> float:
        return self.y - self.height / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height / 2

    def moved(self, dx: float, dy: float) -> "Rect":
        """The same rectangle, `dx` to the right and `dy` down."""
        return Rect(self.x + dx, self.y + dy, self.width, self.height)

    def on_canvas(self) -> "Rect":
        """The rectangle moved by the least that puts it on the canvas, off the rim, and cut to the canvas."""
        width, height = min(self.width, GRID), min(self.height, GRID)
        return Rect(_clamped(self.x, width), _clamped(self.y, height), width, height)

    def overlap(self, other: "Rect") -> float:
        """The area that both cover."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(wide, 0.0) * max(high, 0.0)


CANVAS = Rect(GRID / 2, GRID / 2, GRID, GRID)
"""The whole picture."""


def _clamped(middle: float, side: float) -> float:
    rim = min(RIM, (GRID - side) / 2)
    return min(max(middle, rim + side / 2), GRID - rim - side / 2)


def around(rects: Sequence[Rect]) -> Rect:
    """The smallest rectangle that holds them all."""
    left, right = min(r.left for r in rects), max(r.right for r in rects)
    top, bottom = min(r.top for r in rects), max(r.bottom for r in rects)
    return Rect((left + right) / 2, (top + bottom) / 2, right - left, bottom - top)


def shelves(items: Sequence[Rect], frame: Rect) -> list[Rect]:
    """`items` in their order, row by row, spread evenly over `frame`; their own places do not matter.

    The items of a row stand on one ground. There are as many rows as fill the frame best. Items may overlap
    where the frame is too small for them.
    """

    def fullness(rows: list[list[Rect]]) -> tuple[float, int]:
        """How much of the frame's tighter side the rows take; of equals, fewer rows come first."""
        width = max(sum(item.width for item in row) for row in rows)
        height = sum(max(item.height for item in row) for row in rows)
        return round(max(width / frame.width, height / frame.height), 9), len(rows)

    if not items:
        return []
    rows = min((_rows(items, number) for number in range(1, len(items) + 1)), key=fullness)
    heights = [max(item.height for item in row) for row in rows]
    return [
        Rect(x, middle + (height - item.height) / 2, item.width, item.height)
        for row, middle, height in zip(rows, spread(heights, frame.top, frame.height), heights, strict=True)
        for item, x in zip(row, spread([i.width for i in row], frame.left, frame.width), strict=True)
    ]


def _rows(items: Sequence[Rect], number: int) -> list[list[Rect]]:
    """`items` cut into at most `number` rows of about equal width."""
    total, before = sum(item.width for item in items), 0.0
    row_of: list[int] = []
    for item in items:
        row_of.append(int((before + item.width / 2) / total * number))
        before += item.width
    numbered = zip(row_of, items, strict=True)
    return [[item for _, item in row] for _, row in groupby(numbered, key=lambda pair: pair[0])]


def spread(lengths: Sequence[float], start: float, room: float) -> list[float]:
    """Middles of intervals of these lengths, in order, with equal gaps over `room`; gaps may be negative."""
    gap = (room - sum(lengths)) / (len(lengths) + 1)
    middles: list[float] = []
    for length in lengths:
        start += gap
        middles.append(start + length / 2)
        start += length
    return middles
