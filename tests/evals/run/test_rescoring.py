"""Pictures that a scorer failed on are scored by the next run of the same command, and not drawn anew."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from evals.benchmark import main
from evals.run import pictures

SCORER = """
import time
from pathlib import Path
from evals.scorers.protocol import Drawn, Metric, Scored
from planner.errors import WorldError

HERE = Path(__file__).parent

class Light:
    name = "light"
    metrics = (Metric("mean", "mean lightness"), Metric("colour", "never told"))

    def __call__(self, drawn: Drawn) -> Scored:
        with (HERE / "asked").open("a") as file:
            file.write("x")
        if (HERE / "slow").exists():
            time.sleep(60 if drawn.sample.id else 1)
        if (HERE / "down").exists():
            raise WorldError("no answer")
        return Scored({"mean": sum(drawn.image.convert("L").tobytes()) / 2**22}, "", {"colour": "unknown"})

SCORER = Light()
"""
BLIND = """
from evals.scorers.protocol import Drawn, Metric, Scored
from planner.errors import UserError

class Blind:
    name = "blind"
    metrics = (Metric("light", "never told"),)

    def check(self) -> None:
        raise UserError("sees nothing")

    def __call__(self, drawn: Drawn) -> Scored:
        return Scored({"light": 0.0})

SCORER = Blind()
"""
PICTURES = 4


def asked(scorer: Path, out: Path) -> list[str]:
    arms = ["--arm=plain:steps=1", "--arm=regional:steps=1,inject_steps=1"]
    return [
        "world",
        "--stage=image",
        "--limit=2",
        *arms,
        f"--scorer={scorer}",
        "--scorer=seams",
        f"--out={out}",
    ]


def rows_of(out: Path) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in (out / "rows.jsonl").read_text().splitlines()]
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


def files_of(out: Path) -> dict[str, tuple[int, bytes]]:
    """The pictures, and what tells that they were not written again."""
    return {str(path): (path.stat().st_ino, path.read_bytes()) for path in out.rglob("*.png")}


@pytest.fixture(scope="module")
def scorer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scorer of one's own; a file `down` beside it makes it fail, one `slow` waits at the second prompt."""
    path = tmp_path_factory.mktemp("own") / "light_or_not.py"
    path.write_text(SCORER)
    return path


@pytest.fixture(scope="module")
def whole(scorer: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run in which nothing failed."""
    out = tmp_path_factory.mktemp("whole")
    assert main([*asked(scorer, out), "--quiet"]) == 0
    return out


@pytest.fixture(scope="module")
def failed(scorer: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one in which the scorer failed on every picture."""
    out = tmp_path_factory.mktemp("failed")
    (scorer.parent / "down").touch()
    assert main([*asked(scorer, out), "--quiet"]) == 0
    (scorer.parent / "down").unlink()
    assert [row["unscored"] for row in rows_of(out)] == [{"light": "no answer"}] * PICTURES
    return out


@pytest.fixture
def out(failed: Path, tmp_path: Path, scorer: Path) -> Path:
    """A copy of that folder."""
    (scorer.parent / "asked").write_text("")
    return Path(shutil.copytree(failed, tmp_path / "out"))


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is drawn in this process."""

    def never(*_: object) -> None:
        raise AssertionError("drawn anew")

    monkeypatch.setattr(pictures, "_draw", never)


ONE = pytest.param((), id="one")
TWO = pytest.param(("--workers=2",), id="two")
RAY = pytest.param(("--executor=ray", "--workers=2"), marks=pytest.mark.slow, id="ray")


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("crew", [ONE, TWO, RAY])
def test_the_same_command_scores_what_lies_there(
    crew: Sequence[str], whole: Path, out: Path, scorer: Path, request: pytest.FixtureRequest
) -> None:
    if "--executor=ray" in crew:
        request.getfixturevalue("cluster")
    before = files_of(out)
    assert main([*asked(scorer, out), "--quiet", *crew]) == 0
    assert rows_of(out) == rows_of(whole)
    assert files_of(out) == before
    summary, expected = (json.loads((folder / "summary.json").read_text()) for folder in (out, whole))
    assert (
        summary["unscored"]
        == expected["unscored"]
        == [{"scorer": "light.colour", "reason": "unknown", "n": 4}]
    )
    assert summary["metrics"][:-1] == expected["metrics"][:-1]
    assert (scorer.parent / "asked").read_text() == "x" * PICTURES


@pytest.mark.usefixtures("undrawn")
def test_what_is_scored_is_not_scored_again(whole: Path, scorer: Path) -> None:
    (scorer.parent / "asked").write_text("")
    rows = (whole / "rows.jsonl").read_bytes()
    assert main([*asked(scorer, whole), "--quiet"]) == 0
    assert (whole / "rows.jsonl").read_bytes() == rows
    assert (scorer.parent / "asked").read_text() == ""


@pytest.mark.usefixtures("undrawn")
def test_a_run_that_was_cut_off_while_it_scored_again_goes_on(whole: Path, out: Path, scorer: Path) -> None:
    """New rows stand behind the old ones until the run ends; a kill may leave the last of them in part."""
    old = (out / "rows.jsonl").read_bytes()
    new = (whole / "rows.jsonl").read_bytes().splitlines(keepends=True)
    (out / "rows.jsonl").write_bytes(old + new[2] + new[0] + new[1][:40])
    assert main([*asked(scorer, out), "--quiet"]) == 0
    assert rows_of(out) == rows_of(whole)
    assert (scorer.parent / "asked").read_text() == "x" * 2


@pytest.mark.slow
@pytest.mark.parametrize("crew", [ONE, TWO])
def test_a_run_that_is_killed_while_it_scores_again_goes_on(
    crew: Sequence[str], whole: Path, out: Path, scorer: Path
) -> None:
    before, lines = files_of(out), len(rows_of(out))
    (scorer.parent / "slow").touch()
    command = [sys.executable, "-m", "renderer", "eval", *asked(scorer, out), "--quiet", *crew]
    process = subprocess.Popen(command, start_new_session=True)  # noqa: S603 (our own command)
    while (out / "rows.jsonl").read_bytes().count(b"\n") == lines:
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    (scorer.parent / "slow").unlink()
    assert lines < (out / "rows.jsonl").read_bytes().count(b"\n") <= lines + PICTURES // 2
    assert main([*asked(scorer, out), "--quiet"]) == 0
    assert rows_of(out) == rows_of(whole)
    assert files_of(out) == before


@pytest.mark.usefixtures("undrawn")
def test_a_scorer_that_is_added_scores_what_lies_there(whole: Path, tmp_path: Path, scorer: Path) -> None:
    out = Path(shutil.copytree(whole, tmp_path / "out"))
    (scorer.parent / "asked").write_text("")
    before, more = files_of(out), [*asked(scorer, out), "--scorer=boxes", "--quiet"]
    assert main(more) == 0
    rows = rows_of(out)
    assert all(
        row["scores"].items() > old["scores"].items() for row, old in zip(rows, rows_of(whole), strict=True)
    )
    assert any(row["scores"]["boxes.within"] is not None for row in rows)
    assert files_of(out) == before
    assert (scorer.parent / "asked").read_text() == ""
    assert json.loads((out / "run.json").read_text())["scorers"] == [str(scorer), "seams", "boxes"]
    assert main(more) == 0
    assert rows_of(out) == rows


def test_a_run_keeps_the_scorers_that_it_had(
    whole: Path, scorer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*asked(scorer, whole)[:-2], "--scorer=boxes", f"--out={whole}"]) == 2
    assert (
        f"holds a run with scorers ['{scorer}', 'seams'], not ['{scorer}', 'boxes']"
        in capsys.readouterr().err
    )
    assert json.loads((whole / "run.json").read_text())["scorers"] == [str(scorer), "seams"]


def test_a_scorer_that_is_refused_leaves_the_run_as_it_was(
    whole: Path, tmp_path: Path, scorer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blind = tmp_path / "blind.py"
    blind.write_text(BLIND)
    before = {path: path.read_bytes() for path in whole.rglob("*.json*")}
    for out in (whole, tmp_path / "new"):
        assert main([*asked(scorer, out), f"--scorer={blind}"]) == 2
        assert "sees nothing" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
    assert {path: path.read_bytes() for path in whole.rglob("*.json*")} == before


@pytest.mark.usefixtures("undrawn")
def test_a_scorer_that_was_changed_scores_again_when_told_to(
    whole: Path, tmp_path: Path, scorer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = Path(shutil.copytree(whole, tmp_path / "out"))
    spoilt = [
        {**row, "scores": {**row["scores"], "light.mean": 7.0, "seams.strength": 8.0}}
        for row in map(json.loads, (out / "rows.jsonl").read_text().splitlines())
    ]
    (out / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in spoilt))
    (scorer.parent / "asked").write_text("")
    assert main([*asked(scorer, out), f"--score-again={scorer}", "--quiet"]) == 0
    assert [row["scores"]["light.mean"] for row in rows_of(out)] == [
        row["scores"]["light.mean"] for row in rows_of(whole)
    ]
    assert {row["scores"]["seams.strength"] for row in rows_of(out)} == {8.0}
    assert (scorer.parent / "asked").read_text() == "x" * PICTURES
    assert main([*asked(scorer, out), "--score-again=clip"]) == 2
    assert f"--score-again clip: the scorers are {scorer}, seams" in capsys.readouterr().err
    assert main([*asked(scorer, out), "--scorer=drift", "--score-again=drift"]) == 2
    assert "--score-again drift: it needs latents" in capsys.readouterr().err


def test_a_picture_that_is_gone_is_drawn_again(whole: Path, out: Path, scorer: Path) -> None:
    first, second, *_ = rows_of(out)
    (out / first["picture"]).unlink()
    (out / second["picture"]).write_bytes(b"no picture")
    assert main([*asked(scorer, out), "--quiet"]) == 0
    assert rows_of(out) == rows_of(whole)
    assert [content for _, content in files_of(out).values()] == [
        content for _, content in files_of(whole).values()
    ]


def test_what_is_to_be_scored_again_is_told(
    out: Path, scorer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*asked(scorer, out), "--dry-run"]) == 0
    assert "4 exist, 4 of them to be scored again\n" in capsys.readouterr().out
    assert main([*asked(scorer, out), "--scorer=boxes", "--dry-run"]) == 0
    assert "4 exist, 4 of them to be scored again\n" in capsys.readouterr().out
    (scorer.parent / "down").touch()
    try:
        assert main(asked(scorer, out)) == 0
    finally:
        (scorer.parent / "down").unlink()
    told = capsys.readouterr().out
    assert (
        "unscored by light, 4 ×: no answer\nrun the same command again to score what a scorer failed on\n"
        in told
    )
    assert len(rows_of(out)) == PICTURES
