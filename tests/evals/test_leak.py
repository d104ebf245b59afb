"""How far a LoRA of one region shows in the other, with the shipped model."""

from typing import Any

import pytest
from torch import Tensor

from evals.leak import PROMPTS, Arm, add_lora, leak
from renderer.cards import model_card
from renderer.models import Model, load_model

Styled = tuple[Model, Tensor, Tensor]


@pytest.fixture(scope="module")
def styled() -> Styled:
    model = load_model(model_card("tiny"))
    pipeline: Any = model.pipeline
    embeds, pooled, _ = pipeline.encode_prompt(list(PROMPTS), list(PROMPTS), max_sequence_length=64)
    add_lora(model, seed=1)
    return model, embeds, pooled


@pytest.mark.parametrize("arm", [Arm(), Arm(negative="regional")])
def test_nothing_shows_where_regions_never_mix(styled: Styled, arm: Arm) -> None:
    assert leak(*styled, arm, seed=0) == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("arm", [Arm(0.3), Arm(inject_steps=4), Arm(interval=2), Arm(negative="plain")])
def test_something_shows_where_they_do(styled: Styled, arm: Arm) -> None:
    assert leak(*styled, arm, seed=0) > 1e-3
