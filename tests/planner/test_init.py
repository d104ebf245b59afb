"""The public names of the package, and what importing them leaves out."""

import subprocess
import sys

import pytest

import planner


def test_every_public_name_can_be_had() -> None:
    names = dir(planner)
    assert {"arrange", "holds", "load_plan", "dump_plan", "Scene", "Plan", "Layout", "Size"} <= set(names)
    assert all(getattr(planner, name) is not None for name in names)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nonesuch"):
        _ = planner.nonesuch  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(
    "code",
    [
        "import planner",
        "import planner; [getattr(planner, name) for name in dir(planner)]",
        "import planner; planner.arrange(planner.Scene(caption='fog')).masks()",
        "import planner.draw, planner.files",
        "import renderer.grid",
    ],
)
def test_planning_and_rasterising_import_no_torch(code: str) -> None:
    check = f"{code}; import sys; sys.exit('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", check], check=False)  # noqa: S603 (our own code)
    assert run.returncode == 0
