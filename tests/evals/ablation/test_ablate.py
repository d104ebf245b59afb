"""`scenewright ablate` as users run it: tiny-flux itself draws, in one step or two."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from evals.ablation.cells import Cell, arms_of, axes, cells, cells_of
from evals.ablation.command import main, read
from evals.ablation.curves import curves
from evals.ablation.sheet import SCALE, SIDE, sheet
from evals.ablation.table import chosen_metrics, table
from evals.benchmark import main as evaluate
from evals.report.runs import Run, read_runs
from evals.run.arms import read_arms
from evals.run.tables import figure_text
from planner.errors import UserError
from renderer.cards import model_card

GRID = ["--base-ratio=0,0.4", "--inject-steps=50%,100%", "--interval=1", "--with=steps=2"]
ASKED = ["world", *GRID, "--limit=2", "--arm=plain:steps=2", "--quiet", "--metric=world.things"]
ARMS = ["own", "beta0-T50pct-B1", "beta0-T100pct-B1", "beta0.4-T50pct-B1", "beta0.4-T100pct-B1", "plain"]
OWN = model_card("tiny").recipe


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a grid."""
    out = tmp_path_factory.mktemp("grid")
    assert main([*ASKED, f"--out={out}", "--metric=seams.strength"]) == 0
    return out


@pytest.fixture(scope="module")
def run(drawn: Path) -> Run:
    return read_runs([drawn])[0]


def test_a_grid_is_a_run_of_the_evaluation(drawn: Path, run: Run) -> None:
    """The same arms through `eval` find every row there, and draw nothing."""
    assert [arm["name"] for arm in run.record["arms"]] == ARMS
    rows, pictures = (drawn / "rows.jsonl").read_bytes(), sorted(drawn.rglob("samples/*.png"))
    assert len(pictures) == len(run.rows) == 12
    asked = ["world", "--stage=image", "--limit=2", "--quiet", f"--out={drawn}"]
    arms = read([*ASKED, f"--out={drawn}"]).run.arms
    assert evaluate([*asked, *(f"--arm={arm}" for arm in arms)]) == 0
    assert (drawn / "rows.jsonl").read_bytes() == rows


def test_stdout_has_the_table_that_the_folder_has(drawn: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ASKED, f"--out={drawn}", "--metric=seams.strength"]) == 0
    said = capsys.readouterr().out
    assert said == (drawn / "table.md").read_text("utf-8")
    lines = said.splitlines()
    assert lines[0].startswith("| β | T | B | world.things | minus own, paired | seams.strength |")
    assert [line.split(" | ")[0] for line in lines[2 : lines.index("")]] == [
        "| own",
        "| 0",
        "| 0",
        "| 0.4",
        "| 0.4",
        "| plain",
    ]
    assert lines[5].startswith("| 0.4 | 50% | 1 | ")


def test_a_second_table_tells_the_first_metric_by_groups(drawn: Path, run: Run) -> None:
    told = (drawn / "table.md").read_text("utf-8").partition("\n\n")[2].splitlines()
    assert told[0] == "| world.things | 1 thing | 5 things | all |"
    assert told[2] == "| n | 1 | 1 | 2 |"
    names = [line.split(" | ")[0].removeprefix("| ") for line in told[3:]]
    assert [names[0], *names[1::2]] == [
        "own",
        *(f"β {beta}, T {share}, B 1" for beta in ("0", "0.4") for share in ("50%", "100%")),
        "plain",
    ]
    assert set(names[2::2]) == {"minus the first, paired"}
    (metric,) = (metric for metric in run.summary["metrics"] if metric["name"] == "world.things")
    five = metric["groups"]["5 things"]
    assert told[-1].split(" | ")[2] == figure_text(metric, five["differences"]["plain"], signed=True)
    alone = Run(run.record, tuple(row.model_copy(update={"group": None}) for row in run.rows), run.plans)
    assert "\n\n" not in table(alone, chosen_metrics(alone.summary, ["world.things"]))


def test_figures_go_where_they_are_wanted(drawn: Path, tmp_path: Path) -> None:
    """Of a run that is there already: nothing is drawn again."""
    asked = [f"--grid={tmp_path / 'a.png'}", f"--curves={tmp_path / 'b.png'}", f"--out={drawn}"]
    assert main([*ASKED, *asked, "--metric=seams.strength", f"--results={tmp_path / 'settings.md'}"]) == 0
    assert (drawn / "table.md").read_text("utf-8").strip() in (tmp_path / "settings.md").read_text("utf-8")
    for name, kept in (("a.png", "grid.png"), ("b.png", "curves.png")):
        assert (tmp_path / name).read_bytes() == (drawn / kept).read_bytes()


def test_the_sheet_has_each_settings_picture_in_its_place(drawn: Path, run: Run) -> None:
    """Two rows of β by two columns of T, from left to right and from top to bottom."""
    shown = np.asarray(sheet(run, chosen_metrics(run.summary, ["world.things"]), "0"), dtype=np.int64)
    places = [_found(shown, drawn / arm / "00000/samples/0000.png") for arm in ARMS[1:5]]
    (a, b, c, d) = places
    assert a[0] == b[0] < c[0] == d[0]
    assert a[1] == c[1] < b[1] == d[1]


def _found(sheet: NDArray[np.int64], path: Path) -> tuple[int, int]:
    """Where on the sheet the picture lies: (top, left)."""
    side = SIDE * SCALE
    with Image.open(path) as image:
        shown = image.convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
    want = np.asarray(shown, dtype=np.int64)
    tops, lefts = np.nonzero((sheet[: 1 - side, : 1 - side] == want[0, 0]).all(axis=-1))
    places = [(int(y), int(x)) for y, x in zip(tops, lefts, strict=True)]
    (place,) = [(y, x) for y, x in places if (sheet[y : y + side, x : x + side] == want).all()]
    return place


def test_curves_have_a_panel_a_metric_and_interval(run: Run) -> None:
    one, two = (
        curves(run, chosen_metrics(run.summary, names))
        for names in (["world.things"], ["world.things", "seams.strength"])
    )
    assert two.width == 2 * one.width
    drawn = {tuple(pixel) for pixel in np.asarray(two).reshape(-1, 3).tolist()}
    assert {(0x1F, 0x77, 0xB4), (0xFF, 0x7F, 0x0E)} <= drawn, "the first two colours of lines"


def test_the_models_own_settings_come_first() -> None:
    grid = cells([0.0, 0.2], ["40%", "70%"], [1])
    assert read_arms(arms_of(grid, OWN))[0].name == "beta0.2-T70pct-B1"
    counted = cells([0.2], [3, OWN.injected()], [1])
    assert [arm.name for arm in read_arms(arms_of(counted, OWN))] == ["beta0.2-T17-B1", "beta0.2-T3-B1"]
    other = read_arms(arms_of(cells([0.5], ["40%"], [2]), OWN, "steps=4"))
    assert [(arm.name, arm.settings.steps) for arm in other] == [("own", 4), ("beta0.5-T40pct-B2", 4)]


def test_cells_are_read_from_the_arms_that_they_made() -> None:
    grid = cells([0.4, 0.0], [10, "100%", "40%"], [2, 1])
    told = {"arms": [arm.record() for arm in read_arms(["plain", *arms_of(grid, OWN, "steps=12")])]}
    assert set(cells_of(told)) == set(grid)
    assert axes(grid).steps == (10, "40%", "100%")
    with pytest.raises(UserError, match="no grid of settings"):
        cells_of({"arms": [{"name": "plain", "settings": {}}]})


def test_what_failed_and_what_is_unscored_is_told_and_shown(run: Run) -> None:
    changes: dict[str, dict[str, Any]] = {
        "beta0-T50pct-B1": {"picture": None, "scores": {}, "error": "no more memory"},
        "beta0.4-T50pct-B1": {"scores": {}},
    }
    rows = tuple(row.model_copy(update=changes.get(row.arm, {})) for row in run.rows)
    broken = Run(run.record, rows, run.plans)
    metrics = chosen_metrics(broken.summary, [])
    assert [metric["name"] for metric in metrics] == ["world.scene", "seams.strength"]
    assert table(broken, metrics).splitlines()[3] == "| 0 | 50% | 1 | - |  | - |  | 0 |"
    assert sheet(broken, metrics).size == sheet(run, metrics).size
    assert curves(broken, metrics).size == curves(run, metrics).size


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("--base-ratio=2", "--base-ratio 2: '2' is wrong"),
        ("--base-ratio=0,0.0", "--base-ratio 0,0.0: the same value is given twice"),
        ("--inject-steps=all", "--inject-steps all: 'all' should be a number of steps"),
        ("--inject-steps=9", "inject_steps is 9, but there are only 2 steps"),
        ("--interval=0", "--interval 0: "),
        ("--with=colour=red", "--with colour=red: colour: there is no such field"),
        ("--with=base_ratio=0.1", "--with base_ratio=0.1: base_ratio is a setting of the grid"),
        ("--show=nonesuch", "--show nonesuch: the run has no prompt with this id"),
        ("--metric=world.beauty", "--metric world.beauty: should be one of world.scene"),
        ("--grid=nowhere/a.png", "--grid nowhere/a.png: there is no folder nowhere"),
        ("--curves=/", "--curves /: is a folder; name the PNG to write"),
        ("--arm=own", "--arm own: two arms have this name"),
    ],
)  # fmt: skip
def test_wrong_options_are_named_and_leave_nothing(
    more: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*ASKED, f"--out={tmp_path / 'out'}", more]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_dry_run_draws_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ASKED, f"--out={tmp_path / 'out'}", "--dry-run"]) == 0
    assert "2 prompts x 6 arms x 1 seeds = 12 pictures" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_the_world_is_drawn_if_nothing_is_named(tmp_path: Path) -> None:
    asked = read([f"--out={tmp_path}", "--limit=3"])
    assert (asked.run.benchmark, asked.run.stage, asked.run.limit) == ("world", "image", 3)
    assert len(asked.run.arms) == 18
    assert asked.run.arms[0] == Cell(0.2, "70%", 1).arm()
    mine = tmp_path / "mine.txt"
    mine.write_text("a red star\n")
    named = read(["prompts", f"--data={mine}", f"--out={tmp_path}"]).run
    assert (named.benchmark, len(named.samples())) == ("prompts", 1)


def test_its_help_tells_of_the_evaluations_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    assert "--base-ratio" in said
    assert "scenewright eval BENCHMARK --help" in said


def test_the_summary_is_that_of_the_rows(drawn: Path, run: Run) -> None:
    kept = json.loads((drawn / "summary.json").read_text("utf-8"))
    assert kept["metrics"] == run.summary["metrics"]
