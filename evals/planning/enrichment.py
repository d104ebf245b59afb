"""`python -m evals.planning.enrichment RUN [RUN …]`: what a planner adds to the user's words, and if it fits.

Of every region of a run's plans: the attributes and parts that the parser of English reads in its prompt, and
not in the user's words for it; and the contradictions: colours and numbers other than the user's, other
regions' things, and what is absent. Of every plan: what is not planned of the prompt though the built-in
planner plans it.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.planning.rows import ROWS, Row, read_rows
from evals.statistics import interval
from planner.builtin import BuiltinPlanner
from planner.builtin.lexicon import COLOURS, NUMBERS
from planner.errors import UserError
from planner.llm.pairing import head, pairs
from planner.plans import Ask, Draft, Size
from planner.scene import Region, Scene
from planner.tracing import trace, unnumbered
from planner.words import folded, mentions

_LOOKS = ("attribute", "part", "thing")


@dataclass(frozen=True)
class Enriched:
    """One region: its prompt, the user's words for it, what it gained, and what contradicts the prompt."""

    prompt: str
    words: str
    gained: tuple[str, ...]
    against: tuple[str, ...]


@dataclass(frozen=True)
class Enrichment:
    """A plan: its regions that draw what the user names, and what it loses of the prompt."""

    regions: tuple[Enriched, ...]
    lost: tuple[str, ...]


def enrichment(prompt: str, scene: Scene) -> Enrichment:
    """What the prompts of a scene's regions add to the user's own words."""
    read = BuiltinPlanner()(prompt)
    regions = _once(scene.regions)
    found = ((pair.thing, pair.region) for pair in pairs(regions, read.scene))
    drawn = [(thing, regions[place]) for thing, place in found if place is not None]
    return Enrichment(tuple(_region(thing, region, read) for thing, region in drawn), _lost(scene, read))


def _once(regions: Sequence[Region]) -> tuple[Region, ...]:
    """One of each kind: "cat 1" and "cat 2" are drawn from one prompt."""
    named = {unnumbered(region.name): region for region in reversed(regions)}
    return tuple(region.model_copy(update={"name": name}) for name, region in reversed(list(named.items())))


def _region(thing: Region, region: Region, read: Draft) -> Enriched:
    before, after = _asks(thing.prompt), _asks(region.prompt)
    own = set(folded(f"{thing.name} {thing.prompt}"))
    told = (ask.text if ask.kind == "attribute" else " ".join(ask.words) for ask in after)
    gained = tuple(dict.fromkeys(text for text in told if not set(folded(text)) <= own))
    against = (
        *_colours(before, after),
        *_numbers(thing.prompt, region.prompt),
        *_strangers(thing, region, read.scene),
    )
    return Enriched(region.prompt, thing.prompt, gained, against)


def _asks(text: str) -> tuple[Ask, ...]:
    return tuple(ask for ask in BuiltinPlanner()(text).asks or () if ask.kind in _LOOKS)


def _colours(before: Sequence[Ask], after: Sequence[Ask]) -> Iterator[str]:
    """Colours of the thing itself, which the parser reads first, where the user gives it others."""
    said = {word for ask in before for word in folded(ask.text) if word in COLOURS}
    itself = after[0].of if after else ""
    for ask in after:
        new = set(folded(ask.text)) - said
        if said and new and new <= COLOURS and ask.of == itself and ask.kind == "attribute":
            yield f"{', '.join(sorted(new))} beside {', '.join(sorted(said))}"


def _numbers(before: str, after: str) -> Iterator[str]:
    counts = set(NUMBERS) - {"single", "lone", "solitary", "one"}
    for word in folded(after):
        if (word in counts or word.isdigit()) and word not in folded(before):
            yield f"the number {word}"


def _strangers(thing: Region, region: Region, read: Scene) -> Iterator[str]:
    """Other regions' things, and absent ones, that the user's words for this region don't name."""
    others = [head(other.name) for other in read.regions if other is not thing]
    for name in dict.fromkeys((*others, *read.absent)):
        if mentions(region.prompt, name) and not mentions(f"{thing.name} {thing.prompt}", name):
            yield f"{name}, which is another thing"


def _lost(scene: Scene, read: Draft) -> tuple[str, ...]:
    """What the built-in planner's words plan and the scene's don't; places and relations need boxes."""
    asks = [ask for ask in read.asks or () if ask.kind not in ("place", "relation")]
    here, there = (trace(asks, one, Size()) for one in (scene, read.scene))
    return tuple(
        f"{one.kind} {one.text}"
        for one, other in zip(here, there, strict=True)
        if one.where == "not planned" != other.where
    )


def report(rows: Sequence[Mapping[str, Any]], name: str) -> str:
    """A line of the table: run, prompts, regions, what one gains, contradicted ones, plans that lose."""
    plans = [enrichment(row["prompt"], Scene.model_validate(row["scene"])) for row in rows if row["scene"]]
    regions = [region for plan in plans for region in plan.regions]
    gained = interval([len(region.gained) for region in regions])
    told = f"{gained['mean']:.2f} ({gained['low']:.2f} to {gained['high']:.2f})" if gained else ""
    against, lost = (sum(bool(r.against) for r in regions), sum(bool(plan.lost) for plan in plans))
    return f"| {name} | {len(plans)} | {len(regions)} | {told} | {against} | {lost} |"


TITLES = (
    "| run | prompts | regions | attributes and parts gained by a region (95 %) | contradicted regions "
    "| plans that lose something |\n| --- | --- | --- | --- | --- | --- |"
)


def _rows_of(folder: Path) -> list[Row]:
    rows = read_rows(folder)
    if not rows:
        raise UserError(f"{folder}: holds no {ROWS} of a run")
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; with --show every contradiction too. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m evals.planning.enrichment", description=__doc__)
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="the --out folder of a run")
    parser.add_argument("--show", action="store_true", help="list every contradiction")
    options = parser.parse_args(arguments)
    try:
        runs = {folder.name: _rows_of(folder) for folder in options.runs}
    except UserError as error:
        print(f"scenewright: {error}", file=sys.stderr)
        return 2
    print(TITLES)
    for name, rows in runs.items():
        print(report(rows, name))
    for line in (line for rows in runs.values() for line in _faults(rows)) if options.show else ():
        print(line)
    return 0


def _faults(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for row in rows:
        if row["scene"]:
            found = enrichment(row["prompt"], Scene.model_validate(row["scene"]))
            for region in found.regions:
                yield from (f"{row['id']}: {region.prompt!r}: {fault}" for fault in region.against)
            yield from (f"{row['id']}: not planned: {lost}" for lost in found.lost)


if __name__ == "__main__":
    sys.exit(main())
