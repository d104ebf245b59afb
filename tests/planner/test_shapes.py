"""Boxes, polygons and masks as geometry."""

import numpy as np
import pytest
import shapely
from PIL import Image

from planner.errors import UserError
from planner.plans import Size
from planner.raster import pixels
from planner.scene import Box, Mask, Point, Polygon
from planner.shapes import DATA_URL, bounds, geometry, inline_mask, mask_pixels

SIZE = Size(width=128, height=64)


def blobs() -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """A mask of noise, two thirds black: many parts and many holes."""
    return np.random.default_rng(0).random((SIZE.height, SIZE.width)) > 2 / 3


def as_mask(white: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> Mask:
    return inline_mask(Image.fromarray(white.astype(np.uint8) * 255))


def test_a_box_scales_to_pixels() -> None:
    assert geometry(Box(x0=0, y0=500, x1=250, y1=1000), SIZE).bounds == (0, 32, 32, 64)


def test_a_polygon_scales_to_pixels() -> None:
    triangle = Polygon(points=(Point(x=0, y=0), Point(x=1000, y=0), Point(x=0, y=1000)))
    assert geometry(triangle, SIZE).area == 128 * 64 / 2
    assert bounds(triangle, SIZE) == Box(x0=0, y0=0, x1=1000, y1=1000)


def test_a_masks_geometry_is_exactly_its_white_pixels() -> None:
    white = blobs()
    shape = geometry(as_mask(white), SIZE)
    assert shape.area == white.sum()
    assert shapely.is_valid(shape)
    assert (pixels(shape, SIZE) == white).all()


@pytest.mark.parametrize(("grey", "inside"), [(127, False), (128, True)])
def test_white_begins_at_128(grey: int, inside: bool) -> None:
    image = Image.new("L", (SIZE.width, SIZE.height), 255)
    image.putpixel((3, 4), grey)
    assert mask_pixels(inline_mask(image), SIZE)[4, 3] == inside


def test_a_masks_bounds_hold_all_its_pixels() -> None:
    white = np.zeros((SIZE.height, SIZE.width), dtype=np.bool_)
    white[16:32, 32:64] = True
    assert bounds(as_mask(white), SIZE) == Box(x0=250, y0=250, x1=500, y1=500)


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (as_mask(np.ones((8, 8), dtype=np.bool_)), "is 8x8; a mask has the canvas's size, which is 128x64"),
        (as_mask(np.zeros((64, 128), dtype=np.bool_)), "is all black"),
        (Mask(mask="cat.png"), "is a path"),
        (Mask(mask=f"{DATA_URL}!!"), "holds no PNG image"),
        (Mask(mask=f"{DATA_URL}aGVsbG8="), "holds no PNG image"),
    ],
)
def test_a_mask_that_is_none_is_refused(mask: Mask, message: str) -> None:
    with pytest.raises(UserError, match=message):
        geometry(mask, SIZE)
