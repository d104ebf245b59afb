"""A scene as a problem of placing: who is fixed, what each wishes, which relations bind, who may overlap."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations, product

from planner.placing.demands import STRENGTH
from planner.placing.rect import Rect
from planner.placing.solve import Level, Wish
from planner.placing.system import X, Y
from planner.plans import Size
from planner.scene import Box, Place, Predicate, Region, Scene
from planner.shapes import given_boxes

Pair = tuple[int, int]

STATED = 4.0
"""How much dearer it is to move a thing off a place that was stated."""

BAND = 900
"""Grid units from which a shape counts as filling the canvas along an axis."""

LEVEL_AXIS: dict[Predicate, int] = {
    "left of": Y,
    "right of": Y,
    "next to": Y,
    "above": X,
    "below": X,
    "on": X,
    "under": X,
}
"""The axis on which a relation's two regions had better be level, so that its direction is plain to see."""


@dataclass(frozen=True)
class Bond:
    """A relation between two regions by index."""

    predicate: Predicate
    subject: int
    other: int


@dataclass(frozen=True)
class Problem:
    """Everything that placing needs, indexed by the regions in the order of their names.

    `bonds` come strongest first; `together` are the pairs that may overlap whatever happens.
    """

    regions: tuple[Region, ...]
    fixed: Mapping[int, Box]
    bonds: tuple[Bond, ...]
    wish: Wish
    together: frozenset[Pair]


def pose(scene: Scene, rects: Mapping[str, Rect], size: Size) -> Problem:
    """The problem of placing an expanded scene, each region of which wishes for its rectangle in `rects`."""
    ordered = tuple(sorted(scene.regions, key=lambda region: region.name))
    index = {region.name: number for number, region in enumerate(ordered)}
    fixed = {index[name]: box for name, box in given_boxes(ordered, size).items()}
    stated = sorted(scene.relations, key=lambda relation: STRENGTH[relation.predicate])
    bonds = tuple(Bond(r.predicate, index[r.subject], index[r.object]) for r in stated)
    wish = Wish(
        rects=tuple(rects[region.name] for region in ordered),
        depths=tuple(region.depth for region in ordered),
        weights=tuple(STATED if isinstance(region.where, Place) else 1.0 for region in ordered),
        levels=tuple(_levels(bonds)),
    )
    return Problem(ordered, fixed, bonds, wish, _together(ordered, fixed, bonds))


def _levels(bonds: tuple[Bond, ...]) -> Iterable[Level]:
    """One soft wish a bond; the many bonds of a group together weigh as much as one. What shares its support
    with others stands beside them, and not over its middle.
    """
    as_subject = Counter((bond.predicate, bond.subject) for bond in bonds)
    as_other = Counter((bond.predicate, bond.other) for bond in bonds)
    related = {frozenset((bond.subject, bond.other)) for bond in bonds}
    alike: dict[tuple[Predicate, int], list[int]] = {}
    for bond in bonds:
        alike.setdefault((bond.predicate, bond.other), []).append(bond.subject)
    for bond in bonds:
        axis = LEVEL_AXIS.get(bond.predicate)
        mates = (mate for mate in alike[bond.predicate, bond.other] if mate != bond.subject)
        beside = axis == X and any(frozenset((bond.subject, mate)) not in related for mate in mates)
        if axis is not None and not beside:
            shared = max(as_subject[bond.predicate, bond.subject], as_other[bond.predicate, bond.other])
            yield Level(axis, bond.subject, bond.other, 4 / shared)


def _together(
    regions: tuple[Region, ...], fixed: Mapping[int, Box], bonds: tuple[Bond, ...]
) -> frozenset[Pair]:
    """Pairs that nobody separates: both given, one a band behind the other, or one inside the other."""
    spans = [_span(region, fixed.get(index)) for index, region in enumerate(regions)]
    pairs = combinations(range(len(regions)), 2)
    free = {
        (one, two)
        for one, two in pairs
        if (one in fixed and two in fixed)
        or _layered((spans[one], regions[one].depth), (spans[two], regions[two].depth))
    }
    return frozenset(free | _nested(bonds))


def _span(region: Region, box: Box | None) -> frozenset[int]:
    """The axes along which a region fills the canvas."""
    if box:
        sides = ((X, box.x1 - box.x0), (Y, box.y1 - box.y0))
        return frozenset(axis for axis, side in sides if side >= BAND)
    if isinstance(region.where, Place):
        words = ((X, region.where.horizontal), (Y, region.where.vertical))
        return frozenset(axis for axis, word in words if word == "full")
    return frozenset()


def _layered(one: tuple[frozenset[int], int], two: tuple[frozenset[int], int]) -> bool:
    """Whether one is a band, or the whole canvas, that the other may well stand before."""
    if not one[0] and not two[0]:
        return False
    (wide, wide_depth), (narrow, narrow_depth) = sorted((one, two), key=lambda each: -len(each[0]))
    whole = len(wide) == len((X, Y))
    return whole or (wide != narrow and wide_depth >= narrow_depth)


def _nested(bonds: tuple[Bond, ...]) -> set[Pair]:
    """Pairs of which one is inside the other, directly or not."""
    inside = {(bond.subject, bond.other) for bond in bonds if bond.predicate == "inside"}
    while True:
        further = {(a, d) for (a, b), (c, d) in product(inside, inside) if b == c} - inside
        if not further:
            return {(min(pair), max(pair)) for pair in inside}
        inside |= further
