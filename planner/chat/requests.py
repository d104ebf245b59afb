"""One question to an endpoint, asked in the ways that it takes until it is answered."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel

from planner.chat.capabilities import Capabilities, Options, known_of, note
from planner.chat.endpoint import Endpoint
from planner.chat.failures import failure
from planner.chat.modes import Messages, Mode, asked_in, without_system
from planner.chat.refusals import adapted
from planner.errors import PlanningError

if TYPE_CHECKING:
    from openai import OpenAI


@dataclass(frozen=True)
class Question:
    """What is asked; the answer is held to the schema of `form`, or to nothing where that is None.

    `plain` asks in the plain-text way, whatever the endpoint takes.
    """

    messages: Messages
    options: Options
    form: type[BaseModel] | None = None
    plain: bool = False

    def mode(self, known: Capabilities) -> Mode:
        """How the answer is held to the form."""
        return "text" if self.plain else known.mode


@dataclass(frozen=True)
class Completion:
    """An endpoint's answer as JSON, to what was sent, and what the endpoint was known to take by then."""

    body: Mapping[str, Any]
    sent: Mapping[str, Any]
    mode: Mode
    known: Capabilities


def completed(
    client: "OpenAI", endpoint: Endpoint, question: Question, known: Capabilities | None = None
) -> Completion:
    """The endpoint's answer to `question`, asked as it is `known` to take it, else as is remembered of it.

    What it refuses is not asked again, and remembered once it has answered. Raises `UserError` where the key
    or the model's name is wrong, `TooLongError` where the question doesn't fit into the context, and
    `PlanningError` where the endpoint fails after its retries or answers with what is no chat completion.
    """
    from openai import APIError

    known = at_first = known or known_of(endpoint)
    while True:
        sent = _written(endpoint, question, known)
        mode = question.mode(known)
        try:
            body = _answered(client, endpoint, sent)
        except APIError as error:
            less = adapted(known, error, sent, mode, question.form)
            if less is None:
                raise failure(error, endpoint) from error
            known = less
            continue
        if known != at_first:
            note(endpoint, known)
        return Completion(body, sent, mode, known)


def _written(endpoint: Endpoint, question: Question, known: Capabilities) -> dict[str, Any]:
    """The parameters of the request."""
    asked: dict[str, Any] = {"messages": [*question.messages]}
    if question.form:
        asked = asked_in(question.mode(known), question.messages, question.form, known.bare_schema)
    if not known.system_role:
        asked["messages"] = without_system(asked["messages"])
    options = known.options(question.options, asked["messages"])
    return {"model": endpoint.model, **asked, **options}


def _answered(client: "OpenAI", endpoint: Endpoint, sent: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answer as JSON: the client's own types hold no answer to what they say."""
    answer = client.chat.completions.with_raw_response.create(**sent)
    try:
        body = json.loads(answer.content)
    except (ValueError, RecursionError):
        body = None
    told = cast(dict[str, Any], body) if isinstance(body, dict) else {}
    # A filter of the prompt leaves a chat completion without any choice.
    if not (told.get("choices") or ("choices" in told and ("id" in told or "model" in told))):
        raise PlanningError(
            f"the LLM endpoint {endpoint.label} gave no chat completion; is OPENAI_BASE_URL right?"
        )
    return told
