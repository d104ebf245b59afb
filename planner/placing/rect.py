"""A rectangle in fractions of a grid unit, while its place is still being sought."""

from dataclasses import dataclass
from typing import Self

from planner.scene import GRID, Box

RIM = 20
"""Grid units that things keep off the canvas's edges where they can."""


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
        """Moved by as little as puts it on the canvas, off its rim; what is larger than the canvas is cut."""
        width, height = min(self.width, GRID), min(self.height, GRID)
        return Rect(_kept(self.x, width), _kept(self.y, height), width, height)

    def overlap(self, other: "Rect") -> float:
        """The area that both cover."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(wide, 0.0) * max(high, 0.0)


CANVAS = Rect(GRID / 2, GRID / 2, GRID, GRID)
"""All of the picture."""


def _kept(middle: float, side: float) -> float:
    rim = min(RIM, (GRID - side) / 2)
    return min(max(middle, rim + side / 2), GRID - rim - side / 2)


def around(rects: list[Rect]) -> Rect:
    """The smallest rectangle that holds them all."""
    left, right = min(r.left for r in rects), max(r.right for r in rects)
    top, bottom = min(r.top for r in rects), max(r.bottom for r in rects)
    return Rect((left + right) / 2, (top + bottom) / 2, right - left, bottom - top)
