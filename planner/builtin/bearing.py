"""What an expression of place is said of."""

from typing import TYPE_CHECKING

from planner.builtin.lexicon import word_set
from planner.builtin.nouns import first_of_list, governor, is_head
from planner.builtin.things import Cast

if TYPE_CHECKING:
    from spacy.tokens import Token

_OPENING = frozenset({"", ".", ",", ";", ":", "and", "but", "while", "with"})
_PUTTING = word_set("""
    place put set hang position lay mount arrange add keep leave see find show depict
""")


def bearer(token: "Token", cast: Cast) -> int | None:
    """The thing that the expression at `token` places: by the parse, else the nearest in its sentence."""
    ahead = bearer_after(token, cast) if token.i in cast.reading.cues else None
    if ahead is not None:
        return ahead
    by_parse = _just_before(token, cast)
    if by_parse is None:
        by_parse = _above(token, cast)
    if by_parse is not None or _is_said_of_setting(token, cast):
        return by_parse
    return _nearest(token, cast)


def bearer_after(token: "Token", cast: Cast) -> int | None:
    """What an expression places that stands before it: "on the left there is a cat"."""
    return _next(token, cast) if _is_fronted(token) else None


def _is_said_of_setting(token: "Token", cast: Cast) -> bool:
    """Whether the expression places a setting: "in the background we see a wooden wall"."""
    verb = token.head
    said = (
        [verb]
        if verb.i in cast.mentions
        else [child for child in verb.children if child.dep_ in ("dobj", "attr", "nsubj")]
    )
    return any(word.i in cast.mentions and cast.mentions[word.i].role == "setting" for word in said)


def _above(token: "Token", cast: Cast) -> int | None:
    for above in token.ancestors:
        if above.i in cast.mentions or is_head(above):
            return cast.thing_of(above)
        if above.pos_ in ("VERB", "AUX"):
            return _of_verb(above, token, cast)
    return None


def _of_verb(verb: "Token", token: "Token", cast: Cast) -> int | None:
    """The subject of a verb, or its object where the verb puts the object somewhere."""
    subject = cast.thing_of(verb)
    children = [child for role in ("dobj", "attr", "nsubj") for child in verb.children if child.dep_ == role]
    listed = (noun for child in children for noun in (child, *child.subtree) if first_of_list(noun) == child)
    objects = (cast.thing_at(noun.i) for noun in listed if noun.i != token.i)
    found = next((thing for thing in objects if thing is not None), None)
    if subject is None or (verb.lemma_.lower() in _PUTTING and found is not None):
        return found
    return subject


def _just_before(token: "Token", cast: Cast) -> int | None:
    """The thing whose noun stands right before a place, unless it is itself only where another thing is."""
    if token.i not in cast.reading.cues or not cast.reading.cues[token.i].is_place or not token.i:
        return None
    noun = token.nbor(-1)
    preposition = governor(noun)[0] if noun.i in cast.mentions else None
    return cast.thing_at(noun.i) if preposition is None or preposition.lower_ in ("with", "of") else None


def _is_fronted(token: "Token") -> bool:
    """Whether a place stands before what it places: "on the left there is a cat", "on the left, a cat"."""
    before = token.nbor(-1).lower_ if token.i > token.sent.start else ""
    after = token.nbor() if token.i + 1 < len(token.doc) else None
    if after is None or before not in _OPENING:
        return False
    return (
        after.lower_ == "there"
        or after.pos_ in ("DET", "NUM")
        or after.text == ":"
        or (after.text == "," and before != ",")
    )


def _next(token: "Token", cast: Cast) -> int | None:
    """The first thing after, unless a setting or another place comes before it."""
    for after in token.doc[token.i + 1 :]:
        if (
            after.text in ".;"
            or after.i in cast.reading.cues
            or (after.i in cast.mentions and cast.mentions[after.i].role == "setting")
        ):
            return None
        if cast.thing_at(after.i) is not None:
            return cast.thing_at(after.i)
    return None


def _nearest(token: "Token", cast: Cast) -> int | None:
    """The nearest thing before in the same sentence, else the next after."""
    start, end = token.sent.start, token.sent.end
    heads = [h for h, mention in cast.mentions.items() if start <= h < end and mention.role == "thing"]
    before = [head for head in heads if head < token.i]
    after = [head for head in heads if head > token.i]
    nearest = before[-1:] or after[:1]
    return cast.thing_at(nearest[0]) if nearest else None
