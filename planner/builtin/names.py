"""A short unique name for each thing."""

import re
from collections import Counter
from typing import TYPE_CHECKING

from planner.builtin.lexicon import PLURAL_ONLY
from planner.builtin.nouns import adjoins, lemma
from planner.builtin.things import Cast, Thing

if TYPE_CHECKING:
    from spacy.tokens import Token

_LONGEST = 60
_NUMBERED = re.compile(r"\s(\d+)$")


def names(cast: Cast) -> tuple[str, ...]:
    """One name a thing: its noun, with its adjectives where two share a noun, with a number where need be.

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
    return " ".join(
        [*(cast.reading.source(child).lower() for child in token.lefts if _compounds(child)), noun]
    )


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
    return " ".join([*adjectives[-2:], name])


def _safe(name: str) -> str:
    return _NUMBERED.sub(r" (\1)", name[:_LONGEST].strip()) or "thing"


def _numbered(told: list[str]) -> tuple[str, ...]:
    seen: Counter[str] = Counter()
    unique: list[str] = []
    for name in told:
        seen[name] += 1
        unique.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(unique)
