"""The check from its command line."""

import json
from pathlib import Path

import pytest

from evals.world.check import Part, main, parse
from evals.world.tally import Tally


def test_rows_pictures_and_floors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "check"
    told = ["--n-one", "1", "--n-two", "1", "--n-judge", "2", "--steps", "1", "--out", str(out)]
    told += ["--n-captions", "1", "--mode", "fast"]
    code = main(told)
    printed = capsys.readouterr().out
    floors = [line for line in printed.splitlines() if line.startswith("floor")]
    assert len(floors) == 4
    missed = [line for line in floors if "NOT MET" in line]
    assert all((" 0.0%" in line) == (line in missed) for line in floors)
    assert code == any("trained on a cpu" in line for line in missed)
    rows = [json.loads(line) for line in (out / "rows.jsonl").read_text("utf-8").splitlines()]
    assert [(row["part"], row["arm"]) for row in rows] == [
        ("one", "regional"),
        ("one", "plain"),
        ("two", "regional"),
        ("two", "plain"),
        ("captioned", "regional"),
        ("captioned", "plain"),
    ]
    assert all((out / row["picture"]).exists() for row in rows)
    assert json.loads((out / "check.json").read_text())["recipe"]["steps"] == 1
    assert json.loads((out / "check.json").read_text())["recipe"]["mode"] == "fast"
    assert "1 steps, mode fast, seed 0" in printed
    assert main(told) == 2


def test_without_trials_no_floor_is_missed(capsys: pytest.CaptureFixture[str]) -> None:
    none = ["--n-one", "0", "--n-two", "0", "--n-captions", "0"]
    assert main([*none, "--n-judge", "1", "--arms", "regional"]) == 0
    assert "not tried" in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrong", [["--arms", "regional,fancy"], ["--trained-on", "abacus"], ["--mode", "quick"]]
)
def test_wrong_options_are_refused(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        parse(wrong)
    assert refused.value.code == 2


def test_a_model_that_is_none_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--model", str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err


def test_a_part_without_trials_tallies_nothing() -> None:
    part = Part("nothing", (), lambda trial: trial.verdict.found)
    assert part.tally("plain", lambda trial: [trial.verdict.found]) == Tally(0, 0)
