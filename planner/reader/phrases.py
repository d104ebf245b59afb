"""Adjectives in a list before a noun: "a small, old, rusty key" is all the key's."""

from collections.abc import Container, Sequence

from planner.reader.labels import ARTICLES
from planner.reader.numbers import NUMBER_WORDS
from planner.reader.tokens import Token
from planner.words import GRAMMAR

REACH = 7
"""Words and commas that such a list has at most before the noun's own words."""

_OPENING = ARTICLES | NUMBER_WORDS | frozenset(["his", "her", "its", "their"])


def lead_of(words: Sequence[Token], head: int, own: Container[int], taken: Container[int]) -> tuple[int, ...]:
    """The words before a head, back to the article or number that opens its phrase, so far as they aren't its
    own yet: where a comma parts them, and nobody has `taken` them.
    """
    first = head
    while first > 0 and first - 1 in own and words[first - 1].text != ",":
        first -= 1
    if words[first].text.lower() in _OPENING or first == 0 or words[first - 1].text != ",":
        return ()
    for place in range(first - 2, max(first - 2 - REACH, -1), -1):
        text = words[place].text.lower()
        if place in taken or words[place].quoted:
            return ()
        if text in _OPENING or text.isdecimal():
            return tuple(range(place, first))
        if text != "," and (not text.isalpha() or text in GRAMMAR):
            return ()
    return ()
