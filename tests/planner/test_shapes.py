"""Boxes, polygons and masks as geometry, and geometry as pixels: one is inside where its centre is."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from planner.errors import UserError
from planner.plans import Size
from planner.scene import Box, Mask, Point, Polygon
from planner.shapes import DATA_URL, bounds, geometry, inline_mask, mask_pixels, pixels

SIZE = Size(width=128, height=64)
RASTER = Size(width=64, height=80)
points = st.tuples(st.floats(-10, 75), st.floats(-10, 90))


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
        (Mask(mask=f"{DATA_URL}!!"), "holds no PNG"),
        (Mask(mask=f"{DATA_URL}aGVsbG8="), "holds no PNG"),
    ],
)
def test_a_mask_that_is_none_is_refused(mask: Mask, message: str) -> None:
    with pytest.raises(UserError, match=message):
        geometry(mask, SIZE)


@given(st.lists(points, min_size=3, max_size=8))
def test_pixels_agree_with_shapely_on_every_centre(outline: list[tuple[float, float]]) -> None:
    polygon = shapely.convex_hull(shapely.MultiPoint(outline))
    if not isinstance(polygon, shapely.Polygon):
        return
    ys, xs = np.mgrid[0 : RASTER.height, 0 : RASTER.width] + 0.5
    inside = shapely.contains_xy(polygon, xs, ys)
    clear = shapely.distance(polygon.exterior, shapely.points(xs, ys)) > 1e-9
    assert (pixels(polygon, RASTER) == inside)[clear].all()


def test_holes_and_separate_parts() -> None:
    ring = shapely.box(0, 0, 10, 10).difference(shapely.box(2, 2, 8, 8))
    shape = shapely.union_all([ring, shapely.box(20, 20, 21, 21)])
    inside = pixels(shape, RASTER)
    assert inside.sum() == 100 - 36 + 1
    assert inside[20, 20]
    assert not inside[5, 5]


def test_a_centre_on_a_common_edge_has_one_owner() -> None:
    left, right = (pixels(shapely.box(*box), RASTER) for box in ((0, 0, 9.5, 80), (9.5, 0, 64, 80)))
    assert (left ^ right).all()


def test_an_empty_geometry_has_no_pixels() -> None:
    assert not pixels(shapely.Polygon(), RASTER).any()
