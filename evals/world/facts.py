"""The little world's facts: what a picture shows, and what a prompt asks for.

A composition is a picture as facts: which things of which colours stand where, in what setting. Pictures and
captions are both made of it. `Facts` are what a picture can be held to.
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

PROMPT_KINDS = ("star", "heart", "ring", "circle", "square", "triangle", "cross", "moon")
"""The kinds that tiny-flux was trained on, and that prompts ask for."""

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

Things and horizons keep to the grid of the tokens, so that each token shows one of few patterns. A small
model learns these sooner than things of any size in any place.
"""

_SPANS_OF_FEW, _SPANS_OF_MANY = (2, 3, 3, 4, 4, 5, 5, 6, 7), (2, 2, 3, 3, 4)
"""Tokens across things, as often as they are listed, of up to three in a picture and of more."""

RIM = 2
"""Pixels between a thing and the edge of its outermost tokens: room for its outline."""

Sky = Literal["day", "night", "sunset", "fog"]
Ground = Literal["grass", "sand", "snow", "sea", "road"]
Wall = Literal["white", "gray", "blue", "cream"]
SKIES: tuple[Sky, ...] = ("day", "night", "sunset", "fog")
GROUNDS: tuple[Ground, ...] = ("grass", "sand", "snow", "sea", "road")
WALLS: tuple[Wall, ...] = ("white", "gray", "blue", "cream")
_HORIZONS = (6 / 13, 6.5 / 13, 7 / 13, 8 / 13)

Column = Literal["left", "center", "right"]
Row = Literal["top", "middle", "bottom"]
COLUMNS: tuple[Column, ...] = ("left", "center", "right")
ROWS: tuple[Row, ...] = ("top", "middle", "bottom")
_THIRDS = (0.38, 0.62)
"""Shares of the side between which a centre counts as in the middle."""

_COUNT_SHARES = (0.05, 0.37, 0.28, 0.1, 0.07, 0.05, 0.03, 0.03, 0.02)
"""Shares of the pictures with 0, 1, 2, … things."""


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

    @property
    def span(self) -> int:
        """Tokens across the thing."""
        return round((self.diameter + 2 * RIM) / TOKEN)


@dataclass(frozen=True)
class Setting:
    """A sky over a ground that meet at `horizon` (share of the height), or a plain wall."""

    sky: Sky | None
    ground: Ground | None
    wall: Wall | None
    horizon: float


@dataclass(frozen=True)
class Composition:
    """A picture as facts. Things are listed back to front: the last is nearest."""

    things: tuple[Thing, ...]
    setting: Setting
    seed: int
    side: int = SIDE


def sample_composition(
    seed: int, count: int | None = None, kinds: Sequence[str] = PROMPT_KINDS
) -> Composition:
    """The composition of a seed, with `count` things of `kinds`, or with a random number of them (0 to 8)."""
    rng = np.random.default_rng((1, seed))
    number = int(rng.choice(len(_COUNT_SHARES), p=_COUNT_SHARES)) if count is None else count
    overlapping = number > 1 and rng.random() < 0.12
    things: list[Thing] = []
    for _ in range(number * 60):
        if len(things) == number:
            break
        candidate = _sample_thing(rng, number, things, kinds)
        gap = -0.35 * candidate.diameter if overlapping and len(things) == 1 else 3.0
        if all(
            max(abs(candidate.x - other.x), abs(candidate.y - other.y))
            >= (candidate.diameter + other.diameter) / 2 + gap
            for other in things
        ):
            things.append(candidate)
    if rng.random() < 0.2:
        setting = Setting(None, None, pick(rng, WALLS), 1.0)
    else:
        setting = Setting(pick(rng, SKIES), pick(rng, GROUNDS), None, pick(rng, _HORIZONS))
    return Composition(tuple(things), setting, seed)


def _sample_thing(rng: np.random.Generator, number: int, things: list[Thing], kinds: Sequence[str]) -> Thing:
    """A thing somewhere on the canvas; now and then of the kind and colour of the thing before it."""
    span = pick(rng, _SPANS_OF_FEW if number < 4 else _SPANS_OF_MANY)
    size = pick(rng, [word for word, spans in SPANS.items() if span in spans])
    x, y = ((int(first) + span / 2) * TOKEN for first in rng.integers(SIDE // TOKEN + 1 - span, size=2))
    kind, colour = pick(rng, kinds), pick(rng, tuple(COLOURS))
    if things and rng.random() < 0.22:
        kind, colour = things[-1].kind, things[-1].colour
    return Thing(kind, colour, size, x, y, float(span * TOKEN - 2 * RIM))


def field_at(x: float, y: float, side: int) -> tuple[Column, Row]:
    """Which of the nine fields of a square picture the point (x, y), in pixels, lies in."""
    low, high = _THIRDS
    column, row = (int(share >= low) + int(share > high) for share in (x / side, y / side))
    return COLUMNS[column], ROWS[row]


def pick(rng: np.random.Generator, options: Sequence[T]) -> T:
    """One of `options`, each as likely."""
    return options[int(rng.integers(len(options)))]


Direction = Literal["left of", "right of", "above", "below"]


@dataclass(frozen=True)
class Wanted:
    """A thing that is asked for; `noun` is the word that the prompt has for its kind."""

    kind: str
    colour: str
    noun: str


@dataclass(frozen=True)
class Stands:
    """The thing of this index stands in a column, a row, or where both meet; None leaves one open."""

    thing: int
    column: Column | None
    row: Row | None


@dataclass(frozen=True)
class Relates:
    """One thing stands in a direction from another, both by index."""

    subject: int
    direction: Direction
    object: int


Claim = Stands | Relates


@dataclass(frozen=True)
class Facts:
    """A prompt with the things that it asks for, where it puts them, and the kinds that it wants none of."""

    text: str
    things: tuple[Wanted, ...]
    claims: tuple[Claim, ...] = ()
    absent: tuple[str, ...] = ()
