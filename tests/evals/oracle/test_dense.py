"""The oracle itself: against the paper's code, and its mask by hand."""

from pathlib import Path

import numpy as np
import pytest
import torch

from evals.oracle.dense import DenseCall, dense_prediction, visibility
from evals.oracle.golden import GoldenCase, read_golden
from evals.oracle.parity import TOLERANCE, RoundedExp, relative

TRANSFORMER, CASES = read_golden(Path(__file__).parents[2] / "golden")


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.settings.inject_steps], ids=lambda case: case.name
)
def test_the_first_prediction_is_that_of_the_papers_code(case: GoldenCase) -> None:
    batch = len(case.latents)
    call = DenseCall(
        owner=case.grid.owner,
        latents=case.latents,
        sigma=case.sigmas[:1].expand(batch),
        pooled=case.pooled.expand(batch, -1),
        guidance=torch.full((batch,), case.guidance_scale),
        region_embeds=tuple(embeds.expand(batch, -1, -1) for embeds in case.conditioning.region_embeds),
        base_embeds=case.conditioning.base_embeds.expand(batch, -1, -1),
        base_ratio=case.settings.base_ratio,
        double_interval=case.settings.double_interval,
        single_interval=case.settings.single_interval,
        controls=case.controls,
        single_controls=case.single_controls,
    )
    with RoundedExp():
        prediction = dense_prediction(TRANSFORMER, call)
    assert relative(prediction, case.expected.first_prediction) <= TOLERANCE


def test_who_sees_whom() -> None:
    seen = visibility(np.array([[0, -1], [1, -1]], dtype=np.int16), [1, 2])
    # Rows and columns: text 0, text 1 twice, then the tokens of region 0, none, 1 and none.
    assert seen.int().tolist() == [
        [1, 0, 0, 1, 0, 0, 0],
        [0, 1, 1, 0, 0, 1, 0],
        [0, 1, 1, 0, 0, 1, 0],
        [1, 0, 0, 1, 0, 0, 0],
        [0, 0, 0, 0, 1, 0, 1],
        [0, 1, 1, 0, 0, 1, 0],
        [0, 0, 0, 0, 1, 0, 1],
    ]
