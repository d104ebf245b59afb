"""A layout as SVG: each cell in its colour with its name, and the prompt beneath it.

A browser's font is seldom the one that was measured: every text is told its width, and so stays in its place.
"""

from collections.abc import Iterator, Sequence
from html import escape

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.draw.drawing import drawing_of
from planner.draw.fonts import SYSTEM, Fonts, family
from planner.draw.labels import Cell, Edges, Plate
from planner.draw.lettering import Lettering
from planner.draw.palette import INK, PAPER, Colour, edge_colour, hexadecimal
from planner.draw.paragraph import Run
from planner.layout import Layout
from planner.plans import Span


def draw_svg(layout: Layout, account: Sequence[Span] = (), fonts: Fonts = SYSTEM) -> str:
    """The layout as an SVG document, with a title a cell and the account beneath it.

    Its units are the canvas's pixels or, of a small canvas, parts of them, as in the PNG.
    """
    drawing = drawing_of(layout, account, fonts)
    width, height = drawing.page, drawing.height + drawing.more
    families = [*dict.fromkeys(map(family, drawing.lettering.faces)), "sans-serif"]
    look = f'font-family="{escape(", ".join(map(_quoted, families)))}" fill="{hexadecimal(INK)}"'
    box = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box} {look}>'
    paper = _rectangle((0, 0, width, height), PAPER)
    cells = map(_cell, drawing.cells)
    leaders = filter(None, map(_leader, drawing.plates))
    plates = (line for plate in drawing.plates for line in _plate(plate))
    words = (line for run in drawing.words for line in _run(run, drawing.lettering))
    return "\n".join((head, paper, *cells, *leaders, *plates, *words, "</svg>", ""))


def _quoted(name: str) -> str:
    """A family as CSS has it: generic ones stand bare."""
    return name if name == "sans-serif" else "'" + name.replace("'", "") + "'"


def _cell(cell: Cell) -> str:
    rings = shapely.get_rings(shapely.get_parts(cell.shape))
    path = " ".join(_ring(shapely.get_coordinates(ring)) for ring in rings)
    edge = hexadecimal(edge_colour(cell.fill))
    style = f'fill="{hexadecimal(cell.fill)}" fill-rule="evenodd" stroke="{edge}" stroke-width="2"'
    return f'<path d="{path}" {style}><title>{escape(cell.name)}</title></path>'


def _ring(points: NDArray[np.float64]) -> str:
    return "M" + " L".join(f"{x:.6g},{y:.6g}" for x, y in points[:-1]) + " Z"


def _leader(plate: Plate) -> str:
    if plate.target is None:
        return ""
    (x0, y0), (x1, y1) = plate.middle, plate.target
    return f'<path d="M{x0:.6g},{y0:.6g} L{x1:.6g},{y1:.6g}" stroke="{hexadecimal(INK)}" stroke-width="2"/>'


def _plate(plate: Plate) -> Iterator[str]:
    yield _rectangle(plate.edges, PAPER, f' rx="{plate.margin:.4g}" fill-opacity="0.8"')
    for text, x, y in plate.rows():
        yield _text(text, x, y, plate.lettering.width(text), plate.lettering)


def _run(run: Run, lettering: Lettering) -> Iterator[str]:
    if run.inked.fill is not None:
        yield _rectangle(run.ground(lettering), run.inked.fill)
    yield from (_rectangle(edges, fill) for edges, fill in run.stripes(lettering))
    struck = ' text-decoration="line-through"' if run.inked.struck else ""
    yield _text(run.text, run.x, run.y, run.width, lettering, struck)


def _rectangle(edges: Edges, fill: Colour, more: str = "") -> str:
    x0, y0, x1, y1 = edges
    place = f'x="{x0:.6g}" y="{y0:.6g}" width="{x1 - x0:.6g}" height="{y1 - y0:.6g}"'
    return f'<rect {place} fill="{hexadecimal(fill)}"{more}/>'


def _text(text: str, x: float, y: float, width: float, lettering: Lettering, more: str = "") -> str:
    place = f'x="{x:.6g}" y="{y:.6g}" font-size="{lettering.size:.4g}"'
    forced = f'textLength="{width:.6g}" lengthAdjust="spacingAndGlyphs"'
    return f"<text {place} {forced}{more}>{escape(text)}</text>"
