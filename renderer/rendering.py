"""From a token grid to a picture."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image

from renderer.encoding import Encoded, base_prompt, encode
from renderer.grid import BACKGROUND, TokenGrid
from renderer.models import Model
from renderer.regional import RegionalSettings, flux_timesteps, regional
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
    plain: bool = False,
    on_step: OnStep | None = None,
) -> Rendering:
    """Draw the grid: regional prompting in the first T steps, the base prompt alone after them.

    The picture is `patch` pixels a token; the same seed gives the same pixels on the same machine at the same
    number of threads. `plain` leaves the regions out, for comparison: the same model, noise and base prompt.
    Raises `UserError` where the grid does not fit the model.
    """
    start = time.perf_counter()
    base = base_prompt(grid, model, recipe)
    encoded = encode(grid, base, model, recipe)
    rows, columns = grid.owner.shape
    regions = (
        nullcontext() if plain or grid.names == (BACKGROUND,) else _regions(grid, encoded, model, recipe)
    )
    # diffusers annotates its embeddings as `torch.FloatTensor`, which no tensor of today is.
    pipeline: Any = model.pipeline
    with regions, torch.inference_mode():
        image = pipeline(
            prompt_embeds=encoded.conditioning.base_embeds,
            pooled_prompt_embeds=encoded.pooled,
            **encoded.negative,
            height=rows * grid.patch,
            width=columns * grid.patch,
            num_inference_steps=recipe.steps,
            guidance_scale=recipe.guidance_scale,
            true_cfg_scale=recipe.true_cfg_scale,
            generator=torch.Generator("cpu").manual_seed(seed),
            max_sequence_length=recipe.max_sequence_length,
            callback_on_step_end=_callback(on_step, recipe.steps),
        ).images[0]
    return Rendering(image, recipe, seed, base, time.perf_counter() - start)


def _regions(grid: TokenGrid, encoded: Encoded, model: Model, recipe: Recipe) -> AbstractContextManager[None]:
    settings = RegionalSettings(
        recipe.base_ratio,
        recipe.injected(),
        recipe.double_interval,
        recipe.single_interval,
        recipe.one_stream,
    )
    timesteps = flux_timesteps(model.pipeline.scheduler, recipe.steps, grid.owner.size)
    return regional(model.pipeline.transformer, grid.owner, encoded.conditioning, settings, timesteps)


def _callback(on_step: OnStep | None, steps: int) -> Callable[..., dict[str, Any]] | None:
    if on_step is None:
        return None

    def told(_pipeline: object, step: int, _timestep: object, kwargs: dict[str, Any]) -> dict[str, Any]:
        on_step(step + 1, steps)
        return kwargs

    return told
