"""Shelves: a simple good picture of several things, in level rows that fill a frame."""

from collections.abc import Sequence
from itertools import groupby

from planner.placing.rect import Rect


def shelves(items: Sequence[Rect], frame: Rect) -> list[Rect]:
    """`items` in their order, row by row, spread evenly over `frame`; their own places do not matter.

    Those of a row stand on one ground. There are as many rows as fill the frame best. Items may overlap where
    the frame is too small for them.
    """
    if not items:
        return []
    rows = min((_rows(items, n) for n in range(1, len(items) + 1)), key=lambda rows: _fill(rows, frame))
    heights = [max(item.height for item in row) for row in rows]
    middles = spread(heights, frame.top, frame.height)
    return [
        Rect(x, middle + (height - item.height) / 2, item.width, item.height)
        for row, middle, height in zip(rows, middles, heights, strict=True)
        for item, x in zip(row, spread([i.width for i in row], frame.left, frame.width), strict=True)
    ]


def _rows(items: Sequence[Rect], number: int) -> list[list[Rect]]:
    """`items` cut into at most `number` rows of about equal width."""
    total, before = sum(item.width for item in items), 0.0
    row_of: list[int] = []
    for item in items:
        row_of.append(int((before + item.width / 2) / total * number))
        before += item.width
    numbered = zip(row_of, items, strict=True)
    return [[item for _, item in row] for _, row in groupby(numbered, key=lambda pair: pair[0])]


def _fill(rows: list[list[Rect]], frame: Rect) -> tuple[float, int]:
    """How much of the frame's tighter side the rows take; of equals, fewer rows."""
    width = max(sum(item.width for item in row) for row in rows)
    height = sum(max(item.height for item in row) for row in rows)
    return round(max(width / frame.width, height / frame.height), 9), len(rows)


def spread(lengths: list[float], start: float, room: float) -> list[float]:
    """Middles of intervals of these lengths, in order, with equal gaps over `room`; gaps may be negative."""
    gap = (room - sum(lengths)) / (len(lengths) + 1)
    middles: list[float] = []
    for length in lengths:
        start += gap
        middles.append(start + length / 2)
        start += length
    return middles
