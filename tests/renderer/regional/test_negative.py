"""True CFG with regions: a negative prompt of the whole picture, and one of a single region."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from torch import Tensor

from evals.oracle.dense import dense_prediction
from evals.oracle.parity import relative
from evals.oracle.schedule import flux_timesteps
from planner.errors import UserError
from renderer.regional import Conditioning, RegionalSettings, regional

if TYPE_CHECKING:
    from tests.renderer.regional.conftest import Call

Draw = Callable[..., "Call"]

STEPS = 4
SCALE = 2.5
FULL = np.zeros((4, 6), dtype=np.int16)


@pytest.fixture(scope="module", params=[False, True], ids=["undistilled", "distilled"])
def pipeline(
    request: pytest.FixtureRequest, build: Callable[..., FluxTransformer2DModel], assemble: Callable[..., Any]
) -> Any:
    """With guidance distilled into the model, as in FLUX.1-dev, and without, as in FLUX.1-schnell."""
    return assemble(build(guidance_embeds=request.param))


def conditioning(call: "Call") -> Conditioning:
    return Conditioning(call.region_embeds, call.base_embeds)


def against(call: "Call") -> "Call":
    """The same call with negative prompts in place of its own."""
    return replace(
        call,
        base_embeds=call.base_embeds.flip(2),
        region_embeds=tuple(embeds.flip(2) for embeds in call.region_embeds),
    )


def denied(pipeline: Any, call: "Call", negative: "Call") -> Tensor:
    """What the pipeline denoises to with a negative pass."""
    return call.denoised(
        pipeline,
        STEPS,
        negative_prompt_embeds=negative.base_embeds,
        negative_pooled_prompt_embeds=call.pooled,
        true_cfg_scale=SCALE,
        guidance_scale=3.5,
    )


def drawn(
    pipeline: Any, call: "Call", negative: "Call", *, regions: bool, inject_steps: int = STEPS
) -> Tensor:
    """With `regions` the negative pass is regional too."""
    with regional(
        pipeline.transformer,
        call.owner,
        conditioning(call),
        RegionalSettings(call.base_ratio, inject_steps),
        pipeline.scheduler,
        negative=conditioning(negative) if regions else None,
    ):
        return denied(pipeline, call, negative)


def everywhere(call: "Call") -> "Call":
    """Plain FLUX: one region over the whole canvas."""
    return replace(call, owner=FULL, region_embeds=(call.base_embeds,), base_ratio=0.0)


@pytest.mark.parametrize("base_ratio", [0.0, 0.3])
@pytest.mark.parametrize("regions", [False, True])
def test_a_whole_run_is_the_oracles(pipeline: Any, draw: Draw, regions: bool, base_ratio: float) -> None:
    call = draw(0, batch=2, base_ratio=base_ratio)
    guidance = torch.full((2,), 3.5) if pipeline.transformer.config["guidance_embeds"] else None
    call = replace(call, guidance=guidance)
    expected = call.latents
    sigmas = [*(flux_timesteps(pipeline.scheduler, STEPS, call.owner.size) / 1000).tolist(), 0.0]
    for sigma, following in pairwise(sigmas):
        here = replace(call, sigma=torch.full((2,), sigma), latents=expected)
        other = against(here) if regions else everywhere(against(here))
        low = dense_prediction(pipeline.transformer, other)
        high = dense_prediction(pipeline.transformer, here)
        expected = expected + (following - sigma) * (low + SCALE * (high - low))
    assert relative(drawn(pipeline, call, against(call), regions=regions), expected) <= 1e-5


@pytest.mark.parametrize("regions", [False, True])
def test_the_base_prompts_over_the_whole_canvas_are_the_plain_pipeline(
    pipeline: Any, draw: Draw, regions: bool
) -> None:
    call = everywhere(draw(1, regions=1))
    plain = denied(pipeline, call, against(call))
    assert relative(drawn(pipeline, call, against(call), regions=regions), plain) <= 1e-5


def test_a_negative_prompt_of_one_region_moves_no_other(pipeline: Any, draw: Draw) -> None:
    call = draw(2, base_ratio=0.0)
    shared = against(call)
    first, second, third = shared.region_embeds
    own = replace(shared, region_embeds=(first, torch.roll(second, 7, dims=2), third))
    mine = torch.from_numpy(call.owner.ravel() == 1)
    one, none = (drawn(pipeline, call, negative, regions=True) for negative in (own, shared))
    assert torch.equal(one[:, ~mine], none[:, ~mine])
    assert relative(one[:, mine], none[:, mine]) > 1e-4


def test_after_the_injected_steps_the_negative_pass_is_plain(pipeline: Any, draw: Draw) -> None:
    call = draw(3)
    shared = drawn(pipeline, call, against(call), regions=False, inject_steps=0)
    assert torch.equal(drawn(pipeline, call, against(call), regions=True, inject_steps=0), shared)
    assert relative(drawn(pipeline, call, against(call), regions=True, inject_steps=1), shared) > 1e-5


def test_too_few_negative_prompts_are_refused(pipeline: Any, draw: Draw) -> None:
    call = draw(4)
    few = replace(against(call), region_embeds=call.region_embeds[:1])
    with pytest.raises(UserError, match="the grid names region 2, but there are 1 region_embeds"):
        drawn(pipeline, call, few, regions=True)
