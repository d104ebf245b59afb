"""Difference constraints on edges and depths: what a relation requires, and whether one more fits.

Each axis (0 is x, 1 is y, 2 is depth) has a node for its origin and one for each edge, or depth, of a region.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from planner.placing.predicates import NEAR, SLACK
from planner.scene import GRID, Box, Predicate

X, Y, DEPTH = 0, 1, 2
ORIGIN = 0
DEEPEST = 9

STRENGTH: dict[Predicate, int] = {
    "inside": 0,
    "on": 1,
    "under": 1,
    "left of": 2,
    "right of": 2,
    "above": 2,
    "below": 2,
    "in front of": 3,
    "behind": 3,
    "next to": 4,
}
"""Lower is stronger: of relations that contradict each other, the weaker is dropped."""


def start(region: int) -> int:
    """The node of a region's left or upper edge."""
    return 1 + 2 * region


def end(region: int) -> int:
    """The node of a region's right or lower edge."""
    return 2 + 2 * region


def depth(region: int) -> int:
    """The node of a region's depth."""
    return 1 + region


class Difference(NamedTuple):
    """A constraint: on `axis`, node `later` minus node `earlier` is at most `most`, an integer."""

    axis: int
    later: int
    earlier: int
    most: int


Differences = tuple[Difference, ...]
Tier = list[Differences]


@dataclass(frozen=True)
class System:
    """Constraints that have a common solution, and what they imply.

    `closures[axis][a, b]` is the most that a minus b can be (float64, inf where nothing bounds it). Since all
    constraints are whole numbers, rounding each node of a solution in the same way keeps every one of them.
    """

    closures: tuple[NDArray[np.float64], ...]
    constraints: Differences = ()

    def tightened(self, constraints: Iterable[Difference]) -> Self | None:
        """The system with `constraints` too, or None where they contradict it."""
        closures, added = list(self.closures), tuple(constraints)
        for axis, later, earlier, most in added:
            known = closures[axis]
            if known[earlier, later] + most < 0:
                return None
            if known[later, earlier] > most:
                closures[axis] = np.minimum(known, known[:, later, None] + most + known[None, earlier, :])
        return type(self)(tuple(closures), (*self.constraints, *added))

    def tightened_by_first(self, ways: Iterable[Differences]) -> Self | None:
        """The system with the first of the `ways` that fits, or None where none does."""
        return next((tighter for way in ways if (tighter := self.tightened(way)) is not None), None)


def canvas(regions: int, fixed: Mapping[int, Box], least: tuple[int, int]) -> System:
    """The system of regions on the canvas: `fixed` ones stand as given, others have at least these sides."""
    closures = [np.full((1 + nodes, 1 + nodes), np.inf) for nodes in (2 * regions, 2 * regions, regions)]
    for closure in closures:
        np.fill_diagonal(closure, 0)
    for region in range(regions):
        _bound(closures[DEPTH], depth(region), 0, DEEPEST)
        box = fixed.get(region)
        edges = ((box.x0, box.x1), (box.y0, box.y1)) if box else ((0, GRID), (0, GRID))
        for axis in (X, Y):
            low, high = edges[axis]
            side = high - low if box else least[axis]
            _bound(closures[axis], start(region), low, high - side)
            _bound(closures[axis], end(region), low + side, high)
            closures[axis][start(region), end(region)] = -side
            closures[axis][end(region), start(region)] = high - low
    # Every bound is between a node and the origin, or within one region: so paths by way of the origin
    # are all that is left to close.
    through = (c[:, ORIGIN, None] + c[None, ORIGIN, :] for c in closures)
    return System(tuple(np.minimum(c, path) for c, path in zip(closures, through, strict=True)))


def _bound(closure: NDArray[np.float64], node: int, low: int, high: int) -> None:
    closure[node, ORIGIN], closure[ORIGIN, node] = high, -low


def constraints_of(predicate: Predicate, subject: int, other: int, margin: int) -> list[Tier]:
    """Ways to make a relation hold, in tiers, the best first; the ways of one tier are equally good.

    Every way implies `predicates.holds`, and the last tier is no stronger than it: so a relation that given
    shapes fulfil always fits. `margin` (grid units) is what should stay visible of what is partly hidden.
    """
    match predicate:
        case "left of":
            return [[before(X, subject, other)]]
        case "right of":
            return [[before(X, other, subject)]]
        case "above":
            return [[before(Y, subject, other)]]
        case "below":
            return [[before(Y, other, subject)]]
        case "on":
            # The best is to stand on the other's upper edge. Next, as if seen from above, the subject's foot
            # is somewhere on the other and the subject is nearer; last, its foot is on the other or little
            # above.
            foot, meeting = Difference(Y, end(subject), end(other), 0), _meeting(X, subject, other)
            resting = (Difference(Y, start(other), end(subject), 0), *meeting, *_nearer(subject, other))
            hovering = (Difference(Y, start(other), end(subject), SLACK), *meeting)
            tops = _touching(subject, other, _columns(subject, other))
            return [*tops, [(foot, *resting)], [(foot, *hovering)]]
        case "under":
            # Where it can't touch the other's lower edge, the subject shows below the other.
            low = (
                Difference(Y, end(other), end(subject), 0),
                Difference(Y, start(other), start(subject), -1),
            )
            touching = _touching(other, subject, _columns(subject, other))
            return [*touching, [(*low, *_meeting(X, subject, other))]]
        case "in front of":
            return _in_front(subject, other, margin)
        case "behind":
            return _in_front(other, subject, margin)
        case "inside":
            return [[_inside(subject, other, margin // 2)], [_inside(subject, other, 0)]]
        case "next to":
            return [[_beside(subject, other), _beside(other, subject)]]


def before(axis: int, first: int, second: int) -> Differences:
    """`first` ends where `second` starts, or before."""
    return (Difference(axis, end(first), start(second), 0),)


def _nearer(subject: int, other: int) -> Differences:
    """`subject` is nearer to the viewer."""
    return (Difference(DEPTH, depth(subject), depth(other), -1),)


def _within(axis: int, subject: int, other: int, margin: int = 0) -> Differences:
    return (
        Difference(axis, start(other), start(subject), -margin),
        Difference(axis, end(subject), end(other), -margin),
    )


def _meeting(axis: int, one: int, other: int) -> Differences:
    """The two share some of the axis."""
    return Difference(axis, start(one), end(other), -1), Difference(axis, start(other), end(one), -1)


def _columns(subject: int, other: int) -> Tier:
    """Ways to stand over or under the other, best first: several fit in the width of one, so that is best."""
    return [_within(X, subject, other), _within(X, other, subject), _meeting(X, subject, other)]


def _touching(upper: int, lower: int, columns: Tier) -> list[Tier]:
    """Ways in which the upper one ends where the lower one starts, a tier for each of the `columns`."""
    touch = (Difference(Y, end(upper), start(lower), 0), Difference(Y, start(lower), end(upper), 0))
    return [[(*touch, *column)] for column in columns]


def _in_front(front: int, back: int, margin: int) -> list[Tier]:
    """The one in front is lower, and the other shows over its top; preferably the two overlap.

    Else it reaches as far down, beside the other.
    """

    def lower(shown: int) -> Differences:
        edges = (Difference(Y, end(back), end(front), 0), Difference(Y, start(back), start(front), -shown))
        return (*edges, *_meeting(X, front, back), *_nearer(front, back))

    overlap = Difference(Y, start(front), end(back), -1)
    beside = (Difference(Y, end(back), end(front), 0), *_nearer(front, back))
    return [[(*lower(margin), overlap)], [(*lower(1), overlap)], [lower(1)], [beside]]


def _inside(subject: int, other: int, margin: int) -> Differences:
    within = (*_within(X, subject, other, margin), *_within(Y, subject, other, margin))
    return (*within, *_nearer(subject, other))


def _beside(first: int, second: int) -> Differences:
    """`first` is close to the left of `second`."""
    close = Difference(X, start(second), end(first), NEAR)
    return (*before(X, first, second), close, *_meeting(Y, first, second))
