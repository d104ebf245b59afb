"""Boxes that the reader wishes things: its own, moved to the side that is stated."""

from planner.scene import GRID, Box

ALONG = {"left": 0.22, "top": 0.2, "center": 0.5, "middle": 0.5, "right": 0.78, "bottom": 0.8}
BEYOND = {"left": 0.36, "top": 0.36, "right": 0.64, "bottom": 0.64}
"""Where a stated side has its middle if a wish is off it, and where off begins, in parts of the canvas."""

LEAST = 20
"""Grid units that a wish has across at least."""


def wish_for(box: tuple[float, float, float, float], horizontal: str | None, vertical: str | None) -> Box:
    """A `box` of the middle and the sides in parts of the canvas, on the canvas and at the stated sides."""
    x, y, width, height = box
    x, y = _at(horizontal, x), _at(vertical, y)
    x0, y0 = max(x - width / 2, 0), max(y - height / 2, 0)
    x1, y1 = min(x + width / 2, 1), min(y + height / 2, 1)
    left, top = (min(round(side * GRID), GRID - LEAST) for side in (x0, y0))
    return Box(x0=left, y0=top, x1=max(round(x1 * GRID), left + LEAST), y1=max(round(y1 * GRID), top + LEAST))


def _at(side: str | None, middle: float) -> float:
    if side in ("left", "top"):
        return middle if middle <= BEYOND[side] else ALONG[side]
    if side in ("right", "bottom"):
        return middle if middle >= BEYOND[side] else ALONG[side]
    return ALONG[side] if side and abs(middle - 0.5) > 0.12 else middle
