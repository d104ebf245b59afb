"""Geometry to pixels: a pixel is in a shape where its centre is."""

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.plans import Size


def pixels(geometry: BaseGeometry, size: Size) -> NDArray[np.bool_]:
    """Which pixels of the canvas have their centre in `geometry` (pixel coordinates): bool (H, W).

    Even-odd filling, row by row, so holes and separate parts need no care. Intervals are half open: of two
    shapes with a common edge, only the one to the right or below takes a centre that lies on it.
    """
    toggles = np.zeros((size.height, size.width + 1), dtype=np.uint8)
    for start, end in _edges(geometry):
        _toggle(toggles, start, end)
    return np.bitwise_xor.accumulate(toggles, axis=1)[:, :-1].astype(np.bool_)


def _edges(geometry: BaseGeometry) -> NDArray[np.float64]:
    """Every edge that is not level, upper end first: (E, 2 ends, 2 coordinates)."""
    rings = shapely.get_rings(shapely.get_parts(geometry))
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    inside = ring[1:] == ring[:-1]
    edges = np.stack([coordinates[:-1], coordinates[1:]], axis=1)[inside]
    edges = edges[edges[:, 0, 1] != edges[:, 1, 1]]
    downward = edges[:, :1, 1:] < edges[:, 1:, 1:]
    return np.where(downward, edges, edges[:, ::-1])


def _toggle(toggles: NDArray[np.uint8], upper: NDArray[np.float64], lower: NDArray[np.float64]) -> None:
    """Flip, in each row that the edge crosses, the first pixel whose centre is not left of it."""
    first, last = np.clip(np.ceil(np.array([upper[1], lower[1]]) - 0.5), 0, toggles.shape[0]).astype(int)
    if first == last:
        return
    rows = np.arange(first, last)
    slope = (lower[0] - upper[0]) / (lower[1] - upper[1])
    crossing = upper[0] + (rows + 0.5 - upper[1]) * slope
    columns = np.clip(np.ceil(crossing - 0.5), 0, toggles.shape[1] - 1).astype(int)
    toggles[rows, columns] ^= 1
