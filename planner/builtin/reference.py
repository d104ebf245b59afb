"""Who is meant: the subject of a verb, and the thing that a pronoun stands for."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from planner.builtin.lexicon import ANIMATE, PERSONS, SETTINGS, word_set
from planner.builtin.nouns import first_of_list, is_abstract, is_head, is_plural, lemma

if TYPE_CHECKING:
    from spacy.tokens import Token

_PERSONAL = word_set("he him his she her hers himself herself")
_PLURAL = frozenset(["they", "them", "their", "theirs", "themselves"])
_SENTENCES_BACK = 2
_SUBJECTS = ("nsubj", "nsubjpass")
_RELATIVES = frozenset({"who", "which", "that", "whom", "whose"})


def agent(verb: "Token") -> "Token | None":
    """The noun that a verb or participle is said of; a pronoun is followed to its noun."""
    for child in verb.children:
        if child.dep_ in _SUBJECTS and child.lower_ not in _RELATIVES:
            return named(child)
    if verb.dep_ in ("acl", "relcl"):
        return verb.head if is_head(verb.head) else None
    if verb.dep_ in ("conj", "advcl", "xcomp", "ccomp", "pcomp", "prep") and verb.head != verb:
        return verb.head if is_head(verb.head) else agent(verb.head)
    return next((child for child in verb.children if child.dep_ == "attr" and is_head(child)), None)


def named(token: "Token") -> "Token | None":
    """`token` if it is a noun, else the noun that the pronoun stands for."""
    if is_head(token):
        return token
    return antecedent(token) if token.pos_ == "PRON" else None


def antecedent(pronoun: "Token") -> "Token | None":
    """The noun that a pronoun stands for: the nearest subject that agrees with it in its sentence or the one
    before, else the nearest noun that does; else that in the sentence before. "They" are several, if any are.
    """
    if pronoun.lower_ in _PLURAL:
        return _spoken_of(pronoun, is_plural) or _spoken_of(pronoun, _is_person)
    return _spoken_of(pronoun, lambda token: _agrees(token, pronoun.lower_))


def _is_person(token: "Token") -> bool:
    return lemma(token) in PERSONS


def _spoken_of(pronoun: "Token", agrees: Callable[["Token"], bool]) -> "Token | None":
    nearest = None
    boundaries = 0
    for i in range(pronoun.i - 1, -1, -1):
        token = pronoun.doc[i]
        if is_head(token) and not is_abstract(token) and lemma(token) not in SETTINGS and agrees(token):
            if _leads(token):
                return token
            nearest = nearest or token
        boundaries += bool(token.is_sent_start) + bool(token.i + 1 == pronoun.i and pronoun.is_sent_start)
        if boundaries > _SENTENCES_BACK or (nearest is not None and boundaries >= _SENTENCES_BACK):
            break
    return nearest


def _leads(token: "Token") -> bool:
    first = first_of_list(token)
    return first.dep_ in (*_SUBJECTS, "ROOT", "attr")


def _agrees(token: "Token", pronoun: str) -> bool:
    word = lemma(token)
    if is_plural(token):
        return False
    if pronoun in _PERSONAL:
        return word in ANIMATE or word.endswith(("er", "or", "ist")) or token.pos_ == "PROPN"
    return word not in PERSONS
