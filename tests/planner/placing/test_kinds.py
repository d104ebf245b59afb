"""Kinds: what a name tells about size and shape."""

import pytest

from planner.placing.kinds import Kind, kind_of, kinds_among


@pytest.mark.parametrize(
    ("name", "singular"),
    [
        ("red_apple", "apple"),
        ("cat 12", "cat"),
        ("Old Man", "man"),
        ("fire truck (2)", "truck"),
        ("teddy bear", "bear"),
        ("thingamajig", "gizmo"),
        ("", "gizmo"),
    ],
)
def test_the_last_word_tells(name: str, singular: str) -> None:
    assert kind_of(name) == kind_of(singular)


@pytest.mark.parametrize(
    ("several", "one"),
    [("women", "woman"), ("butterflies", "butterfly"), ("leaves", "leaf"), ("sailing boats", "boat")],
)
def test_several_in_one_region_are_wider_than_one(several: str, one: str) -> None:
    assert kind_of(several).scale == kind_of(one).scale
    assert kind_of(several).shape > max(kind_of(one).shape, 1)


def test_what_is_unknown_is_a_square_of_the_usual_size() -> None:
    assert kind_of("gizmo") == Kind(scale=1.0, shape=1.0, aloft=False)


def test_among_figures_a_ring_and_a_box_are_figures() -> None:
    kinds = kinds_among(("blue ring", "box", "two red triangles", "apple"))
    assert {name: kind.scale for name, kind in kinds.items()} == {
        "blue ring": 1.0,
        "box": 1.0,
        "two red triangles": 1.0,
        "apple": kind_of("apple").scale,
    }


@pytest.mark.parametrize(
    "names", [("ring", "box", "hand"), ("star", "box", "workbench", "window", "cat", "stove", "rug")]
)
def test_elsewhere_a_ring_is_a_jewel(names: tuple[str, ...]) -> None:
    assert kinds_among(names) == {name: kind_of(name) for name in names}
