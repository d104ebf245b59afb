"""Facts to phrases: one thing, its place, how it stands to another, and the setting, each said in one of many
ways.
"""

import numpy as np

from evals.world import words
from evals.world.tableau import Column, Row, Setting, Tableau, Thing, field, pick

Rng = np.random.Generator


def setting_words(rng: Rng, setting: Setting, nouns: float = 0.2) -> str:
    """The setting in words: sky, ground, both or (rarely) nothing; in nouns alone in a share of cases."""
    if rng.random() < 0.1:
        return ""
    named = rng.random() < nouns
    if setting.wall is not None:
        return pick(rng, (words.WALL_NOUNS if named else words.WALL_WORDS)[setting.wall])
    sky, ground = setting.sky or "day", setting.ground or "grass"
    if named:
        both = [pick(rng, words.SKY_NOUNS[sky]), pick(rng, words.GROUND_NOUNS[ground])]
        return ", ".join(both[i] for i in rng.permutation(2))
    said = [pick(rng, words.SKY_WORDS[sky]), pick(rng, words.GROUND_WORDS[ground])]
    kept = pick(rng, ((0, 1), (1, 0), (0, 1), (0,), (1,)))
    return " ".join(said[i] for i in kept)


def noun_phrase(rng: Rng, thing: Thing, article: str = "a") -> str:
    """A thing with its size and colour: "a large yellow star"."""
    size = pick(rng, words.SIZE_WORDS[thing.size]) if rng.random() < 0.6 else ""
    rare = pick(rng, words.RARE) if rng.random() < 0.08 else ""
    colour, kind = pick(rng, words.COLOUR_WORDS[thing.colour]), pick(rng, words.KIND_WORDS[thing.kind])
    if article == "a" and rng.random() < 0.04:
        return with_article("a", f"{size} {rare} {kind} that is {colour}")
    return with_article(article, f"{size} {rare} {colour} {kind}")


def count_phrase(rng: Rng, group: list[Thing]) -> str:
    """Things of one kind and colour together: "three red stars"."""
    if len(group) == 1:
        return noun_phrase(rng, group[0])
    colour, kind = pick(rng, words.COLOUR_WORDS[group[0].colour]), pick(rng, words.KIND_WORDS[group[0].kind])
    return f"{words.NUMBERS[len(group)]} {colour} {plural(kind)}"


def place_words(rng: Rng, thing: Thing, tableau: Tableau) -> str:
    """Where the thing stands: in one of nine fields, a column or row, in the sky or on the ground."""
    column, row = field(thing.x, thing.y, tableau.side)
    grounded = _on_ground(rng, thing, tableau, column)
    if grounded and rng.random() < 0.35:
        return grounded
    return pick(rng, _field_words(column, row))


def _on_ground(rng: Rng, thing: Thing, tableau: Tableau, column: Column) -> str:
    setting, horizon = tableau.setting, tableau.setting.horizon * tableau.side
    if setting.ground is None:
        return ""
    if thing.y + thing.diameter * 0.3 < horizon:
        return pick(rng, ("in the sky", "up in the sky", "in the air"))
    if thing.y < horizon:
        return ""
    noun = pick(rng, words.GROUND_NOUNS[setting.ground])
    middle = (f"in the middle of the {noun}",) if column == "center" else (f"on the {column} of the {noun}",)
    return pick(rng, (f"on the {noun}", f"in the {noun}", *middle))


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
