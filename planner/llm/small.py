"""The reply of a small model: few fields, and places in words alone, since it places badly in numbers."""

from functools import lru_cache
from typing import Annotated, Any, cast, get_args

from pydantic import BeforeValidator, ConfigDict, Field

from planner.llm.reply import (
    MAX_ABSENT,
    OBJECTS,
    Count,
    Name,
    Names,
    Reply,
    ReplyRegion,
    SceneReply,
    Words,
    strict,
)
from planner.scene import MAX_REGIONS, Extent, Horizontal, Place, Vertical
from planner.words import words_in

_SPARE = 2
"""Regions that a model may add of its own to what the prompt names."""


def _one_of(known: Any, usual: str) -> BeforeValidator:
    """Reads a word that is none of the `known` ones as the `usual` one."""
    return BeforeValidator(lambda value: value if value in get_args(known) else usual)


class SmallRegion(Reply):
    """One thing of the picture."""

    name: Name = Field(default="", description="a short unique name, such as 'cat'")
    prompt: Words = Field(default="", description="what to draw there", json_schema_extra={"maxLength": 160})
    count: Count = Field(default=1, description="how many of it")
    horizontal: Annotated[Horizontal, _one_of(Horizontal, "center")] = "center"
    vertical: Annotated[Vertical, _one_of(Vertical, "middle")] = "middle"
    size: Annotated[Extent, _one_of(Extent, "medium")] = "medium"

    def region(self) -> ReplyRegion:
        """The region in the full form."""
        place = Place(horizontal=self.horizontal, vertical=self.vertical, size=self.size)
        return ReplyRegion(name=self.name, prompt=self.prompt, count=self.count, where=place)


class SmallReply(Reply):
    """The whole picture, planned."""

    caption: Words = Field(
        default="", description="the whole picture in one sentence", json_schema_extra={"maxLength": 240}
    )
    background: Words = Field(
        default="", description="what is behind the things", json_schema_extra={"maxLength": 160}
    )
    absent: Names = Field(
        default=(), description="what the user excludes", json_schema_extra={"maxItems": MAX_ABSENT}
    )
    regions: Annotated[tuple[SmallRegion, ...], OBJECTS] = Field(
        default=(), description="the things, one entry each"
    )

    def scene(self) -> SceneReply:
        """The reply in the full form."""
        return SceneReply(
            caption=self.caption,
            background=self.background,
            absent=self.absent,
            regions=tuple(region.region() for region in self.regions),
        )


def small_form(prompt: str) -> type[SmallReply]:
    """The form of a reply to `prompt`, with room for as many regions as so many words can name things.

    A small model that a grammar holds repeats itself until a list is full.
    """
    return _form(min(MAX_REGIONS, len(words_in(prompt)) // 2 + _SPARE))


@lru_cache
def _form(regions: int) -> type[SmallReply]:
    def bound(schema: dict[str, Any]) -> None:
        strict(schema)
        schema["properties"]["regions"]["maxItems"] = regions

    fields = {
        "__doc__": SmallReply.__doc__,
        "__module__": __name__,
        "model_config": ConfigDict(json_schema_extra=bound),
    }
    return cast(type[SmallReply], type(SmallReply.__name__, (SmallReply,), fields))
