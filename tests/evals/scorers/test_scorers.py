"""Scorers, on pictures that are known to be right or wrong; what fails is unscored."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from evals.benchmarks.samples import Sample
from evals.scorers.protocol import Drawn, Metric, Scored, Scorer, score
from evals.scorers.registry import check_scorers, scorer_named
from evals.scorers.seams import seam_strength
from evals.world.draw import draw
from evals.world.facts import Composition, Facts, Setting, Stands, Thing, Wanted
from planner.errors import UserError
from planner.plans import Plan, Size, Usage
from renderer.pipeline import make_plan

THINGS = (Thing("star", "red", "medium", 24, 24, 44), Thing("ring", "blue", "medium", 104, 104, 44))
SHOWN = Composition(THINGS, Setting(None, None, "cream", 1.0), 3, side=128)
CLAIMS = (Stands(0, "left", "top"), Stands(1, "right", "bottom"))
TEXT = "A red star in the upper left and a blue ring in the lower right"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(TEXT, size=Size(width=128, height=128))


def drawn(plan: Plan, *nouns: str) -> Drawn:
    """A picture with a red star and a blue ring, for a prompt of red or blue `nouns` in those places."""
    colours = ("red", "blue")
    wanted = tuple(Wanted(noun, colour, noun) for noun, colour in zip(nouns, colours, strict=True))
    return Drawn(draw(SHOWN), Sample(0, TEXT, Facts(TEXT, wanted, CLAIMS)), plan)


def test_the_world_is_judged_by_what_is_in_the_picture(plan: Plan) -> None:
    world = scorer_named("world")
    right, wrong = world(drawn(plan, "star", "ring")), world(drawn(plan, "star", "heart"))
    assert (right.values["scene"], right.values["things"], right.explanation) == (1.0, 1.0, "")
    assert (wrong.values["scene"], wrong.values["things"], wrong.explanation) == (
        0.0,
        0.5,
        "blue heart missing",
    )


def test_boxes_are_scored_by_their_size(plan: Plan) -> None:
    boxes = scorer_named("boxes")
    right = boxes(drawn(plan, "star", "ring")).values
    assert right == {"within": 1, "2 tokens": None, "3 tokens": 1, "4 tokens": None, "5 tokens or more": None}
    elsewhere = replace(drawn(plan, "star", "ring"), image=draw(replace(SHOWN, things=THINGS[:1])))
    assert boxes(elsewhere).values["within"] == boxes(elsewhere).values["3 tokens"] == 0.5


def test_a_scorer_that_does_not_fit_leaves_the_picture_unscored(plan: Plan) -> None:
    row = score((scorer_named("world"),), Drawn(draw(SHOWN), Sample(0, TEXT, None), plan))
    assert row.scores == {}
    assert "world benchmark" in row.unscored["world"]


def test_drift_is_a_share_of_the_reference(plan: Plan) -> None:
    ends = torch.full((64, 16), 2.0)
    moved = replace(drawn(plan, "star", "ring"), latents=ends * 1.5, reference=lambda: ends)
    assert scorer_named("drift")(moved).values == {"latents": 0.5}
    assert scorer_named("drift")(replace(moved, reference=None)).values == {"latents": None}
    row = score((scorer_named("drift"),), replace(moved, latents=None))
    assert "needs the latents" in row.unscored["drift"]


def test_a_scorer_that_fails_is_unscored_and_others_go_on(plan: Plan) -> None:
    class Broken:
        name = "broken"
        metrics = (Metric("x", "nothing"),)

        def __call__(self, drawn: Drawn) -> Scored:
            raise ZeroDivisionError(drawn.sample.id)

    row = score((Broken(), scorer_named("seams")), drawn(plan, "star", "ring"))
    assert row.unscored == {"broken": "ZeroDivisionError: 0"}
    assert (row.scores["seams.strength"] or 0) > 0


def test_a_metric_can_be_unscored_alone_and_a_scorer_says_what_it_took(plan: Plan) -> None:
    class Half:
        name = "half"
        metrics = (Metric("x", "something"), Metric("y", "nothing"))

        def __call__(self, drawn: Drawn) -> Scored:
            used = Usage(prompt=7, completion=1, requests=1)
            return Scored({"x": 1.0}, unscored={"y": f"no telling of {drawn.sample.id}"}, usage=used)

    row = score((Half(),), drawn(plan, "star", "ring"))
    assert row.scores == {"half.x": 1.0}
    assert row.unscored == {"half.y": "no telling of 0"}
    assert row.tokens == {"half": Usage(prompt=7, completion=1, requests=1)}


def test_a_scorer_can_refuse_before_any_picture(tmp_path: Path) -> None:
    path = tmp_path / "refusing.py"
    path.write_text(
        "from planner.errors import UserError\n"
        "class Refusing:\n"
        "    name, metrics = 'refusing', ()\n"
        "    def __call__(self, drawn): raise UserError\n"
        "    def check(self): raise UserError('not today')\n"
        "SCORER = Refusing()\n"
    )
    check_scorers(["world", "seams"])
    with pytest.raises(UserError, match="not today"):
        check_scorers(["world", str(path)])


@pytest.mark.parametrize("name", ["world", "seams"])
def test_every_scorer_returns_just_its_metrics(name: str, plan: Plan) -> None:
    scorer = scorer_named(name)
    assert isinstance(scorer, Scorer)
    assert scorer.name == name
    values = scorer(drawn(plan, "star", "ring")).values
    assert set(values) == {metric.name for metric in scorer.metrics}
    assert scorer(drawn(plan, "star", "ring")).values == values


OWNER = np.array([[0, 0, 1, 1]] * 4, dtype=np.int16)


def test_a_picture_that_steps_at_the_border_has_a_seam() -> None:
    noise = np.random.default_rng(0).normal(120, 5, (64, 64, 3))
    stepped = noise.copy()
    stepped[:, 32:] += 40
    without, with_seam = (seam_strength(pixels, OWNER, 16) for pixels in (noise, stepped))
    assert without is not None
    assert with_seam is not None
    assert 0.8 < without < 1.25
    assert with_seam > 5 * without


def test_a_step_within_a_region_is_no_seam() -> None:
    noise = np.random.default_rng(0).normal(120, 5, (64, 64, 3))
    noise[:, 24:] += 40
    strength = seam_strength(noise, OWNER, 16)
    assert strength is not None
    assert strength < 0.5


def test_seams_are_the_same_turned() -> None:
    pixels = np.random.default_rng(1).normal(120, 9, (64, 64, 3))
    turned = seam_strength(pixels.swapaxes(0, 1), OWNER.T, 16)
    assert turned == pytest.approx(seam_strength(pixels, OWNER, 16))


def test_one_region_has_no_border_and_a_flat_picture_no_seam() -> None:
    flat = np.full((64, 64, 3), 90.0)
    assert seam_strength(flat, np.zeros((4, 4), np.int16), 16) is None
    assert seam_strength(flat, OWNER, 16) == 1.0


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("world:x", "takes nothing after its name"),
        ("beauty", "is not a scorer; take one of world, seams, boxes, drift, clip, detector"),
        ("none.py", "there is no such file"),
    ],
)
def test_scorers_that_are_none(name: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        scorer_named(name)


@pytest.mark.parametrize(
    ("source", "message"),
    [("x = 1", "should hold SCORER"), ("1 / 0", "does not run .ZeroDivisionError"), ("(", "does not run")],
)
def test_files_that_hold_no_scorer(tmp_path: Path, source: str, message: str) -> None:
    path = tmp_path / f"mine_{len(source)}_{ord(source[0])}.py"
    path.write_text(source)
    with pytest.raises(UserError, match=message):
        scorer_named(str(path))


def test_a_file_called_like_another_module_is_refused(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("SCORER = None")
    with pytest.raises(UserError, match="another module is called json"):
        scorer_named(str(tmp_path / "json.py"))


def test_pictures_are_left_as_they_are(plan: Plan) -> None:
    shown = drawn(plan, "star", "ring")
    before = shown.image.tobytes()
    for name in ("world", "seams"):
        scorer_named(name)(shown)
    assert shown.image.tobytes() == before
    assert isinstance(shown.image, Image.Image)
