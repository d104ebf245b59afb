"""From a token grid to a picture."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from planner.errors import UserError
from renderer.encoding import Encoded, encode_batch
from renderer.grid import BACKGROUND, TokenGrid
from renderer.models import Model
from renderer.regional import Conditioning, RegionalSettings, flux_timesteps, regional, stacked
from renderer.settings import Recipe

OnStep = Callable[[int, int], None]
"""Told after each step: steps done, and steps in all."""


@dataclass(frozen=True)
class Rendering:
    """A picture and what it was drawn with; `base_prompt` is what the whole picture was drawn from."""

    image: Image.Image
    recipe: Recipe
    seed: int
    base_prompt: str
    seconds: float


def render(
    grid: TokenGrid,
    model: Model,
    recipe: Recipe,
    seed: int = 0,
    *,
    encoded: Encoded | None = None,
    plain: bool = False,
    on_step: OnStep | None = None,
) -> Rendering:
    """Draw the grid: regional prompting in the first T steps, the base prompt alone after them.

    The picture is `patch` pixels a token; the same seed gives the same pixels on the same machine at the same
    number of threads. `encoded` is the grid's text where it was encoded before, by `encode`. `plain` leaves
    the regions out, for comparison: the same model, noise and base prompt. Raises `UserError` where the grid
    does not fit the model.
    """
    told = None if encoded is None else [encoded]
    return render_batch([grid], model, recipe, [seed], encoded=told, plain=plain, on_step=on_step)[0]


def render_batch(
    grids: Sequence[TokenGrid],
    model: Model,
    recipe: Recipe,
    seeds: Sequence[int],
    *,
    encoded: Sequence[Encoded] | None = None,
    plain: bool = False,
    on_step: OnStep | None = None,
) -> tuple[Rendering, ...]:
    """Draw the i-th grid from the i-th seed, all in one call of the model; each keeps regions of its own.

    Arguments are those of `render`. Each picture is what `render` draws, to rounding: sums of a batch come in
    another order, and where the recipe trims, base prompts are as long as the longest of the batch. `seconds`
    is each picture's share of the time. Raises `UserError` for grids of several sizes.
    """
    start = time.perf_counter()
    _check_alike(grids, seeds)
    told = encode_batch(grids, model, recipe) if encoded is None else encoded
    rows, columns = grids[0].owner.shape
    bare = all(grid.names == (BACKGROUND,) for grid in grids)
    regions = nullcontext() if plain or bare else _regions(grids, told, model, recipe)
    # diffusers annotates its embeddings as `torch.FloatTensor`, which no tensor of today is.
    pipeline: Any = model.pipeline
    with regions, torch.inference_mode():
        images: list[Image.Image] = pipeline(
            prompt_embeds=torch.cat([each.conditioning.base_embeds for each in told]),
            pooled_prompt_embeds=torch.cat([each.pooled for each in told]),
            **{name: torch.cat([each.negative[name] for each in told]) for name in told[0].negative},
            height=rows * grids[0].patch,
            width=columns * grids[0].patch,
            num_inference_steps=recipe.steps,
            guidance_scale=recipe.guidance_scale,
            true_cfg_scale=recipe.true_cfg_scale,
            generator=[torch.Generator("cpu").manual_seed(seed) for seed in seeds],
            max_sequence_length=recipe.max_sequence_length,
            callback_on_step_end=_callback(on_step, recipe.steps),
        ).images
    seconds = (time.perf_counter() - start) / len(grids)
    return tuple(
        Rendering(image, recipe, seed, each.base_prompt, seconds)
        for image, seed, each in zip(images, seeds, told, strict=True)
    )


def _check_alike(grids: Sequence[TokenGrid], seeds: Sequence[int]) -> None:
    if not 0 < len(grids) == len(seeds):
        raise UserError(f"{len(grids)} grids and {len(seeds)} seeds: one of each a picture")
    sizes = sorted({(grid.owner.shape[1] * grid.patch, grid.owner.shape[0] * grid.patch) for grid in grids})
    if len(sizes) > 1:
        told = ", ".join(f"{width}x{height}" for width, height in sizes)
        raise UserError(f"the grids are of several sizes ({told}): pictures of one call have one")


def _regions(
    grids: Sequence[TokenGrid], encoded: Sequence[Encoded], model: Model, recipe: Recipe
) -> AbstractContextManager[None]:
    settings = RegionalSettings(
        recipe.base_ratio,
        recipe.injected(),
        recipe.double_interval,
        recipe.single_interval,
        recipe.one_stream,
    )
    timesteps = flux_timesteps(model.pipeline.scheduler, recipe.steps, grids[0].owner.size)
    owner, conditioning = _layouts(grids, encoded)
    return regional(model.pipeline.transformer, owner, conditioning, settings, timesteps)


def _layouts(
    grids: Sequence[TokenGrid], encoded: Sequence[Encoded]
) -> tuple[NDArray[np.int16], Conditioning]:
    """One layout where the pictures share it, which takes fewer calls of attention, else one a picture."""
    if all(grid is grids[0] for grid in grids) and all(each is encoded[0] for each in encoded):
        return grids[0].owner, encoded[0].conditioning
    owner = np.stack([grid.owner for grid in grids])
    return owner, stacked([each.conditioning for each in encoded])


def _callback(on_step: OnStep | None, steps: int) -> Callable[..., dict[str, Any]] | None:
    if on_step is None:
        return None

    def told(_pipeline: object, step: int, _timestep: object, kwargs: dict[str, Any]) -> dict[str, Any]:
        on_step(step + 1, steps)
        return kwargs

    return told
