"""What the prompt says is not there."""

from typing import TYPE_CHECKING

from planner.builtin.lexicon import word_set
from planner.builtin.nouns import first_of_list, governor

if TYPE_CHECKING:
    from spacy.tokens import Token

_CONTRASTING = frozenset({"but", "yet", "just", "only", "instead", "rather"})
_WITHOUT = frozenset({"without", "minus", "sans"})
_FREE = word_set("free devoid empty bare void clear")
_PRESENTING = word_set("""
    be have include show contain wear hold see feature add want depict display carry draw put need use
""")
_THERE = word_set("visible present there here around")
_LACKING = frozenset({"lack", "exclude", "avoid", "omit"})


def denial(token: "Token") -> "Token | None":
    """The word that denies the noun phrase of `token` ("without", "no", "not", "free", "lacks"), or None."""
    first = first_of_list(token)
    if first == token or _own_denial(token) is not None:
        return _denial_of_one(token)
    found = denial(token.head)
    return found if found is not None and _reaches(token, found) else None


def _denial_of_one(token: "Token") -> "Token | None":
    own = _own_denial(token)
    if own is not None:
        return own
    preposition, above = governor(token)
    if preposition is not None:
        return _denying_preposition(preposition, above)
    return (
        _denying_verb(above)
        if above is not None and token.dep_ in ("dobj", "attr", "nsubj", "nsubjpass")
        else None
    )


def _denying_preposition(preposition: "Token", above: "Token | None") -> "Token | None":
    if preposition.lower_ in _WITHOUT:
        return preposition
    if preposition.lower_ in ("of", "from") and above is not None and above.lemma_.lower() in _FREE:
        return above
    return None


def _denying_verb(verb: "Token") -> "Token | None":
    if verb.lemma_.lower() in _LACKING or _leaves_out(verb):
        return verb
    if verb.lemma_.lower() not in _PRESENTING or _describes(verb):
        return None
    return next((child for child in verb.children if child.dep_ == "neg" and child.lower_ != "never"), None)


def _leaves_out(verb: "Token") -> bool:
    """As in "leave out any star", and not in "they leave the toys out on the lawn", where these are there."""
    parts = [*verb.children]
    return (
        verb.lemma_.lower() == "leave"
        and any(part.lower_ == "out" and not [*part.children] for part in parts)
        and not any(part.dep_ in ("nsubj", "prep") for part in parts)
    )


def _describes(verb: "Token") -> bool:
    """As in "the grass is not green", where the grass is there all the same."""
    return any(child.dep_ == "acomp" and child.lower_ not in _THERE for child in verb.children)


def _own_denial(token: "Token") -> "Token | None":
    """A "no" or "not" right before the phrase, or within it."""
    before = token.doc[max(token.left_edge.i - 1, 0) : token.i]
    return next((word for word in before if word.lower_ in ("no", "neither", "not")), None)


def _reaches(token: "Token", found: "Token") -> bool:
    """Whether a denial of a list's first reaches `token`: "no dogs or cats", not "no dogs, and a cat"."""
    between = [word.lower_ for word in token.doc[found.i : token.i]]
    if _CONTRASTING & set(between):
        return False
    if "or" in between or "nor" in between:
        return True
    return not any(child.dep_ in ("det", "nummod") for child in token.lefts) or (
        found.lower_ in _WITHOUT and "," not in between
    )
