"""What was asked once is not asked again; a cache that is spoilt is no cache, and never an error."""

import os
import sqlite3
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from planner.caches import recall, remember
from planner.chat.cache import CachedReply, Replies, users_replies
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
    (replies.folder / "replies.db").write_bytes(b"spoilt" * 1000)
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


POISON = [
    "UPDATE replies SET value = x'8004'",
    "UPDATE replies SET value = 5",
    'UPDATE replies SET value = \'{"text": "x", "usage": {}, "filename": "../kept"}\'',
    "UPDATE replies SET value = replace(hex(zeroblob(50000)), '0', '[')",
    "UPDATE replies SET value = replace(hex(zeroblob(2500)), '0', '9')",
    "UPDATE replies SET value = zeroblob(900000000)",
    "DROP TABLE replies; CREATE TABLE replies (filename TEXT)",
    "DROP TABLE replies; CREATE VIEW replies AS SELECT readfile('../kept') AS value, '' AS key",
]


@pytest.mark.parametrize("poison", POISON, ids=range(len(POISON)))
def test_a_file_that_was_tampered_with_is_no_reply(replies: Replies, poison: str) -> None:
    kept = replies.folder.parent / "kept"
    kept.write_text("{}")
    replies.keep({}, REPLY)
    with sqlite3.connect(replies.folder / "replies.db") as file:
        file.executescript(poison)
    assert replies.find({}) is None
    replies.keep({}, REPLY)
    replies.keep({"another": 1}, REPLY)
    assert kept.read_text() == "{}"


def test_a_file_that_counts_for_ever_is_left(replies: Replies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("planner.chat.cache._SECONDS", 0.5)
    replies.keep({}, REPLY)
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS key, i AS value FROM n"
    )
    with sqlite3.connect(replies.folder / "replies.db") as file:
        file.executescript(f"DROP TABLE replies; CREATE VIEW replies AS {endless}")
    started = time.monotonic()
    assert replies.find({}) is None
    assert time.monotonic() - started < 5


def test_rows_of_the_former_cache_that_name_files_are_never_read(replies: Replies) -> None:
    """Diskcache reads and removes the files that its rows name; its database is not opened any more."""
    kept = replies.folder.parent / "kept"
    kept.write_text("{}")
    replies.folder.mkdir()
    with sqlite3.connect(replies.folder / "cache.db") as file:
        file.execute("CREATE TABLE Cache (key BLOB, value BLOB, mode INTEGER, filename TEXT)")
        file.execute("INSERT INTO Cache VALUES (x'00', NULL, 3, ?)", (str(kept),))
    assert replies.find({}) is None
    replies.keep({}, REPLY)
    assert replies.find({}) == REPLY
    assert kept.exists()


def test_a_link_in_the_place_of_the_file_is_not_followed(replies: Replies) -> None:
    elsewhere = replies.folder.parent / "elsewhere.db"
    replies.folder.mkdir()
    (replies.folder / "replies.db").symlink_to(elsewhere)
    replies.keep({}, REPLY)
    assert replies.find({}) is None
    assert not elsewhere.exists()


def test_the_oldest_replies_are_dropped_first(replies: Replies, monkeypatch: pytest.MonkeyPatch) -> None:
    large = REPLY.model_copy(update={"text": "x" * 20_000})
    monkeypatch.setattr("planner.chat.cache.ROOM", 400_000)
    for number in range(40):
        replies.keep({"number": number}, large)
    kept = [number for number in range(40) if replies.find({"number": number})]
    assert kept == list(range(kept[0], 40))
    assert 10 <= len(kept) <= 20
    assert (replies.folder / "replies.db").stat().st_size <= 430_000


def test_nobody_else_can_read_what_was_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCENEWRIGHT_CACHE", str(tmp_path / "new" / "cache"))
    replies = users_replies()
    old = os.umask(0)
    try:
        replies.keep({}, REPLY)
        remember("endpoints.json", "a", {"b": 1})
    finally:
        os.umask(old)
    cache = tmp_path / "new" / "cache"
    folders, files = [cache, cache / "replies"], [cache / "endpoints.json", cache / "replies" / "replies.db"]

    def modes(paths: list[Path]) -> set[int]:
        return {stat.S_IMODE(path.stat().st_mode) for path in paths}

    assert (modes(folders), modes(files)) == ({0o700}, {0o600})
    assert sorted(cache.rglob("*")) == sorted([cache / "replies", *files])
    for path in (*folders, *files):
        path.chmod(0o777 if path.is_dir() else 0o666)
    monkeypatch.setattr("planner.caches._found", {})
    assert replies.find({}) == REPLY
    assert recall("endpoints.json", "a") == {"b": 1}
    assert (modes(folders), modes(files)) == ({0o700}, {0o600})


def test_a_folder_that_all_share_stays_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    monkeypatch.setenv("SCENEWRIGHT_CACHE", str(shared))
    users_replies().keep({}, REPLY)
    remember("endpoints.json", "a", 1)
    assert stat.S_IMODE(shared.stat().st_mode) == 0o1777
    assert stat.S_IMODE((shared / "replies").stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "spoilt", ["[" * 100_000, "9" * 5000, '{"a": ' + "9" * 5000 + "}", "\x00", "x" * 2**21]
)
def test_what_was_remembered_and_is_spoilt_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoilt: str
) -> None:
    monkeypatch.setenv("SCENEWRIGHT_CACHE", str(tmp_path))
    monkeypatch.setattr("planner.caches._found", {})
    (tmp_path / "endpoints.json").write_text(spoilt)
    assert recall("endpoints.json", "a") is None
    remember("endpoints.json", "a", 1)
    (tmp_path / "endpoints.json").unlink()
    os.mkfifo(tmp_path / "endpoints.json")
    monkeypatch.setattr("planner.caches._found", {})
    assert recall("endpoints.json", "a") is None
