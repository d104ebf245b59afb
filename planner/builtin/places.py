"""Where each thing stands in the picture, how large it is and how far away, as the prompt says."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.builtin.bearing import bearer
from planner.builtin.cues import Cue
from planner.builtin.lexicon import GROUND, PREDICATES, SIZES, SKY, word_set
from planner.builtin.nouns import first_of_list, governor, lemma, modifiers, object_of
from planner.builtin.relations import Link
from planner.builtin.things import Cast
from planner.scene import Extent, Horizontal, Place, Vertical

if TYPE_CHECKING:
    from spacy.tokens import Token

_FAR = 7
"""Depth from which a thing counts as background."""

_DEEPEST = 9
_WITHIN = word_set("in into through across within against")


@dataclass(frozen=True)
class Spot:
    """What is said of one thing's place; None where nothing is."""

    horizontal: Horizontal | None = None
    vertical: Vertical | None = None
    depth: int | None = None
    size: Extent | None = None

    def joined(self, cue: Cue) -> "Spot":
        """This, and what a further expression says where this says nothing yet, or only "in the middle"."""
        return Spot(
            cue.horizontal if self.horizontal in (None, "center") and cue.horizontal else self.horizontal,
            cue.vertical if self.vertical in (None, "middle") and cue.vertical else self.vertical,
            self.depth if self.depth is not None else cue.depth,
            self.size,
        )

    def place(self, *, plural: bool) -> Place | None:
        """The place in words, or None where none is stated; what lies behind in numbers spans the picture."""
        behind = self.depth is not None and self.depth >= _FAR
        if behind and plural and self.horizontal in (None, "center"):
            return Place(horizontal="full", vertical=self.vertical or "middle", size=self.size or "medium")
        if self.horizontal is None and self.vertical is None:
            return None
        size = self.size or ("small" if behind else "medium")
        return Place(horizontal=self.horizontal or "center", vertical=self.vertical or "middle", size=size)


def spots(cast: Cast) -> tuple[Spot, ...]:
    """One spot a thing, in the order of the things."""
    found = [Spot(size=_size(thing.mentions, cast)) for thing in cast.things]
    for things, cue in [*_stated(cast), *_in_settings(cast)]:
        for thing in things:
            found[thing] = found[thing].joined(cue)
    return tuple(found)


def depths(spots: tuple[Spot, ...], links: tuple[Link, ...]) -> tuple[int, ...]:
    """A depth a thing, 0 nearest: as stated, and such that what is behind, below or around another is
    farther than it.
    """
    foreground = any(spot.depth == 0 for spot in spots)
    found = [spot.depth if spot.depth is not None else 2 * foreground for spot in spots]
    for _ in range(_DEEPEST):
        for subject, predicate, target in links:
            nearer, farther = (target, subject) if predicate == "behind" else (subject, target)
            if predicate in ("behind", "in front of", "on", "inside"):
                found[farther] = min(_DEEPEST, max(found[farther], found[nearer] + 1))
    return tuple(found)


def _size(heads: tuple[int, ...], cast: Cast) -> Extent | None:
    nouns = (cast.reading.doc[head] for head in heads)
    words = (word for noun in nouns if noun.pos_ != "PROPN" for word in modifiers(noun))
    return next((SIZES[word] for word in words if word in SIZES), None)


def _stated(cast: Cast) -> Iterator[tuple[tuple[int, ...], Cue]]:
    """The expressions of place, each with the things that it places."""
    placed: set[int] = set()
    for index, cue in cast.reading.cues.items():
        if not cue.is_place:
            continue
        token = cast.reading.doc[index]
        thing = bearer(token, cast)
        if thing in placed and cue.depth is None:
            thing = _unplaced_neighbour(index, placed, cast) or thing
        if thing is not None:
            things = (thing, *_sharers(thing, token, cue, cast))
            placed.update(things)
            yield things, cue


def _unplaced_neighbour(index: int, placed: set[int], cast: Cast) -> int | None:
    """The thing just before an expression, where the parse would place one twice and this one not at all."""
    before = [thing for head in cast.mentions if head < index and (thing := cast.thing_at(head)) is not None]
    return before[-1] if before and before[-1] not in placed else None


def _sharers(thing: int, token: "Token", cue: Cue, cast: Cast) -> tuple[int, ...]:
    """The other things of a list that an expression before it, or one of depth, places together."""
    head = cast.reading.doc[cast.things[thing].head]
    first = first_of_list(head)
    if token.i > first.i and cue.depth is None:
        return ()
    carried = _carried(head, cast) if cue.depth is not None else None
    listed = [
        other for other in first.subtree if other.i in cast.mentions and first_of_list(other).i == first.i
    ]
    free = [other for other in listed if not _has_own_place(other, cast)]
    found = (cast.thing_at(other.i) for other in free)
    return tuple(dict.fromkeys(other for other in (carried, *found) if other is not None and other != thing))


def _carried(head: "Token", cast: Cast) -> int | None:
    """What is as far away as that which it stands on or in: "a castle on a hill in the distance"."""
    preposition, above = governor(head)
    stands = preposition is not None and PREDICATES.get(preposition.lower_) in ("on", "inside")
    return cast.thing_of(above) if stands and above is not None and above.i in cast.mentions else None


def _has_own_place(token: "Token", cast: Cast) -> bool:
    cues = cast.reading.cues
    return any(
        child.lower_ == "between" or (child.i in cues and cues[child.i].is_place) for child in token.children
    )


def _in_settings(cast: Cast) -> Iterator[tuple[tuple[int, ...], Cue]]:
    """As in "in the sky" is high; "in the middle of the grass" is low, since ground fills the lower part of
    a picture.
    """
    for token in cast.reading.doc:
        target = object_of(token) if token.pos_ in ("ADP", "SCONJ") else None
        mention = cast.mentions.get(target.i) if target is not None else None
        if target is None or mention is None or mention.role != "setting":
            continue
        cue = cast.reading.cues.get(token.i)
        if cue is None and token.lower_ not in _WITHIN:
            continue
        spot = _in_setting(lemma(target), cue)
        thing = (
            bearer(token, cast)
            if spot and token.i > token.sent.start and not _is_of_part(token, cast)
            else None
        )
        if thing is not None and spot is not None:
            yield (thing,), spot


def _is_of_part(token: "Token", cast: Cast) -> bool:
    """As in "a dog with its paws in the air": the dog is not in the air."""
    mention = cast.mentions.get(token.head.i)
    return mention is not None and mention.role == "part"


def _in_setting(setting: str, cue: Cue | None) -> Cue | None:
    """Where in the picture something stands that is in, in the middle of, or to one side of a setting."""
    if cue is not None and cue.predicate in ("left of", "right of"):
        side: Horizontal = "left" if cue.predicate == "left of" else "right"
        return Cue(0, 0, horizontal=side, vertical="bottom" if setting in GROUND else "middle")
    if setting in SKY:
        return Cue(0, 0, horizontal="center", vertical="top")
    if cue is None or not cue.middle:
        return None
    return Cue(0, 0, horizontal="center", vertical="bottom" if setting in GROUND else "middle")
