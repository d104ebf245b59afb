"""Names held to names: whole words, whatever their number."""

from functools import cache
from itertools import takewhile

import inflect

from evals.benchmarks.samples import Instance, Planned

_PREPOSITIONS = frozenset(
    ["of", "in", "on", "at", "with", "by", "from", "to", "for", "under", "over", "behind", "near"]
)


@cache
def words_of(text: str) -> tuple[str, ...]:
    """The words of `text` in small letters and in the singular."""
    letters = "".join(letter if letter.isalnum() else " " for letter in text.lower())
    return tuple(_singular(word) for word in letters.split())


@cache
def _singular(word: str) -> str:
    # inflect takes these for plurals of words that are none, or leaves them.
    if word.endswith("ss") or (len(word) < 4 and word != "men"):
        return word
    return _engine().singular_noun(word) or word  # pyright: ignore[reportArgumentType]


@cache
def _engine() -> inflect.engine:
    return inflect.engine()


def is_plural(name: str) -> bool:
    """Whether a name is an English plural: that of its first noun, as "pair" in "pair of shoes"."""
    noun = _noun(name).lower()
    return noun.isalpha() and words_of(noun) != (noun,)


def plural(name: str) -> str:
    """The plural of a name: "boxes of apples" of "box of apples"; one in other letters than English stays."""
    noun = _noun(name)
    if not noun.isascii() or not noun[-1:].isalpha() or is_plural(name):
        return name
    return _engine().plural_noun(name) or name  # pyright: ignore[reportArgumentType]


def _noun(name: str) -> str:
    """The word that says what a name is of: the last one before a preposition."""
    words = [*takewhile(lambda word: word.lower() not in _PREPOSITIONS, name.split())]
    return words[-1] if words else ""


def holds(text: str, phrase: str) -> bool:
    """Whether all words of `phrase` stand in `text`, side by side and in order."""
    held, wanted = words_of(text), words_of(phrase)
    spans = (held[i : i + len(wanted)] for i in range(len(held) - len(wanted) + 1))
    return any(all(map(_same, span, wanted)) for span in spans)


def _same(held: str, wanted: str) -> bool:
    """Whether two words are one; templates of benchmarks add a plain s to any noun ("two buss")."""
    return held in (wanted, f"{wanted}s")


def is_called(instance: Instance, category: str) -> bool:
    """Whether the instance is one of `category`, by whole words, as published plans were scored.

    All words of the category stand in its name, or the name ends in the category's last word and the others
    stand before it in what it is drawn from: a region "plant" drawn from "a potted plant" is a potted plant.
    """
    if holds(instance.name, category):
        return True
    wanted, name = words_of(category), words_of(instance.name)
    return bool(name) and _same(name[-1], wanted[-1]) and holds(instance.prompt, category)


def instances_of(planned: Planned, category: str) -> list[Instance]:
    """The plan's instances of a category.

    Where some are of it by the last word of their names, those that only have it within theirs are none:
    beside a bird, a "bird feeder" is no bird.
    """
    called = [instance for instance in planned.instances if is_called(instance, category)]
    kinds = [instance for instance in called if _ends_in(instance.name, category)]
    return kinds or called


def _ends_in(name: str, category: str) -> bool:
    return _same(words_of(name)[-1], words_of(category)[-1])
