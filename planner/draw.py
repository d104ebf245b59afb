"""A layout as a picture: each cell in its colour, with its name."""

from collections.abc import Sequence
from html import escape

import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from shapely.geometry.base import BaseGeometry

from planner.captioned import account_svg, with_account
from planner.layout import Layout
from planner.palette import Colour, edge_colour, file_stem, label_spot, painted
from planner.plans import Entry, Size
from planner.raster import pixels

LEGIBLE = 768
"""Pixels that a drawing's shorter side has at least; small canvases are drawn enlarged."""

EDGE = 2
"""Pixels of an outline."""

INK: Colour = (24, 24, 28)
"""The colour of labels."""


def draw_png(layout: Layout, account: Sequence[Entry] = ()) -> Image.Image:
    """The layout in RGB, at the canvas's size or a multiple of it; every label lies on a light plate.

    An account of the prompt stands beneath it.
    """
    scale = -(-LEGIBLE // min(layout.size.width, layout.size.height))
    size = Size.model_construct(width=layout.size.width * scale, height=layout.size.height * scale)
    canvas = np.zeros((size.height, size.width, 3), dtype=np.uint8)
    for _, cell, fill in painted(layout):
        _fill(canvas, pixels(shapely.transform(cell, lambda points: points * scale), size), fill)
    image = Image.fromarray(canvas)
    pen = ImageDraw.Draw(image, "RGBA")
    for label, cell, _ in painted(layout):
        x, y, radius = (length * scale for length in label_spot(cell))
        _write(pen, label, (x, y), radius, size)
    return with_account(image, account)


def draw_svg(layout: Layout, account: Sequence[Entry] = ()) -> str:
    """The layout as an SVG document in pixel coordinates, with a title a cell and the account beneath it."""
    width, height = layout.size.width, layout.size.height
    told, more = account_svg(account, width, height)
    box = f'viewBox="0 0 {width} {height + more}" width="{width}" height="{height + more}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box}>'
    shapes = [_svg_cell(*cell) for cell in painted(layout)]
    labels = [_svg_label(label, cell, min(width, height)) for label, cell, _ in painted(layout)]
    return "\n".join((head, *shapes, *labels, *filter(None, (told,)), "</svg>", ""))


def mask_images(layout: Layout) -> dict[str, Image.Image]:
    """Masks by file name: one a region, numbered in the scene's order, and the background's.

    Mode L, of the canvas's size; 255 where the region is. Every pixel is white in exactly one.
    """
    masks = layout.masks()
    stems = (f"{n:02}-{file_stem(region.name)}" for n, region in enumerate(layout.scene.regions, start=1))
    named = zip((*stems, "background"), (*masks, ~masks.any(axis=0)), strict=True)
    return {f"{stem}.png": Image.fromarray(mask.astype(np.uint8) * 255) for stem, mask in named}


def _fill(canvas: NDArray[np.uint8], inside: NDArray[np.bool_], fill: Colour) -> None:
    """Paint the cell, its edge in a darker tone."""
    height, width = inside.shape
    around = np.pad(inside, EDGE, mode="edge")
    core = inside.copy()
    for shift in range(2 * EDGE + 1):
        core &= around[shift : shift + height, EDGE:-EDGE] & around[EDGE:-EDGE, shift : shift + width]
    canvas[inside] = edge_colour(fill)
    canvas[core] = fill


def _write(
    pen: ImageDraw.ImageDraw, label: str, spot: tuple[float, float], radius: float, size: Size
) -> None:
    font = _fitting(pen, label, 2.2 * radius, min(size.width, size.height))
    left, top, right, bottom = pen.textbbox(spot, label, font=font, anchor="mm")
    margin = (bottom - top) / 3
    dx = max(margin - left, 0) + min(size.width - margin - right, 0)
    dy = max(margin - top, 0) + min(size.height - margin - bottom, 0)
    plate = (left + dx - margin, top + dy - margin, right + dx + margin, bottom + dy + margin)
    pen.rounded_rectangle(plate, radius=margin, fill=(255, 255, 255, 190))
    pen.text((spot[0] + dx, spot[1] + dy), label, font=font, fill=INK, anchor="mm")


def _fitting(
    pen: ImageDraw.ImageDraw, label: str, width: float, side: int
) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The largest font in which the label is no wider than `width`, or the smallest that is legible."""
    sizes = [side / divisor for divisor in (26, 32, 40, 50, 60)]
    fonts = [ImageFont.load_default(size) for size in sizes]
    return next((font for font in fonts if pen.textlength(label, font=font) <= width), fonts[-1])


def _svg_cell(label: str, cell: BaseGeometry, fill: Colour) -> str:
    rings = shapely.get_rings(shapely.get_parts(cell))
    path = " ".join(_svg_ring(shapely.get_coordinates(ring)) for ring in rings)
    style = f'fill="{_hex(fill)}" fill-rule="evenodd" stroke="{_hex(edge_colour(fill))}" stroke-width="0.3%"'
    return f'<path d="{path}" {style}><title>{escape(label)}</title></path>'


def _svg_ring(points: NDArray[np.float64]) -> str:
    return "M" + " L".join(f"{x:.6g},{y:.6g}" for x, y in points[:-1]) + " Z"


def _svg_label(label: str, cell: BaseGeometry, side: int) -> str:
    x, y, radius = label_spot(cell)
    # A letter is about half as wide as it is high.
    height = min(side / 26, max(2 * radius / (0.5 * max(len(label), 1)), side / 60))
    text = f'x="{x:.6g}" y="{y:.6g}" font-size="{height:.4g}" font-family="sans-serif" fill="{_hex(INK)}"'
    halo = f'stroke="#ffffff" stroke-opacity="0.75" stroke-width="{height / 4:.4g}" paint-order="stroke"'
    anchor = 'text-anchor="middle" dominant-baseline="central"'
    return f"<text {text} {halo} {anchor}>{escape(label)}</text>"


def _hex(rgb: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*rgb)
