"""The least move: a strictly convex quadratic programme a axis, whose solution is unique."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import daqp
import numpy as np
from numpy.typing import NDArray

from planner.errors import PlanningError
from planner.placing.rect import Rect
from planner.placing.system import DEPTH, ORIGIN, System, X, Y
from planner.scene import Box

FREE, EQUAL = 0, 5
"""How daqp is told of a range and of an equation."""

STIFF = 3.0
"""How much dearer it is to change a side than to move."""

HALF_UP = 0.5 + 1e-5
"""Rounds halves up though a solution be a little less exact; halves are frequent, by symmetry."""


class Level(NamedTuple):
    """A soft wish: two regions' middles are near each other on the axis X, their feet on the axis Y."""

    axis: int
    one: int
    other: int
    weight: float


@dataclass(frozen=True)
class Wish:
    """What was asked of each region, in order: rectangle, depth, and how much a move off it costs."""

    rects: tuple[Rect, ...]
    depths: tuple[int, ...]
    weights: tuple[float, ...]
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Answer:
    """Where each region stands, in the order of the wish."""

    boxes: tuple[Box, ...]
    depths: tuple[int, ...]


def solve(system: System, wish: Wish) -> Answer:
    """The nearest to `wish` that `system` allows, on whole units."""
    xs, ys = (_axis(system, wish, axis) for axis in (X, Y))
    pull = np.eye(len(wish.depths))
    depths = _minimise(pull, -pull @ np.array(wish.depths, dtype=float), system, DEPTH)
    boxes = (
        Box(x0=x0, y0=y0, x1=x1, y1=y1) for (x0, x1), (y0, y1) in zip(_pairs(xs), _pairs(ys), strict=True)
    )
    return Answer(tuple(boxes), tuple(int(depth) for depth in depths))


def _pairs(values: NDArray[np.int_]) -> list[tuple[int, int]]:
    return [(int(low), int(high)) for low, high in values.reshape(-1, 2)]


def _axis(system: System, wish: Wish, axis: int) -> NDArray[np.int_]:
    """Starts and ends along one axis, in turn: the least squared moves and changes of the sides."""
    middles = np.array([(rect.x, rect.y)[axis] for rect in wish.rects])
    sides = np.array([(rect.width, rect.height)[axis] for rect in wish.rects])
    weights = np.array(wish.weights)
    middle = np.kron(np.eye(len(weights)), [0.5, 0.5])
    side = np.kron(np.eye(len(weights)), [-1.0, 1.0])
    hessian = middle.T @ (weights[:, None] * middle) + STIFF * side.T @ (weights[:, None] * side)
    linear = -(middle.T @ (weights * middles) + STIFF * side.T @ (weights * sides))
    levelled = middle if axis == X else np.kron(np.eye(len(weights)), [0.0, 1.0])
    for level in wish.levels:
        if level.axis == axis:
            off = levelled[level.one] - levelled[level.other]
            hessian += level.weight * np.outer(off, off)
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
        known = linear[free] + np.delete(hessian[free], free, axis=1) @ np.delete(low, free)
        rows, row_low, row_high = _rows(system, axis, free)
        lower, upper = np.concatenate([low[free], row_low]), np.concatenate([high[free], row_high])
        values[free] = _daqp(hessian[np.ix_(free, free)], known, rows, lower, upper)
    return np.floor(values + HALF_UP).astype(int)


def _rows(
    system: System, axis: int, free: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The terms between free nodes: one row a pair, with its least and its most."""
    column = {int(node) + 1: index for index, node in enumerate(free)}
    sides = [(node + 1, node) for node in range(1, len(system.closures[axis]), 2)] if axis != DEPTH else []
    terms = ((term.later, term.earlier) for term in system.terms if term.axis == axis)
    pairs = sorted({(max(pair), min(pair)) for pair in (*sides, *terms) if set(pair) <= column.keys()})
    rows = np.zeros((len(pairs), len(free)))
    for row, (later, earlier) in zip(rows, pairs, strict=True):
        row[column[later]], row[column[earlier]] = 1, -1
    low = np.array([-system.closures[axis][earlier, later] for later, earlier in pairs])
    high = np.array([system.closures[axis][later, earlier] for later, earlier in pairs])
    return rows, low, high


def _daqp(
    hessian: NDArray[np.float64],
    linear: NDArray[np.float64],
    rows: NDArray[np.float64],
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
) -> Sequence[float]:
    sense = np.where(lower == upper, EQUAL, FREE).astype(np.int32)
    solution, _, flag, _ = daqp.solve(hessian, linear, rows, upper, lower, sense)
    if flag != 1:
        raise PlanningError(f"no arrangement was found: the quadratic programme ended with {flag}")
    return solution
