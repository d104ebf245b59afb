"""The sizes at which regions are timed, and random models of those sizes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, cast

import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from torch import nn


@dataclass(frozen=True)
class Preset:
    """One model, one picture and one run of it.

    `config` is the transformer's; the picture has `rows` × `columns` tokens of 16 pixels. A padded prompt has
    `padded` tokens and a trimmed one `own`. Of `steps` the first `injected` are regional. A cell of the
    table is timed in `rounds` rounds, or in `rare` of them where its arm is named there; each time
    `again` more injected steps follow the first.
    """

    name: str
    config: Mapping[str, Any]
    rows: int
    columns: int
    device: str
    dtype: torch.dtype
    rounds: int
    rare: Mapping[str, int]
    again: int
    padded: int = 512
    own: int = 64
    regions: tuple[int, ...] = (2, 4, 8, 16)
    steps: int = 24
    injected: int = 10
    base_ratio: float = 0.2

    @property
    def tokens(self) -> int:
        """Image tokens."""
        return self.rows * self.columns


FLUX_DEV = Preset(
    name="flux-dev",
    config=MappingProxyType({"guidance_embeds": True}),
    rows=64,
    columns=64,
    device="cuda",
    dtype=torch.bfloat16,
    rounds=5,
    rare=MappingProxyType({}),
    again=2,
)
"""FLUX.1-dev at 1024 × 1024: diffusers' defaults are its 19 double and 38 single blocks of width 3,072."""

CPU = Preset(
    name="cpu",
    config=MappingProxyType(
        {
            "num_layers": 1,
            "num_single_layers": 2,
            "num_attention_heads": 8,
            "joint_attention_dim": 1024,
            "guidance_embeds": True,
        }
    ),
    rows=40,
    columns=40,
    device="cpu",
    dtype=torch.float32,
    rounds=5,
    rare=MappingProxyType({"dense": 3, "rpg": 1}),
    again=0,
)
"""A FLUX of width 1,024 with one double block to two single ones, as FLUX.1 has them, at 640 × 640."""

PRESETS: Mapping[str, Preset] = MappingProxyType({preset.name: preset for preset in (CPU, FLUX_DEV)})


def on_meta(preset: Preset, doubles: int, singles: int) -> Preset:
    """The preset with so many blocks on the meta device, where nothing is computed and all can be counted."""
    config = {**preset.config, "num_layers": doubles, "num_single_layers": singles}
    return replace(preset, config=config, device="meta")


def random_transformer(preset: Preset) -> FluxTransformer2DModel:
    """A transformer of the preset's size with random weights, made where it will be used."""
    with torch.device("meta"):
        made = cast(FluxTransformer2DModel, FluxTransformer2DModel.from_config(dict(preset.config)))
    # torch's own `to`, since that of diffusers warns of checkpoints, and there is none.
    transformer = cast(FluxTransformer2DModel, nn.Module.to(made, preset.dtype)).eval().requires_grad_(False)
    if preset.device == "meta":
        return transformer
    transformer.to_empty(device=preset.device)
    torch.manual_seed(0)
    for name, weights in transformer.named_parameters():
        if weights.ndim > 1:
            nn.init.normal_(weights, std=0.02)
        else:
            nn.init.constant_(weights, 0.0 if name.endswith("bias") else 1.0)
    return transformer
