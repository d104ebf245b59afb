"""Boxes brought to the lines between tokens, so that a region is the box that it seems, and not ragged."""

from collections.abc import Callable
from itertools import combinations

from planner.placing.predicates import Stand, holds
from planner.placing.problem import Bond, Problem
from planner.placing.solve import Answer
from planner.plans import Size
from planner.scene import GRID, Box

TOKEN = 16
"""Pixels a side of what a model draws as one."""

Lines = Callable[[int, int, int], tuple[int, int]]
"""From the two edges of a box along an axis, and the tokens there, to lines in grid units."""


def snapped(answer: Answer, problem: Problem, size: Size) -> Answer:
    """The answer with every box that is not given moved to lines between tokens.

    Equal lengths stay equal where that fits, so that what is round stays round; else each edge goes to the
    line nearest to it. The answer as it is, where either way a relation or the distance of two boxes would be
    lost: given boxes don't move, and some relations ask for more than order.
    """
    tried = (_moved(answer, problem, size, lines) for lines in (_whole_lengths, _nearest_lines))
    return next((moved for moved in tried if moved and _keeps(answer, moved, problem)), answer)


def holds_in(bond: Bond, answer: Answer) -> bool:
    """Whether the bond's relation holds between the boxes of an answer."""
    subject, other = (Stand(answer.boxes[i], answer.depths[i]) for i in (bond.subject, bond.other))
    return holds(bond.predicate, subject, other)


def _moved(answer: Answer, problem: Problem, size: Size, lines: Lines) -> Answer | None:
    """The answer between lines; None where a box would be empty."""
    boxes: list[Box] = []
    for i, box in enumerate(answer.boxes):
        x0, x1 = lines(box.x0, box.x1, size.width // TOKEN)
        y0, y1 = lines(box.y0, box.y1, size.height // TOKEN)
        if i not in problem.fixed and (x0 >= x1 or y0 >= y1):
            return None
        boxes.append(box if i in problem.fixed else Box(x0=x0, y0=y0, x1=x1, y1=y1))
    return Answer(tuple(boxes), answer.depths)


def _whole_lengths(start: int, end: int, tokens: int) -> tuple[int, int]:
    """The length in whole tokens, as near as may be to where it was."""
    length = min(max(1, _nearest((end - start) * tokens / GRID)), tokens)
    first = _nearest((start + end) * tokens / GRID / 2 - length / 2)
    first = min(max(first, 0), tokens - length)
    return _grid(first, tokens), _grid(first + length, tokens)


def _nearest_lines(start: int, end: int, tokens: int) -> tuple[int, int]:
    """Each edge on the line nearest to it."""
    first, last = (_nearest(edge * tokens / GRID) for edge in (start, end))
    return _grid(first, tokens), _grid(last, tokens)


def _nearest(value: float) -> int:
    """The nearest whole number; of two the larger."""
    return int(value + 0.5)


def _grid(line: int, tokens: int) -> int:
    """A line between tokens in grid units."""
    return round(line * GRID / tokens)


def _keeps(before: Answer, after: Answer, problem: Problem) -> bool:
    kept = all(holds_in(bond, after) or not holds_in(bond, before) for bond in problem.bonds)
    pairs = combinations(range(len(before.boxes)), 2)
    return kept and not any(
        _overlap(after.boxes[i], after.boxes[j]) and not _overlap(before.boxes[i], before.boxes[j])
        for i, j in pairs
    )


def _overlap(one: Box, other: Box) -> bool:
    return one.x0 < other.x1 and other.x0 < one.x1 and one.y0 < other.y1 and other.y0 < one.y1
