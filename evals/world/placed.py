"""Prompts for the judge: one thing as the world's captions say it, or two things where English that is in no
caption puts them.
"""

import numpy as np

from evals.world import words
from evals.world.caption import caption
from evals.world.facts import Direction, Facts, Relates, Stands, Wanted
from evals.world.phrases import Rng, with_article
from evals.world.tableau import CAST, COLOURS, Column, Row, pick, sample_tableau

Field = tuple[Column | None, Row | None]

FIELDS: dict[Field, tuple[str, ...]] = {
    ("left", "top"): ("in the upper left", "in the top left corner", "at the top left"),
    ("right", "top"): ("in the upper right", "in the top right corner", "at the top right"),
    ("left", "bottom"): ("in the lower left", "in the bottom left corner", "at the bottom left"),
    ("right", "bottom"): ("in the lower right", "in the bottom right corner", "at the bottom right"),
    ("center", "middle"): ("in the middle", "in the center", "in the middle of the picture"),
    ("left", None): ("on the left", "on the left side"),
    ("right", None): ("on the right", "on the right side"),
    (None, "top"): ("at the top", "at the top of the picture"),
    (None, "bottom"): ("at the bottom", "at the bottom of the picture"),
}
"""What is said of a place, by the column and row that it holds a thing to."""

DIRECTIONS: dict[Direction, tuple[str, ...]] = {
    "left of": ("to the left of", "left of"),
    "right of": ("to the right of", "right of"),
    "above": ("above",),
    "below": ("below", "beneath"),
}
"""What is said of a relation."""

SETTINGS = (
    "at night on the grass", "on a sunny day on the grass", "at sunset on a beach", "at night in the snow",
    "on a foggy day on the road", "at dusk by the sea", "by day in the snow", "on a white background",
    "on a gray background", "against a light blue wall", "at night by the sea", "by day on the sand",
)  # fmt: skip

_PLACED = (
    "{a} {at_a} and {b} {at_b}, {setting}",
    "{setting}, {a} {at_a} and {b} {at_b}",
    "{setting}, {a} is {at_a}, and {b} is {at_b}.",
    "There is {a} {at_a}. There is {b} {at_b}. It all is {setting}.",
    "A picture of {a} {at_a} with {b} {at_b}, {setting}.",
)
_RELATED = (
    "{a} {to} {b}, {setting}",
    "{setting}, {a} {to} {b}",
    "{setting}, {a} stands {to} {b}.",
    "A picture of {a} {to} {b}, {setting}.",
)
_ANCHORED = (
    "{setting}, {b} {at_b}, and {a} {to} the {noun}",
    "There is {b} {at_b}, and {a} {to} the {noun}, {setting}.",
)

_APART = tuple(
    (a, b)
    for a in FIELDS
    for b in FIELDS
    if any(one is not None and other is not None and one != other for one, other in zip(a, b, strict=True))
)
"""Pairs of places that no point has both of."""

_ANCHORS: dict[Direction, Field] = {
    "left of": ("right", None),
    "right of": ("left", None),
    "above": (None, "bottom"),
    "below": (None, "top"),
}
"""Where a thing stands that leaves room for another on the side of a direction."""


def one_thing(seed: int) -> Facts:
    """A caption of the seed's tableau of one thing; it is held to the thing and its colour alone."""
    return _captioned(seed, 1)


def two_captioned(seed: int) -> Facts:
    """A caption of the seed's tableau of two things, as in training; held to things and colours alone."""
    return _captioned(seed, 2)


def _captioned(seed: int, count: int) -> Facts:
    tableau = sample_tableau(seed, count)
    things = tuple(Wanted(thing.kind, thing.colour, thing.kind) for thing in tableau.things)
    return Facts(caption(tableau, 0), things)


def two_things(seed: int) -> Facts:
    """Two things of different kinds and colours in a setting: in two places, in a relation, or in both."""
    rng = np.random.default_rng((6, seed))
    kinds, colours = rng.permutation(len(CAST)), rng.permutation(len(COLOURS))
    a, b = (_wanted(rng, CAST[kinds[i]], list(COLOURS)[colours[i]]) for i in range(2))
    return pick(rng, (_placed, _related, _anchored))(rng, a, b)


def _wanted(rng: Rng, kind: str, colour: str) -> Wanted:
    return Wanted(kind, colour, pick(rng, words.KIND_WORDS[kind]))


def _placed(rng: Rng, a: Wanted, b: Wanted) -> Facts:
    field_a, field_b = pick(rng, _APART)
    at_a, at_b = pick(rng, FIELDS[field_a]), pick(rng, FIELDS[field_b])
    text = _said(rng, pick(rng, _PLACED), a, b, at_a=at_a, at_b=at_b)
    return Facts(text, (a, b), (Stands(0, *field_a), Stands(1, *field_b)))


def _related(rng: Rng, a: Wanted, b: Wanted) -> Facts:
    direction = pick(rng, tuple(DIRECTIONS))
    text = _said(rng, pick(rng, _RELATED), a, b, to=pick(rng, DIRECTIONS[direction]))
    return Facts(text, (a, b), (Relates(0, direction, 1),))


def _anchored(rng: Rng, a: Wanted, b: Wanted) -> Facts:
    direction = pick(rng, tuple(DIRECTIONS))
    anchor = _ANCHORS[direction]
    at_b, to = pick(rng, FIELDS[anchor]), pick(rng, DIRECTIONS[direction])
    text = _said(rng, pick(rng, _ANCHORED), a, b, at_b=at_b, to=to, noun=b.noun)
    return Facts(text, (a, b), (Stands(1, *anchor), Relates(0, direction, 1)))


def _said(rng: Rng, template: str, a: Wanted, b: Wanted, **parts: str) -> str:
    text = template.format(a=_phrase(rng, a), b=_phrase(rng, b), setting=pick(rng, SETTINGS), **parts)
    return text[0].upper() + text[1:]


def _phrase(rng: Rng, thing: Wanted) -> str:
    size = pick(rng, ("", "", "large", "small", "big"))
    return with_article("a", f"{size} {pick(rng, words.COLOUR_WORDS[thing.colour])} {thing.noun}")
