"""`python -m evals.speed --preset cpu|flux-dev --out DIR`: what regions cost, timed and counted.

Every way to draw is timed in turns at 2, 4, 8 and 16 regions: plain FLUX, the paper's own way with a dense
mask, RPG's way with a pass a region, and the renderer's `paper` and `fast`. Rows are kept in DIR, so a run
that was cut off goes on there; its summary is written beside them. Exit code 2 for a folder of another run
or a device that is not there.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import track

from evals.run.rows import finish
from evals.speed.material import Material, random_material
from evals.speed.presets import PRESETS, Preset, random_transformer
from evals.speed.recompiles import recompiles
from evals.speed.startup import SIZE, building_seconds, import_seconds
from evals.speed.summary import summarise
from evals.speed.table import note, table
from evals.speed.timing import timed_rows, visits
from planner.errors import UserError
from planner.scene import MAX_REGIONS
from renderer.progress import in_options


@dataclass(frozen=True)
class Options:
    """What the command is told."""

    preset: Preset
    out: Path
    compile: bool


def parse(arguments: Sequence[str] | None) -> Options:
    """The options; a wrong one ends the program with a line that says what is right."""
    parser = argparse.ArgumentParser(prog="python -m evals.speed", description=__doc__)
    parser.add_argument("--preset", choices=[*PRESETS], default="cpu", help="what is timed, and where")
    parser.add_argument(
        "--out", type=Path, default=None, help="the run's folder (default: runs/speed-PRESET)"
    )
    parser.add_argument(
        "--compile", action="store_true", help="also tell how often torch.compile compiles anew"
    )
    given = parser.parse_args(arguments)
    return Options(PRESETS[given.preset], given.out or Path("runs") / f"speed-{given.preset}", given.compile)


def main(arguments: Sequence[str] | None = None) -> int:
    """Time, count and print; returns the exit code."""
    options = parse(arguments)
    try:
        run(options.preset, options.out)
    except UserError as error:
        print(f"scenewright: {in_options(error)}", file=sys.stderr)
        return 2
    _tell_startup()
    if options.compile:
        _tell_recompiles()
    return 0


def run(preset: Preset, out: Path) -> None:
    """Time what `out` lacks, write its summary and print the table. Raises `UserError` for a folder of
    another run, or where there is no such device.
    """
    if preset.device == "cuda" and not torch.cuda.is_available():
        raise UserError(f"--preset {preset.name}: needs a CUDA device, and there is none; take --preset cpu")

    def material() -> Material:
        return random_material(preset, random_transformer(preset), max(preset.regions))

    progress = Console(stderr=True)
    rows = track(
        timed_rows(preset, out, material),
        "timing",
        total=sum(1 for _ in visits(preset)),
        console=progress,
        disable=not progress.is_terminal,
    )
    timed = [*rows]
    summary = summarise(preset, timed)
    finish(out, timed, summary)
    console = Console(width=400)
    console.print(table(summary))
    print(f"\n{note(summary)}")


def _tell_startup() -> None:
    rastered, grouped = building_seconds()
    print(f"\n{MAX_REGIONS} regions at {SIZE.width} x {SIZE.height}: ", end="")
    print(f"rasterised in {1000 * rastered:.1f} ms, grouped in {1000 * grouped:.1f} ms.")
    print(f"The renderer's import adds {import_seconds():.2f} s to that of diffusers.")


def _tell_recompiles() -> None:
    for arm in ("paper", "fast"):
        told = "; ".join(f"{compiled.call}: {compiled.graphs}" for compiled in recompiles(arm))
        print(f"Graphs that torch.compile makes for {arm}, call by call: {told}.")


if __name__ == "__main__":
    sys.exit(main())
