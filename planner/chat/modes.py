"""The ways to hold a model to a schema, strongest first, and the parameters with which each is asked for."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, cast, get_args

from pydantic import BaseModel

Messages = Sequence[Mapping[str, Any]]
"""A conversation as the OpenAI API has it; the content of a turn may be a list of parts."""

Mode = Literal["json_schema strict", "json_schema", "tools", "json", "text"]
"""OpenAI uses a grammar only where `strict` is asked for; others do without, and may refuse it. In the last
two the schema stands in the instructions; the very last asks the endpoint for nothing but text.
"""

MODES: tuple[Mode, ...] = get_args(Mode)

# instructor logs what it does; the caller says once, in a line, what went wrong.
logging.getLogger("instructor").addHandler(logging.NullHandler())

_NAMED_BY = ("properties", "$defs")
"""Keywords whose values are schemas by names of the form's own."""

_BOUNDLESS = ("type", "properties", "required", "items", "additionalProperties", "enum", "anyOf")
_BARE = frozenset((*_BOUNDLESS, "description", "$defs", "$ref"))
"""Keywords that every endpoint knows which takes a schema at all."""


def asked_in(mode: Mode, messages: Messages, form: type[BaseModel], bare: bool) -> dict[str, Any]:
    """The parameters of a request that holds its answer to the schema of `form`, the messages among them.

    Where `bare`, bounds and all that strict endpoints may not know are left out of the schema.
    """
    from instructor import Mode as InstructorMode
    from instructor.processing.response import handle_response_model

    wanted = {
        "json_schema strict": InstructorMode.JSON_SCHEMA,
        "json_schema": InstructorMode.JSON_SCHEMA,
        "tools": InstructorMode.TOOLS,
        "json": InstructorMode.JSON,
        "text": InstructorMode.MD_JSON,
    }[mode]
    turns = [dict(turn) for turn in messages]
    _, asked = handle_response_model(form, mode=wanted, messages=turns)
    if mode == "tools":
        asked["tools"][0]["function"]["parameters"] = _schema(form, bare)
    elif mode != "json" and mode != "text":
        held = asked["response_format"]["json_schema"]
        held["schema"] = _schema(form, bare)
        # instructor never sends it, and some endpoints refuse it whatever its value.
        held |= {"strict": True} if mode == "json_schema strict" else {}
    return asked


def without_system(messages: Messages) -> list[Mapping[str, Any]]:
    """The conversation of a model that knows no system turn: the first of the user brings it."""
    instructions = [turn for turn in messages if turn["role"] == "system"]
    others = [turn for turn in messages if turn["role"] != "system"]
    if not instructions or not others:
        return list(messages)
    parts = [part for turn in (*instructions, others[0]) for part in _parts(turn["content"])]
    texts = [part["text"] for part in parts if part["type"] == "text"]
    whole = "\n\n".join(texts) if len(texts) == len(parts) else parts
    return [{**others[0], "content": whole}, *others[1:]]


def _parts(content: Any) -> list[Mapping[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _schema(form: type[BaseModel], bare: bool) -> Any:
    schema = form.model_json_schema()
    return _bared(schema) if bare else schema


def _bared(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_bared(one) for one in cast(list[Any], schema)]
    if not isinstance(schema, dict):
        return schema
    return {
        keyword: {name: _bared(one) for name, one in value.items()} if keyword in _NAMED_BY else _bared(value)
        for keyword, value in cast(dict[str, Any], schema).items()
        if keyword in _BARE
    }


def spare_keywords(form: type[BaseModel]) -> frozenset[str]:
    """The keywords of the form's schema that the bare one lacks."""
    return frozenset(_keywords(form.model_json_schema())) - _BARE


def _keywords(schema: Any) -> Iterator[str]:
    if isinstance(schema, list):
        for one in cast(list[Any], schema):
            yield from _keywords(one)
    if isinstance(schema, dict):
        for keyword, value in cast(dict[str, Any], schema).items():
            yield keyword
            for one in value.values() if keyword in _NAMED_BY else (value,):
                yield from _keywords(one)
