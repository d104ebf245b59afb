"""Compares names by whole words, in the singular or the plural."""

from functools import cache
from itertools import takewhile

import inflect

from evals.benchmarks.samples import Instance, Planned

_PREPOSITIONS = frozenset(
    ["of", "in", "on", "at", "with", "by", "from", "to", "for", "under", "over", "behind", "near"]
)


@cache
def words_of(text: str) -> tuple[str, ...]:
    """The words of `text` in lower case and in the singular."""
    letters = "".join(letter if letter.isalnum() else " " for letter in text.lower())
    return tuple(_singular(word) for word in letters.split())


@cache
def _singular(word: str) -> str:
    # inflect takes these for plurals, or gives words that do not exist for them.
    if word.endswith("ss") or (len(word) < 4 and word != "men"):
        return word
    return _engine().singular_noun(word) or word  # pyright: ignore[reportArgumentType]


@cache
def _engine() -> inflect.engine:
    return inflect.engine()


def is_plural(name: str) -> bool:
    """Whether a name is an English plural, by the noun before its preposition ("pairs of shoes")."""
    noun = _noun(name).lower()
    return noun.isalpha() and words_of(noun) != (noun,)


def plural(name: str) -> str:
    """The plural of a name: "boxes of apples" for "box of apples"; names in other scripts are not changed."""
    noun = _noun(name)
    if not noun.isascii() or not noun[-1:].isalpha() or is_plural(name):
        return name
    return _engine().plural_noun(name) or name  # pyright: ignore[reportArgumentType]


def _noun(name: str) -> str:
    """The noun that a name is built on: the last word before a preposition."""
    words = [*takewhile(lambda word: word.lower() not in _PREPOSITIONS, name.split())]
    return words[-1] if words else ""


def has_phrase(text: str, phrase: str) -> bool:
    """Whether all words of `phrase` are in `text`, side by side and in order."""
    words, wanted = words_of(text), words_of(phrase)
    spans = (words[i : i + len(wanted)] for i in range(len(words) - len(wanted) + 1))
    return any(all(map(_is_same_word, span, wanted)) for span in spans)


def _is_same_word(word: str, wanted: str) -> bool:
    """Whether two words are the same; templates of benchmarks add a plain s to any noun ("two buss")."""
    return word in (wanted, f"{wanted}s")


def is_of_category(instance: Instance, category: str) -> bool:
    """Whether the instance is one of `category`, by whole words, as published plans were scored.

    Either its name has all words of the category. Or its name ends in the category's last word and its prompt
    has the whole category: a region "plant" with the prompt "a potted plant" is a potted plant.
    """
    if has_phrase(instance.name, category):
        return True
    wanted, name = words_of(category), words_of(instance.name)
    return bool(name) and _is_same_word(name[-1], wanted[-1]) and has_phrase(instance.prompt, category)


def instances_of(planned: Planned, category: str) -> list[Instance]:
    """The plan's instances of a category.

    Where the names of some end in the category's last word, others that only have it within their names do
    not count: beside a bird, a "bird feeder" is no bird.
    """
    candidates = [instance for instance in planned.instances if is_of_category(instance, category)]
    exact = [one for one in candidates if _is_same_word(words_of(one.name)[-1], words_of(category)[-1])]
    return exact or candidates
