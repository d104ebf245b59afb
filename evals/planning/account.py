"""What came of one prompt: its plan, the geometry that every plan is held to, and its scores."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import shapely

from evals.benchmarks.samples import Edges, Instance, Planned
from planner.layout import Layout
from planner.plans import Plan, Size
from planner.scene import GRID, Box, Region
from planner.shapes import given_boxes
from planner.words import unnumbered
from renderer.grid import BACKGROUND, TokenGrid, rasterise
from renderer.pipeline import layout_of

ROUNDED = 6
"""Decimals of what is written, so that the same plan is the same row on every machine."""


@dataclass(frozen=True)
class Geometry:
    """How a plan lies on its canvas.

    `overlap` tokens are claimed by two regions; `lost` regions have neither a token nor a note;
    `off_canvas` regions reach over the edge; `coverage` is the share of tokens that regions own.
    """

    overlap: int
    lost: int
    off_canvas: int
    coverage: float


def planned(plan: Plan) -> Planned:
    """The plan as scorers see it."""
    boxes = given_boxes(plan.scene.regions, plan.size)
    return Planned(plan.scene, tuple(i for r in plan.scene.regions for i in _instances(r, boxes.get(r.name))))


def _instances(region: Region, box: Box | None) -> Iterator[Instance]:
    """One for each of the region's things; those of a group share its box in rows and columns."""
    if box is None:
        return
    edges = box.x0 / GRID, box.y0 / GRID, box.x1 / GRID, box.y1 / GRID
    for part in _divided(edges, region.count):
        yield Instance(unnumbered(region.name), region.prompt, part)


def _divided(edges: Edges, count: int) -> Iterator[Edges]:
    x0, y0, x1, y1 = edges
    columns = next(c for c in range(1, count + 1) if c * c >= count)
    rows = -(-count // columns)
    width, height = (x1 - x0) / columns, (y1 - y0) / rows
    for number in range(count):
        left, top = x0 + number % columns * width, y0 + number // columns * height
        corners = left, top, left + width, top + height
        a, b, c, d = (round(value, ROUNDED) for value in corners)
        yield a, b, c, d


def geometry(plan: Plan) -> Geometry:
    """The plan's geometry, from its layout and its tokens."""
    layout = layout_of(plan)
    grid = rasterise(layout)
    regions = sum(name != BACKGROUND for name in grid.names)
    owned = int((grid.owner < regions).sum())
    return Geometry(
        _overlap(layout, grid.patch),
        _lost(layout, grid),
        sum(not _within(cell.bounds, layout.size) for cell in layout.cells if not cell.is_empty),
        round(owned / grid.owner.size, ROUNDED),
    )


def _overlap(layout: Layout, patch: int) -> int:
    """Tokens in which the cells of two regions share more than a rounding error of area."""
    shared = [one.intersection(two) for one, two in combinations(layout.cells, 2) if one.intersects(two)]
    common = shapely.union_all([part for part in shared if part.area > 1e-6])
    if common.is_empty:
        return 0
    sides = range(0, layout.size.height, patch), range(0, layout.size.width, patch)
    tokens = (shapely.box(x, y, x + patch, y + patch) for y in sides[0] for x in sides[1])
    return sum(token.intersection(common).area > 1e-6 for token in tokens)


def _lost(layout: Layout, grid: TokenGrid) -> int:
    told = {note.name for note in grid.notes if note.kind == "lost"}
    drawn = set(grid.names)
    return sum(region.name not in drawn | told for region in layout.scene.regions)


def _within(bounds: tuple[float, float, float, float], size: Size) -> bool:
    x0, y0, x1, y1 = bounds
    return min(x0, y0) >= -1e-6 and x1 <= size.width + 1e-6 and y1 <= size.height + 1e-6


def boxes_of(plan: Planned) -> list[dict[str, Any]]:
    """The instances as rows hold them."""
    return [{"name": i.name, "prompt": i.prompt, "box": list(i.box)} for i in plan.instances]
