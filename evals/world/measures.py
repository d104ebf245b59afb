"""What a picture of the little world gets for what is seen in it."""

from collections import Counter
from collections.abc import Iterable, Sequence

from evals.world.detector import Detection
from evals.world.facts import Facts
from evals.world.judging import judge


def measures(facts: Facts, seen: Sequence[Detection], side: int) -> dict[str, float | None]:
    """Shares of what is asked for that a square picture of `side` pixels shows; None where nothing is asked.

    "scene" is 1 where everything is right: each thing is there in its colour and where the words put it, no
    more of any kind and colour than asked for, and nothing of what should be absent.
    """
    verdict = judge(facts, seen, side)
    asked = Counter((thing.kind, thing.colour) for thing in facts.things)
    shown = Counter((detection.kind, detection.colour) for detection in seen)
    kept_out = [all(d.kind != kind for d in seen) for kind in facts.absent]
    exact = all(shown[what] == count for what, count in asked.items())
    return {
        "scene": float(verdict.right and exact and all(kept_out)),
        "things": _share(verdict.things_right(facts)),
        "found": _share(detection is not None for detection in verdict.cast),
        "claims": _share(verdict.placed),
        "counts": _share(shown[what] == count for what, count in asked.items() if count > 1),
        "absent": _share(kept_out),
        "nothing else": float(verdict.alone),
    }


def missed(facts: Facts, seen: Sequence[Detection], side: int) -> str:
    """What is wrong in a picture, in words; empty where all is right."""
    verdict = judge(facts, seen, side)
    right = verdict.things_right(facts)
    lines = [
        f"{thing.colour} {thing.noun} {'misplaced' if detection else 'missing'}"
        for thing, detection, held in zip(facts.things, verdict.cast, right, strict=True)
        if not held
    ]
    return "; ".join(f"{line} × {number}" if number > 1 else line for line, number in Counter(lines).items())


def _share(results: Iterable[bool]) -> float | None:
    listed = list(results)
    return sum(listed) / len(listed) if listed else None
