"""Ovis-Image: FLUX.1's shape, with the places of a text's tokens on a diagonal."""

from collections.abc import Sequence
from typing import Any

import torch
from diffusers.models.transformers.transformer_ovis_image import OvisImageAttnProcessor
from torch import Tensor

from renderer.families.flux import Flux
from renderer.regional.family import Arguments, Prompts


class OvisImage(Flux):
    """Ovis-Image. Its prompts are padded to one length with zeros, which are seen as text is."""

    transformer = "OvisImageTransformer2DModel"
    processors = (OvisImageAttnProcessor,)

    def text_ids(self, length: int, like: Tensor) -> Tensor:
        places = torch.arange(length, device=like.device)[:, None].to(like)
        return places * like.new_tensor([0, 1, 1])

    def encode(self, pipeline: Any, prompts: Sequence[str], length: int) -> Prompts:
        embeds, *_ = pipeline.encode_prompt(
            prompt=[*prompts], do_classifier_free_guidance=False, max_sequence_length=length
        )
        return Prompts(embeds.split(1))

    def tokens(self, pipeline: Any, prompt: str) -> int:
        [said] = pipeline._get_messages(prompt)
        told = pipeline.tokenizer(said, add_special_tokens=False, verbose=False).input_ids
        # What stands before the prompt is read, and then left out.
        return len(told) - pipeline.user_prompt_begin_id

    def arguments(self, prompts: Prompts, negative: Prompts | None) -> Arguments:
        given = {"prompt_embeds": torch.cat(prompts.embeds)}
        if negative is None:
            return given
        # The pipeline's default is an empty negative prompt, which it does not take beside an encoded one.
        return {**given, "negative_prompt": None, "negative_prompt_embeds": torch.cat(negative.embeds)}

    def guidance(self, pipeline: Any, guidance_scale: float, true_cfg_scale: float) -> Arguments:
        return {"guidance_scale": true_cfg_scale}


FAMILY = OvisImage()
