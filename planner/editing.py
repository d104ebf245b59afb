"""Edits that users make to a planned scene: painted regions and negative prompts."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from planner.errors import UserError
from planner.painting import painted_masks, read_picture
from planner.placing.expand import expand
from planner.plans import Size
from planner.scene import Mask, Scene
from planner.shapes import mask_of


@dataclass(frozen=True)
class Painting:
    """A picture of the canvas's size in which regions are painted; `colours` has one by a region's name.

    The picture is a path, a PIL image, or an array (H, W), (H, W, 3) or (H, W, 4) of uint8.
    """

    image: str | Path | Image.Image | NDArray[np.uint8]
    colours: Mapping[str, str]


@dataclass(frozen=True)
class Negative:
    """A negative prompt, of the whole picture or of one region by name."""

    text: str
    region: str | None = None


@dataclass(frozen=True)
class Edits:
    """Changes to a scene before it is arranged."""

    painting: Painting | None = None
    negatives: tuple[Negative, ...] = ()


UNEDITED = Edits()


def edited(scene: Scene, edits: Edits, size: Size) -> Scene:
    """The scene with painted regions as they are painted, and with negative prompts in place of its own.

    A counted thing can be named as a whole ("cat") or one by one ("cat 2"). Raises `UserError` for a region
    that is not there, and for a painting that can't be read, is not of the canvas's size, or has other
    colours.
    """
    colours = edits.painting.colours if edits.painting else {}
    named = {
        each.region: ("negative", f"{each.text}@{each.region}") for each in edits.negatives if each.region
    }
    named |= {name: ("paint", f"{colour}={name}") for name, colour in colours.items()}
    if set(named) - {region.name for region in scene.regions}:
        scene = expand(scene).scene
    names = [region.name for region in scene.regions]
    for name, (field, text) in named.items():
        if name not in names:
            has = ", ".join(map(repr, names)) or "none"
            raise UserError(f"{text}: the plan has no region {name!r}; it has {has}", field)
    masks = _painted(edits.painting, size) if edits.painting else {}
    negatives = dict[str | None, list[str]]()
    for each in edits.negatives:
        negatives.setdefault(each.region, []).append(each.text)
    joined = {name: ", ".join(texts) for name, texts in negatives.items()}
    regions = tuple(
        region.model_copy(
            update={
                "where": masks.get(region.name, region.where),
                "negative": joined.get(region.name, region.negative),
            }
        )
        for region in scene.regions
    )
    return scene.model_copy(update={"regions": regions, "negative": joined.get(None, scene.negative)})


def _painted(painting: Painting, size: Size) -> dict[str, Mask]:
    """The mask of each painted region by name. Raises `UserError` as `edited` does."""
    image = read_picture("painted", painting.image)
    name = painting.image if isinstance(painting.image, str | Path) else "the picture"
    if image.size != (size.width, size.height):
        raise UserError(
            f"{name}: is {image.width}x{image.height}; a painting has the canvas's size, which is "
            f"{size.width}x{size.height}",
            "painted",
        )
    try:
        masks = painted_masks(image, list(painting.colours.values()))
    except UserError as error:
        raise UserError(f"{name}: {error}", "painted") from error
    return {region: mask_of(mask) for region, mask in zip(painting.colours, masks, strict=True)}
