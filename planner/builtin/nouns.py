"""Noun phrases in a parse: their heads, what governs them, and what they are said to be."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from planner.builtin.cues import NEARBY
from planner.builtin.lexicon import (
    ABSTRACT,
    ABSTRACT_ENDINGS,
    ANIMATE,
    COLLECTIVES,
    CONCRETE_DESPITE_ENDING,
    DIMENSIONS,
    GROUPS,
    NUMBERS,
    SETTINGS,
)

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

_INDEFINITE_PERSONS = frozenset({"someone", "somebody"})
_DETERMINERS = frozenset({"a", "an", "the"})
_MODIFIERS = frozenset({"amod", "compound", "nmod"})
_COUNTING = ("nummod", "amod", "det", "advmod", "predet")
_VAGUE = frozenset(["few", "several", "some"])
_LARGEST_COUNT = 1000
_LIKENING = frozenset({"like", "as", "than", "unlike"})
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
"""What an English parser can judge: a word in another script is no noun to it."""


def heads(doc: "Doc") -> Iterator["Token"]:
    """Heads of noun phrases, in order; words that only modify another noun are none."""
    return (token for token in doc if is_head(token))


def is_head(token: "Token") -> bool:
    """Whether a noun phrase has its head here."""
    if token.lower_ in _INDEFINITE_PERSONS:
        return True
    if token.pos_ not in ("NOUN", "PROPN") and not _has_article(token):
        return False
    role = token.dep_
    if token.lower_ in DIMENSIONS and token.i + 1 < len(token.doc) and token.nbor().text == ":":
        return False
    if role in ("quantmod", "nummod") or not _LATIN.search(token.text):
        return False
    if role == "npadvmod" and not is_setting(token) and not _is_listed(token):
        return False
    return not (role in ("compound", "nmod", "amod") and token.i < token.head.i and adjoins(token))


def _is_listed(token: "Token") -> bool:
    """Whether what was parsed as a measure is a thing of its own.

    So it is behind a colon ("Picture this at night: a red ring"), beside a place in the picture, which is
    read as "nearby", or behind a comma ("a dog, a red ring").
    """
    start = token.left_edge.i
    if token.head.lower_ == NEARBY:
        return True
    if token.i > 0 and ":" in (token.doc[start].text, token.doc[max(start - 1, 0)].text):
        return True
    listed = start > 0 and token.doc[start - 1].text == ","
    described = any(child.dep_ in _MODIFIERS for child in token.lefts)
    new = any(child.lower_ in ("a", "an") or child.lower_ in NUMBERS for child in token.lefts)
    return listed and new and described and token.head.pos_ not in ("ADJ", "ADV", "ADP")


def adjoins(token: "Token") -> bool:
    """Whether no comma or conjunction stands between a modifier and its noun, as it would in a list."""
    return all(
        between.dep_ != "cc" and between.text not in ",;:" for between in token.doc[token.i : token.head.i]
    )


def _has_article(token: "Token") -> bool:
    """An article or a number makes a noun of a word that was tagged otherwise: "a cross", "the stand"."""
    return (
        token.pos_ in ("VERB", "ADJ", "X", "INTJ")
        and any(
            child.dep_ == "nummod" or (child.lower_ in _DETERMINERS and child.dep_ == "det")
            for child in token.lefts
        )
        and token.dep_ not in ("amod", "advmod", "acomp")
    )


def lemma(token: "Token") -> str:
    """The singular, in small letters."""
    found = token.lemma_.lower() if token.pos_ == "NOUN" else _singular(token.lower_, token.tag_)
    if found.endswith(("chs", "shs")):
        return found[:-1]  # "benchs", as templates have it
    if len(found) == 3 and token.lower_ == f"{found}es" and found.endswith("as") and found != "gas":
        return f"{found}e"  # spaCy takes "vases" for the plural of "vas"
    return found or token.lower_


def verb_lemma(token: "Token") -> str:
    """The base form of a verb, in small letters."""
    return "ride" if token.lower_ == "riding" else token.lemma_.lower()  # spaCy takes it for a form of "rid"


def _singular(word: str, tag: str) -> str:
    plural = (
        tag in ("NNS", "NNPS", "VBZ") and len(word) > 3 and word.endswith("s") and not word.endswith("ss")
    )
    return word[:-1] if plural else word


def is_plural(token: "Token") -> bool:
    """Whether the noun itself is in the plural."""
    return token.tag_ in ("NNS", "NNPS")


def first_of_list(token: "Token") -> "Token":
    """The first thing of the list that `token` is in: what governs it governs them all."""
    while token.dep_ in ("conj", "appos") and is_head(token.head):
        token = token.head
    return token


def governor(token: "Token") -> tuple["Token | None", "Token | None"]:
    """The preposition above a noun's list, if any, and the word above that (or above the noun)."""
    first = first_of_list(token)
    if first != token and _starts_anew(token, first):
        return None, None
    if first.dep_ in ("pobj", "pcomp") and first.head.pos_ in ("ADP", "SCONJ", "ADV", "PART"):
        above = _above(first.head)
        out_of = above is not None and above.lower_ == "out"
        return first.head, _above(above) if above is not None and out_of else above
    return None, _above(first)


def _starts_anew(token: "Token", first: "Token") -> bool:
    """As in "a bowl of soup, a spoon": what has an article is not in the bowl, where the soup has none."""
    articles = [any(child.dep_ in ("det", "nummod") for child in noun.lefts) for noun in (token, first)]
    return first.head.lower_ == "of" and articles == [True, False]


def _above(token: "Token") -> "Token | None":
    return token.head if token.head != token else None


def object_of(preposition: "Token") -> "Token | None":
    """The noun or pronoun that a preposition governs."""
    return next((child for child in preposition.children if child.dep_ in ("pobj", "pcomp")), None)


def complement(token: "Token") -> "Token | None":
    """X of "token of X"."""
    for child in token.children:
        if child.dep_ == "prep" and child.lower_ == "of":
            return object_of(child)
    return None


def is_group(token: "Token") -> bool:
    """Whether the noun only gathers the one after its "of": "a group of …", "a pair of …"."""
    inner = complement(token)
    return (lemma(token) in GROUPS or token.lower_ in NUMBERS) and inner is not None and is_head(inner)


def group_over(token: "Token") -> "Token | None":
    """The noun that gathers `token`: "flock" above "birds" in "a flock of birds"."""
    preposition, outer = governor(token)
    gathers = preposition is not None and preposition.lower_ == "of" and outer is not None and is_group(outer)
    return outer if gathers else None


def is_abstract(token: "Token") -> bool:
    """Whether the noun names nothing that stands in a place of its own."""
    word = lemma(token)
    if word in ANIMATE or word in CONCRETE_DESPITE_ENDING:
        return False
    if word == "shape":  # "a heart shape" is drawn, "the shape of a heart" is not
        return not is_compound(token) or complement(token) is not None
    return (
        word in ABSTRACT or word.endswith(ABSTRACT_ENDINGS) or (token.tag_ == "VBG" and token.pos_ == "VERB")
    )


def is_likened(token: "Token") -> bool:
    """Whether the noun is only what something is likened to: "like a serpent", "as if by a ghost"."""
    preposition, above = governor(token)
    if preposition is not None and preposition.lower_ in _LIKENING:
        return True
    if (
        above is not None
        and above.pos_ == "VERB"
        and above.lemma_.lower() in ("resemble", "mimic", "evoke", "suggest")
    ):
        return True
    return any(
        child.dep_ == "mark"
        and child.lower_ in ("if", "though")
        and child.i > 0
        and child.nbor(-1).lower_ == "as"
        for ancestor in token.ancestors
        for child in ancestor.lefts
    )


def is_setting(token: "Token") -> bool:
    """Whether the noun names where, when or in what weather a picture is: "night", "parking lot".

    A proper name of several words ("Great Wall") names one thing to be drawn.
    """
    if token.pos_ == "PROPN" and any(
        child.pos_ == "PROPN" and child.dep_ == "compound" for child in token.lefts
    ):
        return False
    word = lemma(token)
    before = token.doc[token.i - 1].lower_ if token.i else ""
    return word in SETTINGS or f"{before}_{word}" in SETTINGS


def is_compound(token: "Token") -> bool:
    """Whether a noun before it makes it a thing of its own: a "traffic light" is no light."""
    return any(child.dep_ == "compound" and child.pos_ in ("NOUN", "PROPN") for child in token.lefts)


def modifiers(token: "Token") -> tuple[str, ...]:
    """The adjectives and nouns before a noun, in small letters."""
    words = (child for child in before(token) if child.dep_ in _MODIFIERS and child.is_alpha)
    return tuple(child.lower_ for child in words if adjoins(child))


def is_definite(token: "Token") -> bool:
    """Whether the phrase speaks of something known: "the", "this", "its"."""
    return any(
        child.lower_ in ("the", "this", "that", "these", "those") or child.dep_ == "poss"
        for child in token.lefts
    )


def is_bare(token: "Token") -> bool:
    """Whether the noun stands with no determiner, number or adjective."""
    return not any(child.dep_ in ("det", "nummod", "poss", "amod") for child in token.lefts)


def stated_count(token: "Token") -> int | None:
    """How many the prompt says there are, by a numeral, a vague word or a collective noun; None if it says
    nothing.
    """
    counting = (child for child in before(token) if child.dep_ in _COUNTING or child.lower_ == "dozen")
    numbers = [number for child in counting if child.nbor().text != "-" and (number := _number(child))]
    if numbers:
        return min(numbers[0], _LARGEST_COUNT)
    group = group_over(token)
    return _collected(group) if group is not None else None


def before(token: "Token") -> Iterator["Token"]:
    """The words before a noun that depend on it, or on a counted singular that it is made of: in "two red
    heart shapes" a parser takes the heart to be two and red.
    """
    for child in token.lefts:
        noun = child.dep_ == "compound" and _number(child) is None and not is_plural(child)
        made_of = noun and is_plural(token) and adjoins(child)
        if made_of and any(word.dep_ == "nummod" and word.nbor().text != "-" for word in child.lefts):
            yield from child.lefts
        yield child


def is_vague(token: "Token") -> bool:
    """Whether the prompt says how many, but by no number: "a few", "several"."""
    return any(child.lower_ in _VAGUE for child in token.lefts)


def is_counted(token: "Token") -> bool:
    """Whether the prompt says how many there are, be it one."""
    return stated_count(token) is not None or any(child.norm_ == "one" for child in token.lefts)


def _collected(group: "Token") -> int | None:
    each = COLLECTIVES.get(lemma(group)) or NUMBERS.get(group.lower_)
    times = stated_count(group) if each else None
    return min(each * (times or 1), _LARGEST_COUNT) if each else None


def _number(token: "Token") -> int | None:
    if token.lower_ in ("dozen", "dozens"):
        multiples = [_number(child) for child in token.lefts]
        return 12 * next((number for number in multiples if number), 2 if token.lower_ == "dozens" else 1)
    if re.fullmatch(r"\d{1,4}", token.text):
        return int(token.text)
    return NUMBERS.get(token.lower_)
