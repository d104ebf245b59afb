"""Summaries of runs as one table."""

import json
from pathlib import Path
from typing import Any

import pytest

from evals.scoreboard import main

RUN: dict[str, Any] = {
    "benchmark": "lmd",
    "stage": "plan",
    "planner": "builtin",
    "model": None,
    "n": 125,
    "failures": 2,
    "metrics": {
        "accuracy": {"mean": 0.975, "low": 0.9012, "high": 1.0, "n": 123},
        "mean absolute error": {"mean": 1.25, "low": 1.0, "high": 1.5, "n": 45},
    },
    "overlap": 0,
    "lost": 1,
    "off_canvas": 0,
    "median_seconds": 0.05,
    "p95_seconds": 0.1234,
}


def run_in(folder: Path, **changes: Any) -> str:
    folder.mkdir()
    (folder / "summary.json").write_text(json.dumps(RUN | changes))
    return str(folder)


def test_each_metric_has_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([run_in(tmp_path / "a"), run_in(tmp_path / "b", model="gpt-x", metrics={})]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "proxies" in lines[0]
    assert lines[4:] == [
        "| lmd | builtin | 125 | 2 | accuracy | 97.5 % (90.1 to 100.0) | 123 | 0.050 / 0.123 |",
        "|  |  |  |  | mean absolute error | 1.25 (1.00 to 1.50) | 45 |  |",
        "|  |  |  |  | tokens overlapping / regions lost / off the canvas | 0 / 1 / 0 | 125 |  |",
        "| lmd | gpt-x | 125 | 2 | tokens overlapping / regions lost / off the canvas | 0 / 1 / 0 | 125 "
        "| 0.050 / 0.123 |",
    ]
    assert {line.count("|") for line in lines[2:]} == {9}


def test_the_costs_of_a_language_model_have_columns_of_their_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = {"model": "local", "profile": "small", "n": 50, "metrics": {}}
    tokens = {"prompt": 38_000, "completion": 8_010, "requests": 50, "cached": 0}
    runs = [
        run_in(tmp_path / "a"),
        run_in(tmp_path / "b", **asked, tokens=tokens),
        run_in(tmp_path / "c", **asked | {"profile": "auto"}, tokens=tokens, cost=0.05),
        run_in(tmp_path / "d", **asked, tokens={**tokens, "prompt": None}),
    ]
    assert main(runs[:2]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].endswith("| tokens a prompt, in + out |")
    assert lines[4].endswith("| 0.050 / 0.123 |  |")
    assert lines[-1].startswith("| lmd | local (small) | 50 |")
    assert lines[-1].endswith("| 0.050 / 0.123 | 760 + 160 |")
    assert main(runs) == 0
    *_, dear, unknown = capsys.readouterr().out.splitlines()
    assert dear.startswith("| lmd | local | 50 |")
    assert dear.endswith("| 760 + 160 | 0.001000 |")
    assert unknown.endswith("| 0.050 / 0.123 |  |  |")


def test_a_run_that_is_not_finished_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert "summary.json" in capsys.readouterr().err


def test_a_run_of_pictures_is_an_error_that_names_its_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([run_in(tmp_path / "a", stage="image")]) == 2
    assert "is not a run of plans; scenewright report" in capsys.readouterr().err


def test_the_table_is_written_as_a_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = tmp_path / "plans.md"
    assert main([run_in(tmp_path / "a"), "--results", str(results)]) == 0
    text = results.read_text("utf-8")
    assert text.startswith("# Plans\n\n- **Commands:** `scenewright eval NAME")
    assert "- **Commit:** " in text
    assert capsys.readouterr().out.strip() in text
