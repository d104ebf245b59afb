"""FLUX.1: dev, schnell, Kontext and what is trained from them."""

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from diffusers.models.transformers.transformer_flux import (
    FluxAttnProcessor,
    FluxIPAdapterAttnProcessor,
    _get_qkv_projections,  # pyright: ignore[reportPrivateUsage]  # it knows fused projections from separate ones
)
from torch import Tensor, nn

from renderer.families.joint import JointFamily, added_heads, heads, joined, rotated, rotation, split
from renderer.regional.attention import kernel_of
from renderer.regional.family import Arguments, Finish, Joint, Prompts, rounded_up
from renderer.regional.injection import Block, Call, Calls
from renderer.regional.ip_adapters import adapter_output, adapters_of


class Flux(JointFamily):
    """FLUX.1. Its single blocks take text and image apart; IP-Adapters can be loaded into its double ones."""

    transformer = "FluxTransformer2DModel"
    processors = (FluxAttnProcessor, FluxIPAdapterAttnProcessor)
    copies_image = True

    def project(self, attn: Any, block: Block, call: Call, arguments: Arguments) -> tuple[Joint, Finish]:
        image, text = arguments["hidden_states"], arguments.get("encoder_hidden_states")
        # Without text, diffusers gives None in place of its projections, or (None,) where they are fused.
        parts = [part for part in _get_qkv_projections(attn, image, text) if isinstance(part, Tensor)]
        rotate = rotation(arguments.get("image_rotary_emb"))
        own = heads(attn, parts[:3])
        if text is None:
            return rotated(own, rotate), _whole
        joint = rotated(joined(added_heads(attn, parts[3:]), own), rotate)
        return joint, split(attn, text.shape[1], image.shape[1])

    def attention(self, attn: Any, block: Block, call: Call, wrapped: Any, arguments: Arguments) -> Any:
        double = arguments.get("encoder_hidden_states") is not None
        masks = call.adapter_masks or arguments.get("ip_adapter_masks")
        outputs = super().attention(attn, block, call, wrapped, arguments)
        # A plain call with adapters for the whole picture has their output already.
        if not (double and adapters_of(wrapped) and (call.injection is not None or masks)):
            return outputs
        kernel = kernel_of(wrapped._attention_backend)
        embeds = arguments.get("ip_hidden_states") or ()
        image = arguments["hidden_states"]
        return *outputs[:2], adapter_output(attn, wrapped, image, embeds, masks, kernel)

    def install(self, transformer: Any, calls: Calls) -> Iterable[Any]:
        def append_base_image(_block: nn.Module, _args: object, arguments: Arguments) -> Any:
            """A copy of the image joins the text side, to be the base branch's own image.

            Blocks treat every token alike but for attention, so the copy needs nothing more.
            """
            if calls.now is None or calls.now.injection is None:
                return None
            text, image = arguments["encoder_hidden_states"], arguments["hidden_states"]
            # Without a base image there are no more places than these. (What the injection says of lengths
            # would be compiled in.)
            if text.shape[1] + image.shape[1] == len(arguments["image_rotary_emb"][0]):
                return None
            return (), {**arguments, "encoder_hidden_states": torch.cat([text, image], dim=1)}

        for first in transformer.single_transformer_blocks[:1]:
            yield first.register_forward_pre_hook(append_base_image, with_kwargs=True)

    def encode(self, pipeline: Any, prompts: Sequence[str], length: int) -> Prompts:
        embeds, pooled, _ = pipeline.encode_prompt(
            prompt=[*prompts], prompt_2=[*prompts], max_sequence_length=length
        )
        return Prompts(embeds.split(1), pooled)

    def tokens(self, pipeline: Any, prompt: str) -> int:
        # Not verbose: a longer prompt is cut, and does not cause the "indexing errors" that it would warn of.
        return len(pipeline.tokenizer_2(prompt, verbose=False).input_ids)

    def arguments(self, prompts: Prompts, negative: Prompts | None) -> Arguments:
        given = {"prompt": prompts} | ({"negative_prompt": negative} if negative else {})
        return {f"{name}_embeds": torch.cat(each.embeds) for name, each in given.items()} | {
            f"{'negative_' * name.startswith('negative')}pooled_prompt_embeds": each.pooled
            for name, each in given.items()
        }

    def trimmed(self, pipeline: Any, embeds: Tensor, tokens: int) -> Tensor:
        return embeds[:, : rounded_up(tokens)]

    def guidance(self, pipeline: Any, guidance_scale: float, true_cfg_scale: float) -> Arguments:
        cfg = {"true_cfg_scale": true_cfg_scale} if true_cfg_scale > 1 else {}
        return {"guidance_scale": guidance_scale, **cfg}


def _whole(output: Tensor) -> Tensor:
    return output.flatten(2)


FAMILY = Flux()
