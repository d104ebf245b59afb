"""What a language model takes, counted as far as the endpoint states it, summed and priced."""

from typing import TYPE_CHECKING

import pytest

from planner.chat.usage import Price, in_words, read_price, total
from planner.errors import UserError
from planner.plans import Usage

if TYPE_CHECKING:
    from tests.conftest import Script
    from tests.planner.chat.conftest import Ask


@pytest.mark.parametrize(
    "usage", [None, {}, [], "many", {"prompt_tokens": "x"}, {"prompt_tokens": -1, "completion_tokens": None}]
)
def test_tokens_that_an_endpoint_does_not_state_are_unknown(
    script: "Script", ask: "Ask", usage: object
) -> None:
    script.usage = usage
    script.says({"caption": "A fox."})
    assert ask().usage == Usage(prompt=None, completion=None, requests=1)


def test_a_sum_is_as_well_known_as_its_parts() -> None:
    known = Usage(prompt=1, completion=2, requests=1, cached=1)
    unknown = Usage(prompt=None, completion=5, requests=1)
    assert total([]) is None
    assert total([known, unknown]) == Usage(prompt=None, completion=7, requests=2, cached=1)


def test_a_price_makes_a_cost_where_the_tokens_are_known() -> None:
    price = read_price("2.5, 10")
    assert price == Price(2.5, 10)
    assert price.of(Usage(prompt=1000, completion=100, requests=1)) == pytest.approx(0.0035)
    assert price.of(None) is None
    assert price.of(Usage(prompt=None, completion=100, requests=1)) is None


@pytest.mark.parametrize("text", ["", "2", "2,3,4", "a,b", "-1,2", "nan,1", "1,inf"])
def test_a_price_that_is_none(text: str) -> None:
    with pytest.raises(UserError, match="should be IN,OUT"):
        read_price(text)


def test_a_line_for_the_user() -> None:
    usage = Usage(prompt=1200, completion=300, requests=2, cached=1)
    assert in_words(usage, 0.0048) == "1,200 + 300 tokens in 2 answers (1 of them cached), $0.0048"
    assert (
        in_words(Usage(prompt=None, completion=None, requests=1), None)
        == "an unknown number of tokens in 1 answer"
    )
