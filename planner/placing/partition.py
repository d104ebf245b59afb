"""Depth decides every overlap: shapes become disjoint cells, and what is left is the background."""

from collections.abc import Sequence

import numpy as np
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

    place = {index: k for k, index in enumerate(sorted(range(len(regions)), key=nearness))}
    nearer: list[list[BaseGeometry]] = [[] for _ in regions]
    every = np.array([*shapes], dtype=object)
    for index, other in shapely.STRtree(every).query(every, "intersects").T.tolist():
        if place[other] < place[index]:
            nearer[index].append(shapes[other])
    cells = tuple(_without(shape, hiding) for shape, hiding in zip(shapes, nearer, strict=True))
    return cells, _without(shapely.box(0, 0, size.width, size.height), shapes)


def _without(shape: BaseGeometry, hiding: Sequence[BaseGeometry]) -> BaseGeometry:
    """What nearer shapes leave of one."""
    return _area(shapely.difference(shape, shapely.union_all(hiding)) if hiding else shape)


def _area(geometry: BaseGeometry) -> BaseGeometry:
    """Without the points and lines in which shapes merely touch."""
    if not isinstance(geometry, shapely.GeometryCollection):
        return geometry if geometry.area else shapely.Polygon()
    return shapely.union_all([part for part in geometry.geoms if part.area])
