"""Each fault of an endpoint: retried within bounds, then told in one clear line."""

import socket
import time
from typing import TYPE_CHECKING, Any

import pytest

from planner.builtin import BuiltinPlanner
from planner.errors import PlanningError, ScenewrightError, UserError
from planner.llm import LLMPlanner

if TYPE_CHECKING:
    from tests.conftest import Script

REPLY: dict[str, Any] = {
    "caption": "A fox.",
    "background": "a meadow",
    "style": "",
    "absent": [],
    "relations": [],
    "regions": [
        {
            "name": "fox",
            "prompt": "a red fox",
            "count": 1,
            "depth": 0,
            "where": {"horizontal": "center", "vertical": "middle", "size": "large"},
        }
    ],
}


def line(script: "Script", kind: type[ScenewrightError], **settings: Any) -> str:
    """The message of the error that planning ends in, which is one line without the key."""
    given: dict[str, Any] = {"base_url": script.base_url, "api_key": "sk-secret", **settings}
    planner = LLMPlanner("scripted", **given)
    with pytest.raises(kind) as caught:
        planner("a fox")
    message = str(caught.value)
    assert "\n" not in message
    assert "sk-secret" not in message
    return message


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503])
def test_a_passing_fault_is_retried(script: "Script", status: int) -> None:
    script.fails(status, "later").fails(status, "later").says(REPLY)
    draft = LLMPlanner("scripted", base_url=script.base_url)("a fox")
    assert draft.origin.mode == "json_schema strict"
    assert len(script.requests) == 3


def test_a_retry_waits_as_long_as_the_endpoint_asks(script: "Script") -> None:
    script.fails(429, "later", pause="0.9").says(REPLY)
    started = time.monotonic()
    LLMPlanner("scripted", base_url=script.base_url)("a fox")
    assert time.monotonic() - started >= 0.9


def test_a_pause_of_hours_is_not_waited_for(script: "Script") -> None:
    script.fails(429, "tomorrow", pause="7200")
    assert "tomorrow" in line(script, PlanningError)
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("status", "said"), [(429, "is over its limit (429"), (500, "failed (500"), (503, "failed (503")]
)
def test_a_lasting_fault_ends_after_the_retries(script: "Script", status: int, said: str) -> None:
    script.fails(status, "no luck")
    message = line(script, PlanningError, max_retries=1)
    assert said in message
    assert "2 tries at most" in message
    assert "no luck" in message
    assert len(script.requests) == 2


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_the_users_to_mend_at_once(script: "Script", status: int) -> None:
    script.fails(status, "Incorrect API key provided: sk-secret")
    assert "OPENAI_API_KEY" in line(script, UserError)
    assert len(script.requests) == 1


@pytest.mark.parametrize(("code", "requests"), [("model_not_found", 1), (None, 4)])
def test_an_unknown_model_is_the_users_to_mend(script: "Script", code: str | None, requests: int) -> None:
    script.fails(404, "model 'scripted' not found, try pulling it first", code)
    message = line(script, UserError)
    assert "has no model 'scripted'" in message
    assert "--llm" in message
    assert len(script.requests) == requests


def test_a_key_that_an_endpoint_repeats_is_blacked_out(script: "Script") -> None:
    script.fails(500, "cannot serve\nkey sk-secret")
    assert "cannot serve key ***" in line(script, PlanningError, max_retries=0)


def test_a_refused_request_says_what_the_endpoint_said(script: "Script") -> None:
    script.fails(400, "this deployment is asleep")
    assert "refuses the request (400): " in (message := line(script, PlanningError))
    assert "this deployment is asleep" in message
    assert script.modes == ["json_schema strict", "json_schema", "tools", "json"]


def test_a_prompt_that_never_fits_the_context_ends(script: "Script") -> None:
    script.fails(400, "maximum context length is 64 tokens", "context_length_exceeded")
    assert "maximum context length" in line(script, PlanningError, examples=2)
    assert len(script.requests) == 3


def test_an_unreachable_endpoint(script: "Script") -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://user:sk-secret@127.0.0.1:{free.getsockname()[1]}/v1"
    message = line(script, PlanningError, base_url=address, max_retries=0)
    assert "can't be reached (one try)" in message
    assert "http://127.0.0.1:" in message


def test_a_time_out(script: "Script") -> None:
    script.says(REPLY, seconds=0.5)
    assert "didn't answer within 0.1 s (one try)" in line(script, PlanningError, timeout=0.1, max_retries=0)


def test_an_answer_that_drips_in_is_not_waited_for(script: "Script") -> None:
    script.drips(0.05)
    started = time.monotonic()
    said = line(script, PlanningError, timeout=0.3, max_retries=1)
    assert "didn't answer within 0.3 s (2 tries at most)" in said
    assert time.monotonic() - started < 10
    assert len(script.requests) == 2


def test_an_answer_without_end_is_not_read_to_it(script: "Script", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("planner.llm.patience.MAX_ANSWER", 1000)
    script.sends("x" * 100_000)
    assert "the answer has no end" in line(script, PlanningError, max_retries=0)


def test_a_connection_that_breaks_off_is_tried_again(script: "Script") -> None:
    script.breaks_off('{"choices": [').says(REPLY)
    assert LLMPlanner("scripted", base_url=script.base_url)("a fox").scene.caption == "A fox."
    assert len(script.requests) == 2


def test_a_connection_that_breaks_off_every_time(script: "Script") -> None:
    script.breaks_off('{"choices": [')
    assert "(2 tries at most)" in line(script, PlanningError, max_retries=1)
    assert len(script.requests) == 2


@pytest.mark.parametrize(
    "reply",
    [
        {"title": "A fox", "objects": ["fox"]},
        {"caption": "x", "regions": [{"name": "", "prompt": ""}] * 40},
        [],
    ],
    ids=["another schema", "the same nothing", "a list"],
)
def test_a_reply_that_is_wrong_for_ever_ends_in_a_plan_of_what_was_asked(
    script: "Script", reply: object
) -> None:
    script.says(reply)
    reader = BuiltinPlanner()
    planner = LLMPlanner("scripted", base_url=script.base_url, reference=reader, fallback=reader)
    assert any("fox" in region.prompt for region in planner("a red fox under an oak tree").scene.regions)
    assert len(script.requests) <= 6


@pytest.mark.parametrize("raw", ["<html>", '{"caption": ', '{"error": "x"}', "[]", "null"])
def test_an_endpoint_that_speaks_something_else(script: "Script", raw: str) -> None:
    script.sends(raw)
    assert "gave no chat completion" in line(script, PlanningError)
    assert len(script.requests) == 1


def test_a_reply_that_is_cut_off_every_time(script: "Script") -> None:
    script.says('{"caption": "A fox', finish="length")
    assert "cut off before its plan ends" in line(script, PlanningError)
    assert "write fewer regions" in script.requests[1]["messages"][-1]["content"]


def test_a_reply_that_is_cut_off_once(script: "Script") -> None:
    script.says('{"caption": "A fox', finish="length").says(REPLY)
    assert LLMPlanner("scripted", base_url=script.base_url)("a fox").scene.caption == "A fox."


def test_a_refusal_is_told_in_the_models_words(script: "Script") -> None:
    script.declines("I can't help with that.")
    message = line(script, PlanningError)
    assert "scripted declines to plan this prompt" in message
    assert "I can't help with that." in message


def test_a_content_filter_is_a_refusal(script: "Script") -> None:
    script.says("", finish="content_filter")
    assert "declines to plan" in line(script, PlanningError)


def test_an_empty_reply_is_asked_for_again(script: "Script") -> None:
    script.says("").says(REPLY)
    assert LLMPlanner("scripted", base_url=script.base_url)("a fox").scene.regions
    roles = [turn["role"] for turn in script.requests[1]["messages"]]
    assert roles[-2:] == ["assistant", "user"]
    assert script.requests[1]["messages"][-1]["content"].startswith("a fox\n\n")


def test_empty_replies_for_ever(script: "Script") -> None:
    script.says("")
    assert "gives empty replies" in line(script, PlanningError)


def test_a_form_with_missing_fields_is_told_field_by_field(script: "Script") -> None:
    script.says({"caption": "x", "regions": [{"name": "fox"}, {"prompt": "a"}]})
    message = line(script, PlanningError, max_repairs=0)
    assert "regions[0].prompt" in message
    assert "regions[1].name" in message


def test_no_key_and_no_address(script: "Script") -> None:
    assert "set OPENAI_API_KEY" in line(script, UserError, base_url=None, api_key=None)


@pytest.mark.parametrize(
    "address", ["localhost:8080/v1", "ftp://a/v1", "/v1", "http://", "http://[a/v1", "http://a:99999/v1"]
)
def test_an_address_that_is_none(script: "Script", address: str) -> None:
    assert "should be like http://127.0.0.1:8080/v1" in line(script, UserError, base_url=address)


@pytest.mark.parametrize("key", ["ключ", "two\nlines"])
def test_a_key_that_no_header_can_carry(script: "Script", key: str) -> None:
    message = line(script, UserError, api_key=key)
    assert "OPENAI_API_KEY" in message
    assert key not in message
