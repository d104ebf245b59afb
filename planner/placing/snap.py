"""Boxes brought to the lines between tokens, so that a region is the box that it seems, and not ragged."""

from itertools import combinations

from planner.placing.predicates import Stand, holds
from planner.placing.problem import Bond, Problem
from planner.placing.solve import Answer
from planner.plans import Size
from planner.scene import GRID, Box

TOKEN = 16
"""Pixels a side of what a model draws as one."""


def snapped(answer: Answer, problem: Problem, size: Size) -> Answer:
    """The answer with every box that is not given moved to the nearest lines between tokens.

    The answer as it is, where a relation or the distance of two boxes would be lost by that: given boxes
    don't move, and some relations ask for more than order.
    """
    boxes = tuple(box if i in problem.fixed else _on_lines(box, size) for i, box in enumerate(answer.boxes))
    if None in boxes:
        return answer
    moved = Answer(tuple(box for box in boxes if box is not None), answer.depths)
    return moved if _keeps(answer, moved, problem) else answer


def holds_in(bond: Bond, answer: Answer) -> bool:
    """Whether the bond's relation holds between the boxes of an answer."""
    subject, other = (Stand(answer.boxes[i], answer.depths[i]) for i in (bond.subject, bond.other))
    return holds(bond.predicate, subject, other)


def _on_lines(box: Box, size: Size) -> Box | None:
    x0, x1 = (_line(x, size.width) for x in (box.x0, box.x1))
    y0, y1 = (_line(y, size.height) for y in (box.y0, box.y1))
    return Box(x0=x0, y0=y0, x1=x1, y1=y1) if x0 < x1 and y0 < y1 else None


def _line(edge: int, side: int) -> int:
    """The nearest line between tokens to an edge, both in grid units; of two, the farther from nothing."""
    tokens = side // TOKEN
    return round(int(edge * tokens / GRID + 0.5) * GRID / tokens)


def _keeps(before: Answer, after: Answer, problem: Problem) -> bool:
    kept = all(holds_in(bond, after) or not holds_in(bond, before) for bond in problem.bonds)
    pairs = combinations(range(len(before.boxes)), 2)
    return kept and not any(
        _overlap(after.boxes[i], after.boxes[j]) and not _overlap(before.boxes[i], before.boxes[j])
        for i, j in pairs
    )


def _overlap(one: Box, other: Box) -> bool:
    return one.x0 < other.x1 and other.x0 < one.x1 and one.y0 < other.y1 and other.y0 < one.y1
