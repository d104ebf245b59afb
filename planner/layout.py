"""The layout: a scene's regions as an exact partition of the canvas."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.plans import Note, Size
from planner.scene import Scene
from planner.shapes import pixels


@dataclass(frozen=True)
class Layout:
    """Disjoint regions and a background that together cover the canvas exactly.

    `cells` holds one geometry for each region, in the scene's order and in pixels; a region that nearer ones
    hide completely has an empty one, and a note says so. `background` is the rest, and may be empty.
    """

    size: Size
    scene: Scene
    cells: tuple[BaseGeometry, ...]
    background: BaseGeometry
    notes: tuple[Note, ...] = ()

    def masks(self) -> NDArray[np.bool_]:
        """Non-overlapping masks, bool (R, H, W), in the scene's order.

        A pixel belongs to the region that holds its centre; the background's pixels are in no mask.
        """
        masks = np.zeros((len(self.cells), self.size.height, self.size.width), dtype=np.bool_)
        free = np.ones(masks.shape[1:], dtype=np.bool_)
        for mask, cell in zip(masks, self.cells, strict=True):
            # `free` settles a centre that lies on two cells' common edge.
            np.logical_and(pixels(cell, self.size), free, out=mask)
            free &= ~mask
        return masks
