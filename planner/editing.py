"""What users say over a scene, whoever planned it: painted regions and negative prompts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from PIL import Image

from planner.errors import UserError
from planner.painting import painted_masks, read_picture
from planner.placing.expand import expand
from planner.plans import Size
from planner.scene import Region, Scene
from planner.shapes import mask_of


@dataclass(frozen=True)
class Painting:
    """A picture of the canvas's size in which regions are painted; `colours` has one by a region's name."""

    image: str | Image.Image
    colours: Mapping[str, str]


@dataclass(frozen=True)
class Negative:
    """A negative prompt, of the whole picture or of one region by name."""

    text: str
    region: str | None = None


@dataclass(frozen=True)
class Edits:
    """What is said over a scene before it is arranged."""

    painting: Painting | None = None
    negatives: tuple[Negative, ...] = ()


UNEDITED = Edits()


def edited(scene: Scene, edits: Edits, size: Size) -> Scene:
    """The scene with painted regions as they are painted, and with negative prompts in place of its own.

    A counted thing can be meant as a whole ("cat") or one by one ("cat 2"). Raises `UserError` for a region
    that is not there, and for a painting that can't be read, is not of the canvas's size, or has other
    colours.
    """
    said = _said(edits)
    if set(said) - {region.name for region in scene.regions}:
        scene = expand(scene).scene
    names = [region.name for region in scene.regions]
    for name, (field, words) in said.items():
        if name not in names:
            has = ", ".join(map(repr, names)) or "none"
            raise UserError(f"{words}: the plan has no region {name!r}; it has {has}", field)
    scene = _painted(scene, edits.painting, size) if edits.painting else scene
    return _denied(scene, edits.negatives)


def _said(edits: Edits) -> dict[str, tuple[str, str]]:
    """The regions that are meant: the field, and how it names the region."""
    colours = edits.painting.colours if edits.painting else {}
    denied = {
        each.region: ("negative", f"{each.text}@{each.region}") for each in edits.negatives if each.region
    }
    return denied | {name: ("paint", f"{colour}={name}") for name, colour in colours.items()}


def _painted(scene: Scene, painting: Painting, size: Size) -> Scene:
    image, name = painting.image, "the picture"
    if isinstance(image, str):
        image, name = read_picture("painted", image), image
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
    shapes = {name: mask_of(mask) for name, mask in zip(painting.colours, masks, strict=True)}
    return _with(scene, {name: {"where": shape} for name, shape in shapes.items()})


def _denied(scene: Scene, negatives: Iterable[Negative]) -> Scene:
    """The scene with what is said against the whole and against each region; several times are joined."""
    told = dict[str | None, list[str]]()
    for each in negatives:
        told.setdefault(each.region, []).append(each.text)
    joined = {region: ", ".join(texts) for region, texts in told.items()}
    scene = scene.model_copy(update={"negative": joined.get(None, scene.negative)})
    return _with(scene, {name: {"negative": text} for name, text in joined.items() if name})


def _with(scene: Scene, changes: Mapping[str, Mapping[str, object]]) -> Scene:
    regions = tuple(_changed(region, changes.get(region.name, {})) for region in scene.regions)
    return scene.model_copy(update={"regions": regions})


def _changed(region: Region, change: Mapping[str, object]) -> Region:
    return region.model_copy(update=change)
