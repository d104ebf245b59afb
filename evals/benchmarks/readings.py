"""Compares plans with readings: what a skilled art director takes from a prompt, in the prompt's own words.

A reading (evals/reader/readings/GUIDE.md) names the things, the words that belong to each, counts, places and
relations. A plan loses points for a region that is none of the things, and for words in the wrong region.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from evals.benchmarks.naming import words_of
from evals.benchmarks.samples import Benchmark, Edges, Instance, Planned, Sample, Scores
from evals.benchmarks.upstream import UpstreamRecord, find_file, read_json_lines
from planner.placing.predicates import Stand, holds
from planner.scene import GRID, MAX_COUNTED, Box, Predicate
from planner.words import GRAMMAR

MARGIN = 0.02
"""Share of the canvas by which a thing at a side has its middle off the canvas's middle, at least."""

CENTRAL = (0.3, 0.7)
"""The range for the middle of a thing in the middle, in shares of the canvas."""

OPENING = 4
"""Words at the beginning of a region's prompt that can name its thing, if the region's name does not."""

ENOUGH = 0.5
"""Share of each thing's own words that a plan without faults has, at least."""

_NUMBERS = frozenset(
    "one two three four five six seven eight nine ten eleven twelve dozen".split()  # noqa: SIM905  # it is prose
)
"""Number words: counts are scored apart, and the region of one of three cats does not say "three"."""


class Thing(UpstreamRecord):
    """Something that can be drawn in a part of the picture of its own."""

    head: str = Field(min_length=1)
    count: int | None = None
    need: Literal["must", "may"] = "must"
    words: tuple[str, ...] = ()
    horizontal: Literal["left", "center", "right"] | None = None
    vertical: Literal["top", "middle", "bottom"] | None = None


class Related(UpstreamRecord):
    """A relation between two things, which are indices into the reading's list."""

    subject: int
    predicate: Predicate
    object: int


class Reading(UpstreamRecord):
    """One line of a file of readings."""

    id: str
    prompt: str = Field(min_length=1)
    things: tuple[Thing, ...]
    relations: tuple[Related, ...] = ()
    background: tuple[str, ...] = ()
    style: tuple[str, ...] = ()


def score_reading(facts: Reading, planned: Planned) -> Scores:
    """How well a plan agrees with a reading; None where the prompt has nothing of the kind."""
    things = facts.things
    instances = _with_large_groups_as_one(planned)
    matches = [_matching_thing(instance, things) for instance in instances]
    # The instances that show each thing.
    shown = [
        [instance for instance, match in zip(instances, matches, strict=True) if match == place]
        for place in range(len(things))
    ]
    found = [place for place in range(len(things)) if shown[place]]
    required = [place for place, thing in enumerate(things) if thing.need == "must"]
    counted = [
        place for place in found if (count := things[place].count) is not None and 2 <= count <= MAX_COUNTED
    ]
    words = {place: _word_shares(facts, place, shown[place]) for place in found}
    own = [words[place][0] for place in found if place in required]
    scores = {
        "regions right": _mean(_regions_right(matches, things)),
        "things found": _mean(float(place in found) for place in required),
        "counts": _mean(float(len(shown[place]) == things[place].count) for place in counted),
        "places": _mean(right for place in found for right in _places_right(things[place], shown[place])),
        "relations": _mean(_relations_right(facts, shown, planned)),
        "own words": _mean(own),
        "foreign words": _mean(foreign for _, foreign in words.values()),
    }
    perfect = ("regions right", "things found", "counts", "places", "relations")
    is_whole = all(scores[name] in (None, 1.0) for name in perfect) and not scores["foreign words"]
    return {**scores, "whole": float(is_whole and all(share >= ENOUGH for share in own))}


def _with_large_groups_as_one(planned: Planned) -> list[Instance]:
    """The instances, but only one for a region that shows a group of more than `MAX_COUNTED`."""
    large = {region.name for region in planned.scene.regions if region.count > MAX_COUNTED}
    instances = list[Instance]()
    seen = set[str]()
    for instance in planned.instances:
        if instance.name not in large & seen:
            instances.append(instance)
        seen.add(instance.name)
    return instances


def _matching_thing(instance: Instance, things: Sequence[Thing]) -> int | None:
    """The index of the thing that an instance shows; None if it shows none.

    A thing that the instance's name names comes before one that is only named at the beginning of its prompt;
    after that counts which thing has more words in common with the prompt.
    """
    name, prompt = words_of(instance.name), words_of(instance.prompt)
    words = _content([instance.prompt])
    ranks = dict[int, tuple[int, int]]()
    for place, thing in enumerate(things):
        head = words_of(thing.head)
        opening = prompt[: max(OPENING, len(head) + 2)]
        common = len(words & _content(thing.words))
        if head and (name[-1:] == head[-1:] or set(head) <= set(name)):
            ranks[place] = 2, common
        elif head and (head[-1] in name or head[-1] in opening):
            ranks[place] = 1, common
    return max(ranks, key=lambda place: ranks[place], default=None)


def _regions_right(matches: Sequence[int | None], things: Sequence[Thing]) -> Iterator[float]:
    """Whether each instance is a thing of the reading, and not one too many of it."""
    seen = dict[int, int]()
    for match in matches:
        if match is None:
            yield 0.0
            continue
        seen[match] = seen.get(match, 0) + 1
        count = things[match].count
        yield float(count is None or count > MAX_COUNTED or seen[match] <= max(count, 1))


def _places_right(thing: Thing, instances: Sequence[Instance]) -> Iterator[float]:
    """Whether the middle of all instances of a thing is at each side that the reading states."""
    x0, y0, x1, y1 = _bounds(instances)
    for side, middle in ((thing.horizontal, (x0 + x1) / 2), (thing.vertical, (y0 + y1) / 2)):
        if side in ("left", "top"):
            yield float(middle < 0.5 - MARGIN)
        elif side in ("right", "bottom"):
            yield float(middle > 0.5 + MARGIN)
        elif side is not None:
            yield float(CENTRAL[0] <= middle <= CENTRAL[1])


def _relations_right(
    facts: Reading, shown: Sequence[Sequence[Instance]], planned: Planned
) -> Iterator[float]:
    """Whether each relation between two things that are shown holds for their boxes and depths."""
    depths = {region.name: region.depth for region in planned.scene.regions}
    depths |= {region.name.rpartition(" ")[0]: region.depth for region in planned.scene.regions}
    for relation in facts.relations:
        pair = shown[relation.subject], shown[relation.object]
        if all(pair):
            stands = list[Stand]()
            for instances in pair:
                x0, y0, x1, y1 = (round(GRID * edge) for edge in _bounds(instances))
                stands.append(Stand(Box(x0=x0, y0=y0, x1=x1, y1=y1), depths.get(instances[0].name, 0)))
            yield float(holds(relation.predicate, *stands))


def _word_shares(facts: Reading, place: int, instances: Sequence[Instance]) -> tuple[float, float]:
    """The share of a thing's own words that its regions' prompts have, and the foreign share of theirs.

    Foreign are words that the reading gives to other things alone.
    """
    thing = facts.things[place]
    others = [other for i, other in enumerate(facts.things) if i != place]
    words = _content(instance.prompt for instance in instances)
    own = _content(thing.words) - {word for other in others for word in words_of(other.head)}
    own = own or _content([thing.head])
    foreign = words & {word for other in others for word in _content((*other.words, other.head))}
    foreign -= _content((*thing.words, thing.head, *facts.background, *facts.style))
    return len(words & own) / max(len(own), 1), len(foreign) / max(len(words), 1)


def _content(texts: Iterable[str]) -> set[str]:
    """The words of texts, without numbers and words of grammar."""
    return {word for text in texts for word in words_of(text) if not word.isdigit()} - GRAMMAR - _NUMBERS


def _bounds(instances: Sequence[Instance]) -> Edges:
    """The box around all boxes."""
    low = [min(instance.box[side] for instance in instances) for side in (0, 1)]
    high = [max(instance.box[side] for instance in instances) for side in (2, 3)]
    return (low[0], low[1], high[0], high[1])


def _mean(values: Iterable[float]) -> float | None:
    listed = list(values)
    return sum(listed) / len(listed) if listed else None


def _read(path: Path) -> tuple[Sample[Reading], ...]:
    lines = read_json_lines(find_file(path, "readings.jsonl"), Reading)
    return tuple(Sample(reading.id, reading.prompt, reading) for _, reading in lines)


READINGS = Benchmark(
    "readings",
    "regions that are things, things found, their counts, places, relations and words, by readings",
    _read,
    score_reading,
)
