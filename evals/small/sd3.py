"""A small Stable Diffusion 3.5, with the tokenizers of the model that ships with the program."""

from typing import Any

import torch
from diffusers import FluxPipeline, SD3Transformer2DModel, StableDiffusion3Pipeline
from transformers import CLIPTextConfig, CLIPTextModelWithProjection, T5Config, T5EncoderModel

from evals.small.parts import randomised, scheduler, small_vae
from renderer.cards import TINY


def small(seed: int = 0, **config: Any) -> Any:
    """The pipeline; `config` goes over the transformer's configuration.

    The first block attends twice, as in Stable Diffusion 3.5 medium, and CLIP's texts are padded in width.
    """
    torch.manual_seed(seed)
    read = FluxPipeline.from_pretrained(
        TINY, transformer=None, vae=None, text_encoder=None, text_encoder_2=None
    )
    reader = T5Config(
        vocab_size=len(read.tokenizer_2),
        d_model=48,
        d_kv=8,
        d_ff=32,
        num_layers=2,
        num_heads=2,
        is_decoder=False,
        use_cache=False,
    )
    defaults: dict[str, Any] = {
        "sample_size": 16,
        # The pipeline for inpainting takes no other number of latent channels.
        "in_channels": 16,
        "num_layers": 4,
        "attention_head_dim": 16,
        "num_attention_heads": 2,
        "joint_attention_dim": 48,
        "caption_projection_dim": 32,
        "pooled_projection_dim": 24,
        "pos_embed_max_size": 16,
        "dual_attention_layers": (0,),
        "qk_norm": "rms_norm",
    }
    return StableDiffusion3Pipeline(
        scheduler=scheduler(use_dynamic_shifting=False),
        vae=small_vae(16),
        text_encoder=_clip(read.tokenizer, 16, 8, seed),
        tokenizer=read.tokenizer,
        text_encoder_2=_clip(read.tokenizer, 24, 16, seed + 1),
        tokenizer_2=read.tokenizer,
        text_encoder_3=T5EncoderModel(reader).eval(),
        tokenizer_3=read.tokenizer_2,
        transformer=randomised(SD3Transformer2DModel(**{**defaults, **config}), seed),
    )


def _clip(tokenizer: Any, width: int, projection: int, seed: int) -> Any:
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        projection_dim=projection,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return randomised(CLIPTextModelWithProjection(config), seed)
