"""Facts to words: captions of a tableau in varied English, from short to long, with places and relations in a
good part of them.
"""

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from evals.world import words
from evals.world.phrases import Rng, count_phrase, noun_phrase, place_words, relation_words, setting_words
from evals.world.tableau import Setting, Tableau, Thing, pick


def caption(tableau: Tableau, seed: int) -> str:
    """One caption of the tableau; another seed says it in other words."""
    rng = np.random.default_rng((3, tableau.seed, seed))
    place_share, relation_share = pick(rng, ((0.0, 0.0), (0.85, 0.0), (0.1, 0.75), (0.4, 0.4), (0.9, 0.3)))
    order = [tableau.things[i] for i in rng.permutation(len(tableau.things))]
    phrases = _phrases(rng, order, tableau, place_share, relation_share)
    return _tidy(rng, _assemble(rng, phrases, setting_words(rng, tableau.setting)))


def crop_caption(things: Sequence[Thing], setting: Setting, rng: Rng) -> str:
    """A caption of a crop that shows `things` whole: what stands there, at times the setting, no place.

    The setting is named as planners name it for a region: "sunny day, grass", more often than not.
    """
    phrases = [noun_phrase(rng, thing) for thing in things]
    around = setting_words(rng, setting, 0.6) if not things or rng.random() < 0.5 else ""
    return _tidy(rng, _assemble(rng, phrases, around))


def _phrases(
    rng: Rng, things: list[Thing], tableau: Tableau, place_share: float, relation_share: float
) -> list[str]:
    if not place_share and not relation_share and rng.random() < 0.7:
        return _grouped(rng, things)
    said: list[Thing] = []
    phrases: list[str] = []
    for thing in things:
        if thing not in said:
            phrase, other = _phrase(rng, thing, said, tableau, place_share, relation_share)
            phrases.append(phrase)
            said.extend([thing] if other is None or other in said else [thing, other])
    return phrases


def _phrase(
    rng: Rng, thing: Thing, said: list[Thing], tableau: Tableau, place_share: float, relation_share: float
) -> tuple[str, Thing | None]:
    """A thing in words, and the other one that the words bring in."""
    phrase = noun_phrase(rng, thing)
    others = [t for t in (said or tableau.things) if t != thing]
    if others and rng.random() < relation_share:
        other = pick(rng, others)
        relation = relation_words(rng, thing, other)
        if relation:
            return f"{phrase} {relation} {_mention(rng, other, bool(said))}", other
    if rng.random() < place_share:
        place = place_words(rng, thing, tableau)
        return (f"{place}, {phrase}" if rng.random() < 0.12 else f"{phrase} {place}"), None
    return phrase, None


def _mention(rng: Rng, thing: Thing, known: bool) -> str:
    if not known:
        return noun_phrase(rng, thing)
    short = f"the {words.KIND_WORDS[thing.kind][0]}"
    return short if rng.random() < 0.5 else noun_phrase(rng, thing, "the")


def _grouped(rng: Rng, things: list[Thing]) -> list[str]:
    ordered = sorted(things, key=lambda t: (t.kind, t.colour))
    groups = [list(g) for _, g in groupby(ordered, key=lambda t: (t.kind, t.colour))]
    return [count_phrase(rng, groups[i]) for i in rng.permutation(len(groups))]


def _assemble(rng: Rng, phrases: list[str], around: str) -> str:
    if not phrases:
        empty = pick(rng, (around, f"an empty scene {around}", f"nothing {around}", around))
        return empty or "an empty picture"
    if len(phrases) > 2 and rng.random() < 0.2:
        return ". ".join([*phrases, around] if around else phrases)
    return _listed(rng, phrases, around)


def _listed(rng: Rng, phrases: list[str], around: str) -> str:
    last = pick(rng, (" and ", ", and ", ", "))
    text = phrases[0] if len(phrases) == 1 else ", ".join(phrases[:-1]) + last + phrases[-1]
    opened = pick(rng, words.OPENERS) + text
    if not around:
        return opened
    return f"{around}, {opened}" if rng.random() < 0.45 else f"{opened}{pick(rng, (' ', ', '))}{around}"


def _tidy(rng: Rng, text: str) -> str:
    text = " ".join((text.strip() + pick(rng, words.CLOSERS)).split())
    if rng.random() < 0.1:
        text = _sprinkle(rng, text)
    return text + ("." if rng.random() < 0.3 else "")


def _sprinkle(rng: Rng, text: str) -> str:
    """`text` with words that the world doesn't know put in, so that an unknown word does no harm later."""
    parts = text.split()
    for _ in range(int(rng.integers(1, 4))):
        letters = rng.choice(list("abcdefghijklmnoprstuvwy"), int(rng.integers(4, 10)))
        parts.insert(int(rng.integers(len(parts) + 1)), "".join(letters))
    return " ".join(parts)
