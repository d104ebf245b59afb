"""A run at the stage of the picture: plans first, then pictures, rows as they come, and their summary."""

import sys
from collections.abc import Container, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from rich.console import Console

from evals.benchmark import Options, run
from evals.benchmarks.registry import benchmark_named
from evals.drawing.again import lacking, without
from evals.drawing.arms import Arm, check_arms, read_arms
from evals.drawing.forecast import forecast
from evals.drawing.pictures import Group, Job, Task, pictures
from evals.drawing.show import show
from evals.drawing.summary import summary
from evals.planning.rows import Key, Row, check_run, finish, open_run, read_rows, sound
from evals.runs import Samples, fingerprint, gather
from evals.scorers.drift import Drift
from evals.scorers.registry import check_scorers, scorer_named
from evals.workers import answers
from planner.account import account
from planner.errors import UserError
from planner.plans import Plan
from renderer.cards import ModelCard, model_card
from renderer.pipeline import check_seed

GOLDEN = 0.618034
"""Multiples of the golden ratio lie evenly, wherever they stop."""

JUDGE = "judge"
"""The scorer that --judge-price is for."""

PLANS = "plans"
"""The folder of the plans' own run, within that of the pictures."""


def run_pictures(options: Options) -> int:
    """Draw every picture that has no row yet, or one of a failure, and score those that lack a score.

    The table is shown. Returns the exit code.
    """
    result = drawn(options)
    if result is None:
        return 0
    if not options.quiet:
        show(result, Console())
    return 1 if result["failures"] else 0


def drawn(options: Options) -> Mapping[str, Any] | None:
    """The summary of the run, drawn as far as it was not yet; None where it was only to say what it would do.

    Raises `UserError` before anything is written where an option is wrong.
    """
    card = model_card(options.model)
    arms = read_arms(options.arms)
    check_arms(arms, card)
    options = _completed(options, card)
    samples = options.samples()
    if options.dry_run:
        sys.stdout.write(forecast(options, arms, samples, card))
        return None
    return _run(options, arms, samples)


def _completed(options: Options, card: ModelCard) -> Options:
    """With what the benchmark and the model say where the user said nothing."""
    for seed in options.seeds:
        check_seed(seed)
    scorers = options.scorers or benchmark_named(options.benchmark).scorers
    if len(set(scorers)) < len(scorers):
        raise UserError("--scorer: one of them is named twice")
    called = [scorer_named(name).name for name in scorers]
    twice = next((name for name in called if called.count(name) > 1), None)
    if twice:
        raise UserError(
            f"--scorer: two of them are called {twice}, and so are their metrics; run one at a time"
        )
    absent = next((name for name in options.score_again if name not in scorers), None)
    if absent is not None:
        raise UserError(f"--score-again {absent}: the scorers are {', '.join(scorers)}")
    if Drift.name in options.score_again:
        raise UserError("--score-again drift: it needs latents, which pictures that lie there don't hold")
    if options.judge_price and JUDGE not in called:
        raise UserError("--judge-price goes with --scorer judge:MODEL")
    return replace(options, size=options.size or card.size, scorers=scorers)


def _run(options: Options, arms: Sequence[Arm], samples: Samples) -> Mapping[str, Any]:
    told = _told(options, arms, samples)
    check_run(options.out, told, grows="scorers")
    there = sound({row["id"]: row for row in read_rows(options.out)})
    rows = {key: without(row, options.score_again) for key, row in there.items()}
    unscored = {key: row for key, row in rows.items() if lacking(row, options.scorers)}
    done = {key: row for key, row in rows.items() if key not in unscored}
    if len(done) < len(samples) * len(arms) * len(options.seeds):
        check_scorers(options.scorers)
    # Not before: a scorer that is refused must not stand in the folder as one of the run's.
    open_run(options.out, told, grows="scorers")
    plans = run(replace(options, stage="plan", out=options.out / PLANS))
    every = jobs(options, arms, samples, read_rows(options.out / PLANS))
    left = groups(every, done, unscored, len(arms))
    prices = {JUDGE: options.judge_price} if options.judge_price else {}
    task = Task(options.benchmark, options.model, options.scorers, options.out, prices)
    coming = answers(partial(pictures, task), left, options.crew())
    ordered = gather(options.out, done, [job.id for job in every], coming, "pictures", options.quiet)
    result = summary({**told, "plans": plans}, ordered)
    finish(options.out, ordered, result)
    return result


def jobs(options: Options, arms: Sequence[Arm], samples: Samples, planned: Sequence[Row]) -> list[Job]:
    """All pictures of a run; those of one prompt and seed follow one another, the first arm's first."""
    plans = {row["id"]: plan_of(row, options) for row in planned}
    first, step = options.shard
    return [
        Job(sample, first - 1 + place * step, plans[sample.id], arm, seed, take)
        for place, sample in enumerate(samples)
        for take, seed in enumerate(options.seeds)
        for arm in arms
    ]


def groups(every: Sequence[Job], done: Container[Key], unscored: Mapping[Key, Row], arms: int) -> list[Group]:
    """What is left of `every` picture, by prompt and seed, in the order of drawing.

    A run that is cut off tells of all kinds of prompts. `unscored` are rows of pictures that lack a
    score, by id.
    """
    whole = (every[place : place + arms] for place in range(0, len(every), arms))
    left = (
        Group(
            tuple(job for job in jobs if job.id not in done),
            jobs[0],
            {job.id: unscored[job.id] for job in jobs if job.id in unscored},
        )
        for jobs in whole
    )
    return sorted((group for group in left if group.jobs), key=lambda group: group.first.number * GOLDEN % 1)


def plan_of(row: Row, options: Options) -> Plan | str:
    """The plan that a row of plans holds, or the reason why it holds none."""
    if row["error"] is not None:
        return str(row["error"])
    parts = {name: row[name] for name in ("scene", "notes", "origin")}
    plan = Plan.model_validate({**parts, "size": options.size})
    return plan.model_copy(update={"account": account(plan.scene)})


def _told(options: Options, arms: Sequence[Arm], samples: Samples) -> dict[str, Any]:
    """What tells this run from others: rows of two runs are never mixed."""
    return {
        "benchmark": options.benchmark,
        "stage": "image",
        "prompts": fingerprint(samples),
        "model": options.model,
        "arms": [arm.told() for arm in arms],
        "seeds": list(options.seeds),
        "scorers": list(options.scorers),
        "shard": list(options.shard),
        "size": options.size and options.size.model_dump(),
        "planner": options.planner,
        "llm": options.llm,
        "judge_price": options.judge_price and asdict(options.judge_price),
    }
