"""Attributes that the prompt states and no text of a plan says: told to the model, and else put in."""

from collections.abc import Sequence

from planner.plans import Ask, Note, Size
from planner.scene import Region, Scene
from planner.tracing import trace

Untold = tuple[tuple[str, str], ...]
"""Regions by name, each with an attribute of what it draws."""


def untold(scene: Scene, asks: Sequence[Ask]) -> Untold:
    """The attributes that are not planned though their thing is, each with the region that draws it."""
    account = trace(asks, scene, Size())
    drawn = {entry.of: entry.regions[0] for entry in account if entry.kind == "thing" and entry.regions}
    missing = (entry for entry in account if entry.kind == "attribute" and entry.where == "not planned")
    return tuple((drawn[entry.of], entry.text) for entry in missing if entry.of in drawn)


def told_in_words(missing: Untold) -> tuple[str, ...]:
    """One sentence an attribute, for the model."""
    return tuple(
        f"the prompt says {text!r} of region {name!r}: say so in its prompt" for name, text in missing
    )


def put_in(scene: Scene, asks: Sequence[Ask]) -> tuple[Scene, tuple[Note, ...]]:
    """The scene with what was left untold at the end of its regions' prompts, and a note for each."""
    missing = untold(scene, asks)
    regions = tuple(
        _with(region, [text for name, text in missing if name == region.name]) for region in scene.regions
    )
    notes = tuple(
        Note(kind="repaired", name=name, text=f"the planner left out {text!r}, which the prompt says of it")
        for name, text in missing
    )
    return scene.model_copy(update={"regions": regions}), notes


def _with(region: Region, texts: Sequence[str]) -> Region:
    return region.model_copy(update={"prompt": ", ".join((region.prompt, *texts))}) if texts else region
