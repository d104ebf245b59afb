"""Runs as Markdown tables."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evals.drawing.show import lines, spent, titles
from evals.report.runs import Run


def markdown(runs: Sequence[Run]) -> str:
    """A heading and a table a run, and what failed."""
    return "\n".join(line for run in runs for line in _run(run.name, run.summary))


def _run(name: str, told: Mapping[str, Any]) -> Iterator[str]:
    yield f"### {_plain(name)}\n"
    yield line(titles(told))
    yield line(["---"] * len(titles(told)))
    yield from map(line, lines(told))
    yield f"\n{told['n']} pictures, {told['failures']} failed; 95 % intervals by resampling prompts.\n"
    yield from (f"- {_plain(line)}" for line in spent(told))
    yield from (f"- failed, {count} ×: {_plain(reason)}" for reason, count in told["reasons"].items())
    yield from (f"- unscored by {u['scorer']}, {u['n']} ×: {_plain(u['reason'])}" for u in told["unscored"])


def line(cells: Sequence[str]) -> str:
    """A line of a table."""
    return f"| {' | '.join(map(_plain, cells))} |"


def _plain(text: str) -> str:
    """Text that Markdown neither breaks a table at nor reads as markup of HTML."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
