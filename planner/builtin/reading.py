"""A prompt as read: parsed English in which fixed expressions of place are one plain word each."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from planner.builtin.cues import Cue
from planner.builtin.expressions import cues
from planner.builtin.lexicon import DIMENSIONS, NUMBERS, SETTINGS, word_set
from planner.builtin.nouns import is_plural
from planner.builtin.parser import english, lemmatised, parsed, vectors
from planner.builtin.repair import misread
from planner.builtin.spelling import respelt, singular
from planner.builtin.style import Manner, manners

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token
    from thinc.types import Ints2d


_AFTER_PRONOUN = word_set("""
    of is are was on in with and or at has to by for from that who which hundred thousand more
""")
"""What follows "one" where it is no article: "one of them"."""


_DEFINITE = frozenset({"the", "this", "that"})
"""What makes "one" a thing that was spoken of: "the one on the right"."""

_ROUNDS = 2
"""A word that was read anew may show another to be misread."""

_NOT_BARE = word_set("""
    in on at of the a an and or with by near under over to from its his her their is are no
""")


_PARSE: list[int | str] = ["TAG", "POS", "MORPH", "LEMMA", "HEAD", "DEP"]
_SEEN = 4
"""Words to either side that tell on the vector of a word, as the model was trained."""

_LONGEST_MEASURE = 8
_FRACTIONS = frozenset({"half", "quarter", "third"})

_JOINTS = frozenset(",-'’/&") | {"--"}


@dataclass(frozen=True)
class Word:
    """What the parser reads at one place, and the characters of the prompt that it stands for.

    `said` is the prompt's own word where the parser reads a plainer one; the token's norm keeps it.
    """

    text: str
    start: int
    end: int
    opens: bool = False
    cue: Cue | None = None
    said: str = ""


@dataclass(frozen=True)
class Reading:
    """A parsed prompt; `words[i]` says where token i of `doc` comes from."""

    prompt: str
    doc: "Doc"
    words: tuple[Word, ...]
    manners: tuple[Manner, ...]
    orders: tuple[Cue, ...]

    @cached_property
    def cues(self) -> Mapping[int, Cue]:
        """The fixed expressions by the token that stands in for them."""
        return {i: word.cue for i, word in enumerate(self.words) if word.cue}

    @cached_property
    def joints(self) -> tuple[int, ...]:
        """The tokens that join the words around them: commas, hyphens and the like."""
        return tuple(i for i, word in enumerate(self.words) if word.text in _JOINTS)

    @cached_property
    def colons(self) -> tuple[int, ...]:
        """The tokens that are colons: what is before one is no part of the phrase after it."""
        return tuple(i for i, word in enumerate(self.words) if word.text == ":")

    def source(self, token: "Token") -> str:
        """The prompt's own text of a token."""
        word = self.words[token.i]
        return self.prompt[word.start : word.end]


def read(prompt: str) -> Reading:
    """Parse `prompt`; style words are set aside, and expressions of place are read as one word."""
    found, style = cues(prompt), manners(prompt)
    words = _words(prompt, found, style)
    doc = _finished(_parsed(words), words)
    for _ in range(_ROUNDS):
        stand_ins = misread(doc)
        if not stand_ins:
            break
        words = _reread(words, stand_ins)
        doc = _finished(_parsed_again(doc, words, stand_ins), words)
    return Reading(prompt, doc, words, style, tuple(cue for cue in found if cue.order))


def _finished(doc: "Doc", words: Sequence[Word]) -> "Doc":
    """The parse with lemmas, and with the prompt's own words as norms: the parser looks at norms too."""
    doc = lemmatised(doc)
    for i in (i for i, word in enumerate(words) if word.said):
        token, said = doc[i], words[i].said
        token.norm_ = said
        if token.pos_ == "NOUN":
            token.lemma_ = singular(said) if is_plural(token) else said
    return doc


def _parsed(words: Sequence[Word]) -> "Doc":
    """The words as tagged and parsed."""
    return parsed(_document(words))


def _document(words: Sequence[Word]) -> "Doc":
    from spacy.tokens import Doc

    read_as = [word.text for word in words]
    opens: list[bool | int | None] = [word.opens or None for word in words]
    return Doc(english().vocab, words=read_as, spaces=_spaces(words), sent_starts=opens)


def _parsed_again(doc: "Doc", words: Sequence[Word], changed: Collection[int]) -> "Doc":
    """The parse of `words`, where those `changed` differ from the words of `doc`.

    Their sentences alone are parsed, among as many words around them as tell on them.
    """
    sentences = [range(sentence.start, sentence.end) for sentence in doc.sents]
    again = [i for sentence in sentences if any(i in sentence for i in changed) for i in sentence]
    near = _around(again, words)
    starts = {sentence.start for sentence in sentences}
    part = _document([replace(words[i], opens=i in starts) for i in near])
    tensor = _vectors_again(doc, words, changed)
    part.tensor = tensor[near]
    rows = doc.to_array(_PARSE)
    rows[again] = parsed(part).to_array(_PARSE)[np.searchsorted(near, again)]
    from spacy.tokens import Doc

    bare = Doc(doc.vocab, [word.text for word in words], _spaces(words))
    bare.tensor = tensor
    return bare.from_array(_PARSE, cast("Ints2d", rows))


def _vectors_again(doc: "Doc", words: Sequence[Word], changed: Iterable[int]) -> NDArray[np.float64]:
    """The vectors of `words`, those of `doc` but near the words `changed`: (words, 96)."""
    told = _around(changed, words)
    seen = _around(told, words)
    tensor = np.array(doc.tensor)
    tensor[told] = vectors(_document([words[i] for i in seen]))[np.searchsorted(seen, told)]
    return tensor


def _around(places: Iterable[int], words: Sequence[Word]) -> list[int]:
    """The places, and those of as many words beside each as tell on it."""
    return sorted({j for i in places for j in range(max(i - _SEEN, 0), min(i + _SEEN + 1, len(words)))})


def _spaces(words: Sequence[Word]) -> list[bool]:
    """Whether a space follows each word, which the tagger looks at; none precedes a mark that was put in."""
    gaps = [after.end > after.start > word.end or word.end == word.start for word, after in pairwise(words)]
    return [*gaps, False][: len(words)]


def _reread(words: Sequence[Word], stand_ins: Mapping[int, str]) -> tuple[Word, ...]:
    return tuple(
        replace(word, text=stand_ins[i], said=word.said or word.text) if i in stand_ins else word
        for i, word in enumerate(words)
    )


def _words(prompt: str, found: tuple[Cue, ...], style: tuple[Manner, ...]) -> tuple[Word, ...]:
    words: list[Word] = []
    opens = True
    by_letter = {letter: cue for cue in found for letter in range(cue.start, cue.end)}
    for token in english().make_doc(prompt):
        start, end = token.idx, token.idx + len(token.text)
        cue = next((by_letter[letter] for letter in range(start, end) if letter in by_letter), None)
        if token.is_space:
            opens = opens or "\n" in token.text
        elif any(manner.start < end and start < manner.end for manner in style):
            continue
        elif cue is None:
            words.append(Word(token.text, start, end, opens))
            opens = False
        elif cue.word and not (words and words[-1].cue is cue):
            words.append(Word(cue.word, cue.start, cue.end, opens, cue))
            opens = False
    return tuple(_ended(list(_set_apart(list(_eased(_spelt(words)))))))


def _spelt(words: list[Word]) -> list[Word]:
    plurals = respelt([word.text for word in words])
    return [replace(word, text=plurals[i]) if i in plurals else word for i, word in enumerate(words)]


def _set_apart(words: list[Word]) -> Iterator[Word]:
    """The words with each bare setting of a list in a sentence of its own: "a ring, sea, dusk" is no "ring
    sea dusk". So is a measure before a colon: "three inches tall: a fairy".
    """
    start = 0
    for i, word in enumerate(words):
        measured = word.text == ":" and _is_measure(words[start:i])
        apart = word.text == ";" or measured or (word.text in ",:" and _is_setting(words[start:i]))
        begins = i + 1 < len(words) and (
            apart or (word.text == "," and _is_setting(_until_mark(words[i + 1 :])))
        )
        if word.text in ",;:.":
            start = i + 1
        if begins:
            words[i + 1] = replace(words[i + 1], opens=True)
        yield word


def _until_mark(words: list[Word]) -> list[Word]:
    return list(takewhile(lambda word: word.text not in ",;:." and not word.opens, words))


def _is_setting(words: list[Word]) -> bool:
    """Whether a few words name a setting and nothing else: "snow", "blue sky"."""
    if not 0 < len(words) <= 3 or words[-1].text.lower() not in SETTINGS:
        return False
    return all(word.cue is None and word.text.lower() not in _NOT_BARE for word in words)


def _is_measure(words: list[Word]) -> bool:
    """Whether a few words say how large something is, and not what: "three inches tall"."""
    said = [word.text.lower() for word in words]
    counted = any(_is_number(word) or word in _FRACTIONS for word in said)
    return 3 <= len(said) <= _LONGEST_MEASURE and said[-1] in DIMENSIONS and counted


def _is_number(word: str) -> bool:
    return word.isdigit() or word in NUMBERS


def _eased(words: list[Word]) -> Iterator[Word]:
    """The words as they are parsed best: "a clock, and three birds", where without the comma "clock" would
    count birds too.
    """
    for i, word in enumerate(words):
        after = words[i + 1].text.lower() if i + 1 < len(words) else ""
        counted = _is_number(after)
        if word.text.lower() == "and" and counted and i and words[i - 1].text != ",":
            yield Word(",", word.start, word.start)
        known = i > 0 and words[i - 1].text.lower() in _DEFINITE
        is_article = (
            word.text.lower() == "one" and not known and after.isalpha() and after not in _AFTER_PRONOUN
        )
        yield replace(word, text="a", said="one") if is_article else word


def _ended(words: list[Word]) -> Iterator[Word]:
    """The words with a full stop after each line that has none: fragments are parsed much better so."""
    for word, after in zip(words, [*words[1:], None][: len(words)], strict=True):
        yield word
        last = after is None or after.opens
        if last and word.text[-1] not in ".!?:;":
            yield Word(".", word.end, word.end)
