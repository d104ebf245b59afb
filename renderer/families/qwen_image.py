"""Qwen-Image, and its models for edits, with reference pictures behind the image."""

from collections.abc import Iterable, Iterator, Sequence
from math import prod
from typing import Any, cast

import torch
from diffusers.models.transformers.transformer_qwenimage import (
    QwenDoubleStreamAttnProcessor2_0,
    apply_rotary_emb_qwen,
)
from torch import Tensor, nn

from renderer.families.joint import joined, split
from renderer.families.masked import encoded, masked, unmasked
from renderer.regional.family import Arguments, Family, Finish, ImageTokens, Joint, Place, Prompts, Texts
from renderer.regional.injection import Block, Call, Calls, Kind


class QwenImage(Family):
    """Qwen-Image: double blocks alone. The places of a text are counted from one that the pictures' sizes
    tell, and its pipelines add a mask where prompts differ in length.
    """

    transformer = "QwenImageTransformer2DModel"
    processors = (QwenDoubleStreamAttnProcessor2_0,)
    masks_prompts = True

    def blocks(self, transformer: Any) -> Iterator[tuple[Any, Block]]:
        for index, block in enumerate(transformer.transformer_blocks):
            yield block.attn, Block(Kind.DOUBLE, index, f"transformer_blocks.{index}")

    def width(self, transformer: Any) -> tuple[int, ...]:
        return (transformer.config["joint_attention_dim"],)

    def noise(self, call: Arguments) -> Tensor:
        return call["timestep"]

    def prompts(self, call: Arguments) -> Sequence[Tensor]:
        return unmasked(call["encoder_hidden_states"], call.get("encoder_hidden_states_mask"))

    def text_tokens(self, call: Arguments) -> int:
        return call["encoder_hidden_states"].shape[1]

    def image_tokens(self, transformer: Any, call: Arguments) -> ImageTokens:
        # Of a batch's pictures all have the sizes of the first: its own, and its references'.
        sizes = call["img_shapes"][0]
        picture = prod(sizes[0] if isinstance(sizes, list) else sizes)
        return ImageTokens(picture, call["hidden_states"].shape[1] - picture)

    def lengthen(
        self, transformer: Any, call: Arguments, texts: Texts, image: ImageTokens
    ) -> tuple[Arguments, Any]:
        longer = torch.cat(texts.embeds, dim=1)
        places = [torch.arange(length, device=longer.device) for length in texts.lengths]
        # Padding of a batch is in no group of rows, so nothing is left to mask.
        return {"encoder_hidden_states": longer, "encoder_hidden_states_mask": None}, torch.cat(places)

    def install(self, transformer: Any, calls: Calls) -> Iterable[Any]:
        def begin_anew(_rope: nn.Module, _args: object, places: tuple[Tensor, Tensor]) -> Any:
            """Each text has the places that it has by itself."""
            if calls.now is None or calls.now.injection is None:
                return None
            image, text = places
            return image, text[calls.now.kept]

        yield transformer.pos_embed.register_forward_hook(begin_anew)

    def project(self, attn: Any, block: Block, call: Call, arguments: Arguments) -> tuple[Joint, Finish]:
        image, text = arguments["hidden_states"], arguments["encoder_hidden_states"]
        places, text_places = arguments["image_rotary_emb"]
        width = attn.inner_dim // attn.heads
        own = [layer(image).unflatten(-1, (-1, width)) for layer in (attn.to_q, attn.to_k, attn.to_v)]
        layers = attn.add_q_proj, attn.add_k_proj, attn.add_v_proj
        added = [layer(text).unflatten(-1, (-1, width)) for layer in layers]
        own = _placed(own, (attn.norm_q, attn.norm_k), places)
        added = _placed(added, (attn.norm_added_q, attn.norm_added_k), text_places)
        return joined(added, own), split(attn, text.shape[1], image.shape[1])

    def place_of(self, layer: str) -> Place:
        kind, *path = layer.split(".")
        if kind in {"img_in", "proj_out"}:
            return Place.IMAGE
        if kind == "txt_in":
            return Place.TEXT
        if kind != "transformer_blocks" or path[1].endswith("_mod"):
            return Place.NONE
        return Place.TEXT if path[1] == "txt_mlp" or "add" in path[2] else Place.IMAGE

    def encode(self, pipeline: Any, prompts: Sequence[str], length: int) -> Prompts:
        return encoded(*pipeline.encode_prompt(prompt=[*prompts], max_sequence_length=length))

    def tokens(self, pipeline: Any, prompt: str) -> int:
        told = pipeline.prompt_template_encode.format(prompt)
        # What stands before the prompt is read, and then left out.
        return (
            len(pipeline.tokenizer(told, verbose=False).input_ids) - pipeline.prompt_template_encode_start_idx
        )

    def arguments(self, prompts: Prompts, negative: Prompts | None) -> Arguments:
        return masked(prompts, negative)

    def guidance(self, pipeline: Any, guidance_scale: float, true_cfg_scale: float) -> Arguments:
        return {"true_cfg_scale": true_cfg_scale}


def _placed(parts: Sequence[Tensor], norms: Sequence[Any], places: Tensor) -> list[Tensor]:
    """Query, key and value (B, n, heads, head width), query and key normed and rotated."""
    query, key, value = parts
    normed = [norm(part) for norm, part in zip(norms, (query, key), strict=True)]
    return [*(cast(Tensor, apply_rotary_emb_qwen(part, places, use_real=False)) for part in normed), value]


FAMILY = QwenImage()
