"""What the language model writes: a scene in its own, forgiving form.

The JSON schema is strict and bounded, so that a grammar made from it holds the model within it: every field
is required, no other is allowed, and strings, lists and integers have bounds. Reading is lenient: what an
endpoint without a grammar lets through (a box upside down or off the canvas, a name twice, a list too long)
is for `checks` to tell the model and for `mend` to repair; only what has no meaning at all fails to parse.
"""

from typing import Annotated, Any, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic.json_schema import SkipJsonSchema

from planner.scene import MAX_REGIONS, Place, Predicate

MAX_RELATIONS = 16
MAX_ABSENT = 8


def strict(schema: dict[str, Any]) -> None:
    """Bring an object's schema into the form that strict endpoints demand."""
    schema["additionalProperties"] = False
    schema["required"] = list(schema["properties"])
    for field in schema["properties"].values():
        field.pop("default", None)


def _text_for_null(value: object) -> object:
    """Models without a grammar write null for "nothing"."""
    return "" if value is None else value


def _none_for_nonsense(value: object, read: ValidatorFunctionWrapHandler) -> object:
    """One place that can't be read doesn't spoil the reply: the region is placed anew."""
    try:
        return read(value)
    except ValidationError:
        return None


Words = Annotated[str, BeforeValidator(_text_for_null)]
Name = Annotated[Words, Field(json_schema_extra={"maxLength": 40})]
Coordinate = Annotated[int, Field(json_schema_extra={"minimum": 0, "maximum": 1000})]


PREDICATES: tuple[str, ...] = get_args(Predicate)


class Reply(BaseModel):
    """Immutable; strict as a schema, lenient towards fields that nobody asked for."""

    model_config = ConfigDict(frozen=True, extra="ignore", json_schema_extra=strict)


class ReplyBox(Reply):
    """A rectangle on a grid from 0 to 1000, x to the right and y down."""

    x0: Coordinate = Field(description="left edge")
    y0: Coordinate = Field(description="top edge")
    x1: Coordinate = Field(description="right edge, greater than x0")
    y1: Coordinate = Field(description="bottom edge, greater than y0")


class ReplyRegion(Reply):
    """One thing of the picture."""

    name: Name = Field(description="a short unique name, such as 'cat' or 'red barn'")
    prompt: Words = Field(
        description="what to draw there: one phrase that stands alone, richer than the user's words; "
        "for a count of 2 to 10, one of the things",
        json_schema_extra={"maxLength": 240},
    )
    count: int = Field(
        default=1, description="how many of it", json_schema_extra={"minimum": 1, "maximum": 1000}
    )
    depth: int = Field(
        default=0, description="0 is nearest to the viewer", json_schema_extra={"minimum": 0, "maximum": 9}
    )
    where: Annotated[ReplyBox | Place | SkipJsonSchema[None], WrapValidator(_none_for_nonsense)] = Field(
        default=None, description="a box, or a place in words"
    )


class ReplyRelation(Reply):
    """`subject` stands `predicate` `object`."""

    subject: Name = Field(description="the name of a region")
    predicate: Words = Field(json_schema_extra={"enum": list(PREDICATES)})
    object: Name = Field(description="the name of another region")


class SceneReply(Reply):
    """The whole picture, planned."""

    caption: Words = Field(
        default="",
        description="the whole picture in one or two sentences",
        json_schema_extra={"maxLength": 320},
    )
    background: Words = Field(
        default="", description="what stands where no region is", json_schema_extra={"maxLength": 200}
    )
    style: Words = Field(
        default="", description="words that every region shares", json_schema_extra={"maxLength": 120}
    )
    absent: tuple[Name, ...] = Field(
        default=(),
        description="what must not appear; empty if the user excludes nothing",
        json_schema_extra={"maxItems": MAX_ABSENT},
    )
    regions: tuple[ReplyRegion, ...] = Field(
        default=(), description="the things, one entry each", json_schema_extra={"maxItems": MAX_REGIONS}
    )
    relations: tuple[ReplyRelation, ...] = Field(
        default=(),
        description="how regions stand to one another",
        json_schema_extra={"maxItems": MAX_RELATIONS},
    )
