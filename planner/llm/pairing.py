"""Which region draws which thing: two readings of one prompt, laid side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from planner.scene import Region, Scene
from planner.words import GRAMMAR, folded, key, mentions


class Drawn(Protocol):
    """A region's words, of a reply or of a scene."""

    @property
    def name(self) -> str: ...
    @property
    def prompt(self) -> str: ...


@dataclass(frozen=True)
class Pair:
    """A thing that the reference found, and the index of the region that draws it, if one does."""

    thing: Region
    region: int | None


def pairs(regions: Sequence[Drawn], reference: Scene) -> tuple[Pair, ...]:
    """Each thing of the reference with a region of its own: the likest first, the earlier of equals."""
    likeness = {
        (i, j): like
        for i, thing in enumerate(reference.regions)
        for j, region in enumerate(regions)
        if (like := _likeness(region, thing)) >= 1
    }
    found: dict[int, int] = {}
    for i, j in sorted(likeness, key=lambda ij: (-likeness[ij], ij)):
        if i not in found and j not in found.values():
            found[i] = j
    return tuple(Pair(thing, found.get(i)) for i, thing in enumerate(reference.regions))


def head(name: str) -> str:
    """The noun that a name turns on: "oak tree (2)" is a tree."""
    words = [word for word in folded(name) if not word.isdigit()]
    return words[-1] if words else name


def _likeness(region: Drawn, thing: Region) -> float:
    """How surely a region draws a thing: by name, else by mention; common words decide among equals."""
    noun = head(thing.name)
    named = 3 if key(region.name) == key(thing.name) else 2 if mentions(region.name, noun) else 0
    told = 1 if mentions(region.prompt, noun) else 0
    wanted = set(folded(thing.prompt)) - GRAMMAR
    shared = len(wanted.intersection(folded(f"{region.name} {region.prompt}")))
    return max(named, told) + shared / (len(wanted) + 1)
