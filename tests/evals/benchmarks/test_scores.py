"""Plans compared with facts: truth tables of every benchmark's score."""

import pytest

from evals.benchmarks.dsg import DSG, Proposition, stems
from evals.benchmarks.geneval import Record as GenEvalRecord
from evals.benchmarks.geneval import positions, score_geneval
from evals.benchmarks.lmd import Record as LmdRecord
from evals.benchmarks.lmd import score_lmd
from evals.benchmarks.nsr import Counting, Side, Spatial, is_on_side, score_counting, score_spatial
from evals.benchmarks.samples import Edges, Instance, Planned
from planner.scene import Region, Scene


def at(name: str, x: float, y: float, prompt: str = "") -> Instance:
    """A thing of a tenth of the canvas with its centre at (x, y)."""
    return Instance(name, prompt or f"a {name}", (x - 0.05, y - 0.05, x + 0.05, y + 0.05))


def plan_of(*instances: Instance) -> Planned:
    return Planned(Scene(caption="a picture"), instances)


def counting(*asked: tuple[str, int], kind: str = "two-categories") -> Counting:
    return Counting.model_validate({"id": 1, "prompt": "", "num_object": asked, "sub-type": kind})


CATS = [at("cat", x / 10, 0.5) for x in range(1, 4)]
DOG = at("dog", 0.9, 0.9)


@pytest.mark.parametrize(
    ("asked", "right", "iou"),
    [
        ([("cat", 3), ("dog", 1)], 1.0, 1.0),
        ([("cat", 2), ("dog", 1)], 0.0, 3 / 4),
        ([("cat", 4), ("dog", 2)], 0.0, 4 / 6),
        ([("horse", 1)], 0.0, 0.0),
    ],
)
def test_counts(asked: list[tuple[str, int]], right: float, iou: float) -> None:
    scores = score_counting(counting(*asked), plan_of(*CATS, DOG))
    assert scores["accuracy"] == scores["accuracy on templates"] == right
    assert scores["IoU"] == pytest.approx(iou)


def test_precision_recall_and_error_of_counts() -> None:
    scores = score_counting(counting(("cat", 2), ("dog", 2)), plan_of(*CATS, DOG))
    assert scores["precision"] == pytest.approx(3 / 4)
    assert scores["recall"] == pytest.approx(3 / 4)
    assert scores["mean absolute error"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("cats", "dogs", "right"),
    [(2, 1, True), (2, 0, False), (2, 2, False), (2, 3, False), (3, 1, False)],
)
def test_a_comparison_asks_for_the_first_count_and_the_order(cats: int, dogs: int, right: bool) -> None:
    facts = counting(("cat", 2), ("dog", 1), kind="comparison")
    scores = score_counting(facts, plan_of(*[CATS[0]] * cats, *[DOG] * dogs))
    assert scores["accuracy"] == right


@pytest.mark.parametrize(
    ("x", "y", "sides"),
    [
        (0.2, 0.5, {"left", "next to"}),
        (0.8, 0.6, {"right", "next to"}),
        (0.5, 0.2, {"top"}),
        (0.4, 0.9, {"bottom"}),
        (0.8, 0.8, {"right", "bottom", "next to"}),
        (0.5, 0.5, set[str]()),
    ],
)
def test_directions_of_nsr(x: float, y: float, sides: set[str]) -> None:
    every: tuple[Side, ...] = ("left", "right", "top", "bottom", "next to")
    assert {side for side in every if is_on_side(at("a", x, y), side, at("b", 0.5, 0.5))} == sides


def test_any_pair_of_matching_things_will_do() -> None:
    facts = Spatial.model_validate(
        {
            "id": 1,
            "prompt": "",
            "obj1": ["cat", BOX],
            "obj2": ["dog", BOX],
            "relation": "left",
            "type": "natural",
        }
    )
    right, wrong = at("cat", 0.2, 0.5), at("cat", 0.5, 0.1)
    dog = at("dog", 0.5, 0.5)
    assert score_spatial(facts, plan_of(wrong, right, dog)) == {"accuracy": 1, "accuracy on captions": 1}
    assert score_spatial(facts, plan_of(wrong, dog))["accuracy"] == 0
    assert score_spatial(facts, plan_of(right))["accuracy"] == 0


BOX: Edges = (0.0, 0.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("category", "prompt", "instances", "right"),
    [
        ("negation", "a scene without dogs", [CATS[0]], True),
        ("negation", "a scene without dogs", [DOG], False),
        ("numeracy", "a scene with three cats", CATS, True),
        ("numeracy", "a scene with two cats", CATS, False),
        (
            "attribution",
            "a scene with a red cat and a blue dog",
            [at("cat", 0, 0, "a red cat"), at("dog", 1, 1, "a blue dog")],
            True,
        ),
        (
            "attribution",
            "a scene with a red cat and a blue dog",
            [at("cat", 0, 0, "a blue cat"), at("dog", 1, 1, "a red dog")],
            False,
        ),
        ("spatial", "a scene with a cat on the left and a dog on the right", [CATS[0], DOG], True),
        ("spatial", "a scene with a cat on the right and a dog on the left", [CATS[0], DOG], False),
        (
            "spatial",
            "a scene with a dog on the bottom and a sun on the top",
            [DOG, at("sun", 0.8, 0.1)],
            True,
        ),
    ],
)
def test_lmd(category: str, prompt: str, instances: list[Instance], right: bool) -> None:
    facts = LmdRecord.model_validate({"id": 0, "category": category, "prompt": prompt})
    assert score_lmd(facts, plan_of(*instances)) == {"accuracy": right, category: right}


def geneval(*include: dict[str, object], exclude: tuple[dict[str, object], ...] = ()) -> GenEvalRecord:
    record = {"tag": "two_object", "prompt": "", "include": include, "exclude": exclude}
    return GenEvalRecord.model_validate(record)


@pytest.mark.parametrize(
    ("facts", "right"),
    [
        (geneval({"class": "cat", "count": 1}), True),
        (geneval({"class": "cat", "count": 4}), False),
        (geneval({"class": "cat", "count": 3}, exclude=({"class": "cat", "count": 4},)), True),
        (geneval({"class": "cat", "count": 2}, exclude=({"class": "cat", "count": 3},)), False),
        (geneval({"class": "dog", "count": 1, "color": "black"}), True),
        (geneval({"class": "dog", "count": 1, "color": "red"}), False),
        (geneval({"class": "sun", "count": 1}, {"class": "dog", "count": 1, "position": ["below", 0]}), True),
        (
            geneval({"class": "sun", "count": 1}, {"class": "dog", "count": 1, "position": ["above", 0]}),
            False,
        ),
        (
            geneval({"class": "horse", "count": 1}, {"class": "dog", "count": 1, "position": ["above", 0]}),
            False,
        ),
    ],
)
def test_geneval(facts: GenEvalRecord, right: bool) -> None:
    shown = plan_of(*CATS, at("dog", 0.9, 0.9, "a black dog"), at("sun", 0.9, 0.1))
    assert score_geneval(facts, shown) == {"accuracy": right, "two_object": right}


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (0.2, 0.5, {"left of"}),
        (0.9, 0.5, {"right of"}),
        (0.9, 0.9, {"right of", "below"}),
        (0.51, 0.5, set[str]()),
        (0.51, 0.2, {"above"}),
    ],
)
def test_positions_are_those_of_genevals_evaluator(x: float, y: float, expected: set[str]) -> None:
    assert positions(at("a", x, y), at("b", 0.5, 0.5)) == expected


def test_dsg_asks_for_the_words_of_one_proposition_in_one_text() -> None:
    regions = (Region(name="cat", prompt="a black cat lying down"), Region(name="ball", prompt="a ball"))
    scene = Scene(caption="A cat by a blue ball in the park", background="a park", regions=regions)
    facts = (
        Proposition("entity", (stems("cats"),)),
        Proposition("entity", (stems("the park"),)),
        Proposition("entity", (stems("tree"),)),
        Proposition("attribute", (stems("cat"), stems("lie"))),
        Proposition("attribute", (stems("ball"), stems("blue"))),
        Proposition("attribute", (stems("cat"), stems("white"))),
    )
    scores = DSG.score(facts, Planned(scene, ()))
    assert scores["entity coverage"] == scores["entity in regions or background"] == pytest.approx(2 / 3)
    assert scores["attribute coverage"] == pytest.approx(2 / 3)
    assert scores["attribute in regions or background"] == pytest.approx(1 / 3)
    assert DSG.score(facts[:1], Planned(scene, ()))["attribute coverage"] is None
