"""Masks of a layout's regions as images with safe file names."""

import unicodedata

import numpy as np
from PIL import Image

from planner.layout import Layout


def mask_images(layout: Layout) -> dict[str, Image.Image]:
    """Masks by file name: one a region, numbered in the scene's order, and the background's.

    Mode L, of the canvas's size; 255 where the region is. Every pixel is white in exactly one.
    """
    masks = layout.masks()
    stems = (f"{n:02}-{file_stem(region.name)}" for n, region in enumerate(layout.scene.regions, start=1))
    named = zip((*stems, "background"), (*masks, ~masks.any(axis=0)), strict=True)
    return {f"{stem}.png": Image.fromarray(mask.astype(np.uint8) * 255) for stem, mask in named}


def file_stem(name: str) -> str:
    """`name` as part of a file name that is safe on every system."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = "".join(letter if letter.isalnum() else " " for letter in plain).split()
    return "-".join(words)[:60] or "region"
