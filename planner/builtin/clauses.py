"""What sentences say of a thing beyond its noun phrase: its actions, its predicates, its parts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.builtin.keeping import kept, says_something
from planner.builtin.lexicon import DIMENSIONS, PREDICATES, word_set
from planner.builtin.nouns import group_over, is_plural
from planner.builtin.things import Cast
from planner.builtin.wording import base_form, participle, text, with_article

if TYPE_CHECKING:
    from spacy.tokens import Token

_SUBJECTS = ("nsubj", "nsubjpass")
_RELATIVES = frozenset({"who", "which", "that", "whose", "what"})
_HAVING = frozenset(["have", "feature", "include", "contain", "boast"])
_SAYING_NOTHING = word_set("""
    be see find place locate position show depict visible appear exist add seem include
""")
_LONGEST_ADJECTIVE = 4


@dataclass(frozen=True)
class Said:
    """Adjectives to stand before the noun, and clauses to follow it."""

    adjectives: tuple[str, ...]
    clauses: tuple[str, ...]


def predications(cast: Cast) -> tuple[tuple["Token", ...], ...]:
    """For each thing the verbs that it is the subject of, by name or by pronoun, with further verbs of the
    same subject.
    """
    found: list[list[Token]] = [[] for _ in cast.things]
    for token in cast.reading.doc:
        if token.dep_ in _SUBJECTS and not _is_no_subject(token):
            for thing in _subjects(token, cast):
                found[thing].extend(_chain(token.head))
    return tuple(tuple(verbs) for verbs in found)


def said_of(thing: int, verbs: Iterable["Token"], cast: Cast) -> Said:
    """What the clauses of these verbs say of the thing with this index."""
    adjectives: list[str] = []
    clauses: list[str] = []
    for verb in verbs:
        predicates = predicate_adjectives(verb, cast)
        adjectives += [words for words in predicates if len(words.split()) <= _LONGEST_ADJECTIVE]
        clauses += [words for words in predicates if len(words.split()) > _LONGEST_ADJECTIVE]
        clauses.append(action(verb, cast))
    clauses += _group_participles(thing, cast)
    opening = _announcement(thing, cast)
    measured = any(word in DIMENSIONS for word in opening.split())
    (clauses if measured else adjectives).append(opening)
    return Said(
        tuple(dict.fromkeys(words for words in adjectives if words)),
        tuple(dict.fromkeys(clause for clause in clauses if clause)),
    )


def predicate_adjectives(verb: "Token", cast: Cast) -> list[str]:
    """What "is" says its subject is like: "black" in "the cat is black"; nothing where it is denied."""
    if any(child.dep_ == "neg" for child in verb.children):
        return []
    # A place in words is read as one word, which the parser may take for an adjective.
    return [
        text(cast.reading, kept(child, cast))
        for child in verb.children
        if _is_adjective(child) and child.i not in cast.reading.cues
    ]


def parts_of(thing: int, cast: Cast, told: frozenset[int]) -> Iterator[str]:
    """The thing's parts that are spoken of elsewhere than in the words already `told`: "with a glossy coat
    shimmering".
    """
    for head in cast.parts.get(thing, ()):
        if head in told:
            continue
        token = cast.reading.doc[head]
        verb = token.head if token.dep_ in _SUBJECTS else None
        if verb is None or any(token.i < i for i in told if i > verb.i):
            continue
        does = action(verb, cast)
        bare = [i for i in kept(token, cast) if cast.reading.doc[i].dep_ not in ("poss", "det") or i > head]
        phrase = text(cast.reading, bare)
        yield " ".join(
            part for part in ("with", phrase if is_plural(token) else with_article(phrase), does) if part
        )


def action(verb: "Token", cast: Cast) -> str:
    """A clause's verb as a participle with what goes with it; empty where it says nothing to be drawn."""
    denied = any(child.dep_ == "neg" for child in verb.children)
    if (
        verb.pos_ != "VERB"
        or denied
        or verb.lemma_.lower() in _SAYING_NOTHING
        or not says_something(verb, cast)
    ):
        return ""
    dropped = {
        child.i
        for child in verb.children
        if child.dep_ in ("aux", "auxpass", *_SUBJECTS) and child.tag_ != "TO"
    }
    below = [i for i in kept(verb, cast) if i not in dropped]
    if verb.lemma_ in _HAVING:
        return text(cast.reading, below, {verb.i: "with"})
    perfect = any(child.dep_ == "aux" and child.lemma_ == "have" for child in verb.children)
    if perfect or verb.tag_ in ("VBZ", "VBP", "VBD", "VB"):
        return text(cast.reading, below, {verb.i: participle(base_form(verb, cast.reading))})
    return text(cast.reading, below)


def _is_no_subject(token: "Token") -> bool:
    """A relative pronoun, or a pronoun after a preposition, which a small parser takes for a subject:
    "behind it stands".
    """
    governed = token.i > 0 and token.doc[token.i - 1].lower_ in PREDICATES
    return token.lower_ in _RELATIVES or (token.pos_ == "PRON" and governed)


def _chain(verb: "Token") -> Iterator["Token"]:
    yield verb
    for child in verb.children:
        own_subject = any(other.dep_ in _SUBJECTS for other in child.children)
        if child.dep_ == "conj" and child.pos_ in ("VERB", "AUX") and not own_subject:
            yield from _chain(child)


def _subjects(token: "Token", cast: Cast) -> set[int]:
    """The things of a subject and of what is joined to it; what is said of a part is not said of it."""
    mention = cast.mentions.get(token.i)
    own = None if mention is not None and mention.role == "part" else cast.thing_of(token)
    joined = [
        _subjects(child, cast)
        for child in token.children
        if child.dep_ == "conj" and child.i in cast.mentions
    ]
    return set[int]().union({own} if own is not None else (), *joined)


def _is_adjective(token: "Token") -> bool:
    return (
        token.dep_ == "acomp"
        and token.head.pos_ == "AUX"
        and token.tag_ not in ("JJR", "RBR")
        and token.pos_ == "ADJ"
    )


def _announcement(thing: int, cast: Cast) -> str:
    """What an opening that names nothing says of the thing after its colon: "three inches tall: a fairy"."""
    doc, head = cast.reading.doc, cast.things[thing].head
    colon = next((i for i in range(head - 1, -1, -1) if doc[i].text in ":.;"), 0)
    start = next((i + 1 for i in range(colon - 1, -1, -1) if doc[i].text in ":.;"), 0)
    opening = doc[start:colon]
    if doc[colon].text != ":" or any(_is_named(i, cast) for i in range(start, head)):
        return ""
    if not any(word.pos_ == "ADJ" or word.lower_ in DIMENSIONS for word in opening):
        return ""
    words = text(cast.reading, range(start, colon))
    return words[:1].lower() + words[1:]


def _is_named(index: int, cast: Cast) -> bool:
    mention = cast.mentions.get(index)
    return index in cast.reading.cues or (mention is not None and mention.role != "nothing")


def _group_participles(thing: int, cast: Cast) -> list[str]:
    """As in "a group of three birds sitting": the participle may hang on the group."""
    group = group_over(cast.reading.doc[cast.things[thing].head])
    return [action(child, cast) for child in group.rights if child.dep_ == "acl"] if group is not None else []
