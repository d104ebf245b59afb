"""Painted regions and negative prompts, from the command line to the picture, with the shipped model."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from planner.editing import Edits, Painting
from planner.errors import UserError
from planner.files import dump_plan, load_plan, read_record
from planner.placing.arranging import arrange
from planner.plans import Plan, Size
from planner.scene import Scene
from renderer.encoding import encode
from renderer.grid import TokenGrid, rasterise
from renderer.models import Model
from renderer.pipeline import generate, generate_many, layout_of, make_plan
from renderer.rendering import render, render_batch
from renderer.settings import Recipe, Settings

if TYPE_CHECKING:
    from tests.renderer.conftest import Answer

Run = Callable[..., "Answer"]

PROMPT = "A yellow star to the left of a blue ring, at night"
SMALL = ("--size", "64x64", "--steps", "1")


def paint(path: Path, mode: str = "RGB") -> Path:
    """A star's place in red on the right, and a ring's in blue below it, on a white canvas."""
    image = Image.new("RGB", (64, 64), "white")
    ImageDraw.Draw(image).rectangle((32, 0, 63, 31), fill="red")
    ImageDraw.Draw(image).rectangle((16, 48, 63, 63), fill="#0000ff")
    image.convert(mode).save(path)
    return path


def pixels(image: Image.Image) -> Any:
    return np.asarray(image).astype(int)


def owners(path: str) -> list[str]:
    grid = rasterise(layout_of(load_plan(path)))
    return ["".join(grid.names[owner][0] for owner in row) for row in grid.owner]


@pytest.fixture
def plan_file(tmp_path: Path, plan: Plan) -> str:
    (tmp_path / "plan.json").write_text(dump_plan(plan), "utf-8")
    return "plan.json"


@pytest.fixture
def spoken(scene: Scene) -> TokenGrid:
    """The scene with something against the whole of it, and something against the star."""
    star, ring = scene.regions
    told = {"negative": "fog", "absent": ("red heart",)}
    regions = (star.model_copy(update={"negative": "grass"}), ring)
    return rasterise(
        arrange(scene.model_copy(update={**told, "regions": regions}), Size(width=64, height=64))
    )


@pytest.fixture(scope="module")
def recipe(tiny: Model) -> Recipe:
    return Settings(steps=2, inject_steps=2, base_ratio=0.0, true_cfg_scale=3.0).over(tiny.card.recipe)


PAINTED = ["bbss", "bbss", "bbbb", "brrr"]


@pytest.mark.parametrize("mode", ["RGB", "P"])
def test_regions_stand_where_they_are_painted_and_so_again(run: Run, tmp_path: Path, mode: str) -> None:
    paint(tmp_path / "masks.png", mode)
    said = ("--painted", "masks.png", "--paint", "red=star", "--paint", "#0000ff=ring")
    answer = run(PROMPT, *SMALL, *said, "-o", "one.png")
    assert answer.code == 0, answer.err
    assert owners("one.png") == PAINTED
    (tmp_path / "masks.png").unlink()
    assert run("--plan", "one.png", "-o", "two.png").code == 0
    assert Path("one.png").read_bytes() == Path("two.png").read_bytes()


def test_a_plan_is_painted_over(run: Run, tmp_path: Path, plan_file: str) -> None:
    paint(tmp_path / "masks.png")
    said = ("--painted", "masks.png", "--paint", "red=star", "--paint", "#0000ff=ring")
    answer = run("--plan", plan_file, *said, "--plan-only")
    assert answer.code == 0, answer.err
    Path("over.json").write_text(answer.out, "utf-8")
    assert owners("over.json") == PAINTED


def array(path: Path) -> Any:
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.mark.parametrize("kind", [Image.open, array, Path, str])
def test_a_painting_is_taken_from_memory_too(
    tiny: Model, tmp_path: Path, kind: Callable[[Path], Any]
) -> None:
    painted = kind(paint(tmp_path / "masks.png"))
    edits = Edits(Painting(painted, {"star": "red", "ring": "#0000ff"}))
    size, settings = Size(width=64, height=64), Settings(steps=1)
    result = generate(PROMPT, size=size, model=tiny, settings=settings, edits=edits)
    result.save(tmp_path / "out")
    assert owners(str(tmp_path / "out/plan.json")) == PAINTED


@pytest.mark.parametrize("given", [3, None, np.zeros((64, 64))])
def test_what_is_no_painting_is_refused_by_its_field(given: Any) -> None:
    with pytest.raises(UserError, match="should be a path, a PIL image or an array") as caught:
        make_plan(PROMPT, size="64x64", edits=Edits(Painting(given, {"star": "red"})))
    assert caught.value.field == "painted"


def test_a_picture_carries_what_was_said_against_it(run: Run) -> None:
    said = ("--negative", "fog", "--negative", "grass@star")
    assert run(PROMPT, *SMALL, *said, "-o", "one.png").code == 0
    scene = read_record("one.png").plan.scene
    assert (scene.negative, [region.negative for region in scene.regions]) == ("fog", ["grass", ""])
    assert run("--plan", "one.png", "-o", "two.png").code == 0
    assert run("--plan", "one.png", "--negative", "snow@star", "-o", "three.png").code == 0
    assert read_record("three.png").plan.scene.regions[0].negative == "snow"
    one, two, three = (Path(f"{name}.png").read_bytes() for name in ("one", "two", "three"))
    assert one == two != three


FAULTS = [
    (["--painted", "masks.png"], "--painted and --paint go together"),
    (["--paint", "red=star"], "--painted and --paint go together"),
    (["--painted", "masks.png", "--paint", "star"], "--paint star: should be COLOUR=REGION"),
    (["--painted", "masks.png", "--paint", "red="], "--paint red=: should be COLOUR=REGION"),
    (
        ["--painted", "masks.png", "--paint", "red=star", "--paint", "blue=star"],
        "--paint blue=star: 'star' has the colour red already",
    ),
    (["--painted", "masks.png", "--paint", "red=nose"], "--paint red=nose: the plan has no region 'nose'"),
    (["--painted", "masks.png", "--paint", "red=star"], "masks.png: the picture also has #0000ff: give each"),
    (["--painted", "masks.png", "--paint", "green=star"], "masks.png: no pixel is green: the picture's most"),
    (["--painted", "masks.png", "--paint", "red=star", "--size", "80x64"], "masks.png: is 64x64; a painting"),
    (["--negative", "fog@"], "--negative fog@: should be TEXT or TEXT@REGION"),
    (["--negative", "fog@nose"], "--negative fog@nose: the plan has no region 'nose'; it has 'star', 'ring'"),
    (
        ["--negative", "fog", "--true-cfg-scale", "1"],
        "--true-cfg-scale is 1, which draws without a negative prompt",
    ),
]


@pytest.mark.parametrize(("options", "message"), FAULTS, ids=[message for _, message in FAULTS])
def test_what_does_not_fit_is_told_in_a_line(
    run: Run, tmp_path: Path, plan_file: str, options: list[str], message: str
) -> None:
    paint(tmp_path / "masks.png")
    answer = run("--plan", plan_file, "-q", *options)
    assert (answer.code, answer.out) == (2, "")
    assert message in answer.err
    assert answer.err.count("\n") == 1
    assert not (tmp_path / "picture.png").exists()


def test_each_region_is_drawn_against_its_own_words_and_the_wholes(
    tiny: Model, spoken: TokenGrid, recipe: Recipe
) -> None:
    pipeline: Any = tiny.pipeline
    whole, own = "red heart, fog", "grass, red heart, fog"
    expected, _, _ = pipeline.encode_prompt([whole, own], [whole, own], max_sequence_length=96)
    encoded = encode(spoken, tiny, recipe)
    against = encoded.negative_conditioning
    assert against is not None
    assert encoded.negative is not None
    assert torch.equal(encoded.negative.embeds[0], against.base_embeds)
    for embeds, text in zip(
        (against.base_embeds, *against.region_embeds), (0, 1, *[0] * (len(spoken.names) - 1)), strict=True
    ):
        assert torch.allclose(embeds[0], expected[text], atol=1e-5)
    assert spoken.names[0] == "star"


def test_what_is_said_against_a_region_shows_there_alone(
    tiny: Model, spoken: TokenGrid, recipe: Recipe
) -> None:
    """With β = 0 and every block masked in all steps, regions never mix."""
    one, mute = (
        render(replace(spoken, negatives=(word, *spoken.negatives[1:])), tiny, recipe).latents
        for word in ("grass", "sand")
    )
    changed = (one - mute).abs().mean(-1).reshape(4, 4)
    star = torch.from_numpy(spoken.owner == spoken.names.index("star"))
    assert changed[star].min() > 0.01
    assert changed[~star].max() < 1e-5


def test_in_a_batch_each_is_drawn_against_its_own(tiny: Model, spoken: TokenGrid, recipe: Recipe) -> None:
    other = replace(spoken, negatives=("", "sand", *spoken.negatives[2:]))
    for drawn, grid in zip(render_batch([spoken, other], tiny, recipe, [3, 4]), (spoken, other), strict=True):
        alone = render(grid, tiny, recipe, drawn.seed)
        assert np.abs(pixels(drawn.image) - pixels(alone.image)).max() <= 2


def test_a_batch_has_negative_prompts_of_regions_throughout_or_not_at_all(
    tiny: Model, grid: TokenGrid, spoken: TokenGrid, recipe: Recipe
) -> None:
    with pytest.raises(UserError, match="all have negative prompts of regions, or none has"):
        render_batch([grid, spoken], tiny, recipe, [0, 1])


def test_a_plan_that_says_nothing_against_draws_as_before(tiny: Model, plan: Plan, scene: Scene) -> None:
    """Several plans in one call: those with negative prompts of regions are a call of their own."""
    region = scene.regions[0].model_copy(update={"negative": "grass"})
    denied = plan.model_copy(
        update={"scene": scene.model_copy(update={"regions": (region, scene.regions[1])})}
    )
    settings = Settings(steps=1)
    results = list(generate_many([plan, denied, plan], batch=3, model=tiny, settings=settings))
    alone = generate(plan, model=tiny, settings=settings)
    assert (pixels(results[0].image) == pixels(alone.image)).all()
    assert (pixels(results[1].image) != pixels(alone.image)).any()
    assert (pixels(results[2].image) == pixels(alone.image)).all()
