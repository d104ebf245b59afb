"""All benchmarks by name."""

from typing import Any

from evals.benchmarks.dsg import DSG
from evals.benchmarks.geneval import GENEVAL
from evals.benchmarks.lmd import LMD
from evals.benchmarks.nsr import NSR_COUNTING, NSR_SPATIAL
from evals.benchmarks.plain import COMPBENCH, DPG, LONGBENCH, PARTI, PROMPTS
from evals.benchmarks.samples import Benchmark

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
    PROMPTS,
)
BENCHMARKS: dict[str, Benchmark[Any]] = {benchmark.name: benchmark for benchmark in _EVERY}
