"""The table of a summary."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich import box
from rich.table import Table

COLUMNS = (
    "way",
    "regions",
    "n",
    "injected step",
    "step after",
    "whole run",
    "whole run / plain trimmed",
    "new layout",
    "FLUX.1-dev, whole run",
    "memory",
)
NOTE = (
    "Times are ratios to plain FLUX with a padded prompt in the same round, the median (quartiles) of n "
    "rounds; after the slash stands what the count of operations says. A whole run follows from its steps. "
    "New layout: opening a second one and its first step. FLUX.1-dev: by count alone, to plain / to plain "
    "trimmed. Memory: GB above plain at FLUX.1-dev's size in bfloat16, counted"
)


def table(summary: Mapping[str, Any]) -> Table:
    """The summary in Markdown's frame, a line a way and number of regions."""
    shown = Table(*COLUMNS, box=box.MARKDOWN)
    for line in _lines(summary):
        shown.add_row(*line)
    return shown


def note(summary: Mapping[str, Any]) -> str:
    """What the table's figures mean, and where they are from."""
    injected, steps = summary["steps"]
    measured = any(cell["memory"] is not None for cell in summary["cells"])
    return (
        f"{summary['device']}, {summary['threads']} thread(s), torch {summary['torch']}: "
        f"{summary['tokens']} image tokens, prompts of {summary['prompts'][0]} tokens or trimmed to "
        f"{summary['prompts'][1]}, {injected} of {steps} steps by regions; plain FLUX takes "
        f"{summary['seconds']['median']:.2f} s a step. {NOTE}{', then measured here' if measured else ''}."
    )


def _lines(summary: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    parts = (summary["cells"], summary["counts"], summary["flux_dev_counts"], summary["flux_dev_memory"])
    for cell, count, flux, memory in zip(*parts, strict=True):
        measured = "" if cell["memory"] is None else f", {cell['memory'] / 1e9:.2f}"
        yield (
            cell["arm"],
            str(cell["regions"] or "-"),
            str(cell["n"]),
            *(f"{_spread(cell[part])} / {count[part]:.2f}" for part in ("injected", "after", "run")),
            f"{_spread(cell['run_trimmed'])} / {count['run_trimmed']:.2f}",
            f"{_spread(cell['change'])}, opened in {cell['open_ms']:.1f} ms",
            f"{flux['run']:.2f} / {flux['run_trimmed']:.2f}",
            f"{memory / 1e9:.2f}{measured}",
        )


def _spread(of: Mapping[str, float]) -> str:
    return f"{of['median']:.2f} ({of['low']:.2f}-{of['high']:.2f})"
