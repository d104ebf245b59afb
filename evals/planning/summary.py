"""Rows to a summary: means with bootstrap intervals, counts of what must not be, and times."""

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from evals.planning.rows import Row
from evals.spending import all_dollars
from evals.statistics import interval
from planner.chat.usage import total
from planner.plans import Usage

VERSIONED = ("scenewright", "onnxruntime", "shapely", "openai", "instructor")


def summary(told: Mapping[str, Any], rows: Sequence[Row]) -> dict[str, Any]:
    """What a run's rows come to. Metrics are means over the prompts that have them, failures apart."""
    done = [row for row in rows if row["error"] is None]
    seconds = [row["seconds"] for row in rows]
    return {
        **told,
        "n": len(rows),
        "failures": len(rows) - len(done),
        "reasons": reasons_of(rows),
        "metrics": _metrics(done),
        "overlap": sum(row["geometry"]["overlap"] for row in done),
        "lost": sum(row["geometry"]["lost"] for row in done),
        "off_canvas": sum(row["geometry"]["off_canvas"] for row in done),
        "coverage": interval([row["geometry"]["coverage"] for row in done]),
        "median_seconds": round(float(np.median(seconds)), 4) if seconds else None,
        "p95_seconds": round(float(np.percentile(seconds, 95)), 4) if seconds else None,
        "tokens": tokens_of(rows),
        "cost": cost_of(rows),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in VERSIONED},
    }


def tokens_of(rows: Sequence[Row]) -> dict[str, Any] | None:
    """What all prompts took, failures too; None where no language model was asked."""
    used = total(Usage.model_validate(row["tokens"]) for row in rows if row.get("tokens"))
    return used.model_dump() if used else None


def cost_of(rows: Sequence[Row]) -> float | None:
    """Dollars for all prompts; None where those of some aren't known."""
    return all_dollars(row.get("cost") for row in rows if row.get("tokens"))


def _metrics(rows: Sequence[Row]) -> dict[str, Any]:
    names = dict.fromkeys(name for row in rows for name in row["scores"])
    values = {name: [row["scores"].get(name) for row in rows] for name in names}
    return {name: interval([v for v in given if v is not None]) for name, given in values.items()}


def reasons_of(rows: Sequence[Row]) -> dict[str, int]:
    """How many prompts failed for each reason."""
    reasons: dict[str, int] = {}
    for row in rows:
        if row["error"] is not None:
            reasons[row["error"]] = reasons.get(row["error"], 0) + 1
    return reasons
