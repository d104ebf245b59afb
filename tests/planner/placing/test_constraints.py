"""What a relation requires of edges and depths makes it hold, and a contradiction is seen at once."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.placing.constraints import (
    DEPTH,
    ORIGIN,
    Difference,
    Differences,
    System,
    X,
    Y,
    canvas,
    constraints_of,
    depth,
    end,
    start,
)
from planner.placing.predicates import Stand, holds
from planner.scene import Box, Predicate

LEAST = (100, 50)

edges = st.lists(st.integers(0, 12), min_size=2, max_size=2, unique=True).map(sorted)


@st.composite
def stands(draw: st.DrawFn) -> Stand:
    (x0, x1), (y0, y1) = draw(edges), draw(edges)
    return Stand(Box(x0=x0, y0=y0, x1=x1, y1=y1), draw(st.integers(0, 2)))


def satisfied(constraints: Differences, subject: Stand, other: Stand) -> bool:
    """Whether the two stands, as regions 0 and 1, fulfil every constraint."""

    def nodes(axis: int) -> list[int]:
        if axis == DEPTH:
            return [0, subject.depth, other.depth]
        if axis == X:
            return [0, subject.box.x0, subject.box.x1, other.box.x0, other.box.x1]
        return [0, subject.box.y0, subject.box.y1, other.box.y0, other.box.y1]

    return all(nodes(t.axis)[t.later] - nodes(t.axis)[t.earlier] <= t.most for t in constraints)


@pytest.mark.parametrize("predicate", get_args(Predicate))
@given(subject=stands(), other=stands())
def test_what_is_required_makes_the_relation_hold(predicate: Predicate, subject: Stand, other: Stand) -> None:
    tiers = constraints_of(predicate, 0, 1, margin=2)
    met = any(satisfied(way, subject, other) for tier in tiers for way in tier)
    assert holds(predicate, subject, other) or not met


def chain(length: int) -> System | None:
    """So many regions, each left of the next."""
    row = [Difference(X, end(n), start(n + 1), 0) for n in range(length - 1)]
    return canvas(length, {}, LEAST).tightened(row)


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
    assert row.tightened([Difference(X, end(2), start(0), 0)]) is None
    assert row.tightened([Difference(Y, end(2), start(0), 0)]) is not None


def test_a_fixed_box_does_not_move_though_it_be_small() -> None:
    system = canvas(1, {0: Box(x0=10, y0=20, x1=11, y1=21)}, LEAST)
    assert system.tightened([Difference(X, ORIGIN, start(0), -11)]) is None
    assert system.tightened([Difference(X, ORIGIN, start(0), -10)]) is not None


def test_there_are_ten_depths() -> None:
    nearer = [Difference(DEPTH, depth(n), depth(n + 1), -1) for n in range(10)]
    assert canvas(10, {}, LEAST).tightened(nearer[:9]) is not None
    assert canvas(11, {}, LEAST).tightened(nearer) is None


def test_tightening_leaves_the_system_as_it_was() -> None:
    system = canvas(2, {}, LEAST)
    before = [closure.copy() for closure in system.closures]
    system.tightened([Difference(X, end(0), start(1), 0)])
    assert all((now == then).all() for now, then in zip(system.closures, before, strict=True))
    assert not system.constraints
