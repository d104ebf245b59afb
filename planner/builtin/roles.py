"""What each noun of a prompt is for the picture: a thing, a part of one, the setting, or nothing to draw."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from planner.builtin.absence import denial
from planner.builtin.lexicon import (
    ANIMATE,
    BODY,
    CARRY,
    CLOTHES,
    CONTAINERS,
    HANDLING,
    LIGHTS,
    MEDIA,
    PARTS,
    SETTINGS,
    SURFACES,
    word_set,
)
from planner.builtin.nouns import (
    complement,
    governor,
    heads,
    is_abstract,
    is_bare,
    is_compound,
    is_counted,
    is_definite,
    is_group,
    is_head,
    is_likened,
    is_plural,
    is_setting,
    lemma,
    stated_count,
    verb_lemma,
)
from planner.builtin.reference import agent, antecedent

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

Role = Literal["thing", "part", "setting", "absent", "nothing"]

_WEARABLE = BODY | CLOTHES
_OWNED = _WEARABLE | PARTS
_PICTURES = MEDIA | {"scene", "view"}
_HAVING = word_set("have feature contain include boast show display")
_SHOWING = word_set("show depict feature present portray")
_MAKING = word_set("make build carve craft cut fashion form construct sculpt")
_MADE_WITH = frozenset({"with", "of", "in", "from", "by"})


@dataclass(frozen=True)
class Mention:
    """One noun phrase, by the index of its head.

    A part names the head of the phrase that it belongs to, and a thing that of the one who holds it.
    """

    head: int
    role: Role
    owner: int | None = None


def mentions(doc: "Doc", places: Container[int]) -> dict[int, Mention]:
    """Every noun phrase of a parse by its head; those higher in the parse are judged first, since parts
    follow their owner. `places` are the words that stand for a place in the picture.
    """
    found: dict[int, Mention] = {}
    for token in sorted(heads(doc), key=lambda token: (sum(1 for _ in token.ancestors), token.i)):
        apart = any(child.i in places for child in token.children) and not _is_owned(token)
        found[token.i] = _judge(token, found, apart=apart)
    return dict(sorted((_rescued(doc, found) if _is_bare(found) else found).items()))


def _is_bare(found: Mapping[int, Mention]) -> bool:
    return all(mention.role in ("nothing", "absent") for mention in found.values())


def _rescued(doc: "Doc", found: Mapping[int, Mention]) -> dict[int, Mention]:
    """Where a prompt names nothing else, "an ornate case" is a thing after all."""
    named = (head for head, mention in found.items() if mention.role == "nothing" and not is_group(doc[head]))
    first = next(
        (head for head in named if _has_article(doc[head]) and lemma(doc[head]) not in _PICTURES), None
    )
    return dict(found) if first is None else {**found, first: Mention(first, "thing")}


def _judge(token: "Token", found: Mapping[int, Mention], *, apart: bool) -> Mention:
    """What a noun is; where it stands `apart`, in a place of its own, it is no part of another."""
    if denial(token) is not None:
        return Mention(token.i, "nothing" if is_abstract(token) else "absent")
    if is_group(token) or _is_medium(token) or is_likened(token):
        return Mention(token.i, "nothing")
    owner = None if apart else _owner(token, found)
    if owner is not None and lemma(owner) != lemma(token):
        return Mention(token.i, "thing" if _is_held(token, owner) else "part", owner.i)
    if is_setting(token):
        return Mention(token.i, "thing" if (stated_count(token) or 1) > 1 else "setting")
    light = lemma(token) in LIGHTS and not is_compound(token)
    return Mention(token.i, "nothing" if light or is_abstract(token) else "thing")


def _is_held(token: "Token", owner: "Token") -> bool:
    """Whether it is in someone's hands or mouth, and drawn in a place of its own: "a man holding a lamp"."""
    preposition, above = governor(token)
    numbered = is_plural(token) or any(child.dep_ in ("det", "nummod", "poss") for child in token.lefts)
    if not numbered or _is_owned(token) or is_abstract(token) or lemma(token) in SETTINGS:
        return False
    if preposition is None:
        return above is not None and verb_lemma(above) in HANDLING
    return preposition.lower_ == "with" and lemma(owner) in ANIMATE


def _is_medium(token: "Token") -> bool:
    """Whether the picture itself is spoken of: "this image shows", "a painting of"."""
    if lemma(token) not in MEDIA:
        return False
    showing = any(
        (child.dep_ == "prep" and child.lower_ in ("of", "with"))
        or (child.dep_ == "acl" and verb_lemma(child) in _SHOWING)
        for child in token.children
    )
    start = token.left_edge.i
    begins = start == token.sent.start or token.doc[start - 1].text == ","
    alone = token.dep_ == "ROOT" and lemma(token) in ("picture", "image", "photo") and not is_compound(token)
    opening = (showing and begins) or alone
    this = any(child.lower_ in ("this", "the") for child in token.lefts)
    return opening or (this and not is_compound(token) and complement(token) is None)


def _owner(token: "Token", found: Mapping[int, Mention]) -> "Token | None":
    """The noun that `token` is drawn as a part of, or None if it stands by itself."""
    whole = complement(token)
    if (
        _is_owned(token)
        and whole is not None
        and is_head(whole)
        and not is_abstract(whole)
        and not is_bare(whole)
    ):
        return whole
    holder = _possessor(token) or _holder(token, found)
    if holder is None:
        return _understood_owner(token, found)
    mention = found.get(holder.i)
    if mention is None or mention.role == "thing":
        return holder
    return token.doc[mention.owner] if mention.role == "part" and mention.owner is not None else None


def _possessor(token: "Token") -> "Token | None":
    """The owner of "its tail" and "the dog's tail"; what lives by itself ("her dog") is owned by none."""
    if lemma(token) in ANIMATE or (lemma(token) in SETTINGS):
        return None
    for child in token.lefts:
        if child.dep_ == "poss":
            owner = child if is_head(child) else antecedent(child)
            return owner if _is_owned(token) or is_abstract(token) else None
    return None


def _understood_owner(token: "Token", found: Mapping[int, Mention]) -> "Token | None":
    """The owner of "the tail" where a part is spoken of as known: the nearest thing before it."""
    if not _is_owned(token) or not is_definite(token) or governor(token)[0] is not None:
        return None
    before = [index for index, mention in found.items() if mention.role == "thing" and index < token.i]
    return token.doc[max(before)] if before else None


def _holder(token: "Token", found: Mapping[int, Mention]) -> "Token | None":
    preposition, above = governor(token)
    if above is None:
        return None
    if preposition is None:
        return (
            _holder_by_verb(token, above, found) if token.dep_ in ("dobj", "conj", "appos", "attr") else None
        )
    word = preposition.lower_
    if above.tag_ == "VBN" and word in _MADE_WITH and _is_made(token, above, word):
        return agent(above)
    if word == "of":
        return _holder_by_of(token, above)
    if word == "with":
        subject = above if is_head(above) else agent(above)
        return subject if subject is not None and _goes_with(token, subject, found) else None
    subject = above if is_head(above) else agent(above)
    own = lemma(token) in BODY and (is_counted(token) or not _has_article(token))
    worn = own or lemma(token) in CLOTHES
    of_it = subject is not None and word in ("in", "on") and lemma(subject) in ANIMATE
    return subject if worn and of_it else None


def _is_made(token: "Token", verb: "Token", word: str) -> bool:
    """Whether "covered in snow", "made of wood", "filled with ..." tells what its subject is like."""
    subject = agent(verb)
    if subject is None or word == "by" or (word == "from" and verb_lemma(verb) not in _MAKING):
        return False
    if word == "in":
        return is_bare(token) or lemma(token) in CLOTHES
    return word in ("of", "from") or not _stands_upon(token, subject)


def _holder_by_of(token: "Token", outer: "Token") -> "Token | None":
    if not is_head(outer) or is_group(outer) or is_abstract(outer) or _is_medium(outer):
        return None
    if is_plural(token) and (stated_count(token) or 1) > 1:
        return None
    owned = lemma(outer) in _OWNED and not is_bare(token)
    return None if owned or (lemma(outer) in SETTINGS and lemma(outer) not in CONTAINERS) else outer


def _holder_by_verb(token: "Token", verb: "Token", found: Mapping[int, Mention]) -> "Token | None":
    subject = agent(verb) if verb.pos_ in ("VERB", "AUX") else None
    if subject is None:
        return None
    word = verb.lemma_.lower()
    if word in _HAVING:
        return subject if _goes_with(token, subject, found) else None
    apart = lemma(token) in ANIMATE or is_setting(subject) or lemma(subject) in SURFACES | CONTAINERS
    return subject if word in CARRY and not apart else None


def _goes_with(token: "Token", subject: "Token", found: Mapping[int, Mention]) -> bool:
    """Whether "subject with token" is one thing to draw: "a man with a hat", not "a room with a bed"."""
    mention = found.get(subject.i)
    if mention is not None and mention.role in ("setting", "nothing", "absent"):
        return False
    if _is_owned(token) or is_abstract(token):
        return True
    if lemma(token) in ANIMATE or lemma(token) in SETTINGS or lemma(token) in SURFACES:
        return False
    if is_counted(token):
        return False
    if lemma(subject) in ANIMATE:
        return True
    return not _stands_upon(token, subject) and not _has_article(token)


def _is_owned(token: "Token") -> bool:
    """Whether it is by nature a part of something: an arm, a hat, a roof; a "traffic light" is none."""
    word = lemma(token)
    return word in _WEARABLE or (word in PARTS and not (word == "light" and is_compound(token)))


def _has_article(token: "Token") -> bool:
    return any(child.dep_ == "det" for child in token.lefts)


def _stands_upon(token: "Token", subject: "Token") -> bool:
    """Whether what is with a table or a bowl stands on or in it as a thing of its own."""
    return lemma(subject) in SURFACES | CONTAINERS and not is_abstract(token)
