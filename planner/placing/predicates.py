"""What a relation means between two boxes."""

from typing import NamedTuple

from planner.plans import Size
from planner.scene import Box, Predicate, Region, Shape
from planner.shapes import bounds

NEAR = 120
"""Grid units: the widest gap between things that stand next to each other."""

SLACK = 20
"""Grid units that a thing may hover over, or sink into, what it stands on."""


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

    - left of, right of, above, below: apart on that axis; edges may touch.
    - on: over each other in x, and the subject's lower edge lies on the other's top or within its height.
    - under: over each other in x, and the subject reaches below the other and starts below its top.
    - in front of: nearer, overlapping in x, and its lower edge not higher; the other shows over its top.
    - behind: the other is in front of it.
    - inside: within the other, and nearer.
    - next to: apart in x by at most `NEAR`, and overlapping in height.
    """
    s, o = subject.box, other.box
    match predicate:
        case "left of":
            return s.x1 <= o.x0
        case "right of":
            return s.x0 >= o.x1
        case "above":
            return s.y1 <= o.y0
        case "below":
            return s.y0 >= o.y1
        case "on":
            return _share_columns(s, o) and o.y0 - SLACK <= s.y1 <= o.y1
        case "under":
            return _share_columns(s, o) and s.y1 >= o.y1 and s.y0 > o.y0
        case "in front of":
            return _in_front(subject, other)
        case "behind":
            return _in_front(other, subject)
        case "inside":
            within = s.x0 >= o.x0 and s.x1 <= o.x1 and s.y0 >= o.y0 and s.y1 <= o.y1
            return within and subject.depth < other.depth
        case "next to":
            return _share_rows(s, o) and 0 <= max(o.x0 - s.x1, s.x0 - o.x1) <= NEAR


def _share_columns(s: Box, o: Box) -> bool:
    return s.x0 < o.x1 and o.x0 < s.x1


def _share_rows(s: Box, o: Box) -> bool:
    return s.y0 < o.y1 and o.y0 < s.y1


def _in_front(subject: Stand, other: Stand) -> bool:
    s, o = subject.box, other.box
    return subject.depth < other.depth and _share_columns(s, o) and s.y1 >= o.y1 and s.y0 > o.y0
