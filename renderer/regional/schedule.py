"""Which calls of the transformer are regional: the paper's first T steps, as a threshold on the noise
level.

A counter of calls would be wrong wherever a pipeline starts late (img2img), calls twice a step (true CFG)
or skips calls (block caches); the noise level of a call says by itself which step it is.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from planner.errors import UserError

TRAIN_TIMESTEPS = 1000
"""A timestep is the noise level times this, whatever the scheduler says."""


def timesteps_of(schedule: Any) -> Tensor:
    """The timesteps (n,), falling from at most 1000, that a pipeline runs: those given, or those that it has
    set in its scheduler. img2img and inpainting begin with a later one than the first.
    """
    if isinstance(schedule, Tensor):
        return schedule
    begin: int = getattr(schedule, "begin_index", None) or 0
    return schedule.timesteps[begin:]


def steps_run(steps: int, strength: float) -> int:
    """How many of its `steps` an img2img or inpainting pipeline runs: the paper's T counts these.

    Raises `UserError` for a strength that leaves no step, or more than there are.
    """
    # As the pipelines round it, which keeps 3 of 4 steps at a strength of 0.6.
    left_out = int(steps - min(steps * strength, steps))
    if not 0 < strength <= 1 or left_out == steps:
        raise UserError(f"strength is {strength}: it must be above 0 and at most 1")
    return steps - left_out


def noise_levels(timesteps: Tensor, dtype: torch.dtype) -> Tensor:
    """The noise levels of timesteps (n,) as most pipelines hand them on in `dtype`."""
    return timesteps.to(dtype) / TRAIN_TIMESTEPS


def sigma_threshold(
    timesteps: Tensor,
    inject_steps: int,
    dtype: torch.dtype,
    levels: Callable[[Tensor, torch.dtype], Tensor] = noise_levels,
) -> float:
    """The noise level from which up a call belongs to the first `inject_steps` of `timesteps` (falling, 0
    to 1000).

    It lies midway between two steps as the transformer sees them, which `levels` tells, in `dtype`: in
    bfloat16 neighbours of a long schedule can be nearer to each other than to their own exact values. Steps
    that `dtype` cannot tell apart are regional together, or not at all.
    """
    if inject_steps <= 0:
        return math.inf
    if inject_steps >= len(timesteps):
        return -math.inf
    last, after = levels(timesteps[inject_steps - 1 : inject_steps + 1], dtype).tolist()
    return (last + after) / 2
