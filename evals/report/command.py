"""`scenewright report RUN [RUN …]`: runs of pictures as one HTML page, and their tables as Markdown.

The page needs no network. It has the arms, means with intervals, paired differences, failures, and every
picture beside its plan, the worst first. Shards of one run are joined; a run need not be finished. stdout
gets the tables as Markdown; --results writes them as a document with date and commit.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from evals.report.document import INTERVAL, write_document
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
    add = parser.add_argument
    add("runs", type=Path, nargs="+", metavar="RUN", help="the --out folder of a run")
    add("--out", type=Path, default=Path("report.html"), help="file of the page (default: report.html)")
    add("--results", type=Path, metavar="FILE", help="a document for the tables; its notes are kept")
    add("--title", default="Pictures", help="the document's title (default: Pictures)")
    options = parser.parse_args(arguments)
    try:
        runs = read_runs(options.runs)
        write_atomic(options.out, page(runs).encode())
        tables = markdown(runs)
        if options.results is not None:
            names = " ".join(str(folder) for folder in options.runs)
            facts = {
                "Command": f"`scenewright report {names} --results FILE`, of the runs below",
                "Interval": f"{INTERVAL}; differences are paired",
            }
            write_document(options.results, options.title, facts, tables)
    except ScenewrightError as error:
        print(f"scenewright: {in_options(error)}", file=sys.stderr)
        return 2 if isinstance(error, UserError) else 1
    sys.stdout.write(tables)
    return 0


if __name__ == "__main__":
    sys.exit(main())
