"""`python -m evals.reader.world > readings/world.jsonl`: readings of the little world, whose facts are known.

The seeds are none of the benchmark's.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from evals.world.captions import plural
from evals.world.facts import Facts, Relates, Stands
from evals.world.prompts import SETTING_PHRASES, Group, describe, sample_groups

EACH = 40
"""Readings of each number of things, 1 to 8."""

FIRST_SEED = 71_000_000

SIDE = 0.22
"""Side of a thing in parts of the canvas, where each has a third of it."""


def readings() -> Iterator[dict[str, Any]]:
    """Readings of prompts of one to eight things."""
    for count in range(1, 9):
        for number in range(EACH):
            rng = np.random.default_rng((7, count, FIRST_SEED + number))
            groups = sample_groups(rng, count)
            yield reading(f"world/{count}-{number}", describe(rng, groups), groups)


def reading(name: str, facts: Facts, groups: Sequence[Group]) -> dict[str, Any]:
    """The reading of a prompt, by the facts that it was made from."""
    of_thing = [place for place, group in enumerate(groups) for _ in group.cells]
    stands = {of_thing[claim.thing]: claim for claim in facts.claims if isinstance(claim, Stands)}
    relations = {
        (of_thing[claim.subject], claim.direction, of_thing[claim.object]): None
        for claim in facts.claims
        if isinstance(claim, Relates)
    }
    text, lowered = facts.text, facts.text.lower()
    start, setting = next((at, s) for s in SETTING_PHRASES if (at := lowered.find(s)) >= 0)
    # The word of an excluded kind is the last one of its kind.
    absent = [re.findall(rf"\b{kind}(?:s|es)?\b", text)[-1:] for kind in facts.absent]
    return {
        "id": name,
        "prompt": text,
        "things": [_thing(text, group, stands.get(place)) for place, group in enumerate(groups)],
        "relations": [{"subject": s, "predicate": d, "object": o} for s, d, o in relations],
        "background": [text[start : start + len(setting)]],
        "style": [],
        "absent": [word for words in absent for word in words],
    }


def _thing(text: str, group: Group, stands: Stands | None) -> dict[str, Any]:
    several = len(group.cells) > 1
    head = plural(group.noun) if several else group.noun
    phrase = next(one for one in (group.phrase, group.phrase.capitalize()) if one in text)
    x = [(2 * column + 1) / 6 for column, _ in group.cells]
    y = [(2 * row + 1) / 6 for _, row in group.cells]
    box = (min(x) - SIDE / 2, min(y) - SIDE / 2, max(x) + SIDE / 2, max(y) + SIDE / 2)
    return {
        "head": head,
        "count": len(group.cells),
        "need": "must",
        "words": [phrase],
        "horizontal": stands.column if stands else None,
        "vertical": stands.row if stands else None,
        "depth": None,
        "box": [round(1000 * side) for side in box],
    }


if __name__ == "__main__":
    for one in readings():
        sys.stdout.write(json.dumps(one, ensure_ascii=False) + "\n")
