"""The little world as a benchmark: prompts made from a seed, so that none can be learned by heart.

`python -m evals.benchmarks.world --seed 7 > world-7.jsonl` writes one of another seed, for `--data`, and
`--things 2,4,8,12,16` one of other numbers of things.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from evals.benchmarks.samples import Benchmark, Instance, Planned, Sample, Scores
from evals.benchmarks.upstream import read_json_lines
from evals.world.facts import Facts
from evals.world.prompts import MOST, scene
from evals.world.words import COLOUR_WORDS, KIND_WORDS
from planner.errors import UserError

if TYPE_CHECKING:
    from evals.world.detector import Detection

EACH = 64
"""Prompts with each number of things, in the benchmark that ships."""

THINGS = tuple(range(1, 9))
"""Numbers of things in the benchmark that ships."""

SIDE = 1000.0
"""Side of the square canvas on which plans are scored."""

_FACTS = TypeAdapter(Facts)


def make(seed: int = 0, each: int = EACH, things: Sequence[int] = THINGS) -> tuple[Sample[Facts], ...]:
    """`each` prompts with every number of `things` (1 to `MOST`), in the order of `things`."""
    first = seed * 1_000_000
    asked = (scene(first + number, count) for count in things for number in range(each))
    return tuple(_sample(number, facts) for number, facts in enumerate(asked))


def _sample(number: int, facts: Facts) -> Sample[Facts]:
    count = len(facts.things)
    return Sample(number, facts.text, facts, f"{count} thing{'s' if count > 1 else ''}")


def _read(path: Path) -> tuple[Sample[Facts], ...]:
    if not path.is_file():
        raise UserError(f"{path}: should be a file that python -m evals.benchmarks.world wrote", "data")
    return tuple(_sample(number, facts) for number, facts in read_json_lines(path, Facts))


def score_world(facts: Facts, planned: Planned) -> Scores:
    """The scores of a picture that shows each of the plan's things in the middle of its box."""
    from evals.world.verdict import measure  # the detector beside it imports torch

    detections = [detection_of(instance) for instance in planned.instances]
    return measure(facts, [one for one in detections if one is not None], round(SIDE))


def detection_of(instance: Instance) -> "Detection | None":
    """The instance as if it were detected: by the kind in its name and the colour in its prompt.

    Its box is on a square canvas of `SIDE`. None where kind or colour are not those of the little world.
    """
    from evals.world.detector import Detection  # it imports torch

    kind = _longest_match(instance.name, KIND_WORDS) or _longest_match(instance.prompt, KIND_WORDS)
    colour = _longest_match(instance.prompt, COLOUR_WORDS)
    if kind is None or colour is None:
        return None
    x0, y0, x1, y1 = (edge * SIDE for edge in instance.box)
    return Detection(kind, colour, (x0, y0, x1, y1), 1.0)


def _longest_match(text: str, names: dict[str, tuple[str, ...]]) -> str | None:
    """The key of the longest of the `names` that is in the text ("plus sign" before "sign")."""
    padded = f" {text.lower()} "
    found = [(len(word), key) for key, words in names.items() for word in words if f" {word} " in padded]
    return max(found)[1] if found else None


WORLD = Benchmark(
    "world",
    "one to eight things of the little world, exactly where the prompt puts them",
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
