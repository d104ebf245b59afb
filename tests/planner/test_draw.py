"""Drawn layouts and mask images."""

from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from planner.draw import draw_png, draw_svg, mask_images
from planner.layout import Layout
from planner.palette import BACKGROUND_COLOUR, colour, file_stem
from planner.placing.arranging import arrange
from planner.plans import Size
from planner.scene import Box, Region, Scene

SVG = "{http://www.w3.org/2000/svg}"


def layout(*names: str, size: Size) -> Layout:
    """Columns from left to right, and the background below them."""
    step = 1000 // max(len(names), 1)
    regions = tuple(
        Region(name=name, prompt=name, where=Box(x0=n * step, y0=0, x1=(n + 1) * step, y1=500))
        for n, name in enumerate(names)
    )
    return arrange(Scene(caption="columns", regions=regions), size)


@pytest.mark.parametrize(("width", "height", "scale"), [(128, 128, 6), (1024, 512, 2), (1280, 768, 1)])
def test_a_drawing_shows_every_cell_in_its_colour(width: int, height: int, scale: int) -> None:
    image = draw_png(layout("cat", "dog", size=Size(width=width, height=height)))
    assert image.size == (width * scale, height * scale)
    right, below = image.width * 3 // 4, image.height * 9 // 10
    # Off the labels, which stand in the cells' middles.
    assert image.getpixel((20, 20)) == colour(0)
    assert image.getpixel((right, 20)) == colour(1)
    assert image.getpixel((20, below)) == BACKGROUND_COLOUR


def test_a_label_stands_in_its_cell() -> None:
    size = Size(width=768, height=768)
    blank, named = (draw_png(layout(name, "dog", size=size)) for name in ("\u200b", "cat"))
    differs = np.argwhere((np.asarray(blank) != np.asarray(named)).any(axis=2))
    (top, left), (bottom, right) = differs.min(axis=0), differs.max(axis=0)
    assert 0 <= left < right < 384
    assert 0 <= top < bottom < 384


def test_long_names_stay_on_the_canvas() -> None:
    size = Size(width=768, height=768)
    image = draw_png(
        layout("a very long name of a thing, so long that its column cannot hold it", "b", "c", size=size)
    )
    assert image.size == (768, 768)
    assert image.getpixel((0, 20)) == colour(0)


def test_an_svg_names_every_cell_and_escapes_the_names() -> None:
    names = ["cat", '<b> & "dog"', "fox\x00"]
    svg = draw_svg(layout(*names, size=Size(width=128, height=64)))
    root = ElementTree.fromstring(svg)  # noqa: S314 (it is our own)
    assert root.get("viewBox") == "0 0 128 64"
    shown = ["background", "cat", '<b> & "dog"', "fox"]
    assert [label.text for label in root.iter(f"{SVG}text")] == shown
    assert [title.text for title in root.iter(f"{SVG}title")] == shown
    fills = [path.get("fill") for path in root.iter(f"{SVG}path")]
    assert len(set(fills)) == 4


def test_a_covered_background_is_not_drawn() -> None:
    region = Region(name="sea", prompt="sea", where=Box(x0=0, y0=0, x1=1000, y1=1000))
    svg = draw_svg(arrange(Scene(caption="sea", regions=(region,))))
    assert "background" not in svg


def test_masks_have_safe_names_and_share_out_every_pixel() -> None:
    size = Size(width=128, height=64)
    images = mask_images(layout("../cat", "Café", "猫", size=size))
    assert list(images) == ["01-cat.png", "02-Cafe.png", "03-region.png", "background.png"]
    assert all(image.mode == "L" and image.size == (128, 64) for image in images.values())
    total = np.sum([np.asarray(image, dtype=int) for image in images.values()], axis=0)
    assert (total == 255).all()
    assert np.asarray(images["01-cat.png"])[0, 0] == 255


@pytest.mark.parametrize(("name", "stem"), [("a/b\\c:d", "a-b-c-d"), ("..", "region"), ("x" * 80, "x" * 60)])
def test_file_stems(name: str, stem: str) -> None:
    assert file_stem(name) == stem


def test_colours_of_32_regions_differ_plainly() -> None:
    swatches = Image.new("RGB", (33, 1))
    swatches.putdata([*(colour(n) for n in range(32)), BACKGROUND_COLOUR])
    lab = np.asarray(swatches.convert("LAB"), dtype=float)[0]
    gaps = np.linalg.norm(lab[:, None] - lab[None], axis=2) + 1e9 * np.eye(33)
    assert gaps.min() > 4
