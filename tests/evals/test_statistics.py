"""Intervals by prompts, not by pictures; differences of pairs alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.statistics import clustered, differences, interval

figures = st.lists(st.tuples(st.integers(0, 5), st.floats(-1, 1)), min_size=1, max_size=30)


@given(figures)
def test_an_interval_holds_its_mean(given: list[tuple[int, float]]) -> None:
    found = clustered(given)
    assert found is not None
    assert found["low"] - 1e-5 <= found["mean"] <= found["high"] + 1e-5
    assert found["mean"] == pytest.approx(sum(value for _, value in given) / len(given), abs=1e-5)
    assert found["n"] == len(given)


eighths = st.lists(st.tuples(st.integers(0, 5), st.integers(-8, 8).map(lambda n: n / 8)), max_size=30)


@given(eighths.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_the_order_of_rows_does_not_matter(
    orders: tuple[list[tuple[int, float]], list[tuple[int, float]]],
) -> None:
    """A run that was stopped, or that several workers did, ends with the rows in another order."""
    one, other = orders
    assert clustered(one) == clustered(other)


def test_nothing_has_no_interval() -> None:
    assert clustered([]) is None
    assert interval([]) is None


def test_pictures_of_one_prompt_do_not_narrow_the_interval() -> None:
    """Eight pictures of each of six prompts, all right or all wrong, are six observations, not 48."""
    prompts = [(prompt, float(prompt < 3)) for prompt in range(6)]
    once, eight_times = clustered(prompts), clustered(prompts * 8)
    assert once is not None
    assert eight_times is not None
    assert (eight_times["low"], eight_times["high"]) == (once["low"], once["high"])
    taken_apart = interval([value for _, value in prompts * 8])
    assert taken_apart is not None
    assert taken_apart["high"] - taken_apart["low"] < (once["high"] - once["low"]) / 2


def test_prompts_that_are_all_half_right_have_an_interval_without_width() -> None:
    found = clustered([(prompt, float(seed)) for prompt in range(5) for seed in (0, 1)])
    assert found == {"mean": 0.5, "low": 0.5, "high": 0.5, "n": 10}


def test_differences_are_of_pairs() -> None:
    one = {("a", 0): 1.0, ("a", 1): 1.0, ("b", 0): 0.5}
    other = {("a", 0): 0.0, ("b", 0): 0.75, ("b", 1): 0.0}
    assert differences(one, other) == [("a", 1.0), ("b", -0.25)]


def test_a_difference_that_is_the_same_for_every_pair_has_an_interval_without_width() -> None:
    plain = {(prompt, 0): prompt / 10 for prompt in range(8)}
    better = {key: value + 0.1 for key, value in plain.items()}
    found = clustered(differences(better, plain))
    assert found is not None
    assert (found["low"], found["high"]) == (0.1, 0.1)
