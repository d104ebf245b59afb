"""Wilson's interval, by figures from the literature."""

import pytest

from evals.world.tally import Tally


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        # Newcombe 1998, table I, method 3 (score without continuity correction).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (0, 0, 0.0, 1.0),
    ],
)
def test_interval(hits: int, n: int, low: float, high: float) -> None:
    assert Tally(hits, n).interval() == pytest.approx((low, high), abs=5e-5)


def test_a_tally_counts_and_says_so() -> None:
    tally = Tally.of([True, False, True, True])
    assert (tally.hits, tally.n, tally.share) == (3, 4, 0.75)
    assert str(tally).split() == ["75.0%", "[30.1%,", "95.4%]", "of", "4"]
    assert Tally.of([]).share == 0
