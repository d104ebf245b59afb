"""What a prompt asks for, one by one: things with all that is said of them, relations, settings, absences."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from planner.builtin.lexicon import word_set
from planner.builtin.nouns import adjoins, lemma
from planner.builtin.places import Spot
from planner.builtin.relations import Link
from planner.builtin.things import Cast
from planner.plans import Ask

if TYPE_CHECKING:
    from spacy.tokens import Token

_MORE = ("prep", "agent", "dobj", "xcomp", "advcl", "ccomp", "oprd", "prt")
"""What follows a participle that tells of more than a state."""

_COUNTING = word_set("""
    few several many more most less fewer least much some any no other another same such various numerous
    own single lone only whole entire different next last first second third
""")
"""Adjectives that say how many or which, and not what a thing looks like."""

Said = tuple[int, int, str]
"""A thing by its index, and a word that is said of it with the word's place in the prompt."""


def asks(
    cast: Cast,
    names: Sequence[str],
    spots: Sequence[Spot],
    links: Sequence[Link],
    absent: Sequence[str],
) -> tuple[Ask, ...]:
    """Everything that the prompt asks for, thing by thing in its order; then relations, setting, absences.

    `names` and `spots` are those of the things; `links` are relations between things by index.
    """
    predicated = tuple(_predicated(cast))
    things = range(len(cast.things))
    of_things = (ask for i in things for ask in _of_thing(i, cast, names[i], spots[i], predicated))
    return (
        *of_things,
        *(_relation(link, names) for link in dict.fromkeys(links)),
        *_settings(cast),
        *(Ask(kind="absent", text=phrase, of=phrase, words=(phrase,)) for phrase in absent),
    )


def _of_thing(index: int, cast: Cast, name: str, spot: Spot, predicated: Sequence[Said]) -> Iterator[Ask]:
    thing = cast.things[index]
    noun = cast.reading.doc[thing.head]
    yield Ask(kind="thing", text=noun_phrase_of(noun, cast), of=name, words=(lemma(noun),))
    if thing.count > 1:
        yield Ask(kind="count", text=f"{thing.count} {cast.reading.source(noun)}", of=name, count=thing.count)
    for word in _attributes(index, cast, predicated):
        yield Ask(kind="attribute", text=word, of=name, words=(word,))
    yield from _places(name, spot)
    for part in _parts(index, cast):
        yield Ask(kind="part", text=cast.reading.source(part).lower(), of=name, words=(lemma(part),))
        yield from _told_of(part, name, cast)


def _told_of(noun: "Token", owner: str, cast: Cast) -> Iterator[Ask]:
    """The adjectives of a noun that has no region of its own, each with the noun: "long tail"."""
    for child in noun.lefts:
        word = cast.reading.source(child).lower()
        if child.dep_ == "amod" and _modifies(child) and word not in _COUNTING:
            yield Ask(
                kind="attribute",
                text=f"{word} {cast.reading.source(noun).lower()}",
                of=owner,
                words=(word, lemma(noun)),
            )


def noun_phrase_of(noun: "Token", cast: Cast) -> str:
    """A noun with its own modifiers: "large yellow star"."""
    words = [cast.reading.source(child) for child in noun.lefts if _modifies(child)]
    return " ".join([*words, cast.reading.source(noun)])


def _modifies(child: "Token") -> bool:
    return child.dep_ in ("amod", "compound", "nmod") and child.is_alpha and adjoins(child)


def _attributes(index: int, cast: Cast, predicated: Sequence[Said]) -> tuple[str, ...]:
    """The adjectives of a thing, before it or predicated of it, each once, in the prompt's own words."""
    before = {
        (child.i, cast.reading.source(child).lower())
        for head in cast.things[index].mentions
        for child in cast.reading.doc[head].lefts
        if child.dep_ == "amod" and child.is_alpha and child.i not in cast.reading.cues
    }
    after = {(place, word) for thing, place, word in predicated if thing == index}
    words = (word for _, word in sorted(before | after))
    return tuple(dict.fromkeys(word for word in words if word not in _COUNTING))


def _predicated(cast: Cast) -> Iterator[Said]:
    """What is predicated of things: "the kettle is red", "the kettle is dented"."""
    for token in cast.reading.doc:
        adjective = token.dep_ == "acomp" and token.pos_ == "ADJ" and token.head.pos_ == "AUX"
        if token.i in cast.reading.cues or not (adjective or _is_state(token)) or _denied(token):
            continue
        thing = cast.thing_of(token.head if adjective else token)
        if thing is not None:
            yield thing, token.i, cast.reading.source(token).lower()


def _is_state(token: "Token") -> bool:
    """As in "the kettle is dented", where nothing follows the participle."""
    passive = any(child.dep_ == "auxpass" for child in token.children)
    return token.tag_ == "VBN" and passive and not any(child.dep_ in _MORE for child in token.children)


def _denied(token: "Token") -> bool:
    return any(child.dep_ == "neg" for child in (*token.children, *token.head.children))


def _places(name: str, spot: Spot) -> Iterator[Ask]:
    """The sides that a thing is put to; "at the top" says nothing of left and right, though it is read as
    "top center".
    """
    across, down = spot.horizontal, spot.vertical
    if (across == "center") != (down == "middle"):
        across, down = (None if across == "center" else across), (None if down == "middle" else down)
    sides = [side for side in (down, across) if side not in (None, "full")]
    if sides:
        text = " ".join(side for side in sides if side)
        yield Ask(kind="place", text=text, of=name, horizontal=across, vertical=down)


def _parts(index: int, cast: Cast) -> Iterator["Token"]:
    """The heads of the parts that are drawn with a thing; one spoken of twice is one."""
    known: set[str] = set()
    for head in cast.parts.get(index, ()):
        token = cast.reading.doc[head]
        if lemma(token) not in known:
            known.add(lemma(token))
            yield token


def _relation(link: Link, names: Sequence[str]) -> Ask:
    subject, predicate, other = names[link[0]], link[1], names[link[2]]
    return Ask(
        kind="relation", text=f"{subject} {predicate} {other}", of=subject, predicate=predicate, other=other
    )


def _settings(cast: Cast) -> Iterator[Ask]:
    known: set[str] = set()
    for head, mention in cast.mentions.items():
        token = cast.reading.doc[head]
        if mention.role == "setting" and lemma(token) not in known:
            known.add(lemma(token))
            yield Ask(
                kind="setting",
                text=cast.reading.source(token).lower(),
                of=lemma(token),
                words=(lemma(token),),
            )
        if mention.role == "setting":
            yield from _told_of(token, lemma(token), cast)
