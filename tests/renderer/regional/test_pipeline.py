"""The context around diffusers' own pipelines, called as their documentation says."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
import torch
from diffusers.models.transformers.transformer_flux import FluxIPAdapterAttnProcessor, FluxTransformer2DModel
from diffusers.pipelines.flux.pipeline_flux import FluxPipeline
from diffusers.pipelines.flux.pipeline_flux_img2img import FluxImg2ImgPipeline
from torch import Tensor

from evals.oracle.dense import DenseCall, dense_prediction
from evals.oracle.parity import relative
from evals.oracle.schedule import flux_timesteps
from renderer.regional import Conditioning, RegionalSettings, regional

if TYPE_CHECKING:
    from tests.renderer.regional.conftest import Call

Draw = Callable[..., "Call"]
Assemble = Callable[[FluxTransformer2DModel], FluxPipeline]

SIZE = {"height": 64, "width": 96}
STEPS = 4


@pytest.fixture(scope="module")
def pipeline(transformer: FluxTransformer2DModel, assemble: Assemble) -> FluxPipeline:
    return assemble(transformer)


def context(pipeline: FluxPipeline, call: "Call", inject_steps: int = STEPS) -> AbstractContextManager[None]:
    return regional(
        pipeline.transformer,
        call.owner,
        Conditioning(call.region_embeds, call.base_embeds),
        RegionalSettings(call.base_ratio, inject_steps, call.double_interval, call.single_interval),
        pipeline.scheduler,
    )


def dense_latents(
    pipeline: FluxPipeline, call: "Call", guide: Callable[[Tensor, DenseCall], Tensor]
) -> Tensor:
    """Euler steps over the oracle's predictions, each sent through `guide`."""
    sigmas = [*(flux_timesteps(pipeline.scheduler, STEPS, call.owner.size) / 1000).tolist(), 0.0]
    for sigma, following in pairwise(sigmas):
        call = replace(call, sigma=torch.full((len(call.latents),), sigma))
        prediction = guide(dense_prediction(pipeline.transformer, call), call)
        call = replace(call, latents=call.latents + (following - sigma) * prediction)
    return call.latents


def test_a_whole_run_is_the_oracles(pipeline: FluxPipeline, draw: Draw) -> None:
    call = draw(0, batch=2)
    with context(pipeline, call):
        latents = call.denoised(pipeline, STEPS)
    assert relative(latents, dense_latents(pipeline, call, lambda prediction, _: prediction)) <= 1e-5


def test_the_negative_pass_of_true_cfg_stays_plain(pipeline: FluxPipeline, draw: Draw) -> None:
    call = draw(1)
    negative = torch.ones_like(call.base_embeds)
    everywhere = np.zeros_like(call.owner)

    def guide(prediction: Tensor, here: DenseCall) -> Tensor:
        # Plain FLUX is one region over the whole canvas.
        plain = replace(
            here, owner=everywhere, region_embeds=(negative,), base_embeds=negative, base_ratio=0.0
        )
        against = dense_prediction(pipeline.transformer, plain)
        return against + 2.5 * (prediction - against)

    with context(pipeline, call):
        latents = call.denoised(
            pipeline,
            STEPS,
            true_cfg_scale=2.5,
            negative_prompt_embeds=negative,
            negative_pooled_prompt_embeds=call.pooled,
        )
    assert relative(latents, dense_latents(pipeline, call, guide)) <= 1e-5


def test_no_injected_step_is_the_plain_pipeline_to_the_bit(pipeline: FluxPipeline, draw: Draw) -> None:
    call = draw(2)
    plain = call.denoised(pipeline, STEPS)
    with context(pipeline, call, inject_steps=0):
        assert torch.equal(call.denoised(pipeline, STEPS), plain)


def test_two_pipelines_on_one_transformer_do_not_meet(
    pipeline: FluxPipeline, assemble: Assemble, draw: Draw
) -> None:
    call, other = draw(3), draw(4)
    second = assemble(pipeline.transformer)
    expected = other.denoised(second, STEPS)
    with context(pipeline, call):
        alone = call.denoised(pipeline, STEPS)
        assert torch.equal(other.denoised(second, STEPS), expected)
        with context(second, other):
            regional_other = other.denoised(second, STEPS)
        assert torch.equal(call.denoised(pipeline, STEPS), alone)
    assert not torch.equal(regional_other, expected)
    assert torch.equal(other.denoised(second, STEPS), expected)


def test_a_run_that_is_interrupted_leaves_the_next_one_whole(pipeline: FluxPipeline, draw: Draw) -> None:
    call = draw(5)
    plain = call.denoised(pipeline, STEPS)

    def interrupt(*_: object) -> dict[str, Any]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), context(pipeline, call):
        call.denoised(pipeline, STEPS, callback_on_step_end=interrupt)
    assert torch.equal(call.denoised(pipeline, STEPS), plain)


def test_img2img_counts_its_own_steps(pipeline: FluxPipeline, draw: Draw) -> None:
    """At half strength the pipeline runs the last two of four steps: one injected step is the third."""
    call = draw(6)
    img2img = FluxImg2ImgPipeline.from_pipe(pipeline)
    img2img.set_progress_bar_config(disable=True)

    def start(inject_steps: int) -> Tensor:
        conditioning = Conditioning(call.region_embeds, call.base_embeds)
        settings = RegionalSettings(inject_steps=inject_steps)
        with regional(pipeline.transformer, call.owner, conditioning, settings, pipeline.scheduler):
            image = cast(Any, img2img)(
                image=torch.full((1, 3, 64, 96), 0.5),
                prompt_embeds=call.base_embeds,
                pooled_prompt_embeds=call.pooled,
                strength=0.5,
                num_inference_steps=STEPS,
                generator=torch.Generator().manual_seed(0),
                output_type="latent",
                **SIZE,
            )
        return cast(Tensor, image.images)

    drawn = [start(inject_steps) for inject_steps in (0, 1, 2, 3)]
    assert not torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[1], drawn[2])
    assert torch.equal(drawn[2], drawn[3])


def test_several_pictures_come_of_one_grid(pipeline: FluxPipeline, draw: Draw) -> None:
    call = draw(7, batch=2)
    shared = Conditioning(tuple(embeds[:1] for embeds in call.region_embeds), call.base_embeds[:1])
    both = replace(
        call,
        base_embeds=shared.base_embeds.repeat(2, 1, 1),
        region_embeds=tuple(embeds.repeat(2, 1, 1) for embeds in shared.region_embeds),
    )
    settings = RegionalSettings(call.base_ratio, STEPS)
    with regional(pipeline.transformer, call.owner, shared, settings, pipeline.scheduler):
        latents = both.denoised(pipeline, STEPS)
    assert relative(latents, dense_latents(pipeline, both, lambda prediction, _: prediction)) <= 1e-5


def test_a_picture_comes_out(pipeline: FluxPipeline, draw: Draw) -> None:
    call = draw(8)
    with context(pipeline, call):
        picture = cast(Any, pipeline)(
            prompt_embeds=call.base_embeds,
            pooled_prompt_embeds=call.pooled,
            num_inference_steps=STEPS,
            generator=torch.Generator().manual_seed(0),
            **SIZE,
        ).images[0]
    assert picture.size == (96, 64)


def test_an_ip_adapter_goes_on_with_its_own_processor(
    build: Callable[..., FluxTransformer2DModel], assemble: Assemble, draw: Draw
) -> None:
    """One prompt over the whole canvas is the plain pipeline, and so with what the adapter adds."""
    pipeline = assemble(build())
    for block in pipeline.transformer.transformer_blocks:
        block.attn.set_processor(FluxIPAdapterAttnProcessor(32, 20, scale=cast(Any, [2.0])))
    call = draw(9, regions=1, owner=np.zeros((4, 6), dtype=np.int16), base_ratio=0.0)
    call = replace(call, region_embeds=(call.base_embeds,))
    picture = {"ip_hidden_states": [torch.randn(1, 4, 20, generator=torch.Generator().manual_seed(0))]}
    with torch.no_grad():
        plain = call.denoised(pipeline, STEPS, joint_attention_kwargs=picture)
        without = call.denoised(
            pipeline, STEPS, joint_attention_kwargs={"ip_hidden_states": [torch.zeros(1, 4, 20)]}
        )
        with context(pipeline, call):
            latents = call.denoised(pipeline, STEPS, joint_attention_kwargs=picture)
    assert relative(latents, plain) <= 1e-5
    assert relative(without, plain) > 1e-3
