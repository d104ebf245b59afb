"""What people have at hand is taken, and the rest refused in a sentence."""

from pathlib import Path
from typing import Any

import pytest

from planner.errors import UserError
from planner.plans import Size
from renderer.extras import NOTHING, Extras, Lora
from renderer.inputs import extras_of, settings_of, size_of
from renderer.pipeline import generate, make_plan
from renderer.settings import Settings

WIDE = Size(width=128, height=64)


@pytest.mark.parametrize("given", [WIDE, (128, 64), [128, 64], "128x64"])
def test_a_size(given: Any) -> None:
    assert size_of(given) == WIDE
    assert make_plan("a red star", size=given).size == WIDE


def test_settings_and_extras() -> None:
    assert settings_of({"steps": 3, "base_ratio": 0.2}) == Settings(steps=3, base_ratio=0.2)
    assert (settings_of(None), settings_of("auto")) == (Settings(), Settings(auto=True))
    lora = {"source": "outline.safetensors", "region": "star"}
    assert extras_of({"loras": [lora]}) == Extras(loras=(Lora(source="outline.safetensors", region="star"),))
    assert extras_of(None) == NOTHING


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": (100, 64)}, r"^size \(100, 64\): should be \(width, height\), each a multiple of 16"),
        ({"size": 64}, r"^size 64: should be \(width, height\)"),
        ({"size": "wide"}, r"^size wide: should be WIDTHxHEIGHT"),
        ({"settings": {"step": 3}}, r"^settings step: there is no such field"),
        ({"settings": {"steps": 0}}, r"^settings steps: "),
        ({"settings": "best"}, r"^settings 'best': should be Settings or a dict of its fields"),
        ({"extras": {"loras": [{}]}}, r"^extras loras\[0\]\.source: is missing"),
        ({"extras": Path("a.safetensors")}, r"^extras .*: should be Extras or a dict of its fields"),
        ({"model": "nonesuch"}, r"^model nonesuch: no such folder"),
    ],
)
def test_the_rest_is_refused_by_its_field(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        generate("a red star", **arguments)
    assert caught.value.field == next(iter(arguments))


def test_a_picture_is_drawn_by_what_is_at_hand() -> None:
    result = generate("a red star", size=(64, 64), settings={"steps": 1, "inject_steps": 1})
    assert (result.image.size, result.recipe.steps) == ((64, 64), 1)
