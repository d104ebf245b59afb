"""Words that a small parser misreads, told by their form, and a plain word to read in their stead.

It takes "a young blacksmith hammers a sword" for one long noun: no plural follows "a", so the plural there is
a verb. Of "its glossy coat shimmering" the last word is a participle, and a "teddy" right before "bear" is
one noun with it.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from planner.builtin.cues import NEARBY
from planner.builtin.lexicon import ANIMATE, COLOURS, NUMBERS, word_set
from planner.builtin.nouns import lemma
from planner.builtin.parser import known
from planner.builtin.spelling import singular

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

_TRANSITIVE, _INTRANSITIVE, _PARTICIPLE, _BARE_VERB = "pushes", "sits", "moving", "sit"
_NOUN, _PLURAL, _ADJECTIVE = "toy", "toys", "plain"
_COPULA = "are"
_POSITIONS = word_set("sit lie stand hang grow wait rest lean perch kneel sleep float swim hover lurk")
_PLACED = word_set("sitting lying standing hanging waiting resting leaning kneeling sleeping hovering")
_IN_PHRASE = ("DET", "ADJ", "NOUN", "PROPN", "NUM", "PRON")
_OPENING = frozenset({",", ";", ":", ".", "and"})
_SHORTEST_SENTENCE = 8
_SHORTEST_NOUN = 4
_QUANTITIES = word_set("few couple several dozen many hundred thousand lot")
_NOUNS = word_set("""
    building painting ceiling ring earring clothing lighting railing awning string evening morning king
    wing thing spring swing pudding dressing stocking crossing wedding drawing sling bearing casing
    coating lining clearing flooring sibling duckling stuffing topping icing frosting filling seasoning
    carving etching engraving
""")


def misread(doc: "Doc") -> dict[int, str]:
    """The tokens to be read again, each with its stand-in."""
    words = list(doc)
    verbs = {token.i: _stand_in(token) for token in words if _is_finite_verb(token)}
    participles = dict(
        _plainer(token) for token in words if _is_participle(token) or _is_hidden_adjective(token)
    )
    compounds = {token.i: _NOUN for token in words if _is_severed(token) and token.i + 1 not in verbs}
    compounds |= {
        token.i: _NOUN
        for token in words[:-1]
        if token.lower_ == "plus" and token.nbor().lower_.startswith("sign")
    }
    colours = {token.i: _ADJECTIVE for token in words[:-2] if _is_lone_colour(token)}
    numbers = {token.i: token.lower_ for token in words[:-1] if _is_named_number(token)}
    plain = {token.i: _BARE_VERB for token in words[:-1] if _is_bare_verb(token)}
    inverted = {token.i: _COPULA for token in words[:-1] if _is_inverted(token)}
    return compounds | participles | verbs | colours | _nouns(words) | numbers | plain | inverted


def _plainer(token: "Token") -> tuple[int, str]:
    """A participle's place and stand-in; where one stands there in vain, those of the noun before it."""
    return (token.i - 1, _NOUN) if token.text == _PARTICIPLE else (token.i, _PARTICIPLE)


def _is_inverted(token: "Token") -> bool:
    """A verb of position between its place and its subjects, taken for a noun or for one with an object:
    "beneath the bridge lie a boat and two oars".
    """
    if token.lower_ not in _POSITIONS:
        return False
    doc, start = token.doc, token.i - 1
    while start > 0 and doc[start].pos_ in _IN_PHRASE:
        start -= 1
    opens = start == 0 or doc[start].is_sent_start or doc[start - 1].lower_ in _OPENING
    after = token.nbor()
    listed = after.pos_ in ("DET", "NUM") or (after.tag_ in ("NNS", "JJ") and token.nbor(-1).tag_ != "NNS")
    return opens and listed and doc[start].pos_ == "ADP" and start < token.i - 1


def _is_named_number(token: "Token") -> bool:
    """A number in capital letters, taken for a name: "Thirty crows"."""
    named = token.tag_ in ("NN", "NNP", "NNPS") and token.dep_ in ("compound", "nmod")
    return named and token.like_num and token.lower_ in NUMBERS


def _is_bare_verb(token: "Token") -> bool:
    """A verb taken for a noun right after a counted plural: "three butterflies flutter over the daisies"."""
    if token.tag_ != "NN" or not token.i:
        return False
    before = token.nbor(-1)
    return (
        before.tag_ == "NNS"
        and before.head == token
        and any(word.like_num for word in (*token.lefts, *before.lefts))
        and token.lower_ in known("verb")
        and token.nbor().pos_ in ("ADP", "ADV")
    )


def _nouns(words: Iterable["Token"]) -> dict[int, str]:
    hidden = (token for token in words if _is_hidden_noun(token) or _is_counted(token))
    return {token.i: _NOUN if _is_noun(token.lower_) else _PLURAL for token in hidden}


def _is_hidden_noun(token: "Token") -> bool:
    """A word that English has as a noun alone, taken for something else: "a fire hydrant"."""
    tagged = token.tag_ in ("JJ", "RB", "VB", "VBP", "VBZ", "VBN", "VBD", "UH", "FW")
    if not tagged or len(token) < _SHORTEST_NOUN or not token.is_lower:
        return False
    verb = {token.lemma_, singular(token.lower_)} & known("verb")
    return not verb and (_is_noun(token.lower_) or _is_noun(singular(token.lower_)))


def _is_counted(token: "Token") -> bool:
    """A plural taken for a verb right after a number, or after a singular that has one: "three crows", "two
    heart shapes".
    """
    if token.tag_ not in ("VBZ", "VBP", "VB") or not token.i:
        return False
    before = token.nbor(-1)
    counted = _is_several(before) or (before.tag_ == "NN" and any(map(_is_several, before.lefts)))
    noun = singular(token.lower_)
    return counted and noun != token.lower_ and noun in known("noun")


def _is_several(token: "Token") -> bool:
    return token.like_num and token.lower_ not in ("one", "1")


def _is_hidden_adjective(token: "Token") -> bool:
    """A word that English has as an adjective alone, taken for a noun: "an orange stuck in a net"."""
    if token.tag_ != "NN" or not token.i:
        return False
    adjective = token.lower_ in known("adj") and token.lower_ not in known("noun")
    return adjective and token.nbor(-1).pos_ == "NOUN"


def _is_noun(word: str) -> bool:
    return word in known("noun") and not any(word in known(part) for part in ("verb", "adj", "adv"))


def _stand_in(token: "Token") -> str:
    after = token.doc[token.i + 1]
    return (
        _TRANSITIVE if after.pos_ in ("DET", "NUM", "ADJ", "NOUN") or after.dep_ == "poss" else _INTRANSITIVE
    )


def _is_finite_verb(token: "Token") -> bool:
    """A plural after "a noun", or after "the noun" in a long sentence that has no other verb."""
    if token.tag_ not in ("NNS", "NNPS") or not token.i or token.i + 1 >= len(token.doc):
        return False
    if not _follows_noun(token):
        return _is_severed(token.nbor(-1)) and any(child.dep_ == "det" for child in token.nbor(-1).lefts)
    determiners = {word.lower_ for word in token.doc[token.left_edge.i : token.i] if word.dep_ == "det"}
    if any(child.dep_ == "nummod" or child.lower_ in _QUANTITIES for child in token.lefts):
        return False
    sentence = token.sent
    lonely = token.dep_ == "ROOT" and len(sentence) >= _SHORTEST_SENTENCE and sentence[-1].text == "."
    going_on = token.doc[token.i + 1].pos_ in ("ADP", "ADV", "PART", "DET", "SCONJ")
    return bool(determiners & {"a", "an"}) or ("the" in determiners and lonely and going_on)


def _is_participle(token: "Token") -> bool:
    tag = token.tag_
    if tag not in ("VBG", "NN"):
        return False
    if (token.lower_ in _PLACED or token.text == _PARTICIPLE) and _is_described(token):
        return True
    if tag == "VBG" and token.dep_ != "amod":
        return _is_determined(token) and (_follows_noun(token) or any(map(_is_hidden_subject, token.lefts)))
    if tag != "NN" or not token.lower_.endswith("ing") or token.lower_ in _NOUNS:
        return False
    owned = any(child.dep_ == "poss" for child in token.lefts)
    alive = _is_determined(token) and token.i > 0 and lemma(token.nbor(-1)) in ANIMATE
    return (owned or alive) and _follows_noun(token)


def _is_described(token: "Token") -> bool:
    """Whether the noun before it was taken for an adjective: "a pink square standing nearby"."""
    if not 0 < token.i < len(token.doc) - 1:
        return False
    before = token.nbor(-1)
    return before.dep_ == "amod" and _is_determined(before) and token.nbor().lower_ == NEARBY


def _is_determined(token: "Token") -> bool:
    return any(child.dep_ == "det" for child in token.lefts)


def _is_lone_colour(token: "Token") -> bool:
    """A colour taken for a noun although a noun follows it: "a huge purple sphere", "a pink frosted cake"."""
    if token.lower_ not in COLOURS or token.tag_ not in ("NN", "NNP", "RB"):
        return False
    apart = token.dep_ not in ("amod", "compound", "nmod", "conj") or any(True for _ in token.lefts)
    describing = token.nbor().pos_ in ("ADJ", "VERB") and token.nbor(2).pos_ in ("NOUN", "PROPN", "ADJ")
    follows = token.nbor().pos_ in ("NOUN", "PROPN") and not _is_hidden_adjective(token.nbor())
    return apart and (follows or describing)


def _is_severed(token: "Token") -> bool:
    """A noun parted from the noun right after it: "a teddy" from "bear"."""
    if token.tag_ not in ("NN", "NNP") or token.i + 1 >= len(token.doc) or token.dep_ in ("compound", "nmod"):
        return False
    after = token.doc[token.i + 1]
    return (
        after.tag_ in ("NN", "NNS", "NNP", "VBP", "VB")
        and after.pos_ in ("NOUN", "PROPN", "VERB")
        and not after.is_sent_start
        and any(child.dep_ in ("det", "nummod") for child in token.lefts)
    )


def _is_hidden_subject(token: "Token") -> bool:
    """An animal or a person taken for a measure, as "mile" is in "a mile long": "a dog looking sad"."""
    return token.dep_ == "npadvmod" and lemma(token) in ANIMATE and token.i < token.head.i


def _follows_noun(token: "Token") -> bool:
    return any(child.dep_ == "compound" and child.i == token.i - 1 for child in token.lefts)
