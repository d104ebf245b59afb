"""A small Chroma, with T5 of the model that ships with the program."""

from typing import Any

import torch
from diffusers import ChromaPipeline, ChromaTransformer2DModel, FluxPipeline

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
        "axes_dims_rope": (4, 6, 6),
        "approximator_num_channels": 16,
        "approximator_hidden_dim": 16,
        "approximator_layers": 1,
    }
    return ChromaPipeline(
        scheduler=scheduler(),
        vae=small_vae(),
        text_encoder=read.text_encoder_2,
        tokenizer=read.tokenizer_2,
        transformer=randomised(ChromaTransformer2DModel(**{**defaults, **config}), seed),
    )
