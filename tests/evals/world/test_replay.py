"""Steps that are captured and replayed learn as steps that run."""

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from evals.world.replay import Replayed


@dataclass(frozen=True)
class Numbers:
    given: Tensor

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return (self.given,)

    def clone(self) -> "Numbers":
        return Numbers(self.given.clone())


class Learner:
    """A layer that learns to double; `ran` counts how often Python did a step of it."""

    def __init__(self, device: torch.device) -> None:
        torch.manual_seed(0)
        self.layer, self.ran = nn.Linear(4, 4).to(device), 0
        cuda = device.type == "cuda"
        self.optimizer = torch.optim.AdamW(self.layer.parameters(), capturable=cuda, fused=cuda)

    def learn(self, shown: Numbers) -> Tensor:
        self.ran += 1
        self.optimizer.zero_grad(set_to_none=True)
        loss = (self.layer(shown.given) - 2 * shown.given).square().mean()
        loss.backward()
        self.optimizer.step()
        return loss.detach()


def losses(device: torch.device, replayed: bool) -> tuple[list[float], int]:
    """Of twelve steps on batches of two sizes, and how many of them Python ran."""
    learner, random = Learner(device), torch.Generator().manual_seed(3)
    learn = Replayed(learner.learn) if replayed else learner.learn
    batches = [torch.randn(2 + step % 2, 4, generator=random).to(device) for step in range(12)]
    return [float(learn(Numbers(batch))) for batch in batches], learner.ran


def test_on_a_cpu_every_step_runs() -> None:
    cpu = torch.device("cpu")
    assert losses(cpu, replayed=True) == losses(cpu, replayed=False)
    assert losses(cpu, replayed=True)[1] == 12


@pytest.mark.skipif(not torch.cuda.is_available(), reason="CUDA graphs need a GPU")
def test_on_a_gpu_a_step_of_shapes_met_before_is_replayed() -> None:
    gpu = torch.device("cuda")
    plain, _ = losses(gpu, replayed=False)
    replayed, ran = losses(gpu, replayed=True)
    assert replayed == pytest.approx(plain, rel=1e-4)
    assert ran == 4, "each of two sizes runs once as it is, and once to be captured"
