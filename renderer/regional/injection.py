"""What the blocks need to know of a regional call. It is passed with the call, so blocks keep nothing."""

from dataclasses import dataclass, field
from typing import Final

import torch

from renderer.regional.rows import Rows

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
    """The place of a transformer block: its kind, and its index among its kind from 0.

    `number` is the index as a tensor on the CPU: blocks that differ in it share their compiled code.
    """

    double: bool
    index: int
    number: torch.Tensor = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "number", torch.tensor(self.index, device="cpu"))

    def __str__(self) -> str:
        """Its name in the transformer."""
        return f"{'transformer_blocks' if self.double else 'single_transformer_blocks'}.{self.index}"

    def rows(self, injection: Injection) -> Rows:
        """The rows of this block's sequence."""
        return injection.double if self.double else injection.single

    def interval(self, injection: Injection) -> int:
        """Every so many blocks of its kind one is masked, the first among them."""
        return injection.double_interval if self.double else injection.single_interval
