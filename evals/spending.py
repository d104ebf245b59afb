"""What language models' answers cost, a row's and all rows'."""

from collections.abc import Iterable

from planner.chat.usage import Price
from planner.plans import Usage

OF_A_ROW, OF_ALL = 8, 6
"""Decimals of dollars, so that a row is the same on every machine."""


def dollars(price: Price | None, usage: Usage | None) -> float | None:
    """What a row's answers cost; None where the price or the tokens aren't known."""
    cost = price.of(usage) if price else None
    return cost if cost is None else round(cost, OF_A_ROW)


def all_dollars(costs: Iterable[float | None]) -> float | None:
    """What all rows' answers cost; None where there are none, or one isn't known."""
    told = tuple(costs)
    known = [cost for cost in told if cost is not None]
    return round(sum(known), OF_ALL) if known and len(known) == len(told) else None
