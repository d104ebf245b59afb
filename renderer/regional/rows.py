"""The tokens of a joint sequence, grouped by who attends to whom.

A regional call runs on the sequence `[text_1 … text_R, base text, base image, image]`; the base text is
there where β > 0 and the base image in single blocks only, unless one stream is all. Because regions never
share a token, the paper's attention mask (arXiv 2411.02395, its method section) is block-diagonal up to the
order of the rows: attention within each group is all there is to compute.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of one block's sequence; index tensors are int64 (n,), and all on one device.

    `cells`: per region its text and image tokens, then the uncovered image tokens if there are any; disjoint.
    `regional`: all of them in one, for blocks that are not masked.
    `base`: the base text and the image that it sees, or None where there is no base branch.
    `image`: the image tokens, always the last rows.
    """

    cells: tuple[Tensor, ...]
    regional: Tensor
    base: slice | None
    image: slice

    def to(self, device: torch.device) -> "Rows":
        """The same rows on `device`."""
        cells = tuple(cell.to(device) for cell in self.cells)
        return Rows(cells, self.regional.to(device), self.base, self.image)


def group_rows(owner: NDArray[np.int16], texts: Sequence[int], base_text: int, base_image: bool) -> Rows:
    """Group a block's sequence by the `owner` (rows, columns) of its image tokens, −1 where no region is.

    `texts` are the lengths of the regions' texts, `base_text` that of the base text, 0 without a base branch;
    with `base_image` a copy of the image follows it, as in the single blocks.
    """
    flat = torch.from_numpy(owner.astype(np.int64)).flatten()
    image = sum(texts) + base_text + len(flat) * base_image
    ends = enumerate(accumulate(texts))
    cells = [_cell(flat, region, end - texts[region], end, image) for region, end in ends]
    uncovered = _cell(flat, -1, 0, 0, image)
    filled = tuple(cell for cell in (*cells, uncovered) if len(cell))
    regional = torch.cat([torch.arange(sum(texts)), torch.arange(image, image + len(flat))])
    base = slice(sum(texts), sum(texts) + base_text + len(flat)) if base_text else None
    return Rows(filled, regional, base, slice(image, image + len(flat)))


def _cell(owner: Tensor, region: int, start: int, end: int, image: int) -> Tensor:
    """The text rows from `start` to `end`, and the rows of `region` in the image that starts at row
    `image`.
    """
    return torch.cat([torch.arange(start, end), image + torch.nonzero(owner == region).flatten()])
