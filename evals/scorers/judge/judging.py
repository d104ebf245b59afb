"""Questions to answers, and answers to figures."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from evals.benchmarks.samples import Question, Reply

KINDS: Mapping[str, tuple[str, ...]] = {
    "things": ("thing",),
    "attributes": ("attribute",),
    "counts": ("count",),
    "relations": ("relation",),
    "settings": ("setting",),
    "absent": ("absent",),
}
"""Metrics by kind, and what questions ask about."""

Answers = Sequence[Reply | None]
"""An answer to each question, None to those that were not asked."""


def answers(questions: Sequence[Question], ask: Callable[[Sequence[Question]], Iterable[Reply]]) -> Answers:
    """An answer to each question, but to none that has a premise which was answered wrong or not asked.

    So DSG has it (Cho et al., arXiv 2310.18235): what is not there is not blue. `ask` gets together what can
    be asked together.
    """
    given: dict[int, Reply | None] = {}
    while len(given) < len(questions):
        ready = _ready(questions, given)
        sound = [place for place in ready if _holds(questions, place, given)]
        given |= dict.fromkeys(ready)
        given |= dict(zip(sound, ask([questions[place] for place in sound]), strict=True))
    return [given[place] for place in range(len(questions))]


def _ready(questions: Sequence[Question], given: Mapping[int, Reply | None]) -> list[int]:
    """What is to be asked next: all whose premises are settled, or in a ring of premises the first."""
    left = [place for place in range(len(questions)) if place not in given]
    return [place for place in left if all(one in given for one in questions[place].premises)] or left[:1]


def _holds(questions: Sequence[Question], place: int, given: Mapping[int, Reply | None]) -> bool:
    """Whether no premise is known to be wrong."""
    return all(given[one] == questions[one].answer for one in questions[place].premises if one in given)


def figures(questions: Sequence[Question], given: Answers) -> dict[str, float | None]:
    """Shares of questions that are answered right, all and by kind, and whether all are; None of nothing.

    What was not asked is not right.
    """
    right = [answer == question.answer for question, answer in zip(questions, given, strict=True)]
    by_kind = {
        name: _share([one for one, question in zip(right, questions, strict=True) if question.kind in kinds])
        for name, kinds in KINDS.items()
    }
    return {"right": _share(right), "all right": float(all(right)) if right else None, **by_kind}


def _share(right: Sequence[bool]) -> float | None:
    return sum(right) / len(right) if right else None


def told(questions: Sequence[Question], given: Answers) -> str:
    """What was answered wrong, and what was not asked therefore, in the questions' words."""
    return "; ".join(_wrong(questions, given))


def _wrong(questions: Sequence[Question], given: Answers) -> Iterator[str]:
    for question, answer in zip(questions, given, strict=True):
        if answer is None:
            yield f"{question.text} not asked"
        elif answer != question.answer:
            number = f", not {question.answer}" if isinstance(question.answer, int) else ""
            yield f"{question.text} {answer}{number}"
