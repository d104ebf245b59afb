"""The judge: a vision language model that is asked about pictures."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from PIL import Image

import prompts
from evals.benchmarks.samples import Question
from evals.scorers.judge.atoms import atoms
from evals.scorers.judge.judging import KINDS, answers, figures, told
from evals.scorers.judge.likely import UntoldError, geometric_mean
from evals.scorers.judge.witness import Witness, picture_of
from evals.scorers.protocol import Drawn, Metric, Scored
from planner.chat.cache import users_replies
from planner.chat.endpoint import Endpoint
from planner.chat.usage import total
from planner.errors import UserError
from planner.local.weights import is_local
from planner.plans import Usage

ATOMS_MEAN, ATOMS_PRODUCT, WHOLE = "Soft-TIFA AM", "Soft-TIFA GM", "VQAScore"

SIGHT = {"red": (214, 34, 38), "blue": (40, 80, 215)}
"""Pictures of one colour that a model has to tell apart before it judges any."""

SIDE = 64
"""Pixels across them."""


@dataclass(frozen=True)
class Judge:
    """Asks the model of an OpenAI-compatible endpoint about each picture.

    Address and key are OPENAI_BASE_URL's and OPENAI_API_KEY's, as for a planner; see `Endpoint` for `timeout`
    (seconds a try) and `max_retries`. The benchmark's own questions are asked where it has some, premises
    first; else one for each atom of the plan. Every question is a request of its own, at temperature 0;
    answers are kept on disk by picture, question, endpoint and model.
    """

    model: str
    timeout: float = field(default=120.0, kw_only=True)
    max_retries: int = field(default=2, kw_only=True)

    name = "judge"
    metrics = (
        Metric("right", "questions answered right; on DSG-1k, its score"),
        Metric("all right", "pictures with every question answered right"),
        *(Metric(kind, f"questions on {kind} answered right") for kind in KINDS),
        Metric(ATOMS_MEAN, "probability of the right answers about atoms, on the mean"),
        Metric(ATOMS_PRODUCT, "geometric mean of the same, GenEval 2's figure of a prompt"),
        Metric(WHOLE, 'probability of "yes" to whether the picture shows the whole prompt'),
    )

    def __post_init__(self) -> None:
        """Check what can be checked before the first picture."""
        if not self.model or is_local(self.model):
            raise UserError(
                f"--scorer judge:{self.model}: should be judge:MODEL, a model that sees pictures, such as "
                "judge:gpt-4.1; OPENAI_BASE_URL says where another than OpenAI's is"
            )

    def check(self) -> None:
        """Raise `UserError` where key, address or model are wrong, or the model can't tell red from blue.

        Some endpoints drop pictures that their model can't see, and it answers all the same. Raises
        `WorldError` where the endpoint fails.
        """
        for shown, pixel in SIGHT.items():
            questions = [_of_colour(asked, shown) for asked in SIGHT]
            with self._witness(Image.new("RGB", (SIDE, SIDE), pixel), []) as witness:
                wrong = told(questions, answers(questions, witness.answers))
            if wrong:
                raise UserError(
                    f"--scorer judge:{self.model}: the model doesn't see: of a picture that is all {shown} "
                    f"it was asked: {wrong}"
                )

    def __call__(self, drawn: Drawn) -> Scored:
        """Raises `WorldError` where the endpoint fails after its retries or its model gives no answer."""
        bill: list[Usage] = []
        own = drawn.sample.questions
        questions = own or atoms(drawn.plan.scene)
        with self._witness(drawn.image, bill) as witness:
            given = answers(questions, witness.answers)
            soft, unscored = _soft(witness, drawn.sample.prompt, () if own else questions)
        return Scored({**figures(questions, given), **soft}, told(questions, given), unscored, total(bill))

    @contextmanager
    def _witness(self, image: Image.Image, bill: list[Usage]) -> Generator[Witness, None, None]:
        """The picture before the judge."""
        endpoint = Endpoint(
            self.model, timeout=self.timeout, max_retries=self.max_retries, option="--scorer judge:MODEL"
        )
        with endpoint.client() as client:
            yield Witness(client, endpoint, picture_of(image), users_replies(), bill.append)


def _of_colour(asked: str, shown: str) -> Question:
    text = prompts.judge_question("colour", "one", asked)
    return Question(text, "attribute", "yes" if asked == shown else "no")


def _soft(
    witness: Witness, prompt: str, questions: Sequence[Question]
) -> tuple[dict[str, float | None], dict[str, str]]:
    """The metrics by probabilities, and why those are unscored that the endpoint doesn't tell."""
    values: dict[str, float | None] = {}
    unscored: dict[str, str] = {}
    try:
        (values[WHOLE],) = witness.likely([(prompts.judge_whole(prompt), "yes")])
    except UntoldError as error:
        unscored[WHOLE] = str(error)
    try:
        values |= _of_atoms(witness.likely([(prompts.judge_word(one.text), one.answer) for one in questions]))
    except UntoldError as error:
        unscored |= dict.fromkeys((ATOMS_MEAN, ATOMS_PRODUCT), str(error))
    return values, unscored


def _of_atoms(likely: Sequence[float]) -> dict[str, float | None]:
    if not likely:
        return {ATOMS_MEAN: None, ATOMS_PRODUCT: None}
    return {ATOMS_MEAN: sum(likely) / len(likely), ATOMS_PRODUCT: geometric_mean(likely)}
