"""Which of a call's pictures are drawn by regions, told by their prompts.

A pipeline calls the transformer with the prompt, and where it has true CFG with the negative prompt too: in
another call, or in one call as the two halves of its batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from planner.errors import UserError
from renderer.regional.conditioning import Conditioning, stacked


@dataclass(frozen=True, eq=False)
class Layout:
    """The regions of a call's pictures: `owner` (rows, columns) or (P, rows, columns), and their texts.

    `drawn` says whether the context's own base prompt is among the call's, and not its negative one alone.
    """

    owner: NDArray[np.int16]
    conditioning: Conditioning
    drawn: bool


class Layouts:
    """The layouts of a context."""

    def __init__(
        self, owner: NDArray[np.int16], conditioning: Conditioning, negative: Conditioning | None
    ) -> None:
        self._whole = [Layout(owner, conditioning, drawn=True)]
        self._whole += [Layout(owner, negative, drawn=False)] if negative else []
        self._regions = max(len(layout.conditioning.region_embeds) for layout in self._whole)
        self._halves = dict[tuple[int | None, ...], tuple[tuple[Sequence[Tensor], ...], Layout]]()

    def of(self, prompts: Sequence[Tensor]) -> Layout | None:
        """The layout of a call with these prompts, a picture (L, …); None where none is a base prompt."""
        found = self._known(prompts)
        if found is not None:
            return self._whole[found]
        half, odd = divmod(len(prompts), 2)
        if odd or not half:
            return None
        halves = prompts[:half], prompts[half:]
        known = tuple(map(self._known, halves))
        return None if known == (None, None) else self._of_halves(halves, known)

    def _known(self, prompts: Sequence[Tensor]) -> int | None:
        for index, layout in enumerate(self._whole):
            if _same(prompts, layout.conditioning):
                return index
        return None

    def _of_halves(self, halves: Sequence[Sequence[Tensor]], known: tuple[int | None, ...]) -> Layout:
        """The layout of two passes in one call; kept for the next step, as long as the prompts stay."""
        others = tuple(half for half, index in zip(halves, known, strict=True) if index is None)
        kept = self._halves.get(known)
        if kept and all(map(_equal, kept[0], others)):
            return kept[1]
        owners, pictures = list[NDArray[np.int16]](), list[Conditioning]()
        for half, index in zip(halves, known, strict=True):
            whole = self._whole[index or 0]
            check_pictures(whole, len(half))
            for number, prompt in enumerate(half):
                owner = whole.owner if whole.owner.ndim == 2 else whole.owner[number]
                # What is plain has one region, whose text is a slot behind those of the regions.
                owners.append(owner if index is not None else np.full_like(owner, self._regions))
                own = whole.conditioning.picture(number) if index is not None else self._plain(prompt)
                pictures.append(own)
        layout = Layout(np.stack(owners), stacked(pictures), drawn=0 in known)
        self._halves[known] = others, layout
        return layout

    def _plain(self, prompt: Tensor) -> Conditioning:
        """A picture that sees its prompt alone, and needs no base branch for that."""
        none = prompt[None, :0]
        return Conditioning((*[none] * self._regions, prompt[None]), none)


def check_pictures(layout: Layout, pictures: int) -> None:
    """Raise `UserError` where a layout is for another number of pictures."""
    if layout.owner.ndim == 3 and len(layout.owner) != pictures:
        raise UserError(f"there are grids for {len(layout.owner)} pictures, and the latents are {pictures}")
    for index, embeds in enumerate(layout.conditioning.region_embeds):
        if len(embeds) not in {1, pictures}:
            raise UserError(
                f"region_embeds[{index}] is for {len(embeds)} pictures and the latents are "
                f"{pictures}: it must be for 1 or {pictures}"
            )


def _same(prompts: Sequence[Tensor], conditioning: Conditioning) -> bool:
    """Whether prompts (L, …) are the base prompts, to the bit, in the call's dtype."""
    base, held = conditioning.base_embeds, conditioning.held
    if len(base) not in {1, len(prompts)}:
        return False
    own = [text[: held[i][-1]] for i, text in enumerate(base)] if held else list(base)
    return _equal(prompts, own * len(prompts) if len(own) == 1 else own)


def _equal(prompts: Sequence[Tensor], others: Sequence[Tensor]) -> bool:
    return len(prompts) == len(others) and all(
        prompt.shape == other.shape and torch.equal(prompt, other.to(prompt))
        for prompt, other in zip(prompts, others, strict=True)
    )
