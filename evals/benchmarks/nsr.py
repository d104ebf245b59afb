"""NSR-1K (Feng et al., LayoutGPT, arXiv 2305.15393): counts and directions, in templates and in captions."""

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from evals.benchmarks.naming import instances_of
from evals.benchmarks.samples import Benchmark, Instance, Planned, Sample, Scores
from evals.benchmarks.upstream import UpstreamRecord, find_file, read_json

Side = Literal["left", "right", "top", "bottom", "next to"]


class Counting(UpstreamRecord):
    """A prompt with the number of each category that it names."""

    id: int
    prompt: str
    num_object: Annotated[tuple[tuple[str, int], ...], Field(min_length=1)]
    sub_type: str = Field(alias="sub-type")


class Spatial(UpstreamRecord):
    """A prompt that puts one thing beside, above or below another; the boxes are those of a photograph."""

    id: int
    prompt: str
    obj1: tuple[str, tuple[float, float, float, float]]
    obj2: tuple[str, tuple[float, float, float, float]]
    relation: Side
    type: str


def _read_counting(path: Path) -> tuple[Sample[Counting], ...]:
    records = read_json(find_file(path, "counting.val.json"), list[Counting])
    return tuple(Sample(record.id, record.prompt, record) for record in records)


def _read_spatial(path: Path) -> tuple[Sample[Spatial], ...]:
    records = read_json(find_file(path, "spatial.val.json"), list[Spatial])
    return tuple(Sample(record.id, record.prompt, record) for record in records)


def score_counting(facts: Counting, planned: Planned) -> Scores:
    """Counts as LayoutGPT's evaluation scores them: all right or not, and their precision, recall and IoU.

    In a comparison only the first count and the order of both have to be right, since "a few" is no number.
    """
    asked = [number for _, number in facts.num_object]
    found = [len(instances_of(planned, category)) for category, _ in facts.num_object]
    if facts.sub_type == "comparison":
        right = found[0] == asked[0] and found[-1] > 0 and _order(asked) == _order(found)
    else:
        right = asked == found
    kind = "accuracy on captions" if facts.sub_type == "real" else "accuracy on templates"
    common = sum(map(min, asked, found))
    return {
        "accuracy": float(right),
        kind: float(right),
        "precision": common / sum(found) if sum(found) else 0.0,
        "recall": common / max(1, sum(asked)),
        "IoU": common / max(1, sum(map(max, asked, found))),
        "mean absolute error": sum(abs(a - b) for a, b in zip(asked, found, strict=True)) / len(asked),
    }


def _order(numbers: Sequence[int]) -> int:
    """1 where the first number is greater than the last, -1 where it is less, else 0."""
    return (numbers[0] > numbers[-1]) - (numbers[0] < numbers[-1])


def score_spatial(facts: Spatial, planned: Planned) -> Scores:
    """Whether some pair of the two things has the direction that the prompt gives."""
    pairs = product(instances_of(planned, facts.obj1[0]), instances_of(planned, facts.obj2[0]))
    right = any(one is not other and is_on_side(one, facts.relation, other) for one, other in pairs)
    kind = "accuracy on captions" if facts.type == "natural" else "accuracy on templates"
    return {"accuracy": float(right), kind: float(right)}


def is_on_side(one: Instance, side: Side, other: Instance) -> bool:
    """Whether the direction from the `other`'s centre to the first's is within 45 degrees of the axis.

    "next to" is left or right.
    """
    dx, dy = (a - b for a, b in zip(one.centre, other.centre, strict=True))
    match side:
        case "left":
            return dx < 0 and abs(dy) <= -dx
        case "right":
            return dx > 0 and abs(dy) <= dx
        case "top":
            return dy < 0 and abs(dx) <= -dy
        case "bottom":
            return dy > 0 and abs(dx) <= dy
        case "next to":
            return is_on_side(one, "left", other) or is_on_side(one, "right", other)


NSR_COUNTING = Benchmark(
    "nsr-1k-counting", "every named category has the stated count", _read_counting, score_counting
)
NSR_SPATIAL = Benchmark(
    "nsr-1k-spatial", "the first thing's direction from the second", _read_spatial, score_spatial
)
