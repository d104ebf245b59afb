"""What a benchmark consists of: samples that are read from upstream files, and a score of their plans."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Literal, TypeVar

from planner.errors import UserError
from planner.scene import Scene

F = TypeVar("F")

Edges = tuple[float, float, float, float]
"""A box (x0, y0, x1, y1), in shares of the canvas."""

Scores = Mapping[str, float | None]
"""Metrics from 0 to 1, unless a benchmark says otherwise; None where one does not apply to a prompt."""


@dataclass(frozen=True)
class Instance:
    """One thing of a plan: its name without a number, its region's prompt, and its box."""

    name: str
    prompt: str
    box: Edges

    @property
    def centre(self) -> tuple[float, float]:
        """(x, y), in shares of the canvas."""
        x0, y0, x1, y1 = self.box
        return (x0 + x1) / 2, (y0 + y1) / 2


@dataclass(frozen=True)
class Planned:
    """A plan as benchmarks score it: its scene, and an instance for each thing that is to be drawn."""

    scene: Scene
    instances: tuple[Instance, ...]


Answer = Literal["yes", "no"] | int
"""The answer to a question about a picture: yes, no, or a number of things."""


@dataclass(frozen=True)
class Question:
    """A question about a picture, and the right answer.

    `kind` is what it asks about: thing, attribute, count, relation, setting, absent or other. `premises` are
    the questions that have to be answered right first, as indices into the sample's questions.
    """

    text: str
    kind: str
    answer: Answer = "yes"
    premises: tuple[int, ...] = ()


@dataclass(frozen=True)
class Sample(Generic[F]):
    """A prompt of a benchmark and the facts that its plan is compared with.

    `id` is the benchmark's own, or the number of its line counted from 0. Tables have a part for each
    `group`, if there are any. `questions` are those that the benchmark asks about its pictures, if any.
    """

    id: int | str
    prompt: str
    facts: F
    group: str | None = None
    questions: tuple[Question, ...] = ()

    def __post_init__(self) -> None:
        """Raise `UserError` for a premise that is no index of a question."""
        for question in self.questions:
            if not all(0 <= premise < len(self.questions) for premise in question.premises):
                raise UserError(
                    f"sample {self.id}: question {question.text!r}: its premises {question.premises} should "
                    f"be places among {len(self.questions)} questions, counted from 0"
                )


@dataclass(frozen=True)
class Benchmark(Generic[F]):
    """A benchmark: how its upstream files are read, and how a plan is scored by a sample's facts.

    `description` says in one line what is scored. `read` takes the upstream file or the folder that holds it,
    and raises `UserError` for anything else. `shipped` makes the samples of a benchmark that needs no file.
    `scorers` are the scorers of its pictures, unless the user names others.
    """

    name: str
    description: str
    read: Callable[[Path], tuple[Sample[F], ...]]
    score: Callable[[F, Planned], Scores]
    shipped: Callable[[], tuple[Sample[F], ...]] | None = None
    scorers: tuple[str, ...] = ("seams",)

    def samples(self, data: Path | None) -> tuple[Sample[F], ...]:
        """The samples of `data`, or those that ship. Raises `UserError` where there are none."""
        if data is not None:
            return self.read(data)
        if self.shipped is None:
            raise UserError(
                f"is missing: {self.name} needs the upstream file, or the folder that holds it", "data"
            )
        return self.shipped()
