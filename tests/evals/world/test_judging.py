"""Facts against detections: truth tables."""

import pytest

from evals.world.detector import Detection
from evals.world.facts import Direction, Facts, Relates, Stands, Wanted
from evals.world.judging import judge
from evals.world.tableau import Column, Row

STAR, RING = Wanted("star", "red", "star"), Wanted("ring", "blue", "hoop")
SIDE = 100


def at(x: float, y: float, kind: str = "star", colour: str = "red") -> Detection:
    return Detection(kind, colour, (x - 5, y - 5, x + 5, y + 5), 0.9)


def ring(x: float, y: float) -> Detection:
    return at(x, y, "ring", "blue")


@pytest.mark.parametrize(
    ("seen", "found", "alone"),
    [
        ([], False, False),
        ([at(50, 50)], True, True),
        ([at(50, 50), ring(10, 10)], True, False),
        ([at(50, 50), at(10, 10)], True, False),
        ([at(50, 50, colour="blue")], False, False),
        ([at(50, 50, kind="heart")], False, False),
        ([at(50, 50, colour="mixed")], False, False),
    ],
)
def test_right_thing_in_right_colour(seen: list[Detection], found: bool, alone: bool) -> None:
    verdict = judge(Facts("", (STAR,)), seen, SIDE)
    assert (verdict.found, verdict.right, verdict.alone) == (found, found, alone)


@pytest.mark.parametrize(
    ("column", "row", "x", "y", "holds"),
    [
        ("left", "top", 20, 20, True),
        ("left", "top", 20, 50, False),
        ("left", "top", 50, 20, False),
        ("left", None, 20, 90, True),
        ("left", None, 40, 90, False),
        (None, "bottom", 90, 70, True),
        (None, "bottom", 90, 60, False),
        ("center", "middle", 60, 40, True),
        ("center", "middle", 64, 40, False),
        ("right", None, 63, 1, True),
    ],
)
def test_places(column: Column | None, row: Row | None, x: float, y: float, holds: bool) -> None:
    facts = Facts("", (STAR,), (Stands(0, column, row),))
    verdict = judge(facts, [at(x, y)], SIDE)
    assert verdict.found
    assert verdict.right is holds


@pytest.mark.parametrize(
    ("dx", "dy", "holding"),
    [
        (-30, 0, {"left of"}),
        (30, 10, {"right of"}),
        (0, -30, {"above"}),
        (10, 30, {"below"}),
        (-30, -30, {"left of", "above"}),
        (30, 31, {"below"}),
        (0, 0, set[str]()),
    ],
)
def test_relations_by_centres(dx: float, dy: float, holding: set[str]) -> None:
    directions: tuple[Direction, ...] = ("left of", "right of", "above", "below")
    seen = [ring(50, 50), at(50 + dx, 50 + dy)]
    held = {d for d in directions if judge(Facts("", (STAR, RING), (Relates(0, d, 1),)), seen, SIDE).right}
    assert held == holding


def test_a_claim_about_a_thing_that_is_missing_does_not_hold() -> None:
    facts = Facts("", (STAR, RING), (Relates(0, "left of", 1), Stands(0, "left", None)))
    verdict = judge(facts, [at(10, 10)], SIDE)
    assert verdict.placed == (False, True)
    assert not verdict.found
    assert not verdict.right


def test_of_two_that_fit_the_one_that_stands_right_counts() -> None:
    facts = Facts("", (STAR,), (Stands(0, "left", None),))
    verdict = judge(facts, [at(90, 50), at(10, 50)], SIDE)
    assert verdict.right
    assert not verdict.alone
    assert verdict.cast == (at(10, 50),)


def test_things_that_relations_join_are_settled_together() -> None:
    """Of two stars and two rings one pair alone stands as both claims say, and others satisfy either."""
    facts = Facts("", (STAR, RING), (Relates(0, "left of", 1), Stands(1, "right", None)))
    seen = [at(95, 50), at(50, 50), ring(80, 50), ring(10, 50)]
    verdict = judge(facts, seen, SIDE)
    assert verdict.cast == (at(50, 50), ring(80, 50))
    assert verdict.right


def test_one_detection_is_not_two_things() -> None:
    facts = Facts("", (STAR, STAR))
    assert not judge(facts, [at(10, 10)], SIDE).found
    assert judge(facts, [at(10, 10), at(60, 60)], SIDE).found
