"""Soft borders: near the border of a region, its image tokens also attend to the image just beyond it.

The text stays the region's own; the image tokens across the border join what is seen. On the border itself
what is drawn with them and without them would have equal shares, as in any cross-fade.
"""

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d


def border(owner: Tensor, region: int, feather: int) -> tuple[Tensor, Tensor]:
    """The share of what lies beyond, in a region's tokens, and which tokens those are.

    `owner` is (rows, columns). The share, float32 (rows, columns), falls in a straight line from one half on
    the border to nothing `feather` tokens within, and is taken at the tokens' centres; beyond, bool (rows,
    columns), are the tokens of others as near. Diagonal neighbours are one token away; the canvas's edge is
    no border.
    """
    own = owner == region
    near = torch.stack([own & _grown(~own, reach) for reach in range(1, feather + 1)]).sum(dim=0)
    share = (near - 0.5).clamp(min=0) / (2 * feather)
    return share, ~own & _grown(own, feather)


def _grown(mask: Tensor, by: int) -> Tensor:
    """The mask, and what is within so many tokens of it."""
    return max_pool2d(mask[None].float(), 2 * by + 1, stride=1, padding=by)[0] > 0
