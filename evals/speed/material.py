"""What all arms are given alike: a model, noise, prompts and layouts."""

from dataclasses import dataclass

import numpy as np
import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from numpy.typing import NDArray
from torch import Tensor

from evals.oracle.parity import image_ids
from evals.speed.presets import Preset

EARLY, LATE = 1.0, 0.05
"""Noise levels of a step with regions and of one after the last of them."""


@dataclass(frozen=True, eq=False)
class Material:
    """Random inputs of one device and dtype.

    `latents` (1, N, C), `pooled` (1, P), `guidance` (1,) or None; `base` (1, padded, D) and `texts`, one
    (1, padded, D) a region, are padded prompts, of which the first `own` tokens are the trimmed ones.
    """

    preset: Preset
    transformer: FluxTransformer2DModel
    latents: Tensor
    pooled: Tensor
    guidance: Tensor | None
    base: Tensor
    texts: tuple[Tensor, ...]

    @torch.inference_mode()
    def plain(self, sigma: float, prompt: Tensor) -> Tensor:
        """Plain FLUX's prediction (1, N, C) from `prompt` (1, L, D): what a pipeline calls."""
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


def random_material(preset: Preset, transformer: FluxTransformer2DModel, regions: int) -> Material:
    """Inputs of the preset's size for up to `regions` regions."""
    config = transformer.config

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, dtype=preset.dtype, device=preset.device)

    prompt = preset.padded, config["joint_attention_dim"]
    return Material(
        preset=preset,
        transformer=transformer,
        latents=normal(1, preset.tokens, config["in_channels"]),
        pooled=normal(1, config["pooled_projection_dim"]),
        guidance=normal(1).abs() if config["guidance_embeds"] else None,
        base=normal(1, *prompt),
        texts=tuple(normal(1, *prompt) for _ in range(regions)),
    )


def layouts(preset: Preset, regions: int) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Two partitions of the picture into so many boxes (a power of two, 2 at least), each int16 (rows,
    columns).
    """
    down = 2 ** (int(np.log2(regions)) // 2)
    across = regions // down
    other = (across, down) if across != down else (2 * across, down // 2)
    return _boxes(preset, down, across), _boxes(preset, *other)


def _boxes(preset: Preset, down: int, across: int) -> NDArray[np.int16]:
    rows = np.arange(preset.rows) * down // preset.rows
    columns = np.arange(preset.columns) * across // preset.columns
    return (rows[:, None] * across + columns[None, :]).astype(np.int16)
