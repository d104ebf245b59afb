"""Atoms of prompts, the order of questions, and what probabilities say: no model is asked."""

import math
from collections.abc import Sequence
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.benchmarks.samples import Question, Reply, Sample
from evals.scorers.judge.atoms import atoms
from evals.scorers.judge.judging import KINDS, answers, figures, told
from evals.scorers.judge.likely import geometric_mean, probability
from planner.errors import UserError
from planner.plans import AskKind, Entry, Size
from planner.scene import Predicate
from renderer.pipeline import make_plan


def asked(prompt: str) -> list[str]:
    """The questions on a prompt, with what is right unless that is yes."""
    found = atoms(make_plan(prompt, size=Size(width=128, height=128)).account, prompt)
    return [q.text if q.answer == "yes" else f"{q.text} {q.answer}" for q in found]


@pytest.mark.parametrize(
    ("prompt", "questions"),
    [
        (
            "At night, a large yellow star in the upper left, without any dogs",
            [
                "Is there any star in the picture?",
                "Is the star large?",
                "Is the star yellow?",
                "Is the star at the top left of the picture?",
                "Is night part of the picture's setting or background?",
                "Are there any dogs in the picture? no",
            ],
        ),
        (
            "three drums and 4 men",
            [
                "Are there any drums in the picture?",
                "How many drums are in the picture? 3",
                "Are there any men in the picture?",
                "How many men are in the picture? 4",
            ],
        ),
        (
            "a dozen eggs",
            ["Are there any eggs in the picture?", "How many eggs are in the picture? 12"],
        ),
        (
            "a few boats",
            ["Are there any boats in the picture?", "Does the picture show more than one of the boats?"],
        ),
        (
            "a giraffe on the right of two wallets",
            [
                "Is there any giraffe in the picture?",
                "Are there any wallets in the picture?",
                "How many wallets are in the picture? 2",
                "Is the giraffe right of the wallets?",
            ],
        ),
        (
            "a plant with green leaves on a gray background",
            [
                "Is there any plant in the picture?",
                "Does the plant in the picture have any leaves?",
                "Are there any green leaves in the picture?",
                "Is background part of the picture's setting or background?",
                "Is there any gray background in the picture?",
            ],
        ),
    ],
)
def test_a_prompt_is_taken_apart(prompt: str, questions: list[str]) -> None:
    assert asked(prompt) == questions


names = st.text(min_size=1, max_size=12).filter(str.strip)
entries = st.builds(
    Entry,
    kind=st.sampled_from(get_args(AskKind)),
    text=names,
    of=names,
    words=st.lists(names, max_size=2).map(tuple),
    count=st.none() | st.integers(0, 99),
    predicate=st.none() | st.sampled_from(get_args(Predicate)),
    other=st.none() | names,
    where=st.just("caption"),
)


@given(st.lists(entries, max_size=6), st.text(max_size=40))
def test_whatever_an_account_holds_is_asked_for_once(account: list[Entry], prompt: str) -> None:
    found = atoms(account, prompt)
    assert len(set(found)) == len(found) <= len(account)
    assert {question.kind for question in found} == {entry.kind for entry in account}
    assert all((question.answer == "no") == (question.kind == "absent") for question in found)
    assert all("$" not in question.text or "$" in str(account) for question in found)
    assert {question.kind for question in found} <= {kind for kinds in KINDS.values() for kind in kinds}


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Question, ...]:
    """Questions with premises of any kind: later ones, rings, themselves."""
    number = draw(st.integers(1, 7))
    premises = st.lists(st.integers(0, number - 1), max_size=3, unique=True).map(tuple)
    return tuple(Question(str(i), "thing", premises=draw(premises)) for i in range(number))


@given(graphs(), st.sets(st.integers(0, 6)))
def test_a_question_is_asked_at_most_once_and_after_its_premises(
    questions: tuple[Question, ...], wrong: set[int]
) -> None:
    order: list[int] = []

    def ask(together: Sequence[Question]) -> list[Reply]:
        order.extend(int(question.text) for question in together)
        return ["no" if int(question.text) in wrong else "yes" for question in together]

    found = answers(questions, ask)
    assert len(set(order)) == len(order)
    assert {place for place, answer in enumerate(found) if answer is not None} == set(order)
    for place, question in enumerate(questions):
        if place in order:
            assert not set(order[: order.index(place)]) & set(question.premises) & wrong
        else:
            assert any(found[premise] != "yes" for premise in question.premises)


def yes(together: Sequence[Question]) -> list[Reply]:
    return ["yes" for _ in together]


@given(graphs())
def test_with_every_answer_right_every_question_is_asked(questions: tuple[Question, ...]) -> None:
    found = answers(questions, yes)
    assert figures(questions, found)["right"] == 1.0
    assert told(questions, found) == ""


def test_nothing_asked_is_nothing_scored() -> None:
    assert set(figures((), ()).values()) == {None}


def test_a_premise_that_is_no_question_is_told() -> None:
    with pytest.raises(UserError, match=r"sample 3: question 'b': its premises .* should be places among 1"):
        Sample(3, "x", None, questions=(Question("b", "thing", premises=(1,)),))


def logs(**tokens: float) -> list[tuple[str, float]]:
    return [(token, math.log(p)) for token, p in tokens.items()]


@pytest.mark.parametrize(
    ("answer", "tokens", "likely"),
    [
        ("yes", {"Yes": 0.5, " yes": 0.2, "YES": 0.1, "No": 0.1}, 0.8),
        ("no", {"Yes": 0.9, "Sure": 0.1}, 0.0),
        ("yes", {"The": 0.9, "It": 0.1}, None),
        (4, {"four": 0.5, "4": 0.25, "three": 0.125}, 0.75),
        (4, {"three": 0.6}, 0.0),
        (4, {"yes": 0.9}, None),
        ("yes", {"The": 0.6, "Yes": 0.3}, None),
        ("yes", {}, None),
    ],
)
def test_probabilities_of_all_spellings_are_one_answers(
    answer: Reply, tokens: dict[str, float], likely: float | None
) -> None:
    assert probability(answer, logs(**tokens)) == (likely if likely is None else pytest.approx(likely))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_a_geometric_mean_lies_between_the_least_and_the_mean(values: list[float]) -> None:
    assert min(values) - 1e-12 <= geometric_mean(values) <= sum(values) / len(values) + 1e-12
