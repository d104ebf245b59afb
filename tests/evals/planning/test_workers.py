"""What a row tells of one prompt."""

import time

import pytest

from evals.benchmarks.samples import Sample
from evals.planning import workers
from planner.plans import Draft, Size
from planner.reader.planner import ReaderPlanner

TASK = workers.Task("prompts", 0, Size(width=256, height=256), ReaderPlanner())


def test_seconds_are_of_planning_and_not_of_scoring(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    plan, score = ReaderPlanner.__call__, workers.geometry

    def planning(self: ReaderPlanner, prompt: str) -> Draft:
        clock[0] += 2
        return plan(self, prompt)

    def scoring(plan: workers.Plan) -> object:
        clock[0] += 100
        return score(plan)

    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(ReaderPlanner, "__call__", planning)
    monkeypatch.setattr(workers, "geometry", scoring)
    (row,) = workers.answer(TASK, Sample(0, "a fox", None))
    assert (row["seconds"], clock[0], row["error"]) == (2, 102, None)
