"""The questions that a prompt's account comes to, one for each atom: a thing, a colour, a number, a place.

GenEval 2 (Kamath et al., arXiv 2512.16853) asks so of its own prompts; here any prompt is taken apart by what
the built-in parser reads in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import prompts
from evals.benchmarks.naming import words_of
from evals.benchmarks.samples import Question, Reply
from planner.builtin.lexicon import COLLECTIVES, NUMBERS
from planner.plans import Entry


@dataclass(frozen=True)
class _Named:
    """How a question speaks of a thing: its words, and whether they are of many."""

    words: str
    many: bool


_VAGUE = frozenset(["few", "several", "handful", "dozens", "hundreds"])
"""Words that say of how many what one would draw, so that another number is right too."""


def atoms(account: Sequence[Entry], prompt: str) -> tuple[Question, ...]:
    """A question for each entry of a prompt's account, the same asked once.

    All stand apart, as GenEval 2 has it: none has premises. How many there are is asked where the prompt
    says it by a number; "several" is more than one.
    """
    named, stated = _names(account), _stated(prompt)
    return tuple(dict.fromkeys(_question(entry, named, stated) for entry in account))


def _stated(prompt: str) -> frozenset[int]:
    """The numbers in a prompt, in figures or words; "two dozen" is 24 and whatever else 12 goes into."""
    words = set(words_of(prompt)) - _VAGUE
    numbers = {NUMBERS.get(word) or COLLECTIVES.get(word) or _figure(word) for word in words}
    dozens = range(12, 145, 12) if "dozen" in words else ()
    return frozenset(number for number in (*numbers, *dozens) if number is not None)


def _figure(word: str) -> int | None:
    return int(word) if word.isascii() and word.isdecimal() and len(word) < 5 else None


def _names(account: Iterable[Entry]) -> dict[str, _Named]:
    """The things by their names in the account; those that are counted in the plural of the prompt."""
    entries = tuple(account)
    named = {entry.of: _named(entry.of) for entry in entries}
    for entry in entries:
        if entry.kind == "count" and entry.count != 1:
            head = entry.text.split()[-1]
            named[entry.of] = _Named(" ".join([*entry.of.split()[:-1], head]), many=True)
    return named


def _named(words: str) -> _Named:
    """A thing by its own name, which is of many where its last word is a plural."""
    last = (words.split() or [""])[-1].lower()
    return _Named(words, many=last.isalpha() and words_of(last) != (last,))


def _question(entry: Entry, named: Mapping[str, _Named], stated: frozenset[int]) -> Question:
    it, of = _named(entry.text), named[entry.of]
    match entry.kind:
        case "thing":
            return _asked(entry, of.many, of.words)
        case "count" if entry.count not in stated:
            return _asked(entry, True, of.words, form="several")
        case "count" if entry.count is not None:
            return _asked(entry, True, of.words, answer=entry.count)
        case "absent":
            return _asked(entry, it.many, it.words, answer="no")
        case "setting":
            return _asked(entry, it.many, it.words)
        case "attribute" if len(entry.words) > 1:
            # Of a part or a setting: "crinkled leaves", which stand there as one.
            return _asked(entry, it.many, it.words, form="thing")
        case "relation":
            other = named.get(entry.other or "", _Named(entry.other or "", many=False))
            return _asked(entry, of.many, entry.predicate or entry.text, of.words, other.words)
        case _:
            return _asked(entry, of.many, entry.text, of.words)


def _asked(
    entry: Entry, many: bool, it: str, of: str = "", other: str = "", answer: Reply = "yes", form: str = ""
) -> Question:
    kind = form or ("thing" if entry.kind == "absent" else entry.kind)
    return Question(prompts.judge_question(kind, many, it, of, other), entry.kind, answer)
