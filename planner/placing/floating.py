"""What nothing ties to a place: blocks of related things, in rows over the canvas, clear of what stands
already.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from planner.placing.neighbours import Neighbours, suggest
from planner.placing.rect import Rect, around
from planner.placing.shelves import shelves
from planner.scene import GRID

Block = dict[str, Rect]

RISE = 20
"""Grid units by which each step of depth lifts a thing: the ground rises towards the horizon."""

LATTICE = 15
"""Candidate places a side, for a block whose own place is taken."""

CROWDED = 4.0
"""How much dearer it is to stand on something than to move: a whole block covered against the canvas's
width.
"""


def float_blocks(
    located: Mapping[str, Rect],
    wanted: Mapping[str, Rect],
    neighbours: Neighbours,
    depths: Mapping[str, int],
    bands: Mapping[str, int],
) -> dict[str, Rect]:
    """Locate all of `wanted` in rows over the canvas, far things above, then large ones behind small ones.

    `bands` are depths of what spans the canvas from side to side: nearer things stand before it.
    """
    blocks = _blocks(located, wanted, neighbours)
    blocks.sort(key=lambda block: (-max(depths[name] for name in block), -_largest(block), min(block)))
    horizon = max((located[name].top for name in bands if located[name].y <= GRID / 2), default=0.0)
    nearest = min((depths[name] for block in blocks for name in block), default=0)
    found = dict(located)
    extents = [around(list(block.values())) for block in blocks]
    for block, extent, ideal in zip(blocks, extents, shelves(extents, _ground(horizon)), strict=True):
        depth = min(depths[name] for name in block)
        before = [rect for name, rect in found.items() if bands.get(name, -1) < depth]
        spot = _clear(ideal.moved(0, RISE * (nearest - depth)).on_canvas(), before)
        found |= {name: rect.moved(spot.x - extent.x, spot.y - extent.y) for name, rect in block.items()}
    return found


def _largest(block: Block) -> float:
    return round(max(rect.width * rect.height for rect in block.values()), 6)


def _ground(horizon: float) -> Rect:
    """Where things stand: the upper edge stays free."""
    top = max(GRID * 0.08, horizon)
    return Rect(GRID / 2, (top + GRID) / 2, GRID, GRID - top)


def _blocks(located: Mapping[str, Rect], wanted: Mapping[str, Rect], neighbours: Neighbours) -> list[Block]:
    """Things related to each other, placed about the one with the most relations, wherever that is."""
    blocks: list[Block] = []
    done = set(located)
    for root in sorted(wanted, key=lambda name: (-len(neighbours.names.get(name, ())), name)):
        if root not in done:
            block = suggest({root: wanted[root]}, wanted, neighbours, bounded=False)
            blocks.append(_fitted(block))
            done |= block.keys()
    return blocks


def _fitted(block: Block) -> Block:
    """The block, shrunk along each axis on which it is larger than the canvas."""
    extent = around(list(block.values()))
    x, y = (min(1.0, GRID / side) for side in (extent.width, extent.height))
    return {name: Rect(r.x * x, r.y * y, r.width * x, r.height * y) for name, r in block.items()}


def _clear(ideal: Rect, others: Sequence[Rect]) -> Rect:
    """`ideal` moved to where it stands least on others, and moves least."""
    if not any(ideal.overlap(other) for other in others):
        return ideal
    x, y = _lattice(ideal)
    edges = np.array([(other.left, other.right, other.top, other.bottom) for other in others]).T[..., None]
    covered = (_shared(x, ideal.width, *edges[:2]) * _shared(y, ideal.height, *edges[2:])).sum(axis=0)
    moved = np.hypot(x - ideal.x, y - ideal.y) / GRID
    best = (CROWDED * covered / (ideal.width * ideal.height) + moved).round(9).argmin()
    return Rect(float(x[best]), float(y[best]), ideal.width, ideal.height)


def _lattice(rect: Rect) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Middles of `rect` where it stands, and all over the canvas."""
    xs = np.linspace(rect.width / 2, GRID - rect.width / 2, LATTICE)
    ys = np.linspace(rect.height / 2, GRID - rect.height / 2, LATTICE)
    return np.append(np.tile(xs, LATTICE), rect.x), np.append(np.repeat(ys, LATTICE), rect.y)


def _shared(
    middles: NDArray[np.float64], side: float, starts: NDArray[np.float64], ends: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The lengths that intervals about the `middles` share with others: a row each of the others."""
    low = np.maximum(middles - side / 2, starts)
    high = np.minimum(middles + side / 2, ends)
    return np.maximum(high - low, 0)
