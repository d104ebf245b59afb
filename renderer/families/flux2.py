"""FLUX.2: dev and klein, with reference pictures behind the image."""

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from diffusers.models.transformers.transformer_flux2 import (
    Flux2AttnProcessor,
    Flux2ParallelSelfAttnProcessor,
    _get_qkv_projections,  # pyright: ignore[reportPrivateUsage]  # it knows fused projections from separate ones
)
from diffusers.pipelines.flux2.pipeline_flux2 import Flux2Pipeline, format_input
from torch import Tensor

from renderer.families.joint import (
    JointFamily,
    added_heads,
    concatenated_copy,
    heads,
    joined,
    rotated,
    rotation,
    split,
    without_copy,
)
from renderer.regional.family import Arguments, Finish, ImageTokens, Joint, Prompts, Texts, rounded_up
from renderer.regional.injection import Block, Call, Calls


class Flux2(JointFamily):
    """FLUX.2. Its single blocks take text and image as one, and have their MLP within the attention."""

    transformer = "Flux2Transformer2DModel"
    processors = (Flux2AttnProcessor, Flux2ParallelSelfAttnProcessor)
    copies_image = True

    def text_ids(self, length: int, like: Tensor) -> Tensor:
        places = torch.arange(length, device=like.device)[:, None].to(like)
        return torch.cat([like.new_zeros(length, 3), places], dim=1)

    def project(self, attn: Any, block: Block, call: Call, arguments: Arguments) -> tuple[Joint, Finish]:
        states, text = arguments["hidden_states"], arguments.get("encoder_hidden_states")
        rotate = rotation(arguments.get("image_rotary_emb"))
        if text is not None:
            parts: Any = _get_qkv_projections(attn, states, text)
            joint = joined(added_heads(attn, parts[3:]), heads(attn, parts[:3]))
            return rotated(joint, rotate), split(attn, text.shape[1], states.shape[1])
        wide = attn.mlp_hidden_dim * attn.mlp_mult_factor
        parts, mlp = attn.to_qkv_mlp_proj(states).split([3 * attn.inner_dim, wide], dim=-1)

        def finish(output: Tensor) -> Tensor:
            return attn.to_out(torch.cat([output.flatten(2), attn.mlp_act_fn(mlp)], dim=-1))

        return rotated(heads(attn, parts.chunk(3, dim=-1)), rotate), finish

    def install(self, transformer: Any, calls: Calls) -> Iterable[Any]:
        return concatenated_copy(transformer, calls)

    def shortened(self, output: Any, image: ImageTokens, texts: Texts) -> Any:
        return without_copy(output, image, texts)

    def encode(self, pipeline: Any, prompts: Sequence[str], length: int) -> Prompts:
        return Prompts(pipeline.encode_prompt(prompt=[*prompts], max_sequence_length=length)[0].split(1))

    def tokens(self, pipeline: Any, prompt: str) -> int:
        template = pipeline.tokenizer.apply_chat_template
        if isinstance(pipeline, Flux2Pipeline):
            said = format_input([prompt], pipeline.system_message)
            return len(template(said, tokenize=True, return_dict=True)["input_ids"][0])
        said = [{"role": "user", "content": prompt}]
        text = template(said, tokenize=False, add_generation_prompt=True, enable_thinking=False)
        return len(pipeline.tokenizer(text, verbose=False).input_ids)

    def arguments(self, prompts: Prompts, negative: Prompts | None) -> Arguments:
        against = {"negative_prompt_embeds": torch.cat(negative.embeds)} if negative else {}
        return {"prompt_embeds": torch.cat(prompts.embeds), **against}

    def trimmed(self, pipeline: Any, embeds: Tensor, tokens: int) -> Tensor:
        kept = rounded_up(tokens)
        # dev has a processor, with the tokenizer within it.
        tokenizer = getattr(pipeline.tokenizer, "tokenizer", pipeline.tokenizer)
        return embeds[:, -kept:] if tokenizer.padding_side == "left" else embeds[:, :kept]

    def guidance(self, pipeline: Any, guidance_scale: float, true_cfg_scale: float) -> Arguments:
        distilled = isinstance(pipeline, Flux2Pipeline)
        return {"guidance_scale": guidance_scale if distilled else true_cfg_scale}


FAMILY = Flux2()
