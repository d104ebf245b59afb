"""What FLUX.2 has of its own: its pipelines pad prompts at the start or at the end, and don't mask it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor

from renderer.regional.family import rounded_up

if TYPE_CHECKING:
    from tests.renderer.families.conftest import Model


@pytest.mark.parametrize("prompt", ["", "a red fox", "an old wooden [IMG]boat by the lake, at dawn"])
@pytest.mark.parametrize("name", ["flux2", "flux2_dev"])
def test_a_prompt_is_trimmed_to_its_tokens_and_the_padding_next_to_them(
    load: "Callable[..., Model]", name: str, prompt: str
) -> None:
    model = load(name)
    masks = list[Tensor]()

    def see(_encoder: Any, _args: Any, call: dict[str, Any]) -> None:
        masks.append(call["attention_mask"][0].bool())

    handle = model.pipeline.text_encoder.register_forward_pre_hook(see, with_kwargs=True)
    try:
        embeds = model.encode(prompt).embeds[0]
        tokens = model.family.tokens(model.pipeline, prompt)
        trimmed = model.family.trimmed(model.pipeline, embeds, tokens)
        with torch.inference_mode():
            shorter = model.family.encode(model.pipeline, [prompt], rounded_up(tokens)).embeds[0]
    finally:
        handle.remove()
    assert masks[0].sum() == masks[1].sum() == tokens
    assert trimmed.shape == shorter.shape
    assert trimmed.shape[1] < embeds.shape[1]
    assert bool(masks[0][0]) == (name == "flux2")
    assert torch.allclose(trimmed[0, masks[1]], shorter[0, masks[1]], atol=1e-4)
    assert torch.equal(trimmed[0, masks[1]], embeds[0, masks[0]])


@pytest.mark.parametrize("name", ["flux2", "flux2_dev"])
def test_a_prompt_that_fills_all_tokens_is_not_trimmed(load: "Callable[..., Model]", name: str) -> None:
    model = load(name)
    prompt = "an old wooden boat by the lake at dawn, " * 4
    embeds = model.encode(prompt).embeds[0]
    tokens = model.family.tokens(model.pipeline, prompt)
    assert tokens > embeds.shape[1]
    assert torch.equal(model.family.trimmed(model.pipeline, embeds, tokens), embeds)
