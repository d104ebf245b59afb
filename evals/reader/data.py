"""Readings as labels for training: of each word, each thing and each pair of things."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planner.reader.labels import DEPTHS, HORIZONTALS, PREDICATES, SETTINGS, VERTICALS, count_class
from planner.reader.tokens import Token, tokens

Reading = Mapping[str, Any]
"""One line of a file of readings, as readings/GUIDE.md has it."""

NEEDS = ("", "may", "must")

_MIRRORED = {
    "left": "right",
    "right": "left",
    "Left": "Right",
    "Right": "Left",
    "LEFT": "RIGHT",
    "RIGHT": "LEFT",
}
_SIDE = re.compile(r"\b(?:left|right)\b", re.IGNORECASE)

_NO_SIDE = re.compile(
    r"\bright (?:now|away|after|next|above|below|under|angle|in|on|at|beside|before|behind|through|into)\b"
    r"|\bleft (?:over|behind|in|open|alone|by|out|to|blank|empty|unfinished)\b"
    r"|\b(?:is|are|was|were|has|have) left\b",
    re.IGNORECASE,
)
"""Phrases in which these two words name no side."""


@dataclass(frozen=True)
class ThingLabels:
    """A thing: the indices of its head, of the words of its name and of all its words, its classes and box.

    The box is its middle and its sides (x, y, width, height), in parts of the canvas.
    """

    head: int
    name: tuple[int, ...]
    need: int
    owned: tuple[int, ...]
    count: int
    horizontal: int
    vertical: int
    depth: int
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Labels:
    """A prompt's words with their labels; `relations` are the indices of two things and a class."""

    words: tuple[Token, ...]
    things: tuple[ThingLabels, ...]
    settings: tuple[tuple[int, ...], ...]
    relations: tuple[tuple[int, int, int], ...]


def read_readings(paths: Sequence[Path]) -> list[Reading]:
    """The readings of all files, in their order."""
    return [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines() if line]


def mirrored(reading: Reading) -> Reading | None:
    """The reading of the mirrored picture; None where its words name no side, or "left" and "right" mean
    something else.
    """
    prompt = reading["prompt"]
    if not _SIDE.search(prompt) or _NO_SIDE.search(prompt):
        return None
    text = json.dumps(
        {name: value for name, value in reading.items() if name != "relations"}, ensure_ascii=False
    )
    flipped = json.loads(_SIDE.sub(lambda word: _MIRRORED.get(word[0], word[0]), text))
    for thing in flipped["things"]:
        x0, y0, x1, y1 = thing["box"]
        thing["box"] = [1000 - x1, y0, 1000 - x0, y1]
    sides = {"left of": "right of", "right of": "left of"}
    flipped["relations"] = [
        {**one, "predicate": sides.get(one["predicate"], one["predicate"])} for one in reading["relations"]
    ]
    return flipped


def label_reading(reading: Reading) -> Labels:
    """The labels of a reading. A thing whose head belongs to an earlier thing is left out."""
    prompt, words = reading["prompt"], tokens(reading["prompt"])
    things: dict[int, ThingLabels] = {}
    taken = set[int]()
    for number, thing in enumerate(reading["things"]):
        owned = {i for text in thing["words"] for i in _within(prompt, words, text)}
        # The head is at its first place among the thing's own words, else anywhere.
        free = [name for name in _places(prompt, words, thing["head"]) if name[-1] not in taken]
        name = next((name for name in free if name[-1] in owned), free[0] if free else [])
        if not name:
            continue
        taken.add(name[-1])
        x0, y0, x1, y1 = (side / 1000 for side in thing["box"])
        things[number] = ThingLabels(
            head=name[-1],
            name=tuple(name),
            need=NEEDS.index(thing["need"]),
            owned=tuple(sorted({*owned, *name})),
            count=count_class(thing["count"]),
            horizontal=HORIZONTALS.index(thing["horizontal"]),
            vertical=VERTICALS.index(thing["vertical"]),
            depth=DEPTHS.index(thing["depth"]),
            box=((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0),
        )
    order = {number: place for place, number in enumerate(things)}
    relations = tuple(
        (order[one["subject"]], order[one["object"]], PREDICATES.index(one["predicate"]))
        for one in reading["relations"]
        if one["subject"] in order and one["object"] in order
    )
    settings = tuple(
        tuple(sorted({i for text in reading[name] for i in _within(prompt, words, text)}))
        for name in SETTINGS
    )
    return Labels(words, tuple(things.values()), settings, relations)


def _places(prompt: str, words: Sequence[Token], text: str) -> Iterator[list[int]]:
    """The indices of the words of a text, at each of its places in the prompt."""
    start = prompt.find(text)
    while start >= 0:
        found = [i for i, word in enumerate(words) if word.start >= start and word.end <= start + len(text)]
        if found:
            yield found
        start = prompt.find(text, start + 1)


def _within(prompt: str, words: Sequence[Token], text: str) -> list[int]:
    """The indices of the words of a text at its first place; a quotation counts as a whole."""
    start = prompt.find(text)
    end = start + len(text)
    return [
        i
        for i, word in enumerate(words)
        if start >= 0
        and (
            (word.start >= start and word.end <= end)
            or (word.quoted and word.start < end and start < word.end)
        )
    ]
