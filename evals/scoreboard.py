"""`python -m evals.scoreboard RUN [RUN …]`: the summaries of benchmark runs as one Markdown table.

Every figure of a run at the stage of the plan is a proxy for the picture, and the table says so.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from evals.report.document import INTERVAL, write_document
from evals.run.rows import SUMMARY
from planner.bounded import parse_json, read_text
from planner.errors import UserError
from planner.faults import explain
from renderer.progress import in_options

TITLES = ("benchmark", "planner", "prompts", "failed", "what", "mean (95 %)", "n", "seconds, median / 95th")
NOT_SHARES = frozenset(["mean absolute error"])
"""Metrics that are numbers of things, not shares."""

PROXY = "Figures are of plans, by boxes and words: proxies for the picture."


class Figure(BaseModel):
    """A mean with its interval."""

    mean: float
    low: float
    high: float
    n: int


class PlanSummary(BaseModel):
    """The summary.json of a run of plans, as far as the table has it."""

    benchmark: str
    planner: str
    model: str | None
    profile: str | None = None
    stage: str
    n: int
    failures: int
    metrics: dict[str, Figure | None]
    overlap: int
    lost: int
    off_canvas: int
    median_seconds: float
    p95_seconds: float
    tokens: dict[str, int | None] | None = None
    cost: float | None = None


def scoreboard(runs: Sequence[Mapping[str, Any]]) -> str:
    """The table of runs' summaries, with a line for each metric."""
    optional = {title: of_run for title, of_run in COSTS.items() if any(map(of_run, runs))}
    titles = [*TITLES, *optional]
    lines = [titles, ["---"] * len(titles)]
    for run in runs:
        figures = [(name, _mean(name, metric), str(metric["n"])) for name, metric in run["metrics"].items()]
        faults = f"{run['overlap']} / {run['lost']} / {run['off_canvas']}"
        figures.append(("tokens overlapping / regions lost / off the canvas", faults, str(run["n"])))
        profile = run.get("profile")
        chosen = f" ({profile})" if profile and profile != "auto" else ""
        planner = f"{run['model']}{chosen}" if run["model"] else run["planner"]
        of_run = [run["benchmark"], planner, str(run["n"]), str(run["failures"])]
        seconds = f"{run['median_seconds']:.3f} / {run['p95_seconds']:.3f}"
        costs = [seconds, *(cost(run) for cost in optional.values())]
        # What is true of the whole run is only on its first line.
        lines.append([*of_run, *figures[0], *costs])
        lines += [[""] * len(of_run) + [*figure] + [""] * len(costs) for figure in figures[1:]]
    return "\n".join([PROXY, "", *(f"| {' | '.join(line)} |" for line in lines)]) + "\n"


def _mean(name: str, metric: Mapping[str, float]) -> str:
    """A metric's mean with its interval."""
    mean, low, high = (metric[part] for part in ("mean", "low", "high"))
    if name in NOT_SHARES:
        return f"{mean:.2f} ({low:.2f} to {high:.2f})"
    return f"{100 * mean:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def _tokens(run: Mapping[str, Any]) -> str:
    """Mean tokens read and written for a prompt; empty if no language model was asked."""
    tokens = run.get("tokens") or {}
    if tokens.get("prompt") is None or tokens.get("completion") is None:
        return ""
    return f"{tokens['prompt'] / run['n']:.0f} + {tokens['completion'] / run['n']:.0f}"


def _dollars(run: Mapping[str, Any]) -> str:
    """Mean dollars for a prompt; empty if no price was given."""
    cost = run.get("cost")
    return "" if cost is None else f"{cost / run['n']:.6f}"


COSTS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "tokens a prompt, in + out": _tokens,
    "dollars a prompt": _dollars,
}
"""Columns that the table only has if they are filled for some run."""


def read_summary(folder: Path) -> Mapping[str, Any]:
    """The summary of a finished run. Raises `UserError` if the folder has none."""
    try:
        summary = parse_json(read_text(folder / SUMMARY))
    except UserError as error:
        raise UserError(f"{folder}: holds no {SUMMARY} of a finished run ({error.text})") from error
    if not isinstance(summary, dict):
        raise UserError(f"{folder}: holds no {SUMMARY} of a finished run")
    return summary


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m evals.scoreboard", description=__doc__)
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="the --out folder of a run")
    parser.add_argument("--results", type=Path, metavar="FILE", help="a document for it; its notes are kept")
    options = parser.parse_args(arguments)
    try:
        summaries = list[Mapping[str, Any]]()
        for folder in options.runs:
            summary = read_summary(folder)
            if summary.get("stage") != "plan":
                raise UserError(
                    f"{folder}: is not a run of plans; scenewright report {folder} shows runs of pictures"
                )
            try:
                summaries.append(PlanSummary.model_validate(summary).model_dump())
            except ValidationError as error:
                raise UserError(f"{folder / SUMMARY}: {explain(error)}") from error
        text = scoreboard(summaries)
        if options.results is not None:
            facts = {
                "Commands": "`scenewright eval NAME --data … --out runs/NAME` for each, then "
                "`python -m evals.scoreboard runs/… --results FILE`",
                "n": "prompts; the column n of a metric counts the prompts that have it",
                "Interval": INTERVAL,
            }
            write_document(options.results, "Plans", facts, text)
        sys.stdout.write(text)
    except UserError as error:
        print(f"scenewright: {in_options(error)}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
