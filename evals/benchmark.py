"""`scenewright eval BENCHMARK --out DIR`: plan a benchmark's prompts, or draw them too, and score them.

At --stage plan the plan is scored, as a proxy for the picture. At --stage image every prompt is planned
once and drawn by each --arm from the same noise, and the arms are compared picture by picture. An
interrupted run is resumed by the same command. Exit code 2 for wrong input, 1 where a prompt failed or
the network, a model or the disk did.
"""

import sys
from collections.abc import Sequence

from rich.console import Console

from evals.run.options import parse
from evals.run.plan_stage import plan_all
from evals.run.tables import show_pictures, show_plans
from evals.run.workers import check_crew
from planner.errors import ScenewrightError, UserError
from renderer.progress import in_options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    options = parse(arguments, __doc__)
    try:
        check_crew(options.crew())
        if options.stage == "image":
            from evals.run.picture_stage import draw_all

            summary, show = draw_all(options), show_pictures
        else:
            options.check_plan_stage()
            summary, show = plan_all(options), show_plans
    except ScenewrightError as error:
        print(f"scenewright: {in_options(error)}", file=sys.stderr)
        return 2 if isinstance(error, UserError) else 1
    if summary is None:
        return 0
    if not options.quiet:
        show(summary, Console())
    return 1 if summary["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
