"""Attention of a regional call: a few small unmasked attentions, and no mask anywhere."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from renderer.regional.rows import Group, Rows

Kernel = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Unmasked attention of query, key and value, each (B, n, heads, head width)."""


def attend(
    joint: tuple[Tensor, Tensor, Tensor],
    rows: Rows,
    groups: Sequence[Group],
    base_ratio: float,
    kernel: Kernel,
) -> Tensor:
    """Attention output (B, S, heads, head width) of the `joint` query, key and value, all of that shape.

    Every group attends to what it sees; rows in no group, a batch's padding, stay zero; a group with a share
    goes over what is there already. Where there is a base
    branch, it does too; the image then gets `(1 − β) · regional + β · base` (the paper's blending).
    """
    out = torch.zeros_like(joint[0])
    for group in groups:
        query, key, value = (part[group.pictures] for part in joint)
        seen = (part.index_select(1, group.keys) for part in (key, value))
        attended = kernel(query.index_select(1, group.rows), *seen)
        if group.share is not None:
            attended = torch.lerp(out[group.pictures, group.rows], attended, group.share.to(attended))
        out[group.pictures, group.rows] = attended
    if rows.base is None:
        return out
    base = kernel(*(part[:, rows.base] for part in joint))
    image = torch.lerp(out[:, rows.image], base[:, -(rows.image.stop - rows.image.start) :], base_ratio)
    # Where there is one image, its rows are the base branch's too, and the mixture goes over them.
    out[:, rows.base] = base
    out[:, rows.image] = image
    return out
