"""How the things stand to one another, as the prompt says."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from planner.builtin.bearing import bearer, bearer_after
from planner.builtin.cues import Cue
from planner.builtin.lexicon import (
    ANIMATE,
    BODY,
    CONTAINERS,
    HANDLING,
    PREDICATES,
    SURFACES,
    word_set,
)
from planner.builtin.nouns import first_of_list, governor, is_bare, is_plural, lemma, object_of, verb_lemma
from planner.builtin.things import Cast
from planner.scene import Predicate

if TYPE_CHECKING:
    from spacy.tokens import Token

Link = tuple[int, Predicate, int]
"""Subject and object by their index among the things."""

_RIDING: dict[str, Predicate] = {
    "ride": "on", "mount": "on", "straddle": "on", "top": "on", "adorn": "on", "surround": "next to",
    "flank": "next to", "hug": "next to", "embrace": "next to", "pet": "next to",
    "lead": "next to", "walk": "next to", "climb": "on",
}  # fmt: skip
"""Verbs that say how their subject stands to their object."""

_STANDING = word_set("be sit stand lie hang grow")
"""Verbs after which a list may follow in an inverted sentence."""

_BEARING = word_set("hold have carry contain bear support display feature include")


def relations(cast: Cast) -> tuple[Link, ...]:
    """Every stated relation; that two are next to each other goes without saying where more is said."""
    stated = [*_by_prepositions(cast), *_by_verbs(cast), *_by_lists(cast)]
    found = [*stated, *_carried_under(stated), *_beside_what_bears(stated)]
    told = {frozenset((subject, target)) for subject, predicate, target in found if predicate != "next to"}
    return tuple(
        dict.fromkeys(
            (subject, predicate, target)
            for subject, predicate, target in found
            if subject != target and (predicate != "next to" or frozenset((subject, target)) not in told)
        )
    )


def _carried_under(stated: Sequence[Link]) -> Iterator[Link]:
    """As in "a dog on a rug under a chair": what lies on a thing under another is under it as well."""
    for subject, predicate, target in stated:
        for one, under, roof in stated:
            if predicate == "on" and one == target and under in ("under", "below"):
                yield (subject, under, roof)


def _beside_what_bears(stated: Sequence[Link]) -> Iterator[Link]:
    """As in "a cat next to a shelf with a bottle": what is beside a thing is beside what stands on it."""
    for subject, predicate, target in stated:
        for one, on, bearing in stated:
            if predicate == "next to" and on == "on" and bearing == target and one != subject:
                yield (subject, "next to", one)


def _by_prepositions(cast: Cast) -> Iterator[Link]:
    for token in cast.reading.doc:
        cue = cast.reading.cues.get(token.i)
        if cue is not None and cue.reflexive and cue.predicate:
            yield from _beside_its_holder(token, cue.predicate, cast)
        elif token.lower_ == "between":
            yield from _between(token, cast)
        elif (cue is None or cue.predicate) and token.dep_ != "agent" and _is_preposition(token, cue):
            yield from _stands(token, cue, cast)


def _is_preposition(token: "Token", cue: Cue | None) -> bool:
    return cue is not None or (
        token.pos_ in ("ADP", "SCONJ", "ADV") and token.lower_ in (*PREDICATES, "with", "of")
    )


def _stands(token: "Token", cue: Cue | None, cast: Cast) -> Iterator[Link]:
    """Subject, preposition and objects; a list of objects relates to the subject one by one."""
    target = object_of(token) or _following(token)
    if cue is not None and cue.predicate and target is not None and _is_mutual(target):
        yield from _mutually(token, cue.predicate, cast)
        return
    first = cast.thing_of(target)
    subject = _subject(token, first, cast)
    if target is None or first is None or subject is None:
        return
    predicate = _predicate(token, cue, subject, first, cast)
    if predicate is None:
        return
    if token.lower_ in ("with", "of"):
        yield (first, predicate, subject)
        return
    things = _listed(target, predicate, cast) if cue is not None else (first,)
    for one in (*_alike(token, subject, cast), subject, *_after_place(target, subject, cast)):
        for thing in things:
            yield (one, predicate, thing)


def _alike(token: "Token", subject: int, cast: Cast) -> Iterator[int]:
    """The things before a subject that share its place: "apples and pears on a table" are all on it.

    A comma in a list may part its last from the others, and so does a place that one has itself.
    """
    last = token.head
    if last.dep_ != "conj" or cast.thing_at(last.i) != subject:
        return
    listed = [noun for noun in last.conjuncts if noun.i < last.i]
    start = min((noun.left_edge.i for noun in listed), default=last.i)
    joined = cast.reading.doc[max(0, start - 1) : last.i]
    apart = any(cast.reading.source(word) in (",", ";") for word in joined)
    if not apart and not any(_is_placed(noun, cast) for noun in listed):
        yield from (thing for noun in listed if (thing := cast.thing_at(noun.i)) is not None)


def _after_place(place: "Token", subject: int, cast: Cast) -> Iterator[int]:
    """The things of a list that has its place before it: "on a bench there are a book, a pen and a lamp".

    What follows a thing with a place of its own is no longer there for sure.
    """
    noun = next((cast.reading.doc[head] for head in cast.things[subject].mentions if head > place.i), None)
    if noun is None or cast.mentions[noun.i].role != "thing":
        return
    first = first_of_list(noun)
    for head in sorted(i for i in cast.mentions if noun.i <= i < noun.sent.end):
        other = cast.reading.doc[head]
        if not _is_listed_with(other, first):
            continue
        if _stands_elsewhere(other, place, cast):
            return
        thing = cast.thing_at(head)
        if thing is not None and thing != subject:
            yield thing


def _is_listed_with(noun: "Token", first: "Token") -> bool:
    """Whether a noun is of a list, be it that the parser hangs each on the verb: "there are a cat, a dog"."""
    start, verb = first_of_list(noun), first.head
    on_verb = start.head == verb and start.dep_ != "pobj" and verb.lemma_.lower() in _STANDING
    return start == first or on_verb


def _stands_elsewhere(noun: "Token", place: "Token", cast: Cast) -> bool:
    """Whether a listed thing has a place of its own, be it before it: "…, and under it a cat"."""
    start = noun.left_edge.i
    before = cast.reading.doc[max(start - 3, place.i + 1) : start]
    return any(word.i > place.i and _says_where(word, cast) for word in (*noun.children, *before))


def _says_where(word: "Token", cast: Cast) -> bool:
    cue = cast.reading.cues.get(word.i)
    return bool(cue and (cue.is_place or cue.predicate)) or (word.pos_ == "ADP" and word.lower_ in PREDICATES)


def _is_mutual(target: "Token") -> bool:
    return f"{target.nbor(-1).lower_} {target.lower_}" in ("each other", "one another") if target.i else False


def _mutually(token: "Token", predicate: Predicate, cast: Cast) -> Iterator[Link]:
    """As in "a cat and a dog next to each other": each thing of the list stands so to the one after it."""
    subject = bearer(token, cast)
    if subject is not None:
        listed = sorted({subject, *_joined(cast.reading.doc[cast.things[subject].head], cast)})
        yield from _in_a_row(listed, predicate)


def _joined(head: "Token", cast: Cast) -> set[int]:
    first = first_of_list(head)
    found = (
        cast.thing_at(other.i)
        for other in first.subtree
        if other.i in cast.mentions and first_of_list(other) == first
    )
    return {thing for thing in found if thing is not None}


def _predicate(token: "Token", cue: Cue | None, subject: int, target: int, cast: Cast) -> Predicate | None:
    words = [cast.things[thing].noun for thing in (subject, target)]
    if cue is not None:
        return "on" if cue.middle and words[1] in SURFACES else cue.predicate
    if token.lower_ == "of":
        return "inside" if words[0] in CONTAINERS else None
    place = object_of(token)
    if token.lower_ == "in" and place is not None and _is_part(place, cast):
        return "in front of"  # what is in someone's hands is not within them
    if token.lower_ != "with":
        return "on" if token.lower_ == "at" and words[1] in ("chair", "bench") else PREDICATES[token.lower_]
    if words[0] in SURFACES:
        return None if words[1] in SURFACES or _has_own_support(target, cast) else "on"
    if words[0] in CONTAINERS:
        return "inside"
    if set(words) <= ANIMATE:
        return "next to"
    held = cast.mentions[cast.things[target].head].owner is not None
    return "in front of" if held else None


def _is_part(noun: "Token", cast: Cast) -> bool:
    return noun.i in cast.mentions and cast.mentions[noun.i].role == "part" and lemma(noun) in BODY


def _has_own_support(thing: int, cast: Cast) -> bool:
    """As in "a desk with a cat sleeping on the chair", where the cat is not on the desk."""
    verbs = [child for child in cast.reading.doc[cast.things[thing].head].rights if child.dep_ == "acl"]
    prepositions = [child for verb in verbs for child in verb.children if child.lower_ in ("on", "in")]
    return any(cast.thing_of(object_of(preposition)) is not None for preposition in prepositions)


def _subject(token: "Token", target: int | None, cast: Cast) -> int | None:
    subject = _last_of_list(token, cast)
    subject = bearer(token, cast) if subject is None else subject
    if subject is not None and subject != target:
        return subject
    # "a cat holding a bird under its paw": what is under the cat is not the cat.
    objects = [child for child in token.head.children if child.dep_ in ("dobj", "attr", "nsubj")]
    found = [cast.thing_at(child.i) for child in objects]
    return next((thing for thing in found if thing is not None and thing != target), None)


def _last_of_list(token: "Token", cast: Cast) -> int | None:
    """What "with" right after a list goes with, where the parser takes the first: "a blanket and a shelf with
    a bottle".
    """
    before = token.nbor(-1) if token.i and token.lower_ == "with" else None
    return cast.thing_at(before.i) if before is not None and before in token.head.conjuncts else None


def _following(token: "Token") -> "Token | None":
    """The noun after a preposition that the parser left without an object."""
    for after in token.doc[token.i + 1 : token.i + 8]:
        if after.pos_ in ("NOUN", "PROPN", "PRON") and after.dep_ not in ("compound", "nmod", "poss"):
            return after
        if after.is_punct or after.pos_ in ("VERB", "AUX"):
            return None
    return None


def _listed(target: "Token", predicate: Predicate, cast: Cast) -> tuple[int, ...]:
    """The thing of `target`, and of what is joined to it by "and" with no comma between: "left of a cat and
    a dog".
    """
    things = [cast.thing_of(target), *_joined_without_article(target, cast)]
    for child in target.children:
        # Whatever else stands there, what is beside a list is near all of it.
        apart = _is_placed(child, cast) or (predicate != "next to" and _has_determiner(child))
        if child.dep_ == "conj" and not apart:
            between = target.doc[target.i : child.i]
            if all(word.text not in ",;" for word in between):
                things.append(cast.thing_at(child.i))
    return tuple(dict.fromkeys(thing for thing in things if thing is not None))


def _joined_without_article(target: "Token", cast: Cast) -> Iterator[int | None]:
    """As in "next to a hat, book, and blanket": one article serves them all."""
    for noun in target.conjuncts:
        if _has_determiner(target) and noun.i > target.i and is_bare(noun) and not is_plural(noun):
            yield cast.thing_at(noun.i)


def _is_placed(token: "Token", cast: Cast) -> bool:
    """Whether a joined thing has a place of its own, and so stands beside the whole phrase."""
    cues = cast.reading.cues
    return any(
        (child.i in cues and cues[child.i].is_place) or (child.dep_ == "prep" and child.lower_ != "of")
        for child in token.children
    )


def _has_determiner(token: "Token") -> bool:
    return any(child.dep_ == "det" for child in token.lefts)


def _between(token: "Token", cast: Cast) -> Iterator[Link]:
    target = object_of(token)
    subject = bearer(token, cast)
    if target is None or subject is None:
        return
    ends = [
        cast.thing_of(each)
        for each in (target, *(child for child in target.children if child.dep_ == "conj"))
    ]
    found = _two_before(token, subject, cast) if target.pos_ == "PRON" else [e for e in ends if e is not None]
    if len(found) == 1:
        yield (subject, "next to", found[0])
    elif found:
        yield (subject, "right of", found[0])
        yield (subject, "left of", found[1])


def _two_before(token: "Token", subject: int, cast: Cast) -> list[int]:
    """The two things spoken of last, which "between them" means."""
    before = [i for head in cast.mentions if head < token.i and (i := cast.thing_at(head)) is not None]
    return [i for i in dict.fromkeys(reversed(before)) if i != subject][1::-1]


def _beside_its_holder(token: "Token", predicate: Predicate, cast: Cast) -> Iterator[Link]:
    """As in "a man with a dog on his left": the dog is to the left of the man."""
    before = [i for head in cast.mentions if head < token.i and (i := cast.thing_at(head)) is not None]
    distinct = list(dict.fromkeys(reversed(before)))
    if not distinct:
        return
    fronted = bearer_after(token, cast)
    if fronted is not None:
        # "To the right of a well there is a mill, and to its left a barn": what came first is meant again.
        start = token.sent.start
        heads = (head for head in sorted(cast.mentions) if head >= start)
        first = next((i for head in heads if (i := cast.thing_at(head)) is not None), None)
        holder = first if first in distinct else distinct[0]
        if holder != fronted:
            yield (fronted, predicate, holder)
        return
    above = governor(cast.reading.doc[cast.things[distinct[0]].head])[1]
    holder = cast.thing_of(above) if above is not None and above.i in cast.mentions else None
    leading = [thing for thing in distinct[1:] if _may_hold(thing, cast)]
    for other in [holder] if holder is not None else (leading or distinct[1:])[:1]:
        yield (distinct[0], predicate, other)


def _may_hold(thing: int, cast: Cast) -> bool:
    """Whether a thing may be the one that others are beside: not one that itself is "to its left"."""
    head = cast.things[thing].head
    cue = cast.reading.cues.get(head + 1)
    return cast.reading.doc[head].dep_ != "pobj" and not (cue is not None and cue.reflexive)


def _by_verbs(cast: Cast) -> Iterator[Link]:
    for token in cast.reading.doc:
        subject = cast.thing_of(token) if token.pos_ == "VERB" else None
        if subject is None:
            continue
        first = [child for child in token.children if child.dep_ == "dobj"]
        objects = [noun for child in first for noun in (child, *child.conjuncts)]
        for target in (cast.thing_at(noun.i) for noun in objects):
            if target is not None:
                yield from _done(subject, verb_lemma(token), target, cast)


def _done(subject: int, verb: str, target: int, cast: Cast) -> Iterator[Link]:
    holder = cast.things[subject].noun
    if verb in _BEARING and holder in SURFACES | CONTAINERS:
        yield (target, "on" if holder in SURFACES else "inside", subject)
    elif verb in HANDLING:
        yield (target, "in front of", subject)
    elif verb in _RIDING:
        yield (subject, _RIDING[verb], target)


def _by_lists(cast: Cast) -> Iterator[Link]:
    """As in "from left to right: a, b and c": each stands to the next as the list says."""
    for cue in cast.reading.orders:
        places = [(cast.reading.words[thing.head].start, i) for i, thing in enumerate(cast.things)]
        after = [i for start, i in places if start >= cue.end and _same_sentence(cue.end, start, cast)]
        before = [i for start, i in places if start < cue.start and _same_sentence(start, cue.start, cast)]
        listed = after if len(after) > 1 else before
        if cue.order:
            yield from _in_a_row(listed, cue.order)


def _in_a_row(listed: list[int], predicate: Predicate) -> Iterator[Link]:
    for first, second in pairwise(listed):
        yield (first, predicate, second)


def _same_sentence(start: int, end: int, cast: Cast) -> bool:
    return not any(mark in cast.reading.prompt[start:end] for mark in (". ", ".\n", "; "))
