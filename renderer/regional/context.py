"""Regional prompting as a context manager around a stock FLUX transformer."""

from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, cast

import numpy as np
from diffusers.models.transformers.transformer_flux import (
    FluxAttention,
    FluxAttnProcessor,
    FluxIPAdapterAttnProcessor,
    FluxTransformer2DModel,
)
from numpy.typing import NDArray
from torch import Tensor

from planner.errors import UserError
from renderer.regional.conditioning import Conditioning
from renderer.regional.hooks import PromptHook, append_base_image, check_cache
from renderer.regional.injection import Block
from renderer.regional.ip_adapters import AdapterRegions, adapters_of, check_adapters
from renderer.regional.lora_masks import LoraMasks, LoraRegions, check_loras
from renderer.regional.processor import RegionalAttnProcessor
from renderer.regional.schedule import sigma_threshold
from renderer.regional.settings import RegionalSettings
from renderer.warning import warn

MISSED = (
    "no region was drawn, since no call had the base prompt: pass conditioning.base_embeds as prompt_embeds"
)

STOCK = (FluxAttnProcessor.__call__, FluxIPAdapterAttnProcessor.__call__)
"""The attention processors that a regional call can replace."""


@contextmanager
def regional(
    transformer: FluxTransformer2DModel,
    owner: NDArray[np.int16],
    conditioning: Conditioning,
    settings: RegionalSettings,
    timesteps: Tensor,
    *,
    adapter_regions: AdapterRegions | None = None,
    lora_regions: LoraRegions | None = None,
    negative: Conditioning | None = None,
) -> Generator[None, None, None]:
    """Within it, any FLUX pipeline over `transformer` draws by regions, called as its documentation says.

    `owner` (rows, columns) gives each image token's region, an index into `conditioning.region_embeds`, or
    −1 for none: such tokens see one another and no text. It is (B, rows, columns) where the pictures of a
    batch have layouts of their own (`stacked` makes their conditioning). The pipeline must be given
    `conditioning.base_embeds` as its `prompt_embeds`: they distinguish a call from the negative pass of true
    CFG and from another picture's. `timesteps` (steps,), from 1000 down, are those that the pipeline will
    run: `flux_timesteps` for text to image.

    `adapter_regions` says for each loaded IP-Adapter the regions whose image tokens alone get its output, in
    every step; None stands for the whole picture. `lora_regions` says for LoRAs, by the names of their peft
    adapters, the regions whose tokens alone get theirs; a LoRA that it leaves out is the whole picture's.

    The negative pass of true CFG is plain, from `negative_prompt_embeds`, unless there is `negative`: then
    calls with `negative.base_embeds` are regional too, each region against its own `negative.region_embeds`.

    The result is that of the paper's own code (arXiv 2411.02395): attention is masked by region in every n-th
    block, and mixed with a base branch that has an image of its own in the single blocks
    (`RegionalSettings.one_stream` leaves out that image). Of nested contexts the innermost is in force.
    Afterwards the transformer is as it was, also after an exception.

    Raises `UserError` where grid, embeddings and transformer do not fit together, and where an attention
    processor does anything that diffusers' own ones don't; warns where there were calls in the first T steps
    and none had the base prompt.
    """
    _check(transformer, owner, conditioning)
    if negative:
        _check(transformer, owner, negative)
    threshold = sigma_threshold(timesteps, settings.inject_steps, conditioning.base_embeds.dtype)
    if adapter_regions is not None:
        processors: list[Any] = [attn.processor for attn, _ in _attentions(transformer)]
        adapters = max(adapters_of(getattr(processor, "wrapped", processor)) for processor in processors)
        check_adapters(adapters, adapter_regions, len(conditioning.region_embeds))
    check_loras(lora_regions or {}, len(conditioning.region_embeds))
    loras = LoraMasks(transformer, owner, lora_regions) if lora_regions else None
    hook = PromptHook(owner, conditioning, settings, threshold, adapter_regions, loras, negative)
    with ExitStack() as stack:
        if loras:
            loras.install(stack)
        for attn, block in _attentions(transformer):
            found: Any = attn.processor
            # A processor that a context around this one has wrapped serves this context too.
            if not isinstance(found, RegionalAttnProcessor):
                processor: Any = RegionalAttnProcessor(found, block)
                attn.set_processor(processor)
                stack.callback(_unwrap, attn, processor)
        # Before the hook of a context around this one, so that the inner context answers first.
        handle = transformer.register_forward_pre_hook(hook, with_kwargs=True, prepend=True)
        stack.callback(handle.remove)
        for first in transformer.single_transformer_blocks[:1]:
            stack.callback(first.register_forward_pre_hook(append_base_image, with_kwargs=True).remove)
        yield
    if hook.skipped and not hook.injected:
        warn(MISSED, stacklevel=3)


def _attentions(transformer: FluxTransformer2DModel) -> Iterator[tuple[FluxAttention, Block]]:
    for double, blocks in (
        (True, transformer.transformer_blocks),
        (False, transformer.single_transformer_blocks),
    ):
        for index, block in enumerate(blocks):
            yield cast(FluxAttention, block.attn), Block(double, index)


def _unwrap(attn: FluxAttention, processor: RegionalAttnProcessor) -> None:
    """Put the wrapped processor back, unless another was set in its place meanwhile."""
    current: Any = attn.processor
    if current is processor:
        attn.set_processor(processor.wrapped)


def _check(transformer: FluxTransformer2DModel, owner: NDArray[np.int16], conditioning: Conditioning) -> None:
    if owner.ndim not in {2, 3} or owner.size == 0:
        raise UserError(
            f"the grid has the shape {owner.shape}: it must be (rows, columns) or (pictures, rows, columns), "
            "with a token at least"
        )
    held = conditioning.held
    if held is not None and (owner.ndim == 2 or len(held) != len(owner)):
        raise UserError(
            f"the conditioning is of {len(held)} pictures with regions of their own: the grid must be "
            f"({len(held)}, rows, columns), and has the shape {owner.shape}"
        )
    regions = len(conditioning.region_embeds)
    wrong = np.unique(owner[(owner < -1) | (owner >= regions)])
    if wrong.size:
        raise UserError(
            f"the grid names region {wrong[-1]}, but there are {regions} region_embeds: 0 to {regions - 1}"
        )
    width, wanted = conditioning.base_embeds.shape[-1], transformer.config["joint_attention_dim"]
    if width != wanted:
        raise UserError(f"the embeddings are {width} wide: this transformer takes {wanted}")
    check_cache(transformer)
    for attn, block in _attentions(transformer):
        processor: Any = attn.processor
        if getattr(processor, "_parallel_config", None):
            raise UserError("context parallelism splits the sequence, and regions need it whole: disable it")
        found: Any = type(getattr(processor, "wrapped", processor))
        if found.__call__ not in STOCK:
            raise UserError(
                f"{block} has the attention processor {found.__name__}, which regions would pass over: set "
                "FluxAttnProcessor there, or load an IP-Adapter"
            )
