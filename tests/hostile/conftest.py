"""Runs cases of the campaign, each in an empty folder."""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from planner.planning import plan
from renderer.pipeline import make_plan
from tests.hostile.campaign import Case, run


@pytest.fixture
def campaign(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[[Case], None]:
    """Runs one case; with `-s` its seconds and megabytes are printed."""

    def check(case: Case) -> None:
        cost = run(case, tmp_path, monkeypatch, capsys)
        if request.config.getoption("capture") == "no":
            with capsys.disabled():
                sys.stdout.write(f"{cost.seconds:7.2f} s  {cost.megabytes:6.0f} MB  {case.id}\n")

    return check


@pytest.fixture(scope="package", autouse=True)
def _warm() -> None:  # pyright: ignore[reportUnusedFunction]
    """Import what commands import late, so that no case is charged for it."""
    for name in ("evals.benchmark", "evals.report.command", "evals.report.page", "renderer.drawing"):
        import_module(name)
    plan("a red star")
    # Another language needs the model that tells languages apart.
    plan("一颗红色的星星在蓝色的圆环上面")
    make_plan("a red star above a blue ring", size="64x64")
