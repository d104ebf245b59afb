"""What was asked once is not asked again; a cache that is spoilt is no cache, and never an error."""

import pickle
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from planner.chat.cache import CachedReply, Replies
from planner.plans import Usage

if TYPE_CHECKING:
    from tests.conftest import Script
    from tests.planner.chat.conftest import Ask

PLAN: dict[str, Any] = {"caption": "A fox.", "things": [{"name": "fox"}], "minimum": 1}
REPLY = CachedReply(text="{}", usage=Usage(prompt=1, completion=2, requests=1))


@pytest.fixture
def replies(tmp_path: Path) -> Replies:
    return Replies(tmp_path / "replies")


def test_the_same_question_again_sends_nothing_and_gets_the_same_answer(
    script: "Script", ask: "Ask", replies: Replies, bill: list[Usage], progress: list[str]
) -> None:
    script.usage = {"prompt_tokens": 100, "completion_tokens": 20}
    script.lacks |= {"json_schema strict"}
    script.says({"scene": PLAN})
    first, again = ask(replies=replies), ask(replies=replies)
    assert (len(script.requests), len(progress)) == (2, 1)
    assert (again.kind, again.mode, again.data, again.text) == ("object", "json_schema", PLAN, first.text)
    assert first.usage == Usage(prompt=100, completion=20, requests=1)
    assert again.usage == Usage(prompt=100, completion=20, requests=1, cached=1)
    assert bill == [first.usage, again.usage]


@pytest.mark.parametrize(
    "other",
    [
        {"options": {"seed": 1}},
        {"model": "another"},
        {"known_as": "elsewhere"},
        {"plain": True},
        {"messages": [{"role": "user", "content": "a fox"}]},
    ],
)
def test_another_question_is_asked(
    script: "Script", ask: "Ask", replies: Replies, other: dict[str, Any]
) -> None:
    script.says(PLAN)
    ask(replies=replies)
    ask(replies=replies, **other)
    ask(replies=replies, **other)
    assert len(script.requests) == 2


def test_nothing_is_kept_unless_it_is_asked_for(script: "Script", ask: "Ask", tmp_path: Path) -> None:
    script.says(PLAN)
    ask()
    assert not (tmp_path / "replies").exists()


def test_an_answer_without_an_object_is_not_kept(script: "Script", ask: "Ask", replies: Replies) -> None:
    script.says("nonsense").says("").declines("No.").says(PLAN)
    kinds = [ask(replies=replies).kind for _ in range(4)]
    assert kinds == ["no object", "empty", "refused", "object"]


def test_a_spoilt_file_is_asked_again(script: "Script", ask: "Ask", replies: Replies) -> None:
    script.says(PLAN)
    ask(replies=replies)
    (replies.folder / "cache.db").write_bytes(b"spoilt" * 1000)
    assert ask(replies=replies).data == PLAN
    assert len(script.requests) == 2


def test_what_another_version_kept_is_asked_again(
    script: "Script", ask: "Ask", replies: Replies, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(*_: object) -> CachedReply:
        return REPLY

    script.says(PLAN)
    monkeypatch.setattr(Replies, "find", find)
    assert ask(replies=replies).data == PLAN
    assert len(script.requests) == 1


def test_a_folder_that_cannot_be_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    replies = Replies(tmp_path / "file" / "deeper")
    replies.keep({}, REPLY)
    assert replies.find({}) is None


def test_a_question_of_any_letters_is_found_again(tmp_path: Path) -> None:
    replies = Replies(tmp_path / "replies")
    replies.keep({"a": "\ud800"}, REPLY)
    assert replies.find({"a": "\ud800"}) == REPLY
    assert replies.find({"a": "b"}) is None


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    replies = Replies(tmp_path)
    replies.keep({}, REPLY)
    with sqlite3.connect(tmp_path / "cache.db") as file:
        file.execute("UPDATE Cache SET mode = 4, value = ?", (pickle.dumps({"text": "x"}),))
    assert replies.find({}) is None
