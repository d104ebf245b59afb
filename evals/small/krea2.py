"""A small Krea 2."""

from typing import Any

import torch
from diffusers import Krea2Pipeline, Krea2Transformer2DModel
from transformers import Qwen3VLConfig, Qwen3VLModel

from evals.small.parts import QWEN_IMAGE_WORDS, byte_tokenizer, randomised, scheduler, small_video_vae


def small(seed: int = 0, **config: Any) -> Any:
    """The pipeline; `config` goes over the transformer's configuration."""
    torch.manual_seed(seed)
    reader = Qwen3VLModel(
        Qwen3VLConfig(
            text_config={
                "vocab_size": 512,
                "hidden_size": 16,
                "intermediate_size": 16,
                "num_hidden_layers": 3,
                "num_attention_heads": 2,
                "num_key_value_heads": 1,
                "head_dim": 8,
                "rope_parameters": {
                    "rope_type": "default",
                    "mrope_section": [2, 1, 1],
                    "mrope_interleaved": True,
                },
            },
            vision_config={
                "depth": 1,
                "hidden_size": 16,
                "intermediate_size": 16,
                "num_heads": 2,
                "out_hidden_size": 16,
                "num_position_embeddings": 16,
                "deepstack_visual_indexes": [0],
            },
        )
    )
    defaults: dict[str, Any] = {
        "in_channels": 16,
        "num_layers": 3,
        "attention_head_dim": 16,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "intermediate_size": 32,
        "timestep_embed_dim": 16,
        "text_hidden_dim": 16,
        "num_text_layers": 3,
        "text_num_attention_heads": 2,
        "text_num_key_value_heads": 1,
        "text_intermediate_size": 24,
        "axes_dims_rope": (4, 6, 6),
    }
    return Krea2Pipeline(
        scheduler=scheduler(max_image_seq_len=6400),
        vae=small_video_vae(),
        text_encoder=reader.eval(),
        tokenizer=byte_tokenizer(QWEN_IMAGE_WORDS),
        transformer=randomised(Krea2Transformer2DModel(**{**defaults, **config}), seed),
        text_encoder_select_layers=(1, 2, 3),
    )
