"""One question to a model and its answer: the object that was asked for, or why there is none."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from planner.chat.answer import Answer, read
from planner.chat.cache import Kept, Replies
from planner.chat.capabilities import Capabilities, Options, note
from planner.chat.endpoint import Endpoint
from planner.chat.modes import Messages, Mode
from planner.chat.requests import Completion, Question, completed
from planner.chat.usage import total
from planner.plans import Usage

if TYPE_CHECKING:
    from openai import OpenAI


def silent(line: str) -> None:
    """Tell nobody."""
    del line


@dataclass(frozen=True)
class Asker:
    """Asks one endpoint for JSON objects.

    `options` are the parameters of its requests: max_tokens, temperature, seed and frequency_penalty, as far
    as the endpoint takes them. The usage of every answer goes to `bill`. With `replies`, what was asked and
    answered before is not asked again. `tell` gets a line for the user before it is waited for an answer.
    """

    client: "OpenAI"
    endpoint: Endpoint
    options: Options
    bill: Callable[[Usage], None]
    replies: Replies | None = None
    tell: Callable[[str], None] = silent

    def ask(self, messages: Messages, form: type[BaseModel], plain: bool = False) -> Answer:
        """The model's answer to `messages`, an object with the fields of `form`; from the cache if known.

        `plain` asks in the plain-text way, whatever the endpoint takes. It is asked once, and once more with
        a larger limit where the model thought until the limit. Raises as `completed` does.
        """
        question = Question(messages, self.options, form, plain)
        if self.replies is None:
            return self._asked(question, form)
        known = self._known(self.replies, question, form)
        if known:
            self.bill(known.usage)
            return known
        answer = self._asked(question, form)
        if answer.kind == "object":
            kept = {"mode": answer.mode, "text": answer.text, "data": answer.data}
            self.replies.keep(self._key(question, form), Kept(text=json.dumps(kept), usage=answer.usage))
        return answer

    def _asked(self, question: Question, form: type[BaseModel]) -> Answer:
        where = self.endpoint
        self.tell(f"asking {where.model} at {where.label}, for up to {where.timeout:g} s")
        first = completed(self.client, where, question)
        answer = read(first, form)
        self.bill(answer.usage)
        more = first.known.model_copy(update={"thinks_long": True})
        if answer.kind != "cut off" or "{" in answer.text or not _has_more(first, more, question):
            return answer
        second = completed(self.client, where, question, more)
        later = read(second, form)
        self.bill(later.usage)
        if later.kind == "object":
            note(where, second.known)
        return replace(later, usage=total((answer.usage, later.usage)) or later.usage)

    def _key(self, question: Question, form: type[BaseModel]) -> dict[str, Any]:
        """All that an answer depends on."""
        return {
            "endpoint": self.endpoint.identity,
            "messages": [dict(turn) for turn in question.messages],
            "schema": form.model_json_schema(),
            "options": dict(question.options),
            "plain": question.plain,
        }

    def _known(self, replies: Replies, question: Question, form: type[BaseModel]) -> Answer | None:
        kept = replies.find(self._key(question, form))
        if kept is None:
            return None
        try:
            told = _Object.model_validate_json(kept.text)
        except ValidationError:
            return None
        usage = kept.usage.model_copy(update={"cached": kept.usage.requests})
        return Answer("object", told.text, usage, told.mode, told.data)


class _Object(BaseModel):
    """What is kept of an answer that holds an object."""

    text: str
    mode: Mode
    data: dict[str, Any]


def _has_more(first: Completion, more: Capabilities, question: Question) -> bool:
    """Whether the limit of output was sent and would be a larger one."""
    name = first.known.limit_name
    larger = more.options(question.options, first.sent["messages"])
    return name in first.sent and larger[name] > first.sent[name]
