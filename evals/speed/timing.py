"""Arms timed in turns, a row a visit, so that what slows a machine for a while slows them all."""

import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import torch

from evals.run.rows import Row, append, open_run
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
        """The id of its row in one round."""
        return f"{turn}/{self.arm}/{self.regions}"


class TimingRow(Row):
    """Seconds that one cell took in one round.

    `open` is the time to open a layout, `first` that of its first injected step, `injected` that of a further
    one, and `after` that of a step after the injected ones. `peak` is by how many bytes the memory of a CUDA
    device grew, None elsewhere.
    """

    arm: str
    regions: int
    round: int
    open: float
    first: float
    injected: float
    after: float
    peak: int | None


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


def visit(material: Material, cell: Cell, turn: int) -> TimingRow:
    """Time one cell. Every round has another layout, so opening it is a second call with a new layout."""
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
    return TimingRow(
        id=cell.row_id(turn),
        arm=cell.arm,
        regions=cell.regions,
        round=turn,
        open=opened - start,
        first=first - opened,
        injected=injected,
        after=after,
        peak=peak,
    )


def _timed(step: Callable[[], object], now: Callable[[], float]) -> float:
    start = now()
    step()
    return now() - start


def _memory_before(preset: Preset) -> int | None:
    if preset.device != "cuda":
        return None
    torch.cuda.reset_peak_memory_stats()
    return torch.cuda.memory_allocated()


def run_record(preset: Preset) -> dict[str, Any]:
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


def timed_rows(preset: Preset, folder: Path, material: Callable[[], Material]) -> Iterator[TimingRow]:
    """Rows in order; those that `folder` holds are not made again.

    The material is only made where a row is missing. Raises `UserError` where the folder holds another run.
    """
    earlier = open_run(folder, run_record(preset), TimingRow)
    made: Material | None = None
    for turn, cell in visits(preset):
        found = earlier.get(cell.row_id(turn))
        if found is not None:
            yield found
            continue
        made = made or material()
        row = visit(made, cell, turn)
        append(folder, row)
        yield row
