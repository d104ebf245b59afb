"""Means with bootstrap 95 % intervals, for figures that come in clusters, such as several of one prompt."""

from collections.abc import Hashable, Mapping, Sequence
from typing import TypedDict, TypeVar

import numpy as np

RESAMPLES = 2000
PERCENTILES = (2.5, 97.5)
"""The bounds of the interval."""

DECIMALS = 5
"""Decimals of means and bounds."""


class Interval(TypedDict):
    """The mean of `n` figures, and the bounds of its 95 % interval."""

    mean: float
    low: float
    high: float
    n: int


Pair = TypeVar("Pair", bound=tuple[Hashable, Hashable])
"""A cluster, and what identifies a figure within it."""

Figures = Sequence[tuple[Hashable, float]]
"""Figures, each with its cluster; those of one cluster are resampled together."""


def interval(values: Sequence[float], seed: int = 0) -> Interval | None:
    """Mean and bootstrap 95 % interval (percentiles of resampled means, Efron 1979); None without values."""
    return clustered(list(enumerate(values)), seed)


def clustered(figures: Figures, seed: int = 0) -> Interval | None:
    """The mean over all figures, with the interval from resampling whole clusters; None without figures.

    Pictures of one prompt, whatever their seeds, say less than pictures of as many prompts. So a prompt is
    resampled with all its pictures (the cluster bootstrap, Davison and Hinkley 1997, section 3.8).
    """
    if not figures:
        return None
    numbers: dict[Hashable, int] = {}
    indices = np.array([numbers.setdefault(cluster, len(numbers)) for cluster, _ in figures])
    values = np.array([value for _, value in figures], np.float64)
    sums = np.bincount(indices, weights=values).astype(np.float64)
    counts = np.bincount(indices).astype(np.float64)
    # Sorted, so that the interval does not depend on the order in which the rows were finished.
    order = np.lexsort((counts, sums))
    sums, counts = sums[order], counts[order]
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(sums), size=(RESAMPLES, len(sums)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = (round(float(bound), DECIMALS) for bound in np.percentile(means, PERCENTILES))
    mean = round(float(sums.sum() / counts.sum()), DECIMALS)
    return Interval(mean=mean, low=low, high=high, n=len(figures))


def differences(one: Mapping[Pair, float], other: Mapping[Pair, float]) -> Figures:
    """`one` less `other`, for each (cluster, seed) that both have a figure of."""
    return [(key[0], value - other[key]) for key, value in one.items() if key in other]
