"""Compositions to words: captions in varied English, from short to long.

A good part of them says where things stand and how they stand to each other.
"""

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from evals.world import words
from evals.world.facts import Column, Composition, Row, Setting, Thing, field_at, pick

Rng = np.random.Generator


def caption(composition: Composition, seed: int) -> str:
    """One caption of the composition; another seed gives other words."""
    rng = np.random.default_rng((3, composition.seed, seed))
    place_share, relation_share = pick(rng, ((0.0, 0.0), (0.85, 0.0), (0.1, 0.75), (0.4, 0.4), (0.9, 0.3)))
    things = [composition.things[i] for i in rng.permutation(len(composition.things))]
    if not place_share and not relation_share and rng.random() < 0.7:
        phrases = _count_phrases(rng, things)
    else:
        phrases: list[str] = []
        mentioned: list[Thing] = []
        for thing in things:
            if thing not in mentioned:
                phrase, other = _phrase(rng, thing, mentioned, composition, place_share, relation_share)
                phrases.append(phrase)
                mentioned.append(thing)
                if other is not None and other not in mentioned:
                    mentioned.append(other)
    return _sentence(rng, phrases, setting_words(rng, composition.setting))


def crop_caption(things: Sequence[Thing], setting: Setting, rng: Rng) -> str:
    """A caption of a crop that shows all of `things`: it names them, at times the setting, and no place.

    The setting is named as planners name it for a region: "sunny day, grass", more often than not.
    """
    phrases = [noun_phrase(rng, thing) for thing in things]
    around = setting_words(rng, setting, 0.6) if not things or rng.random() < 0.5 else ""
    return _sentence(rng, phrases, around)


def _count_phrases(rng: Rng, things: list[Thing]) -> list[str]:
    """A phrase for all things of one kind and colour: "three red stars"."""
    ordered = sorted(things, key=lambda t: (t.kind, t.colour))
    groups = [list(group) for _, group in groupby(ordered, key=lambda t: (t.kind, t.colour))]
    phrases: list[str] = []
    for i in rng.permutation(len(groups)):
        first, number = groups[i][0], len(groups[i])
        if number == 1:
            phrases.append(noun_phrase(rng, first))
        else:
            colour, kind = (
                pick(rng, words.COLOUR_WORDS[first.colour]),
                pick(rng, words.KIND_WORDS[first.kind]),
            )
            phrases.append(f"{words.NUMBERS[number]} {colour} {plural(kind)}")
    return phrases


def _phrase(
    rng: Rng,
    thing: Thing,
    mentioned: list[Thing],
    composition: Composition,
    place_share: float,
    relation_share: float,
) -> tuple[str, Thing | None]:
    """A thing in words, and the other thing that these words mention."""
    phrase = noun_phrase(rng, thing)
    others = [other for other in (mentioned or composition.things) if other != thing]
    if others and rng.random() < relation_share:
        other = pick(rng, others)
        relation = relation_words(rng, thing, other)
        if relation:
            if not mentioned:
                name = noun_phrase(rng, other)
            elif rng.random() < 0.5:
                name = f"the {words.KIND_WORDS[other.kind][0]}"
            else:
                name = noun_phrase(rng, other, "the")
            return f"{phrase} {relation} {name}", other
    if rng.random() < place_share:
        place = _place_words(rng, thing, composition)
        return (f"{place}, {phrase}" if rng.random() < 0.12 else f"{phrase} {place}"), None
    return phrase, None


def _sentence(rng: Rng, phrases: list[str], around: str) -> str:
    """The phrases and the words for the setting as a caption, at times with an opening and a closing."""
    if not phrases:
        empty = pick(rng, (around, f"an empty scene {around}", f"nothing {around}", around))
        text = empty or "an empty picture"
    elif len(phrases) > 2 and rng.random() < 0.2:
        text = ". ".join([*phrases, around] if around else phrases)
    else:
        last = pick(rng, (" and ", ", and ", ", "))
        listed = phrases[0] if len(phrases) == 1 else ", ".join(phrases[:-1]) + last + phrases[-1]
        text = pick(rng, words.OPENERS) + listed
        if around:
            text = f"{around}, {text}" if rng.random() < 0.45 else f"{text}{pick(rng, (' ', ', '))}{around}"
    text = " ".join((text.strip() + pick(rng, words.CLOSERS)).split())
    if rng.random() < 0.1:
        # Words that the world doesn't know, so that an unknown word does no harm later.
        parts = text.split()
        for _ in range(int(rng.integers(1, 4))):
            letters = rng.choice(list("abcdefghijklmnoprstuvwy"), int(rng.integers(4, 10)))
            parts.insert(int(rng.integers(len(parts) + 1)), "".join(letters))
        text = " ".join(parts)
    return text + ("." if rng.random() < 0.3 else "")


def setting_words(rng: Rng, setting: Setting, noun_share: float = 0.2) -> str:
    """The setting in words: sky, ground, both or (rarely) nothing; a share of the time in nouns alone."""
    if rng.random() < 0.1:
        return ""
    in_nouns = rng.random() < noun_share
    if setting.wall is not None:
        return pick(rng, (words.WALL_NOUNS if in_nouns else words.WALL_WORDS)[setting.wall])
    sky, ground = setting.sky or "day", setting.ground or "grass"
    if in_nouns:
        both = [pick(rng, words.SKY_NOUNS[sky]), pick(rng, words.GROUND_NOUNS[ground])]
        return ", ".join(both[i] for i in rng.permutation(2))
    both = [pick(rng, words.SKY_WORDS[sky]), pick(rng, words.GROUND_WORDS[ground])]
    order = pick(rng, ((0, 1), (1, 0), (0, 1), (0,), (1,)))
    return " ".join(both[i] for i in order)


def noun_phrase(rng: Rng, thing: Thing, article: str = "a") -> str:
    """A thing with its size and colour: "a large yellow star"."""
    size = pick(rng, words.SIZE_WORDS[thing.size]) if rng.random() < 0.6 else ""
    rare = pick(rng, words.RARE) if rng.random() < 0.08 else ""
    colour, kind = pick(rng, words.COLOUR_WORDS[thing.colour]), pick(rng, words.KIND_WORDS[thing.kind])
    if article == "a" and rng.random() < 0.04:
        return with_article("a", f"{size} {rare} {kind} that is {colour}")
    return with_article(article, f"{size} {rare} {colour} {kind}")


def _place_words(rng: Rng, thing: Thing, composition: Composition) -> str:
    """Where the thing stands: in one of nine fields, a column or row, in the sky or on the ground."""
    column, row = field_at(thing.x, thing.y, composition.side)
    setting, horizon = composition.setting, composition.setting.horizon * composition.side
    by_setting = ""
    if setting.ground is not None and thing.y + thing.diameter * 0.3 < horizon:
        by_setting = pick(rng, ("in the sky", "up in the sky", "in the air"))
    elif setting.ground is not None and thing.y >= horizon:
        noun = pick(rng, words.GROUND_NOUNS[setting.ground])
        there = f"in the middle of the {noun}" if column == "center" else f"on the {column} of the {noun}"
        by_setting = pick(rng, (f"on the {noun}", f"in the {noun}", there))
    if by_setting and rng.random() < 0.35:
        return by_setting
    return pick(rng, _field_words(column, row))


def _field_words(column: Column, row: Row) -> tuple[str, ...]:
    if column == "center" and row == "middle":
        middle = ("in the middle", "in the center", "in the centre", "in the middle of the picture")
        return (*middle, "at the center")
    if row == "middle":
        side = (f"on the {column}", f"on the {column} side", f"at the {column}", f"to the {column}")
        return (*side, f"in the middle {column}", f"on the {column} side of the picture")
    if column == "center":
        end = (f"at the {row}", f"at the {row} center", f"at the {row} of the picture")
        return (*end, f"in the {row} middle")
    corner = "upper" if row == "top" else "lower"
    return (
        f"in the {corner} {column}", f"in the {row} {column}", f"in the {row} {column} corner",
        f"in the {corner} {column} corner", f"at the {row} {column}", f"on the {column}", f"at the {row}",
    )  # fmt: skip


def relation_words(rng: Rng, a: Thing, b: Thing) -> str:
    """How `a` stands to `b`, where that is plain; empty where it is not."""
    dx, dy = a.x - b.x, a.y - b.y
    if max(abs(dx), abs(dy)) < (a.diameter + b.diameter) * 0.42:
        return pick(rng, ("in front of", "overlapping"))
    if rng.random() < 0.12:
        near = max(abs(dx), abs(dy)) < (a.diameter + b.diameter) * 0.8
        return pick(rng, words.NEAR_WORDS) if near else ""
    if abs(dx) > abs(dy) * 1.1:
        return pick(rng, words.RIGHT_WORDS if dx > 0 else words.LEFT_WORDS)
    if abs(dy) > abs(dx) * 1.1:
        return pick(rng, words.BELOW_WORDS if dy > 0 else words.ABOVE_WORDS)
    return ""


def plural(noun: str) -> str:
    """The plural of one of the world's nouns."""
    if noun == "fish":
        return noun
    return noun + ("es" if noun.endswith(("s", "x")) else "s")


def with_article(article: str, rest: str) -> str:
    """`rest`, its spaces tidied, after its article: "an orange box"."""
    rest = " ".join(rest.split())
    return f"{'an' if article == 'a' and rest[0] in 'aeiou' else article} {rest}"
