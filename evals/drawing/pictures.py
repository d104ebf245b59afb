"""Pictures drawn and scored: their rows, or rows that say why not."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.benchmarks.registry import benchmark_named
from evals.benchmarks.samples import Sample
from evals.drawing.again import lacking, lying, mended
from evals.drawing.arms import Arm
from evals.drawing.folders import keep_picture, picture_place
from evals.planning.rows import Key, Row
from evals.scorers.protocol import Drawn, score
from evals.scorers.registry import scorer_named
from evals.spending import dollars
from planner.chat.usage import Price
from planner.errors import ScenewrightError, WorldError
from planner.plans import Plan, Usage
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
    """How every picture of a run is drawn and scored; nothing is written where `out` is None.

    `prices` are of language models that score, by their scorers' names.
    """

    benchmark: str
    model: str
    scorers: tuple[str, ...]
    out: Path | None
    prices: Mapping[str, Price] = field(default_factory=dict[str, Price])


@dataclass(frozen=True, eq=False)
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

    @property
    def planned(self) -> Plan:
        """Its plan. Raises `WorldError` where there is none."""
        if isinstance(self.plan, str):
            raise WorldError(f"not planned: {self.plan}")
        return self.plan


@dataclass(frozen=True)
class Group:
    """Pictures of one prompt and seed by several arms; `first` is that of the run's first arm.

    It may be drawn before: then it is not among the jobs, and is drawn again where a scorer asks for it.
    `unscored` are the rows of jobs whose pictures lie there, and that lack a score.
    """

    jobs: tuple[Job, ...]
    first: Job
    unscored: Mapping[Key, Row] = field(default_factory=dict[Key, Row])


def pictures(task: Task, group: Group) -> Iterator[Row]:
    """A row for each picture of the group, as it is drawn. What fails is a row with its reason.

    One that only lacks a score is scored from its file; where that is gone, it is drawn as any other.
    """
    drawn = cache(partial(_drawn, task))
    for job in group.jobs:
        yield _row(task, job, drawn, group)


def _row(task: Task, job: Job, drawn: Callable[[Job], "Rendering"], group: Group) -> Row:
    row: dict[str, Any] = {
        "id": job.id,
        "sample": job.sample.id,
        "prompt": job.sample.prompt,
        "group": job.sample.group,
        "arm": job.arm.name,
        "seed": job.seed,
    }
    try:
        return row | _outcome(task, job, drawn, group) | {"error": None}
    except ScenewrightError as error:
        return row | _failure(str(error))
    except Exception as error:  # a fault of ours is a failed picture, told as such
        return row | _failure(f"{type(error).__name__}: {error}")


def _outcome(task: Task, job: Job, drawn: Callable[[Job], "Rendering"], group: Group) -> dict[str, Any]:
    reference = None if job is group.first else lambda: drawn(group.first).latents
    judge = partial(benchmark_named(task.benchmark).score, job.sample.facts)
    shown = partial(Drawn, sample=job.sample, plan=job.planned, judge=judge, reference=reference)
    row = group.unscored.get(job.id)
    image = lying(task.out, row)
    if row is None or image is None:
        return _first_outcome(task, job, drawn(job), shown)
    scorers = lacking(row, task.scorers)
    return mended(row, scorers, _score(task, scorers, shown(image)))


def _first_outcome(
    task: Task, job: Job, rendering: "Rendering", shown: Callable[..., Drawn]
) -> dict[str, Any]:
    place = picture_place(job.arm.name, job.number, job.take)
    if task.out is not None:
        model = model_card(task.model).name
        record = picture_record(job.planned, _again(job.arm, rendering.recipe), job.seed, model)
        keep_picture(task.out, place, job.sample, png_bytes(rendering.image, record))
    scored = _score(task, task.scorers, shown(rendering.image, latents=rendering.latents))
    return {"picture": place, **scored, "seconds": round(rendering.seconds, 4)}


def _score(task: Task, scorers: Sequence[str], drawn: Drawn) -> dict[str, Any]:
    scored = score(tuple(map(scorer_named, scorers)), drawn)
    taken = {name: Usage.model_validate(usage) for name, usage in scored.get("tokens", {}).items()}
    cost = {name: dollars(task.prices[name], usage) for name, usage in taken.items() if name in task.prices}
    return {**scored, "cost": cost} if cost else scored


def _drawn(task: Task, job: Job) -> "Rendering":
    from renderer.rendering import render

    model = loaded(task.model)
    grid = rasterise(layout_of(job.planned))
    recipe = model.card.recipe_for(job.arm.settings, grid)
    return render(grid, model, recipe, job.seed, plain=job.arm.plain)


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
