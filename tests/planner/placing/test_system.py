"""Difference constraints: a contradiction is seen at once, and the closure tells what is implied."""

import pytest

from planner.placing.system import DEPTH, ORIGIN, System, Term, X, Y, canvas, depth, end, start
from planner.scene import Box

LEAST = (100, 50)


def chain(length: int) -> System | None:
    """So many regions, each left of the next."""
    terms = [Term(X, end(n), start(n + 1), 0) for n in range(length - 1)]
    return canvas(length, {}, LEAST).tightened(terms)


@pytest.mark.parametrize(("length", "fits"), [(1, True), (10, True), (11, False)])
def test_as_many_fit_in_a_row_as_the_canvas_holds(length: int, fits: bool) -> None:
    assert (chain(length) is not None) == fits


def test_a_row_bounds_its_members() -> None:
    row = chain(4)
    assert row is not None
    assert row.closures[X][start(0), ORIGIN] == 600
    assert row.closures[X][ORIGIN, end(3)] == -400


def test_a_cycle_contradicts_itself() -> None:
    row = chain(3)
    assert row is not None
    assert row.tightened([Term(X, end(2), start(0), 0)]) is None
    assert row.tightened([Term(Y, end(2), start(0), 0)]) is not None


def test_a_fixed_box_does_not_move_though_it_be_small() -> None:
    system = canvas(1, {0: Box(x0=10, y0=20, x1=11, y1=21)}, LEAST)
    assert system.tightened([Term(X, ORIGIN, start(0), -11)]) is None
    assert system.tightened([Term(X, ORIGIN, start(0), -10)]) is not None


def test_there_are_ten_depths() -> None:
    nearer = [Term(DEPTH, depth(n), depth(n + 1), -1) for n in range(10)]
    assert canvas(10, {}, LEAST).tightened(nearer[:9]) is not None
    assert canvas(11, {}, LEAST).tightened(nearer) is None


def test_tightening_leaves_the_system_as_it_was() -> None:
    system = canvas(2, {}, LEAST)
    before = [closure.copy() for closure in system.closures]
    system.tightened([Term(X, end(0), start(1), 0)])
    assert all((now == then).all() for now, then in zip(system.closures, before, strict=True))
    assert not system.terms
