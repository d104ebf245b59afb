"""A layout as PNG: each cell in its colour with its name, and the prompt beneath it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from planner.draw.drawing import Drawing, drawing_of
from planner.draw.fonts import SYSTEM, Fonts, opened
from planner.draw.labels import Cell, Plate
from planner.draw.lettering import Lettering
from planner.draw.palette import INK, PAPER, edge_colour
from planner.draw.paragraph import Run
from planner.layout import Layout
from planner.plans import Size, Span
from planner.raster import pixels

EDGE = 2
"""Pixels of an outline."""

UNSHOWN = "?"
"""What stands for a letter that no font has."""


def draw_png(layout: Layout, account: Sequence[Span] = (), fonts: Fonts = SYSTEM) -> Image.Image:
    """The layout in RGB, at the canvas's size or a multiple of it; every label lies on a light plate.

    An account of the prompt stands beneath it, and so does the key of what is too small for its name.
    """
    drawing = drawing_of(layout, account, fonts)
    canvas = np.full((drawing.height + drawing.more, drawing.page, 3), PAPER, dtype=np.uint8)
    for cell in drawing.cells:
        _fill(canvas[: drawing.height, : drawing.width], cell, drawing)
    image = Image.fromarray(canvas)
    pen = ImageDraw.Draw(image, "RGBA")
    for plate in drawing.plates:
        _lead(pen, plate)
    for plate in drawing.plates:
        _write_plate(pen, plate)
    for run in drawing.words:
        _write_run(pen, run, drawing.lettering)
    return image


def _fill(canvas: NDArray[np.uint8], cell: Cell, drawing: Drawing) -> None:
    """Paint the cell, its edge in a darker tone."""
    size = Size.model_construct(width=drawing.width, height=drawing.height)
    inside = pixels(cell.shape, size)
    around = np.pad(inside, EDGE, mode="edge")
    core = inside.copy()
    for shift in range(2 * EDGE + 1):
        core &= (
            around[shift : shift + size.height, EDGE:-EDGE] & around[EDGE:-EDGE, shift : shift + size.width]
        )
    canvas[inside] = edge_colour(cell.fill)
    canvas[core] = cell.fill


def _lead(pen: ImageDraw.ImageDraw, plate: Plate) -> None:
    """A thin line to the cell that the plate stands beside."""
    if plate.target is not None:
        pen.line((plate.middle, plate.target), fill=INK, width=EDGE)


def _write_plate(pen: ImageDraw.ImageDraw, plate: Plate) -> None:
    # Between pixels the corners would overlap the sides, and show.
    edges = tuple(map(round, plate.edges))
    pen.rounded_rectangle(edges, radius=round(plate.margin), fill=(*PAPER, 200))
    for text, x, y in plate.rows():
        _write(pen, text, x, y, plate.lettering)


def _write_run(pen: ImageDraw.ImageDraw, run: Run, lettering: Lettering) -> None:
    """The words on their colour, with a stripe for each further owner, and struck through where absent."""
    if run.inked.fill is not None:
        pen.rectangle(run.ground(lettering), fill=run.inked.fill)
    for edges, fill in run.stripes(lettering):
        pen.rectangle(edges, fill=fill)
    _write(pen, run.text, run.x, run.y, lettering)
    if run.inked.struck:
        y = run.y - lettering.size * 0.3
        pen.line((run.x, y, run.x + run.width, y), fill=INK, width=max(1, round(lettering.size / 16)))


def _write(pen: ImageDraw.ImageDraw, text: str, x: float, y: float, lettering: Lettering) -> None:
    for piece in lettering.pieces(text):
        font = opened(piece.face or lettering.faces[0], lettering.size)
        pen.text((x, y), piece.text if piece.face else UNSHOWN, font=font, fill=INK, anchor="ls")
        x += piece.width
