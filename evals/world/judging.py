"""A picture held to the facts of its prompt."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from evals.world.detector import Detection
from evals.world.facts import Claim, Facts, Relates, Stands
from evals.world.tableau import field

Cast = tuple[Detection | None, ...]
"""What stands in a picture for each thing that was asked for."""


@dataclass(frozen=True)
class Verdict:
    """What a picture shows of the facts: which things, which claims, and whether nothing else is there."""

    cast: Cast
    placed: tuple[bool, ...]
    alone: bool

    @property
    def found(self) -> bool:
        """Every thing is there in its colour."""
        return None not in self.cast

    @property
    def right(self) -> bool:
        """Every thing is there, and where the words put it."""
        return self.found and all(self.placed)


def judge(facts: Facts, detections: Sequence[Detection], side: int) -> Verdict:
    """The verdict on a square picture of `side` pixels, by what the detector sees in it.

    Where several detections can be one thing, those are taken with which most of the claims hold.
    """
    casts = [(cast, _placed(facts, cast, side)) for cast in _casts(facts, detections)]
    cast, placed = max(casts, key=lambda tried: (_count(tried[0]), sum(tried[1])))
    return Verdict(cast, placed, len(detections) == _count(cast) == len(facts.things))


def _casts(facts: Facts, detections: Sequence[Detection]) -> Iterator[Cast]:
    """Every way to give each thing a detection of its kind and colour of its own, or none."""
    fitting = (
        [None, *(d for d in detections if (d.kind, d.colour) == (thing.kind, thing.colour))]
        for thing in facts.things
    )
    for cast in product(*fitting):
        taken = [id(detection) for detection in cast if detection is not None]
        if len(set(taken)) == len(taken):
            yield cast


def _count(cast: Cast) -> int:
    return sum(detection is not None for detection in cast)


def _placed(facts: Facts, cast: Cast, side: int) -> tuple[bool, ...]:
    return tuple(_holds(claim, cast, side) for claim in facts.claims)


def _holds(claim: Claim, cast: Cast, side: int) -> bool:
    match claim:
        case Stands():
            thing = cast[claim.thing]
            return thing is not None and _stands(claim, thing, side)
        case Relates():
            subject, other = cast[claim.subject], cast[claim.object]
            return subject is not None and other is not None and _relates(claim, subject, other)


def _stands(claim: Stands, thing: Detection, side: int) -> bool:
    column, row = field(*thing.centre, side)
    return claim.column in (None, column) and claim.row in (None, row)


def _relates(claim: Relates, subject: Detection, other: Detection) -> bool:
    """By centres, and no further off the axis than 45 degrees, as NSR-1K judges (arXiv 2305.15393)."""
    dx, dy = (a - b for a, b in zip(subject.centre, other.centre, strict=True))
    match claim.direction:
        case "left of":
            return -dx >= abs(dy) and dx < 0
        case "right of":
            return dx >= abs(dy) and dx > 0
        case "above":
            return -dy >= abs(dx) and dy < 0
        case "below":
            return dy >= abs(dx) and dy > 0
