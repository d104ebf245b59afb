"""Attention of a regional call: a few small unmasked attentions, and no mask anywhere."""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from diffusers.models.attention_dispatch import AttentionBackendName, dispatch_attention_fn
from torch import Tensor

from renderer.regional.injection import Block, Injection
from renderer.regional.rows import Group, Groups

Kernel = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Unmasked attention of query, key and value, each (B, n, heads, head width)."""


def kernel_of(backend: AttentionBackendName | None) -> Kernel:
    """The attention of diffusers with this name; for None the one that is active when it is called."""
    return partial(dispatch_attention_fn, backend=backend)


def attend(
    joint: tuple[Tensor, Tensor, Tensor],
    injection: Injection,
    block: Block,
    backend: AttentionBackendName | None,
) -> Tensor:
    """Attention output (B, S, heads, head width) of the `joint` query, key and value, all of that shape.

    Every group of rows attends to its keys: there is one group a region where this block is masked, otherwise
    one in all. Rows in no group, a batch's padding, stay zero; a group with a share is mixed into what is
    there already. If there is a base branch, it attends too, and the image gets
    `(1 − β) · regional + β · base` (the paper's blending).

    For code that is being compiled this is one operation, whatever the layout and the block: it would be
    compiled again for every value but tensors that it reads of them, until Dynamo gives up.
    """
    rows, interval = block.rows(injection), block.interval(injection)
    if torch.compiler.is_compiling():
        name = None if backend is None else backend.value
        groups = [*rows.cells.tensors, *rows.regional.tensors, *rows.base.tensors]
        return _compiled(*joint, groups, rows.span, block.number, interval, injection.base_ratio, name)
    groups = rows.cells if block.index % interval == 0 else rows.regional
    return _attended(joint, groups, rows.base, rows.image, injection.base_ratio, kernel_of(backend))


# It reads tensors on the CPU, which a recorded CUDA graph would not read again.
@torch.library.custom_op("scenewright::attend", mutates_args=(), tags=(torch.Tag.cudagraph_unsafe,))
def _compiled(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    groups: Sequence[Tensor],
    span: Tensor,
    number: Tensor,
    interval: int,
    base_ratio: float,
    backend: str | None,
) -> Tensor:
    cells, regional, base = (Groups(*groups[i : i + 4]) for i in (0, 4, 8))
    return _attended(
        (query, key, value),
        cells if int(number) % interval == 0 else regional,
        base,
        slice(*span.tolist()),
        base_ratio,
        kernel_of(None if backend is None else AttentionBackendName(backend)),
    )


@_compiled.register_fake
def _shaped(query: Tensor, *_: object) -> Tensor:
    return torch.zeros_like(query)


def _attended(
    joint: tuple[Tensor, Tensor, Tensor],
    groups: Groups,
    base: Groups,
    image: slice,
    base_ratio: float,
    kernel: Kernel,
) -> Tensor:
    out = torch.zeros_like(joint[0])
    for group in groups:
        attended = _within(group, joint, kernel)
        if group.share is not None:
            attended = torch.lerp(out[group.pictures, group.rows], attended, group.share.to(attended))
        out[group.pictures, group.rows] = attended
    for group in base:
        branch = _within(group, joint, kernel)
        seen = branch[:, -(image.stop - image.start) :]
        mixed = torch.lerp(out[group.pictures, image], seen, base_ratio)
        # Where there is one image, its rows are the base branch's too, and the mixture goes over them.
        out[group.pictures, group.rows] = branch
        out[group.pictures, image] = mixed
    return out


def _within(group: Group, joint: tuple[Tensor, Tensor, Tensor], kernel: Kernel) -> Tensor:
    """What the group's rows get from its keys."""
    query, key, value = (part[group.pictures] for part in joint)
    seen = (part.index_select(1, group.keys) for part in (key, value))
    return kernel(query.index_select(1, group.rows), *seen)
