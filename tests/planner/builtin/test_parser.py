"""The English model is loaded once, and without torch."""

import subprocess
import sys

from planner.builtin.parser import english

_PROGRAM = """
import sys
from planner.builtin import BuiltinPlanner
plan = BuiltinPlanner()
before = plan("two cats on a red sofa")
assert "torch" not in sys.modules, "planning imported torch"
import torch
assert torch.ones(2).sum() == 2
assert plan("two cats on a red sofa") == before
print([region.name for region in before.scene.regions])
"""


def test_planning_leaves_torch_out_and_usable_afterwards() -> None:
    command = [sys.executable, "-c", _PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own program
    assert done.stderr == ""
    assert done.stdout.strip() == "['cat', 'sofa']"


def test_the_model_is_loaded_once() -> None:
    assert english() is english()
