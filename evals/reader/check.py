"""`python -m evals.reader.check [FILE …]`: does every reading follow GUIDE.md, letter by letter?"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from planner.placing.predicates import Stand, holds
from planner.reader.labels import DEPTHS, HORIZONTALS, PREDICATES, VERTICALS
from planner.scene import GRID, Box

READINGS = Path(__file__).parent / "readings"

_FIELDS = {"id", "prompt", "things", "relations", "background", "style", "absent"}
_OF_THINGS = {"head", "count", "need", "words", "horizontal", "vertical", "depth", "box"}
_SIDES = {"left": (0, 500), "right": (500, GRID), "top": (0, 500), "bottom": (500, GRID)}
_CHECKED = ("left of", "right of", "above", "below")
"""Relations that the boxes of a reading have to show; for the others depth says more than boxes do."""


def faults(reading: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a reading, one sentence each."""
    if set(reading) != _FIELDS:
        yield f"has the fields {sorted(reading)}, not {sorted(_FIELDS)}"
        return
    prompt = reading["prompt"]
    for thing in reading["things"]:
        yield from (f"{thing.get('head')!r}: {fault}" for fault in _of_thing(thing, prompt))
    for one in reading["relations"]:
        yield from _of_relation(one, reading["things"])
    for name in ("background", "style", "absent"):
        yield from (f"{name}: {text!r} is not in the prompt" for text in reading[name] if text not in prompt)


def _of_thing(thing: Mapping[str, Any], prompt: str) -> Iterator[str]:
    if set(thing) != _OF_THINGS:
        yield f"has the fields {sorted(thing)}, not {sorted(_OF_THINGS)}"
        return
    yield from (
        f"{text!r} is not in the prompt" for text in (thing["head"], *thing["words"]) if text not in prompt
    )
    if not any(thing["head"].split()[-1] in text for text in thing["words"]):
        yield "its head is in none of its words"
    if thing["need"] not in ("must", "may"):
        yield f"need is {thing['need']!r}, neither must nor may"
    if thing["count"] is not None and thing["count"] < 1:
        yield "its count is below one"
    known = zip(("horizontal", "vertical", "depth"), (HORIZONTALS, VERTICALS, DEPTHS), strict=True)
    yield from (f"{name} is {thing[name]!r}" for name, words in known if thing[name] not in words)
    x0, y0, x1, y1 = thing["box"]
    if not (0 <= x0 < x1 <= GRID and 0 <= y0 < y1 <= GRID):
        yield f"its box {thing['box']} is empty or off the canvas"
    for side, middle in ((thing["horizontal"], (x0 + x1) / 2), (thing["vertical"], (y0 + y1) / 2)):
        low, high = _SIDES.get(side, (0, GRID))
        if not low <= middle <= high:
            yield f"its box is not at the {side}"


def _of_relation(one: Mapping[str, Any], things: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    ends = one["subject"], one["object"]
    if one["predicate"] not in PREDICATES[1:] or not all(0 <= end < len(things) for end in ends):
        yield f"{one} is no relation between two things"
        return
    if ends[0] == ends[1]:
        yield f"{one} holds a thing against itself"
    middles: list[Stand] = []
    for x0, y0, x1, y1 in (things[end]["box"] for end in ends):
        x, y = (min(max((low + high) // 2, 0), GRID - 1) for low, high in ((x0, x1), (y0, y1)))
        middles.append(Stand(Box(x0=x, y0=y, x1=x + 1, y1=y + 1)))
    if one["predicate"] in _CHECKED and not holds(one["predicate"], *middles):
        heads = [things[end]["head"] for end in ends]
        yield f"the boxes deny that {heads[0]!r} is {one['predicate']} {heads[1]!r}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print every fault; returns 0 where there is none, else 1."""
    parser = argparse.ArgumentParser(prog="python -m evals.reader.check", description=__doc__)
    parser.add_argument("files", type=Path, nargs="*", default=sorted(READINGS.glob("*.jsonl")))
    options = parser.parse_args(arguments)
    number, wrong = 0, 0
    for path in options.files:
        for line, text in enumerate(path.read_text("utf-8").splitlines(), start=1):
            number += 1
            for fault in faults(json.loads(text)):
                wrong += 1
                print(f"{path.name}, line {line}: {fault}")
    print(f"{number} readings, {wrong} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
