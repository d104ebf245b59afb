"""Benchmark runs as users start, stop and resume them."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from evals.benchmark import main
from planner.errors import PlanningError
from planner.plans import Draft

if TYPE_CHECKING:
    from tests.conftest import Script

PROMPTS = [f"{number} red apples to the left of a {colour} barn" for number in ("two", "three", "four")
           for colour in ("white", "blue", "black", "green")]  # fmt: skip

PLACE = {"horizontal": "left", "vertical": "top", "size": "large"}
REPLY = {"caption": "A barn.", "regions": [{"name": "barn", "prompt": "a white barn", "where": PLACE}]}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    file = tmp_path / "prompts.txt"
    file.write_text("\n".join(PROMPTS) + "\n")
    return file


def rows_of(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "rows.jsonl").read_text().splitlines()]


def timeless(out: Path) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows_of(out)]


def run(data: Path, out: Path, *more: str) -> int:
    return main(["prompts", f"--data={data}", f"--out={out}", "--quiet", *more])


def test_a_run_leaves_rows_and_a_summary(data: Path, tmp_path: Path) -> None:
    assert run(data, tmp_path / "out") == 0
    rows = rows_of(tmp_path / "out")
    assert [row["id"] for row in rows] == list(range(len(PROMPTS)))
    first = rows[0]
    assert first["prompt"] == PROMPTS[0]
    assert [box["name"] for box in first["boxes"]].count("apple") == 2
    assert all(0 <= edge <= 1 for box in first["boxes"] for edge in box["box"])
    assert first["scene"]["regions"]
    assert "account" not in first
    assert first["error"] is None
    assert first["seconds"] > 0
    assert (first["tokens"], first["cost"]) == (None, None)
    told = json.loads((tmp_path / "out/summary.json").read_text())
    assert (told["n"], told["failures"], told["overlap"], told["lost"], told["off_canvas"]) == (
        12,
        0,
        0,
        0,
        0,
    )
    assert told["planner"] == "builtin"
    assert {"median_seconds", "p95_seconds", "versions", "seed", "model", "coverage"} <= set(told)


def test_the_same_run_gives_the_same_rows_however_many_work_at_it(data: Path, tmp_path: Path) -> None:
    assert run(data, tmp_path / "one") == run(data, tmp_path / "two", "--workers=2") == 0
    assert timeless(tmp_path / "one") == timeless(tmp_path / "two")


def test_a_finished_run_does_nothing_twice(data: Path, tmp_path: Path) -> None:
    run(data, tmp_path / "out")
    before = (tmp_path / "out/rows.jsonl").read_bytes()
    assert run(data, tmp_path / "out") == 0
    assert (tmp_path / "out/rows.jsonl").read_bytes() == before


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_was_stopped_goes_on(
    data: Path, tmp_path: Path, how: signal.Signals, workers: int
) -> None:
    run(data, tmp_path / "whole")
    out, waits = tmp_path / "out", random.Random(workers)
    command = [
        sys.executable,
        "-m",
        "renderer",
        "eval",
        "prompts",
        f"--data={data}",
        f"--out={out}",
        "--quiet",
    ]
    kept: list[dict[str, Any]] = []
    for _ in range(2):
        process = subprocess.Popen(  # noqa: S603 (our own command)
            [*command, f"--workers={workers}"], stderr=subprocess.PIPE, start_new_session=True
        )
        _wait_for_rows(process, out, len(kept) + waits.randint(1, 3))
        os.killpg(process.pid, how)
        process.wait(60)
        kept = _kept(out, kept)
    assert run(data, out) == 0
    assert timeless(out) == timeless(tmp_path / "whole")
    assert {row["id"]: row["seconds"] for row in kept}.items() <= {
        row["id"]: row["seconds"] for row in rows_of(out)
    }.items()


def _wait_for_rows(process: "subprocess.Popen[bytes]", out: Path, count: int) -> None:
    rows, deadline = out / "rows.jsonl", time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if rows.exists() and rows.read_bytes().count(b"\n") >= count:
            return
        time.sleep(0.01)


def _kept(out: Path, before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The whole rows; those of earlier runs are still the first of them."""
    lines = (out / "rows.jsonl").read_bytes().split(b"\n")[:-1]
    rows = [json.loads(line) for line in lines]
    assert rows[: len(before)] == before
    return rows


def test_a_failed_prompt_is_told_and_the_rest_goes_on(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from planner.reader.planner import ReaderPlanner

    plan = ReaderPlanner.__call__

    def sometimes(self: ReaderPlanner, prompt: str) -> Draft:
        if "white" in prompt:
            raise PlanningError("the planner had enough")
        return plan(self, prompt)

    monkeypatch.setattr(ReaderPlanner, "__call__", sometimes)
    assert main(["prompts", f"--data={data}", f"--out={tmp_path / 'out'}"]) == 1
    told = json.loads((tmp_path / "out/summary.json").read_text())
    assert (told["n"], told["failures"]) == (12, 3)
    assert told["reasons"] == {"the planner had enough": 3}
    failed = [row for row in rows_of(tmp_path / "out") if row["error"]]
    assert all((row["scene"], row["boxes"], row["scores"]) == (None, [], {}) for row in failed)
    assert "failed, 3 ×: the planner had enough" in capsys.readouterr().out


def test_the_same_command_tries_what_failed_again_and_nothing_else(
    data: Path, tmp_path: Path, script: "Script", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", script.base_url)
    asked = ["--planner=llm", "--llm=scripted", "--limit=3", "--no-cache"]
    script.says(REPLY).fails(400, "down for a while")
    assert run(data, tmp_path / "out", *asked) == 1
    rows = rows_of(tmp_path / "out")
    assert [row["error"] is None for row in rows] == [True, False, False]
    sent = len(script.requests)
    script.lines.clear()
    script.says(REPLY)
    assert run(data, tmp_path / "out", *asked) == 0
    assert len(script.requests) > sent
    assert not any(rows[0]["prompt"] in json.dumps(request) for request in script.requests[sent:])
    again = rows_of(tmp_path / "out")
    assert [row["error"] for row in again] == [None] * 3
    assert again[0] == rows[0]
    assert json.loads((tmp_path / "out/summary.json").read_text())["failures"] == 0


def test_a_run_again_asks_nothing_and_rows_tell_what_they_cost(
    data: Path, tmp_path: Path, script: "Script", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", script.base_url)
    script.usage = {"prompt_tokens": 1000, "completion_tokens": 100}
    script.says(REPLY)
    asked = ["--planner=llm", "--llm=scripted", "--llm-price=1,5", "--limit=3"]
    assert run(data, tmp_path / "one", *asked) == 0
    sent = len(script.requests)
    assert run(data, tmp_path / "two", *asked, "--workers=2") == 0
    assert len(script.requests) == sent
    for name, cached in (("one", 0), ("two", sent)):
        rows, told = rows_of(tmp_path / name), json.loads((tmp_path / name / "summary.json").read_text())
        assert told["tokens"] == {
            "prompt": 1000 * sent,
            "completion": 100 * sent,
            "requests": sent,
            "cached": cached,
        }
        assert told["cost"] == pytest.approx(0.0015 * sent)
        assert sum(row["cost"] for row in rows) == pytest.approx(0.0015 * sent)
        assert sum(row["tokens"]["requests"] for row in rows) == sent
    assert run(data, tmp_path / "three", *asked, "--no-cache") == 0
    assert len(script.requests) == 2 * sent


def test_a_prompt_that_failed_tells_what_it_cost(
    data: Path, tmp_path: Path, script: "Script", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", script.base_url)
    script.usage = {"prompt_tokens": 1000, "completion_tokens": 100}
    script.says("nonsense")
    asked = ["--planner=llm", "--llm=scripted", "--llm-price=1,5", "--limit=1", "--llm-profile=full"]
    assert run(data, tmp_path / "out", *asked) == 1
    (row,) = rows_of(tmp_path / "out")
    assert (row["tokens"]["requests"], row["cost"]) == (3, pytest.approx(0.0045))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_model_on_this_machine_plans_all_prompts(
    data: Path, tmp_path: Path, gguf: Callable[[str], Path], workers: int
) -> None:
    file = gguf(json.dumps(REPLY))
    asked = [f"--llm=local:{file}", "--planner=llm", f"--workers={workers}", "--limit=3"]
    assert run(data, tmp_path / "out", *asked) == 0
    assert {row["origin"]["model"] for row in rows_of(tmp_path / "out")} == {"stub"}


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--planner=llm"], "--llm MODEL"),
        (["--llm=some"], "--planner llm"),
        (["--planner=llm", "--llm=local:none.gguf"], "none.gguf can't be read"),
    ],
)
def test_wrong_options_leave_nothing(
    more: list[str], told: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(data, tmp_path / "out", *more) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("more", [["--workers=0"], ["--limit=x"], ["--size=20x20"], ["--llm-price=2"]])
def test_values_are_checked_where_they_enter(more: list[str], data: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as caught:
        run(data, tmp_path / "out", *more)
    assert caught.value.code == 2
    assert not (tmp_path / "out").exists()


def test_a_part_of_a_run_is_another_run(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(data, tmp_path / "out", "--limit=2") == 0
    assert len(rows_of(tmp_path / "out")) == 2
    assert run(data, tmp_path / "out") == 2
    assert "give a new folder" in capsys.readouterr().err


def test_a_part_of_a_benchmark_has_all_of_its_kinds(data: Path, tmp_path: Path) -> None:
    assert run(data, tmp_path / "out", "--limit=3") == 0
    assert [row["id"] for row in rows_of(tmp_path / "out")] == [0, 4, 8]
