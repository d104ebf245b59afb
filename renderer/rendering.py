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
from renderer.encoding import Encoded, encode_batch
from renderer.grid import BACKGROUND, TokenGrid
from renderer.loras import check_regions
from renderer.models import Model
from renderer.preparing import prepared
from renderer.regional import Conditioning, RegionalSettings, regional, stacked
from renderer.regional.family import Prompts
from renderer.regional.schedule import steps_run

if TYPE_CHECKING:
    from renderer.extras import Extras
    from renderer.settings import Recipe

OnStep = Callable[[int, int], None]
"""Called after each step with the steps done, and the steps in all."""


@dataclass(frozen=True)
class Rendering:
    """A picture and what it was drawn with; `base_prompt` is the prompt of the whole picture.

    `latents` are those that the picture was decoded from, on the CPU and as the pipeline has them: packed,
    (image tokens, channels), in most; (channels, height, width) in Z-Image and SD3.5.
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

    A token is `patch` pixels wide and high. The same seed gives the same pixels on the same machine at the
    same number of threads. `encoded` are the grid's prompts where they were encoded before, by `encode`;
    `extras` are LoRAs, a start image and ControlNets. `plain` leaves the regions out, for comparison: the
    same model, noise and base prompt. Raises `UserError` where the grid does not fit the model, or the
    extras can't be loaded.
    """
    return render_batch(
        [grid],
        model,
        recipe,
        [seed],
        encoded=None if encoded is None else [encoded],
        extras=extras,
        plain=plain,
        on_step=on_step,
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

    start, extras = time.perf_counter(), extras or NOTHING
    _check_batch(grids, seeds, extras, plain)
    rows, columns = grids[0].owner.shape
    most = model.family.longest_side(model.pipeline.transformer)
    if most is not None and max(rows, columns) > most:
        raise UserError(f"{model.card.name} draws at most {most * grids[0].patch} pixels a side", "size")
    height, width = rows * grids[0].patch, columns * grids[0].patch

    # 1. Encode the prompts.
    if encoded is None:
        encoded = encode_batch(grids, model, recipe, extras.loras)

    # 2. Prepare the pipeline: start image, ControlNets, LoRAs.
    with (
        model.lock,
        prepared(model, extras, recipe, grids[0].names, (width, height)) as ready,
        torch.inference_mode(),
    ):
        # 3. Run it, by regions in the first T steps.
        latents = list[Tensor]()
        steps = steps_run(recipe.steps, extras.denoising_strength)

        def after_step(_pipeline: object, step: int, _time: object, kwargs: dict[str, Any]) -> dict[str, Any]:
            # A pipeline that decodes returns only pictures.
            if step + 1 == steps:
                latents.append(kwargs["latents"].cpu())
            if on_step is not None:
                on_step(step + 1, steps)
            return kwargs

        with (
            nullcontext()
            if plain
            else _regions(grids, encoded, model, recipe, extras, steps, ready.lora_regions)
        ):
            images: list[Image.Image] = ready.pipeline(
                **_prompt_arguments(model, encoded),
                **model.family.guidance(model.pipeline, recipe.guidance_scale, recipe.true_cfg_scale),
                height=height,
                width=width,
                num_inference_steps=recipe.steps,
                generator=[torch.Generator("cpu").manual_seed(seed) for seed in seeds],
                max_sequence_length=recipe.max_sequence_length,
                callback_on_step_end=after_step,
                **ready.arguments,
            ).images

    seconds = (time.perf_counter() - start) / len(grids)
    return tuple(
        Rendering(image, packed, recipe, seed, each.base_prompt, seconds)
        for image, packed, seed, each in zip(images, latents[0], seeds, encoded, strict=True)
    )


def _prompt_arguments(model: Model, encoded: Sequence[Encoded]) -> dict[str, Any]:
    """The pipeline's arguments for the prompts of a batch."""
    negatives = [each.negative for each in encoded if each.negative]
    base = _together([each.base for each in encoded])
    return model.family.arguments(base, _together(negatives) if negatives else None)


def _together(prompts: Sequence[Prompts]) -> Prompts:
    pooled = [each.pooled for each in prompts if each.pooled is not None]
    return Prompts(
        tuple(text for each in prompts for text in each.embeds), torch.cat(pooled) if pooled else None
    )


def _check_batch(grids: Sequence[TokenGrid], seeds: Sequence[int], extras: "Extras", plain: bool) -> None:
    """Raise `UserError` where the grids can't be drawn in one call, or not with these extras."""
    if not 0 < len(grids) == len(seeds):
        raise UserError(f"{len(grids)} grids and {len(seeds)} seeds: one of each a picture")
    sizes = sorted({(grid.owner.shape[1] * grid.patch, grid.owner.shape[0] * grid.patch) for grid in grids})
    if len(sizes) > 1:
        found = ", ".join(f"{width}x{height}" for width, height in sizes)
        raise UserError(f"the grids are of several sizes ({found}): pictures of one call have one")
    check_regions(extras.loras, grids[0].names)
    if len({any(grid.negatives) for grid in grids}) > 1:
        raise UserError("of the pictures of one call all have negative prompts of regions, or none has")
    if extras.has_regional_lora and plain:
        raise UserError("a LoRA of one region needs regions: leave it out of a plain picture")
    if extras.has_regional_lora and any(grid.names != grids[0].names for grid in grids):
        raise UserError("a LoRA of one region needs pictures of one call to have the same regions")


def _regions(
    grids: Sequence[TokenGrid],
    encoded: Sequence[Encoded],
    model: Model,
    recipe: "Recipe",
    extras: "Extras",
    steps: int,
    lora_regions: dict[str, set[int]],
) -> AbstractContextManager[None]:
    """The regional context; none where every grid is all background."""
    if all(grid.names == (BACKGROUND,) for grid in grids) and not extras.has_regional_lora:
        return nullcontext()
    # A negative pass without regions would spread a region's LoRA, and knows no region's negative prompt.
    negative = None
    if any(any(grid.negatives) for grid in grids) or extras.has_regional_lora:
        against = [each.negative_conditioning for each in encoded if each.negative_conditioning]
        negative = _layout(grids, against)[1] if against else None
    owner, conditioning = _layout(grids, [each.conditioning for each in encoded])
    settings = RegionalSettings(
        recipe.base_ratio,
        recipe.injected(steps),
        recipe.double_interval,
        recipe.single_interval,
        recipe.one_stream,
        recipe.feather,
    )
    return regional(
        model.pipeline.transformer,
        owner,
        conditioning,
        settings,
        model.pipeline.scheduler,
        lora_regions=lora_regions,
        negative=negative,
    )


def _layout(
    grids: Sequence[TokenGrid], encoded: Sequence[Conditioning]
) -> tuple[NDArray[np.int16], Conditioning]:
    """One layout where the pictures share it, which takes fewer calls of attention, else one a picture."""
    if all(grid is grids[0] for grid in grids) and all(each is encoded[0] for each in encoded):
        return grids[0].owner, encoded[0]
    return np.stack([grid.owner for grid in grids]), stacked(encoded)
