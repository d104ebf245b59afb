"""Colours: one for each owner of the prompt's words, the same in the picture, the SVG and the terminal.

Every colour is light enough that dark letters are legible on it.
"""

import colorsys
from collections.abc import Mapping

from planner.scene import Scene

Colour = tuple[int, int, int]

INK: Colour = (24, 24, 28)
"""The colour of letters."""

PAPER: Colour = (255, 255, 255)
BACKGROUND_COLOUR: Colour = (214, 214, 208)
STYLE_COLOUR: Colour = (255, 246, 170)
ABSENT_COLOUR: Colour = (150, 150, 158)
BACKGROUND, STYLE, ABSENT = "background", "style", "absent"

_SHADES = ((0.42, 0.95), (0.45, 0.86), (0.32, 0.92))
"""Saturation and value of the regions' colours, in turn."""

_GOLDEN = 0.618034
"""The golden ratio spreads any number of hues evenly, whatever comes after."""


def colour(index: int) -> Colour:
    """The colour of the region of this index: the same in every layout, and unlike its neighbours'."""
    saturation, value = _SHADES[index % len(_SHADES)]
    red, green, blue = colorsys.hsv_to_rgb((0.58 + index * _GOLDEN) % 1, saturation, value)
    return round(255 * red), round(255 * green), round(255 * blue)


def edge_colour(fill: Colour) -> Colour:
    """A darker tone of `fill`, for outlines."""
    return fill[0] // 2, fill[1] // 2, fill[2] // 2


def hexadecimal(rgb: Colour) -> str:
    """The colour as CSS, SVG and terminals take it, such as "#18181c"."""
    return "#{:02x}{:02x}{:02x}".format(*rgb)


def owners_colours(scene: Scene) -> Mapping[str, Colour]:
    """The colour of everyone who can own words of the prompt, by name; the whole picture has none."""
    rest = {BACKGROUND: BACKGROUND_COLOUR, STYLE: STYLE_COLOUR, ABSENT: ABSENT_COLOUR}
    return {**{region.name: colour(index) for index, region in enumerate(scene.regions)}, **rest}
