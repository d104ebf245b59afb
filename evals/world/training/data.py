"""Batches for training, each a pure function of its number, so that a run can be resumed and repeated."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Generic, TypeVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from evals.world.captions import Rng, caption, crop_caption, relation_words
from evals.world.draw import draw
from evals.world.facts import RIM, SIDE, TOKEN, Composition, Thing, pick, sample_composition
from evals.world.training.curriculum import Phase, phase_at, total_steps
from evals.world.training.text import TEXT_TOKENS, tokenizers

T = TypeVar("T")

Window = tuple[int, int, int, int]
"""What of a picture is shown: first row, first column, rows and columns, in tokens."""

TOKENS_ACROSS = SIDE // TOKEN
"""Tokens across a whole picture."""

LOOSE_SHAPES = (
    (3, 3), (4, 4), (5, 5), (3, 4), (4, 3), (2, 3), (3, 2), (4, 5), (5, 4), (5, 3), (3, 5), (4, 6), (6, 4),
    (4, 8), (8, 4), (6, 6), (5, 6), (6, 5), (7, 7), (5, 7), (7, 5), (4, 13), (13, 4),
)  # fmt: skip
"""Shapes of loose windows in tokens (rows, columns)."""

PAIR_SHAPES = (
    (3, 6), (6, 3), (4, 6), (6, 4), (4, 8), (8, 4), (5, 5), (5, 7), (7, 5), (6, 10), (10, 6), (8, 8), (9, 9),
    (6, 13), (13, 6),
)  # fmt: skip
"""Shapes of windows that two things have for themselves, in tokens (rows, columns)."""

EMPTY_SHARE = 0.04
"""Share of the loose windows without any thing that are kept: few, for most small windows show none."""

DROPPED_SHARE = 0.1
"""Share of captions that are left empty, so that classifier-free guidance works."""

WORD_TOKENS, PAIR_TOKENS = 6, 12
"""What the caption of one thing in a word or two is padded to, and that of a pair."""

FEWEST_PICTURES = 4
"""Pictures that a step shows at least."""

_PASSES = 4
"""How often the pool is searched for pictures of which a window cuts nothing."""


@dataclass(frozen=True)
class Batch:
    """Captioned pictures of a pool, all cropped to the same window.

    `pictures` int64 (B,) are indices into the pool, `places` float32 (N, 3) position ids as FLUX has them:
    (0, row, column). Token ids are int64: `t5_ids` (B, L), and `clip_ids` (K, 77) of the captions that CLIP
    reads, of which `clip_rows` (B,) says which is whose, for most pictures have an empty one.
    """

    window: Window
    pictures: Tensor
    places: Tensor
    clip_ids: Tensor
    clip_rows: Tensor
    t5_ids: Tensor

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """All but the window."""
        return self.pictures, self.places, self.clip_ids, self.clip_rows, self.t5_ids

    def to(self, device: torch.device) -> "Batch":
        """The same batch on `device`."""
        return Batch(self.window, *(ids.to(device, non_blocking=True) for ids in self.tensors))

    def pin_memory(self) -> "Batch":
        """The same batch where a GPU takes it from without waiting; `DataLoader` calls this."""
        return Batch(self.window, *(ids.pin_memory() for ids in self.tensors))


@dataclass(frozen=True)
class CaptionedPicture:
    """A picture of the pool by its index, with a caption of the part that is shown."""

    picture: int
    text: str


class Batches(Dataset[T], Generic[T]):
    """So many batches, each a pure function of its number."""

    @abstractmethod
    def __len__(self) -> int:
        """How many there are."""

    @abstractmethod
    def __getitem__(self, index: int) -> T:
        """The batch of that number."""


class Pictures(Batches[Tensor]):
    """Batches of drawn pictures, uint8 (B, H, W, 3): the i-th has the seeds from start + i·size on.

    `paint` draws a composition, as the world looks or in another style.
    """

    def __init__(
        self, count: int, size: int, start: int, paint: Callable[[Composition], Image.Image] = draw
    ) -> None:
        self.count, self.size, self.start, self.paint = count, size, start, paint

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Tensor:
        first = self.start + index * self.size
        drawn = [np.asarray(self.paint(sample_composition(seed))) for seed in range(first, first + self.size)]
        return torch.from_numpy(np.stack(drawn))


class CaptionedBatches(Batches[Batch]):
    """Batches of captioned pictures and crops, out of `pool` pictures with seeds from `start` on."""

    def __init__(self, phases: Sequence[Phase], pool: int, start: int) -> None:
        self.phases, self.pool, self.start = tuple(phases), pool, start

    def __len__(self) -> int:
        return total_steps(self.phases)

    def __getitem__(self, index: int) -> Batch:
        rng = np.random.default_rng((4, index))
        phase, _ = phase_at(self.phases, index)
        chances = np.array([share for _, share in phase.shares])
        view = phase.shares[int(rng.choice(len(phase.shares), p=chances / chances.sum()))][0]
        match view:
            case "word" | "tight":
                window, length, captioned = _sample_filled(rng, self, phase, in_words=view == "word")
            case "pair":
                window, length, captioned = _sample_pairs(rng, self, phase)
            case "loose":
                window, length, captioned = _sample_loose(rng, self, phase)
            case "two" | "whole":
                candidates = self.twos if view == "two" else range(self.pool)
                window, length, captioned = _sample_whole(rng, self, phase, candidates)
        kept = rng.random(len(captioned)) >= DROPPED_SHARE
        for_clip = kept & (rng.random(len(captioned)) < phase.clip_share) & (view not in ("word", "pair"))
        texts = [one.text if keep else "" for one, keep in zip(captioned, kept, strict=True)]
        wholes = [
            self.whole_caption(one.picture, rng) if read else ""
            for one, read in zip(captioned, for_clip, strict=True)
        ]
        clip_ids, t5_ids = tokenizers()(texts, wholes, length)
        pictures = torch.tensor([one.picture for one in captioned])
        return Batch(window, pictures, places(window), *_distinct(clip_ids), t5_ids)

    def whole_caption(self, picture: int, rng: Rng) -> str:
        """A caption of a whole picture: FLUX's pooled vector is of the picture as a whole."""
        return caption(self.compositions[picture], int(rng.integers(1 << 30)))

    @cached_property
    def compositions(self) -> tuple[Composition, ...]:
        """The facts of all pictures."""
        return tuple(sample_composition(self.start + i) for i in range(self.pool))

    @cached_property
    def filled(self) -> dict[Window, tuple[int, ...]]:
        """The windows that one thing fills, each with the pictures in which one does."""
        found: dict[Window, list[int]] = {}
        for picture, composition in enumerate(self.compositions):
            for thing in composition.things:
                left, top, _, _ = thing.box
                row, column = round((top - RIM) / TOKEN), round((left - RIM) / TOKEN)
                window = row, column, thing.span, thing.span
                if len(things_within(composition, window) or ()) == 1:
                    found.setdefault(window, []).append(picture)
        return {window: tuple(found[window]) for window in sorted(found)}

    @cached_property
    def paired(self) -> dict[Window, tuple[int, ...]]:
        """Windows that hold two things alone, each with the pictures in which one does."""
        found: dict[Window, list[int]] = {}
        for picture, composition in enumerate(self.compositions):
            rng = np.random.default_rng((5, composition.seed))
            for one, other in combinations(composition.things, 2):
                for window in _windows_around(rng, one, other):
                    if len(things_within(composition, window) or ()) == 2:
                        found.setdefault(window, []).append(picture)
        return {window: tuple(found[window]) for window in sorted(found)}

    @cached_property
    def twos(self) -> tuple[int, ...]:
        """The pictures of two things."""
        return tuple(i for i, composition in enumerate(self.compositions) if len(composition.things) == 2)


def loader(batches: Batches[T], workers: int, start: int = 0) -> Iterator[T]:
    """The batches in order from the `start`-th on, made by `workers` processes (0: by this one)."""
    order, ahead = range(start, len(batches)), 4 if workers else None
    pinned = torch.cuda.is_available()
    return iter(
        DataLoader(
            batches,
            batch_size=None,
            sampler=order,
            num_workers=workers,
            prefetch_factor=ahead,
            pin_memory=pinned,
        )
    )


def places(window: Window) -> Tensor:
    """Position ids (rows·columns, 3) of a window's tokens."""
    row, column, rows, columns = window
    ys, xs = torch.arange(row, row + rows), torch.arange(column, column + columns)
    y, x = torch.meshgrid(ys, xs, indexing="ij")
    return torch.stack([torch.zeros_like(y), y, x], -1).reshape(-1, 3).float()


def _distinct(ids: Tensor) -> tuple[Tensor, Tensor]:
    """The different rows, and which of them each row is.

    Rows are repeated to half as many as there were, or to as many: so batches have one of few shapes.
    """
    rows, which = torch.unique(ids, dim=0, return_inverse=True)
    number = len(ids) if len(rows) > len(ids) // 2 else len(ids) // 2
    return torch.cat([rows, rows[:1].expand(number - len(rows), -1)]), which


def word_caption(thing: Thing, rng: Rng) -> str:
    """A word or two: what a thing is, at times with its colour or an article."""
    article, colour = pick(rng, ("", "a ")), pick(rng, ("", f"{thing.colour} "))
    return f"{article}{colour}{thing.kind}"


def pair_caption(one: Thing, other: Thing, rng: Rng) -> str:
    """Two things, each by its colour and kind: "a red star, a blue ring", or how one stands to the other."""
    article, between = pick(rng, ("", "a ")), pick(rng, (" and ", ", "))
    relation = relation_words(rng, one, other) if rng.random() < 0.5 else ""
    between = f" {relation} " if relation else between
    return between.join(f"{article}{thing.colour} {thing.kind}" for thing in (one, other))


Sampled = tuple[Window, int, list[CaptionedPicture]]
"""A window, the length that captions are padded to, and the pictures with their captions."""


def _batch_size(phase: Phase, window: Window, length: int) -> int:
    return max(FEWEST_PICTURES, round(phase.tokens / (window[2] * window[3] + length)))


def _sample_filled(rng: Rng, pool: CaptionedBatches, phase: Phase, in_words: bool) -> Sampled:
    """Pictures of which one thing fills the window, with a word or two (`in_words`) or a crop's caption."""
    length = WORD_TOKENS if in_words else pick(rng, phase.lengths)
    span = pick(rng, sorted({window[2] for window in pool.filled}))
    window = pick(rng, [window for window in pool.filled if window[2] == span])
    pictures: list[CaptionedPicture] = []
    for i in rng.integers(len(pool.filled[window]), size=_batch_size(phase, window, length)):
        picture = pool.filled[window][int(i)]
        composition = pool.compositions[picture]
        things = things_within(composition, window) or []
        text = word_caption(things[0], rng) if in_words else crop_caption(things, composition.setting, rng)
        pictures.append(CaptionedPicture(picture, text))
    return window, length, pictures


def _sample_pairs(rng: Rng, pool: CaptionedBatches, phase: Phase) -> Sampled:
    """Pictures of which two things, and nothing else, are in the window."""
    shape = pick(rng, sorted({window[2:] for window in pool.paired}))
    window = pick(rng, [window for window in pool.paired if window[2:] == shape])
    pictures: list[CaptionedPicture] = []
    for i in rng.integers(len(pool.paired[window]), size=_batch_size(phase, window, PAIR_TOKENS)):
        picture = pool.paired[window][int(i)]
        things = things_within(pool.compositions[picture], window) or []
        one, other = (things[i] for i in rng.permutation(2))
        pictures.append(CaptionedPicture(picture, pair_caption(one, other, rng)))
    return window, PAIR_TOKENS, pictures


def _windows_around(rng: Rng, one: Thing, other: Thing) -> Iterator[Window]:
    """A window that holds both things, in each of the shapes for pairs that is large enough."""
    lefts, tops, rights, bottoms = (
        [round(edge / TOKEN) for edge in edges] for edges in zip(one.box, other.box, strict=True)
    )
    left, top, right, bottom = min(lefts), min(tops), max(rights), max(bottoms)
    for rows, columns in PAIR_SHAPES:
        if rows >= bottom - top and columns >= right - left:
            yield _start(rng, top, bottom, rows), _start(rng, left, right, columns), rows, columns


def _start(rng: Rng, first: int, end: int, length: int) -> int:
    """Where a stretch of `length` tokens begins that holds those from `first` to `end`."""
    return int(rng.integers(max(0, end - length), min(first, TOKENS_ACROSS - length) + 1))


def _sample_loose(rng: Rng, pool: CaptionedBatches, phase: Phase) -> Sampled:
    """Pictures of which a random window cuts no thing; whole pictures where there are none."""
    length, (rows, columns) = pick(rng, phase.lengths), pick(rng, LOOSE_SHAPES)
    row, column = int(rng.integers(TOKENS_ACROSS - rows + 1)), int(rng.integers(TOKENS_ACROSS - columns + 1))
    window = row, column, rows, columns
    pictures: list[CaptionedPicture] = []
    for _ in range(_PASSES * pool.pool):
        if len(pictures) == _batch_size(phase, window, length):
            break
        picture = int(rng.integers(pool.pool))
        things = things_within(pool.compositions[picture], window)
        if things or (things is not None and rng.random() < EMPTY_SHARE):
            text = crop_caption(things, pool.compositions[picture].setting, rng)
            pictures.append(CaptionedPicture(picture, text))
    return (window, length, pictures) if pictures else _sample_whole(rng, pool, phase, range(pool.pool))


def _sample_whole(rng: Rng, pool: CaptionedBatches, phase: Phase, candidates: Sequence[int]) -> Sampled:
    """Whole pictures, out of those of the pool with these indices."""
    window = 0, 0, TOKENS_ACROSS, TOKENS_ACROSS
    chosen = rng.integers(len(candidates), size=_batch_size(phase, window, TEXT_TOKENS))
    pictures = [candidates[int(i)] for i in chosen]
    return window, TEXT_TOKENS, [CaptionedPicture(i, pool.whole_caption(i, rng)) for i in pictures]


def things_within(composition: Composition, window: Window) -> list[Thing] | None:
    """The things that stand whole in the window, up to 2 px; None where the window cuts one."""
    row, column, rows, columns = (v * TOKEN for v in window)
    inside: list[Thing] = []
    for thing in composition.things:
        x0, y0, x1, y1 = thing.box
        if x1 <= column or y1 <= row or x0 >= column + columns or y0 >= row + rows:
            continue
        if x0 < column - 2 or y0 < row - 2 or x1 > column + columns + 2 or y1 > row + rows + 2:
            return None
        inside.append(thing)
    return inside
