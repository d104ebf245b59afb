"""What the network finds in a prompt: things with words, numbers and places, relations, setting, absences."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.reader.labels import COUNTS, DEPTHS, HORIZONTALS, PREDICATES, VERTICALS
from planner.reader.noun_phrases import ARTICLES, MANY, listed_adjectives, stated_number
from planner.reader.tokens import Token, tokens
from planner.reader.weights import OfThings, OfWords, Weights
from planner.scene import Predicate

THING = 0.4
"""The least probability that a word is the head of a thing, for one that needs a region."""

MUST = 0.05
"""A word needs a region where this share of that probability says so; else it may stay in others' words."""

SURE = 0.98
"""The least probability of a head that could as well stay in others' words."""

OWN = 0.5
"""The least probability that a word belongs to a thing."""

OTHERS = 0.6
"""The least probability that the head of a thing is among another's words: "playing with a cello"."""

SHARED = 0.1
"""A word belongs to several things whose probabilities differ by less than this."""

NAMED = -2.0
"""The least logit of a word that is in a thing's name: "oak tree"; adjectives have less than -5."""

MAX_WORDS = 5000
"""Words and signs that are read: prose has some 3,800 at most. A prompt of signs alone may have four times as
many, each of which would take as long as a word."""

MOST = 96
"""The most heads that are kept: three times the regions of a picture, since mentions are joined later."""

MAYBE = 0.2
"""The least probability with which a word that heads no thing is reported as an unsure one."""

RELATED = 0.5
"""The least probability of a relation."""

_JOINING = frozenset(["and", "or", "&"])

_DENIALS = frozenset(["not", "never", "none", "neither", "nor"])
"""Words after one of these, up to the next sign, belong to a thing only if the denial does."""


@dataclass(frozen=True)
class Thing:
    """A thing: the indices of its head, of words that may be in its name and of its words, and what was read.

    `count` is None where the prompt states no number; `box` is the wish for its place: middle and sides, in
    parts of the canvas; `sure` is the probability that it needs a region; `owners` has, for each thing of the
    prompt, the probability that this head belongs to it.
    """

    head: int
    name: tuple[int, ...]
    words: tuple[int, ...]
    count: int | None
    horizontal: str | None
    vertical: str | None
    depth: str | None
    box: tuple[float, float, float, float]
    sure: float
    owners: tuple[float, ...] = ()


@dataclass(frozen=True)
class StatedRelation:
    """A relation that the prompt states, between two things by index."""

    subject: int
    predicate: Predicate
    other: int
    sure: float


@dataclass(frozen=True)
class Reading:
    """A prompt's words and what was read in them; settings are words by index.

    `unsure` are words that may head a thing and got no region, with the probability that they should have.
    """

    prompt: str
    words: tuple[Token, ...]
    things: tuple[Thing, ...] = ()
    relations: tuple[StatedRelation, ...] = ()
    background: tuple[int, ...] = ()
    style: tuple[int, ...] = ()
    absent: tuple[int, ...] = ()
    unsure: tuple[tuple[int, float], ...] = ()


def read(prompt: str, weights: Weights) -> Reading:
    """What the reader finds in `prompt`, in its first `MAX_WORDS` words and signs."""
    words = tokens(prompt)[:MAX_WORDS]
    if not words:
        return Reading(prompt, words)
    seen = weights.of_words(words)
    needs = _softmax(seen.heads)
    likely = 1 - needs[:, 0]
    settings = [tuple(np.flatnonzero(column > 0).tolist()) for column in seen.settings.T]
    nouns = [i for i, word in enumerate(words) if word.text[0].isalpha() and i not in settings[2]]
    found = [i for i in nouns if likely[i] > (THING if needs[i, 2] > MUST * likely[i] else SURE)]
    heads = sorted(sorted(found, key=lambda i: -needs[i, 2])[:MOST])
    unsure = tuple((i, float(likely[i])) for i in nouns if i not in heads and likely[i] > MAYBE)
    if not heads:
        return Reading(prompt, words, (), (), *settings, unsure=unsure)
    of_things = weights.of_things(seen.features, heads)
    things = tuple(_things(words, heads, seen, of_things, excluded=settings[2]))
    return Reading(prompt, words, things, _relations(of_things, len(heads)), *settings, unsure=unsure)


def is_part(thing: str, addition: str, weights: Weights) -> bool:
    """Whether `addition` is a part of the thing or says how it looks, and names no other thing.

    It is read as "a fox with a bushy tail" is, where a dog in the tail's place would head a thing.
    """
    opening = f"a {thing} with "
    words = tokens(opening + addition)
    added = [i for i, word in enumerate(words) if word.start >= len(opening)]
    if not added:
        return False
    return bool(_softmax(weights.of_words(words).heads)[added, 0].min() >= 1 - MAYBE)


def _things(
    words: Sequence[Token], heads: Sequence[int], seen: OfWords, found: OfThings, excluded: Sequence[int]
) -> Iterator[Thing]:
    """What was read about each thing: its likeliest classes, and a number as the prompt writes it."""
    owners = 1 / (1 + np.exp(-seen.owners[:, heads]))
    owned, named = _owned(words, owners, heads), tuple(np.flatnonzero(seen.names > NAMED).tolist())
    taken = {i for own in owned for i in own}
    sure = _softmax(seen.heads)[heads, 2]
    for place, head in enumerate(heads):
        own = sorted({*owned[place], *listed_adjectives(words, head, owned[place], taken)})
        count = int(found.counts[place].argmax())
        counted = None if count == 0 else count if count < COUNTS - 1 else MANY
        x, y, width, height = (float(side) for side in found.boxes[place])
        yield Thing(
            head=head,
            name=named,
            words=tuple(i for i in own if i not in excluded),
            count=stated_number(words, head, own) or counted,
            horizontal=HORIZONTALS[int(found.horizontals[place].argmax())],
            vertical=VERTICALS[int(found.verticals[place].argmax())],
            depth=DEPTHS[int(found.depths[place].argmax())],
            box=(x, y, width, height),
            sure=float(sure[place]),
            owners=tuple(owners[head].tolist()),
        )


def _owned(
    words: Sequence[Token], owners: NDArray[np.floating[Any]], heads: Sequence[int]
) -> list[tuple[int, ...]]:
    """The words of each thing, from the probabilities `owners` (n words, k things) that a word belongs to it.

    A thing has its head and the words that likely belong to it, and hardly less than to any other thing. It
    has another's head only where that is more than likely.
    """
    mine = (owners > OWN) & (owners > owners.max(axis=1, keepdims=True) - SHARED)
    mine[heads] &= owners[heads] > OTHERS
    for head in heads:
        # Two that "and" joins have no words of each other: "bride and groom".
        before = head - 1
        while before > 0 and words[before].text.lower() in ARTICLES:
            before -= 1
        beside = [words[i].text.lower() for i in (before, head + 1) if 0 <= i < len(words)]
        if not _JOINING.isdisjoint(beside):
            mine[head] = False
    mine[heads, range(len(heads))] = True
    for place, word in enumerate(words[:-1]):
        if word.text.lower() in _DENIALS:
            signs = (i for i in range(place + 1, len(words)) if not words[i].text[0].isalnum())
            mine[place + 1 : next(signs, len(words)), ~mine[place]] = False
    return [tuple(np.flatnonzero(column).tolist()) for column in mine.T]


def _relations(found: OfThings, number: int) -> tuple[StatedRelation, ...]:
    """The relations between so many things that are likelier than none, one for each pair."""
    relations: list[StatedRelation] = []
    likely = _softmax(found.relations)
    for subject, other in permutations(range(number), 2):
        place = int(likely[subject, other].argmax())
        sure, predicate = float(likely[subject, other, place]), PREDICATES[place]
        if predicate and sure >= RELATED:
            relations.append(StatedRelation(subject, predicate, other, sure))
    return surest_of_pairs(relations)


def surest_of_pairs(relations: Iterable[StatedRelation]) -> tuple[StatedRelation, ...]:
    """The surest relation of each pair of things, whichever is the subject, in the order of the things."""
    best: dict[frozenset[int], StatedRelation] = {}
    for one in relations:
        pair = frozenset((one.subject, one.other))
        if pair not in best or best[pair].sure < one.sure:
            best[pair] = one
    return tuple(sorted(best.values(), key=lambda one: (one.subject, one.other)))


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)
