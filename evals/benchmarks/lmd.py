"""LMD's benchmark (Lian et al., LLM-grounded Diffusion, arXiv 2305.13655): negation, numeracy, attribution,
space.

Upstream makes its prompts in code; what is read here is a file of {"id", "category", "prompt"} a line.
"""

import re
from itertools import product
from pathlib import Path
from typing import Literal

from evals.benchmarks.naming import holds, instances_of
from evals.benchmarks.nsr import Side, stands
from evals.benchmarks.reading import Upstream, json_lines_of, upstream_file
from evals.benchmarks.samples import Benchmark, Instance, Planned, Sample, Scores
from planner.errors import UserError

Category = Literal["negation", "numeracy", "attribution", "spatial"]

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

_FORMS: dict[Category, re.Pattern[str]] = {
    "negation": re.compile(r"without (?P<a>.+)"),
    "numeracy": re.compile(rf"with (?P<number>{'|'.join(NUMBERS[1:])}) (?P<a>.+)"),
    "attribution": re.compile(r"with an? (?P<colour_a>\w+) (?P<a>.+) and an? (?P<colour_b>\w+) (?P<b>.+)"),
    "spatial": re.compile(
        r"with an? (?P<a>.+) on the (?P<side>left|right|top|bottom) and an? (?P<b>.+) on the \w+"
    ),
}
"""What upstream's templates say after "a scene"."""


class Record(Upstream):
    """A prompt of one of the four categories."""

    id: int
    category: Category
    prompt: str


def _read(path: Path) -> tuple[Sample[Record], ...]:
    file = upstream_file(path, "prompts.jsonl")
    for number, record in json_lines_of(file, Record):
        if not _FORMS[record.category].search(record.prompt):
            raise UserError(f"{file}, line {number + 1}: prompt: is none of the {record.category} template")
    return tuple(Sample(record.id, record.prompt, record) for _, record in json_lines_of(file, Record))


def score_lmd(facts: Record, planned: Planned) -> Scores:
    """Whether the plan does what the template says, by category and over all."""
    found = _FORMS[facts.category].search(facts.prompt)
    right = found is not None and _right(facts.category, found.groupdict(), planned)
    return {"accuracy": float(right), facts.category: float(right)}


def _right(category: Category, said: dict[str, str], planned: Planned) -> bool:
    match category:
        case "negation":
            return not instances_of(planned, said["a"])
        case "numeracy":
            return len(instances_of(planned, said["a"])) == NUMBERS.index(said["number"])
        case "attribution":
            return all(_coloured(planned, said[f"colour_{x}"], said[x]) for x in "ab")
        case "spatial":
            return _apart(planned, said)


def _coloured(planned: Planned, colour: str, category: str) -> bool:
    return any(holds(instance.prompt, colour) for instance in instances_of(planned, category))


def _apart(planned: Planned, said: dict[str, str]) -> bool:
    side: Side = said["side"]  # pyright: ignore[reportAssignmentType]
    pairs = product(instances_of(planned, said["a"]), instances_of(planned, said["b"]))
    return any(_beyond(one, side, other) for one, other in pairs)


def _beyond(one: Instance, side: Side, other: Instance) -> bool:
    return one is not other and stands(one, side, other)


LMD = Benchmark("lmd", "negation, numeracy, attribution and space", _read, score_lmd)
