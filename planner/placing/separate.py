"""Keeping things apart: separations are added where boxes still overlap, along the axis of the smaller
move.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from planner.placing.demands import Terms, apart
from planner.placing.solve import Answer, Wish, solve
from planner.placing.system import System, X, Y
from planner.scene import Box

Pair = tuple[int, int]


@dataclass(frozen=True)
class Separated:
    """The last answer, and the pairs that could not be separated."""

    answer: Answer
    stuck: frozenset[Pair]


def separate(system: System, wish: Wish, together: frozenset[Pair]) -> Separated:
    """Solve, and add separations until only pairs in `together` overlap, or those that cannot be separated.

    Every round separates at least one pair for good, so there are at most as many rounds as pairs.
    """
    stuck = frozenset[Pair]()
    while True:
        answer = solve(system, wish)
        pairs = [pair for pair in _overlapping(answer.boxes) if pair not in together | stuck]
        if not pairs:
            return Separated(answer, stuck)
        for pair in pairs:
            tighter = _apart(system, pair, answer.boxes)
            if tighter is None:
                stuck |= {pair}
            else:
                system = tighter


def _overlapping(boxes: tuple[Box, ...]) -> list[Pair]:
    """Pairs that share area, the smallest move first: what is nearly apart settles how the rest must go."""
    x0, y0, x1, y1 = np.array([(box.x0, box.y0, box.x1, box.y1) for box in boxes]).reshape(-1, 4).T
    across, down = (end[:, None] - start[None, :] for start, end in ((x0, x1), (y0, y1)))
    least = np.minimum(np.minimum(across, across.T), np.minimum(down, down.T))
    pairs = np.argwhere(np.triu(least > 0, 1)).tolist()
    return sorted(((one, two) for one, two in pairs), key=lambda pair: (least[pair], pair))


def _pushes(pair: Pair, boxes: tuple[Box, ...]) -> tuple[int, int, int, int]:
    """How far the two must move apart: first left of second, second left of first, above, below."""
    one, two = boxes[pair[0]], boxes[pair[1]]
    return one.x1 - two.x0, two.x1 - one.x0, one.y1 - two.y0, two.y1 - one.y0


def _apart(system: System, pair: Pair, boxes: tuple[Box, ...]) -> System | None:
    ways = sorted(zip(_pushes(pair, boxes), range(4), _separations(pair), strict=True))
    tighter = (system.tightened(terms) for _, _, terms in ways)
    return next((found for found in tighter if found is not None), None)


def _separations(pair: Pair) -> Iterator[Terms]:
    one, two = pair
    for axis in (X, Y):
        yield apart(axis, one, two)
        yield apart(axis, two, one)
