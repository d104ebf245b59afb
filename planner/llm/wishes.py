"""Wishes for regions that another planner gave no box: where the reader would put what they show."""

from collections.abc import Mapping, Sequence

from planner.reader.boxes import wish_for
from planner.reader.language import other_language
from planner.reader.tokens import Token, tokens
from planner.reader.weights import FOLDER, load_weights
from planner.scene import Place, Region, Scene
from planner.words import fold, folded


def wished(scene: Scene) -> Scene:
    """The scene with a wish for each region whose box is open and whose name its prompt has.

    All regions that the prompt names are looked at together, so that each leaves room for the others.
    """
    words = tokens(scene.prompt)
    if not words or not any(map(_is_open, scene.regions)):
        return scene
    weights = load_weights(FOLDER)
    if other_language(words, weights.pieces):
        return scene
    heads = {region.name: place for region in scene.regions if (place := _head(region, words)) is not None}
    if not heads:
        return scene
    boxes = weights.of_things(weights.of_words(words).features, list(heads.values())).boxes
    found = {
        name: (float(x), float(y), float(width), float(height))
        for name, (x, y, width, height) in zip(heads, boxes, strict=True)
    }
    regions = tuple(_with(region, found) if _is_open(region) else region for region in scene.regions)
    return scene.model_copy(update={"regions": regions})


def _is_open(region: Region) -> bool:
    place = region.where
    if isinstance(place, Place):
        return region.wish is None and "full" not in (place.horizontal, place.vertical)
    return region.wish is None and place is None


def _with(region: Region, found: Mapping[str, tuple[float, float, float, float]]) -> Region:
    if region.name not in found:
        return region
    place = region.where if isinstance(region.where, Place) else None
    sides = (place.horizontal, place.vertical) if place else (None, None)
    return region.model_copy(update={"wish": wish_for(found[region.name], *sides)})


def _head(region: Region, words: Sequence[Token]) -> int | None:
    """The word of the prompt that the region's name ends in: its first mention."""
    name = [word for word in folded(region.name) if not word.isdecimal()]
    spelt = [fold(word.text) for word in words]
    return next((spelt.index(word) for word in reversed(name) if word in spelt), None)
