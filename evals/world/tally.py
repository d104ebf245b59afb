"""Shares with their intervals."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Self


@dataclass(frozen=True)
class Tally:
    """So many hits among `n` trials."""

    hits: int
    n: int

    @classmethod
    def of(cls, results: Iterable[bool]) -> Self:
        """The tally of results."""
        listed = list(results)
        return cls(sum(listed), len(listed))

    @property
    def share(self) -> float:
        """Hits a trial; 0 for no trials."""
        return self.hits / self.n if self.n else 0.0

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Wilson's score interval of the share (Wilson 1927); (0, 1) for no trials."""
        if not self.n:
            return 0.0, 1.0
        z = NormalDist().inv_cdf(0.5 + confidence / 2)
        scale = 1 + z**2 / self.n
        middle = (self.share + z**2 / (2 * self.n)) / scale
        reach = z / scale * sqrt(self.share * (1 - self.share) / self.n + z**2 / (4 * self.n**2))
        return max(0.0, middle - reach), min(1.0, middle + reach)

    def __str__(self) -> str:
        """As "93.0 % [88.6, 95.8] of 200"."""
        low, high = self.interval()
        return f"{self.share:6.1%} [{low:.1%}, {high:.1%}] of {self.n}"
