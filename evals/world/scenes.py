"""Prompts of one to sixteen things for the judge: attributes, counts, places, relations and absences, in
English that is in no caption.

Things are put into nine fields first, and only what is true of them there is said: every prompt can be drawn.
More than eight are a crowd: groups that have a field each, told in a sentence each.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from evals.world import words
from evals.world.facts import Claim, Direction, Facts, Relates, Stands, Wanted
from evals.world.phrases import Rng, plural, with_article
from evals.world.placed import DIRECTIONS, FIELDS, SETTINGS
from evals.world.tableau import CAST, COLOURS, Column, Row, pick

ALONE = 8
"""Things at most that have a field each; one field stays free. More are a crowd, of so many groups."""

MOST = 16
"""Things that a prompt asks for at most."""

COLUMNS: tuple[Column, ...] = ("left", "center", "right")
ROWS: tuple[Row, ...] = ("top", "middle", "bottom")

Spot = tuple[int, int]
"""A field, as (column, row)."""

_LINES: tuple[tuple[Spot, ...], ...] = (
    *(tuple((x, y) for x in range(3)) for y in (0, 2)),
    *(tuple((x, y) for y in range(3)) for x in (0, 2)),
)
"""Where several of a kind stand: the upper and the lower row, the left and the right column."""

_CORNERS: tuple[Spot, ...] = tuple((x, y) for y in (0, 2) for x in (0, 2))
_MIDDLE: Spot = (1, 1)

_ONE_PLACED = ("{what} {at}", "{what} {at}", "{what} that is {at}", "{what} standing {at}")
_MANY_PLACED = ("{what} {at}", "{what} side by side {at}", "{what} {at}")
_CROWDED = ("{what} {at}", "{what} that is {at}")
"""Of a crowd's single things: parsers take "a white dot standing" for a place or a state now and then."""

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
    """So many things of a kind and colour, the words for them, and the fields that they stand in."""

    kind: str
    colour: str
    noun: str
    shade: str
    spots: tuple[Spot, ...]

    @property
    def name(self) -> str:
        """What later words call it."""
        return f"{self.shade} {self.noun}"

    @property
    def phrase(self) -> str:
        """It with its number."""
        count = len(self.spots)
        if count == 1:
            return with_article("a", self.name)
        return f"{words.NUMBERS[count]} {self.shade} {plural(self.noun)}"


def scene(seed: int, count: int) -> Facts:
    """The prompt of a seed that asks for `count` things, 1 to `MOST`."""
    rng = np.random.default_rng((7, count, seed))
    return told(rng, grouped(rng, count))


def told(rng: Rng, groups: Sequence[Group]) -> Facts:
    """A prompt that asks for the groups, and what it says of them."""
    parts, claims = _said(rng, groups)
    things = tuple(Wanted(group.kind, group.colour, group.noun) for group in groups for _ in group.spots)
    absent = _absent(rng, groups)
    return Facts(_text(rng, parts, absent, _crowded(groups)), things, tuple(claims), absent)


def _crowded(groups: Sequence[Group]) -> bool:
    return sum(len(group.spots) for group in groups) > ALONE


def grouped(rng: Rng, count: int) -> list[Group]:
    """`count` things, 1 to `MOST`, in groups of different kinds and colours, the largest first."""
    spots = _spots(rng, _sizes(rng, count)) if count <= ALONE else _crowd(rng, count)
    kinds, colours = rng.permutation(len(CAST)), rng.permutation(len(COLOURS))
    plain = count > ALONE
    return [
        _group(rng, CAST[kinds[i]], list(COLOURS)[colours[i]], where, plain) for i, where in enumerate(spots)
    ]


def _group(rng: Rng, kind: str, colour: str, spots: tuple[Spot, ...], plain: bool) -> Group:
    """The group with its words; `plain` calls several by their kind's first one, whose plural is as plain."""
    nouns = words.KIND_WORDS[kind]
    noun = nouns[0] if plain and len(spots) > 1 else pick(rng, nouns)
    return Group(kind, colour, noun, pick(rng, words.COLOUR_WORDS[colour]), spots)


def _sizes(rng: Rng, count: int) -> list[int]:
    """How many things each group has: at most one group has two or three."""
    most = min(count, 3)
    several = int(rng.integers(2, most + 1)) if most > 1 and rng.random() < 0.4 else 1
    return [several, *[1] * (count - several)]


def _spots(rng: Rng, sizes: Sequence[int]) -> list[tuple[Spot, ...]]:
    line = pick(rng, _LINES)
    first = line[: sizes[0]] if sizes[0] > 1 else (pick(rng, tuple(_all())),)
    free = [spot for spot in _all() if spot not in first]
    rest = [free[i] for i in rng.permutation(len(free))]
    return [first, *((spot,) for spot in rest[: len(sizes) - 1])]


def _crowd(rng: Rng, count: int) -> list[tuple[Spot, ...]]:
    """Eight groups in a field each: up to three things in a corner, two between corners, one in the middle.

    So each has room in its own field, if every side is divided in five.
    """
    every = list(_all())
    fields = [every[i] for i in rng.permutation(len(every))][:ALONE]
    sizes = dict.fromkeys(fields, 1)
    while sum(sizes.values()) < count:
        sizes[pick(rng, [spot for spot in fields if sizes[spot] < _room(spot)])] += 1
    return sorted(((spot,) * size for spot, size in sizes.items()), key=len, reverse=True)


def _room(spot: Spot) -> int:
    """How many of a crowd's things stand in a field at most."""
    return 3 if spot in _CORNERS else 1 if spot == _MIDDLE else 2


def _all() -> Iterator[Spot]:
    yield from ((x, y) for y in range(3) for x in range(3))


def _said(rng: Rng, groups: Sequence[Group]) -> tuple[list[str], list[Claim]]:
    """Each group in words, in the order of mention, and what is claimed by them."""
    parts: list[str] = []
    claims: list[Claim] = []
    start = 0
    for number, group in enumerate(groups):
        part, claimed = _part(rng, groups[:number], group, start, _crowded(groups))
        parts.append(part)
        claims.extend(claimed)
        start += len(group.spots)
    return parts, claims


def _part(
    rng: Rng, before: Sequence[Group], group: Group, start: int, crowded: bool
) -> tuple[str, list[Claim]]:
    related = _related(rng, before, group, start) if rng.random() < 0.5 else None
    if related is not None:
        return related
    if rng.random() < 0.12:
        return group.phrase, []
    single = _CROWDED if crowded else _ONE_PLACED
    return _placed(rng, group, start, single if len(group.spots) == 1 else _MANY_PLACED)


def _placed(rng: Rng, group: Group, start: int, templates: Sequence[str]) -> tuple[str, list[Claim]]:
    column, row = _common(group.spots)
    template = pick(rng, templates)
    if (column, row) not in FIELDS:
        column, row = (column, None) if column != "center" else (None, row)
    if len(group.spots) == 1 and (column, row) in FIELDS and rng.random() < 0.25:
        column, row = _less(rng, column, row)
    if (column, row) not in FIELDS:
        return group.phrase, []
    said = template.format(what=group.phrase, at=pick(rng, FIELDS[column, row]))
    return said, [Stands(start + i, column, row) for i in range(len(group.spots))]


def _common(spots: Sequence[Spot]) -> tuple[Column | None, Row | None]:
    """The column and the row that all spots share."""
    columns, rows = {x for x, _ in spots}, {y for _, y in spots}
    column = COLUMNS[columns.pop()] if len(columns) == 1 else None
    return column, ROWS[rows.pop()] if len(rows) == 1 else None


def _less(rng: Rng, column: Column | None, row: Row | None) -> tuple[Column | None, Row | None]:
    """The same place, said less exactly."""
    return (column, None) if rng.random() < 0.5 else (None, row)


def _related(rng: Rng, before: Sequence[Group], group: Group, start: int) -> tuple[str, list[Claim]] | None:
    """The group by how it stands to a single thing that was named before, where that is plain."""
    if len(group.spots) > 1:
        return None
    near: list[tuple[int, Group, Direction]] = []
    first = 0
    for other in before:
        direction = _direction(group, other)
        if len(other.spots) == 1 and direction is not None:
            near.append((first, other, direction))
        first += len(other.spots)
    if not near:
        return None
    index, other, direction = pick(rng, near)
    to = pick(rng, DIRECTIONS[direction])
    said = pick(rng, _RELATED).format(what=group.phrase, to=to, other=other.name)
    return said, [Relates(start, direction, index)]


def _direction(one: Group, other: Group) -> Direction | None:
    """How the first field of a group lies to another's in its row or column."""
    (x, y), (other_x, other_y) = one.spots[0], other.spots[0]
    dx, dy = x - other_x, y - other_y
    if dx and dy:
        return None
    if dx:
        return "left of" if dx < 0 else "right of"
    return "above" if dy < 0 else "below"


def _absent(rng: Rng, groups: Sequence[Group]) -> tuple[str, ...]:
    there = {group.kind for group in groups}
    others = [kind for kind in CAST if kind not in there]
    return (pick(rng, others),) if others and rng.random() < 0.25 else ()


def _text(rng: Rng, parts: Sequence[str], absent: Sequence[str], crowded: bool) -> str:
    setting = pick(rng, SETTINGS)
    missing = [pick(rng, _ABSENCES).format(one=kind, many=plural(kind)) for kind in absent]
    if crowded or (len(parts) > 1 and rng.random() < 0.4):
        sentences = [pick(rng, _SENTENCES).format(part=part) for part in parts]
        told = [f"The scene is {setting}.", *sentences]
    else:
        told = [pick(rng, _JOINED).format(setting=setting, parts=_listed(parts)) + "."]
    return " ".join(_capital(sentence) for sentence in [*told, *missing])


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
