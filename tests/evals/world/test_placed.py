"""The check's prompts say their facts, and say them so that they can be planned."""

from itertools import product

import pytest

from evals.world import words
from evals.world.caption import caption
from evals.world.facts import Relates, Stands
from evals.world.placed import DIRECTIONS, FIELDS, one_thing, two_captioned, two_things
from evals.world.tableau import sample_tableau

SEEDS = range(6_500_000, 6_500_150)


def test_a_seed_settles_the_prompt() -> None:
    assert [two_things(seed) for seed in SEEDS] == [two_things(seed) for seed in SEEDS]
    assert len({two_things(seed).text for seed in SEEDS}) == len(SEEDS)


def test_both_things_differ_and_are_named_with_their_colours() -> None:
    for seed in SEEDS:
        facts = two_things(seed)
        a, b = facts.things
        assert a.kind != b.kind
        assert a.colour != b.colour
        for thing in facts.things:
            assert thing.noun in words.KIND_WORDS[thing.kind]
            said = [f"{colour} {thing.noun}" for colour in words.COLOUR_WORDS[thing.colour]]
            assert any(phrase in facts.text.lower() for phrase in said), facts.text


def test_every_claim_is_in_the_words() -> None:
    for seed in SEEDS:
        facts = two_things(seed)
        assert facts.claims
        for claim in facts.claims:
            match claim:
                case Stands():
                    said = FIELDS[claim.column, claim.row]
                case Relates():
                    said = DIRECTIONS[claim.direction]
            assert any(words in facts.text for words in said), facts.text


def test_all_forms_places_and_directions_come_up() -> None:
    claims = [claim for seed in SEEDS for claim in two_things(seed).claims]
    assert {(c.column, c.row) for c in claims if isinstance(c, Stands)} == set(FIELDS)
    assert {c.direction for c in claims if isinstance(c, Relates)} == set(DIRECTIONS)


def test_two_places_never_ask_for_one_spot() -> None:
    for seed in SEEDS:
        places = [c for c in two_things(seed).claims if isinstance(c, Stands)]
        for one, other in product(places[:1], places[1:]):
            columns, rows = {one.column, other.column}, {one.row, other.row}
            assert len(columns - {None}) == 2 or len(rows - {None}) == 2


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_thing_is_held_to_its_kind_and_colour(seed: int) -> None:
    facts = one_thing(5_900_000 + seed)
    assert len(facts.things) == 1
    assert not facts.claims
    assert any(noun in facts.text for noun in words.KIND_WORDS[facts.things[0].kind])


def test_a_caption_of_two_things_names_both_in_words_of_the_training() -> None:
    for seed in SEEDS:
        facts = two_captioned(seed)
        assert (len(facts.things), facts.claims) == (2, ())
        assert facts.text == caption(sample_tableau(seed, 2), 0)
