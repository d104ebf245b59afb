"""The account: the prompt itself, each word with its owners.

A word belongs to the parts of the scene that quote it. A word that none quotes belongs to those whose own
text has it too, in any language, without any grammar. The words that are left belong to the whole picture.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from planner.plans import Span
from planner.quoting import Folded, Occurrence
from planner.scene import Scene
from planner.words import Word, words_in

WHOLE = ("caption",)
"""The owner of words that have no other."""

NAMED, SHARED, COMMON, FOREIGN, SENTENCE = 2.0, 1.0, 0.25, -0.3, -0.5
"""What a word adds to a passage: one of an owner's name; one that its text has too, and the prompt once; one
that both have, and the prompt more often; one that the text doesn't have; and a sentence's end before it.
"""

FURTHER = 2
"""The fewest rare words of a second passage: one word in common may be chance."""

_OPENING = re.compile(r"(?<=\s)\S+$|[\"'“‘„‚«‹「『(\[{（［【《＂]+$")

_SENTENCE_END = re.compile(r"[.!?;:。！？；：\n]")


@dataclass(frozen=True)
class Owner:
    """An owner of words: regions of one prompt ("cat 1" and "cat 2"), or another part of the scene."""

    names: tuple[str, ...]
    text: str
    quotes: tuple[str, ...]


def account(scene: Scene) -> tuple[Span, ...]:
    """The scene's prompt in pieces that joined are the prompt to the letter, each with its owners.

    Every word has an owner; words of no other belong to the whole picture. Without a prompt there are none.
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
    """A name without numbers, which distinguish regions and are no words of the prompt."""
    return " ".join(word for word in name.split() if not word.isdecimal())


def _quoted(prompt: str, words: Sequence[Word], owners: Sequence[Owner]) -> list[set[Owner]]:
    """The owners that quote each word; of a quote that occurs several times, the occurrence that is meant."""
    folded = Folded.of(prompt)
    claims: list[set[Owner]] = [set() for _ in words]
    repeated: dict[tuple[Occurrence, ...], list[Owner]] = {}
    # A prompt may say "red" a thousand times: each different quote is looked for once.
    places = {quote: folded.find(quote) for owner in owners for quote in dict.fromkeys(owner.quotes)}
    for owner in owners:
        for quote in dict.fromkeys(owner.quotes):
            found = places[quote]
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
    """Each owner with the place nearest to its other quotes; owners without any share the rest, in turn."""

    def distance(place: Occurrence, owner: Owner) -> tuple[int, int]:
        """How far the place is from the owner's nearest quote: first in sentences, then in letters."""
        spans = (sorted((place[0].start, start)) for start in sure[owner])
        return min((len(_SENTENCE_END.findall(prompt, *span)), span[1] - span[0]) for span in spans)

    near = {owner: min(found, key=lambda place: distance(place, owner)) for owner in several if sure[owner]}
    yield from near.items()
    others = [owner for owner in dict.fromkeys(several) if owner not in near]
    rest = [place for place in found if place not in near.values()] or found
    if len(others) == 1:
        yield from ((others[0], place) for place in rest)
    else:
        yield from ((owner, rest[min(turn, len(rest) - 1)]) for turn, owner in enumerate(others))


def _claim(owner: Owner, place: Occurrence, words: Sequence[Word], claims: Sequence[set[Owner]]) -> None:
    for stretch in place:
        first = bisect_right(words, stretch.start, key=lambda word: word.end)
        last = bisect_left(words, stretch.end, key=lambda word: word.start)
        for claim in claims[first:last]:
            claim.add(owner)


def _shared(words: Sequence[Word], free: Sequence[bool], owner: Owner, quotes: bool) -> Iterator[int]:
    """The words free to the owner that its text has too, passage by passage, the one of most weight first.

    A passage ends with a word that the prompt has once or that names the owner; without one it is chance. A
    passage with one such word counts only where the owner has no other words.
    """
    weights = _weights(words, free, owner)
    least = FURTHER if quotes else 1
    while True:
        # The passage whose weights add up to most (Kadane's algorithm); the first of equals.
        start, end, most = 0, 0, 0.0
        first, total = 0, 0.0
        for index, weight in enumerate(weights):
            if total <= 0:
                first, total = index, 0.0
            total += weight
            if total > most:
                start, end, most = first, index + 1, total
        if most < SHARED:
            return
        rare = [i for i in range(start, end) if weights[i] >= SHARED]
        if len(rare) >= least:
            yield from (i for i in range(start, rare[-1] + 1) if weights[i] > 0)
        weights[start:end] = [-float("inf")] * (end - start)
        least = FURTHER


def _weights(words: Sequence[Word], free: Sequence[bool], owner: Owner) -> list[float]:
    """What each word adds to a passage of the owner's; a sentence's end counts with the word behind it."""
    own = words_in(owner.text)
    single = {word.bare for word in own if not word.glued}
    # A letter of a script without spaces counts where it stands beside its neighbour in the owner's text too.
    pairs = {(one.bare, two.bare) for one, two in pairwise(own) if one.glued and two.glued}
    named = {word.bare for name in owner.names for word in words_in(_unnumbered(name))}
    times = Counter(word.bare for word in words)
    weights: list[float] = []
    for index, word in enumerate(words):
        around = (words[i : i + 2] for i in (index - 1, index) if i >= 0)
        beside = any(tuple(each.bare for each in two) in pairs for two in around)
        has = beside if word.glued else word.bare in single
        telling = len(word.bare) > 2 or word.bare.isdecimal()
        rare = word.glued or (times[word.bare] == 1 and telling)
        shared = NAMED if word.bare in named and not word.glued else SHARED if rare else COMMON
        weight = shared if has and free[index] else FOREIGN
        weights.append(weight + (SENTENCE if weight < 0 and _SENTENCE_END.search(word.before) else 0.0))
    return weights


def _spans(prompt: str, words: Sequence[Word], owners: Sequence[tuple[str, ...]]) -> Iterator[Span]:
    """The prompt cut where the owners change; the space between goes with the words before it."""
    if not words:
        if prompt:
            yield Span(text=prompt, owners=WHOLE)
        return
    changes = [i for i in range(1, len(words)) if owners[i] != owners[i - 1]]
    starts = [0]
    for i in changes:
        # Of the signs before a word, those behind a space go with it, else those that open something.
        opening = _OPENING.search(words[i].before)
        starts.append(words[i].start - len(opening[0] if opening else ""))
    starts.append(len(prompt))
    for first, (start, end) in zip([0, *changes], pairwise(starts), strict=True):
        yield Span(text=prompt[start:end], owners=owners[first] or WHOLE)
