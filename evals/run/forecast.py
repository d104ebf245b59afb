"""What a run of pictures would do, and how long it would take, estimated from the first pictures."""

import time
from collections.abc import Sequence
from dataclasses import replace

from evals.run.arms import Arm
from evals.run.options import Options, Samples
from evals.run.pictures import Group, Job, PictureTask, missing_scorers, picture_rows, without_scorers
from evals.run.rows import PictureRow, read_rows
from evals.run.workers import crew_size
from planner.errors import ScenewrightError, WorldError
from renderer.cards import ModelCard
from renderer.pipeline import make_plan


def forecast(options: Options, arms: Sequence[Arm], samples: Samples, card: ModelCard) -> str:
    """Lines on what the run would do; nothing is written. Each arm's first picture is drawn and timed.

    Raises `WorldError` where one of those fails, and as `crew_size` does.
    """
    total = len(samples) * len(options.seeds) * len(arms)
    rows = [without_scorers(row, options.score_again) for row in read_rows(options.out, PictureRow)]
    unscored = sum(bool(missing_scorers(row, options.scorers)) for row in rows)
    existing = f"{len(rows)} exist" + (f", {unscored} of them to be scored again" if unscored else "")
    size = options.size or card.size
    lines = [
        f"{options.benchmark}: {len(samples)} prompts x {len(arms)} arms x {len(options.seeds)} seeds = "
        f"{total} pictures of {size.width}x{size.height} with {card.name}; {existing}"
    ]
    for arm in arms:
        recipe = arm.settings.over(card.recipe).model_dump(mode="json")
        settings = ", ".join(f"{name} {value}" for name, value in recipe.items())
        chosen = "; some chosen from the layout" if arm.settings.auto and card.auto else ""
        lines.append(f"  {arm.name}: {'the prompt without regions; ' if arm.plain else ''}{settings}{chosen}")
    lines.append(f"scored by {', '.join(options.scorers)}")
    seconds = {arm.name: _seconds_of_first(options, arm, samples) for arm in arms}
    workers = crew_size(options.crew())
    left = (total - len(rows)) / len(arms) * sum(seconds.values()) / workers
    times = ", ".join(f"{value:.1f} s ({name})" for name, value in seconds.items())
    lines.append(
        f"the first pictures took {times}: about {duration(left)} for the rest, "
        f"{workers} worker{'s' if workers > 1 else ''}"
    )
    return "\n".join(lines) + "\n"


def _seconds_of_first(options: Options, arm: Arm, samples: Samples) -> float:
    """Seconds that the first picture of an arm takes with its scores, once everything is loaded."""
    try:
        # The planner hardly matters for the time of a picture, so no language model is asked.
        plan = make_plan(samples[0].prompt, None, options.size, options.seed)
    except ScenewrightError as error:
        raise WorldError(f"the first prompt can't be planned: {error}") from error
    job = Job(samples[0], 0, plan, arm, options.seeds[0], 0)
    task = PictureTask(options.benchmark, options.model, options.scorers, None)
    quick = replace(
        job, arm=replace(arm, settings=arm.settings.model_copy(update={"steps": 1, "inject_steps": 1}))
    )
    seconds = 0.0
    for tried in (quick, job):
        start = time.perf_counter()
        row = next(picture_rows(task, Group((tried,), tried)))
        if row.error is not None:
            raise WorldError(f"{arm.name}: the first picture fails: {row.error}", "arm")
        seconds = time.perf_counter() - start
    return seconds


def duration(seconds: float) -> str:
    """A time span in words."""
    minutes = round(seconds / 60)
    if minutes < 2:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02} min"
