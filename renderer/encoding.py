"""From a grid's words to what the transformer is given: each prompt through the text encoders once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from renderer.grid import BACKGROUND, TokenGrid
from renderer.models import Model
from renderer.regional import Conditioning
from renderer.settings import Recipe

ROUND_UP = 16
"""A trimmed prompt's length is a multiple of so many tokens."""


@dataclass(frozen=True, eq=False)
class Encoded:
    """Text as the pipeline wants it.

    `pooled` (1, D) is the base prompt's; `negative` holds the pipeline's own arguments for the negative
    prompt, none without true CFG.
    """

    conditioning: Conditioning
    pooled: Tensor
    negative: dict[str, Tensor]


def base_prompt(grid: TokenGrid, model: Model, recipe: Recipe) -> str:
    """The user's whole prompt where the text encoder holds it, else the caption."""
    for prompt in grid.base_prompts:
        if _length(prompt, model) <= recipe.max_sequence_length:
            return prompt
    return grid.base_prompts[-1]


def region_prompts(grid: TokenGrid, recipe: Recipe) -> tuple[str, ...]:
    """What each owner of tokens is drawn from, in the grid's order."""
    if not (recipe.setting_in_regions and grid.setting):
        return grid.prompts
    return tuple(
        prompt if name == BACKGROUND else f"{prompt}, {grid.setting}"
        for name, prompt in zip(grid.names, grid.prompts, strict=True)
    )


def encode(grid: TokenGrid, base: str, model: Model, recipe: Recipe) -> Encoded:
    """All prompts through the text encoders in one batch, padded as the pipeline itself pads them.

    Where the recipe trims, what stands behind each prompt's last token is cut off afterwards.
    """
    negated = recipe.true_cfg_scale > 1
    prompts = [base, *region_prompts(grid, recipe), *([grid.negative_prompt] if negated else [])]
    pipeline: Any = model.pipeline
    with torch.inference_mode():
        padded, pooled, _ = pipeline.encode_prompt(
            prompt=prompts, prompt_2=prompts, max_sequence_length=recipe.max_sequence_length
        )
    embeds = trimmed(padded, prompts, model) if recipe.trims else padded.split(1)
    negative = (
        {"negative_prompt_embeds": embeds[-1], "negative_pooled_prompt_embeds": pooled[-1:]}
        if negated
        else {}
    )
    return Encoded(Conditioning(tuple(embeds[1 : 1 + len(grid.prompts)]), embeds[0]), pooled[:1], negative)


def trimmed(padded: Tensor, prompts: Sequence[str], model: Model) -> tuple[Tensor, ...]:
    """Each row of `padded` (P, L, D) as (1, l, D): its prompt's own length, to the next multiple of 16.

    FLUX was trained on padded prompts without a mask, so that this changes pictures a little.
    """
    lengths = [-(-_length(prompt, model) // ROUND_UP) * ROUND_UP for prompt in prompts]
    return tuple(row[None, :length] for row, length in zip(padded, lengths, strict=True))


def _length(prompt: str, model: Model) -> int:
    """Its tokens for T5, the end of the sequence among them."""
    tokenizer: Any = model.pipeline.tokenizer_2
    return len(tokenizer(prompt).input_ids)
