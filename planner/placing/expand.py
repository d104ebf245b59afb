"""Counted regions become single ones: three cats are "cat 1", "cat 2" and "cat 3"."""

from dataclasses import dataclass
from itertools import count, islice, product

from planner.placing.predicates import Stand, holds
from planner.placing.rect import Rect, shelves
from planner.plans import Note
from planner.scene import MAX_COUNTED, MAX_REGIONS, Box, Mask, Polygon, Region, Relation, Scene

NAME_LENGTH = 80
SMALLEST_SHARE = 16
"""Grid units: a box is not divided into pieces narrower or lower than this."""


@dataclass(frozen=True)
class Expansion:
    """A scene of single things and groups; `members` has the regions that each stated one became."""

    scene: Scene
    members: dict[str, tuple[str, ...]]
    notes: tuple[Note, ...]


def expand(scene: Scene) -> Expansion:
    """Give each counted thing a region of its own, where that leaves at most 32.

    Its relations hold for each; of given boxes, for those between which they hold. A count over 10
    stays one region that shows a group. So does one whose shape cannot be divided (a polygon, a mask, a box
    too small), and one for which there is no room: a note says so.
    """
    divided = _divided(scene.regions)
    by_name = sorted(scene.regions, key=lambda region: region.name)
    taken = {region.name for region in scene.regions}
    instances: dict[str, tuple[Region, ...]] = {}
    for region in by_name:
        instances[region.name] = _instances(region, taken) if region.name in divided else (region,)
        taken.update(instance.name for instance in instances[region.name])
    members = {name: tuple(instance.name for instance in several) for name, several in instances.items()}
    regions = tuple(instance for region in scene.regions for instance in instances[region.name])
    stands = {r.name: Stand(r.where, r.depth) for r in regions if isinstance(r.where, Box)}
    relations: dict[Relation, None] = {}  # each once, in order
    for relation in scene.relations:
        pairs = list(product(members[relation.subject], members[relation.object]))
        if len(pairs) > 1 and stands.keys() >= {name for pair in pairs for name in pair}:
            # Given boxes decide which of the things a relation is about: of three horses one is ridden.
            true = [(s, o) for s, o in pairs if holds(relation.predicate, stands[s], stands[o])]
            pairs = true or pairs[:1]
        for subject, other in pairs:
            relations[Relation(subject=subject, predicate=relation.predicate, object=other)] = None
    notes = tuple(
        Note(
            kind="group",
            name=region.name,
            text=f"{region.count} × {region.name} share one region, which shows them as a group.",
        )
        for region in by_name
        if region.count > 1 and region.name not in divided
    )
    expanded = scene.model_copy(update={"regions": regions, "relations": tuple(relations)})
    return Expansion(expanded, members, notes)


def _divided(regions: tuple[Region, ...]) -> set[str]:
    """The names of the counted regions that become several.

    Small counts come first, so that the order of the regions does not matter.
    """
    total, divided = len(regions), set[str]()
    for region in sorted(regions, key=lambda region: (region.count, region.name)):
        if not 1 < region.count <= MAX_COUNTED:
            continue
        match region.where:
            case Polygon() | Mask():
                is_divisible = False
            case Box() as box:
                sides = (min(s.width, s.height) for s in _shares(box, region.count))
                is_divisible = min(sides) >= SMALLEST_SHARE
            case _:
                is_divisible = True
        if is_divisible and total + region.count - 1 <= MAX_REGIONS:
            total += region.count - 1
            divided.add(region.name)
    return divided


def _instances(region: Region, taken: set[str]) -> tuple[Region, ...]:
    """One region for each of a counted thing, under names not yet `taken`; a given box is divided.

    The pieces of a box have neither gaps nor overlaps.
    """
    base = region.name[: NAME_LENGTH - len(f" {MAX_COUNTED * MAX_REGIONS}")]
    free = (name for name in (f"{base} {number}" for number in count(1)) if name not in taken)
    places = [region.where] * region.count
    if isinstance(region.where, Box):
        places = [
            Box(x0=round(r.left), y0=round(r.top), x1=round(r.right), y1=round(r.bottom))
            for r in _shares(region.where, region.count)
        ]
    return tuple(
        region.model_copy(update={"name": name, "count": 1, "where": where})
        for name, where in zip(islice(free, region.count), places, strict=True)
    )


def _shares(box: Box, number: int) -> list[Rect]:
    """`box` cut into `number` cells in rows, as square as possible."""
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
