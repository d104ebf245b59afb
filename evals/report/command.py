"""`scenewright report RUN [RUN …]`: runs of pictures as one page, and their tables as Markdown.

The page is one HTML file that needs no network: arms, intervals, paired differences and failures, and every
picture beside its plan, the worst first. Shards of one run are joined; a run need not be finished. stdout
gets the tables as Markdown.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from evals.report.markdown import markdown
from evals.report.page import page
from evals.report.runs import read_runs
from planner.errors import ScenewrightError, UserError
from planner.files import write_atomic
from renderer.progress import in_options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="scenewright report", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="the --out folder of a run")
    parser.add_argument("--out", type=Path, default=Path("report.html"), help="report.html if left out")
    options = parser.parse_args(arguments)
    try:
        runs = read_runs(options.runs)
        write_atomic(options.out, page(runs).encode())
    except ScenewrightError as error:
        print(f"scenewright: {in_options(error)}", file=sys.stderr)
        return 2 if isinstance(error, UserError) else 1
    sys.stdout.write(markdown(runs))
    return 0


if __name__ == "__main__":
    sys.exit(main())
