"""Plans against readings: what a skilled art director takes from a prompt, in the prompt's own words.

A reading (evals/reader/readings/GUIDE.md) names the things, the words that each owns, counts, places and
relations. What can't be a region of its own, or stands in the wrong region, is counted against the plan.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from evals.benchmarks.naming import words_of
from evals.benchmarks.reading import Upstream, json_lines_of, upstream_file
from evals.benchmarks.samples import Benchmark, Edges, Instance, Planned, Sample, Scores
from planner.placing.predicates import Stand, holds
from planner.scene import GRID, MAX_COUNTED, Box, Predicate
from planner.words import GRAMMAR

OFF = 0.02
"""Part of the canvas by which the middle of what stands at a side is off the canvas's middle at least."""

CENTRAL = (0.3, 0.7)
"""Where the middle of what stands in the middle is."""

OPENING = 4
"""Words of a region's prompt among which its thing is named, where its name says something else."""

ENOUGH = 0.5
"""Part of a thing's own words that a whole plan has at least."""


_NUMBERS = frozenset(
    [
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "dozen",
    ]
)
"""Words that say how many, which is counted apart: of one of three cats nothing says "three"."""


class Thing(Upstream):
    """What can be drawn in a part of the picture of its own."""

    head: str = Field(min_length=1)
    count: int | None = None
    need: Literal["must", "may"] = "must"
    words: tuple[str, ...] = ()
    horizontal: Literal["left", "center", "right"] | None = None
    vertical: Literal["top", "middle", "bottom"] | None = None


class Related(Upstream):
    """How one thing stands to another, both by their places in the list."""

    subject: int
    predicate: Predicate
    object: int


class Reading(Upstream):
    """One line of a file of readings."""

    id: str
    prompt: str = Field(min_length=1)
    things: tuple[Thing, ...]
    relations: tuple[Related, ...] = ()
    background: tuple[str, ...] = ()
    style: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shown:
    """A plan's instances, and the thing by place that each of them shows, or None."""

    instances: tuple[Instance, ...]
    things: tuple[int | None, ...]

    def of(self, thing: int) -> list[Instance]:
        """The instances that show a thing."""
        pairs = zip(self.instances, self.things, strict=True)
        return [instance for instance, shown in pairs if shown == thing]


def score_reading(facts: Reading, planned: Planned) -> Scores:
    """How far a plan is what the reading says; None where the prompt has nothing of the kind."""
    instances = tuple(_with_groups_as_one(planned))
    shown = Shown(instances, tuple(_thing_of(instance, facts.things) for instance in instances))
    things = range(len(facts.things))
    drawn = [place for place in things if shown.of(place)]
    must = [place for place in things if facts.things[place].need == "must"]
    scores = {
        "regions right": _mean(_right(shown, facts)),
        "things found": _mean(float(place in drawn) for place in must),
        "counts": _mean(_counts(shown, facts)),
        "places": _mean(kept for place in drawn for kept in _places(facts.things[place], shown.of(place))),
        "relations": _mean(_relations(shown, facts, planned)),
        "own words": _mean(_own(shown, facts, place) for place in drawn if place in must),
        "foreign words": _mean(_foreign(shown, facts, place) for place in drawn),
    }
    kept = ("regions right", "things found", "counts", "places", "relations")
    whole = all(scores[name] in (None, 1.0) for name in kept) and not scores["foreign words"]
    own = [_own(shown, facts, place) for place in drawn if place in must]
    return {**scores, "whole": float(whole and all(share >= ENOUGH for share in own))}


def _with_groups_as_one(planned: Planned) -> Iterator[Instance]:
    """The instances, but one for each region that shows a group of more than ten."""
    groups = {region.name for region in planned.scene.regions if region.count > MAX_COUNTED}
    told = set[str]()
    for instance in planned.instances:
        if instance.name not in told:
            yield instance
        told |= {instance.name} & groups


def _thing_of(instance: Instance, things: Sequence[Thing]) -> int | None:
    """The thing that an instance shows: of namesakes the one whose words it has most of."""
    said = _content([instance.prompt])
    likely = {
        place: (named, len(said & _content(thing.words)))
        for place, thing in enumerate(things)
        if (named := _named(instance, words_of(thing.head)))
    }
    return max(likely, key=lambda place: likely[place], default=None)


def _named(instance: Instance, head: Sequence[str]) -> int:
    """How surely an instance is called by a head: by its name, in its name, or where its prompt begins."""
    name, opening = words_of(instance.name), words_of(instance.prompt)
    opening = opening[: max(OPENING, len(head) + 2)]
    if not head:
        return 0
    if name[-1:] == (head[-1],) or set(head) <= set(name):
        return 2
    return int(head[-1] in name or head[-1] in opening)


def _right(shown: Shown, facts: Reading) -> Iterator[float]:
    """Whether each instance is a thing of the reading, and not one too many."""
    seen = dict[int, int]()
    for thing in shown.things:
        if thing is None:
            yield 0.0
            continue
        seen[thing] = seen.get(thing, 0) + 1
        count = facts.things[thing].count
        yield float(count is None or count > MAX_COUNTED or seen[thing] <= max(count, 1))


def _counts(shown: Shown, facts: Reading) -> Iterator[float]:
    for place, thing in enumerate(facts.things):
        if thing.count is not None and 2 <= thing.count <= MAX_COUNTED and shown.of(place):
            yield float(len(shown.of(place)) == thing.count)


def _places(thing: Thing, instances: Sequence[Instance]) -> Iterator[float]:
    """Whether each stated side is kept by the middle of all that shows the thing."""
    x0, y0, x1, y1 = _around(instances)
    for side, middle in ((thing.horizontal, (x0 + x1) / 2), (thing.vertical, (y0 + y1) / 2)):
        if side in ("left", "top"):
            yield float(middle < 0.5 - OFF)
        elif side in ("right", "bottom"):
            yield float(middle > 0.5 + OFF)
        elif side is not None:
            yield float(CENTRAL[0] <= middle <= CENTRAL[1])


def _relations(shown: Shown, facts: Reading, planned: Planned) -> Iterator[float]:
    depths = {region.name: region.depth for region in planned.scene.regions}
    depths |= {region.name.rpartition(" ")[0]: region.depth for region in planned.scene.regions}
    for one in facts.relations:
        subject, other = shown.of(one.subject), shown.of(one.object)
        if subject and other:
            stands = [Stand(_box(each), depths.get(each[0].name, 0)) for each in (subject, other)]
            yield float(holds(one.predicate, *stands))


def _own(shown: Shown, facts: Reading, place: int) -> float:
    """The part of a thing's own words that its region's prompt has."""
    heads = {w for i, thing in enumerate(facts.things) if i != place for w in words_of(thing.head)}
    thing = facts.things[place]
    due = (_content(thing.words) - heads) or _content([thing.head])
    said = _content(instance.prompt for instance in shown.of(place))
    return len(said & due) / max(len(due), 1)


def _foreign(shown: Shown, facts: Reading, place: int) -> float:
    """The part of a region's words that the prompt says of other things alone."""
    said = _content(instance.prompt for instance in shown.of(place))
    things = [_content((*thing.words, thing.head)) for thing in facts.things]
    others = {word for i, words in enumerate(things) if i != place for word in words}
    foreign = said & others - things[place] - _content((*facts.background, *facts.style))
    return len(foreign) / max(len(said), 1)


def _content(texts: "Sequence[str] | Iterator[str]") -> set[str]:
    return {word for text in texts for word in words_of(text) if not word.isdigit()} - GRAMMAR - _NUMBERS


def _around(instances: Sequence[Instance]) -> Edges:
    low = [min(instance.box[side] for instance in instances) for side in (0, 1)]
    high = [max(instance.box[side] for instance in instances) for side in (2, 3)]
    return (low[0], low[1], high[0], high[1])


def _box(instances: Sequence[Instance]) -> Box:
    x0, y0, x1, y1 = (round(GRID * side) for side in _around(instances))
    return Box(x0=x0, y0=y0, x1=x1, y1=y1)


def _mean(values: Iterator[float]) -> float | None:
    kept = list(values)
    return sum(kept) / len(kept) if kept else None


def _read(path: Path) -> tuple[Sample[Reading], ...]:
    lines = json_lines_of(upstream_file(path, "readings.jsonl"), Reading)
    return tuple(Sample(reading.id, reading.prompt, reading) for _, reading in lines)


READINGS = Benchmark(
    "readings",
    "regions that are things, things found, their counts, places, relations and words, by readings",
    _read,
    score_reading,
)
