"""What a language model took is counted over all its answers, and carried by the plan or the error."""

from typing import TYPE_CHECKING, Any

import pytest

from planner.errors import PlanningError, UserError
from planner.llm import LLMPlanner
from planner.llm.usage import Price, in_words, read_price, total
from planner.plans import Draft, Origin, Usage
from planner.scene import Scene

if TYPE_CHECKING:
    from tests.conftest import Script

USED = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
PLACE = {"horizontal": "left", "vertical": "top", "size": "large"}
REPLY: dict[str, Any] = {"caption": "A fox.", "regions": [{"name": "fox", "prompt": "a fox", "where": PLACE}]}


def other(prompt: str) -> Draft:
    return Draft(scene=Scene(prompt=prompt, caption=prompt), origin=Origin(planner="builtin"))


def test_all_answers_count_repairs_and_unreadable_ones_too(script: "Script") -> None:
    script.usage = USED
    script.says("nonsense").says(REPLY)
    planner = LLMPlanner("scripted", base_url=script.base_url)
    assert planner("a fox").origin.usage == Usage(prompt=200, completion=40, requests=2)
    assert len(script.requests) == 2


def test_what_was_in_vain_is_counted_too(script: "Script") -> None:
    script.usage = USED
    script.says("nonsense")
    with pytest.raises(PlanningError) as caught:
        LLMPlanner("scripted", base_url=script.base_url)("a fox")
    assert caught.value.usage == Usage(prompt=600, completion=120, requests=6)
    fallen_back = LLMPlanner("scripted", base_url=script.base_url, fallback=other)("a fox")
    assert fallen_back.origin == Origin(planner="builtin", usage=caught.value.usage)


def test_an_endpoint_that_was_not_reached_took_nothing(script: "Script") -> None:
    script.fails(500, "no")
    with pytest.raises(PlanningError) as caught:
        LLMPlanner("scripted", base_url=script.base_url, max_retries=0)("a fox")
    assert caught.value.usage is None


@pytest.mark.parametrize(
    "usage", [None, {}, [], "many", {"prompt_tokens": "x"}, {"prompt_tokens": -1, "completion_tokens": None}]
)
def test_tokens_that_an_endpoint_does_not_tell_are_unknown(script: "Script", usage: object) -> None:
    script.usage = usage
    script.says(REPLY)
    planner = LLMPlanner("scripted", base_url=script.base_url, max_repairs=0)
    assert planner("a fox").origin.usage == Usage(prompt=None, completion=None, requests=1)


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
