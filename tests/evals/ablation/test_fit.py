"""Rules fitted to a run's rows, judged on the other half, and kept with a model's card."""

import json
from itertools import product
from pathlib import Path
from shutil import copytree

import pytest

from evals.ablation.cells import Cell, arms_of
from evals.ablation.fit import auto_of, cases_of, halves, main, report, report_all
from evals.benchmarks.world import make
from evals.report.runs import Run, read_runs
from evals.run.arms import read_arms
from evals.run.rows import ROWS, RUN, PictureRow, PlanRow, append
from planner.plans import Size
from renderer.cards import DEFAULTS_FILE, TINY, model_card
from renderer.pipeline import make_plan

OWN, LATE, OTHER = Cell(0.2, "70%", 1), Cell(0.4, "40%", 1), Cell(0.2, "70%", 2)
SIDE = Size(width=128, height=128)
EACH = 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of prompts of two and of seven things; the late setting does better with seven."""
    out = tmp_path_factory.mktemp("run")
    (out / "plans").mkdir()
    arms = read_arms([*arms_of([OWN, LATE, OTHER], model_card("tiny").recipe), "plain"])
    record = {
        "benchmark": "world", "stage": "image", "prompts": "x", "model": "tiny", "seeds": [0, 1],
        "scorers": ["world"], "size": SIDE.model_dump(), "arms": [arm.record() for arm in arms],
    }  # fmt: skip
    (out / RUN).write_text(json.dumps(record))
    samples = [sample for sample in make(seed=3, each=EACH) if len(sample.facts.things) in (2, 7)]
    for sample in samples:
        plan = make_plan(sample.prompt, size=SIDE).model_dump(mode="json")
        parts = {name: plan[name] for name in ("scene", "notes", "origin")}
        append(out / "plans", PlanRow(id=sample.id, prompt=sample.prompt, **parts))
        for seed, arm in product((0, 1), arms):
            score = _planted(arm.name, sample.group) + 0.01 * seed
            row = PictureRow(
                id=f"{sample.id}/{arm.name}/{seed}", sample=sample.id, prompt=sample.prompt,
                group=sample.group, arm=arm.name, seed=seed, seconds=1.0, scores={"world.things": score},
            )  # fmt: skip
            append(out, row)
    return out


def _planted(arm: str, group: str | None) -> float:
    """The late setting is better with seven things, and worse with two."""
    if arm != LATE.name:
        return 0.5
    return 0.8 if group == "7 things" else 0.4


@pytest.fixture
def run(folder: Path) -> Run:
    return read_runs([folder])[0]


def test_what_suits_many_regions_is_found_and_holds_on_the_other_half(run: Run) -> None:
    choice, told = report(run, "world.things")
    assert [part.cell for part in choice.parts] == [OWN, LATE]
    assert "fitted to 12 prompts, judged by 12 others" in told
    lines = told.splitlines()
    start = lines.index("| world.things | 2 things | 7 things | all |")
    same, more = "50.5 % (50.5 to 50.5)", "80.5 % (80.5 to 80.5)"
    assert lines[start + 2] == "| n | 6 | 6 | 12 |"
    assert lines[start + 3] == f"| β 0.2, T 70%, B 1 (its own) | {same} | {same} | {same} |"
    assert lines[start + 4].startswith(f"| auto | {same} | {more} | 65.5 % (")
    above = "| minus the first, paired | +0.0 % (+0.0 to +0.0) | +30.0 % (+30.0 to +30.0) | +15.0 % ("
    assert lines[start + 5].startswith(above)
    assert lines[start + 6].startswith("| β 0.4, T 40%, B 1 | 40.5 % ")


def test_halves_share_no_prompt_and_have_as_many_of_each_group(run: Run) -> None:
    cases = cases_of(run, "world.things")
    fit, judge = halves(cases)
    assert {case.id for case in fit}.isdisjoint(case.id for case in judge)
    for group in ("2 things", "7 things"):
        assert [sum(case.group == group for case in half) for half in (fit, judge)] == [EACH // 2] * 2


def test_only_prompts_that_every_setting_has_drawn_count_and_no_other_interval(run: Run) -> None:
    cases = cases_of(run, "world.things")
    assert len(cases) == 2 * EACH
    assert set(cases[0].scores) == {OWN, LATE}
    assert [case.measures["regions"] for case in cases] == [2.0] * EACH + [7.0] * EACH
    first = run.rows[0].sample
    left = tuple(row for row in run.rows if (row.sample, row.arm) != (first, LATE.name))
    assert len(cases_of(Run(run.record, left, run.plans), "world.things")) == 2 * EACH - 1


def test_the_card_of_a_model_gets_the_rules(folder: Path, tmp_path: Path, run: Run) -> None:
    model = copytree(TINY, tmp_path / "model")
    assert main([str(folder), "--metric=world.things", f"--write={model}"]) == 0
    before, after = (json.loads((at / DEFAULTS_FILE).read_text()) for at in (TINY, model))
    assert {**after, "auto": None} == {**before, "auto": None}
    card = model_card(str(model))
    assert card.auto == auto_of(report(run, "world.things")[0])


def test_all_prompts_can_be_fitted_to(
    folder: Path, tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    model = copytree(TINY, tmp_path / "model")
    assert main([str(folder), "--metric=world.things", "--whole", f"--write={model}"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("world.things: fitted to 24 prompts.")
    assert "other half" not in said
    assert model_card(str(model)).auto == auto_of(report_all(run, "world.things")[0])


def test_wrong_runs_are_told(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads((folder / RUN).read_text())
    (tmp_path / "plans").mkdir()
    for name in (ROWS, f"plans/{ROWS}"):
        (tmp_path / name).write_text("")
    (tmp_path / RUN).write_text(json.dumps(told))
    assert main([str(tmp_path), "--metric=world.things"]) == 2
    assert "0 prompts that every setting has drawn are too few" in capsys.readouterr().err
    (tmp_path / RUN).write_text(json.dumps({**told, "arms": told["arms"][1:]}))
    assert main([str(tmp_path)]) == 2
    assert "too few" in capsys.readouterr().err
    (tmp_path / RUN).write_text(json.dumps({**told, "arms": told["arms"][::-1]}))
    assert main([str(tmp_path)]) == 2
    assert "lacks the model's own settings" in capsys.readouterr().err
    assert main([str(folder), "--metric=seams.strength"]) == 2
    assert "--metric seams.strength: should be one of world.scene" in capsys.readouterr().err
