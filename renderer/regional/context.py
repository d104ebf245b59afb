"""Regional prompting as a context manager around a stock diffusion transformer."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from planner.errors import UserError
from renderer.families import family_of
from renderer.regional.conditioning import Conditioning
from renderer.regional.family import Family
from renderer.regional.hooks import PromptHook, check_cache
from renderer.regional.injection import Calls
from renderer.regional.ip_adapters import AdapterRegions, adapters_of, check_adapters
from renderer.regional.layouts import Layouts
from renderer.regional.lora_masks import LoraMasks, LoraRegions, check_loras
from renderer.regional.processor import RegionalAttnProcessor, over
from renderer.regional.schedule import sigma_threshold, timesteps_of
from renderer.regional.settings import RegionalSettings
from renderer.warning import warn

MISSED = (
    "no region was drawn, since no call had the base prompt: pass conditioning.base_embeds as prompt_embeds"
)


@contextmanager
def regional(
    transformer: Any,
    owner: NDArray[np.int16],
    conditioning: Conditioning,
    settings: RegionalSettings,
    timesteps: Tensor | Any,
    *,
    adapter_regions: AdapterRegions | None = None,
    lora_regions: LoraRegions | None = None,
    negative: Conditioning | None = None,
) -> Generator[None, None, None]:
    """Within it, any pipeline over `transformer` draws by regions, called as its documentation says.

    `owner` (rows, columns) gives each image token's region, an index into `conditioning.region_embeds`, or
    −1 for none: such tokens see one another and no text. It is (B, rows, columns) where the pictures of a
    batch have layouts of their own (`stacked` makes their conditioning). The pipeline must be given
    `conditioning.base_embeds` as its `prompt_embeds`: they distinguish a call from the negative pass of true
    CFG and from another picture's. `timesteps` is the pipeline's scheduler, or those that the pipeline will
    run, (steps,) from 1000 down.

    `adapter_regions` says for each loaded IP-Adapter the regions whose image tokens alone get its output, in
    every step; None stands for the whole picture. `lora_regions` says for LoRAs, by the names of their peft
    adapters, the regions whose tokens alone get theirs; a LoRA that it leaves out is the whole picture's.

    The negative pass of true CFG is plain, from `negative_prompt_embeds`, unless there is `negative`: then
    calls with `negative.base_embeds` are regional too, each region against its own `negative.region_embeds`.
    Both passes may come in one call, as the two halves of its batch.

    The result is that of the paper's own code (arXiv 2411.02395): attention is masked by region in every n-th
    block, and mixed with a base branch that has an image of its own in the single blocks, where the family of
    models can carry one (`RegionalSettings.one_stream` leaves out that image). Of nested contexts the
    innermost is in force. Afterwards the transformer is as it was, also after an exception. One thread at a
    time may call it.

    Raises `UserError` for a transformer of no known family, where grid, embeddings and transformer do not fit
    together, and where an attention processor does anything that diffusers' own ones don't; warns where there
    were calls in the first T steps and none had the base prompt.
    """
    family = family_of(transformer)
    _check(family, transformer, owner, conditioning)
    if negative:
        _check(family, transformer, owner, negative)
    processors: list[Any] = [attn.processor for attn, _ in family.blocks(transformer)]
    if adapter_regions is not None:
        adapters = max(adapters_of(getattr(processor, "wrapped", processor)) for processor in processors)
        check_adapters(adapters, adapter_regions, len(conditioning.region_embeds))
    check_loras(lora_regions or {}, len(conditioning.region_embeds))
    loras = LoraMasks(family, transformer, owner, lora_regions) if lora_regions else None
    # A processor that a context around this one has wrapped serves this context too.
    around = next((found.calls for found in processors if isinstance(found, RegionalAttnProcessor)), None)
    calls = around or Calls()
    layouts = Layouts(owner, conditioning, negative)
    threshold = partial(_threshold, family, timesteps, settings.inject_steps)
    hook = PromptHook(family, calls, layouts, owner, settings, threshold, adapter_regions, loras)
    with ExitStack() as stack:
        if loras:
            loras.install(stack)
        for attn, block in family.blocks(transformer):
            found: Any = attn.processor
            if not isinstance(found, RegionalAttnProcessor):
                processor = over(found, block, family, calls)
                attn.set_processor(processor)
                stack.callback(_unwrap, attn, processor)
        if around is None:
            for handle in family.install(transformer, calls):
                stack.callback(handle.remove)
        # Before the hook of a context around this one, so that the inner context answers first.
        before = transformer.register_forward_pre_hook(hook, with_kwargs=True, prepend=True)
        after = transformer.register_forward_hook(hook.after, with_kwargs=True, always_call=True)
        stack.callback(before.remove)
        stack.callback(after.remove)
        yield
    if hook.skipped and not hook.drawn:
        warn(MISSED, stacklevel=3)


def _threshold(family: Family, timesteps: Any, inject_steps: int, dtype: Any) -> float:
    return sigma_threshold(timesteps_of(timesteps), inject_steps, dtype, family.levels)


def _unwrap(attn: Any, processor: RegionalAttnProcessor) -> None:
    """Put the wrapped processor back, unless another was set in its place meanwhile."""
    current: Any = attn.processor
    if current is processor:
        attn.set_processor(processor.wrapped)


def _check(family: Family, transformer: Any, owner: NDArray[np.int16], conditioning: Conditioning) -> None:
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
    lengths = sorted({own[-1] for own in held or ()})
    if len(lengths) > 1 and not family.masks_prompts:
        raise UserError(f"base_embeds are {lengths} tokens long: pictures of a batch need one length")
    regions = len(conditioning.region_embeds)
    wrong = np.unique(owner[(owner < -1) | (owner >= regions)])
    if wrong.size:
        raise UserError(
            f"the grid names region {wrong[-1]}, but there are {regions} region_embeds: 0 to {regions - 1}"
        )
    width, wanted = tuple(conditioning.base_embeds.shape[2:]), family.width(transformer)
    if width != wanted:
        found, right = (" × ".join(map(str, shape)) for shape in (width, wanted))
        raise UserError(f"the embeddings are {found} wide: this transformer takes {right}")
    check_cache(transformer)
    stock = {kind.__call__ for kind in family.processors}
    for attn, block in family.blocks(transformer):
        processor: Any = attn.processor
        if getattr(processor, "_parallel_config", None):
            raise UserError("context parallelism splits the sequence, and regions need it whole: disable it")
        found = type(getattr(processor, "wrapped", processor))
        if found.__call__ not in stock:
            raise UserError(
                f"{block.name} has the attention processor {found.__name__}, which regions would pass over: "
                f"set {' or '.join(kind.__name__ for kind in family.processors)} there"
            )
