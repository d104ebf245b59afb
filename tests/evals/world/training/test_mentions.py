"""Which words of a caption name a thing, and which say where it stands."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.world.captions import caption, crop_caption
from evals.world.facts import sample_composition
from evals.world.training.mentions import Mention, find_mentions
from evals.world.training.text import tokenizers

pytestmark = pytest.mark.training


def ids_of(text: str) -> list[int]:
    return tokenizers().t5(text).input_ids


def described(text: str) -> list[str]:
    """Each thing of a text: its words, and behind a bar those for its place."""
    words = [token.removeprefix("▁") for token in tokenizers().t5.tokenize(text)]
    things = find_mentions(ids_of(text))
    said = [[" ".join(words[i] for i in places) for places in (t.name, t.place)] for t in things]
    return [f"{name} | {place}" if place else name for name, place in said]


@pytest.mark.parametrize(
    ("text", "things"),
    [
        ("a red star", ["red star"]),
        ("a red star and a blue ring", ["red star", "blue ring"]),
        ("red star, blue ring", ["red star", "blue ring"]),
        ("two dark green stars", ["dark green stars"]),
        ("a scarlet five-pointed star", ["scarlet five - pointed star"]),
        ("a white plus sign over a violet plus sign", ["white plus sign | over", "violet plus sign"]),
        ("a triangle that is purple in the upper left", ["purple triangle | upper left"]),
        ("a big square that is white, a violet hoop", ["white square", "violet hoop"]),
        ("a star that is red. a moon that is deep blue", ["red star", "deep blue moon"]),
        ("a red xqv old star", ["red star"]),
        ("white, a star", []),
        ("a pink heart left of the ring", ["pink heart | left"]),
        ("a yellow disc under a dark sky on sand", ["yellow disc"]),
        ("a green star below a moon on a black road", ["green star | below"]),
        ("a green star above the water", ["green star"]),
        ("a red star higher than a big blue ring, snow", ["red star | higher", "blue ring"]),
        ("a red star at the top, a blue ring", ["red star | top", "blue ring"]),
        ("a red star, and on the left, a big blue ring", ["red star", "blue ring | left"]),
        ("a red star in the middle, and at the top, a blue ring", ["red star", "blue ring | top"]),
        ("on the left and a red star", ["red star"]),
        ("on the left, on snow, a red star", ["red star"]),
        ("a star and a moon", []),
        ("on a light blue wall", []),
        ("", []),
    ],
)
def test_the_words_of_a_thing_are_found_and_those_for_its_place(text: str, things: list[str]) -> None:
    assert described(text) == things


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("a red star in the upper right", [(1, -1)]),
        ("a red star left of a blue ring", [(-1, 0), (1, 0)]),
        ("a red star above a blue ring at the bottom", [(0, -1), (0, 1)]),
        ("a red star above the ring, a blue ring", [(0, -1), (0, 0)]),
        ("a red star on the left and a blue ring on the right", [(-1, 0), (1, 0)]),
        ("a red star left of a blue ring above a pink moon", [(-1, 0), (1, -1), (0, 1)]),
        ("a red star in the middle", [(0, 0)]),
    ],
)
def test_a_relation_places_both_things(text: str, sides: list[tuple[int, int]]) -> None:
    assert [thing.side for thing in find_mentions(ids_of(text))] == sides


@given(st.integers(0, 2**31))
def test_no_word_says_two_things_and_hardly_one_is_missed(seed: int) -> None:
    composition = sample_composition(seed)
    text = crop_caption(composition.things, composition.setting, np.random.default_rng(seed))
    things = find_mentions(ids_of(text))
    assert all_different(things)
    unknown = tokenizers().t5.unk_token_id in ids_of(text)
    assert len(things) == len(composition.things) or (unknown and len(things) < len(composition.things))


@given(st.integers(0, 2**31), st.integers(0, 2**31))
def test_no_word_says_of_two_things_where_they_stand(seed: int, wording: int) -> None:
    assert all_different(find_mentions(ids_of(caption(sample_composition(seed), wording))))


def all_different(things: tuple[Mention, ...]) -> bool:
    places = [place for thing in things for place in (*thing.name, *thing.place)]
    return len(set(places)) == len(places)
