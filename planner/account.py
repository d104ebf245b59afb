"""The account: the prompt itself, each word with whoever takes it up.

A word belongs to those who quote it. Words that nobody quotes belong to those whose own text has them too, in
any language; nothing here knows a grammar. What is left belongs to the whole picture alone.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise

from planner.plans import Span
from planner.quoting import Folded, Occurrence
from planner.scene import Scene
from planner.words import Word, words_in

WHOLE = ("caption",)
"""The owner of words that nobody else takes up."""

NAMED, SHARED, COMMON, FOREIGN, SENTENCE = 2.0, 1.0, 0.25, -0.3, -0.5
"""What a word adds to a passage: one of an owner's name; one that its text has too, and the prompt once; one
that both have, and the prompt more often; one that the text doesn't have; and a sentence's end before it.
"""

FURTHER = 2
"""Rare words that a second passage has at least: one word in common may be chance."""

_OPENING = re.compile(r"(?<=\s)\S+$|[\"'“‘„‚«‹「『(\[{（［【《＂]+$")

_SENTENCE_END = re.compile(r"[.!?;:。！？；：\n]")


@dataclass(frozen=True)
class Owner:
    """Whoever takes up words: regions of one prompt ("cat 1" and "cat 2"), or another part of the scene."""

    names: tuple[str, ...]
    text: str
    quotes: tuple[str, ...]


def account(scene: Scene) -> tuple[Span, ...]:
    """The scene's prompt in pieces that joined are the prompt to the letter, each with its owners.

    Every word has an owner, be it the whole picture. Without a prompt there is nothing to account for.
    """
    words = words_in(scene.prompt)
    owners = _owners(scene)
    claims = _quoted(scene.prompt, words, owners)
    quoted = [frozenset(claim) for claim in claims]
    for owner in owners:
        free = [not claim or owner in claim for claim in quoted]
        quotes = any(owner in claim for claim in quoted)
        for index in _shared(words, free, owner, quotes):
            claims[index].add(owner)
    order = [name for owner in owners for name in owner.names]
    named = [{name for owner in claim for name in owner.names} for claim in claims]
    return tuple(_spans(scene.prompt, words, [tuple(n for n in order if n in names) for names in named]))


def left_over(spans: Iterable[Span]) -> tuple[str, ...]:
    """The pieces of the prompt that are left to the whole picture, without outer space and punctuation."""
    pieces = (span.text.strip(" \t\n,.;:!?") for span in spans if span.owners == WHOLE)
    return tuple(" ".join(piece.split()) for piece in pieces if piece)


def _owners(scene: Scene) -> tuple[Owner, ...]:
    """Regions in the scene's order, those of one prompt together; background, style and what is absent."""
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for region in scene.regions:
        alike.setdefault((region.prompt, region.quotes), []).append(region.name)
    regions = (
        Owner(tuple(names), " ".join((*map(_unnumbered, names), prompt)), quotes)
        for (prompt, quotes), names in alike.items()
    )
    return (
        *regions,
        Owner(("background",), scene.background, scene.quotes.background),
        Owner(("style",), scene.style, scene.quotes.style),
        Owner(("absent",), " ".join(scene.absent), scene.quotes.absent),
    )


def _unnumbered(name: str) -> str:
    """A name without numbers, which tell regions apart and are no words of the prompt."""
    return " ".join(word for word in name.split() if not word.isdecimal())


def _quoted(prompt: str, words: Sequence[Word], owners: Sequence[Owner]) -> list[set[Owner]]:
    """Who quotes each word. Of a quote that the prompt has several times, the one that is meant."""
    folded = Folded.of(prompt)
    claims: list[set[Owner]] = [set() for _ in words]
    repeated: dict[tuple[Occurrence, ...], list[Owner]] = {}
    for owner in owners:
        for quote in owner.quotes:
            found = folded.find(quote)
            if len(found) == 1:
                _claim(owner, found[0], words, claims)
            elif found:
                repeated.setdefault(found, []).append(owner)
    sure = {
        owner: [w.start for w, claim in zip(words, claims, strict=True) if owner in claim] for owner in owners
    }
    for found, several in repeated.items():
        for owner, occurrence in _meant(prompt, found, several, sure):
            _claim(owner, occurrence, words, claims)
    return claims


def _meant(
    prompt: str, found: Sequence[Occurrence], several: Sequence[Owner], sure: Mapping[Owner, Sequence[int]]
) -> Iterator[tuple[Owner, Occurrence]]:
    """Each owner with the place nearest to what it quotes besides; the others share the rest, in turn."""
    near = {
        owner: min(
            found, key=lambda place: min(_apart(prompt, place[0].start, start) for start in sure[owner])
        )
        for owner in several
        if sure[owner]
    }
    yield from near.items()
    others = [owner for owner in dict.fromkeys(several) if owner not in near]
    rest = [place for place in found if place not in near.values()] or found
    if len(others) == 1:
        yield from ((others[0], place) for place in rest)
    else:
        yield from ((owner, rest[min(turn, len(rest) - 1)]) for turn, owner in enumerate(others))


def _apart(prompt: str, place: int, other: int) -> tuple[int, int]:
    """How far two places are apart: first by sentences, then by letters."""
    first, last = sorted((place, other))
    return len(_SENTENCE_END.findall(prompt, first, last)), last - first


def _claim(owner: Owner, place: Occurrence, words: Sequence[Word], claims: Sequence[set[Owner]]) -> None:
    for stretch in place:
        first = bisect_right(words, stretch.start, key=lambda word: word.end)
        last = bisect_left(words, stretch.end, key=lambda word: word.start)
        for claim in claims[first:last]:
            claim.add(owner)


def _shared(words: Sequence[Word], free: Sequence[bool], owner: Owner, quotes: bool) -> Iterator[int]:
    """The words free to the owner that its text has too, passage by passage, the richest first.

    A passage ends with a word that the prompt has once or that names the owner; with none it is chance. With
    one alone it counts where the owner takes up nothing else.
    """
    weights = _weights(words, free, owner)
    least = FURTHER if quotes else 1
    while True:
        start, end, sum_ = _richest(weights)
        if sum_ < SHARED:
            return
        rare = [i for i in range(start, end) if weights[i] >= SHARED]
        if len(rare) >= least:
            yield from (i for i in range(start, rare[-1] + 1) if weights[i] > 0)
        weights[start:end] = [-float("inf")] * (end - start)
        least = FURTHER


def _weights(words: Sequence[Word], free: Sequence[bool], owner: Owner) -> list[float]:
    """What each word adds to a passage of the owner's; the end of a sentence weighs on the word behind it."""
    own = words_in(owner.text)
    single = {word.bare for word in own if not word.glued}
    pairs = {(one.bare, two.bare) for one, two in pairwise(own) if one.glued and two.glued}
    named = {word.bare for name in owner.names for word in words_in(_unnumbered(name))}
    times = Counter(word.bare for word in words)
    weights: list[float] = []
    for index, word in enumerate(words):
        has = _in_pairs(words, index, pairs) if word.glued else word.bare in single
        telling = len(word.bare) > 2 or word.bare.isdecimal()
        rare = word.glued or (times[word.bare] == 1 and telling)
        shared = NAMED if word.bare in named and not word.glued else SHARED if rare else COMMON
        weight = shared if has and free[index] else FOREIGN
        weights.append(weight + (SENTENCE if weight < 0 and _SENTENCE_END.search(word.before) else 0.0))
    return weights


def _in_pairs(words: Sequence[Word], index: int, pairs: AbstractSet[tuple[str, str]]) -> bool:
    """Whether a letter of a script without spaces stands beside its neighbour in the owner's text too."""
    around = (words[i : i + 2] for i in (index - 1, index) if i >= 0)
    return any((pair[0].bare, pair[1].bare) in pairs for pair in around if len(pair) == 2)


def _richest(weights: Sequence[float]) -> tuple[int, int, float]:
    """Start, end and sum of the passage whose weights add up to most; the first of equals."""
    best, start, sum_ = (0, 0, 0.0), 0, 0.0
    for index, weight in enumerate(weights):
        if sum_ <= 0:
            start, sum_ = index, 0.0
        sum_ += weight
        if sum_ > best[2]:
            best = (start, index + 1, sum_)
    return best


def _spans(prompt: str, words: Sequence[Word], owners: Sequence[tuple[str, ...]]) -> Iterator[Span]:
    """The prompt cut where the owners change; the space between goes with the words before it."""
    if not words:
        if prompt:
            yield Span(text=prompt, owners=WHOLE)
        return
    changes = [i for i in range(1, len(words)) if owners[i] != owners[i - 1]]
    starts = [0, *(words[i].start - len(_opening(words[i].before)) for i in changes), len(prompt)]
    for first, (start, end) in zip([0, *changes], pairwise(starts), strict=True):
        yield Span(text=prompt[start:end], owners=owners[first] or WHOLE)


def _opening(before: str) -> str:
    """What of the signs before a word goes with it: all behind a space, else those that open something."""
    found = _OPENING.search(before)
    return found[0] if found else ""
