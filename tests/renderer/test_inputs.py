"""What people have at hand is taken, and the rest refused in a sentence."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from planner.errors import UserError
from planner.plans import Size
from renderer.extras import NOTHING, Extras, Lora
from renderer.inputs import as_extras, as_settings, as_size
from renderer.pipeline import generate, make_plan
from renderer.settings import Settings

WIDE = Size(width=128, height=64)


@pytest.mark.parametrize("given", [WIDE, (128, 64), [128, 64], "128x64"])
def test_a_size(given: Any) -> None:
    assert as_size(given) == WIDE
    assert make_plan("a red star", size=given).size == WIDE


def test_settings_and_extras() -> None:
    assert as_settings({"steps": 3, "base_ratio": 0.2}) == Settings(steps=3, base_ratio=0.2)
    assert (as_settings(None), as_settings("auto")) == (Settings(), Settings(auto=True))
    lora = {"source": "outline.safetensors", "region": "star"}
    assert as_extras({"loras": [lora]}) == Extras(loras=(Lora(source="outline.safetensors", region="star"),))
    assert as_extras(None) == NOTHING


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
        ({"extras": {"init_image": 3}}, r"^extras init_image: 3: should be a path, a PIL image or an array"),
        (
            {"extras": {"init_image": np.zeros((4, 4))}},
            r"^extras init_image: an array \(4, 4\) of float64: should be a path, a PIL image or an array",
        ),
        (
            {"extras": {"controls": [{"image": np.zeros((4, 4, 2), np.uint8), "model": "m"}]}},
            r"^extras controls\[0\]\.image: an array \(4, 4, 2\) of uint8: should be a path, a PIL image or",
        ),
        ({"extras": {"init_image": ""}}, r"^extras init_image: is empty: should be the path of a picture"),
        (
            {"extras": {"init_image": {"sha256": "0"}}},
            r"^extras init_image: should be a path, or given_as and",
        ),
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
