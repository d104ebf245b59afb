"""A reading as a scene: regions in the user's own words, with wishes for their places."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain, count, takewhile
from typing import TYPE_CHECKING, cast

from planner.plans import Note
from planner.reader.caption import caption_of
from planner.reader.noun_phrases import ARTICLES, NUMBER_WORDS
from planner.reader.reading import Reading, Thing
from planner.reader.tokens import Token, exclusions, without_asides
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
from planner.words import GRAMMAR, clip, fold, folded

if TYPE_CHECKING:
    from pluralizer import Pluralizer

MAX_WORDS = 4000
"""The most letters that a text of a scene has."""

NAMED_AFTER = 2
"""The most words behind "of" in a name."""

ALONG = {"left": 0.22, "top": 0.2, "center": 0.5, "middle": 0.5, "right": 0.78, "bottom": 0.8}
BEYOND = {"left": 0.36, "top": 0.36, "right": 0.64, "bottom": 0.64}
CENTRAL = 0.12
"""The middle of a wish that is off its stated side, and where off begins, in parts of the canvas: beyond
`BEYOND`, or farther than `CENTRAL` from the centre.
"""

LEAST = 20
"""The least side of a wish in grid units."""

DEPTH = {"foreground": 1, None: 3, "background": 6}
"""The depth of things that the prompt puts into the foreground or background, and of all others."""

_SIGNS = " \t\n,.;:!?()[]{}<>-–—&/|"
_LEADING = frozenset(["and", "or", "while", "but", "then"])
_POSSESSIVES = frozenset(["my", "your", "his", "her", "its", "our", "their"])
_PLURAL_VERB = re.compile(r"^(?:(?:who|that|which) )?(?:are|were) (?=\w)")
"""A plural verb behind a noun: "two dogs that are asleep" becomes "a dog asleep"."""

_AS_Y_OR_W = re.compile(r"(?:uni(?!n|m)|use|uto|eu|one\b|once|ufo)")
_SILENT_H = re.compile(r"(?:hour|honest|honou?r|heir)")
_TRAILING = GRAMMAR | NUMBER_WORDS | frozenset(["no", "not", *_SIGNS])
"""Words and signs that a run doesn't end with: they lead to another thing's words."""


def compose(reading: Reading) -> tuple[Scene, tuple[Note, ...]]:
    """The scene of a reading, and a note on each thing for which there was no room."""
    names = names_of(reading)
    kept = _within_budget(reading.things)
    over = [i for i in range(len(reading.things)) if i not in kept]
    background, style, absent = (
        runs_of(reading, indices) for indices in (reading.background, reading.style, reading.absent)
    )
    others = (", ".join(runs_of(reading, reading.things[i].words)) for i in over)
    scene = Scene(
        prompt=reading.prompt,
        caption=caption_of(reading),
        background=clip(", ".join(filter(None, (", ".join(background), *others))), MAX_WORDS),
        style=clip(", ".join(style), MAX_WORDS),
        absent=tuple(dict.fromkeys(clip(text, 80) for text in (*absent, *exclusions(reading.prompt)))),
        quotes=Quotes(background=tuple(background), style=tuple(style), absent=tuple(absent)),
        regions=tuple(_region(reading, reading.things[i], names[i]) for i in kept),
        relations=tuple(
            Relation(subject=names[one.subject], predicate=one.predicate, object=names[one.other])
            for one in reading.relations
            if one.subject in kept and one.other in kept
        ),
    )
    limit = f"a picture has {MAX_REGIONS} regions at most"
    notes = (
        Note(kind="overflow", name=names[i], text=f"{limit}: {names[i]!r} is in the background") for i in over
    )
    return scene, tuple(notes)


def _within_budget(things: Sequence[Thing]) -> list[int]:
    """The things for which there is room, the surest first; a counted thing needs a region for each."""
    room, kept = MAX_REGIONS, list[int]()
    for i in sorted(range(len(things)), key=lambda i: (-things[i].sure, i)):
        number = things[i].count or 1
        needs = number if number <= MAX_COUNTED else 1
        if needs <= room:
            room -= needs
            kept.append(i)
    return sorted(kept)


def _region(reading: Reading, thing: Thing, name: str) -> Region:
    where = None
    if thing.horizontal is not None or thing.vertical is not None:
        where = Place(
            horizontal=cast(Horizontal, thing.horizontal or "center"),
            vertical=cast(Vertical, thing.vertical or "middle"),
            size="medium",
        )
    return Region(
        name=name,
        prompt=clip(_prompt(reading, thing), MAX_WORDS) or name,
        count=thing.count or 1,
        depth=DEPTH[thing.depth],
        where=where,
        wish=wish_for(thing.box, thing.horizontal, thing.vertical),
        quotes=tuple(runs_of(reading, thing.words)),
    )


def wish_for(box: tuple[float, float, float, float], horizontal: str | None, vertical: str | None) -> Box:
    """A `box` of the middle and the sides in parts of the canvas, on the canvas and at the stated sides."""

    def at(side: str | None, middle: float) -> float:
        if side in ("left", "top"):
            return middle if middle <= BEYOND[side] else ALONG[side]
        if side in ("right", "bottom"):
            return middle if middle >= BEYOND[side] else ALONG[side]
        return ALONG[side] if side and abs(middle - 0.5) > CENTRAL else middle

    x, y, width, height = box
    x, y = at(horizontal, x), at(vertical, y)
    x0, y0 = max(x - width / 2, 0), max(y - height / 2, 0)
    x1, y1 = min(x + width / 2, 1), min(y + height / 2, 1)
    left, top = (min(round(side * GRID), GRID - LEAST) for side in (x0, y0))
    return Box(x0=left, y0=top, x1=max(round(x1 * GRID), left + LEAST), y1=max(round(y1 * GRID), top + LEAST))


def _prompt(reading: Reading, thing: Thing) -> str:
    """The thing's own words in their order; for a counted thing, the words for one of them."""
    is_counted = thing.count is not None and 1 < thing.count <= MAX_COUNTED
    texts = [
        _singular_text(reading, run, thing.head)
        if is_counted and thing.head in run
        else without_asides(_cut(reading, run))
        for run in _runs(reading.words, thing.words)
    ]
    # A later mention of the bare noun adds nothing: "the bus", "bus".
    noun = reading.words[thing.head].text
    known = {_bare(text) for text in texts[:1]} | {_bare(noun)}
    kept = [text for place, text in enumerate(texts) if text and (place == 0 or _bare(text) not in known)]
    text = ", ".join(dict.fromkeys(kept))
    nouns = {fold(noun), fold(_singular(noun))}
    is_named = nouns.intersection(folded(text)) or noun.lower() in text.lower()
    return text if is_named else ", ".join(filter(None, (noun, text)))


def _bare(text: str) -> str:
    """A text without an article, in small letters."""
    words = text.lower().split()
    return " ".join(words[1:] if words and words[0] in ARTICLES else words)


def _singular_text(reading: Reading, run: Sequence[int], head: int) -> str:
    """The words for several things as words for one: "a row of three red cats" becomes "a red cat"."""
    words, noun = reading.words, reading.words[head]
    single = _singular(noun.text)
    before = reading.prompt[words[run[0]].start : noun.start].split()
    rest = reading.prompt[noun.end : words[run[-1]].end]
    numbers = [i for i, word in enumerate(before) if word.lower() in NUMBER_WORDS or word[:1].isdecimal()]
    before = before[numbers[-1] + 1 if numbers else 0 :]
    while before and before[0].lower() in ARTICLES | _POSSESSIVES | {"of", "-"}:
        before = before[1:]
    if "of" in before:  # "four pairs of shoes": one of them is a pair
        place = before.index("of")
        before[place - 1] = _singular(before[place - 1])
        single = noun.text
    text = " ".join((*before, single))
    first = text.lower()
    is_vowel = (first[:1] in "aeiou" and not _AS_Y_OR_W.match(first)) or _SILENT_H.match(first)
    behind = _PLURAL_VERB.sub("", " ".join(rest.split()))
    space = " " if rest[:1].isspace() and behind else ""
    return clip(f"{'an' if is_vowel else 'a'} {text}{space}{behind}".strip(_SIGNS), MAX_WORDS)


def _singular(noun: str) -> str:
    found = _engine().singular(noun.lower())
    if found == noun.lower():
        return noun
    return found.upper() if noun.isupper() else found.capitalize() if noun[0].isupper() else found


@cache
def _engine() -> "Pluralizer":
    from pluralizer import Pluralizer

    return Pluralizer()


def names_of(reading: Reading) -> list[str]:
    """A name of its own for each thing: its noun, a compound in full.

    Things of one name get the word before it, where that is the thing's own and no article or number, else a
    number in brackets.
    """
    plain = [_noun(reading, thing) for thing in reading.things]
    names = list[str]()
    for thing, name in zip(reading.things, plain, strict=True):
        own = [name]
        if sum(other.casefold() == name.casefold() for other in plain) > 1:
            before = thing.head - len(name.partition(" of ")[0].split())
            word = reading.words[before].text if before in thing.words else ""
            is_telling = word.isalpha() and word.lower() not in ARTICLES | NUMBER_WORDS
            own = [clip(f"{word} {name}", 80)] if is_telling else []
        numbered = (f"{name} ({number})" for number in count(1))
        taken = {other.casefold() for other in names}
        names.append(next(one for one in chain(own, numbered) if one.casefold() not in taken))
    return names


def _noun(reading: Reading, thing: Thing) -> str:
    """The head with the words of its name before it, and a word or two behind "of": "slice of pizza"."""
    first = thing.head
    while first - 1 in thing.name and reading.words[first - 1].text.isalpha():
        first -= 1
    head = reading.words[thing.head].text
    is_counted = thing.count is not None and 1 < thing.count <= MAX_COUNTED
    words = [word.text for word in reading.words[first : thing.head]]
    words.append(_singular(head) if is_counted else head)
    behind = [word.text for word in reading.words[thing.head + 1 : thing.head + 5]]
    if behind[:1] == ["of"] and thing.head + 1 in thing.words:
        of = list(takewhile(lambda word: word.isalpha() and word.lower() not in GRAMMAR, behind[1:]))
        words += ["of", *of] if 1 <= len(of) <= NAMED_AFTER else []
    return clip(" ".join(words), 70) or "thing"


def runs_of(reading: Reading, indices: Sequence[int]) -> list[str]:
    """The prompt's text of the words at `indices`, a string for each run of words that stand side by side."""
    return [_cut(reading, run) for run in _runs(reading.words, indices)]


def _runs(words: Sequence[Token], indices: Sequence[int]) -> Iterator[list[int]]:
    """The indices in runs that stand side by side, without signs and conjunctions at their ends."""
    run = list[int]()
    for i in (*indices, -1):
        if run and i != run[-1] + 1:
            while run and words[run[0]].text.lower() in _LEADING | set(_SIGNS):
                run = run[1:]
            while run and words[run[-1]].text.lower() in _TRAILING:
                run = run[:-1]
            if run:
                yield run
            run = []
        run.append(i)


def _cut(reading: Reading, run: Sequence[int]) -> str:
    start, end = reading.words[run[0]].start, reading.words[run[-1]].end
    return clip(" ".join(reading.prompt[start:end].split()), MAX_WORDS)
