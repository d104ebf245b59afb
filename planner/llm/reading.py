"""From a reply to a scene: the model's plan stands, and a note names everything that can't be drawn.

No region is added, deleted, moved or reworded. Corners are put in order, names made unique, and relations to
unknown regions left out.
"""

from collections.abc import Sequence
from typing import cast

from planner.llm.reply import PREDICATES, ReplyBox, ReplyRegion, ReplyRelation, SceneReply
from planner.plans import Note
from planner.quoting import Folded
from planner.scene import GRID, MAX_REGIONS, Box, Predicate, Quotes, Region, Relation, Scene
from planner.words import clip, key, mentions

MAX_LETTERS = 4000
"""Letters of a region's prompt, of the caption, the background and the style."""

MAX_QUOTES = 64
"""Quotes of one region that are looked for in the prompt."""

MAX_ELLIPSES = 8
MAX_NAME = 80
MAX_ABSENT = 32
MAX_RELATIONS = 128
"""Relations that are kept; each costs the arrangement some time."""

OWNERS: tuple[str, ...] = ("background", "style", "absent", "caption")
"""Names of the owners of words in the prompt that are no regions."""

_NUMBERED = 72
"""Letters of a name to which a number is added."""

_SYNONYMS = {
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
"""Predicates that models write, and what each is called in the closed list."""


def read(reply: SceneReply, prompt: str) -> tuple[Scene, tuple[Note, ...]]:
    """The scene that `reply` describes, and a note for everything that differs from the reply."""
    notes: list[Note] = []
    folded = Folded.of(prompt)
    replied = [region for region in reply.regions if region.name.strip() or region.prompt.strip()]
    regions = _read_regions(replied[:MAX_REGIONS], folded, prompt, notes)

    background = [reply.background.strip()]
    for one in replied[MAX_REGIONS:]:
        name = clip(one.name, MAX_NAME) or clip(one.prompt, 30)
        text = f"a picture has {MAX_REGIONS} regions at most: {name!r} is in the background"
        notes.append(Note(kind="overflow", name=name, text=text))
        background.append(one.prompt or one.name)

    absent = tuple(dict.fromkeys(clip(thing, MAX_NAME) for thing in reply.absent))
    if len(absent) > MAX_ABSENT:
        text = f"{len(absent)} things are listed as absent: the first {MAX_ABSENT} are kept"
        notes.append(Note(kind="repaired", name="absent", text=text))
        absent = absent[:MAX_ABSENT]
    for region in regions:
        for thing in absent:
            if mentions(region.prompt, thing):
                text = f"the prompt of {region.name!r} names {thing!r}, which is excluded"
                notes.append(Note(kind="absent", name=region.name, text=text))

    captions = (reply.caption, prompt, ", ".join(region.prompt for region in regions), "a picture")
    scene = Scene(
        prompt=prompt,
        caption=next(clip(text, MAX_LETTERS) for text in captions if text.strip()),
        background=clip(", ".join(filter(None, background)), MAX_LETTERS),
        style=clip(reply.style, MAX_LETTERS),
        absent=absent,
        quotes=Quotes(
            background=_verbatim(reply.quotes.background, folded, prompt),
            style=_verbatim(reply.quotes.style, folded, prompt),
            absent=_verbatim(reply.quotes.absent, folded, prompt),
        ),
        regions=regions,
        relations=_read_relations(reply.relations, regions, notes),
    )
    return scene, tuple(notes)


def _read_regions(
    replied: Sequence[ReplyRegion], folded: Folded, prompt: str, notes: list[Note]
) -> tuple[Region, ...]:
    """The regions, each with a name of its own: "cat" beside another "cat" is "cat (2)"."""
    taken: set[str] = {*OWNERS}
    regions: list[Region] = []
    for one in replied:
        wanted = name = clip(one.name, MAX_NAME) or clip(one.prompt, 30)
        number = 2
        while key(name) in taken:
            name = f"{wanted[:_NUMBERED]} ({number})"
            number += 1
        taken.add(key(name))
        if name != wanted:
            text = f"the name {wanted!r} is taken; the region is {name!r}"
            notes.append(Note(kind="repaired", name=name, text=text))
        where = one.where
        if isinstance(where, ReplyBox):
            where = _read_box(where, name, notes)
        regions.append(
            Region(
                name=name,
                prompt=clip(one.prompt, MAX_LETTERS) or name,
                quotes=_verbatim(one.quotes, folded, prompt),
                count=one.count,
                depth=one.depth,
                where=where,
            )
        )
    return tuple(regions)


def _read_box(given: ReplyBox, name: str, notes: list[Note]) -> Box | None:
    """The box with its corners in order and on the canvas; None if no part of it is on the canvas."""
    x0, x1 = sorted(min(max(x, 0), GRID) for x in (given.x0, given.x1))
    y0, y1 = sorted(min(max(y, 0), GRID) for y in (given.y0, given.y1))
    box = Box(x0=x0, y0=y0, x1=x1, y1=y1) if x0 < x1 and y0 < y1 else None
    corners = (given.x0, given.y0, given.x1, given.y1)
    if box is None or (x0, y0, x1, y1) != corners:
        outcome = f"it is read as ({x0}, {y0}, {x1}, {y1})" if box else f"{name!r} is placed by the program"
        text = f"the box {corners} is empty, upside down or off the canvas: {outcome}"
        notes.append(Note(kind="repaired", name=name, text=text))
    return box


def _verbatim(quotes: Sequence[str], folded: Folded, prompt: str) -> tuple[str, ...]:
    """The quotes that occur in the prompt, in the prompt's own letters; others are dropped without a note.

    A quote with its middle left out (…) gives one quote for each part. A quote given twice is kept twice.
    """
    quotes = quotes[:MAX_QUOTES]
    found = {quote: folded.find(quote)[:1] for quote in quotes if _has_few_parts(quote)}
    stretches = (stretch for quote in quotes for one in found.get(quote, ()) for stretch in one)
    return tuple(prompt[stretch.start : stretch.end] for stretch in stretches)


def _has_few_parts(quote: str) -> bool:
    """Whether a quote has few ellipses: every part is looked for in the prompt."""
    return quote.count("…") + quote.count("...") <= MAX_ELLIPSES


def _read_relations(
    replied: Sequence[ReplyRelation], regions: Sequence[Region], notes: list[Note]
) -> tuple[Relation, ...]:
    """The relations between two known regions, each once."""
    names = {key(region.name): region.name for region in regions}
    kept: dict[Relation, None] = {}
    for one in replied:
        predicate = key(one.predicate.replace("_", " "))
        predicate = _SYNONYMS.get(predicate, predicate)
        subject, other = names.get(key(one.subject)), names.get(key(one.object))
        if subject is None:
            reason = f"{clip(one.subject, MAX_NAME)!r} is no region"
        elif other is None:
            reason = f"{clip(one.object, MAX_NAME)!r} is no region"
        elif subject == other:
            reason = "it holds a region against itself"
        elif predicate not in PREDICATES:
            reason = f"{clip(one.predicate, MAX_NAME)!r} is no known relation"
        elif len(kept) >= MAX_RELATIONS:
            reason = f"at most {MAX_RELATIONS} relations are kept"
        else:
            kept[Relation(subject=subject, predicate=cast(Predicate, predicate), object=other)] = None
            continue
        line = clip(f"{one.subject} {one.predicate} {one.object}", 200)
        notes.append(Note(kind="dropped relation", name=line, text=f"“{line}” was dropped: {reason}."))
    return tuple(kept)
