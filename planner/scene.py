"""The scene: what stands in the picture, in words and in rough places.

Coordinates are integers on a 0-1000 grid over the canvas, x to the right and y down: grammars that
constrain a language model enforce integer bounds and not float bounds, and a plan stays readable at any
picture size.
"""

from typing import Annotated, Literal, Self

import shapely
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

GRID = 1000
"""The canvas is this many units wide and this many high, whatever its size in pixels."""

MAX_REGIONS = 32
"""The most regions of a picture; further things go to the background or the caption."""

MAX_COUNTED = 10
"""A count up to this becomes that many regions; more is one region that shows the group."""

MAX_POINTS = 10_000
"""The most corners of a polygon."""

MAX_PROMPT = 20_000
"""Characters that a prompt may have: some 3,000 words, several times the longest prompts of benchmarks."""

MAX_QUOTES = 1000
"""The most quotes of a region, or of the background."""

Horizontal = Literal["left", "center", "right", "full"]
Vertical = Literal["top", "middle", "bottom", "full"]
Extent = Literal["small", "medium", "large"]
Predicate = Literal[
    "left of", "right of", "above", "below", "on", "under", "in front of", "behind", "inside", "next to"
]

Thousandth = Annotated[int, Field(ge=0, le=GRID)]
Words = Annotated[str, Field(max_length=4000)]
Name = Annotated[str, Field(min_length=1, max_length=80)]
Quote = Annotated[str, Field(min_length=1, max_length=4000)]


class Frozen(BaseModel):
    """Base of every model that travels between stages: immutable, and no unknown field passes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Box(Frozen):
    """A rectangle on the 0-1000 grid; x0 < x1 and y0 < y1."""

    x0: Thousandth = Field(description="left edge, 0 to 1000")
    y0: Thousandth = Field(description="top edge, 0 to 1000")
    x1: Thousandth = Field(description="right edge, greater than x0")
    y1: Thousandth = Field(description="bottom edge, greater than y0")

    @model_validator(mode="after")
    def _upright(self) -> Self:
        if self.x0 >= self.x1 or self.y0 >= self.y1:
            raise ValueError(
                f"the box ({self.x0}, {self.y0}, {self.x1}, {self.y1}) is empty or upside down: "
                "x0 < x1 and y0 < y1"
            )
        return self


class Place(Frozen):
    """A place in words, for whoever places better in words than in numbers."""

    horizontal: Horizontal = Field(description="where from left to right; full: the whole width")
    vertical: Vertical = Field(description="where from top to bottom; full: the whole height")
    size: Extent = Field(description="how much of the picture the thing takes")


class Point(Frozen):
    """A point on the 0-1000 grid."""

    x: Thousandth
    y: Thousandth


class Polygon(Frozen):
    """A simple polygon on the 0-1000 grid, closed by itself."""

    points: tuple[Point, ...] = Field(min_length=3, max_length=MAX_POINTS)

    @model_validator(mode="after")
    def _simple(self) -> Self:
        outline = shapely.Polygon([(point.x, point.y) for point in self.points])
        if not outline.is_valid or not outline.area:
            raise ValueError(
                "the polygon crosses or touches itself, or has no area: its outline must be simple"
            )
        return self


class Mask(Frozen):
    """A mask image of the canvas's own size: where it is white the region is.

    In a file `mask` may be the path of an image, relative to the file: greys count by how much of each token
    they cover, and what is transparent is black. Once loaded it is a `data:image/png;base64,` URL, black and
    white, so that a plan carries all that it needs.
    """

    mask: str = Field(min_length=1)


Shape = Box | Polygon | Mask

WHERE_KINDS = {
    "box": {"x0", "y0", "x1", "y1"},
    "place": {"horizontal", "vertical", "size"},
    "polygon": {"points"},
    "mask": {"mask"},
}
"""The kinds of `Where`, and the fields that distinguish them."""


def _kind_of_where(value: object) -> str | None:
    """Which member of `Where` is meant, so that an error is about that one and not about all four."""
    if isinstance(value, Box | Place | Polygon | Mask):
        return type(value).__name__.lower()
    given = set[object](value) if isinstance(value, dict) else set[object]()
    return next((kind for kind, fields in WHERE_KINDS.items() if given & fields), None)


Where = Annotated[
    Annotated[Box, Tag("box")]
    | Annotated[Place, Tag("place")]
    | Annotated[Polygon, Tag("polygon")]
    | Annotated[Mask, Tag("mask")],
    Discriminator(
        _kind_of_where,
        custom_error_type="where",
        custom_error_message=(
            "should be null, a box (x0, y0, x1, y1), a place (horizontal, vertical, size), "
            "a polygon (points) or a mask (mask)"
        ),
    ),
]


class Region(Frozen):
    """One thing of the picture, with the prompt that it is drawn from."""

    name: Name = Field(description="a short unique name, such as 'cat' or 'red barn'")
    prompt: Words = Field(
        min_length=1,
        description="what to draw there, rich enough to stand alone; for a count of 2 to 10, "
        "one of the things",
    )
    count: int = Field(default=1, ge=1, le=1000, description="how many of it")
    depth: int = Field(
        default=0, ge=0, le=9, description="0 is nearest to the viewer; of equal depths neither is nearer"
    )
    where: Where | None = Field(default=None, description="a box, or a place in words")
    size: Extent | None = Field(
        default=None, description="how much of the picture the thing takes, where its place is left open"
    )
    wish: Box | None = Field(
        default=None, description="where it had best stand, if that leaves room for the others"
    )
    negative: Words = Field(
        default="", description="a negative prompt of its own, beside the whole picture's"
    )
    quotes: tuple[Quote, ...] = Field(
        default=(),
        max_length=MAX_QUOTES,
        description="the words of the user's prompt that the region draws, verbatim",
    )


class Quotes(Frozen):
    """The words of the user's prompt that something other than a region takes up, verbatim."""

    background: tuple[Quote, ...] = Field(
        default=(), max_length=MAX_QUOTES, description="those that the background draws"
    )
    style: tuple[Quote, ...] = Field(
        default=(), max_length=MAX_QUOTES, description="those that the style says"
    )
    absent: tuple[Quote, ...] = Field(
        default=(), max_length=MAX_QUOTES, description="those that exclude something"
    )


class Relation(Frozen):
    """`subject` stands `predicate` `object`: two regions by name."""

    subject: Name = Field(description="the name of a region")
    predicate: Predicate
    object: Name = Field(description="the name of another region")


class Scene(Frozen):
    """The whole picture: its words, its regions and how they stand to one another."""

    prompt: str = Field(default="", max_length=MAX_PROMPT, description="the user's whole prompt, as given")
    caption: Words = Field(min_length=1, description="the whole picture in one or two sentences")
    background: Words = Field(
        default="", description="what stands where no region is; empty: the caption serves"
    )
    style: Words = Field(default="", description="words that every regional prompt shares")
    absent: tuple[Name, ...] = Field(default=(), description="what must not appear")
    negative: Words = Field(default="", description="the negative prompt, beside what is absent")
    quotes: Quotes = Field(
        default=Quotes(), description="what of the prompt the background, the style and absent take up"
    )
    regions: tuple[Region, ...] = Field(default=(), max_length=MAX_REGIONS)
    relations: tuple[Relation, ...] = Field(default=())

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        names = [region.name for region in self.regions]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two regions are named {twice[0]!r}: every region needs a name of its own")
        for relation in self.relations:
            for name in (relation.subject, relation.object):
                if name not in names:
                    known = ", ".join(names) or "none"
                    raise ValueError(f"a relation names {name!r}, which is no region; regions are {known}")
            if relation.subject == relation.object:
                raise ValueError(f"{relation.subject!r} stands in a relation to itself")
        return self
