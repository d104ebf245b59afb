"""Depth decides every overlap: shapes become disjoint cells, and what is left is the background."""

from collections.abc import Sequence

import shapely
from shapely.geometry.base import BaseGeometry

from planner.plans import Size
from planner.scene import Region


def partition(
    regions: Sequence[Region], shapes: Sequence[BaseGeometry], size: Size
) -> tuple[tuple[BaseGeometry, ...], BaseGeometry]:
    """Cells in the order of `regions`, and the background, in pixels; together they are the canvas.

    The nearer region keeps what two claim; at equal depth the one with the smaller shape, then by name, so
    that the order of the regions does not matter.
    """

    def nearness(index: int) -> tuple[int, float, str]:
        return regions[index].depth, shapes[index].area, regions[index].name

    free: BaseGeometry = shapely.box(0, 0, size.width, size.height)
    cells: list[BaseGeometry] = [shapely.Polygon()] * len(regions)
    for index in sorted(range(len(regions)), key=nearness):
        cells[index] = _area(shapely.intersection(shapes[index], free))
        free = _area(shapely.difference(free, shapes[index]))
    return tuple(cells), free


def _area(geometry: BaseGeometry) -> BaseGeometry:
    """Without the points and lines in which shapes merely touch."""
    if not isinstance(geometry, shapely.GeometryCollection):
        return geometry if geometry.area else shapely.Polygon()
    return shapely.union_all([part for part in geometry.geoms if part.area])
