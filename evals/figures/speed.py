"""What regions cost, as a figure like the paper's sixth: `python -m evals.figures.speed RUN`.

RUN is the folder of `python -m evals.speed`. Left, whole runs as they were timed; right, the same by count at
FLUX.1-dev's size. Both axes double from line to line.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from math import log2
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from evals.scoreboard import read_summary
from planner.errors import UserError
from renderer.progress import in_options

COLOURS: Mapping[str, str] = {
    "rpg": "#8c8c8c",
    "dense": "#c44e52",
    "paper": "#4c72b0",
    "fast": "#2a9d5c",
}
NAMES: Mapping[str, str] = {
    "rpg": "RPG: a pass a region",
    "dense": "dense mask, as the paper's code",
    "paper": "ours, mode paper",
    "fast": "ours, mode fast",
}
WIDTH, HEIGHT = 520, 400
"""Pixels of a panel, before it is drawn twice as large."""

LEFT, TOP, RIGHT, BOTTOM = 64, 70, 20, 56
"""Pixels around a panel's axes."""

LOWEST, HIGHEST = 0.65, 20.0
TICKS = (1, 2, 4, 8, 16)
SCALE = 2
FIGURE = Path(__file__).with_name("speed.png")
"""Where it is drawn, beside the summary that it is drawn from."""

Panel = ImageDraw.ImageDraw
Pixel = tuple[float, float]


def figure(summary: Mapping[str, Any]) -> Image.Image:
    """Both panels side by side."""
    image = Image.new("RGB", (2 * WIDTH * SCALE, HEIGHT * SCALE), "white")
    pen = ImageDraw.Draw(image)
    timed = f"timed: {summary['device']}, width 1,024, {summary['tokens']:,} image tokens"
    if summary["preset"] == "flux-dev":
        timed = f"timed: {summary['device']}, FLUX.1-dev's size"
    _panel(pen, 0, timed, summary["regions"], _lines(summary["cells"]))
    counts = _lines(summary["flux_dev_counts"])
    _panel(pen, WIDTH, "by count of operations: FLUX.1-dev at 1024 x 1024", summary["regions"], counts)
    return image


def _lines(cells: Sequence[Mapping[str, Any]]) -> dict[str, list[tuple[int, float]]]:
    """Points of each line: regions, and the whole run as a ratio to plain FLUX with a padded prompt."""
    lines: dict[str, list[tuple[int, float]]] = {}
    for cell in cells:
        if cell["arm"] in COLOURS:
            run = cell["run"]
            ratio = run["median"] if isinstance(run, Mapping) else run
            lines.setdefault(cell["arm"], []).append((cell["regions"], ratio))
    return lines


def _panel(
    pen: Panel, shift: int, title: str, regions: Sequence[int], lines: Mapping[str, list[tuple[int, float]]]
) -> None:
    def at(across: float, ratio: float) -> Pixel:
        share = log2(across / regions[0]) / log2(max(regions[-1], 2 * regions[0]) / regions[0])
        x = shift + LEFT + 20 + share * (WIDTH - LEFT - RIGHT - 60)
        up = log2(ratio / LOWEST) / log2(HIGHEST / LOWEST)
        return x * SCALE, (HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)) * SCALE

    edges = (shift + LEFT) * SCALE, (shift + WIDTH - RIGHT) * SCALE
    _text(pen, ((shift + LEFT) * SCALE, 12 * SCALE), title, 13)
    for tick in TICKS:
        y = at(regions[0], tick)[1]
        pen.line([(edges[0], y), (edges[1], y)], "#333333" if tick == 1 else "#dddddd", 2)
        _text(pen, (edges[0] - 8 * SCALE, y), f"{tick} x", 12, anchor="rm")
    for count in regions:
        _text(pen, (at(count, 1)[0], (HEIGHT - BOTTOM + 8) * SCALE), str(count), 12, anchor="mt")
    bottom = ((shift + (LEFT + WIDTH - RIGHT) / 2) * SCALE, (HEIGHT - 16) * SCALE)
    _text(pen, bottom, "regions; a whole run over one of plain FLUX", 12, anchor="mb")
    for number, arm in enumerate(arm for arm in COLOURS if arm in lines):
        _line(pen, [(at(*point), point[1]) for point in lines[arm]], COLOURS[arm])
        key = (shift + LEFT + 225 * (number % 2)) * SCALE, (38 + 16 * (number // 2)) * SCALE
        pen.line([key, (key[0] + 20 * SCALE, key[1])], COLOURS[arm], 3 * SCALE)
        _text(pen, (key[0] + 26 * SCALE, key[1]), NAMES[arm], 12, anchor="lm")


def _line(pen: Panel, points: Sequence[tuple[Pixel, float]], colour: str) -> None:
    pen.line([point for point, _ in points], colour, 2 * SCALE, joint="curve")
    for (x, y), ratio in points:
        pen.ellipse([x - 4 * SCALE, y - 4 * SCALE, x + 4 * SCALE, y + 4 * SCALE], colour)
        up = 1 if ratio > 1 else -1  # a figure under a line of less than 1 is clear of the line at 1
        _text(
            pen, (x, y - up * 7 * SCALE), f"{ratio:.2f}", 11, anchor="mb" if up > 0 else "mt", colour=colour
        )


def _text(
    pen: Panel, at: Pixel, text: str, size: int, *, anchor: str = "la", colour: str = "#222222"
) -> None:
    pen.text(at, text, colour, ImageFont.load_default(size * SCALE), anchor=anchor)


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw and write the figure, and the summary that it shows beside it; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m evals.figures.speed", description=__doc__)
    parser.add_argument("run", type=Path, metavar="RUN", help="the --out folder of evals.speed")
    parser.add_argument("-o", "--output", type=Path, default=FIGURE, help="the PNG to write")
    given = parser.parse_args(arguments)
    try:
        summary = read_summary(given.run)
    except UserError as error:
        print(f"scenewright: {in_options(error)}", file=sys.stderr)
        return 2
    figure(summary).save(given.output, optimize=True)
    given.output.with_suffix(".json").write_text(json.dumps(summary, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
