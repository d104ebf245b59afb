"""What the blocks need to know of the call of the transformer that is under way."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import torch
from torch import Tensor

from renderer.regional.rows import Rows


class Kind(Enum):
    """What a block's attention runs over, and how often the blocks of its kind are masked.

    Double and single blocks have texts and image; a model of one kind alone, as most are, has their interval.
    Stages before them may have the texts alone, where each text keeps to itself, or the image alone, where
    nothing changes.
    """

    DOUBLE = "double"
    SINGLE = "single"
    TEXT = "text"
    IMAGE = "image"


@dataclass(frozen=True, eq=False)
class Injection:
    """Who attends to whom in the blocks of each kind, and β, the share of the base branch."""

    double: Rows
    single: Rows
    text: Rows
    double_interval: int
    single_interval: int
    base_ratio: float

    def to(self, device: torch.device) -> "Injection":
        """The same on `device`."""
        double, single, text = (part.to(device) for part in (self.double, self.single, self.text))
        return Injection(double, single, text, self.double_interval, self.single_interval, self.base_ratio)


@dataclass(frozen=True, eq=False)
class Call:
    """A call: its injection, None where it has no regions; what its family keeps for it; and the shares of
    IP-Adapters in the image tokens, for each adapter (1 or B, N, 1) or None for everywhere.
    """

    injection: Injection | None
    kept: Any = None
    adapter_masks: Sequence[Tensor | None] | None = None


class Calls:
    """The call under way, or None between calls.

    Transformers hand keyword arguments on to their attention in some families only, and Dynamo does not trace
    context variables: so the attention processors of a transformer share one of these.
    """

    def __init__(self) -> None:
        self.now: Call | None = None


@dataclass(frozen=True)
class Block:
    """The place of a transformer block: its kind, its index among its kind from 0, and its name.

    `number` is the index as a tensor on the CPU: blocks that differ in it share their compiled code.
    """

    kind: Kind
    index: int
    name: str = field(default="", compare=False)
    number: Tensor = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "number", torch.tensor(self.index, device="cpu"))

    def rows(self, injection: Injection) -> Rows:
        """The rows of this block's sequence."""
        if self.kind is Kind.TEXT:
            return injection.text
        return injection.double if self.kind is Kind.DOUBLE else injection.single

    def interval(self, injection: Injection) -> int:
        """Every so many blocks of its kind one is masked, the first among them."""
        return injection.double_interval if self.kind is Kind.DOUBLE else injection.single_interval
