"""Masks that people paint: a grey picture for each region, or one picture with a colour for each."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageOps

from planner.bounded import read_picture_file
from planner.errors import UserError

OPAQUE = 128
"""The least alpha, of 255, that counts as painted."""

MOST_COLOURS = 8
"""How many of a picture's colours an error names."""

TOKEN = 16
"""Pixels a side of a token, by which soft masks are counted."""

STROKE = 1
"""A pixel was painted, and not blended, if its neighbours up to this distance have its colour."""

PATCH = 4
"""The same for colours that the user did not name: smaller specks of them are taken for blends."""

ALIKE = 12
"""Steps of 255 by which two colours may differ in each channel and still count as one."""

NEAR = 2
"""How far on each side lie the two colours of which a pixel may be blended."""

_STEPS = [(y, x) for y in range(-NEAR, NEAR + 1) for x in range(-NEAR, NEAR + 1) if (y, x) != (0, 0)]

MAX_COLOURS = 65_536
"""The most colours of a painted picture, all blends among them: noise and photos have more."""

MAX_BLENDED = 0.5
"""The largest share of pixels that are blends: they take the most time, and paintings have few."""

OPEN, CLEAR = -1, -2
"""Labels of pixels that are no region's: not known yet, and transparent."""


def read_picture(field: str, given: object) -> Image.Image:
    """A picture, upright: from a file's path, of a PIL image, or of an array (H, W), (H, W, 3) or (H, W, 4)
    of uint8.

    Of an object it is a copy. Raises `UserError` that names the field for a file that can't be read, and for
    anything else.
    """
    name = given if isinstance(given, str | Path) else "the image"
    try:
        match given:
            case str() | Path():
                return read_picture_file(given, field)
            case Image.Image():
                return ImageOps.exif_transpose(given)
            case np.ndarray(dtype=np.uint8, shape=(_, _) | (_, _, 3 | 4)) if given.size:
                return Image.fromarray(given).copy()
            case _:
                found = (
                    f"an array {given.shape} of {given.dtype}"
                    if isinstance(given, np.ndarray)
                    else repr(given)
                )
    except (OSError, ValueError, SyntaxError) as error:  # a PIL image may read its file only now
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise UserError(f"{name}: can't be read as a picture ({reason})", field) from error
    raise UserError(
        f"{found[:80]}: should be a path, a PIL image or an array (H, W), (H, W, 3) or (H, W, 4) of uint8",
        field,
    )


def soft_mask(image: Image.Image) -> NDArray[np.float64]:
    """A painted mask as shares from 0 to 1, float64 (H, W): white is the region, transparent is not."""
    if image.mode.startswith("I"):  # grey of 16 bits, which Pillow clips where it converts it
        return np.asarray(image, dtype=np.float64).clip(0, 65535) / 65535
    grey, alpha = image.convert("RGBA").convert("LA").split()
    return np.asarray(grey, dtype=np.float64) / 255 * np.asarray(alpha, dtype=np.float64) / 255


def hardened(shares: NDArray[np.float64]) -> NDArray[np.bool_]:
    """A soft mask (H, W) in black and white, bool (H, W), that covers as much of every token.

    In each token the pixels with the largest shares are white, as many as the token's shares add up to. So
    the owner of a token, which is decided by coverage, stays the same.
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
    """The masks, bool (R, H, W), of a picture with a colour for each region, as Krita or GIMP exports it.

    `colours` are written as in CSS ("#ff0000", "red"), one for each region. Transparent pixels belong to no
    region, nor do those of the colour `background`, by default the one colour that is left, if there is one.
    Where brushes blend two colours at an edge, a pixel goes to the nearer of the two, and never to a third.
    Raises `UserError` for an unknown colour, for one that comes twice or that no pixel has exactly, and for
    further colours in the picture.
    """
    wanted = [*colours, *([] if background is None else [background])]
    named: list[tuple[int, ...]] = []
    for colour in wanted:
        try:
            named.append(ImageColor.getrgb(colour)[:3])
        except ValueError as error:
            raise UserError(f"{colour!r} is no colour: write it as #ff0000 or by its CSS name") from error
    if len(set(named)) < len(named):
        raise UserError(f"two of the colours {', '.join(wanted)} are the same: give each region its own")
    pixels = np.asarray(image.convert("RGBA"), dtype=np.int64)
    keys = np.where(pixels[..., 3] >= OPAQUE, _key(pixels), CLEAR)
    for colour, rgb in zip(colours, named, strict=False):
        if not (keys == _key(np.array(rgb))).any():
            raise UserError(
                f"no pixel is {colour}: the picture's most frequent colours are {_frequent(keys)}"
            )
    if len(np.unique(keys)) > MAX_COLOURS:
        raise UserError(f"has more than {MAX_COLOURS:,} colours: give each region one flat colour")
    known = np.array([*named, *_canvas_colour(keys, named, background)])
    seeds = _seeds(keys, known)
    if (seeds == OPEN).mean() > MAX_BLENDED:
        raise UserError("consists mostly of blended colours: give each region one flat colour")
    labels = _grown(seeds, pixels[..., :3], known)
    return labels == np.arange(len(colours))[:, None, None]


def _key(pixels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Colours (…, 3 or more) as numbers."""
    return pixels[..., 0] << 16 | pixels[..., 1] << 8 | pixels[..., 2]


def _frequent(keys: NDArray[np.int64]) -> str:
    found, counts = np.unique(keys[keys >= 0], return_counts=True)
    frequent = found[np.argsort(-counts, kind="stable")[:MOST_COLOURS]]
    return ", ".join(f"#{colour:06x}" for colour in frequent) or "none, it is transparent"


def _canvas_colour(
    keys: NDArray[np.int64], named: Sequence[tuple[int, ...]], background: str | None
) -> list[tuple[int, ...]]:
    """The colour of the canvas, if there is one. Raises `UserError` where further colours are left."""
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
        further = _frequent(patches[np.isin(patches, left[others])])
        raise UserError(f"the picture also has {further}: give each colour but the canvas's to a region")
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
    """Labels (H, W): the index of the known colour that a pixel surely has, `CLEAR` or `OPEN`.

    A pixel with exactly a known colour may still be a blend of two others, so only those count that belong to
    a stroke, which are the pixels in or beside a uniform square; a colour without strokes is thin everywhere.
    """
    height, width = keys.shape
    labels = np.where(keys == CLEAR, CLEAR, OPEN)
    cores = _uniform(keys, STROKE)
    for index, rgb in enumerate(known):
        exact = keys == _key(rgb)
        core = np.pad(exact & cores, STROKE)
        offsets = range(2 * STROKE + 1)
        beside = np.logical_or.reduce([core[y : y + height, x : x + width] for y in offsets for x in offsets])
        labels[exact & beside if core.any() else exact] = index
    return labels


def _grown(
    labels: NDArray[np.int64], pixels: NDArray[np.int64], known: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The labels, every open pixel given to the neighbour of the nearest colour, from the edges inwards."""
    grown = np.pad(labels, NEAR, constant_values=CLEAR)
    while len(spots := np.argwhere(grown == OPEN)):
        around = np.stack([grown[tuple((spots + step).T)] for step in _STEPS], axis=1)
        colours = pixels[tuple((spots - NEAR).T)]
        distance = np.square(known[around.clip(0)] - colours[:, None]).sum(axis=-1)
        distance = np.where(around >= 0, distance, np.iinfo(np.int64).max)
        nearest = around[np.arange(len(spots)), distance.argmin(axis=1)]
        if (nearest < 0).all():  # blends within transparent pixels have no labelled neighbour
            nearest = np.square(known - colours[:, None]).sum(axis=-1).argmin(axis=1)
        grown[tuple(spots.T)] = np.where(nearest < 0, OPEN, nearest)
    return grown[NEAR:-NEAR, NEAR:-NEAR]
