"""GenEval (Ghosh et al., arXiv 2310.11513), its evaluator's rules applied to a plan's boxes."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from evals.benchmarks.naming import has_phrase, instances_of
from evals.benchmarks.samples import Benchmark, Instance, Planned, Sample, Scores
from evals.benchmarks.upstream import UpstreamRecord, find_file, read_json_lines

Position = Literal["left of", "right of", "above", "below"]

THRESHOLD = 0.1
"""Share of both boxes' sides by which centres have to differ, as in upstream's `relative_position`."""


class Wanted(UpstreamRecord):
    """A number of things of one class; `color` and `position` may be open.

    `position` is a direction, and the index of the entry whose things it is seen from.
    """

    count: int
    color: str | None = None
    position: tuple[Position, int] | None = None
    category: str = Field(alias="class")


class Record(UpstreamRecord):
    """A prompt with what has to be in the picture, and what must not be."""

    tag: str
    prompt: str
    include: tuple[Wanted, ...]
    exclude: tuple[Wanted, ...] = ()


def _read(path: Path) -> tuple[Sample[Record], ...]:
    file = find_file(path, "evaluation_metadata.jsonl")
    return tuple(Sample(number, record.prompt, record) for number, record in read_json_lines(file, Record))


def score_geneval(facts: Record, planned: Planned) -> Scores:
    """Whether everything is there, not too often, in its colour and position: overall, and by the tag."""
    groups: list[list[Instance]] = []
    right = True
    for wanted in facts.include:
        instances = instances_of(planned, wanted.category)
        if wanted.color is not None:
            instances = [one for one in instances if has_phrase(one.prompt, wanted.color)]
        group = instances[: wanted.count]
        right = right and len(instances) >= wanted.count
        if wanted.position is not None:
            position, index = wanted.position
            others = groups[index] if index < len(groups) else []
            pairs = [(one, other) for one in group for other in others]
            right = right and bool(others) and all(position in positions(*pair) for pair in pairs)
        groups.append(group)
    right = right and all(len(instances_of(planned, w.category)) < w.count for w in facts.exclude)
    return {"accuracy": float(right), facts.tag: float(right)}


def positions(one: Instance, other: Instance) -> set[Position]:
    """The directions from `other` to the first, as upstream's `relative_position` computes them."""
    offsets = list[float]()
    for axis in (0, 1):
        offset = one.centre[axis] - other.centre[axis]
        slack = THRESHOLD * sum(box[axis + 2] - box[axis] for box in (one.box, other.box))
        offsets.append(max(abs(offset) - slack, 0.0) * (1 if offset > 0 else -1))
    dx, dy = offsets
    length = (dx**2 + dy**2) ** 0.5
    if length == 0:
        return set()
    reaches: dict[Position, float] = {"left of": -dx, "right of": dx, "above": -dy, "below": dy}
    return {position for position, reach in reaches.items() if reach / length > 0.5}


GENEVAL = Benchmark(
    "geneval", "classes, counts, colours and positions, by the evaluator's rules", _read, score_geneval
)
