"""Answers held to yes and no, or to a number, in the strongest way that an endpoint takes."""

from dataclasses import dataclass
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BeforeValidator, Field, ValidationError

from planner.chat.ask import Answer, Asker
from planner.chat.capabilities import Options
from planner.chat.endpoint import Endpoint
from planner.chat.modes import Messages
from planner.errors import WorldError
from planner.llm.reply import Reply
from planner.plans import Usage

MAX_TOKENS = 2048
"""An answer takes a few; a model that thinks first needs more, and one without a grammar may run on."""

OPTIONS: Options = {"temperature": 0.0, "max_tokens": MAX_TOKENS}


def _bare(value: object) -> object:
    """Models without a grammar write "Yes." or true."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.strip(" .!\n").lower() if isinstance(value, str) else value


class YesOrNo(Reply):
    """The answer to the question."""

    answer: Annotated[Literal["yes", "no"], BeforeValidator(_bare)] = Field(description="by the picture")


class HowMany(Reply):
    """The number that the question asks for."""

    answer: Annotated[int, Field(ge=0)] = Field(description="how many the picture shows, 0 for none")


R = TypeVar("R", YesOrNo, HowMany)


@dataclass(frozen=True)
class Held(Generic[R]):
    """An answer, and what it took."""

    reply: R
    usage: Usage


def held(asker: Asker, messages: Messages, form: type[R]) -> Held[R]:
    """The answer, asked for once more in plain text where none can be read.

    Raises `WorldError` where the endpoint fails after its retries, its model declines, or nothing that it
    writes can be read; `UserError` where the key or the model's name is wrong.
    """
    answer = asker.ask(messages, form)
    reply = _understood(answer, form)
    if reply is None and answer.kind != "refused":
        answer = asker.ask(messages, form, plain=True)
        reply = _understood(answer, form)
    if reply is None:
        raise _no_answer(asker.endpoint, answer)
    return Held(reply, answer.usage)


def _understood(answer: Answer, form: type[R]) -> R | None:
    try:
        return None if answer.data is None else form.model_validate(answer.data)
    except ValidationError:
        return None


def _no_answer(endpoint: Endpoint, answer: Answer) -> WorldError:
    """Why no answer could be read, with its beginning."""
    wrote = f"; it wrote: {endpoint.redact(answer.text)}" if answer.text.strip() else ""
    reasons = {"refused": "declines to answer", "empty": "gives empty answers", "cut off": "never ends"}
    reason = reasons.get(answer.kind, "gives no answer that can be read")
    return WorldError(f"{endpoint.model} {reason}{wrote}")
