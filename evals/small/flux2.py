"""A small FLUX.2 klein."""

from typing import Any

import torch
from diffusers import AutoencoderKLFlux2, Flux2KleinPipeline, Flux2Transformer2DModel
from transformers import Qwen3ForCausalLM

from evals.small.parts import byte_tokenizer, qwen3_config, randomised, scheduler


def small(seed: int = 0, *, distilled: bool = False, **config: Any) -> Any:
    """The pipeline; `config` goes over the transformer's configuration."""
    torch.manual_seed(seed)
    reader = Qwen3ForCausalLM(qwen3_config(28))
    return Flux2KleinPipeline(
        text_encoder=reader.eval(),
        tokenizer=byte_tokenizer(),
        is_distilled=distilled,
        **drawing_parts(seed, **config),
    )


def drawing_parts(seed: int, **config: Any) -> dict[str, Any]:
    """The parts of a pipeline of FLUX.2 that do not read, for text encoders of 16 channels."""
    defaults: dict[str, Any] = {
        "patch_size": 1,
        "in_channels": 16,
        "num_layers": 2,
        "num_single_layers": 2,
        "attention_head_dim": 16,
        "num_attention_heads": 2,
        "joint_attention_dim": 48,
        "axes_dims_rope": (4, 4, 4, 4),
    }
    vae = AutoencoderKLFlux2(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(4, 4, 4, 4),
        norm_num_groups=2,
        latent_channels=4,
    )
    transformer = randomised(Flux2Transformer2DModel(**{**defaults, **config}), seed)
    return {"scheduler": scheduler(), "vae": vae.eval(), "transformer": transformer}
