"""Colours and labels for drawn layouts."""

import colorsys
import unicodedata

import shapely
from shapely.geometry.base import BaseGeometry

from planner.layout import Layout

Colour = tuple[int, int, int]

BACKGROUND_COLOUR: Colour = (236, 236, 232)
BACKGROUND_LABEL = "background"

GOLDEN = 0.618034
"""The golden ratio spreads any number of hues evenly, whatever comes after."""


def colour(index: int) -> Colour:
    """The colour of the region of this index: the same in every layout, and unlike its neighbours'."""
    saturation, value = ((0.42, 0.95), (0.58, 0.82), (0.32, 0.88))[index % 3]
    red, green, blue = colorsys.hsv_to_rgb((0.58 + index * GOLDEN) % 1, saturation, value)
    return round(255 * red), round(255 * green), round(255 * blue)


def edge_colour(fill: Colour) -> Colour:
    """A darker tone of `fill`, for outlines."""
    return fill[0] // 2, fill[1] // 2, fill[2] // 2


def painted(layout: Layout) -> list[tuple[str, BaseGeometry, Colour]]:
    """Label, cell and colour of everything that owns some of the canvas, the background first."""
    regions = enumerate(zip(layout.scene.regions, layout.cells, strict=True))
    named = [(printable(region.name), cell, colour(index)) for index, (region, cell) in regions]
    every = [(BACKGROUND_LABEL, layout.background, BACKGROUND_COLOUR), *named]
    return [(label, cell, fill) for label, cell, fill in every if not cell.is_empty]


def printable(name: str) -> str:
    """`name` without characters that are no text, which XML forbids and fonts cannot show."""
    return "".join(letter for letter in name if letter.isprintable())


def file_stem(name: str) -> str:
    """`name` as part of a file name that is safe on every system."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = "".join(letter if letter.isalnum() else " " for letter in plain).split()
    return "-".join(words)[:60] or "region"


def label_spot(cell: BaseGeometry) -> tuple[float, float, float]:
    """Where a label sits best: the middle and radius of the largest circle in the cell's largest part."""
    largest = max(shapely.get_parts(cell), key=lambda part: part.area)
    # A tolerance keeps the search short; finer makes no difference to the eye.
    radius = shapely.maximum_inscribed_circle(largest, tolerance=max(largest.area**0.5 / 100, 0.1))
    (x, y), _ = radius.coords
    return x, y, radius.length
