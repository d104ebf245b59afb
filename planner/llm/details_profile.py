"""The profile that asks least of a model: details of the things that the built-in planner read, and no plan.

A small model knows how things look, but loses what the user said of them. So things, counts, places and the
user's words stay as the built-in planner read them; `filter_details` decides which details are added.
"""

from functools import lru_cache
from typing import Any

from pydantic import ConfigDict, Field, create_model

from planner.llm.detail_filter import filter_details
from planner.llm.reply import Reply, Words, strict
from planner.scene import Region, Scene

LENGTHS: dict[str, int] = {"minLength": 24, "maxLength": 120}
"""Letters of one thing's details: a small model that may write little writes only the thing's name."""

PENALTY = 0.6
"""Frequency penalty on words that were written before: a small model repeats itself."""


class DetailsReply(Reply):
    """How each thing looks: a few details with commas between them."""

    model_config = ConfigDict(frozen=True, extra="ignore", json_schema_extra=strict, serialize_by_alias=True)


@lru_cache
def details_form(names: tuple[str, ...]) -> type[DetailsReply]:
    """The form of a reply: a required field for each thing, so that a grammar made from it skips none."""
    fields: dict[str, Any] = {
        f"thing_{i}": (Words, Field(default="", alias=name, json_schema_extra={**LENGTHS}))
        for i, name in enumerate(names)
    }
    return create_model("Details", __base__=DetailsReply, **fields)


def details_question(prompt: str, scene: Scene) -> str:
    """The question: the user's prompt, and the names of the things that were read in it.

    A small model would copy the words that describe them, so these are not listed.
    """
    things = "\n".join(f"- {region.name}" for region in scene.regions)
    return f"{prompt}\n\n{things}"


def add_details(scene: Scene, reply: DetailsReply) -> Scene:
    """The scene with the reply's details appended to the prompts of its regions."""
    texts: dict[str, str] = reply.model_dump()
    regions: list[Region] = []
    for region in scene.regions:
        details = filter_details(texts.get(region.name, ""), region, scene)
        prompt = ", ".join((region.prompt, *details))
        regions.append(region.model_copy(update={"prompt": prompt}))
    return scene.model_copy(update={"regions": tuple(regions)})
