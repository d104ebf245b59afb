"""A small random FLUX transformer, random regional calls of it, and both ways to compute one."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from diffusers.pipelines.flux.pipeline_flux import FluxPipeline
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from numpy.typing import NDArray
from torch import Tensor

from evals.oracle.dense import DenseCall
from evals.oracle.parity import image_ids
from renderer.regional import Conditioning, RegionalSettings, regional

TEXT_WIDTH = 32
POOLED_WIDTH = 24
TIMESTEPS = torch.tensor([1000.0, 750.0, 500.0, 250.0])


@dataclass(frozen=True, eq=False)
class Call(DenseCall):
    """A regional call that can also be drawn by a pipeline."""

    def denoised(self, pipeline: Any, steps: int, **more: Any) -> Tensor:
        """What the pipeline denoises to, packed (B, N, C), called as its documentation says.

        It starts from the call's latents, unless it is given a generator.
        """
        rows, columns = self.owner.shape[-2:]
        start = {} if "generator" in more else {"latents": self.latents}
        return pipeline(
            prompt_embeds=self.base_embeds,
            pooled_prompt_embeds=self.pooled,
            num_inference_steps=steps,
            height=16 * rows,
            width=16 * columns,
            output_type="latent",
            **start | more,
        ).images


def reference_ids(rows: int, columns: int) -> Tensor:
    """The places of a reference picture's tokens, as FLUX.1 Kontext numbers them."""
    return image_ids(rows, columns) + torch.tensor([1.0, 0.0, 0.0])


@pytest.fixture(scope="session")
def build() -> Callable[..., FluxTransformer2DModel]:
    """A random transformer; keyword arguments go over the defaults of its configuration."""

    def make(seed: int = 0, **config: object) -> FluxTransformer2DModel:
        torch.manual_seed(seed)
        defaults: dict[str, object] = {
            "in_channels": 16,
            "num_layers": 3,
            "num_single_layers": 4,
            "attention_head_dim": 16,
            "num_attention_heads": 2,
            "joint_attention_dim": TEXT_WIDTH,
            "pooled_projection_dim": POOLED_WIDTH,
            "axes_dims_rope": (4, 6, 6),
        }
        transformer = FluxTransformer2DModel.from_config({**defaults, **config})
        return cast(FluxTransformer2DModel, transformer).eval().requires_grad_(False)

    return make


@pytest.fixture(scope="session")
def transformer(build: Callable[..., FluxTransformer2DModel]) -> FluxTransformer2DModel:
    return build()


@pytest.fixture(scope="session")
def vae() -> AutoencoderKL:
    """A random autoencoder of four channels; a latent is eight pixels wide."""
    torch.manual_seed(0)
    blocks = {"down_block_types": ("DownEncoderBlock2D",) * 4, "up_block_types": ("UpDecoderBlock2D",) * 4}
    channels = {"block_out_channels": (4, 4, 4, 4), "norm_num_groups": 2, "latent_channels": 4}
    made = AutoencoderKL(**cast(Any, blocks), **cast(Any, channels), use_quant_conv=False, shift_factor=0.1)
    return made.eval().requires_grad_(False)


@pytest.fixture(scope="session")
def assemble(vae: AutoencoderKL) -> Callable[..., Any]:
    """A pipeline over a transformer, text to image unless another `kind` is asked for.

    Prompts are given to it as embeddings; keyword arguments are its other components.
    """

    def make(transformer: FluxTransformer2DModel, kind: type[Any] = FluxPipeline, **components: Any) -> Any:
        scheduler = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, shift=3.0)
        texts = dict.fromkeys(("text_encoder", "tokenizer", "text_encoder_2", "tokenizer_2"))
        pipeline = kind(scheduler=scheduler, vae=vae, transformer=transformer, **texts, **components)
        pipeline.set_progress_bar_config(disable=True)
        return pipeline

    return make


@pytest.fixture(scope="session")
def draw() -> Callable[..., Call]:
    """A random call in the first step; `owner` is random too, with uncovered tokens, unless it is given."""

    def make(
        seed: int = 0,
        regions: int = 3,
        batch: int = 1,
        owner: NDArray[np.int16] | None = None,
        base_ratio: float = 0.3,
        intervals: tuple[int, int] = (1, 1),
        one_stream: bool = False,
        feather: int = 0,
        dtype: torch.dtype = torch.float32,
    ) -> Call:
        numbers = np.random.default_rng(seed)
        if owner is None:
            owner = numbers.integers(-1, regions, size=(4, 6)).astype(np.int16)
        noise = torch.Generator().manual_seed(seed)

        def normal(*shape: int) -> Tensor:
            return torch.randn(shape, generator=noise).to(dtype)

        texts = tuple(
            normal(batch, int(length), TEXT_WIDTH) for length in numbers.integers(1, 9, size=regions)
        )
        return Call(
            owner=owner,
            latents=normal(batch, owner.size, 16),
            sigma=torch.ones(batch, dtype=dtype),
            pooled=normal(batch, POOLED_WIDTH),
            guidance=None,
            region_embeds=texts,
            base_embeds=normal(batch, int(numbers.integers(1, 9)), TEXT_WIDTH),
            base_ratio=base_ratio,
            double_interval=intervals[0],
            single_interval=intervals[1],
            one_stream=one_stream,
            feather=feather,
        )

    return make


@pytest.fixture(scope="session")
def plain() -> Callable[[FluxTransformer2DModel, DenseCall], Tensor]:
    """The call with its base prompt, as a pipeline makes it: regional within a context, else plain FLUX."""

    @torch.no_grad()
    def predict(transformer: FluxTransformer2DModel, call: DenseCall) -> Tensor:
        return transformer(
            hidden_states=call.shown,
            timestep=call.sigma,
            guidance=call.guidance,
            pooled_projections=call.pooled,
            encoder_hidden_states=call.base_embeds,
            txt_ids=torch.zeros(call.base_embeds.shape[1], 3),
            img_ids=torch.cat([image_ids(*call.owner.shape), reference_ids(*call.reference_shape)]),
            controlnet_block_samples=call.controls or None,
            controlnet_single_block_samples=call.single_controls or None,
            return_dict=False,
        )[0]

    return predict


@pytest.fixture(scope="session")
def within() -> Callable[..., AbstractContextManager[None]]:
    """The regional context of a call, for the first `inject_steps` of four steps."""

    def enter(
        transformer: FluxTransformer2DModel, call: DenseCall, inject_steps: int = 2
    ) -> AbstractContextManager[None]:
        intervals = call.double_interval, call.single_interval
        settings = RegionalSettings(call.base_ratio, inject_steps, *intervals, call.one_stream, call.feather)
        conditioning = Conditioning(call.region_embeds, call.base_embeds)
        return regional(transformer, call.owner, conditioning, settings, TIMESTEPS)

    return enter
