"""Joins the mentions of one thing ("a bus … a van behind the bus" has one bus), and drops a group whose
members are named: "a couple, the girl …, the man …" are a girl and a man.
"""

from collections.abc import Sequence, Set
from dataclasses import replace

from planner.reader.noun_phrases import ARTICLES, NUMBER_WORDS
from planner.reader.reading import Reading, Thing, surest_of_pairs
from planner.words import GRAMMAR, fold

_NEW = frozenset(["a", "an", "another", "other", "second", "third", "each", "more"]) | frozenset(NUMBER_WORDS)
"""Words before a noun that introduce a new thing."""

_NAMED_BEFORE = frozenset(["the", "this", "these", "both", "that", "those"])
"""Words before a noun that was named before."""

SAME = 0.5
"""The least probability that such a noun belongs to a thing of which it is then another name."""

_PRONOUNS = frozenset(["one", "ones", "other", "others", "another", "each", "both"])
"""Nouns that name no thing: their words belong to the thing that they stand for."""

HINT = 0.1
"""The least probability that a pronoun stands for a thing, and that a further thing is of a group."""

_ENDS = frozenset(".;!?")


def joined(reading: Reading) -> Reading:
    """The reading with later mentions of a thing joined to the first, without pronouns and divided groups."""
    things = reading.things
    first = list(range(len(things)))  # for each thing the first mention of it
    related = {frozenset((one.subject, one.other)) for one in reading.relations}
    for later in range(1, len(things)):
        found = (i for i in range(later) if first[i] == i and _is_again(reading, related, i, later))
        first[later] = next(found, later)
    pronouns = {i for i in range(len(things)) if _is_pronoun(reading, i)}
    kept = [i for i in sorted(set(first)) if i not in pronouns and not _is_divided(reading, i, first)]
    if len(kept) == len(things):
        return reading
    together: list[Thing] = []
    for number in kept:
        mentions = [things[i] for i in range(len(things)) if first[i] == number]
        # A pronoun may stand for one of several, whose place is not the place of all.
        placed = [things[i] for i in range(len(things)) if first[i] == number and i not in pronouns]
        together.append(
            replace(
                things[number],
                words=tuple(sorted({i for thing in mentions for i in thing.words})),
                count=next((thing.count for thing in mentions if thing.count is not None), None),
                horizontal=next((thing.horizontal for thing in placed if thing.horizontal), None),
                vertical=next((thing.vertical for thing in placed if thing.vertical), None),
                depth=next((thing.depth for thing in placed if thing.depth), None),
                sure=max(thing.sure for thing in mentions),
            )
        )
    place = {number: kept.index(earlier) for number, earlier in enumerate(first) if earlier in kept}
    moved = [
        replace(one, subject=place[one.subject], other=place[one.other])
        for one in reading.relations
        if one.subject in place and one.other in place and place[one.subject] != place[one.other]
    ]
    return replace(reading, things=tuple(together), relations=surest_of_pairs(moved))


def _is_again(reading: Reading, related: Set[frozenset[int]], earlier: int, later: int) -> bool:
    """Whether the later thing is the earlier one.

    It is if both have the same noun, no word before the later one introduces a new thing, the adjectives
    before it describe the earlier one too, no sentence relates the two, and the prompt gives them one place
    at most. It also is if the later noun is another word for the earlier thing ("a llama … the animal"), or
    a pronoun for it.
    """
    one, other = reading.things[earlier], reading.things[later]
    if _is_pronoun(reading, later):
        return other.owners[earlier] > HINT
    is_apart = any(word.text in _ENDS for word in reading.words[one.head : other.head])
    if frozenset((earlier, later)) in related and not is_apart:
        return False
    # What is in different places, as in two panels, is not one thing.
    sides = ((one.horizontal, other.horizontal), (one.vertical, other.vertical))
    if any(first and second and first != second for first, second in sides):
        return False
    if not _is_member(reading, earlier, later) and _belongs(reading, earlier, later):
        return True
    if fold(reading.words[one.head].text) != fold(reading.words[other.head].text):
        return False
    known = {fold(reading.words[i].text) for i in one.words}
    before = _before(reading, other)
    return not any(word in _NEW or word[:1].isdecimal() for word in before) and all(
        word in known for word in before if word not in GRAMMAR and word not in ARTICLES
    )


def _belongs(reading: Reading, earlier: int, later: int, least: float = SAME) -> bool:
    """Whether the later thing was named before, and its head belongs to the earlier thing."""
    thing = reading.things[later]
    is_likely = bool(thing.owners) and thing.owners[earlier] > least
    return is_likely and not _NAMED_BEFORE.isdisjoint(_before(reading, thing))


def _is_member(reading: Reading, group: int, later: int, least: float = SAME) -> bool:
    """Whether the later thing is one of several that were named together."""
    number, one = reading.things[group].count, reading.things[later].count
    return number is not None and number > 1 and one == 1 and _belongs(reading, group, later, least)


def _is_divided(reading: Reading, group: int, first: Sequence[int]) -> bool:
    """Whether several of a group are things of their own, so that the group itself is not needed."""
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
    return [*found, article] if article in _NEW | _NAMED_BEFORE else found
