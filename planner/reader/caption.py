"""The caption of a reading: the user's words without what they exclude, which a model would draw."""

import re
from itertools import takewhile

from planner.reader.reading import Reading
from planner.reader.tokens import without_asides
from planner.words import clip

LONGEST = 4000
"""The most letters that a caption has."""

WORDS = 60
"""The most words that a caption has; a longer prompt ends at its last whole sentence within them."""

_DENIALS = frozenset(["no", "not", "without", "never", "neither", "nor", "none", "zero", "free", "avoid"])
_BETWEEN = frozenset(["a", "an", "the", "any", "or", "nor", "and", "of", "single", "other", ",", "kind"])
"""Words that may stand between a denial and what it excludes, and between two things that it excludes."""

_OPENING = frozenset(["there", "is", "are", "should", "be", "with", "but", "and", "has", "have"])
"""Words before a denial that mean nothing without it."""

_REACH = 8
"""Words before an excluded one among which its denial stands."""

_EMPTY = re.compile(r"\(\s*[,.;]*\s*\)|\[\s*\]")
_SPACE = re.compile(r"\s+(?=[,.;:!?)])")
_SIGNS = re.compile(r"([,.;:])(?:\s*[,;:])+|[,;:]+\s*(?=[.!?])|(?<=[.!?])\s*[,;.]+")


def caption_of(reading: Reading) -> str:
    """The prompt without what it excludes; its first sentences where it is long."""
    letters = list(reading.prompt)
    for place in reading.absent:
        start, end = reading.words[_denial_of(reading, place)].start, reading.words[place].end
        letters[start:end] = " " * (end - start)
    text = without_asides("".join(letters))
    # Brackets and signs that lost their words go too.
    for pattern, instead in ((_EMPTY, " "), (_SPACE, ""), (_SIGNS, r"\1")):
        text = pattern.sub(instead, text)
    text = " ".join(text.split()).strip(",;: ").removeprefix(". ")
    words = text.split()
    if len(words) > WORDS:
        ends = [number for number, word in enumerate(words[:WORDS], 1) if word.endswith((".", "!", "?"))]
        text = " ".join(words[: ends[-1] if ends else WORDS])
    return clip(text, LONGEST) or "an empty scene"


def _denial_of(reading: Reading, place: int) -> int:
    """The first word of the denial before an excluded word: "There" in "There is no cat"; else the word."""
    words = [word.text.lower() for word in reading.words]
    for before in range(place - 1, max(place - 1 - _REACH, -1), -1):
        if words[before] in _DENIALS:
            opening = takewhile(lambda i: words[i] in _OPENING, range(before - 1, -1, -1))
            return min(opening, default=before)
        if words[before] not in _BETWEEN and before not in reading.absent:
            break
    return place
