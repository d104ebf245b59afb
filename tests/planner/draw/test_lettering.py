"""The prompt beneath the layout: runs in their order, apart from one another, within the page."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from planner.account import account
from planner.draw import draw_svg
from planner.draw.drawing import Drawing, drawing_of
from planner.draw.fonts import SYSTEM, Fonts
from planner.layout import Layout
from planner.placing.arranging import arrange
from planner.plans import Size, Span
from planner.scene import Box, Region, Scene

SIZES = [(64, 64), (2048, 512), (512, 2048), (1024, 1024), (64, 4096)]
THINGS = (
    ("cat", "a cat"),
    ("größerer Hund", "ein größerer Hund"),
    ("猫", "一只橘色的猫坐在石阶上"),
    ("<b> & [red]", "a bold [red] sign"),
)
PROMPT = (
    "In a wide meadow a cat chases a ball. Rechts schläft ein größerer Hund & seufzt; "
    "右边一只橘色的猫坐在石阶上，背景是雨中的江南古镇。\n\n"
    "The sign says <b>&amp;</b> a bold [red]\x1b[31m sign, Donaudampfschifffahrtsgesellschaft."
)
PROMPTS = {
    "mixed": PROMPT,
    "600 words": "a cat and a bold sign in the rain, " * 75,
    "20,000 letters": "x" * 20_000,
    "Chinese": "右边一只橘色的猫坐在石阶上，背景是雨中的江南古镇。" * 40,
}


def arranged(prompt: str, size: tuple[int, int]) -> tuple[Layout, Sequence[Span]]:
    regions = tuple(
        Region(name=name, prompt=text, where=Box(x0=250 * n, y0=0, x1=250 * n + 250, y1=700))
        for n, (name, text) in enumerate(THINGS)
    )
    scene = Scene(prompt=prompt, caption="meadow", background="a wide meadow", regions=regions)
    return arrange(scene, Size(width=size[0], height=size[1])), account(scene)


def letters(text: str) -> str:
    return re.sub(r"[\s\x1b]", "", text)


def check(drawing: Drawing) -> None:
    """Every run within the page and below the canvas; those of a line apart, with their colours."""
    lines: dict[float, list[tuple[float, float]]] = {}
    for run in drawing.words:
        left, top, right, bottom = run.ground(drawing.lettering)
        assert left >= 0
        assert right <= drawing.page
        assert top >= drawing.height
        assert bottom <= drawing.height + drawing.more
        lines.setdefault(run.y, []).append((left, right))
    for line in lines.values():
        assert all(one[1] < two[0] for one, two in pairwise(line))
    assert all(two - one > drawing.lettering.size for one, two in pairwise(sorted(lines)))


@pytest.mark.parametrize("fonts", [SYSTEM, Fonts()], ids=["system", "alone"])
@pytest.mark.parametrize("name", PROMPTS)
def test_runs_are_disjoint_within_the_page_and_say_the_whole_prompt(name: str, fonts: Fonts) -> None:
    for size in SIZES:
        layout, spans = arranged(PROMPTS[name], size)
        drawing = drawing_of(layout, spans, fonts)
        check(drawing)
        assert letters("".join(run.text for run in drawing.words)).endswith(letters(PROMPTS[name]))


def test_letters_are_large_enough_to_be_read() -> None:
    for size in SIZES:
        drawing = drawing_of(*arranged(PROMPT, size), SYSTEM)
        assert drawing.lettering.size >= max(16, drawing.page / 64)
        assert drawing.page / drawing.lettering.size >= 32, "a line has room for some words"


def test_a_line_break_of_the_prompt_ends_the_line() -> None:
    scene = Scene(prompt="fog\nrain\r\n\r\nsnow", caption="fog")
    drawing = drawing_of(arrange(scene), account(scene), SYSTEM)
    ends = [(run.text, run.x) for run in drawing.words if run.text in ("fog", "rain", "snow")]
    assert [text for text, _ in ends] == ["fog", "rain", "snow"]
    assert len({x for _, x in ends}) == 1


BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
MEASURE = """<script>for (const text of document.querySelectorAll('text')) {
  const {x, y, width, height} = text.getBBox();
  document.body.append(`\\n@${[x, x + width, text.getAttribute('y'), y, y + height]}@`);
}</script>"""


@pytest.mark.parametrize("family", ["serif", "monospace", "Noto Sans CJK SC"])
def test_texts_stay_in_their_places_in_a_browser_whatever_its_font(family: str, tmp_path: Path) -> None:
    if BROWSER is None:
        pytest.skip(f"no browser is installed: none of {', '.join(BROWSERS)} is on the path")
    layout, spans = arranged(PROMPT, (1024, 768))
    drawing = drawing_of(layout, spans, SYSTEM)
    style = f"<style>text {{ font-family: {family} !important }}</style>"
    page = tmp_path / "page.html"
    page.write_text(f"<meta charset=utf-8>{style}<body>{draw_svg(layout, spans)}{MEASURE}", "utf-8")
    flags = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}", "--dump-dom")
    done = subprocess.run(  # noqa: S603 (a browser of this machine, on our own page)
        [BROWSER, *flags, page.as_uri()], capture_output=True, text=True, check=True, timeout=120
    )
    found = [tuple(map(float, values.split(","))) for values in re.findall(r"\n@([-\d.,]+)@", done.stdout)]
    labels = sum(len(plate.lines) for plate in drawing.plates)
    assert len(found) == labels + len(drawing.words)
    lines: dict[float, list[tuple[float, float]]] = {}
    for left, right, base, top, bottom in found:
        assert left >= 0
        assert right <= drawing.page
        assert top >= 0
        assert bottom <= drawing.height + drawing.more
        if base > drawing.height:
            lines.setdefault(base, []).append((left, right))
    for line in lines.values():
        assert all(one[1] <= two[0] for one, two in pairwise(sorted(line)))
