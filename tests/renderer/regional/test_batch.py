"""A batch of pictures with layouts of their own, against each of them by itself."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from torch import Tensor

from evals.oracle.dense import DenseCall, dense_prediction
from evals.oracle.parity import relative
from planner.errors import UserError
from renderer.regional import Conditioning, RegionalSettings, regional, stacked

TIMESTEPS = torch.tensor([1000.0, 750.0, 500.0, 250.0])

Draw = Callable[..., DenseCall]
Plain = Callable[[FluxTransformer2DModel, DenseCall], Tensor]


def calls(draw: Draw, **wishes: Any) -> list[DenseCall]:
    """Three pictures with one, four and two regions, and base prompts of one length."""
    drawn = [draw(seed, regions=regions, **wishes) for seed, regions in ((0, 1), (1, 4), (2, 2))]
    base = torch.randn(3, 1, 5, 32, generator=torch.Generator().manual_seed(9))
    return [replace(call, base_embeds=own) for call, own in zip(drawn, base, strict=True)]


def conditioning(call: DenseCall) -> Conditioning:
    return Conditioning(call.region_embeds, call.base_embeds)


def together(pictures: list[DenseCall]) -> DenseCall:
    """One call for all; its regions are told to the context, not in it."""
    joined = {
        name: torch.cat([getattr(call, name) for call in pictures])
        for name in ("latents", "sigma", "pooled", "base_embeds")
    }
    return replace(pictures[0], **joined)


@pytest.mark.parametrize("one_stream", [False, True])
@pytest.mark.parametrize("base_ratio", [0.0, 0.3])
@pytest.mark.parametrize(("intervals", "feather"), [((1, 1), 0), ((2, 3), 0), ((1, 2), 2)])
def test_each_picture_is_as_if_drawn_alone(
    transformer: FluxTransformer2DModel,
    draw: Draw,
    plain: Plain,
    one_stream: bool,
    base_ratio: float,
    intervals: tuple[int, int],
    feather: int,
) -> None:
    how = {"base_ratio": base_ratio, "intervals": intervals, "one_stream": one_stream, "feather": feather}
    pictures = calls(draw, **how)
    settings = RegionalSettings(base_ratio, 2, *intervals, one_stream, feather)
    owner = np.stack([call.owner for call in pictures])
    told = stacked([conditioning(call) for call in pictures])
    with regional(transformer, owner, told, settings, TIMESTEPS):
        out = plain(transformer, together(pictures))
    for row, call in zip(out, pictures, strict=True):
        assert relative(row[None], dense_prediction(transformer, call)) <= 1e-5


def test_base_prompts_of_two_lengths_are_no_batch_of_flux(
    transformer: FluxTransformer2DModel, draw: Draw
) -> None:
    drawn = [draw(seed, base_ratio=0.3) for seed in (0, 1)]
    told = [conditioning(call) for call in drawn]
    assert told[0].base_embeds.shape != told[1].base_embeds.shape
    owner = np.stack([call.owner for call in drawn])
    with (
        pytest.raises(UserError, match=r"base_embeds are .* tokens long"),
        regional(transformer, owner, stacked(told), RegionalSettings(), TIMESTEPS),
    ):
        pass


@pytest.mark.parametrize("pictures", [None, 2])
def test_a_batch_needs_a_grid_a_picture(
    transformer: FluxTransformer2DModel, draw: Draw, pictures: int | None
) -> None:
    drawn = calls(draw)
    owner = np.stack([call.owner for call in drawn[:pictures]]) if pictures else drawn[0].owner
    told = stacked([conditioning(call) for call in drawn])
    with (
        pytest.raises(UserError, match=r"the conditioning is of 3 pictures .* \(3, rows, columns\)"),
        regional(transformer, owner, told, RegionalSettings(), TIMESTEPS),
    ):
        pass


def test_a_batch_of_another_number_of_pictures_is_refused(
    transformer: FluxTransformer2DModel, draw: Draw, plain: Plain
) -> None:
    drawn = calls(draw)
    owner = np.stack([call.owner for call in drawn[:2]])
    shared = Conditioning(drawn[1].region_embeds, together(drawn).base_embeds)
    with (
        regional(transformer, owner, shared, RegionalSettings(), TIMESTEPS),
        pytest.raises(UserError, match="there are grids for 2 pictures, and the latents are 3"),
    ):
        plain(transformer, together(drawn))


def test_two_passes_in_one_call_need_layouts_for_each_ones_pictures(
    transformer: FluxTransformer2DModel, draw: Draw, plain: Plain
) -> None:
    call = draw(0)
    told = Conditioning(call.region_embeds, call.base_embeds)
    owner = np.stack([call.owner] * 3)
    negative = replace(call, base_embeds=-call.base_embeds)
    with (
        regional(transformer, owner, told, RegionalSettings(inject_steps=2), TIMESTEPS),
        pytest.raises(UserError, match="grids for 3 pictures, and the latents are 1"),
    ):
        plain(transformer, together([negative, call]))
