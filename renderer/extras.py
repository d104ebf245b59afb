"""What joins a drawing besides its plan: LoRAs, a picture to start from, ControlNets.

Nothing here imports torch.
"""

import re
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from planner.errors import UserError
from planner.scene import Frozen

Weight = Annotated[float, Field(ge=-100, le=100)]
Strength = Annotated[float, Field(gt=0, le=1)]

STRENGTH = 0.6
"""As diffusers' img2img and inpainting pipelines have it."""


class Lora(Frozen):
    """A LoRA from a file, a folder or the hub, at a weight; for one region by name, or for the whole."""

    source: str = Field(min_length=1)
    weight: Weight = 1.0
    region: str | None = None


class Control(Frozen):
    """A picture that steers the drawing, and the ControlNet, a folder or a hub's name, that reads it."""

    image: str = Field(min_length=1)
    model: str = Field(min_length=1)


class Extras(Frozen):
    """What joins a drawing.

    `strength` is how much of `init_image` is drawn anew, 1 being all of it; with `inpaint_mask` that happens
    where it is white alone.
    """

    loras: tuple[Lora, ...] = ()
    init_image: str | None = None
    strength: Strength | None = None
    inpaint_mask: str | None = None
    controls: tuple[Control, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for name in ("strength", "inpaint_mask"):
            if getattr(self, name) is not None and self.init_image is None:
                raise ValueError(f"{name} needs an init_image")
        return self

    @property
    def drawn_anew(self) -> float:
        """The strength; 1 where there is no picture to start from."""
        return 1.0 if self.init_image is None else STRENGTH if self.strength is None else self.strength


NOTHING = Extras()


def read_lora(text: str) -> Lora:
    """`SOURCE[:WEIGHT][@REGION]` as a LoRA; raises `UserError` where a part is empty or no weight."""
    source, at, region = (text, "", "") if _lies(text) else _apart(text, "@")
    path, colon, weight = (source, "", "") if _lies(source) else _apart(source, ":")
    if colon and not re.fullmatch(r"-?\d{1,2}(\.\d+)?", weight, re.ASCII):
        # A colon may be part of a path: what follows it is a weight where it looks like one.
        path, weight = source, ""
    if not path or (at and not region.strip()):
        raise UserError(
            f"{text}: should be PATH, PATH:WEIGHT, PATH@REGION or PATH:WEIGHT@REGION, such as "
            "outline.safetensors:0.8@heart",
            "lora",
        )
    kept = str(Path(path).resolve()) if _lies(path) else path
    return Lora(source=kept, weight=float(weight or 1), region=region.strip() or None)


def _lies(path: str) -> bool:
    return Path(path).exists()


def _apart(text: str, mark: str) -> tuple[str, str, str]:
    before, found, after = text.rpartition(mark)
    return (before, found, after) if found else (text, "", "")
