"""What an endpoint refuses costs one request, once: the next form is tried, and the outcome is remembered."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from planner.chat.failures import TooLongError
from planner.chat.modes import MODES
from planner.errors import PlanningError

if TYPE_CHECKING:
    from tests.conftest import Script
    from tests.planner.chat.conftest import Ask

Json = dict[str, Any]
PLAN: Json = {"caption": "A fox.", "things": [{"name": "fox"}], "minimum": 1}
SYSTEM, USER = {"role": "system", "content": "You plan."}, {"role": "user", "content": "a fox"}


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the next question came from another process."""
    monkeypatch.setattr("planner.caches._found", {})


@pytest.mark.parametrize("lacking", range(5))
@pytest.mark.parametrize("status", [400, 404, 405, 415, 422, 501])
def test_the_strongest_way_that_an_endpoint_takes_is_found_once_and_remembered(
    script: "Script", ask: "Ask", monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lacking: int, status: int
) -> None:
    for _ in range(lacking):
        script.fails(status, "what is that?")
    script.says(PLAN)
    assert (ask().mode, len(script.requests)) == (MODES[lacking], lacking + 1)
    forget(monkeypatch)
    assert (ask().mode, script.modes) == (MODES[lacking], [*MODES[: lacking + 1], MODES[lacking]])
    known = json.loads((tmp_path / "endpoints.json").read_text()) if lacking else {}
    assert list(known) == [f"{script.base_url} scripted"][: min(lacking, 1)]


def test_each_way_brings_the_schema(script: "Script", ask: "Ask") -> None:
    for _ in range(4):
        script.fails(400, "what is that?")
    script.says(PLAN)
    ask()
    strict, loose, tools, as_json, text = script.requests
    for held in (strict, loose):
        assert held["response_format"]["json_schema"]["schema"]["properties"]["things"]["maxItems"] == 32
        assert held["messages"] == [SYSTEM, USER]
    assert strict["response_format"]["json_schema"]["strict"] is True
    assert "strict" not in loose["response_format"]["json_schema"]
    (tool,) = tools["tools"]
    assert tools["tool_choice"]["function"]["name"] == tool["function"]["name"] == "Form"
    assert set(tool["function"]["parameters"]["properties"]) == {"caption", "things", "minimum"}
    assert as_json["response_format"] == {"type": "json_object"}
    assert not {"response_format", "tools", "tool_choice"} & set(text)
    for worded in (as_json, text):
        assert worded["messages"][0]["content"].startswith("You plan.")
        assert '"maxItems": 32' in worded["messages"][0]["content"]
        assert worded["messages"][1]["content"].startswith("a fox")


def test_plain_text_may_be_asked_for_by_itself_and_is_not_remembered(script: "Script", ask: "Ask") -> None:
    script.says(PLAN)
    assert (ask(plain=True).mode, ask().mode) == ("text", "json_schema strict")
    assert script.modes == ["text", "json_schema strict"]


def test_what_is_refused_in_every_way_is_an_error_and_nothing_of_it_is_remembered(
    script: "Script", ask: "Ask", tmp_path: Path
) -> None:
    script.fails(400, "this deployment\nis asleep")
    with pytest.raises(PlanningError, match=r"refuses the request \(400\): this deployment is asleep"):
        ask()
    assert script.modes == list(MODES)
    assert not (tmp_path / "endpoints.json").exists()


@pytest.mark.parametrize(
    "message",
    [
        "Invalid schema for response_format: In context=('properties',), 'maxLength' is not permitted.",
        "Unable to submit request because the schema has the unsupported field max_items",
        'Unknown keyword "minimum" in the schema',
    ],
)
@pytest.mark.parametrize("lacks", [set[str](), {"json_schema strict", "json_schema"}])
def test_a_schema_with_keywords_that_are_refused_is_sent_without_bounds(
    script: "Script", ask: "Ask", monkeypatch: pytest.MonkeyPatch, message: str, lacks: set[str]
) -> None:
    script.lacks |= lacks
    script.refuses = lambda request: message if '"maxLength"' in json.dumps(request) else None
    script.says(PLAN)
    mode = ask().mode
    sent = len(script.requests)
    assert mode == ("tools" if lacks else "json_schema strict")
    forget(monkeypatch)
    ask()
    assert len(script.requests) == sent + 1
    last = script.requests[-1]
    held = last["tools"][0]["function"] if lacks else last["response_format"]["json_schema"]
    schema = held["parameters" if lacks else "schema"]
    thing = {
        "type": "object",
        "additionalProperties": False,
        "required": ["name"],
        "description": "One thing.",
    }
    assert schema["$defs"]["Thing"] == {**thing, "properties": {"name": {"type": "string"}}}
    assert schema["properties"]["things"] == {"type": "array", "items": {"$ref": "#/$defs/Thing"}}
    assert schema["properties"]["minimum"] == {"type": "integer", "description": "named as a keyword is"}


@pytest.mark.parametrize(
    "message",
    [
        "System role not supported",
        "Conversation roles must alternate user/assistant/user/assistant/...",
        "Only user and assistant roles are supported, got system",
        "Developer instruction is not enabled for this model",
    ],
)
@pytest.mark.parametrize("status", [400, 500])
def test_a_model_without_a_system_role_gets_the_instructions_from_the_user(
    script: "Script", ask: "Ask", monkeypatch: pytest.MonkeyPatch, message: str, status: int
) -> None:
    script.fails(status, message).says(PLAN)
    ask(max_retries=0)
    forget(monkeypatch)
    shown = [{"type": "image_url", "image_url": {"url": "data:,"}}, {"type": "text", "text": "a fox"}]
    ask([SYSTEM, {"role": "user", "content": shown}, {"role": "assistant", "content": "{}"}, USER])
    ask(plain=True)
    first, second, third, fourth = (request["messages"] for request in script.requests)
    assert first == [SYSTEM, USER]
    assert second == [{"role": "user", "content": "You plan.\n\na fox"}]
    assert third[0] == {"role": "user", "content": [{"type": "text", "text": "You plan."}, *shown]}
    assert third[1:] == [{"role": "assistant", "content": "{}"}, USER]
    assert [turn["role"] for turn in fourth] == ["user"]
    assert '"maxItems": 32' in fourth[0]["content"]


@pytest.mark.parametrize("name", ["temperature", "seed", "frequency_penalty", "max_tokens"])
@pytest.mark.parametrize("by", ["param", "message"])
def test_an_option_that_is_refused_is_left_out_from_then_on(
    script: "Script", ask: "Ask", monkeypatch: pytest.MonkeyPatch, name: str, by: str
) -> None:
    message = f"Unsupported parameter: '{name}'" if by == "message" else "Unsupported value"
    script.fails(400, message, param=name if by == "param" else None).says(PLAN)
    ask()
    forget(monkeypatch)
    assert ask().mode == "json_schema strict"
    options = {"temperature", "seed", "frequency_penalty", "max_tokens"}
    assert [options - set(request) for request in script.requests] == [set(), {name}, {name}]


def test_a_limit_goes_under_its_newer_name_where_the_older_is_refused(
    script: "Script", ask: "Ask", monkeypatch: pytest.MonkeyPatch
) -> None:
    script.fails(
        400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", param="max_tokens"
    )
    script.fails(400, "Unsupported value: 'temperature' does not support 0.", param="temperature").says(PLAN)
    ask()
    forget(monkeypatch)
    ask()
    names = ("max_tokens", "max_completion_tokens")
    limits = [tuple(map(request.get, names)) for request in script.requests]
    assert limits == [(8192, None), (None, 8192), (None, 8192), (None, 8192)]
    assert [("temperature" in request) for request in script.requests] == [True, True, False, False]


@pytest.mark.parametrize(
    "message",
    [
        "max_tokens is too large: 8192. This model supports at most 4096, whereas you provided 8192.",
        "Invalid max_tokens value, the valid range of max_tokens is [1, 4,096]",
        "`max_tokens` must be less than or equal to `4096`, the maximum value for this model",
    ],
)
def test_a_limit_is_as_large_as_it_may_be(script: "Script", ask: "Ask", message: str) -> None:
    script.fails(400, message, param="max_tokens").says(PLAN)
    ask()
    ask()
    assert [request["max_tokens"] for request in script.requests] == [8192, 4096, 4096]


VLLM = "This model's maximum context length is 8192 tokens"


def vllm(request: Json) -> str | None:
    """An endpoint with a context of 8192 tokens of three letters each, 4,000 of which the schema takes."""
    tokens = 4000 + sum(len(turn["content"]) for turn in request["messages"]) // 3
    most = request.get("max_tokens", 0)
    if tokens + most <= 8192:
        return None
    counts = f"{VLLM} and your request has {tokens} input tokens ({most} > 8192 - {tokens})."
    return f"'max_tokens' or 'max_completion_tokens' is too large: {most}. {counts}"


def test_a_limit_that_is_larger_than_the_context_is_what_is_left_of_it(
    script: "Script", ask: "Ask", monkeypatch: pytest.MonkeyPatch
) -> None:
    script.refuses = vllm
    script.says(PLAN)
    ask()
    forget(monkeypatch)
    for letters in (3000, 10, 9000):
        ask([SYSTEM, {"role": "user", "content": "a" * letters}])
    limits = [request["max_tokens"] for request in script.requests]
    assert limits[:2] == [8192, 8192 - 4004]
    assert len(limits) == 5, "what is left of the context is not found out again for another question"
    with pytest.raises(TooLongError, match="maximum context length"):
        ask([SYSTEM, {"role": "user", "content": "a" * 13_000}])


@pytest.mark.parametrize(
    ("message", "left"),
    [
        (f"{VLLM}. You requested 13,192 (5,000 in the messages, 8,192 in the completion).", 3192),
        ("`inputs` tokens + `max_new_tokens` must be <= 8192. Given: 5000 `inputs` tokens", 3192),
        (f"{VLLM}. You requested 8192 output tokens; your prompt contains at least 1 input tokens.", None),
        ("The context window is too small for max_tokens", None),
    ],
)
def test_what_is_left_of_a_context_is_read_in_other_words_too(
    script: "Script", ask: "Ask", message: str, left: int | None
) -> None:
    script.fails(400, message).says(PLAN)
    assert ask().mode == "json_schema strict"
    assert [request.get("max_tokens") for request in script.requests] == [8192, left]


@pytest.mark.parametrize(
    "message",
    [
        "the request exceeds the available context size, try increasing it",
        f"{VLLM}. However, your messages resulted in 9000 tokens.",
        f"{VLLM}. You requested 17192 tokens (9000 in the messages, 8192 in the completion).",
        f"{VLLM} and your request has 8190 input tokens",
    ],
)
def test_a_prompt_that_is_itself_too_long_fails_at_once(script: "Script", ask: "Ask", message: str) -> None:
    script.fails(400, message)
    with pytest.raises(TooLongError):
        ask()
    assert len(script.requests) == 1


def test_a_context_that_stays_too_small_without_a_limit_is_too_small_for_the_prompt(
    script: "Script", ask: "Ask"
) -> None:
    script.fails(400, "context length exceeded: lower max_tokens", "context_length_exceeded")
    with pytest.raises(TooLongError):
        ask()
    assert ["max_tokens" in request for request in script.requests] == [True, False]


def picky(request: Json) -> str | None:
    """An endpoint that refuses one thing after another."""
    if request["messages"][0]["role"] == "system":
        return "System role not supported"
    if "seed" in request:
        return "Unknown parameter: seed"
    return "what is maxLength?" if '"maxLength"' in json.dumps(request.get("tools", [])) else None


def test_everything_at_once_costs_a_request_each(
    script: "Script", ask: "Ask", monkeypatch: pytest.MonkeyPatch
) -> None:
    script.lacks |= {"json_schema strict", "json_schema"}
    script.refuses = picky
    script.says(PLAN)
    assert ask().mode == "tools"
    assert len(script.requests) == 6
    forget(monkeypatch)
    ask()
    assert len(script.requests) == 7


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"URL scripted": {"mode": "telepathy"}}', '{"URL scripted": 1}']
)
def test_a_memory_that_says_nothing_of_use_is_ignored(
    script: "Script", ask: "Ask", tmp_path: Path, text: str
) -> None:
    (tmp_path / "endpoints.json").write_text(text.replace("URL", script.base_url))
    script.lacks |= {"json_schema strict"}
    script.says(PLAN)
    assert ask().mode == "json_schema"
    assert json.loads((tmp_path / "endpoints.json").read_text())[f"{script.base_url} scripted"]


def test_a_memory_that_cannot_be_written_lasts_as_long_as_the_process(
    script: "Script", ask: "Ask", monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SCENEWRIGHT_CACHE", str(tmp_path / "file"))
    script.lacks |= {"json_schema strict"}
    script.says(PLAN)
    ask()
    ask()
    assert script.modes == ["json_schema strict", "json_schema", "json_schema"]
