"""Runs of pictures as users start, stop and resume them: tiny-flux itself draws, in one step."""

import json
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pytest
from PIL import Image

from evals.benchmark import main
from evals.benchmarks.world import make
from evals.run.arms import read_arms
from evals.run.options import parse
from evals.run.picture_stage import all_jobs, groups
from evals.run.rows import PlanRow
from planner.files import load_record
from renderer.pipeline import generate
from renderer.settings import Settings

QUICK = ["--arm=plain:steps=1", "--arm=regional:steps=1,inject_steps=1", "--seeds=0,5"]
ARMS = ("plain", "regional", "same")
ASKED = ["world", "--stage=image", "--quiet", "--limit=2", *QUICK]


def run(out: Path, *more: str) -> int:
    return main([*ASKED, f"--out={out}", *more])


def rows_of(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "rows.jsonl").read_text().splitlines()]


def timeless(out: Path) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows_of(out)]


def pictures_of(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*.png"))}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nothing disturbed."""
    out = tmp_path_factory.mktemp("whole")
    assert run(out) == 0
    return out


def test_every_prompt_arm_and_seed_has_a_row_and_a_picture(whole: Path) -> None:
    rows = rows_of(whole)
    assert [(row["arm"], row["seed"]) for row in rows] == [
        (arm, seed) for _ in range(2) for seed in (0, 5) for arm in ("plain", "regional")
    ]
    assert {row["group"] for row in rows} == {"1 thing", "5 things"}
    for row in rows:
        assert row["error"] is None
        assert row["seconds"] > 0
        assert {"world.scene", "world.things", "seams.strength"} <= set(row["scores"])
        with Image.open(whole / row["picture"]) as image:
            assert image.size == (208, 208)
    told = json.loads((whole / "summary.json").read_text())
    assert (told["n"], told["failures"], told["stage"], told["seeds"]) == (8, 0, "image", [0, 5])
    assert told["plans"]["n"] == 2
    assert {"scene", "things"} <= set(told["plans"]["metrics"])


def test_arms_draw_from_the_same_noise_and_plan(whole: Path) -> None:
    """A picture's record draws the same pixels again, by the command that any picture is drawn again with."""
    pairs = [rows_of(whole)[place] for place in (-1, -2)]
    records = [load_record(whole / row["picture"]) for row in pairs]
    assert records[0].plan == records[1].plan
    for row, record in zip(pairs, records, strict=True):
        settings = Settings.model_validate(record.rest["settings"])
        again = generate(record.plan, seed=row["seed"], settings=settings).image
        assert (np.asarray(again) == np.asarray(Image.open(whole / row["picture"]))).all()


def test_pictures_lie_as_genevals_evaluator_reads_them(whole: Path) -> None:
    """Upstream lists digits-only folders, and in each metadata.jsonl (one object) and samples/NNNN.png."""
    for arm in ("plain", "regional"):
        assert sorted(path.name for path in (whole / arm).iterdir()) == ["00000", "00001"]
        for folder in (whole / arm).iterdir():
            assert sorted(path.name for path in (folder / "samples").iterdir()) == ["0000.png", "0001.png"]
            assert json.loads((folder / "metadata.jsonl").read_text())["prompt"]


def test_a_finished_run_does_nothing_twice(whole: Path) -> None:
    before, rows = pictures_of(whole), (whole / "rows.jsonl").read_bytes()
    assert run(whole) == 0
    assert (pictures_of(whole), (whole / "rows.jsonl").read_bytes()) == (before, rows)


def test_a_run_of_an_earlier_version_is_not_resumed(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It had no format in run.json; `scenewright report` still shows it (see the report's tests)."""
    out = tmp_path / "out"
    copytree(whole, out)
    record = json.loads((out / "run.json").read_text())
    del record["format"]
    (out / "run.json").write_text(json.dumps(record))
    before = (out / "rows.jsonl").read_bytes()
    assert run(out) == 2
    told = (
        f"scenewright: --out {out}: holds a run of an earlier version of scenewright, which can be reported"
    )
    assert capsys.readouterr().err.startswith(told)
    assert (out / "rows.jsonl").read_bytes() == before


def test_shards_are_parts_of_the_whole(whole: Path, tmp_path: Path) -> None:
    for part in (1, 2):
        assert run(tmp_path / str(part), f"--shard={part}/2") == 0
    both = [row for part in (1, 2) for row in timeless(tmp_path / str(part))]
    assert both == timeless(whole)
    assert {**pictures_of(tmp_path / "1"), **pictures_of(tmp_path / "2")} == pictures_of(whole)


def test_a_run_that_is_cut_off_tells_of_all_kinds_of_prompts() -> None:
    arms, samples = read_arms(()), make()
    plans = [PlanRow(id=sample.id, prompt=sample.prompt, error="not planned") for sample in samples]
    options = parse(["world", "--stage=image", "--out=nowhere", "--seeds=0,1"])
    order = groups(all_jobs(options, arms, samples, plans), (), {}, len(arms))
    assert {group.first.sample.group for group in order[:32]} == {sample.group for sample in samples}
    assert all(len(group.jobs) == 2 and group.jobs[0] is group.first for group in order)
    assert all(len({(job.sample.id, job.seed) for job in group.jobs}) == 1 for group in order)
    done = {job.id for group in order for job in group.jobs[:1]} | {order[0].jobs[1].id}
    left = groups(all_jobs(options, arms, samples, plans), done, {}, len(arms))
    assert [len(group.jobs) for group in left] == [1] * (len(order) - 1)
    assert all(group.first not in group.jobs for group in left)


def test_drift_is_held_against_the_first_arm_whether_drawn_now_or_before(tmp_path: Path) -> None:
    asked = ["--scorer=drift", "--arm=same:steps=1,inject_steps=1,plain=true"]
    assert run(tmp_path / "out", *asked) == 0
    kept = timeless(tmp_path / "out")
    drifts = {arm: [row["scores"]["drift.latents"] for row in kept if row["arm"] == arm] for arm in ARMS}
    assert drifts["plain"] == [None] * 4
    assert drifts["same"] == [0.0] * 4
    assert all(0.01 < drift < 2 for drift in drifts["regional"])
    lines = (tmp_path / "out" / "rows.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "out" / "rows.jsonl").write_text("".join(lines[:1]))
    assert run(tmp_path / "out", *asked) == 0
    assert timeless(tmp_path / "out") == kept


def test_a_dry_run_tells_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "out", "--dry-run") == 0
    told = capsys.readouterr().out
    assert "2 prompts x 2 arms x 2 seeds = 8 pictures of 208x208 with tiny; 0 exist" in told
    assert "plain: the prompt without regions; steps 1" in told
    assert "the first pictures took" in told
    assert not (tmp_path / "out").exists()


def test_failures_are_rows_with_reasons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from evals.run import pictures

    draw = pictures.loaded_model
    calls: list[str] = []

    def sometimes(name: str) -> object:
        calls.append(name)
        if len(calls) == 3:
            raise MemoryError("no more memory")
        return draw(name)

    monkeypatch.setattr(pictures, "loaded_model", sometimes)
    assert run(tmp_path / "out") == 1
    told = json.loads((tmp_path / "out/summary.json").read_text())
    assert (told["n"], told["failures"], told["reasons"]) == (8, 1, {"MemoryError: no more memory": 1})
    (failed,) = [row for row in rows_of(tmp_path / "out") if row["error"]]
    assert (failed["picture"], failed["scores"], failed["seconds"]) == (None, {}, None)
    scene = told["metrics"][0]
    assert (scene["differences"]["regional"]["n"], scene["arms"]["regional"]["n"]) == (3, 4)
    before = timeless(tmp_path / "out")
    assert run(tmp_path / "out") == 0, "the same command draws it again"
    after = timeless(tmp_path / "out")
    assert [row for row in after if row["id"] != failed["id"]] == [row for row in before if not row["error"]]
    assert json.loads((tmp_path / "out/summary.json").read_text())["failures"] == 0


def test_what_can_not_be_planned_is_a_failure_of_every_arm(tmp_path: Path) -> None:
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("a red star\n" + "word " * 5000 + "\n")
    asked = ["prompts", f"--data={prompts}", "--stage=image", "--quiet", *QUICK]
    assert main([*asked, f"--out={tmp_path / 'out'}"]) == 1
    rows = rows_of(tmp_path / "out")
    assert [row["error"] is None for row in rows] == [True] * 4 + [False] * 4
    assert all("not planned: the prompt has" in row["error"] for row in rows[4:])


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--arm=x:steps=0"], "--arm x:steps=0: steps"),
        (["--arm=plain"], "two arms have this name"),
        (["--scorer=beauty"], "--scorer beauty"),
        (["--model=/nowhere"], "--model /nowhere"),
        (["--seeds=99999999999999999999"], "the seed is"),
        (["--data=none.jsonl"], "--data none.jsonl"),
    ],
)
def test_wrong_options_leave_nothing(
    more: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "out", *more) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("more", [["--seeds=1,1"], ["--seeds=x"], ["--shard=3/2"], ["--shard=0/2"]])
def test_values_are_checked_where_they_enter(more: list[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as caught:
        run(tmp_path / "out", *more)
    assert caught.value.code == 2


def test_options_of_pictures_go_with_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["world", f"--out={tmp_path / 'out'}", "--dry-run"]) == 2
    assert "--stage image" in capsys.readouterr().err


def test_a_benchmark_without_its_data_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["geneval", f"--out={tmp_path / 'out'}"]) == 2
    assert "--data is missing: geneval needs the upstream file" in capsys.readouterr().err


def test_the_world_needs_no_data(tmp_path: Path) -> None:
    assert main(["world", f"--out={tmp_path / 'out'}", "--quiet", "--limit=8"]) == 0
    samples = {sample.id: sample for sample in make()}
    counts = [len(samples[row["id"]].facts.things) for row in rows_of(tmp_path / "out")]
    assert counts == [1, 2, 3, 4, 5, 6, 7, 8]
