"""`scenewright ablate [BENCHMARK]`: a grid over β, T and B, as the paper's fifth figure (arXiv 2411.02395).

Every prompt is drawn with every setting, from the same plan and noise. All options of `scenewright eval
BENCHMARK --stage image` work here too, such as --data, --limit, --seeds, --model, --scorer, --arm,
--workers and --dry-run (see scenewright eval BENCHMARK --help). An interrupted run is resumed by the same
command. The default benchmark is `world`. --out gets grid.png (one prompt's pictures with their scores),
curves.png (means with 95 % intervals) and table.md (also on stdout): means and paired differences over
all prompts, and of the first metric by group.
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
from evals.ablation.table import chosen_metrics, metric_names, table
from evals.benchmarks.registry import benchmark_named
from evals.report.document import INTERVAL, write_document
from evals.report.runs import read_runs
from evals.run.arms import read_arm
from evals.run.options import Options, parse
from evals.run.picture_stage import draw_all
from evals.run.summary import metric_records
from planner.errors import ScenewrightError, UserError
from planner.faults import explain
from planner.files import write_atomic
from renderer.cards import model_card
from renderer.pictures import png_bytes
from renderer.progress import in_options
from renderer.settings import Settings

GRID, CURVES, TABLE = "grid.png", "curves.png", "table.md"


@dataclass(frozen=True)
class AblateOptions:
    """The command line: what the figures show, where they go, and the options of the run."""

    show: str | None
    metrics: tuple[str, ...]
    grid: Path
    curves: Path
    results: Path | None
    run: Options


def ablate(asked: AblateOptions) -> int:
    """Draw the missing pictures, then figures and table; returns the exit code.

    Raises `UserError` before anything is drawn where an option is wrong.
    """
    samples = {str(sample.id) for sample in asked.run.samples()}
    if asked.show is not None and asked.show not in samples:
        raise UserError(f"{asked.show}: the run has no prompt with this id", "show")
    for option, path in (("grid", asked.grid), ("curves", asked.curves)):
        if path.parent != asked.run.out and not path.parent.is_dir():
            raise UserError(f"{path}: there is no folder {path.parent}", option)
        if path.is_dir():
            raise UserError(f"{path}: is a folder; name the PNG to write", option)
    scorers = asked.run.scorers or benchmark_named(asked.run.benchmark).scorers
    metric_names(metric_records(scorers), asked.metrics)
    summary = draw_all(asked.run)
    if summary is None:
        return 0
    (run,) = read_runs([asked.run.out])
    metrics = chosen_metrics(summary, asked.metrics)
    write_atomic(asked.grid, png_bytes(sheet(run, metrics, asked.show)))
    write_atomic(asked.curves, png_bytes(curves(run, metrics)))
    text = table(run, metrics)
    write_atomic(asked.run.out / TABLE, text.encode())
    if asked.results is not None:
        facts = {"Command": "`scenewright ablate`", "Prompts": f"{len(samples)} of {asked.run.benchmark}"}
        facts["Interval"] = f"{INTERVAL}; differences are paired"
        write_document(asked.results, "Settings: β, T and B", facts, text)
    sys.stdout.write(text)
    return 1 if summary["failures"] else 0


def read(arguments: Sequence[str]) -> AblateOptions:
    """The options of a command line. Raises `UserError` that names the option."""
    named = bool(arguments) and not arguments[0].startswith("-")
    benchmark, words = (arguments[0], arguments[1:]) if named else ("world", arguments)
    own, rest = _parser().parse_known_args(words)
    run = parse([benchmark, *rest, "--stage=image"])
    grid = cells(
        _values("base_ratio", "base_ratio", own.base_ratio),
        _values("inject_steps", "inject_steps", own.inject_steps),
        _values("interval", "single_interval", own.interval),
    )
    _check_shared(own.shared)
    arms = arms_of(grid, model_card(run.model).recipe, own.shared)
    grid_file, curves_file = own.grid or run.out / GRID, own.curves or run.out / CURVES
    run = replace(run, arms=(*arms, *run.arms))
    return AblateOptions(own.show, tuple(own.metric), grid_file, curves_file, own.results, run)


def _parser() -> argparse.ArgumentParser:
    """The command's own options; the others are those of the evaluation."""
    parser = argparse.ArgumentParser(
        prog="scenewright ablate",
        usage="scenewright ablate [BENCHMARK] --out DIR [options]",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--base-ratio", default="0,0.2,0.4", metavar="X,X,…", help="values of β (default: 0,0.2,0.4)")
    add(
        "--inject-steps",
        default="40%,70%,100%",
        metavar="T,T,…",
        help="values of T, numbers of steps or shares of them (default: 40%%,70%%,100%%)",
    )
    add(
        "--interval",
        default="1,2",
        metavar="N,N,…",
        help="values of B: every N-th block is masked (default: 1,2)",
    )
    add(
        "--with",
        dest="shared",
        default="",
        metavar="SETTING=VALUE,…",
        help="settings of all cells, such as steps=8,mode=fast",
    )
    add("--show", metavar="ID", help="the prompt of grid.png (default: where the settings differ most)")
    add("--grid", type=Path, metavar="FILE", help="file of the pictures (default: grid.png in --out)")
    add("--curves", type=Path, metavar="FILE", help="file of the curves (default: curves.png in --out)")
    add("--results", type=Path, metavar="FILE", help="a document for the table; its notes are kept")
    add(
        "--metric",
        action="append",
        default=[],
        metavar="SCORER.METRIC",
        help="a metric of figures and tables. Repeatable (default: each scorer's first)",
    )
    return parser


def _check_shared(text: str) -> None:
    """Raise `UserError` where `--with` has a setting that arms lack, or one of the grid's."""
    try:
        settings = read_arm(f"{OWN}:{text}").settings
    except UserError as error:
        raise UserError(f"{text}: {error.text.partition(': ')[2]}", "with") from error
    twice = [knob for knob in KNOBS if getattr(settings, knob) is not None]
    if twice:
        raise UserError(f"{text}: {twice[0]} is a setting of the grid", "with")


def _values(option: str, setting: str, text: str) -> list[Any]:
    """The values of a setting in an option's list. Raises `UserError` that names the option."""
    values = list[Any]()
    for part in text.split(","):
        try:
            values.append(getattr(Settings.model_validate({setting: part.strip()}), setting))
        except ValidationError as error:
            raise UserError(f"{text}: {explain(error).partition(': ')[2]}", option) from error
    if len(set(values)) < len(values):
        raise UserError(f"{text}: the same value is given twice", option)
    return values


def main(arguments: Sequence[str]) -> int:
    """Run from the command line; returns the exit code."""
    try:
        return ablate(read(arguments))
    except ScenewrightError as error:
        print(f"scenewright: {in_options(error)}", file=sys.stderr)
        return 2 if isinstance(error, UserError) else 1
