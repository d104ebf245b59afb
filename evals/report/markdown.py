"""Runs as Markdown tables."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evals.report.runs import Run
from evals.run.tables import costs, lines, titles
from planner.errors import printable_line


def markdown(runs: Sequence[Run]) -> str:
    """For each run a heading, how it was drawn, a table, its costs and its failures."""
    return "\n".join(line for run in runs for line in _run(run))


def _run(run: Run) -> Iterator[str]:
    summary = run.summary
    yield f"### {_escaped(run.name)}\n"
    size = run.record["size"]
    prompts = len({row.sample for row in run.rows})
    yield (
        f"{prompts} prompts, {summary['n']} pictures of {size['width']}x{size['height']}, "
        f"{summary['failures']} failed; seeds {', '.join(map(str, run.record['seeds']))}; planned by "
        f"{_escaped(run.record['llm'] or 'the built-in planner')}; 95 % intervals by resampling prompts.\n"
    )
    for arm in run.record["arms"]:
        settings = ", ".join(f"{name} {value}" for name, value in arm["settings"].items())
        plain = "the prompt without regions; " if arm["plain"] else ""
        yield _escaped(f"- {arm['name']}: {plain}{settings or 'settings of the model'}")
    yield ""
    yield from _table(summary, grouped=0)
    yield "\n<details><summary>by group of prompts</summary>\n"
    yield from _table(summary, grouped=None)
    yield "\n</details>\n"
    yield from (f"- {_escaped(cost)}" for cost in costs(summary))
    yield from (f"- failed, {count} ×: {_escaped(reason)}" for reason, count in summary["reasons"].items())
    for one in summary["unscored"]:
        yield f"- unscored by {_escaped(one['scorer'])}, {one['n']} ×: {_escaped(one['reason'])}"


def _table(summary: Mapping[str, Any], grouped: int | None) -> Iterator[str]:
    """Titles and lines, with groups for the first `grouped` metrics or for all."""
    yield line(titles(summary))
    yield line(["---"] * len(titles(summary)))
    yield from map(line, lines(summary, grouped))


def line(cells: Sequence[str]) -> str:
    """A line of a table."""
    return f"| {' | '.join(map(_escaped, cells))} |"


def _escaped(text: str) -> str:
    """Printable text that neither breaks a table nor reads as HTML."""
    return printable_line(" ".join(text.split())).replace("|", "\\|").replace("<", "&lt;")
