"""A reading as a scene: regions in the user's own words, with wishes for their places."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain, count
from typing import TYPE_CHECKING, cast

from planner.plans import Note
from planner.reader.labels import COUNTS, NUMBER_WORDS
from planner.reader.reading import Reading, Stated, Thing
from planner.reader.tokens import Token
from planner.scene import (
    GRID,
    MAX_COUNTED,
    MAX_REGIONS,
    Box,
    Horizontal,
    Place,
    Quotes,
    Region,
    Relation,
    Scene,
    Vertical,
)
from planner.words import GRAMMAR, clip

if TYPE_CHECKING:
    import inflect

MAX_WORDS = 4000
CAPTION_WORDS = 60
DEPTH = {"foreground": 1, None: 3, "background": 6}
"""Depths of what is said to be in the fore- or background, and of all else."""

ALONG = {"left": 0.22, "top": 0.2, "center": 0.5, "middle": 0.5, "right": 0.78, "bottom": 0.8}
BEYOND = {"left": 0.36, "top": 0.36, "right": 0.64, "bottom": 0.64}
"""Where a stated side has its middle if a wish is off it, and where off begins, in parts of the canvas."""

_SIGNS = " \t\n,.;:!?()[]{}<>-–—&/|"
_LEADING = frozenset(["and", "or", "while", "but", "then"])
_ARTICLES = frozenset(["a", "an", "the"])
_NUMBERS = frozenset(NUMBER_WORDS)
_HANGING = GRAMMAR | _NUMBERS | frozenset(_SIGNS)
"""What a run of words doesn't end with: it led to another thing's words."""


def compose(reading: Reading) -> tuple[Scene, tuple[Note, ...]]:
    """The scene of a reading, and a note on each thing that found no room."""
    names = _names(reading)
    kept = _within_budget(reading.things)
    regions = tuple(_region(reading, reading.things[i], names[i]) for i in kept)
    over = [i for i in range(len(reading.things)) if i not in kept]
    background = _told(reading, reading.background)
    scene = Scene(
        prompt=reading.prompt,
        caption=clip(" ".join(reading.prompt.split()[:CAPTION_WORDS]), MAX_WORDS) or "a picture",
        background=clip(", ".join(filter(None, (background, *(_text(reading, i) for i in over)))), MAX_WORDS),
        style=clip(_told(reading, reading.style), MAX_WORDS),
        absent=tuple(dict.fromkeys(clip(text, 80) for text in _runs(reading, reading.absent))),
        quotes=Quotes(
            background=tuple(_runs(reading, reading.background)),
            style=tuple(_runs(reading, reading.style)),
            absent=tuple(_runs(reading, reading.absent)),
        ),
        regions=regions,
        relations=tuple(_relations(reading.relations, kept, names)),
    )
    return scene, tuple(_over(names[i]) for i in over)


def _within_budget(things: Sequence[Thing]) -> list[int]:
    """The things that find room, counted ones as many as they are, the surest first."""
    room, kept = MAX_REGIONS, list[int]()
    for i in sorted(range(len(things)), key=lambda i: (-things[i].sure, i)):
        number = things[i].count or 1
        needs = number if number <= MAX_COUNTED else 1
        if needs <= room:
            room -= needs
            kept.append(i)
    return sorted(kept)


def _region(reading: Reading, thing: Thing, name: str) -> Region:
    number = thing.count or 1
    runs = _runs(reading, thing.words)
    return Region(
        name=name,
        prompt=clip(_prompt(reading, thing), MAX_WORDS) or name,
        count=1000 if number >= COUNTS else number,
        depth=DEPTH[thing.depth],
        where=_place(thing),
        wish=_wish(thing),
        quotes=tuple(runs),
    )


def _prompt(reading: Reading, thing: Thing) -> str:
    """The thing's own words in their order; of several, those for one of them."""
    one = thing.count is not None and 1 < thing.count <= MAX_COUNTED
    texts = list[str]()
    for run in _grouped(reading.words, thing.words):
        text = _cut(reading.prompt, run)
        texts.append(
            _of_one(reading, run, thing.head, text) if one and thing.head in _indices(run, reading) else text
        )
    return ", ".join(text for text in texts if text)


def _of_one(reading: Reading, run: Sequence[Token], head: int, text: str) -> str:
    """What is said of several, said of one: "three red cats" is "a red cat"."""
    noun = reading.words[head]
    single = _singular(noun.text)
    before = reading.prompt[run[0].start : noun.start].split()
    rest = reading.prompt[noun.end : run[-1].end]
    while before and (before[0].lower() in _NUMBERS | _ARTICLES | {"of"} or before[0][:1].isdecimal()):
        before = before[1:]
    said = " ".join((*before, single))
    return clip(f"{_engine().a(said)}{rest}".strip(_SIGNS), MAX_WORDS) if said else text  # pyright: ignore


def _singular(noun: str) -> str:
    return _engine().singular_noun(noun) or noun  # pyright: ignore[reportArgumentType]


@cache
def _engine() -> "inflect.engine":
    import inflect

    return inflect.engine()


def _names(reading: Reading) -> list[str]:
    """A name of its own for each thing: its head, compounds whole; of namesakes with a word of their own."""
    plain = [_named(reading, thing) for thing in reading.things]
    names = list[str]()
    for thing, name in zip(reading.things, plain, strict=True):
        others = [other for other in plain if other.casefold() == name.casefold()]
        own = [name] if len(others) == 1 else _told_apart(reading, thing, name)
        numbered = (f"{name} ({number})" for number in count(1))
        taken = {other.casefold() for other in names}
        names.append(next(one for one in chain(own, numbered) if one.casefold() not in taken))
    return names


def _named(reading: Reading, thing: Thing) -> str:
    first = thing.head
    while first - 1 in thing.name and reading.words[first - 1].text.isalpha():
        first -= 1
    head = reading.words[thing.head].text
    several = thing.count is not None and 1 < thing.count <= MAX_COUNTED
    words = [*(word.text for word in reading.words[first : thing.head]), _singular(head) if several else head]
    return clip(" ".join(words), 70) or "thing"


def _told_apart(reading: Reading, thing: Thing, name: str) -> Iterator[str]:
    """The name with the word before it, where that is the thing's own and no article or number."""
    before = thing.head - len(name.split())
    word = reading.words[before].text if before in thing.words else ""
    if word.isalpha() and word.lower() not in _ARTICLES | _NUMBERS:
        yield clip(f"{word} {name}", 80)


def _indices(run: Sequence[Token], reading: Reading) -> set[int]:
    return {
        i for i, word in enumerate(reading.words) if run[0].start <= word.start and word.end <= run[-1].end
    }


def _grouped(words: Sequence[Token], indices: Sequence[int]) -> Iterator[list[Token]]:
    """The words in runs that stand side by side, without signs and conjunctions at their ends."""
    run = list[int]()
    for i in (*indices, -1):
        if run and i != run[-1] + 1:
            while run and words[run[0]].text.lower() in _LEADING | set(_SIGNS):
                run = run[1:]
            while run and words[run[-1]].text.lower() in _HANGING:
                run = run[:-1]
            if run:
                yield [words[j] for j in run]
            run = []
        run.append(i)


def _cut(prompt: str, run: Sequence[Token]) -> str:
    return " ".join(prompt[run[0].start : run[-1].end].split())


def _runs(reading: Reading, indices: Sequence[int]) -> list[str]:
    return [_cut(reading.prompt, run) for run in _grouped(reading.words, indices)]


def _told(reading: Reading, indices: Sequence[int]) -> str:
    return ", ".join(_runs(reading, indices))


def _text(reading: Reading, thing: int) -> str:
    return _told(reading, reading.things[thing].words)


def _place(thing: Thing) -> Place | None:
    if thing.horizontal is None and thing.vertical is None:
        return None
    return Place(
        horizontal=cast(Horizontal, thing.horizontal or "center"),
        vertical=cast(Vertical, thing.vertical or "middle"),
        size="medium",
    )


def _wish(thing: Thing) -> Box:
    """The box that the reader would give it, moved to the side that the prompt states."""
    x, y, width, height = thing.box
    x, y = _at(thing.horizontal, x), _at(thing.vertical, y)
    x0, y0 = max(x - width / 2, 0), max(y - height / 2, 0)
    x1, y1 = min(x + width / 2, 1), min(y + height / 2, 1)
    left, top = (min(round(side * GRID), GRID - 20) for side in (x0, y0))
    return Box(x0=left, y0=top, x1=max(round(x1 * GRID), left + 20), y1=max(round(y1 * GRID), top + 20))


def _at(side: str | None, middle: float) -> float:
    if side in ("left", "top"):
        return middle if middle <= BEYOND[side] else ALONG[side]
    if side in ("right", "bottom"):
        return middle if middle >= BEYOND[side] else ALONG[side]
    return ALONG[side] if side and abs(middle - 0.5) > 0.12 else middle


def _relations(stated: Sequence[Stated], kept: Sequence[int], names: Sequence[str]) -> Iterator[Relation]:
    for one in stated:
        if one.subject in kept and one.other in kept:
            yield Relation(subject=names[one.subject], predicate=one.predicate, object=names[one.other])


def _over(name: str) -> Note:
    text = f"a picture has {MAX_REGIONS} regions at most: {name!r} is in the background"
    return Note(kind="overflow", name=name, text=text)
