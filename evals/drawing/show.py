"""A run's summary as a table: on a terminal, and as cells for reports."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from evals.scorers.registry import scorer_named
from evals.statistics import Interval
from planner.chat.usage import in_words as tokens_in_words
from planner.plans import Usage


def show(result: Mapping[str, Any], console: Console) -> None:
    """The summary as a table: a line a metric and arm, and one for each group beneath the first metric."""
    told = f"{result['benchmark']}, pictures by {result['model']} (95 % intervals, by prompts)"
    table = Table(*titles(result), title=told)
    for line in lines(result, grouped=1):
        table.add_row(*map(Text, line))
    console.print(table)
    console.print(f"{result['n']} pictures, {result['failures']} failed")
    for reason, count in result["reasons"].items():
        console.print(f"failed, {count} ×: {reason}", markup=False)
    for told in result["unscored"]:
        console.print(f"unscored by {told['scorer']}, {told['n']} ×: {told['reason']}", markup=False)
    whole = {scorer_named(name).name for name in result["scorers"]}
    if any(told["scorer"] in whole for told in result["unscored"]):
        console.print("the same command scores again what a scorer failed on")
    for line in spent(result):
        console.print(line)


def spent(result: Mapping[str, Any]) -> Iterator[str]:
    """What language models took, a line each: the planner's, where the summary tells it, and the scorers'."""
    taken = {"language model": (result["tokens"], result["cost"])} if result.get("tokens") else {}
    taken |= {name: (usage, result["scorer_cost"][name]) for name, usage in result["scorer_tokens"].items()}
    for name, (usage, cost) in taken.items():
        yield f"{name} took {tokens_in_words(Usage.model_validate(usage), cost)}"


def titles(result: Mapping[str, Any]) -> list[str]:
    """The heads of the columns."""
    return ["metric", "arm", "mean (95 %)", f"minus {result['arms'][0]['name']}, paired (95 %)", "n"]


def lines(result: Mapping[str, Any], grouped: int | None = None) -> Iterator[list[str]]:
    """A line of cells a metric and arm, and as many a group, beneath the first `grouped` metrics or all."""
    for number, metric in enumerate(result["metrics"]):
        yield from _lines(metric["name"], metric, metric)
        if grouped is None or number < grouped:
            for group, told in metric["groups"].items():
                yield from _lines(f"{metric['name']}, {group}", metric, told)


def _lines(name: str, metric: Mapping[str, Any], told: Mapping[str, Any]) -> Iterator[list[str]]:
    for number, (arm, mean) in enumerate(told["arms"].items()):
        above = in_words(metric, told["differences"][arm], True) if number else ""
        yield [name if not number else "", arm, in_words(metric, mean), above, str(mean["n"] if mean else 0)]


def in_words(metric: Mapping[str, Any], figure: Interval | None, signed: bool = False) -> str:
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
