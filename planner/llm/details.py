"""The least that is asked of a model: details for what the built-in planner reads, and no plan.

A small model knows how things look and loses what the user said of them. So things, counts and places stay
as they were read, the user's words too, and a detail is taken only where nothing that the prompt says, of
this thing or of another, speaks against it.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from pydantic import ConfigDict, Field, create_model

from planner.llm.reply import Reply, Words, strict
from planner.llm.sound import sound
from planner.scene import Region, Scene

LENGTHS: dict[str, int] = {"minLength": 24, "maxLength": 120}
"""Letters for one thing's details: a small model that may say little says the thing's name."""

PENALTY = 0.6
"""For words that were written before: a small model repeats itself."""


class DetailsReply(Reply):
    """How each thing looks: a few details with commas between them."""

    model_config = ConfigDict(frozen=True, extra="ignore", json_schema_extra=strict, serialize_by_alias=True)


@lru_cache
def details_form(names: tuple[str, ...]) -> type[DetailsReply]:
    """The reply's model: a field for each thing, so that a grammar made from it lets none be left out."""
    fields: dict[str, Any] = {
        f"thing_{i}": (Words, Field(default="", alias=name, json_schema_extra={**LENGTHS}))
        for i, name in enumerate(names)
    }
    return create_model("Details", __base__=DetailsReply, **fields)


def listed(prompt: str, scene: Scene) -> str:
    """The question: the user's prompt, and the names of what was read in it.

    Not what is said of them, which a small model copies.
    """
    things = "\n".join(f"- {region.name}" for region in scene.regions)
    return f"{prompt}\n\n{things}"


def enriched(scene: Scene, reply: DetailsReply) -> Scene:
    """The scene with the reply's details at the end of its regions' prompts."""
    told: dict[str, str] = reply.model_dump()
    regions = tuple(
        _with(region, sound(told.get(region.name, ""), region, scene)) for region in scene.regions
    )
    return scene.model_copy(update={"regions": regions})


def _with(region: Region, details: Sequence[str]) -> Region:
    return region.model_copy(update={"prompt": ", ".join((region.prompt, *details))}) if details else region
