"""A run's summary and table: ratios to plain FLUX in the same round, with quartiles, beside the counts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from rich import box
from rich.table import Table

from evals.speed.counts import operations, peak_bytes
from evals.speed.inputs import FLUX_DEV, Preset
from evals.speed.timing import PLAIN, Cell, TimingRow, cells, run_record

Spread = Mapping[str, float]
"""`median`, and the quartiles `low` and `high`."""

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
    "Times are ratios to plain FLUX with a padded prompt in the same round: the median (quartiles) of n "
    "rounds, and after the slash the ratio of the counted operations. The time of a whole run is computed "
    "from those of its steps. New layout: opening a second one and its first step. FLUX.1-dev: by count "
    "alone, to plain / to plain trimmed. Memory: GB above plain at FLUX.1-dev's size in bfloat16, counted"
)


def summarise(preset: Preset, rows: Sequence[TimingRow]) -> dict[str, Any]:
    """All figures of the table and of the drawn figure, as JSON."""
    timed = {(row.arm, row.regions) for row in rows}
    lines = [cell for cell in cells(preset) if (cell.arm, cell.regions) in timed]
    plain_bytes = peak_bytes(FLUX_DEV, Cell("plain", 0))
    return {
        **run_record(preset),
        "regions": list(preset.regions),
        "seconds": spread([row.injected for row in rows if (row.arm, row.regions) == ("plain", 0)]),
        "cells": [_times(preset, rows, cell) for cell in lines],
        "counts": _counts(preset, lines),
        "flux_dev_counts": _counts(FLUX_DEV, lines),
        # Bytes above plain FLUX of an injected step at FLUX.1-dev's size.
        "flux_dev_memory": [peak_bytes(FLUX_DEV, cell) - plain_bytes for cell in lines],
    }


def spread(values: Sequence[float]) -> Spread:
    """The median and the quartiles."""
    low, median, high = np.percentile(values, [25, 50, 75]).tolist()
    return {"median": median, "low": low, "high": high}


def _times(preset: Preset, rows: Sequence[TimingRow], cell: Cell) -> dict[str, Any]:
    """A cell's ratios to plain FLUX with a padded prompt; for `run_trimmed`, with a trimmed one."""
    of_cell = [row for row in rows if (row.arm, row.regions) == (cell.arm, cell.regions)]
    plain, trimmed = ({row.round: row for row in rows if row.arm == arm} for arm in PLAIN)

    def run(row: TimingRow) -> float:
        """Seconds of a whole run, computed from those of its steps."""
        after = (preset.steps - preset.injected) * row.after
        return row.open + preset.injected * row.injected + after

    def ratios(part: Callable[[TimingRow], float]) -> Spread:
        """To an injected step of plain FLUX."""
        return spread([part(row) / plain[row.round].injected for row in of_cell])

    peaks = [row.peak - (plain[row.round].peak or 0) for row in of_cell if row.peak is not None]
    return {
        "arm": cell.arm,
        "regions": cell.regions,
        "n": len(of_cell),
        "injected": ratios(lambda row: row.injected),
        "after": ratios(lambda row: row.after),
        "run": spread([run(row) / run(plain[row.round]) for row in of_cell]),
        "run_trimmed": spread([run(row) / run(trimmed[row.round]) for row in of_cell]),
        "change": ratios(lambda row: row.open + row.first),
        "open_ms": 1000 * spread([row.open for row in of_cell])["median"],
        "memory": float(np.median(peaks)) if peaks else None,
    }


def _counts(preset: Preset, lines: Sequence[Cell]) -> list[dict[str, Any]]:
    """Each cell's operations at the preset's size, and their ratios to those of plain FLUX."""
    counts = operations(preset, lines)
    plain, trimmed = (counts[Cell(arm, 0)] for arm in PLAIN)
    return [
        {
            "arm": cell.arm,
            "regions": cell.regions,
            "operations": [own.injected, own.after],
            "injected": own.injected / plain.injected,
            "after": own.after / plain.injected,
            "run": own.run(preset) / plain.run(preset),
            "run_trimmed": own.run(preset) / trimmed.run(preset),
        }
        for cell, own in counts.items()
    ]


def table(summary: Mapping[str, Any]) -> Table:
    """The summary as a Markdown table, with a line for each arm and number of regions."""

    def text(values: Spread) -> str:
        return f"{values['median']:.2f} ({values['low']:.2f}-{values['high']:.2f})"

    shown = Table(*COLUMNS, box=box.MARKDOWN)
    parts = (summary["cells"], summary["counts"], summary["flux_dev_counts"], summary["flux_dev_memory"])
    for cell, count, flux, memory in zip(*parts, strict=True):
        measured = "" if cell["memory"] is None else f", {cell['memory'] / 1e9:.2f}"
        shown.add_row(
            cell["arm"],
            str(cell["regions"] or "-"),
            str(cell["n"]),
            *(f"{text(cell[part])} / {count[part]:.2f}" for part in ("injected", "after", "run")),
            f"{text(cell['run_trimmed'])} / {count['run_trimmed']:.2f}",
            f"{text(cell['change'])}, opened in {cell['open_ms']:.1f} ms",
            f"{flux['run']:.2f} / {flux['run_trimmed']:.2f}",
            f"{memory / 1e9:.2f}{measured}",
        )
    return shown


def note(summary: Mapping[str, Any]) -> str:
    """What the table's figures mean, and the machine and sizes that they are from."""
    injected, steps = summary["steps"]
    measured = any(cell["memory"] is not None for cell in summary["cells"])
    return (
        f"{summary['device']}, {summary['threads']} thread(s), torch {summary['torch']}: "
        f"{summary['tokens']} image tokens, prompts of {summary['prompts'][0]} tokens or trimmed to "
        f"{summary['prompts'][1]}, {injected} of {steps} steps by regions; plain FLUX takes "
        f"{summary['seconds']['median']:.2f} s a step. {NOTE}{', then measured here' if measured else ''}."
    )
