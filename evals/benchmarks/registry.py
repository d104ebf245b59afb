"""All benchmarks by name; a name that ends in .py is a file with the user's own benchmark."""

from functools import cache
from typing import Any

from evals.benchmarks.dsg import DSG
from evals.benchmarks.geneval import GENEVAL
from evals.benchmarks.lmd import LMD
from evals.benchmarks.nsr import NSR_COUNTING, NSR_SPATIAL
from evals.benchmarks.plain import COMPBENCH, DPG, LONGBENCH, PARTI, PROMPTS
from evals.benchmarks.readings import READINGS
from evals.benchmarks.samples import Benchmark
from evals.benchmarks.world import WORLD
from evals.plugins import load_from_file
from planner.errors import UserError

_EVERY: tuple[Benchmark[Any], ...] = (
    NSR_COUNTING,
    NSR_SPATIAL,
    LMD,
    GENEVAL,
    DSG,
    DPG,
    LONGBENCH,
    PARTI,
    COMPBENCH,
    WORLD,
    READINGS,
    PROMPTS,
)
BENCHMARKS: dict[str, Benchmark[Any]] = {benchmark.name: benchmark for benchmark in _EVERY}


@cache
def benchmark_named(name: str) -> Benchmark[Any]:
    """The benchmark called `name`, or the `BENCHMARK` of a Python file.

    Raises `UserError` if there is no such benchmark, or the file holds none.
    """
    if name.endswith(".py"):
        return load_from_file(name, "BENCHMARK", Benchmark)
    if name not in BENCHMARKS:
        raise UserError(
            f"{name}: is not a benchmark; take one of {', '.join(BENCHMARKS)}, or a Python file of your own"
        )
    return BENCHMARKS[name]
