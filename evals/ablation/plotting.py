"""What the figures of a grid are drawn with: lines and words at twice the size, so that both are smooth."""

from collections.abc import Iterable

from PIL import ImageDraw, ImageFont

SCALE = 2
INK, FAINT = "#222222", "#dddddd"

COLOURS = ("#4c72b0", "#c44e52", "#2a9d5c", "#b07aa1", "#d08a2e", "#17877f", "#8c8c8c")
"""Of lines, in turn."""

Point = tuple[float, float]


class Pen:
    """Draws in pixels of the figure as it is meant to be seen."""

    def __init__(self, draw: ImageDraw.ImageDraw) -> None:
        self._draw = draw

    def line(self, points: Iterable[Point], colour: str = INK, width: float = 1) -> None:
        """A line through the points."""
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self._draw.line(scaled, colour, max(1, round(width * SCALE)), joint="curve")

    def dashed(self, start: Point, end: Point, colour: str = INK, dash: float = 5) -> None:
        """A level line of dashes."""
        x = start[0]
        while x < end[0]:
            self.line([(x, start[1]), (min(x + dash, end[0]), start[1])], colour)
            x += 2 * dash

    def dot(self, at: Point, colour: str, radius: float = 3) -> None:
        """A filled circle."""
        x, y = at[0] * SCALE, at[1] * SCALE
        r = radius * SCALE
        self._draw.ellipse([x - r, y - r, x + r, y + r], colour)

    def text(self, at: Point, text: str, size: int = 11, anchor: str = "la", colour: str = INK) -> None:
        """A line of words; `anchor` is Pillow's."""
        font = ImageFont.load_default(size * SCALE)
        self._draw.text((at[0] * SCALE, at[1] * SCALE), text, colour, font, anchor=anchor)
