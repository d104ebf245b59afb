"""The picture stage: plans first, then pictures, each row kept as it comes, and the rows summed up."""

import sys
from collections.abc import Container, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from evals.benchmarks.registry import benchmark_named
from evals.run.arms import Arm, check_arms, read_arms
from evals.run.forecast import forecast
from evals.run.options import Options, Samples, fingerprint
from evals.run.pictures import Group, Job, PictureTask, missing_scorers, picture_rows, without_scorers
from evals.run.plan_stage import plan_all
from evals.run.rows import Key, PictureRow, PlanRow, check_run, collect_rows, finish, open_run, read_rows
from evals.run.summary import metric_records, picture_summary
from evals.run.workers import answers
from evals.scorers.drift import Drift
from evals.scorers.registry import check_scorers, scorer_named
from planner.account import account
from planner.errors import UserError
from planner.plans import Size
from renderer.cards import ModelCard, model_card
from renderer.pipeline import check_seed

GOLDEN_RATIO = 0.618034
"""Its multiples, modulo 1, are spread evenly wherever they stop."""

JUDGE = "judge"
"""The scorer that --judge-price is for."""

PLANS = "plans"
"""The folder of the plans' own run, within that of the pictures."""


def draw_all(options: Options) -> Mapping[str, Any] | None:
    """Draw every picture that has no row yet, or a failed one, and score those that lack a score.

    Returns the summary; None after a dry run, which prints what would be done. Raises `UserError` before
    anything is written where an option is wrong.
    """
    card = model_card(options.model)
    arms = read_arms(options.arms)
    check_arms(arms, card)
    options = _with_defaults(options, card)
    samples = options.samples()
    if options.dry_run:
        sys.stdout.write(forecast(options, arms, samples, card))
        return None

    # 1. The rows that exist, without those that failed and without scores that are to be made again.
    record = _run_record(options, arms, samples)
    check_run(options.out, record, may_grow="scorers")
    existing = [row for row in read_rows(options.out, PictureRow) if row.error is None]
    rows = {row.id: without_scorers(row, options.score_again) for row in existing}
    unscored = {key: row for key, row in rows.items() if missing_scorers(row, options.scorers)}
    done = {key: row for key, row in rows.items() if key not in unscored}
    if len(done) < len(samples) * len(arms) * len(options.seeds):
        check_scorers(options.scorers)

    # 2. The plans, in a run of their own. A refused scorer must not be in run.json, hence not earlier.
    open_run(options.out, record, PictureRow, may_grow="scorers")
    plans = plan_all(replace(options, stage="plan", out=options.out / PLANS))

    # 3. The pictures that are left, by prompt and seed.
    jobs = all_jobs(options, arms, samples, read_rows(options.out / PLANS, PlanRow))
    left = groups(jobs, done, unscored, len(arms))
    prices = {JUDGE: options.judge_price} if options.judge_price else {}
    task = PictureTask(options.benchmark, options.model, options.scorers, options.out, prices)
    coming = answers(partial(picture_rows, task), left, options.crew())
    ordered = collect_rows(options.out, done, [job.id for job in jobs], coming, "pictures", options.quiet)

    # 4. The summary.
    summary = picture_summary({**record, "plans": plans}, ordered)
    finish(options.out, ordered, summary)
    return summary


def _with_defaults(options: Options, card: ModelCard) -> Options:
    """The options checked, with the benchmark's scorers and the model's size where none are given."""
    for seed in options.seeds:
        check_seed(seed)
    scorers = options.scorers or benchmark_named(options.benchmark).scorers
    if len(set(scorers)) < len(scorers):
        raise UserError("one scorer is named twice", "scorer")
    names = [scorer_named(name).name for name in scorers]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise UserError(
            f"two scorers are called {twice}, and so are their metrics; use one at a time", "scorer"
        )
    absent = next((name for name in options.score_again if name not in scorers), None)
    if absent is not None:
        raise UserError(f"{absent}: the scorers are {', '.join(scorers)}", "score_again")
    if Drift.name in options.score_again:
        raise UserError("drift: it needs latents, which picture files do not hold", "score_again")
    if options.judge_price and JUDGE not in names:
        raise UserError("goes with --scorer judge:MODEL", "judge_price")
    return replace(options, size=options.size or card.size, scorers=scorers)


def _run_record(options: Options, arms: Sequence[Arm], samples: Samples) -> dict[str, Any]:
    """What makes this run differ from others: rows of two runs are never mixed."""
    return {
        "benchmark": options.benchmark,
        "stage": "image",
        "prompts": fingerprint(samples),
        "model": options.model,
        "arms": [arm.record() for arm in arms],
        "seeds": list(options.seeds),
        "scorers": list(options.scorers),
        "shard": list(options.shard),
        "size": options.size and options.size.model_dump(),
        "planner": options.planner,
        "llm": options.llm,
        "judge_price": options.judge_price and asdict(options.judge_price),
        "metrics": [metric.model_dump() for metric in metric_records(options.scorers)],
    }


def all_jobs(
    options: Options, arms: Sequence[Arm], samples: Samples, plan_rows: Sequence[PlanRow]
) -> list[Job]:
    """All pictures of a run; those of one prompt and seed follow one another, the first arm's first."""
    size, plans = options.size or Size(), dict[Key, Any]()
    for row in plan_rows:
        plan = row.plan(size)
        plans[row.id] = (
            row.error if plan is None else plan.model_copy(update={"account": account(plan.scene)})
        )
    first, step = options.shard
    return [
        Job(sample, first - 1 + place * step, plans[sample.id], arm, seed, take)
        for place, sample in enumerate(samples)
        for take, seed in enumerate(options.seeds)
        for arm in arms
    ]


def groups(
    jobs: Sequence[Job], done: Container[Key], unscored: Mapping[Key, PictureRow], arms: int
) -> list[Group]:
    """The pictures that are left, by prompt and seed, in the order of drawing.

    The order is such that an interrupted run has drawn all kinds of prompts. `unscored` are rows of
    pictures that lack a score, by id.
    """
    left = list[Group]()
    for start in range(0, len(jobs), arms):
        together = jobs[start : start + arms]
        lacking: dict[Key, PictureRow] = {job.id: unscored[job.id] for job in together if job.id in unscored}
        left.append(Group(tuple(job for job in together if job.id not in done), together[0], lacking))
    return sorted(
        (group for group in left if group.jobs), key=lambda group: group.first.number * GOLDEN_RATIO % 1
    )
