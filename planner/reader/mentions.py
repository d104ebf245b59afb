"""Joins the mentions of one thing ("a bus … a van behind the bus" has one bus), and drops a group whose
members are named ("a couple, the girl …, the man …" are a girl and a man).
"""

from collections.abc import Sequence, Set
from dataclasses import replace

from planner.reader.labels import ARTICLES
from planner.reader.numbers import NUMBER_WORDS
from planner.reader.reading import Reading, Stated, Thing
from planner.words import GRAMMAR, fold

_ANEW = frozenset(["a", "an", "another", "other", "second", "third", "each", "more"]) | frozenset(
    NUMBER_WORDS
)
"""Words before a noun that bring in a thing of its own."""

_MEANT = frozenset(["the", "this", "these", "both", "that", "those"])
"""Words before a noun that say that it was named before."""

KIN = 0.5
"""From which probability such a noun, if it belongs to a thing, is that thing by another word."""

_PRONOUNS = frozenset(["one", "ones", "other", "others", "another", "each", "both"])
"""Words that name no thing: their words belong to the thing that they stand for."""

HINT = 0.1
"""From which probability a pronoun stands for a thing, and one thing more is of a group that has one."""

_ENDS = frozenset(".;!?")


def joined(reading: Reading) -> Reading:
    """The reading with later mentions of a thing joined to the first, without pronouns and parted groups."""
    things = reading.things
    first = list(range(len(things)))
    related = {frozenset((one.subject, one.other)) for one in reading.relations}
    for later in range(1, len(things)):
        found = (i for i in range(later) if first[i] == i and _is_again(reading, related, i, later))
        first[later] = next(found, later)
    kept = [
        i for i in sorted(set(first)) if not _is_pronoun(reading, i) and not _is_parted(reading, i, first)
    ]
    if len(kept) == len(things):
        return reading
    place = {number: kept.index(earlier) for number, earlier in enumerate(first) if earlier in kept}
    named = [
        replace(thing, horizontal=None, vertical=None, depth=None) if _is_pronoun(reading, i) else thing
        for i, thing in enumerate(things)
    ]
    alike = [[named[i] for i in range(len(things)) if first[i] == number] for number in kept]
    relations = _between_others(reading.relations, place)
    return replace(reading, things=tuple(map(_one, alike)), relations=relations)


def _is_again(reading: Reading, related: Set[frozenset[int]], earlier: int, later: int) -> bool:
    """Whether the later thing is the earlier one.

    It is if both have the same noun, no word before the later one introduces a new thing, the adjectives
    before it describe the earlier one too, no sentence relates the two, and the prompt gives them one place
    at most.
    It also is if the later noun is another word for the earlier thing, or a pronoun for it.
    """
    one, other = reading.things[earlier], reading.things[later]
    if _is_pronoun(reading, later):
        return other.kin[earlier] > HINT
    apart = any(word.text in _ENDS for word in reading.words[one.head : other.head])
    if (frozenset((earlier, later)) in related and not apart) or _elsewhere(one, other):
        return False
    if _is_meant(reading, earlier, later):
        return True
    if fold(reading.words[one.head].text) != fold(reading.words[other.head].text):
        return False
    said = {fold(reading.words[i].text) for i in one.words}
    before = _before(reading, other)
    return not any(word in _ANEW or word[:1].isdecimal() for word in before) and all(
        word in said for word in before if word not in GRAMMAR and word not in ARTICLES
    )


def _elsewhere(one: Thing, other: Thing) -> bool:
    """Whether the two are said to be in different places, as what is drawn in two panels is."""
    sides = ((one.horizontal, other.horizontal), (one.vertical, other.vertical))
    return any(first and second and first != second for first, second in sides)


def _is_meant(reading: Reading, earlier: int, later: int) -> bool:
    """Whether the later thing is another word for the earlier one: "a llama … the animal"."""
    return not _is_member(reading, earlier, later) and _belongs(reading, earlier, later)


def _belongs(reading: Reading, earlier: int, later: int, least: float = KIN) -> bool:
    kin = reading.things[later].kin
    return (
        bool(kin) and kin[earlier] > least and not _MEANT.isdisjoint(_before(reading, reading.things[later]))
    )


def _is_member(reading: Reading, group: int, later: int, least: float = KIN) -> bool:
    """Whether the later thing is one of several that were named together."""
    number, one = reading.things[group].count, reading.things[later].count
    return number is not None and number > 1 and one == 1 and _belongs(reading, group, later, least)


def _is_parted(reading: Reading, group: int, first: Sequence[int]) -> bool:
    """Whether several of a group are things of their own, so that the group is told by them."""
    later = [i for i in range(group + 1, len(first)) if first[i] == i]
    return any(_is_member(reading, group, i) for i in later) and (
        sum(_is_member(reading, group, i, HINT) for i in later) > 1
    )


def _is_pronoun(reading: Reading, number: int) -> bool:
    return reading.words[reading.things[number].head].text.lower() in _PRONOUNS


def _before(reading: Reading, thing: Thing) -> list[str]:
    """The words that lead to a thing's head: its own, back to the first that is not, and its article."""
    found, place = list[str](), thing.head - 1
    while place >= 0 and place in thing.words and reading.words[place].text[0].isalnum():
        found.append(fold(reading.words[place].text))
        place -= 1
    article = reading.words[place].text.lower() if place >= 0 else ""
    return [*found, article] if article in _ANEW | _MEANT else found


def _one(mentions: Sequence[Thing]) -> Thing:
    """The thing of several mentions: all their words; each other field from the first mention that has it."""
    first = mentions[0]
    return replace(
        first,
        words=tuple(sorted({i for thing in mentions for i in thing.words})),
        count=next((thing.count for thing in mentions if thing.count is not None), None),
        horizontal=next((thing.horizontal for thing in mentions if thing.horizontal), None),
        vertical=next((thing.vertical for thing in mentions if thing.vertical), None),
        depth=next((thing.depth for thing in mentions if thing.depth), None),
        sure=max(thing.sure for thing in mentions),
    )


def _between_others(relations: Sequence[Stated], place: dict[int, int]) -> tuple[Stated, ...]:
    """The relations between what is left, the surest of each pair."""
    found: dict[frozenset[int], Stated] = {}
    for one in relations:
        if one.subject not in place or one.other not in place:
            continue
        moved = replace(one, subject=place[one.subject], other=place[one.other])
        pair = frozenset((moved.subject, moved.other))
        if len(pair) == 2 and (pair not in found or found[pair].sure < moved.sure):
            found[pair] = moved
    return tuple(sorted(found.values(), key=lambda one: (one.subject, one.other)))
