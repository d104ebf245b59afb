"""The tokens of a joint sequence, in groups that attend to the same tokens.

A regional call runs on the sequence `[text_1 … text_R, base text, base image, image]`, or in families that
have the image first on `[image, text_1 … text_R, base text]`; the base text is there where β > 0 and the base
image in single blocks only, unless one stream is all. Because regions never share a token, the paper's
attention mask (arXiv 2411.02395, its method section) is block-diagonal up to the order of the rows: attention
within each group is all there is to compute.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderer.regional.feather import border


@dataclass(frozen=True, eq=False)
class Group:
    """Tokens that attend to the same tokens, in some of a batch's pictures: int64 (n,) `rows` to int64 (m,)
    `keys`.

    The keys are the rows themselves, and a reference picture's where there is one. A group of a soft border
    has rows that another group has too, sees more, and gets a `share` (n, 1, 1) of what comes of it.
    """

    rows: Tensor
    keys: Tensor
    pictures: slice
    share: Tensor | None = None


@dataclass(frozen=True, eq=False)
class Groups:
    """Groups end to end: int64 `rows` (n,) and `keys` (m,), float32 `shares` (k, 1, 1) of those that have
    some, and on the CPU `table` (groups, 5), which tells how many rows, keys and shares a group has, its
    first picture, and the one after its last, -1 for all.

    In tensors alone, so that what is compiled for one layout serves any other.
    """

    rows: Tensor
    keys: Tensor
    shares: Tensor
    table: Tensor

    @property
    def tensors(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """All four, as `Groups` takes them."""
        return self.rows, self.keys, self.shares, self.table

    @classmethod
    def of(cls, groups: Sequence[Group]) -> "Groups":
        """These groups; there may be none."""
        ends = [(group.pictures.start or 0, group.pictures.stop or -1) for group in groups]
        none = torch.zeros(0, 1, 1)
        shares = [none if group.share is None else group.share for group in groups]
        table = [
            (len(group.rows), len(group.keys), len(share), *span)
            for group, share, span in zip(groups, shares, ends, strict=True)
        ]
        rows, keys = (
            torch.cat([torch.arange(0), *(getattr(group, part) for group in groups)])
            for part in ("rows", "keys")
        )
        return cls(rows, keys, torch.cat([none, *shares]), torch.tensor(table).reshape(-1, 5))

    def __iter__(self) -> Iterator[Group]:
        """One by one."""
        return iter(self._each)

    @cached_property
    def _each(self) -> tuple[Group, ...]:
        table: list[list[int]] = self.table.tolist()
        rows, keys, shares = (
            part.split([line[column] for line in table])
            for column, part in enumerate((self.rows, self.keys, self.shares))
        )
        pictures = [slice(first, None if end < 0 else end) for *_, first, end in table]
        return tuple(map(Group, rows, keys, pictures, (share if len(share) else None for share in shares)))

    def to(self, device: torch.device) -> "Groups":
        """The same groups on `device`."""
        return Groups(self.rows.to(device), self.keys.to(device), self.shares.to(device), self.table)


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of one block's sequence, all index tensors on one device.

    `cells`: per region its text and image tokens, then the uncovered image tokens if there are any, then the
    tokens of reference pictures if there are any; disjoint. Those of soft borders follow.
    `regional`: all of a picture's in one, for blocks that are not masked.
    `base`: the base text and then the image that it sees, a picture or once for all; none where there is no
    base branch.
    `image`: the image tokens and behind them those of reference pictures.
    `span`: the first and the last of `image`, int64 (2,), on the CPU.
    """

    cells: Groups
    regional: Groups
    base: Groups
    image: slice
    span: Tensor

    def to(self, device: torch.device) -> "Rows":
        """The same rows on `device`."""
        cells, regional, base = (part.to(device) for part in (self.cells, self.regional, self.base))
        return Rows(cells, regional, base, self.image, self.span)


@dataclass(frozen=True)
class Sequenced:
    """Where a sequence's parts stand: the lengths of its texts, and what there is of a base branch.

    `base_text` is the length of the base text, 0 without a base branch; with `base_image` a copy of the
    image follows it, as in the single blocks. Behind the image stand `pads`, which some families fill their
    sequence up with: they are the region's that has the last token. Behind them stand `references` tokens of
    other pictures, as in FLUX.1 Kontext: they belong to no region, all see them, and they see everything.
    With `image_first` all of that comes before the texts.
    """

    texts: tuple[int, ...]
    base_text: int
    base_image: bool = False
    references: int = 0
    pads: int = 0
    image_first: bool = False

    @property
    def text(self) -> int:
        """The length of all texts."""
        return sum(self.texts) + self.base_text


Held = Sequence[Sequence[int]]
"""How much of each text is each picture's own, where a batch's texts are padded; the base text is the last.
"""


def group_rows(
    owner: NDArray[np.int16], parts: Sequenced, held: Held | None = None, feather: int = 0
) -> Rows:
    """Group a block's sequence by the `owner` of its image tokens, −1 where no region is.

    `owner` is (rows, columns) for all pictures of a batch alike, or (B, rows, columns). Pictures hold all of
    every text where `held` is left out; a picture that holds nothing of the base text has no base branch.
    Image tokens within `feather` tokens of a border get a share of what is seen as far beyond it.
    """
    pictures = [slice(None)] if owner.ndim == 2 else [slice(i, i + 1) for i in range(len(owner))]
    grids = torch.from_numpy(owner.astype(np.int64)).reshape(len(pictures), *owner.shape[-2:])
    flat = grids.flatten(1)
    flat = torch.cat([flat, flat[:, -1:].expand(-1, parts.pads)], dim=1)
    tokens = flat.shape[1] + parts.references
    text = tokens if parts.image_first else 0
    copied = text + parts.text
    image = 0 if parts.image_first else copied + tokens * parts.base_image
    references = torch.arange(image + flat.shape[1], image + tokens)
    seen = torch.arange(copied, copied + tokens) if parts.base_image else torch.arange(image, image + tokens)
    cells, regional, base = list[Group](), list[Group](), list[Group]()
    for index, picture in enumerate(pictures):
        own = held[index] if held else (*parts.texts, parts.base_text)
        spans = _spans((*parts.texts, parts.base_text), own, text)
        groups = _cells(flat[index], spans[:-1], image)
        whole = torch.cat([*groups, references]).sort().values
        owned = [Group(rows, torch.cat([rows, references]), picture) for rows in groups]
        soft = _soft(owned, grids[index], image, feather) if feather else ()
        cells += [group for group in (*owned, *soft) if len(group.rows)]
        cells += [Group(references, whole, picture)] if len(references) else []
        regional.append(Group(whole, whole, picture))
        branch = torch.cat([spans[-1], seen])
        base += [Group(branch, branch, picture)] if len(spans[-1]) else []
    if held is None or len({own[-1] for own in held}) == 1:
        base = [Group(group.rows, group.keys, slice(None)) for group in base[:1]]
    span = torch.tensor([image, image + tokens])
    return Rows(Groups.of(cells), Groups.of(regional), Groups.of(base), slice(*span.tolist()), span)


def text_rows(parts: Sequenced, held: Held | None = None) -> Rows:
    """The texts alone, each a group of its own: for blocks that only texts go through."""
    lengths = (*parts.texts, parts.base_text)
    pictures = [(slice(i, i + 1), own) for i, own in enumerate(held)] if held else [(slice(None), lengths)]
    groups = Groups.of(
        [
            Group(span, span, picture)
            for picture, own in pictures
            for span in _spans(lengths, own, 0)
            if len(span)
        ]
    )
    return Rows(groups, groups, Groups.of([]), slice(0, 0), torch.zeros(2, dtype=torch.int64))


def _spans(lengths: Sequence[int], held: Sequence[int], first: int) -> list[Tensor]:
    """The rows of each text that a picture holds; the first text starts at row `first`."""
    starts = (first + end - length for end, length in zip(accumulate(lengths), lengths, strict=True))
    return [torch.arange(start, start + own) for start, own in zip(starts, held, strict=True)]


def _soft(groups: Sequence[Group], owner: Tensor, image: int, feather: int) -> Iterator[Group]:
    """Of each region's group, and at last of the uncovered tokens', those at its border."""
    for region, group in zip([*range(len(groups) - 1), -1], groups, strict=True):
        share, beyond = (part.flatten() for part in border(owner, region, feather))
        near = share.nonzero().flatten()
        keys = torch.cat([group.keys, image + beyond.nonzero().flatten()])
        yield Group(image + near, keys, group.pictures, share[near, None, None])


def _cells(owner: Tensor, texts: Sequence[Tensor], image: int) -> list[Tensor]:
    """Per region its rows, its text's first; at last the uncovered ones. The image starts at row `image`."""
    return [
        torch.cat([text, image + torch.nonzero(owner == region).flatten()])
        for text, region in zip([*texts, torch.arange(0)], [*range(len(texts)), -1], strict=True)
    ]
