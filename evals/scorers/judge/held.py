"""Answers held to yes and no, or to a number, in the strongest way that an endpoint takes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Generic, Literal, TypeVar

from pydantic import BeforeValidator, Field

from planner.errors import ScenewrightError, WorldError
from planner.llm.answer import unread
from planner.llm.endpoint import Endpoint
from planner.llm.modes import Memory, ModeRefusedError, cache_file
from planner.llm.reply import Reply
from planner.llm.request import Heard, Messages, Options, request
from planner.plans import Usage

if TYPE_CHECKING:
    from openai import OpenAI

MAX_TOKENS = 2048
"""An answer takes a few; a model that thinks first needs more, and one without a grammar may run on."""

OPTIONS: Options = {"temperature": 0.0, "max_tokens": MAX_TOKENS}

_taken: dict[tuple[Path, str], Options] = {}
"""The options that endpoints were found to take: every question that is refused brings the picture too."""


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


def held(
    client: "OpenAI", endpoint: Endpoint, messages: Messages, form: type[R], bill: Callable[[Usage], None]
) -> Held[R]:
    """The answer in the first mode that yields one; answers that can't be read go to `bill`.

    Raises `WorldError` where the endpoint fails after its retries, its model declines, or nothing that it
    writes can be read; `UserError` where the key or the model's name is wrong.
    """
    memory, name = Memory(cache_file()), endpoint.identity
    place = memory.file, name
    refusals: list[ScenewrightError] = []
    unheard: list[Heard[R]] = []
    for mode in memory.ladder(name):
        try:
            heard = request(client, endpoint, messages, form, mode, _taken.get(place, OPTIONS))
        except ModeRefusedError as error:
            refusals.append(error.meaning)
            continue
        _taken[place] = heard.options
        if heard.reply is not None:
            if not unheard:
                memory.remember(name, mode)
            return Held(heard.reply, heard.usage)
        bill(heard.usage)
        unheard.append(heard)
        if unread(heard.completion, heard.error).kind == "refused":
            break
    raise _no_answer(endpoint, unheard[-1]) if unheard else refusals[0]


def _no_answer(endpoint: Endpoint, heard: Heard[R]) -> WorldError:
    """Why no answer could be read, with its beginning."""
    answer = unread(heard.completion, heard.error)
    wrote = f"; it wrote: {endpoint.redact(answer.text)}" if answer.text.strip() else ""
    reasons = {"refused": "declines to answer", "empty": "gives empty answers", "cut off": "never ends"}
    reason = reasons.get(answer.kind, "gives no answer that can be read")
    return WorldError(f"{endpoint.model} {reason}{wrote}")
