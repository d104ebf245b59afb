"""`python -m evals.scoreboard RUN [RUN …]`: the summaries of benchmark runs as one Markdown table.

Every figure of a run at the stage of the plan is a proxy for the picture, and the table says so.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.run.rows import SUMMARY
from planner.errors import UserError
from renderer.progress import in_options

TITLES = ("benchmark", "planner", "prompts", "failed", "what", "mean (95 %)", "n", "seconds, median / 95th")
NO_SHARES = frozenset(["mean absolute error"])
"""Metrics that are numbers of things and no shares."""

STAGES = {"plan": "Figures are of plans, by boxes and words: proxies for the picture."}


def scoreboard(runs: Sequence[Mapping[str, Any]]) -> str:
    """The table of runs' summaries, a line a metric, with what is a proxy said above it."""
    said = [STAGES[stage] for stage in dict.fromkeys(run["stage"] for run in runs)]
    spent = [title for title, told in SPENT.items() if any(told(run) for run in runs)]
    titles = (*TITLES, *spent)
    lines = [_line(titles), _line(["---"] * len(titles))]
    lines += [line for run in runs for line in _lines(run, spent)]
    return "\n".join([*said, "", *lines]) + "\n"


def _tokens(run: Mapping[str, Any]) -> str:
    """Tokens read and written for a prompt, on the mean; nothing where no language model was asked."""
    told = run.get("tokens") or {}
    if told.get("prompt") is None or told.get("completion") is None:
        return ""
    return f"{told['prompt'] / run['n']:.0f} + {told['completion'] / run['n']:.0f}"


def _dollars(run: Mapping[str, Any]) -> str:
    """Dollars for a prompt, on the mean; nothing where no price was given."""
    cost = run.get("cost")
    return "" if cost is None else f"{cost / run['n']:.6f}"


SPENT: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "tokens a prompt, in + out": _tokens,
    "dollars a prompt": _dollars,
}
"""Columns that are there where some run has something for them."""


def _planner(run: Mapping[str, Any]) -> str:
    """Who planned: the model, with the profile if one was chosen."""
    profile = run.get("profile")
    chosen = f" ({profile})" if profile and profile != "auto" else ""
    return f"{run['model']}{chosen}" if run["model"] else run["planner"]


def _lines(run: Mapping[str, Any], spent: Sequence[str]) -> Iterator[str]:
    """A line a metric; what holds for the whole run stands on the first."""
    faults = f"{run['overlap']} / {run['lost']} / {run['off_canvas']}"
    figures = [(name, _interval(name, told), str(told["n"])) for name, told in run["metrics"].items()]
    figures.append(("tokens overlapping / regions lost / off the canvas", faults, str(run["n"])))
    whole = [run["benchmark"], _planner(run), str(run["n"]), str(run["failures"])]
    times = f"{run['median_seconds']:.3f} / {run['p95_seconds']:.3f}"
    taken = [times, *(SPENT[title](run) for title in spent)]
    yield _line([*whole, *figures[0], *taken])
    yield from (_line([*[""] * len(whole), *figure, *[""] * len(taken)]) for figure in figures[1:])


def _interval(name: str, told: Mapping[str, float]) -> str:
    values = [told[part] for part in ("mean", "low", "high")]
    if name in NO_SHARES:
        mean, low, high = (f"{value:.2f}" for value in values)
        return f"{mean} ({low} to {high})"
    mean, low, high = (f"{100 * value:.1f}" for value in values)
    return f"{mean} % ({low} to {high})"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def read_summary(folder: Path) -> Mapping[str, Any]:
    """The summary of a finished run. Raises `UserError` where the folder holds none."""
    try:
        return json.loads((folder / SUMMARY).read_text("utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise UserError(f"{folder}: holds no {SUMMARY} of a finished run") from error


def _of_plans(folder: Path) -> Mapping[str, Any]:
    """The summary of a run whose figures the table can show."""
    summary = read_summary(folder)
    if summary.get("stage") not in STAGES:
        raise UserError(f"{folder}: is no run of plans; for pictures there is scenewright report {folder}")
    return summary


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m evals.scoreboard", description=__doc__)
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="the --out folder of a run")
    folders: list[Path] = parser.parse_args(arguments).runs
    try:
        sys.stdout.write(scoreboard([_of_plans(folder) for folder in folders]))
    except UserError as error:
        print(f"scenewright: {in_options(error)}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
