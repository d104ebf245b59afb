"""What the language model writes: a scene in a full or a small form.

The JSON schema is strict and bounded, so that a grammar made from it keeps the model within it. Reading is
lenient, since most endpoints don't enforce a schema: numbers come as text, a list as a string, a box as four
numbers. No value of a field makes a reply unreadable.
"""

import re
from typing import Annotated, Any, cast, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from planner.scene import GRID, MAX_REGIONS, Extent, Horizontal, Place, Predicate, Vertical
from planner.words import words_in

PREDICATES: tuple[str, ...] = get_args(Predicate)
MAX_RELATIONS = 24
MAX_ABSENT = 12
MAX_QUOTES = 12

MAX_LISTED = 256
"""Entries of a list that are read: some more than any plan has, so that the model can be told."""

_SPARE_REGIONS = 2
"""Regions in the small form besides those that the prompt can name."""


def strict(schema: dict[str, Any]) -> None:
    """Bring an object's schema into the form that strict endpoints demand."""
    schema["additionalProperties"] = False
    schema["required"] = list(schema["properties"])
    for field in schema["properties"].values():
        field.pop("default", None)


def _text(value: object) -> str:
    """A text; a list is joined, and null or an object is empty."""
    if isinstance(value, list):
        return ", ".join(filter(None, map(_text, cast(list[object], value))))
    return str(value) if isinstance(value, str | int | float) else ""


def _texts(value: object) -> list[str]:
    """Texts without empty ones; a single text is a list of one."""
    several = cast(list[object], value) if isinstance(value, list | tuple) else [value]
    return [text for text in map(_text, several[:MAX_LISTED]) if text.strip()]


def _names(value: object) -> list[str]:
    """Names; one text may have several between commas."""
    names = [name.strip() for text in _texts(value) for name in re.split(r"[,;\n]", text) if name.strip()]
    return names[:MAX_LISTED]


def _number(value: object) -> float | None:
    """The number in a value such as 2.5 or "about 3"; None if there is none."""
    found = re.search(r"-?\d{1,9}(?:\.\d+)?", str(value)) if isinstance(value, str | int | float) else None
    return float(found[0]) if found else None


def _within(least: int, most: int) -> BeforeValidator:
    """Reads a number as the nearest integer from `least` to `most`; `least` if there is no number."""
    return BeforeValidator(lambda value: round(min(max(_number(value) or least, least), most)))


def _object(value: object) -> object:
    """An object; anything else is read as an empty one."""
    return value if isinstance(value, dict | BaseModel) else {}


def _objects(value: object) -> list[object]:
    """The objects of a list; anything else in it is skipped."""
    several = cast(list[object], value) if isinstance(value, list | tuple) else []
    return [one for one in several[:MAX_LISTED] if isinstance(one, dict | BaseModel)]


_CORNERS = ("x0", "y0", "x1", "y1")
_PLACE: dict[str, tuple[Any, str]] = {
    "horizontal": (Horizontal, "center"),
    "vertical": (Vertical, "middle"),
    "size": (Extent, "medium"),
}
"""The fields of a place in words: the words that each may have, and its default."""

MAX_FRACTION = 1.1
"""Largest number in boxes that are fractions of the canvas; models overshoot its edge a little."""


def _where(value: object) -> object:
    """A box, a place in words, or None for anything else: the program then places the region."""
    if isinstance(value, ReplyBox | Place):
        return value
    if isinstance(value, list):
        value = dict(zip(_CORNERS, cast(list[object], value), strict=False))
    fields = cast(dict[str, object], value) if isinstance(value, dict) else {}
    corners = _corners(fields)
    if len(corners) == len(_CORNERS):
        return ReplyBox.model_validate(dict(zip(_CORNERS, map(round, corners), strict=True)))
    if _PLACE.keys().isdisjoint(fields):
        return None
    place: dict[str, str] = {}
    for name, (known, usual) in _PLACE.items():
        word = _text(fields.get(name)).strip().lower()
        place[name] = word if word in get_args(known) else usual
    return Place.model_validate(place)


def _corners(where: object) -> list[float]:
    """The numbers of a box, as they are given."""
    fields = cast(dict[str, object], where) if isinstance(where, dict) else {}
    values = cast(list[object], where) if isinstance(where, list) else [fields.get(name) for name in _CORNERS]
    return [number for value in values[:4] if (number := _number(value)) is not None]


def _regions(value: object) -> list[object]:
    """The regions; boxes in fractions of the canvas are scaled to the grid.

    Fractions are meant if no number of any box exceeds `MAX_FRACTION`, and not all are integers.
    """
    several = [dict(cast(dict[str, object], one)) for one in _objects(value) if isinstance(one, dict)]
    if not several:
        return _objects(value)
    boxes = [_corners(one.get("where")) for one in several]
    numbers = [number for box in boxes for number in box]
    if numbers and max(map(abs, numbers)) <= MAX_FRACTION and any(number % 1 for number in numbers):
        for one, box in zip(several, boxes, strict=True):
            if isinstance(_where(one.get("where")), ReplyBox):
                one["where"] = [number * GRID for number in box]
    return list(several)


Words = Annotated[str, BeforeValidator(_text)]
Name = Annotated[Words, Field(json_schema_extra={"maxLength": 60})]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
Count = Annotated[int, _within(1, 1000), Field(json_schema_extra={"minimum": 1, "maximum": 1000})]
Depth = Annotated[int, _within(0, 9), Field(json_schema_extra={"minimum": 0, "maximum": 9})]
Coordinate = Annotated[int, Field(json_schema_extra={"minimum": 0, "maximum": GRID})]


class Reply(BaseModel):
    """Immutable; strict as a schema, but unknown fields are ignored."""

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
    relations: Annotated[tuple[ReplyRelation, ...], BeforeValidator(_objects)] = Field(
        default=(),
        description="how regions stand to one another",
        json_schema_extra={"maxItems": MAX_RELATIONS},
    )


def _one_of(known: Any, usual: str) -> BeforeValidator:
    """Reads anything other than the `known` words as the `usual` one."""
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
    regions: Annotated[tuple[SmallRegion, ...], BeforeValidator(_objects)] = Field(
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
    """The form of a reply to `prompt`, with room for as many regions as its words can name things.

    A small model under a grammar repeats itself until a list is full.
    """
    most = min(MAX_REGIONS, len(words_in(prompt)) // 2 + _SPARE_REGIONS)

    def limit(schema: dict[str, Any]) -> None:
        strict(schema)
        schema["properties"]["regions"]["maxItems"] = most

    fields = {
        "__doc__": SmallReply.__doc__,
        "__module__": __name__,
        "model_config": ConfigDict(json_schema_extra=limit),
    }
    return cast(type[SmallReply], type(SmallReply.__name__, (SmallReply,), fields))
