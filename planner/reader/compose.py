"""A reading as a scene: regions in the user's own words, with wishes for their places."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain, count, takewhile
from typing import TYPE_CHECKING, cast

from planner.plans import Note
from planner.reader.boxes import wish_for
from planner.reader.caption import caption_of
from planner.reader.labels import ARTICLES
from planner.reader.numbers import NUMBER_WORDS
from planner.reader.reading import Reading, Stated, Thing
from planner.reader.tokens import Token, exclusions, without_asides
from planner.scene import (
    MAX_COUNTED,
    MAX_REGIONS,
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
NAMED_AFTER = 2
"""Words that say in a name of what a thing is."""

DEPTH = {"foreground": 1, None: 3, "background": 6}
"""Depths of what is said to be in the fore- or background, and of all else."""

_SIGNS = " \t\n,.;:!?()[]{}<>-–—&/|"
_LEADING = frozenset(["and", "or", "while", "but", "then"])
_WHOSE = frozenset(["my", "your", "his", "her", "its", "our", "their"])
_PLURAL_VERB = re.compile(r"^(?:(?:who|that|which) )?(?:are|were) (?=\w)")
"""A verb that is said of several: "two dogs that are asleep" is a dog asleep."""

_AS_Y_OR_W = re.compile(r"(?:uni(?!n|m)|use|uto|eu|one\b|once|ufo)")
_SILENT_H = re.compile(r"(?:hour|honest|honou?r|heir)")
_HANGING = GRAMMAR | NUMBER_WORDS | frozenset(["no", "not", *_SIGNS])
"""What a run of words doesn't end with: it led to another thing's words."""


def compose(reading: Reading) -> tuple[Scene, tuple[Note, ...]]:
    """The scene of a reading, and a note on each thing that found no room."""
    names = names_of(reading)
    kept = _within_budget(reading.things)
    regions = tuple(_region(reading, reading.things[i], names[i]) for i in kept)
    over = [i for i in range(len(reading.things)) if i not in kept]
    background = _told(reading, reading.background)
    absent = (*runs_of(reading, reading.absent), *exclusions(reading.prompt))
    scene = Scene(
        prompt=reading.prompt,
        caption=caption_of(reading),
        background=clip(", ".join(filter(None, (background, *(_text(reading, i) for i in over)))), MAX_WORDS),
        style=clip(_told(reading, reading.style), MAX_WORDS),
        absent=tuple(dict.fromkeys(clip(text, 80) for text in absent)),
        quotes=Quotes(
            background=tuple(runs_of(reading, reading.background)),
            style=tuple(runs_of(reading, reading.style)),
            absent=tuple(runs_of(reading, reading.absent)),
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
    runs = runs_of(reading, thing.words)
    return Region(
        name=name,
        prompt=clip(_prompt(reading, thing), MAX_WORDS) or name,
        count=number,
        depth=DEPTH[thing.depth],
        where=_place(thing),
        wish=wish_for(thing.box, thing.horizontal, thing.vertical),
        quotes=tuple(runs),
    )


def _prompt(reading: Reading, thing: Thing) -> str:
    """The thing's own words in their order; of several, those for one of them."""
    one = thing.count is not None and 1 < thing.count <= MAX_COUNTED
    texts = list[str]()
    for run in _grouped(reading.words, thing.words):
        text = without_asides(_cut(reading.prompt, run))
        texts.append(
            _of_one(reading, run, thing.head) if one and thing.head in _indices(run, reading) else text
        )
    # A later mention of the bare noun says nothing more: "the bus", "bus".
    again = {_bare(text) for text in texts[:1]} | {_bare(reading.words[thing.head].text)}
    kept = [text for place, text in enumerate(texts) if text and (place == 0 or _bare(text) not in again)]
    text, noun = ", ".join(dict.fromkeys(kept)), reading.words[thing.head].text
    named = {fold(noun), fold(_singular(noun))}
    is_named = named.intersection(folded(text)) or noun.lower() in text.lower()
    return text if is_named else ", ".join(filter(None, (noun, text)))


def _bare(text: str) -> str:
    """A text without an article, in small letters."""
    words = text.lower().split()
    return " ".join(words[1:] if words and words[0] in ARTICLES else words)


def _of_one(reading: Reading, run: Sequence[Token], head: int) -> str:
    """What is said of several, said of one: "a row of three red cats" is "a red cat"."""
    noun = reading.words[head]
    single = _singular(noun.text)
    before = reading.prompt[run[0].start : noun.start].split()
    rest = reading.prompt[noun.end : run[-1].end]
    numbers = [i for i, word in enumerate(before) if word.lower() in NUMBER_WORDS or word[:1].isdecimal()]
    before = before[numbers[-1] + 1 if numbers else 0 :]
    while before and before[0].lower() in ARTICLES | _WHOSE | {"of", "-"}:
        before = before[1:]
    if "of" in before:  # "four pairs of shoes": one of them is a pair
        place = before.index("of")
        before[place - 1] = _singular(before[place - 1])
        single = noun.text
    said = " ".join((*before, single))
    told = _PLURAL_VERB.sub("", " ".join(rest.split()))
    space = " " if rest[:1].isspace() and told else ""
    return clip(f"{_article(said)} {said}{space}{told}".strip(_SIGNS), MAX_WORDS)


def _article(said: str) -> str:
    """The article, by the first letter, but for sounds that are written otherwise."""
    word = said.lower()
    return "an" if (word[:1] in "aeiou" and not _AS_Y_OR_W.match(word)) or _SILENT_H.match(word) else "a"


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
    return clip(" ".join((*words, *_of_what(reading, thing))), 70) or "thing"


def _of_what(reading: Reading, thing: Thing) -> list[str]:
    """What a slice, a stack or a cup is of, where a word or two say it: "of pizza"."""
    words = [word.text for word in reading.words[thing.head + 1 : thing.head + 5]]
    if words[:1] != ["of"] or thing.head + 1 not in thing.words:
        return []
    said = list(takewhile(lambda word: word.isalpha() and word.lower() not in GRAMMAR, words[1:]))
    return ["of", *said] if 1 <= len(said) <= NAMED_AFTER else []


def _told_apart(reading: Reading, thing: Thing, name: str) -> Iterator[str]:
    """The name with the word before it, where that is the thing's own and no article or number."""
    before = thing.head - len(name.partition(" of ")[0].split())
    word = reading.words[before].text if before in thing.words else ""
    if word.isalpha() and word.lower() not in ARTICLES | NUMBER_WORDS:
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
    return clip(" ".join(prompt[run[0].start : run[-1].end].split()), MAX_WORDS)


def runs_of(reading: Reading, indices: Sequence[int]) -> list[str]:
    return [_cut(reading.prompt, run) for run in _grouped(reading.words, indices)]


def _told(reading: Reading, indices: Sequence[int]) -> str:
    return ", ".join(runs_of(reading, indices))


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


def _relations(stated: Sequence[Stated], kept: Sequence[int], names: Sequence[str]) -> Iterator[Relation]:
    for one in stated:
        if one.subject in kept and one.other in kept:
            yield Relation(subject=names[one.subject], predicate=one.predicate, object=names[one.other])


def _over(name: str) -> Note:
    text = f"a picture has {MAX_REGIONS} regions at most: {name!r} is in the background"
    return Note(kind="overflow", name=name, text=text)
