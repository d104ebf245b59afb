"""Shelves: rows that fill a frame."""

import pytest

from planner.placing.rect import Rect, shelves

SQUARE = Rect(500, 500, 1000, 1000)
WIDE = Rect(500, 500, 1000, 250)


def rows(placed: list[Rect]) -> list[int]:
    """How many items stand in each row, from the top."""
    heights = [item.y for item in placed]
    return [heights.count(y) for y in sorted(set(heights))]


@pytest.mark.parametrize(
    ("number", "side", "frame", "expected"),
    [
        (1, 500, SQUARE, [1]),
        (2, 400, SQUARE, [2]),
        (3, 340, SQUARE, [1, 2]),
        (4, 300, SQUARE, [2, 2]),
        (4, 200, WIDE, [4]),
        (7, 230, SQUARE, [2, 3, 2]),
        (9, 200, SQUARE, [3, 3, 3]),
    ],
)
def test_rows_fill_the_frame(number: int, side: float, frame: Rect, expected: list[int]) -> None:
    placed = shelves([Rect(0, 0, side, side)] * number, frame)
    assert rows(placed) == expected
    assert all(item.on_canvas() == item for item in placed)
    assert sum(a.overlap(b) for n, a in enumerate(placed) for b in placed[:n]) == 0


def test_items_keep_their_sizes_and_their_order() -> None:
    sizes = [(300, 100), (100, 300), (200, 200)]
    placed = shelves([Rect(0, 0, width, height) for width, height in sizes], SQUARE)
    assert [(item.width, item.height) for item in placed] == sizes
    assert placed == sorted(placed, key=lambda item: (item.y, item.x))


def test_nothing_needs_no_shelf() -> None:
    assert shelves([], SQUARE) == []
