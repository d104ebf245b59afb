"""`scenewright eval BENCHMARK --out DIR`: a benchmark's prompts planned, or drawn too, scored, and summed up.

At --stage plan the plan is scored, a proxy for the picture. At --stage image every prompt is planned once and
drawn by each --arm from the same noise; the arms are compared picture by picture. A run that was stopped,
however, goes on with the same command. Exit code 2 for wrong input, 1 where some prompt failed or the world
did.
"""

import argparse
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

from rich.console import Console
from rich.table import Table

from evals.benchmarks.registry import BENCHMARKS, benchmark_named
from evals.planning.rows import finish, open_run, sound
from evals.planning.summary import summary
from evals.planning.workers import Task, answer
from evals.runs import Samples, Shard, fingerprint, gather, samples_of
from evals.scorers.registry import SCORERS
from evals.workers import Crew, Executor, answers
from planner.chat.usage import Price, in_words, read_price
from planner.errors import ScenewrightError, UserError
from planner.llm.named import NamedPlanner
from planner.local.server import reached
from planner.plans import Planner, Size, Usage, read_size
from planner.reader.planner import ReaderPlanner
from renderer.progress import in_options

PLANNERS = ("builtin", "llm")
PROFILES = ("auto", "full", "small", "details")


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    benchmark: str
    data: Path | None
    out: Path
    stage: Literal["plan", "image"]
    planner: str
    llm: str | None
    llm_profile: Literal["auto", "full", "small", "details"]
    llm_price: Price | None
    no_cache: bool
    size: Size | None
    seed: int
    executor: Executor
    ray_address: str | None
    workers: int | None
    limit: int | None
    shard: Shard
    quiet: bool
    model: str
    arms: tuple[str, ...]
    seeds: tuple[int, ...]
    scorers: tuple[str, ...]
    score_again: tuple[str, ...]
    judge_price: Price | None
    dry_run: bool

    def samples(self) -> Samples:
        """The run's samples. Raises `UserError` where the benchmark or its data are wrong."""
        return samples_of(benchmark_named(self.benchmark), self.data, self.limit, self.shard)

    def crew(self) -> Crew:
        """Who does the work."""
        return Crew(self.executor, self.workers, self.ray_address)

    def planning_crew(self) -> Crew:
        """Who plans: a language model is asked from this machine, where its key and its cache are."""
        return self.crew() if self.llm is None else Crew(workers=self.workers)

    def check_plan_stage(self) -> None:
        """Raise `UserError` for what only pictures have."""
        if self.arms or self.scorers or self.score_again or self.judge_price or self.dry_run:
            raise UserError(
                "--arm, --scorer, --score-again, --judge-price and --dry-run go with --stage image"
            )

    def named(self) -> NamedPlanner | None:
        """The model that plans, or None. Raises `UserError` where planner and model don't go together."""
        if (self.planner == "llm") != (self.llm is not None):
            raise UserError("--planner llm goes with --llm MODEL, and the others without")
        if self.llm is None:
            return None
        planner = NamedPlanner(self.llm, self.seed, not self.no_cache, self.llm_profile)
        planner.check()
        return planner


def run(options: Options) -> Mapping[str, Any]:
    """Plan every prompt that has no row yet, or one of a failure, and write rows and summary.

    Returns the summary. Raises `UserError` before anything is written where data or folder are wrong.
    """
    named = options.named()
    samples = options.samples()
    told = _told(options, samples)
    rows = sound(open_run(options.out, told))
    left = [sample for sample in samples if sample.id not in rows]
    with _ready(named if left else None) as planner:
        task = Task(options.benchmark, options.seed, options.size or Size(), planner, options.llm_price)
        coming = answers(partial(answer, task), left, options.planning_crew())
        keys = [sample.id for sample in samples]
        ordered = gather(options.out, rows, keys, coming, options.benchmark, options.quiet)
    result = summary(told, ordered)
    finish(options.out, ordered, result)
    return result


@contextmanager
def _ready(named: NamedPlanner | None) -> Generator[Planner, None, None]:
    """The planner of all prompts: one of our own, or a model that is served until they are done."""
    if named is None:
        yield ReaderPlanner()
        return
    with reached(named.llm) as served:
        yield named.at(served)


def _told(options: Options, samples: Samples) -> dict[str, Any]:
    """What tells this run from others: rows of two runs are never mixed."""
    return {
        "benchmark": options.benchmark,
        "stage": "plan",
        "prompts": fingerprint(samples),
        "planner": options.planner,
        "model": options.llm,
        "profile": options.llm_profile if options.llm else None,
        "price": options.llm_price and asdict(options.llm_price),
        "seed": options.seed,
        "size": (options.size or Size()).model_dump(),
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
    known = f"{', '.join(BENCHMARKS)}, or a file.py of one's own that holds BENCHMARK"
    option("benchmark", metavar="BENCHMARK", help=known)
    option("--data", type=Path, help="the upstream file, or the folder that holds it")
    option("--out", type=Path, required=True, help="folder for rows.jsonl, summary.json and pictures")
    option("--stage", choices=("plan", "image"), default="plan", help="score plans, or pictures of them")
    option("--planner", choices=PLANNERS, default="builtin", help="what plans")
    option("--llm", metavar="MODEL", help="the model that --planner llm asks, as in scenewright --llm")
    option("--llm-profile", choices=PROFILES, default="auto", help="what it is asked for, as in scenewright")
    option("--llm-price", type=_price, metavar="IN,OUT", help="dollars a million tokens read and written")
    option("--no-cache", action="store_true", help="ask the planning model anew where its replies are kept")
    option("--size", type=_size, metavar="WIDTHxHEIGHT", help="1024x1024, or the model's own, if left out")
    option("--seed", type=int, default=0, help="the planner's seed")
    _add_workers(parser)
    option("--limit", type=_positive, help="only so many prompts, evenly spread")
    option("--shard", type=_shard, default=(1, 1), metavar="I/N", help="the I-th of N parts of the prompts")
    option("--quiet", action="store_true", help="no progress and no table")
    _add_pictures(parser)
    told: dict[str, Any] = vars(parser.parse_args(arguments))
    told.update({name: tuple(told[name]) for name in ("arms", "scorers", "score_again")})
    return Options(**told)


def _add_workers(parser: argparse.ArgumentParser) -> None:
    """The options of who does the work."""
    option = parser.add_argument_group("workers").add_argument
    option("--executor", choices=get_args(Executor), default="local", help="processes here, or Ray's actors")
    option(
        "--workers", type=_positive, metavar="N",
        help="how many work side by side; 1 if left out, and with ray one a GPU, or a CPU core without GPUs",
    )  # fmt: skip
    option(
        "--ray-address", metavar="HOST:PORT",
        help="the Ray cluster, run on one of its machines, in a folder that all share; RAY_ADDRESS if left "
        "out, or else a cluster of this machine alone",
    )  # fmt: skip


def _add_pictures(parser: argparse.ArgumentParser) -> None:
    """The options of the stage of the picture."""
    option = parser.add_argument_group("pictures (--stage image)").add_argument
    option("--model", default="tiny", help="what draws, as in scenewright --model")
    option(
        "--arm", action="append", dest="arms", default=[], metavar="NAME[:SETTING=VALUE,…]",
        help="a way of drawing, held against the first one named: plain (the prompt alone), regional, or any "
        "name with settings of its own, such as soft:base_ratio=0.4,inject_steps=30%%; plain and regional "
        "if left out",
    )  # fmt: skip
    option("--seeds", type=_seeds, default=(0,), metavar="N,N,…", help="a picture of every arm for each")
    option(
        "--scorer", action="append", dest="scorers", default=[], metavar="NAME[:MODEL]",
        help=f"{', '.join(SCORERS)}, or one's own file.py that holds SCORER; the benchmark's if left out. "
        "clip and detector need a FOLDER or OWNER/NAME, judge a vision language model, asked as --llm is: "
        "where OPENAI_BASE_URL says, with OPENAI_API_KEY",
    )  # fmt: skip
    option(
        "--score-again", action="append", default=[], metavar="SCORER",
        help="have one of the scorers score all pictures that lie there anew: it was changed, say",
    )  # fmt: skip
    option(
        "--judge-price", type=_price, metavar="IN,OUT", help="as --llm-price, of what --scorer judge takes"
    )
    option("--dry-run", action="store_true", help="say what would be done, and how long it would take")


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


def _seeds(text: str) -> tuple[int, ...]:
    parts = text.split(",")
    if not all(part.isdecimal() for part in parts) or len(set(parts)) < len(parts):
        raise argparse.ArgumentTypeError(f"{text!r}: should be different whole numbers, such as 0,1,2,3")
    return tuple(map(int, parts))


def _shard(text: str) -> Shard:
    first, slash, count = text.partition("/")
    if not (slash and first.isdecimal() and count.isdecimal() and 1 <= int(first) <= int(count)):
        raise argparse.ArgumentTypeError(f"{text!r}: should be I/N, such as 1/4 for the first of four")
    return int(first), int(count)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: should be a whole number from 1")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    options = parse(arguments)
    try:
        options.crew().check()
        if options.stage == "image":
            from evals.drawing.run import run_pictures

            return run_pictures(options)
        options.check_plan_stage()
        result = run(options)
    except ScenewrightError as error:
        print(f"scenewright: {in_options(error)}", file=sys.stderr)
        return 2 if isinstance(error, UserError) else 1
    if not options.quiet:
        show(result, Console())
    return 1 if result["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
