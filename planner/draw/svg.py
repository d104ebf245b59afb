"""A layout as SVG: each cell in its colour with its name, and the prompt beneath it.

A browser's font is seldom the one that was measured: every text has its width stated, and so keeps its place.
"""

from collections.abc import Sequence
from html import escape

import shapely

from planner.draw.drawing import drawing_of
from planner.draw.fonts import SYSTEM, Fonts, family
from planner.draw.labels import Cell
from planner.draw.lettering import Edges
from planner.draw.palette import INK, PAPER, Colour, edge_colour, hexadecimal
from planner.layout import Layout
from planner.plans import Span


def draw_svg(layout: Layout, account: Sequence[Span] = (), fonts: Fonts = SYSTEM) -> str:
    """The layout as an SVG document, with a title for each cell and the account beneath it.

    Its units are the canvas's pixels or, of a small canvas, parts of them, as in the PNG.
    """
    drawing = drawing_of(layout, account, fonts)
    width, height = drawing.page, drawing.height + drawing.more
    families = dict.fromkeys([*map(family, drawing.lettering.faces), "sans-serif"])
    # CSS has names of families in quotation marks, and generic ones without.
    quoted = (name if name == "sans-serif" else "'" + name.replace("'", "") + "'" for name in families)
    look = f'font-family="{escape(", ".join(quoted))}" fill="{hexadecimal(INK)}"'
    box = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} {look}>',
        _rectangle((0, 0, width, height), PAPER),
        *map(_cell, drawing.cells),
    ]
    for plate in drawing.plates:
        if plate.target is not None:  # a line to the cell that the plate stands beside
            (x0, y0), (x1, y1) = plate.middle, plate.target
            path = f"M{x0:.6g},{y0:.6g} L{x1:.6g},{y1:.6g}"
            lines.append(f'<path d="{path}" stroke="{hexadecimal(INK)}" stroke-width="2"/>')
    for plate in drawing.plates:
        lines.append(_rectangle(plate.edges, PAPER, f' rx="{plate.margin:.4g}" fill-opacity="0.8"'))
        for text, x, y in plate.rows():
            lines.append(_text(text, x, y, plate.lettering.width(text), plate.lettering.size))
    lettering = drawing.lettering
    for run in drawing.words:
        if run.style.fill is not None:
            lines.append(_rectangle(run.ground(lettering), run.style.fill))
        lines += [_rectangle(edges, fill) for edges, fill in run.stripes(lettering)]
        struck = ' text-decoration="line-through"' if run.style.struck else ""
        lines.append(_text(run.text, run.x, run.y, run.width, lettering.size, struck))
    return "\n".join((*lines, "</svg>", ""))


def _cell(cell: Cell) -> str:
    rings = map(shapely.get_coordinates, shapely.get_rings(shapely.get_parts(cell.shape)))
    path = " ".join("M" + " L".join(f"{x:.6g},{y:.6g}" for x, y in ring[:-1]) + " Z" for ring in rings)
    edge = hexadecimal(edge_colour(cell.fill))
    style = f'fill="{hexadecimal(cell.fill)}" fill-rule="evenodd" stroke="{edge}" stroke-width="2"'
    return f'<path d="{path}" {style}><title>{escape(cell.name)}</title></path>'


def _rectangle(edges: Edges, fill: Colour, more: str = "") -> str:
    x0, y0, x1, y1 = edges
    place = f'x="{x0:.6g}" y="{y0:.6g}" width="{x1 - x0:.6g}" height="{y1 - y0:.6g}"'
    return f'<rect {place} fill="{hexadecimal(fill)}"{more}/>'


def _text(text: str, x: float, y: float, width: float, size: float, more: str = "") -> str:
    place = f'x="{x:.6g}" y="{y:.6g}" font-size="{size:.4g}"'
    forced = f'textLength="{width:.6g}" lengthAdjust="spacingAndGlyphs"'
    return f"<text {place} {forced}{more}>{escape(text)}</text>"
