"""Drawn layouts and mask images."""

from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from planner.account import account
from planner.draw import draw_png, draw_svg, mask_images
from planner.draw.palette import (
    ABSENT_COLOUR,
    BACKGROUND_COLOUR,
    INK,
    PAPER,
    STYLE_COLOUR,
    Colour,
    colour,
    hexadecimal,
)
from planner.draw.png import file_stem
from planner.layout import Layout
from planner.placing.arranging import arrange
from planner.plans import Size
from planner.scene import Box, Quotes, Region, Scene

SVG = "{http://www.w3.org/2000/svg}"
PLAIN, SQUARE = Size(width=128, height=64), Size(width=768, height=768)


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
    blank, named = (draw_png(layout(name, "dog", size=SQUARE)) for name in ("\u200b", "cat"))
    differs = np.argwhere((np.asarray(blank) != np.asarray(named)).any(axis=2))
    (top, left), (bottom, right) = differs.min(axis=0), differs.max(axis=0)
    assert 0 <= left < right < 384
    assert 0 <= top < bottom < 384


def test_an_svg_names_every_cell_and_escapes_the_names() -> None:
    names = ["cat", '<b> & "dog"', "fox\x00"]
    root = ElementTree.fromstring(draw_svg(layout(*names, size=PLAIN)))  # noqa: S314 (it is our own)
    assert root.get("viewBox") == "0 0 1536 768"
    shown = ["background", "cat", '<b> & "dog"', "fox"]
    assert [label.text for label in root.iter(f"{SVG}text")] == shown
    assert [title.text for title in root.iter(f"{SVG}title")] == shown
    fills = [path.get("fill") for path in root.iter(f"{SVG}path")]
    assert len(set(fills)) == 4


def test_a_covered_background_is_not_drawn() -> None:
    region = Region(name="sea", prompt="sea", where=Box(x0=0, y0=0, x1=1000, y1=1000))
    svg = draw_svg(arrange(Scene(caption="sea", regions=(region,))))
    assert "background" not in svg


def test_a_region_too_small_for_its_name_has_a_number_which_the_key_explains() -> None:
    boxes = [Box(x0=x, y0=500, x1=x + 28, y1=528) for x in range(100, 400, 30)]
    regions = tuple(
        Region(name=f"enamelled beetle number {n}", prompt="a beetle", where=box)
        for n, box in enumerate(boxes)
    )
    drawn = arrange(Scene(caption="beetles", regions=regions), SQUARE)
    root = ElementTree.fromstring(draw_svg(drawn))  # noqa: S314 (it is our own)
    canvas, key = list[str](), list[str]()
    for text in root.iter(f"{SVG}text"):
        (canvas if float(text.attrib["y"]) < SQUARE.height else key).append(text.text or "")
    numbered = [number for number in range(1, len(boxes) + 1) if str(number) in canvas]
    assert numbered
    for number in numbered:
        assert f"{number} enamelled beetle number {number - 1}" in " ".join(key)
    assert draw_png(drawn).height > SQUARE.height


PROMPT = "A striped cat beside a dog; oil on canvas, no cars. Fog and rain."


def example() -> Scene:
    """A scene whose prompt has words of every kind of owner, and of two at once."""
    return Scene(
        prompt=PROMPT,
        caption="pets",
        background="a heath",
        style="oil",
        absent=("cars",),
        quotes=Quotes(background=("Fog",), style=("oil on canvas",), absent=("no cars",)),
        regions=(
            Region(
                name="cat", prompt="a cat", quotes=("A striped cat",), where=Box(x0=0, y0=0, x1=400, y1=400)
            ),
            Region(
                name="dog", prompt="a dog", quotes=("cat", "a dog"), where=Box(x0=500, y0=500, x1=900, y1=900)
            ),
        ),
    )


def test_the_prompt_stands_beneath_the_layout_on_its_owners_colours() -> None:
    scene = example()
    drawn = arrange(scene, SQUARE)
    plain, image = draw_png(drawn), draw_png(drawn, account(scene))
    assert image.crop((0, 0, *SQUARE.model_dump().values())).tobytes() == plain.tobytes()
    below = np.asarray(image)[SQUARE.height :].reshape(-1, 3)
    present = {tuple(pixel) for pixel in below.tolist()}
    assert {colour(0), colour(1), BACKGROUND_COLOUR, STYLE_COLOUR, ABSENT_COLOUR, INK, PAPER} <= present


def test_each_run_of_an_svg_lies_on_its_first_owners_colour_and_has_a_stripe_of_the_others() -> None:
    root = ElementTree.fromstring(draw_svg(arrange(example(), SQUARE), account(example())))  # noqa: S314 (our own)
    parts = [part for part in root if float(part.get("y", 0)) > SQUARE.height]
    before = {str(part.text): above for above, part in pairwise(parts) if part.text}
    fills = {text: above.get("fill") for text, above in before.items()}
    assert fills["A striped"] == hexadecimal(colour(0))
    assert fills["cat"] == hexadecimal(colour(1)), "the stripe comes behind the ground, which is the cat's"
    assert fills["a dog;"] == hexadecimal(colour(1))
    assert fills["Fog"] == hexadecimal(BACKGROUND_COLOUR)
    assert before["and rain."].tag == f"{SVG}text", "what is left to the whole picture has no colour"
    words = " ".join(part.text for part in parts if part.text)
    assert words.endswith(PROMPT)


def test_masks_have_safe_names_and_share_out_every_pixel() -> None:
    images = mask_images(layout("../cat", "Café", "猫", size=PLAIN))
    assert list(images) == ["01-cat.png", "02-Cafe.png", "03-region.png", "background.png"]
    assert all(image.mode == "L" and image.size == (128, 64) for image in images.values())
    total = np.sum([np.asarray(image, dtype=int) for image in images.values()], axis=0)
    assert (total == 255).all()
    assert np.asarray(images["01-cat.png"])[0, 0] == 255


@pytest.mark.parametrize(("name", "stem"), [("a/b\\c:d", "a-b-c-d"), ("..", "region"), ("x" * 80, "x" * 60)])
def test_file_stems(name: str, stem: str) -> None:
    assert file_stem(name) == stem


SWATCHES = (*(colour(n) for n in range(32)), BACKGROUND_COLOUR, STYLE_COLOUR, ABSENT_COLOUR, PAPER)


def test_the_colours_of_32_regions_and_the_rest_differ_plainly() -> None:
    swatches = Image.new("RGB", (len(SWATCHES), 1))
    swatches.putdata(SWATCHES)
    lab = np.asarray(swatches.convert("LAB"), dtype=float)[0]
    gaps = np.linalg.norm(lab[:, None] - lab[None], axis=2) + 1e9 * np.eye(len(SWATCHES))
    assert gaps.min() > 4


def test_dark_letters_are_legible_on_every_colour() -> None:
    dark = _luminance(INK) + 0.05
    assert min((_luminance(swatch) + 0.05) / dark for swatch in SWATCHES) >= 4.5


def _luminance(rgb: Colour) -> float:
    """Relative luminance as the accessibility guidelines (WCAG 2) define it."""
    parts = [part / 255 for part in rgb]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
