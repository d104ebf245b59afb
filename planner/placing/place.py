"""Placing: relations strongest first, then separation; with smaller things where larger ones do not fit."""

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from planner.placing.demands import Terms, demands
from planner.placing.predicates import Stand, holds
from planner.placing.problem import Bond, Pair, Problem
from planner.placing.separate import separate
from planner.placing.snap import TOKEN, holds_in, snapped
from planner.placing.solve import Answer, Wish
from planner.placing.system import System, canvas
from planner.plans import Size
from planner.scene import GRID, Box, Place

LEAST_TOKENS = (3, 2, 1)
"""Tokens a side that a thing has at least: three where that fits, else two, else one.

Of two tokens a model draws a blot more often than a shape.
"""

SIDES = {"left": (0, 380), "top": (0, 380), "right": (620, GRID), "bottom": (620, GRID)}
"""Where the middle of what stands at a side is, in grid units."""

CENTRAL = 380, 620
"""The same in the middle of the canvas, which is meant only where both words say so."""

Cost = tuple[int, int, bool, int]
"""Relations lost, pairs that overlap, whether things may have one token only, and how many are off the side
that their place says.
"""

NOTHING: Cost = 0, 0, False, 0


@dataclass(frozen=True)
class Placement:
    """Where everything went, which bonds do not hold there, and which pairs could not be kept apart."""

    answer: Answer
    broken: tuple[Bond, ...]
    stuck: frozenset[Pair]


@dataclass(frozen=True)
class Bound:
    """A system in which as many bonds hold as fit, the strongest first."""

    system: System
    bonds: tuple[Bond, ...]


def place(problem: Problem, size: Size) -> Placement:
    """The best placement: most relations hold, fewest pairs overlap, things are as large as that allows."""
    tried: list[tuple[Cost, Placement]] = []
    for tokens in LEAST_TOKENS:
        cost, placement = _tried(problem, tokens, size)
        if cost == NOTHING:
            return placement
        tried.append((cost, placement))
    return min(tried, key=lambda one: one[0])[1]


def _tried(problem: Problem, tokens: int, size: Size) -> tuple[Cost, Placement]:
    """The placement of things that have at least so many tokens a side."""
    bound = _bound(problem, _least(size, tokens))
    placement = _separated(problem, bound, size)
    placed = zip(problem.regions, placement.answer.boxes, strict=True)
    strayed = sum(_strayed(region.where, box) for region, box in placed if isinstance(region.where, Place))
    lost = len(problem.bonds) - len(bound.bonds)
    return (lost, len(placement.stuck), tokens == 1, strayed), placement


def _strayed(place: Place, box: Box) -> bool:
    """Whether the middle of the box is off a side that the place says."""
    words = place.horizontal, place.vertical
    anywhere = CENTRAL if words == ("center", "middle") else (0, GRID)
    middles = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    fields = zip(middles, (SIDES.get(word, anywhere) for word in words), strict=True)
    return any(not low <= middle <= high for middle, (low, high) in fields)


def _least(size: Size, tokens: int) -> tuple[int, int]:
    side = tokens * TOKEN * GRID
    return ceil(side / size.width), ceil(side / size.height)


def _bound(problem: Problem, least: tuple[int, int]) -> Bound:
    system = canvas(len(problem.regions), problem.fixed, least)
    values = _wished(problem.wish)
    bonds: list[Bond] = []
    for bond in problem.bonds:
        if {bond.subject, bond.other} <= problem.fixed.keys():
            # Given boxes and their depths don't move: the bond holds as they stand, or is broken.
            bonds += [bond] if _holds_as_given(bond, problem) else []
            continue
        tighter = _bind(system, bond, values, min(least))
        if tighter:
            system = tighter
            bonds.append(bond)
    return Bound(system, tuple(bonds))


def _separated(problem: Problem, bound: Bound, size: Size) -> Placement:
    related = {(min(bond.subject, bond.other), max(bond.subject, bond.other)) for bond in bound.bonds}
    separated = separate(bound.system, problem.wish, problem.together | related)
    answer = snapped(separated.answer, problem, size)
    broken = tuple(bond for bond in problem.bonds if not holds_in(bond, answer))
    return Placement(answer, broken, separated.stuck)


def _holds_as_given(bond: Bond, problem: Problem) -> bool:
    subject, other = (Stand(problem.fixed[i], problem.wish.depths[i]) for i in (bond.subject, bond.other))
    return holds(bond.predicate, subject, other)


def _bind(system: System, bond: Bond, values: tuple[NDArray[np.float64], ...], margin: int) -> System | None:
    """The system in which the bond holds in the first way that fits, a tier's nearest to the wish first."""
    tiers = demands(bond.predicate, bond.subject, bond.other, margin)
    ways = (way for tier in tiers for way in sorted(tier, key=lambda terms: _violation(terms, values)))
    tighter = (system.tightened(terms) for terms in ways)
    return next((found for found in tighter if found is not None), None)


def _wished(wish: Wish) -> tuple[NDArray[np.float64], ...]:
    """The value of every node, an axis each, if all wishes came true."""
    xs = [edge for rect in wish.rects for edge in (rect.left, rect.right)]
    ys = [edge for rect in wish.rects for edge in (rect.top, rect.bottom)]
    return tuple(np.array([0.0, *nodes]) for nodes in (xs, ys, wish.depths))


def _violation(terms: Terms, values: tuple[NDArray[np.float64], ...]) -> float:
    """By how much the wish misses the terms, in all."""
    misses = (values[t.axis][t.later] - values[t.axis][t.earlier] - t.most for t in terms)
    return round(sum(max(miss, 0.0) for miss in misses), 6)
