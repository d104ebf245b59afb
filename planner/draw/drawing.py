"""The drawing of a layout, computed once: PNG and SVG show the same cells, plates and words.

All lengths are pixels of the drawing, which is the canvas or a multiple of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import shapely

from planner.account import WHOLE
from planner.draw.fonts import Fonts, faces_for
from planner.draw.labels import Cell, Plate, place_labels
from planner.draw.lettering import Lettering, Run, TextStyle, printable, set_lines, style_of
from planner.draw.palette import (
    ABSENT,
    BACKGROUND,
    BACKGROUND_COLOUR,
    STYLE,
    colour,
    owners_colours,
)
from planner.layout import Layout
from planner.plans import Span

LEGIBLE = 768
"""Pixels that a drawing's shorter side has at least, unless the longer one would pass `LONGEST`."""

LONGEST = 8192

SHARED, LEFT = "striped: of several. ", "plain: left to the whole picture."
"""The key's entries for words with further owners, and for words with none."""

SMALLEST = 16.0
"""The least height of the prompt's letters in pixels."""


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
    # Small canvases are drawn enlarged.
    short, long = sorted((layout.size.width, layout.size.height))
    scale = max(1, min(-(-LEGIBLE // short), LONGEST // long))
    width, height = layout.size.width * scale, layout.size.height * scale
    faces = faces_for(letters_of(layout, account), fonts)
    cells = tuple(_cells(layout, scale))
    plates = place_labels(cells, faces, width, height)
    page = max(width, LEGIBLE)
    # Large enough to be read where the whole drawing is looked at, and some sixty letters to a line.
    size = max(page / 64, min(height / 110, page / 32), SMALLEST)
    lettering = Lettering(faces, size)
    words, more = list[Run](), 0.0
    colours = owners_colours(layout.scene)
    texts = [(span.text, style_of(span.owners, colours)) for span in account]
    for paragraph in filter(None, (_key(layout, cells, plates, account), texts)):
        runs, end = set_lines(paragraph, lettering, size, height + more + size, page - 2 * size)
        words += runs
        more = end - height
    more += size / 2 if words else 0
    return Drawing(
        width, height, page, round(more), cells, tuple(filter(None, plates)), tuple(words), lettering
    )


def letters_of(layout: Layout, account: Sequence[Span]) -> str:
    """All the text that a drawing of the layout has."""
    names = (BACKGROUND, STYLE, ABSENT, SHARED, LEFT, *(region.name for region in layout.scene.regions))
    return printable(" ".join((*names, *(span.text for span in account))))


def _cells(layout: Layout, scale: int) -> Iterator[Cell]:
    """A cell for everything that owns some of the canvas, the background first."""
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
) -> list[tuple[str, TextStyle]]:
    """Names in their colours: of the cells with a number, and of owners of words that have no label."""
    placed = dict(zip((cell.number for cell in cells), plates, strict=True))
    labelled = {number for number, plate in placed.items() if plate and plate.number is None}
    owners = {owner for span in account for owner in span.owners} - set(WHOLE)
    colours = owners_colours(layout.scene)
    entries: list[tuple[str, TextStyle]] = []
    for number, name in enumerate(colours, start=1):
        if printable(name) and number not in labelled and (number in placed or name in owners):
            prefix = f"{number} " if placed.get(number) else ""
            entries.append((f"{prefix}{printable(name)} ", style_of((name,), colours)))
    if any(len(span.owners) > 1 for span in account):
        entries.append((SHARED, TextStyle()))
    if any(span.owners == WHOLE for span in account):
        entries.append((LEFT, TextStyle()))
    return entries
