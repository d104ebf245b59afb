"""Parts that pipelines share: tokenizers that need no download, an autoencoder, a scheduler."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

import torch
from diffusers import AutoencoderKL, AutoencoderKLQwenImage, FlowMatchEulerDiscreteScheduler
from tokenizers import Tokenizer, models, pre_tokenizers
from tokenizers.decoders import ByteLevel
from torch import nn
from transformers import Qwen2Tokenizer, Qwen3Config

CHAT = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""A chat's shape, as the tokenizers of Qwen write it."""

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")

_SPACED: Final = (
    "the image by detailing color shape size texture quantity text spatial relationships of objects and "
    "background"
)
QWEN_IMAGE_WORDS: Final = (
    *(f"\u0120{word}" for word in _SPACED.split()),
    *("system", "Describe", "user", "assistant"),
)
"""The words around a prompt of Qwen-Image: pipelines count on the 34 tokens that these are before it.

A space is written as a tokenizer of bytes has it.
"""


def byte_tokenizer(words: Iterable[str] = (), special: Sequence[str] = SPECIAL, **more: Any) -> Any:
    """A tokenizer of Qwen's kind in which every byte is a token, 256 of them, and so are the `special` ones,
    padding first and the end last; each of `words`, and what it begins with, is a token too.
    """
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = list(dict.fromkeys((word[:end], word[end]) for word in words for end in range(1, len(word))))
    tokens = [*letters, *map("".join, merges)]
    core = Tokenizer(models.BPE({token: index for index, token in enumerate(tokens)}, merges))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = ByteLevel()
    told: dict[str, Any] = {
        "tokenizer_object": core,
        "unk_token": None,
        "bos_token": None,
        "eos_token": special[-1],
        "pad_token": special[0],
        "additional_special_tokens": [*special],
        "chat_template": CHAT,
    }
    return Qwen2Tokenizer(**{**told, **more})


def qwen3_config(layers: int) -> Qwen3Config:
    """A text encoder of Qwen's kind, of width 16, for `byte_tokenizer`."""
    return Qwen3Config(
        vocab_size=512,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=layers,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
    )


def small_vae(channels: int = 4) -> AutoencoderKL:
    """An autoencoder of as many latent channels; a latent is eight pixels wide."""
    blocks = {"down_block_types": ("DownEncoderBlock2D",) * 4, "up_block_types": ("UpDecoderBlock2D",) * 4}
    widths = {"block_out_channels": (4, 4, 4, 4), "norm_num_groups": 2, "latent_channels": channels}
    shift: dict[str, Any] = {"shift_factor": 0.1, "use_quant_conv": False, "use_post_quant_conv": False}
    return AutoencoderKL(**cast(Any, blocks), **cast(Any, widths), **shift)


def small_video_vae(channels: int = 4) -> AutoencoderKLQwenImage:
    """The same of the kind that Qwen-Image has, which is one for videos."""
    return AutoencoderKLQwenImage(
        base_dim=4,
        z_dim=channels,
        dim_mult=[1, 1, 1, 1],
        num_res_blocks=1,
        latents_mean=[0.1 * index for index in range(channels)],
        latents_std=[1.0 + 0.1 * index for index in range(channels)],
    ).eval()


def scheduler(**config: Any) -> FlowMatchEulerDiscreteScheduler:
    """The scheduler of most pipelines."""
    defaults: dict[str, Any] = {"use_dynamic_shifting": True, "shift": 3.0}
    return FlowMatchEulerDiscreteScheduler(**{**defaults, **config})


def randomised(module: nn.Module, seed: int) -> Any:
    """The module with weights that leave no path idle, as an initialisation with zeros would."""
    numbers = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in module.named_parameters():
            noise = torch.randn(weight.shape, generator=numbers)
            if weight.ndim > 1:
                weight.copy_(noise * weight.shape[-1] ** -0.5)
            elif "norm" in name and name.endswith("weight"):
                weight.copy_(1 + 0.1 * noise)
            else:
                weight.copy_(0.1 * noise)
    return module.eval().requires_grad_(False)
