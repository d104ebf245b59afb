"""Steps of training on a GPU as CUDA graphs: a small model's step is thousands of kernels, and to launch each
takes longer than it runs.
"""

from collections.abc import Callable
from typing import Generic, Protocol, Self, TypeVar

import torch
from torch import Tensor


class Cloned(Protocol):
    """Tensors that belong together."""

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """They, in an order of their own."""
        ...

    def clone(self) -> Self:
        """The same, in other memory."""
        ...


T = TypeVar("T", bound=Cloned)

Shapes = tuple[torch.Size, ...]


class Replayed(Generic[T]):
    """`work`, captured where it meets shapes on a GPU for the second time, and replayed from then on.

    What `work` changes, as weights, it must change in place, and it must read nothing but tensors that stay
    where they are and those that it is called with. The first time with some shapes it runs as it is, which
    makes whatever it makes once. On a CPU it always does.
    """

    def __init__(self, work: Callable[[T], Tensor]) -> None:
        self._work, self._met = work, set[Shapes]()
        self._captured: dict[Shapes, tuple[torch.cuda.CUDAGraph, T, Tensor]] = {}

    def __call__(self, told: T) -> Tensor:
        shapes = tuple(part.shape for part in told.tensors)
        if told.tensors[0].device.type != "cuda" or shapes not in self._met:
            self._met.add(shapes)
            return self._work(told)
        if shapes not in self._captured:
            self._captured[shapes] = self._capture(told.clone())
        graph, place, result = self._captured[shapes]
        for there, here in zip(place.tensors, told.tensors, strict=True):
            there.copy_(here)
        graph.replay()
        return result.clone()

    def _capture(self, place: T) -> tuple[torch.cuda.CUDAGraph, T, Tensor]:
        graph = torch.cuda.CUDAGraph()
        pool = next((graph.pool() for graph, _, _ in self._captured.values()), None)
        # Another thread may pin memory for batches to come meanwhile.
        with torch.cuda.graph(graph, pool=pool, capture_error_mode="thread_local"):
            result = self._work(place)
        return graph, place, result
