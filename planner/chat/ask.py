"""One question to a model and its answer: the object that was asked for, or why there is none."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from planner.chat.answer import Answer, read
from planner.chat.cache import CachedReply, Replies
from planner.chat.capabilities import Options, remember_capabilities
from planner.chat.endpoint import Endpoint
from planner.chat.modes import Messages, Mode
from planner.chat.requests import Question, complete
from planner.chat.usage import total
from planner.plans import Usage

if TYPE_CHECKING:
    from openai import OpenAI


def ignore_progress(line: str) -> None:
    """Do nothing with a line of progress."""
    del line


class _CachedObject(BaseModel):
    """The text of a `CachedReply`: what the cache keeps of an answer with an object."""

    text: str
    mode: Mode
    data: dict[str, Any]


@dataclass(frozen=True)
class Asker:
    """Asks one endpoint for JSON objects.

    `options` are the parameters of its requests: max_tokens, temperature, seed and frequency_penalty; those
    that the endpoint refuses are left out. `bill` is called with the usage of every answer. With `replies`, a
    question that was answered before is not asked again. `on_progress` is called with a line for the user
    before each wait.
    """

    client: "OpenAI"
    endpoint: Endpoint
    options: Options
    bill: Callable[[Usage], None]
    replies: Replies | None = None
    on_progress: Callable[[str], None] = ignore_progress

    def ask(self, messages: Messages, form: type[BaseModel], plain: bool = False) -> Answer:
        """The model's answer to `messages`, an object with the fields of `form`; from the cache if known.

        `plain` asks in the plain-text way, whatever the endpoint supports. The model is asked once, and once
        more with a larger limit if it was still thinking at the limit. Raises as `complete` does.
        """
        question = Question(messages, self.options, form, plain)
        if self.replies is None:
            return self._ask_endpoint(question, form)
        # All that an answer depends on.
        key: dict[str, Any] = {
            "endpoint": self.endpoint.identity,
            "messages": [dict(turn) for turn in messages],
            "schema": form.model_json_schema(),
            "options": dict(self.options),
            "plain": plain,
        }
        cached = self.replies.find(key)
        if cached and (known := _read_cached(cached)):
            self.bill(known.usage)
            return known
        answer = self._ask_endpoint(question, form)
        if answer.kind == "object":
            text = json.dumps({"mode": answer.mode, "text": answer.text, "data": answer.data})
            self.replies.keep(key, CachedReply(text=text, usage=answer.usage))
        return answer

    def _ask_endpoint(self, question: Question, form: type[BaseModel]) -> Answer:
        endpoint = self.endpoint
        self.on_progress(f"asking {endpoint.model} at {endpoint.label}, for up to {endpoint.timeout:g} s")
        first = complete(self.client, endpoint, question)
        answer = read(first, form)
        self.bill(answer.usage)
        if answer.kind != "cut off" or "{" in answer.text:
            return answer
        longer = first.known.model_copy(update={"thinks_long": True})
        limit = first.known.limit_name
        allowed = longer.options(question.options, first.sent["messages"])
        if limit not in first.sent or allowed[limit] <= first.sent[limit]:
            return answer
        second = complete(self.client, endpoint, question, longer)
        later = read(second, form)
        self.bill(later.usage)
        if later.kind == "object":
            remember_capabilities(endpoint, second.known)
        return replace(later, usage=total((answer.usage, later.usage)) or later.usage)


def _read_cached(reply: CachedReply) -> Answer | None:
    """The answer that the cache kept; None if another version of the program wrote it in another form."""
    try:
        cached = _CachedObject.model_validate_json(reply.text)
    except ValidationError:
        return None
    usage = reply.usage.model_copy(update={"cached": reply.usage.requests})
    return Answer("object", cached.text, usage, cached.mode, cached.data)
