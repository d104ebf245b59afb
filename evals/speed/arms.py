"""The ways to draw a picture that are compared, each as two steps: one with regions, and one after."""

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
from evals.speed.inputs import EARLY, LATE, Inputs
from renderer.regional import Conditioning, RegionalSettings, regional

Owner = NDArray[np.int16]
Step = Callable[[], Tensor]


@dataclass(frozen=True)
class Steps:
    """A step with regions, and one after the last of these; each gives a prediction (1, N, C).

    `after` is None if regions are drawn in every step, so that all steps are alike.
    """

    injected: Step
    after: Step | None


Arm = Callable[[Inputs, Owner, int], AbstractContextManager[Steps]]
"""Opens a way to draw for a layout and its number of regions; this is what a new layout costs."""


@contextmanager
def _plain(inputs: Inputs, _owner: Owner, _regions: int, *, trimmed: bool) -> Generator[Steps, None, None]:
    prompt = inputs.base[:, : inputs.preset.trimmed] if trimmed else inputs.base
    yield Steps(partial(inputs.predict, EARLY, prompt), partial(inputs.predict, LATE, prompt))


@contextmanager
def _renderer(
    inputs: Inputs, owner: Owner, regions: int, *, trimmed: bool, one_stream: bool
) -> Generator[Steps, None, None]:
    """The renderer: `paper` with padded prompts and two streams, `fast` with trimmed ones and one stream."""
    preset = inputs.preset
    length = preset.trimmed if trimmed else preset.padded
    base, texts = inputs.base[:, :length], tuple(text[:, :length] for text in inputs.texts[:regions])
    settings = RegionalSettings(preset.base_ratio, preset.injected, one_stream=one_stream)
    timesteps = torch.linspace(1000, 1000 / preset.steps, preset.steps)
    with regional(inputs.transformer, owner, Conditioning(texts, base), settings, timesteps):
        yield Steps(partial(inputs.predict, EARLY, base), partial(inputs.predict, LATE, base))


@contextmanager
def _rpg(inputs: Inputs, owner: Owner, regions: int) -> Generator[Steps, None, None]:
    """RPG's regional diffusion (arXiv 2401.11708): a pass a prompt, composed by masks and the base ratio.

    It composes in every step.
    """
    owners = torch.from_numpy(owner).flatten().to(inputs.preset.device)
    masks = tuple((owners == region)[None, :, None] for region in range(regions))
    ratio = inputs.preset.base_ratio

    def step() -> Tensor:
        out = ratio * inputs.predict(EARLY, inputs.base)
        for mask, text in zip(masks, inputs.texts, strict=False):
            out = out + (1 - ratio) * mask * inputs.predict(EARLY, text)
        return out

    yield Steps(step, None)


@contextmanager
def _dense(inputs: Inputs, owner: Owner, regions: int) -> Generator[Steps, None, None]:
    """The paper's own way: a mask of S × S, padded prompts, both branches, two streams in every step."""
    preset = inputs.preset
    call = DenseCall(
        owner=owner,
        latents=inputs.latents,
        sigma=torch.full((1,), EARLY, dtype=preset.dtype, device=preset.device),
        pooled=inputs.pooled,
        guidance=inputs.guidance,
        region_embeds=inputs.texts[:regions],
        base_embeds=inputs.base,
        base_ratio=preset.base_ratio,
    )
    mask = visibility(owner, [preset.padded] * regions).to(preset.device)
    injected = partial(dense_prediction, inputs.transformer, call, masked_kernel, mask)
    yield Steps(injected, partial(_with_idle_stream, inputs))


def masked_kernel(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """The attention of torch, as the paper's code calls it."""
    return scaled_dot_product_attention(query, key, value, attn_mask=mask)


def _with_idle_stream(inputs: Inputs) -> Tensor:
    """A step after the last injected one: the paper's code attends once, but computes its base stream too.

    The base stream passes the feed-forward layers: its text those of double blocks, and all its tokens those
    of single blocks.
    """

    def idle_text(block: nn.Module, _args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        parts: Any = block
        parts.ff_context(parts.norm2_context(kwargs["encoder_hidden_states"]))

    def idle_stream(block: nn.Module, _args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        parts: Any = block
        stream = torch.cat([kwargs["encoder_hidden_states"], kwargs["hidden_states"]], dim=1)
        normed, _gate = parts.norm(stream, emb=kwargs["temb"])
        parts.proj_out(torch.cat([normed, parts.act_mlp(parts.proj_mlp(normed))], dim=2))

    transformer = inputs.transformer
    hooks = [(block, idle_text) for block in transformer.transformer_blocks]
    hooks += [(block, idle_stream) for block in transformer.single_transformer_blocks]
    handles = [block.register_forward_pre_hook(hook, with_kwargs=True) for block, hook in hooks]
    try:
        return inputs.predict(LATE, inputs.base)
    finally:
        for handle in handles:
            handle.remove()


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
