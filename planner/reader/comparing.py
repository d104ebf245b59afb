"""Numbers that follow from others: "two cups …, the number of cups is less than that of plates"."""

import re
from dataclasses import replace

from planner.reader.noun_phrases import stated_number
from planner.reader.reading import Reading
from planner.words import fold, folded

_MORE = frozenset(["more", "greater", "larger"])
_COMPARED = re.compile(
    r"number of (?P<one>[\w' -]+?) (?:is|are) (?P<how>more|greater|larger|less|fewer|smaller) than "
    r"(?:that|those|the number) of (?P<other>[\w' -]+)",
    re.IGNORECASE,
)
_SAME = re.compile(r"\b(?:the same number of|as many) (?P<other>[\w' -]+)", re.IGNORECASE)


def compared(reading: Reading) -> Reading:
    """The reading with the numbers that follow from others, for nouns without a number of their own."""
    counts = {i: thing.count for i, thing in enumerate(reading.things)}
    for match in _COMPARED.finditer(reading.prompt):
        one, other = _thing_in(reading, match, "one"), _thing_in(reading, match, "other")
        if one is not None and other is not None and (number := counts[one]) and _is_open(reading, other):
            counts[other] = max(number - 1, 1) if match["how"].lower() in _MORE else number + 1
    for match in _SAME.finditer(reading.prompt):
        other = _thing_in(reading, match, "other")
        before = [
            i for i, thing in enumerate(reading.things) if reading.words[thing.head].end <= match.start()
        ]
        if other is not None and before and _is_open(reading, other):
            counts[other] = counts[before[-1]]
    things = tuple(replace(thing, count=counts[i]) for i, thing in enumerate(reading.things))
    return replace(reading, things=things)


def _thing_in(reading: Reading, match: "re.Match[str]", part: str) -> int | None:
    """The thing that a part of the match names, by its first head."""
    heads = {fold(reading.words[thing.head].text): i for i, thing in enumerate(reading.things)}
    return next((heads[word] for word in folded(match[part]) if word in heads), None)


def _is_open(reading: Reading, number: int) -> bool:
    """Whether no number stands before the thing's noun."""
    thing = reading.things[number]
    return stated_number(reading.words, thing.head, thing.words) is None
