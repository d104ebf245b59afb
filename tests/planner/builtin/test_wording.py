"""Articles, participles and tidy text."""

import pytest

from planner.builtin.wording import participle, tidy, with_article


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("cat", "a cat"),
        ("orange cat", "an orange cat"),
        ("unicorn", "a unicorn"),
        ("umbrella", "an umbrella"),
        ("used car", "a used car"),
        ("ugly duck", "an ugly duck"),
        ("hourglass", "an hourglass"),
        ("one-eyed cat", "a one-eyed cat"),
        ("European flag", "a European flag"),
        ("8-bit hero", "an 8-bit hero"),
    ],
)
def test_articles_follow_the_sound(words: str, expected: str) -> None:
    assert with_article(words) == expected


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        ("sit", "sitting"),
        ("ride", "riding"),
        ("lie", "lying"),
        ("see", "seeing"),
        ("hammer", "hammering"),
        ("watch", "watching"),
        ("play", "playing"),
        ("begin", "beginning"),
        ("dye", "dyeing"),
        ("sleep", "sleeping"),
        ("show", "showing"),
    ],
)
def test_participles(verb: str, expected: str) -> None:
    assert participle(verb) == expected


def test_tidy_takes_stray_punctuation_away() -> None:
    assert tidy(" , a  cat ,, and a dog . . ") == "a cat, and a dog."
