"""Placed boxes keep to the lines between tokens; given ones, and what relations need, come first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.placing.arranging import arrange
from planner.plans import Size
from planner.scene import GRID, Box, Place, Region, Relation, Scene

SIZES = (Size(width=128, height=128), Size(width=1280, height=768), Size(width=80, height=1024))


def on_a_line(edge: int, side: int) -> bool:
    """Whether an edge in grid units is within the rounding of a line between tokens."""
    tokens = side // 16
    return any(abs(edge - line * GRID / tokens) <= 0.5 for line in range(tokens + 1))


def is_snapped(box: Box, size: Size) -> bool:
    across = all(on_a_line(edge, size.width) for edge in (box.x0, box.x1))
    return across and all(on_a_line(edge, size.height) for edge in (box.y0, box.y1))


def boxes(scene: Scene, size: Size) -> dict[str, Box]:
    placed = {region.name: region.where for region in arrange(scene, size).scene.regions}
    return {name: box for name, box in placed.items() if isinstance(box, Box)}


@given(st.integers(1, 6), st.sampled_from(SIZES))
def test_placed_boxes_keep_to_the_lines(number: int, size: Size) -> None:
    regions = tuple(Region(name=f"thing {letter}", prompt="a thing") for letter in "abcdef"[:number])
    assert all(
        is_snapped(box, size) for box in boxes(Scene(caption="things", regions=regions), size).values()
    )


@pytest.mark.parametrize("predicate", ["left of", "above", "on", "in front of", "inside", "next to"])
def test_relations_hold_between_the_lines(predicate: str) -> None:
    regions = tuple(Region(name=name, prompt="a thing") for name in ("cat", "dog"))
    relation = Relation.model_validate({"subject": "cat", "predicate": predicate, "object": "dog"})
    layout = arrange(Scene(caption="two", regions=regions, relations=(relation,)), SIZES[0])
    assert not [note for note in layout.notes if note.kind == "dropped relation"]


def test_a_given_box_stands_and_nothing_is_moved_onto_it() -> None:
    given_box = Box(x0=100, y0=90, x1=433, y1=910)
    regions = (Region(name="cat", prompt="a cat", where=given_box), Region(name="dog", prompt="a dog"))
    relation = Relation(subject="dog", predicate="right of", object="cat")
    placed = boxes(Scene(caption="two", regions=regions, relations=(relation,)), SIZES[0])
    assert placed["cat"] == given_box
    assert placed["dog"].x0 >= given_box.x1


@given(st.integers(1, 4), st.sampled_from(["left", "center", "right", None]))
def test_squares_stay_squares(number: int, side: str | None) -> None:
    place = (
        None
        if side is None
        else Place.model_validate({"horizontal": side, "vertical": "top", "size": "medium"})
    )
    regions = tuple(Region(name=f"disc {letter}", prompt="a disc", where=place) for letter in "abcd"[:number])
    placed = boxes(Scene(caption="discs", regions=regions), SIZES[0]).values()
    assert all(abs((box.x1 - box.x0) - (box.y1 - box.y0)) <= 1 for box in placed)
