"""IP-Adapters with regions: for the whole picture, and for one region of it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from torch import Tensor

from evals.oracle.parity import relative
from planner.errors import UserError
from renderer.regional import Conditioning, RegionalSettings, regional

if TYPE_CHECKING:
    from tests.renderer.regional.conftest import Call

Draw = Callable[..., "Call"]

STEPS = 3
FULL = np.zeros((4, 6), dtype=np.int16)
NOISE = torch.Generator().manual_seed(3)
FACE, PRODUCT = ([torch.randn(1, 1, 12, generator=NOISE)] for _ in range(2))


def weights(seed: int, doubles: int) -> dict[str, dict[str, Tensor]]:
    """An IP-Adapter's state as its files hold it, for pictures of 12 numbers and four tokens a picture."""
    noise = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=noise)

    projection = {"proj.weight": normal(4 * 32, 12), "proj.bias": normal(4 * 32)}
    norm = {"norm.weight": normal(32), "norm.bias": normal(32)}
    layers = {
        f"{index}.{name}.{part}": normal(*shape)
        for index in range(doubles)
        for name in ("to_k_ip", "to_v_ip")
        for part, shape in (("weight", (32, 32)), ("bias", (32,)))
    }
    return {"image_proj": projection | norm, "ip_adapter": layers}


@pytest.fixture(scope="module")
def pipeline(build: Callable[..., FluxTransformer2DModel], assemble: Callable[..., Any]) -> Any:
    pipeline = assemble(build())
    pipeline.transformer._load_ip_adapter_weights([weights(1, 3)])
    return pipeline


@pytest.fixture(scope="module")
def both(build: Callable[..., FluxTransformer2DModel], assemble: Callable[..., Any]) -> Any:
    """A pipeline with two IP-Adapters."""
    pipeline = assemble(build())
    pipeline.transformer._load_ip_adapter_weights([weights(1, 3), weights(2, 3)])
    return pipeline


@pytest.fixture(autouse=True)
def scale(pipeline: Any, both: Any) -> Iterator[None]:
    yield
    pipeline.set_ip_adapter_scale(1.0)
    both.set_ip_adapter_scale(1.0)


def shown(pipeline: Any, call: "Call", pictures: list[Tensor], **more: Any) -> Tensor:
    """What the pipeline denoises to with pictures for its IP-Adapters."""
    nothing = [torch.zeros_like(picture) for picture in pictures]
    return call.denoised(
        pipeline,
        STEPS,
        ip_adapter_image_embeds=pictures,
        negative_ip_adapter_image_embeds=nothing,
        **more,
    )


def drawn(
    pipeline: Any,
    call: "Call",
    pictures: list[Tensor],
    adapter_regions: Any = None,
    inject_steps: int = STEPS,
    **more: Any,
) -> Tensor:
    with regional(
        pipeline.transformer,
        call.owner,
        Conditioning(call.region_embeds, call.base_embeds),
        RegionalSettings(call.base_ratio, inject_steps),
        pipeline.scheduler,
        adapter_regions=adapter_regions,
    ):
        return shown(pipeline, call, pictures, **more)


def test_an_adapter_of_the_whole_picture_is_the_plain_pipelines(pipeline: Any, draw: Draw) -> None:
    call = draw(0, regions=1, owner=FULL, base_ratio=0.0)
    call = replace(call, region_embeds=(call.base_embeds,))
    plain = shown(pipeline, call, FACE)
    assert relative(drawn(pipeline, call, FACE), plain) <= 1e-5
    assert relative(drawn(pipeline, call, FACE, [None]), plain) <= 1e-5
    assert relative(shown(pipeline, call, PRODUCT), plain) > 1e-3


@pytest.mark.parametrize("inject_steps", [0, 2])
def test_an_adapter_of_all_regions_is_one_of_the_whole_picture(
    pipeline: Any, draw: Draw, inject_steps: int
) -> None:
    """Also in the steps that are not regional, where the plain prompt draws."""
    call = draw(1, owner=FULL)
    whole = drawn(pipeline, call, FACE, None, inject_steps)
    assert relative(drawn(pipeline, call, FACE, [{0, 1, 2}], inject_steps), whole) <= 1e-5
    assert relative(drawn(pipeline, call, FACE, [{1}], inject_steps), whole) > 1e-3


def test_a_regions_adapter_draws_there_and_leaves_the_rest(pipeline: Any, draw: Draw) -> None:
    call = draw(2, base_ratio=0.0)
    everywhere, one = drawn(pipeline, call, FACE), drawn(pipeline, call, FACE, [{1}])
    pipeline.set_ip_adapter_scale(0.0)
    nowhere = drawn(pipeline, call, FACE)
    mine = torch.from_numpy(call.owner.ravel() == 1)
    assert relative(one[:, mine], everywhere[:, mine]) <= 1e-5
    assert relative(one[:, ~mine], nowhere[:, ~mine]) <= 1e-5
    assert relative(everywhere[:, ~mine], nowhere[:, ~mine]) > 1e-3


def test_two_adapters_each_keep_to_their_regions(both: Any, draw: Draw) -> None:
    call = draw(3, base_ratio=0.0)
    pictures = [*FACE, *PRODUCT]
    one = drawn(both, call, pictures, [{0}, {2}])
    owner = torch.from_numpy(call.owner.ravel())
    for region, scales in ((0, [1.0, 0.0]), (2, [0.0, 1.0]), (1, [0.0, 0.0])):
        for attn in (block.attn for block in both.transformer.transformer_blocks):
            attn.processor.scale = scales
        alone = drawn(both, call, pictures)
        mine = owner == region
        assert relative(one[:, mine], alone[:, mine]) <= 1e-5


def test_the_negative_pass_of_true_cfg_keeps_to_the_region_too(pipeline: Any, draw: Draw) -> None:
    call = draw(4, base_ratio=0.0)
    negative: dict[str, Any] = {
        "true_cfg_scale": 2.0,
        "negative_prompt_embeds": call.base_embeds.flip(1),
        "negative_pooled_prompt_embeds": call.pooled,
    }
    masked = drawn(pipeline, call, FACE, [set()], **negative)
    pipeline.set_ip_adapter_scale(0.0)
    assert relative(masked, drawn(pipeline, call, FACE, **negative)) <= 1e-5


def test_soft_masks_can_be_given_to_the_pipeline(pipeline: Any, draw: Draw) -> None:
    call = draw(5)
    half = {"ip_adapter_masks": [torch.full((1, 24, 1), 0.5)]}
    masked = drawn(pipeline, call, FACE, joint_attention_kwargs=half)
    pipeline.set_ip_adapter_scale(0.5)
    assert relative(masked, drawn(pipeline, call, FACE)) <= 1e-5


@pytest.mark.parametrize(
    ("adapter_regions", "message"),
    [
        ([{0}, None], "adapter_regions has 2 entries and there are 1 IP-Adapters"),
        ([{3}], r"adapter_regions\[0\] names region 3: there are 0 to 2"),
    ],
)
def test_regions_that_do_not_fit_are_refused(
    pipeline: Any, draw: Draw, adapter_regions: Any, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        drawn(pipeline, draw(6), FACE, adapter_regions)
