"""Which tokens of a caption name a thing, and which of them say where it stands."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby

from evals.world import words
from evals.world.captions import plural
from evals.world.training.text import tokenizers

REACH = 4
"""Tokens at most between a thing's colour and its kind: words that the world doesn't know may stand there."""

Side = tuple[int, int]
"""Right (1) or left (-1), and down (1) or up (-1); 0 where nothing is said."""

FIELDS: dict[str, Side] = {
    "left": (-1, 0), "right": (1, 0), "top": (0, -1), "upper": (0, -1), "bottom": (0, 1), "lower": (0, 1),
}  # fmt: skip
"""Words for where a thing stands."""

RELATIONS: dict[str, Side] = {
    "above": (0, -1), "over": (0, -1), "higher": (0, -1),
    "below": (0, 1), "under": (0, 1), "beneath": (0, 1), "underneath": (0, 1),
}  # fmt: skip
"""Words that place a thing only where another thing follows: a star may stand above the water."""

Run = tuple[int, ...]
"""Positions of neighbouring tokens."""


@dataclass(frozen=True)
class Mention:
    """A thing in a caption: the positions of the tokens of its colour and kind, and of those that place it.

    `side` is where they place it.
    """

    name: tuple[int, ...]
    place: tuple[int, ...] = ()
    side: Side = (0, 0)

    def moved(self, side: Side) -> "Mention":
        """The mention with another side added, each axis from -1 to 1."""
        across, down = (max(-1, min(1, one + other)) for one, other in zip(self.side, side, strict=True))
        return replace(self, side=(across, down))


@dataclass(frozen=True)
class _Vocabulary:
    """T5's tokens of the words that matter here."""

    kinds: frozenset[int]
    colours: frozenset[int]
    fields: dict[int, Side]
    relations: dict[int, Side]
    ends: frozenset[int]
    """What ends a phrase."""
    comma: int
    link: tuple[int, ...]
    """What links a kind to a colour behind it: "a star that is red"."""


@cache
def _vocabulary() -> _Vocabulary:
    t5 = tokenizers().t5
    special = set(t5.all_special_ids)

    def tokens(texts: set[str]) -> frozenset[int]:
        return frozenset(token for text in texts for token in t5(text).input_ids) - special

    nouns = {word for many in words.KIND_WORDS.values() for word in many}
    kinds = tokens(nouns | {plural(word) for word in nouns})
    colours = tokens({word for many in words.COLOUR_WORDS.values() for word in many}) - kinds
    (comma,) = tokens({","})
    return _Vocabulary(
        kinds,
        colours,
        {token: side for word, side in FIELDS.items() for token in tokens({word})},
        {token: side for word, side in RELATIONS.items() for token in tokens({word})},
        tokens({",", ".", "and"}),
        comma,
        tuple(t5("that is", add_special_tokens=False).input_ids),
    )


def find_mentions(ids: Sequence[int]) -> tuple[Mention, ...]:
    """The things that a caption of T5's tokens names by colour and kind.

    "A star left of a ring" places the ring too.
    """
    known = _vocabulary()
    kinds, colours = _runs(ids, known.kinds), _runs(ids, known.colours)
    starts = {run[0] for run in kinds}
    mentions: dict[int, Mention] = {}
    for colour in colours:
        kind = next((kind for kind in kinds if _describes(ids, colour, kind)), None)
        if kind is not None:
            kinds.remove(kind)
            mentions[min(*colour, *kind)] = Mention((*colour, *kind))
    starts |= mentions.keys()
    taken: set[int] = set()
    for start in sorted(mentions):
        after, end = _place_after(ids, mentions[start], starts)
        place = tuple(position for position in (*_place_before(ids, start), *after) if position not in taken)
        taken.update(place)
        mentions[start] = replace(mentions[start], place=place).moved(_side(ids, place))
        if end in mentions:
            across, down = _side(ids, after)
            mentions[end] = mentions[end].moved((-across, -down))
    return tuple(mentions[start] for start in sorted(mentions))


def _runs(ids: Sequence[int], known: frozenset[int]) -> list[Run]:
    """The longest runs of known tokens."""
    stretches = groupby(range(len(ids)), key=lambda position: ids[position] in known)
    return [tuple(positions) for inside, positions in stretches if inside]


def _describes(ids: Sequence[int], colour: Run, kind: Run) -> bool:
    """Whether a colour belongs to a kind: "a red star", "a star that is red"."""
    known = _vocabulary()
    if kind[0] < colour[0]:
        return tuple(ids[kind[-1] + 1 : colour[0]]) == known.link
    between = ids[colour[-1] + 1 : kind[0]]
    linked = tuple(ids[max(0, colour[0] - len(known.link)) : colour[0]]) == known.link
    return len(between) <= REACH and not known.ends & set(between) and not linked


def _place_after(ids: Sequence[int], mention: Mention, starts: set[int]) -> tuple[Run, int]:
    """The words behind a thing that place it, and where their phrase ends.

    So "a star in the upper left", "a star above a ring".
    """
    known = _vocabulary()
    ends = starts | {position for position, token in enumerate(ids) if token in known.ends}
    first = max(mention.name) + 1
    end = min((position for position in ends if position >= first), default=len(ids))
    placing = known.fields | (known.relations if end in starts else {})
    return tuple(position for position in range(first, end) if ids[position] in placing), end


def _place_before(ids: Sequence[int], start: int) -> Run:
    """The words before a thing that place it, with a comma between: "on the left, a star"."""
    known = _vocabulary()
    joints = [-1, *(position for position in range(start) if ids[position] in known.ends)]
    if len(joints) < 2 or ids[joints[-1]] != known.comma or start - joints[-1] > REACH:
        return ()
    return tuple(position for position in range(joints[-2] + 1, joints[-1]) if ids[position] in known.fields)


def _side(ids: Sequence[int], place: Sequence[int]) -> Side:
    """The sum of the sides that the tokens at these positions say."""
    known = _vocabulary()
    sides = [(known.fields | known.relations)[ids[position]] for position in place]
    return sum(across for across, _ in sides), sum(down for _, down in sides)
