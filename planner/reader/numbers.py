"""Numbers that a prompt writes before a noun: "twelve small brass bells", "24 balloons"."""

from collections.abc import Container, Sequence

from planner.reader.tokens import Token
from planner.words import GRAMMAR

MANY = 1000
"""The number of what is said to be more than the reader counts."""

REACH = 6
"""Words before a noun among which its number stands."""

_WORDS = """
one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen twenty
"""
_NUMBERS = {word: number for number, word in enumerate(_WORDS.split(), start=1)} | {"dozen": 12}


def stated_number(words: Sequence[Token], head: int, own: Container[int]) -> int | None:
    """The number in the phrase of its own words that leads to a head; None where none or no whole one is."""
    for place in range(head - 1, max(head - 1 - REACH, -1), -1):
        word = words[place]
        if word.text == ",":
            continue
        if place not in own or word.text.lower() in GRAMMAR - {"a", "an", "the"} or word.quoted:
            return None
        number = _number(word.text)
        glued = words[place + 1].start == word.end  # "three-storey", "1girl"
        if number is not None and not glued:
            return min(number, MANY)
    return None


def _number(text: str) -> int | None:
    if text.isascii() and text.isdecimal():
        return int(text) or None
    return _NUMBERS.get(text.lower())
