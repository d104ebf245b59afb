"""Captions say what is in the picture, and nothing else."""

import re

import numpy as np
import pytest

from evals.world import words
from evals.world.captions import caption, crop_caption, plural, relation_words, with_article
from evals.world.facts import KINDS, Composition, Thing, field_at, sample_composition
from evals.world.training.text import tokenizers

KIND_OF = {
    plain: kind
    for kind, nouns in words.KIND_WORDS.items()
    for noun in nouns
    for plain in (noun, plural(noun))
}
COLOUR_OF = {word: colour for colour, said in words.COLOUR_WORDS.items() for word in said}
COLUMN_OF = {"left": "left", "right": "right"}
ROW_OF = {"upper": "top", "top": "top", "lower": "bottom", "bottom": "bottom"}


def mentioned(text: str, vocabulary: dict[str, str]) -> set[str]:
    found: set[str] = set()
    for word in sorted(vocabulary, key=len, reverse=True):
        if re.search(rf"\b{word}\b", text):
            found.add(vocabulary[word])
            text = re.sub(rf"\b{word}\b", " ", text)
    return found


def without_setting(text: str) -> str:
    """The caption without the settings' words and closers, some of which name colours."""
    said = (*words.SKY_WORDS.values(), *words.GROUND_WORDS.values(), *words.WALL_WORDS.values())
    nouns = (*words.SKY_NOUNS.values(), *words.GROUND_NOUNS.values(), *words.WALL_NOUNS.values())
    for phrase in sorted(
        {p for group in (*said, *nouns, words.CLOSERS) for p in group if p}, key=len, reverse=True
    ):
        text = text.replace(phrase, " ")
    return text


def test_every_thing_is_named_in_its_colour_and_no_other() -> None:
    t5 = tokenizers().t5
    for seed in range(400):
        composition = sample_composition(seed)
        text = caption(composition, seed)
        if t5.unk_token_id in t5(text).input_ids:
            # Words of no world stand between its own.
            continue
        text = without_setting(text)
        assert mentioned(text, KIND_OF) == {thing.kind for thing in composition.things}, text
        assert mentioned(text, COLOUR_OF) == {thing.colour for thing in composition.things}, text


def test_the_place_of_a_single_thing_is_true() -> None:
    placed = 0
    for seed in range(600):
        composition = sample_composition(seed, count=1)
        text = without_setting(caption(composition, 1))
        column, row = field_at(composition.things[0].x, composition.things[0].y, composition.side)
        said = mentioned(text, COLUMN_OF), mentioned(text, ROW_OF)
        assert said[0] <= {column}, text
        assert said[1] <= {row}, text
        placed += bool(said[0] or said[1])
    assert placed > 150


RIGHT, LEFT, ABOVE, BELOW = words.RIGHT_WORDS, words.LEFT_WORDS, words.ABOVE_WORDS, words.BELOW_WORDS


@pytest.mark.parametrize(
    ("dx", "dy", "said"),
    [
        (100, 0, RIGHT),
        (-100, 30, LEFT),
        (0, 100, BELOW),
        (30, -100, ABOVE),
        (100, 100, ()),
        (10, 10, ("in front of", "overlapping")),
        (50, 0, (*RIGHT, *words.NEAR_WORDS)),
    ],
)
def test_relations_are_said_as_centres_stand(dx: float, dy: float, said: tuple[str, ...]) -> None:
    a, b = (Thing("star", "red", "small", 100 + x, 100 + y, 50) for x, y in ((dx, dy), (0, 0)))
    heard = {relation_words(np.random.default_rng(seed), a, b) for seed in range(60)}
    assert heard - {""} <= set(said)
    assert bool(heard - {""}) == bool(said)


def test_other_seeds_say_it_in_other_words_and_the_same_seed_in_the_same() -> None:
    composition = sample_composition(3, count=2)
    texts = [caption(composition, seed) for seed in range(40)]
    assert len(set(texts)) > 35
    assert texts == [caption(composition, seed) for seed in range(40)]


def test_a_crop_is_captioned_with_its_own_things_and_without_place() -> None:
    composition: Composition = sample_composition(5, count=3)
    for seed in range(50):
        text = crop_caption(composition.things[:1], composition.setting, np.random.default_rng(seed))
        text = without_setting(text)
        assert mentioned(text, KIND_OF) == {composition.things[0].kind}
        assert not mentioned(text, COLUMN_OF)


@pytest.mark.parametrize(
    ("noun", "several"), [("cross", "crosses"), ("box", "boxes"), ("fish", "fish"), ("tree", "trees")]
)
def test_plurals(noun: str, several: str) -> None:
    assert plural(noun) == several


def test_articles() -> None:
    assert with_article("a", "  orange   box") == "an orange box"
    assert with_article("a", "large box") == "a large box"
    assert with_article("the", "orange box") == "the orange box"


def test_every_kind_and_colour_has_words() -> None:
    assert set(words.KIND_WORDS) == set(KINDS)
