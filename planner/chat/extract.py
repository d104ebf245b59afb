"""The JSON object in what a model wrote: in prose or fences, wrapped, corrected, or with trailing commas."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

MAX_TEXT = 2**20
"""Letters that are read; the longest plan has a tenth of that."""

MAX_DEPTH = 64
"""Lists and objects within one another; a plan has six."""

_MAX_WRAPPINGS = 4
"""Objects around the wanted one that are looked into."""

_THOUGHT = re.compile(r"<(think|thinking|thought|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_THOUGHT_END = re.compile(r"</(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
# A string that isn't closed extends to the end, so that matching takes linear time.
_STRING = r'"(?:[^"\\]|\\.?)*+"?'
_TRAILING_COMMA = re.compile(rf"({_STRING})|,(?=\s*[}}\]])", re.DOTALL)
_STRING_OR_BRACKET = re.compile(rf"{_STRING}|[{{}}\[\]]", re.DOTALL)

_OBJECT = re.compile(r'\{\s*["}]')

_DECODER = json.JSONDecoder(strict=False, parse_constant=lambda _: None)


@dataclass(frozen=True)
class Found:
    """The object with the wanted fields, or None; whether the text ends within an object, and whether it has
    objects of any form.
    """

    data: Mapping[str, Any] | None
    cut_off: bool
    others: bool


def without_thinking(text: str) -> str:
    """What a model wrote after its thinking; many chat templates leave out the tag that opens it."""
    text = text[:MAX_TEXT].strip("\ufeff \t\r\n")
    if _decoded(text) is not None:
        return text
    text = _THOUGHT.sub("", text)
    return _THOUGHT_END.split(text)[-1].strip()


def find_object(text: str, fields: Collection[str]) -> Found:
    """The last object in `text` that fills as many of the `fields` as any other, or at least half as many."""
    text = text[:MAX_TEXT]
    single = _decoded(text.strip())
    values, cut_off = _scan(text) if single is None else ([single], False)
    objects = [data for value in values for data in _with_fields(value, fields, _MAX_WRAPPINGS)]
    most = max((_filled(data, fields) for data in objects), default=0)
    found = next((data for data in reversed(objects) if 2 * _filled(data, fields) >= most), None)
    return Found(found, cut_off, any(isinstance(value, dict) for value in values))


def at(value: object, *path: str | int) -> object:
    """The value at `path` in a JSON value; None if there is none."""
    for step in path:
        if isinstance(step, str) and isinstance(value, dict):
            value = cast(dict[str, object], value).get(step)
        elif isinstance(step, int) and isinstance(value, list) and len(cast(list[object], value)) > step:
            value = cast(list[object], value)[step]
        else:
            return None
    return value


def well_formed(text: str) -> str:
    """`text` with lone surrogates, which cut emoji leave behind, replaced: UTF-8 can't encode them."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _scan(text: str) -> tuple[list[object], bool]:
    """The objects in `text`, and whether it ends within one that is not closed.

    An object that can't be read is skipped as a whole: what it contains is no reply of its own.
    """
    values: list[object] = []
    start = text.find("{")
    while start >= 0:
        end = start + 1
        if _OBJECT.match(text, start):
            depth = 0
            for bracket in _STRING_OR_BRACKET.finditer(text, start):
                depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(bracket[0], 0)
                if depth == 0:
                    end = bracket.end()
                    break
            else:
                return values, True
            value = _decoded(text[start:end])
            values += [] if value is None else [value]
        start = text.find("{", end)
    return values, False


def _decoded(text: str) -> object:
    """The JSON value that `text` is, with trailing commas allowed; None if it is none."""
    for json_text in (text, _TRAILING_COMMA.sub(r"\1", text)):
        try:
            return _well_formed_value(_DECODER.decode(json_text))
        except (ValueError, RecursionError):
            continue
    return None


def _well_formed_value(value: object, depth: int = MAX_DEPTH) -> object:
    """`value` with well-formed texts. Raises `ValueError` where it is nested deeper than `depth`."""
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, list | dict) and depth == 0:
        raise ValueError("nested too deep")
    if isinstance(value, list):
        return [_well_formed_value(one, depth - 1) for one in cast(list[object], value)]
    if isinstance(value, dict):
        items = cast(dict[str, object], value).items()
        return {well_formed(name): _well_formed_value(one, depth - 1) for name, one in items}
    return value


def _with_fields(value: object, fields: Collection[str], depth: int) -> Iterator[Mapping[str, Any]]:
    """The objects in `value` that have wanted fields, in up to `depth` wrappings."""
    if depth < 0:
        return
    inner: list[object] = []
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        inner = [_decoded(value.strip())]
    elif isinstance(value, list):
        inner = cast(list[object], value)
    elif isinstance(value, dict):
        data = cast(dict[str, Any], value)
        common = sum(name in fields for name in data)
        # One field in common is chance, if both sides have other fields.
        if common > 1 or (common and (common == len(fields) or len(data) <= 2)):
            yield data
            if 2 * common >= len(fields):
                # What it contains is a part of it, and no reply of its own.
                return
        inner = [wrapped for name, wrapped in data.items() if name not in fields]
    for one in inner:
        yield from _with_fields(one, fields, depth - 1)


def _filled(data: Mapping[str, Any], fields: Collection[str]) -> int:
    """The number of fields that have a value: an empty form, shown after a reply, has none."""
    return sum(bool(data.get(name)) for name in fields)
