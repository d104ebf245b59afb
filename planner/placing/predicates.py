"""What a relation means between two boxes."""

from typing import NamedTuple

from planner.plans import Size
from planner.scene import Box, Predicate, Region, Shape
from planner.shapes import bounds

NEAR = 120
"""Grid units: the widest gap between things that stand next to each other."""

SLACK = 20
"""Grid units that a thing is at most above, or sunk into, the thing that it stands on."""

TOUCH = 60
"""Grid units up to which two things touch: boxes are drawn by eye, so small gaps don't count."""


class Stand(NamedTuple):
    """How a region stands in the picture: its bounding box, and its depth (0 is nearest)."""

    box: Box
    depth: int = 0

    @classmethod
    def of(cls, region: Region, shape: Shape, size: Size) -> "Stand":
        """The stand of a region of this shape on a canvas of this size."""
        return cls(bounds(shape, size), region.depth)


def holds(predicate: Predicate, subject: Stand, other: Stand) -> bool:
    """Whether `subject` stands `predicate` `other`. x grows to the right, y down, depth away from the viewer.

    This is the only definition, both for checking a plan and for arranging one:

    - left of, right of, above, below: the middle of one lies beyond the near edge of the other; they may
      overlap by less than half.
    - on: over each other in x, and the subject's lower edge lies within `TOUCH` of the other's top, within
      its height, or below it where the subject's middle is the higher one (legs hang down from a bench).
    - under: over each other in x; the subject starts no higher, and its middle is lower.
    - in front of: nearer, and within `TOUCH` of the other or reaching as far down, as on a ground.
    - behind: the other is in front of it.
    - inside: at least half of it and its middle lie within the other, which is not nearer.
    - next to: apart by at most `NEAR` in x and in y.
    """
    s, o = subject.box, other.box
    match predicate:
        case "left of":
            return _before(s.x0, s.x1, o.x0, o.x1)
        case "right of":
            return _before(o.x0, o.x1, s.x0, s.x1)
        case "above":
            return _before(s.y0, s.y1, o.y0, o.y1)
        case "below":
            return _before(o.y0, o.y1, s.y0, s.y1)
        case "on":
            reaches = s.y1 <= o.y1 + TOUCH or _middle(s) <= _middle(o)
            return _share_columns(s, o) and s.y1 >= o.y0 - TOUCH and reaches
        case "under":
            return _share_columns(s, o) and s.y0 >= o.y0 and _middle(s) > _middle(o)
        case "in front of":
            return _in_front(subject, other)
        case "behind":
            return _in_front(other, subject)
        case "inside":
            shared_x = max(min(s.x1, o.x1) - max(s.x0, o.x0), 0)
            shared_y = max(min(s.y1, o.y1) - max(s.y0, o.y0), 0)
            is_half_in = 2 * shared_x * shared_y >= (s.x1 - s.x0) * (s.y1 - s.y0)
            is_middle_in = 2 * o.x0 <= s.x0 + s.x1 <= 2 * o.x1 and 2 * o.y0 <= s.y0 + s.y1 <= 2 * o.y1
            return is_half_in and is_middle_in and subject.depth <= other.depth
        case "next to":
            return max(_gaps(s, o)) <= NEAR


def _before(start: int, end: int, other_start: int, other_end: int) -> bool:
    """Along one axis: one's middle is before the other's start, or the other's middle behind one's end."""
    return start + end <= 2 * other_start or 2 * end <= other_start + other_end


def _middle(box: Box) -> float:
    return (box.y0 + box.y1) / 2


def _share_columns(s: Box, o: Box) -> bool:
    return s.x0 < o.x1 and o.x0 < s.x1


def _gaps(s: Box, o: Box) -> tuple[int, int]:
    """How far two boxes are apart in x and in y; negative where they overlap."""
    return max(o.x0 - s.x1, s.x0 - o.x1), max(o.y0 - s.y1, s.y0 - o.y1)


def _in_front(subject: Stand, other: Stand) -> bool:
    touching = max(_gaps(subject.box, other.box)) <= TOUCH
    return subject.depth < other.depth and (touching or subject.box.y1 >= other.box.y1)
