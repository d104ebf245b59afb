"""Which words below a noun or a verb belong to a thing's own prompt: not those of other things, and no place
words.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.builtin.lexicon import CARRY, TURNING, word_set
from planner.builtin.nouns import is_group, object_of
from planner.builtin.things import Cast

if TYPE_CHECKING:
    from spacy.tokens import Token

_LOOSE = word_set("""
    punct expl dep parataxis intj meta mark preconj aux auxpass nsubj nsubjpass ccomp csubj neg appos
""")
_AUXILIARY = frozenset(["aux", "auxpass", "neg"])
_RELATIVES = frozenset(["who", "which", "that"])
_NEEDS_ITS_COMPLEMENT = word_set("with by of in from to between into for as")
_POSSESSING = word_set("be have feature contain include boast")


def kept(token: "Token", cast: Cast) -> tuple[int, ...]:
    """The indices of `token` and of what is said below it in the parse of the same thing."""
    return tuple(_Keeping(cast, cast.thing_of(token)).below(token))


def says_something(verb: "Token", cast: Cast) -> bool:
    """Whether a clause still says something once other things and places are taken out of it."""
    return _Keeping(cast, cast.thing_of(verb)).says_something(verb)


@dataclass(frozen=True)
class _Keeping:
    """What belongs to one thing, by its index in the cast; None for what is no thing, as a setting is."""

    cast: Cast
    whose: int | None

    def below(self, token: "Token") -> Iterator[int]:
        yield token.i
        bereft = token.pos_ == "VERB" and any(self._is_lost_object(child) for child in token.children)
        for child in token.children:
            if self._belongs(child, token) and not (
                bereft and child.dep_ != "prt" and not _is_of_relative(child)
            ):
                yield from self.below(child)

    def says_something(self, verb: "Token") -> bool:
        if verb.pos_ == "AUX" or verb.lemma_.lower() in _POSSESSING:
            return any(self._belongs(child, verb) for child in verb.children if self._completes(child))
        if verb.lemma_.lower() in CARRY | TURNING and any(
            self._is_lost_object(child) for child in verb.children
        ):
            return False
        if verb.tag_ != "VBN":
            return True
        lost = (
            child
            for child in verb.children
            if child.dep_ in ("prep", "agent") and not self._belongs(child, verb)
        )
        return not any(
            child.lower_ in _NEEDS_ITS_COMPLEMENT for child in lost if child.i not in self.cast.reading.cues
        )

    def _completes(self, child: "Token") -> bool:
        """Whether it says what the subject is or has: an adjective, a noun, or "of red color"."""
        target = object_of(child) if child.dep_ == "prep" else None
        mention = self.cast.mentions.get(target.i) if target is not None else None
        return child.dep_ in ("acomp", "attr", "dobj") or (mention is not None and mention.role == "nothing")

    def _belongs(self, child: "Token", above: "Token") -> bool:
        if child.i in self.cast.reading.cues or child.tag_ == "WRB" or self._denies(child):
            return False
        if any(child.i < colon < above.i for colon in self.cast.reading.colons):
            return False
        if child.dep_ in _LOOSE:
            infinitive = child.tag_ == "TO" and above.dep_ in ("xcomp", "acl", "advcl", "relcl")
            return infinitive or (above.dep_ == "relcl" and _is_of_relative(child) and child.i < above.i)
        if child.dep_ == "cc":
            return any(
                self._belongs(other, above)
                for other in above.children
                if other.dep_ == "conj" and other.i > child.i
            )
        if child.i in self.cast.mentions:
            return not (child.dep_ == "conj" and is_group(child)) and self._noun_belongs(child, above)
        if child.dep_ in ("prep", "agent"):
            return self._preposition_belongs(child, above)
        if child.dep_ in ("acl", "relcl", "advcl"):
            return self._clause_belongs(child)
        return child.dep_ not in ("conj", "case") or (
            child.pos_ in ("ADJ", "ADV") and above.pos_ == child.pos_
        )

    def _denies(self, child: "Token") -> bool:
        """As in "devoid of trees", where nothing is left without the trees."""
        targets = [object_of(preposition) for preposition in child.children if preposition.lower_ == "of"]
        found = [self.cast.mentions.get(target.i) for target in targets if target is not None]
        return child.pos_ == "ADJ" and any(
            mention is not None and mention.role == "absent" for mention in found
        )

    def _noun_belongs(self, noun: "Token", above: "Token") -> bool:
        mention = self.cast.mentions[noun.i]
        if mention.role == "part":
            return self.whose is None or self.cast.thing_at(noun.i) == self.whose
        if mention.role == "thing" and mention.owner is not None:
            return self.whose is not None and self.cast.thing_at(mention.owner) == self.whose
        in_clause = above.pos_ in ("VERB", "AUX") or above.head.pos_ in ("VERB", "AUX")
        return mention.role == "nothing" or (
            mention.role == "setting" and in_clause and self.whose is not None
        )

    def _preposition_belongs(self, preposition: "Token", above: "Token") -> bool:
        target = object_of(preposition)
        if target is None:
            return any(
                self._belongs(child, preposition) for child in preposition.children if child.dep_ == "prep"
            )
        if target.i in self.cast.mentions:
            return self._noun_belongs(target, preposition) and not self._is_clausal_setting(target, above)
        return self._clause_belongs(target) if target.pos_ in ("VERB", "ADJ") else target.pos_ != "PRON"

    def _is_clausal_setting(self, target: "Token", above: "Token") -> bool:
        """As in "a heart in the grass": the grass is not the heart's; "a cat sleeping in the grass": it may
        stay.
        """
        return self.cast.mentions[target.i].role == "setting" and above.pos_ != "VERB"

    def _clause_belongs(self, verb: "Token") -> bool:
        subjects = [child for child in verb.children if child.dep_ in ("nsubj", "nsubjpass")]
        if any(child.lower_ not in _RELATIVES for child in subjects):
            return False
        return self.says_something(verb)

    def _is_lost_object(self, child: "Token") -> bool:
        return (
            child.dep_ == "dobj"
            and child.i in self.cast.mentions
            and not self._noun_belongs(child, child.head)
        )


def _is_of_relative(child: "Token") -> bool:
    """The pronoun and the auxiliaries of a relative clause: "that is" in "a plane that is flying"."""
    return child.dep_ in _AUXILIARY or (child.dep_ in ("nsubj", "nsubjpass") and child.lower_ in _RELATIVES)
