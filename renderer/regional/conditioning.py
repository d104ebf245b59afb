"""The encoded prompts of the regions and of the whole picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from torch import Tensor

from planner.errors import UserError


@dataclass(frozen=True, eq=False)
class Conditioning:
    """Encoded prompts of one device and dtype; pooled vectors, where a model has them, the pipeline is given.

    `region_embeds` holds one tensor (1 or B, L_i, …) a prompt of the grid, in the grid's order, without what
    a mask of the pipeline would take off; lengths may differ. What follows the tokens is the model's: (D) in
    most, (layers, D) in Krea 2. `base_embeds` (1 or B, L, …) is what the pipeline is given as
    `prompt_embeds`: a call of the transformer with any other prompt, such as the negative pass of true CFG,
    is no regional call and stays as it is.

    A batch of pictures with regions of their own has as many texts as the picture of most regions, each as
    long as the longest; `held` then says, a picture, how many tokens of each text and at last of the base
    prompt are its own, 0 where it has no such region. Where it is None every picture holds all of every text.
    `stacked` makes such a batch.

    Raises `UserError` where there is no region or a shape does not fit.
    """

    region_embeds: tuple[Tensor, ...]
    base_embeds: Tensor
    held: tuple[tuple[int, ...], ...] | None = None

    def __post_init__(self) -> None:
        if not self.region_embeds:
            raise UserError("region_embeds is empty: regional prompting needs at least one region")
        width = self.base_embeds.shape[2:]
        regions = ((f"region_embeds[{i}]", embeds) for i, embeds in enumerate(self.region_embeds))
        for name, embeds in (("base_embeds", self.base_embeds), *regions):
            if embeds.ndim < 3 or embeds.shape[2:] != width:
                shape, wanted = tuple(embeds.shape), ", ".join(["batch", "tokens", *map(str, width)])
                raise UserError(f"{name} has the shape {shape}: it must be ({wanted})")

    def picture(self, index: int) -> "Conditioning":
        """That of one picture of the batch, its texts at their own lengths."""
        texts = (*self.region_embeds, self.base_embeds)
        own = self.held[index] if self.held else [text.shape[1] for text in texts]
        *regions, base = (
            text[min(index, len(text) - 1), None, :length] for text, length in zip(texts, own, strict=True)
        )
        return Conditioning(tuple(regions), base)


def stacked(pictures: Sequence[Conditioning]) -> Conditioning:
    """The conditioning of a batch, from that of each of its pictures; shorter texts are padded with zeros."""
    slots = zip_longest(*(picture.region_embeds for picture in pictures))
    held = [tuple(embeds.shape[1] for embeds in picture.region_embeds) for picture in pictures]
    most = max(map(len, held))
    like = pictures[0].base_embeds
    return Conditioning(
        tuple(_padded(slot, like) for slot in slots),
        _padded([picture.base_embeds for picture in pictures], like),
        tuple(
            (*own, *[0] * (most - len(own)), picture.base_embeds.shape[1])
            for own, picture in zip(held, pictures, strict=True)
        ),
    )


def _padded(slot: Sequence[Tensor | None], like: Tensor) -> Tensor:
    """One text a picture, (1, L_i, …) or none, as (B, longest, …)."""
    longest = max(text.shape[1] for text in slot if text is not None)
    out = like.new_zeros(len(slot), longest, *like.shape[2:])
    for row, text in zip(out, slot, strict=True):
        if text is not None:
            row[: text.shape[1]] = text[0]
    return out
