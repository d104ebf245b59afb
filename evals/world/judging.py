"""A picture held to the facts of its prompt."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations, product

from evals.world.detector import Detection
from evals.world.facts import Claim, Facts, Relates, Stands, Wanted
from evals.world.tableau import field

SPARE = 2
"""Detections more than there are things of a kind and colour among which the best are looked for."""

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

    def things_right(self, facts: Facts) -> tuple[bool, ...]:
        """For each thing, whether it is there and all that is said of its place holds."""
        broken = {_about(claim) for claim, held in zip(facts.claims, self.placed, strict=True) if not held}
        return tuple(d is not None and i not in broken for i, d in enumerate(self.cast))


def judge(facts: Facts, detections: Sequence[Detection], side: int) -> Verdict:
    """The verdict on a square picture of `side` pixels, by what the detector sees in it.

    Where several detections can be one thing, those are taken with which most of the claims hold.
    """
    cast = _best(facts, detections, side)
    placed = tuple(_holds(claim, cast, side) for claim in facts.claims)
    return Verdict(cast, placed, len(detections) == _count(cast) == len(facts.things))


def _about(claim: Claim) -> int:
    """The thing that a claim places."""
    return claim.thing if isinstance(claim, Stands) else claim.subject


def _best(facts: Facts, detections: Sequence[Detection], side: int) -> Cast:
    """As many things as can be with a detection of their kind and colour each, so that most claims hold.

    Kinds that no relation joins, however far round, are settled each by itself: the ways of a crowd are
    added up, and not multiplied.
    """
    given: dict[int, Detection | None] = {}
    for joined in _joined(facts):
        about = [claim for claim in facts.claims if _about(claim) in {i for alike in joined for i in alike}]
        ways = [list(_ways(alike, facts.things[alike[0]], detections)) for alike in joined]
        casts = (dict(pair for part in parts for pair in part) for parts in product(*ways))
        given |= max(casts, key=lambda cast: sum(_holds(claim, cast, side) for claim in about))
    return tuple(given[index] for index in range(len(facts.things)))


def _joined(facts: Facts) -> list[list[list[int]]]:
    """The things by what they share detections with, which is what is alike, in sets that relations join."""
    alike: dict[tuple[str, str], list[int]] = {}
    for index, thing in enumerate(facts.things):
        alike.setdefault((thing.kind, thing.colour), []).append(index)
    sets = [[indices] for indices in alike.values()]
    for claim in facts.claims:
        if isinstance(claim, Relates):
            ends = {claim.subject, claim.object}
            met = [joined for joined in sets if any(ends & set(indices) for indices in joined)]
            apart = [joined for joined in sets if joined not in met]
            sets = [*apart, sorted(indices for joined in met for indices in joined)]
    return sets


def _ways(
    indices: list[int], what: Wanted, detections: Sequence[Detection]
) -> Iterator[tuple[tuple[int, Detection | None], ...]]:
    """The detections of one kind and colour, given in every order to the things of it.

    Of many more detections than things the surest are tried.
    """
    fitting = [d for d in detections if (d.kind, d.colour) == (what.kind, what.colour)]
    surest = sorted(fitting, key=lambda d: -d.score)[: len(indices) + SPARE]
    missing = [None] * max(0, len(indices) - len(surest))
    for chosen in dict.fromkeys(permutations([*range(len(surest)), *missing], len(indices))):
        yield tuple((i, None if d is None else surest[d]) for i, d in zip(indices, chosen, strict=True))


def _count(cast: Cast) -> int:
    return sum(detection is not None for detection in cast)


def _holds(claim: Claim, cast: Cast | Mapping[int, Detection | None], side: int) -> bool:
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
