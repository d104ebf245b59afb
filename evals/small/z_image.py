"""A small Z-Image."""

from typing import Any

import torch
from diffusers import ZImagePipeline, ZImageTransformer2DModel
from transformers import Qwen3Model

from evals.small.parts import byte_tokenizer, qwen3_config, randomised, scheduler, small_vae


def small(seed: int = 0, **config: Any) -> Any:
    """The pipeline; `config` goes over the transformer's configuration."""
    torch.manual_seed(seed)
    reader = Qwen3Model(qwen3_config(3))
    defaults: dict[str, Any] = {
        "in_channels": 4,
        "dim": 32,
        "n_layers": 3,
        "n_refiner_layers": 2,
        "n_heads": 2,
        "n_kv_heads": 2,
        "cap_feat_dim": 16,
        "axes_dims": [4, 6, 6],
        "axes_lens": [256, 32, 32],
    }
    return ZImagePipeline(
        scheduler=scheduler(use_dynamic_shifting=False),
        vae=small_vae(),
        text_encoder=reader.eval(),
        tokenizer=byte_tokenizer(),
        transformer=randomised(ZImageTransformer2DModel(**{**defaults, **config}), seed),
    )
