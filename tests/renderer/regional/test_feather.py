"""Soft borders by hand; test_oracle holds what is drawn with them to the dense mask."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from torch import Tensor

from evals.oracle.dense import DenseCall
from planner.errors import UserError
from renderer.grid import TokenGrid
from renderer.models import Model
from renderer.regional import RegionalSettings
from renderer.regional.feather import border
from renderer.regional.rows import Sequenced, group_rows
from renderer.rendering import render
from renderer.settings import Settings

HALVES = np.array([[0, 0, 0, 1, 1, 1]] * 4, dtype=np.int16)


def test_the_share_of_what_lies_beyond_falls_from_one_half_on_the_border() -> None:
    share, beyond = border(torch.from_numpy(HALVES), 0, 2)
    assert share.tolist() == [[0, 0.125, 0.375, 0, 0, 0]] * 4
    assert beyond.int().tolist() == [[0, 0, 0, 1, 1, 0]] * 4


def test_diagonal_neighbours_are_one_token_away() -> None:
    owner = torch.zeros(3, 3, dtype=torch.int64)
    owner[0, 0] = -1
    share, beyond = border(owner, 0, 1)
    assert share.tolist() == [[0, 0.25, 0], [0.25, 0.25, 0], [0, 0, 0]]
    assert beyond.nonzero().tolist() == [[0, 0]]


def test_the_edge_of_the_canvas_is_no_border() -> None:
    share, beyond = border(torch.zeros(4, 4, dtype=torch.int64), 0, 8)
    assert not share.any()
    assert not beyond.any()


def test_every_token_is_drawn_and_those_at_a_border_once_more() -> None:
    rows = group_rows(HALVES, Sequenced((3, 2), 0, base_image=False), feather=1)
    attending = torch.cat([group.rows for group in rows.cells if group.share is None])
    assert attending.sort().values.tolist() == list(range(5 + HALVES.size))
    soft = [group for group in rows.cells if group.share is not None]
    assert [len(group.rows) for group in soft] == [4, 4]
    assert [sorted(set((group.keys - 5).tolist()) & {2, 3}) for group in soft] == [[2, 3], [2, 3]]


@pytest.mark.parametrize("base_ratio", [0.0, 0.3])
def test_no_text_crosses_a_border_in_one_block(
    build: Callable[..., FluxTransformer2DModel],
    draw: Callable[..., DenseCall],
    plain: Callable[[FluxTransformer2DModel, DenseCall], Tensor],
    within: Callable[..., AbstractContextManager[None]],
    base_ratio: float,
) -> None:
    """What is seen beyond the border has not been drawn from the text there yet."""
    model = build(num_layers=0, num_single_layers=1)
    call = draw(5, regions=2, owner=HALVES, base_ratio=base_ratio, feather=2)
    other = replace(call, region_embeds=(-call.region_embeds[0], *call.region_embeds[1:]))
    with within(model, call):
        out = plain(model, call)
    with within(model, other):
        moved = plain(model, other)
    mine = torch.from_numpy(call.owner.ravel() == 0)
    assert torch.equal(moved[:, ~mine], out[:, ~mine])
    assert not torch.equal(moved[:, mine], out[:, mine])


def test_without_a_feather_a_recipe_is_the_papers(grid: TokenGrid, tiny: Model) -> None:
    """And with one the same noise gives another picture."""
    quick = Settings(steps=1, inject_steps=1).over(tiny.card.recipe)
    hard, none, soft = (
        np.asarray(render(grid, tiny, Settings(feather=feather).over(quick), 0).image)
        for feather in (None, 0, 1)
    )
    assert (hard == none).all()
    assert (hard != soft).any()


def test_no_feather_is_less_than_nothing() -> None:
    with pytest.raises(UserError, match="feather is -1: it must be 0 or more"):
        RegionalSettings(feather=-1)
