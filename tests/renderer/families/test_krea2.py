"""What Krea 2 has of its own: prompts of several layers, and a LoRA on the stage that makes one of them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from peft import LoraConfig
from torch import Tensor, nn

from renderer.regional.family import Place, Prompts

if TYPE_CHECKING:
    from tests.renderer.families.conftest import Model

Same = Callable[[Tensor, Tensor], None]


@pytest.mark.parametrize("lengths", [(2, 1), (4, 7)])
def test_a_lora_of_a_region_knows_layers_of_a_token_from_tokens(
    load: "Callable[..., Model]", same: Same, lengths: tuple[int, int]
) -> None:
    """The first stage has each token's layers as a sequence; here as many as all texts have tokens, or not.

    Both pictures of a batch have one layout, so there is one mask for them.
    """
    model = load("krea2", seed=2)
    transformer = model.transformer
    assert transformer.config["num_text_layers"] == 3
    layers = [
        name
        for name, layer in transformer.named_modules()
        if isinstance(layer, nn.Linear) and model.family.place_of(name) is not Place.NONE
    ]
    assert "text_fusion.projector" in layers
    transformer.add_adapter(LoraConfig(r=2, lora_alpha=2, target_modules=layers), "style")
    numbers = torch.Generator().manual_seed(0)
    for name, weight in transformer.named_parameters():
        if ".lora_" in name:
            weight.data = torch.randn(weight.shape, generator=numbers) * 0.3
    try:
        texts = Prompts(tuple(torch.randn(1, length, 3, 16, generator=numbers) for length in lengths))
        base = Prompts((torch.randn(1, 5, 3, 16, generator=numbers),) * 2)
        told: dict[str, Any] = {"lora_regions": {"style": {1}}}
        within = model.regions(np.ones((4, 6), dtype=np.int16), texts, base, **told)
        found = model.latents(base, within=within)
        same(found, model.latents(Prompts(texts.embeds[1:] * 2)))
    finally:
        transformer.unload_lora()


def test_a_prompt_has_as_many_tokens_as_are_counted(load: "Callable[..., Model]") -> None:
    model = load("krea2")
    for prompt in ("", "a red fox", "dogs and cats in the background of the image, spatial relationships"):
        assert model.family.tokens(model.pipeline, prompt) == model.encode(prompt).embeds[0].shape[1]


def test_a_prompt_is_what_the_pipeline_makes_of_it(load: "Callable[..., Model]", same: Same) -> None:
    """With the padding that it has in the middle, before the last tokens."""
    model = load("krea2")
    said: dict[str, Any] = {"prompt": "a red fox", "height": 64, "width": 96, "num_inference_steps": 2}
    seed = torch.Generator().manual_seed(0)
    with torch.inference_mode():
        found = model.pipeline(
            **said, guidance_scale=0.0, generator=seed, output_type="latent", max_sequence_length=96
        ).images
    same(model.latents(model.encode("a red fox")), found)
