"""What benchmarks are made of: samples read from upstream files, and scores of what was planned for them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Literal, TypeVar

from planner.errors import UserError
from planner.scene import Scene

F = TypeVar("F")

Edges = tuple[float, float, float, float]
"""A box (x0, y0, x1, y1), as shares of the canvas."""

Scores = Mapping[str, float | None]
"""Metrics from 0 to 1, unless a benchmark says otherwise; None where one does not apply to a prompt."""


@dataclass(frozen=True)
class Instance:
    """One thing of a plan: its name without a number, what it is drawn from, and where it stands."""

    name: str
    prompt: str
    box: Edges

    @property
    def centre(self) -> tuple[float, float]:
        """(x, y), as shares of the canvas."""
        x0, y0, x1, y1 = self.box
        return (x0 + x1) / 2, (y0 + y1) / 2


@dataclass(frozen=True)
class Planned:
    """A plan as scorers see it: its scene as arranged, and an instance for each thing that is to be drawn."""

    scene: Scene
    instances: tuple[Instance, ...]


Reply = Literal["yes", "no"] | int
"""What a question on a picture is answered with: yes, no, or how many."""


@dataclass(frozen=True)
class Question:
    """A question on a picture, and the answer that is right.

    `kind` is what it asks about: thing, attribute, count, relation, setting, absent or other.
    `premises` are the questions that have to be answered right first, by their places among the sample's.
    """

    text: str
    kind: str
    answer: Reply = "yes"
    premises: tuple[int, ...] = ()


@dataclass(frozen=True)
class Sample(Generic[F]):
    """A prompt of a benchmark and the facts that its plan is held to.

    `id` is the benchmark's own, or the number of its line counted from 0; `group` is what it is told apart
    by in tables, if anything; `questions` are those that the benchmark asks of its pictures, if any.
    """

    id: int | str
    prompt: str
    facts: F
    group: str | None = None
    questions: tuple[Question, ...] = ()

    def __post_init__(self) -> None:
        """Raise `UserError` for a question whose premise is none of the questions."""
        for question in self.questions:
            if not all(0 <= premise < len(self.questions) for premise in question.premises):
                raise UserError(
                    f"sample {self.id}: question {question.text!r}: its premises {question.premises} should "
                    f"be places among {len(self.questions)} questions, counted from 0"
                )


@dataclass(frozen=True)
class Benchmark(Generic[F]):
    """A benchmark: how its upstream files are read, and how a plan is scored by its facts.

    `read` takes the upstream file or the folder that holds it and raises `UserError` for anything else;
    `shipped` makes the samples of a benchmark that needs no file; `told` says in a line what is scored, and
    `scorers` by what its pictures are, unless the user says otherwise.
    """

    name: str
    told: str
    read: Callable[[Path], tuple[Sample[F], ...]]
    score: Callable[[F, Planned], Scores]
    shipped: Callable[[], tuple[Sample[F], ...]] | None = None
    scorers: tuple[str, ...] = ("seams",)

    def samples(self, data: Path | None) -> tuple[Sample[F], ...]:
        """The samples of `data`, or those that ship; raises `UserError` where there are none."""
        if data is not None:
            return self.read(data)
        if self.shipped is None:
            raise UserError(f"--data: {self.name} needs the upstream file, or the folder that holds it")
        return self.shipped()
