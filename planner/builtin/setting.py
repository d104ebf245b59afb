"""The setting as a phrase: where, when and in what weather the picture is."""

from typing import TYPE_CHECKING

from planner.builtin.clauses import predicate_adjectives
from planner.builtin.nouns import lemma
from planner.builtin.phrases import noun_phrase
from planner.builtin.things import Cast

if TYPE_CHECKING:
    from spacy.tokens import Token

_MOST_WORDS = 80


def _phrase(token: "Token", cast: Cast) -> str:
    phrase = noun_phrase(token, cast)
    phrase = phrase[:1].lower() + phrase[1:] if token.left_edge.i == token.sent.start else phrase
    told = predicate_adjectives(token.head, cast) if token.dep_ == "nsubj" else []
    return " ".join([*told, phrase])


def background(cast: Cast) -> str:
    """The settings of a prompt in its own words, each once, in its order: "night, grass"; empty where none
    is named.
    """
    phrases: dict[str, str] = {}
    for head, mention in cast.mentions.items():
        if mention.role != "setting":
            continue
        token = cast.reading.doc[head]
        phrase, known = _phrase(token, cast), phrases.get(lemma(token), "")
        if len(phrase.split()) > len(known.split()):
            phrases[lemma(token)] = phrase
    words = 0
    chosen: list[str] = []
    for phrase in phrases.values():
        words += len(phrase.split())
        if words <= _MOST_WORDS or not chosen:
            chosen.append(phrase)
    return ", ".join(chosen)
