"""The little world's facts: which things of which colours stand where, in what setting.

Pictures and captions are both made of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np

T = TypeVar("T")

SIDE = 208
"""Side of a picture in pixels."""

KINDS = (
    "star", "heart", "ring", "circle", "square", "triangle", "diamond", "cross",
    "moon", "flower", "cloud", "house", "tree", "fish",
)  # fmt: skip
"""What can be drawn, and what the detector knows."""

CAST = ("star", "heart", "ring", "circle", "square", "triangle", "cross", "moon")
"""The kinds that tiny-flux is trained on and asked for: few to begin with."""

COLOURS = {
    "red": (214, 34, 38),
    "orange": (245, 133, 20),
    "yellow": (250, 220, 40),
    "green": (24, 140, 60),
    "blue": (40, 80, 215),
    "purple": (130, 50, 165),
    "pink": (245, 130, 180),
    "brown": (115, 70, 35),
    "black": (22, 22, 26),
    "white": (246, 246, 242),
}
TOKEN = 16
"""Side of one of the model's tokens in pixels."""

SPANS = {"small": (2, 3, 4), "medium": (2, 3, 4, 5), "large": (3, 4, 5, 6, 7)}
"""Tokens across a thing, by the word for its size: what is large in a crowd is small alone.

Things and horizons keep to the grid of the tokens, so that each token shows one of few patterns, which a
small model learns sooner than things of any size in any place.
"""

_FEW, _MANY = (2, 3, 3, 4, 4, 5, 5, 6, 7), (2, 2, 3, 3, 4)
"""Tokens across things, as often as they are listed, of up to three in a picture and of more."""

RIM = 2
"""Pixels between a thing and the edge of its outermost tokens: room for its outline."""

Sky = Literal["day", "night", "sunset", "fog"]
Ground = Literal["grass", "sand", "snow", "sea", "road"]
Wall = Literal["white", "gray", "blue", "cream"]
SKIES: tuple[Sky, ...] = ("day", "night", "sunset", "fog")
GROUNDS: tuple[Ground, ...] = ("grass", "sand", "snow", "sea", "road")
WALLS: tuple[Wall, ...] = ("white", "gray", "blue", "cream")

Column = Literal["left", "center", "right"]
Row = Literal["top", "middle", "bottom"]
_COLUMNS: tuple[Column, ...] = ("left", "center", "right")
_ROWS: tuple[Row, ...] = ("top", "middle", "bottom")
_HORIZONS = (6 / 13, 6.5 / 13, 7 / 13, 8 / 13)
_THIRDS = (0.38, 0.62)
"""Shares of the side between which a centre counts as in the middle."""

_HOW_MANY = (0.05, 0.37, 0.28, 0.1, 0.07, 0.05, 0.03, 0.03, 0.02)


@dataclass(frozen=True)
class Thing:
    """A thing, its centre (x, y) and its diameter in pixels."""

    kind: str
    colour: str
    size: str
    x: float
    y: float
    diameter: float
    tilt: float = 0.0

    @property
    def box(self) -> tuple[float, float, float, float]:
        """(x0, y0, x1, y1) in pixels."""
        r = self.diameter / 2
        return self.x - r, self.y - r, self.x + r, self.y + r


@dataclass(frozen=True)
class Setting:
    """A sky over a ground that meet at `horizon` (share of the height), or a plain wall."""

    sky: Sky | None
    ground: Ground | None
    wall: Wall | None
    horizon: float


@dataclass(frozen=True)
class Tableau:
    """A picture as facts. Things are listed back to front: the last is nearest."""

    things: tuple[Thing, ...]
    setting: Setting
    seed: int
    side: int = SIDE


def sample_tableau(seed: int, count: int | None = None, kinds: Sequence[str] = CAST) -> Tableau:
    """The tableau of a seed, with `count` things of `kinds`, or as many as it likes (0 to 8)."""
    rng = np.random.default_rng((1, seed))
    n = int(rng.choice(len(_HOW_MANY), p=_HOW_MANY)) if count is None else count
    return Tableau(_sample_things(rng, n, kinds), _sample_setting(rng), seed)


def field(x: float, y: float, side: int) -> tuple[Column, Row]:
    """Which of the nine fields of a square picture a point (x, y) in pixels lies in."""
    return _COLUMNS[_third(x / side)], _ROWS[_third(y / side)]


def _third(share: float) -> int:
    return (share >= _THIRDS[0]) + (share > _THIRDS[1])


def _sample_setting(rng: np.random.Generator) -> Setting:
    if rng.random() < 0.2:
        return Setting(None, None, pick(rng, WALLS), 1.0)
    return Setting(pick(rng, SKIES), pick(rng, GROUNDS), None, pick(rng, _HORIZONS))


def _sample_things(rng: np.random.Generator, n: int, kinds: Sequence[str]) -> tuple[Thing, ...]:
    overlapping = n > 1 and rng.random() < 0.12
    things: list[Thing] = []
    for _ in range(n * 60):
        if len(things) == n:
            break
        candidate = _sample_thing(rng, n, things, kinds)
        gap = -0.35 * candidate.diameter if overlapping and len(things) == 1 else 3.0
        if all(_apart(candidate, other, gap) for other in things):
            things.append(candidate)
    return tuple(things)


def _sample_thing(rng: np.random.Generator, n: int, things: list[Thing], kinds: Sequence[str]) -> Thing:
    span = pick(rng, _FEW if n < 4 else _MANY)
    size = pick(rng, [word for word, spans in SPANS.items() if span in spans])
    x, y = ((int(first) + span / 2) * TOKEN for first in rng.integers(SIDE // TOKEN + 1 - span, size=2))
    kind, colour = pick(rng, kinds), pick(rng, tuple(COLOURS))
    if things and rng.random() < 0.22:
        kind, colour = things[-1].kind, things[-1].colour
    return Thing(kind, colour, size, x, y, float(span * TOKEN - 2 * RIM))


def _apart(a: Thing, b: Thing, gap: float) -> bool:
    reach = (a.diameter + b.diameter) / 2 + gap
    return max(abs(a.x - b.x), abs(a.y - b.y)) >= reach


def span_of(thing: Thing) -> int:
    """Tokens across the thing."""
    return round((thing.diameter + 2 * RIM) / TOKEN)


def pick(rng: np.random.Generator, options: Sequence[T]) -> T:
    """One of `options`, each as likely."""
    return options[int(rng.integers(len(options)))]
