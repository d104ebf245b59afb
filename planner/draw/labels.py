"""Labels: a plate with each region's name, so placed that no two overlap and none leaves the canvas.

A name stands in the middle of its cell where it has room, else elsewhere in the cell, in smaller letters or
in several lines; else a number stands for it, and the key beneath the picture says whose it is.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import shapely
from shapely.geometry.base import BaseGeometry

from planner.draw.fonts import Face
from planner.draw.lettering import Lettering, breakable, wrapped
from planner.draw.palette import Colour

SIZES = (26, 32, 40, 50, 60)
"""The side of a square as large as the canvas is so many times as high as a label's letters."""

SMALLEST = 12.0
"""Pixels of a label's letters at least."""

MOSTLY = 0.6
"""The share of a plate that lies in its own cell, at least, where the cell doesn't hold all of it."""

MOST_LINES = 3
"""Lines of a name, as long as smaller letters make fewer."""

RIM = 4.0
"""Pixels of a cell's rim: a plate within leaves some of the cell's colour to be seen."""

_STEPS = 9
"""Places that are tried along each side of a cell."""

_CANVAS_STEPS = 40
"""Places that are tried along each side of the canvas, for a number whose cell is full."""

Edges = tuple[float, float, float, float]
Point = tuple[float, float]


@dataclass(frozen=True)
class Cell:
    """What owns some of the canvas: its shape in pixels, its colour, and its number in the key."""

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
    spots = [_spot(cell) for cell in cells]
    placing = _Placing(spots, faces, width, height)
    taken: dict[int, Plate] = {}
    for index in sorted(range(len(spots)), key=lambda index: spots[index].part.area):
        candidates = placing.candidates(spots[index]) if spots[index].name else iter(())
        plates = (plate for plate in candidates if _free(plate.edges, taken.values(), placing))
        if (plate := next(plates, None)) is not None:
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
        yield from self._over_the_edge(spot, smallest)
        yield from self._numbers(spot, smallest)

    def _inside(self, spot: Spot, lines: tuple[str, ...], lettering: Lettering) -> Iterator[Plate]:
        """The plate where it lies in its cell, the middle first."""
        width, height = self._size(lines, lettering)
        left, top, right, bottom = spot.part.bounds
        if width > right - left or height > bottom - top:
            return
        for place in _places(spot):
            plate = self._plate(lines, lettering, place)
            if spot.inner.covers(shapely.box(*plate.edges)):
                yield plate

    def _over_the_edge(self, spot: Spot, lettering: Lettering) -> Iterator[Plate]:
        """The name over the cell's edge: most of it in the cell, and no other cell's middle hidden."""
        others = [other.middle for other in self.spots if other is not spot]
        longest = _longest(spot.name, lettering)
        for room, place in product((2 * spot.radius, 4 * spot.radius), _places(spot)[:2]):
            plate = self._plate(wrapped(spot.name, max(room, longest), lettering), lettering, place)
            rectangle = shapely.box(*plate.edges)
            inside = rectangle.intersection(spot.part).area / rectangle.area
            if inside >= MOSTLY and not any(_holds(plate.edges, point) for point in others):
                yield plate

    def _numbers(self, spot: Spot, lettering: Lettering) -> Iterator[Plate]:
        """The number in the cell, else next to it with a line that leads there."""
        lines = (str(spot.number),)
        for place in _places(spot):
            if spot.part.covers(shapely.Point(place)):
                yield self._plate(lines, lettering, place, spot.number)
        for place in _grid((0, 0, self.width, self.height), _CANVAS_STEPS, spot.middle):
            yield self._plate(lines, lettering, place, spot.number, spot.middle)

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


def _spot(cell: Cell) -> Spot:
    """The largest circle in the cell's largest part."""
    largest = max(shapely.get_parts(cell.shape), key=lambda part: part.area)
    # A tolerance keeps the search short; finer makes no difference to the eye.
    radius = shapely.maximum_inscribed_circle(largest, tolerance=max(largest.area**0.5 / 100, 0.1))
    (x, y), _ = radius.coords
    return Spot(cell.name, cell.number, largest, largest.buffer(-RIM), (x, y), radius.length)


def _longest(name: str, lettering: Lettering) -> float:
    """The width of the longest word."""
    return max(lettering.width(part.rstrip()) for part in breakable(name))


def _margin(lettering: Lettering) -> float:
    return lettering.size / 3


def _places(spot: Spot) -> list[Point]:
    """Where a plate may have its middle: the middle of the cell, that of its circle, and points around."""
    left, top, right, bottom = spot.part.bounds
    return [
        ((left + right) / 2, (top + bottom) / 2),
        spot.middle,
        *_grid(spot.part.bounds, _STEPS, spot.middle),
    ]


def _grid(bounds: Edges, steps: int, near: Point) -> list[Point]:
    """Points in even rows and columns within the bounds, the nearest to `near` first."""
    left, top, right, bottom = bounds
    shares = [(step + 0.5) / steps for step in range(steps)]
    points = [(left + x * (right - left), top + y * (bottom - top)) for y in shares for x in shares]
    return sorted(points, key=lambda point: (point[0] - near[0]) ** 2 + (point[1] - near[1]) ** 2)


def _holds(edges: Edges, point: Point) -> bool:
    return edges[0] <= point[0] <= edges[2] and edges[1] <= point[1] <= edges[3]


def _free(edges: Edges, taken: Iterable[Plate], placing: _Placing) -> bool:
    """Whether the rectangle lies on the canvas, a pixel away from every plate."""
    left, top, right, bottom = edges
    if left < 0 or top < 0 or right > placing.width or bottom > placing.height:
        return False
    return not any(
        left < plate.edges[2] + 1
        and plate.edges[0] < right + 1
        and top < plate.edges[3] + 1
        and plate.edges[1] < bottom + 1
        for plate in taken
    )
