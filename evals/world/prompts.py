"""Prompts with their facts: what the check asks for, and the benchmark's scenes of one to sixteen things.

Prompts of one thing and of two are captions as tiny-flux was trained on, and English that is in no caption.
Scenes are all in such English: attributes, counts, places, relations and absences. Their things are put
into nine fields first, and only what is true of these is written: every prompt can be drawn. More than eight
things are a crowd: groups that have a field each, in a sentence each.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evals.world import words
from evals.world.captions import Rng, caption, plural, with_article
from evals.world.facts import (
    COLOURS,
    COLUMNS,
    PROMPT_KINDS,
    ROWS,
    Claim,
    Column,
    Direction,
    Facts,
    Relates,
    Row,
    Stands,
    Wanted,
    pick,
    sample_composition,
)

Field = tuple[Column | None, Row | None]

FIELD_WORDS: dict[Field, tuple[str, ...]] = {
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
"""The words for a place, by the column and row that they hold a thing to."""

DIRECTION_WORDS: dict[Direction, tuple[str, ...]] = {
    "left of": ("to the left of", "left of"),
    "right of": ("to the right of", "right of"),
    "above": ("above",),
    "below": ("below", "beneath"),
}

SETTING_PHRASES = (
    "at night on the grass", "on a sunny day on the grass", "at sunset on a beach", "at night in the snow",
    "on a foggy day on the road", "at dusk by the sea", "by day in the snow", "on a white background",
    "on a gray background", "against a light blue wall", "at night by the sea", "by day on the sand",
)  # fmt: skip

_TWO_PLACED = (
    "{a} {at_a} and {b} {at_b}, {setting}",
    "{setting}, {a} {at_a} and {b} {at_b}",
    "{setting}, {a} is {at_a}, and {b} is {at_b}.",
    "There is {a} {at_a}. There is {b} {at_b}. It all is {setting}.",
    "A picture of {a} {at_a} with {b} {at_b}, {setting}.",
)
_TWO_RELATED = (
    "{a} {to} {b}, {setting}",
    "{setting}, {a} {to} {b}",
    "{setting}, {a} stands {to} {b}.",
    "A picture of {a} {to} {b}, {setting}.",
)
_TWO_ANCHORED = (
    "{setting}, {b} {at_b}, and {a} {to} the {noun}",
    "There is {b} {at_b}, and {a} {to} the {noun}, {setting}.",
)

_APART = tuple(
    (a, b)
    for a in FIELD_WORDS
    for b in FIELD_WORDS
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
    """A caption of the seed's composition of one thing; its facts are the thing and its colour alone."""
    return _captioned(seed, 1)


def two_captioned(seed: int) -> Facts:
    """A caption of the seed's composition of two things; its facts are things and colours alone."""
    return _captioned(seed, 2)


def _captioned(seed: int, count: int) -> Facts:
    composition = sample_composition(seed, count)
    things = tuple(Wanted(thing.kind, thing.colour, thing.kind) for thing in composition.things)
    return Facts(caption(composition, 0), things)


def two_things(seed: int) -> Facts:
    """Two things of different kinds and colours in a setting: in two places, in a relation, or in both."""
    rng = np.random.default_rng((6, seed))
    kinds, colours = rng.permutation(len(PROMPT_KINDS)), rng.permutation(len(COLOURS))
    things: list[Wanted] = []
    for kind, colour in ((PROMPT_KINDS[kinds[i]], list(COLOURS)[colours[i]]) for i in range(2)):
        things.append(Wanted(kind, colour, pick(rng, words.KIND_WORDS[kind])))
    form = pick(rng, ("placed", "related", "anchored"))
    claims: tuple[Claim, ...]
    if form == "placed":
        field_a, field_b = pick(rng, _APART)
        parts = {"at_a": pick(rng, FIELD_WORDS[field_a]), "at_b": pick(rng, FIELD_WORDS[field_b])}
        template = pick(rng, _TWO_PLACED)
        claims = (Stands(0, *field_a), Stands(1, *field_b))
    elif form == "related":
        direction = pick(rng, tuple(DIRECTION_WORDS))
        template = pick(rng, _TWO_RELATED)
        parts = {"to": pick(rng, DIRECTION_WORDS[direction])}
        claims = (Relates(0, direction, 1),)
    else:
        direction = pick(rng, tuple(DIRECTION_WORDS))
        anchor = _ANCHORS[direction]
        parts = {"at_b": pick(rng, FIELD_WORDS[anchor]), "to": pick(rng, DIRECTION_WORDS[direction])}
        template = pick(rng, _TWO_ANCHORED)
        claims = (Stands(1, *anchor), Relates(0, direction, 1))
    phrases: list[str] = []
    for thing in things:
        size = pick(rng, ("", "", "large", "small", "big"))
        colour = pick(rng, words.COLOUR_WORDS[thing.colour])
        phrases.append(with_article("a", f"{size} {colour} {thing.noun}"))
    setting = pick(rng, SETTING_PHRASES)
    text = template.format(a=phrases[0], b=phrases[1], setting=setting, noun=things[1].noun, **parts)
    return Facts(_capitalised(text), tuple(things), claims)


MOST_ALONE = 8
"""Things at most that have a field each; one field stays free. More are a crowd, of so many groups."""

MOST = 16
"""Things that a prompt asks for at most."""

Cell = tuple[int, int]
"""One of the nine fields, as (column, row)."""

_CELLS: tuple[Cell, ...] = tuple((x, y) for y in range(3) for x in range(3))
_LINES: tuple[tuple[Cell, ...], ...] = (
    *(tuple((x, y) for x in range(3)) for y in (0, 2)),
    *(tuple((x, y) for y in range(3)) for x in (0, 2)),
)
"""Where several of a kind stand: the upper and the lower row, the left and the right column."""

_ROOM = {(x, y): {0: 3, 1: 2, 2: 1}[(x == 1) + (y == 1)] for x, y in _CELLS}
"""How many of a crowd's things a field holds at most: three in a corner, two between corners, else one.

So each has room in its own field, if every side is divided in five.
"""

_ONE_PLACED = ("{what} {at}", "{what} {at}", "{what} that is {at}", "{what} standing {at}")
_MANY_PLACED = ("{what} {at}", "{what} side by side {at}", "{what} {at}")
_CROWDED = ("{what} {at}", "{what} that is {at}")
"""For a crowd's single things: some parsers take "a white dot standing" for a place or a state."""

_RELATED = ("{what} {to} the {other}", "{what} {to} the {other}", "{what} which is {to} the {other}")
_JOINED = (
    "{setting}: {parts}",
    "{parts}, all of it {setting}",
    "Picture this {setting}: {parts}",
    "We want to see {parts}, {setting}",
    "An illustration {setting}, showing {parts}",
)
_SENTENCES = ("Show {part}.", "There should be {part}.", "Draw {part}.", "Put in {part}.")
_ABSENCES = ("No {many}.", "There is no {one} in it.", "Without any {many}.", "Leave out any {one}.")


@dataclass(frozen=True)
class Group:
    """So many things of a kind and colour, the words for them, and the cells that they stand in."""

    kind: str
    colour: str
    noun: str
    colour_word: str
    cells: tuple[Cell, ...]

    @property
    def name(self) -> str:
        """What later words call it."""
        return f"{self.colour_word} {self.noun}"

    @property
    def phrase(self) -> str:
        """It with its number."""
        if len(self.cells) == 1:
            return with_article("a", self.name)
        return f"{words.NUMBERS[len(self.cells)]} {self.colour_word} {plural(self.noun)}"


def scene(seed: int, count: int) -> Facts:
    """The prompt of a seed that asks for `count` things, 1 to `MOST`."""
    rng = np.random.default_rng((7, count, seed))
    return describe(rng, sample_groups(rng, count))


def sample_groups(rng: Rng, count: int) -> list[Group]:
    """`count` things, 1 to `MOST`, in groups of different kinds and colours, the largest first."""
    crowded = count > MOST_ALONE
    fields = _crowd(rng, count) if crowded else _spread(rng, count)
    kinds, colours = rng.permutation(len(PROMPT_KINDS)), rng.permutation(len(COLOURS))
    groups: list[Group] = []
    for i, cells in enumerate(fields):
        kind, colour = PROMPT_KINDS[kinds[i]], list(COLOURS)[colours[i]]
        nouns = words.KIND_WORDS[kind]
        # The plural of the first noun is the plainest.
        noun = nouns[0] if crowded and len(cells) > 1 else pick(rng, nouns)
        groups.append(Group(kind, colour, noun, pick(rng, words.COLOUR_WORDS[colour]), cells))
    return groups


def _spread(rng: Rng, count: int) -> list[tuple[Cell, ...]]:
    """The cells of each group, a thing a cell: at most one group has two or three things, in a line."""
    most = min(count, 3)
    several = int(rng.integers(2, most + 1)) if most > 1 and rng.random() < 0.4 else 1
    line = pick(rng, _LINES)
    first = line[:several] if several > 1 else (pick(rng, _CELLS),)
    free = [cell for cell in _CELLS if cell not in first]
    others = [free[i] for i in rng.permutation(len(free))][: count - several]
    return [first, *((cell,) for cell in others)]


def _crowd(rng: Rng, count: int) -> list[tuple[Cell, ...]]:
    """The cells of eight groups, each in one cell; the largest group comes first."""
    chosen = [_CELLS[i] for i in rng.permutation(len(_CELLS))][:MOST_ALONE]
    sizes = dict.fromkeys(chosen, 1)
    while sum(sizes.values()) < count:
        sizes[pick(rng, [cell for cell in chosen if sizes[cell] < _ROOM[cell]])] += 1
    return sorted(((cell,) * size for cell, size in sizes.items()), key=len, reverse=True)


def describe(rng: Rng, groups: Sequence[Group]) -> Facts:
    """A prompt that asks for the groups, with its facts."""
    crowded = sum(len(group.cells) for group in groups) > MOST_ALONE
    parts: list[str] = []
    claims: list[Claim] = []
    first = 0
    for number, group in enumerate(groups):
        placed = _related(rng, groups[:number], group, first) if rng.random() < 0.5 else None
        if placed is None and rng.random() >= 0.12:
            placed = _placed(rng, group, first, crowded)
        part, claimed = placed or (group.phrase, [])
        parts.append(part)
        claims.extend(claimed)
        first += len(group.cells)
    things = tuple(Wanted(group.kind, group.colour, group.noun) for group in groups for _ in group.cells)
    there = {group.kind for group in groups}
    others = [kind for kind in PROMPT_KINDS if kind not in there]
    absent = (pick(rng, others),) if others and rng.random() < 0.25 else ()
    setting = pick(rng, SETTING_PHRASES)
    absences = [pick(rng, _ABSENCES).format(one=kind, many=plural(kind)) for kind in absent]
    if crowded or (len(parts) > 1 and rng.random() < 0.4):
        sentences = [f"The scene is {setting}.", *(pick(rng, _SENTENCES).format(part=part) for part in parts)]
    else:
        listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
        sentences = [pick(rng, _JOINED).format(setting=setting, parts=listed) + "."]
    text = " ".join(_capitalised(sentence) for sentence in [*sentences, *absences])
    return Facts(text, things, tuple(claims), absent)


def _placed(rng: Rng, group: Group, first: int, crowded: bool) -> tuple[str, list[Claim]] | None:
    """The group, whose things count from `first`, by the field, column or row that its cells share.

    None where there are no words for that place. One thing in a corner is at times placed less exactly.
    """
    alone = len(group.cells) == 1
    columns, rows = {x for x, _ in group.cells}, {y for _, y in group.cells}
    column = COLUMNS[columns.pop()] if len(columns) == 1 else None
    row = ROWS[rows.pop()] if len(rows) == 1 else None
    template = pick(rng, _MANY_PLACED if not alone else _CROWDED if crowded else _ONE_PLACED)
    if (column, row) not in FIELD_WORDS:
        column, row = (column, None) if column != "center" else (None, row)
    if alone and (column, row) in FIELD_WORDS and rng.random() < 0.25:
        column, row = (column, None) if rng.random() < 0.5 else (None, row)
    if (column, row) not in FIELD_WORDS:
        return None
    part = template.format(what=group.phrase, at=pick(rng, FIELD_WORDS[column, row]))
    return part, [Stands(first + i, column, row) for i in range(len(group.cells))]


def _related(rng: Rng, before: Sequence[Group], group: Group, first: int) -> tuple[str, list[Claim]] | None:
    """The group, one thing of index `first`, by its direction from a single thing that was named before.

    None for several things, and where no such thing is in the same row or column.
    """
    cell, *others = group.cells
    if others:
        return None
    candidates: list[tuple[int, Group, Direction]] = []
    index = 0
    for other in before:
        dx, dy = (here - there for here, there in zip(cell, other.cells[0], strict=True))
        if len(other.cells) == 1 and not (dx and dy):
            across: Direction = "left of" if dx < 0 else "right of"
            down: Direction = "above" if dy < 0 else "below"
            candidates.append((index, other, across if dx else down))
        index += len(other.cells)
    if not candidates:
        return None
    index, other, direction = pick(rng, candidates)
    to = pick(rng, DIRECTION_WORDS[direction])
    part = pick(rng, _RELATED).format(what=group.phrase, to=to, other=other.name)
    return part, [Relates(first, direction, index)]


def _capitalised(text: str) -> str:
    return text[0].upper() + text[1:]
