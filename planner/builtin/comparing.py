"""Vague numbers brought into line with comparisons: "three cats and a few dogs, more cats than dogs"."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from planner.builtin.lexicon import word_set
from planner.builtin.nouns import is_vague, lemma
from planner.builtin.things import Cast, Thing

if TYPE_CHECKING:
    from spacy.tokens import Token

_MORE = word_set("more greater larger higher")
_FEWER = word_set("less fewer smaller lower")

Comparison = tuple[int, bool, int]
"""One thing, whether there are more of it (or fewer), and the other thing, by their indices."""


def compared(cast: Cast) -> Cast:
    """The cast with each vague count such that the prompt's comparisons hold; stated numbers stay."""
    things = list(cast.things)
    for one, more, other in _comparisons(cast):
        if _is_vague(things[other], cast):
            things[other] = _counted(things[other], things[one].count, fewer=more)
        elif _is_vague(things[one], cast):
            things[one] = _counted(things[one], things[other].count, fewer=not more)
    return replace(cast, things=tuple(things))


def _counted(thing: Thing, than: int, *, fewer: bool) -> Thing:
    """The thing with a count below or above `than`: its own where that will do, else the nearest."""
    count = max(1, min(thing.count, than - 1)) if fewer else max(thing.count, than + 1)
    return replace(thing, count=count, plural=thing.plural and count > 1)


def _is_vague(thing: Thing, cast: Cast) -> bool:
    return is_vague(cast.reading.doc[thing.head])


def _comparisons(cast: Cast) -> Iterator[Comparison]:
    for token in cast.reading.doc:
        if token.lower_ == "than" and token.i:
            word = next((w for w in reversed(token.doc[token.sent.start : token.i]) if _compares(w)), None)
            one, other = _before(word, cast), _first_after(token, cast)
            if word is not None and one is not None and other is not None and one != other:
                yield one, word.lower_ in _MORE, other


def _compares(word: "Token") -> bool:
    return word.lower_ in _MORE | _FEWER


def _before(word: "Token | None", cast: Cast) -> int | None:
    """The thing of "more cats", or else of "the number of cats is more": the last one that was named."""
    if word is None:
        return None
    own = _alike(word.head, cast) if word.dep_ == "amod" else None
    named = reversed(word.doc[word.sent.start : word.i])
    return own if own is not None else next(_things(named, cast), None)


def _first_after(token: "Token", cast: Cast) -> int | None:
    return next(_things(token.doc[token.i + 1 : token.sent.end], cast), None)


def _things(tokens: "Iterable[Token]", cast: Cast) -> Iterator[int]:
    found = (_alike(token, cast) for token in tokens if token.i in cast.mentions)
    return (thing for thing in found if thing is not None)


def _alike(noun: "Token", cast: Cast) -> int | None:
    """The thing of a noun, which in "than cats" is only likened to, and then the thing of that name."""
    own = cast.thing_at(noun.i)
    named = (i for i, thing in enumerate(cast.things) if thing.noun == lemma(noun))
    return own if own is not None else next(named, None)
