"""The caption of a reading: the user's words without what they exclude, which a model would draw."""

import re
from itertools import takewhile

from planner.reader.reading import Reading
from planner.reader.tokens import without_asides
from planner.words import clip

LONGEST = 4000
"""Letters of a caption at most."""

WORDS = 60
"""Words of a caption at most; a longer prompt ends at its last whole sentence within them."""

_DENIALS = frozenset(["no", "not", "without", "never", "neither", "nor", "none", "zero", "free", "avoid"])
_BETWEEN = frozenset(["a", "an", "the", "any", "or", "nor", "and", "of", "single", "other", ",", "kind"])
"""Words that may stand between a denial and what it excludes, and between two things that it excludes."""

_OPENING = frozenset(["there", "is", "are", "should", "be", "with", "but", "and", "has", "have"])
"""Words before a denial that say nothing without it."""

_REACH = 8
"""Words before an excluded one among which its denial stands."""

_EMPTY = re.compile(r"\(\s*[,.;]*\s*\)|\[\s*\]")
_SPACE = re.compile(r"\s+(?=[,.;:!?)])")
_SIGNS = re.compile(r"([,.;:])(?:\s*[,;:])+|[,;:]+\s*(?=[.!?])|(?<=[.!?])\s*[,;.]+")


def caption_of(reading: Reading) -> str:
    """The prompt without what it excludes; its first sentences where it is long."""
    text = list(reading.prompt)
    for first, last in _excluded(reading):
        start, end = reading.words[first].start, reading.words[last].end
        text[start:end] = " " * (end - start)
    return clip(_short(_tidy(without_asides("".join(text)))), LONGEST) or "an empty scene"


def _excluded(reading: Reading) -> list[tuple[int, int]]:
    """The first and the last word of each stretch that excludes something, with its denial."""
    return [(_denial_of(reading, place), place) for place in reading.absent]


def _denial_of(reading: Reading, place: int) -> int:
    """The word from which an excluded one is excluded: "There" of "There is no cat"; itself where none is."""
    words = [word.text.lower() for word in reading.words]
    for before in range(place - 1, max(place - 1 - _REACH, -1), -1):
        if words[before] in _DENIALS:
            opening = takewhile(lambda i: words[i] in _OPENING, range(before - 1, -1, -1))
            return min(opening, default=before)
        if words[before] not in _BETWEEN and before not in reading.absent:
            break
    return place


def _tidy(text: str) -> str:
    """The text without the brackets and signs that lost their words."""
    for pattern, instead in ((_EMPTY, " "), (_SPACE, ""), (_SIGNS, r"\1")):
        text = pattern.sub(instead, text)
    return " ".join(text.split()).strip(",;: ").removeprefix(". ")


def _short(text: str) -> str:
    words = text.split()
    if len(words) <= WORDS:
        return text
    ends = [number for number, word in enumerate(words[:WORDS], 1) if word.endswith((".", "!", "?"))]
    return " ".join(words[: ends[-1] if ends else WORDS])
