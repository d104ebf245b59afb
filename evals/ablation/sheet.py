"""One prompt's pictures by every setting, as the paper's fifth figure: β against T, a panel a B."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

from PIL import Image, ImageDraw

from evals.ablation.cells import Axes, Cell, axes, cells_of
from evals.ablation.plotting import FAINT, SCALE, Pen, Point
from evals.ablation.table import Shown
from evals.planning.rows import Row
from evals.report.runs import Run

SIDE, GAP = 144, 10
"""Pixels of a picture's longer side, and between pictures."""

EDGE, HEAD, LINE = 74, 46, 15
"""Pixels left of the pictures for β, above them for B and T, and of a line of words.

The knobs are called by their names: Pillow's own font has no Greek.
"""

LETTER = 6.5
"""Pixels of a letter of the prompt, about."""


@dataclass(frozen=True)
class _Frame:
    """Where things stand on the sheet, in pixels."""

    axes: Axes
    prompt: tuple[str, ...]
    words: int

    @property
    def top(self) -> int:
        return GAP + LINE * len(self.prompt) + HEAD

    @property
    def size(self) -> tuple[int, int]:
        panels, columns, lines = len(self.axes.intervals), len(self.axes.steps), len(self.axes.ratios)
        return EDGE + panels * (columns * (SIDE + GAP) + GAP), self.top + lines * self._tall

    @property
    def _tall(self) -> int:
        return SIDE + LINE * self.words + GAP

    def left(self, interval: int, step: int | str) -> int:
        """Of the pictures of a B and T."""
        panel = self.axes.intervals.index(interval) * (len(self.axes.steps) * (SIDE + GAP) + GAP)
        return EDGE + panel + self.axes.steps.index(step) * (SIDE + GAP)

    def upper(self, ratio: float) -> int:
        """Of the pictures of a β."""
        return self.top + self.axes.ratios.index(ratio) * self._tall


def sheet(run: Run, metrics: Sequence[Shown], show: str | None = None) -> Image.Image:
    """The pictures of the prompt with the id `show`, scores beneath each; its first seed's.

    Without `show`, of the prompt that the settings tell most apart by the first of the metrics.
    """
    cells = cells_of(run.told)
    sample = _telling(run, set(cells.values()), metrics[0]["name"]) if show is None else show
    rows = {row["arm"]: row for row in reversed(run.rows) if str(row["sample"]) == sample}
    frame = _frame(cells, next(iter(rows.values()))["prompt"], len(metrics))
    width, height = frame.size
    image = Image.new("RGB", (width * SCALE, height * SCALE), "white")
    pen = Pen(ImageDraw.Draw(image))
    _heads(pen, frame)
    for cell, arm in cells.items():
        at = frame.left(cell.interval, cell.inject_steps), frame.upper(cell.base_ratio)
        _put(image, rows[arm], at)
        for number, metric in enumerate(metrics):
            pen.text(
                (at[0] + SIDE / 2, at[1] + SIDE + 3 + LINE * number), _score(rows[arm], metric), 10, "mt"
            )
    return image


def _frame(cells: Mapping[Cell, str], prompt: str, words: int) -> _Frame:
    empty = _Frame(axes(cells), (), words)
    return _Frame(empty.axes, tuple(wrap(prompt, int((empty.size[0] - 2 * GAP) / LETTER))), words)


def _telling(run: Run, arms: set[str], metric: str) -> str:
    """The prompt whose scores lie furthest apart; of several, the first."""
    spans: dict[str, list[float]] = {}
    for row in run.rows:
        value = row["scores"].get(metric) if row["seed"] == run.told["seeds"][0] else None
        spans.setdefault(str(row["sample"]), []).extend(
            [value] if row["arm"] in arms and value is not None else []
        )
    return max(spans, key=lambda sample: max(spans[sample], default=0) - min(spans[sample], default=0))


def _heads(pen: Pen, frame: _Frame) -> None:
    """The prompt, and the values of β, T and B beside the pictures."""
    for number, line in enumerate(frame.prompt):
        pen.text((GAP, GAP + LINE * number), line, 12)
    for interval in frame.axes.intervals:
        start = frame.left(interval, frame.axes.steps[0])
        pen.text((start, frame.top - HEAD + 8), f"interval {interval}", 13)
        for step in frame.axes.steps:
            pen.text((frame.left(interval, step) + SIDE / 2, frame.top - 5), f"inject steps {step}", 11, "ms")
    for ratio in frame.axes.ratios:
        middle = frame.upper(ratio) + SIDE / 2
        pen.text((EDGE - 8, middle - 2), "base ratio", 11, "rs")
        pen.text((EDGE - 8, middle + 2), f"{ratio:g}", 11, "rt")


def _put(image: Image.Image, row: Row, at: Point) -> None:
    """The row's picture, or an empty field where there is none."""
    place = round(at[0] * SCALE), round(at[1] * SCALE)
    if row["picture"] is None:
        image.paste(FAINT, (*place, place[0] + SIDE * SCALE, place[1] + SIDE * SCALE))
        return
    with Image.open(Path(row["folder"], row["picture"])) as drawn:
        ratio = SIDE * SCALE / max(drawn.size)
        size = round(drawn.width * ratio), round(drawn.height * ratio)
        image.paste(drawn.convert("RGB").resize(size, Image.Resampling.LANCZOS), place)


def _score(row: Row, metric: Shown) -> str:
    if row["error"] is not None:
        return "failed"
    value, name = row["scores"].get(metric["name"]), metric["name"].replace(".", " ")
    if value is None:
        return f"{name} -"
    return f"{name} {100 * value:.0f} %" if metric["share"] else f"{name} {value:.2f}"
