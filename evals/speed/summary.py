"""Rows of a run summed up: ratios to plain FLUX of the same round, with their spread, beside the counts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from evals.speed.counts import Operations, operations, peak_bytes
from evals.speed.presets import FLUX_DEV, Preset
from evals.speed.timing import PLAIN, Cell, TimingRow, cells, run_record

Spread = Mapping[str, float]
"""`median`, and the quartiles `low` and `high`."""

Seconds = Callable[[TimingRow], float]


def summarise(preset: Preset, rows: Sequence[TimingRow]) -> dict[str, Any]:
    """Everything that the table and the figure show, as JSON has it."""
    lines = [cell for cell in cells(preset) if any(_is(row, cell) for row in rows)]
    plain_bytes = peak_bytes(FLUX_DEV, Cell("plain", 0))
    return {
        **run_record(preset),
        "regions": list(preset.regions),
        "seconds": spread([row.injected for row in rows if _is(row, Cell("plain", 0))]),
        "cells": [_times(preset, rows, cell) for cell in lines],
        "counts": _counts(preset, operations(preset, lines)),
        "flux_dev_counts": _counts(FLUX_DEV, operations(FLUX_DEV, lines)),
        # Bytes above plain FLUX of an injected step at FLUX.1-dev's size.
        "flux_dev_memory": [peak_bytes(FLUX_DEV, cell) - plain_bytes for cell in lines],
    }


def spread(values: Sequence[float]) -> Spread:
    """The median and the quartiles."""
    low, median, high = np.percentile(values, [25, 50, 75]).tolist()
    return {"median": median, "low": low, "high": high}


def _is(row: TimingRow, cell: Cell) -> bool:
    return (row.arm, row.regions) == (cell.arm, cell.regions)


def _times(preset: Preset, rows: Sequence[TimingRow], cell: Cell) -> dict[str, Any]:
    """A cell's ratios, to plain FLUX with a padded prompt; of `run_trimmed`, with a trimmed one."""
    mine = [row for row in rows if _is(row, cell)]
    plain, trimmed = ({row.round: row for row in rows if row.arm == arm} for arm in PLAIN)

    def ratios(part: Seconds, to: Mapping[int, TimingRow], over: Seconds) -> Spread:
        return spread([part(row) / over(to[row.round]) for row in mine])

    def injected(row: TimingRow) -> float:
        return row.injected

    def run(row: TimingRow) -> float:
        """Seconds of a whole run, as they follow from those of its steps."""
        after = (preset.steps - preset.injected) * row.after
        return row.open + preset.injected * row.injected + after

    peaks = [row.peak - (plain[row.round].peak or 0) for row in mine if row.peak is not None]
    return {
        "arm": cell.arm,
        "regions": cell.regions,
        "n": len(mine),
        "injected": ratios(injected, plain, injected),
        "after": ratios(lambda row: row.after, plain, injected),
        "run": ratios(run, plain, run),
        "run_trimmed": ratios(run, trimmed, run),
        "change": ratios(lambda row: row.open + row.first, plain, injected),
        "open_ms": 1000 * spread([row.open for row in mine])["median"],
        "memory": float(np.median(peaks)) if peaks else None,
    }


def _counts(preset: Preset, counts: Mapping[Cell, Operations]) -> list[dict[str, Any]]:
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
