"""Reading: what is parsed again is parsed as it would be among all the words."""

import pytest

from planner.builtin.parser import english
from planner.builtin.reading import read

AROUND = "Two cats sleep on a red sofa near the window. {} Behind the house there are three trees."
MISREAD = (
    "A young blacksmith hammers a glowing sword on an anvil.",
    "A dog with its glossy coat shimmering stands on a hill.",
    "A sailor waves at a ship with its white sails billowing.",
)


@pytest.mark.parametrize("sentence", MISREAD)
def test_sentences_read_again_are_parsed_as_among_all_words(sentence: str):
    doc = read(AROUND.format(sentence)).doc
    whole = english()(" ".join(token.text for token in doc))
    told = [(t.text, t.tag_, t.pos_, t.dep_, t.head.i, t.lemma_, t.is_sent_start) for t in doc]
    assert told == [(t.text, t.tag_, t.pos_, t.dep_, t.head.i, t.lemma_, t.is_sent_start) for t in whole]
