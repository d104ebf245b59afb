"""From a reply to a scene: what the model means stands, and what can't be drawn is told in a note.

No region is added, deleted, moved or reworded. Corners are put in order, names made unique, and relations to
what is no region left out.
"""

from collections.abc import Iterator, Sequence
from typing import cast

from planner.llm.reply import PREDICATES, ReplyBox, ReplyRegion, ReplyRelation, SceneReply
from planner.plans import Note
from planner.quoting import Folded
from planner.scene import GRID, MAX_REGIONS, Box, Place, Predicate, Quotes, Region, Relation, Scene, Where
from planner.words import clip, key, mentions

MAX_WORDS = 4000
MAX_NAME = 80
MOST_ABSENT = 32
MOST_RELATIONS = 128
"""Relations that are kept; each costs the arrangement some time."""

OWNERS: tuple[str, ...] = ("background", "style", "absent", "caption")
"""Names of what takes up words of the prompt besides regions."""

_NUMBERED = 72
"""Letters of a name to which a number is added."""

_SAID_AS = {
    "left": "left of",
    "to the left of": "left of",
    "right": "right of",
    "to the right of": "right of",
    "on top of": "on",
    "over": "above",
    "underneath": "under",
    "beneath": "under",
    "in": "inside",
    "within": "inside",
    "beside": "next to",
    "near": "next to",
}
"""How models say a predicate that the closed list has under another name."""


def read(reply: SceneReply, prompt: str) -> tuple[Scene, tuple[Note, ...]]:
    """The scene that `reply` describes, and a note for everything that differs from the reply."""
    notes: list[Note] = []
    drawn = [region for region in reply.regions if region.name.strip() or region.prompt.strip()]
    regions = _regions(drawn[:MAX_REGIONS], Folded.of(prompt), prompt, notes)
    over = [region.prompt or region.name for region in drawn[MAX_REGIONS:]]
    notes += [_over(region) for region in drawn[MAX_REGIONS:]]
    absent = _absent(reply.absent, notes)
    notes += _still_named(regions, absent)
    scene = Scene(
        prompt=prompt,
        caption=_caption(reply, regions, prompt),
        background=clip(", ".join(filter(None, (reply.background.strip(), *over))), MAX_WORDS),
        style=clip(reply.style, MAX_WORDS),
        absent=absent,
        quotes=_quotes(reply, prompt),
        regions=regions,
        relations=_relations(reply.relations, regions, notes),
    )
    return scene, tuple(notes)


def _regions(
    replied: Sequence[ReplyRegion], folded: Folded, prompt: str, notes: list[Note]
) -> tuple[Region, ...]:
    taken: set[str] = {*OWNERS}
    regions: list[Region] = []
    for one in replied:
        name = _own_name(clip(one.name, MAX_NAME) or clip(one.prompt, 30), taken, notes)
        taken.add(key(name))
        regions.append(
            Region(
                name=name,
                prompt=clip(one.prompt, MAX_WORDS) or name,
                quotes=_verbatim(one.quotes, folded, prompt),
                count=one.count,
                depth=one.depth,
                where=_where(one.where, name, notes),
            )
        )
    return tuple(regions)


def _own_name(name: str, taken: set[str], notes: list[Note]) -> str:
    """A name of its own: "cat" beside another "cat" is "cat (2)"."""
    if key(name) not in taken:
        return name
    numbers = range(2, MAX_REGIONS + 2)
    own = next(new for n in numbers if key(new := f"{name[:_NUMBERED]} ({n})") not in taken)
    notes.append(Note(kind="repaired", name=own, text=f"the name {name!r} is taken; the region is {own!r}"))
    return own


def _where(where: ReplyBox | Place | None, name: str, notes: list[Note]) -> Where | None:
    """The place as given; corners in order and on the canvas, where something of the box is on it."""
    if not isinstance(where, ReplyBox):
        return where
    given = (where.x0, where.y0, where.x1, where.y1)
    x0, x1 = sorted(min(max(x, 0), GRID) for x in (where.x0, where.x1))
    y0, y1 = sorted(min(max(y, 0), GRID) for y in (where.y0, where.y1))
    if (x0, y0, x1, y1) == given and x0 < x1 and y0 < y1:
        return Box(x0=x0, y0=y0, x1=x1, y1=y1)
    sound = Box(x0=x0, y0=y0, x1=x1, y1=y1) if x0 < x1 and y0 < y1 else None
    stands = f"it is read as ({x0}, {y0}, {x1}, {y1})" if sound else f"{name!r} is placed by the program"
    notes.append(
        Note(
            kind="repaired",
            name=name,
            text=f"the box {given} is empty, upside down or off the canvas: {stands}",
        )
    )
    return sound


def _over(region: ReplyRegion) -> Note:
    name = clip(region.name, MAX_NAME) or clip(region.prompt, 30)
    text = f"a picture has {MAX_REGIONS} regions at most: {name!r} is in the background"
    return Note(kind="overflow", name=name, text=text)


def _absent(listed: Sequence[str], notes: list[Note]) -> tuple[str, ...]:
    each = list(dict.fromkeys(clip(thing, MAX_NAME) for thing in listed))
    if len(each) > MOST_ABSENT:
        text = f"{len(each)} things are listed as absent: the first {MOST_ABSENT} are kept"
        notes.append(Note(kind="repaired", name="absent", text=text))
    return tuple(each[:MOST_ABSENT])


def _still_named(regions: Sequence[Region], absent: Sequence[str]) -> Iterator[Note]:
    for region in regions:
        for thing in absent:
            if mentions(region.prompt, thing):
                text = f"the prompt of {region.name!r} names {thing!r}, which is excluded"
                yield Note(kind="absent", name=region.name, text=text)


def _caption(reply: SceneReply, regions: Sequence[Region], prompt: str) -> str:
    """The caption; where the model gives none, the prompt itself, or what the regions show."""
    shown = ", ".join(region.prompt for region in regions)
    return next(clip(text, MAX_WORDS) for text in (reply.caption, prompt, shown, "a picture") if text.strip())


def _quotes(reply: SceneReply, prompt: str) -> Quotes:
    folded, given = Folded.of(prompt), reply.quotes
    return Quotes(
        background=_verbatim(given.background, folded, prompt),
        style=_verbatim(given.style, folded, prompt),
        absent=_verbatim(given.absent, folded, prompt),
    )


def _verbatim(quotes: Sequence[str], folded: Folded, prompt: str) -> tuple[str, ...]:
    """The quotes that the prompt has, in its own letters; others are dropped without a word.

    Of a quote whose middle is left out (…), each part is one. A quote that is given twice is meant twice.
    """
    stretches = (stretch for quote in quotes for found in folded.find(quote)[:1] for stretch in found)
    return tuple(prompt[stretch.start : stretch.end] for stretch in stretches)


def _relations(
    replied: Sequence[ReplyRelation], regions: Sequence[Region], notes: list[Note]
) -> tuple[Relation, ...]:
    """The relations between two regions that are there, each once."""
    names = {key(region.name): region.name for region in regions}
    kept: dict[Relation, None] = {}
    for one in replied:
        said = key(one.predicate.replace("_", " "))
        predicate, ends = _SAID_AS.get(said, said), (key(one.subject), key(one.object))
        reason = _unread(one, predicate, ends, names)
        if reason is None and len(kept) >= MOST_RELATIONS:
            reason = f"at most {MOST_RELATIONS} relations are kept"
        if reason is None:
            subject, object_ = (names[end] for end in ends)
            kept[Relation(subject=subject, predicate=cast(Predicate, predicate), object=object_)] = None
        else:
            line = clip(f"{one.subject} {one.predicate} {one.object}", 200)
            notes.append(Note(kind="dropped relation", name=line, text=f"“{line}” was dropped: {reason}."))
    return tuple(kept)


def _unread(one: ReplyRelation, predicate: str, ends: tuple[str, str], names: dict[str, str]) -> str | None:
    strangers = [name for name, end in zip((one.subject, one.object), ends, strict=True) if end not in names]
    if strangers:
        return f"{clip(strangers[0], MAX_NAME)!r} is no region"
    if ends[0] == ends[1]:
        return "it holds a region against itself"
    return None if predicate in PREDICATES else f"{clip(one.predicate, MAX_NAME)!r} is no known relation"
