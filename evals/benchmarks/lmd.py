"""LMD's benchmark (Lian et al., LLM-grounded Diffusion, arXiv 2305.13655): negation, numeracy, attribution,
space.

Upstream makes its prompts in code. What is read here is a file with one {"id", "category", "prompt"} a line.
"""

import re
from itertools import product
from pathlib import Path
from typing import Literal

from evals.benchmarks.naming import has_phrase, instances_of
from evals.benchmarks.nsr import Side, is_on_side
from evals.benchmarks.samples import Benchmark, Planned, Sample, Scores
from evals.benchmarks.upstream import UpstreamRecord, find_file, read_json_lines
from planner.errors import UserError

Category = Literal["negation", "numeracy", "attribution", "spatial"]

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

_TEMPLATES: dict[Category, re.Pattern[str]] = {
    "negation": re.compile(r"without (?P<a>.+)"),
    "numeracy": re.compile(rf"with (?P<number>{'|'.join(NUMBERS[1:])}) (?P<a>.+)"),
    "attribution": re.compile(r"with an? (?P<colour_a>\w+) (?P<a>.+) and an? (?P<colour_b>\w+) (?P<b>.+)"),
    "spatial": re.compile(
        r"with an? (?P<a>.+) on the (?P<side>left|right|top|bottom) and an? (?P<b>.+) on the \w+"
    ),
}
"""What follows "a scene" in upstream's templates."""


class Record(UpstreamRecord):
    """A prompt of one of the four categories."""

    id: int
    category: Category
    prompt: str


def _read(path: Path) -> tuple[Sample[Record], ...]:
    file = find_file(path, "prompts.jsonl")
    samples = list[Sample[Record]]()
    for number, record in read_json_lines(file, Record):
        if not _TEMPLATES[record.category].search(record.prompt):
            raise UserError(
                f"{file}, line {number + 1}: prompt: does not fit the template of {record.category}"
            )
        samples.append(Sample(record.id, record.prompt, record))
    return tuple(samples)


def score_lmd(facts: Record, planned: Planned) -> Scores:
    """Whether the plan shows what the template asks for, by category and overall."""
    found = _TEMPLATES[facts.category].search(facts.prompt)
    right = found is not None and _is_right(facts.category, found.groupdict(), planned)
    return {"accuracy": float(right), facts.category: float(right)}


def _is_right(category: Category, words: dict[str, str], planned: Planned) -> bool:
    """Whether the plan shows what a template with these words in its places asks for."""
    things = instances_of(planned, words["a"])
    match category:
        case "negation":
            return not things
        case "numeracy":
            return len(things) == NUMBERS.index(words["number"])
        case "attribution":
            return all(
                any(has_phrase(one.prompt, words[f"colour_{x}"]) for one in instances_of(planned, words[x]))
                for x in "ab"
            )
        case "spatial":
            side: Side = words["side"]  # pyright: ignore[reportAssignmentType]
            pairs = product(things, instances_of(planned, words["b"]))
            return any(one is not other and is_on_side(one, side, other) for one, other in pairs)


LMD = Benchmark("lmd", "negation, numeracy, attribution and space", _read, score_lmd)
