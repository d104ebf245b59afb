"""`python -m evals.speed --preset NAME --out DIR`: what regions cost, timed and counted.

Every way to draw is timed in turns at 2, 4, 8 and 16 regions: plain FLUX, the paper's own way with a dense
mask, RPG's way with a pass for each region, and the renderer's `paper` and `fast`. Rows are kept in DIR, so
that an interrupted run continues there; its summary is written beside them. Exit code 2 if the folder holds
another run or the device is missing.

That is done for FLUX.1, with the presets `cpu` and `flux-dev`. A model's short name is a preset that counts
what its regions cost at its real size, and times it too where there is a CUDA device.
"""

import argparse
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import track

from evals.report.document import write_document
from evals.run.rows import finish
from evals.speed.families import COUNTED
from evals.speed.family_counts import measured, shown
from evals.speed.inputs import FLUX_DEV, PRESETS, Inputs, Preset, random_inputs, random_transformer
from evals.speed.overhead import SIZE, building_seconds, compiled_calls, import_seconds
from evals.speed.summary import note, summarise, table
from evals.speed.timing import schedule, timed_rows
from planner.errors import UserError
from planner.files import write_atomic
from planner.scene import MAX_REGIONS
from renderer.progress import in_options

COUNTS = "counts.json"
"""The file of a model's figures in the folder of its run."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Time, count and print; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m evals.speed", description=__doc__)
    parser.add_argument(
        "--preset",
        choices=[*dict.fromkeys([*PRESETS, *COUNTED])],
        default="cpu",
        help="what is timed, and where",
    )
    parser.add_argument(
        "--out", type=Path, default=None, help="the run's folder (default: runs/speed-PRESET)"
    )
    parser.add_argument(
        "--compile", action="store_true", help="also print how often torch.compile compiles again"
    )
    parser.add_argument("--results", type=Path, metavar="FILE", help="a document for it; its notes are kept")
    options = parser.parse_args(arguments)
    out = options.out or Path("runs") / f"speed-{options.preset}"
    on_cuda = torch.cuda.is_available()
    counted = options.preset not in PRESETS or (options.preset == FLUX_DEV.name and not on_cuda)
    if counted and options.compile:
        parser.error("--compile is for cpu, and for flux-dev on a CUDA device")
    try:
        if counted:
            text = count(options.preset, out, "cuda" if on_cuda else None)
        else:
            text = run(PRESETS[options.preset], out) + _overhead(options.compile)
        if options.results is not None:
            facts = {
                "Command": f"`python -m evals.speed --preset {options.preset}`",
                "Interval": "medians, with quartiles over rounds",
            }
            write_document(options.results, "Speed and memory", facts, text)
    except UserError as error:
        print(f"scenewright: {in_options(error)}", file=sys.stderr)
        return 2
    sys.stdout.write(text)
    return 0


def count(name: str, out: Path, device: str | None) -> str:
    """Count the model of a short name, time it on the device, if any, and return it as Markdown.

    The figures are written into `out` as JSON.
    """
    figures = measured(name, device)
    out.mkdir(parents=True, exist_ok=True)
    write_atomic(out / COUNTS, (json.dumps(figures, indent=2) + "\n").encode())
    return shown(figures)


def _overhead(compiling: bool) -> str:
    rasterising, grouping = building_seconds()
    lines = [
        f"{MAX_REGIONS} regions at {SIZE.width} x {SIZE.height}: rasterised in {1000 * rasterising:.1f} ms, "
        f"grouped in {1000 * grouping:.1f} ms. The renderer's import adds {import_seconds():.2f} s to "
        "that of diffusers."
    ]
    for arm in ("paper", "fast") if compiling else ():
        graphs = "; ".join(f"{compiled.call}: {compiled.graphs}" for compiled in compiled_calls(arm))
        lines.append(f"Graphs that torch.compile makes for {arm}, call by call: {graphs}.")
    return "\n" + "\n\n".join(lines) + "\n"


def run(preset: Preset, out: Path) -> str:
    """Time the rows that `out` lacks, write its summary, and return the table and its note as Markdown.

    Raises `UserError` if the folder holds another run or the device is missing.
    """
    if preset.device == "cuda" and not torch.cuda.is_available():
        raise UserError(f"{preset.name}: needs a CUDA device, and there is none; take cpu", "preset")

    def make_inputs() -> Inputs:
        return random_inputs(preset, random_transformer(preset), max(preset.regions))

    progress = Console(stderr=True)
    rows = [
        *track(
            timed_rows(preset, out, make_inputs),
            "timing",
            total=len(schedule(preset)),
            console=progress,
            disable=not progress.is_terminal,
        )
    ]
    summary = summarise(preset, rows)
    finish(out, rows, summary)
    figures = io.StringIO()
    Console(width=400, file=figures).print(table(summary))
    figures.write(f"\n{note(summary)}\n")
    return figures.getvalue()


if __name__ == "__main__":
    sys.exit(main())
