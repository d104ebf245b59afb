"""Summaries as tables: on the terminal, and as cells for reports."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from evals.statistics import Interval
from planner.chat.usage import in_words
from planner.errors import printable_line
from planner.plans import Usage

Summary = Mapping[str, Any]


def show_plans(summary: Summary, console: Console) -> None:
    """Print the summary of a run of plans."""
    table = Table(title=f"{summary['benchmark']}, plans by {summary['model'] or summary['planner']}")
    for title in ("", "mean", "95 %", "n"):
        table.add_column(title, justify="left" if not title else "right")
    for name, figure in [*summary["metrics"].items(), ("coverage", summary["coverage"])]:
        if figure:
            bounds = f"{figure['low']:.3f} to {figure['high']:.3f}"
            table.add_row(name, f"{figure['mean']:.3f}", bounds, str(figure["n"]))
    console.print(table)
    console.print(
        f"{summary['n']} prompts, {summary['failures']} failed; overlapping tokens {summary['overlap']}, "
        f"lost regions {summary['lost']}, off the canvas {summary['off_canvas']}; "
        f"median {summary['median_seconds']} s, 95th percentile {summary['p95_seconds']} s"
    )
    if summary["tokens"]:
        used = in_words(Usage.model_validate(summary["tokens"]), summary["cost"])
        console.print(f"the language model took {used}")
    for reason, count in summary["reasons"].items():
        console.print(f"failed, {count} ×: {printable_line(reason)}", markup=False)


def show_pictures(summary: Summary, console: Console) -> None:
    """Print the summary of a run of pictures: every metric and arm, and the groups of the first metric."""
    title = f"{summary['benchmark']}, pictures by {summary['model']} (95 % intervals, by prompts)"
    table = Table(*titles(summary), title=title)
    for line in lines(summary, grouped=1):
        table.add_row(*map(Text, line))
    console.print(table)
    console.print(f"{summary['n']} pictures, {summary['failures']} failed")
    for reason, count in summary["reasons"].items():
        console.print(f"failed, {count} ×: {printable_line(reason)}", markup=False)
    for one in summary["unscored"]:
        reason = printable_line(one["reason"])
        console.print(f"unscored by {one['scorer']}, {one['n']} ×: {reason}", markup=False)
    scorers = {metric["name"].partition(".")[0] for metric in summary["metrics"]}
    if any(one["scorer"] in scorers for one in summary["unscored"]):
        console.print("run the same command again to score what a scorer failed on")
    for line in costs(summary):
        console.print(line)


def costs(summary: Summary) -> Iterator[str]:
    """A line on the tokens and dollars of each language model: the planner's, if given, and the scorers'."""
    used = {"language model": (summary["tokens"], summary["cost"])} if summary.get("tokens") else {}
    used |= {name: (usage, summary["scorer_cost"][name]) for name, usage in summary["scorer_tokens"].items()}
    for name, (usage, cost) in used.items():
        yield f"{name} took {in_words(Usage.model_validate(usage), cost)}"


def titles(summary: Summary) -> list[str]:
    """The titles of the columns."""
    return ["metric", "arm", "mean (95 %)", f"minus {summary['arms'][0]['name']}, paired (95 %)", "n"]


def lines(summary: Summary, grouped: int | None = None) -> Iterator[list[str]]:
    """The cells of each metric and arm, and of its groups for the first `grouped` metrics, or for all."""
    for number, metric in enumerate(summary["metrics"]):
        parts = {metric["name"]: metric}
        if grouped is None or number < grouped:
            parts |= {f"{metric['name']}, {group}": part for group, part in metric["groups"].items()}
        for name, part in parts.items():
            for place, (arm, mean) in enumerate(part["arms"].items()):
                above = figure_text(metric, part["differences"][arm], signed=True) if place else ""
                title = "" if place else name
                yield [title, arm, figure_text(metric, mean), above, str(mean["n"] if mean else 0)]


def figure_text(metric: Mapping[str, Any], figure: Interval | None, signed: bool = False) -> str:
    """A figure with its interval: shares in per cent, differences with their sign."""
    if figure is None:
        return "-"
    share = metric["share"]
    form = f"{'+' if signed else ''}.{1 if share else 2}f"
    mean, low, high = (
        format(value * (100 if share else 1), form)
        for value in (figure["mean"], figure["low"], figure["high"])
    )
    return f"{mean}{' %' if share else ''} ({low} to {high})"
