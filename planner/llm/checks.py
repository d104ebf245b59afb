"""The faults of a plan that can be shown in any language: sentences for the model that made the plan.

Each sentence says what would mend the fault. Nothing here depends on the size of the picture, or on what the
prompt means.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import shapely
from shapely.geometry.base import BaseGeometry

from planner.account import WHOLE, account
from planner.layout import Layout
from planner.llm.reply import SceneReply
from planner.placing.arranging import arrange
from planner.placing.expand import expand
from planner.placing.predicates import Stand, holds
from planner.plans import Size
from planner.quoting import lettering, says
from planner.scene import GRID, MAX_REGIONS, Box, Place, Predicate, Region, Scene
from planner.shapes import given_boxes
from planner.words import key, words_in

CANVAS = Size(width=1008, height=1008)
"""The canvas of the checks: nearly a pixel for each grid unit, and whole tokens."""

LEAST_AREA = 0.004
"""Least part of the canvas on which a region must show."""

LEAST_WIDTH = 0.03
"""Least width of a region, as a part of the canvas's shorter side; a thinner strip can't be drawn."""

LEAST_SHOWN = 0.25
"""Least part of its own place in which a region must show."""

_HIDING = 0.1
"""Least part of a region's place that another region must overlap to count as hiding it."""

_DEFINITIONS: dict[Predicate, str] = {
    "left of": "its box lies further left, overlapping the other by less than half",
    "right of": "its box lies further right, overlapping the other by less than half",
    "above": "its box lies higher, overlapping the other by less than half",
    "below": "its box lies lower, overlapping the other by less than half",
    "on": "its lower edge lies on the other's upper edge or within the other's box",
    "under": "it starts lower than the other, in the same columns, and reaches further down",
    "in front of": "its depth is smaller, and the boxes touch or it reaches as far down",
    "behind": "its depth is larger, and the boxes touch or it ends higher up",
    "inside": "most of its box lies within the other's, and its depth is not larger",
    "next to": "the two boxes are at most 120 apart",
}


Members = Mapping[str, tuple[str, ...]]
"""The names of the regions that each stated region became."""


class Fault(NamedTuple):
    """A fault of a plan: what it is about, and a sentence that says what would mend it."""

    name: str
    text: str


@dataclass(frozen=True)
class _Visible:
    """A stated region: its place, and the part of it that nearer regions leave free.

    Both are in pixels of `CANVAS`, all instances of the region together.
    """

    region: Region
    place: BaseGeometry
    cell: BaseGeometry


def find_faults(reply: SceneReply, scene: Scene, prompt: str) -> tuple[Fault, ...]:
    """All faults of a plan: of the `reply` as it was written, and of the `scene` that was read from it."""
    faults: list[Fault] = []
    for name, times in Counter(key(region.name) for region in reply.regions).items():
        if times > 1 and name:
            text = f"{times} regions are named {name!r}: give each a name of its own, or make them one region"
            faults.append(Fault(name, text))
    number = len(reply.regions)
    if number > MAX_REGIONS:
        text = (
            f"there are {number} regions: at most {MAX_REGIONS} can be drawn; leave small things to the "
            "prompts of what they belong to, or to the background"
        )
        faults.append(Fault("regions", text))

    layout = arrange(scene, CANVAS)
    members = expand(scene).members
    boxes = given_boxes(layout.scene.regions, layout.size)
    faults += _hidden_regions(scene, layout, members, boxes)
    faults += _denied_relations(scene, layout, members, boxes)
    faults += _missing_lettering(scene, prompt)
    return tuple(faults)


def find_emptiness(scene: Scene) -> Fault | None:
    """The fault that a plan has no region though much of the prompt belongs to nothing else, or None.

    A prompt such as "a soft blue gradient" has nothing to place: it belongs to background and style.
    """
    words = [
        (span, [w for w in words_in(span.text) if w.glued or len(w.bare) > 2]) for span in account(scene)
    ]
    left = [(span, some) for span, some in words if span.owners == WHOLE and some]
    if scene.regions or 3 * sum(len(some) for _, some in left) <= sum(len(some) for _, some in words):
        return None
    ownerless = "; ".join(" ".join(span.text.split()) for span, _ in left)
    text = (
        f"regions is empty, and neither background nor style takes up: {ownerless[:400]}. Give each thing "
        "that the user names a region; if nothing of it can stand in a part of the picture, write the same "
        "again"
    )
    return Fault("regions", text)


def _hidden_regions(
    scene: Scene, layout: Layout, members: Members, boxes: Mapping[str, Box]
) -> Iterator[Fault]:
    """The regions of which too little shows to be drawn."""
    cells = {region.name: cell for region, cell in zip(layout.scene.regions, layout.cells, strict=True)}
    x, y = layout.size.width / GRID, layout.size.height / GRID
    places = {
        name: shapely.box(box.x0 * x, box.y0 * y, box.x1 * x, box.y1 * y) for name, box in boxes.items()
    }
    regions = [
        _Visible(
            region,
            shapely.union_all([places[name] for name in members[region.name]]),
            shapely.union_all([cells[name] for name in members[region.name]]),
        )
        for region in scene.regions
    ]
    canvas_area = layout.size.width * layout.size.height
    # Half a pixel on each side is left for the rounding of edges.
    radius = (LEAST_WIDTH * min(layout.size.width, layout.size.height) - 1) / 2
    for one in regions:
        area = one.cell.area
        if one.cell.is_empty:
            fault = "can't be seen at all"
        elif area < LEAST_SHOWN * one.place.area:
            fault = f"shows only {100 * area / one.place.area:.0f} % of its box"
        elif area / canvas_area < LEAST_AREA:
            fault = f"shows on only {100 * area / canvas_area:.2f} % of the picture"
        elif one.cell.buffer(-radius).is_empty:
            fault = f"shows only a strip thinner than {round(LEAST_WIDTH * GRID)} units"
        else:
            continue
        yield Fault(one.region.name, f"region {one.region.name!r} {fault}; {_remedy(one, regions)}")


def _remedy(one: _Visible, regions: Sequence[_Visible]) -> str:
    """What would mend the fault: which regions hide this one and how it comes out, or its least size."""
    hiding = [
        other
        for other in regions
        if other is not one
        and other.place.intersection(one.place).area >= _HIDING * one.place.area
        and other.region.depth <= one.region.depth
    ]
    where = _place_in_words(one.region)
    width, area = round(LEAST_WIDTH * GRID), 100 * LEAST_AREA
    least = f"at least {width} wide and high and {area:.1f} % of the picture (65 by 65)"
    if not hiding:
        return f"{where}: make its box larger, {least}, or leave it to the prompt of what it belongs to"
    nearest = sorted((other.region for other in hiding), key=lambda region: (region.depth, region.name))[:4]
    names = ", ".join(f"{region.name!r} ({_place_in_words(region)})" for region in nearest)
    if all(other.place.intersection(one.place).area >= 0.9 * other.place.area for other in hiding):
        order = "Make it larger, or them fewer or smaller,"
    elif nearest[0].depth > 0:
        order = "Give it a smaller depth than theirs, or move or shrink the boxes"
    else:
        order = "Give them a larger depth than its own, or move or shrink the boxes"
    return f"it is {where}, and regions before it cover it: {names}. {order} until a quarter shows, {least}"


def _denied_relations(
    scene: Scene, layout: Layout, members: Members, boxes: Mapping[str, Box]
) -> Iterator[Fault]:
    """The relations that contradict the model's own boxes or depths."""
    regions = {region.name: region for region in scene.regions}
    stands = {region.name: Stand(boxes[region.name], region.depth) for region in layout.scene.regions}
    for relation in scene.relations:
        predicate = relation.predicate
        pairs = product(members[relation.subject], members[relation.object])
        if any(holds(predicate, stands[subject], stands[other]) for subject, other in pairs):
            continue
        subject, other = regions[relation.subject], regions[relation.object]
        text = (
            f"the relation {subject.name!r} {predicate} {other.name!r} is denied by the boxes: "
            f"{subject.name!r} is {_place_in_words(subject)}, {other.name!r} {_place_in_words(other)}. "
            f"{predicate!r} means that {_DEFINITIONS[predicate]}: change a box or a depth of the two, or "
            "leave the relation out"
        )
        yield Fault(f"{subject.name} {predicate} {other.name}", text)


def _place_in_words(region: Region) -> str:
    """A region's place and depth, as the model wrote them."""
    where = region.where
    if isinstance(where, Box):
        return f"at ({where.x0}, {where.y0}, {where.x1}, {where.y1}), depth {region.depth}"
    if isinstance(where, Place):
        return f"{where.horizontal} {where.vertical}, depth {region.depth}"
    return f"without a box, depth {region.depth}"


def _missing_lettering(scene: Scene, prompt: str) -> Iterator[Fault]:
    """The quoted words of the prompt that are lettered nowhere in the plan.

    A prompt that is quoted as a whole, or is JSON, has its quotation marks for another reason.
    """
    bare = prompt.strip()
    if bare.startswith(("{", "[{")) or lettering(prompt) == (" ".join(bare[1:-1].split()),):
        return
    texts = [*(region.prompt for region in scene.regions), scene.background, scene.style, *scene.absent]
    for letters in lettering(prompt):
        if not any(says(text, letters) for text in texts):
            text = (
                f"the user quotes “{letters}”, and no region's prompt says it letter by letter: write it in "
                "quotation marks into the prompt of what it is written on"
            )
            yield Fault(letters, text)
