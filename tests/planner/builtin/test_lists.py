"""Lists of things in places: no thing is lost, none is counted wrong."""

import pytest

from planner.builtin import BuiltinPlanner

plan = BuiltinPlanner()


@pytest.mark.parametrize(
    ("prompt", "regions"),
    [
        ("Two scarlet kites at the top of the picture, all of it at sunset on a beach.", [
            ("kite", "a scarlet kite", 2),
        ]),
        ("We want to see a yellow kite in the upper left, a green paper lantern standing on the left.", [
            ("kite", "a yellow kite", 1), ("paper lantern", "a green paper lantern standing", 1),
        ]),
        ("We want to see a yellow kite standing in the middle, a pink paper boat that is at the bottom.", [
            ("kite", "a yellow kite standing", 1), ("paper boat", "a pink paper boat", 1),
        ]),
        ("There should be a green disc standing in the top left corner.", [
            ("disc", "a green disc standing", 1),
        ]),
        ("Draw a pink square standing at the bottom left.", [("square", "a pink square", 1)]),
        ("Two green blocks side by side on the right side, a brown kettle in the middle of the picture.", [
            ("block", "a green block", 2), ("kettle", "a brown kettle", 1),
        ]),
        ("Put in two yellow heart shapes at the top.", [("yellow heart shape", "a yellow heart shape", 2)]),
        ("Three orange heart shapes on the left, a white cup", [
            ("orange heart shape", "an orange heart shape", 3), ("cup", "a white cup", 1),
        ]),
    ],
)  # fmt: skip
def test_every_thing_is_there_as_often_as_said(prompt: str, regions: list[tuple[str, str, int]]) -> None:
    assert [(each.name, each.prompt, each.count) for each in plan(prompt).scene.regions] == regions


def test_what_is_measured_by_a_noun_is_no_thing() -> None:
    names = [region.name for region in plan("A tower, three miles high, rises by a lake.").scene.regions]
    assert names == ["tower"]


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("Two zebras gallop side by side across the plain.", "side by side"),
        ("A lamp is side by side with a chair.", "lamp"),
    ],
)
def test_side_by_side_stays_where_it_says_how(prompt: str, words: str) -> None:
    assert any(words in region.prompt for region in plan(prompt).scene.regions)
