"""From a scene to a layout: every region gets a place, and every point one owner."""

from planner.layout import Layout
from planner.placing.account import hidden_notes, placing_notes
from planner.placing.expand import Expansion, expand
from planner.placing.partition import partition
from planner.placing.place import Placement, place
from planner.placing.problem import Problem, pose
from planner.placing.rect import Rect
from planner.placing.sizes import instance_rects, wished_rects
from planner.placing.targets import targets
from planner.plans import Size
from planner.scene import Region, Scene
from planner.shapes import geometry, given_boxes, given_shape

DEFAULT_SIZE = Size()


def arrange(scene: Scene, size: Size = DEFAULT_SIZE) -> Layout:
    """Place every region of `scene` and divide the canvas among them; pure, and blind to the regions' order.

    Counts of 2 to 10 become that many regions. Shapes that are given stand as they are. The rest gets boxes
    so that stated relations hold (`predicates.holds` says what each means), everything is on the canvas,
    nothing is smaller than 3x3 tokens, or else than 2x2, where that can be, boxes do not overlap, and the
    move from what was asked is least. Of relations that contradict each other or the given shapes the weakest
    are dropped. Notes name whatever could not be done. Raises `UserError` for a mask that is no image of the
    canvas's size.
    """
    expansion = expand(scene)
    regions = expansion.scene.regions
    problem = pose(expansion.scene, _rects(scene, expansion, size), size)
    placement = place(problem, size)
    arranged = _arranged(problem, placement)
    ordered = tuple(arranged[region.name] for region in regions)
    shapes = [geometry(shape, size) for region in ordered if (shape := given_shape(region))]
    cells, background = partition(ordered, shapes, size)
    notes = (*expansion.notes, *placing_notes(problem, placement), *hidden_notes(ordered, cells))
    return Layout(size, expansion.scene.model_copy(update={"regions": ordered}), cells, background, notes)


def _rects(scene: Scene, expansion: Expansion, size: Size) -> dict[str, Rect]:
    """What each region of the expansion wishes for."""
    counts = {name: len(members) for name, members in expansion.members.items()}
    wholes = targets(scene, counts, size)
    wishes = {region.name: region.wish for region in scene.regions}
    rects: dict[str, Rect] = {}
    for name, members in expansion.members.items():
        wish = wishes[name]
        shared = (
            wished_rects(wish, len(members), size)
            if wish and len(members) > 1
            else instance_rects(wholes[name], len(members), size)
        )
        rects |= zip(members, shared, strict=True)
    return rects | {name: Rect.of(box) for name, box in given_boxes(expansion.scene.regions, size).items()}


def _arranged(problem: Problem, placement: Placement) -> dict[str, Region]:
    """Every region with its shape and its depth, by name."""
    answer = placement.answer
    return {
        region.name: region.model_copy(
            update={"where": given_shape(region) or box, "wish": None, "depth": depth}
        )
        for region, box, depth in zip(problem.regions, answer.boxes, answer.depths, strict=True)
    }
