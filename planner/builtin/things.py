"""The things of a prompt: noun phrases that speak of the same thing are one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from planner.builtin.lexicon import COLOURS, PLURAL_ONLY, word_set
from planner.builtin.nouns import (
    complement,
    group_over,
    is_bare,
    is_definite,
    is_plural,
    lemma,
    modifiers,
    stated_count,
)
from planner.builtin.reading import Reading
from planner.builtin.reference import agent, antecedent
from planner.builtin.roles import Mention

if TYPE_CHECKING:
    from spacy.tokens import Token

_COMPARED = word_set("more fewer less")
_ANOTHER = word_set("another other second third fourth fifth different extra additional")


@dataclass(frozen=True)
class Thing:
    """One thing, or one counted or uncounted lot of them, by the heads of the phrases that speak of it,
    first to last; `noun` is the first one's, in the singular.
    """

    noun: str
    mentions: tuple[int, ...]
    count: int
    plural: bool

    @property
    def head(self) -> int:
        """The head of the phrase that brings it in."""
        return self.mentions[0]


@dataclass(frozen=True)
class Cast:
    """Who is in a reading: its phrases, its things, and which thing a phrase speaks of."""

    reading: Reading
    mentions: Mapping[int, Mention]
    things: tuple[Thing, ...]

    def thing_at(self, head: int) -> int | None:
        """The index of the thing that the phrase with this head speaks of, be it of a part of it only."""
        mention = self.mentions.get(head)
        if mention is None:
            return None
        if mention.role == "part" and mention.owner is not None and mention.owner != head:
            return self.thing_at(mention.owner)
        return self._by_head.get(head)

    @cached_property
    def parts(self) -> Mapping[int | None, tuple[int, ...]]:
        """The heads of the phrases that speak of parts, by the thing that they are parts of."""
        found: dict[int | None, list[int]] = {}
        for head, mention in self.mentions.items():
            if mention.role == "part":
                found.setdefault(self.thing_at(head), []).append(head)
        return {thing: tuple(heads) for thing, heads in found.items()}

    @cached_property
    def _by_head(self) -> Mapping[int, int]:
        return {head: i for i, thing in enumerate(self.things) for head in thing.mentions}

    def thing_of(self, token: "Token | None") -> int | None:
        """The index of the thing that a noun, a pronoun, or the subject of a verb is."""
        if token is None:
            return None
        if token.pos_ == "PRON" and token.i not in self.mentions:
            token = antecedent(token)
        elif token.pos_ in ("VERB", "AUX") and token.i not in self.mentions:
            token = agent(token)
        elif token.i not in self.mentions or self.mentions[token.i].role == "nothing":
            token = complement(token) or token
        return self.thing_at(token.i) if token is not None else None


def cast(reading: Reading, mentions: Mapping[int, Mention]) -> Cast:
    """Gather the phrases that stand for things into things, in the order of the prompt."""
    things: list[Thing] = []
    judged = dict(mentions)
    for mention in mentions.values():
        if mention.role != "thing":
            continue
        token = reading.doc[mention.head]
        known = _known(token, things)
        part = _known_part(token, judged) if known is None else None
        if known is not None:
            things[known] = replace(things[known], mentions=(*things[known].mentions, token.i))
        elif part is not None:
            judged[token.i] = replace(part, head=token.i)
        else:
            things.append(_new(token, things))
    return Cast(reading, judged, tuple(things))


def _known_part(token: "Token", mentions: Mapping[int, Mention]) -> Mention | None:
    """The part that was spoken of before and is spoken of again: "a tower with a clock. The clock ..."."""
    if not is_definite(token) and not is_bare(token):
        return None
    noun = lemma(token)
    parts = (mention for head, mention in mentions.items() if mention.role == "part" and head < token.i)
    return next((part for part in parts if lemma(token.doc[part.head]) == noun), None)


def _equal_count(token: "Token", things: list[Thing]) -> int:
    """As in "the same number of dogs": as many as of the thing before."""
    group = group_over(token)
    equal = group is not None and "same" in modifiers(group) and bool(things)
    return things[-1].count if equal else 1


def _new(token: "Token", things: list[Thing]) -> Thing:
    plural_only = lemma(token) in PLURAL_ONLY or token.lower_ in PLURAL_ONLY
    count = stated_count(token) or _equal_count(token, things)
    return Thing(
        lemma(token),
        (token.i,),
        1 if plural_only and count <= 2 else count,
        is_plural(token) and not plural_only,
    )


def _known(token: "Token", things: list[Thing]) -> int | None:
    """The thing that was spoken of before and that `token` speaks of again, the nearest first."""
    group = group_over(token)
    gathered = group is not None and is_definite(group)
    spoken_of = is_definite(token) or is_bare(token) or gathered or _is_compared(token)
    if not spoken_of or _ANOTHER & {word.lower_ for word in token.lefts}:
        return None
    noun = lemma(token)
    alike = [i for i, thing in enumerate(things) if thing.noun == noun]
    fitting = [i for i in alike if _fits(token, things[i])] or _nearly(token, alike, things)
    all_of_them = is_plural(token) and len(alike) > 1 and not modifiers(token)
    return (fitting or (alike if all_of_them else [None]))[-1]


def _is_compared(token: "Token") -> bool:
    """As in "more cats than dogs", which are cats that were spoken of before."""
    return any(word.lower_ in _COMPARED for word in token.lefts)


def _nearly(token: "Token", alike: list[int], things: list[Thing]) -> list[int]:
    """The one thing that shares most words with "the ...", and no other colour, where nothing fits word for
    word.
    """
    if not any(child.lower_ == "the" for child in token.lefts):
        return []
    own = set(modifiers(token))
    shared = {
        i: len(own & _said(token, things[i])) for i in alike if _colours_agree(own, _said(token, things[i]))
    }
    most = max(shared.values(), default=0)
    best = [i for i, number in shared.items() if number == most]
    return best if most and len(best) == 1 else []


def _colours_agree(own: set[str], said: set[str]) -> bool:
    return not (own & COLOURS and said & COLOURS) or bool(own & said & COLOURS)


def _said(token: "Token", thing: Thing) -> set[str]:
    return {word for head in thing.mentions for word in modifiers(token.doc[head])}


def _fits(token: "Token", thing: Thing) -> bool:
    return set(modifiers(token)) - _COMPARED <= _said(token, thing) and is_plural(token) == is_plural(
        token.doc[thing.head]
    )
