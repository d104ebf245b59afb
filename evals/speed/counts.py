"""Operations and memory of a step, counted without doing it.

The arms' own code runs on torch's meta device, where tensors have shapes and no numbers: so FLUX.1-dev at its
full size is counted in seconds on any machine.
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

from evals.speed.arms import ARMS, Step
from evals.speed.material import EARLY, LATE, layouts, random_material
from evals.speed.presets import Preset, on_meta, random_transformer
from evals.speed.timing import Cell


@dataclass(frozen=True)
class Operations:
    """Floating-point operations of an injected step and of one after; a product and a sum are two."""

    injected: int
    after: int

    def run(self, preset: Preset) -> int:
        """Of all steps of a run."""
        return preset.injected * self.injected + (preset.steps - preset.injected) * self.after


def operations(preset: Preset, cells: Sequence[Cell]) -> dict[Cell, Operations]:
    """Each cell's operations at the preset's full size, as torch's own counter counts them.

    It counts products of matrices, attention's among them, and nothing else. All double blocks are alike,
    and all single ones, so one of each is counted and multiplied.
    """
    config = {"num_layers": 19, "num_single_layers": 38, **preset.config}
    doubles, singles = int(config["num_layers"]), int(config["num_single_layers"])
    none, double, single = (_counted(on_meta(preset, *blocks), cells) for blocks in ((0, 0), (1, 0), (0, 1)))

    def whole(cell: Cell, step: int) -> int:
        nothing = none[cell][step]
        return nothing + doubles * (double[cell][step] - nothing) + singles * (single[cell][step] - nothing)

    return {cell: Operations(whole(cell, 0), whole(cell, 1)) for cell in cells}


def _counted(preset: Preset, cells: Sequence[Cell]) -> dict[Cell, tuple[int, int]]:
    """Operations of an injected step and of one after."""
    material = random_material(preset, random_transformer(preset), max(cell.regions for cell in cells))
    counts: dict[Cell, tuple[int, int]] = {}
    for cell in cells:
        with ARMS[cell.arm](material, layouts(preset, cell.regions or 2)[0], cell.regions) as steps:
            injected = _flops(steps.injected, EARLY)
            counts[cell] = injected, _flops(steps.after, LATE) if steps.after else injected
    return counts


def _flops(step: Step, sigma: float) -> int:
    with _Answers(sigma), FlopCounterMode(display=False) as counter:
        step()
    return counter.get_total_flops()


def peak_bytes(preset: Preset, cell: Cell) -> int:
    """The most bytes that tensors of an injected step take at one time, with prompts and without weights.

    Attention is taken to be a fused kernel that keeps its output alone; a mask of bools is brought to the
    query's type first, as torch does on CUDA. What kernels take for themselves is not counted.
    """
    small = on_meta(preset, 1, 1)
    transformer = random_transformer(small)
    with _Peak() as peak, _Answers(EARLY, fused=True):
        material = random_material(small, transformer, cell.regions)
        with ARMS[cell.arm](material, layouts(small, cell.regions or 2)[0], cell.regions) as steps:
            steps.injected()
    return peak.most


class _Answers(TorchFunctionMode):
    """Answers what code asks of numbers where there are none: the noise level is `sigma`, and prompts that
    are compared are the same. With `fused`, attention is one kernel.
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
        if func is scaled_dot_product_attention and self.fused:
            return _fused(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


def _fused(
    query: Tensor,
    key: Tensor,  # noqa: ARG001  # named as torch names it
    value: Tensor,  # noqa: ARG001
    attn_mask: Tensor | None = None,
    **_: object,
) -> Tensor:
    _bias = None if attn_mask is None else attn_mask.to(query.dtype)
    return torch.empty_like(query)


class _Peak(TorchDispatchMode):
    """Adds up the memory of tensors that are alive: `most` is the highest sum."""

    def __init__(self) -> None:
        super().__init__()
        self.most = 0
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
            if isinstance(leaf, Tensor):
                self._add(leaf.untyped_storage())
        return out

    def _add(self, storage: torch.UntypedStorage) -> None:
        if storage in self._known:
            return
        self._known.add(storage)
        self._alive += storage.nbytes()
        self.most = max(self.most, self._alive)
        weakref.finalize(storage, self._free, storage.nbytes())

    def _free(self, size: int) -> None:
        self._alive -= size
