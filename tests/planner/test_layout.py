"""The layout's masks."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.placing.arranging import arrange
from planner.plans import Size
from planner.scene import Region, Scene
from planner.shapes import pixels

SIZE = Size(width=128, height=96)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_every_pixel_has_exactly_one_owner(scenes: st.SearchStrategy[Scene], data: st.DataObject) -> None:
    layout = arrange(data.draw(scenes), SIZE)
    masks = layout.masks()
    assert masks.shape == (len(layout.scene.regions), SIZE.height, SIZE.width)
    assert masks.dtype == np.bool_
    owners = masks.sum(axis=0)
    assert (owners <= 1).all()
    differs = (owners == 0) != pixels(layout.background, SIZE)
    # A slanted edge may pass a centre so closely that rounding decides.
    assert differs.sum() <= 2


def test_a_scene_without_regions_has_no_masks() -> None:
    assert arrange(Scene(caption="fog"), SIZE).masks().shape == (0, SIZE.height, SIZE.width)


def test_every_region_of_a_full_scene_has_a_mask() -> None:
    regions = tuple(Region(name=f"duck {n}", prompt="a duck") for n in range(32))
    layout = arrange(Scene(caption="ducks", regions=regions))
    masks = layout.masks()
    assert masks.any(axis=(1, 2)).all()
