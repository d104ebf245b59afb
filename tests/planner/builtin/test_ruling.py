"""What the model's rules say of words, looked up: the same as where every rule is tried at every word."""

from typing import TYPE_CHECKING, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from planner.builtin.parser import english
from planner.builtin.ruling import Ruling

if TYPE_CHECKING:
    from spacy.pipeline import AttributeRuler
    from spacy.tokens import Doc

RULER = "attribute_ruler"
SAID: list[int | str] = ["TAG", "POS", "MORPH", "LEMMA", "DEP", "HEAD"]
PIECES = (
    "There is a cat that", "it does not", "they are", "nobody ain't", "let's go", "y'all", "you gotta",
    "gonna", "There's one", "will have been", "which has", "an old man's dog", "'em", "two of them", "to run",
    "under the tree,", "a red, round ball.", "That is mine;", "do you",
)  # fmt: skip


def tagged(text: str) -> "Doc":
    """The words tagged and parsed, before any rule."""
    doc = english().make_doc(text)
    for name, component in english().pipeline:
        if name == RULER:
            break
        doc = component(doc)
    return doc


def rules() -> "AttributeRuler":
    return cast("AttributeRuler", english().get_pipe(RULER))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6))
def test_words_looked_up_are_as_the_rules_say(pieces: list[str]) -> None:
    text = " ".join(pieces)
    looked_up = Ruling.of(rules())
    expected = rules()(tagged(text)).to_array(SAID).tolist()
    assert looked_up(tagged(text)).to_array(SAID).tolist() == expected
    assert looked_up(tagged(text)).to_array(SAID).tolist() == expected


def test_most_rules_hang_on_a_word_alone() -> None:
    ruling = Ruling.of(rules())
    assert 0 < len(ruling.wider.patterns) < len(rules().patterns) / 10
