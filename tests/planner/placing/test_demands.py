"""What is demanded of edges and depths makes the relation hold."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.placing.demands import Terms, demands
from planner.placing.predicates import Stand, holds
from planner.placing.system import DEPTH, X
from planner.scene import Box, Predicate

edges = st.lists(st.integers(0, 12), min_size=2, max_size=2, unique=True).map(sorted)


@st.composite
def stands(draw: st.DrawFn) -> Stand:
    (x0, x1), (y0, y1) = draw(edges), draw(edges)
    return Stand(Box(x0=x0, y0=y0, x1=x1, y1=y1), draw(st.integers(0, 2)))


def satisfied(terms: Terms, subject: Stand, other: Stand) -> bool:
    """Whether the two stands, as regions 0 and 1, fulfil every term."""

    def nodes(axis: int) -> list[int]:
        if axis == DEPTH:
            return [0, subject.depth, other.depth]
        if axis == X:
            return [0, subject.box.x0, subject.box.x1, other.box.x0, other.box.x1]
        return [0, subject.box.y0, subject.box.y1, other.box.y0, other.box.y1]

    return all(nodes(t.axis)[t.later] - nodes(t.axis)[t.earlier] <= t.most for t in terms)


@pytest.mark.parametrize("predicate", get_args(Predicate))
@given(subject=stands(), other=stands())
def test_what_is_demanded_makes_the_relation_hold(predicate: Predicate, subject: Stand, other: Stand) -> None:
    tiers = demands(predicate, 0, 1, margin=2)
    met = any(satisfied(terms, subject, other) for tier in tiers for terms in tier)
    assert holds(predicate, subject, other) or not met
