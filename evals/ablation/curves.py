"""Means over β with their 95 % intervals: a line a T, a column of panels a metric, a row a B."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from evals.ablation.cells import Cell, axes, cells_of
from evals.ablation.plotting import COLOURS, FAINT, INK, SCALE, Pen, Point
from evals.ablation.table import Shown
from evals.report.runs import Run
from evals.statistics import Interval

WIDTH, HEIGHT = 380, 250
"""Pixels of a panel."""

LEFT, TOP, RIGHT, BOTTOM = 62, 30, 18, 40
"""Pixels around a panel's axes."""

KEY, KEY_WIDTH = 18, 150
"""Pixels of what a colour is, above the panels."""

NUDGE = 4
"""Pixels between the intervals of two lines at one β, which else lie over each other."""

ROUND = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
"""Distances between two levels that are told."""

LEVELS = 6
"""Of a panel, at most."""


@dataclass(frozen=True)
class _Panel:
    """A panel's place, and what its axes go from and to."""

    x: float
    y: float
    ratios: tuple[float, ...]
    low: float
    high: float

    def at(self, ratio: float, value: float, nudge: float = 0.0) -> Point:
        """Where a β and a figure lie."""
        first, last = self.ratios[0], self.ratios[-1]
        across = (ratio - first) / (last - first) if last > first else 0.5
        up = (value - self.low) / (self.high - self.low)
        room = WIDTH - LEFT - RIGHT - 40
        return self.x + LEFT + 20 + across * room + nudge, self.y + HEIGHT - BOTTOM - up * (
            HEIGHT - TOP - BOTTOM
        )

    @property
    def edges(self) -> tuple[float, float]:
        """Left and right."""
        return self.x + LEFT, self.x + WIDTH - RIGHT


def curves(run: Run, metrics: Sequence[Shown]) -> Image.Image:
    """The figure; arms that are no cell of the grid, such as plain, are dashed lines."""
    cells = cells_of(run.told)
    grid = axes(cells)
    width = WIDTH * len(metrics)
    top = 10 + KEY * -(-len(grid.steps) // _across(width))
    size = width * SCALE, (top + HEIGHT * len(grid.intervals)) * SCALE
    image = Image.new("RGB", size, "white")
    pen = Pen(ImageDraw.Draw(image))
    _key(pen, grid.steps, width)
    for row, interval in enumerate(grid.intervals):
        for column, metric in enumerate(metrics):
            panel = _Panel(column * WIDTH, top + row * HEIGHT, grid.ratios, *_span(metric))
            _axes(pen, panel, metric, interval)
            _others(pen, panel, metric, set(cells.values()))
            for number, step in enumerate(grid.steps):
                line = dict(_points(metric, cells, step, interval))
                nudge = NUDGE * (number - (len(grid.steps) - 1) / 2)
                _line(pen, panel, line, _colour(number), nudge)
    return image


def _across(width: int) -> int:
    """How many colours are told in a line."""
    return max(1, (width - LEFT) // KEY_WIDTH)


def _key(pen: Pen, steps: Sequence[int | str], width: int) -> None:
    """Which colour is which T, in as many lines as it takes."""
    across = _across(width)
    for number, step in enumerate(steps):
        x, y = LEFT + KEY_WIDTH * (number % across), 16 + KEY * (number // across)
        pen.line([(x, y), (x + 20, y)], _colour(number), 2.5)
        pen.text((x + 26, y), f"inject steps {step}", 11, "lm")


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _points(
    metric: Shown, cells: Mapping[Cell, str], step: int | str, interval: int
) -> Iterator[tuple[float, Interval]]:
    for cell, arm in sorted(cells.items(), key=lambda item: item[0].base_ratio):
        if (cell.inject_steps, cell.interval) == (step, interval) and metric["arms"][arm]:
            yield cell.base_ratio, metric["arms"][arm]


def _line(pen: Pen, panel: _Panel, points: Mapping[float, Interval], colour: str, nudge: float) -> None:
    pen.line([panel.at(ratio, told["mean"], nudge) for ratio, told in points.items()], colour, 2)
    for ratio, told in points.items():
        pen.line([panel.at(ratio, told["low"], nudge), panel.at(ratio, told["high"], nudge)], colour)
        pen.dot(panel.at(ratio, told["mean"], nudge), colour)


def _others(pen: Pen, panel: _Panel, metric: Shown, grid: set[str]) -> None:
    for arm, told in metric["arms"].items():
        if arm not in grid and told:
            y = panel.at(panel.ratios[0], told["mean"])[1]
            pen.dashed((panel.edges[0], y), (panel.edges[1], y))
            pen.text((panel.edges[1], y - 2), arm, 10, "rs")


def _axes(pen: Pen, panel: _Panel, metric: Shown, interval: int) -> None:
    left, right = panel.edges
    pen.text((left, panel.y + 6), f"{metric['name'].replace('.', ' ')}, interval {interval}", 12)
    for level in _levels(panel.low, panel.high):
        y = panel.at(panel.ratios[0], level)[1]
        pen.line([(left, y), (right, y)], FAINT)
        told = f"{100 * level:.0f} %" if metric["share"] else f"{level:g}"
        pen.text((left - 6, y), told, 10, "rm")
    bottom = panel.y + HEIGHT - BOTTOM
    pen.line([(left, bottom), (right, bottom)], INK)
    for ratio in panel.ratios:
        pen.text((panel.at(ratio, panel.low)[0], bottom + 5), f"{ratio:g}", 10, "mt")
    pen.text(((left + right) / 2, bottom + 20), "base ratio", 11, "mt")


def _span(metric: Shown) -> tuple[float, float]:
    """From the lowest end of an interval to the highest, with a little room, one scale for all panels."""
    known = [told for told in metric["arms"].values() if told]
    low = min((told["low"] for told in known), default=0.0)
    high = max((told["high"] for told in known), default=1.0)
    room = 0.06 * (high - low) or 0.05
    return low - room, high + room


def _levels(low: float, high: float) -> list[float]:
    """Round figures from `low` to `high`, as many as are good to read."""
    step = next((step for step in ROUND if (high - low) / step <= LEVELS), ROUND[-1])
    first = int(low // step) + 1
    return [round(step * number, 6) for number in range(first, int(high // step) + 1)]
