"""Thirty plans on one sheet, each above its prompt: `python -m evals.figures.plans` (a minute)."""

from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap

from PIL import Image, ImageDraw, ImageFont, ImageOps

from planner.draw import draw_png
from planner.plans import read_size
from renderer.pipeline import layout_of, make_plan

PROMPTS = Path(__file__).with_name("plans.txt")
"""A prompt a line, some with the canvas before it: short, counted, related and absent things; then twelve of
the length that people write.
"""

COLUMNS = 6
SIDE, GAP = 320, 12
"""Pixels of a drawing's side, and between drawings."""

SMALL_PRINT, LINE = 10, 12
WORDS_WIDE = 66
"""Letters of a line beneath a drawing."""

COLOURS = 64
"""Of the sheet's palette: plans are flat, and so the file is small."""

FIGURE = Path(__file__).with_name("plans.png")


def sheet(prompts: Sequence[str]) -> Image.Image:
    """The plans of the prompts in rows, each row as high as its longest prompt needs."""
    plans = [captioned(prompt) for prompt in prompts]
    rows = [plans[start : start + COLUMNS] for start in range(0, len(plans), COLUMNS)]
    heights = [max(plan.height for plan in row) + GAP for row in rows]
    image = Image.new("RGB", (len(rows[0]) * (SIDE + GAP) + GAP, sum(heights) + GAP), "white")
    for number, row in enumerate(rows):
        for column, plan in enumerate(row):
            image.paste(plan, (GAP + column * (SIDE + GAP), GAP + sum(heights[:number])))
    return image


def captioned(line: str) -> Image.Image:
    """The plan of one prompt, which stands beneath it in small print."""
    canvas, mark, prompt = line.rpartition(" | ")
    plan = make_plan(prompt, size=read_size(canvas) if mark else None)
    drawn = ImageOps.contain(draw_png(layout_of(plan)), (SIDE, SIDE), Image.Resampling.LANCZOS)
    lines = wrap(prompt, WORDS_WIDE)
    image = Image.new("RGB", (SIDE, SIDE + GAP + LINE * len(lines)), "white")
    image.paste(drawn, (0, 0))
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(SMALL_PRINT)
    for number, text in enumerate(lines):
        pen.text((0, SIDE + 4 + LINE * number), text, fill="black", font=font)
    return image


def write(path: Path, prompts: Path = PROMPTS) -> None:
    """Draw and write the sheet."""
    lines = prompts.read_text("utf-8").splitlines()
    sheet(lines).quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    write(FIGURE)
