"""What a model answered: the object that was asked for, or why there is none."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from pydantic import BaseModel

from planner.chat.extract import at, find_object, well_formed, without_thinking
from planner.chat.modes import Mode
from planner.chat.requests import Completion
from planner.chat.usage import used
from planner.plans import Usage

Kind = Literal["object", "no object", "empty", "cut off", "refused"]

MAX_CALLS = 2
"""Calls of tools that are read: there is one tool, and one object to make."""

_FAULTS: Mapping[Kind, str] = {
    "empty": "The reply was empty: write the JSON object.",
    "cut off": "The reply was cut off before its end: write a shorter one.",
    "refused": "The request was declined.",
}


@dataclass(frozen=True)
class Answer:
    """What a model answered, with the usage of all requests that were made for it.

    `text` is what the model wrote, without its thinking. If the kind is "object", `data` is the JSON object,
    unwrapped and unchecked; otherwise `fault` tells the model in a sentence why there is none.
    """

    kind: Kind
    text: str
    usage: Usage
    mode: Mode
    data: Mapping[str, Any] | None = None
    fault: str = ""


def read(completion: Completion, form: type[BaseModel]) -> Answer:
    """The answer in a completion; arguments to a tool are read before the message's text."""
    choice = at(completion.body, "choices", 0)
    message = at(choice, "message")
    finish, refusal = at(choice, "finish_reason"), at(message, "refusal")
    calls = at(message, "tool_calls")
    arguments = [at(call, "function", "arguments") for call in _listed(calls)[:MAX_CALLS]]
    texts = [one if isinstance(one, str) else json.dumps(one) for one in arguments if one]
    texts.append(without_thinking(_text_of(at(message, "content"))))
    texts = [well_formed(text) for text in texts if text.strip()] or [""]
    fields = tuple(form.model_json_schema()["properties"])
    candidates = [(text, find_object(text, fields)) for text in texts]
    text, found = next((one for one in candidates if one[1].data is not None), candidates[0])

    kind: Kind
    if refusal or finish == "content_filter":
        kind = "refused"
    elif found.data is not None and not (found.cut_off and finish == "length"):
        kind = "object"
    elif finish == "length" or found.cut_off:
        kind = "cut off"
    else:
        kind = "no object" if text else "empty"

    if isinstance(refusal, str) and refusal:
        text = well_formed(refusal)
    usage = used(completion.body)
    if kind == "object":
        return Answer(kind, text, usage, completion.mode, found.data)
    if kind != "no object":
        fault = _FAULTS[kind]
    elif found.others:
        fault = f"The object has none of the fields that were asked for: {', '.join(fields)}."
    else:
        fault = "The reply is not one JSON object: write the object and nothing else."
    return Answer(kind, text, usage, completion.mode, None, fault)


def _text_of(content: object) -> str:
    """The text of a message. Its content may be a list of parts, some of which hold the model's thinking."""
    if isinstance(content, str):
        return content
    parts = _listed(content)
    texts = [at(part, "text") for part in parts if at(part, "type") in (None, "text", "output_text")]
    return "".join(text for text in texts if isinstance(text, str))


def _listed(value: object) -> list[object]:
    return cast(list[object], value) if isinstance(value, list) else []
