"""The gallery: a card for each prompt with its plan and the pictures of all arms and seeds, worst first."""

import io
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from evals.report.runs import Run
from evals.run.rows import Key, PictureRow
from planner.draw import draw_svg
from renderer.pipeline import layout_of

LONGER_SIDE = 256
"""Pixels of a picture's longer side on the page."""

WEBP_QUALITY = 82
"""No loss can be seen at that size."""


@dataclass(frozen=True)
class Shown:
    """A picture on the page; `source` is a data URL, empty where there is no picture."""

    arm: str
    seed: int
    source: str
    scores: tuple[tuple[str, str], ...]
    explanation: str
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

    The worst prompts are those on which the arms other than the first score least, by the scorers'
    metrics in their order; a failure is worse than any score. The loss is by how much these arms stay
    below the first arm.
    """
    by_sample: dict[Key, list[PictureRow]] = {}
    for row in run.rows:
        by_sample.setdefault(row.sample, []).append(row)
    first, *others = (arm["name"] for arm in run.record["arms"])
    quality, lead = dict[Key, tuple[float, ...]](), dict[Key, tuple[float, ...]]()
    for sample, rows in by_sample.items():
        baseline = [row for row in rows if row.arm == first]
        tried = [row for row in rows if row.arm != first] if others else baseline
        failures = sum(row.error is not None for row in rows)
        quality[sample] = (-float(failures), *_means(run, tried))
        lead[sample] = tuple(a - b for a, b in zip(_means(run, tried), _means(run, baseline), strict=True))
    worst = {sample: place for place, sample in enumerate(sorted(by_sample, key=lambda one: quality[one]))}
    loss = {sample: place for place, sample in enumerate(sorted(by_sample, key=lambda one: lead[one]))}
    made = [
        Card(
            id=str(sample),
            prompt=rows[0].prompt,
            group=rows[0].group or "",
            plan=_plan_picture(run, sample),
            pictures=tuple(map(_shown, rows)),
            failed=any(row.error is not None for row in rows),
            order=order,
            worst=worst[sample],
            loss=loss[sample],
        )
        for order, (sample, rows) in enumerate(by_sample.items())
    ]
    return sorted(made, key=lambda card: card.worst)


def _means(run: Run, rows: Sequence[PictureRow]) -> list[float]:
    """The mean of each metric, negated where less is better; 0 without any score."""
    means = list[float]()
    for metric in run.metrics:
        known = [value for row in rows if (value := row.scores.get(metric.name)) is not None]
        mean = sum(known) / len(known) if known else 0.0
        means.append(mean if metric.better == "more" else -mean)
    return means


def _plan_picture(run: Run, sample: Key) -> str:
    plan = run.plan(sample)
    return "" if plan is None else _data_url("image/svg+xml", draw_svg(layout_of(plan)).encode())


def _shown(row: PictureRow) -> Shown:
    scores = [(name, f"{value:.2f}") for name, value in row.scores.items() if value is not None]
    if row.seconds is not None:
        scores.append(("seconds", f"{row.seconds:.2f}"))
    unscored = (f"unscored by {name}: {reason}" for name, reason in row.unscored.items())
    return Shown(
        arm=row.arm,
        seed=row.seed,
        source=_small_picture(row),
        scores=tuple(scores),
        explanation="; ".join([*row.explanations.values(), *unscored]),
        error=row.error or "",
    )


def _small_picture(row: PictureRow) -> str:
    """The row's picture as a data URL, no larger than it is shown; empty where there is none."""
    small = None if row.folder is None else row.open_picture(row.folder)
    if small is None:
        return ""
    small.thumbnail((LONGER_SIDE, LONGER_SIDE))
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=WEBP_QUALITY)
    return _data_url("image/webp", buffer.getvalue())


def _data_url(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{b64encode(content).decode()}"
