"""Labels: a plate with each region's name, so placed that no two overlap and none leaves the canvas.

A name stands in the middle of its cell where it has room, else elsewhere in the cell, in smaller letters or
in several lines; else a number stands for it, and the key beneath the picture says which name it stands for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import shapely
from shapely.geometry.base import BaseGeometry

from planner.draw.fonts import Face
from planner.draw.lettering import Edges, Lettering, breakable, wrapped
from planner.draw.palette import Colour

SIZES = (26, 32, 40, 50, 60)
"""Heights of a label's letters, as divisors of the side of a square as large as the canvas."""

SMALLEST = 12.0
"""The least height of a label's letters in pixels."""

MOSTLY = 0.6
"""The share of a plate that lies in its own cell, at least, where the cell doesn't hold all of it."""

MOST_LINES = 3
"""Lines that a name may have in letters that are not the smallest."""

RIM = 4.0
"""Pixels of a cell's rim, which a plate leaves free, so that some of the cell's colour can be seen."""

_STEPS = 9
"""Places that are tried along each side of a cell."""

_CANVAS_STEPS = 40
"""Places that are tried along each side of the canvas, for a number whose cell is full."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Cell:
    """A region or the background: its shape in pixels, its colour, and its number in the key."""

    name: str
    number: int
    shape: BaseGeometry
    fill: Colour


@dataclass(frozen=True)
class Spot:
    """A cell's name and number, its largest part, and the largest circle in that, in pixels.

    `inner` is the part without a rim, which no plate covers.
    """

    name: str
    number: int
    part: BaseGeometry
    inner: BaseGeometry
    middle: Point
    radius: float

    @classmethod
    def of(cls, cell: Cell) -> "Spot":
        """The spot of a cell."""
        largest = max(shapely.get_parts(cell.shape), key=lambda part: part.area)
        # A tolerance keeps the search short; finer makes no difference to the eye.
        radius = shapely.maximum_inscribed_circle(largest, tolerance=max(largest.area**0.5 / 100, 0.1))
        (x, y), _ = radius.coords
        return cls(cell.name, cell.number, largest, largest.buffer(-RIM), (x, y), radius.length)

    def places(self) -> list[Point]:
        """Where a plate may have its middle: the middle of the cell, that of its circle, points around it."""
        left, top, right, bottom = self.part.bounds
        around = _grid(self.part.bounds, _STEPS, self.middle)
        return [((left + right) / 2, (top + bottom) / 2), self.middle, *around]


@dataclass(frozen=True)
class Plate:
    """Lines of letters in a rectangle (left, top, right, bottom) on the canvas, in pixels.

    `number` is set where it stands for the name; `target` is a point in a cell that the plate is not in.
    """

    lines: tuple[str, ...]
    edges: Edges
    lettering: Lettering
    number: int | None = None
    target: Point | None = None

    @property
    def margin(self) -> float:
        """Pixels between the letters and the plate's edge."""
        return _margin(self.lettering)

    @property
    def middle(self) -> Point:
        """The middle of the plate."""
        left, top, right, bottom = self.edges
        return (left + right) / 2, (top + bottom) / 2

    def rows(self) -> Iterator[tuple[str, float, float]]:
        """Each line, the left end of it and its base line; lines are centred."""
        base = self.edges[1] + self.margin / 2 + self.lettering.ascent
        for number, line in enumerate(self.lines):
            left = self.middle[0] - self.lettering.width(line) / 2
            yield line, left, base + number * (self.lettering.ascent + self.lettering.descent)


def place_labels(
    cells: Sequence[Cell], faces: tuple[Face, ...], width: int, height: int
) -> tuple[Plate | None, ...]:
    """A plate for each cell on a canvas of this size; None where a name is empty.

    The smallest cells choose first, since large ones have more places to offer.
    """
    spots = [Spot.of(cell) for cell in cells]
    placing = _Placing(spots, faces, width, height)
    taken: dict[int, Plate] = {}

    def is_free(edges: Edges) -> bool:
        """Whether the rectangle lies on the canvas, a pixel away from every plate."""
        left, top, right, bottom = edges
        if left < 0 or top < 0 or right > width or bottom > height:
            return False
        return not any(
            left < plate.edges[2] + 1
            and plate.edges[0] < right + 1
            and top < plate.edges[3] + 1
            and plate.edges[1] < bottom + 1
            for plate in taken.values()
        )

    for index in sorted(range(len(spots)), key=lambda index: spots[index].part.area):
        candidates = placing.candidates(spots[index]) if spots[index].name else iter(())
        plate = next((plate for plate in candidates if is_free(plate.edges)), None)
        if plate is not None:
            taken[index] = plate
    return tuple(taken.get(index) for index in range(len(spots)))


@dataclass(frozen=True)
class _Placing:
    """What all candidates depend on."""

    spots: Sequence[Spot]
    faces: tuple[Face, ...]
    width: int
    height: int

    @cached_property
    def letterings(self) -> tuple[Lettering, ...]:
        side = (self.width * self.height) ** 0.5
        sizes = dict.fromkeys(max(side / divisor, SMALLEST) for divisor in SIZES)
        return tuple(Lettering(self.faces, size) for size in sizes)

    def candidates(self, spot: Spot) -> Iterator[Plate]:
        """Plates for a cell, the best first."""
        smallest = self.letterings[-1]
        for lettering in self.letterings:
            yield from self._inside(spot, (spot.name,), lettering)
        for lettering in self.letterings:
            room = spot.part.bounds[2] - spot.part.bounds[0] - 2 * _margin(lettering)
            if _longest(spot.name, lettering) <= room:
                lines = wrapped(spot.name, room, lettering)
                if len(lines) <= MOST_LINES or lettering is smallest:
                    yield from self._inside(spot, lines, lettering)
        # The name over the cell's edge: most of it in the cell, and no other cell's middle hidden.
        others = [other.middle for other in self.spots if other is not spot]
        longest = _longest(spot.name, smallest)
        for room, place in product((2 * spot.radius, 4 * spot.radius), spot.places()[:2]):
            plate = self._plate(wrapped(spot.name, max(room, longest), smallest), smallest, place)
            rectangle, (left, top, right, bottom) = shapely.box(*plate.edges), plate.edges
            inside = rectangle.intersection(spot.part).area / rectangle.area
            if inside >= MOSTLY and not any(left <= x <= right and top <= y <= bottom for x, y in others):
                yield plate
        # The number in the cell, else next to it with a line that leads there.
        number = (str(spot.number),)
        for place in spot.places():
            if spot.part.covers(shapely.Point(place)):
                yield self._plate(number, smallest, place, spot.number)
        for place in _grid((0, 0, self.width, self.height), _CANVAS_STEPS, spot.middle):
            yield self._plate(number, smallest, place, spot.number, spot.middle)

    def _inside(self, spot: Spot, lines: tuple[str, ...], lettering: Lettering) -> Iterator[Plate]:
        """The plate where it lies in its cell, the middle first."""
        width, height = self._size(lines, lettering)
        left, top, right, bottom = spot.part.bounds
        if width > right - left or height > bottom - top:
            return
        for place in spot.places():
            plate = self._plate(lines, lettering, place)
            if spot.inner.covers(shapely.box(*plate.edges)):
                yield plate

    def _plate(
        self,
        lines: tuple[str, ...],
        lettering: Lettering,
        middle: Point,
        number: int | None = None,
        target: Point | None = None,
    ) -> Plate:
        """The plate around `middle`, moved onto the canvas."""
        width, height = self._size(lines, lettering)
        left = min(max(middle[0] - width / 2, 0), self.width - width)
        top = min(max(middle[1] - height / 2, 0), self.height - height)
        return Plate(lines, (left, top, left + width, top + height), lettering, number, target)

    @staticmethod
    def _size(lines: Sequence[str], lettering: Lettering) -> tuple[float, float]:
        margin = _margin(lettering)
        high = len(lines) * (lettering.ascent + lettering.descent)
        return max(map(lettering.width, lines)) + 2 * margin, high + margin


def _longest(name: str, lettering: Lettering) -> float:
    """The width of the longest word."""
    return max(lettering.width(part.rstrip()) for part in breakable(name))


def _margin(lettering: Lettering) -> float:
    return lettering.size / 3


def _grid(bounds: Edges, steps: int, near: Point) -> list[Point]:
    """Points in even rows and columns within the bounds, the nearest to `near` first."""
    left, top, right, bottom = bounds
    shares = [(step + 0.5) / steps for step in range(steps)]
    points = [(left + x * (right - left), top + y * (bottom - top)) for y in shares for x in shares]
    return sorted(points, key=lambda point: (point[0] - near[0]) ** 2 + (point[1] - near[1]) ** 2)
