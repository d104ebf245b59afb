"""A short unique name for each thing."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from planner.builtin.lexicon import NUMBERS, PLURAL_ONLY, PORTIONS, VAGUE
from planner.builtin.nouns import adjoins, complement, lemma
from planner.builtin.things import Cast, Thing

if TYPE_CHECKING:
    from spacy.tokens import Token

_LONGEST = 60
_NUMBERED = re.compile(r"\s(\d+)$")


def names(cast: Cast) -> tuple[str, ...]:
    """One name a thing: its noun, with its adjectives where two share a noun, with a number where need be.

    A noun that says little by itself has what it is of ("slice of pie") or its adjectives ("remote control").
    No name ends in a bare number: "cat 1" is the name of one of several cats once they are arranged.
    """
    plain = [_safe(_plain(thing, cast)) for thing in cast.things]
    shared = Counter(plain)
    told = [
        name if shared[name] == 1 else _safe(_described(thing, cast, name))
        for name, thing in zip(plain, cast.things, strict=True)
    ]
    return _numbered(told)


def _plain(thing: Thing, cast: Cast) -> str:
    token = cast.reading.doc[thing.head]
    noun = cast.reading.source(token).lower() if thing.plural and thing.count == 1 else _noun(token)
    inner = complement(token) if lemma(token) in PORTIONS else None
    of = "" if inner is None or inner.i not in cast.mentions else f"of {cast.reading.source(inner).lower()}"
    return " ".join([*_before(token, cast), noun, of]).strip()


def _before(token: "Token", cast: Cast) -> Iterator[str]:
    """The nouns before a noun, each with what is before it; its adjectives too where it needs them."""
    for child in token.lefts:
        if _compounds(child) or (lemma(token) in VAGUE and _describes(child)):
            yield from (cast.reading.source(below).lower() for below in child.lefts if _modifies(below))
            yield cast.reading.source(child).lower()


def _modifies(token: "Token") -> bool:
    return _compounds(token) or _describes(token)


def _describes(token: "Token") -> bool:
    return token.dep_ == "amod" and token.is_alpha and token.lower_ not in NUMBERS and adjoins(token)


def _noun(token: "Token") -> str:
    proper = token.pos_ == "PROPN" and token.tag_ == "NNP"
    return token.lower_ if proper or token.lower_ in PLURAL_ONLY else lemma(token)


def _compounds(token: "Token") -> bool:
    modifies = token.dep_ in ("compound", "nmod") and adjoins(token)
    return modifies and token.is_alpha and token.lower_ != "dozen"


def _described(thing: Thing, cast: Cast, name: str) -> str:
    token = cast.reading.doc[thing.head]
    modifiers = (child for child in token.lefts if child.dep_ == "amod" and child.is_alpha)
    adjectives = [cast.reading.source(child).lower() for child in modifiers]
    return " ".join([*(word for word in adjectives[-2:] if word not in name.split()), name])


def _safe(name: str) -> str:
    return _NUMBERED.sub(r" (\1)", name[:_LONGEST].strip()) or "thing"


def _numbered(told: list[str]) -> tuple[str, ...]:
    seen: Counter[str] = Counter()
    unique: list[str] = []
    for name in told:
        seen[name] += 1
        unique.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(unique)
