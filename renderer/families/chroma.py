"""Chroma: FLUX.1's blocks without its pooled vectors, with prompts that a mask tells the lengths of."""

from collections.abc import Iterable, Sequence
from typing import Any

from torch import Tensor

from renderer.families.flux import Flux
from renderer.families.joint import concatenated_copy, without_copy
from renderer.families.masked import encoded, masked, unmasked
from renderer.regional.family import Arguments, ImageTokens, Prompts, Texts
from renderer.regional.injection import Block, Call, Calls


class Chroma(Flux):
    """Chroma. A prompt is its tokens and one of padding, as the model was trained.

    diffusers' pipelines tell the rest of the padding by a mask of ones and zeros in the prompt's dtype, and
    attention adds such a mask to its scores: so padding is seen there after all, only less. Here prompts go
    without it, and the stock pipelines draw the same of them where those of a batch have one length. Where
    they don't, the mask is bool, which the pipelines with a start image make numbers again: in a regional
    context padding is unseen in all calls, so that each picture is what it would be alone.
    """

    transformer = "ChromaTransformer2DModel"
    masks_prompts = True

    def prompts(self, call: Arguments) -> Sequence[Tensor]:
        embeds, mask = call["encoder_hidden_states"], call.get("attention_mask")
        # The mask goes on over the image's tokens.
        return unmasked(embeds, None if mask is None else mask[:, : embeds.shape[1]])

    def lengthen(
        self, transformer: Any, call: Arguments, texts: Texts, image: ImageTokens
    ) -> tuple[Arguments, Any]:
        changed, kept = super().lengthen(transformer, call, texts, image)
        # Padding of a batch is in no group of rows, so nothing is left to mask.
        return {**changed, "attention_mask": None}, kept

    def attention(self, attn: Any, block: Block, call: Call, wrapped: Any, arguments: Arguments) -> Any:
        mask = arguments.get("attention_mask")
        if mask is not None:
            # Of each token's view (B, 1, S, S) the first one's is that of all which are no padding.
            arguments = {**arguments, "attention_mask": mask[:, :, :1].bool()}
        return super().attention(attn, block, call, wrapped, arguments)

    def install(self, transformer: Any, calls: Calls) -> Iterable[Any]:
        return concatenated_copy(transformer, calls)

    def shortened(self, output: Any, image: ImageTokens, texts: Texts) -> Any:
        return without_copy(output, image, texts)

    def encode(self, pipeline: Any, prompts: Sequence[str], length: int) -> Prompts:
        embeds, _, mask, *_ = pipeline.encode_prompt(
            prompt=[*prompts], do_classifier_free_guidance=False, max_sequence_length=length
        )
        return encoded(embeds, mask)

    def tokens(self, pipeline: Any, prompt: str) -> int:
        return len(pipeline.tokenizer(prompt, verbose=False).input_ids) + 1

    def arguments(self, prompts: Prompts, negative: Prompts | None) -> Arguments:
        given = masked(prompts, negative)
        return {name.replace("embeds_mask", "attention_mask"): value for name, value in given.items()}

    def trimmed(self, pipeline: Any, embeds: Tensor, tokens: int) -> Tensor:
        return embeds

    def guidance(self, pipeline: Any, guidance_scale: float, true_cfg_scale: float) -> Arguments:
        return {"guidance_scale": true_cfg_scale}


FAMILY = Chroma()
