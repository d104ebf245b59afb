"""Runs of pictures with a judge, from the command to the report."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from evals.benchmark import main
from evals.report.command import main as report
from evals.scorers.judge.scorer import Judge

if TYPE_CHECKING:
    from tests.conftest import Script

Json = dict[str, Any]
DSG = """item_id,text,proposition_id,dependency,category_broad,category_detailed,tuple,question_natural_language
1,a red star,1,0,entity,whole,entity - whole (star),Is there something red?
1,a red star,2,1,attribute,color,"attribute - color (star, red)",Is the star red?
2,a blue ring,1,0,entity,whole,entity - whole (ring),Is there something red?
"""  # noqa: E501 (upstream's own titles)
PRICE = "--judge-price=2,10"
DOLLARS = (100 * 2 + 2 * 10) / 1e6
"""The price of an answer: the tests' endpoint counts 100 tokens read and 2 written."""

ASKED = ("--stage=image", "--limit=2", "--arm=plain:steps=1", "--arm=regional:steps=1,inject_steps=1")


def evaluate(out: Path, data: Path, *more: str) -> int:
    return main(["dsg-1k", *ASKED, f"--data={data}", f"--out={out}", "--scorer=judge:eye", *more])


def rows_of(out: Path) -> list[Json]:
    return [json.loads(line) for line in (out / "rows.jsonl").read_text().splitlines()]


def inodes(out: Path) -> dict[Path, int]:
    """The pictures' inodes, which show that none was written again."""
    return {path: path.stat().st_ino for path in out.rglob("*.png")}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """DSG's rows of two prompts."""
    path = tmp_path / "dsg-1k-anns.csv"
    path.write_text(DSG)
    return path


def test_a_benchmark_is_drawn_judged_and_reported(
    eye: "Script",
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    shown: Callable[[Json], Image.Image],
    redness: Callable[[Image.Image], float],
) -> None:
    out = tmp_path / "out"
    assert evaluate(out, data, PRICE) == 0
    rows = rows_of(out)
    assert [(row["sample"], row["arm"]) for row in rows] == [
        (sample, arm) for sample in "12" for arm in ("plain", "regional")
    ]
    for row in rows:
        image = Image.open(out / row["picture"]).convert("RGB")
        asked = [r for r in eye.requests if np.array_equal(np.asarray(shown(r)), np.asarray(image))]
        assert row["scores"]["judge.VQAScore"] == pytest.approx(redness(image), abs=1e-6)
        is_red = redness(image) > 0.01
        assert is_red == ("Is there something red? no" not in row["explanations"].get("judge", ""))
        assert row["scores"]["judge.right"] in ({0.5, 1.0} if is_red else {0.0})
        assert row["unscored"] == {}
        assert row["tokens"]["judge"]["requests"] == len(asked)
        assert row["cost"] == {"judge": pytest.approx(len(asked) * DOLLARS)}
    result = json.loads((out / "summary.json").read_text())
    assert result["scorer_tokens"]["judge"]["requests"] == sum(r["tokens"]["judge"]["requests"] for r in rows)
    requests = result["scorer_tokens"]["judge"]["requests"]
    assert result["scorer_cost"] == {"judge": pytest.approx(requests * DOLLARS)}
    usage = f"judge took {100 * requests:,} + {2 * requests} tokens in {requests} answers"
    assert f"{usage}, ${requests * DOLLARS:.4f}\n" in capsys.readouterr().out
    assert report([str(out), "--out", str(tmp_path / "report.html")]) == 0
    assert f"- {usage}, ${requests * DOLLARS:.4f}" in capsys.readouterr().out
    assert f"The {usage}, ${requests * DOLLARS:.4f}." in (tmp_path / "report.html").read_text()
    _goes_on(eye, out, data)


def _goes_on(eye: "Script", out: Path, data: Path) -> None:
    """A run whose last row was lost ends in the same rows, and asks nothing twice."""
    sent, before = len(eye.requests), (out / "rows.jsonl").read_text()
    (out / "rows.jsonl").write_text("".join(before.splitlines(keepends=True)[:-1]))
    assert evaluate(out, data, PRICE, "--quiet") == 0
    lost, again = ((json.loads(text.splitlines()[-1])) for text in (before, (out / "rows.jsonl").read_text()))
    assert {**again, "seconds": 0} == {**lost, "seconds": 0}
    assert len(eye.requests) == sent


def test_an_endpoint_that_was_down_is_asked_later_about_what_lies_there(
    eye: "Script", data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    Judge("eye").check()
    for _ in range(200):
        eye.fails(503, "down")
    assert evaluate(out, data, "--quiet") == 0
    pictures = inodes(out)
    assert evaluate(out, data, "--quiet") == 0  # it is down still
    for row in rows_of(out):
        assert "failed (503, 3 tries at most): down" in row["unscored"]["judge"]
        assert (row["scores"], row["error"]) == ({}, None)

    eye.lines.clear()
    sent = len(eye.requests)
    with monkeypatch.context() as patched:
        patched.delattr("evals.run.pictures.loaded_model")
        assert evaluate(out, data, "--quiet") == 0
    assert inodes(out) == pictures
    rows = rows_of(out)
    assert sum(row["tokens"]["judge"]["requests"] for row in rows) == len(eye.requests) - sent
    assert evaluate(tmp_path / "undisturbed", data, "--quiet") == 0
    expected = rows_of(tmp_path / "undisturbed")
    for part in ("id", "picture", "scores", "explanations", "unscored", "error"):
        assert [row[part] for row in rows] == [row[part] for row in expected]


def test_probabilities_that_are_not_returned_are_not_asked_for_again(
    eye: "Script", data: Path, tmp_path: Path
) -> None:
    looks = eye.sees
    assert looks
    eye.sees = lambda request: (looks(request)[0], None)
    assert evaluate(tmp_path / "out", data, "--quiet") == 0
    rows = (tmp_path / "out/rows.jsonl").read_bytes()
    assert all("judge.VQAScore" in row["unscored"] for row in rows_of(tmp_path / "out"))
    sent = len(eye.requests)
    assert evaluate(tmp_path / "out", data, "--quiet") == 0
    assert (tmp_path / "out/rows.jsonl").read_bytes() == rows
    assert len(eye.requests) == sent


def test_nothing_is_drawn_for_a_judge_that_sees_nothing(
    eye: "Script", data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    eye.sees = lambda _: (json.dumps({"answer": "yes"}), None)
    assert evaluate(tmp_path / "out", data) == 2
    assert "judge:eye: the model doesn't see" in capsys.readouterr().err
    assert not list((tmp_path / "out").rglob("*.png"))


def test_a_price_goes_with_a_judge(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["world", f"--out={tmp_path / 'out'}", PRICE]
    assert main([*asked, "--stage=image"]) == 2
    assert "--judge-price goes with --scorer judge:MODEL" in capsys.readouterr().err
    assert main(asked) == 2
    assert "--judge-price and --dry-run go with --stage image" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*asked, "--judge-price=2"])
    assert "--judge-price: 2: should be IN,OUT: dollars a million tokens" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_two_judges_in_one_run_are_refused(
    eye: "Script", data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(tmp_path / "out", data, "--scorer=judge:other") == 2
    assert "--scorer two scorers are called judge" in capsys.readouterr().err
    assert eye.requests == []
    assert not (tmp_path / "out").exists()


def test_a_run_is_shown_and_reported_without_the_judge(
    eye: "Script", data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del eye
    assert evaluate(tmp_path / "out", data, "--quiet") == 0
    monkeypatch.delenv("OPENAI_BASE_URL")
    assert report([str(tmp_path / "out"), "--out", str(tmp_path / "report.html")]) == 0
    assert "judge.right" in (tmp_path / "report.html").read_text()
    assert evaluate(tmp_path / "out", data, "--quiet") == 0
