"""The planner that asks a language model. Importing it imports neither openai nor instructor."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.llm.planner import LLMPlanner
    from planner.llm.reply import SceneReply

__all__ = ["LLMPlanner", "SceneReply"]

_HOMES = {"LLMPlanner": "planner.llm.planner", "SceneReply": "planner.llm.reply"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
