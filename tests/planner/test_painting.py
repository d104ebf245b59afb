"""Masks as people paint them, to tokens: soft edges, colours, pieces, rings and crumbs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageColor, ImageDraw, ImageFilter

from planner.errors import UserError
from planner.layout import Layout
from planner.painting import hardened
from planner.placing.arranging import arrange
from planner.plans import Size
from planner.scene import Region, Scene
from planner.shapes import inline_mask, mask_pixels
from renderer import grid_from_coverage, grid_from_masks, painted_masks, rasterise, soft_mask
from renderer.grid import TokenGrid

SIZE = (64, 48)


def canvas(mode: str = "RGBA", colour: object = (0, 0, 0, 0)) -> Image.Image:
    return Image.new(mode, SIZE, colour)  # pyright: ignore[reportArgumentType]  # as Pillow takes it


def grid(*shares: np.ndarray) -> TokenGrid:
    names = [f"region {index}" for index in range(len(shares))]
    return grid_from_coverage(np.stack(shares), names, names)


def drawn(ellipse: tuple[int, int, int, int], hole: tuple[int, int, int, int] | None = None) -> Image.Image:
    image = Image.new("L", (64, 64))
    ImageDraw.Draw(image).ellipse(ellipse, fill=255)
    if hole:
        ImageDraw.Draw(image).ellipse(hole, fill=0)
    return image


@given(
    shares=arrays.arrays(np.bool_, st.tuples(st.integers(1, 3), st.just(32), st.just(48))),
)
def test_a_token_goes_to_whom_it_covers_most(shares: np.ndarray) -> None:
    owner = grid(*shares).owner
    covered = shares.reshape(len(shares), 2, 16, 3, 16).sum(axis=(2, 4))
    won = {int(region) for region in np.unique(owner)}
    for (row, column), region in np.ndenumerate(owner):
        most = covered[:, row, column].max()
        # But where a region that would have none is given this one.
        assert region == -1 or covered[region, row, column] == most or (owner == region).sum() == 1
    assert won <= {-1, *range(len(shares))}


def test_a_soft_edge_counts_by_its_coverage() -> None:
    image = canvas("L", 0)
    image.paste(255, (0, 0, 16, 48))
    image.paste(140, (16, 0, 32, 48))
    image.paste(110, (32, 0, 48, 48))
    assert grid(soft_mask(image)).owner.tolist() == [[0, 0, -1, -1]] * 3


def test_of_two_soft_masks_the_stronger_has_the_token() -> None:
    strong, weak = np.full((48, 64), 0.45), np.full((48, 64), 0.4)
    owner = grid(strong, weak).owner
    # The weaker one is given one token, as it would have none.
    assert sorted(owner.ravel().tolist()) == [*[0] * 11, 1]


def test_transparent_paint_is_no_mask() -> None:
    image = canvas()
    image.paste((255, 255, 255, 255), (0, 0, 16, 48))
    image.paste((255, 255, 255, 40), (16, 0, 64, 48))
    assert grid(soft_mask(image)).owner.tolist() == [[0, -1, -1, -1]] * 3


def test_a_colour_a_region_with_blended_edges() -> None:
    image = canvas("RGB", (255, 255, 255))
    ImageDraw.Draw(image).rectangle((0, 0, 31, 47), fill=(255, 0, 0))
    ImageDraw.Draw(image).rectangle((48, 0, 63, 47), fill=(0, 0, 255))
    masks = painted_masks(image.filter(ImageFilter.GaussianBlur(1)), ["red", "#0000ff"], "white")
    grid = grid_from_masks(masks, ["a", "b"], ["left", "right"])
    assert grid.owner.tolist() == [[0, 0, -1, 1]] * 3
    assert not (masks[0] & masks[1]).any()


def test_transparent_pixels_are_no_regions() -> None:
    image = canvas()
    image.paste((0, 128, 0, 255), (16, 0, 32, 48))
    assert painted_masks(image, ["green"])[0].sum() == 16 * 48


def smooth(*shapes: tuple[str, tuple[int, int, int, int]]) -> tuple[Image.Image, dict[str, np.ndarray]]:
    """Ellipses on black, their edges blended as painting programs do; and each pixel's share of each."""
    large = Image.new("RGB", (64 * 8, 64 * 8))
    for colour, bounds in shapes:
        ImageDraw.Draw(large).ellipse([8 * bound for bound in bounds], fill=colour)
    pixels = np.asarray(large).reshape(64, 8, 64, 8, 3)
    shares = {
        colour: (pixels == ImageColor.getrgb(colour)).all(axis=-1).mean(axis=(1, 3)) for colour, _ in shapes
    }
    return Image.fromarray(np.rint(pixels.mean(axis=(1, 3))).astype(np.uint8)), shares


def test_blended_edges_go_to_the_colour_that_has_more_of_them_and_to_no_third() -> None:
    """Half red and half blue is the third region's purple, and half red on black is the fourth's maroon."""
    image, shares = smooth(
        ("#ff0000", (2, 2, 40, 40)),
        ("#0000ff", (20, 14, 60, 50)),
        ("#800080", (2, 44, 18, 60)),
        ("#800000", (44, 52, 60, 62)),
    )
    masks = painted_masks(image, list(shares))
    assert not (masks.sum(axis=0) > 1).any()
    for mask, share in zip(masks, shares.values(), strict=True):
        assert mask[share > 0.6].all()
        assert not mask[share < 0.1].any()


def test_a_stroke_as_thin_as_a_pixel_stays() -> None:
    image = canvas("RGB", (255, 255, 255))
    ImageDraw.Draw(image).line((0, 20, 63, 20), fill=(255, 0, 0))
    masks = painted_masks(image, ["red"])
    assert masks[0].sum() == 64
    assert masks[0, 20].all()


def test_a_wide_soft_brush_is_no_colour_of_its_own() -> None:
    image = canvas("RGB", (255, 255, 255))
    ImageDraw.Draw(image).rectangle((0, 0, 31, 47), fill=(255, 0, 0))
    masks = painted_masks(image.filter(ImageFilter.GaussianBlur(6)), ["red"])
    assert masks[0][:, :30].all()
    assert not masks[0][:, 34:].any()


def test_a_pixel_amid_transparent_ones_goes_to_the_nearest_colour() -> None:
    image = canvas()
    image.paste((255, 0, 0, 255), (0, 0, 16, 16))
    image.paste((0, 0, 255, 255), (32, 0, 48, 16))
    image.putpixel((60, 40), (40, 0, 200, 255))
    assert painted_masks(image, ["red", "blue"])[:, 40, 60].tolist() == [False, True]


@pytest.mark.parametrize("given", [None, "white"])
def test_colours_that_nobody_named_are_refused(given: str | None) -> None:
    image = canvas("RGB", (255, 255, 255))
    image.paste((255, 0, 0), (0, 0, 16, 48))
    assert painted_masks(image, ["red"], given).sum() == 16 * 48
    image.paste((0, 255, 0), (32, 0, 48, 48))
    with pytest.raises(UserError, match="the picture also has #00ff00: give each colour but the canvas's"):
        painted_masks(image, ["red"], given)


@given(arrays.arrays(np.float64, (20, 37), elements=st.floats(0, 1)))
def test_a_soft_mask_in_black_and_white_covers_as_much_of_each_token(shares: np.ndarray) -> None:
    white = hardened(shares)
    for rows in (slice(0, 16), slice(16, 20)):
        for columns in (slice(0, 16), slice(16, 32), slice(32, 37)):
            token = shares[rows, columns]
            assert abs(white[rows, columns].sum() - token.sum()) <= 0.5 + 1e-9
            inside, outside = token[white[rows, columns]], token[~white[rows, columns]]
            assert not (inside.size and outside.size) or inside.min() >= outside.max()
    assert (hardened(white.astype(float)) == white).all()


def test_a_plans_soft_mask_counts_by_coverage() -> None:
    """Each token alone would be lost at a threshold: half white, and the rest just too dark."""
    image = Image.new("L", (64, 64), 100)
    image.paste(255, (0, 0, 8, 64))
    image.paste(0, (32, 0, 64, 64))
    grid = rasterise(plan(image))
    shape = grid.names.index("shape")
    assert (grid.owner == shape).tolist() == [[True, False, False, False]] * 4
    assert (np.asarray(image.convert("L"))[:, 8:16] < 128).all()


@pytest.mark.parametrize(
    "image",
    [
        Image.fromarray(np.repeat([[0, 65535]], 32, axis=1).repeat(64, axis=0).astype(np.uint16)),
        Image.merge("LA", [Image.new("L", (64, 64), 255), drawn((0, 0, 63, 63))]).convert("RGBA"),
    ],
    ids=["16 bits", "white under transparent"],
)
def test_masks_as_painting_programs_save_them(image: Image.Image) -> None:
    white = mask_pixels(inline_mask(image), Size(width=64, height=64))
    assert 0.4 < white.mean() < 0.9
    assert not white[0, 0]
    assert white[32, 40]


@pytest.mark.parametrize(
    ("colours", "message"),
    [
        (["#00ff00"], "no pixel is #00ff00: the picture's most frequent colours are #ffffff"),
        (["white", "#fff"], "two of the colours white, #fff are the same"),
        (["reddish"], "'reddish' is no colour"),
    ],
)
def test_colours_that_do_not_fit_are_refused(colours: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        painted_masks(canvas("RGB", (255, 255, 255)), colours)


def test_shares_outside_of_0_to_1_are_refused() -> None:
    with pytest.raises(UserError, match="the masks go from 0 to 255"):
        grid(np.array([[0.0, 255.0]]).repeat(24, axis=1).repeat(48, axis=0)[:, :48])


def test_a_region_smaller_than_a_token_gets_one() -> None:
    crumb = np.zeros((48, 64))
    crumb[20:24, 20:24] = 1
    owner = grid(crumb).owner
    assert (owner == 0).sum() == 1
    assert owner[1, 1] == 0


def test_a_region_that_can_have_none_is_named() -> None:
    """Three crumbs in one token, which is the only one."""
    crumbs = np.zeros((3, 16, 16))
    crumbs[[0, 1, 2], [0, 4, 8], :4] = 1
    found = grid_from_coverage(crumbs, ["a"] * 3, ["one", "two", "three"])
    assert found.owner.size == 1
    assert [note.kind for note in found.notes] == ["lost"] * (3 - (found.owner >= 0).sum())


def test_two_pieces_are_one_region() -> None:
    pieces = np.zeros((48, 64))
    pieces[:16, :16] = pieces[32:, 48:] = 1
    assert np.argwhere(grid(pieces).owner == 0).tolist() == [[0, 0], [2, 3]]


def plan(image: Image.Image) -> Layout:
    region = Region(name="shape", prompt="a shape", where=inline_mask(image))
    return arrange(Scene(caption="a shape", regions=(region,)), Size(width=64, height=64))


@pytest.mark.parametrize(
    "image", [drawn((0, 0, 47, 47), (16, 16, 31, 31)), drawn((2, 2, 8, 8)), drawn((0, 0, 63, 47))]
)
def test_a_plans_mask_and_a_painted_one_become_the_same_tokens(image: Image.Image) -> None:
    """A ring, a crumb and a disc."""
    planned, painted = rasterise(plan(image)), grid(np.asarray(image) >= 128)
    shape = planned.names.index("shape")
    assert ((planned.owner == shape) == (painted.owner == 0)).all()


def test_a_ring_leaves_its_hole() -> None:
    owner = grid(soft_mask(drawn((0, 0, 47, 47), (12, 12, 35, 35)))).owner
    assert owner[1, 1] == -1
    assert {owner[0, 1], owner[1, 0], owner[2, 1], owner[1, 2]} == {0}
