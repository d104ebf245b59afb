"""What the regions and the whole picture are drawn from, as the text encoder gives it."""

from dataclasses import dataclass

from torch import Tensor

from planner.errors import UserError


@dataclass(frozen=True, eq=False)
class Conditioning:
    """T5 embeddings of one device and dtype; the pooled vector is the pipeline's own affair.

    `region_embeds` holds one tensor (1 or B, L_i, D) a prompt of the grid, in the grid's order; lengths may
    differ. `base_embeds` (1 or B, L, D) is what the pipeline is given as `prompt_embeds`: a call of the
    transformer with any other prompt, such as the negative pass of true CFG, is no regional call and stays
    as it is.

    Raises `UserError` where there is no region or a shape does not fit.
    """

    region_embeds: tuple[Tensor, ...]
    base_embeds: Tensor

    def __post_init__(self) -> None:
        if not self.region_embeds:
            raise UserError("region_embeds is empty: regional prompting needs at least one region")
        width = self.base_embeds.shape[-1]
        for name, embeds in self._named():
            if embeds.ndim != 3 or embeds.shape[-1] != width:
                shape = tuple(embeds.shape)
                raise UserError(f"{name} has the shape {shape}: it must be (batch, tokens, {width})")

    def _named(self) -> tuple[tuple[str, Tensor], ...]:
        regions = ((f"region_embeds[{i}]", embeds) for i, embeds in enumerate(self.region_embeds))
        return (("base_embeds", self.base_embeds), *regions)
