"""Placing an expanded scene: relations strongest first, then separation, then token lines.

Smaller things are allowed where larger ones do not fit.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from math import ceil

import numpy as np

from planner.placing.constraints import (
    STRENGTH,
    Differences,
    System,
    X,
    Y,
    canvas,
    constraints_of,
)
from planner.placing.predicates import Stand, holds
from planner.placing.rect import Rect
from planner.placing.solve import Alignment, Pair, Solution, Target, overlapping_pairs, separate
from planner.plans import Size
from planner.scene import GRID, Box, Place, Predicate, Region, Scene
from planner.shapes import given_boxes

TOKEN = 16
"""Pixels a side of a token."""

LEAST_TOKENS = (3, 2, 1)
"""Tokens a side that a thing has at least: three where that fits, else two, else one.

Of two tokens a model draws a blot more often than a shape.
"""

STATED = 4.0
"""How much dearer it is to move a thing off a place that was stated."""

BAND = 900
"""Grid units from which a shape counts as filling the canvas along an axis."""

ALIGNED_AXIS: dict[Predicate, int] = {
    "left of": Y,
    "right of": Y,
    "next to": Y,
    "above": X,
    "below": X,
    "on": X,
    "under": X,
}
"""The axis on which a relation's two regions are best aligned, so that its direction is plain to see."""

SIDES = {"left": (0, 380), "top": (0, 380), "right": (620, GRID), "bottom": (620, GRID)}
"""Where the middle of a thing at a side is, in grid units."""

CENTRAL = 380, 620
"""The same in the middle of the canvas, for a place that is in the middle along both axes."""

Cost = tuple[int, int, bool, int]
"""Relations lost, pairs that overlap, whether things may have one token only, and how many are off the side
of their place in words.
"""

NO_COST: Cost = 0, 0, False, 0


@dataclass(frozen=True)
class IndexedRelation:
    """A relation between two regions by index."""

    predicate: Predicate
    subject: int
    other: int

    def holds_in(self, solution: Solution) -> bool:
        """Whether the relation holds between the solution's boxes."""
        both = self.subject, self.other
        subject, other = (Stand(solution.boxes[i], solution.depths[i]) for i in both)
        return holds(self.predicate, subject, other)


@dataclass(frozen=True)
class Problem:
    """Everything that placing needs, indexed by the regions in the order of their names.

    `relations` come strongest first; `may_overlap` are the pairs that are never separated.
    """

    regions: tuple[Region, ...]
    fixed: Mapping[int, Box]
    relations: tuple[IndexedRelation, ...]
    target: Target
    may_overlap: frozenset[Pair]


@dataclass(frozen=True)
class Placement:
    """Where every region went, which relations do not hold there, and which pairs could not be separated."""

    solution: Solution
    broken: tuple[IndexedRelation, ...]
    inseparable: frozenset[Pair]


def make_problem(scene: Scene, rects: Mapping[str, Rect], size: Size) -> Problem:
    """The problem of placing an expanded scene, in which each region is best at its rectangle in `rects`."""
    ordered = tuple(sorted(scene.regions, key=lambda region: region.name))
    index = {region.name: number for number, region in enumerate(ordered)}
    fixed = {index[name]: box for name, box in given_boxes(ordered, size).items()}
    stated = sorted(scene.relations, key=lambda relation: STRENGTH[relation.predicate])
    relations = tuple(IndexedRelation(r.predicate, index[r.subject], index[r.object]) for r in stated)
    target = Target(
        rects=tuple(rects[region.name] for region in ordered),
        depths=tuple(region.depth for region in ordered),
        weights=tuple(STATED if isinstance(region.where, Place) else 1.0 for region in ordered),
        alignments=tuple(_alignments(relations)),
    )
    return Problem(ordered, fixed, relations, target, _may_overlap(ordered, fixed, relations))


def _alignments(relations: tuple[IndexedRelation, ...]) -> Iterator[Alignment]:
    """One for each relation; the many relations of a group together weigh as much as one.

    A thing that shares its support with others stands beside them, and not over the support's middle.
    """
    as_subject = Counter((relation.predicate, relation.subject) for relation in relations)
    as_other = Counter((relation.predicate, relation.other) for relation in relations)
    related = {frozenset((relation.subject, relation.other)) for relation in relations}
    alike: dict[tuple[Predicate, int], list[int]] = {}
    for relation in relations:
        alike.setdefault((relation.predicate, relation.other), []).append(relation.subject)
    for relation in relations:
        predicate, subject, other = relation.predicate, relation.subject, relation.other
        axis = ALIGNED_AXIS.get(predicate)
        mates = (mate for mate in alike[predicate, other] if mate != subject)
        beside = axis == X and any(frozenset((subject, mate)) not in related for mate in mates)
        if axis is not None and not beside:
            shared = max(as_subject[predicate, subject], as_other[predicate, other])
            yield Alignment(axis, subject, other, 4 / shared)


def _may_overlap(
    regions: tuple[Region, ...], fixed: Mapping[int, Box], relations: tuple[IndexedRelation, ...]
) -> frozenset[Pair]:
    """Pairs of which both are given, one is a band behind the other, or one is inside the other."""
    inside = {(each.subject, each.other) for each in relations if each.predicate == "inside"}
    while further := {(a, d) for (a, b), (c, d) in product(inside, inside) if b == c} - inside:
        inside |= further
    free = {(min(pair), max(pair)) for pair in inside}
    filled: list[set[int]] = []  # the axes along which each region fills the canvas
    for index, region in enumerate(regions):
        box, place = fixed.get(index), region.where
        across = down = False
        if box:
            across, down = box.x1 - box.x0 >= BAND, box.y1 - box.y0 >= BAND
        elif isinstance(place, Place):
            across, down = place.horizontal == "full", place.vertical == "full"
        filled.append({axis for axis, is_full in ((X, across), (Y, down)) if is_full})
    for one, two in combinations(range(len(regions)), 2):
        wide, narrow = sorted((one, two), key=lambda index: -len(filled[index]))
        is_canvas = len(filled[wide]) == len((X, Y))
        is_band = bool(filled[wide]) and filled[wide] != filled[narrow]
        is_behind = is_canvas or (is_band and regions[wide].depth >= regions[narrow].depth)
        if is_behind or (one in fixed and two in fixed):
            free.add((one, two))
    return frozenset(free)


def place(problem: Problem, size: Size) -> Placement:
    """The best placement: most relations hold, fewest pairs overlap, things are as large as that allows."""
    tried: list[tuple[Cost, Placement]] = []
    for tokens in LEAST_TOKENS:
        side = tokens * TOKEN * GRID
        system, kept = _tightened(problem, (ceil(side / size.width), ceil(side / size.height)))
        related = {(min(each.subject, each.other), max(each.subject, each.other)) for each in kept}
        solution, inseparable = separate(system, problem.target, problem.may_overlap | related)
        solution = _snapped(solution, problem, size)
        broken = tuple(relation for relation in problem.relations if not relation.holds_in(solution))
        placement = Placement(solution, broken, inseparable)
        placed = zip((region.where for region in problem.regions), solution.boxes, strict=True)
        strayed = sum(_is_off(where, box) for where, box in placed if isinstance(where, Place))
        cost = len(problem.relations) - len(kept), len(inseparable), tokens == 1, strayed
        if cost == NO_COST:
            return placement
        tried.append((cost, placement))
    return min(tried, key=lambda one: one[0])[1]


def _tightened(problem: Problem, least: tuple[int, int]) -> tuple[System, tuple[IndexedRelation, ...]]:
    """The system in which as many relations hold as fit, the strongest first, and those relations.

    A relation holds in the first way that fits; of one tier's ways the nearest to the target comes first.
    """
    system = canvas(len(problem.regions), problem.fixed, least)
    target = problem.target
    xs = [edge for rect in target.rects for edge in (rect.left, rect.right)]
    ys = [edge for rect in target.rects for edge in (rect.top, rect.bottom)]
    nodes = tuple(np.array([0.0, *values]) for values in (xs, ys, target.depths))

    def violation(way: Differences) -> float:
        """By how much the target misses the constraints, in all."""
        misses = (nodes[axis][later] - nodes[axis][earlier] - most for axis, later, earlier, most in way)
        return round(sum(max(miss, 0.0) for miss in misses), 6)

    kept: list[IndexedRelation] = []
    for relation in problem.relations:
        predicate, subject, other = relation.predicate, relation.subject, relation.other
        if {subject, other} <= problem.fixed.keys():
            # Given boxes and their depths don't move: the relation holds as they stand, or is broken.
            one, two = (Stand(problem.fixed[i], target.depths[i]) for i in (subject, other))
            kept += [relation] if holds(predicate, one, two) else []
            continue
        tiers = constraints_of(predicate, subject, other, min(least))
        tighter = system.tightened_by_first(way for tier in tiers for way in sorted(tier, key=violation))
        if tighter:
            system = tighter
            kept.append(relation)
    return system, tuple(kept)


def _is_off(place: Place, box: Box) -> bool:
    """Whether the middle of the box is off a side of the place in words."""
    words = place.horizontal, place.vertical
    anywhere = CENTRAL if words == ("center", "middle") else (0, GRID)
    middles = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    fields = zip(middles, (SIDES.get(word, anywhere) for word in words), strict=True)
    return any(not low <= middle <= high for middle, (low, high) in fields)


def _snapped(solution: Solution, problem: Problem, size: Size) -> Solution:
    """The solution with every box that is not given moved to lines between tokens.

    So regions have straight edges in tokens too. Equal lengths stay equal where that fits, so that what is
    round stays round; else each edge goes to the line nearest to it. The solution stays as it is where either
    way would break a relation or let two boxes overlap: given boxes don't move, and some relations require
    more than order.
    """
    overlapping = set(overlapping_pairs(solution.boxes))
    across, down = size.width // TOKEN, size.height // TOKEN
    for equal_lengths in (True, False):
        boxes: list[Box] = []
        for index, box in enumerate(solution.boxes):
            x0, x1 = _token_lines(box.x0, box.x1, across, equal_lengths=equal_lengths)
            y0, y1 = _token_lines(box.y0, box.y1, down, equal_lengths=equal_lengths)
            if index in problem.fixed:
                boxes.append(box)
            elif x0 < x1 and y0 < y1:
                boxes.append(Box(x0=x0, y0=y0, x1=x1, y1=y1))
        if len(boxes) < len(solution.boxes):
            continue
        moved = Solution(tuple(boxes), solution.depths)
        keeps_relations = all(r.holds_in(moved) or not r.holds_in(solution) for r in problem.relations)
        if keeps_relations and overlapping.issuperset(overlapping_pairs(moved.boxes)):
            return moved
    return solution


def _token_lines(start: int, end: int, tokens: int, *, equal_lengths: bool) -> tuple[int, int]:
    """Lines between tokens, in grid units, near two edges on an axis of so many tokens.

    With `equal_lengths` the length is rounded to tokens first, so that boxes of one length keep one.
    """
    # int(value + 0.5) rounds halves up; round would round them to even lines.
    if equal_lengths:
        length = min(max(1, int((end - start) * tokens / GRID + 0.5)), tokens)
        first = int((start + end) * tokens / GRID / 2 - length / 2 + 0.5)
        first = min(max(first, 0), tokens - length)
        last = first + length
    else:
        first, last = (int(edge * tokens / GRID + 0.5) for edge in (start, end))
    return round(first * GRID / tokens), round(last * GRID / tokens)
