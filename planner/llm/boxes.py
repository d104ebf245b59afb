"""Boxes as a model writes them: read as they can be meant, and held against the relations."""

from collections.abc import Callable

from planner.llm.reply import ReplyBox
from planner.scene import GRID, Box, Extent


def fault_of(box: ReplyBox) -> str | None:
    """What is wrong with a box, in words, or None."""
    text = f"the box ({box.x0}, {box.y0}, {box.x1}, {box.y1})"
    if box.x0 >= box.x1 or box.y0 >= box.y1:
        return f"{text} is empty or upside down: x0 must be less than x1 and y0 less than y1"
    if min(box.x0, box.y0) < 0 or max(box.x1, box.y1) > GRID:
        return f"{text} leaves the picture: every coordinate is from 0 to {GRID}"
    return None


def upright(box: ReplyBox) -> Box | None:
    """The box with its corners in order and clipped to the canvas; None where nothing is left of it."""
    x0, x1 = sorted(_on_canvas(x) for x in (box.x0, box.x1))
    y0, y1 = sorted(_on_canvas(y) for y in (box.y0, box.y1))
    return Box(x0=x0, y0=y0, x1=x1, y1=y1) if x0 < x1 and y0 < y1 else None


def extent(box: Box) -> Extent:
    """How much of the picture a box takes, in words: by its area in parts of the canvas."""
    part = (box.x1 - box.x0) * (box.y1 - box.y0) / GRID**2
    return "small" if part < 0.06 else "medium" if part < 0.25 else "large"


def boxes_deny(predicate: str, subject: object, object_: object) -> bool:
    """Whether two places are boxes whose centres deny that the one stands so to the other."""
    denies = _DENIALS.get(predicate)
    return (
        denies is not None
        and isinstance(subject, Box)
        and isinstance(object_, Box)
        and denies(subject, object_)
    )


def depths_deny(predicate: str, subject: int, object_: int) -> bool:
    """Whether two depths deny that the one stands so to the other; 0 is nearest."""
    if predicate == "in front of":
        return subject > object_
    return predicate == "behind" and subject < object_


def _on_canvas(value: int) -> int:
    return min(max(value, 0), GRID)


def _x(box: Box) -> float:
    return (box.x0 + box.x1) / 2


def _y(box: Box) -> float:
    return (box.y0 + box.y1) / 2


def _outside(subject: Box, object_: Box) -> bool:
    return not (object_.x0 <= _x(subject) <= object_.x1 and object_.y0 <= _y(subject) <= object_.y1)


_DENIALS: dict[str, Callable[[Box, Box], bool]] = {
    "left of": lambda s, o: _x(s) >= _x(o),
    "right of": lambda s, o: _x(s) <= _x(o),
    "above": lambda s, o: _y(s) >= _y(o),
    "on": lambda s, o: _y(s) > _y(o),
    "below": lambda s, o: _y(s) <= _y(o),
    "under": lambda s, o: _y(s) < _y(o),
    "inside": _outside,
}
