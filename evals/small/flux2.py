"""A small FLUX.2 klein."""

from typing import Any

import torch
from diffusers import AutoencoderKLFlux2, Flux2KleinPipeline, Flux2Transformer2DModel
from transformers import Qwen3Config, Qwen3ForCausalLM

from evals.small.parts import byte_tokenizer, randomised, scheduler


def small(seed: int = 0, *, distilled: bool = False, **config: Any) -> Any:
    """The pipeline; `config` goes over the transformer's configuration."""
    torch.manual_seed(seed)
    reader = Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=260,
            hidden_size=16,
            intermediate_size=16,
            num_hidden_layers=28,
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=8,
        )
    )
    defaults = {
        "patch_size": 1,
        "in_channels": 16,
        "num_layers": 2,
        "num_single_layers": 2,
        "attention_head_dim": 16,
        "num_attention_heads": 2,
        "joint_attention_dim": 48,
        "axes_dims_rope": (4, 4, 4, 4),
    }
    return Flux2KleinPipeline(
        scheduler=scheduler(),
        vae=AutoencoderKLFlux2(
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            block_out_channels=(4, 4, 4, 4),
            norm_num_groups=2,
            latent_channels=4,
        ).eval(),
        text_encoder=reader.eval(),
        tokenizer=byte_tokenizer(),
        transformer=randomised(Flux2Transformer2DModel(**{**defaults, **config}), seed),
        is_distilled=distilled,
    )
