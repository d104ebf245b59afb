"""Plurals made by a mere "s", told from words that only end so."""

import pytest

from planner.builtin.spelling import respelt, singular


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("two benchs and a cat", {1: "benches"}),
        ("shelfs with boxs", {0: "shelves", 2: "boxes"}),
        ("few buss and the number of buss", {1: "buses", 6: "buses"}),
        ("a buss on the cheek", {}),
        ("one buss and a cat", {}),
        ("two giraffes and three cafes", {}),
        ("two glass bowls under a compass", {}),
        ("s ss ' 12 cats", {}),
    ],
)
def test_respelt(words: str, expected: dict[int, str]) -> None:
    assert respelt(words.split()) == expected


@pytest.mark.parametrize(
    ("plural", "expected"),
    [
        ("hydrants", "hydrant"),
        ("berries", "berry"),
        ("torches", "torch"),
        ("boxes", "box"),
        ("glass", "glass"),
    ],
)
def test_singular(plural: str, expected: str) -> None:
    assert singular(plural) == expected
