"""The world's facts: settled by the seed, on the canvas, apart from one another."""

from itertools import combinations

import pytest

from evals.world.facts import RIM, SIDE, SPANS, TOKEN, Column, Row, field_at, sample_composition


def test_a_seed_settles_everything() -> None:
    assert [sample_composition(seed) for seed in range(30)] == [
        sample_composition(seed) for seed in range(30)
    ]
    assert len({sample_composition(seed) for seed in range(30)}) == 30


def test_things_stand_whole_on_the_canvas_and_are_as_large_as_said() -> None:
    for seed in range(200):
        for thing in sample_composition(seed).things:
            x0, y0, x1, y1 = thing.box
            assert min(x0, y0) >= 0
            assert max(x1, y1) <= SIDE
            assert thing.diameter == thing.span * TOKEN - 2 * RIM
            assert thing.span in SPANS[thing.size]


def test_things_fill_whole_tokens() -> None:
    for seed in range(100):
        for thing in sample_composition(seed).things:
            x0, y0, x1, y1 = thing.box
            assert [edge % TOKEN for edge in (x0 - RIM, y0 - RIM, x1 + RIM, y1 + RIM)] == [0.0] * 4


def test_things_overlap_in_few_pictures_only() -> None:
    overlapping = 0
    for seed in range(300):
        pairs = combinations(sample_composition(seed).things, 2)
        overlapping += any(
            a.box[0] < b.box[2] and b.box[0] < a.box[2] and a.box[1] < b.box[3] and b.box[1] < a.box[3]
            for a, b in pairs
        )
    assert 1 <= overlapping <= 30


@pytest.mark.parametrize("count", range(9))
def test_as_many_things_as_asked_for(count: int) -> None:
    assert all(len(sample_composition(seed, count).things) == count for seed in range(20))


@pytest.mark.parametrize(
    ("x", "y", "column", "row"),
    [
        (0, 0, "left", "top"),
        (37, 99, "left", "bottom"),
        (38, 38, "center", "middle"),
        (62, 62, "center", "middle"),
        (63, 50, "right", "middle"),
        (50, 37, "center", "top"),
        (99, 63, "right", "bottom"),
    ],
)
def test_nine_fields(x: float, y: float, column: Column, row: Row) -> None:
    assert field_at(x, y, 100) == (column, row)
