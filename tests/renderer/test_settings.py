"""Recipes and the wishes that go over them."""

import pytest
from pydantic import ValidationError

from planner.errors import UserError
from renderer.settings import Recipe, Settings

RECIPE = Recipe(
    steps=24,
    guidance_scale=3.5,
    true_cfg_scale=1.0,
    base_ratio=0.1,
    inject_steps="40%",
    double_interval=1,
    single_interval=1,
    max_sequence_length=512,
)


@pytest.mark.parametrize(
    ("steps", "inject_steps", "injected"),
    [(24, 10, 10), (24, "10", 10), (24, "40%", 10), (4, "0%", 0), (5, "100%", 5), (24, 0, 0), (24, 24, 24)],
)
def test_the_injected_steps_are_a_number_or_a_share(
    steps: int, inject_steps: int | str, injected: int
) -> None:
    wishes = Settings.model_validate({"steps": steps, "inject_steps": inject_steps})
    assert wishes.over(RECIPE).injected() == injected


def test_wishes_go_over_the_models_own_recipe_and_leave_the_rest() -> None:
    recipe = Settings(base_ratio=0.0, steps=8).over(RECIPE)
    assert (recipe.base_ratio, recipe.steps) == (0.0, 8)
    assert recipe.model_copy(update={"base_ratio": 0.1, "steps": 24}) == RECIPE
    assert Settings().over(RECIPE) == RECIPE


def test_wishes_that_contradict_the_recipe_are_said_to_do_so() -> None:
    with pytest.raises(UserError, match="settings: inject_steps is 30, but there are only 24 steps"):
        Settings(inject_steps=30).over(RECIPE)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("steps", 0),
        ("steps", 1001),
        ("base_ratio", 1.1),
        ("base_ratio", -0.1),
        ("base_ratio", float("nan")),
        ("true_cfg_scale", -1),
        ("double_interval", 0),
        ("single_interval", 0),
        ("max_sequence_length", 513),
        ("inject_steps", "abc"),
        ("inject_steps", "101%"),
        ("inject_steps", "-1"),
        ("inject_steps", 2.5),
        ("inject_steps", None),
        ("mode", "quick"),
        ("colour", 1),
    ],
)
def test_a_value_out_of_its_range_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValidationError, match=name):
        Recipe.model_validate({**RECIPE.model_dump(), name: value})
