"""Parsed words back into text: the prompt's own words, some of them left out."""

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from planner.builtin.reading import Reading

if TYPE_CHECKING:
    from spacy.tokens import Token

_VOWEL_SOUND = re.compile(
    r"(?:[aeio]|u(?!ni|s[aeiu]|ti|kr|fo|r[aeiou])|hour|honest|heir|8|11\b|18\b)", re.IGNORECASE
)
_CONSONANT_SOUND = re.compile(r"(?:one\b|once\b|eu|ewe|ouija)", re.IGNORECASE)
_DOUBLING = re.compile(r"(?:^|[^aeiou])[aeiou][bdgklmnprtvz]$")
_TWO_SYLLABLES_DOUBLING = (
    "begin",
    "emit",
    "submit",
    "equip",
    "permit",
    "admit",
    "commit",
    "forget",
    "control",
    "refer",
    "occur",
    "upset",
    "patrol",
)


def text(reading: Reading, kept: Collection[int], instead: Mapping[int, str] | None = None) -> str:
    """The words at the `kept` indices as the prompt has them, or as `instead` has them; commas between kept
    words stay.
    """
    replaced = instead or {}
    chosen = set(kept)
    joints = {i for i in reading.joints if i - 1 in chosen and i + 1 in chosen}
    result, last = "", -1
    for i in sorted(chosen | joints):
        word = reading.words[i]
        glued = i - 1 == last and last >= 0 and reading.words[last].end == word.start
        result += ("" if glued or not result else " ") + replaced.get(
            i, reading.prompt[word.start : word.end]
        )
        last = i
    return tidy(result)


def tidy(words: str) -> str:
    """One space between words, and no stray punctuation at the ends."""
    spaced = re.sub(r"\s+([,.;:!?])", r"\1", " ".join(words.split()))
    return re.sub(r"([,;.])(?:\s*[,;.])+", r"\1", spaced).strip(" ,;:-–—")


def with_article(words: str) -> str:
    """As in "a" or "an" before a singular phrase."""
    vowel = _VOWEL_SOUND.match(words) and not _CONSONANT_SOUND.match(words)
    return f"{'an' if vowel else 'a'} {words}"


def base_form(verb: "Token", reading: Reading) -> str:
    """A verb's base form; where another word was read in its stead, by its ending: "hammers" → "hammer"."""
    word = reading.source(verb).lower()
    if word == verb.lower_:
        return verb.lemma_.lower()
    if word.endswith("ies"):
        return word[:-3] + "y"
    return re.sub(r"(?<=sh|ch|ss|zz)es$|(?<=x|o)es$|s$", "", word)


def participle(verb: str) -> str:
    """The -ing form of a verb's base form: "sit" → "sitting", "ride" → "riding"."""
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")) and verb != "be":
        return verb[:-1] + "ing"
    short = len(re.findall(r"[aeiou]+", verb)) == 1 and _DOUBLING.search(verb)
    return verb + (verb[-1] if short or verb in _TWO_SYLLABLES_DOUBLING else "") + "ing"
