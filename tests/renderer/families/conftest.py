"""Small random pipelines of every family, and one way to draw with any of them."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from evals.small import SMALL, pipeline
from renderer.families import family_of
from renderer.regional import Conditioning, RegionalSettings, regional
from renderer.regional.family import Family, Prompts
from renderer.regional.injection import Kind

ROWS, COLUMNS = 4, 6
STEPS = 2
LENGTH = 96
"""Tokens to which prompts are padded where a family pads them."""


@dataclass(frozen=True, eq=False)
class Model:
    """A pipeline that was saved and loaded again."""

    name: str
    pipeline: Any
    family: Family

    @property
    def transformer(self) -> Any:
        return self.pipeline.transformer

    @property
    def steps_apart(self) -> int:
        """For how many steps regions can be apart wholly: a stage of the image alone sees all of it, so that
        what another region drew in one step is seen in the next.
        """
        kinds = {block.kind for _, block in self.family.blocks(self.transformer)}
        return 1 if Kind.IMAGE in kinds else STEPS

    def encode(self, *texts: str) -> Prompts:
        """The prompts of a batch."""
        with torch.inference_mode():
            return self.family.encode(self.pipeline, texts, LENGTH)

    def latents(
        self,
        prompts: Prompts,
        negative: Prompts | None = None,
        within: AbstractContextManager[Any] | None = None,
        steps: int = STEPS,
        true_cfg_scale: float = 3.0,
        pipeline: Any = None,
        **more: Any,
    ) -> Tensor:
        """What a pipeline draws of a batch, as tokens (B, N, C) in the order of the grid."""
        pictures = len(prompts.embeds)
        guidance = self.family.guidance(self.pipeline, 3.5, true_cfg_scale if negative else 1.0)
        size = {"height": 16 * ROWS, "width": 16 * COLUMNS}
        with within or nullcontext(), torch.inference_mode():
            found: Tensor = (pipeline or self.pipeline)(
                **self.family.arguments(prompts, negative),
                **guidance,
                **size,
                num_inference_steps=steps,
                generator=[torch.Generator().manual_seed(seed) for seed in range(pictures)],
                output_type="latent",
                **more,
            ).images
        return _tokens(found)

    def regions(
        self,
        owner: NDArray[np.int16],
        regions: Prompts,
        base: Prompts,
        base_ratio: float = 0.0,
        inject_steps: int = 99,
        **more: Any,
    ) -> AbstractContextManager[None]:
        """The context in which the batch of `base` is drawn by regions, alike in every picture."""
        settings = RegionalSettings(base_ratio, inject_steps, **more.pop("settings", {}))
        conditioning = told(regions, base)
        schedule = self.pipeline.scheduler
        return regional(self.transformer, owner, conditioning, settings, schedule, **more)


def told(regions: Prompts, base: Prompts) -> Conditioning:
    """The conditioning of pictures that share regions and base prompt."""
    return Conditioning(regions.embeds, base.embeds[0])


def _tokens(latents: Tensor) -> Tensor:
    """Latents as the pipeline has them, packed or (B, C, H, W) or (B, C, 1, H, W), by tokens."""
    if latents.ndim == 3:
        return latents
    latents = latents.reshape(len(latents), latents.shape[1], *latents.shape[-2:])
    side = latents.shape[-2] // ROWS
    blocks = latents.unflatten(3, (COLUMNS, side)).unflatten(2, (ROWS, side))
    return blocks.permute(0, 2, 4, 1, 3, 5).reshape(len(latents), ROWS * COLUMNS, -1)


@pytest.fixture(scope="session")
def load(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Model]:
    """The small pipeline of a name; keyword arguments are those of its maker."""

    @cache
    def make(name: str, seed: int = 0, **config: Any) -> Model:
        folder = pipeline(name, tmp_path_factory.mktemp(name), seed, **config)
        loaded: Any = diffusers.DiffusionPipeline.from_pretrained(folder, local_files_only=True)
        loaded.set_progress_bar_config(disable=True)
        return Model(name, loaded, family_of(loaded.transformer))

    return make


@pytest.fixture(params=SMALL)
def model(request: pytest.FixtureRequest, load: Callable[..., Model]) -> Model:
    return load(request.param)


@pytest.fixture
def halves() -> NDArray[np.int16]:
    """Two regions side by side, and three in the last row's end that no region has."""
    owner = np.array([[0] * 3 + [1] * 3] * ROWS, dtype=np.int16)
    owner[-1, 3:] = -1
    return owner


@pytest.fixture
def same() -> Callable[[Tensor, Tensor], None]:
    """Whether two pictures are the same to rounding, and not in vain: they are not all alike."""

    def check(found: Tensor, expected: Tensor) -> None:
        assert float(expected.std()) > 0.05
        assert float((found - expected).abs().max() / expected.abs().max()) <= 2e-5

    return check
