"""What Chroma has of its own: prompts with one token of padding, and a mask that may be added to scores."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from diffusers import ChromaImg2ImgPipeline
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from renderer.regional import Conditioning, RegionalSettings, regional, stacked
from renderer.regional.family import Prompts

if TYPE_CHECKING:
    from tests.renderer.families.conftest import Model

PROMPTS = ("a red fox", "an old wooden boat by the lake at dawn")
Same = Callable[[Tensor, Tensor], None]


@pytest.fixture
def chroma(load: "Callable[..., Model]") -> "Model":
    return load("chroma")


@pytest.mark.parametrize("prompt", ["", *PROMPTS])
def test_a_prompt_keeps_one_token_of_padding(chroma: "Model", prompt: str) -> None:
    found = chroma.encode(prompt).embeds[0]
    with torch.inference_mode():
        embeds, _, mask, *_ = chroma.pipeline.encode_prompt(prompt, max_sequence_length=96)
    told = len(chroma.pipeline.tokenizer(prompt).input_ids)
    assert found.shape[1] == told + 1 == chroma.family.tokens(chroma.pipeline, prompt)
    assert torch.equal(found, embeds[:, : told + 1])
    assert torch.equal(mask[0] > 0, torch.arange(96) <= told)


def test_a_prompt_that_is_cut_has_no_padding(chroma: "Model") -> None:
    with torch.inference_mode():
        found = chroma.family.encode(chroma.pipeline, PROMPTS, 4)
    assert [text.shape[1] for text in found.embeds] == [4, 4]


@pytest.mark.parametrize("start", [False, True])
def test_in_a_batch_of_several_lengths_no_step_sees_padding(chroma: "Model", same: Same, start: bool) -> None:
    """Where there is a start image the stock pipeline does: it adds 0 to the scores of padding, else 1."""
    prompts, negatives = chroma.encode(*PROMPTS), chroma.encode("", "blue, blurred, low quality")
    given: dict[str, Any] = {"steps": 4}
    if start:
        pipeline = ChromaImg2ImgPipeline(**chroma.pipeline.components)
        pipeline.set_progress_bar_config(disable=True)
        given |= {"pipeline": pipeline, "image": Image.new("RGB", (96, 64), "teal"), "strength": 0.75}
    owners, schedule = np.zeros((2, 4, 6), dtype=np.int16), chroma.pipeline.scheduler
    texts = stacked([Conditioning((text,), text) for text in prompts.embeds])
    within = regional(chroma.transformer, owners, texts, RegionalSettings(0.3, 1), schedule)
    found = chroma.latents(prompts, negatives, within, **given)
    for index in range(2):
        own, against = (Prompts((each.embeds[index],) * 2) for each in (prompts, negatives))
        same(found[index], chroma.latents(own, against, **given)[index])
    stock = chroma.latents(prompts, negatives, **given)
    assert torch.allclose(found, stock, atol=1e-3) != start


def test_projections_may_be_fused(load: "Callable[..., Model]", same: Same) -> None:
    model = load("chroma", seed=1)
    prompts = model.encode(*PROMPTS)
    alone = Prompts(prompts.embeds[:1])
    expected = model.latents(alone)
    model.transformer.fuse_qkv_projections()
    try:
        owner = np.zeros((4, 6), dtype=np.int16)
        found = model.latents(alone, within=model.regions(owner, alone, alone, base_ratio=0.3))
    finally:
        model.transformer.unfuse_qkv_projections()
    same(found, expected)


def adapter(width: int, inner: int, doubles: int) -> dict[str, dict[str, Tensor]]:
    """An IP-Adapter's state as its files hold it, for pictures of 12 numbers and four tokens a picture."""
    numbers = torch.Generator().manual_seed(3)
    shapes = {"proj.weight": (4 * width, 12), "proj.bias": (4 * width,)}
    shapes |= {"norm.weight": (width,), "norm.bias": (width,)}
    layers = {
        f"{index}.{name}.{part}": shape
        for index in range(doubles)
        for name in ("to_k_ip", "to_v_ip")
        for part, shape in (("weight", (inner, width)), ("bias", (inner,)))
    }
    parts = {"image_proj": shapes, "ip_adapter": layers}
    return {
        name: {key: torch.randn(shape, generator=numbers) for key, shape in each.items()}
        for name, each in parts.items()
    }


def test_an_ip_adapter_of_a_region_draws_there_alone(
    load: "Callable[..., Model]", same: Same, halves: NDArray[np.int16]
) -> None:
    model = load("chroma", seed=2)
    regions, base = model.encode(*PROMPTS), model.encode("a fox beside a boat")
    config = model.transformer.config
    model.transformer._load_ip_adapter_weights([adapter(config.joint_attention_dim, 32, config.num_layers)])
    shown: dict[str, Any] = {
        "ip_adapter_image_embeds": [torch.ones(1, 1, 12)],
        "negative_ip_adapter_image_embeds": [torch.zeros(1, 1, 12)],
    }
    whole = np.zeros((4, 6), dtype=np.int16)
    found = model.latents(base, within=model.regions(whole, base, base, 0.3), **shown)
    same(found, model.latents(base, **shown))

    def drawn(*own: int) -> Tensor:
        within = model.regions(halves, regions, base, adapter_regions=[set(own)])
        return model.latents(base, within=within, **shown)

    everywhere, one, nowhere = drawn(0, 1), drawn(1), drawn()
    mine = torch.from_numpy((halves == 1).ravel())
    same(one[:, mine], everywhere[:, mine])
    same(one[:, ~mine], nowhere[:, ~mine])
    assert not torch.allclose(one, nowhere, atol=1e-3)
