"""How large a thing is in the picture when nobody gives its box."""

from planner.placing.rect import Rect
from planner.placing.shelves import shelves
from planner.plans import Size
from planner.scene import GRID, Extent, Place, Region

EXTENT: dict[Extent | None, float] = {"small": 0.6, "medium": 0.9, "large": 1.3, None: 1.0}
BAND: dict[Extent, float] = {"small": 0.2, "medium": 0.35, "large": 0.5}
"""How much of the canvas a thing takes across, where it fills the whole width or height."""

FARTHER = 0.93
"""By how much each step of depth makes a thing look smaller."""

GAP = 30
"""Grid units between things placed side by side."""


def usual_side(things: int) -> float:
    """The side of a thing among so many, in grid units: some two fifths of the canvas are things."""
    return 0.7 * GRID / (max(things, 2) ** 0.5 + 0.3)


def footprint(region: Region, instances: int, things: int, size: Size) -> Rect:
    """The room that a region wants, about the origin; one with several instances wants it for all of them."""
    place = region.where if isinstance(region.where, Place) else None
    extent = place.size if place else region.size
    side = usual_side(things) * EXTENT[extent] * FARTHER**region.depth
    item = _square(side, size)
    width, height = _grouped(item, instances)
    if place and place.horizontal == "full":
        width, height = GRID, max(height if instances > 1 else 0, BAND[place.size] * GRID)
    if place and place.vertical == "full":
        width, height = (width if width == GRID else max(width, BAND[place.size] * GRID)), GRID
    return Rect(0, 0, min(width, GRID), min(height, GRID))


def instance_rects(whole: Rect, instances: int, size: Size) -> list[Rect]:
    """`whole` shared out among the instances of a region, in rows."""
    if instances == 1:
        return [whole]
    side = 0.85 * (whole.width * whole.height / instances) ** 0.5
    item = _square(side, size)
    item = Rect(0, 0, min(item.width, whole.width), min(item.height, whole.height))
    return shelves([item] * instances, whole)


def _square(side: float, size: Size) -> Rect:
    """A square in pixels of `side` grid units on average."""
    stretch = (size.height / size.width) ** 0.5
    return Rect(0, 0, side * stretch, side / stretch)


def _grouped(item: Rect, instances: int) -> tuple[float, float]:
    columns = round(instances**0.5 + 0.49)
    rows = -(-instances // columns)
    return columns * item.width + (columns - 1) * GAP, rows * item.height + (rows - 1) * GAP
