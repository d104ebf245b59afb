"""One owner a token."""

import random
import subprocess
import sys

import numpy as np
import pytest
import shapely
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import interpolate

from planner.errors import UserError
from planner.layout import Layout
from planner.placing.arranging import arrange
from planner.plans import Size
from planner.scene import Box, Point, Polygon, Region, Scene
from renderer.grid import TokenGrid, grid_from_masks, rasterise

SIZE = Size(width=128, height=64)


def region(name: str, *box: int, depth: int = 0, count: int = 1) -> Region:
    x0, y0, x1, y1 = box
    where = Box(x0=x0, y0=y0, x1=x1, y1=y1)
    return Region(name=name, prompt=f"a {name}", where=where, depth=depth, count=count)


def layout(*regions: Region, **words: object) -> Layout:
    scene = Scene.model_validate({"caption": "animals", **words}).model_copy(update={"regions": regions})
    return arrange(scene, SIZE)


def random_regions(rng: random.Random) -> list[Region]:
    def side() -> list[int]:
        return sorted(rng.sample(range(1001), 2))

    regions: list[Region] = []
    for number in range(rng.randint(0, 6)):
        (x0, x1), (y0, y1) = side(), side()
        corners = [(x0, y0), (x1, y0), (rng.choice((x0, x1)), y1)]
        triangle = Polygon(points=tuple(Point(x=x, y=y) for x, y in corners))
        box = Box(x0=x0, y0=y0, x1=x1, y1=y1)
        where, depth = rng.choice((triangle, box)), rng.randint(0, 2)
        regions.append(Region(name=f"r{number}", prompt="r", where=where, depth=depth))
    return regions


def owned_name(grid: TokenGrid, row: int, col: int) -> str:
    return grid.names[grid.owner[row, col]]


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_token_belongs_to_whom_covers_it_most(rng: random.Random) -> None:
    laid = layout(*random_regions(rng))
    grid = rasterise(laid)
    cells = {r.name: cell for r, cell in zip(laid.scene.regions, laid.cells, strict=True)}
    cells["background"] = laid.background
    lonely = {name for index, name in enumerate(grid.names) if (grid.owner == index).sum() == 1}
    for row, col in np.ndindex(grid.owner.shape):
        token = shapely.box(16 * col, 16 * row, 16 * col + 16, 16 * row + 16)
        shares = {name: cell.intersection(token).area for name, cell in cells.items()}
        name = owned_name(grid, row, col)
        # The only token of a region may have been given to it lest it be lost.
        assert name in lonely or shares[name] == pytest.approx(max(shares.values()), abs=1e-5)
        assert shares[name] > 0


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False))
def test_no_region_is_lost_without_a_note(rng: random.Random) -> None:
    laid = layout(*random_regions(rng))
    grid = rasterise(laid)
    lost = {note.name for note in grid.notes if note.kind == "lost"}
    assert {r.name for r in laid.scene.regions} == (set(grid.names) - {"background"}) | lost
    assert not set(grid.names) & lost
    assert set(np.unique(grid.owner)) == set(range(len(grid.names)))
    assert len(grid.prompts) == len(grid.names)
    assert grid.owner.dtype == np.int16
    assert not grid.owner.flags.writeable


def test_exact_halves_go_to_the_nearer_and_the_background_is_last() -> None:
    half = 1000 * 8 // 64
    grid = rasterise(layout(region("far", 0, half, 500, 1000, depth=1), region("near", 0, 0, 500, half)))
    assert grid.names == ("far", "near", "background")
    assert owned_name(grid, 0, 0) == "near"
    assert owned_name(grid, 1, 0) == "far"
    assert owned_name(grid, 0, 7) == "background"


def test_a_region_that_wins_no_token_gets_the_one_it_covers_most() -> None:
    grid = rasterise(layout(region("crumb", 260, 10, 280, 60)))
    assert grid.names == ("crumb", "background")
    assert np.argwhere(grid.owner == 0).tolist() == [[0, 2]]
    assert not grid.notes


def test_a_region_does_not_take_the_only_token_of_another() -> None:
    sand = region("sand", 125, 0, 1000, 1000, depth=1)
    rest = region("rest", 0, 250, 125, 1000, depth=1)
    stone = region("stone", 0, 0, 125, 250, depth=1)
    grid = rasterise(layout(sand, rest, stone, region("crumb", 10, 10, 30, 30)))
    assert "crumb" not in grid.names
    assert [(note.kind, note.name) for note in grid.notes] == [("lost", "crumb")]


def test_a_hidden_region_has_the_layouts_note_alone() -> None:
    grid = rasterise(layout(region("cat", 0, 0, 1000, 1000, depth=1), region("dog", 0, 0, 1000, 1000)))
    assert grid.names == ("dog",)
    assert [(note.kind, note.name) for note in grid.notes] == [("lost", "cat")]


def test_prompts_share_the_style_and_the_background_falls_back_to_the_caption() -> None:
    cat = region("cat", 0, 0, 500, 1000)
    assert rasterise(layout(cat)).prompts == ("a cat", "animals")
    styled = rasterise(layout(cat, style="watercolour", background="a meadow"))
    assert styled.prompts == ("a cat, watercolour", "a meadow, watercolour")


def test_a_group_that_was_not_divided_says_its_number() -> None:
    triangle = Polygon(points=(Point(x=0, y=0), Point(x=900, y=0), Point(x=0, y=900)))
    cats = Region(name="cats", prompt="a cat", count=3, where=triangle)
    crowd = Region(name="crowd", prompt="a crowd", count=300, where=Box(x0=500, y0=500, x1=1000, y1=1000))
    assert rasterise(layout(cats, crowd)).prompts[:2] == ("a group of 3: a cat", "a crowd")


def test_what_is_absent_is_in_no_positive_prompt() -> None:
    plain = rasterise(layout(prompt="animals, please"))
    assert (plain.base_prompts, plain.negative_prompt) == (("animals, please", "animals"), "")
    without = rasterise(layout(prompt="animals without dogs or rain", absent=["dog", "rain"]))
    assert (without.base_prompts, without.negative_prompt) == (("animals",), "dog, rain")


@pytest.mark.parametrize("patch", [0, 12, 48])
def test_a_patch_that_does_not_divide_the_canvas_is_refused(patch: int) -> None:
    with pytest.raises(UserError, match="no whole number of tokens"):
        rasterise(layout(), patch)


@pytest.mark.parametrize(("height", "width", "patch"), [(64, 96, 16), (64, 96, 32), (60, 84, 12), (8, 8, 8)])
def test_masks_are_resized_as_torch_does_nearest_exact(height: int, width: int, patch: int) -> None:
    owner = np.random.default_rng(patch).integers(0, 3, (height, width))
    masks = np.stack([owner == 0, owner == 1])
    grid = grid_from_masks(masks, ["a", "b"], ["one", "two"], patch=patch)
    rows, cols = height // patch, width // patch
    resized = (
        interpolate(torch.tensor(masks[None]).float(), (rows, cols), mode="nearest-exact")[0].bool().numpy()
    )
    assert (grid.owner == np.where(resized[0], 0, np.where(resized[1], 1, -1))).all()
    assert (grid.names, grid.prompts) == (("one", "two"), ("a", "b"))


def test_overlapping_masks_are_refused_by_name() -> None:
    masks = np.zeros((3, 32, 32), dtype=np.bool_)
    masks[0, :16], masks[1, 16:], masks[2, 15] = True, True, True
    with pytest.raises(UserError, match="the masks of 'cat' and 'fox' overlap"):
        grid_from_masks(masks, ["a"] * 3, ["cat", "dog", "fox"])


def test_masks_and_names_must_agree_in_number() -> None:
    with pytest.raises(UserError, match="2 masks, 1 prompts and 2 names"):
        grid_from_masks(np.zeros((2, 32, 32), dtype=np.bool_), ["a"], ["cat", "dog"])


def test_what_draws_a_grid_of_masks_needs_neither_scenes_nor_geometry() -> None:
    """So that what draws by regions adds next to nothing to diffusers' own import."""
    check = (
        "from diffusers import FluxPipeline\nimport sys\nbefore = set(sys.modules)\n"
        "import renderer.grid, renderer.models, renderer.rendering\n"
        "sys.exit(not {'pydantic', 'shapely'}.isdisjoint(set(sys.modules) - before))"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0  # noqa: S603 (our own code)
