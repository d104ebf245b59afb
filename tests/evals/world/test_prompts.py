"""Prompts: what they say is true of some picture, and all that is judged is said."""

from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.world import words
from evals.world.captions import caption, plural
from evals.world.detector import Detection
from evals.world.facts import Facts, Relates, Stands, sample_composition
from evals.world.prompts import (
    DIRECTION_WORDS,
    FIELD_WORDS,
    MOST,
    MOST_ALONE,
    Group,
    describe,
    one_thing,
    sample_groups,
    scene,
    two_captioned,
    two_things,
)
from evals.world.verdict import judge, measure

SEEDS = range(6_500_000, 6_500_150)
EVERY = [scene(900_000 + seed, count) for seed in range(60) for count in range(1, MOST_ALONE + 1)]
CROWDS = [scene(900_000 + seed, count) for seed in range(20) for count in range(MOST_ALONE + 1, MOST + 1)]
SIDE = 120


def test_a_seed_settles_the_prompt_of_two_things() -> None:
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


def test_every_claim_on_two_things_is_in_the_words() -> None:
    for seed in SEEDS:
        facts = two_things(seed)
        assert facts.claims
        for claim in facts.claims:
            match claim:
                case Stands():
                    said = FIELD_WORDS[claim.column, claim.row]
                case Relates():
                    said = DIRECTION_WORDS[claim.direction]
            assert any(words in facts.text for words in said), facts.text


def test_all_forms_places_and_directions_come_up() -> None:
    claims = [claim for seed in SEEDS for claim in two_things(seed).claims]
    assert {(c.column, c.row) for c in claims if isinstance(c, Stands)} == set(FIELD_WORDS)
    assert {c.direction for c in claims if isinstance(c, Relates)} == set(DIRECTION_WORDS)


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
        assert facts.text == caption(sample_composition(seed, 2), 0)


def test_a_seed_settles_the_prompt() -> None:
    assert [scene(seed, 4) for seed in range(20)] == [scene(seed, 4) for seed in range(20)]
    assert len({facts.text for facts in EVERY}) > len(EVERY) * 0.99


@pytest.mark.parametrize("count", range(1, MOST + 1))
def test_so_many_things_are_asked_for(count: int) -> None:
    assert all(len(scene(seed, count).things) == count for seed in range(20))


def test_every_thing_is_named_with_its_colour_and_number() -> None:
    for facts in [*EVERY, *CROWDS]:
        for (colour, noun), count in Counter((t.colour, t.noun) for t in facts.things).items():
            said = plural(noun) if count > 1 else noun
            number = f"{words.NUMBERS[count]} " if count > 1 else ""
            phrases = [f"{number}{colour_word} {said}" for colour_word in words.COLOUR_WORDS[colour]]
            assert any(phrase in facts.text.lower() for phrase in phrases), facts.text


def test_every_claim_is_in_the_words() -> None:
    for facts in [*EVERY, *CROWDS]:
        for claim in facts.claims:
            match claim:
                case Stands():
                    said = FIELD_WORDS[claim.column, claim.row]
                case Relates():
                    said = DIRECTION_WORDS[claim.direction]
            assert any(phrase in facts.text for phrase in said), facts.text


def test_what_should_be_absent_is_named_and_not_asked_for() -> None:
    with_absence = [facts for facts in EVERY if facts.absent]
    assert len(with_absence) > 50
    for facts in with_absence:
        (kind,) = facts.absent
        assert kind in facts.text
        assert kind not in {thing.kind for thing in facts.things}


def test_places_relations_and_counts_of_all_kinds_come_up() -> None:
    claims = [claim for facts in EVERY for claim in facts.claims]
    assert {(c.column, c.row) for c in claims if isinstance(c, Stands)} == set(FIELD_WORDS)
    assert {c.direction for c in claims if isinstance(c, Relates)} == set(DIRECTION_WORDS)
    assert any(Counter((t.kind, t.colour) for t in facts.things).most_common(1)[0][1] == 3 for facts in EVERY)


def drawable(facts: Facts) -> bool:
    """Whether things can be put one by one into fields of a picture so that all claims hold."""
    spots = [(x, y) for y in (20, 60, 100) for x in (20, 60, 100)]

    def put(shown: list[Detection]) -> bool:
        if len(shown) == len(facts.things):
            return judge(facts, shown, SIDE).right
        thing = facts.things[len(shown)]
        for x, y in spots:
            box = (x - 9.0, y - 9.0, x + 9.0, y + 9.0)
            if all(box != other.box for other in shown):
                now = [*shown, Detection(thing.kind, thing.colour, box, 1.0)]
                if _holds_so_far(facts, now) and put(now):
                    return True
        return False

    return put([])


def _holds_so_far(facts: Facts, shown: list[Detection]) -> bool:
    scores = [
        c
        for c in facts.claims
        if max((c.thing,) if isinstance(c, Stands) else (c.subject, c.object)) < len(shown)
    ]
    return judge(Facts("", facts.things[: len(shown)], tuple(scores)), shown, SIDE).right


def test_every_prompt_can_be_drawn() -> None:
    for facts in EVERY[:160]:
        assert drawable(facts), facts.text


@given(st.integers(0, 2**32), st.integers(1, MOST))
def test_a_picture_with_each_group_in_its_field_shows_all_that_is_said(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    groups = sample_groups(rng, count)
    facts = describe(rng, groups)
    shown = [detection for group in groups for detection in _in_its_field(group)]
    assert len({detection.box for detection in shown}) == count
    assert measure(facts, shown, SIDE)["scene"] == 1.0, facts.text


def _in_its_field(group: Group) -> list[Detection]:
    """The group's things on five by five places, four of them in a corner, from the edge inwards."""
    placed = Counter[tuple[int, int]]()
    detections: list[Detection] = []
    for field in group.cells:
        step, place = placed[field], [2 * along for along in field]
        placed[field] += 1
        for axis in (0, 1):
            if field[axis] != 1:
                place[axis] += (1 - field[axis]) * (step % 2)
                step //= 2
        x, y = (12 + 24 * along for along in place)
        detections.append(Detection(group.kind, group.colour, (x - 9, y - 9, x + 9, y + 9), 1.0))
    return detections
