"""Which tokens of a caption name a thing, and which of them say where it stands."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby

from evals.world import words
from evals.world.captions import plural
from evals.world.training.text import tokenizers

REACH = 4
"""Tokens at most between a thing's colour and its kind: words that the world doesn't know may stand there."""

Lean = tuple[int, int]
"""To the right (1) or to the left (-1), and down (1) or up (-1); 0 where nothing is said."""

FIELDS: dict[str, Lean] = {
    "left": (-1, 0), "right": (1, 0), "top": (0, -1), "upper": (0, -1), "bottom": (0, 1), "lower": (0, 1),
}  # fmt: skip
"""Words for where a thing stands."""

RELATIONS: dict[str, Lean] = {
    "above": (0, -1), "over": (0, -1), "higher": (0, -1),
    "below": (0, 1), "under": (0, 1), "beneath": (0, 1), "underneath": (0, 1),
}  # fmt: skip
"""Words that say so only where another thing follows: a star may stand above the water."""


@dataclass(frozen=True)
class Named:
    """A thing by the places, in a caption, of the words for its colour and kind, and of those for where it
    stands; and where that is.
    """

    words: tuple[int, ...]
    places: tuple[int, ...] = ()
    lean: Lean = (0, 0)


def things_in(ids: Sequence[int]) -> tuple[Named, ...]:
    """The things that a caption of T5's tokens names by colour and kind.

    "a star left of a ring" says of the ring too where it stands.
    """
    things = {min(places): Named(places) for places in _named(ids)}
    starts = things.keys() | {run[0] for run in _runs(ids, _known()[0])}
    taken: set[int] = set()
    for start in sorted(things):
        behind, end = _behind(ids, things[start], starts)
        places = tuple(place for place in (*_before(ids, start), *behind) if place not in taken)
        taken.update(places)
        things[start] = _leaning(replace(things[start], places=places), _lean(ids, places))
        if end in things:
            across, down = _lean(ids, behind)
            things[end] = _leaning(things[end], (-across, -down))
    return tuple(things[start] for start in sorted(things))


def _named(ids: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Where the colour and the kind of each thing stand."""
    kinds, colours = (_runs(ids, known) for known in _known())
    for colour in colours:
        kind = next((kind for kind in kinds if _describes(ids, colour, kind)), None)
        if kind is not None:
            kinds.remove(kind)
            yield *colour, *kind


def _behind(ids: Sequence[int], thing: Named, starts: set[int]) -> tuple[tuple[int, ...], int]:
    """The words behind a thing that say where it stands: "a star in the upper left", "a star above a ring";
    and where their phrase ends.
    """
    ends = starts | {place for place, token in enumerate(ids) if token in _joints()[0]}
    first = max(thing.words) + 1
    end = min((place for place in ends if place >= first), default=len(ids))
    known = _fields() | (_relations() if end in starts else {})
    return tuple(place for place in range(first, end) if ids[place] in known), end


def _before(ids: Sequence[int], start: int) -> tuple[int, ...]:
    """The words before a thing that say where it stands, with a comma between: "on the left, a star"."""
    joints = [-1, *(place for place in range(start) if ids[place] in _joints()[0])]
    if len(joints) < 2 or ids[joints[-1]] != _comma() or start - joints[-1] > REACH:
        return ()
    return tuple(place for place in range(joints[-2] + 1, joints[-1]) if ids[place] in _fields())


def _lean(ids: Sequence[int], places: Sequence[int]) -> Lean:
    leans = [(_fields() | _relations())[ids[place]] for place in places]
    return sum(across for across, _ in leans), sum(down for _, down in leans)


def _leaning(thing: Named, more: Lean) -> Named:
    across, down = (max(-1, min(1, one + other)) for one, other in zip(thing.lean, more, strict=True))
    return replace(thing, lean=(across, down))


def _describes(ids: Sequence[int], colour: tuple[int, ...], kind: tuple[int, ...]) -> bool:
    """Whether a colour is a kind's: "a red star", "a star that is red"."""
    ends, link = _joints()
    if kind[0] < colour[0]:
        return tuple(ids[kind[-1] + 1 : colour[0]]) == link
    between = ids[colour[-1] + 1 : kind[0]]
    linked = tuple(ids[max(0, colour[0] - len(link)) : colour[0]]) == link
    return len(between) <= REACH and not ends & set(between) and not linked


def _runs(ids: Sequence[int], known: frozenset[int]) -> list[tuple[int, ...]]:
    """Stretches of known tokens, each the numbers of its places."""
    stretches = groupby(range(len(ids)), key=lambda place: ids[place] in known)
    return [tuple(places) for inside, places in stretches if inside]


@cache
def _known() -> tuple[frozenset[int], frozenset[int]]:
    """T5's tokens of the words for kinds and for colours."""
    said = {word for many in words.KIND_WORDS.values() for word in many}
    kinds = _tokens(said | {plural(word) for word in said})
    return kinds, _tokens({word for many in words.COLOUR_WORDS.values() for word in many}) - kinds


@cache
def _fields() -> dict[int, Lean]:
    """T5's tokens of `FIELDS`."""
    return {token: lean for word, lean in FIELDS.items() for token in _tokens({word})}


@cache
def _relations() -> dict[int, Lean]:
    """T5's tokens of `RELATIONS`."""
    return {token: lean for word, lean in RELATIONS.items() for token in _tokens({word})}


@cache
def _comma() -> int:
    (comma,) = _tokens({","})
    return comma


@cache
def _joints() -> tuple[frozenset[int], tuple[int, ...]]:
    """T5's tokens of what ends a phrase, and of what links a kind to a colour behind it."""
    t5 = tokenizers().t5
    return _tokens({",", ".", "and"}), tuple(t5("that is", add_special_tokens=False).input_ids)


def _tokens(texts: set[str]) -> frozenset[int]:
    special = set(tokenizers().t5.all_special_ids)
    return frozenset(token for text in texts for token in tokenizers().t5(text).input_ids) - special
