"""Words as a reader compares them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.words import clip, fold, mentions, once, share


@pytest.mark.parametrize(
    ("word", "bare"),
    [
        ("Dogs,", "dog"),
        ("glasses", "glass"),
        ("glass", "glass"),
        ("berries", "berry"),
        ("bus", "bus"),
        ("buses", "bus"),
        ("vases", "vase"),
        ("houses", "house"),
        ("torches", "torch"),
        ("?", ""),
    ],
)
def test_fold(word: str, bare: str) -> None:
    assert fold(word) == bare


@pytest.mark.parametrize(
    ("text", "thing", "expected"),
    [
        ("Two black cats asleep", "black cat", True),
        ("a catalogue", "cat", False),
        ("a cat", "", False),
        ("a black, cat", "black cat", True),
    ],
)
def test_mentions(text: str, thing: str, expected: bool) -> None:
    assert mentions(text, thing) is expected


def test_share_needs_more_than_grammar() -> None:
    assert share("a red fox", "the foxes")
    assert not share("a fox in the grass", "a dog in the street")


def test_once_keeps_the_first_of_repeated_phrases() -> None:
    assert once("a horse, its legs, its legs, Its legs, its tail") == "a horse, its legs, its tail"
    assert once("1,000 sheep and 1,000 cows") == "1,000 sheep and 1,000 cows"


@given(text=st.text(), limit=st.integers(1, 50))
def test_clip_keeps_a_beginning_within_the_limit(text: str, limit: int) -> None:
    clipped = clip(text, limit)
    assert len(clipped) <= limit
    assert text.strip().startswith(clipped)
    assert bool(clipped) == bool(text.strip())
