"""What a run would do, and how long it would take by the first pictures."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from evals.drawing.again import lacking, without
from evals.drawing.arms import Arm
from evals.drawing.pictures import Group, Job, Task, pictures
from evals.planning.rows import read_rows
from evals.runs import Samples
from planner.errors import ScenewrightError, WorldError
from planner.plans import Plan
from renderer.cards import ModelCard
from renderer.pipeline import make_plan

if TYPE_CHECKING:
    from evals.benchmark import Options


def forecast(options: "Options", arms: Sequence[Arm], samples: Samples, card: ModelCard) -> str:
    """Lines on what would be done; nothing is written. The first picture of each arm is drawn to time it.

    Raises `WorldError` where one of those fails, and as `Crew.size` does.
    """
    each = len(samples) * len(options.seeds)
    rows = [without(row, options.score_again) for row in read_rows(options.out)]
    done, unscored = len(rows), sum(bool(lacking(row, options.scorers)) for row in rows)
    there = f"{done} are there" + (f", {unscored} of them to be scored again" if unscored else "")
    size = options.size or card.size
    lines = [
        f"{options.benchmark}: {len(samples)} prompts x {len(arms)} arms x {len(options.seeds)} seeds = "
        f"{each * len(arms)} pictures of {size.width}x{size.height} with {card.name}; {there}",
        *(f"  {arm.name}: {_settings(arm, card)}" for arm in arms),
        f"scored by {', '.join(options.scorers)}",
    ]
    seconds = {arm.name: _timed(options, arm, samples) for arm in arms}
    workers = options.crew().size()
    left = (each * len(arms) - done) / len(arms) * sum(seconds.values()) / workers
    told = ", ".join(f"{value:.1f} s ({name})" for name, value in seconds.items())
    lines.append(f"the first pictures took {told}: about {in_time(left)} for the rest, {_workers(workers)}")
    return "\n".join(lines) + "\n"


def _settings(arm: Arm, card: ModelCard) -> str:
    recipe = arm.settings.over(card.recipe).model_dump(mode="json")
    told = ", ".join(f"{name} {value}" for name, value in recipe.items())
    chosen = "; some chosen from the layout" if arm.settings.auto and card.auto else ""
    return f"{'the prompt alone; ' if arm.plain else ''}{told}{chosen}"


def _timed(options: "Options", arm: Arm, samples: Samples) -> float:
    """Seconds that the first picture of an arm takes with its scores, when all is loaded."""
    plan = _plan(options, samples)
    job = Job(samples[0], 0, plan, arm, options.seeds[0], 0)
    task = Task(options.benchmark, options.model, options.scorers, None)
    quick = replace(
        job, arm=replace(arm, settings=arm.settings.model_copy(update={"steps": 1, "inject_steps": 1}))
    )
    for tried in (quick, job):
        start = time.perf_counter()
        row = next(pictures(task, Group((tried,), tried)))
        if row["error"] is not None:
            raise WorldError(f"--arm {arm.name}: the first picture fails: {row['error']}")
        seconds = time.perf_counter() - start
    return seconds


def _plan(options: "Options", samples: Samples) -> Plan:
    """The first prompt by the built-in planner: how long a picture takes hangs little on who plans."""
    try:
        return make_plan(samples[0].prompt, None, options.size, options.seed)
    except ScenewrightError as error:
        raise WorldError(f"the first prompt can't be planned: {error}") from error


def _workers(count: int) -> str:
    return f"{count} worker{'s' if count > 1 else ''}"


def in_time(seconds: float) -> str:
    """A span of time as people say it."""
    minutes = round(seconds / 60)
    if minutes < 2:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02} min"
