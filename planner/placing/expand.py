"""Counted regions become single ones: three cats are "cat 1", "cat 2" and "cat 3"."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count, islice, product

from planner.placing.predicates import Stand, holds
from planner.placing.rect import Rect
from planner.placing.shelves import shelves
from planner.plans import Note
from planner.scene import MAX_COUNTED, MAX_REGIONS, Box, Mask, Polygon, Region, Relation, Scene

NAME_LENGTH = 80
SMALLEST_SHARE = 16
"""Grid units: a box is not divided into pieces narrower or lower than this."""


@dataclass(frozen=True)
class Expansion:
    """A scene of single things and groups; `members` says which regions each stated one became."""

    scene: Scene
    members: dict[str, tuple[str, ...]]
    notes: tuple[Note, ...]


def expand(scene: Scene) -> Expansion:
    """Give each counted thing a region of its own, where that leaves at most 32.

    Its relations hold for each; between boxes that are given, for those that stand so. A count over 10
    stays one region that shows a group. So does one whose shape cannot be divided (a polygon, a mask, a box
    too small), and one for which there is no room: a note says so.
    """
    divided = _divided(scene.regions)
    taken = {region.name for region in scene.regions}
    instances: dict[str, tuple[Region, ...]] = {}
    for region in sorted(scene.regions, key=lambda region: region.name):
        instances[region.name] = _instances(region, taken) if region.name in divided else (region,)
    members = {name: tuple(instance.name for instance in several) for name, several in instances.items()}
    regions = tuple(instance for region in scene.regions for instance in instances[region.name])
    stands = {r.name: Stand(r.where, r.depth) for r in regions if isinstance(r.where, Box)}
    relations = tuple(dict.fromkeys(_relations(scene.relations, members, stands)))
    expanded = scene.model_copy(update={"regions": regions, "relations": relations})
    return Expansion(expanded, members, tuple(_notes(scene.regions, divided)))


def _divided(regions: tuple[Region, ...]) -> set[str]:
    """Whose count becomes regions; small counts first, so that the order of the regions does not matter."""
    total, divided = len(regions), set[str]()
    for region in sorted(regions, key=lambda region: (region.count, region.name)):
        if 1 < region.count <= MAX_COUNTED and _divisible(region) and total + region.count - 1 <= MAX_REGIONS:
            total += region.count - 1
            divided.add(region.name)
    return divided


def _divisible(region: Region) -> bool:
    match region.where:
        case Polygon() | Mask():
            return False
        case Box() as box:
            shares = _shares(box, region.count)
            return min(min(s.width, s.height) for s in shares) >= SMALLEST_SHARE
        case _:
            return True


def _instances(region: Region, taken: set[str]) -> tuple[Region, ...]:
    base = region.name[: NAME_LENGTH - len(f" {MAX_COUNTED * MAX_REGIONS}")]
    free = (name for name in (f"{base} {number}" for number in count(1)) if name not in taken)
    names = list(islice(free, region.count))
    taken.update(names)
    whole = region.where
    places = _pieces(whole, region.count) if isinstance(whole, Box) else [whole] * region.count
    return tuple(
        region.model_copy(update={"name": name, "count": 1, "where": where})
        for name, where in zip(names, places, strict=True)
    )


def _shares(box: Box, number: int) -> list[Rect]:
    """`box` cut into `number` cells in rows, as square as may be."""
    frame = Rect.of(box)
    side = (frame.width * frame.height / number) ** 0.5
    placed = shelves([Rect(0, 0, side, side)] * number, frame)
    rows = sorted({item.y for item in placed})
    height = frame.height / len(rows)
    cells: list[Rect] = []
    for index, y in enumerate(rows):
        width = frame.width / sum(item.y == y for item in placed)
        middle = frame.top + (index + 0.5) * height
        lefts = (frame.left + k * width for k in range(round(frame.width / width)))
        cells += [Rect(left + width / 2, middle, width, height) for left in lefts]
    return cells


def _pieces(box: Box, number: int) -> list[Box]:
    """`box` divided without gap or overlap."""
    return [_rounded(share) for share in _shares(box, number)]


def _rounded(rect: Rect) -> Box:
    return Box(x0=round(rect.left), y0=round(rect.top), x1=round(rect.right), y1=round(rect.bottom))


def _relations(
    relations: tuple[Relation, ...], members: dict[str, tuple[str, ...]], stands: dict[str, Stand]
) -> Iterable[Relation]:
    for relation in relations:
        pairs = list(product(members[relation.subject], members[relation.object]))
        if len(pairs) > 1 and stands.keys() >= {name for pair in pairs for name in pair}:
            # Whoever gives boxes says of some of the things what stands there: of three horses one is ridden.
            true = [(s, o) for s, o in pairs if holds(relation.predicate, stands[s], stands[o])]
            pairs = true or pairs[:1]
        for subject, other in pairs:
            yield Relation(subject=subject, predicate=relation.predicate, object=other)


def _notes(regions: tuple[Region, ...], divided: set[str]) -> Iterable[Note]:
    for region in sorted(regions, key=lambda region: region.name):
        if region.count > 1 and region.name not in divided:
            text = f"{region.count} × {region.name} share one region, which shows them as a group."
            yield Note(kind="group", name=region.name, text=text)
