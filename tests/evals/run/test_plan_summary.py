"""Rows come to means with intervals; failures are told and never averaged."""

import pytest

from evals.run.rows import Geometry, PlanRow
from evals.run.summary import plan_summary
from evals.statistics import interval

SOUND = Geometry(overlap=0, lost=0, off_canvas=0, coverage=0.25)


def row(scores: dict[str, float | None], seconds: float = 0.1, error: str | None = None) -> PlanRow:
    where = None if error else SOUND
    return PlanRow(id=0, prompt="", scores=scores, seconds=seconds, error=error, geometry=where)


def test_failures_stand_apart_from_means() -> None:
    rows = [
        row({"accuracy": 1.0}),
        row({"accuracy": 0.0}),
        row({}, error="no reply"),
        row({}, error="no reply"),
    ]
    told = plan_summary({"benchmark": "x"}, rows)
    assert (told["n"], told["failures"], told["reasons"]) == (4, 2, {"no reply": 2})
    assert told["metrics"]["accuracy"]["mean"] == 0.5
    assert told["metrics"]["accuracy"]["n"] == 2
    assert told["benchmark"] == "x"


def test_a_metric_counts_where_it_applies() -> None:
    told = plan_summary({}, [row({"a": 1.0, "b": None}), row({"a": 0.0}), row({"b": 0.5})])
    assert {name: (m["mean"], m["n"]) for name, m in told["metrics"].items()} == {
        "a": (0.5, 2),
        "b": (0.5, 1),
    }


def test_sums_and_times() -> None:
    bad = Geometry(overlap=2, lost=1, off_canvas=3, coverage=0.75)
    worst = row({}, 0.2).model_copy(update={"geometry": bad})
    told = plan_summary({}, [row({}, 0.1), row({}, 0.3), worst])
    assert (told["overlap"], told["lost"], told["off_canvas"]) == (2, 1, 3)
    assert told["coverage"]["mean"] == pytest.approx(0.41667, abs=1e-5)
    assert told["median_seconds"] == 0.2
    assert told["p95_seconds"] == pytest.approx(0.29)


def test_everything_failed() -> None:
    told = plan_summary({}, [row({}, error="down")])
    assert (told["failures"], told["metrics"], told["coverage"]) == (1, {}, None)


def test_intervals_hold_the_mean_and_narrow_with_n() -> None:
    few, many = interval([0, 1] * 10), interval([0, 1] * 1000)
    assert few is not None
    assert many is not None
    assert few["low"] < 0.5 < few["high"]
    assert many["high"] - many["low"] < (few["high"] - few["low"]) / 5
    assert interval([0, 1] * 10) == few
    assert interval([1.0] * 9) == {"mean": 1, "low": 1, "high": 1, "n": 9}
