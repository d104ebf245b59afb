"""The least move: a strictly convex quadratic programme for each axis, whose solution is unique.

Separations are added where boxes still overlap, along the axis of the smaller move.
"""

from dataclasses import dataclass
from typing import NamedTuple

import daqp
import numpy as np
from numpy.typing import NDArray

from planner.errors import PlanningError
from planner.placing.constraints import DEPTH, ORIGIN, System, X, Y, before
from planner.placing.rect import Rect
from planner.scene import Box

Pair = tuple[int, int]

FREE, EQUAL = 0, 5
"""daqp's codes for a range and for an equation."""

STIFF = 3.0
"""How much dearer it is to change a side than to move."""

HALF_UP = 0.5 + 1e-5
"""Rounds halves up even if a solution is slightly inexact; halves are frequent, by symmetry."""


class Alignment(NamedTuple):
    """A soft wish: two regions' middles are near each other on the axis X, their feet on the axis Y."""

    axis: int
    one: int
    other: int
    weight: float


@dataclass(frozen=True)
class Target:
    """What was asked of each region, in order: rectangle, depth, and how much a move off it costs."""

    rects: tuple[Rect, ...]
    depths: tuple[int, ...]
    weights: tuple[float, ...]
    alignments: tuple[Alignment, ...]


@dataclass(frozen=True)
class Solution:
    """Where each region stands, in the order of the target."""

    boxes: tuple[Box, ...]
    depths: tuple[int, ...]


def separate(
    system: System, target: Target, may_overlap: frozenset[Pair]
) -> tuple[Solution, frozenset[Pair]]:
    """Solve, and add separations until only pairs in `may_overlap` overlap, or those that can't be separated.

    Returns the solution and the pairs that can't be separated. Every round separates at least one pair for
    good, so there are at most as many rounds as pairs.
    """
    inseparable = frozenset[Pair]()
    while True:
        solution = solve(system, target)
        pairs = [p for p in overlapping_pairs(solution.boxes) if p not in may_overlap | inseparable]
        if not pairs:
            return solution, inseparable
        for one, two in pairs:
            a, b = solution.boxes[one], solution.boxes[two]
            moves = [
                (a.x1 - b.x0, before(X, one, two)),
                (b.x1 - a.x0, before(X, two, one)),
                (a.y1 - b.y0, before(Y, one, two)),
                (b.y1 - a.y0, before(Y, two, one)),
            ]
            ways = (way for _, way in sorted(moves, key=lambda move: move[0]))
            tighter = system.tightened_by_first(ways)
            if tighter is None:
                inseparable |= {(one, two)}
            else:
                system = tighter


def overlapping_pairs(boxes: tuple[Box, ...]) -> list[Pair]:
    """Pairs that share area, the smallest move first: what is nearly apart settles how the rest must go."""
    x0, y0, x1, y1 = np.array([(box.x0, box.y0, box.x1, box.y1) for box in boxes]).reshape(-1, 4).T
    across, down = (end[:, None] - start[None, :] for start, end in ((x0, x1), (y0, y1)))
    least = np.minimum(np.minimum(across, across.T), np.minimum(down, down.T))
    pairs = np.argwhere(np.triu(least > 0, 1)).tolist()
    return sorted(((one, two) for one, two in pairs), key=lambda pair: (least[pair], pair))


def solve(system: System, target: Target) -> Solution:
    """The nearest to `target` that `system` allows, on whole units.

    Raises `PlanningError` where the solver fails.
    """
    xs, ys = (_solved_axis(system, target, axis).reshape(-1, 2).tolist() for axis in (X, Y))
    pull = np.eye(len(target.depths))
    depths = _minimise(pull, -pull @ np.array(target.depths, dtype=float), system, DEPTH)
    edges = zip(xs, ys, strict=True)
    boxes = tuple(Box(x0=x0, y0=y0, x1=x1, y1=y1) for (x0, x1), (y0, y1) in edges)
    return Solution(boxes, tuple(depths.tolist()))


def _solved_axis(system: System, target: Target, axis: int) -> NDArray[np.int_]:
    """Starts and ends along one axis, in turn: the least squared moves and changes of the sides."""
    middles = np.array([(rect.x, rect.y)[axis] for rect in target.rects])
    sides = np.array([(rect.width, rect.height)[axis] for rect in target.rects])
    weights = np.array(target.weights)
    middle = np.kron(np.eye(len(weights)), [0.5, 0.5])
    side = np.kron(np.eye(len(weights)), [-1.0, 1.0])
    hessian = middle.T @ (weights[:, None] * middle) + STIFF * side.T @ (weights[:, None] * side)
    linear = -(middle.T @ (weights * middles) + STIFF * side.T @ (weights * sides))
    aligned = middle if axis == X else np.kron(np.eye(len(weights)), [0.0, 1.0])
    for alignment in target.alignments:
        if alignment.axis == axis:
            off = aligned[alignment.one] - aligned[alignment.other]
            hessian += alignment.weight * np.outer(off, off)
    return _minimise(hessian, linear, system, axis)


def _minimise(
    hessian: NDArray[np.float64], linear: NDArray[np.float64], system: System, axis: int
) -> NDArray[np.int_]:
    """The rounded minimum of ½xᵀHx + fᵀx over one axis of the system; what it fixes is taken out first."""
    closure = system.closures[axis]
    high, low = closure[1:, ORIGIN], -closure[ORIGIN, 1:]
    free = np.flatnonzero(low < high)
    values = low.copy()
    if free.size:
        # One row for each pair of free nodes that a constraint relates, with its least and its most.
        column = {int(node) + 1: index for index, node in enumerate(free)}
        sides = [(node + 1, node) for node in range(1, len(closure), 2)] if axis != DEPTH else []
        related = ((c.later, c.earlier) for c in system.constraints if c.axis == axis)
        pairs = sorted({(max(pair), min(pair)) for pair in (*sides, *related) if set(pair) <= column.keys()})
        rows = np.zeros((len(pairs), len(free)))
        for row, (later, earlier) in zip(rows, pairs, strict=True):
            row[column[later]], row[column[earlier]] = 1, -1
        lower = np.array([*low[free], *(-closure[earlier, later] for later, earlier in pairs)])
        upper = np.array([*high[free], *(closure[later, earlier] for later, earlier in pairs)])
        known = linear[free] + np.delete(hessian[free], free, axis=1) @ np.delete(low, free)
        sense = np.where(lower == upper, EQUAL, FREE).astype(np.int32)
        solution, _, flag, _ = daqp.solve(hessian[np.ix_(free, free)], known, rows, upper, lower, sense)
        if flag != 1:
            raise PlanningError(f"no arrangement was found: the quadratic programme ended with {flag}")
        values[free] = solution
    return np.floor(values + HALF_UP).astype(int)
