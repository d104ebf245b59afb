"""The little world as a benchmark: prompts made from a seed, so that none can be learned by heart.

`python -m evals.benchmarks.world --seed 7 > world-7.jsonl` writes one of another seed, for `--data`, and
`--things 2,4,8,12,16` one of other numbers of things.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter

from evals.benchmarks.reading import json_lines_of
from evals.benchmarks.samples import Benchmark, Instance, Planned, Sample, Scores
from evals.world.detector import Detection
from evals.world.facts import Facts
from evals.world.measures import measures
from evals.world.scenes import MOST, scene
from evals.world.words import COLOUR_WORDS, KIND_WORDS
from planner.errors import UserError

EACH = 64
"""Prompts of each number of things in the benchmark that ships."""

THINGS = tuple(range(1, 9))
"""Numbers of things in it."""

SIDE = 1000.0
"""Side of the square on which plans are judged."""

_FACTS = TypeAdapter(Facts)


def make(seed: int = 0, each: int = EACH, things: Sequence[int] = THINGS) -> tuple[Sample[Facts], ...]:
    """`each` prompts of every number of things, from 1 to `MOST`, in the order that these stand in."""
    first = seed * 1_000_000
    asked = (scene(first + number, count) for count in things for number in range(each))
    return tuple(_sample(number, facts) for number, facts in enumerate(asked))


def _sample(number: int, facts: Facts) -> Sample[Facts]:
    count = len(facts.things)
    return Sample(number, facts.text, facts, f"{count} thing{'s' if count > 1 else ''}")


def _read(path: Path) -> tuple[Sample[Facts], ...]:
    if not path.is_file():
        raise UserError(f"--data {path}: should be a file that python -m evals.benchmarks.world wrote")
    return tuple(_sample(number, facts) for number, facts in json_lines_of(path, Facts))


def score_world(facts: Facts, planned: Planned) -> Scores:
    """What a picture would get that showed each of the plan's things in the middle of its box."""
    things = [shown(instance) for instance in planned.instances]
    return measures(facts, [d for d in things if d is not None], round(SIDE))


def shown(instance: Instance) -> Detection | None:
    """The instance as the thing that it is called, in the colour that its prompt has; None for any other.

    Its box is on a square of `SIDE`.
    """
    kind = _called(instance.name, KIND_WORDS) or _called(instance.prompt, KIND_WORDS)
    colour = _called(instance.prompt, COLOUR_WORDS)
    if kind is None or colour is None:
        return None
    x0, y0, x1, y1 = (edge * SIDE for edge in instance.box)
    return Detection(kind, colour, (x0, y0, x1, y1), 1.0)


def _called(text: str, known: dict[str, tuple[str, ...]]) -> str | None:
    """Which of the `known` the text names; the longest name counts ("plus sign" before "sign")."""
    padded = f" {text.lower()} "
    named = [(len(word), what) for what, said in known.items() for word in said if f" {word} " in padded]
    return max(named)[1] if named else None


WORLD = Benchmark(
    "world",
    "one to eight things of the little world, exactly where the words put them",
    _read,
    score_world,
    make,
    ("world", "seams"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the facts of a seed's prompts, a JSON object a line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m evals.benchmarks.world", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the benchmark that ships is that of 0")
    parser.add_argument("--each", type=int, default=EACH, help="prompts of each number of things")
    counts = f"how many things prompts ask for, 1 to {MOST}; {','.join(map(str, THINGS))} if left out"
    parser.add_argument("--things", type=_counts, default=THINGS, metavar="N,N,…", help=counts)
    options = parser.parse_args(arguments)
    for sample in make(options.seed, options.each, options.things):
        sys.stdout.write(_FACTS.dump_json(sample.facts).decode() + "\n")
    return 0


def _counts(text: str) -> tuple[int, ...]:
    parts = text.split(",")
    counts = tuple(int(part) for part in parts if part.isdecimal())
    if len(set(counts)) < len(parts) or not all(1 <= count <= MOST for count in counts):
        raise argparse.ArgumentTypeError(
            f"{text!r}: should be different numbers from 1 to {MOST}, such as 2,4,8,12,16"
        )
    return counts


if __name__ == "__main__":
    sys.exit(main())
