"""The steps that are regional, from the timesteps that a pipeline runs."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.pipelines.flux.pipeline_flux_img2img import FluxImg2ImgPipeline
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from hypothesis import given
from hypothesis import strategies as st

from evals.oracle.golden import read_golden
from evals.oracle.schedule import flux_timesteps
from planner.errors import UserError
from renderer.regional.schedule import sigma_threshold, steps_run, timesteps_of

GOLDEN = Path(__file__).parents[2] / "golden"


def shifting_scheduler() -> FlowMatchEulerDiscreteScheduler:
    return FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, shift=3.0)


def injected(timesteps: torch.Tensor, inject_steps: int, dtype: torch.dtype) -> list[bool]:
    """Which steps are regional, by their noise levels as diffusers' pipelines hand them on."""
    threshold = sigma_threshold(timesteps, inject_steps, dtype)
    return [float(timestep.to(dtype) / 1000) >= threshold for timestep in timesteps]


def test_the_schedule_is_that_of_the_papers_code() -> None:
    for case in read_golden(GOLDEN)[1]:
        timesteps = flux_timesteps(shifting_scheduler(), len(case.sigmas), case.grid.owner.size)
        torch.testing.assert_close(timesteps / 1000, case.sigmas)


def test_ten_of_devs_steps_end_where_not_even_one_of_schnells_does() -> None:
    """What the README says of few steps: dev's schedule is shifted by the picture's size, not schnell's."""
    schnell = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=False, shift=1.0)
    assert float(flux_timesteps(shifting_scheduler(), 24, 4096)[10]) == pytest.approx(816, abs=1)
    assert flux_timesteps(schnell, 4, 4096).tolist() == [1000, 750, 500, 250]


@given(steps=st.integers(1, 100), inject_steps=st.integers(0, 120), tokens=st.integers(16, 4096))
def test_the_first_steps_are_regional(steps: int, inject_steps: int, tokens: int) -> None:
    timesteps = flux_timesteps(shifting_scheduler(), steps, tokens)
    expected = [index < inject_steps for index in range(steps)]
    assert injected(timesteps, inject_steps, torch.float32) == expected


@pytest.mark.parametrize("steps", [10, 50, 100])
def test_in_bfloat16_only_a_step_that_is_the_same_there_joins_them(steps: int) -> None:
    timesteps = flux_timesteps(shifting_scheduler(), steps, 4096)
    rounded = timesteps.to(torch.bfloat16).tolist()
    for inject_steps in range(1, steps):
        expected = [value >= rounded[inject_steps - 1] for value in rounded]
        assert injected(timesteps, inject_steps, torch.bfloat16) == expected


@given(steps=st.integers(1, 100), inject_steps=st.integers(0, 100))
def test_a_noise_level_that_is_off_by_rounding_is_still_its_step(steps: int, inject_steps: int) -> None:
    timesteps = flux_timesteps(shifting_scheduler(), steps, 1024)
    threshold = sigma_threshold(timesteps, inject_steps, torch.float32)
    for rounding in (-1e-6, 1e-6):
        levels = (timesteps / 1000 + rounding).tolist()
        assert [level >= threshold for level in levels] == [index < inject_steps for index in range(steps)]


@pytest.mark.parametrize("start", [0, 3])
def test_a_pipeline_that_starts_late_counts_its_own_steps(start: int) -> None:
    timesteps = torch.from_numpy(np.linspace(1000, 100, 10))[start:]
    assert sum(injected(timesteps, 2, torch.float32)) == 2


@given(steps=st.integers(1, 60), strength=st.floats(0.02, 1.0))
def test_a_strength_leaves_out_the_steps_that_the_img2img_pipeline_leaves_out(
    steps: int, strength: float
) -> None:
    scheduler = shifting_scheduler()
    whole = flux_timesteps(scheduler, steps, 1024)
    scheduler.set_timesteps(sigmas=(whole / 1000).tolist(), mu=0.0)
    pipeline: Any = SimpleNamespace(scheduler=scheduler)
    kept = FluxImg2ImgPipeline.get_timesteps(pipeline, steps, strength, "cpu")[0]
    assert torch.equal(timesteps_of(scheduler), kept)
    assert steps_run(steps, strength) == len(kept)


@pytest.mark.parametrize("strength", [0.0, -0.5, 1.5, 1e-20])
def test_a_strength_that_is_none_is_refused(strength: float) -> None:
    with pytest.raises(UserError, match="it must be above 0 and at most 1"):
        steps_run(4, strength)
