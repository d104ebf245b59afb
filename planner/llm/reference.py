"""A reply held against another planner's reading of the same prompt.

A parser of English finds what the user names, counts and places; a language model finds words for it, and a
small one little more. What the two disagree on is told to the model; where it stays blind to that, what the
prompt states stands.
"""

from collections.abc import Iterator, Sequence

from planner.llm.boxes import boxes_deny
from planner.llm.doubles import doubles, once
from planner.llm.pairing import Drawn, Pair, head, pairs
from planner.llm.reply import ReplyBox, SceneReply
from planner.plans import Note
from planner.scene import GRID, Box, Place, Region, Relation, Scene
from planner.words import mentions, share

_OPPOSITE = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}


def differences(reply: SceneReply, reference: Scene) -> tuple[str, ...]:
    """What a reply leaves out, miscounts or puts on the wrong side, one sentence each."""
    return tuple(line for pair in pairs(reply.regions, reference) for line in _difference(pair, reply))


def as_stated(regions: tuple[Region, ...], reference: Scene) -> tuple[tuple[Region, ...], tuple[Note, ...]]:
    """The regions with counts, sides and nouns as the prompt states them, and a note for each change.

    A model that leaves out at least half of what the reference found has not read the prompt: what is
    missing is added in the prompt's words, and regions that share no word with the prompt are left out. One
    that leaves out less, or adds to it, may have meant to; what draws a thing again is left out in any case.
    """
    found = pairs(regions, reference)
    missing = _left_out(found, regions)
    drawn = {pair.region: pair.thing for pair in found if pair.region is not None}
    again = doubles(regions, reference)
    stray = {i for i, one in enumerate(regions) if missing and i not in drawn and _strange(one, reference)}
    stray -= again
    drawable = [(i, one) for i, one in enumerate(regions) if i not in stray | again]
    kept = [(one, _fixed(one, drawn.get(i), regions, reference)) for i, one in drawable]
    notes = [_note(new, "stands as the prompt says") for old, new in kept if new != old]
    notes += [_note(regions[i], "draws once more what another region draws") for i in sorted(again)]
    notes += [_note(regions[i], "is nothing that the prompt names and is left out") for i in sorted(stray)]
    notes += [_note(one, "was left out by the planner and stands in the prompt's words") for one in missing]
    return (*(new for _, new in kept), *missing), tuple(notes)


def stated_relations(
    told: Sequence[Relation], regions: tuple[Region, ...], reference: Scene
) -> tuple[Relation, ...]:
    """The relations that the prompt states, where `told` is silent on the two and no box denies it."""
    found = pairs(regions, reference)
    drawn = {pair.thing.name: regions[pair.region] for pair in found if pair.region is not None}
    known = {frozenset((relation.subject, relation.object)) for relation in told}
    stated: list[Relation] = []
    for relation in reference.relations:
        subject, object_ = drawn.get(relation.subject), drawn.get(relation.object)
        if subject is None or object_ is None or frozenset((subject.name, object_.name)) in known:
            continue
        if not boxes_deny(relation.predicate, subject.where, object_.where):
            stated.append(relation.model_copy(update={"subject": subject.name, "object": object_.name}))
    return tuple(stated)


def _difference(pair: Pair, reply: SceneReply) -> Iterator[str]:
    thing = pair.thing
    if pair.region is None:
        if not mentions(f"{reply.background} {reply.caption}", thing.name):
            yield f"the prompt names {thing.name!r}, which no region draws: add {thing.prompt!r}"
        return
    region = reply.regions[pair.region]
    if _miscounted(region.count, thing, reply.regions):
        yield f"the prompt asks for {thing.count} of {thing.name!r}: set the count of region {region.name!r}"
    if not mentions(region.prompt, head(thing.name)):
        noun = head(thing.name)
        yield f"the prompt of region {region.name!r} doesn't say {noun!r}: describe {thing.prompt!r}"
    if (side := _wrong_side(region.where, thing.where)) is not None:
        yield f"the prompt puts {thing.name!r} at the {side}: move region {region.name!r} there"


def _fixed(region: Region, thing: Region | None, regions: Sequence[Region], reference: Scene) -> Region:
    if thing is None:
        return region
    wrong = _miscounted(region.count, thing, regions) or once(region.count, thing, reference)
    count = thing.count if wrong else region.count
    astray = region.where is None or _wrong_side(region.where, thing.where) is not None
    where = thing.where if thing.where is not None and astray else region.where
    prompt = region.prompt if mentions(region.prompt, head(thing.name)) else thing.prompt
    return region.model_copy(update={"count": count, "where": where, "prompt": prompt})


def _miscounted(count: int, thing: Region, regions: Sequence[Drawn]) -> bool:
    """Whether one thing stands for several; unless more regions than one draw such a thing."""
    alike = sum(mentions(region.name, thing.name) for region in regions)
    return count == 1 < thing.count and alike <= 1


def _wrong_side(where: object, stated: object) -> str | None:
    """The side that the prompt states, where a region stands on the opposite one."""
    sides = {stated.horizontal, stated.vertical} if isinstance(stated, Place) else set[str]()
    return next((side for side in sorted(sides) if _OPPOSITE.get(side) in _sides(where)), None)


def _sides(where: object) -> set[str]:
    """The halves of the picture in which a place lies."""
    if isinstance(where, Place):
        return {where.horizontal, where.vertical}
    if isinstance(where, Box | ReplyBox):
        across, down = where.x0 + where.x1 - GRID, where.y0 + where.y1 - GRID
        return {"left" if across < 0 else "right", "top" if down < 0 else "bottom"}
    return set()


def _left_out(found: Sequence[Pair], regions: Sequence[Region]) -> tuple[Region, ...]:
    """The things without a region, if they are at least half; none whose name a region bears."""
    taken = {region.name.casefold() for region in regions}
    missing = [pair.thing for pair in found if pair.region is None]
    if 2 * len(missing) < len(found):
        return ()
    return tuple(thing for thing in missing if thing.name.casefold() not in taken)


def _strange(region: Region, reference: Scene) -> bool:
    return not share(f"{region.name} {region.prompt}", reference.prompt)


def _note(region: Region, what: str) -> Note:
    return Note(kind="repaired", name=region.name, text=f"{region.name!r} {what}")
