"""What was asked once is not asked again; a cache that is spoilt is no cache, and never an error."""

import pickle
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from planner.llm import LLMPlanner
from planner.llm.replies import Kept, Replies
from planner.plans import Draft, Usage

if TYPE_CHECKING:
    from tests.conftest import Script

REPLY: dict[str, Any] = {
    "caption": "A fox.",
    "regions": [{"name": "fox", "prompt": "a red fox", "where": None}],
}
USED = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
KEPT = Kept(text="{}", usage=Usage(prompt=1, completion=2, requests=1))


def planner(script: "Script", **settings: Any) -> LLMPlanner:
    given: dict[str, Any] = {"base_url": script.base_url, "cache": True, **settings}
    return LLMPlanner("scripted", **given)


def unbilled(draft: Draft) -> Draft:
    return draft.model_copy(update={"origin": draft.origin.model_copy(update={"usage": None})})


def test_the_same_prompt_again_sends_nothing_and_gives_the_same_plan(script: "Script") -> None:
    script.usage = USED
    script.says(REPLY)
    first = planner(script)("a fox")
    sent = len(script.requests)
    again = planner(script)("a fox")
    assert len(script.requests) == sent == 2
    assert unbilled(again) == unbilled(first)
    assert first.origin.usage == Usage(prompt=200, completion=40, requests=2)
    assert again.origin.usage == Usage(prompt=200, completion=40, requests=2, cached=2)


def test_an_option_that_was_refused_is_not_tried_again(script: "Script") -> None:
    script.fails(400, "Unsupported value: 'temperature'", param="temperature").says(REPLY)
    planner(script, max_repairs=0)("a fox")
    planner(script, max_repairs=0)("a fox")
    assert len(script.requests) == 2


@pytest.mark.parametrize(
    "other",
    [{"seed": 1}, {"temperature": 1.0}, {"examples": 1}, {"model": "another"}, {"known_as": "elsewhere"}],
)
def test_another_question_is_asked(script: "Script", other: dict[str, Any]) -> None:
    script.says(REPLY)
    one = planner(script, max_repairs=0)
    one("a fox")
    replace(one, **other)("a fox")
    assert len(script.requests) == 2


def test_nothing_is_kept_unless_it_is_asked_for(script: "Script", tmp_path: Path) -> None:
    script.says(REPLY)
    planner(script, cache=False)("a fox")
    assert not (tmp_path / "replies").exists()


def test_what_could_not_be_read_is_asked_again(script: "Script") -> None:
    script.says("nonsense").says(REPLY)
    planner(script)("a fox")
    sent = len(script.requests)
    planner(script)("a fox")
    assert len(script.requests) == sent + 1


def test_a_spoilt_file_is_no_error(script: "Script", tmp_path: Path) -> None:
    script.says(REPLY)
    planner(script, max_repairs=0)("a fox")
    (tmp_path / "replies/cache.db").write_bytes(b"spoilt" * 1000)
    assert planner(script, max_repairs=0)("a fox").scene.caption == "A fox."
    assert len(script.requests) == 2


def test_a_folder_that_cannot_be_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    replies = Replies(tmp_path / "file" / "deeper")
    replies.keep({}, KEPT)
    assert replies.find({}) is None


def test_a_question_of_any_letters_is_found_again(tmp_path: Path) -> None:
    replies = Replies(tmp_path / "replies")
    replies.keep({"a": "\ud800"}, KEPT)
    assert replies.find({"a": "\ud800"}) == KEPT
    assert replies.find({"a": "b"}) is None


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    replies = Replies(tmp_path)
    replies.keep({}, KEPT)
    with sqlite3.connect(tmp_path / "cache.db") as file:
        file.execute("UPDATE Cache SET mode = 4, value = ?", (pickle.dumps({"text": "x"}),))
    assert replies.find({}) is None
