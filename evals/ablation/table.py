"""A grid of settings as a Markdown table."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evals.ablation.cells import cells_of
from evals.report.markdown import line
from evals.report.runs import Run
from evals.run.rows import MetricRecord
from evals.run.tables import figure_text
from planner.errors import UserError

MetricSummary = Mapping[str, Any]
"""A metric in a run's summary."""


def chosen_metrics(summary: Mapping[str, Any], names: Sequence[str]) -> list[MetricSummary]:
    """The metrics of a run's summary that `metric_names` names."""
    known = {metric["name"]: metric for metric in summary["metrics"]}
    metrics = [MetricRecord(name=name) for name in known if "." in name]
    return [known[name] for name in metric_names(metrics, names)]


def metric_names(metrics: Sequence[MetricRecord], names: Sequence[str]) -> list[str]:
    """The given names of metrics, or each scorer's first. Raises `UserError` for one that no scorer has."""
    known = [metric.name for metric in metrics]
    wrong = next((name for name in names if name not in known), None)
    if wrong is not None:
        raise UserError(f"{wrong}: should be one of {', '.join(known)}", "metric")
    first: dict[str, str] = {}
    for name in known:
        first.setdefault(name.partition(".")[0], name)
    return list(names) or [*first.values()]


def table(run: Run, metrics: Sequence[MetricSummary]) -> str:
    """A line for each setting or other arm: means with intervals, and the differences from the first arm.

    Where the benchmark has groups, a second table has the first of the metrics by group.
    """
    cells = {arm: cell for cell, arm in cells_of(run.record).items()}
    arms = [arm["name"] for arm in run.record["arms"]]
    heads = [head for metric in metrics for head in (metric["name"], f"minus {arms[0]}, paired")]
    lines = [line(["β", "T", "B", *heads, "n"]), line(["---"] * (4 + len(heads)))]
    for arm in arms:
        cell = cells.get(arm)
        row = [f"{cell.base_ratio:g}", str(cell.inject_steps), str(cell.interval)] if cell else [arm, "", ""]
        for metric in metrics:
            difference = metric["differences"].get(arm)
            row.append(figure_text(metric, metric["arms"][arm]))
            row.append(figure_text(metric, difference, signed=True) if difference else "")
        mean = metrics[0]["arms"][arm]
        lines.append(line([*row, str(mean["n"] if mean else 0)]))
    if len(metrics[0]["groups"]) > 1:
        lines += ["", *by_group(metrics[0], {arm: cell.title for arm, cell in cells.items()})]
    return "\n".join(lines) + "\n"


def by_group(metric: MetricSummary, titles: Mapping[str, str]) -> Iterator[str]:
    """A column for each group of prompts and one for all: each arm's mean and difference from the first.

    `titles` are names of arms in the table where they differ from their own.
    """
    columns = [*metric["groups"].items(), ("all", metric)]
    yield line([metric["name"], *(group for group, _ in columns)])
    yield line(["---"] * (1 + len(columns)))
    first = next(iter(metric["arms"]))
    means = [part["arms"][first] for _, part in columns]
    yield line(["n", *(str(mean["n"] if mean else 0) for mean in means)])
    for arm in metric["arms"]:
        yield line([titles.get(arm, arm), *(figure_text(metric, part["arms"][arm]) for _, part in columns)])
        if arm != first:
            above = (figure_text(metric, part["differences"][arm], signed=True) for _, part in columns)
            yield line(["minus the first, paired", *above])
