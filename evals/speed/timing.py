"""Arms timed in turns, a row a visit, so that what slows a machine for a while slows them all."""

import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import torch

from evals.planning.rows import Row, append, open_run
from evals.speed.arms import ARMS
from evals.speed.material import Material, layouts
from evals.speed.presets import Preset

PLAIN = ("plain", "plain, trimmed")
"""Arms without regions: what the others are held to."""


@dataclass(frozen=True)
class Cell:
    """A line of the table: a way to draw, and how many regions, 0 for the picture as one."""

    arm: str
    regions: int

    def row_id(self, turn: int) -> str:
        """The name of its row in one round."""
        return f"{turn}/{self.arm}/{self.regions}"


def cells(preset: Preset) -> tuple[Cell, ...]:
    """All lines, in the order in which a round visits them."""
    regional = (arm for arm in ARMS if arm not in PLAIN)
    ways = tuple(regional)
    return (
        *(Cell(arm, 0) for arm in PLAIN),
        *(Cell(arm, regions) for regions in preset.regions for arm in ways),
    )


def visits(preset: Preset) -> Iterator[tuple[int, Cell]]:
    """Round by round, every cell that has its turn in it."""
    for turn in range(preset.rounds):
        yield from ((turn, cell) for cell in cells(preset) if turn < rounds_of(preset, cell))


def rounds_of(preset: Preset, cell: Cell) -> int:
    """In how many rounds the cell is timed."""
    return min(preset.rounds, preset.rare.get(cell.arm, preset.rounds))


def clock(preset: Preset) -> Callable[[], float]:
    """Seconds: of the GPU once it has done what it was given, or of all processor cores of this process.

    The processor's own count leaves out what other programs take of a busy machine.
    """
    if preset.device != "cuda":
        return time.process_time

    def synchronised() -> float:
        torch.cuda.synchronize()
        return time.perf_counter()

    return synchronised


def visit(material: Material, cell: Cell, turn: int) -> Row:
    """One row: seconds to open a layout, of its first injected step, of a further one and of one after.

    The layout is another one in every round, so opening is a second call with another layout. `peak` is how
    many bytes more than before a CUDA device held, None elsewhere.
    """
    preset, now = material.preset, clock(material.preset)
    owner = layouts(preset, cell.regions or 2)[turn % 2]
    before = _memory_before(preset)
    start = now()
    with ARMS[cell.arm](material, owner, cell.regions) as steps:
        opened = now()
        steps.injected()
        first = now()
        injected = median([_timed(steps.injected, now) for _ in range(preset.again)] or [first - opened])
        peak = None if before is None else torch.cuda.max_memory_allocated() - before
        after = _timed(steps.after, now) if steps.after else injected
    return {
        "id": cell.row_id(turn),
        "arm": cell.arm,
        "regions": cell.regions,
        "round": turn,
        "open": opened - start,
        "first": first - opened,
        "injected": injected,
        "after": after,
        "peak": peak,
    }


def _timed(step: Callable[[], object], now: Callable[[], float]) -> float:
    start = now()
    step()
    return now() - start


def _memory_before(preset: Preset) -> int | None:
    if preset.device != "cuda":
        return None
    torch.cuda.reset_peak_memory_stats()
    return torch.cuda.memory_allocated()


def told(preset: Preset) -> dict[str, Any]:
    """What rows depend on: rows of another machine, size or version belong into another folder."""
    return {
        "preset": preset.name,
        "device": device_name(preset),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "config": dict(preset.config),
        "tokens": preset.tokens,
        "prompts": [preset.padded, preset.own],
        "steps": [preset.injected, preset.steps],
    }


def device_name(preset: Preset) -> str:
    """What it runs on, as the system calls it."""
    if preset.device == "cuda":
        return torch.cuda.get_device_name()
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def timed_rows(preset: Preset, folder: Path, material: Callable[[], Material]) -> Iterator[tuple[Row, bool]]:
    """Rows in order, each with whether it was made now; those that `folder` holds are not made again.

    The material is only made where a row is missing. Raises `UserError` where the folder holds another run.
    """
    earlier = open_run(folder, told(preset))
    made: Material | None = None
    for turn, cell in visits(preset):
        found = earlier.get(cell.row_id(turn))
        if found is not None:
            yield found, False
            continue
        made = made or material()
        row = visit(made, cell, turn)
        append(folder, row)
        yield row, True
