"""What the families have in common whose prompts come in one tensor, with a mask that tells their lengths."""

from collections.abc import Sequence

import torch
from torch import Tensor

from renderer.regional.family import Arguments, Prompts


def unmasked(embeds: Tensor, mask: Tensor | None) -> Sequence[Tensor]:
    """The prompt of each picture, (L, …), of `embeds` (B, longest, …) under a mask (B, longest), if any."""
    if mask is None:
        return tuple(embeds)
    return tuple(own[kept] for own, kept in zip(embeds, mask.bool(), strict=True))


def encoded(embeds: Tensor, mask: Tensor | None) -> Prompts:
    """The prompts that a pipeline has encoded in one batch."""
    return Prompts(tuple(own[None] for own in unmasked(embeds, mask)))


def masked(prompts: Prompts, negative: Prompts | None, *, even: bool = False) -> Arguments:
    """The arguments of a pipeline: prompts (B, longest, …) that end in padding, and masks that tell it.

    With `even`, prompts and negative ones are padded to one length.
    """
    given = {"prompt_embeds": prompts} | ({"negative_prompt_embeds": negative} if negative else {})
    longest = {name: max(text.shape[1] for text in each.embeds) for name, each in given.items()}
    arguments = Arguments()
    for name, each in given.items():
        padded = _padded(each.embeds, max(longest.values()) if even else longest[name])
        arguments |= dict(zip((name, f"{name}_mask"), padded, strict=True))
    return arguments


def _padded(texts: Sequence[Tensor], length: int) -> tuple[Tensor, Tensor]:
    """Texts, each (1, L_i, …), as (B, length, …); and which of these tokens are theirs, (B, length)."""
    embeds = texts[0].new_zeros(len(texts), length, *texts[0].shape[2:])
    mask = torch.zeros(len(texts), length, dtype=torch.bool, device=embeds.device)
    for row, kept, text in zip(embeds, mask, texts, strict=True):
        row[: text.shape[1]] = text[0]
        kept[: text.shape[1]] = True
    return embeds, mask
