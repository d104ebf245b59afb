"""The token grid: which prompt owns each 16-pixel token of the picture.

A grid can be had from masks alone, so scenes and geometry are not imported before a layout comes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from planner.errors import UserError
from planner.reader.tokens import asides, without_asides

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from planner.layout import Layout
    from planner.plans import Note
    from planner.scene import Scene

BACKGROUND = "background"
UNCOVERED = -1

Owners = NDArray[np.int16]


@dataclass(frozen=True)
class TokenGrid:
    """The owner of each token, and the owners' prompts.

    `owner` is int16 (rows, cols) and read-only: an index into `names` and `prompts`, or -1 where a token is
    uncovered (no text, and it sees the other uncovered tokens only). In a grid of a layout, everything named
    owns a token, and the background comes last. `base_prompts` are candidates for the whole picture, best
    first; `negatives` are the owners' own negative prompts beside `negative_prompt`, in the order of the
    names, or none; `setting` are the scene's words for its background; `notes` are those of the layout and of
    rasterising it.
    """

    owner: Owners
    names: tuple[str, ...]
    prompts: tuple[str, ...]
    base_prompts: tuple[str, ...]
    negative_prompt: str = ""
    negatives: tuple[str, ...] = ()
    setting: str = ""
    notes: "tuple[Note, ...]" = ()
    patch: int = 16


def rasterise(layout: "Layout", patch: int = 16) -> TokenGrid:
    """Give every token, `patch` pixels wide and high, to the region that covers most of it, computed exactly;
    of equal shares, to the nearer region.

    A region that wins no token gets the one that it covers most, unless that is its owner's only one: then
    a note of kind "lost" names the region, and the grid leaves it out. Raises `UserError` where `patch`
    does not divide the canvas.
    """
    _check_divides(patch, layout.size.height, layout.size.width)
    rows, cols = layout.size.height // patch, layout.size.width // patch
    regions, cells = layout.scene.regions, layout.cells

    # 1. Order the regions as equal shares are settled: by depth, then the smaller cell, then the name.
    order = sorted(range(len(cells)), key=lambda i: (regions[i].depth, cells[i].area, regions[i].name))

    # 2. Compute each token's area in each cell, and in the background at last: (cells + 1, rows, cols).
    shares = np.empty((len(cells) + 1, rows, cols))
    for share, index in zip(shares, order, strict=False):
        share[:] = _coverage(cells[index], rows, cols, patch)
    # The layout is a partition, so the background has what the others leave.
    shares[-1] = patch * patch - shares[:-1].sum(axis=0)
    # Rounding makes equal shares equal, whatever the order of the arithmetic.
    shares.round(6, out=shares)

    # 3. Give each token to its largest share, by the scene's own order of regions, the background last.
    owner, lost = _rescue(shares.argmax(axis=0), shares)
    owner = np.array([*order, len(order)])[owner]
    hidden = [regions[order[i]].name for i in lost if not cells[order[i]].is_empty]
    return _grid_of_scene(owner, layout.scene, (*layout.notes, *map(_lost, hidden)), patch)


def grid_from_masks(
    masks: NDArray[np.bool_],
    prompts: Sequence[str],
    names: Sequence[str],
    *,
    base_prompts: Sequence[str] = (),
    patch: int = 16,
) -> TokenGrid:
    """A grid from masks, bool (R, H, W), by nearest-exact resizing; a token in no mask is uncovered (-1).

    Every mask keeps its index, with a token or without. This is how the paper's code brings masks to
    tokens: a token takes the pixel ⌊(i + ½)·scale⌋. Raises `UserError` for masks that overlap and for
    counts that disagree.
    """
    _check_counts(masks, prompts, names)
    _check_divides(patch, *masks.shape[1:])
    taken = np.zeros(masks.shape[1:], dtype=np.bool_)
    for index, mask in enumerate(masks):
        if (mask & taken).any():
            other = next(i for i in range(index) if (masks[i] & mask).any())
            raise UserError(
                f"the masks of {names[other]!r} and {names[index]!r} overlap: a pixel has one owner"
            )
        taken |= mask
    rows, cols = (
        np.floor((np.arange(length // patch) + 0.5) * (length / (length // patch))).astype(np.intp)
        for length in masks.shape[1:]
    )
    tokens = masks[:, rows][:, :, cols]
    owner = np.where(tokens.any(axis=0), tokens.argmax(axis=0), UNCOVERED)
    return TokenGrid(_freeze(owner), tuple(names), tuple(prompts), tuple(base_prompts), patch=patch)


def grid_from_coverage(
    masks: Sequence[NDArray[np.float64]] | NDArray[np.floating] | NDArray[np.bool_],
    prompts: Sequence[str],
    names: Sequence[str],
    *,
    base_prompts: Sequence[str] = (),
    patch: int = 16,
) -> TokenGrid:
    """A grid from R soft masks (H, W), the share from 0 to 1 of each pixel that is each region's.

    A token goes to the region that covers most of it, of equal shares to the first. What the shares leave is
    nobody's, and a token that is mostly nobody's is uncovered (-1). A region that wins no token gets the one
    that it covers most, unless that is its owner's only one: then a note of kind "lost" names it. Raises
    `UserError` for shares outside of 0 to 1 and for counts that disagree.
    """
    shares = np.asarray(masks, dtype=np.float64)
    _check_counts(shares, prompts, names)
    _check_divides(patch, *shares.shape[1:])
    if shares.min() < 0 or shares.max() > 1:
        raise UserError(
            f"the masks go from {shares.min():g} to {shares.max():g}: they should be within 0 to 1"
        )
    regions, height, width = shares.shape
    tokens = shares.reshape(regions, height // patch, patch, width // patch, patch).mean(axis=(2, 4))
    tokens = np.concatenate([tokens, 1 - tokens.sum(axis=0, keepdims=True)]).clip(0)
    owner, lost = _rescue(tokens.argmax(axis=0), tokens)
    notes = tuple(_lost(names[index]) for index in lost)
    owner = np.where(owner == regions, UNCOVERED, owner)
    return TokenGrid(
        _freeze(owner), tuple(names), tuple(prompts), tuple(base_prompts), notes=notes, patch=patch
    )


def _check_counts(masks: NDArray[np.generic], prompts: Sequence[str], names: Sequence[str]) -> None:
    if not len(masks) == len(prompts) == len(names):
        raise UserError(
            f"{len(masks)} masks, {len(prompts)} prompts and {len(names)} names: one of each a region"
        )


def _check_divides(patch: int, height: int, width: int) -> None:
    if patch < 1 or height % patch or width % patch:
        raise UserError(f"a canvas of {width}x{height} has no whole number of tokens of {patch} pixels")


def _coverage(cell: "BaseGeometry", rows: int, cols: int, patch: int) -> NDArray[np.float64]:
    """Each token's area in `cell`, in square pixels: float64 (rows, cols)."""
    import shapely

    # Start and end of each side, (sides, 2): counterclockwise around the cell, clockwise around its holes.
    rings = shapely.get_rings(shapely.get_parts(shapely.orient_polygons(cell)))
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    within = ring[1:] == ring[:-1]
    start, end = corners[:-1][within], corners[1:][within]
    if (start != end).all(axis=1).any():
        return _slanted_coverage(cell, rows, cols, patch)
    # All sides are upright or level, as of boxes that others cover in part. A token's area in the cell is
    # then ∮ x dy over the upright sides, within the token: a product of one factor by row and one by column.
    left = _before(start[:, 0], cols, patch)
    height = _before(end[:, 1], rows, patch) - _before(start[:, 1], rows, patch)
    return height.T @ left


def _before(places: NDArray[np.float64], count: int, patch: int) -> NDArray[np.float64]:
    """How much of each token's side lies before each coordinate, in pixels: float64 (places, count)."""
    return np.clip(places[:, None] - np.arange(count) * float(patch), 0.0, float(patch))


def _slanted_coverage(cell: "BaseGeometry", rows: int, cols: int, patch: int) -> NDArray[np.float64]:
    """Each token's area in a cell of any shape, in square pixels: float64 (rows, cols)."""
    import shapely

    shares = np.zeros((rows, cols))
    left, top, right, bottom = cell.bounds
    # Only tokens near the cell are looked at: most cells are small.
    near = np.s_[int(top // patch) : int(-(-bottom // patch)), int(left // patch) : int(-(-right // patch))]
    y, x = (axis[near] * patch for axis in np.indices(shares.shape))
    close, part = shapely.box(x, y, x + patch, y + patch), shares[near]
    shapely.prepare(cell)
    inside = shapely.covers(cell, close)
    part[inside] = float(patch * patch)
    edge = ~inside & shapely.intersects(cell, close)
    part[edge] = shapely.area(shapely.intersection(cell, close[edge]))
    return shares


def _rescue(winner: NDArray[np.intp], shares: NDArray[np.float64]) -> tuple[NDArray[np.intp], list[int]]:
    """Give each region that won nothing a token whose owner has others; also return who got none."""
    owner = winner.copy()
    tokens = np.bincount(owner.ravel(), minlength=len(shares))
    lost: list[int] = []
    for index in np.flatnonzero(tokens[:-1] == 0):
        share = np.where(tokens[owner] > 1, shares[index], 0.0)
        if not share.any():
            lost.append(int(index))
            continue
        best = np.unravel_index(share.argmax(), share.shape)
        tokens[owner[best]] -= 1
        owner[best] = index
        tokens[index] = 1
    return owner, lost


def _lost(name: str) -> "Note":
    from planner.plans import Note

    return Note(
        kind="lost", name=name, text=f"{name} is too small here to own a token, so it is not drawn by itself."
    )


def _grid_of_scene(
    owner: NDArray[np.intp], scene: "Scene", notes: "tuple[Note, ...]", patch: int
) -> TokenGrid:
    """The grid of the regions, and the background, that own a token, renumbered without gaps."""
    from planner.scene import MAX_COUNTED

    style = f", {scene.style}" if scene.style else ""
    prompts = list[str]()
    for region in scene.regions:
        # A counted region's prompt is of one thing; where it could not be divided, the number has to be said.
        counted = 1 < region.count <= MAX_COUNTED
        prompts.append(
            f"a group of {region.count}: {region.prompt}{style}" if counted else region.prompt + style
        )
    prompts.append((scene.background or scene.caption) + style)
    names = [*(region.name for region in scene.regions), BACKGROUND]
    negatives = [*(region.negative for region in scene.regions), ""]

    base_prompts: tuple[str, ...] = (scene.caption,)
    if scene.prompt and not scene.absent:
        # The user's own words are the better prompt, unless they name what must not be drawn.
        words = without_asides(scene.prompt) if asides(scene.prompt) else scene.prompt
        base_prompts = (words or scene.caption, scene.caption)
    owners, dense = np.unique(owner, return_inverse=True)
    return TokenGrid(
        owner=_freeze(dense.reshape(owner.shape)),
        names=tuple(names[i] for i in owners),
        prompts=tuple(prompts[i] for i in owners),
        base_prompts=base_prompts,
        negative_prompt=", ".join(filter(None, (*scene.absent, scene.negative))),
        negatives=tuple(negatives[i] for i in owners) if any(negatives) else (),
        setting=scene.background,
        notes=notes,
        patch=patch,
    )


def _freeze(owner: NDArray[np.intp]) -> Owners:
    frozen = owner.astype(np.int16)
    frozen.setflags(write=False)
    return frozen
