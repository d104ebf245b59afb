"""What an endpoint takes is remembered in one small file, which is never in the way."""

from pathlib import Path

import pytest

from planner.llm.modes import MODES, Memory, cache_file


def test_the_file_lies_where_the_user_keeps_caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SCENEWRIGHT_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_file() == tmp_path / "scenewright" / "modes.json"
    monkeypatch.setenv("SCENEWRIGHT_CACHE", str(tmp_path / "own"))
    assert cache_file() == tmp_path / "own" / "modes.json"


def test_all_modes_are_tried_the_remembered_first(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "deep" / "modes.json")
    assert memory.ladder("a") == MODES
    memory.remember("a", "tools")
    memory.remember("b", "json")
    assert memory.ladder("a") == ("tools", "json_schema strict", "json_schema", "json")
    assert memory.ladder("b")[0] == "json"
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["modes.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": "telepathy"}', '{"a": 1}'])
def test_a_file_that_says_nothing_of_use_is_ignored(tmp_path: Path, text: str) -> None:
    file = tmp_path / "modes.json"
    file.write_text(text)
    assert Memory(file).ladder("a") == MODES


def test_a_file_that_cannot_be_written_still_leaves_the_process_its_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    memory = Memory(tmp_path / "file" / "modes.json")
    memory.remember("a", "json")
    assert memory.ladder("a")[0] == "json"
