"""How often torch.compile compiles anew from one layout to the next."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch._dynamo.utils import counters

from evals.speed.arms import ARMS
from evals.speed.material import layouts, random_material
from evals.speed.presets import CPU, random_transformer

SMALL = replace(
    CPU,
    name="small",
    config={**CPU.config, "num_attention_heads": 2, "attention_head_dim": 32, "axes_dims_rope": (8, 12, 12)},
    rows=8,
    columns=8,
    padded=32,
    own=16,
)


@dataclass(frozen=True)
class Compiled:
    """Graphs that were compiled for one call."""

    call: str
    graphs: int


def recompiles(arm: str = "fast") -> Iterator[Compiled]:
    """Graphs compiled call by call, of a small FLUX whose blocks are compiled as diffusers recommends.

    Compiling is only traced, which is what decides whether it has to be done anew.
    """
    torch.compiler.reset()
    transformer = random_transformer(SMALL)
    transformer.compile_repeated_blocks(backend="eager", fullgraph=True)
    material = random_material(SMALL, transformer, 16)
    for call, regions, owner in _calls():
        before = counters["stats"]["unique_graphs"]
        with ARMS[arm](material, owner, regions) as steps:
            steps.injected()
        yield Compiled(call, counters["stats"]["unique_graphs"] - before)


def _calls() -> Iterator[tuple[str, int, NDArray[np.int16]]]:
    four, turned = layouts(SMALL, 4)
    eight, other_eight = layouts(SMALL, 8)
    uneven, more_uneven = turned.copy(), turned.copy()
    uneven[:3], more_uneven[1:5] = 0, 1
    yield "4 regions", 4, four
    yield "the same layout", 4, four
    yield "4 others, as large", 4, turned
    yield "4 of uneven sizes", 4, uneven
    yield "4 of other uneven sizes", 4, more_uneven
    yield "8 regions", 8, eight
    yield "8 others", 8, other_eight
    for regions in (2, 3, 5, 6, 7):
        yield f"{regions} regions", regions, eight % regions
