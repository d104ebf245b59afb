"""The account under a drawn layout, as PNG and as SVG."""

from collections.abc import Sequence
from html import escape
from textwrap import wrap

from PIL import Image, ImageDraw, ImageFont

from planner.palette import printable
from planner.plans import Entry
from planner.telling import Line, lines

LETTERS = 96
"""Letters in a line of the account, whatever the drawing's width."""

INK, WARNING, PAPER = "#18181c", "#b3261e", "#ffffff"
_LEADING = 1.45
_LETTER = 0.5
"""Width of a letter by its height, about."""


def with_account(drawing: Image.Image, account: Sequence[Entry]) -> Image.Image:
    """The drawing with the account beneath it; as it is, where there is none."""
    rows = _rows(account)
    if not rows:
        return drawing
    size, step = _type(drawing.width)
    sheet = Image.new("RGB", (drawing.width, drawing.height + round(step * (len(rows) + 1))), PAPER)
    sheet.paste(drawing)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(size)
    for number, (text, ink) in enumerate(rows):
        pen.text((size, drawing.height + step * (number + 0.5)), text, font=font, fill=ink)
    return sheet


def account_svg(account: Sequence[Entry], width: int, top: int) -> tuple[str, int]:
    """The account as SVG text below `top`, and how high it is in pixels."""
    rows = _rows(account)
    size, step = _type(width)
    height = round(step * (len(rows) + 1)) if rows else 0
    paper = f'<rect x="0" y="{top}" width="{width}" height="{height}" fill="{PAPER}"/>'
    texts = [
        f'<text x="{size:.4g}" y="{top + step * (number + 1.2):.6g}" font-size="{size:.4g}" '
        f'font-family="sans-serif" fill="{ink}">{escape(text)}</text>'
        for number, (text, ink) in enumerate(rows)
    ]
    return ("\n".join((paper, *texts)), height) if rows else ("", 0)


def _type(width: int) -> tuple[float, float]:
    """Height of letters and of lines in pixels."""
    size = width / (LETTERS * _LETTER)
    return size, size * _LEADING


def _rows(account: Sequence[Entry]) -> list[tuple[str, str]]:
    """Wrapped lines with their colour."""
    return [(row, WARNING if line.missing else INK) for line in lines(account) for row in _wrapped(line)]


def _wrapped(line: Line) -> list[str]:
    return wrap(printable(f"{line.asked}: {line.where}"), LETTERS, subsequent_indent="    ")
