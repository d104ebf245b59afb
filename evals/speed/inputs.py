"""What is timed: presets of model and picture sizes, and random models, inputs and layouts of these sizes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, cast

import numpy as np
import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from numpy.typing import NDArray
from torch import Tensor, nn

from evals.oracle.parity import image_ids

EARLY, LATE = 1.0, 0.05
"""Noise levels of an injected step, and of a step after the last injected one."""


@dataclass(frozen=True)
class Preset:
    """The size of one model, one picture and one run.

    `config` is the transformer's. The picture has `rows` × `columns` tokens of 16 pixels. A padded prompt has
    `padded` tokens and a trimmed one `trimmed`. Of `steps` the first `injected` are regional. A cell of the
    table is timed in `rounds` rounds, unless `fewer_rounds` has another number for its arm. Each time,
    `repeats` more injected steps follow the first.
    """

    name: str
    config: Mapping[str, Any]
    rows: int
    columns: int
    device: str
    dtype: torch.dtype
    rounds: int
    fewer_rounds: Mapping[str, int]
    repeats: int
    padded: int = 512
    trimmed: int = 64
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
    fewer_rounds=MappingProxyType({}),
    repeats=2,
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
    fewer_rounds=MappingProxyType({"dense": 3, "rpg": 1}),
    repeats=0,
)
"""A FLUX of width 1,024 with twice as many single as double blocks, as in FLUX.1, at 640 × 640."""

PRESETS: Mapping[str, Preset] = MappingProxyType({preset.name: preset for preset in (CPU, FLUX_DEV)})


def on_meta(preset: Preset, doubles: int, singles: int) -> Preset:
    """The preset with so many blocks on the meta device, where tensors have shapes and no numbers."""
    config = {**preset.config, "num_layers": doubles, "num_single_layers": singles}
    return replace(preset, config=config, device="meta")


def random_transformer(preset: Preset) -> FluxTransformer2DModel:
    """A transformer of the preset's size with random weights, made on the preset's device."""
    with torch.device("meta"):
        made = cast(FluxTransformer2DModel, FluxTransformer2DModel.from_config(dict(preset.config)))
    # torch's own `to`: that of diffusers warns about checkpoints, and there is none.
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


@dataclass(frozen=True, eq=False)
class Inputs:
    """A transformer and its random inputs, on one device and of one dtype; all arms get the same.

    `latents` (1, N, C), `pooled` (1, P), `guidance` (1,) or None. `base` (1, padded, D) is the embedding of
    the padded prompt, and `texts` has one of this shape for each region; the trimmed prompts are their first
    tokens.
    """

    preset: Preset
    transformer: FluxTransformer2DModel
    latents: Tensor
    pooled: Tensor
    guidance: Tensor | None
    base: Tensor
    texts: tuple[Tensor, ...]

    @torch.inference_mode()
    def predict(self, sigma: float, prompt: Tensor) -> Tensor:
        """FLUX's prediction (1, N, C) from `prompt` (1, L, D), called as a pipeline calls it."""
        return self.transformer(
            hidden_states=self.latents,
            timestep=torch.full((1,), sigma, dtype=self.preset.dtype, device=self.preset.device),
            guidance=self.guidance,
            pooled_projections=self.pooled,
            encoder_hidden_states=prompt,
            txt_ids=torch.zeros(prompt.shape[1], 3, device=self.preset.device),
            img_ids=image_ids(self.preset.rows, self.preset.columns).to(self.preset.device),
            return_dict=False,
        )[0]


def random_inputs(preset: Preset, transformer: FluxTransformer2DModel, regions: int) -> Inputs:
    """Inputs of the preset's size for up to `regions` regions."""
    config = transformer.config

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, dtype=preset.dtype, device=preset.device)

    prompt = preset.padded, config["joint_attention_dim"]
    return Inputs(
        preset=preset,
        transformer=transformer,
        latents=normal(1, preset.tokens, config["in_channels"]),
        pooled=normal(1, config["pooled_projection_dim"]),
        guidance=normal(1).abs() if config["guidance_embeds"] else None,
        base=normal(1, *prompt),
        texts=tuple(normal(1, *prompt) for _ in range(regions)),
    )


def layouts(preset: Preset, regions: int) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Two divisions of the picture into equal boxes, as the region of each token, int16 (rows, columns).

    `regions` is a power of two, and at least 2.
    """
    down = 2 ** (int(np.log2(regions)) // 2)
    across = regions // down
    other = (across, down) if across != down else (2 * across, down // 2)
    owners = list[NDArray[np.int16]]()
    for rows, columns in ((down, across), other):
        row = np.arange(preset.rows) * rows // preset.rows
        column = np.arange(preset.columns) * columns // preset.columns
        owners.append((row[:, None] * columns + column[None, :]).astype(np.int16))
    return owners[0], owners[1]
