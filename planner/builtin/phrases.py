"""A prompt of its own for each thing: the user's words for it, its attributes, its parts and what it does."""

from typing import TYPE_CHECKING

from planner.builtin.clauses import Said, parts_of, predications, said_of
from planner.builtin.keeping import kept
from planner.builtin.lexicon import word_set
from planner.builtin.nouns import before, group_over, is_plural, lemma
from planner.builtin.things import Cast, Thing
from planner.builtin.wording import text, with_article
from planner.scene import MAX_COUNTED

if TYPE_CHECKING:
    from spacy.tokens import Token

_MOST_WORDS = 45
_ARTICLES = frozenset({"a", "an", "the"})
_QUANTITIES = ("nummod", "predet", "quantmod")
_COUNTING = word_set("both few several couple dozen all each many some any single lone twin")


def region_prompts(cast: Cast) -> tuple[str, ...]:
    """For each thing what to draw, standing alone; for a count of 2 to 10, one of them."""
    return tuple(_prompt(index, verbs, cast) for index, verbs in enumerate(predications(cast)))


def _prompt(index: int, verbs: tuple["Token", ...], cast: Cast) -> str:
    thing = cast.things[index]
    head = cast.reading.doc[thing.head]
    below = _below(head, cast)
    said = said_of(index, verbs, cast)
    phrase = (
        _one(head, below, said, cast) if 1 < thing.count <= MAX_COUNTED else _all(thing, below, said, cast)
    )
    for clause in (*said.clauses, *parts_of(index, cast, frozenset(below))):
        if len(f"{phrase} {clause}".split()) <= _MOST_WORDS:
            after_noun = phrase.endswith((cast.reading.source(head), lemma(head)))
            phrase = f"{phrase} {clause}" if after_noun else f"{phrase}, {clause}"
    starts_sentence = head.sent.start == head.left_edge.i
    common = head.pos_ != "PROPN" or phrase.partition(" ")[0].lower() in _ARTICLES
    return phrase[:1].lower() + phrase[1:] if starts_sentence and common else phrase


def noun_phrase(token: "Token", cast: Cast) -> str:
    """A noun with what is said of it, without article or possessive pronoun."""
    return text(
        cast.reading, [i for i in kept(token, cast) if not _is_determiner(cast.reading.doc[i], token)]
    )


def _one(head: "Token", below: list[int], said: Said, cast: Cast) -> str:
    """One of several: "two green triangles" → "a green triangle"."""
    doc = cast.reading.doc
    counting = _counting(head)
    plural = {token.i for child in head.rights if _is_plural_clause(child) for token in child.subtree}
    own = [i for i in below if not _is_determiner(doc[i], head) and i not in counting | plural]
    noun = lemma(head) if is_plural(head) else cast.reading.source(head)
    return with_article(_described(own, head, said, cast, noun))


def _all(thing: Thing, below: list[int], said: Said, cast: Cast) -> str:
    """One thing, or many as a group: with the article, the number or the "flock of" that it has in the
    prompt.
    """
    head = cast.reading.doc[thing.head]
    group = group_over(head)
    gathered = range(group.left_edge.i, head.left_edge.i) if group is not None else ()
    owners = [i for i in below if cast.reading.doc[i].tag_ == "PRP$" and cast.reading.doc[i].head == head]
    own = [i for i in (*below, *gathered) if i not in owners and i not in cast.reading.cues]
    phrase = _described(own, head, said, cast, cast.reading.source(head))
    return with_article(phrase) if owners and not is_plural(head) else phrase


def _described(own: list[int], head: "Token", said: Said, cast: Cast, noun: str) -> str:
    """The words `own` with the adjectives of later sentences put before the noun's first modifier."""
    phrase = text(cast.reading, own, {head.i: noun})
    new = [words for words in said.adjectives if words.lower() not in phrase.lower()]
    modifiers = [i for i in own if i <= head.i and not _is_determiner(cast.reading.doc[i], head)]
    if not new or not modifiers:
        return phrase
    first = min(modifiers)
    told = noun if first == head.i else cast.reading.source(cast.reading.doc[first])
    described = text(cast.reading, own, {head.i: noun, first: f"{', '.join(new)} {told}"})
    article, _, rest = described.partition(" ")
    return with_article(rest) if article.lower() in ("a", "an") else described


def _below(head: "Token", cast: Cast) -> list[int]:
    """The words below a noun; the noun with its plain modifiers alone where they would be too many."""
    below = kept(head, cast)
    if len(below) <= _MOST_WORDS:
        return list(below)
    return sorted({head.i, *(i for child in head.lefts for i in kept(child, cast) if i in below)})


def _is_determiner(token: "Token", head: "Token") -> bool:
    return token.head == head and (token.dep_ in ("det", "predet") or token.tag_ == "PRP$")


def _is_plural_clause(token: "Token") -> bool:
    """As in "that droop": said of many, it cannot be said of one."""
    return token.dep_ == "relcl" and (
        token.tag_ == "VBP" or any(child.lower_ in ("are", "have") for child in token.lefts)
    )


def _counting(head: "Token") -> set[int]:
    """The words before a noun that say how many: "a few", "about three"."""
    said = (child for child in before(head) if child.dep_ in _QUANTITIES or child.lower_ in _COUNTING)
    return {token.i for child in said for token in child.subtree}
