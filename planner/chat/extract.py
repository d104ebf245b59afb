"""The JSON object in what a model wrote: amid prose, in fences, wrapped, corrected, with a comma too many."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

MAX_TEXT = 2**20
"""Letters that are read; the longest plan is a tenth of it."""

_DEEPEST = 4
"""So often may an object be wrapped."""

_THOUGHT = re.compile(r"<(think|thinking|thought|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_THOUGHT_END = re.compile(r"</(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
# A string that isn't closed goes on to the end, so that no text takes longer than its length.
_STRING = r'"(?:[^"\\]|\\.?)*+"?'
_TRAILING_COMMA = re.compile(rf"({_STRING})|,(?=\s*[}}\]])", re.DOTALL)
_STRING_OR_BRACKET = re.compile(rf"{_STRING}|[{{}}\[\]]", re.DOTALL)

_OBJECT = re.compile(r'\{\s*["}]')

_DECODER = json.JSONDecoder(strict=False, parse_constant=lambda _: None)


@dataclass(frozen=True)
class Found:
    """The object that has fields which were asked for, or None; whether the text ends within an object, and
    whether it holds objects of another form.
    """

    data: Mapping[str, Any] | None
    cut_off: bool
    others: bool


def without_thinking(text: str) -> str:
    """What a model wrote after it thought; many chat templates leave out the tag that begins the thought."""
    text = text[:MAX_TEXT].strip("\ufeff \t\r\n")
    if _decoded(text) is not None:
        return text
    text = _THOUGHT.sub("", text)
    return _THOUGHT_END.split(text)[-1].strip()


def find_object(text: str, fields: Collection[str]) -> Found:
    """The last object in `text` that fills as many of the `fields` as any other, or half as many."""
    text = text[:MAX_TEXT]
    whole = _decoded(text.strip())
    values, cut_off = _scanned(text) if whole is None else ([whole], False)
    objects = [data for value in values for data in _of_form(value, fields, _DEEPEST)]
    most = max((_filled(data, fields) for data in objects), default=0)
    found = next((data for data in reversed(objects) if 2 * _filled(data, fields) >= most), None)
    return Found(found, cut_off, any(isinstance(value, dict) for value in values))


def _scanned(text: str) -> tuple[list[object], bool]:
    """The objects within `text`, and whether it ends within one that is not closed.

    An object that can't be read is passed over whole: what stands in it is no reply of its own.
    """
    values: list[object] = []
    place = text.find("{")
    while place >= 0:
        end: int | None = place + 1
        if _OBJECT.match(text, place):
            end = _end(text, place)
            value = _decoded(text[place:end])
            values += [] if value is None else [value]
        if end is None:
            return values, True
        place = text.find("{", end)
    return values, False


def _end(text: str, start: int) -> int | None:
    """Where the object ends that begins at `start`; None where it doesn't."""
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(text, start):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(found[0], 0)
        if depth == 0:
            return found.end()
    return None


def _decoded(text: str) -> object:
    """The JSON value that `text` is, commas before a closing bracket forgiven; None where it is none."""
    for json_text in (text, _TRAILING_COMMA.sub(r"\1", text)):
        try:
            return _whole_letters(_DECODER.decode(json_text))
        except (ValueError, RecursionError):
            continue
    return None


def whole(text: str) -> str:
    """`text` with each half of a letter, which cut emoji leave behind, replaced: it can't be written."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _whole_letters(value: object) -> object:
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, list):
        return [_whole_letters(one) for one in cast(list[object], value)]
    if isinstance(value, dict):
        items = cast(dict[str, object], value).items()
        return {whole(name): _whole_letters(one) for name, one in items}
    return value


def _of_form(value: object, fields: Collection[str], depth: int) -> Iterator[Mapping[str, Any]]:
    """The objects with such fields in `value`, whatever it wraps them in."""
    if depth < 0:
        return
    inner: list[object] = []
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        inner = [_decoded(value.strip())]
    elif isinstance(value, list):
        inner = cast(list[object], value)
    elif isinstance(value, dict):
        data = cast(dict[str, Any], value)
        held = _held(data, fields)
        # One field in common is chance, where there are others on both sides.
        if held > 1 or (held and (held == len(fields) or len(data) <= 2)):
            yield data
            if 2 * held >= len(fields):
                # What stands in it is its own part, and no reply.
                return
        inner = [wrapped for name, wrapped in data.items() if name not in fields]
    for one in inner:
        yield from _of_form(one, fields, depth - 1)


def _filled(data: Mapping[str, Any], fields: Collection[str]) -> int:
    """How many of the fields say something: an empty form, shown after a reply, is none."""
    return sum(bool(data.get(name)) for name in fields)


def _held(data: Mapping[str, Any], fields: Collection[str]) -> int:
    return sum(name in fields for name in data)
