"""Numbers that a prompt writes before a noun: "twelve small brass bells", "24 balloons"."""

from collections.abc import Container, Sequence

from planner.reader.tokens import Token
from planner.words import GRAMMAR

MANY = 1000
"""The count of things that are more than the reader counts."""

REACH = 6
"""Words before a noun among which its number stands."""

_WORDS = """
one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen
"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_NUMBERS = {word: number for number, word in enumerate(_WORDS.split(), start=1)} | {
    word: 10 * number for number, word in enumerate(_TENS.split(), start=2)
}
_SCALES = {"dozen": 12, "hundred": 100, "thousand": 1000}

NUMBER_WORDS = frozenset([*_NUMBERS, *_SCALES, "both", "pair", "couple", "trio", "half"])
"""Words that say how many."""

_DIGITS = 6
"""A number with more digits counts as many."""


def stated_number(words: Sequence[Token], head: int, own: Container[int]) -> int | None:
    """The number in the phrase of its own words that leads to a head; None where none or no whole one is."""
    for place in range(head - 1, max(head - 1 - REACH, -1), -1):
        word = words[place]
        if word.text == ",":
            continue
        if place not in own or word.text.lower() in GRAMMAR - {"a", "an", "the"} or word.quoted:
            return None
        glued = words[place + 1].start == word.end and words[place + 1].text != ","  # "three-storey", "1girl"
        if _is_number(word.text) and not glued:
            return min(_valued(_phrase(words, place)), MANY) or None
    return None


def _is_number(text: str) -> bool:
    return text.lower() in _NUMBERS.keys() | _SCALES.keys() or text.replace(",", "").isdecimal()


def _phrase(words: Sequence[Token], last: int) -> list[str]:
    """The words of the number that ends at `last`: "twenty", "one" of "twenty-one", "half", "dozen"."""
    found, place = [words[last].text.lower()], last - 1
    while place >= 0:
        text, before = words[place].text.lower(), words[place - 1].text.lower() if place else ""
        joins = (text == "-" and _is_number(before)) or (text == "a" and before == "half")
        if _is_number(text) or text == "half":
            found.append(text)
        elif not joins:
            break
        place -= 1
    return found[::-1]


def _valued(phrase: Sequence[str]) -> int:
    """The number: 21 of "twenty one", 300 of "three hundred", 6 of "half dozen"."""
    total, current = 0, 0
    for text in phrase:
        if text in _SCALES:
            current = max(current, 1) * _SCALES[text]
            total, current = (total + current, 0) if text == "thousand" else (total, current)
        elif text != "half":
            figures = text.replace(",", "")
            current += _NUMBERS.get(text) or (int(figures) if len(figures) <= _DIGITS else MANY)
    return (total + current) // (2 if phrase[0] == "half" else 1)
