"""Where each region would stand if it were alone: from its shape, its place in words, or its relations."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import combinations, groupby

from planner.placing.floating import float_blocks
from planner.placing.neighbours import Neighbours, suggest
from planner.placing.rect import Rect
from planner.placing.shelves import shelves
from planner.placing.sizes import footprint, usual_side, wished_rect
from planner.plans import Size
from planner.scene import GRID, Place, Region, Relation, Scene
from planner.shapes import given_boxes

ALONG = {"left": 0.2, "top": 0.2, "center": 0.5, "middle": 0.5, "right": 0.8, "bottom": 0.8, "full": 0.5}
"""Where a place in words has its middle, as a fraction of the canvas."""

SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
"""How much of its size a thing may keep so that its neighbours keep their places."""

ROOM = 1.2
"""How much wider a support is than all that stands on it together."""

TOUCH = 1.0
"""Square grid units of overlap that are rounding."""


def targets(scene: Scene, instances: Mapping[str, int], size: Size) -> dict[str, Rect]:
    """A rectangle for every region of `scene` as stated, by name; what is counted gets one for all of it.

    What has a shape or a place in words is put there. What is related to something that stands already is put
    beside it, the rest in rows over the canvas. Rectangles may overlap: separating them comes later.
    """
    regions = sorted(scene.regions, key=lambda region: region.name)
    usual = usual_side(sum(instances[region.name] for region in regions if not _is_band(region)))
    wanted = {r.name: footprint(r, instances[r.name], usual, size) for r in regions}
    wanted |= _supports(wanted, scene.relations)
    wanted |= _fitted([r for r in regions if isinstance(r.where, Place) and not _is_band(r)], wanted)
    given = given_boxes(regions, size)
    located = {name: Rect.of(box) for name, box in given.items()}
    located |= _placed(regions, wanted)
    located |= {r.name: wished_rect(r.wish, size) for r in regions if r.wish and r.name not in given}
    neighbours = Neighbours.of(scene.relations)
    located = suggest(located, wanted, neighbours)
    depths = {region.name: region.depth for region in regions}
    bands = {r.name: r.depth for r in regions if isinstance(r.where, Place) and r.where.horizontal == "full"}
    return float_blocks(located, wanted, neighbours, depths, bands)


def _supports(wanted: Mapping[str, Rect], relations: tuple[Relation, ...]) -> dict[str, Rect]:
    """What others stand on or under, or several are inside, wide enough for all of them, and high enough."""
    loads: dict[str, set[str]] = {}
    held: dict[str, set[str]] = {}
    for relation in relations:
        if relation.predicate in ("on", "under", "inside"):
            into = held if relation.predicate == "inside" else loads
            into.setdefault(relation.object, set()).add(relation.subject)
    held = {name: inside for name, inside in held.items() if len(inside) > 1}
    return {
        name: _roomier(
            wanted[name],
            [wanted[load].width for load in sorted(loads.get(name, set()) | held.get(name, set()))],
            [wanted[load].height for load in sorted(held.get(name, set()))],
        )
        for name in sorted({*loads, *held})
    }


def _roomier(rect: Rect, widths: Iterable[float], heights: Iterable[float]) -> Rect:
    """As wide as all `widths` side by side with a little between, and higher than each of `heights`."""
    width, height = ROOM * sum(widths), ROOM * max(heights, default=0.0)
    return replace(rect, width=min(GRID, max(rect.width, width)), height=min(GRID, max(rect.height, height)))


def _fitted(crowd: list[Region], wanted: Mapping[str, Rect]) -> dict[str, Rect]:
    """Those with a place in words, all as much smaller as lets each stand in its place beside the others.

    A stated place counts for more than a size. Where no share in `SHARES` does, they stay as wanted.
    """
    for share in SHARES:
        smaller = {r.name: replace(wanted[r.name], **_sides(wanted[r.name], share)) for r in crowd}
        placed = _placed(crowd, smaller)
        pairs = ((a, b) for a, b in combinations(crowd, 2) if a.depth == b.depth)
        if not any(placed[a.name].overlap(placed[b.name]) > TOUCH for a, b in pairs):
            return smaller
    return {}


def _sides(rect: Rect, share: float) -> dict[str, float]:
    return {"width": rect.width * share, "height": rect.height * share}


def _is_band(region: Region) -> bool:
    return isinstance(region.where, Place) and "full" in (region.where.horizontal, region.where.vertical)


def _placed(regions: Iterable[Region], wanted: Mapping[str, Rect]) -> dict[str, Rect]:
    """Those with a place in words; several at one place share it in rows."""

    def spot(region: Region) -> tuple[str, str]:
        place = region.where
        return (place.horizontal, place.vertical) if isinstance(place, Place) else ("", "")

    placed: dict[str, Rect] = {}
    stated = sorted((r for r in regions if isinstance(r.where, Place)), key=spot)
    for (horizontal, vertical), group in groupby(stated, key=spot):
        names = [region.name for region in group]
        middle = ALONG[horizontal] * GRID, ALONG[vertical] * GRID
        frame = _frame([wanted[name] for name in names], *middle)
        placed |= zip(names, shelves([wanted[name] for name in names], frame), strict=True)
    return placed


def _frame(items: list[Rect], x: float, y: float) -> Rect:
    """A frame about (x, y) for all items: as wide and high as they need, in a square's proportions."""
    if len(items) == 1:
        return Rect(x, y, items[0].width, items[0].height).on_canvas()
    across = len(items) ** 0.5
    width, height = across * max(i.width for i in items), across * max(i.height for i in items)
    return Rect(x, y, min(width, GRID), min(height, GRID)).on_canvas()
