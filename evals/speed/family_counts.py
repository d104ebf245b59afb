"""Operations, memory and times of the models that have short names, and their table."""

import io
import time
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from rich import box
from rich.console import Console
from rich.table import Table
from torch.utils.flop_counter import FlopCounterMode

from evals.speed.counts import MetaAnswers, Operations, PeakMemory
from evals.speed.families import COUNTED, FEW, UNPADDED, Cell, Model, depths, made, opened
from evals.speed.inputs import EARLY, LATE
from renderer.catalog import KnownModel

REGIONS: Final = (2, 4, 8, 16)
ROUNDS: Final = 5


def operations(known: KnownModel, cells: Sequence[Cell]) -> dict[Cell, Operations]:
    """Each cell's operations at full size, as torch's own counter counts them.

    Blocks of a kind are alike, so one of each is counted, then one more, and that is multiplied.
    """
    few = dict.fromkeys(depths(known), 1)
    totals = fewest = _counted(made(known, few), cells)
    for depth, blocks in depths(known).items():
        more = _counted(made(known, {**few, depth: 2}), cells)
        totals = totals + (blocks - 1) * (more - fewest)
    return {cell: Operations(*own) for cell, own in zip(cells, totals.tolist(), strict=True)}


def _counted(model: Model, cells: Sequence[Cell]) -> NDArray[np.int64]:
    """Operations of an injected step and of one after, (cells, 2)."""
    counts = np.zeros((len(cells), 2), dtype=np.int64)
    for row, cell in zip(counts, cells, strict=True):
        with opened(model, cell) as step:
            # All steps of plain are alike.
            for index, level in enumerate((EARLY, LATE) if cell.regions else (EARLY,)):
                with MetaAnswers(level), FlopCounterMode(display=False) as counter:
                    step(level)
                row[index:] = counter.get_total_flops()
    return counts


def peak_bytes(model: Model, cell: Cell) -> int:
    """The most bytes of an injected step's tensors, as `counts.peak_bytes` counts them; no step has more."""
    with PeakMemory() as memory, MetaAnswers(EARLY, fused=True), opened(model, cell) as step:
        step(EARLY)
    return memory.peak


def seconds(model: Model, cells: Sequence[Cell], rounds: int = ROUNDS) -> dict[Cell, tuple[float, float]]:
    """Median seconds of an injected step and of one after, each cell in turn in every round."""
    times = {cell: (list[float](), list[float]()) for cell in cells}
    for _ in range(rounds):
        for cell in cells:
            with opened(model, cell) as step:
                # The first step builds what the others reuse.
                step(EARLY)
                for level, own in zip((EARLY, LATE), times[cell], strict=True):
                    start = _now(model)
                    step(level)
                    own.append(_now(model) - start)
    return {cell: (median(injected), median(after)) for cell, (injected, after) in times.items()}


def _now(model: Model) -> float:
    if model.device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def measured(name: str, device: str | None) -> dict[str, Any]:
    """All figures of the model of a short name, as JSON; times are of that device, if any."""
    known = COUNTED[name]
    model = made(known)
    plain = [Cell(length, 0) for length in model.lengths]
    fast = [Cell(model.lengths[1], regions) for regions in REGIONS]
    counts = operations(known, [*plain, *fast])
    recipe = known.recipe
    injected = recipe.injected()
    few = made(known, dict.fromkeys(depths(known), FEW))
    peaks = {cell: peak_bytes(few, cell) for cell in counts}
    times = seconds(made(known, device=device), [*counts]) if device else {}

    def run(cell: Cell) -> int:
        return injected * counts[cell].injected + (recipe.steps - injected) * counts[cell].after

    return {
        "model": name,
        "parameters": model.parameters,
        "steps": [injected, recipe.steps],
        "prompts": list(model.lengths),
        "padded": model.module not in UNPADDED,
        "plain": [counts[cell].injected for cell in plain],
        "seconds": [times[cell][0] for cell in plain if times],
        "lines": [
            {
                "regions": cell.regions,
                "operations": [counts[cell].injected, counts[cell].after],
                "injected": [counts[cell].injected / counts[other].injected for other in plain],
                "run": [run(cell) / run(other) for other in plain],
                "memory": [peaks[cell] - peaks[other] for other in plain],
                "times": [[own / times[other][0] for other in plain] for own in times.get(cell, ())],
            }
            for cell in fast
        ],
    }


def shown(figures: Mapping[str, Any]) -> str:
    """The figures as Markdown: a line on the model, and a table with a line for each number of regions."""
    padded, trimmed = figures["prompts"]
    injected, steps = figures["steps"]
    timed = bool(figures["seconds"])
    columns = ["regions", "injected step", "whole run", "memory, GB above plain"]
    table = Table(*columns, *["injected step, timed", "step after, timed"] * timed, box=box.MARKDOWN)
    for line in figures["lines"]:
        ratios = [line["injected"], line["run"], [size / 1e9 for size in line["memory"]], *line["times"]]
        table.add_row(str(line["regions"]), *(" / ".join(f"{own:.2f}" for own in pair) for pair in ratios))
    drawn = io.StringIO()
    Console(width=200, file=drawn).print(table)
    machine = torch.cuda.get_device_name() if timed else "they need a CUDA device"
    taken = "" if figures["padded"] else ", though its pipeline takes padding off"
    return (
        f"{figures['model']}: {figures['parameters'] / 1e9:.2f} billion parameters, {injected} of {steps} "
        f"steps by regions.\n\n{drawn.getvalue()}\n"
        f"Operations and memory of fast, from prompts of {trimmed} tokens, to plain from {padded}{taken} "
        f"/ from {trimmed}. Of true CFG, the pass with the prompt alone counts. Times: {machine}.\n"
    )
