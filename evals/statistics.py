"""Means with bootstrap 95 % intervals, where figures of one prompt belong together."""

from collections.abc import Hashable, Mapping, Sequence
from typing import TypedDict, TypeVar

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
CONFIDENCE = (2.5, 97.5)
"""Percentiles between which the interval lies."""

ROUNDED = 5
"""Decimals of what is told."""


class Interval(TypedDict):
    """A mean of `n` figures, and between which bounds it lies at 95 %."""

    mean: float
    low: float
    high: float
    n: int


Pair = TypeVar("Pair", bound=tuple[Hashable, Hashable])
"""A cluster, and what tells its figures from one another."""

Figures = Sequence[tuple[Hashable, float]]
"""Figures, each with what it belongs to: those of one cluster are drawn together."""


def interval(values: Sequence[float], seed: int = 0) -> Interval | None:
    """Mean and bootstrap 95 % interval (percentiles of resampled means, Efron 1979); None of nothing."""
    return clustered(list(enumerate(values)), seed)


def clustered(figures: Figures, seed: int = 0) -> Interval | None:
    """The mean over all figures, with the interval that resampling whole clusters gives; None of nothing.

    Pictures of one prompt, whatever the seed, tell less than as many prompts do: what is drawn anew is the
    prompt with all its pictures (the cluster bootstrap, Davison and Hinkley 1997, section 3.8).
    """
    if not figures:
        return None
    sums, counts = _by_cluster(figures)
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(sums), size=(RESAMPLES, len(sums)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = (round(float(bound), ROUNDED) for bound in np.percentile(means, CONFIDENCE))
    return Interval(mean=round(float(sums.sum() / counts.sum()), ROUNDED), low=low, high=high, n=len(figures))


def _by_cluster(figures: Figures) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sum and number of the figures of each cluster, sorted: in which order rows were done tells nothing."""
    numbers: dict[Hashable, int] = {}
    where = np.array([numbers.setdefault(cluster, len(numbers)) for cluster, _ in figures])
    values = np.array([value for _, value in figures], np.float64)
    sums = np.bincount(where, weights=values).astype(np.float64)
    counts = np.bincount(where).astype(np.float64)
    order = np.lexsort((counts, sums))
    return sums[order], counts[order]


def differences(one: Mapping[Pair, float], other: Mapping[Pair, float]) -> Figures:
    """`one` less `other` where both have a figure of the same (cluster, seed)."""
    return [(key[0], value - other[key]) for key, value in one.items() if key in other]
