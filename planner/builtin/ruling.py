"""Parts of speech and morphology by the model's own rules, each word looked up as it was told before.

The model has some two hundred rules (spaCy's attribute ruler), and nearly all ask for nothing but a word's
own tag, letters and dependency: what they say of such a triple, they always say. spaCy tries each rule at
each word anew, which takes a third of the time that tagging and parsing take.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import numpy as np

if TYPE_CHECKING:
    from spacy.pipeline import AttributeRuler
    from spacy.tokens import Doc
    from thinc.types import Ints2d

_ASKED: list[int | str] = ["TAG", "LOWER", "DEP"]
_SAID: list[int | str] = ["POS", "MORPH", "LEMMA"]
_OWN = frozenset({"TAG", "LOWER", "DEP", "IS_SPACE"})
"""What a rule may ask of a word for its answer to hang on the triple alone."""

_MOST = 1 << 15
"""Triples that are remembered; a prompt of 500 words has some four hundred."""

Row = tuple[int, ...]


@dataclass(frozen=True)
class Ruling:
    """The rules of a model, for documents that have no spaces for words.

    `rules` are all of them; `wider` those that look further than the triple: at the word before, say. In
    spaCy's model none of these is overruled by a later one.
    """

    rules: "AttributeRuler"
    wider: "AttributeRuler"
    known: dict[Row, Row] = field(default_factory=dict[Row, Row])

    @classmethod
    def of(cls, rules: "AttributeRuler") -> "Ruling":
        """Nothing learnt yet."""
        from spacy.pipeline import AttributeRuler

        wider = AttributeRuler(rules.vocab)
        wider.add_patterns([rule for rule in rules.patterns if _looks_further(rule)])
        return cls(rules, wider)

    def __call__(self, doc: "Doc") -> "Doc":
        """Write into `doc`, which is tagged and parsed, what the rules say; returns it."""
        if len(self.known) > _MOST:
            self.known.clear()
        asked = [tuple(row) for row in doc.to_array(_ASKED).tolist()]
        for row in set(asked) - self.known.keys():
            self.known[row] = self._told(row, doc)
        said = np.array([self.known[row] for row in asked], dtype=np.uint64)
        return self.wider(doc.from_array(_SAID, cast("Ints2d", said)))

    def _told(self, row: Row, doc: "Doc") -> Row:
        """What the rules say of a word that stands alone."""
        from spacy.tokens import Doc

        tag, lower, dependency = row
        alone = Doc(doc.vocab, words=[doc.vocab.strings[lower]])
        alone.from_array(["TAG", "DEP"], cast("Ints2d", np.array([[tag, dependency]], dtype=np.uint64)))
        return tuple(self.rules(alone).to_array(_SAID)[0].tolist())


def _looks_further(rule: Mapping[str, object]) -> bool:
    forms = cast("list[list[dict[str, object]]]", rule["patterns"])
    return any(len(words) > 1 or not words[0].keys() <= _OWN for words in forms)
