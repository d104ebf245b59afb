"""What is timed is what it is said to be."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from evals.oracle.dense import DenseCall, dense_prediction
from evals.oracle.parity import relative
from evals.speed.arms import ARMS
from evals.speed.material import EARLY, LATE, Material, layouts
from evals.speed.presets import Preset


def call(material: Material, owner: np.ndarray, length: int, one_stream: bool) -> DenseCall:
    return DenseCall(
        owner=owner,
        latents=material.latents,
        sigma=torch.full((1,), EARLY),
        pooled=material.pooled,
        guidance=material.guidance,
        region_embeds=tuple(text[:, :length] for text in material.texts),
        base_embeds=material.base[:, :length],
        base_ratio=material.preset.base_ratio,
        one_stream=one_stream,
    )


@pytest.mark.parametrize(
    ("arm", "trimmed", "one_stream"),
    [("dense", False, False), ("paper", False, False), ("fast", True, True)],
)
def test_an_injected_step_is_what_the_oracle_says(
    material: Material, arm: str, trimmed: bool, one_stream: bool
) -> None:
    length = material.preset.own if trimmed else material.preset.padded
    for owner in layouts(material.preset, 4):
        expected = dense_prediction(material.transformer, call(material, owner, length, one_stream))
        with ARMS[arm](material, owner, 4) as steps:
            assert relative(steps.injected(), expected) <= 1e-5


@pytest.mark.parametrize(("arm", "trimmed"), [("plain", 0), ("dense", 0), ("paper", 0), ("fast", 1)])
def test_a_step_after_is_plain_flux(material: Material, arm: str, trimmed: bool) -> None:
    prompt = material.base[:, : material.preset.own] if trimmed else material.base
    with ARMS[arm](material, layouts(material.preset, 4)[0], 4) as steps:
        assert steps.after is not None
        assert torch.equal(steps.after(), material.plain(LATE, prompt))


def test_rpg_draws_each_region_from_a_pass_of_its_own(material: Material) -> None:
    owner = layouts(material.preset, 2)[0]
    passes = [material.plain(EARLY, prompt) for prompt in (material.base, *material.texts[:2])]
    with ARMS["rpg"](material, owner, 2) as steps:
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
