"""What a prompt asks for, as facts that a picture can be held to."""

from dataclasses import dataclass
from typing import Literal

from evals.world.tableau import Column, Row

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
