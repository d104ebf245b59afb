"""Compiled blocks: what they draw, and that one compilation serves every layout."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest
import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from torch import Tensor
from torch._dynamo.utils import counters

from evals.oracle.dense import DenseCall, dense_prediction
from evals.oracle.parity import relative

Build = Callable[..., FluxTransformer2DModel]
Draw = Callable[..., DenseCall]
Plain = Callable[[FluxTransformer2DModel, DenseCall], Tensor]
Within = Callable[..., AbstractContextManager[None]]

BLOCKS = {"num_layers": 9, "num_single_layers": 9}
"""Of a kind, more than Dynamo would compile one by one."""


@pytest.fixture
def compiled(build: Build) -> Iterator[FluxTransformer2DModel]:
    """Traced whole, as diffusers recommends: what can't be, or would be compiled too often, is an error."""
    torch.compiler.reset()
    transformer = build(**BLOCKS)
    transformer.compile_repeated_blocks(backend="eager", fullgraph=True)
    yield transformer
    torch.compiler.reset()


@pytest.mark.parametrize("feather", [0, 1])
def test_what_is_compiled_for_two_layouts_draws_any_other_as_the_oracle_does(
    compiled: FluxTransformer2DModel, build: Build, draw: Draw, plain: Plain, within: Within, feather: int
) -> None:
    graphs, bare = list[int](), build(**BLOCKS)
    for regions in (2, 3, 5, 4):
        call = draw(regions, regions=regions, intervals=(2, 3), feather=feather)
        after = replace(call, sigma=torch.full((1,), 0.25))
        with within(compiled, call):
            found = plain(compiled, call), plain(compiled, after)
        graphs.append(counters["stats"]["unique_graphs"])
        assert relative(found[0], dense_prediction(bare, call)) <= 1e-5
        assert relative(found[1], plain(bare, after)) <= 1e-5
    assert graphs[1] == graphs[-1] > 0
