"""One prompt's pictures by every setting, as the paper's fifth figure: β against T, a panel for each B."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from PIL import Image, ImageDraw, ImageFont

from evals.ablation.cells import Axes, axes, cells_of
from evals.ablation.table import MetricSummary
from evals.report.runs import Run
from evals.run.rows import PictureRow

SCALE = 2
"""Everything below is in pixels of a sheet of half the size."""

SIDE, GAP = 144, 10
"""A picture's longer side, and the space between pictures."""

LEFT, HEAD, LINE = 74, 46, 15
"""The margin for β, the space above the pictures for B and T, and the height of a line of text.

The settings are named in words: Pillow's own font has no Greek.
"""

LETTER = 6.5
"""The width of a letter of the prompt, roughly."""

INK, EMPTY = "#222222", "#dddddd"


@dataclass(frozen=True)
class _Frame:
    """Where things stand on the sheet; each cell has `lines` of scores under its picture."""

    axes: Axes
    prompt: tuple[str, ...]
    lines: int

    @property
    def top(self) -> int:
        """The upper edge of the pictures."""
        return GAP + LINE * len(self.prompt) + HEAD

    @property
    def panel_width(self) -> int:
        return len(self.axes.steps) * (SIDE + GAP) + GAP

    @property
    def row_height(self) -> int:
        return SIDE + LINE * self.lines + GAP

    @property
    def size(self) -> tuple[int, int]:
        width = LEFT + len(self.axes.intervals) * self.panel_width
        return width, self.top + len(self.axes.ratios) * self.row_height

    def x(self, interval: int, steps: int | str) -> int:
        """The left edge of the pictures with a B and T."""
        panel = self.axes.intervals.index(interval) * self.panel_width
        return LEFT + panel + self.axes.steps.index(steps) * (SIDE + GAP)

    def y(self, ratio: float) -> int:
        """The upper edge of the pictures with a β."""
        return self.top + self.axes.ratios.index(ratio) * self.row_height


def sheet(run: Run, metrics: Sequence[MetricSummary], show: str | None = None) -> Image.Image:
    """The pictures of the prompt with the id `show`, with scores below each; those of the first seed.

    Without `show`, the prompt is the one on which the settings differ most by the first of the metrics.
    """
    cells = cells_of(run.record)
    sample = _most_different(run, set(cells.values()), metrics[0]["name"]) if show is None else show
    rows = {row.arm: row for row in reversed(run.rows) if str(row.sample) == sample}
    width = _Frame(axes(cells), (), len(metrics)).size[0]
    prompt = wrap(next(iter(rows.values())).prompt, int((width - 2 * GAP) / LETTER))
    frame = _Frame(axes(cells), tuple(prompt), len(metrics))
    image = Image.new("RGB", (frame.size[0] * SCALE, frame.size[1] * SCALE), "white")
    _write_titles(image, frame)
    for cell, arm in cells.items():
        x, y = frame.x(cell.interval, cell.inject_steps), frame.y(cell.base_ratio)
        _paste(image, rows[arm], x, y)
        for number, metric in enumerate(metrics):
            below = y + SIDE + 3 + LINE * number
            _write(image, x + SIDE / 2, below, _score(rows[arm], metric), 10, "mt")
    return image


def _most_different(run: Run, arms: set[str], metric: str) -> str:
    """The prompt whose scores differ most; of several, the first."""
    scores: dict[str, list[float]] = {}
    for row in run.rows:
        values = scores.setdefault(str(row.sample), [])
        value = row.scores.get(metric)
        if value is not None and row.arm in arms and row.seed == run.record["seeds"][0]:
            values.append(value)
    return max(scores, key=lambda sample: max(scores[sample], default=0) - min(scores[sample], default=0))


def _write_titles(image: Image.Image, frame: _Frame) -> None:
    """The prompt, and the values of β, T and B beside the pictures."""
    for number, line in enumerate(frame.prompt):
        _write(image, GAP, GAP + LINE * number, line, 12)
    for interval in frame.axes.intervals:
        _write(
            image, frame.x(interval, frame.axes.steps[0]), frame.top - HEAD + 8, f"interval {interval}", 13
        )
        for steps in frame.axes.steps:
            middle = frame.x(interval, steps) + SIDE / 2
            _write(image, middle, frame.top - 5, f"inject steps {steps}", 11, "ms")
    for ratio in frame.axes.ratios:
        middle = frame.y(ratio) + SIDE / 2
        _write(image, LEFT - 8, middle - 2, "base ratio", 11, "rs")
        _write(image, LEFT - 8, middle + 2, f"{ratio:g}", 11, "rt")


def _write(image: Image.Image, x: float, y: float, text: str, size: int, anchor: str = "la") -> None:
    font = ImageFont.load_default(size * SCALE)
    ImageDraw.Draw(image).text((x * SCALE, y * SCALE), text, INK, font, anchor=anchor)


def _paste(image: Image.Image, row: PictureRow, x: int, y: int) -> None:
    """The row's picture, or an empty field where there is none."""
    left, top, side = x * SCALE, y * SCALE, SIDE * SCALE
    drawn = None if row.folder is None else row.open_picture(row.folder)
    if drawn is None:
        image.paste(EMPTY, (left, top, left + side, top + side))
        return
    ratio = side / max(drawn.size)
    size = round(drawn.width * ratio), round(drawn.height * ratio)
    image.paste(drawn.resize(size, Image.Resampling.LANCZOS), (left, top))


def _score(row: PictureRow, metric: MetricSummary) -> str:
    if row.error is not None:
        return "failed"
    value, name = row.scores.get(metric["name"]), metric["name"].replace(".", " ")
    if value is None:
        return f"{name} -"
    return f"{name} {100 * value:.0f} %" if metric["share"] else f"{name} {value:.2f}"
