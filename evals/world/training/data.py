"""Batches for training, each a pure function of its number, so that a run can be resumed and repeated."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from evals.world.captions import caption, crop_caption, relation_words
from evals.world.draw import draw
from evals.world.facts import RIM, SIDE, TOKEN, Composition, Thing, pick, sample_composition
from evals.world.training.course import Course, View, course_at, total
from evals.world.training.text import TEXT_TOKENS, tokenizers

T = TypeVar("T")

Window = tuple[int, int, int, int]
"""What of a picture is shown: first row, first column, rows and columns, in tokens."""

ACROSS = SIDE // TOKEN
"""Tokens across a whole picture."""

LOOSE = (
    (3, 3), (4, 4), (5, 5), (3, 4), (4, 3), (2, 3), (3, 2), (4, 5), (5, 4), (5, 3), (3, 5), (4, 6), (6, 4),
    (4, 8), (8, 4), (6, 6), (5, 6), (6, 5), (7, 7), (5, 7), (7, 5), (4, 13), (13, 4),
)  # fmt: skip
"""Shapes of loose windows in tokens (rows, columns)."""

PAIRS = (
    (3, 6), (6, 3), (4, 6), (6, 4), (4, 8), (8, 4), (5, 5), (5, 7), (7, 5), (6, 10), (10, 6), (8, 8), (9, 9),
    (6, 13), (13, 6),
)  # fmt: skip
"""Shapes of windows that two things have for themselves, in tokens (rows, columns): wide enough for large
things, but few, for on a GPU each shape is captured by itself.
"""

EMPTY_SHARE = 0.04
"""Share of the loose windows without any thing that are kept: few, for most small windows show none."""

DROPPED_SHARE = 0.1
"""Share of captions that are left empty, so that classifier-free guidance works."""

WORD_TOKENS, PAIR_TOKENS = 6, 12
"""What a word or two are padded to, and two things in few words."""

FEWEST = 4
"""Pictures that a step shows at least."""

_PATIENCE = 4
"""So many times the pool is looked through for pictures that a window cuts nothing of."""


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
class Said:
    """A picture of the pool by its index, and what is said of what is shown of it."""

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

    `paint` draws a composition: as the world looks, in a style, or what a ControlNet is shown of it.
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


class Captioned(Batches[Batch]):
    """Batches of captioned pictures and crops, out of `pool` pictures with seeds from `start` on."""

    def __init__(self, courses: Sequence[Course], pool: int, start: int) -> None:
        self.courses, self.pool, self.start = tuple(courses), pool, start

    def __len__(self) -> int:
        return total(self.courses)

    def __getitem__(self, index: int) -> Batch:
        rng = np.random.default_rng((4, index))
        course, _ = course_at(self.courses, index)
        view = course.shares[int(rng.choice(len(course.shares), p=_chances(course)))][0]
        window, length, said = _SHOWN[view](rng, self, course)
        kept = rng.random(len(said)) >= DROPPED_SHARE
        heard = kept & (rng.random(len(said)) < course.heard) & (view not in ("word", "pair"))
        texts = [one.text if keep else "" for one, keep in zip(said, kept, strict=True)]
        wholes = [self.whole(one.picture, rng) if hear else "" for one, hear in zip(said, heard, strict=True)]
        clip_ids, t5_ids = tokenizers()(texts, wholes, length)
        pictures = torch.tensor([one.picture for one in said])
        return Batch(window, pictures, places(window), *_distinct(clip_ids), t5_ids)

    def composition(self, picture: int) -> Composition:
        """The facts of a picture of the pool."""
        return self.compositions[picture]

    def whole(self, picture: int, rng: np.random.Generator) -> str:
        """A caption of a whole picture: FLUX's pooled vector is of the picture as a whole."""
        return caption(self.composition(picture), int(rng.integers(1 << 30)))

    @cached_property
    def compositions(self) -> tuple[Composition, ...]:
        """The facts of all pictures."""
        return tuple(sample_composition(self.start + i) for i in range(self.pool))

    @cached_property
    def filled(self) -> dict[Window, tuple[int, ...]]:
        """The windows that one thing fills, each with the pictures in which one does."""
        found: dict[Window, list[int]] = {}
        for picture, composition in enumerate(self.compositions):
            for window in map(_filled_by, composition.things):
                if len(whole_things(composition, window) or ()) == 1:
                    found.setdefault(window, []).append(picture)
        return {window: tuple(found[window]) for window in sorted(found)}

    @cached_property
    def paired(self) -> dict[Window, tuple[int, ...]]:
        """Windows that hold two things alone, each with the pictures in which one does."""
        found: dict[Window, list[int]] = {}
        for picture, composition in enumerate(self.compositions):
            rng = np.random.default_rng((5, composition.seed))
            for one, other in combinations(composition.things, 2):
                for window in _around(rng, one, other):
                    if len(whole_things(composition, window) or ()) == 2:
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


Shown = tuple[Window, int, list[Said]]
"""A window, the length that captions are padded to, and the pictures with their captions."""


def _chances(course: Course) -> NDArray[np.float64]:
    shares = np.array([share for _, share in course.shares])
    return shares / shares.sum()


def _number(course: Course, window: Window, length: int) -> int:
    return max(FEWEST, round(course.tokens / (window[2] * window[3] + length)))


def _filled_by(thing: Thing) -> Window:
    x0, y0, _, _ = thing.box
    span = thing.span
    return round((y0 - RIM) / TOKEN), round((x0 - RIM) / TOKEN), span, span


def few_words(thing: Thing, rng: np.random.Generator) -> str:
    """A word or two: what a thing is, at times with its colour or an article."""
    article, colour = pick(rng, ("", "a ")), pick(rng, ("", f"{thing.colour} "))
    return f"{article}{colour}{thing.kind}"


def two_in_few_words(one: Thing, other: Thing, rng: np.random.Generator) -> str:
    """Two things, each by its colour and kind: "a red star, a blue ring", or how one stands to the other."""
    article, between = pick(rng, ("", "a ")), pick(rng, (" and ", ", "))
    relation = relation_words(rng, one, other) if rng.random() < 0.5 else ""
    between = f" {relation} " if relation else between
    return between.join(f"{article}{thing.colour} {thing.kind}" for thing in (one, other))


def _word(rng: np.random.Generator, pool: Captioned, course: Course) -> Shown:
    window, pictures = _one_filled(rng, pool, course, WORD_TOKENS)
    things = (_only(pool, picture, window) for picture in pictures)
    return (
        window,
        WORD_TOKENS,
        [Said(picture, few_words(thing, rng)) for picture, thing in zip(pictures, things, strict=True)],
    )


def _tight(rng: np.random.Generator, pool: Captioned, course: Course) -> Shown:
    length = pick(rng, course.lengths)
    window, pictures = _one_filled(rng, pool, course, length)
    said = [
        Said(i, crop_caption([_only(pool, i, window)], pool.composition(i).setting, rng)) for i in pictures
    ]
    return window, length, said


def _one_filled(
    rng: np.random.Generator, pool: Captioned, course: Course, length: int
) -> tuple[Window, list[int]]:
    """A window, every size as likely, and pictures of which a thing fills it."""
    span = pick(rng, sorted({window[2] for window in pool.filled}))
    window = pick(rng, [window for window in pool.filled if window[2] == span])
    chosen = rng.integers(len(pool.filled[window]), size=_number(course, window, length))
    return window, [pool.filled[window][int(i)] for i in chosen]


def _only(pool: Captioned, picture: int, window: Window) -> Thing:
    return (whole_things(pool.composition(picture), window) or [])[0]


def _pair(rng: np.random.Generator, pool: Captioned, course: Course) -> Shown:
    shape = pick(rng, sorted({window[2:] for window in pool.paired}))
    window = pick(rng, [window for window in pool.paired if window[2:] == shape])
    chosen = rng.integers(len(pool.paired[window]), size=_number(course, window, PAIR_TOKENS))
    said: list[Said] = []
    for picture in (pool.paired[window][int(i)] for i in chosen):
        things = whole_things(pool.composition(picture), window) or []
        one, other = (things[i] for i in rng.permutation(2))
        said.append(Said(picture, two_in_few_words(one, other, rng)))
    return window, PAIR_TOKENS, said


def _around(rng: np.random.Generator, one: Thing, other: Thing) -> Iterator[Window]:
    """A window that holds both things of each of the shapes for pairs that is large enough."""
    lefts, tops, rights, bottoms = (
        [round(edge / TOKEN) for edge in edges] for edges in zip(one.box, other.box, strict=True)
    )
    left, top, right, bottom = min(lefts), min(tops), max(rights), max(bottoms)
    for rows, columns in PAIRS:
        if rows >= bottom - top and columns >= right - left:
            yield _start(rng, top, bottom, rows), _start(rng, left, right, columns), rows, columns


def _start(rng: np.random.Generator, first: int, end: int, length: int) -> int:
    """Where a stretch of `length` tokens begins that holds those from `first` to `end`."""
    return int(rng.integers(max(0, end - length), min(first, ACROSS - length) + 1))


def _loose(rng: np.random.Generator, pool: Captioned, course: Course) -> Shown:
    length, (rows, columns) = pick(rng, course.lengths), pick(rng, LOOSE)
    row, column = int(rng.integers(ACROSS - rows + 1)), int(rng.integers(ACROSS - columns + 1))
    window = row, column, rows, columns
    said: list[Said] = []
    for _ in range(_PATIENCE * pool.pool):
        if len(said) == _number(course, window, length):
            break
        picture = int(rng.integers(pool.pool))
        things = whole_things(pool.composition(picture), window)
        if things or (things is not None and rng.random() < EMPTY_SHARE):
            said.append(Said(picture, crop_caption(things, pool.composition(picture).setting, rng)))
    return (window, length, said) if said else _whole(rng, pool, course)


def _two(rng: np.random.Generator, pool: Captioned, course: Course) -> Shown:
    return _wholes(rng, pool, course, pool.twos)


def _whole(rng: np.random.Generator, pool: Captioned, course: Course) -> Shown:
    return _wholes(rng, pool, course, range(pool.pool))


def _wholes(rng: np.random.Generator, pool: Captioned, course: Course, pictures: Sequence[int]) -> Shown:
    """Whole pictures, out of those of the pool with these indices."""
    window = 0, 0, ACROSS, ACROSS
    chosen = rng.integers(len(pictures), size=_number(course, window, TEXT_TOKENS))
    return window, TEXT_TOKENS, [Said(i, pool.whole(i, rng)) for i in (pictures[int(k)] for k in chosen)]


_SHOWN: Mapping[View, Callable[[np.random.Generator, Captioned, Course], Shown]] = {
    "word": _word,
    "tight": _tight,
    "pair": _pair,
    "loose": _loose,
    "two": _two,
    "whole": _whole,
}


def whole_things(composition: Composition, window: Window) -> list[Thing] | None:
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
