"""Replies of language models, and bodies of endpoints that are none."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from planner.errors import ScenewrightError
from tests.hostile.audit import watching
from tests.hostile.campaign import SECONDS, limited
from tests.hostile.inputs import CONTROLS, Json, completion, reply
from tests.hostile.readers import read_reply

pytestmark = pytest.mark.hostile


def star(**changes: object) -> Json:
    """A region of a reply."""
    return {
        "name": "star",
        "prompt": "a yellow star",
        "where": {"x0": 0, "y0": 0, "x1": 9, "y1": 9},
        **changes,
    }


def stars(number: int) -> list[Json]:
    """So many regions."""
    return [star(name=f"star {i}") for i in range(number)]


PLANS: dict[str, object] = {
    "null": None,
    "number": 5,
    "list": [],
    "nothing": {},
    "texts": reply(caption=[[["a"]]], background={"a": 1}, style=5, absent={"a": "b"}),
    "controls": reply(caption=CONTROLS, regions=[star(name=CONTROLS, prompt=CONTROLS)]),
    "surrogates": reply(caption="\ud800", regions=[star(name="\udfff")]),
    "long": reply(caption="a" * 1_000_000),
    "regions_null": reply(regions=None),
    "regions_number": reply(regions=5),
    "regions_texts": reply(regions=["star", 5, None, [], [star()]]),
    "regions_of_nothing": reply(regions=[{}] * 1000),
    "33_regions": reply(regions=stars(33)),
    "1000_regions": reply(regions=stars(1000)),
    "10000_regions": reply(regions=stars(10_000)),
    "10000_alike": reply(regions=[star()] * 10_000),
    "10000_names": reply(absent=[f"name {i}" for i in range(10_000)]),
    "commas": reply(absent="," * 100_000),
    "10000_relations": reply(
        regions=stars(10), relations=[{"subject": "star 1", "predicate": "on", "object": "star 2"}] * 10_000
    ),
    "relations_of_strangers": reply(
        relations=[{"subject": CONTROLS, "predicate": "x", "object": None}] * 100
    ),
    "relation_lists": reply(relations=[[], 5, None]),
    "count_huge": reply(regions=[star(count=10**18)]),
    "count_text": reply(regions=[star(count="9" * 5000)]),
    "count_digits": reply(regions=[star(count="٣")]),
    "count_nan": reply(regions=[star(count=float("nan"))]),
    "count_infinite": reply(regions=[star(count=float("inf"))]),
    "count_true": reply(regions=[star(count=True)]),
    "depth_overflow": reply(regions=[star(depth=1e308)]),
    "box_text": reply(regions=[star(where="0 0 1000 1000")]),
    "box_of_texts": reply(regions=[star(where=["0", "0", "9" * 400, "x"])]),
    "box_of_nan": reply(regions=[star(where=[float("nan")] * 4)]),
    "box_of_infinities": reply(
        regions=[star(where={"x0": float("-inf"), "y0": 0, "x1": float("inf"), "y1": 9})]
    ),
    "box_backwards": reply(regions=[star(where={"x0": 900, "y0": 900, "x1": 1, "y1": 1})]),
    "box_lists": reply(regions=[star(where=[[[]]])]),
    "mask": reply(regions=[star(where={"mask": "/etc/passwd"})]),
    "polygon": reply(regions=[star(where={"points": [{"x": 0, "y": 0}] * 100_000})]),
    "quotes": reply(quotes={"background": ["yellow"] * 10_000, "style": 5}),
    "quotes_long": reply(regions=[star(quotes=["a" * 100_000] * 10)]),
    "wrapped": {"a": {"b": {"c": {"d": {"e": reply()}}}}},
    "wrapped_texts": {"a": json.dumps({"b": json.dumps({"c": json.dumps(reply())})})},
    "many_keys": {f"key {i}": i for i in range(100_000)},
    "own_fields": reply(__class__="x", model_config={"extra": "allow"}, prompt="x"),
}
"""Plans as objects."""

WRITINGS: dict[str, str] = {
    "empty": "",
    "prose": "I can't do that.",
    "controls": CONTROLS,
    "half": json.dumps(reply())[:-10],
    "braces": "{" * 100_000,
    "brackets": "[" * 100_000,
    "quotes": '"' * 100_000,
    "escapes": '{"a": "' + "\\" * 100_000,
    "objects_in_a_row": '{"a":1}' * 20_000,
    "opened_again": '{"' * 20_000,
    "deep": '{"caption":' * 5000 + "1" + "}" * 5000,
    "deep_lists": '{"regions": ' + "[" * 50_000 + "]" * 50_000 + "}",
    "commas": '{"regions": [' + "," * 50_000 + "]}",
    "thinking": "<think>" * 10_000 + json.dumps(reply()),
    "thinking_ended": json.dumps(reply()) + "</think>" * 10_000,
    "fence": "```json\n" * 1000 + json.dumps(reply()),
    "integer": '{"caption": "a", "regions": [{"name": "s", "prompt": "s", "count": ' + "9" * 5000 + "}]}",
    "integer_4000": '{"caption": "a", "regions": [{"name": "s", "prompt": "s", "count": '
    + "9" * 4000
    + "}]}",
    "three_megabytes": "a" * 3_000_000,
    "spaces": " " * 1_000_000 + "{",
    "nan": '{"caption": NaN, "regions": Infinity}',
}
"""What a model wrote."""

BODIES: dict[str, object] = {
    "null": None,
    "list": [],
    "number": 5,
    "nothing": {},
    "no_choices": {"choices": []},
    "choices_null": {"id": "1", "choices": None},
    "choices_text": {"id": "1", "choices": "x"},
    "choices_object": {"id": "1", "choices": {"0": {}}},
    "choice_null": {"choices": [None]},
    "message_null": {"choices": [{"index": 0, "finish_reason": "stop", "message": None}]},
    "message_text": {"choices": [{"message": "x"}]},
    "content_number": completion(5),
    "content_object": completion(reply()),
    "content_list": completion([{"type": "text", "text": json.dumps(reply())}]),
    "content_list_of_anything": completion([None, 5, "x", [], {"text": 5}, {"type": [], "text": "x"}]),
    "finish_list": completion(json.dumps(reply()), finish=""),
    "refusal_object": completion(None, refusal={"a": "b"}),
    "refusal_controls": completion(None, refusal=CONTROLS),
    "refusal_surrogate": completion(None, refusal="\ud800"),
    "tools_null": completion(None, tool_calls=None),
    "tools_text": completion(None, tool_calls="x"),
    "tools_numbers": completion(
        None, tool_calls=[5, None, {}, {"function": 5}, {"function": {"arguments": 5}}]
    ),
    "tools_object": completion(None, tool_calls=[{"function": {"arguments": reply()}}]),
    "tools_many": completion(None, tool_calls=[{"function": {"arguments": "{"}}] * 10_000),
    "usage_text": {**completion(json.dumps(reply())), "usage": "x"},
    "usage_negative": {**completion(json.dumps(reply())), "usage": {"prompt_tokens": -5}},
    "usage_true": {**completion(json.dumps(reply())), "usage": {"prompt_tokens": True}},
    "usage_huge": {
        **completion(json.dumps(reply())),
        "usage": {"prompt_tokens": 10**30, "completion_tokens": 1e308},
    },
    "usage_lists": {**completion(json.dumps(reply())), "usage": [[]]},
}
"""Bodies as JSON values."""

RAW: dict[str, bytes] = {
    "empty": b"",
    "html": b"<html>",
    "latin_1": b'{"choices": "caf\xe9"}',
    "utf_16": json.dumps(completion("x")).encode("utf-16"),
    "deep": b"[" * 100_000,
    "integer": b'{"usage": ' + b"9" * 5000 + b"}",
    "surrogate": b'{"choices": [{"message": {"content": "\\ud800 {\\"caption\\": \\"\\ud800\\"}"}}]}',
    "controls": CONTROLS.encode(),
}

ALL: dict[str, bytes] = {
    **{f"plan-{name}": json.dumps(completion(json.dumps(plan))).encode() for name, plan in PLANS.items()},
    **{f"text-{name}": json.dumps(completion(text)).encode() for name, text in WRITINGS.items()},
    **{f"cut-{name}": json.dumps(completion(text, "length")).encode() for name, text in WRITINGS.items()},
    **{f"body-{name}": json.dumps(body).encode() for name, body in BODIES.items()},
    **{f"raw-{name}": body for name, body in RAW.items()},
}


@pytest.mark.parametrize("name", ALL)
def test_a_reply(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a plan or is refused, and nothing else happens."""
    monkeypatch.chdir(tmp_path)
    read: Callable[[bytes], None] = read_reply
    with limited(SECONDS), watching(tmp_path) as watch, suppress(ScenewrightError):
        read(ALL[name])
    assert watch.touched == []
    assert [*tmp_path.iterdir()] == []
