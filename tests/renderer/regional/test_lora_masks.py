"""LoRAs with regions: loaded, fused, several with weights, and for one region only."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from peft import LoKrConfig, LoraConfig, get_peft_model_state_dict
from torch import Tensor

from evals.oracle.parity import relative
from planner.errors import UserError
from renderer.families.flux import FAMILY
from renderer.regional import Conditioning, RegionalSettings, regional
from renderer.regional.family import Place
from renderer.regional.lora_masks import token_mask
from renderer.regional.rows import Sequenced

if TYPE_CHECKING:
    from tests.renderer.regional.conftest import Call

Draw = Callable[..., "Call"]

STEPS = 3
FULL = np.zeros((4, 6), dtype=np.int16)
ATTENTION = ["to_q", "to_k", "to_v", "to_out.0", "add_q_proj", "add_k_proj", "add_v_proj", "to_add_out"]
FEED_FORWARD = ["net.0.proj", "net.2", "proj_mlp", "proj_out"]
EMBEDDERS = ["x_embedder", "context_embedder"]
NORMS = ["norm1.linear", "norm1_context.linear", "norm.linear", "norm_out.linear"]
MODULATION = [*NORMS, "timestep_embedder.linear_1"]
TOKENS = [*ATTENTION, *FEED_FORWARD, *EMBEDDERS]
IMAGE = r"x_embedder|transformer_blocks\.\d\.(attn\.to_(q|k|v|out\.0)|ff\.net\.(0\.proj|2))"


def add(transformer: Any, name: str, seed: int, targets: Any = TOKENS, **more: Any) -> None:
    """A random LoRA of this name, strong enough to be seen."""
    config = LoraConfig(r=2, lora_alpha=2, target_modules=targets, init_lora_weights=False, **more)
    transformer.add_adapter(config, adapter_name=name)
    noise = torch.Generator().manual_seed(seed)
    for path, parameter in transformer.named_parameters():
        if f".{name}." in path:
            parameter.data.normal_(std=0.2, generator=noise)
    transformer.requires_grad_(False)


@pytest.fixture
def pipeline(build: Callable[..., FluxTransformer2DModel], assemble: Callable[..., Any]) -> Any:
    return assemble(build())


@pytest.fixture
def styled(pipeline: Any) -> Any:
    """A pipeline with a LoRA named style."""
    add(pipeline.transformer, "style", 1)
    return pipeline


def drawn(
    pipeline: Any,
    call: "Call",
    lora_regions: Any = None,
    inject_steps: int = STEPS,
    intervals: tuple[int, int] = (1, 1),
) -> Tensor:
    with regional(
        pipeline.transformer,
        call.owner,
        Conditioning(call.region_embeds, call.base_embeds),
        RegionalSettings(call.base_ratio, inject_steps, *intervals, call.one_stream),
        pipeline.scheduler,
        lora_regions=lora_regions,
    ):
        return call.denoised(pipeline, STEPS)


def whole(draw: Draw) -> "Call":
    call = draw(0, regions=1, owner=FULL, base_ratio=0.0)
    return replace(call, region_embeds=(call.base_embeds,))


def test_a_lora_from_a_file_is_the_plain_pipelines_fused_or_not(
    styled: Any, draw: Draw, tmp_path: Path, assemble: Any, build: Any
) -> None:
    state = get_peft_model_state_dict(styled.transformer, adapter_name="style")
    type(styled).save_lora_weights(tmp_path, transformer_lora_layers=state)
    fresh, call = assemble(build()), whole(draw)
    bare = call.denoised(fresh, STEPS)
    fresh.load_lora_weights(tmp_path, adapter_name="style")
    plain = call.denoised(fresh, STEPS)
    assert relative(drawn(fresh, call), plain) <= 1e-5
    fresh.fuse_lora()
    assert relative(drawn(fresh, call), plain) <= 1e-5
    fresh.unfuse_lora()
    fresh.unload_lora_weights()
    assert relative(drawn(fresh, call), bare) <= 1e-5
    assert relative(plain, bare) > 1e-3


def test_several_loras_keep_their_weights(styled: Any, draw: Draw) -> None:
    add(styled.transformer, "other", 2)
    call = whole(draw)
    seen = list[Tensor]()
    for weights in ([1.0, 0.0], [0.3, 0.8]):
        styled.transformer.set_adapters(["style", "other"], weights)
        seen.append(call.denoised(styled, STEPS))
        assert relative(drawn(styled, call), seen[-1]) <= 1e-5
    assert relative(*seen) > 1e-3


def check_drawn_there_alone(pipeline: Any, call: "Call") -> None:
    """Region 1 is as with its LoRA everywhere, the others as with none; and the LoRA shows in both."""
    everywhere, one = drawn(pipeline, call), drawn(pipeline, call, {"style": {1}})
    pipeline.transformer.disable_adapters()
    nowhere = drawn(pipeline, call)
    mine = torch.from_numpy(call.owner.ravel() == 1)
    assert relative(one[:, mine], everywhere[:, mine]) <= 1e-5
    assert relative(one[:, ~mine], nowhere[:, ~mine]) <= 1e-5
    assert relative(everywhere[:, mine], nowhere[:, mine]) > 1e-4
    assert relative(everywhere[:, ~mine], nowhere[:, ~mine]) > 1e-4


@pytest.mark.parametrize("targets", [ATTENTION, FEED_FORWARD, EMBEDDERS, TOKENS])
@pytest.mark.parametrize("dora", [False, True])
def test_a_regions_lora_draws_there_and_leaves_the_rest(
    pipeline: Any, draw: Draw, targets: list[str], dora: bool
) -> None:
    add(pipeline.transformer, "style", 1, targets, use_dora=dora)
    call = draw(1, base_ratio=0.0)
    check_drawn_there_alone(pipeline, call)


def test_two_loras_of_one_target_in_two_regions_keep_apart(styled: Any, draw: Draw) -> None:
    add(styled.transformer, "other", 2)
    styled.transformer.set_adapters(["style", "other"], [0.7, 1.2])
    call = draw(2, base_ratio=0.0)
    one = drawn(styled, call, {"style": [0], "other": [2]})
    owner = torch.from_numpy(call.owner.ravel())
    for region, weights in ((0, [0.7, 0.0]), (2, [0.0, 1.2]), (1, [0.0, 0.0]), (-1, [0.0, 0.0])):
        styled.transformer.set_adapters(["style", "other"], weights)
        assert relative(one[:, owner == region], drawn(styled, call)[:, owner == region]) <= 1e-5


def test_a_lora_left_out_is_the_whole_pictures(styled: Any, draw: Draw) -> None:
    add(styled.transformer, "other", 2)
    styled.transformer.set_adapters(["style", "other"])
    call = draw(3, base_ratio=0.0)
    one = drawn(styled, call, {"style": set()})
    styled.transformer.set_adapters(["other"])
    assert relative(one, drawn(styled, call)) <= 1e-5


@pytest.mark.parametrize("one_stream", [False, True])
def test_with_a_base_branch_its_own_image_is_masked_too(pipeline: Any, draw: Draw, one_stream: bool) -> None:
    """Layers of the image alone: for all regions it is the LoRA of the whole picture, to the last step."""
    add(pipeline.transformer, "style", 1, IMAGE)
    call = draw(4, base_ratio=0.4, one_stream=one_stream, owner=FULL)
    everywhere = drawn(pipeline, call, None, 2)
    assert relative(drawn(pipeline, call, {"style": {0, 1, 2}}, 2), everywhere) <= 1e-5
    none = drawn(pipeline, call, {"style": {1}}, 2)
    pipeline.transformer.disable_adapters()
    assert relative(none, drawn(pipeline, call, None, 2)) <= 1e-5
    assert relative(none, everywhere) > 1e-4


def test_in_steps_without_regions_a_lora_keeps_to_its_tokens(styled: Any, draw: Draw) -> None:
    call = draw(5, owner=np.repeat(np.arange(2, dtype=np.int16), 12).reshape(4, 6), regions=2)
    one = drawn(styled, call, {"style": [0]}, 0)
    styled.transformer.disable_adapters()
    off = (one - call.denoised(styled, STEPS)).flatten()
    inside, outside = off[: off.numel() // 2].norm(), off[off.numel() // 2 :].norm()
    # What is outside changes by what it sees inside alone.
    assert 0 < outside < inside / 5


def test_layers_of_the_time_embedding_are_left_out_and_reported(pipeline: Any, draw: Draw) -> None:
    add(pipeline.transformer, "style", 1, [*TOKENS, *MODULATION])
    call = draw(6, base_ratio=0.0)
    with pytest.warns(UserWarning, match="of the LoRA 'style' 12 layers are left out"):
        one = drawn(pipeline, call, {"style": {0, 1, 2}})
    for path, parameter in pipeline.transformer.named_parameters():
        if "lora_B" in path and ("norm" in path or "timestep" in path):
            parameter.data.zero_()
    covered = torch.from_numpy(call.owner.ravel() >= 0)
    assert relative(one[:, covered], drawn(pipeline, call)[:, covered]) <= 1e-5


def test_fused_projections_are_masked_too(pipeline: Any, draw: Draw) -> None:
    pipeline.transformer.fuse_qkv_projections()
    add(pipeline.transformer, "style", 1, ["to_qkv", "to_added_qkv"])
    call = draw(7, base_ratio=0.0)
    check_drawn_there_alone(pipeline, call)


def test_an_inner_context_without_loras_of_regions_takes_them_whole(styled: Any, draw: Draw) -> None:
    call = draw(8, base_ratio=0.0)
    alone = drawn(styled, call)
    with ExitStack() as stack:
        stack.enter_context(
            regional(
                styled.transformer,
                call.owner,
                Conditioning(call.region_embeds, call.base_embeds),
                RegionalSettings(0.0, STEPS),
                styled.scheduler,
                lora_regions={"style": set()},
            )
        )
        outer = call.denoised(styled, STEPS)
        assert torch.equal(drawn(styled, call), alone)
        assert torch.equal(call.denoised(styled, STEPS), outer)
    assert relative(outer, alone) > 1e-4
    assert torch.equal(drawn(styled, call), alone)


def test_a_lora_that_is_not_loaded_is_refused(styled: Any, draw: Draw) -> None:
    with pytest.raises(UserError, match="names the LoRA 'face': loaded are 'style'"):
        drawn(styled, draw(9), {"face": {0}})


def test_a_lora_that_is_fused_is_refused(styled: Any, draw: Draw) -> None:
    styled.fuse_lora(adapter_names=["style"])
    with pytest.raises(UserError, match=r"'style' is fused with the weights.*unfuse_lora\(\)"):
        drawn(styled, draw(9), {"style": {0}})


def test_another_kind_of_adapter_is_refused(pipeline: Any, draw: Draw) -> None:
    pipeline.transformer.add_adapter(LoKrConfig(r=2, target_modules=["to_q"]), adapter_name="style")
    with pytest.raises(UserError, match="'style' is of the kind LOKR: regions take LORA alone"):
        drawn(pipeline, draw(9), {"style": {0}})


def test_a_region_that_is_not_there_is_refused(styled: Any, draw: Draw) -> None:
    with pytest.raises(UserError, match=r"lora_regions\['style'\] names region 3: there are 0 to 2"):
        drawn(styled, draw(9), {"style": {3}})


def test_every_linear_layer_of_a_flux_transformer_has_its_place(
    build: Callable[..., FluxTransformer2DModel],
) -> None:
    """Recorded from a call: how many tokens each layer sees, the text being 5 and the image 24."""
    transformer, seen = build(guidance_embeds=True), dict[str, Place]()
    places = {5: Place.TEXT, 24: Place.IMAGE, 29: Place.JOINT}

    def record(name: str) -> Any:
        def hook(_module: object, args: tuple[Tensor, ...]) -> None:
            seen[name] = Place.NONE if args[0].ndim == 2 else places[args[0].shape[1]]

        return hook

    layers = {name for name, module in transformer.named_modules() if isinstance(module, torch.nn.Linear)}
    for name in layers:
        transformer.get_submodule(name).register_forward_pre_hook(record(name))
    ids = torch.zeros(24, 3), torch.zeros(5, 3)
    one = torch.ones(1)
    transformer(torch.zeros(1, 24, 16), torch.zeros(1, 5, 32), torch.zeros(1, 24), one, *ids, guidance=one)
    assert seen == {name: FAMILY.place_of(name) for name in layers}


shapes = st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(1, 3))
owners = arrays.arrays(np.int16, shapes, elements=st.integers(-1, 2))


@given(
    owner=owners,
    regions=st.sets(st.integers(0, 2)),
    base_text=st.integers(0, 3),
    base_image=st.booleans(),
    references=st.integers(0, 2),
)
def test_a_mask_holds_the_regions_texts_and_both_their_images(
    owner: np.ndarray, regions: set[int], base_text: int, base_image: bool, references: int
) -> None:
    parts = Sequenced((2, 1, 3), base_text, base_image, references)
    for picture, mask in zip(owner, torch.cat(token_mask(owner, parts, regions), dim=1), strict=True):
        image = [*picture.ravel().tolist(), *[-1] * references]
        tokens = [0, 0, 1, 2, 2, 2, *[-1] * base_text, *image * base_image, *image]
        assert mask.flatten().tolist() == [token in regions for token in tokens]
