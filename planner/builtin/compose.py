"""A parsed prompt as a scene: regions within the budget, background, caption, and notes."""

from collections.abc import Sequence
from dataclasses import dataclass

from planner.builtin.absent import absent_phrases, affirmed, scrubbed
from planner.builtin.comparing import compared
from planner.builtin.names import names
from planner.builtin.nouns import first_of_list
from planner.builtin.phrases import region_prompts
from planner.builtin.places import Spot, depths, spots
from planner.builtin.reading import read
from planner.builtin.relations import Link, relations
from planner.builtin.roles import mentions
from planner.builtin.setting import background
from planner.builtin.things import Cast, Thing, cast
from planner.plans import Note
from planner.scene import MAX_COUNTED, MAX_REGIONS, Region, Relation, Scene

_CAPTION_WORDS = 60
_LONGEST = 4000
_OVERFLOW_WORDS = 60
_LEADING = ("nsubj", "nsubjpass", "ROOT", "attr")
"""Where the chief things of a sentence stand in its parse."""


@dataclass(frozen=True)
class Outline:
    """All that a scene is made of, thing by thing: parallel tuples in the order of the prompt."""

    cast: Cast
    names: tuple[str, ...]
    prompts: tuple[str, ...]
    spots: tuple[Spot, ...]
    depths: tuple[int, ...]
    links: tuple[Link, ...]
    absent: tuple[str, ...]
    chosen: tuple[int, ...]


def compose(prompt: str) -> tuple[Scene, tuple[Note, ...]]:
    """A prompt of any length and language as a scene, and notes.

    Where nothing is found to draw, the caption says it all.
    """
    outline = _outline(prompt)
    return _scene(prompt, outline), _notes(outline)


def _outline(prompt: str) -> Outline:
    reading = read(prompt)
    places = {i for i, cue in reading.cues.items() if cue.is_place}
    found = compared(cast(reading, mentions(reading.doc, places)))
    absent = absent_phrases(found)
    links = relations(found)
    placed = spots(found)
    prompts = tuple(scrubbed(words, absent)[:_LONGEST] for words in region_prompts(found))
    chosen = _within_budget(found, placed, links, prompts)
    return Outline(found, names(found), prompts, placed, depths(placed, links), links, absent, chosen)


def _within_budget(
    found: Cast, placed: Sequence[Spot], links: Sequence[Link], prompts: Sequence[str]
) -> tuple[int, ...]:
    """The things that become regions, counted ones as many as they are; those with more said of them come
    first.
    """
    linked = {thing for subject, _, target in links for thing in (subject, target)}

    def weight(i: int) -> tuple[int, int]:
        spot, token = placed[i], found.reading.doc[found.things[i].head]
        stated = spot.horizontal is not None or spot.vertical is not None or spot.depth is not None
        leads = first_of_list(token).dep_ in _LEADING
        return (-(2 * stated + 2 * leads + (i in linked) + len(found.things[i].mentions)), i)

    left = MAX_REGIONS
    chosen: list[int] = []
    for i in sorted((i for i, prompt in enumerate(prompts) if prompt), key=weight):
        needed = _instances(found.things[i])
        if needed <= left:
            left -= needed
            chosen.append(i)
    return tuple(sorted(chosen))


def _instances(thing: Thing) -> int:
    return thing.count if thing.count <= MAX_COUNTED else 1


def _scene(prompt: str, outline: Outline) -> Scene:
    over = [outline.prompts[i] for i in _described(outline)]
    behind = ", ".join(part for part in (background(outline.cast), *over) if part)
    style = ", ".join(dict.fromkeys(manner.words for manner in outline.cast.reading.manners if manner.words))
    return Scene(
        prompt=prompt,
        caption=_caption(outline),
        background=scrubbed(behind, outline.absent)[:_LONGEST],
        style=scrubbed(style, outline.absent)[:_LONGEST],
        absent=outline.absent,
        regions=tuple(_region(i, outline) for i in outline.chosen),
        relations=_relations(outline),
    )


def _region(i: int, outline: Outline) -> Region:
    spot, thing = outline.spots[i], outline.cast.things[i]
    return Region(
        name=outline.names[i],
        prompt=outline.prompts[i],
        count=thing.count,
        depth=outline.depths[i],
        where=spot.place(plural=thing.plural and thing.count == 1),
        size=spot.size,
    )


def _relations(outline: Outline) -> tuple[Relation, ...]:
    return tuple(
        Relation(subject=outline.names[subject], predicate=predicate, object=outline.names[target])
        for subject, predicate, target in outline.links
        if subject in outline.chosen and target in outline.chosen
    )


def _over(outline: Outline) -> list[int]:
    return [i for i, prompt in enumerate(outline.prompts) if prompt and i not in outline.chosen]


def _described(outline: Outline) -> list[int]:
    """Those of the things left over that the background has words for."""
    words = 0
    kept: list[int] = []
    for i in _over(outline):
        words += len(outline.prompts[i].split())
        if words <= _OVERFLOW_WORDS:
            kept.append(i)
    return kept


def _caption(outline: Outline) -> str:
    """The prompt without what it rules out; its first sentences where it is long."""
    positive = scrubbed(affirmed(outline.cast), outline.absent)
    words = positive.split()
    if len(words) > _CAPTION_WORDS:
        ends = [n for n, word in enumerate(words[:_CAPTION_WORDS], 1) if word.endswith((".", "!", "?"))]
        positive = " ".join(words[: ends[-1] if ends else _CAPTION_WORDS])
    return positive[:_LONGEST].strip() or "an empty scene"


def _notes(outline: Outline) -> tuple[Note, ...]:
    things, described = outline.cast.things, _described(outline)
    groups = [
        Note(
            kind="group",
            name=outline.names[i],
            text=f"{things[i].count} are drawn as one region that shows the group.",
        )
        for i in outline.chosen
        if things[i].count > MAX_COUNTED
    ]
    over = [
        Note(
            kind="overflow",
            name=outline.names[i],
            text=f"A picture has at most {MAX_REGIONS} regions: this one is left to the {where}.",
        )
        for i in _over(outline)
        for where in ("background" if i in described else "whole prompt",)
    ]
    absent = [
        Note(kind="absent", name=phrase, text="It is kept out of every prompt that says what to draw.")
        for phrase in outline.absent
    ]
    return (*groups, *over, *absent)
