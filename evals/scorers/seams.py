"""Seams: do the borders of regions show in a picture?"""

import numpy as np
from numpy.typing import NDArray

from evals.scorers.protocol import Drawn, Metric, Scored
from renderer.grid import rasterise
from renderer.pipeline import layout_of

WIDTH = 3
"""Pixels on each side of a line whose means are compared: a decoder spreads a step over several pixels."""


class Seams:
    """Compares steps in colour across the borders of regions with steps inside them."""

    name = "seams"
    metrics = (
        Metric("strength", "step in colour across region borders, over that inside regions", False, "less"),
    )

    def __call__(self, drawn: Drawn) -> Scored:
        """A strength of about one means no seam; None where the plan has no border."""
        grid = rasterise(layout_of(drawn.plan))
        pixels = np.asarray(drawn.image.convert("RGB"), dtype=np.float64)
        return Scored({"strength": seam_strength(pixels, grid.owner, grid.patch)})


def seam_strength(pixels: NDArray[np.float64], owner: NDArray[np.int16], patch: int) -> float | None:
    """Mean step in grey levels across the borders, over that at the middles of the tokens beside them.

    `pixels` are (rows * patch, columns * patch, 3) from 0 to 255, `owner` is (rows, columns). One grey level
    is added to both means, so that flat pictures have a ratio too. Things inside regions have edges of their
    own, so that a picture without seams may have less than one: compare arms on the same plans.
    """
    across: list[NDArray[np.float64]] = []
    inside: list[NDArray[np.float64]] = []
    for turned, owners in ((pixels, owner), (pixels.swapaxes(0, 1), owner.T)):
        border = np.repeat(np.diff(owners, axis=0) != 0, patch, axis=1)
        lines = np.arange(1, len(owners)) * patch
        across.append(_steps(turned, lines)[border])
        beside = (_steps(turned, lines + shift)[border] for shift in (-patch // 2, patch // 2))
        inside.append(np.mean(list(beside), axis=0))
    steps, others = np.concatenate(across), np.concatenate(inside)
    return float((steps.mean() + 1) / (others.mean() + 1)) if steps.size else None


def _steps(pixels: NDArray[np.float64], lines: NDArray[np.intp]) -> NDArray[np.float64]:
    """Absolute difference of the mean colours before and after each line: (lines, length of a line)."""
    before = np.mean([pixels[lines - 1 - k] for k in range(WIDTH)], axis=0)
    after = np.mean([pixels[lines + k] for k in range(WIDTH)], axis=0)
    return np.abs(after - before).mean(axis=2)
