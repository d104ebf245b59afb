"""What must not appear, and positive words without it."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from planner.builtin.absence import denial
from planner.builtin.keeping import kept
from planner.builtin.nouns import first_of_list
from planner.builtin.phrases import noun_phrase
from planner.builtin.things import Cast
from planner.builtin.wording import tidy

if TYPE_CHECKING:
    from spacy.tokens import Token

_LONGEST = 80
_DANGLING = re.compile(
    r"(?:\s*,)?\s+(?:and|but|or|with|without|in|of|that|which|is|are|there)$", re.IGNORECASE
)
_LEADING = re.compile(r"^(?:and|but|or)\s+", re.IGNORECASE)
_ARTICLE = re.compile(r"(?:an?|the|one|two|three)\b", re.IGNORECASE)
_JOINED = re.compile(r"(?:,\s*)?\b(?:and|but|or|with)\s*(?=[.,;]|$)", re.IGNORECASE)
_INTRODUCING = frozenset({"with", "has", "have", "is", "are", "and", "but"})
_QUANTIFIERS = frozenset({"any", "no", "other", "single", "more"})


def absent_phrases(cast: Cast) -> tuple[str, ...]:
    """What the prompt rules out, as bare noun phrases in its own words."""
    found = (
        _bare(cast.reading.doc[head], cast)
        for head, mention in cast.mentions.items()
        if mention.role == "absent"
    )
    return tuple(dict.fromkeys(phrase for phrase in found if phrase))


def _bare(token: "Token", cast: Cast) -> str:
    words = noun_phrase(token, cast).split()
    while words and words[0].lower() in _QUANTIFIERS:
        words.pop(0)
    return tidy(" ".join(words))[:_LONGEST].strip()


def affirmed(cast: Cast) -> str:
    """The whole prompt without the clauses that rule something out."""
    prompt = cast.reading.prompt
    for start, end in sorted(_denied(cast), reverse=True):
        prompt = _joined(prompt[:start], prompt[end:])
    return prompt.strip()


def _denied(cast: Cast) -> Iterator[tuple[int, int]]:
    """The character spans of what is ruled out, merged where they meet."""
    last = (0, 0)
    for start, end in sorted(_spans(cast)):
        if start <= last[1] and last[1]:
            last = (last[0], max(end, last[1]))
            continue
        if last[1]:
            yield last
        last = (start, end)
    if last[1]:
        yield last


def _spans(cast: Cast) -> Iterator[tuple[int, int]]:
    words = cast.reading.words
    for head, mention in cast.mentions.items():
        if mention.role == "absent":
            token = cast.reading.doc[head]
            first, last = _extent(token, cast)
            yield words[first].start, words[last].end


def _extent(token: "Token", cast: Cast) -> tuple[int, int]:
    """The first and last token of the clause that rules `token` out."""
    found = denial(token)
    last = max(kept(token, cast))
    start = min(token.left_edge.i, found.i if found is not None else token.i)
    clause = first_of_list(token)
    if clause.dep_ in ("nsubj", "nsubjpass"):
        last = max(last, *(word.i for word in clause.head.subtree if not word.is_punct))
    if found is not None and found.lemma_.lower() == "leave":
        last = max([last, *(child.i for child in found.children if child.lower_ == "out")])
    if found is not None and found.dep_ == "neg" and found.head.pos_ in ("VERB", "AUX"):
        start = min(start, found.head.left_edge.i)
    start = min([start, *(child.i for child in token.head.children if child.dep_ == "expl")])
    introduced = start > 0 and token.doc[start - 1].lower_ in _INTRODUCING
    return start - introduced, last


def _joined(before: str, after: str) -> str:
    before = _DANGLING.sub("", before.rstrip(" ,;"))
    after = after.lstrip(" ")
    gap = "" if not after or after[0] in ".,;:!?" or not before else " "
    if before and _ARTICLE.match(after):
        gap = ", "
    return f"{before}{gap}{after}" if before else _LEADING.sub("", after.lstrip(" ,;:.")) or ""


def scrubbed(words: str, absent: Iterable[str]) -> str:
    """`words` without any of the absent phrases, whole words only."""
    for phrase in absent:
        words = re.sub(rf"(?<!\w){re.escape(phrase)}(?!\w)", "", words, flags=re.IGNORECASE)
    return tidy(_JOINED.sub("", words)) if absent else words
