"""What a picture is drawn with besides its plan: LoRAs, other pictures, ControlNets.

The command makes options of the fields that are declared by `option`, so nothing heavy is imported here.
"""

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from planner.errors import UserError
from renderer.settings import option

if TYPE_CHECKING:
    from PIL import Image

Weight = Annotated[float, Field(ge=-100, le=100)]
Strength = Annotated[float, Field(gt=0, le=1)]

STRENGTH = 0.6
"""The default of diffusers' img2img and inpainting pipelines."""


class GivenImage(BaseModel):
    """A picture that was given as a PIL image or an array, and so has no path.

    A record keeps what kind of image it was and the SHA-256 of its mode, size and pixels, but not the pixels:
    a `GivenImage` that is read from a record can't be opened.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    given_as: str
    sha256: str
    _image: Any = PrivateAttr(None)

    @classmethod
    def of(cls, image: "Image.Image") -> "GivenImage":
        """The image, which must not be changed afterwards."""
        given_as = f"{image.mode} image of {image.width}x{image.height} pixels"
        digest = hashlib.sha256(f"{given_as}\n".encode() + image.tobytes()).hexdigest()
        given = cls(given_as=given_as, sha256=digest)
        given._image = image
        return given

    def open(self, field: str) -> "Image.Image":
        """The image. Raises `UserError` that names the field where it was not kept."""
        if self._image is None:
            raise UserError(
                "was given as an image, and the record has no pixels of it: give the "
                f"{self.given_as} with the SHA-256 {self.sha256} again",
                field,
            )
        return self._image


def _as_picture(given: object) -> object:
    if isinstance(given, str | Path):
        if not str(given):
            raise ValueError("is empty: should be the path of a picture")
        return str(given)
    if isinstance(given, GivenImage):
        return given
    if isinstance(given, dict):
        try:
            return GivenImage.model_validate(given)
        except ValidationError:
            raise ValueError("should be a path, or given_as and sha256") from None
    from planner.painting import read_picture

    try:
        return GivenImage.of(read_picture("", given))
    except UserError as error:
        raise ValueError(error.text) from error


Picture = Annotated[Any, BeforeValidator(_as_picture)]
"""A path, a PIL image, or an array (H, W), (H, W, 3) or (H, W, 4) of uint8; once it is set, a path as `str`,
or a `GivenImage`."""


class Lora(BaseModel, frozen=True, extra="forbid"):
    """A LoRA from a file, a folder or the hub, with its weight: for one region by name, or for all."""

    source: str = Field(min_length=1)
    weight: Weight = 1.0
    region: str | None = None


class Control(BaseModel, frozen=True, extra="forbid"):
    """A control image (depth map, pose, edges), and the ControlNet for it: a folder or a hub name."""

    image: Picture
    model: str = Field(min_length=1)


class Extras(BaseModel, frozen=True, extra="forbid"):
    """What a picture is drawn with besides its plan.

    Pictures are paths, PIL images or arrays of uint8. They are cut to the canvas, but for `references`, other
    pictures that the model looks at (FLUX.2).
    """

    loras: tuple[Lora, ...] = ()
    init_image: Picture | None = option("Start image for img2img, cut to the canvas.", "FILE")
    strength: Strength | None = option(
        "img2img strength, above 0 and at most 1: how much of the start image is redrawn (default: 0.6).", "X"
    )
    inpaint_mask: Picture | None = option(
        "Inpainting mask for the start image: white is redrawn, black is kept.", "FILE"
    )
    controls: tuple[Control, ...] = ()
    references: tuple[Picture, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for name in ("strength", "inpaint_mask"):
            if getattr(self, name) is not None and self.init_image is None:
                raise ValueError(f"{name} needs an init_image")
        return self

    @property
    def denoising_strength(self) -> float:
        """The strength; 1 where there is no start image."""
        return 1.0 if self.init_image is None else STRENGTH if self.strength is None else self.strength

    @property
    def has_regional_lora(self) -> bool:
        """Whether a LoRA is for one region."""
        return any(lora.region for lora in self.loras)

    def check_pictures(self) -> None:
        """Raise `UserError` where an image is not there: it was given to a picture that is drawn again."""
        controls = [("control", control.image) for control in self.controls]
        for field, picture in (
            ("init_image", self.init_image),
            ("inpaint_mask", self.inpaint_mask),
            *controls,
            *(("reference", picture) for picture in self.references),
        ):
            if isinstance(picture, GivenImage):
                picture.open(field)


NOTHING = Extras()


def read_lora(text: str) -> Lora:
    """`SOURCE[:WEIGHT][@REGION]` as a LoRA; raises `UserError` where a part is empty or no weight."""
    source, at, region = _cut_last(text, "@")
    path, colon, weight = _cut_last(source, ":")
    if colon and not re.fullmatch(r"-?\d{1,2}(\.\d+)?", weight, re.ASCII):
        # A colon may be part of a path: what follows it is a weight where it looks like one.
        path, weight = source, ""
    if not path or (at and not region.strip()):
        raise UserError(
            f"{text}: should be PATH, PATH:WEIGHT, PATH@REGION or PATH:WEIGHT@REGION, such as "
            "outline.safetensors:0.8@heart",
            "lora",
        )
    try:
        kept = str(Path(path).resolve()) if Path(path).exists() else path
        return Lora(source=kept, weight=float(weight or 1), region=region.strip() or None)
    except (OSError, ValueError, RuntimeError) as error:  # NUL, too long, links in a circle, no text
        raise UserError(f"{text}: names no file that can be had", "lora") from error


def _cut_last(text: str, mark: str) -> tuple[str, str, str]:
    """The text cut at its last mark; a path that exists is not cut."""
    if mark not in text or Path(text).exists():
        return text, "", ""
    return text.rpartition(mark)
