"""Tableaux drawn otherwise than the world looks: in a style that it lacks, and as maps of depth."""

import numpy as np
from PIL import Image, ImageChops, ImageFilter, ImageOps

from evals.world.draw import backdrop, paint_sprite, put
from evals.world.tableau import COLOURS, Tableau

CONTOUR = 6
"""Pixels across the contour of an outlined thing: what the autoencoder carries, at no less than a third of
the smallest thing's radius."""


def outlined(tableau: Tableau) -> Image.Image:
    """The picture of a tableau with nothing but a contour of each thing: what lies behind shows inside."""
    picture = Image.fromarray(backdrop(tableau.setting, tableau.side, tableau.seed))
    for thing in tableau.things:
        sprite = paint_sprite(thing, COLOURS[thing.colour])
        sprite.putalpha(contour(sprite.getchannel("A")))
        put(picture, sprite, thing)
    return picture


def contour(shape: Image.Image) -> Image.Image:
    """Of a shape (mode L) what is within `CONTOUR` pixels of its edge."""
    return ImageChops.subtract(shape, interior(shape))


def interior(shape: Image.Image) -> Image.Image:
    """Of a shape (mode L) what is further than `CONTOUR` pixels from its edge."""
    around = ImageOps.expand(shape, CONTOUR)  # a filter leaves the rim of a picture as it is
    return ImageOps.crop(around.filter(ImageFilter.MinFilter(2 * CONTOUR + 1)), CONTOUR)


GROUND, THINGS = (60, 130), (190, 255)
"""Lightness in a map of depth: of the ground from the horizon to the bottom, of things from back to front.
Sky and walls are black."""


def depth(tableau: Tableau) -> Image.Image:
    """How near what stands in a tableau is, the nearer the lighter: a picture for a ControlNet."""
    horizon = round(tableau.setting.horizon * tableau.side)
    field = np.zeros((tableau.side, tableau.side, 3), np.uint8)
    field[horizon:] = np.linspace(*GROUND, tableau.side - horizon)[:, None, None]
    picture = Image.fromarray(field)
    shades = np.linspace(*THINGS, len(tableau.things) + 1)[1:]
    for thing, shade in zip(tableau.things, shades, strict=True):
        shape = paint_sprite(thing, COLOURS[thing.colour]).getchannel("A")
        sprite = Image.new("RGBA", shape.size, (round(shade),) * 3)
        sprite.putalpha(shape)
        put(picture, sprite, thing)
    return picture
