"""What `RegionalSettings` and `Conditioning` take, and what they say of the rest."""

import math

import pytest
import torch

from planner.errors import UserError
from renderer.regional import Conditioning, RegionalSettings


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("base_ratio", -0.1, "base_ratio is -0.1: it must lie between 0 and 1"),
        ("base_ratio", 1.01, "between 0 and 1"),
        ("base_ratio", math.nan, "between 0 and 1"),
        ("inject_steps", -1, "inject_steps is -1: it must be 0 or more"),
        ("double_interval", 0, "double_interval is 0: it must be 1 or more"),
        ("single_interval", 0, "single_interval is 0"),
    ],
)
def test_a_value_out_of_range_is_named(field: str, value: float, message: str) -> None:
    with pytest.raises(UserError, match=message):
        RegionalSettings(**{field: value})  # pyright: ignore[reportArgumentType]  # one of several fields


@pytest.mark.parametrize("base_ratio", [0.0, 1.0])
def test_both_ends_of_base_ratio_are_taken(base_ratio: float) -> None:
    assert RegionalSettings(base_ratio=base_ratio).base_ratio == base_ratio


def test_conditioning_needs_a_region() -> None:
    with pytest.raises(UserError, match="region_embeds is empty"):
        Conditioning((), torch.zeros(1, 4, 8))


def test_conditioning_names_the_embedding_that_does_not_fit() -> None:
    with pytest.raises(
        UserError, match=r"region_embeds\[1\] has the shape \(1, 4, 6\): .*\(batch, tokens, 8\)"
    ):
        Conditioning((torch.zeros(1, 2, 8), torch.zeros(1, 4, 6)), torch.zeros(1, 4, 8))
    with pytest.raises(UserError, match=r"base_embeds has the shape \(4, 8\)"):
        Conditioning((torch.zeros(1, 2, 8),), torch.zeros(4, 8))
