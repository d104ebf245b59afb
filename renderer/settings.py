"""The settings of a picture: what the user sets, over the recipe of the model.

The command makes options of the fields that are declared by `option`, so nothing heavy is imported here.
"""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, model_validator

from planner.errors import UserError

Steps = Annotated[int, Field(ge=1, le=1000)]
Scale = Annotated[float, Field(ge=0, le=100)]
Ratio = Annotated[float, Field(ge=0, le=1)]
Interval = Annotated[int, Field(ge=1, le=1000)]
Feather = Annotated[int, Field(ge=0, le=64)]
Length = Annotated[int, Field(ge=1, le=512)]

Mode = Literal["paper", "trimmed", "one-stream", "fast"]
"""How exactly the paper's computation is followed (arXiv 2411.02395).

"paper" is exact. In "trimmed" each prompt goes in at its own length, to the next multiple of 16 tokens, and
not padded to the model's; in "one-stream" the single blocks carry no copy of the image for the base branch;
"fast" is both.
"""


def _steps_or_share(value: object) -> object:
    text = str(value)
    if not re.fullmatch(r"\d{1,4}|(100|\d{1,2})%", text, re.ASCII):
        raise ValueError(
            f"{value!r} should be a number of steps, such as 10, or a share of them, such as 40%"
        )
    return text if text.endswith("%") else int(text)


Injected = Annotated[int | str, BeforeValidator(_steps_or_share)]


class Recipe(BaseModel, frozen=True, extra="forbid"):
    """A value for every setting of a rendering; `Settings` describes them.

    `inject_steps` (T) is a number of steps or a share of them ("40%"); `base_ratio` is β; the intervals are
    the paper's B (arXiv 2411.02395). `guidance_scale` is the distilled guidance, which the transformer takes
    as an embedding; `true_cfg_scale` above 1 runs a second, negative pass in each step. With
    `setting_in_regions` every region's prompt ends with the words for the background, for models that
    otherwise paint a background of their own around each thing. `feather` softens borders: image tokens
    within so many tokens of a border also see the image tokens as far beyond it (0: the paper's borders).
    """

    steps: Steps
    guidance_scale: Scale
    true_cfg_scale: Scale
    base_ratio: Ratio
    inject_steps: Injected
    double_interval: Interval
    single_interval: Interval
    max_sequence_length: Length
    setting_in_regions: bool = False
    mode: Mode = "one-stream"
    feather: Feather = 0

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if isinstance(self.inject_steps, int) and self.inject_steps > self.steps:
            raise ValueError(f"inject_steps is {self.inject_steps}, but there are only {self.steps} steps")
        return self

    def injected(self, run: int | None = None) -> int:
        """T as a number of steps. A share is one of the steps that are `run`: img2img skips the first."""
        if isinstance(self.inject_steps, int):
            return self.inject_steps
        return round((self.steps if run is None else run) * int(self.inject_steps.removesuffix("%")) / 100)

    @property
    def trims(self) -> bool:
        """Whether prompts go in at their own lengths."""
        return self.mode in {"trimmed", "fast"}

    @property
    def one_stream(self) -> bool:
        """Whether single blocks carry one image alone."""
        return self.mode in {"one-stream", "fast"}


CHOSEN = ("base_ratio", "inject_steps")
"""The settings that `auto` chooses from the layout."""


def option(description: str, metavar: str) -> Any:
    """A field that is None by default and that the command has an option for.

    `description` is the option's help, and `metavar` stands there for its value.
    """
    return Field(default=None, description=description, json_schema_extra={"metavar": metavar})


class Settings(BaseModel, frozen=True, extra="forbid"):
    """The settings that the user chose; None leaves a setting to the model's recipe.

    With `auto`, β and T come from the layout, if the model's card has rules for it.
    """

    steps: Steps | None = option("Number of denoising steps.", "N")
    guidance_scale: Scale | None = option(
        "Distilled guidance scale, for CFG-distilled models (FLUX.1-dev, FLUX.2-dev).", "X"
    )
    true_cfg_scale: Scale | None = option(
        "True CFG scale. Above 1, each step also runs a pass with the negative prompt (twice the time).", "X"
    )
    base_ratio: Ratio | None = option(
        "β, from 0 to 1: weight of the base prompt (the whole picture's) against the region prompts. With 0, "
        "regions are followed most strictly.",
        "X",
    )
    inject_steps: Injected | None = option(
        "T: how many of the first steps use region prompts, as a number (10) or a share (40%).", "T"
    )
    mode: Mode | None = option(
        "paper: the exact method; trimmed: prompts without padding; one-stream (default): no second copy of "
        "the image in single blocks; fast: trimmed and one-stream.",
        "NAME",
    )
    double_interval: Interval | None = option(
        "Separate regions in every N-th double block of the transformer (1: in all).", "N"
    )
    single_interval: Interval | None = option(
        "Separate regions in every N-th single block of the transformer (1: in all).", "N"
    )
    feather: Feather | None = option("Soft region borders, N tokens of 16 pixels wide (0: hard).", "N")
    max_sequence_length: Length | None = None
    setting_in_regions: bool | None = None
    auto: bool | None = None

    def over(self, recipe: Recipe) -> Recipe:
        """The recipe with these settings in place of its own; raises `UserError` where they contradict it."""
        try:
            return Recipe.model_validate(
                {**recipe.model_dump(), **self.model_dump(exclude_none=True, exclude={"auto"})}
            )
        except ValidationError as error:
            from planner.faults import explain

            raise UserError(f"settings: {explain(error)}") from error
