"""A small FLUX.1, with the tokenizers and text encoders of the model that ships with the program."""

from typing import Any

import torch
from diffusers import FluxPipeline, FluxTransformer2DModel

from evals.small.parts import randomised, scheduler, small_vae
from renderer.cards import TINY


def small(seed: int = 0, **config: Any) -> Any:
    """The pipeline; `config` goes over the transformer's configuration."""
    torch.manual_seed(seed)
    read = FluxPipeline.from_pretrained(TINY, transformer=None, vae=None, dtype=torch.float32)
    defaults: dict[str, Any] = {
        "in_channels": 16,
        "num_layers": 2,
        "num_single_layers": 2,
        "attention_head_dim": 16,
        "num_attention_heads": 2,
        "joint_attention_dim": read.text_encoder_2.config.d_model,
        "pooled_projection_dim": read.text_encoder.config.hidden_size,
        "axes_dims_rope": (4, 6, 6),
    }
    parts = {name: part for name, part in read.components.items() if "text" in name or "token" in name}
    transformer = randomised(FluxTransformer2DModel(**{**defaults, **config}), seed)
    return FluxPipeline(scheduler=scheduler(), vae=small_vae(), transformer=transformer, **parts)
