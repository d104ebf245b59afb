"""The judge: a vision language model that is asked about pictures."""

import math
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from PIL import Image

import prompts
from evals.benchmarks.samples import Answer, Question
from evals.scorers.judge.model import NoProbabilitiesError, Picture, VisionModel
from evals.scorers.judge.questions import plan_questions
from evals.scorers.protocol import Drawn, Metric, Scored
from planner.chat.cache import users_replies
from planner.chat.endpoint import Endpoint
from planner.chat.usage import total
from planner.errors import UserError
from planner.local.weights import is_local
from planner.plans import Usage

ARITHMETIC_MEAN, GEOMETRIC_MEAN, VQA_SCORE = "Soft-TIFA AM", "Soft-TIFA GM", "VQAScore"

KINDS: Mapping[str, str] = {
    "things": "thing",
    "attributes": "attribute",
    "counts": "count",
    "relations": "relation",
    "settings": "setting",
    "absent": "absent",
}
"""Metrics by kind of question, and the kinds."""

COLOURS = {"red": (214, 34, 38), "blue": (40, 80, 215)}
"""Pictures of one colour, which a model has to tell apart before it judges others."""

SIDE = 64
"""Width and height of these pictures, in pixels."""


@dataclass(frozen=True)
class Judge:
    """Asks the model of an OpenAI-compatible endpoint about each picture.

    Address and key are those in OPENAI_BASE_URL and OPENAI_API_KEY, as for a planner; see `Endpoint` for
    `timeout` (seconds a try) and `max_retries`. The benchmark's own questions are asked if it has any,
    premises first; otherwise one question for each atom of the plan. Every question is a request of its own,
    at temperature 0. Answers are kept on disk by picture, question, endpoint and model.
    """

    model: str
    timeout: float = field(default=120.0, kw_only=True)
    max_retries: int = field(default=2, kw_only=True)

    name = "judge"
    metrics = (
        Metric("right", "questions answered right; on DSG-1k, its score"),
        Metric("all right", "pictures with every question answered right"),
        *(Metric(kind, f"questions on {kind} answered right") for kind in KINDS),
        Metric(ARITHMETIC_MEAN, "probability of the right answers about atoms, on the mean"),
        Metric(GEOMETRIC_MEAN, "geometric mean of the same, GenEval 2's figure of a prompt"),
        Metric(VQA_SCORE, 'probability of "yes" to whether the picture shows the whole prompt'),
    )

    def __post_init__(self) -> None:
        """Check the model's name before the first picture."""
        if not self.model or is_local(self.model):
            raise UserError(
                f"judge:{self.model}: should be judge:MODEL, a model that sees pictures, such as "
                "judge:gpt-4.1; OPENAI_BASE_URL is the address of an endpoint other than OpenAI's",
                "scorer",
            )

    def check(self) -> None:
        """Raise `UserError` if key, address or model are wrong, or the model can't tell red from blue.

        Some endpoints drop pictures that their model can't see, and it answers all the same. Raises
        `WorldError` if the endpoint fails.
        """
        for shown, pixel in COLOURS.items():
            questions = [
                Question(
                    prompts.judge_question("colour", "one", colour),
                    "attribute",
                    "yes" if colour == shown else "no",
                )
                for colour in COLOURS
            ]
            with self._vision_model(Image.new("RGB", (SIDE, SIDE), pixel), []) as model:
                wrong = describe_errors(questions, ask_in_order(questions, model.answers))
            if wrong:
                raise UserError(
                    f"judge:{self.model}: the model doesn't see: of a picture that is all {shown} "
                    f"it was asked: {wrong}",
                    "scorer",
                )

    def __call__(self, drawn: Drawn) -> Scored:
        """Raises `WorldError` if the endpoint fails after its retries or its model gives no answer."""
        bill: list[Usage] = []
        own = drawn.sample.questions
        questions = own or plan_questions(drawn.plan.scene)
        with self._vision_model(drawn.image, bill) as model:
            answers = ask_in_order(questions, model.answers)
            by_probability, unscored = _by_probability(model, drawn.sample.prompt, () if own else questions)
        values = {**shares_right(questions, answers), **by_probability}
        return Scored(values, describe_errors(questions, answers), unscored, total(bill))

    @contextmanager
    def _vision_model(self, image: Image.Image, bill: list[Usage]) -> Generator[VisionModel, None, None]:
        """The model in front of a picture."""
        endpoint = Endpoint(self.model, timeout=self.timeout, max_retries=self.max_retries, argument="scorer")
        with endpoint.client() as client:
            yield VisionModel(client, endpoint, Picture.of(image), users_replies(), bill.append)


def ask_in_order(
    questions: Sequence[Question], ask: Callable[[Sequence[Question]], Iterable[Answer]]
) -> list[Answer | None]:
    """An answer to each question; None if one of its premises was answered wrong or not asked.

    This is DSG's rule (Cho et al., arXiv 2310.18235): what is not there is not blue. `ask` gets all questions
    together whose premises are answered.
    """
    given: dict[int, Answer | None] = {}
    while len(given) < len(questions):
        left = [index for index in range(len(questions)) if index not in given]
        ready = [index for index in left if all(premise in given for premise in questions[index].premises)]
        # In a ring of premises, the first question is asked without the others.
        ready = ready or left[:1]
        to_ask = [
            index
            for index in ready
            if all(given[p] == questions[p].answer for p in questions[index].premises if p in given)
        ]
        given |= dict.fromkeys(ready)
        given |= dict(zip(to_ask, ask([questions[index] for index in to_ask]), strict=True))
    return [given[index] for index in range(len(questions))]


def shares_right(questions: Sequence[Question], answers: Sequence[Answer | None]) -> dict[str, float | None]:
    """Shares of right answers, overall and by kind, and whether all are right; None without questions.

    A question that was not asked does not count as right.
    """
    right = [answer == question.answer for question, answer in zip(questions, answers, strict=True)]
    shares = {"right": _mean(right), "all right": float(all(right)) if right else None}
    for name, kind in KINDS.items():
        of_kind = [one for one, question in zip(right, questions, strict=True) if question.kind == kind]
        shares[name] = _mean(of_kind)
    return shares


def describe_errors(questions: Sequence[Question], answers: Sequence[Answer | None]) -> str:
    """The wrong answers, and the questions that were not asked because of them."""
    errors = list[str]()
    for question, answer in zip(questions, answers, strict=True):
        if answer is None:
            errors.append(f"{question.text} not asked")
        elif answer != question.answer:
            number = f", not {question.answer}" if isinstance(question.answer, int) else ""
            errors.append(f"{question.text} {answer}{number}")
    return "; ".join(errors)


def _by_probability(
    model: VisionModel, prompt: str, questions: Sequence[Question]
) -> tuple[dict[str, float | None], dict[str, str]]:
    """The metrics by probabilities, and the reasons of those that the endpoint gives no probabilities for."""
    values: dict[str, float | None] = {}
    unscored: dict[str, str] = {}
    try:
        (values[VQA_SCORE],) = model.probabilities([(prompts.judge_whole(prompt), "yes")])
    except NoProbabilitiesError as error:
        unscored[VQA_SCORE] = str(error)
    try:
        right = model.probabilities([(prompts.judge_word(one.text), one.answer) for one in questions])
        values[ARITHMETIC_MEAN] = _mean(right)
        values[GEOMETRIC_MEAN] = geometric_mean(right) if right else None
    except NoProbabilitiesError as error:
        unscored |= dict.fromkeys((ARITHMETIC_MEAN, GEOMETRIC_MEAN), str(error))
    return values, unscored


def geometric_mean(values: Sequence[float]) -> float:
    """The n-th root of the product of n values from 0 to 1; 0 if one of them is 0."""
    return math.exp(math.fsum(map(math.log, values)) / len(values)) if all(values) else 0.0


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
