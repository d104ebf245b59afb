"""The options of a benchmark run, and the samples that they select."""

import argparse
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from evals.benchmarks.registry import BENCHMARKS, benchmark_named
from evals.benchmarks.samples import Sample
from evals.run.crew import Crew, Executor
from evals.scorers.registry import SCORERS
from planner.chat.usage import Price, read_price
from planner.errors import UserError
from planner.llm.serving import ServingPlanner
from planner.plans import Size, read_size

PLANNERS = ("builtin", "llm")
PROFILES = ("auto", "full", "small", "details")

Shard = tuple[int, int]
"""The i-th of n parts, counted from 1."""

Samples = Sequence[Sample[Any]]


@dataclass(frozen=True)
class Options:
    """A benchmark run as the command line describes it; `size` and `scorers` have defaults by stage."""

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
        """The run's samples: at most `limit`, evenly spread, and of those every n-th from the i-th on.

        Raises `UserError` where the benchmark or its data are wrong, or two samples have the same id.
        """
        samples = benchmark_named(self.benchmark).samples(self.data)
        if self.limit is not None and self.limit < len(samples):
            # Benchmarks list one kind of prompt after the other: an even spread has all kinds.
            samples = [samples[place * len(samples) // self.limit] for place in range(self.limit)]
        seen = set[int | str]()
        for sample in samples:
            if sample.id in seen:
                raise UserError(f"{self.data}: two samples have the id {sample.id!r}", "data")
            seen.add(sample.id)
        first, step = self.shard
        return samples[first - 1 :: step]

    def crew(self) -> Crew:
        """The workers."""
        return Crew(self.executor, self.workers, self.ray_address)

    def planning_crew(self) -> Crew:
        """The workers that plan: a language model is asked from this machine, which has its key and cache."""
        return self.crew() if self.llm is None else Crew(workers=self.workers)

    def check_plan_stage(self) -> None:
        """Raise `UserError` for options of the picture stage."""
        if self.arms or self.scorers or self.score_again or self.judge_price or self.dry_run:
            raise UserError(
                "--arm, --scorer, --score-again, --judge-price and --dry-run go with --stage image"
            )

    def llm_planner(self) -> ServingPlanner | None:
        """The language model that plans, or None. Raises `UserError` where planner and model contradict."""
        if (self.planner == "llm") != (self.llm is not None):
            raise UserError("--planner llm goes with --llm MODEL, and the others without")
        if self.llm is None:
            return None
        planner = ServingPlanner(self.llm, self.seed, not self.no_cache, self.llm_profile)
        planner.check()
        return planner


def fingerprint(samples: Samples) -> str:
    """A digest that differs between two lists of prompts."""
    prompts = "\0".join(f"{sample.id}\0{sample.prompt}" for sample in samples)
    return hashlib.sha256(prompts.encode()).hexdigest()[:16]


def parse(arguments: Sequence[str] | None = None, description: str | None = None) -> Options:
    """The options of a command line; a wrong value ends the program with exit code 2."""
    parser = argparse.ArgumentParser(
        prog="scenewright eval", description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    # fmt: off
    add = parser.add_argument
    add("benchmark", metavar="BENCHMARK",
        help=f"{', '.join(BENCHMARKS)}, or a Python file of your own that defines BENCHMARK")
    add("--data", type=Path, help="the benchmark's upstream file, or the folder that holds it")
    add("--out", type=Path, required=True, help="output folder for rows.jsonl, summary.json and pictures")
    add("--stage", choices=("plan", "image"), default="plan", help="score plans (the default) or pictures")
    add("--planner", choices=PLANNERS, default="builtin", help="the planner (default: builtin)")
    add("--llm", metavar="MODEL", help="the language model of --planner llm, as in scenewright --llm")
    add("--llm-profile", choices=PROFILES, default="auto", help="as in scenewright --llm-profile")
    add("--llm-price", type=_price, metavar="IN,OUT", help="dollars per million input and output tokens")
    add("--no-cache", action="store_true", help="ignore cached replies of the language model")
    add("--size", type=_size, metavar="WIDTHxHEIGHT",
        help="canvas size (default: 1024x1024, or the model's own with --stage image)")
    add("--seed", type=int, default=0, help="seed of the planner (default: 0)")
    add("--limit", type=_positive, help="number of prompts, evenly spread over the benchmark")
    add("--shard", type=_shard, default=(1, 1), metavar="I/N", help="only part I of N of the prompts")
    add("--quiet", action="store_true", help="no progress bar and no table")

    add = parser.add_argument_group("workers").add_argument
    add("--executor", choices=get_args(Executor), default="local", help="local processes (default) or Ray")
    add("--workers", type=_positive, metavar="N",
        help="number of workers (default: 1; with ray, one per GPU, or per CPU core without GPUs)")
    add("--ray-address", metavar="HOST:PORT",
        help="address of the Ray cluster (default: RAY_ADDRESS, else a cluster of this machine alone). Run "
        "the command on one of the cluster's machines, in a folder that all of them share")

    add = parser.add_argument_group("pictures (--stage image)").add_argument
    add("--model", default="tiny", help="the diffusion model, as in scenewright --model (default: tiny)")
    add("--arm", action="append", dest="arms", default=[], metavar="NAME[:SETTING=VALUE,…]",
        help="a way of drawing, compared with the first one given: plain (the prompt without regions), "
        "regional, or a name of your own with settings, such as soft:base_ratio=0.4,inject_steps=30%%. "
        "Repeatable (default: plain and regional)")
    add("--seeds", type=_seeds, default=(0,), metavar="N,N,…", help="one picture of every arm for each seed")
    add("--scorer", action="append", dest="scorers", default=[], metavar="NAME[:MODEL]",
        help=f"{', '.join(SCORERS)}, or a Python file of your own that defines SCORER. clip and detector "
        "need a model folder or OWNER/NAME; judge needs a vision language model, reached like --llm through "
        "OPENAI_BASE_URL and OPENAI_API_KEY. Repeatable (default: the benchmark's scorers)")
    add("--score-again", action="append", default=[], metavar="SCORER",
        help="score all existing pictures again with this scorer, for instance after you changed it")
    add("--judge-price", type=_price, metavar="IN,OUT", help="as --llm-price, for --scorer judge")
    add("--dry-run", action="store_true", help="print what the run would do and how long it would take")
    # fmt: on

    values: dict[str, Any] = vars(parser.parse_args(arguments))
    values.update({name: tuple(values[name]) for name in ("arms", "scorers", "score_again")})
    return Options(**values)


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
