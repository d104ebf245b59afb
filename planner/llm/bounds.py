"""How long a reply may be: a small model held by a grammar repeats itself until a list is full."""

from functools import lru_cache
from typing import Any, Literal, cast

from pydantic import ConfigDict

from planner.llm.details import DetailsReply
from planner.llm.reply import MAX_RELATIONS, SceneReply, strict
from planner.llm.small import SmallReply
from planner.scene import MAX_REGIONS
from planner.words import GRAMMAR, fold

Form = type[SceneReply] | type[SmallReply] | type[DetailsReply]

_SPARE = 2
"""Regions that a model may add of its own to what the prompt names."""


def most_regions(prompt: str) -> int:
    """How many regions a reply to `prompt` may have: a few more than the things that so many words can name.

    Things are counted from above: phrases between words of grammar and punctuation, or every other word
    that is no word of grammar, whichever is more. A prompt with other than ASCII letters may be in a
    language that these don't hold for.
    """
    if not prompt.isascii():
        return MAX_REGIONS
    phrases = words = 0
    inside = False
    for word in prompt.split():
        content = bool(fold(word)) and word.strip(".,;:!?").casefold() not in GRAMMAR
        phrases += content and not inside
        words += content
        inside = content and word[-1].isalnum()
    return min(MAX_REGIONS, max(phrases, words // 2) + _SPARE)


@lru_cache
def reply_model(regions: int, profile: Literal["full", "small"] = "full") -> Form:
    """The reply's model with room for so many regions in its schema; it reads all that it read before."""

    def bound(schema: dict[str, Any]) -> None:
        strict(schema)
        schema["properties"]["regions"]["maxItems"] = regions
        if "relations" in schema["properties"]:
            schema["properties"]["relations"]["maxItems"] = min(MAX_RELATIONS, regions)

    base = SceneReply if profile == "full" else SmallReply
    fields = {
        "__doc__": base.__doc__,
        "__module__": __name__,
        "model_config": ConfigDict(json_schema_extra=bound),
    }
    return cast(Form, type(SceneReply.__name__, (base,), fields))
