"""What is wrong with a plan, as can be shown in any language: sentences for the model that made it.

Each says what would satisfy it. Nothing here depends on the size that will be drawn, nor on what a prompt
means.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
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
from planner.scene import GRID, MAX_REGIONS, Box, Place, Predicate, Region, Relation, Scene
from planner.shapes import given_boxes
from planner.words import key, words_in

CANVAS = Size(width=1008, height=1008)
"""Where plans are judged: nearly a pixel a grid unit, and whole tokens."""

LEAST_AREA = 0.004
"""Part of the canvas that a region shows at least."""

LEAST_WIDTH = 0.03
"""Part of the canvas's shorter side; what is thinner everywhere can't be drawn."""

LEAST_SHOWN = 0.25
"""Part of its own place that a region shows at least."""

_HIDING = 0.1
"""Part of a region's place from which another one counts as hiding it."""

_DEFINED: dict[Predicate, str] = {
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


class Fault(NamedTuple):
    """What is wrong with a plan: whom it is about, and a sentence that says what would satisfy it."""

    name: str
    text: str


@dataclass(frozen=True)
class Shown:
    """What of a stated region's place is left to it, all its instances together."""

    region: Region
    place: BaseGeometry
    cell: BaseGeometry


def faults(reply: SceneReply, scene: Scene, prompt: str) -> tuple[Fault, ...]:
    """Every fault of a plan, none where it is sound: `reply` as it was written, `scene` as it was read."""
    layout = arrange(scene, CANVAS)
    return (
        *_names(reply),
        *_number(reply),
        *_hidden(scene, layout),
        *_relations(scene, layout),
        *_lettering(scene, prompt),
    )


def _names(reply: SceneReply) -> Iterator[Fault]:
    for name, times in Counter(key(region.name) for region in reply.regions).items():
        if times > 1 and name:
            text = f"{times} regions are named {name!r}: give each a name of its own, or make them one region"
            yield Fault(name, text)


def _number(reply: SceneReply) -> Iterator[Fault]:
    number = len(reply.regions)
    if number > MAX_REGIONS:
        text = (
            f"there are {number} regions: at most {MAX_REGIONS} can be drawn; leave small things to the "
            "prompts of what they belong to, or to the background"
        )
        yield Fault("regions", text)


def _hidden(scene: Scene, layout: Layout) -> Iterator[Fault]:
    shown = _shown(scene, layout)
    for one in shown:
        fault = _too_little(one, layout.size)
        if fault:
            yield Fault(one.region.name, f"region {one.region.name!r} {fault}; {_remedy(one, shown)}")


def _shown(scene: Scene, layout: Layout) -> list[Shown]:
    """Each stated region with its place and what nearer regions leave of it."""
    members = expand(scene).members
    cells = {r.name: c for r, c in zip(layout.scene.regions, layout.cells, strict=True)}
    boxes = given_boxes(layout.scene.regions, layout.size)
    return [
        Shown(
            region,
            shapely.union_all([_geometry(boxes[name], layout.size) for name in members[region.name]]),
            shapely.union_all([cells[name] for name in members[region.name]]),
        )
        for region in scene.regions
    ]


def _geometry(box: Box, size: Size) -> BaseGeometry:
    x, y = size.width / GRID, size.height / GRID
    return shapely.box(box.x0 * x, box.y0 * y, box.x1 * x, box.y1 * y)


def _too_little(one: Shown, size: Size) -> str | None:
    """Why what is left of a region can't be drawn, or None."""
    part = one.cell.area / (size.width * size.height)
    least = LEAST_WIDTH * min(size.width, size.height)
    if one.cell.is_empty:
        return "can't be seen at all"
    if one.cell.area < LEAST_SHOWN * one.place.area:
        return f"shows only {100 * one.cell.area / one.place.area:.0f} % of its box"
    if part < LEAST_AREA:
        return f"shows on only {100 * part:.2f} % of the picture"
    # Half a unit is left for the rounding of edges.
    if one.cell.buffer(-(least - 1) / 2).is_empty:
        return f"shows only a strip thinner than {round(LEAST_WIDTH * GRID)} units"
    return None


def _remedy(one: Shown, shown: Sequence[Shown]) -> str:
    """What would clear the fault: who hides the region and how it comes out, or how large it has to be."""
    hiding = [
        other.region
        for other in shown
        if other is not one
        and other.place.intersection(one.place).area >= _HIDING * one.place.area
        and other.region.depth <= one.region.depth
    ]
    where = _told(one.region)
    width, area = round(LEAST_WIDTH * GRID), 100 * LEAST_AREA
    least = f"at least {width} wide and high and {area:.1f} % of the picture (65 by 65)"
    if not hiding:
        return f"{where}: make its box larger, {least}, or leave it to the prompt of what it belongs to"
    within = all(
        other.place.intersection(one.place).area >= 0.9 * other.place.area
        for other in shown
        if other.region in hiding
    )
    nearest = sorted(hiding, key=lambda other: (other.depth, other.name))[:4]
    names = ", ".join(f"{other.name!r} ({_told(other)})" for other in nearest)
    if within:
        order = "Make it larger, or them fewer or smaller,"
    elif nearest[0].depth > 0:
        order = "Give it a smaller depth than theirs, or move or shrink the boxes"
    else:
        order = "Give them a larger depth than its own, or move or shrink the boxes"
    return f"it is {where}, and regions before it cover it: {names}. {order} until a quarter shows, {least}"


def _told(region: Region) -> str:
    """A region's place and depth as the model wrote them."""
    where = region.where
    if isinstance(where, Box):
        return f"at ({where.x0}, {where.y0}, {where.x1}, {where.y1}), depth {region.depth}"
    if isinstance(where, Place):
        return f"{where.horizontal} {where.vertical}, depth {region.depth}"
    return f"without a box, depth {region.depth}"


def _relations(scene: Scene, layout: Layout) -> Iterator[Fault]:
    """The relations that the model states and its own boxes or depths deny."""
    members = expand(scene).members
    regions = {region.name: region for region in scene.regions}
    boxes = given_boxes(layout.scene.regions, layout.size)
    stands = {r.name: Stand(boxes[r.name], r.depth) for r in layout.scene.regions}
    for relation in scene.relations:
        pairs = product(members[relation.subject], members[relation.object])
        if not any(holds(relation.predicate, stands[s], stands[o]) for s, o in pairs):
            text = _denied(relation, regions[relation.subject], regions[relation.object])
            yield Fault(f"{relation.subject} {relation.predicate} {relation.object}", text)


def _denied(relation: Relation, subject: Region, other: Region) -> str:
    return (
        f"the relation {relation.subject!r} {relation.predicate} {relation.object!r} is denied by the boxes: "
        f"{subject.name!r} is {_told(subject)}, {other.name!r} {_told(other)}. {relation.predicate!r} means "
        f"that {_DEFINED[relation.predicate]}: change a box or a depth of the two, or leave the relation out"
    )


def _lettering(scene: Scene, prompt: str) -> Iterator[Fault]:
    """What stands in quotation marks in the prompt and is lettered nowhere.

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


def nothing_placed(scene: Scene) -> Fault | None:
    """That a plan has no region though much of the prompt is taken up by nothing; None where that is sound.

    A prompt such as "a soft blue gradient" has nothing to place: background and style take it up.
    """
    words = [
        (span, [w for w in words_in(span.text) if w.glued or len(w.bare) > 2]) for span in account(scene)
    ]
    left = [(span, some) for span, some in words if span.owners == WHOLE and some]
    if scene.regions or 3 * sum(len(some) for _, some in left) <= sum(len(some) for _, some in words):
        return None
    told = "; ".join(" ".join(span.text.split()) for span, _ in left)
    text = (
        f"regions is empty, and neither background nor style takes up: {told[:400]}. Give each thing that "
        "the user names a region; if nothing of it can stand in a part of the picture, write the same again"
    )
    return Fault("regions", text)
