"""Sums up a run's rows: means with 95 % intervals, paired differences of arms, failures, times and costs.

Failed and unscored rows are counted apart and never averaged. All intervals are over prompts: the
pictures of one prompt are resampled together.
"""

import platform
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np

from evals.run.rows import MetricRecord, PictureRow, PlanRow, RunRecord
from evals.scorers.registry import scorer_named
from evals.statistics import Interval, clustered, differences, interval
from planner.chat.usage import Price, total
from planner.plans import Usage
from renderer.pictures import VERSIONED

PLAN_VERSIONED = ("scenewright", "onnxruntime", "shapely", "openai", "instructor")

SECONDS = MetricRecord(name="seconds", description="seconds per picture, without scoring", better="less")

ROW_DECIMALS, TOTAL_DECIMALS = 8, 6
"""Decimals of dollars, so that a row is the same on every machine."""

ByPicture = Mapping[tuple[Any, Any], float]
"""A metric's values of one arm, by prompt and seed."""


def plan_summary(record: RunRecord, rows: Sequence[PlanRow]) -> dict[str, Any]:
    """The summary of a run of plans; a metric's mean is over the prompts that have it."""
    done = [row for row in rows if row.error is None]
    places = [row.geometry for row in done if row.geometry is not None]
    seconds = [row.seconds for row in rows]
    values = {
        name: [row.scores.get(name) for row in done]
        for name in dict.fromkeys(name for row in done for name in row.scores)
    }
    return {
        **record,
        "n": len(rows),
        "failures": len(rows) - len(done),
        "reasons": dict(Counter(row.error for row in rows if row.error is not None)),
        "metrics": {
            name: interval([value for value in given if value is not None]) for name, given in values.items()
        },
        "overlap": sum(place.overlap for place in places),
        "lost": sum(place.lost for place in places),
        "off_canvas": sum(place.off_canvas for place in places),
        "coverage": interval([place.coverage for place in places]),
        "median_seconds": round(float(np.median(seconds)), 4) if seconds else None,
        "p95_seconds": round(float(np.percentile(seconds, 95)), 4) if seconds else None,
        **planning_cost(rows),
        "versions": _versions(PLAN_VERSIONED),
    }


def planning_cost(rows: Iterable[PlanRow]) -> dict[str, Any]:
    """`tokens` and `cost` (dollars) of all prompts, failed ones too; None without a language model."""
    asked = [row for row in rows if row.tokens is not None]
    used = total(row.tokens for row in asked if row.tokens is not None)
    return {"tokens": used and used.model_dump(), "cost": total_dollars(row.cost for row in asked)}


def dollars(price: Price | None, usage: Usage | None) -> float | None:
    """The cost of a row's replies; None where the price or the tokens are unknown."""
    cost = price.of(usage) if price else None
    return cost if cost is None else round(cost, ROW_DECIMALS)


def total_dollars(costs: Iterable[float | None]) -> float | None:
    """The cost of all rows; None where there are none, or one is unknown."""
    given = tuple(costs)
    known = [cost for cost in given if cost is not None]
    return round(sum(known), TOTAL_DECIMALS) if known and len(known) == len(given) else None


def picture_summary(record: RunRecord, rows: Sequence[PictureRow]) -> dict[str, Any]:
    """The summary of a run of pictures: each arm's means, and paired differences from the first arm.

    `record["metrics"]` are those of `metric_records`, as data: no scorer is loaded for a summary.
    """
    done = [row for row in rows if row.error is None]
    arms = [arm["name"] for arm in record["arms"]]
    unscored = Counter((name, reason) for row in done for name, reason in row.unscored.items())
    judges = list(dict.fromkeys(name for row in done for name in row.tokens))
    tokens = {name: total(row.tokens[name] for row in done if name in row.tokens) for name in judges}
    return {
        **record,
        "n": len(rows),
        "failures": len(rows) - len(done),
        "reasons": dict(Counter(row.error for row in rows if row.error is not None)),
        "unscored": [{"scorer": name, "reason": why, "n": n} for (name, why), n in unscored.items()],
        "scorer_tokens": {name: used.model_dump() for name, used in tokens.items() if used},
        "scorer_cost": {
            name: total_dollars(row.cost.get(name) for row in done if name in row.tokens) for name in judges
        },
        "metrics": [
            metric_summary(metric, arms, done)
            for metric in [*map(MetricRecord.model_validate, record["metrics"]), SECONDS]
        ],
        "versions": _versions(VERSIONED),
    }


def metric_records(scorers: Sequence[str]) -> list[MetricRecord]:
    """All metrics of a run's scorers, each with its name in rows, "scorer.metric"."""
    named = [scorer_named(name) for name in scorers]
    return [
        MetricRecord.model_validate({**asdict(metric), "name": f"{scorer.name}.{metric.name}"})
        for scorer in named
        for metric in scorer.metrics
    ]


def metric_summary(metric: MetricRecord, arms: Sequence[str], rows: Sequence[PictureRow]) -> dict[str, Any]:
    """A metric's means of each arm and differences from the first, over all rows and over each group's."""
    groups = sorted({row.group for row in rows if row.group is not None}, key=_natural_order)
    return {
        **metric.model_dump(),
        **_compare_arms(metric.name, arms, rows),
        "groups": {
            group: _compare_arms(metric.name, arms, [row for row in rows if row.group == group])
            for group in groups
        },
    }


def _compare_arms(name: str, arms: Sequence[str], rows: Sequence[PictureRow]) -> dict[str, Any]:
    """Each arm's mean, and the difference of each later arm from the first on the same prompts and seeds."""
    values: dict[str, ByPicture] = {}
    for arm in arms:
        figures = {
            (row.sample, row.seed): row.seconds if name == SECONDS.name else row.scores.get(name)
            for row in rows
            if row.arm == arm
        }
        values[arm] = {key: value for key, value in figures.items() if value is not None}
    means: dict[str, Interval | None] = {
        arm: clustered([(sample, value) for (sample, _), value in given.items()])
        for arm, given in values.items()
    }
    above = {arm: clustered(differences(values[arm], values[arms[0]])) for arm in arms[1:]}
    return {"arms": means, "differences": above}


def _natural_order(text: str) -> list[tuple[int, str]]:
    """A sorting key by the numbers in texts: "2 things" comes before "12 things"."""
    parts = re.split(r"0*(\d+)", text)
    return [(len(part) if place % 2 else 0, part) for place, part in enumerate(parts)]


def _versions(packages: Sequence[str]) -> dict[str, str]:
    return {"python": platform.python_version()} | {name: version(name) for name in packages}
