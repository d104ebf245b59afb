"""The encoded prompts of the regions and of the whole picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

import torch
from torch import Tensor

from planner.errors import UserError


@dataclass(frozen=True, eq=False)
class Conditioning:
    """T5 embeddings of one device and dtype; the pipeline itself is given the pooled vector.

    `region_embeds` holds one tensor (1 or B, L_i, D) a prompt of the grid, in the grid's order; lengths may
    differ. `base_embeds` (1 or B, L, D) is what the pipeline is given as `prompt_embeds`: a call of the
    transformer with any other prompt, such as the negative pass of true CFG, is no regional call and stays
    as it is.

    A batch of pictures with regions of their own has as many texts as the picture of most regions, each as
    long as the longest; `held` then says, a picture, how many tokens of each text are its own, 0 where it has
    no such region. Where it is None every picture holds all of every text. `stacked` makes such a batch.

    Raises `UserError` where there is no region or a shape does not fit.
    """

    region_embeds: tuple[Tensor, ...]
    base_embeds: Tensor
    held: tuple[tuple[int, ...], ...] | None = None

    def __post_init__(self) -> None:
        if not self.region_embeds:
            raise UserError("region_embeds is empty: regional prompting needs at least one region")
        width = self.base_embeds.shape[-1]
        regions = ((f"region_embeds[{i}]", embeds) for i, embeds in enumerate(self.region_embeds))
        for name, embeds in (("base_embeds", self.base_embeds), *regions):
            if embeds.ndim != 3 or embeds.shape[-1] != width:
                shape = tuple(embeds.shape)
                raise UserError(f"{name} has the shape {shape}: it must be (batch, tokens, {width})")


def stacked(pictures: Sequence[Conditioning]) -> Conditioning:
    """The conditioning of a batch, from that of each of its pictures; shorter texts are padded with zeros.

    Raises `UserError` where base prompts differ in length: trim or pad them alike.
    """
    lengths = {picture.base_embeds.shape[1] for picture in pictures}
    if len(lengths) != 1:
        raise UserError(f"base_embeds are {sorted(lengths)} tokens long: pictures of a batch need one length")
    slots = zip_longest(*(picture.region_embeds for picture in pictures))
    held = tuple(tuple(embeds.shape[1] for embeds in picture.region_embeds) for picture in pictures)
    most = max(map(len, held))
    return Conditioning(
        tuple(_padded(slot, pictures[0].base_embeds) for slot in slots),
        torch.cat([picture.base_embeds for picture in pictures]),
        tuple((*own, *[0] * (most - len(own))) for own in held),
    )


def _padded(slot: Sequence[Tensor | None], like: Tensor) -> Tensor:
    """One text a picture, (1, L_i, D) or none, as (B, longest, D)."""
    longest = max(text.shape[1] for text in slot if text is not None)
    out = like.new_zeros(len(slot), longest, like.shape[-1])
    for row, text in zip(out, slot, strict=True):
        if text is not None:
            row[: text.shape[1]] = text[0]
    return out
