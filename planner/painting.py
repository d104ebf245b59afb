"""Masks that people paint: a grey picture a region, or one picture with a colour a region."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageOps

from planner.errors import UserError

OPAQUE = 128
"""The least alpha, of 255, that counts as painted."""

TOLD = 8
"""How many of a picture's colours an error names."""

TOKEN = 16
"""Pixels a side of a token, by which soft masks are counted."""

STROKE = 1
"""A pixel whose neighbours, up to so far, have all its colour was painted, and not blended of two others."""

PATCH = 4
"""The same for colours that nobody named: smaller specks of them are taken for blends."""

ALIKE = 12
"""Steps of 255 in each channel by which two colours may differ and be meant as one."""

NEAR = 2
"""How far on each side the two colours are looked for that a pixel may be blended of."""

OPEN, CLEAR = -1, -2
"""What a pixel may be instead of a region's: not known yet, and transparent."""


def read_picture(field: str, path: str) -> Image.Image:
    """The picture in a file, upright. Raises `UserError` that names the field where it can't be read."""
    try:
        with Image.open(path) as image:
            image.load()
            return ImageOps.exif_transpose(image)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise UserError(f"{path}: can't be read as a picture ({reason})", field) from error


def soft_mask(image: Image.Image) -> NDArray[np.float64]:
    """A painted mask as shares from 0 to 1, float64 (H, W): white is the region, transparent is not."""
    if image.mode.startswith("I"):  # grey of 16 bits, which Pillow clips where it converts it
        return np.asarray(image, dtype=np.float64).clip(0, 65535) / 65535
    grey, alpha = image.convert("RGBA").convert("LA").split()
    return np.asarray(grey, dtype=np.float64) / 255 * np.asarray(alpha, dtype=np.float64) / 255


def hardened(shares: NDArray[np.float64]) -> NDArray[np.bool_]:
    """A soft mask (H, W) in black and white, bool (H, W), that covers as much of every token.

    Of each token the pixels of the largest shares are white, so many that they sum to the token's shares. So
    who wins a token by coverage wins it still.
    """
    height, width = shares.shape
    padded = np.pad(shares, ((0, -height % TOKEN), (0, -width % TOKEN)))
    rows, columns = padded.shape[0] // TOKEN, padded.shape[1] // TOKEN
    tokens = padded.reshape(rows, TOKEN, columns, TOKEN).swapaxes(1, 2).reshape(-1, TOKEN * TOKEN)
    rank = (-tokens).argsort(axis=1, kind="stable").argsort(axis=1)
    white = rank < np.rint(tokens.sum(axis=1, keepdims=True))
    return white.reshape(rows, columns, TOKEN, TOKEN).swapaxes(1, 2).reshape(padded.shape)[:height, :width]


def painted_masks(
    image: Image.Image, colours: Sequence[str], background: str | None = None
) -> NDArray[np.bool_]:
    """The masks, bool (R, H, W), of a picture with a colour a region, as Krita or GIMP exports it.

    `colours` are written as CSS does ("#ff0000", "red"), one a region. Transparent pixels are no region's,
    and neither is `background`, by default the one colour that is left, if one is. Where brushes blend two
    colours at an edge, a pixel goes to that of the two that it is nearer to, and never to a third. Raises
    `UserError` for a colour that is none, that comes twice, that no pixel has exactly, and for further ones.
    """
    wanted = [*colours, *([] if background is None else [background])]
    named = [_rgb(colour) for colour in wanted]
    if len(set(named)) < len(named):
        raise UserError(f"two of the colours {', '.join(wanted)} are the same: give each region its own")
    pixels = np.asarray(image.convert("RGBA"), dtype=np.int64)
    keys = np.where(pixels[..., 3] >= OPAQUE, _key(pixels), CLEAR)
    for colour, rgb in zip(colours, named, strict=False):
        if not (keys == _key(np.array(rgb))).any():
            raise UserError(f"no pixel is {colour}: the picture's most frequent colours are {_told(keys)}")
    known = np.array([*named, *_canvas(keys, named, background)])
    labels = _grown(_seeds(keys, known), pixels[..., :3], known)
    return labels == np.arange(len(colours))[:, None, None]


def _key(pixels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Colours (…, 3 or more) as numbers."""
    return pixels[..., 0] << 16 | pixels[..., 1] << 8 | pixels[..., 2]


def _rgb(colour: str) -> tuple[int, ...]:
    try:
        return ImageColor.getrgb(colour)[:3]
    except ValueError as error:
        raise UserError(f"{colour!r} is no colour: write it as #ff0000 or by its CSS name") from error


def _told(keys: NDArray[np.int64]) -> str:
    found, counts = np.unique(keys[keys >= 0], return_counts=True)
    frequent = found[np.argsort(-counts, kind="stable")[:TOLD]]
    return ", ".join(f"#{colour:06x}" for colour in frequent) or "none, it is transparent"


def _canvas(
    keys: NDArray[np.int64], named: Sequence[tuple[int, ...]], background: str | None
) -> list[tuple[int, ...]]:
    """The colour of the canvas, if there is one; raises where colours are left that nobody named."""
    patches = keys[_uniform(keys, PATCH) & (keys >= 0)]
    left, counts = np.unique(patches, return_counts=True)
    split = np.stack([left >> 16, left >> 8 & 255, left & 255], axis=-1)

    def unlike(known: Sequence[tuple[int, ...]]) -> NDArray[np.bool_]:
        return (np.abs(split[:, None] - np.array(known)[None]).max(axis=-1) > ALIKE).all(axis=-1)

    canvas = list[tuple[int, ...]]()
    others = unlike(named)
    if background is None and others.any():
        canvas = [tuple(map(int, split[np.where(others, counts, 0).argmax()]))]
        others = unlike([*named, *canvas])
    if others.any():
        told = _told(patches[np.isin(patches, left[others])])
        raise UserError(f"the picture also has {told}: give each colour but the canvas's to a region")
    return canvas


def _uniform(keys: NDArray[np.int64], reach: int) -> NDArray[np.bool_]:
    """Which pixels have one colour in the square around them, up to `reach` on each side."""
    height, width = keys.shape
    wide, high = np.pad(keys, ((0, 0), (reach, reach)), mode="edge"), np.pad(keys, reach, mode="edge")
    offsets = range(2 * reach + 1)
    level = np.logical_and.reduce([wide[:, x : x + width] == keys for x in offsets])
    levels = np.pad(level, ((reach, reach), (0, 0)), mode="edge")
    centre = high[:, reach : reach + width]
    return np.logical_and.reduce([levels[y : y + height] & (centre[y : y + height] == keys) for y in offsets])


def _seeds(keys: NDArray[np.int64], known: NDArray[np.int64]) -> NDArray[np.int64]:
    """Pixels that are surely of a known colour, by its index; transparent ones; and open ones.

    A pixel of exactly a known colour may still be a blend of two others, so those count that belong to a
    stroke; but a colour that has none is thin all over.
    """
    labels = np.where(keys == CLEAR, CLEAR, OPEN)
    cores = _uniform(keys, STROKE)
    for index, rgb in enumerate(known):
        exact = keys == _key(rgb)
        core = exact & cores
        labels[exact & _widened(core, STROKE) if core.any() else exact] = index
    return labels


def _widened(inside: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """`inside` and its neighbours up to `reach` on each side."""
    height, width = inside.shape
    padded, offsets = np.pad(inside, reach), range(2 * reach + 1)
    shifts = [padded[y : y + height, x : x + width] for y in offsets for x in offsets]
    return np.logical_or.reduce(shifts)


def _grown(
    labels: NDArray[np.int64], pixels: NDArray[np.int64], known: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Give open pixels, from the edges of labelled ones on, to the neighbour whose colour is the nearest."""
    grown = np.pad(labels, NEAR, constant_values=CLEAR)
    while len(spots := np.argwhere(grown == OPEN)):
        around = np.stack([grown[tuple((spots + step).T)] for step in _STEPS], axis=1)
        colours = pixels[tuple((spots - NEAR).T)]
        distance = np.square(known[around.clip(0)] - colours[:, None]).sum(axis=-1)
        distance = np.where(around >= 0, distance, np.iinfo(np.int64).max)
        nearest = around[np.arange(len(spots)), distance.argmin(axis=1)]
        if (nearest < 0).all():  # blends amid transparent pixels have nobody beside them
            nearest = np.square(known - colours[:, None]).sum(axis=-1).argmin(axis=1)
        grown[tuple(spots.T)] = np.where(nearest < 0, OPEN, nearest)
    return grown[NEAR:-NEAR, NEAR:-NEAR]


_STEPS = [(y, x) for y in range(-NEAR, NEAR + 1) for x in range(-NEAR, NEAR + 1) if (y, x) != (0, 0)]
