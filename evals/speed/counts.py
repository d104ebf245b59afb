"""Operations and memory of a step, counted without computing it.

The arms' own code runs on torch's meta device, where tensors have shapes and no numbers. So FLUX.1-dev is
counted at its full size in seconds, on any machine.
"""

import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from evals.speed.arms import ARMS
from evals.speed.inputs import EARLY, LATE, Preset, layouts, on_meta, random_inputs, random_transformer
from evals.speed.timing import Cell


@dataclass(frozen=True)
class Operations:
    """Floating-point operations of an injected step and of one after; a multiply-add counts as two."""

    injected: int
    after: int

    def run(self, preset: Preset) -> int:
        """The operations of all steps of a run."""
        return preset.injected * self.injected + (preset.steps - preset.injected) * self.after


def operations(preset: Preset, cells: Sequence[Cell]) -> dict[Cell, Operations]:
    """Each cell's operations at the preset's full size, as torch's own counter counts them.

    It counts matrix products, also those of attention, and nothing else. All double blocks are alike, and all
    single ones, so one of each is counted and multiplied.
    """
    config = {"num_layers": 19, "num_single_layers": 38, **preset.config}
    doubles, singles = int(config["num_layers"]), int(config["num_single_layers"])
    none, double, single = (_counted(on_meta(preset, *blocks), cells) for blocks in ((0, 0), (1, 0), (0, 1)))

    def full_size(cell: Cell, step: int) -> int:
        nothing = none[cell][step]
        return nothing + doubles * (double[cell][step] - nothing) + singles * (single[cell][step] - nothing)

    return {cell: Operations(full_size(cell, 0), full_size(cell, 1)) for cell in cells}


def _counted(preset: Preset, cells: Sequence[Cell]) -> dict[Cell, tuple[int, int]]:
    """Operations of an injected step and of one after."""
    inputs = random_inputs(preset, random_transformer(preset), max(cell.regions for cell in cells))

    def count(step: Callable[[], Tensor], sigma: float) -> int:
        with MetaAnswers(sigma), FlopCounterMode(display=False) as counter:
            step()
        return counter.get_total_flops()

    counts: dict[Cell, tuple[int, int]] = {}
    for cell in cells:
        with ARMS[cell.arm](inputs, layouts(preset, cell.regions or 2)[0], cell.regions) as steps:
            injected = count(steps.injected, EARLY)
            counts[cell] = injected, count(steps.after, LATE) if steps.after else injected
    return counts


def peak_bytes(preset: Preset, cell: Cell) -> int:
    """The most bytes that the tensors of an injected step take at one time, with prompts, without weights.

    Attention is counted as a fused kernel that keeps only its output. A mask of bools is converted to the
    query's type first, as torch does on CUDA. Workspaces of kernels are not counted.
    """
    small = on_meta(preset, 1, 1)
    transformer = random_transformer(small)
    with PeakMemory() as memory, MetaAnswers(EARLY, fused=True):
        inputs = random_inputs(small, transformer, cell.regions)
        with ARMS[cell.arm](inputs, layouts(small, cell.regions or 2)[0], cell.regions) as steps:
            steps.injected()
    return memory.peak


class MetaAnswers(TorchFunctionMode):
    """Answers the questions about numbers that code asks of tensors without any.

    The noise level is `sigma`, prompts that are compared are equal, and no token is a reference picture's.
    With `fused`, attention is one kernel.
    """

    def __init__(self, sigma: float, *, fused: bool = False) -> None:
        super().__init__()
        self.sigma = sigma
        self.fused = fused

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if func is torch.equal:
            return True
        if func is Tensor.__float__:
            return self.sigma
        if func is Tensor.__int__ and args[0].is_meta:
            return 0
        if func is scaled_dot_product_attention and self.fused:
            return _fused_attention(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


def _fused_attention(
    query: Tensor,
    key: Tensor,  # noqa: ARG001  # named as torch names it
    value: Tensor,  # noqa: ARG001
    attn_mask: Tensor | None = None,
    **_: object,
) -> Tensor:
    _bias = None if attn_mask is None else attn_mask.to(query.dtype)
    return torch.empty_like(query)


class PeakMemory(TorchDispatchMode):
    """Adds up the memory of all tensors that are alive; `peak` is the highest sum, in bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.peak = 0
        self._alive = 0
        self._known: weakref.WeakSet[Any] = weakref.WeakSet()

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(out):
            storage = leaf.untyped_storage() if isinstance(leaf, Tensor) else None
            if storage is not None and storage not in self._known:
                self._known.add(storage)
                self._alive += storage.nbytes()
                self.peak = max(self.peak, self._alive)
                weakref.finalize(storage, self._free, storage.nbytes())
        return out

    def _free(self, size: int) -> None:
        self._alive -= size
