"""The ways to hold a model to a schema, strongest first, and the parameters of a request in each."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, cast, get_args

from pydantic import BaseModel

Messages = Sequence[Mapping[str, Any]]
"""A conversation as the OpenAI API has it; the content of a turn may be a list of parts."""

Mode = Literal["json_schema strict", "json_schema", "tools", "json", "text"]
"""OpenAI uses a grammar only if `strict` is sent; others need no `strict`, and may refuse it. In the last two
modes the schema is part of the instructions; the very last asks the endpoint for plain text.
"""

MODES: tuple[Mode, ...] = get_args(Mode)

# instructor logs what it does; this program reports errors in one line itself.
logging.getLogger("instructor").addHandler(logging.NullHandler())

_NAMED_BY = ("properties", "$defs")
"""Keywords whose values are schemas by names that the form chooses."""

_COMMON = ("type", "properties", "required", "items", "additionalProperties", "enum", "anyOf")
_BARE = frozenset((*_COMMON, "description", "$defs", "$ref"))
"""Keywords that every endpoint knows that supports schemas at all."""


def request_parameters(mode: Mode, messages: Messages, form: type[BaseModel], bare: bool) -> dict[str, Any]:
    """The parameters of a request that holds its answer to the schema of `form`, the messages among them.

    `bare` leaves out of the schema all bounds, and whatever else strict endpoints may not know.
    """
    from instructor import Mode as InstructorMode
    from instructor.processing.response import handle_response_model

    instructor_mode = {
        "json_schema strict": InstructorMode.JSON_SCHEMA,
        "json_schema": InstructorMode.JSON_SCHEMA,
        "tools": InstructorMode.TOOLS,
        "json": InstructorMode.JSON,
        "text": InstructorMode.MD_JSON,
    }[mode]
    turns = [dict(turn) for turn in messages]
    _, parameters = handle_response_model(form, mode=instructor_mode, messages=turns)
    schema = form.model_json_schema()
    schema = _without_bounds(schema) if bare else schema
    if mode == "tools":
        parameters["tools"][0]["function"]["parameters"] = schema
    elif mode != "json" and mode != "text":
        json_schema = parameters["response_format"]["json_schema"]
        json_schema["schema"] = schema
        # instructor never sends `strict`, and some endpoints refuse it whatever its value.
        json_schema |= {"strict": True} if mode == "json_schema strict" else {}
    return parameters


def without_system(messages: Messages) -> list[Mapping[str, Any]]:
    """The conversation for a model without a system role: the user's first turn has the instructions."""
    instructions = [turn for turn in messages if turn["role"] == "system"]
    others = [turn for turn in messages if turn["role"] != "system"]
    if not instructions or not others:
        return list(messages)
    parts: list[Mapping[str, Any]] = []
    for turn in (*instructions, others[0]):
        content = turn["content"]
        parts += [{"type": "text", "text": content}] if isinstance(content, str) else content
    texts = [part["text"] for part in parts if part["type"] == "text"]
    content = "\n\n".join(texts) if len(texts) == len(parts) else parts
    return [{**others[0], "content": content}, *others[1:]]


def bounding_keywords(form: type[BaseModel]) -> frozenset[str]:
    """The keywords of the form's schema that the bare schema lacks."""
    return frozenset(_keywords(form.model_json_schema())) - _BARE


def _without_bounds(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_bounds(one) for one in cast(list[Any], schema)]
    if not isinstance(schema, dict):
        return schema
    bare: dict[str, Any] = {}
    for keyword, value in cast(dict[str, Any], schema).items():
        if keyword in _NAMED_BY:
            bare[keyword] = {name: _without_bounds(one) for name, one in value.items()}
        elif keyword in _BARE:
            bare[keyword] = _without_bounds(value)
    return bare


def _keywords(schema: Any) -> Iterator[str]:
    if isinstance(schema, list):
        for one in cast(list[Any], schema):
            yield from _keywords(one)
    if isinstance(schema, dict):
        for keyword, value in cast(dict[str, Any], schema).items():
            yield keyword
            for one in value.values() if keyword in _NAMED_BY else (value,):
                yield from _keywords(one)
