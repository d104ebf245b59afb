"""A snapshot is equal to one of the same code, and names what differs."""

import json
from pathlib import Path

import pytest

from evals import snapshot


def test_a_snapshot_names_what_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(snapshot, "SEEDS", range(1))
    file, prompts = tmp_path / "before.json", tmp_path / "prompts.txt"
    prompts.write_text("a red star\n" + "word " * 5000 + "\ntwo cats on a wall\n")
    asked = [str(file), f"prompts={prompts}"]
    assert snapshot.main(asked) == snapshot.main(asked) == 0
    assert capsys.readouterr().out.endswith("7 digests, 0 differ\n")
    before = json.loads(file.read_text())
    assert before["prompts 1"] == "UserError", "a prompt that is too long has no plan"
    file.write_text(json.dumps({**before, "plain picture, seed 0": "0", "prompts 2": "1"}))
    assert snapshot.main(asked) == 1
    assert capsys.readouterr().out.splitlines() == [
        "differs: plain picture, seed 0",
        "differs: prompts 2",
        "7 digests, 2 differ",
    ]
    assert snapshot.main([str(file), "prompts"]) == 2
    assert "should be NAME=PATH" in capsys.readouterr().err
