"""The drawing of a layout, worked out once: PNG and SVG show the same cells, plates and words.

All lengths are pixels of the drawing, which is the canvas or a multiple of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import shapely

from planner.account import WHOLE
from planner.draw.fonts import Fonts, faces_for
from planner.draw.labels import Cell, Plate, place_labels
from planner.draw.lettering import Lettering, printable
from planner.draw.palette import (
    ABSENT,
    BACKGROUND,
    BACKGROUND_COLOUR,
    STYLE,
    colour,
    owners_colours,
)
from planner.draw.paragraph import Inked, Run, inked, set_lines
from planner.layout import Layout
from planner.plans import Span

LEGIBLE = 768
"""Pixels that a drawing's shorter side has at least, unless the longer one would pass `LONGEST`."""

LONGEST = 8192

SHARED, LEFT = "striped: of several. ", "plain: left to the whole picture."
"""What the key says of words with further owners, and of those with none."""

SMALLEST = 16.0
"""Pixels of the prompt's letters at least."""


@dataclass(frozen=True)
class Drawing:
    """A layout on a canvas of `width` and `height`; the `page` is as wide or wider, and `more` higher."""

    width: int
    height: int
    page: int
    more: int
    cells: tuple[Cell, ...]
    plates: tuple[Plate, ...]
    words: tuple[Run, ...]
    lettering: Lettering


def drawing_of(layout: Layout, account: Sequence[Span], fonts: Fonts) -> Drawing:
    """The layout with labels and, beneath it, the key of what has no label and the prompt by its owners."""
    scale = _scale(layout)
    width, height = layout.size.width * scale, layout.size.height * scale
    faces = faces_for(letters_of(layout, account), fonts)
    cells = tuple(_cells(layout, scale))
    plates = place_labels(cells, faces, width, height)
    page = max(width, LEGIBLE)
    size = _letter_size(page, height)
    lettering = Lettering(faces, size)
    words, more = list[Run](), 0.0
    colours = owners_colours(layout.scene)
    texts = [(span.text, inked(span.owners, colours)) for span in account]
    for paragraph in filter(None, (_key(layout, cells, plates, account), texts)):
        runs, end = set_lines(paragraph, lettering, size, height + more + size, page - 2 * size)
        words += runs
        more = end - height
    more += size / 2 if words else 0
    return Drawing(
        width, height, page, round(more), cells, tuple(filter(None, plates)), tuple(words), lettering
    )


def _scale(layout: Layout) -> int:
    """Small canvases are drawn enlarged."""
    short, long = sorted((layout.size.width, layout.size.height))
    return max(1, min(-(-LEGIBLE // short), LONGEST // long))


def _letter_size(page: int, height: int) -> float:
    """Large enough to be read where the whole drawing is looked at, and some sixty letters to a line."""
    return max(page / 64, min(height / 110, page / 32), SMALLEST)


def letters_of(layout: Layout, account: Sequence[Span]) -> str:
    """All that a drawing of the layout writes."""
    names = (BACKGROUND, STYLE, ABSENT, SHARED, LEFT, *(region.name for region in layout.scene.regions))
    return printable(" ".join((*names, *(span.text for span in account))))


def _cells(layout: Layout, scale: int) -> Iterator[Cell]:
    """Everything that owns some of the canvas, the background first."""
    names = [printable(region.name) for region in layout.scene.regions]
    numbers = range(1, len(names) + 1)
    shapes = (layout.background, *layout.cells)
    every = zip(
        (BACKGROUND, *names),
        (len(names) + 1, *numbers),
        shapes,
        (BACKGROUND_COLOUR, *map(colour, range(len(names)))),
        strict=True,
    )
    for name, number, shape, fill in every:
        if not shape.is_empty:
            yield Cell(name, number, shapely.transform(shape, lambda points: points * scale), fill)


def _key(
    layout: Layout, cells: Sequence[Cell], plates: Sequence[Plate | None], account: Sequence[Span]
) -> list[tuple[str, Inked]]:
    """Names in their colours: of those with a number, and of owners of words that have no label."""
    placed = dict(zip((cell.number for cell in cells), plates, strict=True))
    labelled = {number for number, plate in placed.items() if plate and plate.number is None}
    owners = {owner for span in account for owner in span.owners} - set(WHOLE)
    colours = owners_colours(layout.scene)
    entries: list[tuple[str, Inked]] = []
    for number, name in enumerate(colours, start=1):
        if printable(name) and number not in labelled and (number in placed or name in owners):
            prefix = f"{number} " if placed.get(number) else ""
            entries.append((f"{prefix}{printable(name)} ", inked((name,), colours)))
    if any(len(span.owners) > 1 for span in account):
        entries.append((SHARED, Inked()))
    if any(span.owners == WHOLE for span in account):
        entries.append((LEFT, Inked()))
    return entries
