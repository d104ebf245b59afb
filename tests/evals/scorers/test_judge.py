"""The judge, asked on a real server whose model really looks: it decodes the picture that a request brings,
and answers by its pixels. What it says is no quality of anything.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from evals.benchmarks.dsg import DSG
from evals.benchmarks.samples import Question, Sample
from evals.scorers.judge.scorer import Judge
from evals.scorers.protocol import Drawn, Scored, Scorer, score
from evals.scorers.registry import scorer_named
from evals.world.draw import draw
from evals.world.facts import Composition, Setting, Thing
from planner.plans import Plan, Size, Usage
from renderer.pipeline import make_plan

if TYPE_CHECKING:
    from tests.conftest import Script

Json = dict[str, Any]
THINGS = (Thing("star", "red", "medium", 24, 24, 44), Thing("ring", "blue", "medium", 104, 104, 44))
SHOWN = draw(Composition(THINGS, Setting(None, None, "cream", 1.0), 3))
TEXT = "A red star in the upper left and a blue ring to the right of the star, without any hearts"
OTHER = "Two green stars in the upper right and a blue ring above the stars, without any rings"
COLOURS = {"red": (214, 34, 38), "blue": (40, 80, 215), "green": (24, 140, 60)}
RED, GREEN = Question("Is there something red?", "thing"), Question("Is there something green?", "thing")


def plan_of(text: str) -> Plan:
    return make_plan(text, size=Size(width=128, height=128))


def drawn(text: str, *questions: Question, image: Image.Image = SHOWN) -> Drawn:
    return Drawn(image, Sample(0, text, None, questions=questions), plan_of(text))


def judged(text: str, *questions: Question, image: Image.Image = SHOWN) -> Scored:
    return Judge("eye")(drawn(text, *questions, image=image))


def sight(eye: "Script") -> Callable[[Json], tuple[str, Json | None]]:
    assert eye.sees is not None
    return eye.sees


def text_in(request: Json) -> str:
    return request["messages"][-1]["content"][1]["text"]


def test_the_picture_arrives_as_it_is_before_the_question(
    eye: "Script", shown: Callable[[Json], Image.Image]
) -> None:
    assert judged("x", RED, GREEN).values["right"] == 0.5
    for request in eye.requests:
        assert (np.asarray(shown(request)) == np.asarray(SHOWN)).all()
        assert [part["type"] for part in request["messages"][-1]["content"]] == ["image_url", "text"]
        assert (request["model"], request["temperature"]) == ("eye", 0)
    assert {text_in(request) for request in eye.requests[:2]} == {RED.text, GREEN.text}
    assert eye.requests[0]["messages"][0]["role"] == "system"


@pytest.mark.parametrize("colour", COLOURS)
def test_another_picture_gets_another_answer(eye: "Script", colour: str) -> None:
    del eye
    image = Image.new("RGB", (32, 48), COLOURS[colour])
    scored = judged("x", RED, GREEN, image=image)
    assert scored.values["right"] == (0.0 if colour == "blue" else 0.5)
    assert scored.values["VQAScore"] == pytest.approx(float(colour == "red"), abs=1e-6)


TITLES = (
    "item_id,text,proposition_id,dependency,category_broad,category_detailed,tuple,question_natural_language"
)
DSG_ROWS = f"""{TITLES}
1,red,1,0,entity,whole,entity - whole (a),Is there something red?
1,red,2,"1,2",attribute,color,"attribute - color (a, b)",Is the star red?
1,red,3,5,other,count,"other - count (c, ==1)",Is there something blue?
1,red,4,"1, right",relation,spatial,"relation - spatial (a, b)",Is the ring right of the star?
1,red,5,0,entity,whole,entity - whole (c),Is there something green?
1,red,6,3,global,-,global - (d),Is the ring blue?
"""


def test_dsg_asks_no_child_of_a_question_that_was_answered_no(eye: "Script", tmp_path: Path) -> None:
    (tmp_path / "dsg-1k-anns.csv").write_text(DSG_ROWS)
    (sample,) = DSG.read(tmp_path)
    assert [question.premises for question in sample.questions] == [(), (0,), (4,), (0,), (), (2,)]
    scored = Judge("eye")(Drawn(SHOWN, sample, plan_of("red")))
    texts = [text_in(request) for request in eye.requests if not request.get("logprobs")]
    assert {*texts[:2]} == {sample.questions[place].text for place in (0, 4)}
    assert {*texts[2:]} == {sample.questions[place].text for place in (1, 3)}
    assert scored.explanation == (
        "Is there something blue? not asked; Is there something green? no; Is the ring blue? not asked"
    )
    assert (scored.values["right"], scored.values["all right"]) == (0.5, 0.0)
    kinds = {
        name: scored.values[name] for name in ("things", "attributes", "counts", "relations", "settings")
    }
    assert kinds == {"things": 0.5, "attributes": 1, "counts": 0, "relations": 1, "settings": 0}
    assert scored.values["Soft-TIFA GM"] is None


def test_prompts_without_questions_are_asked_for_every_atom(eye: "Script") -> None:
    right, wrong = judged(TEXT), judged(OTHER)
    assert (right.values["right"], right.values["all right"], right.explanation) == (1.0, 1.0, "")
    assert wrong.explanation == (
        "How many stars are in the picture? 1, not 2; "
        "Do the stars in the picture look like this: “a green star”? no; "
        "Is the ring above the stars? no; Are there any rings in the picture? yes"
    )
    assert wrong.values["counts"] == wrong.values["relations"] == wrong.values["absent"] == 0.0
    assert right.values["absent"] == 1.0
    assert len(eye.requests) > 10


def test_soft_scores_are_the_probabilities_of_right_answers(
    eye: "Script", redness: Callable[[Image.Image], float]
) -> None:
    del eye
    scored = judged("Three stars, without any rings")
    # Three are asked for, and one is there: "1" and "two" are what the model thinks of.
    assert scored.values["Soft-TIFA AM"] == pytest.approx((0.75 + 0.0 + 0.125) / 3)
    assert scored.values["Soft-TIFA GM"] == 0.0
    scored = judged("a red star and a blue ring")
    assert scored.values["Soft-TIFA GM"] == pytest.approx(0.75)
    assert scored.values["VQAScore"] == pytest.approx(redness(SHOWN))


@pytest.mark.parametrize("refused", [True, False])
def test_without_log_probabilities_their_metrics_alone_are_unscored(eye: "Script", refused: bool) -> None:
    def silent(request: Json) -> tuple[str, Json | None]:
        return looks(request)[0], None

    looks, eye.sees = sight(eye), silent
    if refused:
        eye.most["logprobs"] = 0
    row = score((Judge("eye"),), drawn("a red star"))
    assert row.scores["judge.right"] == 1.0
    assert set(row.unscored) == {"judge.VQAScore", "judge.Soft-TIFA AM", "judge.Soft-TIFA GM"}
    assert all("returns no log probabilities" in why for why in row.unscored.values())
    assert not row.scores.keys() & row.unscored.keys()
    sent = len(eye.requests)
    judged("a red star in the upper left")
    assert not any("logprobs" in request for request in eye.requests[sent:])


def test_an_endpoint_that_returns_few_tokens_is_asked_for_few(
    eye: "Script", redness: Callable[[Image.Image], float]
) -> None:
    eye.most["top_logprobs"] = 5
    assert judged("a red star").values["VQAScore"] == pytest.approx(redness(SHOWN))
    tops = [request["top_logprobs"] for request in eye.requests if "logprobs" in request]
    assert sorted(tops) == [5, 5, 5, 20, 20, 20]


def test_a_reply_that_begins_with_no_answer_has_no_probability(eye: "Script") -> None:
    def muses(request: Json) -> tuple[str, Json | None]:
        if not request.get("logprobs"):
            return looks(request)
        tokens = [{"token": token, "logprob": -1.0, "bytes": None} for token in ("<think>", "The")]
        return "<think>", {"content": [{**tokens[0], "top_logprobs": tokens}], "refusal": None}

    looks, eye.sees = sight(eye), muses
    scored = judged("a red star")
    assert "'<think>', 'The', and not with an answer" in scored.unscored["VQAScore"]
    assert scored.values["right"] == 1.0


def test_the_same_picture_gets_the_same_score_and_is_not_asked_about_again(eye: "Script") -> None:
    first = judged(TEXT)
    sent = len(eye.requests)
    again = judged(TEXT, image=Image.fromarray(np.asarray(SHOWN)))
    assert again == first
    assert first.usage == Usage(prompt=100 * sent, completion=2 * sent, requests=sent)
    assert len(eye.requests) == sent
    pixels = np.asarray(SHOWN).copy()
    pixels[0, 0] ^= 1
    judged(TEXT, image=Image.fromarray(pixels))
    assert len(eye.requests) == 2 * sent
    Judge("another")(drawn(TEXT))
    assert len(eye.requests) == 3 * sent


def test_rows_hold_tokens(eye: "Script") -> None:
    row = score((Judge("eye"),), drawn("x", RED))
    assert row.tokens == {"judge": Usage(prompt=200, completion=4, requests=2)}
    assert len(eye.requests) == 2


def test_every_metric_is_scored_or_unscored(eye: "Script") -> None:
    del eye
    judge = scorer_named("judge:eye")
    assert isinstance(judge, Scorer)
    scored = judge(drawn(TEXT))
    assert {*scored.values, *scored.unscored} == {metric.name for metric in judge.metrics}
