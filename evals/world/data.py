"""Batches for training, each a pure function of its number, so that a run can be resumed and repeated."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from evals.world.caption import caption, crop_caption
from evals.world.draw import draw
from evals.world.tableau import SIDE, TOKEN, Tableau, Thing, sample_tableau
from evals.world.text import tokenizers

T = TypeVar("T")

Window = tuple[int, int, int, int]
"""What of a picture is shown: first row, first column, rows and columns, in tokens."""

ACROSS = SIDE // TOKEN
"""Tokens across a whole picture."""

CROPS = ((2, 2), (3, 3), (4, 4), (5, 5), (2, 3), (3, 2), (3, 4), (4, 3), (4, 5), (5, 4), (4, 8), (8, 4))
"""Shapes of cropped pictures in tokens (rows, columns)."""

CROP_SHARE = 0.4
EMPTY_SHARE = 0.03
"""Share of the crops without any thing that are kept: few, for most small windows show none."""

DROPPED_SHARE = 0.1
"""Share of captions that are left empty, so that classifier-free guidance works."""

CLIP_SHARE = 0.2
"""Share of captions that CLIP reads too (Esser et al. 2024, section 5.3.1, drop each encoder by itself).

Where it always reads them, the model takes the kinds of things from the pooled vector alone, and a region's
own prompt, which T5 reads, says nothing of them.
"""


@dataclass(frozen=True)
class Batch:
    """Captioned pictures of a pool, all cropped to the same window.

    `pictures` int64 (B,) are indices into the pool; `clip_ids` (B, 77) and `t5_ids` (B, 64) int64.
    """

    pictures: Tensor
    window: Window
    clip_ids: Tensor
    t5_ids: Tensor

    def to(self, device: torch.device) -> "Batch":
        """The same batch on `device`."""
        pictures, clip_ids, t5_ids = (
            ids.to(device, non_blocking=True) for ids in (self.pictures, self.clip_ids, self.t5_ids)
        )
        return Batch(pictures, self.window, clip_ids, t5_ids)


@dataclass(frozen=True)
class Said:
    """A picture of the pool by its index, what is said of what is shown of it, and of the whole of it.

    T5 reads the one and CLIP the other: FLUX's pooled vector is of the picture as a whole.
    """

    picture: int
    text: str
    whole: str


class Batches(Dataset[T], Generic[T]):
    """So many batches, each a pure function of its number."""

    @abstractmethod
    def __len__(self) -> int:
        """How many there are."""

    @abstractmethod
    def __getitem__(self, index: int) -> T:
        """The batch of that number."""


class Pictures(Batches[Tensor]):
    """Batches of drawn pictures, uint8 (B, H, W, 3): the i-th has the seeds from start + i·size on."""

    def __init__(self, count: int, size: int, start: int) -> None:
        self.count, self.size, self.start = count, size, start

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Tensor:
        first = self.start + index * self.size
        drawn = [np.asarray(draw(sample_tableau(seed))) for seed in range(first, first + self.size)]
        return torch.from_numpy(np.stack(drawn))


class Captioned(Batches[Batch]):
    """Batches of captioned pictures and crops, out of `pool` pictures with seeds from `start` on."""

    def __init__(self, steps: int, size: int, pool: int, start: int, crop_share: float = CROP_SHARE) -> None:
        self.steps, self.size, self.pool, self.start = steps, size, pool, start
        self.crop_share = crop_share

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> Batch:
        rng = np.random.default_rng((4, index))
        window = _window(rng, self.crop_share)
        chosen = _whole(rng, self) if window[2:] == (ACROSS, ACROSS) else _cropped(rng, self, window)
        kept = rng.random(len(chosen)) >= DROPPED_SHARE
        heard = kept & (rng.random(len(chosen)) < CLIP_SHARE)
        texts = [one.text if keep else "" for one, keep in zip(chosen, kept, strict=True)]
        wholes = [one.whole if hear else "" for one, hear in zip(chosen, heard, strict=True)]
        clip_ids, t5_ids = tokenizers()(texts, wholes)
        return Batch(torch.tensor([one.picture for one in chosen]), window, clip_ids, t5_ids)


def loader(batches: Batches[T], workers: int, start: int = 0) -> Iterator[T]:
    """The batches in order from the `start`-th on, made by `workers` processes (0: by this one)."""
    order, ahead = range(start, len(batches)), 4 if workers else None
    return iter(
        DataLoader(batches, batch_size=None, sampler=order, num_workers=workers, prefetch_factor=ahead)
    )


def _window(rng: np.random.Generator, crop_share: float) -> Window:
    if rng.random() >= crop_share:
        return 0, 0, ACROSS, ACROSS
    rows, columns = CROPS[int(rng.integers(len(CROPS)))]
    row, column = int(rng.integers(ACROSS + 1 - rows)), int(rng.integers(ACROSS + 1 - columns))
    return row, column, rows, columns


def _whole(rng: np.random.Generator, pool: Captioned) -> list[Said]:
    chosen = (int(index) for index in rng.integers(pool.pool, size=pool.size))
    said = ((i, caption(sample_tableau(pool.start + i), int(rng.integers(1 << 30)))) for i in chosen)
    return [Said(picture, text, text) for picture, text in said]


def _cropped(rng: np.random.Generator, pool: Captioned, window: Window) -> list[Said]:
    found: list[Said] = []
    while len(found) < pool.size:
        index = int(rng.integers(pool.pool))
        tableau = sample_tableau(pool.start + index)
        things = whole_things(tableau, window)
        if things or (things is not None and rng.random() < EMPTY_SHARE):
            whole = caption(tableau, int(rng.integers(1 << 30)))
            found.append(Said(index, crop_caption(things, tableau.setting, rng), whole))
    return found


def whole_things(tableau: Tableau, window: Window) -> list[Thing] | None:
    """The things that stand whole in the window, up to 2 px; None where the window cuts one."""
    row, column, rows, columns = (v * TOKEN for v in window)
    inside: list[Thing] = []
    for thing in tableau.things:
        x0, y0, x1, y1 = thing.box
        if x1 <= column or y1 <= row or x0 >= column + columns or y0 >= row + rows:
            continue
        if x0 < column - 2 or y0 < row - 2 or x1 > column + columns + 2 or y1 > row + rows + 2:
            return None
        inside.append(thing)
    return inside
