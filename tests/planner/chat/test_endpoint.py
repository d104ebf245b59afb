"""Endpoints: addresses and keys; faults are retried within bounds, then reported in one clear line."""

import json
import socket
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from planner.errors import PlanningError, ScenewrightError, UserError

if TYPE_CHECKING:
    from tests.conftest import Script
    from tests.planner.chat.conftest import Ask

PLAN: dict[str, Any] = {"caption": "A fox.", "things": [{"name": "fox"}], "minimum": 1}


def line(ask: "Ask", kind: type[ScenewrightError], **settings: Any) -> str:
    """The message of the error that asking ends in, which is one line without the key."""
    with pytest.raises(kind) as caught:
        ask(**settings)
    message = str(caught.value)
    assert message.isprintable()
    assert "sk-secret" not in message
    return message


def test_the_key_is_sent_and_an_endpoint_of_ones_own_needs_none(script: "Script", ask: "Ask") -> None:
    script.says(PLAN)
    ask(api_key=None)
    ask()
    assert script.keys == ["Bearer none", "Bearer sk-secret"]
    assert script.paths == ["/v1/chat/completions"] * 2


def test_an_address_with_a_version_of_the_api_is_asked_as_azure_wants_it(
    script: "Script", ask: "Ask"
) -> None:
    base = script.base_url.removesuffix("/v1")
    script.fails(500, "later").says(PLAN)
    ask(base_url=f"{base}/openai/deployments/m?api-version=2024-10-21&x=a%20b")
    assert script.paths == ["/openai/deployments/m/chat/completions?api-version=2024-10-21&x=a+b"] * 2
    assert [headers["api-key"] for headers in script.headers] == ["sk-secret"] * 2
    assert not any("authorization" in headers for headers in script.headers)
    ask(base_url=f"{base}/v1/?team=a")
    assert script.paths[2] == "/v1/chat/completions?team=a"
    assert "api-key" not in script.headers[2]
    assert script.keys[2] == "Bearer sk-secret"


@pytest.mark.parametrize("name", ["ALL_PROXY", "https_proxy"])
def test_a_proxy_that_speaks_socks_without_its_extra(
    script: "Script", ask: "Ask", monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    monkeypatch.setenv(name, "socks5://127.0.0.1:1080")
    message = line(ask, UserError)
    assert "pip install 'httpx2[socks]'" in message
    assert "unset" in message
    monkeypatch.setenv(name, "socks://127.0.0.1:1080")
    assert "should be like http://127.0.0.1:8080 or socks5://127.0.0.1:1080" in line(ask, UserError)
    assert script.requests == []


def test_no_key_and_no_address(ask: "Ask") -> None:
    assert "set OPENAI_API_KEY" in line(ask, UserError, base_url=None, api_key=None)


@pytest.mark.parametrize(
    "address",
    [
        *("localhost:8080/v1", "ftp://a/v1", "/v1", "http://", "http://[a/v1", "http://a:99999/v1", "?a=b"),
        *("http://a\x1b[31m/v1", "http://a/\nv1", "http://a/v1\x00", " http://a/v1", "http://a/v 1"),
        *("http://a\udcff/v1", "http://a\uff0fb/v1", "http://a/\u202ev1"),
    ],
)
def test_an_address_that_is_none(ask: "Ask", address: str) -> None:
    assert "should be like http://127.0.0.1:8080/v1" in line(ask, UserError, base_url=address)


@pytest.mark.parametrize("name", ["OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_CUSTOM_HEADERS"])
@pytest.mark.parametrize("value", ["a\x1b[31m", "ключ", "a\udcff"])
def test_a_variable_that_no_header_can_carry(
    ask: "Ask", monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert line(ask, UserError).startswith(f"{name} holds a letter")


@pytest.mark.parametrize("name", ["a\x1b[31m", "a\nb", "a\udcff"])
def test_a_name_that_no_model_has(ask: "Ask", name: str) -> None:
    assert line(ask, UserError, model=name).startswith(f"llm {name!r}: ")


@pytest.mark.parametrize("key", ["ключ", "two\nlines", "sk a", "sk-a ", "\x1b[31m"])
def test_a_key_that_no_header_can_carry(ask: "Ask", key: str) -> None:
    message = line(ask, UserError, api_key=key)
    assert "OPENAI_API_KEY" in message
    assert key not in message


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503])
def test_a_passing_fault_is_retried(script: "Script", ask: "Ask", status: int) -> None:
    script.fails(status, "later").fails(status, "later").says(PLAN)
    assert ask().mode == "json_schema strict"
    assert len(script.requests) == 3


def test_a_retry_waits_as_long_as_the_endpoint_asks(script: "Script", ask: "Ask") -> None:
    script.fails(429, "later", pause="0.9").says(PLAN)
    started = time.monotonic()
    ask()
    assert time.monotonic() - started >= 0.9


def test_a_pause_of_hours_is_not_waited_for(script: "Script", ask: "Ask") -> None:
    script.fails(429, "tomorrow", pause="7200")
    assert "tomorrow" in line(ask, PlanningError)
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("status", "reason"), [(429, "is over its limit (429"), (500, "failed (500"), (503, "failed (503")]
)
def test_a_lasting_fault_ends_after_the_retries(
    script: "Script", ask: "Ask", status: int, reason: str
) -> None:
    script.fails(status, "no luck")
    message = line(ask, PlanningError, max_retries=1)
    assert reason in message
    assert "2 tries at most" in message
    assert "no luck" in message
    assert len(script.requests) == 2


@pytest.mark.parametrize(
    ("error", "reason", "requests"),
    [
        ('{"message": "slow\\ndown", "code": 429}', "is over its limit (429, 2 tries at most): slow down", 2),
        ('{"message": "x", "type": "rate_limit_error"}', "is over its limit (429, 2 tries at most): x", 2),
        ('{"message": "it is down", "code": 502}', "failed (502, 2 tries at most): it is down", 2),
        ('{"message": "no credit", "code": 402}', "refuses the request (402): no credit", 1),
        ('{"message": "no such model: scripted"}', "llm 'scripted': the LLM endpoint", 1),
        ('"out of order"', "refuses the request (400): out of order", 5),
    ],
)
def test_an_error_in_an_answer_of_status_200_is_one(
    script: "Script", ask: "Ask", error: str, reason: str, requests: int
) -> None:
    script.sends(f'{{"error": {error}}}')
    assert reason in line(ask, ScenewrightError, max_retries=1)
    assert len(script.requests) == requests


def test_an_error_beside_an_answer_is_none(script: "Script", ask: "Ask") -> None:
    choice = {"message": {"content": json.dumps(PLAN)}}
    script.sends(json.dumps({"id": "1", "error": "slow", "choices": [choice]}))
    assert ask().data == PLAN


def test_an_error_in_the_place_of_an_answer_is_one(script: "Script", ask: "Ask") -> None:
    error = {"code": 502, "message": "the model behind is overloaded"}
    choice = {"finish_reason": "error", "error": error, "message": {"role": "assistant", "content": ""}}
    script.sends(json.dumps({"id": "1", "choices": [choice]}))
    assert "failed (502, 2 tries at most)" in line(ask, PlanningError, max_retries=1)
    assert len(script.requests) == 2


def test_a_key_that_is_not_valid_is_the_users_to_mend_whatever_the_status(
    script: "Script", ask: "Ask"
) -> None:
    script.fails(400, "API key not valid. Please pass a valid API key.")
    script.lines[-1] = replace(script.lines[-1], raw=f"[{script.lines[-1].raw}]")
    assert "OPENAI_API_KEY" in line(ask, UserError)
    assert len(script.requests) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_the_users_to_mend_at_once(script: "Script", ask: "Ask", status: int) -> None:
    script.fails(status, "Incorrect API key provided: sk-secret")
    assert "OPENAI_API_KEY" in line(ask, UserError)
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("status", "message", "code", "param"),
    [
        (
            404,
            "The model `scripted` does not exist or you do not have access to it.",
            "model_not_found",
            None,
        ),
        (404, "model 'scripted' not found, try pulling it first", None, None),
        (400, "scripted is not a valid model ID", None, "model"),
    ],
)
def test_an_unknown_model_is_the_users_to_mend_at_once(
    script: "Script", ask: "Ask", status: int, message: str, code: str | None, param: str | None
) -> None:
    script.fails(status, message, code, param)
    reported = line(ask, UserError)
    assert reported.startswith("llm 'scripted': the LLM endpoint ")
    assert "has no such model" in reported
    assert len(script.requests) == 1


@pytest.mark.parametrize("status", [400, 403])
def test_a_filter_is_asked_once(script: "Script", ask: "Ask", status: int) -> None:
    script.fails(status, "The prompt was flagged by moderation", "content_filter")
    assert f"declines the request ({status}): The prompt was flagged" in line(ask, PlanningError)
    assert len(script.requests) == 1


def test_a_key_that_an_endpoint_repeats_is_blacked_out(script: "Script", ask: "Ask") -> None:
    script.fails(500, "cannot serve\nkey sk-secret")
    assert "cannot serve key ***" in line(ask, PlanningError, max_retries=0)


def test_an_unreachable_endpoint(ask: "Ask") -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://user:sk-secret@127.0.0.1:{free.getsockname()[1]}/v1?api-version=sk-secret"
    message = line(ask, PlanningError, base_url=address, max_retries=0)
    assert "can't be reached (one try)" in message
    assert "http://127.0.0.1:" in message


def test_a_time_out(script: "Script", ask: "Ask") -> None:
    script.says(PLAN, seconds=0.5)
    assert "didn't answer within 0.1 s (one try)" in line(ask, PlanningError, timeout=0.1, max_retries=0)


def test_an_answer_that_drips_in_is_not_waited_for(script: "Script", ask: "Ask") -> None:
    script.drips(0.05)
    started = time.monotonic()
    message = line(ask, PlanningError, timeout=0.3, max_retries=1)
    assert "didn't answer within 0.3 s (2 tries at most)" in message
    assert time.monotonic() - started < 10
    assert len(script.requests) == 2


def test_an_answer_without_end_is_not_read_to_it(
    script: "Script", ask: "Ask", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("planner.chat.transport.MAX_ANSWER", 1000)
    script.sends("x" * 100_000)
    assert "the answer has no end" in line(ask, PlanningError, max_retries=0)


def test_a_connection_that_breaks_off_is_tried_again(script: "Script", ask: "Ask") -> None:
    script.breaks_off('{"choices": [').says(PLAN)
    assert ask().data == PLAN
    assert len(script.requests) == 2


def test_a_connection_that_breaks_off_every_time(script: "Script", ask: "Ask") -> None:
    script.breaks_off('{"choices": [')
    assert "(2 tries at most)" in line(ask, PlanningError, max_retries=1)
