"""Draws and scores pictures, or scores existing ones again, and makes their rows."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from evals.benchmarks.registry import benchmark_named
from evals.benchmarks.samples import Sample
from evals.run.arms import Arm
from evals.run.rows import Key, PictureRow
from evals.run.summary import dollars
from evals.scorers.protocol import Drawn, PictureScores, score
from evals.scorers.registry import scorer_named
from planner.chat.usage import Price
from planner.errors import ScenewrightError, WorldError
from planner.files import write_atomic
from planner.plans import Plan
from renderer.cards import model_card
from renderer.grid import rasterise
from renderer.pictures import picture_record, png_bytes
from renderer.pipeline import layout_of

if TYPE_CHECKING:
    from renderer.models import Model
    from renderer.rendering import Rendering


@dataclass(frozen=True)
class PictureTask:
    """How every picture of a run is drawn and scored; nothing is written where `out` is None.

    `prices` are those of language models that score, by scorer.
    """

    benchmark: str
    model: str
    scorers: tuple[str, ...]
    out: Path | None
    prices: Mapping[str, Price] = field(default_factory=dict[str, Price])


@dataclass(frozen=True, eq=False)
class Job:
    """One picture: a sample and its place in the benchmark, its plan, an arm and a seed.

    `plan` is a text where planning failed. `take` is the seed's place among the run's seeds.
    """

    sample: Sample[Any]
    number: int
    plan: Plan | str
    arm: Arm
    seed: int
    take: int

    @property
    def id(self) -> str:
        """The id of its row."""
        return f"{self.sample.id}/{self.arm.name}/{self.seed}"

    @property
    def path(self) -> str:
        """The picture's path in the run's folder, in the layout of GenEval's evaluator (arXiv 2310.11513)."""
        return f"{self.arm.name}/{self.number:05}/samples/{self.take:04}.png"

    def checked_plan(self) -> Plan:
        """Its plan. Raises `WorldError` where planning failed."""
        if isinstance(self.plan, str):
            raise WorldError(f"not planned: {self.plan}")
        return self.plan


@dataclass(frozen=True)
class Group:
    """Pictures of one prompt and seed by several arms; `first` is that of the run's first arm.

    `first` may have been drawn before: then it is not among the jobs, and is drawn again only where a
    scorer needs its latents. `unscored` are rows of jobs whose pictures exist and lack a score, by id.
    """

    jobs: tuple[Job, ...]
    first: Job
    unscored: Mapping[Key, PictureRow] = field(default_factory=dict[Key, PictureRow])


def picture_rows(task: PictureTask, group: Group) -> Iterator[PictureRow]:
    """A row for each picture of the group, as soon as it is drawn. A failure is a row with its reason.

    A picture that only lacks a score is scored from its file; where the file is gone, it is drawn again.
    """
    drawn = cache(partial(_draw, task))
    for job in group.jobs:
        row = PictureRow(
            id=job.id,
            sample=job.sample.id,
            prompt=job.sample.prompt,
            group=job.sample.group,
            arm=job.arm.name,
            seed=job.seed,
        )
        try:
            yield _complete(row, task, job, drawn, group)
        except ScenewrightError as error:
            yield row.model_copy(update={"error": str(error)})
        except Exception as error:  # our own faults become failed pictures too
            yield row.model_copy(update={"error": f"{type(error).__name__}: {error}"})


def _complete(
    row: PictureRow, task: PictureTask, job: Job, drawn: Callable[[Job], "Rendering"], group: Group
) -> PictureRow:
    """The row with its picture and scores."""
    shown = partial(
        Drawn,
        sample=job.sample,
        plan=job.checked_plan(),
        rules=partial(benchmark_named(task.benchmark).score, job.sample.facts),
        reference=None if job is group.first else lambda: drawn(group.first).latents,
    )
    earlier = group.unscored.get(job.id)
    image = None if task.out is None or earlier is None else earlier.open_picture(task.out)
    if earlier is not None and image is not None:
        scorers = missing_scorers(earlier, task.scorers)
        return with_scores(without_scorers(earlier, scorers), task, score_by(scorers, shown(image)))
    rendering = drawn(job)
    if task.out is not None:
        recipe = rendering.recipe
        if job.arm.plain:
            # Zero regional steps are the plain prompt: `scenewright --plan` draws the same pixels again.
            recipe = recipe.model_copy(update={"inject_steps": 0})
        record = picture_record(job.checked_plan(), recipe, job.seed, model_card(task.model).name)
        _write_picture(task.out / job.path, job.sample, png_bytes(rendering.image, record))
    row = row.model_copy(update={"picture": job.path, "seconds": round(rendering.seconds, 4)})
    scores = score_by(task.scorers, shown(rendering.image, latents=rendering.latents))
    return with_scores(row, task, scores)


def _draw(task: PictureTask, job: Job) -> "Rendering":
    from renderer.rendering import render

    model, grid = loaded_model(task.model), rasterise(layout_of(job.checked_plan()))
    recipe = model.card.recipe_for(job.arm.settings, grid)
    return render(grid, model, recipe, job.seed, plain=job.arm.plain)


@cache
def loaded_model(name: str) -> "Model":
    """The model of a name, loaded once in each process."""
    from renderer.models import load_model

    return load_model(model_card(name))


def _write_picture(path: Path, sample: Sample[Any], png: bytes) -> None:
    """Write the picture, and beside it GenEval's metadata: the prompt, its id, and the upstream record."""
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = path.parents[1] / "metadata.jsonl"
    if not metadata.exists():
        record: dict[str, Any] = {"id": sample.id, "prompt": sample.prompt}
        if isinstance(sample.facts, BaseModel):
            record |= sample.facts.model_dump(mode="json", by_alias=True, exclude_none=True)
        write_atomic(metadata, (json.dumps(record, ensure_ascii=False) + "\n").encode())
    write_atomic(path, png)


def score_by(scorers: Sequence[str], drawn: Drawn) -> PictureScores:
    """The scores of the named scorers."""
    return score(tuple(map(scorer_named, scorers)), drawn)


def with_scores(row: PictureRow, task: PictureTask, scores: PictureScores) -> PictureRow:
    """The row with these scores beside those that it has."""
    cost = {name: dollars(task.prices.get(name), usage) for name, usage in scores.tokens.items()}
    cost = {name: value for name, value in cost.items() if name in task.prices}
    return row.model_copy(
        update={
            "scores": {**row.scores, **scores.scores},
            "explanations": {**row.explanations, **scores.explanations},
            "unscored": {**row.unscored, **scores.unscored},
            "tokens": {**row.tokens, **scores.tokens},
            "cost": {**row.cost, **cost},
        }
    )


def missing_scorers(row: PictureRow, scorers: Sequence[str]) -> tuple[str, ...]:
    """Those of a run's `scorers` that failed on the row's picture as a whole, or never scored it.

    A single metric without a score is an answer, as where an endpoint returns no log probabilities. A row
    without a picture misses none.
    """
    if row.error is not None:
        return ()

    def answered(name: str) -> bool:
        keys = (*row.scores, *row.unscored)
        return name not in row.unscored and any(key.startswith(f"{name}.") for key in keys)

    return tuple(scorer for scorer in scorers if not answered(scorer_named(scorer).name))


def without_scorers(row: PictureRow, scorers: Sequence[str]) -> PictureRow:
    """The row as if none of `scorers` had scored its picture."""
    names = {scorer_named(name).name for name in scorers}
    parts: dict[str, Mapping[str, Any]] = {
        "scores": row.scores,
        "explanations": row.explanations,
        "unscored": row.unscored,
        "tokens": row.tokens,
        "cost": row.cost,
    }
    return row.model_copy(
        update={
            part: {key: value for key, value in values.items() if key.partition(".")[0] not in names}
            for part, values in parts.items()
        }
    )
