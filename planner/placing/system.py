"""A system of difference constraints, kept closed, so that whether one more fits is known at once.

Each axis (0 is x, 1 is y, 2 is depth) has a node for its origin and one for each edge, or depth, of a region.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from planner.scene import GRID, Box

X, Y, DEPTH = 0, 1, 2
ORIGIN = 0
DEEPEST = 9


def start(region: int) -> int:
    """The node of a region's left or upper edge."""
    return 1 + 2 * region


def end(region: int) -> int:
    """The node of a region's right or lower edge."""
    return 2 + 2 * region


def depth(region: int) -> int:
    """The node of a region's depth."""
    return 1 + region


class Term(NamedTuple):
    """On `axis`, node `later` minus node `earlier` is at most `most`, an integer."""

    axis: int
    later: int
    earlier: int
    most: int


@dataclass(frozen=True)
class System:
    """Terms that have a common solution, and what they imply.

    `closures[axis][a, b]` is the most that a minus b can be (float64, inf where nothing bounds it). Since all
    terms are whole numbers, rounding each node of a solution in the same way keeps every one of them.
    """

    closures: tuple[NDArray[np.float64], ...]
    terms: tuple[Term, ...] = ()

    def tightened(self, terms: Iterable[Term]) -> Self | None:
        """The system with `terms` too, or None where they contradict it."""
        closures, added = list(self.closures), tuple(terms)
        for axis, later, earlier, most in added:
            known = closures[axis]
            if known[earlier, later] + most < 0:
                return None
            if known[later, earlier] > most:
                closures[axis] = np.minimum(known, known[:, later, None] + most + known[None, earlier, :])
        return type(self)(tuple(closures), (*self.terms, *added))


def canvas(regions: int, fixed: Mapping[int, Box], least: tuple[int, int]) -> System:
    """The system of regions on the canvas: `fixed` ones stand as given, others have at least these sides."""
    closures = tuple(_unbounded(1 + nodes) for nodes in (2 * regions, 2 * regions, regions))
    for region in range(regions):
        _bound(closures[DEPTH], depth(region), 0, DEEPEST)
        edges = _edges(fixed[region]) if region in fixed else None
        for axis in (X, Y):
            low, high = edges[axis] if edges else (0, GRID)
            side = high - low if edges else least[axis]
            _bound(closures[axis], start(region), low, high - side)
            _bound(closures[axis], end(region), low + side, high)
            closures[axis][start(region), end(region)] = -side
            closures[axis][end(region), start(region)] = high - low
    # A bound goes by the origin, or is one region's own: so by way of the origin all that follows is told.
    return System(tuple(_through(closure, ORIGIN) for closure in closures))


def _edges(box: Box) -> tuple[tuple[int, int], tuple[int, int]]:
    return (box.x0, box.x1), (box.y0, box.y1)


def _unbounded(nodes: int) -> NDArray[np.float64]:
    closure = np.full((nodes, nodes), np.inf)
    np.fill_diagonal(closure, 0)
    return closure


def _bound(closure: NDArray[np.float64], node: int, low: int, high: int) -> None:
    closure[node, ORIGIN], closure[ORIGIN, node] = high, -low


def _through(closure: NDArray[np.float64], node: int) -> NDArray[np.float64]:
    """The shortest paths, now that they may lead through `node`."""
    return np.minimum(closure, closure[:, node, None] + closure[None, node, :])
