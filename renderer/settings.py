"""What a picture is drawn with: the user's wishes over the model's own recipe."""

import re
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from planner.errors import UserError
from planner.faults import explain
from planner.scene import Frozen

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


class Recipe(Frozen):
    """Every setting of a rendering, decided.

    `inject_steps` (T) is a number of steps or their share ("40%"); `base_ratio` is β; the intervals are the
    paper's B (arXiv 2411.02395). `guidance_scale` is the distilled guidance that goes in as an embedding;
    `true_cfg_scale` above 1 runs a second, negative pass a step. With `setting_in_regions` every region's
    prompt ends with the words for the background, for models that else paint one of their own around each
    thing. Over `feather` tokens at a border a region is drawn in part from what lies as far beyond it (0: the
    paper's borders).
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
        """T as a number of steps; a share is one of those that are `run`, which may be the last ones only."""
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
"""The settings that may be chosen from a layout."""


class Settings(Frozen):
    """What the user asks for; None leaves a setting to the model's own recipe.

    With `auto`, to what the model's card has for the layout, where it has anything: β and T.
    """

    steps: Steps | None = None
    guidance_scale: Scale | None = None
    true_cfg_scale: Scale | None = None
    base_ratio: Ratio | None = None
    inject_steps: Injected | None = None
    double_interval: Interval | None = None
    single_interval: Interval | None = None
    max_sequence_length: Length | None = None
    setting_in_regions: bool | None = None
    mode: Mode | None = None
    feather: Feather | None = None
    auto: bool | None = None

    def over(self, recipe: Recipe) -> Recipe:
        """The recipe with these wishes in place of its own; raises `UserError` where they contradict it."""
        try:
            return Recipe.model_validate(
                {**recipe.model_dump(), **self.model_dump(exclude_none=True, exclude={"auto"})}
            )
        except ValidationError as error:
            raise UserError(f"settings: {explain(error)}") from error
