"""What a regional call tells its blocks: it travels with the call, so blocks hold nothing in between."""

from dataclasses import dataclass
from typing import Final

import torch

from renderer.regional.rows import Group, Rows

KEY: Final = "regional"
"""Its name among a call's `joint_attention_kwargs`, and so among the attention processor's parameters."""


@dataclass(frozen=True, eq=False)
class Injection:
    """Who attends to whom in a call's double and single blocks, and β, the share of the base branch."""

    double: Rows
    single: Rows
    double_interval: int
    single_interval: int
    base_ratio: float

    def to(self, device: torch.device) -> "Injection":
        """The same on `device`."""
        rows = self.double.to(device), self.single.to(device)
        return Injection(*rows, self.double_interval, self.single_interval, self.base_ratio)


@dataclass(frozen=True)
class Block:
    """The place of a transformer block: its kind, and its index among its kind from 0."""

    double: bool
    index: int

    def rows(self, injection: Injection) -> Rows:
        """The rows of this block's sequence."""
        return injection.double if self.double else injection.single

    def groups(self, injection: Injection) -> tuple[Group, ...]:
        """The groups that attend to themselves alone: one a region where this block is masked, else one."""
        rows = self.rows(injection)
        interval = injection.double_interval if self.double else injection.single_interval
        return rows.cells if self.index % interval == 0 else rows.regional
