"""Stable Diffusion 3 and 3.5."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from diffusers.models.attention_processor import JointAttnProcessor2_0
from torch import Tensor

from renderer.regional.family import (
    Arguments,
    Family,
    Finish,
    ImageTokens,
    Joint,
    Place,
    Prompts,
    Texts,
    rounded_up,
)
from renderer.regional.injection import Block, Call, Kind
from renderer.regional.schedule import TRAIN_TIMESTEPS


class SD3(Family):
    """Stable Diffusion 3: double blocks alone, some with a second attention of the image by itself.

    Text has no places. A prompt is read by CLIP, and by T5 behind that; its latents are (B, C, H, W).
    """

    transformer = "SD3Transformer2DModel"
    # Not FusedJointAttnProcessor2_0, which leaves out the norms that Stable Diffusion 3.5 has.
    processors = (JointAttnProcessor2_0,)
    image_first = True

    def blocks(self, transformer: Any) -> Iterator[tuple[Any, Block]]:
        for index, block in enumerate(transformer.transformer_blocks):
            name = f"transformer_blocks.{index}"
            yield block.attn, Block(Kind.DOUBLE, index, name)
            if block.attn2 is not None:
                yield block.attn2, Block(Kind.IMAGE, index, name)

    def width(self, transformer: Any) -> tuple[int, ...]:
        return (transformer.config["joint_attention_dim"],)

    def longest_side(self, transformer: Any) -> int | None:
        return transformer.config["pos_embed_max_size"]

    def noise(self, call: Arguments) -> Tensor:
        # The pipeline leaves timesteps in float32, whatever the transformer's precision.
        return call["timestep"] / TRAIN_TIMESTEPS

    def prompts(self, call: Arguments) -> Sequence[Tensor]:
        return tuple(call["encoder_hidden_states"])

    def text_tokens(self, call: Arguments) -> int:
        return call["encoder_hidden_states"].shape[1]

    def image_tokens(self, transformer: Any, call: Arguments) -> ImageTokens:
        side: int = transformer.config["patch_size"]
        height, width = call["hidden_states"].shape[-2:]
        return ImageTokens((height // side) * (width // side))

    def lengthen(
        self, transformer: Any, call: Arguments, texts: Texts, image: ImageTokens
    ) -> tuple[Arguments, Any]:
        return {"encoder_hidden_states": torch.cat(texts.embeds, dim=1)}, None

    def project(self, attn: Any, block: Block, call: Call, arguments: Arguments) -> tuple[Joint, Finish]:
        image, text = arguments["hidden_states"], arguments["encoder_hidden_states"]
        own = [layer(image) for layer in (attn.to_q, attn.to_k, attn.to_v)]
        added = [layer(text) for layer in (attn.add_q_proj, attn.add_k_proj, attn.add_v_proj)]
        own = _heads(attn, own, (attn.norm_q, attn.norm_k, None))
        added = _heads(attn, added, (attn.norm_added_q, attn.norm_added_k, None))

        def finish(output: Tensor) -> tuple[Tensor, Tensor]:
            seen, read = output.flatten(2).split([image.shape[1], text.shape[1]], dim=1)
            # The last block has no more use for the text.
            read = read if attn.context_pre_only else attn.to_add_out(read)
            return attn.to_out[1](attn.to_out[0](seen)), read

        query, key, value = (torch.cat(pair, dim=1) for pair in zip(own, added, strict=True))
        return (query, key, value), finish

    def place_of(self, layer: str) -> Place:
        kind, *path = layer.split(".")
        if kind == "proj_out":
            return Place.IMAGE
        if kind == "context_embedder":
            return Place.TEXT
        if kind != "transformer_blocks" or path[1].startswith("norm"):
            return Place.NONE
        return Place.TEXT if path[1] == "ff_context" or "add" in path[2] else Place.IMAGE

    def encode(self, pipeline: Any, prompts: Sequence[str], length: int) -> Prompts:
        texts = {f"prompt{number}": [*prompts] for number in ("", "_2", "_3")}
        embeds, _, pooled, _ = pipeline.encode_prompt(
            **texts, do_classifier_free_guidance=False, max_sequence_length=length
        )
        return Prompts(embeds.split(1), pooled)

    def tokens(self, pipeline: Any, prompt: str) -> int:
        # T5's, which reads longest; without T5 CLIP's.
        tokenizer = pipeline.tokenizer_3 or pipeline.tokenizer
        return len(tokenizer(prompt, verbose=False).input_ids)

    def arguments(self, prompts: Prompts, negative: Prompts | None) -> Arguments:
        given = {"": prompts} | ({"negative_": negative} if negative else {})
        return {f"{name}prompt_embeds": torch.cat(each.embeds) for name, each in given.items()} | {
            f"{name}pooled_prompt_embeds": each.pooled for name, each in given.items()
        }

    def trimmed(self, pipeline: Any, embeds: Tensor, tokens: int) -> Tensor:
        # CLIP's tokens are padded, and T5's follow.
        return embeds[:, : rounded_up(pipeline.tokenizer_max_length + tokens)]


def _heads(attn: Any, parts: Sequence[Tensor], norms: Sequence[Any]) -> list[Tensor]:
    """Query, key and value as (B, n, heads, head width), under norms of which some may be None."""
    split = (part.unflatten(-1, (attn.heads, -1)) for part in parts)
    return [part if norm is None else norm(part) for part, norm in zip(split, norms, strict=True)]


FAMILY = SD3()
