"""Parts that pipelines share: tokenizers that need no download, an autoencoder, a scheduler."""

from typing import Any, cast

import torch
from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler
from tokenizers import Tokenizer, models, pre_tokenizers
from tokenizers.decoders import ByteLevel
from torch import nn
from transformers import Qwen2TokenizerFast

CHAT = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""A chat's shape, as the tokenizers of Qwen write it."""

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")


def byte_tokenizer() -> Any:
    """A tokenizer of Qwen's kind in which every byte is a token: 256 of them, and three special ones."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    core = Tokenizer(models.BPE({letter: index for index, letter in enumerate(letters)}, []))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = ByteLevel()
    return Qwen2TokenizerFast(
        tokenizer_object=core,
        unk_token=None,
        bos_token=None,
        eos_token=SPECIAL[2],
        pad_token=SPECIAL[0],
        additional_special_tokens=[*SPECIAL],
        chat_template=CHAT,
    )


def small_vae(channels: int = 4) -> AutoencoderKL:
    """An autoencoder of as many latent channels; a latent is eight pixels wide."""
    blocks = {"down_block_types": ("DownEncoderBlock2D",) * 4, "up_block_types": ("UpDecoderBlock2D",) * 4}
    widths = {"block_out_channels": (4, 4, 4, 4), "norm_num_groups": 2, "latent_channels": channels}
    shift: dict[str, Any] = {"shift_factor": 0.1, "use_quant_conv": False, "use_post_quant_conv": False}
    return AutoencoderKL(**cast(Any, blocks), **cast(Any, widths), **shift)


def scheduler(**config: Any) -> FlowMatchEulerDiscreteScheduler:
    """The scheduler of most pipelines."""
    return FlowMatchEulerDiscreteScheduler(**{"use_dynamic_shifting": True, "shift": 3.0} | config)


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
