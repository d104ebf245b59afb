"""LoRAs, pictures to start from and ControlNets on the command line, with the shipped model."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from planner.errors import UserError
from planner.files import dump_plan, read_record
from planner.plans import Plan
from renderer.extras import NOTHING, Control, Extras, GivenImage, Lora, read_lora
from renderer.grid import TokenGrid
from renderer.models import Model
from renderer.pipeline import generate, generate_many
from renderer.rendering import render
from renderer.settings import Recipe, Settings

if TYPE_CHECKING:
    from tests.renderer.conftest import Answer

Run = Callable[..., "Answer"]


@pytest.fixture(scope="module")
def recipe(tiny: Model) -> Recipe:
    return Settings(steps=2, inject_steps=2, base_ratio=0.0).over(tiny.card.recipe)


@pytest.fixture(scope="module")
def bare(grid: TokenGrid, tiny: Model, recipe: Recipe) -> np.ndarray:
    return drawn(grid, tiny, recipe, NOTHING)


@pytest.fixture(autouse=True)
def unchanged(grid: TokenGrid, tiny: Model, recipe: Recipe, bare: np.ndarray) -> Iterator[None]:
    """After each test the model draws as it did."""
    yield
    assert (drawn(grid, tiny, recipe, NOTHING) == bare).all()


def drawn(grid: TokenGrid, tiny: Model, recipe: Recipe, extras: Extras) -> np.ndarray:
    return np.asarray(render(grid, tiny, recipe, 0, extras=extras).image).astype(int)


@pytest.mark.parametrize(
    ("text", "lora"),
    [
        ("style.safetensors", Lora(source="style.safetensors")),
        ("style.safetensors:0.8", Lora(source="style.safetensors", weight=0.8)),
        ("owner/name@red heart", Lora(source="owner/name", region="red heart")),
        ("owner/name:-1@cat 2", Lora(source="owner/name", weight=-1, region="cat 2")),
        (r"C:\loras\style", Lora(source=r"C:\loras\style")),
    ],
)
def test_a_lora_in_words(text: str, lora: Lora) -> None:
    assert read_lora(text) == lora


@pytest.mark.parametrize("text", ["", "@heart", "style@", ":0.5"])
def test_half_a_lora_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"should be PATH, PATH:WEIGHT, PATH@REGION"):
        read_lora(text)


def test_a_lora_draws_as_its_weight_says(
    files: Path, grid: TokenGrid, tiny: Model, recipe: Recipe, bare: np.ndarray
) -> None:
    path = str(files / "style.safetensors")
    none, some = (
        drawn(grid, tiny, recipe, Extras(loras=(Lora(source=path, weight=weight),))) for weight in (0.0, 1.0)
    )
    twice = (Lora(source=path, weight=0.5), Lora(source=path, weight=0.5))
    assert (none == bare).all()
    assert (some != bare).mean() > 0.1
    assert np.abs(drawn(grid, tiny, recipe, Extras(loras=twice)) - some).max() <= 1


def test_a_regions_lora_keeps_to_it(files: Path, grid: TokenGrid, tiny: Model, recipe: Recipe) -> None:
    """The decoder looks a little further than a token, so a token's width beside it is left out."""
    lora = Lora(source=str(files / "style.safetensors"), region="star")
    one = drawn(grid, tiny, recipe.model_copy(update={"true_cfg_scale": 1.0}), Extras(loras=(lora,)))
    plain = drawn(grid, tiny, recipe.model_copy(update={"true_cfg_scale": 1.0}), NOTHING)
    changed = np.abs(one - plain).max(axis=-1).reshape(4, 16, 4, 16).mean(axis=(1, 3))
    star = grid.owner == grid.names.index("star")
    assert changed[star].mean() > 4 * changed[:, -1].mean()


@pytest.mark.parametrize("low_memory", [False, True])
def test_a_lora_joins_every_picture_of_several(
    files: Path, plan: Plan, tiny: Model, low_memory: bool
) -> None:
    extras, settings = Extras(loras=(Lora(source=str(files / "style.safetensors")),)), Settings(steps=1)
    model = "tiny" if low_memory else tiny
    several = generate_many(
        [plan], seeds=(1, 2), model=model, settings=settings, extras=extras, low_memory=low_memory
    )
    for result in several:
        alone = generate(plan, seed=result.seed, model=tiny, settings=settings, extras=extras)
        assert (np.asarray(result.image) == np.asarray(alone.image)).all()
        assert alone.extras == extras


def test_loras_of_someone_else_are_left_alone(
    files: Path, grid: TokenGrid, tiny: Model, recipe: Recipe
) -> None:
    tiny.pipeline.load_lora_weights(str(files), weight_name="style.safetensors", adapter_name="own")
    lora = Lora(source=str(files / "style.safetensors"))
    with pytest.raises(UserError, match="the model has LoRAs already"):
        drawn(grid, tiny, recipe, Extras(loras=(lora,)))
    assert tiny.pipeline.get_active_adapters() == ["own"]
    tiny.pipeline.unload_lora_weights()


def test_with_a_negative_pass_it_keeps_to_it_too(
    files: Path, grid: TokenGrid, tiny: Model, recipe: Recipe
) -> None:
    lora = Lora(source=str(files / "style.safetensors"), weight=0.0, region="star")
    strong = lora.model_copy(update={"weight": 1.0})
    one, plain = (drawn(grid, tiny, recipe, Extras(loras=(each,))) for each in (strong, lora))
    changed = np.abs(one - plain).max(axis=-1).reshape(4, 16, 4, 16).mean(axis=(1, 3))
    star = grid.owner == grid.names.index("star")
    assert changed[star].mean() > 4 * changed[:, -1].mean()


def test_a_picture_to_start_from_shows_the_more_the_weaker_the_strength(
    files: Path, grid: TokenGrid, tiny: Model, recipe: Recipe
) -> None:
    four = recipe.model_copy(update={"steps": 4, "inject_steps": "50%"})
    photo = str(files / "photo.png")
    weak, strong = (
        drawn(grid, tiny, four, Extras(init_image=photo, strength=strength)) for strength in (0.25, 1.0)
    )
    with Image.open(photo) as image:
        start = np.asarray(image.crop((10, 0, 90, 80)).resize((64, 64))).astype(int)
    assert np.abs(weak - start).mean() < np.abs(strong - start).mean()


def test_inpainting_leaves_what_is_black(files: Path, grid: TokenGrid, tiny: Model, recipe: Recipe) -> None:
    extras = Extras(init_image=str(files / "photo.png"), strength=1.0, inpaint_mask=str(files / "mask.png"))
    other = drawn(grid, tiny, recipe.model_copy(update={"base_ratio": 0.5}), extras)
    one = drawn(grid, tiny, recipe, extras)
    # The decoder norms over the whole picture, so that what is kept moves a little.
    kept, anew = (np.abs(one - other)[:, columns].mean() for columns in (slice(0, 16), slice(40, 64)))
    assert anew > 2 * kept


@pytest.mark.parametrize(("started", "times", "scale"), [(False, 1, 2.0), (False, 2, 2.0), (True, 1, 1.0)])
def test_a_controlnet_steers(
    files: Path, grid: TokenGrid, tiny: Model, recipe: Recipe, started: bool, times: int, scale: float
) -> None:
    recipe = recipe.model_copy(update={"true_cfg_scale": scale})
    start = (
        Extras(init_image=str(files / "photo.png"), inpaint_mask=str(files / "mask.png"))
        if started
        else NOTHING
    )
    control = Control(image=str(files / "depth.png"), model=str(files / "depth-net"))
    steered = drawn(grid, tiny, recipe, start.model_copy(update={"controls": (control,) * times}))
    assert (steered != drawn(grid, tiny, recipe, start)).mean() > 0.05


def test_a_picture_carries_what_joined_and_is_drawn_again(
    run: Run, files: Path, tmp_path: Path, plan: Plan
) -> None:
    (tmp_path / "plan.json").write_text(dump_plan(plan), "utf-8")
    options = ["--lora", f"{files}/style.safetensors:0.7@star", "--init-image", f"{files}/photo.png"]
    first = run("--plan", "plan.json", "--steps", "2", "--strength", "0.9", *options, "-o", "one.png")
    assert first.code == 0, first.err
    assert "LoRA keys" not in first.err
    assert "of the LoRA 'style-1' 8 layers are left out" in first.err
    assert "UserWarning" not in first.err
    assert run("--plan", "one.png", "--trust", "-o", "two.png").code == 0
    assert run("--plan", "one.png", "--trust", "--strength", "0.5", "-o", "three.png").code == 0
    one, two, three = (np.asarray(Image.open(f"{name}.png")) for name in ("one", "two", "three"))
    assert (one == two).all()
    assert (one != three).any()


def opened(files: Path, name: str) -> Image.Image:
    with Image.open(files / name) as image:
        return image.copy()


def test_images_and_arrays_draw_what_their_files_draw(
    files: Path, grid: TokenGrid, tiny: Model, recipe: Recipe
) -> None:
    recipe = recipe.model_copy(update={"true_cfg_scale": 1.0})
    net, names = str(files / "depth-net"), ("photo.png", "mask.png", "depth.png")
    photo, mask, depth = (str(files / name) for name in names)
    by_path = Extras(init_image=photo, inpaint_mask=mask, controls=(Control(image=depth, model=net),))
    photo, mask, depth = (opened(files, name) for name in names)
    given = Extras(
        init_image=photo, inpaint_mask=np.asarray(mask), controls=(Control(image=depth, model=net),)
    )
    photo.paste("black", (0, 0, *photo.size))  # what is given is copied
    assert (drawn(grid, tiny, recipe, given) == drawn(grid, tiny, recipe, by_path)).all()


def test_a_picture_drawn_from_an_image_is_drawn_again_where_that_is_given_again(
    run: Run, files: Path, tmp_path: Path, plan: Plan, tiny: Model
) -> None:
    extras = {"init_image": opened(files, "photo.png"), "strength": 0.9}
    result = generate(plan, model=tiny, settings=Settings(steps=2), extras=extras)
    (tmp_path / "one.png").write_bytes(result.png())
    kept = read_record(tmp_path / "one.png").rest["extras"]
    assert isinstance(kept, dict)
    assert isinstance(kept["init_image"], dict)
    digest = kept["init_image"].pop("sha256")
    assert kept["init_image"] == {"given_as": "RGB image of 100x80 pixels"}

    again = run("--plan", "one.png", "-q", "-o", "two.png")
    assert (again.code, again.out, (tmp_path / "two.png").exists()) == (2, "", False)
    assert again.err == (
        "scenewright: --init-image was given as an image, and the record has no pixels of it: give the RGB "
        f"image of 100x80 pixels with the SHA-256 {digest} again\n"
    )
    given = run("--plan", "one.png", "--init-image", f"{files}/photo.png", "-o", "two.png")
    assert given.code == 0, given.err
    assert (np.asarray(Image.open("two.png")) == np.asarray(result.image)).all()
    assert GivenImage.of(opened(files, "photo.png")).sha256 == digest


FAULTS = [
    (["--lora", "nowhere.safetensors"], "--lora nowhere.safetensors: can't be loaded as a LoRA"),
    (["--lora", "{files}/photo.png"], "photo.png: can't be loaded as a LoRA"),
    (
        ["--lora", "{files}/style.safetensors@nose"],
        "the plan draws no region 'nose'; it draws 'star', 'ring'",
    ),
    (["--init-image", "nowhere.png"], "nowhere.png: can't be read as a picture"),
    (["--strength", "0.5"], "strength needs an init_image"),
    (["--init-image", "{files}/photo.png", "--strength", "1.5"], "--strength"),
    (["--control", "{files}/depth.png"], "--control comes 1 times and --controlnet 0 times"),
    (
        ["--control", "{files}/depth.png", "--controlnet", "{files}"],
        "can't be loaded as a ControlNet for FLUX.1",
    ),
    (
        ["--control={files}/depth.png", "--controlnet={files}/depth-net", "--init-image={files}/photo.png"],
        "--true-cfg-scale should be 1: FluxControlNetImg2ImgPipeline of diffusers has no negative pass",
    ),
]


@pytest.mark.parametrize(("options", "message"), FAULTS, ids=[message for _, message in FAULTS])
def test_what_can_not_join_is_told_in_a_line(
    run: Run, files: Path, tmp_path: Path, plan: Plan, options: list[str], message: str
) -> None:
    (tmp_path / "plan.json").write_text(dump_plan(plan), "utf-8")
    answer = run("--plan", "plan.json", "--steps", "2", "-q", *(word.format(files=files) for word in options))
    assert (answer.code, answer.out) == (2, "")
    assert message in answer.err
    assert answer.err.count("\n") == 1
    assert not (tmp_path / "picture.png").exists()
