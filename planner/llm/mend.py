"""From a reply to a scene: what is still wrong after the model's last word is repaired here, and noted."""

from dataclasses import dataclass

from planner.llm.absent import asked_for, strike
from planner.llm.borrowed import borrowed_background
from planner.llm.mend_regions import fit, mend_regions
from planner.llm.mend_relations import free_denied, mend_relations
from planner.llm.reference import as_stated, stated_relations
from planner.llm.reply import SceneReply
from planner.plans import Note
from planner.scene import Region, Scene
from planner.words import clip, folded, once

MAX_WORDS = 4000
MAX_NAME = 80

_UNREAD = Scene(caption="a picture")
"""The reading of nobody: no thing is stated."""


@dataclass(frozen=True)
class Mended:
    """A scene, and a note for everything that differs from the reply."""

    scene: Scene
    notes: tuple[Note, ...]


def mend(reply: SceneReply, prompt: str, reference: Scene | None = None) -> Mended:
    """The scene that `reply` describes, with every fault of it repaired.

    `prompt` is the user's own; `reference` is another planner's reading of it, by which what it states is
    put right.
    """
    read = reference or _UNREAD
    absent, absent_notes = _absent(reply.absent, read.absent, prompt)
    sound, region_notes = mend_regions(reply.regions, absent, prompt)
    stated, stated_notes = as_stated(sound, read)
    fitting, over, over_notes = fit(stated)
    told, relation_notes = mend_relations(reply.relations, fitting)
    relations = (*told, *stated_relations(told, fitting, read))
    placed, place_notes = free_denied(fitting, relations)
    scene = Scene(
        prompt=prompt,
        caption=_caption(reply, placed, absent, prompt),
        background=_background(reply, over, absent, prompt) or read.background,
        style=_struck(reply.style, absent) or read.style,
        absent=absent,
        regions=placed,
        relations=relations,
    )
    notes = (absent_notes, region_notes, stated_notes, over_notes, relation_notes, place_notes)
    return Mended(scene, tuple(one for some in notes for one in some))


def _absent(
    listed: tuple[str, ...], read: tuple[str, ...], prompt: str
) -> tuple[tuple[str, ...], tuple[Note, ...]]:
    """What is absent, each once: what was read so, and what the model lists, unless the user asks for it."""
    wrong = tuple(dict.fromkeys(thing for thing in listed if asked_for(prompt, thing)))
    right = (clip(thing, MAX_NAME) for thing in (*read, *listed) if thing not in wrong)
    things = {tuple(folded(thing)): thing for thing in right if thing}
    notes = tuple(
        Note(
            kind="repaired",
            name=thing,
            text=f"the planner listed {thing!r} as absent, but the prompt asks for it",
        )
        for thing in wrong
    )
    return tuple(things.values()), notes


def _caption(reply: SceneReply, regions: tuple[Region, ...], absent: tuple[str, ...], prompt: str) -> str:
    """The caption; where nothing is left of it, what the regions show, and else the prompt itself."""
    shown = ", ".join(region.prompt for region in regions)
    candidates = (_struck(reply.caption, absent), clip(shown, MAX_WORDS), _struck(prompt, absent))
    return next((text for text in candidates if text), clip(prompt, MAX_WORDS))


def _background(reply: SceneReply, over: tuple[Region, ...], absent: tuple[str, ...], prompt: str) -> str:
    """The background with the regions that found no room; an example's background is none."""
    own = "" if borrowed_background(reply.background, prompt) else _struck(reply.background, absent)
    return clip(", ".join(text for text in (own, *(region.prompt for region in over)) if text), MAX_WORDS)


def _struck(text: str, absent: tuple[str, ...]) -> str:
    for thing in absent:
        text = strike(text, thing)
    return clip(once(text), MAX_WORDS)
