"""One picture drawn and scored: its row, or the row that says why not."""

from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.benchmarks.registry import benchmark_named
from evals.benchmarks.samples import Sample
from evals.drawing.arms import Arm
from evals.drawing.folders import keep_picture, picture_place
from evals.planning.rows import Row
from evals.scorers.protocol import Drawn, score
from evals.scorers.registry import scorer_named
from planner.errors import ScenewrightError, WorldError
from planner.plans import Plan
from renderer.cards import model_card
from renderer.grid import rasterise
from renderer.pictures import picture_record, png_bytes
from renderer.pipeline import layout_of
from renderer.settings import Recipe

if TYPE_CHECKING:
    from renderer.models import Model
    from renderer.rendering import Rendering


@dataclass(frozen=True)
class Task:
    """How every picture of a run is drawn and scored; nothing is written where `out` is None."""

    benchmark: str
    model: str
    scorers: tuple[str, ...]
    out: Path | None


@dataclass(frozen=True)
class Job:
    """One picture: a sample, its place in the benchmark, its plan (or why there is none), an arm and a seed.

    `take` is the place of the seed among the run's.
    """

    sample: Sample[Any]
    number: int
    plan: Plan | str
    arm: Arm
    seed: int
    take: int

    @property
    def id(self) -> str:
        """What tells its row from others."""
        return f"{self.sample.id}/{self.arm.name}/{self.seed}"


def picture(task: Task, job: Job) -> Row:
    """The row of one picture. What fails is a row with its reason."""
    row: dict[str, Any] = {
        "id": job.id,
        "sample": job.sample.id,
        "prompt": job.sample.prompt,
        "group": job.sample.group,
        "arm": job.arm.name,
        "seed": job.seed,
    }
    try:
        return row | _outcome(task, job) | {"error": None}
    except ScenewrightError as error:
        return row | _failure(str(error))
    except Exception as error:  # a fault of ours is a failed picture, told as such
        return row | _failure(f"{type(error).__name__}: {error}")


def _outcome(task: Task, job: Job) -> dict[str, Any]:
    if isinstance(job.plan, str):
        raise WorldError(f"not planned: {job.plan}")
    model = loaded(task.model)
    rendering = _drawn(job, job.plan, model)
    place = picture_place(job.arm.name, job.number, job.take)
    if task.out is not None:
        record = picture_record(job.plan, _again(job.arm, rendering.recipe), job.seed, model.card.name)
        keep_picture(task.out, place, job.sample, png_bytes(rendering.image, record))
    scorers = tuple(map(scorer_named, task.scorers))
    judge = partial(benchmark_named(task.benchmark).score, job.sample.facts)
    return {
        "picture": place,
        **score(scorers, Drawn(rendering.image, job.sample, job.plan, judge)),
        "seconds": round(rendering.seconds, 4),
    }


def _drawn(job: Job, plan: Plan, model: "Model") -> "Rendering":
    from renderer.rendering import render

    recipe = job.arm.settings.over(model.card.recipe)
    return render(rasterise(layout_of(plan)), model, recipe, job.seed, plain=job.arm.plain)


def _again(arm: Arm, recipe: Recipe) -> Recipe:
    """What draws the same pixels again with `scenewright --plan`: no step by regions is the plain prompt."""
    return recipe.model_copy(update={"inject_steps": 0}) if arm.plain else recipe


@cache
def loaded(name: str) -> "Model":
    """The model of a name, loaded once a process."""
    from renderer.models import load_model

    return load_model(model_card(name))


def _failure(reason: str) -> dict[str, Any]:
    return {"picture": None, "scores": {}, "told": {}, "unscored": {}, "seconds": None, "error": reason}
