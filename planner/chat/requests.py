"""One question to an endpoint, sent in the forms that the endpoint supports until it is answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel

from planner.bounded import parse_json
from planner.chat.capabilities import (
    Capabilities,
    Options,
    adapt,
    recall_capabilities,
    remember_capabilities,
)
from planner.chat.endpoint import Endpoint
from planner.chat.failures import failure
from planner.chat.modes import Messages, Mode, request_parameters, without_system
from planner.errors import PlanningError, UserError

if TYPE_CHECKING:
    from openai import OpenAI


@dataclass(frozen=True)
class Question:
    """A question; its answer is held to the schema of `form`, or is free text if that is None.

    `plain` asks in the plain-text way, whatever the endpoint supports.
    """

    messages: Messages
    options: Options
    form: type[BaseModel] | None = None
    plain: bool = False


@dataclass(frozen=True)
class Completion:
    """An endpoint's answer as JSON, the request that it answers, and what is known of the endpoint."""

    body: Mapping[str, Any]
    sent: Mapping[str, Any]
    mode: Mode
    known: Capabilities


def complete(
    client: "OpenAI", endpoint: Endpoint, question: Question, known: Capabilities | None = None
) -> Completion:
    """The endpoint's answer to `question`, asked within its `known` capabilities, else the remembered ones.

    A form that the endpoint refuses is not sent again, and is remembered once the endpoint has answered.
    Raises `UserError` if the key or the model's name is wrong, `TooLongError` if the question doesn't fit
    into the context, and `PlanningError` if the endpoint fails after its retries or answers with something
    other than a chat completion.
    """
    from openai import APIError

    known = at_first = known or recall_capabilities(endpoint)
    while True:
        mode = "text" if question.plain else known.mode
        sent: dict[str, Any] = {"model": endpoint.model, "messages": [*question.messages]}
        if question.form:
            sent |= request_parameters(mode, question.messages, question.form, known.bare_schema)
        if not known.system_role:
            sent["messages"] = without_system(sent["messages"])
        sent |= known.options(question.options, sent["messages"])
        try:
            body = _send(client, endpoint, sent)
        except APIError as error:
            less = adapt(known, error, sent, mode, question.form)
            if less is None:
                raise failure(error, endpoint) from error
            known = less
            continue
        if known != at_first:
            remember_capabilities(endpoint, known)
        return Completion(body, sent, mode, known)


def _send(client: "OpenAI", endpoint: Endpoint, sent: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answer as JSON: the client's own types don't check what an endpoint sends."""
    answer = client.chat.completions.with_raw_response.create(**sent)
    try:
        content = parse_json(answer.content)
    except UserError:
        content = None
    body = cast(dict[str, Any], content) if isinstance(content, dict) else {}
    # After a filter of the prompt, a chat completion has no choice.
    if not (body.get("choices") or ("choices" in body and ("id" in body or "model" in body))):
        raise PlanningError(
            f"the LLM endpoint {endpoint.label} gave no chat completion; is OPENAI_BASE_URL right?"
        )
    return body
