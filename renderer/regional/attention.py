"""Attention of a regional call: a few small unmasked attentions, and no mask anywhere."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from renderer.regional.rows import Rows

Kernel = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Unmasked attention of query, key and value, each (B, n, heads, head width)."""


def attend(
    joint: tuple[Tensor, Tensor, Tensor],
    rows: Rows,
    groups: Sequence[Tensor],
    base_ratio: float,
    kernel: Kernel,
) -> Tensor:
    """Attention output (B, S, heads, head width) of the `joint` query, key and value, all of that shape.

    Every group attends to itself. Where there is a base branch, it does too, and the image's output becomes
    `(1 − β) · regional + β · base` (the paper's blending).
    """
    out = torch.empty_like(joint[0])
    for group in groups:
        out[:, group] = kernel(*(part.index_select(1, group) for part in joint))
    if rows.base is None:
        return out
    base = kernel(*(part[:, rows.base] for part in joint))
    image = torch.lerp(out[:, rows.image], base[:, -(rows.image.stop - rows.image.start) :], base_ratio)
    # Where there is one image, its rows are the base branch's too, and the mixture goes over them.
    out[:, rows.base] = base
    out[:, rows.image] = image
    return out
