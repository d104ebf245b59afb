"""Plan, picture and verdict of one prompt."""

import json
from dataclasses import replace

import numpy as np
import pytest

from evals.world.facts import Facts, Stands, Wanted
from evals.world.trial import Trial, plan_verdict, trials
from planner.files import RECORD
from renderer.cards import model_card
from renderer.models import Model, load_model
from renderer.settings import Settings

FACTS = Facts(
    "a red star in the upper left and a blue hoop at the bottom, at night on the grass",
    (Wanted("star", "red", "star"), Wanted("ring", "blue", "hoop"), Wanted("moon", "pink", "crescent moon")),
    (Stands(0, "left", "top"), Stands(1, None, "bottom")),
)


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model(model_card("tiny"))


@pytest.fixture(scope="module")
def pair(model: Model) -> tuple[Trial, ...]:
    recipe = Settings(steps=2).over(model.card.recipe)
    return tuple(trials(FACTS, 3, ("regional", "plain"), model, recipe))


def test_the_arms_share_all_but_the_regions(pair: tuple[Trial, ...]) -> None:
    regional, plain = pair
    assert (regional.arm, plain.arm) == ("regional", "plain")
    assert regional.plan == plain.plan
    assert regional.rendering.seed == plain.rendering.seed == 3
    assert regional.rendering.base_prompt == plain.rendering.base_prompt == FACTS.text
    assert not np.array_equal(np.asarray(regional.image), np.asarray(plain.image))


def test_boxes_are_those_of_the_regions_named_for_the_things(pair: tuple[Trial, ...]) -> None:
    star, hoop, moon = pair[0].boxes
    assert star is not None
    assert hoop is not None
    assert moon is None
    assert star[2] < 104
    assert hoop[1] > 104


def test_the_plan_is_judged_by_itself(pair: tuple[Trial, ...]) -> None:
    assert plan_verdict(pair[0]).placed == (True, True)
    assert not plan_verdict(pair[0]).found
    moved = replace(pair[0], boxes=(pair[0].boxes[1], pair[0].boxes[0], None))
    assert plan_verdict(moved).placed == (False, False)


def test_a_row_is_json_and_the_picture_carries_its_plan(pair: tuple[Trial, ...], model: Model) -> None:
    row = json.loads(json.dumps(pair[0].row()))
    assert row["prompt"] == FACTS.text
    assert len(row["box_hits"]) == 3
    assert RECORD.encode() in pair[0].png(model)
