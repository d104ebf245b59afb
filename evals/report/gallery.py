"""The gallery: a card a prompt, with its plan, and a picture of every arm and seed; the worst first."""

import io
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from evals.drawing.summary import scored
from evals.planning.rows import Row
from evals.report.runs import Run
from evals.scorers.protocol import Metric
from planner.draw import draw_svg
from planner.plans import Plan
from renderer.pipeline import layout_of

SHOWN = 256
"""Pixels that a picture's longer side has at most on the page."""

QUALITY = 82
"""Of WebP: what the eye does not miss at that size."""


@dataclass(frozen=True)
class Shown:
    """A picture as the page has it; `source` is a data URL, empty where there is no picture."""

    arm: str
    seed: int
    source: str
    scores: tuple[tuple[str, str], ...]
    told: str
    error: str


@dataclass(frozen=True)
class Card:
    """A prompt with its plan (a data URL) and its pictures; `worst` and `loss` are places in those orders."""

    id: str
    prompt: str
    group: str
    plan: str
    pictures: tuple[Shown, ...]
    failed: bool
    order: int
    worst: int
    loss: int


def cards(run: Run) -> list[Card]:
    """The run's cards, worst first.

    Worst is where the arms but the first score least, by the scorers' metrics in their order; the loss is how
    far they stay under the first arm.
    """
    by_sample: dict[int | str, list[Row]] = {}
    for row in run.rows:
        by_sample.setdefault(row["sample"], []).append(row)
    samples = list(by_sample)
    worst = _places({sample: _standing(run, rows) for sample, rows in by_sample.items()})
    loss = _places({sample: _lead(run, rows) for sample, rows in by_sample.items()})
    made = (
        _card(run, by_sample[sample], order, worst[sample], loss[sample])
        for order, sample in enumerate(samples)
    )
    return sorted(made, key=lambda card: card.worst)


Standing = tuple[float, ...]


def _places(standings: Mapping[int | str, Standing]) -> dict[int | str, int]:
    """The place of each sample, the lowest standing first."""
    ordered = sorted(standings, key=lambda sample: standings[sample])
    return {sample: place for place, sample in enumerate(ordered)}


def _standing(run: Run, rows: Sequence[Row]) -> Standing:
    """How the arms under trial do, metric by metric; a failure is below everything."""
    first, *others = (arm["name"] for arm in run.told["arms"])
    tried = [row for row in rows if row["arm"] in (others or [first])]
    failed = -sum(row["error"] is not None for row in rows)
    return (float(failed), *(_mean(tried, *metric) for metric in scored(run.told["scorers"])))


def _lead(run: Run, rows: Sequence[Row]) -> Standing:
    first = run.told["arms"][0]["name"]
    ours, theirs = ([row for row in rows if (row["arm"] == first) == its] for its in (False, True))
    return tuple(_mean(ours, *metric) - _mean(theirs, *metric) for metric in scored(run.told["scorers"]))


def _mean(rows: Sequence[Row], name: str, metric: Metric) -> float:
    """The mean, so turned that more is better; nothing counts as none."""
    values = [row["scores"].get(name) for row in rows]
    known = [value for value in values if value is not None]
    mean = sum(known) / len(known) if known else 0.0
    return mean if metric.better == "more" else -mean


def _card(run: Run, rows: Sequence[Row], order: int, worst: int, loss: int) -> Card:
    first = rows[0]
    return Card(
        id=str(first["sample"]),
        prompt=first["prompt"],
        group=first["group"] or "",
        plan=_plan(run.plan(first["sample"])),
        pictures=tuple(_shown(row) for row in rows),
        failed=any(row["error"] is not None for row in rows),
        order=order,
        worst=worst,
        loss=loss,
    )


def _plan(plan: Plan | None) -> str:
    return "" if plan is None else _url("image/svg+xml", draw_svg(layout_of(plan)).encode())


def _shown(row: Row) -> Shown:
    told = [*row["told"].values(), *(f"unscored by {name}: {why}" for name, why in row["unscored"].items())]
    return Shown(
        arm=row["arm"],
        seed=row["seed"],
        source=_picture(Path(row["folder"], row["picture"])) if row["picture"] else "",
        scores=tuple(_figures(row)),
        told="; ".join(told),
        error=row["error"] or "",
    )


def _figures(row: Row) -> Iterator[tuple[str, str]]:
    yield from ((name, f"{value:.2f}") for name, value in row["scores"].items() if value is not None)
    if row["seconds"] is not None:
        yield "seconds", f"{row['seconds']:.2f}"


def _picture(path: Path) -> str:
    """The picture as a data URL, no larger than it is shown; empty where it is not there any more."""
    if not path.is_file():
        return ""
    with Image.open(path) as image:
        small = image.convert("RGB")
    small.thumbnail((SHOWN, SHOWN))
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=QUALITY)
    return _url("image/webp", buffer.getvalue())


def _url(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{b64encode(content).decode()}"
