"""Words of a text, compared without case, punctuation and the ending of a plural."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

_GRAMMAR = """
a an the this that these those some any each both another its his her their and or but nor with without
of in on at by to from for into onto over under above below behind beside between near next inside
outside around across along against through front top bottom left right middle center centre corner side
background foreground upper lower is are was were be being been has have having there it he she they who
which where while as
"""
GRAMMAR = frozenset(_GRAMMAR.split())
"""Function words and words for places, which separate one thing of a prompt from the next."""

_PLURALS = "children child men man women woman people person feet foot mice mouse"
_SINGULAR = dict(zip(_PLURALS.split()[::2], _PLURALS.split()[1::2], strict=True))


_SIBILANT = re.compile(r"(?:ss|(?<!o)us|x|ch|sh)es$")
"""Plurals of what ends in a hiss: "glasses" and "buses", but not "vases" and "houses"."""


_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""Letters of scripts that put no space between words: Thai, Lao, Burmese, Khmer, kana and Han."""


class Word(NamedTuple):
    """A word of a text from `start` to `end`, folded, with the signs and the space `before` it.

    Of a script without spaces every letter is one, `glued` to its neighbours.
    """

    start: int
    end: int
    bare: str
    before: str
    glued: bool


def words_in(text: str) -> tuple[Word, ...]:
    """The words of a text in any script, in their order."""
    words: list[Word] = []
    start, last = None, 0
    for place in range(len(text) + 1):
        glued = place < len(text) and bool(_UNSPACED.match(text[place]))
        inside = False
        if place < len(text) and not glued:
            # Letters, numbers, accents, and an apostrophe within a word.
            sides = text[place - 1 : place], text[place + 1 : place + 2]
            inside = text[place].isalnum() or unicodedata.category(text[place]).startswith("M")
            inside = inside or (text[place] in "'’" and all(map(is_of_word, sides)))
        if start is not None and not inside:
            words.append(Word(start, place, fold(text[start:place]), text[last:start], glued=False))
            start, last = None, place
        if glued:
            words.append(Word(place, place + 1, text[place], text[last:place], glued=True))
            last = place + 1
        elif inside and start is None:
            start = place
    return tuple(words)


def is_of_word(letter: str) -> bool:
    """Whether it is a letter or number of a script with spaces between words, and so of a longer word."""
    return letter.isalnum() and not _UNSPACED.match(letter)


@lru_cache(maxsize=1 << 16)
def fold(word: str) -> str:
    """A word's bare form: "Dogs," and "dog" are the same."""
    bare = "".join(letter for letter in word.casefold() if letter.isalnum())
    if bare in _SINGULAR:
        return _SINGULAR[bare]
    if bare.endswith("ies") and len(bare) > 4:
        return bare[:-3] + "y"
    if _SIBILANT.search(bare):
        return bare[:-2]
    return bare[:-1] if bare.endswith("s") and not bare.endswith("ss") and len(bare) > 3 else bare


def folded(text: str) -> list[str]:
    """The bare words of a text."""
    return [bare for word in text.split() if (bare := fold(word))]


def find(words: Sequence[str], phrase: Sequence[str], start: int = 0) -> int | None:
    """Where `phrase` first stands in `words` at or after `start`, both folded."""
    last = len(words) - len(phrase)
    starts = range(start, last + 1) if phrase else range(0)
    return next((i for i in starts if list(words[i : i + len(phrase)]) == list(phrase)), None)


def mentions(text: str, thing: str) -> bool:
    """Whether `thing` stands in `text` as whole words."""
    return find(folded(text), folded(thing)) is not None


def share(text: str, other: str) -> bool:
    """Whether two texts have a word in common that is not in `GRAMMAR`."""
    return bool(set(folded(text)).intersection(folded(other)) - GRAMMAR)


def key(name: str) -> str:
    """A name as relations look it up: case and spaces around it don't count."""
    return name.strip().casefold()


def clip(text: str, limit: int) -> str:
    """`text` without outer space, cut at a word where it is longer than `limit` letters."""
    text = text.strip()
    if len(text) <= limit:
        return text
    return text[:limit].rsplit(" ", 1)[0].rstrip(" ,;") or text[:limit]


def once(text: str) -> str:
    """`text` with every phrase between commas once: small models repeat themselves."""
    phrases = text.split(", ")
    kept = {key(phrase): phrase for phrase in reversed(phrases)}
    return ", ".join(phrase for phrase in phrases if kept.pop(key(phrase), None) is not None)


def unnumbered(name: str) -> str:
    """A region's name without the number that distinguishes it from others of its kind: "cat 2" is a cat."""
    head, _, number = name.rpartition(" ")
    return head if head and number.isdecimal() else name
