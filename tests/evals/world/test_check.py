"""The check from its command line."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evals.world.check import Part, Proportion, Trial, main, parse, plan_verdict, trials
from evals.world.facts import Facts, Stands, Wanted
from planner.files import RECORD
from renderer.cards import model_card
from renderer.models import Model, load_model
from renderer.settings import Settings


def test_rows_pictures_and_floors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "check"
    told = ["--n-one", "1", "--n-two", "1", "--n-judge", "2", "--steps", "1", "--out", str(out)]
    told += ["--n-captions", "1", "--mode", "fast", "--results", str(tmp_path / "floors.md")]
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
    assert f"```\n{printed}```" in (tmp_path / "floors.md").read_text("utf-8")
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


def test_a_part_without_trials_counts_nothing() -> None:
    part = Part("nothing", (), lambda trial: trial.verdict.found)
    assert part.proportion("plain", lambda trial: [trial.verdict.found]) == Proportion(0, 0)


FACTS = Facts(
    "a red star in the upper left and a blue hoop at the bottom, at night on the grass",
    (Wanted("star", "red", "star"), Wanted("ring", "blue", "hoop"), Wanted("moon", "pink", "crescent moon")),
    (Stands(0, "left", "top"), Stands(1, None, "bottom")),
)


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model(model_card("tiny"))


@pytest.fixture(scope="module")
def pair(model: Model) -> tuple[Trial, ...]:
    recipe = Settings(steps=2).over(model.card.recipe)
    return tuple(trials(FACTS, 3, ("regional", "plain"), model, recipe))


def test_the_arms_share_all_but_the_regions(pair: tuple[Trial, ...]) -> None:
    regional, plain = pair
    assert (regional.arm, plain.arm) == ("regional", "plain")
    assert regional.plan == plain.plan
    assert regional.rendering.seed == plain.rendering.seed == 3
    assert regional.rendering.base_prompt == plain.rendering.base_prompt == FACTS.text
    assert not np.array_equal(np.asarray(regional.rendering.image), np.asarray(plain.rendering.image))


def test_boxes_are_those_of_the_regions_named_for_the_things(pair: tuple[Trial, ...]) -> None:
    star, hoop, moon = pair[0].boxes
    assert star is not None
    assert hoop is not None
    assert moon is None
    assert star[2] < 104
    assert hoop[1] > 104


def test_the_plan_is_judged_by_itself(pair: tuple[Trial, ...]) -> None:
    assert plan_verdict(pair[0]).claims_held == (True, True)
    assert not plan_verdict(pair[0]).found
    moved = replace(pair[0], boxes=(pair[0].boxes[1], pair[0].boxes[0], None))
    assert plan_verdict(moved).claims_held == (False, False)


def test_a_row_is_json_and_the_picture_carries_its_plan(pair: tuple[Trial, ...], model: Model) -> None:
    row = json.loads(json.dumps(pair[0].row()))
    assert row["prompt"] == FACTS.text
    assert len(row["box_hits"]) == 3
    assert RECORD.encode() in pair[0].png(model)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        # Newcombe 1998, table I, method 3 (score without continuity correction).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (0, 0, 0.0, 1.0),
    ],
)
def test_interval(hits: int, n: int, low: float, high: float) -> None:
    assert Proportion(hits, n).interval() == pytest.approx((low, high), abs=5e-5)


def test_a_proportion_counts_and_says_so() -> None:
    some = Proportion.of([True, False, True, True])
    assert (some.hits, some.n, some.share) == (3, 4, 0.75)
    assert str(some).split() == ["75.0%", "[30.1%,", "95.4%]", "of", "4"]
    assert Proportion.of([]).share == 0
