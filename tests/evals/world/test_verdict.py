"""Facts against detections: truth tables."""

import pytest

from evals.world.detector import Detection
from evals.world.facts import Column, Direction, Facts, Relates, Row, Stands, Wanted
from evals.world.prompts import scene
from evals.world.verdict import describe_errors, judge, measure

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
    assert (verdict.found, verdict.right, verdict.nothing_else) == (found, found, alone)


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
    assert verdict.claims_held == (False, True)
    assert not verdict.found
    assert not verdict.right


def test_of_two_that_fit_the_one_that_stands_right_counts() -> None:
    facts = Facts("", (STAR,), (Stands(0, "left", None),))
    verdict = judge(facts, [at(90, 50), at(10, 50)], SIDE)
    assert verdict.right
    assert not verdict.nothing_else
    assert verdict.matches == (at(10, 50),)


def test_things_that_relations_join_are_settled_together() -> None:
    """Of two stars and two rings one pair alone stands as both claims say, and others satisfy either."""
    facts = Facts("", (STAR, RING), (Relates(0, "left of", 1), Stands(1, "right", None)))
    seen = [at(95, 50), at(50, 50), ring(80, 50), ring(10, 50)]
    verdict = judge(facts, seen, SIDE)
    assert verdict.matches == (at(50, 50), ring(80, 50))
    assert verdict.right


def test_one_detection_is_not_two_things() -> None:
    facts = Facts("", (STAR, STAR))
    assert not judge(facts, [at(10, 10)], SIDE).found
    assert judge(facts, [at(10, 10), at(60, 60)], SIDE).found


def seen_as(facts: Facts, index: int, x: float, y: float) -> Detection:
    thing = facts.things[index]
    return Detection(thing.kind, thing.colour, (x - 5, y - 5, x + 5, y + 5), 0.9)


def test_measures_are_shares_of_what_was_asked() -> None:
    facts = scene(900_003, 5)
    nothing = measure(facts, [], 120)
    assert (nothing["scene"], nothing["things"], nothing["found"]) == (0.0, 0.0, 0.0)
    one = measure(Facts("", facts.things), [seen_as(facts, 4, 50, 50)], 120)
    assert one["found"] == one["things"] == pytest.approx(1 / 5)
    assert one["claims"] is None


def test_too_many_and_what_should_be_absent_are_wrong_though_all_is_there() -> None:
    things = scene(900_001, 1).things
    facts = Facts("", things, (), ("moon",) if things[0].kind != "moon" else ("star",))
    right = [seen_as(facts, 0, 50, 50)]
    assert measure(facts, right, 120)["scene"] == 1.0
    assert measure(facts, [*right, seen_as(facts, 0, 90, 90)], 120)["scene"] == 0.0
    unwanted = Detection(facts.absent[0], "red", (1, 1, 9, 9), 0.9)
    scores = measure(facts, [*right, unwanted], 120)
    assert (scores["scene"], scores["absent"], scores["things"], scores["nothing else"]) == (
        0.0,
        0.0,
        1.0,
        0.0,
    )


def test_errors_are_described_in_words() -> None:
    facts = Facts("", scene(900_001, 1).things, (Stands(0, "left", None),))
    thing = facts.things[0]
    assert describe_errors(facts, [], 120) == f"{thing.colour} {thing.noun} missing"
    assert (
        describe_errors(facts, [seen_as(facts, 0, 110, 50)], 120) == f"{thing.colour} {thing.noun} misplaced"
    )
    assert describe_errors(facts, [seen_as(facts, 0, 10, 50)], 120) == ""


def test_many_alike_are_judged_soon() -> None:
    """Eight things of a kind and forty detections of it are no 40!/32! ways."""
    thing = scene(900_001, 1).things[0]
    facts = Facts("", (thing,) * 3, tuple(Stands(i, "left", None) for i in range(3)))
    seen = [seen_as(facts, 0, x * 3.0, y * 30.0) for x in range(10) for y in range(4)]
    assert judge(facts, seen, 120).found


def test_crowds_with_things_too_many_are_judged_soon() -> None:
    """Three ways for each single thing, twelve for a pair: of all groups they are added, not multiplied."""
    facts = scene(900_003, 16)
    seen = [seen_as(facts, i, 9.0 + 7 * i, 9.0 + 7 * j) for i in range(16) for j in range(3)]
    verdict = judge(facts, seen, 120)
    assert verdict.found
    assert not verdict.nothing_else
