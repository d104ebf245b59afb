"""The speed benchmark in miniature: the code that times FLUX.1-dev, on a model of a few thousand weights."""

from dataclasses import replace
from types import MappingProxyType

import pytest
import torch

from evals.speed.inputs import FLUX_DEV, Inputs, Preset, random_inputs, random_transformer


@pytest.fixture(scope="session")
def miniature() -> Preset:
    config = {
        "num_layers": 1,
        "num_single_layers": 2,
        "num_attention_heads": 2,
        "attention_head_dim": 16,
        "axes_dims_rope": (4, 6, 6),
        "joint_attention_dim": 32,
        "pooled_projection_dim": 24,
    }
    return replace(
        FLUX_DEV,
        name="miniature",
        config=MappingProxyType({**FLUX_DEV.config, **config}),
        rows=8,
        columns=4,
        device="cpu",
        dtype=torch.float32,
        rounds=2,
        fewer_rounds=MappingProxyType({"rpg": 1}),
        padded=12,
        trimmed=5,
        regions=(2, 4),
    )


@pytest.fixture(scope="session")
def inputs(miniature: Preset) -> Inputs:
    return random_inputs(miniature, random_transformer(miniature), 4)
