"""Adjectives in a list before a noun."""

import pytest

from planner.reader.phrases import lead_of
from planner.reader.tokens import tokens


@pytest.mark.parametrize(
    ("text", "own", "lead"),
    [
        ("a small, old, rusty key", "rusty key", "a small , old ,"),
        ("a row of four spherical, silver lamps", "silver lamps", "four spherical ,"),
        ("2 worn, red shoes", "red shoes", "2 worn ,"),
        ("a small, old key", "a small , old key", "a small ,"),
        ("the cat sleeps, a red key", "a red key", ""),
        ("a cat, rusty key", "rusty key", "a cat ,"),
        ("a man in hats, rusty key", "rusty key", ""),
        ("rusty key", "rusty key", ""),
        ('a sign "OLD", rusty key', "rusty key", ""),
    ],
)
def test_a_list_belongs_to_its_noun_back_to_the_article(text: str, own: str, lead: str) -> None:
    words = tokens(text)
    size = len(own.split())
    mine = range(len(words) - size, len(words))
    found = lead_of(words, len(words) - 1, mine, set())
    assert " ".join(words[i].text for i in found) == lead


def test_what_another_thing_has_is_left_to_it() -> None:
    words = tokens("a cat, rusty key")
    assert lead_of(words, 4, {3, 4}, {0, 1}) == ()
