"""Rules by which a model's card chooses settings from a layout."""

from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from planner.scene import Frozen
from renderer.grid import BACKGROUND, TokenGrid
from renderer.settings import Injected, Ratio

Measure = Literal["regions", "smallest"]
"""What is measured of a layout: the number of its regions, or its smallest region's share of the canvas.

The background is no region.
"""


class Rule(Frozen):
    """β and T for layouts that measure at most `up_to`; None is no limit."""

    up_to: float | None
    base_ratio: Ratio
    inject_steps: Injected


class Auto(Frozen):
    """Rules by one measure, from small to large: the first that applies to a layout gives β and T."""

    by: Measure
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _ascend(self) -> Self:
        ends = [rule.up_to for rule in self.rules]
        known = [end for end in ends[:-1] if end is not None]
        if ends[-1] is not None or len(known) < len(ends) - 1 or known != sorted(set(known)):
            raise ValueError("up_to should rise from rule to rule, and be null in the last one alone")
        return self

    def of(self, grid: TokenGrid) -> Rule:
        """The rule for a layout."""
        value = measured(grid, self.by)
        return next(rule for rule in self.rules if rule.up_to is None or value <= rule.up_to)


def measured(grid: TokenGrid, by: Measure) -> float:
    """The measure of a layout; where it is all background, 0 regions, and a smallest one of share 1."""
    sizes = np.bincount(grid.owner[grid.owner >= 0], minlength=len(grid.names))
    regions = [size for size, name in zip(sizes, grid.names, strict=True) if size and name != BACKGROUND]
    if by == "regions":
        return float(len(regions))
    return float(min(regions, default=grid.owner.size) / grid.owner.size)
