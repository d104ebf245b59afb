"""Whatever a model writes, the object in it is found, or the kind of the answer is known."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from planner.chat.extract import find_object, without_thinking
from planner.errors import PlanningError
from planner.plans import Usage

if TYPE_CHECKING:
    from tests.conftest import Script
    from tests.planner.chat.conftest import Ask

PLAN: dict[str, Any] = {"caption": 'A } fox,] {says "hm"}', "things": [{"name": "fox"}], "minimum": 1}
TEXT = json.dumps(PLAN)
OLD = json.dumps({**PLAN, "caption": "an earlier try"})
USED = {"prompt_tokens": 100, "completion_tokens": 20}


@pytest.mark.parametrize(
    "written",
    [
        TEXT,
        f"\ufeff  {TEXT}",
        f"```json\n{TEXT}\n```",
        f"```\n{TEXT}\n```\nI hope that {{it}} helps.",
        f"Of course! Here {{is}} it:\n\n{TEXT}",
        f'<think>\nThe user wants {{a fox}}. ```json\n{{"caption": "no"\n```</think>\n\n{TEXT}',
        f'Okay, {{a "fox"}} then {{"caption": "no".\n</think>\n{TEXT}',
        f"<thinking>{OLD}</thinking>{TEXT}",
        f"{TEXT[:-1]},}}",
        TEXT.replace('fox"}]', 'fox", } ,\n ]'),
        json.dumps({"Form": PLAN}),
        json.dumps({"scene": {"properties": PLAN}}),
        json.dumps({"type": "object", "properties": PLAN}),
        json.dumps({"name": "Form", "arguments": TEXT}),
        json.dumps([PLAN]),
        json.dumps(TEXT),
        f"Draft: {OLD}\n\nThat lacks a fox. Corrected: {TEXT}",
        f'The form is {{"title": "Form"}}; filled: {TEXT} And {{"note": "done"}}, {{"caption": "a part"}}',
        f'{{"caption": "broken" "things": [{OLD}]}} Sorry:\n{TEXT}',
        TEXT.replace("fox,", "fox,\n"),
    ],
)
def test_the_object_is_found_in_what_a_model_writes(script: "Script", ask: "Ask", written: str) -> None:
    script.says(written)
    answer = ask()
    assert answer.data is not None
    assert {**answer.data, "caption": answer.data["caption"].replace("\n", "")} == PLAN
    assert (answer.kind, answer.fault, len(script.requests)) == ("object", "", 1)


def test_thoughts_are_no_part_of_the_text(script: "Script", ask: "Ask") -> None:
    script.says(f"<think>Hm, {{a}} fox.</think>\n{TEXT}")
    assert ask().text == TEXT
    kept = json.dumps({"caption": "<think> on a sign"})
    assert without_thinking(kept) == kept


def part(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def call(arguments: object) -> dict[str, Any]:
    return {"id": "1", "type": "function", "function": {"name": "Form", "arguments": arguments}}


@pytest.mark.parametrize(
    "message",
    [
        {"content": [{"type": "thinking", "thinking": [part(OLD)]}, part(TEXT)]},
        {"content": [part(TEXT[:9]), part(TEXT[9:])]},
        {"content": "I call a tool.", "tool_calls": [call(TEXT)]},
        {"content": None, "tool_calls": [call(PLAN)]},
        {"content": TEXT, "tool_calls": None, "refusal": None},
        {"content": TEXT, "tool_calls": [call("{}"), {"id": "2"}, 3]},
    ],
)
@pytest.mark.parametrize("lacks", [{"json_schema strict", "json_schema"}, set[str]()])
def test_a_message_of_any_shape_is_read(
    script: "Script", ask: "Ask", message: dict[str, Any], lacks: set[str]
) -> None:
    script.lacks |= lacks
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", **message}}
    script.sends(json.dumps({"id": "1", "choices": [choice]}))
    assert ask().data == PLAN


@pytest.mark.parametrize(
    ("choices", "kind", "text"),
    [
        ([{"finish_reason": "stop", "message": None}], "empty", ""),
        ([{"finish_reason": "stop"}], "empty", ""),
        ([{"finish_reason": "stop", "message": {"content": " \n"}}], "empty", ""),
        ([], "empty", ""),
        ([{"finish_reason": "content_filter", "message": None}], "refused", ""),
        ([{"finish_reason": "stop", "message": {"content": None, "refusal": "No."}}], "refused", "No."),
        ([{"finish_reason": "length", "message": {"content": TEXT[:40]}}], "cut off", TEXT[:40]),
        ([{"finish_reason": "stop", "message": {"content": TEXT[:40]}}], "cut off", TEXT[:40]),
        (
            [{"finish_reason": "length", "message": {"content": f"{OLD} {TEXT[:40]}"}}],
            "cut off",
            f"{OLD} {TEXT[:40]}",
        ),
        ([{"finish_reason": "stop", "message": {"content": "A fox."}}], "no object", "A fox."),
        ([{"finish_reason": "stop", "message": {"content": '{"x": 1}'}}], "no object", '{"x": 1}'),
        ([{"finish_reason": "length", "message": {"content": TEXT}}], "object", TEXT),
    ],
)
def test_an_answer_without_an_object_says_of_what_kind_it_is_and_is_asked_for_once(
    script: "Script", ask: "Ask", bill: list[Usage], choices: object, kind: str, text: str
) -> None:
    script.sends(json.dumps({"id": "1", "choices": choices, "usage": USED}))
    answer = ask()
    assert (answer.kind, answer.text) == (kind, text)
    assert (answer.data is None) == bool(answer.fault) == (kind != "object")
    assert len(script.requests) == 1
    assert bill == [answer.usage] == [Usage(prompt=100, completion=20, requests=1)]


def test_why_there_is_no_object_is_a_sentence_for_the_model(script: "Script", ask: "Ask") -> None:
    script.says("A fox.").says({"title": "x"})
    assert ask().fault == "The reply is not one JSON object: write the object and nothing else."
    assert ask().fault.endswith("has none of the fields that were asked for: caption, things, minimum.")


@pytest.mark.parametrize("written", ["", "<think>Long thoughts", "Long thoughts"])
def test_a_model_that_thinks_until_the_limit_gets_more_room_once(
    script: "Script", ask: "Ask", bill: list[Usage], written: str
) -> None:
    script.usage = USED
    script.says(written, finish="length").says(PLAN)
    answer = ask()
    assert (answer.data, answer.usage) == (PLAN, Usage(prompt=200, completion=40, requests=2))
    assert [request["max_tokens"] for request in script.requests] == [8192, 32768]
    assert len(bill) == 2
    ask()
    assert script.requests[2]["max_tokens"] == 32768


def test_a_model_that_thinks_for_ever_is_cut_off_after_two_answers(script: "Script", ask: "Ask") -> None:
    script.says("", finish="length")
    assert (ask().kind, len(script.requests)) == ("cut off", 2)
    assert ask().usage.requests == 2
    assert ask(options={}).usage.requests == 1


def test_deep_and_endless_texts_hold_no_object(script: "Script", ask: "Ask") -> None:
    for written in (
        '{"a":' * 50_000,
        "[" * 100_000,
        '{"x' * 50_000,
        "{" * 300_000,
        '{"' + '\\"' * 400_000,
        "9" * 9999,
    ):
        assert find_object(written, ("caption",)).data is None
    script.says('{"caption": NaN, "things": 1e999}')
    assert ask().kind == "object"


@pytest.mark.parametrize(
    "raw", ["<html>", '{"choices": ', "{}", "[]", "null", '{"choices": []}', '{"id": "1"}', '{"a":' * 9**5]
)
def test_an_endpoint_that_speaks_something_else(script: "Script", ask: "Ask", raw: str) -> None:
    script.sends(raw)
    with pytest.raises(PlanningError, match="gave no chat completion; is OPENAI_BASE_URL right"):
        ask()
    assert len(script.requests) == 1


def test_a_line_of_progress_precedes_the_wait(script: "Script", ask: "Ask", progress: list[str]) -> None:
    script.fails(400, "no").says(PLAN)
    ask(timeout=90)
    assert progress == [f"asking scripted at {script.base_url}, for up to 90 s"]
