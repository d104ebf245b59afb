"""Compiled blocks of families of every kind: what they draw, and that one compilation serves every layout."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch._dynamo.utils import counters

if TYPE_CHECKING:
    from tests.renderer.families.conftest import Model

TEXTS = ("a red fox", "an old wooden boat by the lake at dawn", "fog", "three men", "a house on a hill")
BLOCKS = {
    "chroma": {"num_layers": 9},
    "krea2": {"num_layers": 9},
    "ovis_image": {"num_layers": 9},
    "qwen_image": {"num_layers": 9},
    "sd3": {"num_layers": 9},
    "z_image": {"n_layers": 9, "n_refiner_layers": 9},
}
"""Of a kind, more than Dynamo would compile one by one."""
Same = Callable[[Tensor, Tensor], None]


def compile_blocks(transformer: Any) -> None:
    """As diffusers does it, which does not know the blocks of Stable Diffusion 3.

    There they are of three kinds. Each is compiled for regional calls and for plain ones: of any length from
    the first, since for one length besides that would be nine, more than Dynamo allows of itself.
    """
    told: dict[str, Any] = {"backend": "eager", "fullgraph": True}
    if transformer._repeated_blocks:
        transformer.compile_repeated_blocks(**told)
        return
    for block in transformer.transformer_blocks:
        block.compile(**told, dynamic=True)


@pytest.mark.parametrize("name", BLOCKS)
def test_what_is_compiled_for_two_layouts_draws_any_other(
    load: "Callable[..., Model]", same: Same, name: str
) -> None:
    model = load(name, seed=6, **BLOCKS[name])
    texts, base = model.encode(*TEXTS), model.encode("a fox beside a boat, in fog")
    numbers = np.random.default_rng(0)
    owners = {count: numbers.integers(-1, count, (4, 6)).astype(np.int16) for count in (2, 3, 5, 4)}

    def drawn(count: int) -> Tensor:
        own = type(texts)(texts.embeds[:count])
        told: dict[str, Any] = {"settings": {"double_interval": 2, "single_interval": 3}}
        within = model.regions(owners[count], own, base, base_ratio=0.3, inject_steps=1, **told)
        return model.latents(base, within=within)

    expected = {count: drawn(count) for count in owners}
    torch.compiler.reset()
    compile_blocks(model.transformer)
    graphs = list[int]()
    try:
        for count in owners:
            same(drawn(count), expected[count])
            graphs.append(counters["stats"]["unique_graphs"])
    finally:
        torch.compiler.reset()
    assert graphs[1] == graphs[-1] > 0
