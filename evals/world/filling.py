"""How full a thing is drawn: the measure of the outlined style, from pixels alone."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from evals.world.draw import paint_sprite
from evals.world.styles import interior
from evals.world.tableau import COLOURS, RIM, Thing

APART = 60.0
"""How far (RGB, Euclidean) a thing's colour lies at least from what is around it, to be told from it."""


def filled(picture: Image.Image, thing: Thing) -> float | None:
    """The share of the thing's interior whose pixels are nearer to its colour than to what is around it.

    The interior is where the world would draw neither contour nor surroundings, were the thing where it is
    said to be; what is around it is the median along the edge of its box. As the world draws, this is 1, and
    0 in outlines. None where the colours are too much alike to tell.
    """
    shape = interior(paint_sprite(thing, COLOURS[thing.colour]).getchannel("A"))
    left, top = round(thing.x - shape.width / 2), round(thing.y - shape.height / 2)
    box = picture.convert("RGB").crop((left, top, left + shape.width, top + shape.height))
    pixels, inside = np.asarray(box).astype(np.float64), np.asarray(shape) > 127
    own, around = np.array(COLOURS[thing.colour], np.float64), np.median(_edge(pixels), axis=0)
    if np.linalg.norm(own - around) < APART or not inside.any():
        return None
    nearer = np.linalg.norm(pixels - own, axis=-1) < np.linalg.norm(pixels - around, axis=-1)
    return float(nearer[inside].mean())


def _edge(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """The outermost pixels of a box, (N, 3): the rim that things leave free."""
    middle = np.zeros(pixels.shape[:2], bool)
    middle[RIM:-RIM, RIM:-RIM] = True
    return pixels[~middle]
