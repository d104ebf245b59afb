"""An asker before the scripted endpoint, and the form that it asks for."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field

from planner.chat.answer import Answer
from planner.chat.ask import Asker
from planner.chat.cache import Replies
from planner.chat.endpoint import Endpoint
from planner.plans import Usage

if TYPE_CHECKING:
    from tests.conftest import Script

Json = dict[str, Any]
Ask = Callable[..., Answer]
"""Asks one question; settings of the endpoint and the asker are given by name."""

OPTIONS = {"max_tokens": 8192, "temperature": 0.0, "seed": 7, "frequency_penalty": 0.5}
OPENING = ({"role": "system", "content": "You plan."}, {"role": "user", "content": "a fox"})


class Thing(BaseModel):
    """One thing."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(max_length=60)]


class Form(BaseModel):
    """A picture, with bounds that strict endpoints don't know."""

    model_config = ConfigDict(extra="forbid")
    caption: str
    things: Annotated[list[Thing], Field(max_length=32)]
    minimum: int = Field(description="named as a keyword is", ge=0)


@pytest.fixture
def bill() -> list[Usage]:
    """What the answers cost."""
    return []


@pytest.fixture
def progress() -> list[str]:
    """The lines for the user."""
    return []


@pytest.fixture
def ask(script: "Script", bill: list[Usage], progress: list[str]) -> Ask:
    """Asks the scripted endpoint one question."""

    def once(
        messages: Any = OPENING,
        *,
        plain: bool = False,
        options: Any = OPTIONS,
        replies: Replies | None = None,
        form: type[BaseModel] = Form,
        **settings: Any,
    ) -> Answer:
        usual: Json = {"model": "scripted", "base_url": script.base_url, "api_key": "sk-secret"}
        endpoint = Endpoint(**{**usual, **settings})
        with endpoint.client() as client:
            asker = Asker(client, endpoint, options, bill.append, replies, progress.append)
            return asker.ask(messages, form, plain)

    return once
