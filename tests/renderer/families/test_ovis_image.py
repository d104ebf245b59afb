"""What Ovis-Image has of its own: the words before a prompt, and padding that is seen."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import torch

from renderer.regional.family import rounded_up

if TYPE_CHECKING:
    from tests.renderer.families.conftest import Model


@pytest.mark.parametrize("prompt", ["", "a red fox", "an old wooden boat by the lake, at dawn"])
def test_a_prompt_is_trimmed_to_its_tokens_and_padding_of_zeros(
    load: "Callable[..., Model]", prompt: str
) -> None:
    model = load("ovis_image")
    embeds = model.encode(prompt).embeds[0]
    tokens = model.family.tokens(model.pipeline, prompt)
    seen = embeds[0].abs().amax(-1) > 0
    assert torch.equal(seen, torch.arange(embeds.shape[1]) < tokens)
    trimmed = model.family.trimmed(model.pipeline, embeds, tokens)
    assert trimmed.shape[1] == rounded_up(tokens) < embeds.shape[1]
    assert torch.equal(trimmed, embeds[:, : trimmed.shape[1]])
