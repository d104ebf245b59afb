"""Scenes for property tests."""

from typing import get_args

import pytest
from hypothesis import strategies as st

from planner.scene import (
    Box,
    Extent,
    Horizontal,
    Place,
    Point,
    Polygon,
    Predicate,
    Region,
    Relation,
    Scene,
    Vertical,
)

NAMES = ("ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen")

sides = st.tuples(st.integers(0, 999), st.integers(1, 1000)).filter(lambda pair: pair[0] < pair[1])


def _box(x: tuple[int, int], y: tuple[int, int]) -> Box:
    return Box(x0=x[0], y0=y[0], x1=x[1], y1=y[1])


def _triangle(x: tuple[int, int], y: tuple[int, int]) -> Polygon:
    return Polygon(points=(Point(x=x[0], y=y[0]), Point(x=x[1], y=y[0]), Point(x=x[0], y=y[1])))


boxes = st.builds(_box, sides, sides)
triangles = st.builds(_triangle, sides, sides)
places = st.builds(
    Place,
    horizontal=st.sampled_from(get_args(Horizontal)),
    vertical=st.sampled_from(get_args(Vertical)),
    size=st.sampled_from(get_args(Extent)),
)


@st.composite
def _scenes(draw: st.DrawFn) -> Scene:
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=len(NAMES)))
    regions = tuple(
        Region(
            name=name,
            prompt=f"a {name}",
            count=draw(st.sampled_from([1, 1, 1, 2, 3, 10, 11])),
            depth=draw(st.integers(0, 9)),
            where=draw(st.none() | places | boxes | triangles),
            size=draw(st.none() | st.sampled_from(get_args(Extent))),
        )
        for name in names
    )
    pairs = [(one, other) for one in names for other in names if one != other]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=6)) if pairs else []
    relations = tuple(
        Relation(subject=one, predicate=draw(st.sampled_from(get_args(Predicate))), object=other)
        for one, other in chosen
    )
    return Scene(caption="animals", regions=regions, relations=relations)


@pytest.fixture(scope="session")
def scenes() -> st.SearchStrategy[Scene]:
    """Scenes of up to eight regions with shapes, places, counts, depths and relations of every kind."""
    return _scenes()
