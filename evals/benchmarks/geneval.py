"""GenEval (Ghosh et al., arXiv 2310.11513), its evaluator's rules applied to a plan's boxes."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from evals.benchmarks.naming import holds, instances_of
from evals.benchmarks.reading import Upstream, json_lines_of, upstream_file
from evals.benchmarks.samples import Benchmark, Instance, Planned, Sample, Scores

Position = Literal["left of", "right of", "above", "below"]

THRESHOLD = 0.1
"""Share of both boxes' sides by which centres have to differ, as in upstream's `relative_position`."""


class Wanted(Upstream):
    """So many things of a class, of a colour and in a position to the things of another entry, perhaps."""

    count: int
    color: str | None = None
    position: tuple[Position, int] | None = None
    category: str = Field(alias="class")


class Record(Upstream):
    """A prompt, what has to be there, and what would be too much."""

    tag: str
    prompt: str
    include: tuple[Wanted, ...]
    exclude: tuple[Wanted, ...] = ()


def _read(path: Path) -> tuple[Sample[Record], ...]:
    file = upstream_file(path, "evaluation_metadata.jsonl")
    return tuple(Sample(number, record.prompt, record) for number, record in json_lines_of(file, Record))


def score_geneval(facts: Record, planned: Planned) -> Scores:
    """Whether everything is there, not too often, in its colour and place; over all and by upstream's tag."""
    groups: list[list[Instance]] = []
    right = True
    for wanted in facts.include:
        found = [i for i in instances_of(planned, wanted.category) if _coloured(i, wanted.color)]
        right = right and len(found) >= wanted.count and _placed(found[: wanted.count], wanted, groups)
        groups.append(found[: wanted.count])
    right = right and all(len(instances_of(planned, w.category)) < w.count for w in facts.exclude)
    return {"accuracy": float(right), facts.tag: float(right)}


def _coloured(instance: Instance, colour: str | None) -> bool:
    return colour is None or holds(instance.prompt, colour)


def _placed(found: list[Instance], wanted: Wanted, groups: list[list[Instance]]) -> bool:
    if wanted.position is None:
        return True
    position, index = wanted.position
    others = groups[index] if index < len(groups) else []
    return bool(others) and all(position in positions(one, other) for one in found for other in others)


def positions(one: Instance, other: Instance) -> set[Position]:
    """How the first stands to the `other`, as upstream's `relative_position` has it."""
    dx, dy = (_beyond(one, other, axis) for axis in (0, 1))
    length = (dx**2 + dy**2) ** 0.5
    if length == 0:
        return set()
    told: dict[Position, float] = {"left of": -dx, "right of": dx, "above": -dy, "below": dy}
    return {position for position, reach in told.items() if reach / length > 0.5}


def _beyond(one: Instance, other: Instance, axis: int) -> float:
    """The difference of centres less a tenth of both sides, towards nothing."""
    offset = one.centre[axis] - other.centre[axis]
    slack = THRESHOLD * sum(box[axis + 2] - box[axis] for box in (one.box, other.box))
    return max(abs(offset) - slack, 0.0) * (1 if offset > 0 else -1)


GENEVAL = Benchmark(
    "geneval", "classes, counts, colours and positions, by the evaluator's rules", _read, score_geneval
)
