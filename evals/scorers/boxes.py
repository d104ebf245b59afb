"""Boxes: is each planned thing of the little world in its box, and does that depend on the box's size?"""

from evals.benchmarks.world import detection_of
from evals.run.geometry import planned
from evals.scorers.protocol import Drawn, Metric, Scored
from evals.world.detector import detect
from evals.world.facts import TOKEN

WIDEST = 5
"""Boxes of this many tokens or more count as one size."""

SIZES = {
    tokens: f"{tokens} tokens" + (" or more" if tokens == WIDEST else "") for tokens in range(2, WIDEST + 1)
}
"""The names of the metrics, by tokens along a box's shorter side."""


class Boxes:
    """Compares pictures of the little world with the boxes of their plans, not with facts."""

    name = "boxes"
    metrics = (
        Metric("within", "planned things seen in their colour with their centre in their box"),
        *(Metric(size, f"of those with a box {size} across") for size in SIZES.values()),
    )

    def __call__(self, drawn: Drawn) -> Scored:
        """None for a size that no box has; things that the little world does not have are left out."""
        detections, size = detect(drawn.image), drawn.plan.size
        by_size: dict[int, list[bool]] = {}
        for instance in planned(drawn.plan).instances:
            wanted = detection_of(instance)
            if wanted is None:
                continue
            x0, y0, x1, y1 = instance.box
            left, right, top, bottom = x0 * size.width, x1 * size.width, y0 * size.height, y1 * size.height
            centres = (d.centre for d in detections if (d.kind, d.colour) == (wanted.kind, wanted.colour))
            within = any(left <= x <= right and top <= y <= bottom for x, y in centres)
            tokens = round(min((x1 - x0) * size.width, (y1 - y0) * size.height) / TOKEN)
            by_size.setdefault(min(max(tokens, min(SIZES)), WIDEST), []).append(within)
        everything = [within for group in by_size.values() for within in group]
        shares = {SIZES[tokens]: _share(by_size.get(tokens, [])) for tokens in SIZES}
        return Scored({"within": _share(everything), **shares})


def _share(results: list[bool]) -> float | None:
    return sum(results) / len(results) if results else None
