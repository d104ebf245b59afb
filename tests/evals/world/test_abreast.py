"""Processes that train together, two real ones."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from evals.world import flow
from evals.world.course import Course
from evals.world.data import Captioned
from evals.world.flow import FlowTrainer, abreast, place
from evals.world.progress import Curve
from evals.world.train import POOL_SEEDS, in_turn

Weights = dict[str, torch.Tensor]

TOGETHER = (sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2")
COURSES = (Course(1, (("tight", 0.5), ("loose", 0.5)), (16, 24), 0.3, 1000, (8e-4, 4e-6)),)
TRAIN = f"""
from evals.world import train
from evals.world.course import Course

train.COURSES = {COURSES}
train.main()
"""
WORK = """
import sys
import torch
import torch.distributed
from evals.world.flow import abreast, place, share_weights
from evals.world.train import in_turn

torch.distributed.init_process_group("gloo")
layer = torch.nn.Linear(1, 1)
for parameter in layer.parameters():
    torch.nn.init.constant_(parameter, 1.0 + 2 * place())
share_weights(layer)
assert abreast() == 2
assert [parameter.item() for parameter in layer.parameters()] == [2.0, 2.0]
with open(sys.argv[1], "a", buffering=1) as log:
    in_turn(lambda: log.write(f"{place()}\\n"))
torch.distributed.destroy_process_group()
"""


def _together(*told: str) -> None:
    """Two processes of this Python, told the same."""
    subprocess.run([*TOGETHER, *told], check=True, timeout=300)  # noqa: S603 (our own code)


def test_alone_a_process_is_the_first_of_one() -> None:
    assert (abreast(), place(), in_turn(lambda: 3)) == (1, 0, 3)


def test_weights_are_the_mean_and_the_first_goes_first(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text(WORK)
    _together(str(tmp_path / "work.py"), str(tmp_path / "log"))
    assert (tmp_path / "log").read_text() == "0\n1\n"


@pytest.mark.parametrize("number", [0, 5])
def test_each_of_two_has_batches_of_its_own(number: int) -> None:
    six = (replace(COURSES[0], steps=6),)
    alone, both = Captioned(six, 64, 300), Captioned(six, 64, 300, abreast=2)
    assert len(both) == 2 * len(alone)
    assert not torch.equal(both[2 * number].t5_ids, both[2 * number + 1].t5_ids)


def test_what_two_train_is_the_mean_of_what_each_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = ["--device=cpu", "--workers=0", "--batch=1", "--vae-steps=1", "--decoder-steps=1", "--pool=64"]
    (tmp_path / "train.py").write_text(TRAIN)
    _together(str(tmp_path / "train.py"), "--stages=flow", f"--out={tmp_path}", *told)
    latents = load_file(tmp_path / "latents.safetensors")["latents"]
    monkeypatch.setattr(flow, "abreast", lambda: 2)
    monkeypatch.setattr(flow, "share_weights", _kept)
    each = list[Weights]()
    for number in range(2):
        monkeypatch.setattr(flow, "place", lambda number=number: number)
        each.append(_after_a_step(number, latents, tmp_path / "alone"))
    made = torch.load(tmp_path / "flow.pt", weights_only=True)["model"]
    # Adam's first step is as long for a gradient that is nearly none, whose sign is a matter of rounding.
    means = {name: (one + each[1][name]) / 2 for name, one in each[0].items()}
    assert _apart(made, means) < 0.02
    assert _apart(made, each[0]) > 0.2
    assert len((tmp_path / "times.jsonl").read_text().splitlines()) == 3


def _kept(_: nn.Module) -> None:
    """In place of what gives a process the mean of all weights: it keeps its own."""


def _apart(some: Weights, others: Weights) -> float:
    """The share of the weights that differ."""
    gaps = torch.cat([(weights - others[name]).abs().flatten() for name, weights in some.items()])
    return (gaps > 1e-6).float().mean().item()


def _after_a_step(number: int, latents: torch.Tensor, out: Path) -> Weights:
    """The weights after the first step on the batch of that number."""
    batch = Captioned(COURSES, len(latents), POOL_SEEDS, abreast=2)[number]
    trainer = FlowTrainer(COURSES, torch.device("cpu"))
    trainer.train(iter([batch]), latents, Curve(out), lambda: None, 1)
    return dict(trainer.model.state_dict())
