"""What stands before a noun: its number ("twelve brass bells"), its adjectives ("an old, rusty key")."""

from collections.abc import Container, Sequence

from planner.reader.tokens import Token
from planner.words import GRAMMAR

ARTICLES = frozenset(["a", "an", "the"])

MANY = 1000
"""The count of things that are more than the reader counts."""

NUMBER_REACH = 6
"""Words before a noun among which its number stands."""

LIST_REACH = 7
"""Words and commas that a list of adjectives has at most before the noun's own words."""

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

_OPENING = ARTICLES | NUMBER_WORDS | frozenset(["his", "her", "its", "their"])


def stated_number(words: Sequence[Token], head: int, own: Container[int]) -> int | None:
    """The number before a head in the phrase of its `own` words; None where none or no whole one is."""
    for place in range(head - 1, max(head - 1 - NUMBER_REACH, -1), -1):
        word = words[place]
        if word.text == ",":
            continue
        if place not in own or word.text.lower() in GRAMMAR - ARTICLES or word.quoted:
            return None
        # A number in a compound is none: "three-storey", "1girl".
        is_compound = words[place + 1].start == word.end and words[place + 1].text != ","
        if _is_number(word.text) and not is_compound:
            return min(_number_ending_at(words, place), MANY) or None
    return None


def _is_number(text: str) -> bool:
    return text.lower() in _NUMBERS.keys() | _SCALES.keys() or text.replace(",", "").isdecimal()


def _number_ending_at(words: Sequence[Token], last: int) -> int:
    """The number whose last word is at `last`: 21 of "twenty-one", 6 of "half a dozen"."""
    phrase, place = [words[last].text.lower()], last - 1
    while place >= 0:
        text, before = words[place].text.lower(), words[place - 1].text.lower() if place else ""
        joins = (text == "-" and _is_number(before)) or (text == "a" and before == "half")
        if _is_number(text) or text == "half":
            phrase.insert(0, text)
        elif not joins:
            break
        place -= 1
    total, current = 0, 0
    for text in phrase:
        if text in _SCALES:
            current = max(current, 1) * _SCALES[text]
            total, current = (total + current, 0) if text == "thousand" else (total, current)
        elif text != "half":
            figures = text.replace(",", "")
            current += _NUMBERS.get(text) or (int(figures) if len(figures) <= _DIGITS else MANY)
    return (total + current) // (2 if phrase[0] == "half" else 1)


def listed_adjectives(
    words: Sequence[Token], head: int, own: Container[int], taken: Container[int]
) -> tuple[int, ...]:
    """The words before a head that are not its `own` yet because a comma parts them: "a small, old" of a key.

    They reach back to the article or number that opens the phrase. None where another thing has `taken` one.
    """
    first = head
    while first > 0 and first - 1 in own and words[first - 1].text != ",":
        first -= 1
    if words[first].text.lower() in _OPENING or first == 0 or words[first - 1].text != ",":
        return ()
    for place in range(first - 2, max(first - 2 - LIST_REACH, -1), -1):
        text = words[place].text.lower()
        if place in taken or words[place].quoted:
            return ()
        if text in _OPENING or text.isdecimal():
            return tuple(range(place, first))
        if text != "," and (not text.isalpha() or text in GRAMMAR):
            return ()
    return ()
