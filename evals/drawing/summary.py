"""Rows of pictures to a summary: each arm's means, and the paired differences from the first arm.

All intervals are of prompts: the pictures of one prompt are drawn together when resampling.
"""

import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from evals.planning.rows import Row
from evals.planning.summary import reasons_of
from evals.runs import natural
from evals.scorers.protocol import Metric
from evals.scorers.registry import scorer_named
from evals.spending import all_dollars
from evals.statistics import Interval, clustered, differences
from planner.chat.usage import total
from planner.plans import Usage
from renderer.pictures import VERSIONED

SECONDS = Metric("seconds", "seconds that a picture takes, without its scores", False, "less")

Taken = Mapping[tuple[Any, Any], float]
"""A metric's figures of one arm, by prompt and seed."""


def summary(told: Mapping[str, Any], rows: Sequence[Row]) -> dict[str, Any]:
    """What a run's rows come to; failures and what is unscored stand apart from every mean."""
    done = [row for row in rows if row["error"] is None]
    arms = [arm["name"] for arm in told["arms"]]
    metrics = [*scored(told["scorers"]), (SECONDS.name, SECONDS)]
    return {
        **told,
        "n": len(rows),
        "failures": len(rows) - len(done),
        "reasons": reasons_of(rows),
        "unscored": _unscored(done),
        "scorer_tokens": _tokens(done),
        "scorer_cost": _cost(done),
        "metrics": [figures_of(name, metric, arms, done) for name, metric in metrics],
        "versions": {"python": platform.python_version()} | {name: version(name) for name in VERSIONED},
    }


def scored(scorers: Sequence[str]) -> list[tuple[str, Metric]]:
    """All metrics of a run's scorers, by the names that rows have for them."""
    named = [scorer_named(name) for name in scorers]
    return [(f"{scorer.name}.{metric.name}", metric) for scorer in named for metric in scorer.metrics]


def _unscored(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """How many pictures each scorer could not score, for each reason."""
    counted = Counter((name, reason) for row in rows for name, reason in row["unscored"].items())
    return [{"scorer": name, "reason": reason, "n": n} for (name, reason), n in counted.items()]


def _tokens(rows: Sequence[Row]) -> dict[str, Any]:
    """What language models took to score all pictures, by scorer."""
    taken: dict[str, list[Usage]] = {}
    for row in rows:
        for name, usage in row.get("tokens", {}).items():
            taken.setdefault(name, []).append(Usage.model_validate(usage))
    return {name: used.model_dump() for name, usages in taken.items() if (used := total(usages))}


def _cost(rows: Sequence[Row]) -> dict[str, float | None]:
    """Dollars for the same; None where those of some pictures aren't known."""
    costs: dict[str, list[float | None]] = {}
    for row in rows:
        for name in row.get("tokens", {}):
            costs.setdefault(name, []).append(row.get("cost", {}).get(name))
    return {name: all_dollars(told) for name, told in costs.items()}


def figures_of(name: str, metric: Metric, arms: Sequence[str], rows: Sequence[Row]) -> dict[str, Any]:
    """A metric's means of each arm and differences from the first, by all rows and by those of each group."""
    groups = list(dict.fromkeys(row["group"] for row in rows if row["group"] is not None))
    parts = {group: [row for row in rows if row["group"] == group] for group in sorted(groups, key=natural)}
    return {
        **asdict(metric),
        "name": name,
        **_compared(name, arms, rows),
        "groups": {group: _compared(name, arms, part) for group, part in parts.items()},
    }


def _compared(name: str, arms: Sequence[str], rows: Sequence[Row]) -> dict[str, Any]:
    """Each arm's mean, and how much each later arm is above the first on the same prompts and seeds."""
    taken = {arm: _taken(name, [row for row in rows if row["arm"] == arm]) for arm in arms}
    means = {arm: _mean(figures) for arm, figures in taken.items()}
    above = {arm: clustered(differences(taken[arm], taken[arms[0]])) for arm in arms[1:]}
    return {"arms": means, "differences": above}


def _mean(taken: Taken) -> Interval | None:
    return clustered([(sample, value) for (sample, _), value in taken.items()])


def _taken(name: str, rows: Sequence[Row]) -> Taken:
    values = {
        (row["sample"], row["seed"]): row["seconds"] if name == SECONDS.name else row["scores"].get(name)
        for row in rows
    }
    return {key: value for key, value in values.items() if value is not None}
