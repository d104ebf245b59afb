"""A picture before a judge: what a vision language model answers to questions on it, each asked once."""

import base64
import hashlib
import io
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from PIL import Image
from pydantic import TypeAdapter, ValidationError

import prompts
from evals.benchmarks.samples import Question
from evals.benchmarks.samples import Reply as Said
from evals.scorers.judge.held import OPTIONS, HowMany, R, YesOrNo, held
from evals.scorers.judge.likely import Likely, UntoldError, first_reply, first_tokens, probability
from planner.chat.ask import Asker
from planner.chat.cache import CachedReply, Replies
from planner.chat.endpoint import Endpoint
from planner.chat.modes import Messages
from planner.chat.usage import used
from planner.plans import Usage

if TYPE_CHECKING:
    from openai import OpenAI

T = TypeVar("T")
Q = TypeVar("Q")

AT_ONCE = 4
"""Questions on one picture that an endpoint is asked at once."""

TOKENS = TypeAdapter(tuple[Likely, ...])


@dataclass(frozen=True)
class Picture:
    """A picture as an endpoint takes it, and what tells it from others: its pixels, whatever their file."""

    url: str
    pixels: str


def picture_of(image: Image.Image) -> Picture:
    """The picture as a data URL of a PNG in RGB."""
    rgb, buffer = image.convert("RGB"), io.BytesIO()
    rgb.save(buffer, "PNG")
    pixels = hashlib.sha256(repr(rgb.size).encode() + rgb.tobytes()).hexdigest()
    return Picture(f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}", pixels)


def side_by_side(ask: Callable[[Q], T], questions: Sequence[Q]) -> list[T]:
    """What `ask` makes of each, some of them at once: an answer is mostly waited for."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(ask, questions))


@dataclass(frozen=True)
class Witness:
    """Asks one endpoint about one picture; what it answered once is taken from `replies`.

    What answers took goes to `bill`, that of known ones too.
    """

    client: "OpenAI"
    endpoint: Endpoint
    picture: Picture
    replies: Replies
    bill: Callable[[Usage], None]

    def answers(self, questions: Sequence[Question]) -> list[Said]:
        """What the model answers to each, held to yes and no or to a number. Raises as `held` does."""
        return side_by_side(self._said, questions)

    def likely(self, asked: Sequence[tuple[str, Said]]) -> list[float]:
        """How likely each answer is as the reply to its text, by the first token.

        Raises as `first_reply` does, and `UntoldError` where the likeliest tokens are no answers.
        """
        return side_by_side(self._likely, asked)

    def _said(self, question: Question) -> Said:
        if isinstance(question.answer, int):
            return self._answer(question.text, HowMany).answer
        return self._answer(question.text, YesOrNo).answer

    def _answer(self, text: str, form: type[R]) -> R:
        asked = self._asked("answer", text, form.model_json_schema(), prompts.judge())
        known = self._known(asked, form.model_validate_json)
        if known is not None:
            return known
        messages = ({"role": "system", "content": prompts.judge()}, *self._shown(text))
        heard = held(Asker(self.client, self.endpoint, OPTIONS, self.bill), messages, form)
        self._keep(asked, heard.reply.model_dump_json(), heard.usage)
        return heard.reply

    def _likely(self, asked: tuple[str, Said]) -> float:
        text, answer = asked
        tokens = self._tokens(text)
        likely = probability(answer, tokens)
        if likely is None:
            told = self.endpoint.redact(", ".join(repr(token) for token, _ in tokens[:3]))
            raise UntoldError(f"{self.endpoint.model} begins its reply with {told}, and not with an answer")
        return likely

    def _tokens(self, text: str) -> tuple[Likely, ...]:
        asked = self._asked("tokens", text)
        known = self._known(asked, TOKENS.validate_json)
        if known is not None:
            return known
        completion = first_reply(self.client, self.endpoint, self._shown(text))
        tokens = first_tokens(completion)
        usage = used(completion)
        self.bill(usage)
        self._keep(asked, TOKENS.dump_json(tokens).decode(), usage)
        return tokens

    def _shown(self, text: str) -> Messages:
        """The picture stands first, so that what an endpoint remembers of it serves every question."""
        picture = {"type": "image_url", "image_url": {"url": self.picture.url}}
        return ({"role": "user", "content": [picture, {"type": "text", "text": text}]},)

    def _asked(self, what: str, *question: Any) -> dict[str, Any]:
        """All that an answer depends on."""
        endpoint, pixels = self.endpoint.identity, self.picture.pixels
        return {"judge": what, "endpoint": endpoint, "picture": pixels, "question": question}

    def _known(self, asked: dict[str, Any], read: Callable[[str], T]) -> T | None:
        kept = self.replies.find(asked)
        try:
            known = read(kept.text) if kept else None
        except ValidationError:
            return None
        if kept:
            self.bill(kept.usage)
        return known

    def _keep(self, asked: dict[str, Any], text: str, usage: Usage) -> None:
        self.replies.keep(asked, CachedReply(text=text, usage=usage))
