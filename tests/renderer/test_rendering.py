"""`render` on the shipped model: what it shares with the stock pipeline, and what regions change."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from diffusers.pipelines.flux.pipeline_flux import FluxPipeline
from numpy.typing import NDArray
from PIL import Image

from planner.errors import UserError
from planner.placing.arranging import arrange
from planner.plans import Size
from planner.scene import Scene
from renderer.encoding import base_prompt, encode, encode_batch, region_prompts
from renderer.grid import BACKGROUND, TokenGrid, rasterise
from renderer.models import Model
from renderer.rendering import render, render_batch
from renderer.settings import Mode, Recipe, Settings

Pixels = NDArray[np.uint8]


def pixels(image: Image.Image) -> Pixels:
    return np.asarray(image)


@pytest.fixture(scope="module")
def recipe(tiny: Model) -> Recipe:
    """Two steps, both by regions and with a negative pass."""
    return Settings(steps=2, inject_steps=2, true_cfg_scale=3.0).over(tiny.card.recipe)


@pytest.fixture(scope="module")
def draw(tiny: Model, grid: TokenGrid, recipe: Recipe) -> Callable[..., Pixels]:
    """The scene's pixels; keyword arguments go over the recipe's settings."""

    def drawn(seed: int = 0, plain: bool = False, **wishes: Any) -> Pixels:
        own = Settings.model_validate(wishes).over(recipe)
        return pixels(render(grid, tiny, own, seed, plain=plain).image)

    return drawn


def stock(tiny: Model, grid: TokenGrid, recipe: Recipe, **arguments: Any) -> Pixels:
    """The pipeline called by hand, as diffusers' documentation calls it."""
    pipeline: Any = tiny.pipeline
    drawn = pipeline(
        prompt=grid.base_prompts[0],
        height=64,
        width=64,
        num_inference_steps=recipe.steps,
        guidance_scale=recipe.guidance_scale,
        max_sequence_length=recipe.max_sequence_length,
        generator=torch.Generator("cpu").manual_seed(3),
        **arguments,
    )
    return pixels(drawn.images[0])


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_plain_is_the_stock_pipeline_bit_for_bit(
    tiny: Model, grid: TokenGrid, recipe: Recipe, draw: Callable[..., Pixels], scale: float
) -> None:
    negative = {"negative_prompt": "", "true_cfg_scale": scale} if scale > 1 else {}
    expected = stock(tiny, grid, recipe, **negative)
    assert np.array_equal(draw(3, plain=True, true_cfg_scale=scale), expected)


def test_a_pipeline_of_ones_own_class_draws_as_its_card_says(
    tiny: Model, grid: TokenGrid, recipe: Recipe
) -> None:
    class Own(FluxPipeline):
        """What a plugin could have made of it."""

    mine = replace(tiny, pipeline=Own(**tiny.pipeline.components))
    mine.pipeline.set_progress_bar_config(disable=True)
    assert torch.equal(render(grid, mine, recipe).latents, render(grid, tiny, recipe).latents)


def test_without_injected_steps_regional_is_plain(draw: Callable[..., Pixels]) -> None:
    assert np.array_equal(draw(inject_steps=0), draw(plain=True))


def test_regions_change_the_picture(draw: Callable[..., Pixels]) -> None:
    assert not np.array_equal(draw(), draw(plain=True))


def test_the_same_seed_draws_the_same_pixels_and_another_seed_others(draw: Callable[..., Pixels]) -> None:
    assert np.array_equal(draw(5), draw(5))
    assert not np.array_equal(draw(5), draw(6))


@pytest.mark.parametrize(
    "wish",
    [
        {"base_ratio": 0.9},
        {"inject_steps": 1},
        {"double_interval": 2},
        {"single_interval": 2},
        {"mode": "trimmed"},
        {"mode": "paper"},
    ],
    ids=lambda wish: "-".join(map(str, *wish.items())),
)
def test_every_setting_of_the_method_counts(draw: Callable[..., Pixels], wish: dict[str, Any]) -> None:
    assert not np.array_equal(draw(**wish), draw())


def test_a_scene_without_regions_is_drawn_plain(tiny: Model, recipe: Recipe) -> None:
    empty = rasterise(arrange(Scene(caption="A calm sea."), Size(width=64, height=64)))
    regional, plain = (render(empty, tiny, recipe, plain=plain) for plain in (False, True))
    assert np.array_equal(pixels(regional.image), pixels(plain.image))


def test_what_is_absent_goes_to_the_negative_prompt(
    tiny: Model, scene: Scene, recipe: Recipe, draw: Callable[..., Pixels]
) -> None:
    without = scene.model_copy(update={"prompt": "", "caption": scene.prompt, "absent": ("red heart",)})
    grid = rasterise(arrange(without, Size(width=64, height=64)))
    assert not np.array_equal(pixels(render(grid, tiny, recipe).image), draw())
    off = Settings(true_cfg_scale=1.0).over(recipe)
    assert np.array_equal(pixels(render(grid, tiny, off).image), draw(true_cfg_scale=1.0))


@pytest.mark.parametrize(("scale", "negatives"), [(1.0, 0), (1.01, 2)])
def test_there_is_a_negative_prompt_only_under_true_cfg(
    tiny: Model, grid: TokenGrid, recipe: Recipe, scale: float, negatives: int
) -> None:
    own = Settings(true_cfg_scale=scale).over(recipe)
    encoded = encode(grid, tiny, own)
    assert (encoded.negative is not None) == (negatives > 0)
    assert len(encoded.conditioning.region_embeds) == len(grid.prompts)
    assert encoded.conditioning.base_embeds.shape[:2] == (1, own.max_sequence_length)


def test_trimmed_prompts_end_where_their_words_do(tiny: Model, grid: TokenGrid, recipe: Recipe) -> None:
    tokenizer: Any = tiny.pipeline.tokenizer_2
    long = " ".join(["red"] * 20)
    own = recipe.model_copy(update={"mode": "trimmed"})
    told = replace(grid, prompts=("a star", long, ""), names=("star", "red", BACKGROUND))
    padded, cut = (encode(told, tiny, chosen) for chosen in (recipe, own))
    lengths = [len(tokenizer(prompt).input_ids) for prompt in ("a star", long, "")]
    assert 16 < lengths[1] <= 32
    assert [embeds.shape[1] for embeds in cut.conditioning.region_embeds] == [16, 32, 16]
    for whole, part in zip(padded.conditioning.region_embeds, cut.conditioning.region_embeds, strict=True):
        assert torch.equal(part, whole[:, : part.shape[1]])
    assert cut.conditioning.base_embeds.shape[1] == 16
    assert cut.negative is not None
    assert cut.negative.embeds[0].shape[1] == 16


def test_a_trimmed_base_prompt_is_as_long_as_the_negative_one(
    tiny: Model, grid: TokenGrid, recipe: Recipe
) -> None:
    own = recipe.model_copy(update={"mode": "trimmed"})
    wordy = replace(grid, base_prompts=(" ".join(["red"] * 20),))
    encoded = encode(wordy, tiny, own)
    assert encoded.negative is not None
    assert encoded.conditioning.base_embeds.shape == encoded.negative.embeds[0].shape
    assert encoded.conditioning.base_embeds.shape[1] == 32
    assert render(wordy, tiny, own).image.size == (64, 64)


def test_fast_is_both_of_its_parts(draw: Callable[..., Pixels]) -> None:
    fast = draw(mode="fast")
    assert not np.array_equal(fast, draw(mode="trimmed"))
    assert not np.array_equal(fast, draw(mode="one-stream"))
    assert np.array_equal(draw(mode="fast", base_ratio=0.0), draw(mode="trimmed", base_ratio=0.0))


def test_regions_are_drawn_in_the_setting_where_the_recipe_says_so(grid: TokenGrid, recipe: Recipe) -> None:
    at_night = replace(grid, setting="night", names=("star", BACKGROUND), prompts=("a star", "night"))
    alone, within = (recipe.model_copy(update={"setting_in_regions": told}) for told in (False, True))
    assert region_prompts(at_night, alone) == ("a star", "night")
    assert region_prompts(at_night, within) == ("a star, night", "night")
    assert region_prompts(replace(at_night, setting=""), within) == ("a star", "night")


def test_the_base_prompt_is_the_first_that_the_text_encoder_holds(
    tiny: Model, grid: TokenGrid, recipe: Recipe
) -> None:
    long = "a red heart and a blue ring " * 100
    assert base_prompt(grid, tiny, recipe) == grid.base_prompts[0]
    assert base_prompt(replace(grid, base_prompts=(long, "short")), tiny, recipe) == "short"
    assert base_prompt(replace(grid, base_prompts=(long, long + "!")), tiny, recipe) == long + "!"


def test_a_prompt_of_exactly_the_length_that_is_held_is_kept(
    tiny: Model, grid: TokenGrid, recipe: Recipe
) -> None:
    tokenizer: Any = tiny.pipeline.tokenizer_2
    length = len(tokenizer(grid.base_prompts[0]).input_ids)
    for held, chosen in ((length, grid.base_prompts[0]), (length - 1, grid.base_prompts[1])):
        own = recipe.model_copy(update={"max_sequence_length": held})
        assert base_prompt(grid, tiny, own) == chosen


def test_steps_are_told_one_by_one(tiny: Model, grid: TokenGrid, recipe: Recipe) -> None:
    told: list[tuple[int, int]] = []
    rendering = render(grid, tiny, recipe, on_step=lambda done, steps: told.append((done, steps)))
    assert told == [(1, 2), (2, 2)]
    assert rendering.base_prompt == grid.base_prompts[0]
    assert rendering.image.size == (64, 64)
    assert rendering.seconds > 0


def test_the_transformer_is_left_as_it_was_also_after_ctrl_c(
    tiny: Model, grid: TokenGrid, recipe: Recipe, draw: Callable[..., Pixels]
) -> None:
    before = draw(plain=True)

    def interrupt(_done: int, _steps: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render(grid, tiny, recipe, on_step=interrupt)
    assert {type(p).__name__ for p in tiny.pipeline.transformer.attn_processors.values()} == {
        "FluxAttnProcessor"
    }
    assert np.array_equal(draw(plain=True), before)


def test_a_grid_of_a_finer_patch_than_the_models_is_refused(
    tiny: Model, scene: Scene, recipe: Recipe
) -> None:
    fine = rasterise(arrange(scene, Size(width=64, height=64)), patch=8)
    with pytest.raises(UserError, match="8 × 8 = 64 tokens, the latents have 16"):
        render(fine, tiny, recipe)


def near(one: Image.Image, other: Image.Image) -> bool:
    """The same picture but for rounding."""
    return bool(np.abs(pixels(one).astype(int) - pixels(other).astype(int)).max() <= 2)


@pytest.mark.parametrize("mode", ["paper", "fast"])
def test_pictures_of_one_call_are_those_of_a_call_each(
    tiny: Model, scene: Scene, grid: TokenGrid, recipe: Recipe, mode: Mode
) -> None:
    own = recipe.model_copy(update={"mode": mode})
    one = scene.model_copy(update={"regions": scene.regions[:1]})
    bare = scene.model_copy(update={"regions": ()})
    others = [rasterise(arrange(drawn, Size(width=64, height=64))) for drawn in (one, bare)]
    together = render_batch([grid, *others], tiny, own, [1, 2, 3])
    assert [drawn.seed for drawn in together] == [1, 2, 3]
    for drawn, laid in zip(together, (grid, *others), strict=True):
        assert near(drawn.image, render(laid, tiny, own, drawn.seed).image)


def test_seeds_of_one_grid_share_their_text_and_their_layout(
    tiny: Model, grid: TokenGrid, recipe: Recipe
) -> None:
    first, second = encode_batch([grid, grid], tiny, recipe)
    assert first is second
    for drawn in render_batch([grid, grid], tiny, recipe, [4, 5], encoded=[first, second]):
        assert near(drawn.image, render(grid, tiny, recipe, drawn.seed).image)


def test_text_encoded_before_draws_the_same_pixels(tiny: Model, grid: TokenGrid, recipe: Recipe) -> None:
    before = render(grid, tiny, recipe, 6, encoded=encode(grid, tiny, recipe))
    assert np.array_equal(pixels(before.image), pixels(render(grid, tiny, recipe, 6).image))


def test_a_prompt_that_is_cut_is_told_by_its_region(tiny: Model, grid: TokenGrid, recipe: Recipe) -> None:
    long = replace(grid, prompts=("a star " + "very shiny and old " * 60, *grid.prompts[1:]))
    told = rf"^region '{grid.names[0]}': its prompt has \d{{3}} tokens, of which the model reads 96: "
    with pytest.warns(UserWarning, match=told):
        encode(long, tiny, recipe)


def test_two_threads_draw_with_one_model_what_each_draws_alone(
    tiny: Model, grid: TokenGrid, recipe: Recipe
) -> None:
    def drawn(seed: int) -> Pixels:
        return pixels(render(grid, tiny, recipe, seed).image)

    alone = list(map(drawn, (1, 2)))
    with ThreadPoolExecutor(2) as threads:
        together = list(threads.map(drawn, (1, 2)))
    assert all(map(np.array_equal, alone, together))


def test_pictures_of_one_call_have_one_size_and_a_seed_each(
    tiny: Model, scene: Scene, grid: TokenGrid, recipe: Recipe
) -> None:
    wide = rasterise(arrange(scene, Size(width=128, height=64)))
    with pytest.raises(UserError, match=r"several sizes \(64x64, 128x64\)"):
        render_batch([grid, wide], tiny, recipe, [0, 1])
    with pytest.raises(UserError, match="1 grids and 2 seeds"):
        render_batch([grid], tiny, recipe, [0, 1])
    with pytest.raises(UserError, match="0 grids and 0 seeds"):
        render_batch([], tiny, recipe, [])
