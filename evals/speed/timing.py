"""Times all arms in turns, with a row each time, so that a slow phase of the machine slows them all."""

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
from evals.speed.inputs import Inputs, Preset, layouts

PLAIN = ("plain", "plain, trimmed")
"""Arms without regions, which the others are compared with."""


@dataclass(frozen=True)
class Cell:
    """A line of the table: an arm, and the number of regions, which is 0 for a picture without."""

    arm: str
    regions: int

    def row_id(self, turn: int) -> str:
        """The id of its row in one round."""
        return f"{turn}/{self.arm}/{self.regions}"


class TimingRow(Row):
    """Seconds that one cell took in one round.

    `open` is the time to open a layout, `first` that of its first injected step, `injected` that of a further
    one, and `after` that of a step after the injected ones. `peak` is the growth of a CUDA device's memory in
    bytes, None elsewhere.
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
    """All cells, in the order in which a round times them."""
    regional = [arm for arm in ARMS if arm not in PLAIN]
    return (
        *(Cell(arm, 0) for arm in PLAIN),
        *(Cell(arm, regions) for regions in preset.regions for arm in regional),
    )


def schedule(preset: Preset) -> list[tuple[int, Cell]]:
    """Round by round, every cell that is timed in it."""
    return [
        (turn, cell)
        for turn in range(preset.rounds)
        for cell in cells(preset)
        if turn < preset.fewer_rounds.get(cell.arm, preset.rounds)
    ]


def time_cell(inputs: Inputs, cell: Cell, turn: int) -> TimingRow:
    """Time one cell. Each round has another layout than the last, as in a run with changing layouts."""
    preset, now = inputs.preset, _clock(inputs.preset)
    owner = layouts(preset, cell.regions or 2)[turn % 2]
    on_cuda = preset.device == "cuda"
    if on_cuda:
        torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated() if on_cuda else 0

    def seconds(step: Callable[[], object]) -> float:
        start = now()
        step()
        return now() - start

    start = now()
    with ARMS[cell.arm](inputs, owner, cell.regions) as steps:
        opened = now()
        steps.injected()
        first = now()
        injected = median([seconds(steps.injected) for _ in range(preset.repeats)] or [first - opened])
        peak = torch.cuda.max_memory_allocated() - before if on_cuda else None
        after = seconds(steps.after) if steps.after else injected
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


def _clock(preset: Preset) -> Callable[[], float]:
    """A clock in seconds: of the GPU when it has finished its work, or of this process on all cores.

    The time of this process leaves out what other programs take of a busy machine.
    """
    if preset.device != "cuda":
        return time.process_time

    def synchronised() -> float:
        torch.cuda.synchronize()
        return time.perf_counter()

    return synchronised


def run_record(preset: Preset) -> dict[str, Any]:
    """What rows depend on: rows of another machine, size or version belong into another folder."""
    if preset.device == "cuda":
        device = torch.cuda.get_device_name()
    else:
        info = Path("/proc/cpuinfo")
        lines = info.read_text("utf-8").splitlines() if info.exists() else []
        names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
        device = next(names, platform.processor() or platform.machine())
    return {
        "preset": preset.name,
        "device": device,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "config": dict(preset.config),
        "tokens": preset.tokens,
        "prompts": [preset.padded, preset.trimmed],
        "steps": [preset.injected, preset.steps],
    }


def timed_rows(preset: Preset, folder: Path, make_inputs: Callable[[], Inputs]) -> Iterator[TimingRow]:
    """All rows in order; those that `folder` holds are not timed again.

    The inputs are only made if a row is missing. Raises `UserError` if the folder holds another run.
    """
    earlier = open_run(folder, run_record(preset), TimingRow)
    inputs: Inputs | None = None
    for turn, cell in schedule(preset):
        row = earlier.get(cell.row_id(turn))
        if row is None:
            inputs = inputs or make_inputs()
            row = time_cell(inputs, cell, turn)
            append(folder, row)
        yield row
