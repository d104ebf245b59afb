"""Boxes for regions to which a language model gave none: where the reader would put them."""

from planner.reader.compose import wish_for
from planner.reader.language import other_language
from planner.reader.tokens import tokens
from planner.reader.weights import FOLDER, load_weights
from planner.scene import Place, Region, Scene
from planner.words import fold, folded


def suggest_boxes(scene: Scene) -> Scene:
    """The scene with a `wish` for each region that has no box and whose name occurs in the prompt.

    The reader looks at all regions that the prompt names together, so that each leaves room for the others.
    """
    words = tokens(scene.prompt)
    if not words or not any(map(_is_open, scene.regions)):
        return scene
    weights = load_weights(FOLDER)
    if other_language(words, weights.pieces):
        return scene

    # A region is found at the first mention of the last word of its name.
    prompt = [fold(word.text) for word in words]
    heads: dict[str, int] = {}
    for region in scene.regions:
        name = [word for word in folded(region.name) if not word.isdecimal()]
        head = next((prompt.index(word) for word in reversed(name) if word in prompt), None)
        if head is not None:
            heads[region.name] = head
    if not heads:
        return scene

    boxes = weights.of_things(weights.of_words(words).features, list(heads.values())).boxes
    found = dict(zip(heads, boxes, strict=True))
    regions: list[Region] = []
    for region in scene.regions:
        if region.name in found and _is_open(region):
            x, y, width, height = map(float, found[region.name])
            place = region.where if isinstance(region.where, Place) else None
            sides = (place.horizontal, place.vertical) if place else (None, None)
            regions.append(region.model_copy(update={"wish": wish_for((x, y, width, height), *sides)}))
        else:
            regions.append(region)
    return scene.model_copy(update={"regions": tuple(regions)})


def _is_open(region: Region) -> bool:
    """Whether the region has neither a shape, nor a wish, nor the full width or height of the canvas."""
    place = region.where
    if isinstance(place, Place):
        return region.wish is None and "full" not in (place.horizontal, place.vertical)
    return region.wish is None and place is None
