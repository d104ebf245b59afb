"""Rows of pictures come to paired differences; what failed or is unscored is told and never averaged."""

from typing import Any

from evals.run.rows import PictureRow
from evals.run.summary import metric_records, picture_summary
from evals.run.tables import costs, lines, titles
from planner.plans import Usage

TOLD: dict[str, Any] = {
    "benchmark": "world",
    "model": "tiny",
    "arms": [{"name": "plain"}, {"name": "regional"}],
    "scorers": ["world"],
    "metrics": [metric.model_dump() for metric in metric_records(["world"])],
}


def row(sample: int, arm: str, seed: int, value: float | None, error: str | None = None) -> PictureRow:
    return PictureRow(
        id=f"{sample}/{arm}/{seed}", sample=sample, prompt="", group=f"{1 + sample % 2} things", arm=arm,
        seed=seed, scores={} if error else {"world.scene": value}, seconds=None if error else 2.0,
        error=error,
    )  # fmt: skip


def pairs() -> list[PictureRow]:
    return [
        row(sample, arm, seed, float(arm == "regional" or sample == 0))
        for sample in range(4)
        for seed in (0, 1)
        for arm in ("plain", "regional")
    ]


def test_arms_are_paired() -> None:
    scene = picture_summary(TOLD, pairs())["metrics"][0]
    assert scene["name"] == "world.scene"
    assert {arm: told["mean"] for arm, told in scene["arms"].items()} == {"plain": 0.25, "regional": 1.0}
    above = scene["differences"]["regional"]
    assert (above["mean"], above["n"]) == (0.75, 8)
    assert scene["groups"]["2 things"]["differences"]["regional"]["mean"] == 1.0


def test_groups_stand_in_the_order_of_their_numbers() -> None:
    rows = [
        one.model_copy(update={"group": f"{number} things"})
        for one, number in zip(pairs(), [12, 2, 16, 4] * 4, strict=True)
    ]
    groups = picture_summary(TOLD, rows)["metrics"][0]["groups"]
    assert list(groups) == ["2 things", "4 things", "12 things", "16 things"]


def test_a_picture_whose_pair_failed_counts_in_no_difference() -> None:
    rows = pairs()
    rows[0] = row(0, "plain", 0, None, "out of memory")
    told = picture_summary(TOLD, rows)
    scene = told["metrics"][0]
    assert (told["n"], told["failures"], told["reasons"]) == (16, 1, {"out of memory": 1})
    assert (scene["arms"]["plain"]["n"], scene["arms"]["regional"]["n"]) == (7, 8)
    assert scene["differences"]["regional"]["n"] == 7


def test_what_is_unscored_is_counted_with_its_reason_and_is_no_zero() -> None:
    rows = pairs()
    rows[1] = rows[1].model_copy(update={"scores": {}, "unscored": {"world": "no detector"}})
    told = picture_summary(TOLD, rows)
    assert told["unscored"] == [{"scorer": "world", "reason": "no detector", "n": 1}]
    assert told["metrics"][0]["arms"]["regional"]["mean"] == 1.0


def test_a_cost_of_which_a_part_is_unknown_is_unknown() -> None:
    tokens = Usage(prompt=1000, completion=10, requests=2)
    spent = {"tokens": {"judge": tokens, "own": tokens}, "cost": {"judge": 0.0015}}
    rows = [one.model_copy(update=spent) for one in pairs()]
    assert picture_summary(TOLD, rows)["scorer_cost"] == {"judge": 0.024, "own": None}
    unknown = {"judge": tokens.model_copy(update={"prompt": None})}
    rows[3] = rows[3].model_copy(update={"tokens": unknown, "cost": {"judge": None}})
    told = picture_summary({**TOLD, "tokens": tokens.model_dump(), "cost": 0.5}, rows)
    assert told["scorer_cost"]["judge"] is None
    assert [*costs(told)] == [
        "language model took 1,000 + 10 tokens in 2 answers, $0.5000",
        "judge took an unknown number of tokens in 32 answers",
        "own took 15,000 + 150 tokens in 30 answers",
    ]


def test_the_table_tells_means_differences_and_numbers() -> None:
    told = picture_summary(TOLD, pairs())
    assert titles(told)[3] == "minus plain, paired (95 %)"
    first, second = list(lines(told))[:2]
    assert first[:2] == ["world.scene", "plain"]
    assert second[0] == ""
    assert second[1:4:2] == ["regional", "+75.0 % (+25.0 to +100.0)"]
    names = [line[0] for line in lines(told, grouped=1)]
    assert "world.scene, 1 things" in names
    assert "seconds, 1 things" not in names
