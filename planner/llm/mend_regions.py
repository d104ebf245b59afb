"""Regions made sound: each once, named, on the canvas and free of what is absent."""

from planner.llm.absent import strike
from planner.llm.borrowed import borrowed_region
from planner.llm.boxes import fault_of, upright
from planner.llm.reply import ReplyRegion
from planner.plans import Note
from planner.scene import MAX_COUNTED, MAX_REGIONS, Box, Place, Region, Where
from planner.words import clip, mentions, once

Notes = tuple[Note, ...]

_MAX_NAME = 70
"""Room is left under the scene's 80 letters for the number that sets a double apart."""


def mend_regions(
    regions: tuple[ReplyRegion, ...], absent: tuple[str, ...], prompt: str
) -> tuple[tuple[Region, ...], Notes]:
    """The regions that can be drawn, and a note for each that was changed or left out."""
    kept: tuple[Region, ...] = ()
    notes: Notes = ()
    for region in regions:
        mended, its_notes = _mend(region, absent)
        unwanted = _unwanted(region, mended, kept, absent, prompt)
        if unwanted is None:
            named, name_notes = _named_apart(mended, kept)
            kept, notes = (*kept, named), (*notes, *its_notes, *name_notes)
        else:
            notes = (*notes, unwanted)
    return kept, notes


def fit(regions: tuple[Region, ...]) -> tuple[tuple[Region, ...], tuple[Region, ...], Notes]:
    """The regions that find room, counts included; those that don't; and a note for each of these."""
    kept: list[Region] = []
    over: list[Region] = []
    room = MAX_REGIONS
    for region in regions:
        needs = region.count if region.count <= MAX_COUNTED else 1
        (kept if needs <= room else over).append(region)
        room -= needs if needs <= room else 0
    notes = tuple(
        Note(
            kind="overflow",
            name=region.name,
            text=f"a picture has {MAX_REGIONS} regions at most: {region.name!r} is in the background",
        )
        for region in over
    )
    return tuple(kept), tuple(over), notes


def _mend(region: ReplyRegion, absent: tuple[str, ...]) -> tuple[Region, Notes]:
    name = clip(region.name, _MAX_NAME) or clip(region.prompt, 30) or "thing"
    text = once(clip(region.prompt, 4000))
    for thing in absent:
        text = strike(text, thing)
    where, notes = _where(region, name)
    mended = Region(
        name=name,
        prompt=text or name,
        count=min(max(region.count, 1), 1000),
        depth=min(max(region.depth, 0), 9),
        where=where,
    )
    return mended, notes


def _where(region: ReplyRegion, name: str) -> tuple[Where | None, Notes]:
    if region.where is None or isinstance(region.where, Place):
        return region.where, ()
    fault = fault_of(region.where)
    notes = (Note(kind="repaired", name=name, text=f"{fault}; it was put right"),) if fault else ()
    return upright(region.where), notes


def _unwanted(
    region: ReplyRegion, mended: Region, kept: tuple[Region, ...], absent: tuple[str, ...], prompt: str
) -> Note | None:
    """Why a region is left out, or None."""
    name = mended.name
    if any(mentions(name, thing) for thing in absent):
        return Note(kind="absent", name=name, text=f"the prompt excludes {name!r}, so it has no region")
    if borrowed_region(region, prompt):
        return Note(
            kind="repaired", name=name, text=f"{name!r} was copied from a worked example and is left out"
        )
    if any(_same(mended, other) for other in kept):
        return Note(
            kind="repaired", name=name, text=f"{name!r} was planned twice in the same words and stands once"
        )
    return None


def _same(region: Region, other: Region) -> bool:
    """Whether two regions are one thing said twice; two boxes are two things."""
    alike = region.name.casefold() == other.name.casefold() and region.prompt == other.prompt
    return alike and (region.where == other.where or not isinstance(region.where, Box))


def _named_apart(region: Region, kept: tuple[Region, ...]) -> tuple[Region, Notes]:
    """The region under a name of its own: "cat" beside another "cat" is "cat (2)"."""
    taken = {other.name.casefold() for other in kept}
    if region.name.casefold() not in taken:
        return region, ()
    numbers = range(2, len(kept) + 3)
    name = next(new for n in numbers if (new := f"{region.name} ({n})").casefold() not in taken)
    text = f"two regions were named {region.name!r}; the later is {name!r}"
    return region.model_copy(update={"name": name}), (Note(kind="repaired", name=name, text=text),)
