"""The reply of a small model: few fields, and places in words alone, since it places badly in numbers."""

from pydantic import Field

from planner.llm.boxes import fault_of
from planner.llm.reply import MAX_ABSENT, Name, Reply, ReplyBox, ReplyRegion, SceneReply, Words
from planner.scene import MAX_REGIONS, Extent, Horizontal, Place, Vertical


class SmallRegion(Reply):
    """One thing of the picture."""

    name: Name = Field(description="a short unique name, such as 'cat'")
    prompt: Words = Field(description="what to draw there", json_schema_extra={"maxLength": 160})
    count: int = Field(
        default=1, description="how many of it", json_schema_extra={"minimum": 1, "maximum": 1000}
    )
    horizontal: Horizontal = Field(default="center")
    vertical: Vertical = Field(default="middle")
    size: Extent = Field(default="medium")

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
    absent: tuple[Name, ...] = Field(
        default=(), description="what the user excludes", json_schema_extra={"maxItems": MAX_ABSENT}
    )
    regions: tuple[SmallRegion, ...] = Field(
        default=(), description="the things, one entry each", json_schema_extra={"maxItems": MAX_REGIONS}
    )

    def scene(self) -> SceneReply:
        """The reply in the full form."""
        return SceneReply(
            caption=self.caption,
            background=self.background,
            absent=self.absent,
            regions=tuple(region.region() for region in self.regions),
        )


def beyond(reply: SceneReply) -> bool:
    """Whether the full form is beyond the model: it names nothing, or most of its places are none."""
    lost = sum(
        region.where is None or (isinstance(region.where, ReplyBox) and fault_of(region.where) is not None)
        for region in reply.regions
    )
    return not reply.regions or 2 * lost > len(reply.regions)
