"""`scenewright ablate [BENCHMARK]`: a grid over β, T and B, as the paper's fifth figure (arXiv 2411.02395).

Every prompt is drawn with every setting, from the same plan and noise, by scenewright eval --stage image:
all options of that go here too (scenewright eval BENCHMARK --help), --data, --limit, --seeds, --model,
--scorer, --arm, --workers and --dry-run among them, and a run that was stopped goes on with the same command.
The benchmark is `world` if none is named. Into --out go grid.png (one prompt's pictures with their scores),
curves.png (means with 95 % intervals) and table.md, which stdout gets too: means and paired differences of
all prompts, and of the first metric by the benchmark's groups.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evals.ablation.cells import KNOBS, OWN, arms_of, cells
from evals.ablation.curves import curves
from evals.ablation.sheet import sheet
from evals.ablation.table import chosen, metrics_of, table
from evals.benchmark import Options, parse
from evals.benchmarks.registry import benchmark_named
from evals.drawing.arms import read_arm
from evals.drawing.run import drawn
from evals.report.runs import read_runs
from planner.errors import ScenewrightError, UserError
from planner.faults import explain
from planner.files import write_atomic
from renderer.cards import model_card
from renderer.pictures import png_bytes
from renderer.progress import in_options
from renderer.settings import Settings

GRID, CURVES, TABLE = "grid.png", "curves.png", "table.md"


@dataclass(frozen=True)
class Asked:
    """The command line: what figures show, where they go, and the run that they are of."""

    show: str | None
    metrics: tuple[str, ...]
    grid: Path
    curves: Path
    run: Options


def ablate(asked: Asked) -> int:
    """Draw what is not there yet, then figures and table; returns the exit code.

    Raises `UserError` before anything is drawn where an option is wrong.
    """
    samples = {str(sample.id) for sample in asked.run.samples()}
    if asked.show is not None and asked.show not in samples:
        raise UserError(f"--show {asked.show}: the run has no prompt of this id")
    for option, path in (("grid", asked.grid), ("curves", asked.curves)):
        if path.parent != asked.run.out and not path.parent.is_dir():
            raise UserError(f"--{option} {path}: there is no folder {path.parent}")
        if path.is_dir():
            raise UserError(f"--{option} {path}: is a folder; name the PNG to write")
    metrics_of(asked.run.scorers or benchmark_named(asked.run.benchmark).scorers, asked.metrics)
    result = drawn(asked.run)
    if result is None:
        return 0
    (run,) = read_runs([asked.run.out])
    metrics = chosen(result, asked.metrics)
    write_atomic(asked.grid, png_bytes(sheet(run, metrics, asked.show)))
    write_atomic(asked.curves, png_bytes(curves(run, metrics)))
    told = table(run, metrics)
    write_atomic(asked.run.out / TABLE, told.encode())
    sys.stdout.write(told)
    return 1 if result["failures"] else 0


def read(arguments: Sequence[str]) -> Asked:
    """The command line understood. Raises `UserError` that names the option."""
    named = bool(arguments) and not arguments[0].startswith("-")
    benchmark, words = (arguments[0], arguments[1:]) if named else ("world", arguments)
    own, rest = _parser().parse_known_args(words)
    run = parse([benchmark, *rest, "--stage=image"])
    grid = cells(
        _values("base-ratio", "base_ratio", own.base_ratio),
        _values("inject-steps", "inject_steps", own.inject_steps),
        _values("interval", "single_interval", own.interval),
    )
    _check_shared(own.shared)
    arms = arms_of(grid, model_card(run.model).recipe, own.shared)
    grid_file, curves_file = own.grid or run.out / GRID, own.curves or run.out / CURVES
    run = replace(run, arms=(*arms, *run.arms))
    return Asked(own.show, tuple(own.metric), grid_file, curves_file, run)


def _parser() -> argparse.ArgumentParser:
    """What is the command's own; the rest is the evaluation's."""
    parser = argparse.ArgumentParser(
        prog="scenewright ablate",
        usage="scenewright ablate [BENCHMARK] --out DIR [options]",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    option = parser.add_argument
    told = "values of β; 0,0.2,0.4 if left out"
    option("--base-ratio", default="0,0.2,0.4", metavar="X,X,…", help=told)
    told = "values of T, numbers of steps or shares; 40%%,70%%,100%% if left out"
    option("--inject-steps", default="40%,70%,100%", metavar="T,T,…", help=told)
    told = "values of B, every how many blocks one is masked; 1,2 if left out"
    option("--interval", default="1,2", metavar="N,N,…", help=told)
    told = "what all settings share, such as steps=8,mode=fast"
    option("--with", dest="shared", default="", metavar="SETTING=VALUE,…", help=told)
    told = "the prompt of grid.png; that which the settings tell most apart, if left out"
    option("--show", metavar="ID", help=told)
    option("--grid", type=Path, metavar="FILE", help="where the pictures go; grid.png in --out if left out")
    option("--curves", type=Path, metavar="FILE", help="where the curves go; curves.png there if left out")
    told = "what is shown, several times perhaps; each scorer's first if left out"
    option("--metric", action="append", default=[], metavar="SCORER.METRIC", help=told)
    return parser


def _check_shared(text: str) -> None:
    """Raise `UserError` where `--with` says what an arm can't, or what the grid says."""
    try:
        settings = read_arm(f"{OWN}:{text}").settings
    except UserError as error:
        raise UserError(f"--with {text}: {str(error).partition(': ')[2]}") from error
    twice = [knob for knob in KNOBS if getattr(settings, knob) is not None]
    if twice:
        raise UserError(f"--with {text}: {twice[0]} is what the grid is over")


def _values(option: str, setting: str, text: str) -> list[Any]:
    """The values of a setting that an option lists. Raises `UserError` that names the option."""
    try:
        read = [
            getattr(Settings.model_validate({setting: part.strip()}), setting) for part in text.split(",")
        ]
    except ValidationError as error:
        raise UserError(f"--{option} {text}: {explain(error).partition(': ')[2]}") from error
    if len(set(read)) < len(read):
        raise UserError(f"--{option} {text}: a value stands there twice")
    return read


def main(arguments: Sequence[str]) -> int:
    """Run from the command line; returns the exit code."""
    try:
        return ablate(read(arguments))
    except ScenewrightError as error:
        print(f"scenewright: {in_options(error)}", file=sys.stderr)
        return 2 if isinstance(error, UserError) else 1
