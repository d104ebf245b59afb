"""What was read in a prompt: things with their words, numbers and places, relations, setting, absences."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.reader.labels import COUNTS, DEPTHS, HORIZONTALS, PREDICATES, VERTICALS
from planner.reader.tokens import Token, tokens
from planner.reader.weights import OfThings, OfWords, Weights
from planner.scene import Predicate

THING = 0.5
"""From which probability a word is the head of a thing."""

MUST = 0.35
"""From which share of that it gets a region of its own; else it stays in others' words and in the picture."""

OWN = 0.4
"""From which probability a word belongs to a thing."""

SHARED = 0.1
"""How much less than to another thing a word may belong to one that it belongs to too."""

RELATED = 0.5
"""From which probability one thing is related to another."""


@dataclass(frozen=True)
class Thing:
    """A thing: the indices of its head, of words that may be in its name and of its words, and what was read.

    `count` is None where the prompt tells no number; `box` is the wish for its place: middle and sides, in
    parts of the canvas; `sure` is the probability that it gets a region.
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


@dataclass(frozen=True)
class Stated:
    """A relation that the prompt states, between two things by index."""

    subject: int
    predicate: Predicate
    other: int
    sure: float


@dataclass(frozen=True)
class Reading:
    """A prompt's words and what was read in them; settings are words by index."""

    prompt: str
    words: tuple[Token, ...]
    things: tuple[Thing, ...] = ()
    relations: tuple[Stated, ...] = ()
    background: tuple[int, ...] = ()
    style: tuple[int, ...] = ()
    absent: tuple[int, ...] = ()


def read(prompt: str, weights: Weights) -> Reading:
    """What the reader finds in `prompt`."""
    words = tokens(prompt)
    if not words:
        return Reading(prompt, words)
    seen = weights.of_words(words)
    needs = _softmax(seen.heads)
    likely = 1 - needs[:, 0]
    settings = [tuple(np.flatnonzero(column > 0).tolist()) for column in seen.settings.T]
    absent = set(settings[2])
    found = [i for i in np.flatnonzero(likely > THING).tolist() if i not in absent]
    found = [i for i in found if words[i].text[0].isalpha()]
    heads = [i for i in found if needs[i, 2] > MUST * likely[i]]
    if not heads:
        return Reading(prompt, words, (), (), *settings)
    of_things = weights.of_things(seen.features[heads])
    owned, named = _owned(seen, heads), tuple(np.flatnonzero(seen.names > 0).tolist())
    things = tuple(
        _thing(head, named, owned[place], of_things, place, float(needs[head, 2]))
        for place, head in enumerate(heads)
    )
    return Reading(prompt, words, things, _relations(of_things, len(heads)), *settings)


def _owned(seen: OfWords, heads: Sequence[int]) -> list[tuple[int, ...]]:
    """The words of each thing: its head, and what likely belongs to it, hardly less than to any other, and is
    no other's head.
    """
    owners = 1 / (1 + np.exp(-seen.owners[:, heads]))
    mine = (owners > OWN) & (owners > owners.max(axis=1, keepdims=True) - SHARED)
    mine[heads] = False
    mine[heads, range(len(heads))] = True
    return [tuple(np.flatnonzero(column).tolist()) for column in mine.T]


def _thing(
    head: int, named: tuple[int, ...], words: tuple[int, ...], seen: OfThings, place: int, sure: float
) -> Thing:
    count = int(seen.counts[place].argmax())
    x, y, width, height = (float(side) for side in seen.boxes[place])
    return Thing(
        head=head,
        name=named,
        words=words,
        count=None if count == 0 else count if count < COUNTS - 1 else COUNTS,
        horizontal=HORIZONTALS[int(seen.horizontals[place].argmax())],
        vertical=VERTICALS[int(seen.verticals[place].argmax())],
        depth=DEPTHS[int(seen.depths[place].argmax())],
        box=(x, y, width, height),
        sure=sure,
    )


def _relations(seen: OfThings, number: int) -> tuple[Stated, ...]:
    """The relations that are likelier than none, the surer of the two ways round of each pair."""
    found: dict[frozenset[int], Stated] = {}
    likely = _softmax(seen.relations)
    for subject in range(number):
        for other in range(number):
            best = int(likely[subject, other].argmax())
            sure = float(likely[subject, other, best])
            predicate = PREDICATES[best]
            if subject == other or predicate is None or sure < RELATED:
                continue
            pair = frozenset((subject, other))
            if pair not in found or found[pair].sure < sure:
                found[pair] = Stated(subject, predicate, other, sure)
    return tuple(sorted(found.values(), key=lambda one: (one.subject, one.other)))


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)
