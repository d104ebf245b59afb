"""A prompt as the reader sees it: words, quotations as one, web-UI syntax set aside, windows that overlap."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.reader.tokens import (
    END,
    LETTERING,
    OVERLAP,
    START,
    WINDOW,
    Token,
    asides,
    exclusions,
    tokens,
    windows,
    without_asides,
)


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("A red fox, 3 hens.", ["A", "red", "fox", ",", "3", "hens", "."]),
        ('a sign "OPEN 24 HOURS" and a door', ["a", "sign", '"OPEN 24 HOURS"', "and", "a", "door"]),
        ("the girls' hats, the cat's bowl", ["the", "girls", "'", "hats", ",", "the", "cat", "'s", "bowl"]),
        ("1girl, 2cats", ["1", "girl", ",", "2", "cats"]),
        (
            "a woman with (red hair:1.3), <lora:style:0.8>",
            ["a", "woman", "with", "(", "red", "hair", ")", ","],
        ),
        ("a fox BREAK a hen --ar 16:9 --v 6", ["a", "fox", "BREAK", "a", "hen"]),
        ("- a fox\n2. a hen", ["a", "fox", "\n", "a", "hen"]),
        ("a <b>hen</b>, see https://example.com/a.png", ["a", "hen", ",", "see"]),
        ("a clock (at 10:15)", ["a", "clock", "(", "at", "10", ":", "15", ")"]),
        ("a rolled-up map of Łódź", ["a", "rolled", "-", "up", "map", "of", "Łódź"]),
        (
            "“a room with a bed, a lamp and two green chairs”",
            ["“", "a", "room", "with", "a", "bed", ",", "a", "lamp", "and", "two", "green", "chairs", "”"],
        ),
        ("", []),
    ],
)
def test_words_and_signs(prompt: str, words: list[str]) -> None:
    found = tokens(prompt)
    assert [token.text for token in found] == words
    assert all(prompt[token.start : token.end] == token.text for token in found)


def test_other_programs_syntax_is_told_and_left_out() -> None:
    prompt = "a woman, (red hair:1.3), <lora:style:0.8> BREAK at night --ar 16:9"
    assert asides(prompt) == (":1.3", "<lora:style:0.8>", "--ar 16:9")
    assert without_asides(prompt) == "a woman, red hair, at night"
    assert without_asides("a woman with (red hair") == "a woman with red hair"
    assert without_asides("a (very) old tree") == "a (very) old tree"
    assert asides("a plan at 1:3 scale, well-read --- truly") == ()


@pytest.mark.parametrize(
    ("prompt", "excluded"),
    [
        ("a boat --no people, text --ar 2:3", ("people", "text")),
        ("a woman\nNegative prompt: ugly, (cat:1.2)\nSteps: 28, Seed: 1", ("ugly", "cat")),
        ("a boat, no people", ()),
    ],
)
def test_exclusions_of_other_programs_are_heeded(prompt: str, excluded: tuple[str, ...]) -> None:
    assert exclusions(prompt) == excluded
    assert not {"people", "ugly", "cat", "28"}.intersection(
        token.text for token in tokens(prompt) if prompt != "a boat, no people"
    )
    assert asides(prompt) == tuple(part for part in ("--ar 2:3", "Steps: 28, Seed: 1") if part in prompt)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_words_stand_in_their_order_and_never_overlap(prompt: str) -> None:
    found = tokens(prompt)
    ends = [0, *(token.end for token in found)]
    assert all(before <= token.start < token.end for before, token in zip(ends, found, strict=False))


class _Letters:
    """Word pieces as the tokenizer gives them: one for each letter."""

    def encode(self, text: str, add_special_tokens: bool) -> "_Letters":
        assert not add_special_tokens
        self.ids = [200 + ord(letter) % 50 for letter in text]
        return self


@pytest.mark.parametrize("count", [1, 60, 200, 700])
def test_every_word_is_in_a_window_and_neighbours_share_one(count: int) -> None:
    words = [Token(8 * i, 8 * i + 7, "lantern") for i in range(count)]
    found = windows(words, _Letters())  # pyright: ignore[reportArgumentType]
    assert {word for window in found for word in window.words} == set(range(count))
    assert all(len(window.pieces) <= WINDOW + 1 for window in found)
    assert all((window.pieces[0], window.pieces[-1]) == (START, END) for window in found)
    for one, two in pairwise(found):
        shared = set(one.words) & set(two.words)
        assert 7 * len(shared) >= OVERLAP


def test_a_quotation_is_one_piece() -> None:
    (window,) = windows(tokens('a "very long sign that has many words" here'), _Letters())  # pyright: ignore[reportArgumentType]
    assert window.pieces.count(LETTERING) == 1
    assert len(window.words) == 3
