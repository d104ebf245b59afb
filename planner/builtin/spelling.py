"""Words as they are written, without a parse: singulars, and plurals that were formed by rule where English
has another form.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from planner.builtin.lexicon import NUMBERS
from planner.builtin.parser import known

_SIBILANT = ("s", "x", "z", "ch", "sh")
_VOICED = re.compile(r"(?:(?<=i)fe|(?<=l)f|(?<=ea)f|(?<=oa)f)$")
_SINGULARS = frozenset({"one", "single", "lone", "solitary", "zero"})


def singular(word: str) -> str:
    """The singular of a plural by its ending alone, for words that no list has: "hydrants" → "hydrant"."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return re.sub(r"(?<=sh|ch|ss|zz)es$|(?<=x|o)es$|(?<!s)s$", "", word)


def respelt(words: Sequence[str]) -> Mapping[int, str]:
    """The plurals made by a mere "s", by their index, as English has them: "benchs", "knifes", "two buss".

    The parser takes them for singulars. What is a word by itself ("buss") is a plural where it is counted.
    """
    wrong = {i: plural for i, word in enumerate(words) if (plural := _plural(word.lower()))}
    counted = {words[i].lower() for i in wrong if _is_counted(words, i)}
    return {i: plural for i, plural in wrong.items() if words[i].lower() in counted or not _is_word(words[i])}


def _plural(word: str) -> str:
    """The plural that is meant by a singular with an "s"; empty where the word is none, or right."""
    stem = word[:-1]
    if not word.endswith("s") or len(stem) < 3 or stem not in known("noun"):
        return ""
    if stem.endswith(_SIBILANT):
        return f"{stem}es"
    return f"{_VOICED.sub('ve', stem)}s" if _VOICED.search(stem) else ""


def _is_word(word: str) -> bool:
    return any(word.lower() in known(part) for part in ("noun", "verb", "adj", "adv"))


def _is_counted(words: Sequence[str], i: int) -> bool:
    return any(word.isdigit() or word in NUMBERS for word in _before(words, i) if word not in _SINGULARS)


def _before(words: Sequence[str], i: int) -> Iterator[str]:
    """The word before, and the one before that where an adjective may stand between."""
    yield from (word.lower() for word in words[max(i - 2, 0) : i])
