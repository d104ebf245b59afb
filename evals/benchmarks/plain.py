"""Benchmarks without facts: their plans are scored by validity, coverage and cost alone, as all plans are."""

from pathlib import Path

from evals.benchmarks.samples import Benchmark, Planned, Sample, Scores
from evals.benchmarks.upstream import (
    UpstreamRecord,
    find_file,
    read_json_lines,
    read_lines,
    read_table,
    read_text,
)
from planner.errors import UserError

GEOMETRY_ONLY = "validity, coverage and cost"

COMPBENCH_FILES = ("color", "shape", "texture", "spatial", "3d_spatial", "numeracy", "non_spatial", "complex")


class Instruction(UpstreamRecord):
    """A long prompt of LongBench-T2I."""

    instruction: str


class PartiPrompt(UpstreamRecord):
    """A row of PartiPrompts."""

    Prompt: str
    Category: str


def _read_dpg(path: Path) -> tuple[Sample[None], ...]:
    folder = path / "prompts" if (path / "prompts").is_dir() else path
    files = [path] if path.is_file() else sorted(folder.glob("*.txt"))
    if not files:
        raise UserError(f"{path}: the folder holds no prompts/*.txt", "data")
    return tuple(Sample(file.stem, read_text(file).strip(), None) for file in files)


def _read_longbench(path: Path) -> tuple[Sample[None], ...]:
    records = read_json_lines(find_file(path, "instruction.jsonl"), Instruction)
    return tuple(Sample(number, record.instruction, None) for number, record in records)


def _read_parti(path: Path) -> tuple[Sample[None], ...]:
    rows = read_table(find_file(path, "PartiPrompts.tsv"), PartiPrompt, "\t")
    return tuple(Sample(number, row.Prompt, None) for number, row in enumerate(rows))


def _read_compbench(path: Path) -> tuple[Sample[None], ...]:
    if path.is_file():
        return read_prompts(path)
    names = [f"{name}_val.txt" for name in COMPBENCH_FILES]
    files = [file for name in names for file in sorted(path.rglob(name))]
    if not files:
        raise UserError(f"{path}: the folder holds none of {', '.join(names)}", "data")
    return tuple(
        Sample(f"{file.stem.removesuffix('_val')}-{number}", line, None)
        for file in files
        for number, line in read_lines(file)
    )


def read_prompts(path: Path) -> tuple[Sample[None], ...]:
    """The user's own prompts, one a line; a prompt's id is the number of its line."""
    if not path.is_file():
        raise UserError(f"{path}: should be a file with a prompt a line", "data")
    return tuple(Sample(number, line, None) for number, line in read_lines(path))


def _no_scores(facts: None, planned: Planned) -> Scores:
    del facts, planned
    return {}


DPG = Benchmark("dpg-bench", GEOMETRY_ONLY, _read_dpg, _no_scores)
LONGBENCH = Benchmark("longbench-t2i", GEOMETRY_ONLY, _read_longbench, _no_scores)
PARTI = Benchmark("parti", GEOMETRY_ONLY, _read_parti, _no_scores)
COMPBENCH = Benchmark("t2i-compbench", GEOMETRY_ONLY, _read_compbench, _no_scores)
PROMPTS = Benchmark(
    "prompts", "validity, coverage and cost, of prompts of one's own", read_prompts, _no_scores
)
