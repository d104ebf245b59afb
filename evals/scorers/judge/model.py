"""A vision language model behind an endpoint, which answers questions about one picture."""

import base64
import hashlib
import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import inflect
from PIL import Image
from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError

import prompts
from evals.benchmarks.samples import Answer, Question
from planner.caches import cache_folder
from planner.chat.answer import Answer as EndpointAnswer
from planner.chat.ask import Asker
from planner.chat.cache import CachedReply, Replies
from planner.chat.capabilities import Options
from planner.chat.endpoint import Endpoint
from planner.chat.extract import at
from planner.chat.failures import RefusedError
from planner.chat.modes import Messages
from planner.chat.requests import Question as Request
from planner.chat.requests import complete
from planner.chat.usage import used
from planner.errors import WorldError
from planner.llm.reply import Reply
from planner.plans import Usage

if TYPE_CHECKING:
    from openai import OpenAI

T = TypeVar("T")

AT_ONCE = 4
"""Questions about one picture that are sent at the same time."""

MAX_TOKENS = 2048
"""An answer takes a few tokens. A model that thinks first needs more, and without a grammar it may run on."""

OPTIONS: Options = {"temperature": 0.0, "max_tokens": MAX_TOKENS}

REASONS = {"refused": "declines to answer", "empty": "gives empty answers", "cut off": "never ends"}
"""Why there is no answer, by the kind of what the model wrote."""

TOP_LOGPROBS = (20, 5)
"""The numbers of likeliest tokens to ask for, in this order: endpoints differ in the most they return."""

MAX_IN_WORDS = 20
"""The largest number whose word is one token for some tokenizer."""

MIN_MASS = 0.5
"""The least probability of all answers together, for a reply to be an answer and not another sentence."""

TokenLogprob = tuple[str, float]
"""A token and the logarithm of its probability."""

_TOKENS = TypeAdapter(tuple[TokenLogprob, ...])

_without_logprobs: set[tuple[Path, str]] = set()
"""Endpoints that returned no log probabilities, and are not asked for them again."""


class NoProbabilitiesError(WorldError):
    """The endpoint returns no log probabilities, or none of an answer."""


class _TopLogprob(BaseModel):
    """A token as endpoints return it."""

    token: str
    logprob: float


_TOP_LOGPROBS = TypeAdapter(tuple[_TopLogprob, ...])


def _normal(value: object) -> object:
    """The answer in a value; models without a grammar write "Yes." or true."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.strip(" .!\n").lower() if isinstance(value, str) else value


# Names, docstrings and descriptions of these forms are in the schema that the model gets.
class YesOrNo(Reply):
    """The answer to the question."""

    answer: Annotated[Literal["yes", "no"], BeforeValidator(_normal)] = Field(description="by the picture")


class HowMany(Reply):
    """The number that the question asks for."""

    answer: Annotated[int, Field(ge=0)] = Field(description="how many the picture shows, 0 for none")


@dataclass(frozen=True)
class Picture:
    """A picture as a data URL of a PNG in RGB, and a digest of its pixels, whatever file they were in."""

    url: str
    digest: str

    @classmethod
    def of(cls, image: Image.Image) -> "Picture":
        """The picture of an image."""
        rgb, buffer = image.convert("RGB"), io.BytesIO()
        rgb.save(buffer, "PNG")
        digest = hashlib.sha256(repr(rgb.size).encode() + rgb.tobytes()).hexdigest()
        return cls(f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}", digest)


@dataclass(frozen=True)
class VisionModel:
    """Asks the model of an endpoint about one picture; answers that `replies` holds are not asked for again.

    `bill` gets the usage of every answer, also of those from `replies`.
    """

    client: "OpenAI"
    endpoint: Endpoint
    picture: Picture
    replies: Replies
    bill: Callable[[Usage], None]

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """The model's answer to each question: yes or no, or a number.

        Raises `WorldError` if the endpoint fails after its retries, or the model declines or gives no answer
        that can be read; `UserError` if the key or the model's name is wrong.
        """
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(self._answer, questions))

    def probabilities(self, expected: Sequence[tuple[str, Answer]]) -> list[float]:
        """The probability of each answer as the reply to its text, by the reply's first token.

        Raises as `answers` does, and `NoProbabilitiesError` if the endpoint returns no log probabilities or
        the likeliest tokens are no answers.
        """
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(self._probability, expected))

    def _answer(self, question: Question) -> Answer:
        """The answer; the model is asked once more in plain text if none can be read."""
        form = HowMany if isinstance(question.answer, int) else YesOrNo
        key = self._key("answer", question.text, form.model_json_schema(), prompts.judge())
        cached = self._cached(key, form.model_validate_json)
        if cached is not None:
            return cached.answer
        messages = ({"role": "system", "content": prompts.judge()}, *self._messages(question.text))
        asker = Asker(self.client, self.endpoint, OPTIONS, self.bill)
        answer = asker.ask(messages, form)
        reply = _parsed(answer, form)
        if reply is None and answer.kind != "refused":
            answer = asker.ask(messages, form, plain=True)
            reply = _parsed(answer, form)
        if reply is None:
            written = f"; it wrote: {self.endpoint.redact(answer.text)}" if answer.text.strip() else ""
            reason = REASONS.get(answer.kind, "gives no answer that can be read")
            raise WorldError(f"{self.endpoint.model} {reason}{written}")
        self.replies.keep(key, CachedReply(text=reply.model_dump_json(), usage=answer.usage))
        return reply.answer

    def _probability(self, expected: tuple[str, Answer]) -> float:
        text, answer = expected
        key = self._key("tokens", text)
        tokens = self._cached(key, _TOKENS.validate_json)
        if tokens is None:
            completion = complete_first_token(self.client, self.endpoint, self._messages(text))
            tokens, usage = top_tokens(completion), used(completion)
            self.bill(usage)
            self.replies.keep(key, CachedReply(text=_TOKENS.dump_json(tokens).decode(), usage=usage))
        value = probability(answer, tokens)
        if value is None:
            beginning = self.endpoint.redact(", ".join(repr(token) for token, _ in tokens[:3]))
            raise NoProbabilitiesError(
                f"{self.endpoint.model} begins its reply with {beginning}, and not with an answer"
            )
        return value

    def _messages(self, text: str) -> Messages:
        # The picture comes first, so that the endpoint's cache of it serves every question.
        picture = {"type": "image_url", "image_url": {"url": self.picture.url}}
        return ({"role": "user", "content": [picture, {"type": "text", "text": text}]},)

    def _key(self, kind: str, *question: Any) -> dict[str, Any]:
        """All that an answer depends on."""
        endpoint, picture = self.endpoint.identity, self.picture.digest
        return {"judge": kind, "endpoint": endpoint, "picture": picture, "question": question}

    def _cached(self, key: dict[str, Any], parse: Callable[[str], T]) -> T | None:
        """The answer that `replies` holds, if any; its usage goes to `bill`."""
        reply = self.replies.find(key)
        if reply is None:
            return None
        try:
            answer = parse(reply.text)
        except ValidationError:
            return None
        self.bill(reply.usage)
        return answer


def _parsed(answer: EndpointAnswer, form: type[YesOrNo] | type[HowMany]) -> YesOrNo | HowMany | None:
    try:
        return None if answer.data is None else form.model_validate(answer.data)
    except ValidationError:
        return None


def complete_first_token(client: "OpenAI", endpoint: Endpoint, messages: Messages) -> Mapping[str, Any]:
    """The completion of one token, with the likeliest tokens in its place.

    Raises `NoProbabilitiesError` if the endpoint does not return them, `WorldError` if it fails after its
    retries, and `UserError` if the key or the model's name is wrong.
    """
    place = cache_folder(), endpoint.identity
    for top in () if place in _without_logprobs else TOP_LOGPROBS:
        options = {"temperature": 0.0, "max_tokens": 1, "logprobs": True, "top_logprobs": top}
        try:
            completion = complete(client, endpoint, Request(messages, options)).body
        except RefusedError:
            continue
        if top_tokens(completion):
            return completion
    _without_logprobs.add(place)
    raise NoProbabilitiesError(
        f"the LLM endpoint {endpoint.label} returns no log probabilities of {endpoint.model}"
    )


def top_tokens(completion: Mapping[str, Any]) -> tuple[TokenLogprob, ...]:
    """The likeliest first tokens of a completion; none if the endpoint does not return them."""
    found = at(completion, "choices", 0, "logprobs", "content", 0, "top_logprobs")
    try:
        return tuple((one.token, one.logprob) for one in _TOP_LOGPROBS.validate_python(found or ()))
    except ValidationError:
        return ()


def probability(answer: Answer, tokens: Sequence[TokenLogprob]) -> float | None:
    """The probability of `answer` in all its spellings; 0 if only other answers are among the tokens.

    None if answers of its kind together are unlikely, so that nothing is known.
    """
    alternatives = ("yes", "no") if isinstance(answer, str) else (*range(MAX_IN_WORDS + 1), answer)
    if _mass(tokens, (spelling for each in alternatives for spelling in _spellings(each))) < MIN_MASS:
        return None
    return _mass(tokens, _spellings(answer))


def _mass(tokens: Iterable[TokenLogprob], spellings: Iterable[str]) -> float:
    """The probability of all tokens that are one of the spellings."""
    wanted = frozenset(spellings)
    return min(1.0, math.fsum(math.exp(log) for token, log in tokens if token.strip().lower() in wanted))


@cache
def _spellings(answer: Answer) -> tuple[str, ...]:
    if isinstance(answer, str):
        return (answer,)
    return (str(answer), str(inflect.engine().number_to_words(answer)))  # pyright: ignore[reportArgumentType]
