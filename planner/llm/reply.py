"""What the language model writes: a scene in its own, forgiving form.

The JSON schema is strict and bounded, so that a grammar made from it holds the model within it. Reading is
lenient, since most endpoints hold nobody to anything: numbers come as text, a list as a string, a box as four
numbers. What can be meant is read so; nothing that a field can hold makes a reply unreadable.
"""

import re
from typing import Annotated, Any, cast, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from planner.scene import GRID, MAX_REGIONS, Extent, Horizontal, Place, Predicate, Vertical

PREDICATES: tuple[str, ...] = get_args(Predicate)
MAX_RELATIONS = 24
MAX_ABSENT = 12
MAX_QUOTES = 12


def strict(schema: dict[str, Any]) -> None:
    """Bring an object's schema into the form that strict endpoints demand."""
    schema["additionalProperties"] = False
    schema["required"] = list(schema["properties"])
    for field in schema["properties"].values():
        field.pop("default", None)


def _text(value: object) -> str:
    """A text; a list is joined, and null or an object says nothing."""
    if isinstance(value, list):
        return ", ".join(filter(None, map(_text, cast(list[object], value))))
    return str(value) if isinstance(value, str | int | float) else ""


def _texts(value: object) -> list[str]:
    """Texts, none of them empty; one alone is a list of one."""
    several = cast(list[object], value) if isinstance(value, list | tuple) else [value]
    return [text for text in map(_text, several) if text.strip()]


def _names(value: object) -> list[str]:
    """Names, which in one text stand between commas."""
    return [name.strip() for text in _texts(value) for name in re.split(r"[,;\n]", text) if name.strip()]


def _number(value: object) -> float | None:
    """The number in a value, "about 3" and 2.5 among them; None where there is none."""
    found = re.search(r"-?\d{1,9}(?:\.\d+)?", str(value)) if isinstance(value, str | int | float) else None
    return float(found[0]) if found else None


def _count(value: object) -> int:
    return round(min(max(_number(value) or 1, 1), 1000))


def _depth(value: object) -> int:
    return round(min(max(_number(value) or 0, 0), 9))


def _where(value: object) -> object:
    """A box, a place in words, or None for what is neither: the region is then placed by the program."""
    if isinstance(value, ReplyBox | Place):
        return value
    if isinstance(value, list):
        value = dict(zip(_CORNERS, cast(list[object], value), strict=False))
    fields = cast(dict[str, object], value) if isinstance(value, dict) else {}
    return _box(fields) or _place(fields)


_CORNERS = ("x0", "y0", "x1", "y1")

PARTS = 1.1
"""Up to which numbers the boxes of a reply may be parts of the canvas; models overshoot its edge a little."""


def _box(fields: dict[str, object]) -> "ReplyBox | None":
    """Corners on the grid."""
    numbers = [_number(fields.get(corner)) for corner in _CORNERS]
    corners = [number for number in numbers if number is not None]
    if len(corners) < len(_CORNERS):
        return None
    x0, y0, x1, y1 = (round(corner) for corner in corners)
    return ReplyBox(x0=x0, y0=y0, x1=x1, y1=y1)


def _place(fields: dict[str, object]) -> Place | None:
    words = {
        name: word if (word := _text(fields.get(name)).strip().lower()) in get_args(known) else usual
        for name, known, usual in _PLACES
    }
    return Place.model_validate(words) if {name for name, _, _ in _PLACES} & fields.keys() else None


_PLACES = (
    ("horizontal", Horizontal, "center"),
    ("vertical", Vertical, "middle"),
    ("size", Extent, "medium"),
)


def _objects(value: object) -> list[object]:
    """The objects of a list; what else stands there says nothing."""
    several = cast(list[object], value) if isinstance(value, list | tuple) else []
    return [one for one in several if isinstance(one, dict | BaseModel)]


def _regions(value: object) -> list[object]:
    """The regions; where no corner of all their boxes is above 1, parts of the canvas are meant."""
    several = [dict(cast(dict[str, object], one)) for one in _objects(value) if isinstance(one, dict)]
    if not several:
        return _objects(value)
    places = [_where(one.get("where")) for one in several]
    corners = [_corners(one.get("where")) for one in several]
    known = [corner for box in corners for corner in box]
    if known and max(map(abs, known)) <= PARTS and any(corner % 1 for corner in known):
        for one, box, place in zip(several, corners, places, strict=True):
            if isinstance(place, ReplyBox):
                one["where"] = [corner * GRID for corner in box]
    return list(several)


def _corners(where: object) -> list[float]:
    """The numbers of a box, as they are given."""
    fields = cast(dict[str, object], where) if isinstance(where, dict) else {}
    values = cast(list[object], where) if isinstance(where, list) else [fields.get(name) for name in _CORNERS]
    return [number for value in values[:4] if (number := _number(value)) is not None]


def _object(value: object) -> object:
    return value if isinstance(value, dict | BaseModel) else {}


OBJECTS = BeforeValidator(_objects)
"""Reads a list of objects."""

Words = Annotated[str, BeforeValidator(_text)]
Name = Annotated[Words, Field(json_schema_extra={"maxLength": 60})]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
Count = Annotated[int, BeforeValidator(_count), Field(json_schema_extra={"minimum": 1, "maximum": 1000})]
Depth = Annotated[int, BeforeValidator(_depth), Field(json_schema_extra={"minimum": 0, "maximum": 9})]
Coordinate = Annotated[int, Field(json_schema_extra={"minimum": 0, "maximum": GRID})]


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

    name: Name = Field(default="", description="a short unique name, such as 'cat' or 'red barn'")
    prompt: Words = Field(
        default="",
        description="what to draw there: the user's words for it, with what it wears and holds; stands alone",
        json_schema_extra={"maxLength": 600},
    )
    quotes: Texts = Field(
        default=(),
        description="the user's words that this region draws, copied letter by letter",
        json_schema_extra={"maxItems": MAX_QUOTES},
    )
    count: Count = Field(default=1, description="how many of it; the box then holds all of them")
    depth: Depth = Field(default=0, description="0 is nearest to the viewer")
    where: Annotated[ReplyBox | Place | SkipJsonSchema[None], BeforeValidator(_where)] = Field(
        default=None, description="a box, or a place in words"
    )


class ReplyRelation(Reply):
    """`subject` stands `predicate` `object`."""

    subject: Name = Field(default="", description="the name of a region")
    predicate: Words = Field(default="", json_schema_extra={"enum": list(PREDICATES)})
    object: Name = Field(default="", description="the name of another region")


class ReplyQuotes(Reply):
    """The user's words that no region draws and something else takes up, copied letter by letter."""

    background: Texts = Field(
        default=(), description="those for the background", json_schema_extra={"maxItems": MAX_QUOTES}
    )
    style: Texts = Field(
        default=(), description="those for the style", json_schema_extra={"maxItems": MAX_QUOTES}
    )
    absent: Texts = Field(
        default=(), description="those that exclude something", json_schema_extra={"maxItems": MAX_QUOTES}
    )


class SceneReply(Reply):
    """The whole picture, planned."""

    caption: Words = Field(
        default="",
        description="the whole picture in one or two sentences",
        json_schema_extra={"maxLength": 600},
    )
    background: Words = Field(
        default="", description="what stands where no region is", json_schema_extra={"maxLength": 400}
    )
    style: Words = Field(
        default="",
        description="medium, camera, light, mood and quality: words that every region shares",
        json_schema_extra={"maxLength": 400},
    )
    absent: Names = Field(
        default=(),
        description="what must not appear; empty if the user excludes nothing",
        json_schema_extra={"maxItems": MAX_ABSENT},
    )
    quotes: Annotated[ReplyQuotes, BeforeValidator(_object)] = ReplyQuotes()
    regions: Annotated[tuple[ReplyRegion, ...], BeforeValidator(_regions)] = Field(
        default=(), description="the things, one entry each", json_schema_extra={"maxItems": MAX_REGIONS}
    )
    relations: Annotated[tuple[ReplyRelation, ...], OBJECTS] = Field(
        default=(),
        description="how regions stand to one another",
        json_schema_extra={"maxItems": MAX_RELATIONS},
    )
