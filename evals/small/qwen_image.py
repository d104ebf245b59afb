"""A small Qwen-Image."""

from typing import Any

import torch
from diffusers import QwenImagePipeline, QwenImageTransformer2DModel
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

from evals.small.parts import QWEN_IMAGE_WORDS, byte_tokenizer, randomised, scheduler, small_video_vae


def small(seed: int = 0, **config: Any) -> Any:
    """The pipeline; `config` goes over the transformer's configuration."""
    torch.manual_seed(seed)
    reader = Qwen2_5_VLForConditionalGeneration(
        Qwen2_5_VLConfig(
            text_config={
                "vocab_size": 512,
                "hidden_size": 16,
                "intermediate_size": 16,
                "num_hidden_layers": 2,
                "num_attention_heads": 2,
                "num_key_value_heads": 1,
                "bos_token_id": None,
                "eos_token_id": None,
                "rope_parameters": {"rope_type": "default", "mrope_section": [1, 1, 2]},
            },
            vision_config={
                "depth": 1,
                "hidden_size": 16,
                "intermediate_size": 16,
                "num_heads": 2,
                "out_hidden_size": 16,
                "fullatt_block_indexes": [0],
            },
        )
    )
    defaults: dict[str, Any] = {
        "in_channels": 16,
        "out_channels": 4,
        "num_layers": 4,
        "attention_head_dim": 16,
        "num_attention_heads": 2,
        "joint_attention_dim": 16,
        "axes_dims_rope": (4, 6, 6),
    }
    return QwenImagePipeline(
        scheduler=scheduler(),
        vae=small_video_vae(),
        text_encoder=reader.eval(),
        tokenizer=byte_tokenizer(QWEN_IMAGE_WORDS),
        transformer=randomised(QwenImageTransformer2DModel(**{**defaults, **config}), seed),
    )
