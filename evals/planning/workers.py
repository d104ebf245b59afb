"""One prompt planned and scored: its row, or the row that says why not."""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from evals.benchmarks.registry import benchmark_named
from evals.benchmarks.samples import Sample
from evals.planning.account import boxes_of, geometry, planned
from evals.planning.rows import Row
from evals.spending import dollars
from planner.chat.usage import Price
from planner.errors import ScenewrightError
from planner.plans import Plan, Planner, Size, Usage
from renderer.pipeline import make_plan


@dataclass(frozen=True)
class Task:
    """How every prompt of a run is planned and scored."""

    benchmark: str
    seed: int
    size: Size
    planner: Planner
    price: Price | None = None


def answer(task: Task, sample: Sample[Any]) -> Iterator[Row]:
    """The one row of a sample. What fails is a row with its reason; `seconds` are of planning alone."""
    row: dict[str, Any] = {"id": sample.id, "prompt": sample.prompt}
    clock = _Clock()
    try:
        with clock:
            plan = make_plan(sample.prompt, task.planner, task.size, task.seed)
        row |= _outcome(task, sample, plan) | {"error": None}
    except ScenewrightError as error:
        row |= _failure(str(error)) | _spent(task, getattr(error, "usage", None))
    except Exception as error:  # a fault of ours is a failed prompt, told as such
        row |= _failure(f"{type(error).__name__}: {error}")
    yield row | {"seconds": clock.seconds}


class _Clock:
    """Tells how long its block took, however that ended."""

    seconds = 0.0

    def __enter__(self) -> None:
        self._start = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.seconds = round(time.perf_counter() - self._start, 4)


def _outcome(task: Task, sample: Sample[Any], plan: Plan) -> dict[str, Any]:
    seen = planned(plan)
    return {
        "boxes": boxes_of(seen),
        "scene": plan.scene.model_dump(mode="json"),
        "notes": [note.model_dump() for note in plan.notes],
        "origin": plan.origin.model_dump(),
        "scores": dict(benchmark_named(task.benchmark).score(sample.facts, seen)),
        "geometry": asdict(geometry(plan)),
        **_spent(task, plan.origin.usage),
    }


def _spent(task: Task, usage: Usage | None) -> dict[str, Any]:
    """Tokens and dollars; null where no language model was asked, or where they aren't known."""
    return {"tokens": usage.model_dump() if usage else None, "cost": dollars(task.price, usage)}


def _failure(reason: str) -> dict[str, Any]:
    nothing = dict[str, Any].fromkeys(("scene", "origin", "geometry", "tokens", "cost"))
    return {"boxes": [], "notes": [], "scores": {}} | nothing | {"error": reason}
