"""The ways to draw a picture that are compared, each a pair of steps: one with regions, and one after."""

from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from evals.oracle.dense import DenseCall, dense_prediction, visibility
from evals.speed.material import EARLY, LATE, Material
from renderer.regional import Conditioning, RegionalSettings, regional

Owner = NDArray[np.int16]
Step = Callable[[], Tensor]


@dataclass(frozen=True)
class Steps:
    """A step with regions, and one after the last of those; each gives a prediction (1, N, C).

    `after` is None where regions are drawn to the end, so that all steps are alike.
    """

    injected: Step
    after: Step | None


Arm = Callable[[Material, Owner, int], AbstractContextManager[Steps]]
"""Opens a way to draw for a layout and its number of regions; opening is what a new layout costs."""


@contextmanager
def _plain(
    material: Material, _owner: Owner, _regions: int, *, trimmed: bool
) -> Generator[Steps, None, None]:
    prompt = material.base[:, : material.preset.own] if trimmed else material.base
    yield Steps(partial(material.plain, EARLY, prompt), partial(material.plain, LATE, prompt))


@contextmanager
def _renderer(
    material: Material, owner: Owner, regions: int, *, trimmed: bool, one_stream: bool
) -> Generator[Steps, None, None]:
    """The renderer's own ways: `paper` with padded prompts and two streams, `fast` with neither."""
    preset = material.preset
    length = preset.own if trimmed else preset.padded
    base, texts = material.base[:, :length], tuple(text[:, :length] for text in material.texts[:regions])
    settings = RegionalSettings(preset.base_ratio, preset.injected, one_stream=one_stream)
    timesteps = torch.linspace(1000, 1000 / preset.steps, preset.steps)
    with regional(material.transformer, owner, Conditioning(texts, base), settings, timesteps):
        yield Steps(partial(material.plain, EARLY, base), partial(material.plain, LATE, base))


@contextmanager
def _rpg(material: Material, owner: Owner, regions: int) -> Generator[Steps, None, None]:
    """RPG's regional diffusion (arXiv 2401.11708): a pass a prompt, composed by masks and the base ratio.

    It composes in every step.
    """
    owners = torch.from_numpy(owner).flatten().to(material.preset.device)
    masks = tuple((owners == region)[None, :, None] for region in range(regions))
    ratio = material.preset.base_ratio

    def step() -> Tensor:
        out = ratio * material.plain(EARLY, material.base)
        for mask, text in zip(masks, material.texts, strict=False):
            out = out + (1 - ratio) * mask * material.plain(EARLY, text)
        return out

    yield Steps(step, None)


@contextmanager
def _dense(material: Material, owner: Owner, regions: int) -> Generator[Steps, None, None]:
    """The paper's own way: a mask of S × S, padded prompts, both branches always, two streams to the end."""
    preset = material.preset
    guidance = material.guidance
    call = DenseCall(
        owner=owner,
        latents=material.latents,
        sigma=torch.full((1,), EARLY, dtype=preset.dtype, device=preset.device),
        pooled=material.pooled,
        guidance=guidance,
        region_embeds=material.texts[:regions],
        base_embeds=material.base,
        base_ratio=preset.base_ratio,
    )
    mask = visibility(owner, [preset.padded] * regions).to(preset.device)
    injected = partial(dense_prediction, material.transformer, call, masked_kernel, mask)
    yield Steps(injected, partial(_with_idle_stream, material))


def masked_kernel(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """The attention of torch, as the paper's code calls it."""
    return scaled_dot_product_attention(query, key, value, attn_mask=mask)


def _with_idle_stream(material: Material) -> Tensor:
    """After the last injected step the paper's code attends once, but its base stream still goes through the
    feed-forward layers: of its text in double blocks, of all its tokens in single ones.
    """
    transformer = material.transformer
    blocks = [(block, _idle_text) for block in transformer.transformer_blocks]
    blocks += [(block, _idle_stream) for block in transformer.single_transformer_blocks]
    handles = [block.register_forward_pre_hook(hook, with_kwargs=True) for block, hook in blocks]
    try:
        return material.plain(LATE, material.base)
    finally:
        for handle in handles:
            handle.remove()


def _idle_text(block: nn.Module, _args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    parts: Any = block
    parts.ff_context(parts.norm2_context(kwargs["encoder_hidden_states"]))


def _idle_stream(block: nn.Module, _args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    parts: Any = block
    stream = torch.cat([kwargs["encoder_hidden_states"], kwargs["hidden_states"]], dim=1)
    normed, _gate = parts.norm(stream, emb=kwargs["temb"])
    parts.proj_out(torch.cat([normed, parts.act_mlp(parts.proj_mlp(normed))], dim=2))


ARMS: Mapping[str, Arm] = MappingProxyType(
    {
        "plain": partial(_plain, trimmed=False),
        "plain, trimmed": partial(_plain, trimmed=True),
        "dense": _dense,
        "rpg": _rpg,
        "paper": partial(_renderer, trimmed=False, one_stream=False),
        "fast": partial(_renderer, trimmed=True, one_stream=True),
    }
)
"""Ways by name, in the order in which they are timed."""
