"""Curves of means over β with 95 % intervals: a line for each T, a panel for each metric and B."""

from collections.abc import Sequence
from itertools import cycle

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from evals.ablation.cells import axes, cells_of
from evals.ablation.table import MetricSummary
from evals.report.runs import Run

WIDTH, HEIGHT = 4.6, 3.2
"""Inches of a panel."""

DPI = 160

NUDGE = 0.012
"""Share of the range of β between the intervals of two lines, which would cover each other else."""


def curves(run: Run, metrics: Sequence[MetricSummary]) -> Image.Image:
    """The figure; arms that are no cell of the grid, such as plain, are dashed lines."""
    intervals = axes(cells_of(run.record)).intervals
    figure = Figure(figsize=(WIDTH * len(metrics), HEIGHT * len(intervals)), dpi=DPI, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    panels = figure.subplots(len(intervals), len(metrics), squeeze=False, sharey="col")
    for row, interval in enumerate(intervals):
        for column, metric in enumerate(metrics):
            _panel(panels[row, column], run, metric, interval)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")


def _panel(panel: Axes, run: Run, metric: MetricSummary, interval: int) -> None:
    cells = cells_of(run.record)
    grid = axes(cells)
    scale = 100 if metric["share"] else 1
    step = NUDGE * (grid.ratios[-1] - grid.ratios[0])
    for number, steps in enumerate(grid.steps):
        nudge = step * (number - (len(grid.steps) - 1) / 2)
        points = [
            (cell.base_ratio + nudge, figure)
            for cell, arm in sorted(cells.items(), key=lambda item: item[0].base_ratio)
            if (cell.inject_steps, cell.interval) == (steps, interval) and (figure := metric["arms"][arm])
        ]
        means = np.array([figure["mean"] for _, figure in points])
        bounds = np.array([[figure["low"], figure["high"]] for _, figure in points]).reshape(-1, 2).T
        errors = scale * np.abs(bounds - means)
        x = [ratio for ratio, _ in points]
        panel.errorbar(x, scale * means, errors, marker="o", capsize=3, label=f"inject steps {steps}")
    others = [arm for arm, figure in metric["arms"].items() if figure and arm not in cells.values()]
    for arm, style in zip(others, cycle(("--", ":", "-."))):
        panel.axhline(scale * metric["arms"][arm]["mean"], color="grey", linestyle=style, label=arm)
    panel.set_title(f"{metric['name']}, interval {interval}", fontsize="medium")
    panel.set_xlabel("base ratio β")
    panel.set_ylabel("%" if metric["share"] else "")
    panel.set_xticks(grid.ratios, [f"{ratio:g}" for ratio in grid.ratios])
    panel.grid(axis="y", alpha=0.4)
    panel.legend(fontsize="small")
