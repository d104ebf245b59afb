"""Benchmarks whose plans are held to no facts but those that every plan is: validity, coverage and cost."""

from pathlib import Path

from evals.benchmarks.reading import (
    Upstream,
    json_lines_of,
    lines_of,
    table_of,
    text_of,
    upstream_file,
)
from evals.benchmarks.samples import Benchmark, Planned, Sample, Scores
from planner.errors import UserError

GEOMETRY_ONLY = "validity, coverage and cost"

COMPBENCH_FILES = ("color", "shape", "texture", "spatial", "3d_spatial", "numeracy", "non_spatial", "complex")


class Instruction(Upstream):
    """A long prompt of LongBench-T2I."""

    instruction: str


class PartiPrompt(Upstream):
    """A row of PartiPrompts."""

    Prompt: str
    Category: str


def _read_dpg(path: Path) -> tuple[Sample[None], ...]:
    folder = path / "prompts" if (path / "prompts").is_dir() else path
    if path.is_file():
        return (Sample(path.stem, text_of(path).strip(), None),)
    files = sorted(folder.glob("*.txt"))
    if not files:
        raise UserError(f"--data {path}: the folder holds no prompts/*.txt")
    return tuple(Sample(file.stem, text_of(file).strip(), None) for file in files)


def _read_longbench(path: Path) -> tuple[Sample[None], ...]:
    file = upstream_file(path, "instruction.jsonl")
    return tuple(
        Sample(number, record.instruction, None) for number, record in json_lines_of(file, Instruction)
    )


def _read_parti(path: Path) -> tuple[Sample[None], ...]:
    rows = table_of(upstream_file(path, "PartiPrompts.tsv"), PartiPrompt, "\t")
    return tuple(Sample(number, row.Prompt, None) for number, row in enumerate(rows))


def _read_compbench(path: Path) -> tuple[Sample[None], ...]:
    if path.is_file():
        return read_prompts(path)
    names = [f"{name}_val.txt" for name in COMPBENCH_FILES]
    files = [file for name in names for file in sorted(path.rglob(name))]
    if not files:
        raise UserError(f"--data {path}: the folder holds none of {', '.join(names)}")
    return tuple(
        Sample(f"{file.stem.removesuffix('_val')}-{number}", line, None)
        for file in files
        for number, line in lines_of(file)
    )


def read_prompts(path: Path) -> tuple[Sample[None], ...]:
    """Prompts of one's own, one a line; a line's number is its id."""
    if not path.is_file():
        raise UserError(f"--data {path}: should be a file with a prompt a line")
    return tuple(Sample(number, line, None) for number, line in lines_of(path))


def _nothing(facts: None, planned: Planned) -> Scores:
    del facts, planned
    return {}


DPG = Benchmark("dpg-bench", GEOMETRY_ONLY, _read_dpg, _nothing)
LONGBENCH = Benchmark("longbench-t2i", GEOMETRY_ONLY, _read_longbench, _nothing)
PARTI = Benchmark("parti", GEOMETRY_ONLY, _read_parti, _nothing)
COMPBENCH = Benchmark("t2i-compbench", GEOMETRY_ONLY, _read_compbench, _nothing)
PROMPTS = Benchmark("prompts", "validity, coverage and cost, of prompts of one's own", read_prompts, _nothing)
