"""A fixed expression of place: what it says, and the plain word that stands in for it."""

from dataclasses import dataclass

from planner.scene import Horizontal, Predicate, Vertical

NEARBY = "nearby"
"""What a place in the picture is read as."""


@dataclass(frozen=True)
class Cue:
    """One expression in the prompt, from character `start` to `end`, and what it says.

    `word` is what the parser reads in its stead (empty: nothing). Where there is a predicate, the object of
    the word is the relation's object; or, where the expression itself holds the pronoun ("on its left"),
    `reflexive` says that the thing spoken of before is. `middle` marks "in the middle of"; `order` says how
    the things of a list follow one another.
    """

    start: int
    end: int
    word: str = ""
    horizontal: Horizontal | None = None
    vertical: Vertical | None = None
    depth: int | None = None
    predicate: Predicate | None = None
    reflexive: bool = False
    middle: bool = False
    order: Predicate | None = None

    @property
    def is_place(self) -> bool:
        """Whether it says where in the picture something stands."""
        return bool(self.horizontal or self.vertical or self.depth is not None)
