"""How large a thing is in the picture when nobody gives its box."""

from dataclasses import replace

from planner.placing.rect import Rect
from planner.placing.shelves import shelves
from planner.plans import Size
from planner.scene import GRID, Box, Extent, Place, Region

EXTENT: dict[Extent | None, float] = {"small": 0.6, "medium": 0.9, "large": 1.3, None: 1.0}
BAND: dict[Extent, float] = {"small": 0.2, "medium": 0.35, "large": 0.5}
"""How much of the canvas a thing takes across, where it fills the whole width or height."""

FARTHER = 0.93
"""By how much each step of depth makes a thing look smaller."""

LOOSE = 0.06
"""How far every other thing of a group stands off its row, by its height."""

SQUEEZED = 0.8
"""How much of its size a thing keeps at least where a group stands in line along an edge."""

COUNTED = 0.92
"""How large the side of each of several is against its share of their room, so that they stand apart."""

WIDE = 0.9
"""From which part of the canvas a wish fills it along an axis."""

GAP = 30
"""Grid units between things placed side by side."""


def usual_side(things: int) -> float:
    """The side of one of so many things, in grid units: some two fifths of the canvas are things."""
    return 0.7 * GRID / (max(things, 2) ** 0.5 + 0.3)


def footprint(region: Region, instances: int, usual: float, size: Size) -> Rect:
    """The room that a region wants, about the origin: what it is wished, else a middling square of the side
    `usual`. One with several instances wants it for all of them.
    """
    if region.wish:
        return replace(wished_rect(region.wish, size), x=0, y=0)
    place = region.where if isinstance(region.where, Place) else None
    extent = place.size if place else region.size
    item = _square(usual * EXTENT[extent] * FARTHER**region.depth, size)
    width, height = _grouped(item, instances, place)
    if place and place.horizontal == "full":
        width, height = GRID, max(height if instances > 1 else 0, BAND[place.size] * GRID)
    if place and place.vertical == "full":
        width, height = (width if width == GRID else max(width, BAND[place.size] * GRID)), GRID
    return Rect(0, 0, min(width, GRID), min(height, GRID))


def wished_rect(wish: Box, size: Size) -> Rect:
    """A wish, which is for a square canvas, on one of `size`: its middle stays, and so do its area and
    its proportions, unless it fills the canvas along an axis.
    """
    rect = Rect.of(wish)
    x = 1.0 if rect.width >= WIDE * GRID else (size.height / size.width) ** 0.5
    y = 1.0 if rect.height >= WIDE * GRID else (size.width / size.height) ** 0.5
    fit = min(1.0, GRID / (rect.width * x), GRID / (rect.height * y))
    return Rect(rect.x, rect.y, rect.width * x * fit, rect.height * y * fit).on_canvas()


def wished_rects(wish: Box, instances: int, size: Size) -> list[Rect]:
    """A wish shared out among the instances of a region."""
    whole = wished_rect(wish, size)
    item = COUNTED * (whole.width * whole.height / instances) ** 0.5
    placed = shelves([Rect(0, 0, item, item)] * instances, whole)
    rows = len({rect.y for rect in placed})
    columns = -(-instances // rows)
    width, height = COUNTED * whole.width / columns, COUNTED * whole.height / rows
    return [Rect(rect.x, rect.y, width, height).on_canvas() for rect in placed]


def instance_rects(whole: Rect, instances: int, size: Size) -> list[Rect]:
    """`whole` shared out among instances, in loose rows."""
    if instances == 1:
        return [whole]
    side = COUNTED * (whole.width * whole.height / instances) ** 0.5
    item = _square(side, size)
    item = Rect(0, 0, min(item.width, whole.width), min(item.height, whole.height))
    placed = shelves([item] * instances, whole)
    return [rect.moved(0, (-1) ** n * LOOSE * item.height) for n, rect in enumerate(placed)]


def _square(side: float, size: Size) -> Rect:
    """A square in pixels of `side` grid units on average."""
    stretch = (size.height / size.width) ** 0.5
    return Rect(0, 0, side * stretch, side / stretch)


def _grouped(item: Rect, instances: int, place: Place | None) -> tuple[float, float]:
    """Width and height of a group: about as many rows as columns, or one line along the edge where it is to
    stand, if its things fit there side by side at `SQUEEZED` of their size.
    """
    columns = round(instances**0.5 + 0.49)
    if place and place.horizontal == "center" and place.vertical in ("top", "bottom"):
        columns = instances if _in_line(item.width, instances) else columns
    if place and place.vertical == "middle" and place.horizontal in ("left", "right"):
        columns = 1 if _in_line(item.height, instances) else columns
    rows = -(-instances // columns)
    return columns * item.width + (columns - 1) * GAP, rows * item.height + (rows - 1) * GAP


def _in_line(side: float, instances: int) -> bool:
    return instances * side * SQUEEZED <= GRID
