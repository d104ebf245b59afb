"""The least move, and its rounding."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.placing.constraints import DEPTH, Difference, X, Y, canvas, depth, end, start
from planner.placing.rect import Rect
from planner.placing.solve import Alignment, Target, solve
from planner.scene import Box

LEAST = (32, 32)


def target(*rects: Rect, alignments: tuple[Alignment, ...] = ()) -> Target:
    return Target(rects, (0,) * len(rects), (1.0,) * len(rects), alignments)


def test_what_may_stand_as_wished_does() -> None:
    answer = solve(canvas(1, {}, LEAST), target(Rect(300, 400, 200, 100)))
    assert answer.boxes == (Box(x0=200, y0=350, x1=400, y1=450),)


def test_what_is_off_the_canvas_comes_onto_it() -> None:
    (box,) = solve(canvas(1, {}, LEAST), target(Rect(-50, 1400, 200, 100))).boxes
    assert (box.x0, box.y1) == (0, 1000)


def test_two_that_must_part_move_equally() -> None:
    system = canvas(2, {}, LEAST).tightened([Difference(X, end(0), start(1), 0)])
    assert system
    one, other = solve(system, target(Rect(500, 500, 200, 100), Rect(500, 500, 200, 100))).boxes
    assert one.x1 == other.x0 == 500
    assert one.x1 - one.x0 == other.x1 - other.x0 > 170
    assert (one.y0, one.y1) == (450, 550)


def test_a_fixed_one_stays_and_the_other_moves() -> None:
    given_box = Box(x0=400, y0=400, x1=600, y1=600)
    system = canvas(2, {0: given_box}, LEAST).tightened([Difference(X, end(0), start(1), 0)])
    assert system
    fixed, free = solve(system, target(Rect(500, 500, 200, 200), Rect(500, 500, 100, 100))).boxes
    assert fixed == given_box
    assert free.x0 == 600


def test_an_alignment_draws_two_together() -> None:
    far = target(Rect(200, 200, 100, 100), Rect(800, 800, 100, 100))
    drawn = target(*far.rects, alignments=(Alignment(Y, 0, 1, 1.0),))
    loose, tight = (solve(canvas(2, {}, LEAST), each).boxes for each in (far, drawn))
    assert loose[1].y0 - loose[0].y0 == 600
    assert tight[1].y0 - tight[0].y0 < 300
    assert [box.x0 for box in tight] == [box.x0 for box in loose]


def test_depths_part_by_as_little_as_is_needed() -> None:
    system = canvas(3, {}, LEAST).tightened([Difference(DEPTH, depth(2), depth(0), -1)])
    assert system
    answer = solve(system, Target(target(*[Rect(500, 500, 90, 90)] * 3).rects, (0, 4, 0), (1.0,) * 3, ()))
    assert answer.depths == (1, 4, 0)


@pytest.mark.parametrize("regions", [2, 8, 16])
@settings(max_examples=25, deadline=None)
@given(rng=st.randoms(use_true_random=False))
def test_every_constraint_holds_after_rounding(regions: int, rng: random.Random) -> None:
    system = canvas(regions, {}, LEAST)
    for _ in range(3 * regions):
        one, other = rng.sample(range(regions), 2)
        difference = Difference(rng.choice((X, Y)), end(one), start(other), rng.randint(-40, 40))
        system = system.tightened([difference]) or system
    rects = [Rect(*(rng.uniform(0, 1000) for _ in range(4))) for _ in range(regions)]
    boxes = solve(system, target(*rects)).boxes
    nodes = {
        X: [0, *(edge for box in boxes for edge in (box.x0, box.x1))],
        Y: [0, *(edge for box in boxes for edge in (box.y0, box.y1))],
    }
    assert all(nodes[t.axis][t.later] - nodes[t.axis][t.earlier] <= t.most for t in system.constraints)
    assert all(min(box.x1 - box.x0, box.y1 - box.y0) >= 32 for box in boxes)
