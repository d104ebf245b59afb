"""Where each region would stand if it were alone: from its shape, its place in words, or its relations.

Regions that nothing ties to a place stand in rows over the canvas, clear of what stands already.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, groupby

import numpy as np
from numpy.typing import NDArray

from planner.placing.expand import Expansion
from planner.placing.neighbours import Neighbours, place_related
from planner.placing.rect import GAP, Rect, around, shelves
from planner.plans import Size
from planner.scene import GRID, Box, Extent, Place, Region, Relation, Scene
from planner.shapes import given_boxes

ALONG = {"left": 0.2, "top": 0.2, "center": 0.5, "middle": 0.5, "right": 0.8, "bottom": 0.8, "full": 0.5}
"""Where a place in words has its middle, as a fraction of the canvas."""

SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
"""How much of its size a thing may keep so that its neighbours keep their places."""

ROOM = 1.2
"""How much wider a support is than all that stands on it together."""

TOUCH = 1.0
"""Square grid units of overlap that are rounding."""

EXTENT: dict[Extent | None, float] = {"small": 0.6, "medium": 0.9, "large": 1.3, None: 1.0}
"""The side of a thing by the word for its size, against the usual side."""

BAND: dict[Extent, float] = {"small": 0.2, "medium": 0.35, "large": 0.5}
"""How much of the canvas a thing takes across, where it fills the whole width or height."""

FARTHER = 0.93
"""By how much each step of depth makes a thing look smaller."""

LOOSE = 0.06
"""How far every other thing of a group stands off its row, by its height."""

SQUEEZED = 0.8
"""How much of its size a thing keeps at least where a group stands in line along an edge."""

COUNTED = 0.92
"""How large the side of each of several is against its share of their room, so that they stand apart."""

WIDE = 0.9
"""From which part of the canvas a wish fills it along an axis."""

RISE = 20
"""Grid units by which each step of depth lifts a thing: the ground rises towards the horizon."""

LATTICE = 15
"""Candidate places a side, for a block whose own place is taken."""

CROWDED = 4.0
"""How much dearer it is to stand on something than to move: a whole block covered against the canvas's
width.
"""


def instance_targets(scene: Scene, expansion: Expansion, size: Size) -> dict[str, Rect]:
    """A rectangle for every region of the expansion, by name; given shapes have their bounding boxes.

    The instances of a counted region share its wish, or else its target, in rows.
    """
    counts = {name: len(members) for name, members in expansion.members.items()}
    wholes = targets(scene, counts, size)
    wishes = {region.name: region.wish for region in scene.regions}
    rects: dict[str, Rect] = {}
    for name, members in expansion.members.items():
        number, wish, whole = len(members), wishes[name], wholes[name]
        if number == 1:
            rects[members[0]] = whole
            continue
        if wish:
            whole = _wished_rect(wish, size)
        side = COUNTED * (whole.width * whole.height / number) ** 0.5
        if wish:
            placed = shelves([Rect(0, 0, side, side)] * number, whole)
            rows = len({rect.y for rect in placed})
            columns = -(-number // rows)
            width, height = COUNTED * whole.width / columns, COUNTED * whole.height / rows
            shared = [Rect(rect.x, rect.y, width, height).on_canvas() for rect in placed]
        else:
            item = _square(side, size)
            item = Rect(0, 0, min(item.width, whole.width), min(item.height, whole.height))
            placed = shelves([item] * number, whole)
            shared = [rect.moved(0, (-1) ** n * LOOSE * item.height) for n, rect in enumerate(placed)]
        rects |= zip(members, shared, strict=True)
    return rects | {name: Rect.of(box) for name, box in given_boxes(expansion.scene.regions, size).items()}


def targets(scene: Scene, instances: Mapping[str, int], size: Size) -> dict[str, Rect]:
    """A rectangle for every region of `scene` as stated, by name; a counted region gets one for all of it.

    A region with a shape or a place in words is put there. One that is related to something that stands
    already is put beside it, the rest in rows over the canvas. Rectangles may overlap: separating them comes
    later.
    """
    regions = sorted(scene.regions, key=lambda region: region.name)
    number = sum(instances[region.name] for region in regions if not _is_band(region))
    # The usual side of one of so many things: about two fifths of the canvas are things.
    usual = 0.7 * GRID / (max(number, 2) ** 0.5 + 0.3)
    wanted = {r.name: _footprint(r, instances[r.name], usual, size) for r in regions}
    wanted |= _supports(wanted, scene.relations)
    wanted |= _shrunk([r for r in regions if isinstance(r.where, Place) and not _is_band(r)], wanted)
    given = given_boxes(regions, size)
    located = {name: Rect.of(box) for name, box in given.items()}
    located |= _placed(regions, wanted)
    located |= {r.name: _wished_rect(r.wish, size) for r in regions if r.wish and r.name not in given}
    neighbours = Neighbours.of(scene.relations)
    located = place_related(located, wanted, neighbours)
    depths = {region.name: region.depth for region in regions}
    bands = {r.name: r.depth for r in regions if isinstance(r.where, Place) and r.where.horizontal == "full"}
    return _place_blocks(located, wanted, neighbours, depths, bands)


def _footprint(region: Region, instances: int, usual: float, size: Size) -> Rect:
    """The room that a region needs, about the origin: that of its wish, else a square of the `usual` side.

    A region with several instances needs it for all of them: in about as many rows as columns, or in one line
    along the edge where it is to stand, if its things fit there side by side at `SQUEEZED` of their size.
    """
    if region.wish:
        return replace(_wished_rect(region.wish, size), x=0, y=0)
    place = region.where if isinstance(region.where, Place) else None
    extent = place.size if place else region.size
    item = _square(usual * EXTENT[extent] * FARTHER**region.depth, size)
    columns = round(instances**0.5 + 0.49)
    if place and place.horizontal == "center" and place.vertical in ("top", "bottom"):
        columns = instances if instances * item.width * SQUEEZED <= GRID else columns
    if place and place.vertical == "middle" and place.horizontal in ("left", "right"):
        columns = 1 if instances * item.height * SQUEEZED <= GRID else columns
    rows = -(-instances // columns)
    width = columns * item.width + (columns - 1) * GAP
    height = rows * item.height + (rows - 1) * GAP
    if place and place.horizontal == "full":
        width, height = GRID, max(height if instances > 1 else 0, BAND[place.size] * GRID)
    if place and place.vertical == "full":
        width, height = (width if width == GRID else max(width, BAND[place.size] * GRID)), GRID
    return Rect(0, 0, min(width, GRID), min(height, GRID))


def _wished_rect(wish: Box, size: Size) -> Rect:
    """A wish, which is for a square canvas, on one of `size`: its middle stays, and so do its area and
    its proportions, unless it fills the canvas along an axis.
    """
    rect = Rect.of(wish)
    x = 1.0 if rect.width >= WIDE * GRID else (size.height / size.width) ** 0.5
    y = 1.0 if rect.height >= WIDE * GRID else (size.width / size.height) ** 0.5
    fit = min(1.0, GRID / (rect.width * x), GRID / (rect.height * y))
    return Rect(rect.x, rect.y, rect.width * x * fit, rect.height * y * fit).on_canvas()


def _square(side: float, size: Size) -> Rect:
    """A square in pixels of `side` grid units on average."""
    stretch = (size.height / size.width) ** 0.5
    return Rect(0, 0, side * stretch, side / stretch)


def _is_band(region: Region) -> bool:
    return isinstance(region.where, Place) and "full" in (region.where.horizontal, region.where.vertical)


def _supports(wanted: Mapping[str, Rect], relations: tuple[Relation, ...]) -> dict[str, Rect]:
    """Regions on or under which others stand, or which hold several: wide and high enough for all of them.

    They are as wide as all of these side by side with a little between, and higher than each that they hold.
    """
    loads: dict[str, set[str]] = {}
    held: dict[str, set[str]] = {}
    for relation in relations:
        if relation.predicate in ("on", "under", "inside"):
            into = held if relation.predicate == "inside" else loads
            into.setdefault(relation.object, set()).add(relation.subject)
    held = {name: inside for name, inside in held.items() if len(inside) > 1}
    supports: dict[str, Rect] = {}
    for name in sorted({*loads, *held}):
        inside, rect = held.get(name, set[str]()), wanted[name]
        width = ROOM * sum(wanted[load].width for load in sorted(loads.get(name, set()) | inside))
        height = ROOM * max((wanted[load].height for load in sorted(inside)), default=0.0)
        sides = min(GRID, max(rect.width, width)), min(GRID, max(rect.height, height))
        supports[name] = replace(rect, width=sides[0], height=sides[1])
    return supports


def _shrunk(crowd: Sequence[Region], wanted: Mapping[str, Rect]) -> dict[str, Rect]:
    """Regions with a place in words, all as much smaller as lets each stand in its place beside the others.

    A stated place counts for more than a size. Where no share in `SHARES` is enough, they stay as wanted.
    """
    for share in SHARES:
        smaller: dict[str, Rect] = {}
        for region in crowd:
            rect = wanted[region.name]
            smaller[region.name] = replace(rect, width=rect.width * share, height=rect.height * share)
        placed = _placed(crowd, smaller)
        pairs = ((a, b) for a, b in combinations(crowd, 2) if a.depth == b.depth)
        if not any(placed[a.name].overlap(placed[b.name]) > TOUCH for a, b in pairs):
            return smaller
    return {}


def _placed(regions: Iterable[Region], wanted: Mapping[str, Rect]) -> dict[str, Rect]:
    """Regions with a place in words; several at one place share a square there, in rows."""

    def spot(region: Region) -> tuple[str, str]:
        place = region.where
        return (place.horizontal, place.vertical) if isinstance(place, Place) else ("", "")

    placed: dict[str, Rect] = {}
    stated = sorted((r for r in regions if isinstance(r.where, Place)), key=spot)
    for (horizontal, vertical), group in groupby(stated, key=spot):
        names = [region.name for region in group]
        items = [wanted[name] for name in names]
        across = len(items) ** 0.5
        width = min(across * max(i.width for i in items), GRID) if len(items) > 1 else items[0].width
        height = min(across * max(i.height for i in items), GRID) if len(items) > 1 else items[0].height
        frame = Rect(ALONG[horizontal] * GRID, ALONG[vertical] * GRID, width, height).on_canvas()
        placed |= zip(names, shelves(items, frame), strict=True)
    return placed


def _place_blocks(
    located: Mapping[str, Rect],
    wanted: Mapping[str, Rect],
    neighbours: Neighbours,
    depths: Mapping[str, int],
    bands: Mapping[str, int],
) -> dict[str, Rect]:
    """Locate the rest of `wanted` in rows over the canvas: far things above, then large ones behind small.

    Things that are related form a block, placed about the one with the most relations and shrunk
    along each axis on which it is larger than the canvas. `bands` are depths of what spans the canvas from
    side to side: nearer things stand before it.
    """
    blocks: list[dict[str, Rect]] = []
    done = set(located)
    for root in sorted(wanted, key=lambda name: (-len(neighbours.names.get(name, ())), name)):
        if root not in done:
            block = place_related({root: wanted[root]}, wanted, neighbours, bounded=False)
            extent = around(list(block.values()))
            x, y = (min(1.0, GRID / side) for side in (extent.width, extent.height))
            blocks.append({n: Rect(r.x * x, r.y * y, r.width * x, r.height * y) for n, r in block.items()})
            done |= block.keys()

    def largest(block: Mapping[str, Rect]) -> float:
        return round(max(rect.width * rect.height for rect in block.values()), 6)

    blocks.sort(key=lambda block: (-max(depths[name] for name in block), -largest(block), min(block)))
    # Things stand on the ground below the horizon, and the canvas's upper edge stays free.
    horizon = max((located[name].top for name in bands if located[name].y <= GRID / 2), default=0.0)
    top = max(GRID * 0.08, horizon)
    ground = Rect(GRID / 2, (top + GRID) / 2, GRID, GRID - top)
    nearest = min((depths[name] for block in blocks for name in block), default=0)
    found = dict(located)
    extents = [around(list(block.values())) for block in blocks]
    for block, extent, ideal in zip(blocks, extents, shelves(extents, ground), strict=True):
        depth = min(depths[name] for name in block)
        in_the_way = [rect for name, rect in found.items() if bands.get(name, -1) < depth]
        spot = _clear(ideal.moved(0, RISE * (nearest - depth)).on_canvas(), in_the_way)
        found |= {name: rect.moved(spot.x - extent.x, spot.y - extent.y) for name, rect in block.items()}
    return found


def _clear(ideal: Rect, others: Sequence[Rect]) -> Rect:
    """`ideal` moved to where it covers least of the others, and moves least."""
    if not any(ideal.overlap(other) for other in others):
        return ideal
    width, height = ideal.width, ideal.height
    xs = np.linspace(width / 2, GRID - width / 2, LATTICE)
    ys = np.linspace(height / 2, GRID - height / 2, LATTICE)
    x, y = np.append(np.tile(xs, LATTICE), ideal.x), np.append(np.repeat(ys, LATTICE), ideal.y)
    edges = np.array([(other.left, other.right, other.top, other.bottom) for other in others]).T[..., None]
    covered = (_shared(x, width, *edges[:2]) * _shared(y, height, *edges[2:])).sum(axis=0)
    moved = np.hypot(x - ideal.x, y - ideal.y) / GRID
    best = (CROWDED * covered / (width * height) + moved).round(9).argmin()
    return Rect(float(x[best]), float(y[best]), width, height)


def _shared(
    middles: NDArray[np.float64], side: float, starts: NDArray[np.float64], ends: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The lengths that intervals about the `middles` share with others: a row for each of the others."""
    low = np.maximum(middles - side / 2, starts)
    high = np.minimum(middles + side / 2, ends)
    return np.maximum(high - low, 0)
