"""What arranging has to tell: relations dropped, things moved, things that overlap or are hidden."""

from collections.abc import Iterator, Sequence

from shapely.geometry.base import BaseGeometry

from planner.placing.place import Placement
from planner.placing.problem import Problem
from planner.placing.rect import Rect
from planner.plans import Note
from planner.scene import Place, Region

FAR = 200
"""Grid units from which a thing counts as moved off the place that was stated."""


def placing_notes(problem: Problem, placement: Placement) -> Iterator[Note]:
    """Notes on what the placement could not do as asked."""
    names = [region.name for region in problem.regions]
    for bond in placement.broken:
        relation = f"{names[bond.subject]} {bond.predicate} {names[bond.other]}"
        text = f"“{relation}” was dropped: it contradicts the given shapes or other relations."
        yield Note(kind="dropped relation", name=relation, text=text)
    for index, region in enumerate(problem.regions):
        if isinstance(region.where, Place) and _moved(problem.wish.rects[index], placement, index):
            spot = f"{region.where.horizontal} {region.where.vertical}"
            text = f"{region.name} was moved off its place ({spot}) to make room for others."
            yield Note(kind="moved", name=region.name, text=text)
    for one, two in sorted(placement.stuck):
        text = f"{names[one]} and {names[two]} overlap, for want of room; the nearer one keeps the pixels."
        yield Note(kind="warning", name=names[one], text=text)


def hidden_notes(regions: Sequence[Region], cells: Sequence[BaseGeometry]) -> Iterator[Note]:
    """One note a region that nearer ones hide wholly."""
    for region, cell in zip(regions, cells, strict=True):
        if cell.is_empty:
            text = f"{region.name} is hidden wholly by nearer regions, so it is not drawn."
            yield Note(kind="lost", name=region.name, text=text)


def _moved(asked: Rect, placement: Placement, index: int) -> bool:
    stands = Rect.of(placement.answer.boxes[index])
    return max(abs(stands.x - asked.x), abs(stands.y - asked.y)) > FAR
