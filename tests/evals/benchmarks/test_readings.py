"""Plans compared with readings, as a truth table: one right plan, and what each fault costs it."""

from typing import Any

import pytest

from evals.benchmarks.readings import Reading, score_reading
from evals.benchmarks.samples import Instance, Planned
from planner.scene import Region, Scene

FACTS = Reading.model_validate(
    {
        "id": "1",
        "prompt": "Two black cats on the left of a red sofa, a lamp with a torn shade behind, in an attic.",
        "things": [
            {"head": "cats", "count": 2, "words": ["Two black cats"], "horizontal": "left"},
            {"head": "sofa", "count": 1, "words": ["a red sofa"]},
            {"head": "lamp", "count": 1, "need": "may", "words": ["a lamp with a torn shade"]},
        ],
        "relations": [
            {"subject": 0, "predicate": "left of", "object": 1},
            {"subject": 2, "predicate": "behind", "object": 1},
        ],
        "background": ["an attic"],
    }
)
CATS = [
    Instance("cat", "a black cat", (0.02, 0.6, 0.18, 0.8)),
    Instance("cat", "a black cat", (0.2, 0.6, 0.38, 0.8)),
]
SOFA = Instance("sofa", "a red sofa", (0.5, 0.5, 0.95, 0.9))
LAMP = Instance("lamp", "a lamp with a torn shade", (0.7, 0.2, 0.85, 0.6))
RIGHT = [*CATS, SOFA, LAMP]


def scored(instances: list[Instance], lamp_depth: int = 3) -> dict[str, Any]:
    regions = [
        Region(name=name, prompt="x", depth=depth)
        for name, depth in (("cat 1", 1), ("cat 2", 1), ("sofa", 1), ("lamp", lamp_depth))
    ]
    scene = Scene(caption="x", regions=tuple(regions))
    return dict(score_reading(FACTS, Planned(scene, tuple(instances))))


def test_a_plan_that_is_right_has_nothing_wrong() -> None:
    scores = scored(RIGHT)
    assert scores.pop("foreign words") == 0
    assert set(scores.values()) == {1.0}


@pytest.mark.parametrize(
    ("instances", "wrong"),
    [
        ([*RIGHT, Instance("shade", "a torn shade", (0.7, 0.2, 0.8, 0.3))], {"regions right": 0.8}),
        ([*RIGHT, CATS[0]], {"regions right": 0.8, "counts": 0.0}),
        ([CATS[0], SOFA, LAMP], {"counts": 0.0}),
        ([*CATS, LAMP], {"things found": 0.5, "relations": None}),
        ([*CATS, SOFA], {"relations": 1.0}),
        (
            [Instance("cat", "a black cat", (0.8, 0.1, 0.9, 0.2)), *RIGHT[1:]],
            {"places": 0.0, "relations": 0.5},
        ),
        ([*CATS, Instance("sofa", "a sofa", SOFA.box), LAMP], {"own words": 0.75}),
        (
            [*CATS, Instance("sofa", "a red sofa, torn", SOFA.box), LAMP],
            {"foreign words": pytest.approx(1 / 9)},
        ),
    ],
)
def test_a_fault_costs_what_it_is_and_no_more(instances: list[Instance], wrong: dict[str, Any]) -> None:
    right = scored(RIGHT)
    scores = scored(instances)
    changed = {name: value for name, value in scores.items() if value != right[name] and name != "whole"}
    assert changed == {name: value for name, value in wrong.items() if value != right.get(name)}


def test_what_is_behind_follows_from_depth_and_a_whole_plan_has_no_fault() -> None:
    scores = scored(RIGHT, lamp_depth=0)
    assert (scores["relations"], scores["whole"]) == (0.5, 0.0)


def test_a_group_of_many_is_one_region() -> None:
    facts = Reading.model_validate(
        {
            "id": "1",
            "prompt": "fifty ants",
            "things": [{"head": "ants", "count": 50, "words": ["fifty ants"]}],
        }
    )
    scene = Scene(caption="x", regions=(Region(name="ants", prompt="fifty ants", count=50),))
    ants = tuple(Instance("ants", "fifty ants", (0.0, 0.0, 0.1, 0.1)) for _ in range(50))
    assert score_reading(facts, Planned(scene, ants))["regions right"] == 1.0


def test_nothing_to_place_costs_nothing_where_nothing_is_placed() -> None:
    facts = Reading.model_validate({"id": "1", "prompt": "a blue haze", "things": []})
    empty = Planned(Scene(caption="x"), ())
    assert score_reading(facts, empty)["whole"] == 1.0
    haze = Planned(Scene(caption="x"), (Instance("haze", "a blue haze", (0, 0, 1, 1)),))
    assert score_reading(facts, haze)["whole"] == 0.0
