"""The checkpoint that ships with the program."""

import torch
from diffusers import FluxPipeline
from safetensors import safe_open

from renderer.cards import TINY

WEIGHTS = sorted(TINY.rglob("*.safetensors"))


def test_it_is_small_and_in_half_precision() -> None:
    assert len(WEIGHTS) == 4
    assert sum(path.stat().st_size for path in WEIGHTS) <= 20_000_000
    for path in WEIGHTS:
        with safe_open(path, framework="pt") as file:
            kinds = {file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118  # it is no mapping
        assert kinds <= {"F16", "I64"}, path


def test_it_loads_as_a_pipeline() -> None:
    pipeline = FluxPipeline.from_pretrained(TINY, dtype=torch.float32)
    assert type(pipeline) is FluxPipeline
    assert pipeline.transformer.config["guidance_embeds"] is False
    assert all(torch.isfinite(p).all() for p in pipeline.transformer.parameters())
