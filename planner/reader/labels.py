"""The classes that the model predicts, in the model's order."""

from planner.scene import Predicate

HORIZONTALS = (None, "left", "center", "right")
VERTICALS = (None, "top", "middle", "bottom")
DEPTHS = (None, "foreground", "background")
PREDICATES: tuple[Predicate | None, ...] = (
    *(None, "left of", "right of", "above", "below", "on", "under", "in front of", "behind"),
    *("inside", "next to"),
)
SETTINGS = ("background", "style", "absent")

COUNTS = 12
"""Classes of counts: not stated, 1 to 10, and more."""


def count_class(count: int | None) -> int:
    """The class of a count."""
    return 0 if count is None else min(count, COUNTS - 1)
