"""Boxes: is each planned thing of the little world drawn within its box, and in boxes of which size?"""

from evals.benchmarks.samples import Instance
from evals.benchmarks.world import shown
from evals.run.geometry import planned
from evals.scorers.protocol import Drawn, Metric, Scored
from evals.world.detector import Detection, detect
from evals.world.tableau import TOKEN
from planner.plans import Size

WIDEST = 5
"""Tokens from which boxes are told as one size."""

SIZES = {
    tokens: f"{tokens} tokens" + (" or more" if tokens == WIDEST else "") for tokens in range(2, WIDEST + 1)
}
"""The names of the metrics, by tokens along a box's shorter side."""


class Boxes:
    """Holds pictures of the little world to the boxes of their plans, whatever the prompt's facts are."""

    name = "boxes"
    metrics = (
        Metric("within", "planned things seen in their colour with their centre in their box"),
        *(Metric(size, f"of those with a box {size} across") for size in SIZES.values()),
    )

    def __call__(self, drawn: Drawn) -> Scored:
        """None for a size that no box has; things that the world doesn't know are passed over."""
        seen, size = detect(drawn.image), drawn.plan.size
        held: dict[int, list[bool]] = {}
        for instance in planned(drawn.plan).instances:
            wanted = shown(instance)
            if wanted is not None:
                held.setdefault(_across(instance, size), []).append(_within(wanted, instance, seen, size))
        every = [one for several in held.values() for one in several]
        return Scored({"within": _share(every)} | {SIZES[n]: _share(held.get(n, [])) for n in SIZES})


def _across(instance: Instance, size: Size) -> int:
    """Tokens along the shorter side of the instance's box."""
    x0, y0, x1, y1 = instance.box
    tokens = round(min((x1 - x0) * size.width, (y1 - y0) * size.height) / TOKEN)
    return min(max(tokens, min(SIZES)), WIDEST)


def _within(wanted: Detection, instance: Instance, seen: list[Detection], size: Size) -> bool:
    x0, y0, x1, y1 = instance.box
    centres = (d.centre for d in seen if (d.kind, d.colour) == (wanted.kind, wanted.colour))
    return any(
        x0 * size.width <= x <= x1 * size.width and y0 * size.height <= y <= y1 * size.height
        for x, y in centres
    )


def _share(held: list[bool]) -> float | None:
    return sum(held) / len(held) if held else None
