"""The renderer against the dense-mask oracle, on random layouts and settings."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from evals.oracle.dense import DenseCall, dense_prediction
from evals.oracle.parity import relative

Draw = Callable[..., DenseCall]
Plain = Callable[[FluxTransformer2DModel, DenseCall], Tensor]
Within = Callable[..., AbstractContextManager[None]]

FULL = np.zeros((4, 6), dtype=np.int16)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**16),
    regions=st.integers(1, 5),
    batch=st.integers(1, 3),
    base_ratio=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
    intervals=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    one_stream=st.booleans(),
    feather=st.integers(0, 3),
)
def test_float32_agrees_to_1e_5(
    transformer: FluxTransformer2DModel,
    draw: Draw,
    plain: Plain,
    within: Within,
    seed: int,
    regions: int,
    batch: int,
    base_ratio: float,
    intervals: tuple[int, int],
    one_stream: bool,
    feather: int,
) -> None:
    how = {"base_ratio": base_ratio, "intervals": intervals, "one_stream": one_stream, "feather": feather}
    call = draw(seed, regions, batch, **how)
    with within(transformer, call):
        out = plain(transformer, call)
    assert relative(out, dense_prediction(transformer, call)) <= 1e-5


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("base_ratio", [0.0, 0.3])
def test_bfloat16_agrees_to_2e_2(
    transformer: FluxTransformer2DModel,
    draw: Draw,
    plain: Plain,
    within: Within,
    seed: int,
    base_ratio: float,
) -> None:
    half = deepcopy(transformer).bfloat16()
    call = draw(seed, batch=2, base_ratio=base_ratio, intervals=(2, 1), dtype=torch.bfloat16)
    with within(half, call):
        out = plain(half, call)
    assert out.dtype == torch.bfloat16
    assert relative(out, dense_prediction(half, call)) <= 2e-2


@pytest.mark.parametrize(("base_ratio", "one_stream"), [(0.0, False), (0.3, False), (0.3, True)])
def test_residuals_of_a_controlnet_and_guidance_agree(
    build: Callable[..., FluxTransformer2DModel],
    draw: Draw,
    plain: Plain,
    within: Within,
    base_ratio: float,
    one_stream: bool,
) -> None:
    guided = build(guidance_embeds=True)
    call = draw(1, batch=2, base_ratio=base_ratio, one_stream=one_stream)
    residuals = torch.randn(
        5, *call.latents.shape[:2], 32, generator=torch.Generator().manual_seed(7)
    ).unbind()
    call = replace(
        call, guidance=torch.full((2,), 3.5), controls=residuals[:2], single_controls=residuals[2:]
    )
    with within(guided, call):
        out = plain(guided, call)
    assert relative(out, dense_prediction(guided, call)) <= 1e-5


@pytest.mark.parametrize("intervals", [(1, 1), (2, 3)])
@pytest.mark.parametrize(("base_ratio", "one_stream"), [(0.0, False), (0.3, False), (0.3, True)])
def test_a_reference_picture_is_seen_by_all_and_sees_all(
    transformer: FluxTransformer2DModel,
    draw: Draw,
    plain: Plain,
    within: Within,
    base_ratio: float,
    one_stream: bool,
    intervals: tuple[int, int],
) -> None:
    call = draw(11, batch=2, base_ratio=base_ratio, one_stream=one_stream, intervals=intervals)
    shown = torch.randn(2, 15, 16, generator=torch.Generator().manual_seed(7))
    call = replace(call, reference=shown, reference_shape=(3, 5))
    with within(transformer, call):
        out = plain(transformer, call)
    assert relative(out, dense_prediction(transformer, call)) <= 1e-5


@pytest.mark.parametrize(("doubles", "singles"), [(2, 0), (0, 2)])
def test_a_transformer_of_one_kind_of_block_agrees(
    build: Callable[..., FluxTransformer2DModel],
    draw: Draw,
    plain: Plain,
    within: Within,
    doubles: int,
    singles: int,
) -> None:
    model, call = build(num_layers=doubles, num_single_layers=singles), draw(2)
    with within(model, call):
        out = plain(model, call)
    assert relative(out, dense_prediction(model, call)) <= 1e-5


def test_fused_projections_agree(
    transformer: FluxTransformer2DModel, draw: Draw, plain: Plain, within: Within
) -> None:
    call = draw(3)
    fused = deepcopy(transformer)
    fused.fuse_qkv_projections()
    with within(fused, call):
        out = plain(fused, call)
    assert relative(out, dense_prediction(transformer, call)) <= 1e-5


def test_without_a_base_share_one_stream_is_what_there_is_anyhow(
    transformer: FluxTransformer2DModel, draw: Draw, plain: Plain, within: Within
) -> None:
    call = draw(6, base_ratio=0.0)
    with within(transformer, call):
        out = plain(transformer, call)
    one = replace(call, one_stream=True)
    with within(transformer, one):
        assert torch.equal(plain(transformer, one), out)


def test_one_stream_is_another_picture_where_there_is_a_base_share(
    transformer: FluxTransformer2DModel, draw: Draw
) -> None:
    call = draw(6, base_ratio=0.3)
    one = replace(call, one_stream=True)
    assert relative(dense_prediction(transformer, one), dense_prediction(transformer, call)) > 5e-5


def test_one_prompt_for_the_whole_canvas_is_plain_flux(
    transformer: FluxTransformer2DModel, draw: Draw, plain: Plain, within: Within
) -> None:
    call = draw(4, regions=1, owner=FULL, base_ratio=0.0)
    call = replace(call, region_embeds=(call.base_embeds,))
    with within(transformer, call):
        out = plain(transformer, call)
    assert relative(out, plain(transformer, call)) <= 1e-6


def test_a_changed_prompt_moves_no_token_of_another_region(
    transformer: FluxTransformer2DModel, draw: Draw, plain: Plain, within: Within
) -> None:
    call = draw(5, base_ratio=0.0)
    other = replace(call, region_embeds=(-call.region_embeds[0], *call.region_embeds[1:]))
    with within(transformer, call):
        out = plain(transformer, call)
    with within(transformer, other):
        moved = plain(transformer, other)
    mine = torch.from_numpy(call.owner.ravel() == 0)
    assert torch.equal(moved[:, ~mine], out[:, ~mine])
    assert not torch.equal(moved[:, mine], out[:, mine])
