"""Rasterising geometry: a pixel is inside where its centre is."""

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from planner.plans import Size
from planner.raster import pixels

SIZE = Size(width=64, height=80)
points = st.tuples(st.floats(-10, 75), st.floats(-10, 90))


@given(st.lists(points, min_size=3, max_size=8))
def test_pixels_agree_with_shapely_on_every_centre(outline: list[tuple[float, float]]) -> None:
    polygon = shapely.convex_hull(shapely.MultiPoint(outline))
    if not isinstance(polygon, shapely.Polygon):
        return
    ys, xs = np.mgrid[0 : SIZE.height, 0 : SIZE.width] + 0.5
    inside = shapely.contains_xy(polygon, xs, ys)
    clear = shapely.distance(polygon.exterior, shapely.points(xs, ys)) > 1e-9
    assert (pixels(polygon, SIZE) == inside)[clear].all()


def test_holes_and_separate_parts() -> None:
    ring = shapely.box(0, 0, 10, 10).difference(shapely.box(2, 2, 8, 8))
    shape = shapely.union_all([ring, shapely.box(20, 20, 21, 21)])
    inside = pixels(shape, SIZE)
    assert inside.sum() == 100 - 36 + 1
    assert inside[20, 20]
    assert not inside[5, 5]


def test_a_centre_on_a_common_edge_has_one_owner() -> None:
    left, right = (pixels(shapely.box(*box), SIZE) for box in ((0, 0, 9.5, 80), (9.5, 0, 64, 80)))
    assert (left ^ right).all()


def test_an_empty_geometry_has_no_pixels() -> None:
    assert not pixels(shapely.Polygon(), SIZE).any()
