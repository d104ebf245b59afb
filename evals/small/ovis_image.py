"""A small Ovis-Image."""

from typing import Any

import torch
from diffusers import OvisImagePipeline, OvisImageTransformer2DModel
from transformers import Qwen3Model

from evals.small.parts import QWEN_IMAGE_WORDS, byte_tokenizer, qwen3_config, randomised, scheduler, small_vae


def small(seed: int = 0, **config: Any) -> Any:
    """The pipeline; `config` goes over the transformer's configuration."""
    torch.manual_seed(seed)
    reader = Qwen3Model(qwen3_config(2))
    defaults: dict[str, Any] = {
        "in_channels": 16,
        "out_channels": 16,
        "num_layers": 2,
        "num_single_layers": 2,
        "attention_head_dim": 16,
        "num_attention_heads": 2,
        "joint_attention_dim": 16,
        "axes_dims_rope": (4, 6, 6),
    }
    return OvisImagePipeline(
        scheduler=scheduler(),
        vae=small_vae(),
        text_encoder=reader.eval(),
        tokenizer=byte_tokenizer(QWEN_IMAGE_WORDS),
        transformer=randomised(OvisImageTransformer2DModel(**{**defaults, **config}), seed),
    )
