"""From a token grid to a picture."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from planner.errors import UserError
from renderer.applying import Ready, applied
from renderer.encoding import Encoded, encode_batch
from renderer.grid import BACKGROUND, TokenGrid
from renderer.loras import check_regions
from renderer.models import Model
from renderer.regional import Conditioning, RegionalSettings, flux_timesteps, regional, stacked

if TYPE_CHECKING:
    from renderer.extras import Extras
    from renderer.settings import Recipe

OnStep = Callable[[int, int], None]
"""Told after each step: steps done, and steps in all."""


@dataclass(frozen=True)
class Rendering:
    """A picture and what it was drawn with; `base_prompt` is what the whole picture was drawn from.

    `latents` are the packed latents that the picture was decoded from: (image tokens, channels), on the CPU.
    """

    image: Image.Image
    latents: Tensor
    recipe: "Recipe"
    seed: int
    base_prompt: str
    seconds: float


def render(
    grid: TokenGrid,
    model: Model,
    recipe: "Recipe",
    seed: int = 0,
    *,
    encoded: Encoded | None = None,
    extras: "Extras | None" = None,
    plain: bool = False,
    on_step: OnStep | None = None,
) -> Rendering:
    """Draw the grid: regional prompting in the first T steps, the base prompt alone after them.

    The picture is `patch` pixels a token; the same seed gives the same pixels on the same machine at the same
    number of threads. `encoded` is the grid's text where it was encoded before, by `encode`; `extras` are
    LoRAs, a picture to start from and ControlNets. `plain` leaves the regions out, for comparison: the same
    model, noise and base prompt. Raises `UserError` where the grid does not fit the model, or what joins it
    can't be had.
    """
    told = None if encoded is None else [encoded]
    return render_batch(
        [grid], model, recipe, [seed], encoded=told, extras=extras, plain=plain, on_step=on_step
    )[0]


def render_batch(
    grids: Sequence[TokenGrid],
    model: Model,
    recipe: "Recipe",
    seeds: Sequence[int],
    *,
    encoded: Sequence[Encoded] | None = None,
    extras: "Extras | None" = None,
    plain: bool = False,
    on_step: OnStep | None = None,
) -> tuple[Rendering, ...]:
    """Draw the i-th grid from the i-th seed, all in one call of the model; each keeps regions of its own.

    Arguments are those of `render`. Each picture is what `render` draws, to rounding: sums of a batch come in
    another order, and where the recipe trims, base prompts are as long as the longest of the batch. `seconds`
    is each picture's share of the time. Raises `UserError` for grids of several sizes.
    """
    from renderer.extras import NOTHING

    start = time.perf_counter()
    extras = extras or NOTHING
    _check_alike(grids, seeds)
    rows, columns = grids[0].owner.shape
    size = columns * grids[0].patch, rows * grids[0].patch
    _check_extras(grids, extras, plain)
    told = encode_batch(grids, model, recipe, extras.loras) if encoded is None else encoded
    with model.lock, applied(model, extras, recipe, grids[0].names, size) as ready, torch.inference_mode():
        drawing = _Drawing(grids, told, model, recipe, extras, ready.lora_regions)
        with nullcontext() if plain else drawing.regions():
            images, latents = _call(ready, drawing, seeds, on_step)
    seconds = (time.perf_counter() - start) / len(grids)
    return tuple(
        Rendering(image, packed, recipe, seed, each.base_prompt, seconds)
        for image, packed, seed, each in zip(images, latents, seeds, told, strict=True)
    )


def _check_alike(grids: Sequence[TokenGrid], seeds: Sequence[int]) -> None:
    if not 0 < len(grids) == len(seeds):
        raise UserError(f"{len(grids)} grids and {len(seeds)} seeds: one of each a picture")
    sizes = sorted({(grid.owner.shape[1] * grid.patch, grid.owner.shape[0] * grid.patch) for grid in grids})
    if len(sizes) > 1:
        told = ", ".join(f"{width}x{height}" for width, height in sizes)
        raise UserError(f"the grids are of several sizes ({told}): pictures of one call have one")


@dataclass(frozen=True, eq=False)
class _Drawing:
    """What one call draws."""

    grids: Sequence[TokenGrid]
    told: Sequence[Encoded]
    model: Model
    recipe: "Recipe"
    extras: "Extras"
    lora_regions: dict[str, set[int]]

    @property
    def timesteps(self) -> Tensor:
        """Those that the pipeline will run."""
        scheduler, tokens = self.model.pipeline.scheduler, self.grids[0].owner.size
        return flux_timesteps(scheduler, self.recipe.steps, tokens, self.extras.drawn_anew)

    def regions(self) -> AbstractContextManager[None]:
        """The regional context; none where every grid is all background."""
        if all(grid.names == (BACKGROUND,) for grid in self.grids) and not _of_regions(self.extras):
            return nullcontext()
        recipe, timesteps = self.recipe, self.timesteps
        settings = RegionalSettings(
            recipe.base_ratio,
            recipe.injected(len(timesteps)),
            recipe.double_interval,
            recipe.single_interval,
            recipe.one_stream,
            recipe.feather,
        )
        owner, conditioning = _layouts(self.grids, [each.conditioning for each in self.told])
        return regional(
            self.model.pipeline.transformer,
            owner,
            conditioning,
            settings,
            timesteps,
            lora_regions=self.lora_regions,
            negative=self._negative(),
        )

    def _negative(self) -> Conditioning | None:
        """What each region is drawn against, where one has a negative prompt or a LoRA of its own.

        A negative pass without regions would spread a region's LoRA.
        """
        against = [each.against for each in self.told if each.against]
        own = any(any(grid.negatives) for grid in self.grids) or _of_regions(self.extras)
        return _layouts(self.grids, against)[1] if own and against else None


def _call(
    ready: Ready, drawing: _Drawing, seeds: Sequence[int], on_step: OnStep | None
) -> tuple[list[Image.Image], Tensor]:
    """The pictures, and the packed latents of each: (pictures, image tokens, channels)."""
    recipe, told, grid = drawing.recipe, drawing.told, drawing.grids[0]
    rows, columns = grid.owner.shape
    guidance = {"true_cfg_scale": recipe.true_cfg_scale} if recipe.true_cfg_scale > 1 else {}
    watch = _Watch(on_step, len(drawing.timesteps))
    images = ready.pipeline(
        prompt_embeds=torch.cat([each.conditioning.base_embeds for each in told]),
        pooled_prompt_embeds=torch.cat([each.pooled for each in told]),
        **{name: torch.cat([each.negative[name] for each in told]) for name in told[0].negative},
        height=rows * grid.patch,
        width=columns * grid.patch,
        num_inference_steps=recipe.steps,
        guidance_scale=recipe.guidance_scale,
        **guidance,
        generator=[torch.Generator("cpu").manual_seed(seed) for seed in seeds],
        max_sequence_length=recipe.max_sequence_length,
        callback_on_step_end=watch,
        **ready.arguments,
    ).images
    return images, watch.latents


def _of_regions(extras: "Extras") -> bool:
    return any(lora.region for lora in extras.loras)


def _check_extras(grids: Sequence[TokenGrid], extras: "Extras", plain: bool) -> None:
    check_regions(extras.loras, grids[0].names)
    if len({any(grid.negatives) for grid in grids}) > 1:
        raise UserError("of the pictures of one call all have negative prompts of regions, or none has")
    if not _of_regions(extras):
        return
    if plain:
        raise UserError("a LoRA of one region needs regions: leave it out of a plain picture")
    if any(grid.names != grids[0].names for grid in grids):
        raise UserError("a LoRA of one region needs pictures of one call to have the same regions")


def _layouts(
    grids: Sequence[TokenGrid], told: Sequence[Conditioning]
) -> tuple[NDArray[np.int16], Conditioning]:
    """One layout where the pictures share it, which takes fewer calls of attention, else one a picture."""
    if all(grid is grids[0] for grid in grids) and all(each is told[0] for each in told):
        return grids[0].owner, told[0]
    return np.stack([grid.owner for grid in grids]), stacked(told)


class _Watch:
    """Tells of every step, and keeps the latents of the last: a pipeline that decodes gives only pictures."""

    def __init__(self, on_step: OnStep | None, steps: int) -> None:
        self.on_step, self.steps = on_step, steps
        self.latents = torch.empty(0)

    def __call__(
        self, _pipeline: object, step: int, _timestep: object, kwargs: dict[str, Any]
    ) -> dict[str, Any]:
        if step + 1 == self.steps:
            self.latents = kwargs["latents"].cpu()
        if self.on_step is not None:
            self.on_step(step + 1, self.steps)
        return kwargs
