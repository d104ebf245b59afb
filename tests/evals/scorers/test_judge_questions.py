"""Questions about plans, their order, and probabilities of answers: no model is asked."""

import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.benchmarks.samples import Answer, Question, Sample
from evals.scorers.judge.model import probability
from evals.scorers.judge.questions import plan_questions
from evals.scorers.judge.scorer import KINDS, ask_in_order, describe_errors, geometric_mean, shares_right
from planner.errors import UserError
from planner.placing.arranging import arrange
from planner.plans import Size
from planner.scene import Predicate, Region, Relation, Scene


def scene(*regions: Region, relations: Sequence[tuple[str, Predicate, str]] = (), **parts: Any) -> Scene:
    stated = tuple(Relation(subject=s, predicate=predicate, object=o) for s, predicate, o in relations)
    return Scene(caption="x", regions=regions, relations=stated, **parts)


def region(name: str, prompt: str = "", count: int = 1) -> Region:
    return Region(name=name, prompt=prompt or f"a {name}", count=count)


def asked(of: Scene) -> list[str]:
    """The questions about a scene, with the right answer unless it is yes."""
    return [q.text if q.answer == "yes" else f"{q.text} {q.answer}" for q in plan_questions(of)]


@pytest.mark.parametrize(
    ("of", "questions"),
    [
        (
            scene(
                region("the old man", 'an old man with a sign that says "OPEN".'),
                background="a misty meadow\nat dawn.",
                style="oil painting",
                absent=("dogs", "a hat"),
            ),
            [
                "Is there any old man in the picture?",
                'Does the old man in the picture look like this: “an old man with a sign that says "OPEN"”?',
                "Is the background of the picture like this: “a misty meadow at dawn”?",
                "Are there any dogs in the picture? no",
                "Is there any hat in the picture? no",
            ],
        ),
        (
            scene(region("cat 1", "a tabby cat"), region("cat 2", "a tabby cat"), region("women", count=40)),
            [
                "Are there any cats in the picture?",
                "How many cats are in the picture? 2",
                "Do the cats in the picture look like this: “a tabby cat”?",
                "Are there any women in the picture?",
                "How many women are in the picture? 40",
            ],
        ),
        (
            scene(region("panel 1", "a knight"), region("panel 2", "a dragon"), region("route 66", "a road")),
            [
                "Are there any panels in the picture?",
                "How many panels are in the picture? 2",
                "Does one of the panels in the picture look like this: “a knight”?",
                "Does one of the panels in the picture look like this: “a dragon”?",
                "Is there any route 66 in the picture?",
                "Does the route 66 in the picture look like this: “a road”?",
            ],
        ),
        (
            scene(
                *(region(f"cat {number}", "a cat") for number in (1, 2)),
                *(region(f"tree {number}", "a tree") for number in (1, 2)),
                *map(region, ("pair of shoes", "Fuß")),
                relations=[
                    ("cat 1", "left of", "tree 1"),
                    ("cat 2", "left of", "tree 1"),
                    ("cat 1", "left of", "tree 2"),
                    ("cat 1", "left of", "cat 2"),
                    ("tree 2", "behind", "Fuß"),
                    ("pair of shoes", "next to", "tree 2"),
                ],
            ),
            [
                "Are there any cats in the picture?",
                "How many cats are in the picture? 2",
                "Are there any trees in the picture?",
                "How many trees are in the picture? 2",
                "Is there any pair of shoes in the picture?",
                "Is there any Fuß in the picture?",
                "Are the cats left of the trees?",
                "Is one of the trees behind the Fuß?",
                "Is the pair of shoes next to one of the trees?",
            ],
        ),
        (
            scene(region("box of apples", count=3), region("狐狸 1", "红狐狸"), region("狐狸 2", "红狐狸")),
            [
                "Are there any boxes of apples in the picture?",
                "How many boxes of apples are in the picture? 3",
                "Are there any 狐狸 in the picture?",
                "How many 狐狸 are in the picture? 2",
                "Do the 狐狸 in the picture look like this: “红狐狸”?",
            ],
        ),
    ],
)
def test_a_plan_has_a_question_for_each_atom(of: Scene, questions: list[str]) -> None:
    assert asked(of) == questions


def test_instances_that_the_layout_made_are_asked_about_as_one_thing() -> None:
    of = scene(
        region("grey cat", "a sleepy grey cat", count=3),
        region("barn"),
        relations=[("grey cat", "in front of", "barn")],
    )
    arranged = arrange(of, Size(width=256, height=256)).scene
    assert len(arranged.regions) == 4
    assert plan_questions(arranged) == plan_questions(of)


names = st.text(min_size=1, max_size=12).filter(str.strip)


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    called = draw(st.lists(names, max_size=5, unique=True))
    regions = [region(name, draw(names), draw(st.integers(1, 12))) for name in called]
    pairs = [(one, other) for one in called for other in called if one != other]
    stated = draw(st.lists(st.sampled_from(pairs), max_size=4)) if pairs else []
    relations: list[tuple[str, Predicate, str]] = [(one, "left of", other) for one, other in stated]
    absent = tuple(draw(st.lists(names, max_size=3)))
    return scene(*regions, relations=relations, background=draw(st.text(max_size=9)), absent=absent)


@given(scenes())
def test_everything_in_a_plan_is_asked_about_once(of: Scene) -> None:
    found = plan_questions(of)
    assert len(set(found)) == len(found)
    assert all((question.answer == "no") == (question.kind == "absent") for question in found)
    assert all(isinstance(question.answer, int) == (question.kind == "count") for question in found)
    assert all("$" not in question.text or "$" in str(of) for question in found)
    assert {question.kind for question in found} <= set(KINDS.values())
    assert bool(of.regions) <= ("thing" in {question.kind for question in found})


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

    def ask(together: Sequence[Question]) -> list[Answer]:
        order.extend(int(question.text) for question in together)
        return ["no" if int(question.text) in wrong else "yes" for question in together]

    found = ask_in_order(questions, ask)
    assert len(set(order)) == len(order)
    assert {place for place, answer in enumerate(found) if answer is not None} == set(order)
    for place, question in enumerate(questions):
        if place in order:
            assert not set(order[: order.index(place)]) & set(question.premises) & wrong
        else:
            assert any(found[premise] != "yes" for premise in question.premises)


def yes(together: Sequence[Question]) -> list[Answer]:
    return ["yes" for _ in together]


@given(graphs())
def test_with_every_answer_right_every_question_is_asked(questions: tuple[Question, ...]) -> None:
    found = ask_in_order(questions, yes)
    assert shares_right(questions, found)["right"] == 1.0
    assert describe_errors(questions, found) == ""


def test_without_questions_nothing_is_scored() -> None:
    assert set(shares_right((), ()).values()) == {None}


def test_a_premise_that_is_no_question_is_an_error() -> None:
    with pytest.raises(UserError, match=r"sample 3: question 'b': its premises .* should be places among 1"):
        Sample(3, "x", None, questions=(Question("b", "thing", premises=(1,)),))


def logs(**tokens: float) -> list[tuple[str, float]]:
    return [(token, math.log(p)) for token, p in tokens.items()]


@pytest.mark.parametrize(
    ("answer", "tokens", "expected"),
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
def test_an_answers_probability_is_that_of_all_its_spellings(
    answer: Answer, tokens: dict[str, float], expected: float | None
) -> None:
    assert probability(answer, logs(**tokens)) == (expected if expected is None else pytest.approx(expected))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_a_geometric_mean_lies_between_the_least_and_the_mean(values: list[float]) -> None:
    assert min(values) - 1e-12 <= geometric_mean(values) <= sum(values) / len(values) + 1e-12
