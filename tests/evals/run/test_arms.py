"""Arms as users write them."""

import pytest

from evals.run.arms import check_arms, read_arm, read_arms
from planner.errors import UserError
from renderer.cards import model_card
from renderer.settings import Settings


def test_names_alone() -> None:
    plain, regional = read_arms(())
    assert (plain.name, plain.plain, regional.name, regional.plain) == ("plain", True, "regional", False)
    assert plain.settings == regional.settings == Settings()


def test_settings_are_read_as_what_they_are() -> None:
    arm = read_arm("soft:base_ratio=0.4,inject_steps=30%,steps=12,setting_in_regions=false")
    wanted = Settings(base_ratio=0.4, inject_steps="30%", steps=12, setting_in_regions=False)
    assert (arm.name, arm.plain, arm.settings) == ("soft", False, wanted)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_of_the_renderer_can_be_one_of_an_arm(name: str) -> None:
    """Of text alone: what the renderer gets later is one of an arm's at once."""
    tried = ("1", "0.5", "true", "50%", "paper", "fast")
    taken = [value for value in tried if _taken(f"x:{name}={value}", name)]
    assert taken


def _taken(text: str, name: str) -> bool:
    try:
        return getattr(read_arm(text).settings, name) is not None
    except UserError:
        return False


def test_an_arm_of_any_name_can_be_plain() -> None:
    arm = read_arm("few:plain=true,steps=4")
    assert (arm.plain, arm.settings.steps) == (True, 4)
    assert not read_arm("plain:plain=false").plain


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x:base_ratio=2", "arm x:base_ratio=2: base_ratio: "),
        ("x:beta=0.1", "beta: there is no such field"),
        ("x:steps", "'steps' should be setting=value"),
        ("x:steps=", "should be setting=value"),
        ("x:plain=maybe", "plain: should be true or false"),
        ("../x", "its name"),
        ("..", "its name"),
        ("", "its name"),
    ],
)
def test_what_is_wrong_is_named(text: str, told: str) -> None:
    with pytest.raises(UserError) as caught:
        read_arm(text)
    assert told in str(caught.value)


def test_two_arms_of_one_name_are_refused() -> None:
    with pytest.raises(UserError, match="two arms"):
        read_arms(["plain", "plain:steps=4"])


def test_an_arm_that_contradicts_the_models_recipe_is_named() -> None:
    card = model_card("tiny")
    with pytest.raises(UserError, match=r"arm late: settings: .*inject_steps is 30"):
        check_arms(read_arms(["plain", "late:inject_steps=30"]), card)
