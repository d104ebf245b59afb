"""Each arm computes what its name says."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from evals.oracle.dense import DenseCall, dense_prediction
from evals.oracle.parity import relative
from evals.speed.arms import ARMS
from evals.speed.inputs import EARLY, LATE, Inputs, Preset, layouts


def call(inputs: Inputs, owner: np.ndarray, length: int, one_stream: bool) -> DenseCall:
    return DenseCall(
        owner=owner,
        latents=inputs.latents,
        sigma=torch.full((1,), EARLY),
        pooled=inputs.pooled,
        guidance=inputs.guidance,
        region_embeds=tuple(text[:, :length] for text in inputs.texts),
        base_embeds=inputs.base[:, :length],
        base_ratio=inputs.preset.base_ratio,
        one_stream=one_stream,
    )


@pytest.mark.parametrize(
    ("arm", "trimmed", "one_stream"),
    [("dense", False, False), ("paper", False, False), ("fast", True, True)],
)
def test_an_injected_step_is_what_the_oracle_says(
    inputs: Inputs, arm: str, trimmed: bool, one_stream: bool
) -> None:
    length = inputs.preset.trimmed if trimmed else inputs.preset.padded
    for owner in layouts(inputs.preset, 4):
        expected = dense_prediction(inputs.transformer, call(inputs, owner, length, one_stream))
        with ARMS[arm](inputs, owner, 4) as steps:
            assert relative(steps.injected(), expected) <= 1e-5


@pytest.mark.parametrize(("arm", "trimmed"), [("plain", 0), ("dense", 0), ("paper", 0), ("fast", 1)])
def test_a_step_after_is_plain_flux(inputs: Inputs, arm: str, trimmed: bool) -> None:
    prompt = inputs.base[:, : inputs.preset.trimmed] if trimmed else inputs.base
    with ARMS[arm](inputs, layouts(inputs.preset, 4)[0], 4) as steps:
        assert steps.after is not None
        assert torch.equal(steps.after(), inputs.predict(LATE, prompt))


def test_rpg_draws_each_region_from_a_pass_of_its_own(inputs: Inputs) -> None:
    owner = layouts(inputs.preset, 2)[0]
    passes = [inputs.predict(EARLY, prompt) for prompt in (inputs.base, *inputs.texts[:2])]
    with ARMS["rpg"](inputs, owner, 2) as steps:
        out = steps.injected()
    flat = torch.from_numpy(owner).flatten()
    for region in (0, 1):
        mine = flat == region
        mixed = 0.2 * passes[0] + 0.8 * passes[1 + region]
        assert torch.allclose(out[:, mine], mixed[:, mine], atol=1e-6)


@pytest.mark.parametrize("regions", [2, 4, 8, 16])
def test_both_layouts_have_all_regions_as_large_and_differ(miniature: Preset, regions: int) -> None:
    one, other = layouts(replace(miniature, rows=16, columns=16), regions)
    for owner in (one, other):
        assert np.bincount(owner.ravel()).tolist() == [256 // regions] * regions
    assert not np.array_equal(one, other)
