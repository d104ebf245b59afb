"""A small FLUX.2 dev.

Its tokenizer stands in for the processor of text and pictures that the real one has (PixtralProcessor, which
needs torchvision): of that one the pipeline has chats of text alone read, which are padded at the start.
"""

from typing import Any, Final

import torch
from diffusers import Flux2Pipeline
from diffusers.pipelines.flux2.system_messages import SYSTEM_MESSAGE
from transformers import Mistral3Config, Mistral3ForConditionalGeneration

from evals.small.flux2 import drawing_parts
from evals.small.parts import byte_tokenizer

SPECIAL: Final = ("<pad>", "<s>", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[INST]", "[/INST]", "</s>")
CHAT: Final = (
    "<s>{% for message in messages %}"
    "{% set name = 'SYSTEM_PROMPT' if message.role == 'system' else 'INST' %}"
    "{{ '[' + name + ']' }}"
    "{% for part in message.content %}{{ part.text }}{% endfor %}"
    "{{ '[/' + name + ']' }}"
    "{% endfor %}"
)
"""A chat's shape, as the tokenizers of Mistral write it."""


def small(seed: int = 0, **config: Any) -> Any:
    """The pipeline; `config` goes over the transformer's configuration."""
    torch.manual_seed(seed)
    reader = Mistral3ForConditionalGeneration(
        Mistral3Config(
            text_config={
                "model_type": "mistral",
                "vocab_size": 512,
                "hidden_size": 16,
                "intermediate_size": 16,
                "num_hidden_layers": 31,
                "num_attention_heads": 2,
                "num_key_value_heads": 1,
                "head_dim": 8,
            },
            vision_config={
                "model_type": "pixtral",
                "hidden_size": 16,
                "intermediate_size": 16,
                "num_hidden_layers": 1,
                "num_attention_heads": 2,
                "head_dim": 8,
            },
        )
    )
    words = [f"\u0120{word}" for word in SYSTEM_MESSAGE.replace(".", "").replace(",", "").split()]
    tokenizer = byte_tokenizer(words, SPECIAL, chat_template=CHAT, padding_side="left")
    return Flux2Pipeline(text_encoder=reader.eval(), tokenizer=tokenizer, **drawing_parts(seed, **config))
