"""What a model answered: the object that was asked for, or of what kind its answer is and why."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from pydantic import BaseModel

from planner.chat.extract import Found, find_object, whole, without_thinking
from planner.chat.modes import Mode
from planner.chat.requests import Completion
from planner.chat.usage import used
from planner.plans import Usage

Kind = Literal["object", "no object", "empty", "cut off", "refused"]

_FAULTS: Mapping[Kind, str] = {
    "empty": "The reply was empty: write the JSON object.",
    "cut off": "The reply was cut off before its end: write a shorter one.",
    "refused": "The request was declined.",
}


@dataclass(frozen=True)
class Answer:
    """What a model answered, all requests that were answered for it together.

    `text` is what it wrote without its thinking. `data` is the JSON object, unwrapped and unchecked, where
    the kind is "object"; else `fault` says in a sentence for the model why there is none.
    """

    kind: Kind
    text: str
    usage: Usage
    mode: Mode
    data: Mapping[str, Any] | None = None
    fault: str = ""


def read(completion: Completion, form: type[BaseModel]) -> Answer:
    """What the model wrote, its arguments to a tool before its text."""
    choice = at(completion.body, "choices", 0)
    message = at(choice, "message")
    finish, refusal = at(choice, "finish_reason"), at(message, "refusal")
    fields = tuple(form.model_json_schema()["properties"])
    texts = [*_arguments(message), without_thinking(text_of(at(message, "content")))]
    texts = [whole(text) for text in texts if text.strip()] or [""]
    found = [find_object(text, fields) for text in texts]
    best = next((place for place, one in enumerate(found) if one.data is not None), 0)
    kind = _kind(texts[best], found[best], finish, refusal)
    text = whole(refusal) if isinstance(refusal, str) and refusal else texts[best]
    data = found[best].data if kind == "object" else None
    fault = _FAULTS.get(kind) or ("" if data is not None else _not_in_form(found[best], fields))
    return Answer(kind, text, used(completion.body), completion.mode, data, fault)


def _kind(text: str, found: Found, finish: object, refusal: object) -> Kind:
    if refusal or finish == "content_filter":
        return "refused"
    if found.data is not None and not (found.cut_off and finish == "length"):
        return "object"
    if finish == "length" or found.cut_off:
        return "cut off"
    return "no object" if text else "empty"


def _not_in_form(found: Found, fields: Sequence[str]) -> str:
    if found.others:
        return f"The object has none of the fields that were asked for: {', '.join(fields)}."
    return "The reply is not one JSON object: write the object and nothing else."


def _arguments(message: object) -> list[str]:
    """The arguments of the tools that are called, as JSON."""
    calls = at(message, "tool_calls")
    given = [at(call, "function", "arguments") for call in (calls if isinstance(calls, list) else ())]
    return [one if isinstance(one, str) else json.dumps(one) for one in given if one]


def text_of(content: object) -> str:
    """The text of a message, whose content may be a list of parts; those of its thinking are no text."""
    if isinstance(content, str):
        return content
    parts = cast(list[object], content) if isinstance(content, list) else []
    texts = [at(part, "text") for part in parts if at(part, "type") in (None, "text", "output_text")]
    return "".join(text for text in texts if isinstance(text, str))


def at(value: object, *path: str | int) -> object:
    """What stands at `path` in a JSON value; None where nothing does."""
    for step in path:
        if isinstance(step, str) and isinstance(value, dict):
            value = cast(dict[str, object], value).get(step)
        elif isinstance(step, int) and isinstance(value, list) and len(cast(list[object], value)) > step:
            value = cast(list[object], value)[step]
        else:
            return None
    return value
