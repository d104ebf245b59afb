"""What the user excludes is believed where the prompt doesn't ask for it, and is struck from texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.llm.absent import asked_for, strike
from planner.words import mentions


@pytest.mark.parametrize(
    ("prompt", "thing", "expected"),
    [
        ("a park without dogs", "dogs", False),
        ("a park without any of the usual dogs", "dog", False),
        ("a dog in a park", "dogs", True),
        ("a dog in a park, but no cats", "cats", False),
        ("a dog in a park, but no cats", "dog", True),
        ("a street, no dogs, and later a dog without a collar", "dog", False),
        ("no dogs, cats, or birds", "birds", False),
        ("a street without people, a dog on the left", "dog", True),
        ("A street without people. Dogs bark", "dogs", True),
        ("a sugar free cake", "sugar", False),
        ("an empty street", "people", False),
        ("a red fox sleeping under an oak tree", "oak tree", True),
    ],
)
def test_asked_for(prompt: str, thing: str, expected: bool) -> None:
    assert asked_for(prompt, thing) is expected


@pytest.mark.parametrize(
    ("text", "thing", "expected"),
    [
        ("A quiet park without any dogs at dawn.", "dogs", "A quiet park at dawn."),
        ("A park without dogs.", "dog", "A park."),
        ("A sofa with cats, dogs, and a lamp", "dogs", "A sofa with cats, and a lamp"),
        ("A sofa with a big friendly dog", "dogs", "A sofa"),
        ("a man and a brown dog in the park", "dog", "a man in the park"),
        ("Dogs", "dog", ""),
        ("a doghouse", "dog", "a doghouse"),
        ("a hot dog stand and a cat", "hot dog", "stand and a cat"),
        ("a cat", "", "a cat"),
    ],
)
def test_strike(text: str, thing: str, expected: str) -> None:
    assert strike(text, thing) == expected


VOCABULARY = ("a", "the", "dogs,", "dog.", "without", "with", "cat", "big", "no", "and", "red")
WORDS = st.lists(st.sampled_from(VOCABULARY), max_size=12)


@given(words=WORDS, thing=st.sampled_from(["dog", "dogs", "cat", "red dog", "big"]))
def test_what_is_struck_is_gone_and_nothing_is_added(words: list[str], thing: str) -> None:
    text = " ".join(words)
    left = strike(text, thing)
    assert not mentions(left, thing)
    assert len(left) <= len(text)
