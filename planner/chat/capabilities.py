"""What an endpoint and its model support: the program finds it out from their refusals, and remembers it."""

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from planner.caches import recall, remember
from planner.chat.endpoint import Endpoint
from planner.chat.failures import (
    REFUSALS,
    error_message,
    is_filtered,
    is_too_long,
    lacks_model,
    refuses_key,
    status,
    text_of,
)
from planner.chat.modes import MODES, Messages, Mode, bounding_keywords

if TYPE_CHECKING:
    from openai import APIError

LEAST_ROOM = 256
"""Tokens; if a context has less room than that for the answer, the prompt is too long."""

MORE_ROOM = 4
"""A model that thinks up to the limit of output is asked once more with the limit times this."""

Options = Mapping[str, float | int]
"""Parameters of a request by their names in the API, such as temperature."""

_FILE = "endpoints.json"

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


class Context(BaseModel):
    """The model's context in tokens, and the tokens of one question of so many letters."""

    model_config = ConfigDict(frozen=True)

    size: int
    letters: int
    tokens: int

    def room(self, letters: int) -> int:
        """The tokens that a question of so many letters leaves for the answer, by a careful guess."""
        guessed = self.tokens * letters / max(self.letters, 1)
        margin = abs(guessed - self.tokens) / 4
        return max(self.size - math.ceil(guessed + margin), LEAST_ROOM)


class Capabilities(BaseModel):
    """What an endpoint and its model support; by default everything, and no answer needs more room."""

    model_config = ConfigDict(frozen=True)

    mode: Mode = "json_schema strict"
    refused: frozenset[str] = frozenset()
    limit_name: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    most_output: int | None = None
    context: Context | None = None
    bare_schema: bool = False
    system_role: bool = True
    thinks_long: bool = False

    def options(self, wanted: Options, messages: Messages) -> dict[str, float | int]:
        """The options to send; in `wanted`, the limit of output is max_tokens."""
        options = {name: value for name, value in wanted.items() if name not in self.refused}
        limit = options.pop("max_tokens", None)
        if limit is None:
            return options
        limits = [int(limit) * (MORE_ROOM if self.thinks_long else 1), self.most_output]
        limits.append(self.context.room(_letters(messages)) if self.context else None)
        return {**options, self.limit_name: min(most for most in limits if most is not None)}


def recall_capabilities(endpoint: Endpoint) -> Capabilities:
    """What is known of an endpoint and its model."""
    try:
        return Capabilities.model_validate(recall(_FILE, endpoint.identity) or {})
    except ValidationError:
        return Capabilities()


def remember_capabilities(endpoint: Endpoint, known: Capabilities) -> None:
    """Write down what was found out about an endpoint and its model."""
    found = known.model_dump(mode="json", exclude_defaults=True)
    found |= {"refused": sorted(known.refused)} if known.refused else {}
    remember(_FILE, endpoint.identity, found)


def adapt(
    known: Capabilities, error: "APIError", sent: Mapping[str, Any], mode: Mode, form: type[BaseModel] | None
) -> Capabilities | None:
    """What the endpoint supports, as its refusal of the request `sent` shows; None if that shows nothing.

    `form` is what the answer should conform to in `mode`; None asks for free text. Each step gives up
    something for good, so that the steps come to an end.
    """
    if lacks_model(error) or refuses_key(error) or is_filtered(error):
        return None
    message = re.sub(r"(?<=\d),(?=\d{3})", "", f"{text_of(error.param or '')}: {error_message(error)}")
    has_system = known.system_role and any(turn["role"] == "system" for turn in sent["messages"])
    names_system = _NO_SYSTEM.search(message) is not None and not _CONTEXT.search(message)
    if status(error) in {400, 422, 500} and has_system and names_system:
        return known.model_copy(update={"system_role": False})
    if status(error) not in REFUSALS:
        return None
    has_bounds = form and not known.bare_schema and mode not in ("json", "text")
    if form and has_bounds and _names_keyword(form, message):
        return known.model_copy(update={"bare_schema": True})
    limit = next((name for name in _LIMITS if name in sent), None)
    if is_too_long(error):
        return _fit_context(known, message, sent, limit) if limit else None
    named = {name for name in (*_LIMITS, *_OPTIONS) if name in sent and re.search(rf"\b{name}\b", message)}
    if limit in named:
        return _lower_limit(known, message, limit, sent[limit])
    if named:
        return known.model_copy(update={"refused": known.refused | named})
    weaker = MODES[MODES.index(mode) + 1 :]
    return known.model_copy(update={"mode": weaker[0]}) if form and weaker else None


def _names_keyword(form: type[BaseModel], message: str) -> bool:
    """Whether the message names a keyword that the bare schema lacks; English words count in quotes only."""
    for keyword in bounding_keywords(form):
        snake = re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", keyword)
        pattern = rf"['\"`]{keyword}['\"`]" if snake == keyword else rf"\b(?:{keyword}|{snake})\b"
        if re.search(pattern, message):
            return True
    return False


def _fit_context(
    known: Capabilities, message: str, sent: Mapping[str, Any], limit: str
) -> Capabilities | None:
    """Limit the answer to what is left of the context; if the message has no numbers, drop the limit.

    None if the question alone is too long. vLLM counts the tokens of a question only until it knows that they
    and the limit are too many ("at least 62466 input tokens"): the rest would then be wrong by one forever.
    """
    size, tokens = _number(_CONTEXT, message), _number(_INPUT, message)
    letters = _letters(sent["messages"])
    asked_before = known.context is not None and known.context.letters == letters
    if size and tokens and "at least" not in message and not asked_before:
        context = Context(size=size, letters=letters, tokens=tokens)
        fits = LEAST_ROOM <= size - tokens < sent[limit]
        return known.model_copy(update={"context": context}) if fits else None
    if re.search(r"max_|completion|output", message):
        return known.model_copy(update={"refused": known.refused | {"max_tokens"}})
    return None


def _lower_limit(known: Capabilities, message: str, limit: str, asked: int) -> Capabilities:
    """Send the limit of output under its newer name, or as large as the message allows, or not at all."""
    if limit == "max_tokens" and "max_completion_tokens" in message:
        return known.model_copy(update={"limit_name": "max_completion_tokens"})
    most = [int(number) for number in re.findall(r"\d+", message) if LEAST_ROOM <= int(number) < asked]
    states_limit = re.search(r"at most|maximum|less than|too large|range|exceed|<=|up to", message)
    if most and known.most_output is None and states_limit:
        return known.model_copy(update={"most_output": max(most)})
    return known.model_copy(update={"refused": known.refused | {"max_tokens"}})


def _number(pattern: re.Pattern[str], message: str) -> int | None:
    found = pattern.search(message)
    return int(next(filter(None, found.groups()))) if found else None


def _letters(messages: Messages) -> int:
    """The number of letters in a conversation, without its pictures."""
    count = 0
    for turn in messages:
        content = turn.get("content") or ()
        parts = [{"text": content}] if isinstance(content, str) else content
        count += sum(len(part.get("text", "")) for part in parts)
    return count
