"""A plan as scorers see it, and how its regions lie on the canvas."""

from collections.abc import Iterator
from itertools import combinations

import shapely

from evals.benchmarks.samples import Instance, Planned
from evals.run.rows import Geometry, PlacedInstance
from planner.plans import Plan
from planner.scene import GRID, Box, Region
from planner.shapes import given_boxes
from planner.words import unnumbered
from renderer.grid import BACKGROUND, rasterise
from renderer.pipeline import layout_of

DECIMALS = 6
"""Decimals of written figures, so that the same plan gives the same row on every machine."""

ROUNDING = 1e-6
"""Square pixels, or pixels, that are rounding errors."""


def planned(plan: Plan) -> Planned:
    """The plan as scorers see it."""
    boxes = given_boxes(plan.scene.regions, plan.size)
    return Planned(plan.scene, tuple(i for r in plan.scene.regions for i in _instances(r, boxes.get(r.name))))


def _instances(region: Region, box: Box | None) -> Iterator[Instance]:
    """One instance for each thing of the region; those of a group share its box in rows and columns."""
    if box is None:
        return
    x0, y0, x1, y1 = box.x0 / GRID, box.y0 / GRID, box.x1 / GRID, box.y1 / GRID
    columns = next(c for c in range(1, region.count + 1) if c * c >= region.count)
    rows = -(-region.count // columns)
    width, height = (x1 - x0) / columns, (y1 - y0) / rows
    for number in range(region.count):
        left, top = x0 + number % columns * width, y0 + number // columns * height
        corners = left, top, left + width, top + height
        a, b, c, d = (round(value, DECIMALS) for value in corners)
        yield Instance(unnumbered(region.name), region.prompt, (a, b, c, d))


def placed_instances(plan: Planned) -> tuple[PlacedInstance, ...]:
    """The instances as rows hold them."""
    return tuple(PlacedInstance(name=i.name, prompt=i.prompt, box=i.box) for i in plan.instances)


def geometry(plan: Plan) -> Geometry:
    """The plan's geometry, from its layout and its tokens."""
    layout = layout_of(plan)
    grid = rasterise(layout)
    size, regions = layout.size, sum(name != BACKGROUND for name in grid.names)
    with_a_note = {note.name for note in grid.notes if note.kind == "lost"}
    off_canvas = 0
    for cell in layout.cells:
        if not cell.is_empty:
            x0, y0, x1, y1 = cell.bounds
            off_canvas += min(x0, y0) < -ROUNDING or x1 > size.width + ROUNDING or y1 > size.height + ROUNDING
    shared = [one.intersection(two) for one, two in combinations(layout.cells, 2) if one.intersects(two)]
    common = shapely.union_all([part for part in shared if part.area > ROUNDING])
    return Geometry(
        overlap=0 if common.is_empty else _tokens_within(common, size.width, size.height, grid.patch),
        lost=sum(region.name not in {*grid.names, *with_a_note} for region in layout.scene.regions),
        off_canvas=off_canvas,
        coverage=round(int((grid.owner < regions).sum()) / grid.owner.size, DECIMALS),
    )


def _tokens_within(area: shapely.Geometry, width: int, height: int, patch: int) -> int:
    """The number of tokens that share more than a rounding error with the area."""
    tokens = (
        shapely.box(x, y, x + patch, y + patch)
        for y in range(0, height, patch)
        for x in range(0, width, patch)
    )
    return sum(token.intersection(area).area > ROUNDING for token in tokens)
