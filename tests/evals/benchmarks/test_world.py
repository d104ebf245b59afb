"""The benchmark of the little world."""

from collections import Counter

import numpy as np
import pytest

from evals.benchmarks.world import WORLD, main, make, score_world
from evals.run.geometry import planned
from evals.world.facts import Facts, Stands
from evals.world.prompts import MOST, MOST_ALONE, scene
from planner.errors import UserError
from planner.plans import Size
from renderer.grid import BACKGROUND, rasterise
from renderer.pipeline import layout_of, make_plan

CROWDS = [scene(900_000 + seed, count) for seed in range(20) for count in range(MOST_ALONE + 1, MOST + 1)]


def test_the_built_in_planner_reads_crowds_on_eleven_tokens_square() -> None:
    """Nearly each thing has a region, of two by two tokens or more, and stands where the words put it."""
    side = Size(width=176, height=176)
    right, found = list[float](), list[float]()
    for facts in CROWDS[::5]:
        plan = make_plan(facts.text, size=side)
        grid = rasterise(layout_of(plan))
        areas = [np.argwhere(grid.owner == i) for i, name in enumerate(grid.names) if name != BACKGROUND]
        assert all((np.ptp(area, axis=0) >= 1).all() for area in areas), facts.text
        scores = score_world(facts, planned(plan))
        found.append(scores["found"] or 0.0)
        right.append(scores["things"] or 0.0)
    assert sum(found) / len(found) > 0.99
    assert sum(right) / len(right) > 0.93


def test_the_benchmark_ships_with_all_numbers_of_things() -> None:
    samples = WORLD.samples(None)
    groups = Counter(sample.group for sample in samples)
    assert len(samples) == 512
    assert set(groups.values()) == {64}
    assert {"1 thing", "8 things"} <= set(groups)


def test_numbers_of_things_can_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert [s.group for s in make(7, 1, (2, 12, 16))] == ["2 things", "12 things", "16 things"]
    assert make(7, 3, (8,))[2].prompt == make(7, 3)[-1].prompt
    assert main(["--things=16,2", "--each=1"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    for wrong in ("0,2", "17", "2,2", "two", ""):
        with pytest.raises(SystemExit) as stopped:
            main([f"--things={wrong}"])
        assert stopped.value.code == 2
        assert f"{wrong!r}: should be different numbers from 1 to 16" in capsys.readouterr().err


def test_another_seed_is_another_benchmark_that_a_file_can_hold(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--seed=7", "--each=2"]) == 0
    file = tmp_path_factory.mktemp("world") / "world-7.jsonl"
    file.write_text(capsys.readouterr().out)
    assert WORLD.samples(file) == make(7, 2)
    assert make(7, 2)[0].prompt != make(0, 2)[0].prompt
    with pytest.raises(UserError, match="should be a file"):
        WORLD.samples(file.parent)


def test_plans_are_held_to_the_facts_too() -> None:
    facts = Facts("A red star in the upper left and a blue ring in the lower right", scene(1, 1).things)
    plan = planned(make_plan(facts.text))
    scores = score_world(
        Facts(
            facts.text,
            (type(facts.things[0])("star", "red", "star"), type(facts.things[0])("ring", "blue", "ring")),
            (Stands(0, "left", "top"), Stands(1, "right", "bottom")),
        ),
        plan,
    )
    assert (scores["scene"], scores["nothing else"]) == (1.0, 1.0)
