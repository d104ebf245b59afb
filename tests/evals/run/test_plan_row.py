"""What a row tells of one prompt."""

import time

import pytest

from evals.benchmarks.samples import Sample
from evals.run import plan_stage
from planner.plans import Draft, Size
from planner.reader.planner import ReaderPlanner

TASK = plan_stage.PlanTask("prompts", 0, Size(width=256, height=256), ReaderPlanner())


def test_seconds_are_of_planning_and_not_of_scoring(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    plan, score = ReaderPlanner.__call__, plan_stage.geometry

    def planning(self: ReaderPlanner, prompt: str) -> Draft:
        clock[0] += 2
        return plan(self, prompt)

    def scoring(plan: plan_stage.Plan) -> object:
        clock[0] += 100
        return score(plan)

    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(ReaderPlanner, "__call__", planning)
    monkeypatch.setattr(plan_stage, "geometry", scoring)
    (row,) = plan_stage.plan_rows(TASK, Sample(0, "a fox", None))
    assert (row.seconds, clock[0], row.error) == (2, 102, None)
