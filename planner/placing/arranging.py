"""From a scene to a layout: every region gets a place, and every point one owner."""

from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from planner.layout import Layout
from planner.placing.expand import expand
from planner.placing.place import Placement, Problem, make_problem, place
from planner.placing.rect import Rect
from planner.placing.targets import instance_targets
from planner.plans import Note, Size
from planner.scene import Place, Region, Scene
from planner.shapes import geometry, given_shape

DEFAULT_SIZE = Size()

FAR = 200
"""Grid units from which a thing counts as moved off the place that was stated."""


def arrange(scene: Scene, size: Size = DEFAULT_SIZE) -> Layout:
    """Place every region of `scene` and divide the canvas among them; pure, and blind to the regions' order.

    Counts of 2 to 10 become that many regions. Shapes that are given stand as they are. The rest gets boxes
    so that stated relations hold (`predicates.holds` says what each means), everything is on the canvas,
    nothing is smaller than 3x3 tokens, or else than 2x2, where that can be, boxes do not overlap, and the
    move from what was asked is least. Of relations that contradict each other or the given shapes the weakest
    are dropped. Notes name whatever could not be done. Raises `UserError` for a mask that is no image of the
    canvas's size.
    """
    expansion = expand(scene)
    problem = make_problem(expansion.scene, instance_targets(scene, expansion, size), size)
    placement = place(problem, size)
    solved = zip(problem.regions, placement.solution.boxes, placement.solution.depths, strict=True)
    arranged = {
        region.name: region.model_copy(
            update={"where": given_shape(region) or box, "wish": None, "depth": depth}
        )
        for region, box, depth in solved
    }
    ordered = tuple(arranged[region.name] for region in expansion.scene.regions)
    shapes = [geometry(shape, size) for region in ordered if (shape := given_shape(region))]
    cells, background = _partition(ordered, shapes, size)
    notes = [*expansion.notes, *_notes(problem, placement)]
    for region, cell in zip(ordered, cells, strict=True):
        if cell.is_empty:
            text = f"{region.name} is hidden completely by nearer regions, so it is not drawn."
            notes.append(Note(kind="lost", name=region.name, text=text))
    return Layout(
        size, expansion.scene.model_copy(update={"regions": ordered}), cells, background, tuple(notes)
    )


def _partition(
    regions: Sequence[Region], shapes: Sequence[BaseGeometry], size: Size
) -> tuple[tuple[BaseGeometry, ...], BaseGeometry]:
    """Cells in the order of `regions`, and the background, in pixels; together they are the canvas.

    The nearer region keeps what two claim; at equal depth the one with the smaller shape, then by name, so
    that the order of the regions does not matter.
    """

    def nearness(index: int) -> tuple[int, float, str]:
        return regions[index].depth, shapes[index].area, regions[index].name

    rank = {index: k for k, index in enumerate(sorted(range(len(regions)), key=nearness))}
    nearer: list[list[BaseGeometry]] = [[] for _ in regions]
    every = np.array([*shapes], dtype=object)
    for index, other in shapely.STRtree(every).query(every, "intersects").T.tolist():
        if rank[other] < rank[index]:
            nearer[index].append(shapes[other])
    cells = tuple(_without(shape, hiding) for shape, hiding in zip(shapes, nearer, strict=True))
    return cells, _without(shapely.box(0, 0, size.width, size.height), shapes)


def _without(shape: BaseGeometry, hiding: Sequence[BaseGeometry]) -> BaseGeometry:
    """What the nearer shapes leave of one, without the points and lines in which shapes merely touch."""
    left = shapely.difference(shape, shapely.union_all(hiding)) if hiding else shape
    if isinstance(left, shapely.GeometryCollection):
        return shapely.union_all([part for part in left.geoms if part.area])
    return left if left.area else shapely.Polygon()


def _notes(problem: Problem, placement: Placement) -> Iterator[Note]:
    """What the placement could not do as asked: relations dropped, things moved, things that overlap."""
    names = [region.name for region in problem.regions]
    for broken in placement.broken:
        relation = f"{names[broken.subject]} {broken.predicate} {names[broken.other]}"
        text = f"“{relation}” was dropped: it contradicts the given shapes or other relations."
        yield Note(kind="dropped relation", name=relation, text=text)
    places = zip(problem.regions, problem.target.rects, placement.solution.boxes, strict=True)
    for region, asked, box in places:
        found = Rect.of(box)
        is_moved = max(abs(found.x - asked.x), abs(found.y - asked.y)) > FAR
        if isinstance(region.where, Place) and is_moved:
            spot = f"{region.where.horizontal} {region.where.vertical}"
            text = f"{region.name} was moved off its place ({spot}) to make room for others."
            yield Note(kind="moved", name=region.name, text=text)
    for one, two in sorted(placement.inseparable):
        text = f"{names[one]} and {names[two]} overlap for lack of room; the nearer one keeps the pixels."
        yield Note(kind="warning", name=names[one], text=text)
