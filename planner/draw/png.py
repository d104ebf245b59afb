"""A layout as PNG: each cell in its colour with its name, and the prompt beneath it; and masks of regions."""

import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from planner.draw.drawing import Drawing, drawing_of
from planner.draw.fonts import SYSTEM, Fonts, open_face
from planner.draw.labels import Cell
from planner.draw.lettering import Lettering
from planner.draw.palette import INK, PAPER, edge_colour
from planner.layout import Layout
from planner.plans import Size, Span
from planner.shapes import pixels

EDGE = 2
"""Pixels of an outline."""

UNSHOWN = "?"
"""Drawn in place of a letter that no font has."""


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
        if plate.target is not None:  # a thin line to the cell that the plate stands beside
            pen.line((plate.middle, plate.target), fill=INK, width=EDGE)
    for plate in drawing.plates:
        # Between pixels the corners would overlap the sides, and show.
        edges = tuple(map(round, plate.edges))
        pen.rounded_rectangle(edges, radius=round(plate.margin), fill=(*PAPER, 200))
        for text, x, y in plate.rows():
            _write(pen, text, x, y, plate.lettering)
    lettering = drawing.lettering
    for run in drawing.words:
        if run.style.fill is not None:
            pen.rectangle(run.ground(lettering), fill=run.style.fill)
        for edges, fill in run.stripes(lettering):
            pen.rectangle(edges, fill=fill)
        _write(pen, run.text, run.x, run.y, lettering)
        if run.style.struck:
            y = run.y - lettering.size * 0.3
            pen.line((run.x, y, run.x + run.width, y), fill=INK, width=max(1, round(lettering.size / 16)))
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


def _write(pen: ImageDraw.ImageDraw, text: str, x: float, y: float, lettering: Lettering) -> None:
    for piece in lettering.pieces(text):
        font = open_face(piece.face or lettering.faces[0], lettering.size)
        pen.text((x, y), piece.text if piece.face else UNSHOWN, font=font, fill=INK, anchor="ls")
        x += piece.width


def mask_images(layout: Layout) -> dict[str, Image.Image]:
    """Masks by file name: one for each region, numbered in the scene's order, and the background's.

    Mode L, of the canvas's size; 255 where the region is. Every pixel is white in exactly one.
    """
    masks = layout.masks()
    stems = (f"{n:02}-{file_stem(region.name)}" for n, region in enumerate(layout.scene.regions, start=1))
    named = zip((*stems, "background"), (*masks, ~masks.any(axis=0)), strict=True)
    return {f"{stem}.png": Image.fromarray(mask.astype(np.uint8) * 255) for stem, mask in named}


def file_stem(name: str) -> str:
    """`name` as part of a file name that is safe on every system."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = "".join(letter if letter.isalnum() else " " for letter in plain).split()
    return "-".join(words)[:60] or "region"
