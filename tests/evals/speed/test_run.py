"""A run of the speed benchmark, interrupted and continued, its table and its figure."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import MappingProxyType

import pytest
from PIL import Image

from evals.figures.speed import main as draw
from evals.run.rows import ROWS, SUMMARY
from evals.speed.__main__ import run
from evals.speed.inputs import PRESETS, Inputs, Preset
from evals.speed.overhead import CompiledCall, building_seconds, compiled_calls
from evals.speed.summary import spread
from evals.speed.timing import cells, timed_rows
from planner.errors import UserError


@pytest.fixture
def make_inputs(inputs: Inputs) -> Callable[[], Inputs]:
    return lambda: inputs


def never() -> Inputs:
    raise AssertionError("nothing is missing")


def test_an_interrupted_run_continues(
    miniature: Preset, make_inputs: Callable[[], Inputs], tmp_path: Path
) -> None:
    first = next(timed_rows(miniature, tmp_path, make_inputs))
    whole = list(timed_rows(miniature, tmp_path, make_inputs))
    assert whole[0] == first
    assert list(timed_rows(miniature, tmp_path, never)) == whole
    visited = [(row.arm, row.round) for row in whole]
    assert (len(visited), visited.count(("rpg", 0)), visited.count(("rpg", 1))) == (18, 2, 0)
    with pytest.raises(UserError, match=r"holds a run with tokens 32, not 64"):
        next(timed_rows(replace(miniature, rows=16), tmp_path, never))


def test_a_run_ends_with_a_table_a_summary_and_a_figure(miniature: Preset, tmp_path: Path) -> None:
    small = replace(miniature, regions=(2,))
    printed = run(small, tmp_path)
    assert printed.count("\n| ") >= 1 + len(cells(small))
    assert "32 image tokens, prompts of 12 tokens or trimmed to 5, 10 of 24 steps by regions" in printed
    summary = json.loads((tmp_path / SUMMARY).read_text("utf-8"))
    rows = [json.loads(line) for line in (tmp_path / ROWS).read_text("utf-8").splitlines()]
    plain = {row["round"]: row for row in rows if row["arm"] == "plain"}
    fast = [row for row in rows if (row["arm"], row["regions"]) == ("fast", 2)]
    cell = next(cell for cell in summary["cells"] if (cell["arm"], cell["regions"]) == ("fast", 2))
    assert cell["injected"] == spread([row["injected"] / plain[row["round"]]["injected"] for row in fast])
    picture = tmp_path / "speed.png"
    assert draw([str(tmp_path), "-o", str(picture)]) == 0
    with Image.open(picture) as image:
        assert len(image.convert("RGB").getcolors(10_000) or []) > 10
    assert json.loads(picture.with_suffix(".json").read_text("utf-8")) == summary


def test_a_preset_for_a_gpu_is_not_timed_without_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(UserError, match="needs a CUDA device"):
        run(PRESETS["flux-dev"], tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_figure_of_no_run_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert draw([str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err


def test_the_preset_of_flux_dev_is_its_real_size() -> None:
    dev = PRESETS["flux-dev"]
    assert (dev.tokens, dev.steps, dev.injected, dev.device) == (4096, 24, 10, "cuda")
    assert isinstance(dev.config, MappingProxyType)


def test_a_layout_like_the_last_compiles_nothing() -> None:
    first, same, other = islice(compiled_calls(), 3)
    assert first.graphs > 0
    assert (same, other) == (CompiledCall("the same layout", 0), CompiledCall("4 others, as large", 0))


def test_building_is_timed_in_both_parts() -> None:
    assert all(seconds > 0 for seconds in building_seconds(repeats=1))
