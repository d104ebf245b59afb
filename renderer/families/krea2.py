"""Krea 2."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from diffusers.models.transformers.transformer_krea2 import Krea2AttnProcessor
from torch import Tensor

from renderer.families.joint import rotated, rotation
from renderer.families.masked import encoded, masked, unmasked
from renderer.regional.family import Arguments, Family, Finish, ImageTokens, Joint, Place, Prompts, Texts
from renderer.regional.injection import Block, Call, Kind
from renderer.regional.schedule import TRAIN_TIMESTEPS


class Krea2(Family):
    """Krea 2: single blocks alone, behind a stage that makes one text of several layers of the text encoder.

    The stage's first blocks attend across the layers of each token by itself, and stay as they are; in its
    others the tokens of a text see one another. All tokens of text have the same place.
    """

    transformer = "Krea2Transformer2DModel"
    processors = (Krea2AttnProcessor,)
    masks_prompts = True

    def blocks(self, transformer: Any) -> Iterator[tuple[Any, Block]]:
        for index, block in enumerate(transformer.text_fusion.refiner_blocks):
            yield block.attn, Block(Kind.TEXT, index, f"text_fusion.refiner_blocks.{index}")
        for index, block in enumerate(transformer.transformer_blocks):
            yield block.attn, Block(Kind.SINGLE, index, f"transformer_blocks.{index}")

    def width(self, transformer: Any) -> tuple[int, ...]:
        return transformer.config["num_text_layers"], transformer.config["text_hidden_dim"]

    def noise(self, call: Arguments) -> Tensor:
        return call["timestep"]

    def levels(self, timesteps: Tensor, dtype: torch.dtype) -> Tensor:
        # The pipeline rounds later than others: in bfloat16 that is another step of 48 or more.
        return (timesteps / TRAIN_TIMESTEPS).to(dtype)

    def prompts(self, call: Arguments) -> Sequence[Tensor]:
        return unmasked(call["encoder_hidden_states"], call.get("encoder_attention_mask"))

    def text_tokens(self, call: Arguments) -> int:
        return call["encoder_hidden_states"].shape[1]

    def image_tokens(self, transformer: Any, call: Arguments) -> ImageTokens:
        return ImageTokens(call["hidden_states"].shape[1])

    def lengthen(
        self, transformer: Any, call: Arguments, texts: Texts, image: ImageTokens
    ) -> tuple[Arguments, Any]:
        longer = torch.cat(texts.embeds, dim=1)
        places = call["position_ids"][-image.picture :]
        return {
            "encoder_hidden_states": longer,
            # Padding of a batch is in no group of rows, so nothing is left to mask.
            "encoder_attention_mask": None,
            "position_ids": torch.cat([places.new_zeros(longer.shape[1], places.shape[1]), places]),
        }, None

    def project(self, attn: Any, block: Block, call: Call, arguments: Arguments) -> tuple[Joint, Finish]:
        states = arguments["hidden_states"]
        layers = attn.to_q, attn.to_k, attn.to_v
        query, key, value = (layer(states).unflatten(-1, (-1, attn.head_dim)) for layer in layers)
        parts = [attn.norm_q(query), attn.norm_k(key), value]
        query, key, value = rotated(parts, rotation(arguments.get("image_rotary_emb")))
        shared = attn.num_heads // attn.num_kv_heads
        key, value = (part.repeat_interleave(shared, dim=2) for part in (key, value))
        gate = attn.to_gate(states).sigmoid()

        def finish(output: Tensor) -> Tensor:
            return attn.to_out[0](output.flatten(2) * gate)

        return (query, key, value), finish

    def place_of(self, layer: str) -> Place:
        kind = layer.partition(".")[0]
        places = {"img_in": Place.IMAGE, "final_layer": Place.IMAGE, "transformer_blocks": Place.JOINT}
        places |= dict.fromkeys(("text_fusion", "txt_in"), Place.TEXT)
        return places.get(kind, Place.NONE)

    def encode(self, pipeline: Any, prompts: Sequence[str], length: int) -> Prompts:
        return encoded(*pipeline.encode_prompt(prompt=[*prompts], max_sequence_length=length))

    def tokens(self, pipeline: Any, prompt: str) -> int:
        told = pipeline.tokenizer(pipeline.prompt_template_encode_prefix + prompt, verbose=False).input_ids
        # What stands before the prompt is read, and then left out.
        added = pipeline.prompt_template_encode_num_suffix_tokens - pipeline.prompt_template_encode_start_idx
        return len(told) + added

    def arguments(self, prompts: Prompts, negative: Prompts | None) -> Arguments:
        # The pipeline has places for one length alone.
        return masked(prompts, negative, even=True)

    def guidance(self, pipeline: Any, guidance_scale: float, true_cfg_scale: float) -> Arguments:
        # Its scale counts from the prompt's own prediction.
        return {"guidance_scale": true_cfg_scale - 1}


FAMILY = Krea2()
