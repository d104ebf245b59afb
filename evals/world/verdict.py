"""A picture held to the facts of its prompt, and what it scores."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations, product

from evals.world.detector import Detection
from evals.world.facts import Claim, Facts, Relates, Stands, Wanted, field_at

SPARE = 2
"""How many more detections than there are things of a kind and colour are tried."""

Matches = tuple[Detection | None, ...]
"""What stands in a picture for each thing that was asked for."""


@dataclass(frozen=True)
class Verdict:
    """What a picture shows of the facts: a match for each thing, and which claims hold."""

    matches: Matches
    claims_held: tuple[bool, ...]
    nothing_else: bool
    """Everything that the picture shows of the world was asked for, and nothing is missing."""

    @property
    def found(self) -> bool:
        """Every thing is there in its colour."""
        return None not in self.matches

    @property
    def right(self) -> bool:
        """Every thing is there, and where the words put it."""
        return self.found and all(self.claims_held)

    def things_right(self, facts: Facts) -> tuple[bool, ...]:
        """For each thing, whether it is there and all claims on its place hold."""
        broken = {
            _placed(claim) for claim, held in zip(facts.claims, self.claims_held, strict=True) if not held
        }
        return tuple(d is not None and i not in broken for i, d in enumerate(self.matches))


def judge(facts: Facts, detections: Sequence[Detection], side: int) -> Verdict:
    """The verdict on a square picture of `side` pixels, by what the detector sees in it.

    Where several detections can be one thing, those are taken with which most of the claims hold.
    """
    matches = _best_matches(facts, detections, side)
    held = tuple(_holds(claim, matches, side) for claim in facts.claims)
    number = sum(detection is not None for detection in matches)
    return Verdict(matches, held, len(detections) == number == len(facts.things))


def measure(facts: Facts, detections: Sequence[Detection], side: int) -> dict[str, float | None]:
    """Shares of what is asked for that a square picture of `side` pixels shows; None where nothing is asked.

    "scene" is 1 where everything is right: each thing is there in its colour and where the words put it, no
    more of any kind and colour than asked for, and nothing of what should be absent.
    """
    verdict = judge(facts, detections, side)
    wanted = Counter((thing.kind, thing.colour) for thing in facts.things)
    shown = Counter((detection.kind, detection.colour) for detection in detections)
    kept_out = [all(d.kind != kind for d in detections) for kind in facts.absent]
    exact = all(shown[what] == count for what, count in wanted.items())
    return {
        "scene": float(verdict.right and exact and all(kept_out)),
        "things": _share(verdict.things_right(facts)),
        "found": _share(detection is not None for detection in verdict.matches),
        "claims": _share(verdict.claims_held),
        "counts": _share(shown[what] == count for what, count in wanted.items() if count > 1),
        "absent": _share(kept_out),
        "nothing else": float(verdict.nothing_else),
    }


def describe_errors(facts: Facts, detections: Sequence[Detection], side: int) -> str:
    """What is wrong in a picture, in words; empty where all is right."""
    verdict = judge(facts, detections, side)
    right = verdict.things_right(facts)
    errors = Counter(
        f"{thing.colour} {thing.noun} {'misplaced' if detection else 'missing'}"
        for thing, detection, held in zip(facts.things, verdict.matches, right, strict=True)
        if not held
    )
    return "; ".join(f"{error} × {number}" if number > 1 else error for error, number in errors.items())


def _share(results: Iterable[bool]) -> float | None:
    listed = list(results)
    return sum(listed) / len(listed) if listed else None


def _placed(claim: Claim) -> int:
    """The thing that a claim places."""
    return claim.thing if isinstance(claim, Stands) else claim.subject


def _best_matches(facts: Facts, detections: Sequence[Detection], side: int) -> Matches:
    """As many things as possible with a detection of their kind and colour each, so that most claims hold.

    Each kind that no relation joins to others is settled by itself, so that the ways to match a crowd add up
    instead of multiplying.
    """
    chosen: dict[int, Detection | None] = {}
    for joined in _joined(facts):
        things = {index for alike in joined for index in alike}
        claims = [claim for claim in facts.claims if _placed(claim) in things]
        ways = [list(_ways(alike, facts.things[alike[0]], detections)) for alike in joined]
        options = (dict(pair for part in parts for pair in part) for parts in product(*ways))
        chosen |= max(options, key=lambda matches: sum(_holds(claim, matches, side) for claim in claims))
    return tuple(chosen[index] for index in range(len(facts.things)))


def _joined(facts: Facts) -> list[list[list[int]]]:
    """The things of one kind and colour together, in sets that relations join.

    Things that are alike share detections; things of one set have to be settled together.
    """
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

    If there are many more detections than things, only the surest are tried.
    """
    fitting = [d for d in detections if (d.kind, d.colour) == (what.kind, what.colour)]
    surest = sorted(fitting, key=lambda d: -d.score)[: len(indices) + SPARE]
    missing = [None] * max(0, len(indices) - len(surest))
    for order in dict.fromkeys(permutations([*range(len(surest)), *missing], len(indices))):
        yield tuple((i, None if d is None else surest[d]) for i, d in zip(indices, order, strict=True))


def _holds(claim: Claim, matches: Matches | Mapping[int, Detection | None], side: int) -> bool:
    """Whether a claim holds: a relation by centres, and no further off its axis than 45 degrees.

    So NSR-1K judges relations (arXiv 2305.15393).
    """
    if isinstance(claim, Stands):
        thing = matches[claim.thing]
        if thing is None:
            return False
        column, row = field_at(*thing.centre, side)
        return claim.column in (None, column) and claim.row in (None, row)
    subject, other = matches[claim.subject], matches[claim.object]
    if subject is None or other is None:
        return False
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
