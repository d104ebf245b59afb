"""One prompt of the check: planned by the built-in planner, drawn by each arm from the same noise, judged."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeVar, get_args

from PIL import Image

from evals.world.detector import Detection, detect
from evals.world.facts import Facts, Wanted
from evals.world.judging import Verdict, judge
from evals.world.words import KIND_WORDS
from planner.plans import Plan, Size
from planner.scene import GRID
from planner.shapes import given_boxes
from renderer.grid import rasterise
from renderer.models import Model
from renderer.pictures import picture_record, png_bytes
from renderer.pipeline import layout_of, make_plan
from renderer.rendering import Rendering, render
from renderer.settings import Recipe

Arm = Literal["regional", "plain"]
ARMS: tuple[Arm, ...] = get_args(Arm)

T = TypeVar("T")

Edges = tuple[float, float, float, float]
"""A box (x0, y0, x1, y1) in pixels."""


@dataclass(frozen=True)
class Trial:
    """A picture of one arm and what came of it. `boxes`: each thing's box in the plan, None without one."""

    arm: Arm
    seed: int
    facts: Facts
    plan: Plan
    boxes: tuple[Edges | None, ...]
    rendering: Rendering
    detections: tuple[Detection, ...]
    verdict: Verdict

    @property
    def box_hits(self) -> tuple[bool, ...]:
        """For each thing, whether it was found with its centre within the plan's box for it."""
        return tuple(_inside(d, box) for d, box in zip(self.verdict.cast, self.boxes, strict=True))

    def row(self) -> dict[str, Any]:
        """All but the picture, as JSON."""
        return {
            "arm": self.arm,
            "seed": self.seed,
            "prompt": self.facts.text,
            "facts": asdict(self.facts),
            "found": self.verdict.found,
            "right": self.verdict.right,
            "alone": self.verdict.alone,
            "placed": self.verdict.placed,
            "boxes": self.boxes,
            "box_hits": self.box_hits,
            "detections": [asdict(detection) for detection in self.detections],
            "seconds": round(self.rendering.seconds, 2),
        }

    def png(self, model: Model) -> bytes:
        """The picture, carrying what it was drawn from."""
        return png_bytes(
            self.image, picture_record(self.plan, self.rendering.recipe, self.seed, model.card.name)
        )

    @property
    def image(self) -> Image.Image:
        """The picture."""
        return self.rendering.image


def trials(facts: Facts, seed: int, arms: tuple[Arm, ...], model: Model, recipe: Recipe) -> Iterator[Trial]:
    """A trial an arm, each with the same plan, seed and base prompt."""
    plan = make_plan(facts.text, size=model.card.size, seed=seed)
    boxes = plan_boxes(facts, plan)
    grid = rasterise(layout_of(plan))
    for arm in arms:
        rendering = render(grid, model, recipe, seed, plain=arm == "plain")
        seen = tuple(detect(rendering.image))
        verdict = judge(facts, seen, rendering.image.width)
        yield Trial(arm, seed, facts, plan, boxes, rendering, seen, verdict)


def plan_boxes(facts: Facts, plan: Plan) -> tuple[Edges | None, ...]:
    """The plan's box for each thing: that of the region named for it."""
    boxes = given_boxes(plan.scene.regions, plan.size)
    edges = {name: _pixels((b.x0, b.y0, b.x1, b.y1), plan.size) for name, b in boxes.items()}
    return tuple(named(thing, edges) for thing in facts.things)


def plan_verdict(trial: Trial) -> Verdict:
    """The verdict on the plan alone: on a picture that shows each thing in the middle of its box."""
    things = zip(trial.facts.things, trial.boxes, strict=True)
    shown = [Detection(thing.kind, thing.colour, box, 1.0) for thing, box in things if box is not None]
    return judge(trial.facts, shown, trial.plan.size.width)


def _pixels(box: tuple[int, int, int, int], size: Size) -> Edges:
    x0, y0, x1, y1 = box
    across, down = size.width / GRID, size.height / GRID
    return x0 * across, y0 * down, x1 * across, y1 * down


def named(thing: Wanted, regions: Mapping[str, T]) -> T | None:
    """What is kept for the region that is named for the thing, if there is one."""
    nouns = {word.split()[-1] for word in (thing.noun, *KIND_WORDS[thing.kind])}
    return next((kept for name, kept in regions.items() if nouns & set(name.split())), None)


def _inside(detection: Detection | None, box: Edges | None) -> bool:
    if detection is None or box is None:
        return False
    (x, y), (x0, y0, x1, y1) = detection.centre, box
    return x0 <= x <= x1 and y0 <= y <= y1
