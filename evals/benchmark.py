"""`scenewright eval BENCHMARK --data PATH --out DIR`: a benchmark's prompts planned, scored, and summed up.

What is scored is the plan, a proxy for the picture. A run that was stopped, however, goes on with the same
command. Exit code 2 for wrong input, 1 where some prompt failed or the world did.
"""

import argparse
import hashlib
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from evals.benchmarks.registry import BENCHMARKS
from evals.benchmarks.samples import Sample
from evals.planning.rows import append, finish, open_run
from evals.planning.summary import summary
from evals.planning.workers import Task, answers
from planner.builtin import BuiltinPlanner
from planner.errors import ScenewrightError, UserError
from planner.llm.named import NamedPlanner
from planner.llm.usage import Price, in_words, read_price
from planner.local.server import reached
from planner.plans import Planner, Size, Usage, read_size

PLANNERS = ("builtin", "llm")
PROFILES = ("auto", "full", "small", "details")


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    benchmark: str
    data: Path
    out: Path
    stage: str
    planner: str
    llm: str | None
    llm_profile: Literal["auto", "full", "small", "details"]
    llm_price: Price | None
    no_cache: bool
    size: Size
    seed: int
    workers: int
    limit: int | None
    quiet: bool

    def named(self) -> NamedPlanner | None:
        """The model that plans, or None. Raises `UserError` where planner and model don't go together."""
        if (self.planner == "llm") != (self.llm is not None):
            raise UserError("--planner llm goes with --llm MODEL, and --planner builtin without")
        if self.llm is None:
            return None
        planner = NamedPlanner(self.llm, self.seed, not self.no_cache, self.llm_profile)
        planner.check()
        return planner


def run(options: Options) -> Mapping[str, Any]:
    """Plan every prompt that has no row yet, and write rows and summary; returns the summary.

    Raises `UserError` before anything is written where data or folder are wrong.
    """
    named = options.named()
    samples = spread(BENCHMARKS[options.benchmark].read(options.data), options.limit)
    _check_ids(samples, options.data)
    told = _told(options, samples)
    rows = open_run(options.out, told)
    left = [sample for sample in samples if sample.id not in rows]
    with (
        _ready(named if left else None) as planner,
        Progress(console=Console(stderr=True), disable=options.quiet) as progress,
    ):
        bar = progress.add_task(options.benchmark, total=len(samples), completed=len(samples) - len(left))
        task = Task(options.benchmark, options.seed, options.size, planner, options.llm_price)
        for row in answers(task, left, options.workers):
            append(options.out, row)
            rows[row["id"]] = row
            progress.advance(bar)
    ordered = [rows[sample.id] for sample in samples]
    result = summary(told, ordered)
    finish(options.out, ordered, result)
    return result


@contextmanager
def _ready(named: NamedPlanner | None) -> Generator[Planner, None, None]:
    """The planner of all prompts: the built-in one, or a model that is served until they are done."""
    if named is None:
        yield BuiltinPlanner()
        return
    with reached(named.llm) as served:
        yield named.at(served)


def _check_ids(samples: Sequence[Sample[Any]], data: Path) -> None:
    seen = set[int | str]()
    for sample in samples:
        if sample.id in seen:
            raise UserError(f"--data {data}: the id {sample.id!r} stands there twice")
        seen.add(sample.id)


def spread(samples: Sequence[Sample[Any]], limit: int | None) -> Sequence[Sample[Any]]:
    """At most `limit` of the samples, evenly spread: benchmarks stand in blocks of one kind."""
    if limit is None or limit >= len(samples):
        return samples
    return [samples[place * len(samples) // limit] for place in range(limit)]


def _told(options: Options, samples: Sequence[Sample[Any]]) -> dict[str, Any]:
    """What tells this run from others: rows of two runs are never mixed."""
    prompts = "\0".join(f"{sample.id}\0{sample.prompt}" for sample in samples)
    return {
        "benchmark": options.benchmark,
        "stage": options.stage,
        "prompts": hashlib.sha256(prompts.encode()).hexdigest()[:16],
        "planner": options.planner,
        "model": options.llm,
        "profile": options.llm_profile if options.llm else None,
        "price": options.llm_price and asdict(options.llm_price),
        "seed": options.seed,
        "size": options.size.model_dump(),
    }


def show(result: Mapping[str, Any], console: Console) -> None:
    """The summary as a table."""
    table = Table(title=f"{result['benchmark']}, plans by {result['model'] or result['planner']}")
    for title in ("", "mean", "95 %", "n"):
        table.add_column(title, justify="left" if not title else "right")
    for name, told in [*result["metrics"].items(), ("coverage", result["coverage"])]:
        if told:
            table.add_row(
                name, f"{told['mean']:.3f}", f"{told['low']:.3f} to {told['high']:.3f}", str(told["n"])
            )
    console.print(table)
    console.print(
        f"{result['n']} prompts, {result['failures']} failed; overlapping tokens {result['overlap']}, "
        f"lost regions {result['lost']}, off the canvas {result['off_canvas']}; "
        f"median {result['median_seconds']} s, 95th percentile {result['p95_seconds']} s"
    )
    if result["tokens"]:
        told = in_words(Usage.model_validate(result["tokens"]), result["cost"])
        console.print(f"the language model took {told}")
    for reason, count in result["reasons"].items():
        console.print(f"failed, {count} ×: {reason}", markup=False)


def parse(arguments: Sequence[str] | None = None) -> Options:
    """The command line as options."""
    parser = argparse.ArgumentParser(
        prog="scenewright eval", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    option = parser.add_argument
    option("benchmark", choices=tuple(BENCHMARKS), metavar="BENCHMARK", help=", ".join(BENCHMARKS))
    option("--data", type=Path, required=True, help="the upstream file, or the folder that holds it")
    option("--out", type=Path, required=True, help="folder for rows.jsonl and summary.json")
    option("--stage", choices=("plan",), default="plan", help="plan: score plans, without a picture")
    option("--planner", choices=PLANNERS, default="builtin")
    option("--llm", metavar="MODEL", help="the model that --planner llm asks, as in scenewright --llm")
    option("--llm-profile", choices=PROFILES, default="auto", help="what it is asked for, as in scenewright")
    option("--llm-price", type=_price, metavar="IN,OUT", help="dollars a million tokens read and written")
    option("--no-cache", action="store_true", help="ask the model anew where its replies are kept")
    option("--size", type=_size, default=Size(), metavar="WIDTHxHEIGHT", help="1024x1024 if left out")
    option("--seed", type=int, default=0)
    option("--workers", type=_positive, default=1, help="processes that plan side by side")
    option("--limit", type=_positive, help="only so many prompts, evenly spread")
    option("--quiet", action="store_true", help="no progress and no table")
    return Options(**vars(parser.parse_args(arguments)))


def _size(text: str) -> Size:
    try:
        return read_size(text)
    except UserError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _price(text: str) -> Price:
    try:
        return read_price(text)
    except UserError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: should be a whole number from 1")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    options = parse(arguments)
    try:
        result = run(options)
    except ScenewrightError as error:
        print(f"scenewright: {error}", file=sys.stderr)
        return 2 if isinstance(error, UserError) else 1
    if not options.quiet:
        show(result, Console())
    return 1 if result["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
