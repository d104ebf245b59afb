"""Which calls of the transformer are regional: the paper's first T steps, as a threshold on the noise
level.

A counter of calls would be wrong wherever a pipeline starts late (img2img), calls twice a step (true CFG)
or skips calls (block caches); the noise level of a call says by itself which step it is.
"""

import math
from typing import cast

import numpy as np
import torch
from diffusers.pipelines.flux.pipeline_flux import calculate_shift, retrieve_timesteps
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from torch import Tensor

from planner.errors import UserError

TRAIN_TIMESTEPS = 1000
"""FLUX pipelines pass `timestep / 1000`, whatever the scheduler says."""


def flux_timesteps(
    scheduler: FlowMatchEulerDiscreteScheduler, steps: int, tokens: int, strength: float = 1.0
) -> Tensor:
    """The timesteps (n,), float32, falling from at most 1000, that a FLUX pipeline will run.

    `tokens` is the number of image tokens of the picture, on which the shift of the schedule depends.
    `strength` is what an img2img or inpainting pipeline is called with: below 1 it leaves out the first of
    its `steps`, and the paper's T counts those that are left. The scheduler given stays as it is. Raises
    `UserError` for a strength that leaves no step, or more than there are.
    """
    # As the pipelines round it, which keeps 3 of 4 steps at a strength of 0.6.
    left_out = int(steps - min(steps * strength, steps))
    if not 0 < strength <= 1 or left_out == steps:
        raise UserError(f"strength is {strength}: it must be above 0 and at most 1")
    own = cast(FlowMatchEulerDiscreteScheduler, FlowMatchEulerDiscreteScheduler.from_config(scheduler.config))
    names = ("base_image_seq_len", "max_image_seq_len", "base_shift", "max_shift")
    mu = calculate_shift(tokens, *(own.config[name] for name in names))
    timesteps, _ = retrieve_timesteps(own, sigmas=np.linspace(1.0, 1 / steps, steps).tolist(), mu=mu)
    return cast(Tensor, timesteps)[left_out:]


def sigma_threshold(timesteps: Tensor, inject_steps: int, dtype: torch.dtype) -> float:
    """The noise level from which up a call belongs to the first `inject_steps` of `timesteps` (falling, 0
    to 1000).

    It lies midway between two steps as the transformer sees them, which is in `dtype`: in bfloat16
    neighbours of a long schedule can be nearer to each other than to their own exact values. Steps that
    `dtype` cannot tell apart are regional together, or not at all.
    """
    if inject_steps <= 0:
        return math.inf
    if inject_steps >= len(timesteps):
        return -math.inf
    last, after = (timesteps.to(dtype)[inject_steps - 1 : inject_steps + 1] / TRAIN_TIMESTEPS).tolist()
    return (last + after) / 2
