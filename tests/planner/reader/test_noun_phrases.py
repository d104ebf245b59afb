"""Numbers and lists of adjectives before a noun."""

import pytest

from planner.reader.noun_phrases import MANY, listed_adjectives, stated_number
from planner.reader.tokens import tokens


@pytest.mark.parametrize(
    ("phrase", "number"),
    [
        ("three red cats", 3),
        ("Twelve small brass bells", 12),
        ("24 balloons", 24),
        ("the two cats", 2),
        ("a dozen eggs", 12),
        ("exactly 7 big, round pens", 7),
        ("5000 ants", MANY),
        ("half a dozen eggs", 6),
        ("twenty-one candles", 21),
        ("three hundred grey sheep", 300),
        ("two dozen roses", 24),
        ("1,000 cranes", 1000),
        ("9" * 5000 + " cats", MANY),
        ("a cat", None),
        ("red cats", None),
        ("three-storey house", None),
        ("1girl", None),
        ("0 cats", None),
        ("two pairs of socks", None),
    ],
)
def test_the_number_of_a_phrase_is_read(phrase: str, number: int | None) -> None:
    words = tokens(phrase)
    head = len(words) - 1
    assert stated_number(words, head, range(len(words))) == number


def test_a_number_among_others_words_is_not_its_own() -> None:
    words = tokens("two dogs and cats")
    assert stated_number(words, 3, {3}) is None
    assert stated_number(words, 1, {0, 1}) == 2


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
    found = listed_adjectives(words, len(words) - 1, mine, set())
    assert " ".join(words[i].text for i in found) == lead


def test_what_another_thing_has_is_left_to_it() -> None:
    words = tokens("a cat, rusty key")
    assert listed_adjectives(words, 4, {3, 4}, {0, 1}) == ()
