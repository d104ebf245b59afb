"""The plan stage: every prompt planned and scored, its row kept, and the rows summed up."""

import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from evals.benchmarks.registry import benchmark_named
from evals.benchmarks.samples import Sample
from evals.run.geometry import geometry, placed_instances, planned
from evals.run.options import Options, fingerprint
from evals.run.rows import PlanRow, collect_rows, finish, open_run
from evals.run.summary import dollars, plan_summary
from evals.run.workers import answers
from planner.chat.usage import Price
from planner.errors import ScenewrightError
from planner.llm.serving import ServingPlanner
from planner.local.server import open_model
from planner.plans import Plan, Planner, Size, Usage
from planner.reader.planner import ReaderPlanner
from renderer.pipeline import make_plan


@dataclass(frozen=True)
class PlanTask:
    """How every prompt of a run is planned and scored."""

    benchmark: str
    seed: int
    size: Size
    planner: Planner
    price: Price | None = None


def plan_all(options: Options) -> Mapping[str, Any]:
    """Plan every prompt that has no row yet, or a failed one, and write rows and summary.

    Returns the summary. Raises `UserError` before anything is written where data or folder are wrong.
    """
    llm = options.llm_planner()
    samples = options.samples()
    size = options.size or Size()
    record = {
        "benchmark": options.benchmark,
        "stage": "plan",
        "prompts": fingerprint(samples),
        "planner": options.planner,
        "model": options.llm,
        "profile": options.llm_profile if options.llm else None,
        "price": options.llm_price and asdict(options.llm_price),
        "seed": options.seed,
        "size": size.model_dump(),
    }
    # A failed prompt is tried again: the endpoint may work now.
    rows = {key: row for key, row in open_run(options.out, record, PlanRow).items() if row.error is None}
    left = [sample for sample in samples if sample.id not in rows]
    with _planner(llm if left else None) as planner:
        task = PlanTask(options.benchmark, options.seed, size, planner, options.llm_price)
        coming = answers(partial(plan_rows, task), left, options.planning_crew())
        keys = [sample.id for sample in samples]
        ordered = collect_rows(options.out, rows, keys, coming, options.benchmark, options.quiet)
    summary = plan_summary(record, ordered)
    finish(options.out, ordered, summary)
    return summary


@contextmanager
def _planner(llm: ServingPlanner | None) -> Generator[Planner, None, None]:
    """The built-in planner, or the language model, which is served as long as this context is open."""
    if llm is None:
        yield ReaderPlanner()
        return
    with open_model(llm.llm) as served:
        yield llm.planner_for(served)


def plan_rows(task: PlanTask, sample: Sample[Any]) -> Iterator[PlanRow]:
    """The one row of a sample. A failure is a row with its reason."""
    start, plan = time.perf_counter(), None
    try:
        plan = make_plan(sample.prompt, task.planner, task.size, task.seed)
        seconds = round(time.perf_counter() - start, 4)
        yield _scored_row(task, sample, plan, seconds)
    except Exception as error:  # our own faults become failed prompts too
        expected = isinstance(error, ScenewrightError)
        usage: Usage | None = plan.origin.usage if plan else getattr(error, "usage", None)
        yield PlanRow(
            id=sample.id,
            prompt=sample.prompt,
            tokens=usage,
            cost=dollars(task.price, usage),
            error=str(error) if expected else f"{type(error).__name__}: {error}",
            seconds=round(time.perf_counter() - start, 4),
        )


def _scored_row(task: PlanTask, sample: Sample[Any], plan: Plan, seconds: float) -> PlanRow:
    seen = planned(plan)
    return PlanRow(
        id=sample.id,
        prompt=sample.prompt,
        boxes=placed_instances(seen),
        scene=plan.scene.model_dump(mode="json"),
        notes=tuple(note.model_dump() for note in plan.notes),
        origin=plan.origin.model_dump(),
        scores=dict(benchmark_named(task.benchmark).score(sample.facts, seen)),
        geometry=geometry(plan),
        tokens=plan.origin.usage,
        cost=dollars(task.price, plan.origin.usage),
        seconds=seconds,
    )
