"""Masks that people paint: a grey picture a region, or one picture with a colour a region."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor

from planner.errors import UserError

OPAQUE = 128
"""The least alpha, of 255, that counts as painted."""

TOLD = 8
"""How many of a picture's colours an error names."""


def soft_mask(image: Image.Image) -> NDArray[np.float64]:
    """A painted mask as shares from 0 to 1, float64 (H, W): white is the region, transparent is not."""
    grey, alpha = image.convert("RGBA").convert("LA").split()
    return np.asarray(grey, dtype=np.float64) / 255 * np.asarray(alpha, dtype=np.float64) / 255


def painted_masks(
    image: Image.Image, colours: Sequence[str], background: str | None = None
) -> NDArray[np.bool_]:
    """The masks, bool (R, H, W), of a picture with a colour a region, as Krita or GIMP exports it.

    `colours` are written as CSS does ("#ff0000", "red"), one a region. A pixel is of the colour that it is
    nearest to, since brushes blend at their edges; where it is nearest to `background`, or transparent, it is
    no region's. Raises `UserError` for a colour that is none, that comes twice, or that no pixel has exactly.
    """
    wanted = [*colours, *([] if background is None else [background])]
    named = np.array([_rgb(colour) for colour in wanted])
    if len(np.unique(named, axis=0)) < len(named):
        raise UserError(f"two of the colours {', '.join(wanted)} are the same: give each region its own")
    pixels = np.asarray(image.convert("RGBA"), dtype=np.int64)
    painted = pixels[..., 3] >= OPAQUE
    distances = np.stack([np.square(pixels[..., :3] - colour).sum(axis=-1) for colour in named])
    for colour, distance in zip(colours, distances, strict=False):
        if not (painted & (distance == 0)).any():
            raise UserError(f"no pixel is {colour}: the picture's most frequent colours are {_told(pixels)}")
    nearest = distances.argmin(axis=0)
    return (nearest == np.arange(len(colours))[:, None, None]) & painted


def _rgb(colour: str) -> tuple[int, ...]:
    try:
        return ImageColor.getrgb(colour)[:3]
    except ValueError as error:
        raise UserError(f"{colour!r} is no colour: write it as #ff0000 or by its CSS name") from error


def _told(pixels: NDArray[np.int64]) -> str:
    painted = pixels[pixels[..., 3] >= OPAQUE][:, :3]
    found, counts = np.unique(painted, axis=0, return_counts=True)
    frequent = found[np.argsort(-counts, kind="stable")[:TOLD]]
    return (
        ", ".join("#{:02x}{:02x}{:02x}".format(*colour) for colour in frequent) or "none, it is transparent"
    )
