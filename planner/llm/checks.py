"""What is wrong with a reply: one sentence a fault, for the model to read and mend."""

from collections import Counter
from collections.abc import Iterator

from planner.llm.absent import asked_for
from planner.llm.borrowed import borrowed_background, borrowed_region
from planner.llm.boxes import boxes_deny, depths_deny, fault_of, upright
from planner.llm.reply import MAX_RELATIONS, PREDICATES, ReplyBox, ReplyRegion, ReplyRelation, SceneReply
from planner.scene import MAX_COUNTED, MAX_REGIONS
from planner.words import key, mentions


def faults(reply: SceneReply, prompt: str) -> tuple[str, ...]:
    """Every fault of a reply to `prompt`, the gravest first; empty if it can be drawn as it stands."""
    return (
        *_texts(reply, prompt),
        *(fault for region in reply.regions for fault in _region(region, prompt)),
        *_names(reply),
        *_numbers(reply),
        *(fault for relation in reply.relations for fault in _relation(relation, reply)),
        *_absent(reply, prompt),
    )


def _texts(reply: SceneReply, prompt: str) -> Iterator[str]:
    if not reply.regions:
        yield "regions is empty: give each thing that the user names a region"
    if not reply.caption.strip():
        yield "caption is empty: say the whole picture in one sentence"
    if borrowed_background(reply.background, prompt):
        yield "background is copied from an example: describe what is behind the things of this picture"


def _region(region: ReplyRegion, prompt: str) -> Iterator[str]:
    label = f"region {region.name!r}"
    if not region.name.strip():
        yield f"a region has no name: name what {region.prompt!r} shows"
    if not region.prompt.strip():
        yield f"{label} has an empty prompt: describe what to draw there"
    if borrowed_region(region, prompt):
        yield f"{label} is copied from an example: the user doesn't ask for it"
    if region.count < 1 or not 0 <= region.depth <= 9:
        yield f"{label}: count must be 1 or more and depth from 0 to 9"
    if region.where is None:
        yield f"{label}: where is neither a place (horizontal, vertical, size) nor a box (x0, y0, x1, y1)"
    if isinstance(region.where, ReplyBox) and (fault := fault_of(region.where)):
        yield f"{label}: {fault}"


def _names(reply: SceneReply) -> Iterator[str]:
    for name, times in Counter(key(region.name) for region in reply.regions).items():
        if times > 1 and name:
            yield f"{times} regions are named {name!r}: name a thing once, with its count, or name each apart"
    by_prompt: dict[str, str] = {}
    for region in reply.regions:
        first = by_prompt.setdefault(key(region.prompt), region.name)
        if region.prompt.strip() and key(first) != key(region.name):
            yield f"regions {first!r} and {region.name!r} have the same prompt: say what sets them apart"


def _numbers(reply: SceneReply) -> Iterator[str]:
    total = sum(max(1, region.count) if region.count <= MAX_COUNTED else 1 for region in reply.regions)
    if total > MAX_REGIONS:
        yield f"regions, counts included, are {total}: at most {MAX_REGIONS}; leave some to the background"
    if len(reply.relations) > MAX_RELATIONS:
        yield f"relations has {len(reply.relations)} entries: at most {MAX_RELATIONS}"


def _relation(relation: ReplyRelation, reply: SceneReply) -> Iterator[str]:
    line = f"the relation {relation.subject!r} {relation.predicate} {relation.object!r}"
    regions = {key(region.name): region for region in reply.regions}
    strangers = [name for name in (relation.subject, relation.object) if key(name) not in regions]
    if strangers:
        known = ", ".join(region.name for region in reply.regions) or "none"
        yield f"{line} names {strangers[0]!r}, which is no region; regions are: {known}"
    elif key(relation.subject) == key(relation.object):
        yield f"{line} holds a region against itself"
    elif relation.predicate not in PREDICATES:
        yield f"{line}: the predicate must be one of {', '.join(PREDICATES)}"
    elif _denied(relation.predicate, regions[key(relation.subject)], regions[key(relation.object)]):
        yield f"{line} contradicts the boxes or depths of the two"


def _denied(predicate: str, subject: ReplyRegion, object_: ReplyRegion) -> bool:
    first, second = (
        upright(region.where) if isinstance(region.where, ReplyBox) else None for region in (subject, object_)
    )
    return boxes_deny(predicate, first, second) or depths_deny(predicate, subject.depth, object_.depth)


def _absent(reply: SceneReply, prompt: str) -> Iterator[str]:
    for thing in dict.fromkeys(filter(str.strip, reply.absent)):
        if asked_for(prompt, thing):
            yield f"absent lists {thing!r}, which the user asks for: take it out of absent"
            continue
        texts = {"caption": reply.caption, "background": reply.background, "style": reply.style}
        texts |= {f"the prompt of region {region.name!r}": region.prompt for region in reply.regions}
        for place, text in texts.items():
            if mentions(text, thing):
                yield f"{place} mentions {thing!r}, which is absent: say it without that word"
