"""What an endpoint and its model take, found out by what they refuse and remembered."""

import math
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from planner.caches import cache_folder
from planner.chat.endpoint import Endpoint
from planner.chat.memory import recall, remember
from planner.chat.modes import Messages, Mode

LEAST_ROOM = 256
"""Tokens; where a context has less room than that for the answer, the prompt is too long."""

MORE_ROOM = 4
"""A model that thinks until the limit of output is asked once more with so many times the limit."""

Options = Mapping[str, float | int]
"""Parameters of a request by their names in the API, such as temperature."""


class Context(BaseModel):
    """The model's context in tokens, and the tokens of one question of so many letters."""

    model_config = ConfigDict(frozen=True)

    size: int
    letters: int
    tokens: int

    def room(self, letters: int) -> int:
        """The tokens that a question of so many letters leaves to the answer, by a careful guess."""
        guessed = self.tokens * letters / max(self.letters, 1)
        margin = abs(guessed - self.tokens) / 4
        return max(self.size - math.ceil(guessed + margin), LEAST_ROOM)


class Capabilities(BaseModel):
    """What an endpoint and its model take; by default everything, and no answer needs more room."""

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
        """The options as they are sent: `wanted` has the limit of output as max_tokens."""
        taken = {name: value for name, value in wanted.items() if name not in self.refused}
        limit = taken.pop("max_tokens", None)
        if limit is None:
            return taken
        limits = [int(limit) * (MORE_ROOM if self.thinks_long else 1), self.most_output]
        limits.append(self.context.room(letters(messages)) if self.context else None)
        return {**taken, self.limit_name: min(most for most in limits if most is not None)}


def letters(messages: Messages) -> int:
    """The letters of a conversation, without its pictures."""
    return sum(_letters(turn.get("content")) for turn in messages)


def _letters(content: Any) -> int:
    if isinstance(content, str):
        return len(content)
    return sum(len(part.get("text", "")) for part in content or ())


def known_of(endpoint: Endpoint) -> Capabilities:
    """What is known of an endpoint and its model."""
    try:
        return Capabilities.model_validate(recall(cache_folder() / "endpoints.json", endpoint.identity) or {})
    except ValidationError:
        return Capabilities()


def note(endpoint: Endpoint, found: Capabilities) -> None:
    """Remember what was found out of an endpoint and its model."""
    told = found.model_dump(mode="json", exclude_defaults=True)
    told |= {"refused": sorted(found.refused)} if found.refused else {}
    remember(cache_folder() / "endpoints.json", endpoint.identity, told)
