"""What was read in a prompt: things with their words, numbers and places, relations, setting, absences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.reader.labels import ARTICLES, COUNTS, DEPTHS, HORIZONTALS, PREDICATES, VERTICALS
from planner.reader.numbers import MANY, stated_number
from planner.reader.phrases import lead_of
from planner.reader.tokens import Token, tokens
from planner.reader.weights import OfThings, OfWords, Weights
from planner.scene import Predicate

THING = 0.4
"""From which probability a word is the head of a thing."""

MUST = 0.05
"""From which share of that it gets a region of its own; else it stays in others' words and in the picture."""

SURE = 0.98
"""From which probability it gets one although it could as well stay in others' words and in the picture."""

OWN = 0.5
"""From which probability a word belongs to a thing."""

OTHERS = 0.6
"""From which probability the head of a thing is among another's words: "playing with a cello"."""

SHARED = 0.1
"""How much less than to another thing a word may belong to one that it belongs to too."""

NAMED = -2.0
"""Logit from which a word before a head is in its name: "oak tree"; adjectives have less than -5."""

MOST = 96
"""Heads that are looked at: three times as many as a picture has regions, since mentions are joined later."""

MAYBE = 0.2
"""From which probability a word that heads no region is told as one that nearly did."""

RELATED = 0.5
"""From which probability one thing is related to another."""

_JOINING = frozenset(["and", "or", "&"])

_DENIALS = frozenset(["not", "never", "none", "neither", "nor"])
"""Words after one of these, up to the next sign, belong to a thing only if the denial does."""


@dataclass(frozen=True)
class Thing:
    """A thing: the indices of its head, of words that may be in its name and of its words, and what was read.

    `count` is None where the prompt tells no number; `box` is the wish for its place: middle and sides, in
    parts of the canvas; `sure` is the probability that it gets a region; `kin` has, for each thing of the
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
    kin: tuple[float, ...] = ()


@dataclass(frozen=True)
class Stated:
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
    relations: tuple[Stated, ...] = ()
    background: tuple[int, ...] = ()
    style: tuple[int, ...] = ()
    absent: tuple[int, ...] = ()
    unsure: tuple[tuple[int, float], ...] = ()


def read(prompt: str, weights: Weights) -> Reading:
    """What the reader finds in `prompt`."""
    words = tokens(prompt)
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
    excluded = set(settings[2])
    things = tuple(
        replace(thing, words=tuple(i for i in thing.words if i not in excluded))
        for thing in _things(words, heads, seen, of_things)
    )
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


def _is_joined(words: Sequence[Token], head: int) -> bool:
    """Whether a head is one of two that "and" joins: "bride and groom" have no words of each other."""
    before = head - 1
    while before > 0 and words[before].text.lower() in ARTICLES:
        before -= 1
    beside = [words[i].text.lower() for i in (before, head + 1) if 0 <= i < len(words)]
    return not _JOINING.isdisjoint(beside)


def _end_of_denial(words: Sequence[Token], place: int) -> int:
    """The end of the words that a denial at `place` governs: the next sign."""
    signs = (i for i in range(place + 1, len(words)) if not words[i].text[0].isalnum())
    return next(signs, len(words))


def _owned(
    words: Sequence[Token], owners: NDArray[np.floating[Any]], heads: Sequence[int]
) -> list[tuple[int, ...]]:
    """The words of each thing: its head, and what likely belongs to it, hardly less than to any other, or is
    another's head that surely does.
    """
    mine = (owners > OWN) & (owners > owners.max(axis=1, keepdims=True) - SHARED)
    mine[heads] &= owners[heads] > OTHERS
    for head in heads:
        if _is_joined(words, head):
            mine[head] = False
    mine[heads, range(len(heads))] = True
    for place, word in enumerate(words[:-1]):
        if word.text.lower() in _DENIALS:
            mine[place + 1 : _end_of_denial(words, place), ~mine[place]] = False
    return [tuple(np.flatnonzero(column).tolist()) for column in mine.T]


def _things(words: Sequence[Token], heads: Sequence[int], seen: OfWords, found: OfThings) -> Iterator[Thing]:
    """What was read of each thing: each class by its likeliest answer, a number as the prompt writes it."""
    owners = 1 / (1 + np.exp(-seen.owners[:, heads]))
    owned, named = _owned(words, owners, heads), tuple(np.flatnonzero(seen.names > NAMED).tolist())
    taken = {i for own in owned for i in own}
    owned = [
        tuple(sorted({*own, *lead_of(words, head, own, taken)}))
        for head, own in zip(heads, owned, strict=True)
    ]
    sure = _softmax(seen.heads)[heads, 2]
    for place, head in enumerate(heads):
        count = int(found.counts[place].argmax())
        counted = None if count == 0 else count if count < COUNTS - 1 else MANY
        x, y, width, height = (float(side) for side in found.boxes[place])
        yield Thing(
            head=head,
            name=named,
            words=owned[place],
            count=stated_number(words, head, owned[place]) or counted,
            horizontal=HORIZONTALS[int(found.horizontals[place].argmax())],
            vertical=VERTICALS[int(found.verticals[place].argmax())],
            depth=DEPTHS[int(found.depths[place].argmax())],
            box=(x, y, width, height),
            sure=float(sure[place]),
            kin=tuple(owners[head].tolist()),
        )


def _relations(found: OfThings, number: int) -> tuple[Stated, ...]:
    """The relations that are likelier than none, the surer of the two ways round of each pair."""
    best: dict[frozenset[int], Stated] = {}
    likely = _softmax(found.relations)
    for subject, other in permutations(range(number), 2):
        place = int(likely[subject, other].argmax())
        sure, predicate = float(likely[subject, other, place]), PREDICATES[place]
        pair = frozenset((subject, other))
        if predicate and sure >= RELATED and (pair not in best or best[pair].sure < sure):
            best[pair] = Stated(subject, predicate, other, sure)
    return tuple(sorted(best.values(), key=lambda one: (one.subject, one.other)))


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)
