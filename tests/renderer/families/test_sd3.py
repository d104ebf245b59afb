"""What Stable Diffusion 3 has of its own: kinds of blocks, skipped layers, ControlNets, T5 behind CLIP."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from diffusers import SD3ControlNetModel, StableDiffusion3ControlNetPipeline
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from evals.small.parts import randomised
from planner.errors import UserError
from renderer.regional import Conditioning, RegionalSettings, regional
from renderer.regional.family import Prompts
from tests.renderer.families.test_matrix import lora

if TYPE_CHECKING:
    from tests.renderer.families.conftest import Model

LARGE: dict[str, Any] = {"dual_attention_layers": ()}
"""No block attends twice, as in Stable Diffusion 3.5 large: there is nothing that sees the image alone."""
Same = Callable[[Tensor, Tensor], None]


def predicted(
    transformer: Any, prompts: Tensor, within: AbstractContextManager[Any] | None = None, **more: Any
) -> Tensor:
    """What the transformer says of two pictures of 5 × 7 tokens, as the pipeline puts it, (2, C, H, W)."""
    numbers = torch.Generator().manual_seed(0)
    side = transformer.config["patch_size"]
    latents = torch.randn(2, 16, 5 * side, 7 * side, generator=numbers)
    pooled = torch.randn(2, 24, generator=numbers)
    with within or nullcontext(), torch.inference_mode():
        return transformer(
            hidden_states=latents,
            encoder_hidden_states=prompts,
            pooled_projections=pooled,
            timestep=torch.full((2,), 700.0),
            return_dict=False,
            **more,
        )[0]


def texts(*lengths: int) -> list[Tensor]:
    numbers = torch.Generator().manual_seed(1)
    return [torch.randn(1, length, 48, generator=numbers) for length in lengths]


def whole(transformer: Any, owner: int, own: list[Tensor], base_ratio: float = 0.0, **more: Any) -> Any:
    """All tokens in one region, where the last text is the base prompt."""
    grid = np.full((5, 7), owner, dtype=np.int16)
    settings = RegionalSettings(base_ratio, 9)
    conditioning = Conditioning(tuple(own[:-1]), own[-1])
    return regional(transformer, grid, conditioning, settings, torch.tensor([1000.0]), **more)


@pytest.mark.parametrize(
    "config",
    [
        {"dual_attention_layers": (0, 1, 2), "num_attention_heads": 3, "caption_projection_dim": 48},
        {"dual_attention_layers": (), "qk_norm": None},
        {"num_layers": 1, "qk_norm": None, "patch_size": 1},
        {"num_layers": 7, "seed": 4},
    ],
    ids=["dual", "no norms", "one block", "deep"],
)
def test_blocks_of_every_kind_draw_a_regions_prompt_beside_the_plain_negative_one(
    load: "Callable[..., Model]", same: Same, config: dict[str, Any]
) -> None:
    transformer = load("sd3", **config).transformer
    one, other, base, negative = texts(9, 4, 6, 6)
    both = torch.cat([negative, base])
    for index, text in enumerate((one, other)):
        found = predicted(transformer, both, whole(transformer, index, [one, other, base]))
        # Texts of one call are of one length: each of the two is told from a call of its own.
        same(found[1:], predicted(transformer, text.expand(2, -1, -1))[1:])
        same(found[:1], predicted(transformer, both)[:1])
    mixed = predicted(transformer, both, whole(transformer, 1, [one, base, base], 0.3))
    same(mixed, predicted(transformer, both))


def test_where_no_block_attends_twice_regions_keep_apart_in_all_steps(
    load: "Callable[..., Model]", halves: NDArray[np.int16]
) -> None:
    model = load("sd3", **LARGE)
    base, negative = model.encode("a fox beside a boat, in fog"), model.encode("")
    regions, other = model.encode("a red fox", "fog"), model.encode("a red fox", "a wholly different thing")
    first, second = (torch.from_numpy((halves == region).ravel()) for region in (0, 1))
    # The negative pass is by regions too: a plain one sees what all of them drew in the step before.
    against = Conditioning(model.encode("blue", "people").embeds, negative.embeds[0])
    drawn = [
        model.latents(base, negative, model.regions(halves, own, base, negative=against))
        for own in (regions, other)
    ]
    assert torch.equal(drawn[0][:, first], drawn[1][:, first])
    assert (drawn[0] - drawn[1])[:, second].abs().amax(-1).min() > 0
    with lora(model) as name:
        drawn = [
            model.latents(base, None, model.regions(halves, regions, base, lora_regions={name: of}))
            for of in (set[int](), {1})
        ]
    assert torch.equal(drawn[0][:, first], drawn[1][:, first])
    assert (drawn[0] - drawn[1])[:, second].abs().amax(-1).min() > 0


def test_guidance_by_skipped_layers_is_regional_too(load: "Callable[..., Model]", same: Same) -> None:
    model = load("sd3")
    regions, base = model.encode("a red fox", "fog"), model.encode("a fox beside a boat, in fog")
    negative = model.encode("")
    told: dict[str, Any] = {"skip_guidance_layers": [1], "skip_layer_guidance_start": 0.0}
    told |= {"skip_layer_guidance_stop": 1.0}
    owner = np.ones((4, 6), dtype=np.int16)
    found = model.latents(base, negative, model.regions(owner, regions, base), **told)
    own = Prompts(regions.embeds[1:], base.pooled)
    same(found, model.latents(own, negative, **told))
    assert not torch.allclose(found, model.latents(own, negative), atol=1e-3)


def test_what_a_controlnet_adds_is_added(load: "Callable[..., Model]", same: Same) -> None:
    model = load("sd3")
    text, base = texts(9, 6)
    added = list(torch.randn(2, 2, 35, 32, generator=torch.Generator().manual_seed(2)))
    told: dict[str, Any] = {"block_controlnet_hidden_states": added}
    within = whole(model.transformer, 0, [text, base])
    found = predicted(model.transformer, base.expand(2, -1, -1), within, **told)
    same(found, predicted(model.transformer, text.expand(2, -1, -1), **told))
    assert not torch.allclose(found, predicted(model.transformer, text.expand(2, -1, -1)), atol=1e-3)


def test_a_controlnet_is_drawn_with(load: "Callable[..., Model]", same: Same) -> None:
    """It sees the base prompt alone: so one region of that is the plain picture."""
    model = load("sd3")
    parts = {name: part for name, part in model.pipeline.components.items() if part is not None}
    net: Any = SD3ControlNetModel.from_transformer(
        model.transformer, num_layers=2, num_extra_conditioning_channels=0
    )
    pipeline = StableDiffusion3ControlNetPipeline(**parts, controlnet=randomised(net, 3))
    pipeline.set_progress_bar_config(disable=True)
    base, negative = model.encode("a fox beside a boat, in fog"), model.encode("")
    control = Image.fromarray(np.tile(np.arange(96, dtype=np.uint8), (64, 1))).convert("RGB")
    told: dict[str, Any] = {"pipeline": pipeline, "control_image": control}
    within = model.regions(np.zeros((4, 6), dtype=np.int16), base, base, 0.3)
    with torch.random.fork_rng():  # the pipeline draws what the control image is encoded as
        torch.manual_seed(0)
        found = model.latents(base, negative, within, **told)
        torch.manual_seed(0)
        expected = model.latents(base, negative, **told)
    same(found, expected)
    assert not torch.allclose(found, model.latents(base, negative), atol=1e-3)


def test_fused_projections_are_refused(load: "Callable[..., Model]") -> None:
    """The fused attention of diffusers has neither norms nor blocks that attend twice."""
    transformer = load("sd3", seed=8).transformer
    own = texts(3, 4)
    with torch.no_grad():
        transformer.fuse_qkv_projections()
    with pytest.raises(UserError, match="set JointAttnProcessor2_0"), whole(transformer, 0, own):
        pass
    transformer.unfuse_qkv_projections()
    with whole(transformer, 0, own):
        pass


def test_a_prompt_is_what_the_pipeline_makes_of_it(load: "Callable[..., Model]", same: Same) -> None:
    model = load("sd3")
    said: dict[str, Any] = {"prompt": "a red fox", "negative_prompt": "fog", "height": 64, "width": 96}
    seed = torch.Generator().manual_seed(0)
    with torch.inference_mode():
        found = model.pipeline(
            **said,
            num_inference_steps=2,
            guidance_scale=3.0,
            generator=seed,
            output_type="latent",
            max_sequence_length=96,
        ).images
    expected = model.latents(model.encode("a red fox"), model.encode("fog"))
    tokens = found.unflatten(3, (6, 2)).unflatten(2, (4, 2)).permute(0, 2, 4, 1, 3, 5).flatten(3)
    same(expected, tokens.flatten(1, 2))


@pytest.mark.parametrize("prompt", ["", "a red fox", "an old wooden boat by the lake at dawn " * 9])
def test_trimming_takes_off_the_padding_of_the_second_reader_alone(
    load: "Callable[..., Model]", prompt: str
) -> None:
    model = load("sd3")
    read = model.encode(prompt).embeds[0]
    tokens = model.family.tokens(model.pipeline, prompt)
    ids = model.pipeline.tokenizer_3(prompt, padding="max_length", max_length=96, truncation=True).input_ids
    assert read.shape[1] == 77 + len(ids)
    kept = model.family.trimmed(model.pipeline, read, tokens)
    padding = model.pipeline.tokenizer_3.pad_token_id
    assert kept.shape[1] >= 77 + sum(token != padding for token in ids)
    assert kept.shape[1] == min(read.shape[1], -(-(77 + tokens) // 16) * 16)
    assert torch.equal(kept, read[:, : kept.shape[1]])
