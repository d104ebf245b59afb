"""The timesteps that a FLUX.1 pipeline runs, for oracles that take its steps themselves."""

from typing import cast

import numpy as np
from diffusers.pipelines.flux.pipeline_flux import calculate_shift, retrieve_timesteps
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from torch import Tensor


def flux_timesteps(scheduler: FlowMatchEulerDiscreteScheduler, steps: int, tokens: int) -> Tensor:
    """The timesteps (n,), float32, falling from at most 1000, for text to image.

    `tokens` is the number of image tokens of the picture, on which the shift of the schedule depends. The
    scheduler given stays as it is.
    """
    own = cast(FlowMatchEulerDiscreteScheduler, FlowMatchEulerDiscreteScheduler.from_config(scheduler.config))
    names = ("base_image_seq_len", "max_image_seq_len", "base_shift", "max_shift")
    mu = calculate_shift(tokens, *(own.config[name] for name in names))
    timesteps, _ = retrieve_timesteps(own, sigmas=np.linspace(1.0, 1 / steps, steps).tolist(), mu=mu)
    return cast(Tensor, timesteps)
