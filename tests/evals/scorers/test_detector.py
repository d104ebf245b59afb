"""The detector scorer: its logic on known boxes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from evals.benchmarks.geneval import Record, score_geneval
from evals.benchmarks.samples import Edges, Instance, Planned, Sample
from evals.scorers.detector import Detection, Detector, matched_overlaps, overlap, without_duplicates
from evals.scorers.protocol import Drawn, score
from evals.scorers.registry import scorer_named
from planner.errors import UserError
from planner.plans import Plan, Size
from renderer.pipeline import make_plan

TEXT = "a photo of two dogs left of a cat"
WANTED = (
    {"class": "cat", "count": 1},
    {"class": "dog", "count": 2, "position": ("left of", 0)},
)
FACTS = Record.model_validate({"tag": "position", "prompt": TEXT, "include": WANTED})
BOXES = st.tuples(*[st.floats(0, 0.4)] * 2, *[st.floats(0.5, 1)] * 2)


def at(name: str, x: float, y: float = 0.5, prompt: str = "") -> Instance:
    return Instance(name, prompt or f"a {name}", (x - 0.1, y - 0.1, x + 0.1, y + 0.1))


@given(BOXES, BOXES)
def test_overlap_is_a_share_and_of_both(one: Edges, other: Edges) -> None:
    assert 0 <= overlap(one, other) <= 1
    assert overlap(one, other) == overlap(other, one)
    assert overlap(one, one) == pytest.approx(1)


def test_overlaps_of_known_boxes() -> None:
    assert overlap((0, 0, 1, 1), (0.5, 0, 1.5, 1)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 1, 1), (1, 0, 2, 1)) == 0
    assert overlap((0, 0, 0, 0), (0, 0, 0, 0)) == 0


def test_one_place_is_one_thing_by_its_surest_name() -> None:
    red, blue = at("star", 0.3, prompt="a red star"), at("star", 0.31, prompt="a blue star")
    far = at("star", 0.8, prompt="a blue star")
    kept = without_duplicates([Detection(blue, 0.4), Detection(red, 0.9), Detection(far, 0.3)])
    assert [one.instance for one in kept] == [red, far]


def test_nothing_is_matched_with_two_planned_things() -> None:
    wanted = [at("dog", 0.2), at("dog", 0.8), at("cat", 0.5)]
    assert matched_overlaps(wanted, [at("dog", 0.8)]) == [None, pytest.approx(1), None]
    assert matched_overlaps(wanted, [at("dog", 0.8), at("dog", 0.5)]) == [0, pytest.approx(1), None]
    assert matched_overlaps(wanted, []) == [None, None, None]


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(TEXT, size=Size(width=128, height=128))


def drawn(plan: Plan) -> Drawn:
    def rules(boxes: Planned) -> dict[str, float | None]:
        return dict(score_geneval(FACTS, boxes))

    return Drawn(Image.new("RGB", (128, 96), "red"), Sample(0, TEXT, FACTS), plan, rules)


def detects(monkeypatch: pytest.MonkeyPatch, *found: Instance) -> None:
    """Let the detector find just these: a model that could is too large for a test."""

    def detect(*_: object) -> list[Detection]:
        return [Detection(instance, 0.9) for instance in found]

    monkeypatch.setattr(Detector, "_detect", detect)


def test_the_benchmarks_own_rules_hold_for_what_is_seen(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = Detector("owner/name")
    dogs = [at("dog", 0.1), at("dog", 0.3, 0.2)]
    detects(monkeypatch, *dogs, at("cat", 0.9))
    right = scorer(drawn(plan))
    assert (right.values["accuracy"], right.values["found"], right.explanation) == (1.0, 1.0, "")
    detects(monkeypatch, dogs[0], at("cat", 0.9))
    few = scorer(drawn(plan))
    assert (few.values["accuracy"], few.values["found"]) == (0.0, pytest.approx(2 / 3))
    assert few.explanation == "dog not seen"
    detects(monkeypatch, at("dog", 0.9), at("dog", 0.7), at("cat", 0.1))
    assert scorer(drawn(plan)).values["accuracy"] == 0.0


def test_a_model_that_can_not_be_loaded_leaves_pictures_unscored(tmp_path: Path, plan: Plan) -> None:
    row = score((scorer_named(f"detector:{tmp_path}"),), drawn(plan))
    assert row.scores == {}
    assert "can't be loaded" in row.unscored["detector"]


def test_a_name_that_is_no_model_is_refused() -> None:
    with pytest.raises(UserError, match="should be detector:FOLDER or detector:OWNER/NAME"):
        scorer_named("detector:owl")
