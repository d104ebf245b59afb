"""A grid of settings as a Markdown table."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evals.ablation.cells import cells_of
from evals.drawing.show import in_words
from evals.drawing.summary import scored
from evals.report.markdown import line
from evals.report.runs import Run
from planner.errors import UserError

Shown = Mapping[str, Any]
"""A metric of a run's summary."""


def chosen(result: Mapping[str, Any], names: Sequence[str]) -> list[Shown]:
    """The metrics of a run's summary that `metrics_of` names."""
    known = {metric["name"]: metric for metric in result["metrics"]}
    return [known[name] for name in metrics_of(result["scorers"], names)]


def metrics_of(scorers: Sequence[str], names: Sequence[str]) -> list[str]:
    """The names of the metrics that are asked for, or each scorer's first.

    Raises `UserError` for one that no scorer has.
    """
    known = [name for name, _ in scored(scorers)]
    wrong = next((name for name in names if name not in known), None)
    if wrong is not None:
        raise UserError(f"--metric {wrong}: should be one of {', '.join(known)}")
    return list(names) or [scored([scorer])[0][0] for scorer in scorers]


def table(run: Run, metrics: Sequence[Shown]) -> str:
    """A line a setting or other arm: means with their intervals, and what each is above the first.

    Where the benchmark has groups, a second table tells the first of the metrics by them.
    """
    told = list(_table(run, metrics))
    if len(metrics[0]["groups"]) > 1:
        told += ["", *by_group(metrics[0], {arm: cell.told for cell, arm in cells_of(run.told).items()})]
    return "\n".join(told) + "\n"


def by_group(metric: Shown, names: Mapping[str, str]) -> Iterator[str]:
    """A column a group of prompts, and one for all: each arm's mean, beneath it what it is above the first.

    `names` are what arms are called, where not by their own names.
    """
    columns = [*metric["groups"].items(), ("all", metric)]
    yield line([metric["name"], *(group for group, _ in columns)])
    yield line(["---"] * (1 + len(columns)))
    first = next(iter(metric["arms"]))
    means = [told["arms"][first] for _, told in columns]
    yield line(["n", *(str(mean["n"] if mean else 0) for mean in means)])
    for arm in metric["arms"]:
        yield line([names.get(arm, arm), *(in_words(metric, told["arms"][arm]) for _, told in columns)])
        if arm != first:
            above = (in_words(metric, told["differences"][arm], signed=True) for _, told in columns)
            yield line(["minus the first, paired", *above])


def _table(run: Run, metrics: Sequence[Shown]) -> Iterator[str]:
    cells = {arm: cell for cell, arm in cells_of(run.told).items()}
    arms = [arm["name"] for arm in run.told["arms"]]
    heads = [head for metric in metrics for head in (metric["name"], f"minus {arms[0]}, paired")]
    yield line(["β", "T", "B", *heads, "n"])
    yield line(["---"] * (4 + len(heads)))
    for arm in arms:
        cell = cells.get(arm)
        knobs = (
            [f"{cell.base_ratio:g}", str(cell.inject_steps), str(cell.interval)] if cell else [arm, "", ""]
        )
        told = [text for metric in metrics for text in _told(metric, arm)]
        mean = metrics[0]["arms"][arm]
        yield line([*knobs, *told, str(mean["n"] if mean else 0)])


def _told(metric: Shown, arm: str) -> tuple[str, str]:
    above = metric["differences"].get(arm)
    return in_words(metric, metric["arms"][arm]), in_words(metric, above, signed=True) if above else ""
