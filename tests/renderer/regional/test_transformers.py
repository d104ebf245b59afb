"""Regions beside what else users do to a transformer: it works, or is refused in one clear sentence."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from accelerate import cpu_offload
from accelerate.hooks import remove_hook_from_module
from diffusers import hooks
from diffusers.models.transformers.transformer_flux import FluxAttnProcessor, FluxTransformer2DModel
from peft import LoraConfig
from torch import Tensor, nn

from evals.oracle.dense import DenseCall
from evals.oracle.parity import relative
from planner.errors import UserError
from renderer.regional import Conditioning, RegionalSettings, regional

Build = Callable[..., FluxTransformer2DModel]
if TYPE_CHECKING:
    from tests.renderer.regional.conftest import Call

Draw = Callable[..., "Call"]
Plain = Callable[[FluxTransformer2DModel, DenseCall], Tensor]
Within = Callable[..., AbstractContextManager[None]]

STEPS = 2


def sequentially(transformer: FluxTransformer2DModel) -> None:
    """As `enable_sequential_cpu_offload` does: weights come to the device layer by layer."""
    cpu_offload(transformer, execution_device=torch.device("cpu"))


def by_group(transformer: FluxTransformer2DModel) -> None:
    cpu = torch.device("cpu")
    transformer.enable_group_offload(
        onload_device=cpu, offload_device=cpu, offload_type="block_level", num_blocks_per_group=2
    )


def by_leaf(transformer: FluxTransformer2DModel) -> None:
    cpu = torch.device("cpu")
    transformer.enable_group_offload(onload_device=cpu, offload_device=cpu, offload_type="leaf_level")


def cast_by_layer(transformer: FluxTransformer2DModel) -> None:
    transformer.enable_layerwise_casting(storage_dtype=torch.float32, compute_dtype=torch.float32)


def fuse(transformer: FluxTransformer2DModel) -> None:
    transformer.fuse_qkv_projections()


@pytest.mark.parametrize("inside", [False, True], ids=["before", "within"])
@pytest.mark.parametrize("change", [sequentially, by_group, by_leaf, cast_by_layer, fuse])
def test_offloading_and_fusing_change_no_picture(
    build: Build,
    draw: Draw,
    plain: Plain,
    within: Within,
    change: Callable[[FluxTransformer2DModel], None],
    inside: bool,
) -> None:
    transformer, call = build(), draw(0)
    bare = plain(transformer, call)
    with within(transformer, call):
        expected = plain(transformer, call)
    if not inside:
        change(transformer)
    with within(transformer, call):
        if inside:
            change(transformer)
        assert relative(plain(transformer, call), expected) <= 1e-6
    assert relative(plain(transformer, call), bare) <= 1e-6


def test_offload_hooks_can_be_taken_off_afterwards(
    build: Build, draw: Draw, plain: Plain, within: Within
) -> None:
    transformer, call = build(), draw(0)
    bare = plain(transformer, call)
    sequentially(transformer)
    with within(transformer, call):
        plain(transformer, call)
    remove_hook_from_module(transformer, recurse=True)
    assert torch.equal(plain(transformer, call), bare)


def test_quantised_linears_are_drawn_by_regions_too(
    build: Build, draw: Draw, plain: Plain, within: Within
) -> None:
    quantization: Any = torch.ao.quantization
    transformer = quantization.quantize_dynamic(build(), {nn.Linear}, dtype=torch.qint8)
    call = draw(1, regions=1, owner=draw(1).owner * 0, base_ratio=0.0)
    call = replace(call, region_embeds=(call.base_embeds,))
    expected, other = plain(transformer, call), draw(1)
    with within(transformer, call):
        assert relative(plain(transformer, call), expected) <= 1e-2
    with within(transformer, other):
        drawn = plain(transformer, other)
    exact = build()
    with within(exact, other):
        assert relative(drawn, plain(exact, other)) <= 0.1
    assert torch.equal(plain(transformer, call), expected)


def lora(transformer: Any, seed: int = 0) -> None:
    config = LoraConfig(r=2, target_modules=["to_q", "add_v_proj", "proj_mlp"], init_lora_weights=False)
    torch.manual_seed(seed)
    transformer.add_adapter(config, adapter_name="style")
    transformer.requires_grad_(False)


def test_a_lora_added_and_removed_within_is_in_force_between(
    build: Build, draw: Draw, plain: Plain, within: Within
) -> None:
    transformer, other, call = build(), build(), draw(2)
    lora(other)
    with within(other, call):
        styled = plain(other, call)
    with within(transformer, call):
        bare = plain(transformer, call)
        lora(transformer)
        assert torch.equal(plain(transformer, call), styled)
        transformer.delete_adapters("style")
        assert torch.equal(plain(transformer, call), bare)
    assert not torch.equal(styled, bare)
    lora(transformer)
    with within(transformer, call):
        assert torch.equal(plain(transformer, call), styled)


def test_a_lora_of_a_region_can_be_removed_within(build: Build, draw: Draw, plain: Plain) -> None:
    transformer, call = build(), draw(3)
    context = (call.owner, Conditioning(call.region_embeds, call.base_embeds), RegionalSettings())
    expected = plain(transformer, call)
    lora(transformer)
    with regional(transformer, *context, torch.tensor([1000.0]), lora_regions={"style": {0}}):
        styled = plain(transformer, call)
        transformer.delete_adapters("style")
        bare = plain(transformer, call)
    assert not torch.equal(styled, bare)
    assert torch.equal(plain(transformer, call), expected)


def test_a_processor_set_within_is_told_of(build: Build, draw: Draw, plain: Plain, within: Within) -> None:
    transformer, call = build(), draw(4)
    processor: Any = FluxAttnProcessor()
    with within(transformer, call):
        transformer.set_attn_processor(processor)
        with pytest.raises(UserError, match="an attention processor was set within"):
            plain(transformer, call)


def test_an_ip_adapter_loaded_within_is_refused(build: Build, draw: Draw, within: Within) -> None:
    transformer: Any = build(num_layers=0)
    weights = {"image_proj": {"proj.weight": torch.zeros(4, 4)}, "ip_adapter": {}}
    refused = pytest.raises(UserError, match="an IP-Adapter can't be loaded within a regional context")
    with within(transformer, draw(5)), refused:
        transformer._load_ip_adapter_weights([weights])


CACHES: list[Any] = [
    hooks.FasterCacheConfig(current_timestep_callback=lambda: 500),
    hooks.FirstBlockCacheConfig(),
    hooks.MagCacheConfig(num_inference_steps=STEPS, calibrate=True),
    hooks.PyramidAttentionBroadcastConfig(
        spatial_attention_block_skip_range=2, current_timestep_callback=lambda: 500
    ),
    hooks.SeaCacheConfig(),
    hooks.TaylorSeerCacheConfig(),
    hooks.TextKVCacheConfig(),
]


@pytest.mark.parametrize("config", CACHES, ids=lambda config: type(config).__name__)
def test_a_block_cache_is_refused_until_it_is_turned_off(
    build: Build, draw: Draw, plain: Plain, within: Within, config: Any
) -> None:
    transformer, call = build(), draw(6)
    with within(transformer, call):
        expected = plain(transformer, call)
        transformer.enable_cache(config)
        with pytest.raises(UserError, match=r"a block cache is on.*disable_cache\(\)"):
            plain(transformer, call)
        transformer.disable_cache()
        assert torch.equal(plain(transformer, call), expected)


def test_a_block_cache_that_was_applied_past_the_model_is_refused_too(
    build: Build, draw: Draw, within: Within
) -> None:
    transformer = build()
    hooks.apply_first_block_cache(transformer, hooks.FirstBlockCacheConfig())
    with pytest.raises(UserError, match="a block cache is on"), within(transformer, draw(6)):
        pass


def test_weights_kept_in_eight_bits_are_drawn_by_regions_too(
    build: Build, draw: Draw, plain: Plain, within: Within
) -> None:
    """One region with the base prompt over the whole picture is the plain picture of the same weights."""
    transformer, call = build(), draw(1, regions=1, owner=draw(1).owner * 0, base_ratio=0.0)
    call = replace(call, region_embeds=(call.base_embeds,))
    exact = plain(transformer, call)
    transformer.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=torch.float32)
    expected = plain(transformer, call)
    with within(transformer, call):
        assert relative(plain(transformer, call), expected) <= 1e-5
    assert relative(expected, exact) > 1e-3


def drawn(pipeline: Any, call: "Call", **more: Any) -> Tensor:
    conditioning = Conditioning(call.region_embeds, call.base_embeds)
    with regional(
        pipeline.transformer,
        call.owner,
        conditioning,
        RegionalSettings(call.base_ratio, STEPS),
        pipeline.scheduler,
    ):
        return call.denoised(pipeline, STEPS, **more)


def seeded(*seeds: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def test_each_of_several_pictures_has_its_own_seed(build: Build, assemble: Any, draw: Draw) -> None:
    pipeline, call = assemble(build()), draw(7)
    three = drawn(pipeline, call, num_images_per_prompt=3, generator=seeded(1, 2, 3))
    for picture, seed in zip(three, (1, 2, 3), strict=True):
        assert relative(picture, drawn(pipeline, call, generator=seeded(seed)[0])[0]) <= 1e-5


def test_callbacks_are_called_and_what_they_return_counts(build: Build, assemble: Any, draw: Draw) -> None:
    pipeline, call, steps = assemble(build()), draw(8), list[int]()

    def stop(_pipeline: Any, step: int, _timestep: object, kwargs: dict[str, Tensor]) -> dict[str, Tensor]:
        steps.append(step)
        return {"latents": torch.zeros_like(kwargs["latents"])}

    latents = drawn(pipeline, call, callback_on_step_end=stop, generator=seeded(0)[0])
    assert steps == [0, 1]
    assert not latents.any()
