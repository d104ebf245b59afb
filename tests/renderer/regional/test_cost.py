"""What a regional call computes, and what it does not: every attention that is run, by its shape."""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from evals.oracle.dense import DenseCall

Draw = Callable[..., DenseCall]
Plain = Callable[[FluxTransformer2DModel, DenseCall], Tensor]
Within = Callable[..., AbstractContextManager[None]]

# Columns 0 and 1 to region 0, 2 and 3 to region 1, 4 and 5 to none: eight image tokens each.
OWNER = np.tile(np.array([0, 0, 1, 1, -1, -1], dtype=np.int16), (4, 1))
TEXTS = (torch.ones(1, 3, 32), torch.ones(1, 5, 32))
BASE = torch.zeros(1, 7, 32)
DOUBLES, SINGLES = 3, 4


class Attentions(TorchFunctionMode):
    """Watches torch's own attention and keeps the lengths of query and key; a mask is an error."""

    def __init__(self) -> None:
        super().__init__()
        self.lengths: list[tuple[int, int]] = []

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func is functional.scaled_dot_product_attention:
            call = dict(zip(("query", "key", "value", "attn_mask"), args, strict=False)) | (kwargs or {})
            assert call.get("attn_mask") is None
            self.lengths.append((call["query"].shape[-2], call["key"].shape[-2]))
        return func(*args, **(kwargs or {}))


@contextmanager
def watched() -> Generator[list[tuple[int, int]], None, None]:
    with Attentions() as attentions:
        yield attentions.lengths


def columns(draw: Draw, base_ratio: float, intervals: tuple[int, int] = (1, 1)) -> DenseCall:
    call = draw(0, regions=2, owner=OWNER, base_ratio=base_ratio, intervals=intervals)
    return replace(call, region_embeds=TEXTS, base_embeds=BASE)


def lengths_of(
    transformer: FluxTransformer2DModel, plain: Plain, context: AbstractContextManager[None], call: DenseCall
) -> list[tuple[int, int]]:
    with context, watched() as lengths:
        plain(transformer, call)
    return lengths


CELLS = [(3 + 8, 3 + 8), (5 + 8, 5 + 8), (8, 8)]


def test_without_a_base_share_there_is_no_base_branch(
    transformer: FluxTransformer2DModel, draw: Draw, plain: Plain, within: Within
) -> None:
    call = columns(draw, base_ratio=0.0)
    lengths = lengths_of(transformer, plain, within(transformer, call), call)
    assert lengths == CELLS * (DOUBLES + SINGLES)


def test_a_masked_block_attends_in_regions_and_once_in_the_base_branch(
    transformer: FluxTransformer2DModel, draw: Draw, plain: Plain, within: Within
) -> None:
    call = columns(draw, base_ratio=0.3)
    lengths = lengths_of(transformer, plain, within(transformer, call), call)
    assert lengths == [*CELLS, (7 + 24, 7 + 24)] * (DOUBLES + SINGLES)


def test_a_block_between_attends_over_the_whole_regional_sequence(
    transformer: FluxTransformer2DModel, draw: Draw, plain: Plain, within: Within
) -> None:
    call = columns(draw, base_ratio=0.0, intervals=(2, 3))
    lengths = lengths_of(transformer, plain, within(transformer, call), call)
    whole = [(3 + 5 + 24, 3 + 5 + 24)]
    assert lengths == CELLS + whole + CELLS + CELLS + whole + whole + CELLS


def test_after_the_last_injected_step_nothing_is_computed_but_plain_flux(
    transformer: FluxTransformer2DModel, draw: Draw, plain: Plain, within: Within
) -> None:
    call = columns(draw, base_ratio=0.3)
    late = replace(call, sigma=torch.full((1,), 0.25))
    lengths = lengths_of(transformer, plain, within(transformer, call), late)
    assert lengths == [(7 + 24, 7 + 24)] * (DOUBLES + SINGLES)


def test_uncovered_tokens_see_one_another_and_no_text(
    transformer: FluxTransformer2DModel, draw: Draw, plain: Plain, within: Within
) -> None:
    call = columns(draw, base_ratio=0.0)
    changed = replace(call, region_embeds=tuple(-text for text in call.region_embeds))
    uncovered = torch.from_numpy(OWNER.ravel() == -1)
    with within(transformer, call):
        out = plain(transformer, call)
    with within(transformer, changed):
        moved = plain(transformer, changed)
    assert torch.equal(moved[:, uncovered], out[:, uncovered])
    first = int(np.flatnonzero(OWNER.ravel() == -1)[0])
    latents = call.latents.clone()
    latents[:, first] += 1
    with within(transformer, call):
        moved = plain(transformer, replace(call, latents=latents))
    assert not torch.isclose(moved[:, uncovered], out[:, uncovered]).all(dim=-1).any()
    assert torch.equal(moved[:, ~uncovered], out[:, ~uncovered])
