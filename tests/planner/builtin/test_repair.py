"""Words that the small parser misreads are read as what they are."""

import pytest

from planner.builtin import BuiltinPlanner

plan = BuiltinPlanner()


@pytest.mark.parametrize(
    ("prompt", "regions"),
    [
        ("a brick oven beside a well", [("brick oven", "a brick oven", 1), ("well", "a well", 1)]),
        ("a fire hydrant under a maple", [("fire hydrant", "a fire hydrant", 1), ("maple", "a maple", 1)]),
        ("a fire hydrant and two ovens", [("fire hydrant", "a fire hydrant", 1), ("oven", "an oven", 2)]),
        ("a fox next to a fire hydrant in the snow", [
            ("fox", "a fox", 1), ("fire hydrant", "a fire hydrant", 1),
        ]),
        ("an orange stuck in a net", [("orange", "an orange", 1), ("net", "a net", 1)]),
        ("a pink frosted cupcake by a jar", [
            ("cupcake", "a pink frosted cupcake", 1), ("jar", "a jar", 1),
        ]),
        ("A fox looking happy, sitting beside a log.", [
            ("fox", "a fox looking happy, sitting", 1), ("log", "a log", 1),
        ]),
        ("Thirty crows on a wire", [("crow", "thirty crows", 30), ("wire", "a wire", 1)]),
        ("Twelve red boats on a lake.", [("boat", "twelve red boats", 12)]),
        ("three butterflies flutter over the daisies.", [
            ("butterfly", "a butterfly fluttering", 3), ("daisies", "the daisies", 1),
        ]),
        ("a sports ball left of a hut", [("sports ball", "a sports ball", 1), ("hut", "a hut", 1)]),
        ("Three boats lie still, and the one on the right is larger.", [("boat", "a boat lying still", 3)]),
        ("A camel grazing near two trees", [("camel", "a camel grazing", 1), ("tree", "a tree", 2)]),
    ],
)  # fmt: skip
def test_nouns_and_what_is_said_of_them(prompt: str, regions: list[tuple[str, str, int]]) -> None:
    assert [(each.name, each.prompt, each.count) for each in plan(prompt).scene.regions] == regions


@pytest.mark.parametrize(
    ("prompt", "counts"),
    [
        ("one cat and a few torchs", {"cat": 1, "torch": 3}),
        ("three knifes. The knifes are rusty.", {"knife": 3}),
        ("two gass and a cup", {"gas": 2, "cup": 1}),
    ],
)
def test_plurals_made_by_rule(prompt: str, counts: dict[str, int]) -> None:
    assert {each.name: each.count for each in plan(prompt).scene.regions} == counts
