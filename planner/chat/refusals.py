"""What an endpoint's refusal tells of what it takes: by that a request is written anew.

Each takes something away that no later request asks for, so that they come to an end.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from planner.chat.capabilities import LEAST_ROOM, Capabilities, Context, letters
from planner.chat.failures import REFUSALS, filtered, lacks_model, refuses_key, said, status, talks_of_length
from planner.chat.modes import MODES, Mode, spare_keywords

if TYPE_CHECKING:
    from openai import APIError

_LIMITS = ("max_tokens", "max_completion_tokens")
_OPTIONS = ("temperature", "seed", "frequency_penalty")

_NO_SYSTEM = re.compile(
    r"system.{0,20}\b(?:role|message|prompt|instruction)|role.{0,40}\bsystem|roles? must alternate"
    r"|developer instruction|only user.{0,20}assistant",
    re.IGNORECASE | re.DOTALL,
)

_CONTEXT = re.compile(
    r"context (?:length|size|window)\D{0,40}(\d+)|(\d+)\D{0,20}maximum context length|must be <= (\d+)",
    re.IGNORECASE,
)
_INPUT = re.compile(
    r"(\d+)(?: tokens)?[ `]*(?:input tokens|in the (?:messages|prompt|input)|`inputs`|prompt tokens)"
    r"|(?:prompt|input) (?:contains|has) (\d+)",
    re.IGNORECASE,
)


def adapted(
    known: Capabilities, error: "APIError", sent: Mapping[str, Any], mode: Mode, form: type[BaseModel] | None
) -> Capabilities | None:
    """What the endpoint takes by its refusal of `sent`; None where that tells nothing.

    `form` is what the answer should be held to in `mode`, None where it may be anything.
    """
    told = re.sub(r"(?<=\d),(?=\d{3})", "", f"{error.param or ''}: {said(error)}")
    if lacks_model(error) or refuses_key(error) or filtered(error):
        return None
    if status(error) in {400, 422, 500} and known.system_role and _refuses_system(told, sent):
        return known.model_copy(update={"system_role": False})
    if status(error) not in REFUSALS:
        return None
    if form and not known.bare_schema and mode not in ("json", "text") and _names_keyword(form, told):
        return known.model_copy(update={"bare_schema": True})
    limit = next((name for name in _LIMITS if name in sent), None)
    if talks_of_length(error):
        return _within_context(known, told, sent, limit) if limit else None
    named = frozenset(name for name in (*_LIMITS, *_OPTIONS) if name in sent and _names(name, told))
    if limit in named:
        return _limited(known, told, limit, sent[limit])
    if named:
        return known.model_copy(update={"refused": known.refused | named})
    weaker = MODES[MODES.index(mode) + 1 :]
    return known.model_copy(update={"mode": weaker[0]}) if form and weaker else None


def _names(name: str, told: str) -> bool:
    return re.search(rf"\b{name}\b", told) is not None


def _refuses_system(told: str, sent: Mapping[str, Any]) -> bool:
    given = any(turn["role"] == "system" for turn in sent["messages"])
    return given and _NO_SYSTEM.search(told) is not None and not _CONTEXT.search(told)


def _names_keyword(form: type[BaseModel], told: str) -> bool:
    """Whether a keyword is named that the bare schema lacks; one that is an English word too, in quotes."""
    for keyword in spare_keywords(form):
        snake = re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", keyword)
        pattern = rf"['\"`]{keyword}['\"`]" if snake == keyword else rf"\b(?:{keyword}|{snake})\b"
        if re.search(pattern, told):
            return True
    return False


def _within_context(
    known: Capabilities, told: str, sent: Mapping[str, Any], limit: str
) -> Capabilities | None:
    """With what is left of the context for the answer; without a limit where the numbers can't be read.

    None where the question alone is too long. vLLM counts a question only so far as to know that it and the
    limit are too much ("at least 62466 input tokens"): what is left would then be wrong by one forever.
    """
    size, tokens = _number(_CONTEXT, told), _number(_INPUT, told)
    size_of = letters(sent["messages"])
    asked_before = known.context is not None and known.context.letters == size_of
    if size and tokens and "at least" not in told and not asked_before:
        left = size - tokens
        context = Context(size=size, letters=size_of, tokens=tokens)
        return known.model_copy(update={"context": context}) if LEAST_ROOM <= left < sent[limit] else None
    if re.search(r"max_|completion|output", told):
        return known.model_copy(update={"refused": known.refused | {"max_tokens"}})
    return None


def _number(pattern: re.Pattern[str], told: str) -> int | None:
    found = pattern.search(told)
    return int(next(filter(None, found.groups()))) if found else None


def _limited(known: Capabilities, told: str, limit: str, asked: int) -> Capabilities:
    """With the limit of output under its newer name, or as large as it may be, or not at all."""
    if limit == "max_tokens" and "max_completion_tokens" in told:
        return known.model_copy(update={"limit_name": "max_completion_tokens"})
    most = [int(number) for number in re.findall(r"\d+", told) if LEAST_ROOM <= int(number) < asked]
    if (
        most
        and known.most_output is None
        and re.search(r"at most|maximum|less than|too large|range|exceed|<=|up to", told)
    ):
        return known.model_copy(update={"most_output": max(most)})
    return known.model_copy(update={"refused": known.refused | {"max_tokens"}})
