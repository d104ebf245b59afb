"""Faults of a judge's endpoint: retried within bounds, then pictures are unscored for a reason."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from evals.benchmarks.samples import Question, Sample
from evals.scorers.judge.scorer import Judge
from evals.scorers.protocol import Drawn, Scored, score
from evals.scorers.registry import scorer_named
from planner.errors import UserError, WorldError
from planner.plans import Size
from renderer.pipeline import make_plan

if TYPE_CHECKING:
    from tests.conftest import Script

Json = dict[str, Any]
RED, GREEN = Question("Is there something red?", "thing"), Question("Is there something green?", "thing")
PLAN = make_plan("a red star", size=Size(width=128, height=128))


def drawn(*questions: Question) -> Drawn:
    """A picture that is all red."""
    return Drawn(Image.new("RGB", (32, 32), (214, 34, 38)), Sample(0, "x", None, questions=questions), PLAN)


def judged(*questions: Question) -> Scored:
    return Judge("eye")(drawn(*questions))


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_fault_is_retried(eye: "Script", status: int) -> None:
    eye.fails(status, "later").fails(status, "later")
    assert judged(RED).values["right"] == 1.0
    assert len(eye.requests) == 4


def unscored(**settings: Any) -> str:
    """Why a picture is unscored, which has no figure then."""
    row = score((Judge("eye", **{"max_retries": 0, **settings}),), drawn(RED))
    assert row.scores == {}
    return row.unscored["judge"]


def test_a_lasting_fault_leaves_pictures_unscored(eye: "Script") -> None:
    eye.fails(500, "no luck")
    assert "failed (500, one try): no luck" in unscored()
    eye.fails(429, "tomorrow", pause="7200")
    assert "over its limit (429" in unscored(max_retries=2)
    eye.says({"answer": "yes"}, seconds=0.5)
    assert "didn't answer within 0.1 s" in unscored(timeout=0.1)
    eye.breaks_off('{"choices": [')
    assert "can't be reached" in unscored()
    eye.fails(404, "no such model", "model_not_found")
    reason = unscored()
    assert reason.startswith("scorer 'eye': ")
    assert "check its name and OPENAI_BASE_URL" in reason
    eye.fails(401, "who?")
    assert "OPENAI_API_KEY must be a key" in unscored()


@pytest.mark.parametrize("raw", ["<html>busy</html>", '{"choices": [', "{}", '{"choices": []}', "[]"])
@pytest.mark.parametrize("soft", [False, True])
def test_an_answer_that_is_none_leaves_pictures_unscored(eye: "Script", raw: str, soft: bool) -> None:
    if soft:
        eye.says({"answer": "yes"})
    eye.sends(raw)
    assert "gave no chat completion; is OPENAI_BASE_URL right?" in unscored()


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", "gives empty answers"),
        ('{"answer": "perhaps"}', "gives no answer that can be read; it wrote: "),
        ('{"verdict": 1}', "gives no answer that can be read; it wrote: "),
        ("I see a picture.", "gives no answer that can be read; it wrote: I see a picture."),
    ],
)
def test_what_can_not_be_read_is_asked_for_once_more_in_plain_text_and_then_unscored(
    eye: "Script", written: str, message: str
) -> None:
    eye.says(written).says(written)
    assert message in unscored()
    assert eye.modes == ["json_schema strict", "text"]


def test_a_refusal_is_not_asked_again(eye: "Script") -> None:
    eye.declines("I don't judge people.")
    assert unscored() == "eye declines to answer; it wrote: I don't judge people."
    assert len(eye.requests) == 1


def test_an_answer_in_a_weaker_way_is_as_good(eye: "Script") -> None:
    eye.lacks |= {"json_schema strict", "json_schema"}
    assert judged(RED).values["right"] == 1.0
    assert judged(GREEN).explanation == "Is there something green? no"
    assert eye.modes == ["json_schema strict", "json_schema", "tools", "text", "tools"]


def test_options_that_are_refused_are_left_out_from_then_on(eye: "Script") -> None:
    eye.most["temperature"] = -1
    eye.most["max_tokens"] = 1
    assert judged(RED).values["right"] == 1.0
    sent = len(eye.requests)
    assert judged(GREEN).values["right"] == 0.0
    (request,) = eye.requests[sent:]
    assert not {"temperature", "max_tokens"} & set(request)


@pytest.mark.parametrize("spelling", ["Yes.", " YES", True])
def test_yes_is_read_in_any_spelling(eye: "Script", spelling: object) -> None:
    eye.says({"answer": spelling})
    assert judged(RED).values["right"] == 1.0


def test_a_model_that_sees_passes_and_a_blind_one_is_refused(eye: "Script") -> None:
    Judge("eye").check()
    sent = len(eye.requests)
    Judge("eye").check()
    assert len(eye.requests) == sent == 4
    for answer in ("yes", "no"):

        def blind(request: Json, answer: str = answer) -> tuple[str, Json | None]:
            del request
            return json.dumps({"answer": answer}), None

        eye.sees = blind
        with pytest.raises(UserError, match="doesn't see: of a picture that is all red"):
            Judge(answer).check()


def test_a_judge_without_a_key_or_an_endpoint_is_refused_before_any_picture(
    script: "Script", monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match="set OPENAI_API_KEY, or OPENAI_BASE_URL"):
        Judge("eye").check()
    monkeypatch.setenv("OPENAI_BASE_URL", script.base_url)
    script.fails(500, "down")
    with pytest.raises(WorldError, match="down"):
        Judge("eye", max_retries=0).check()


@pytest.mark.parametrize("name", ["judge", "judge:", "judge:local", "judge:local:model.gguf"])
def test_a_name_that_is_no_judge_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="should be judge:MODEL"):
        scorer_named(name)
