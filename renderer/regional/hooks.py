"""Forward pre-hooks that make a call regional: what diffusers' code receives changes, not the code."""

import inspect
from functools import cache, partial
from typing import Any, Final

import numpy as np
import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from numpy.typing import NDArray
from torch import Tensor, nn

from planner.errors import UserError
from renderer.regional.conditioning import Conditioning
from renderer.regional.injection import KEY, Injection
from renderer.regional.ip_adapters import AdapterRegions, adapter_masks
from renderer.regional.lora_masks import LoraMasks
from renderer.regional.processor import RegionalAttnProcessor
from renderer.regional.rows import Sequenced, group_rows
from renderer.regional.settings import RegionalSettings

SHARED: Final = "joint_attention_kwargs"
"""The argument that the transformer hands on to every block."""

Arguments = dict[str, Any]
Changed = tuple[tuple[()], Arguments]


class PromptHook:
    """On the transformer: replaces the prompt of a regional call, and adds the call's `Injection`.

    A call is regional if its noise level reaches `threshold` and its prompt is the base prompt, of
    `conditioning` or of `negative`. `injected` counts those of `conditioning`; `skipped` counts the other
    calls as noisy.
    """

    def __init__(
        self,
        owner: NDArray[np.int16],
        conditioning: Conditioning,
        settings: RegionalSettings,
        threshold: float,
        adapter_regions: AdapterRegions | None = None,
        loras: LoraMasks | None = None,
        negative: Conditioning | None = None,
    ) -> None:
        self.owner = owner
        self.conditioning = conditioning
        self.negative = negative
        self.threshold = threshold
        self.injected = 0
        self.skipped = 0
        self._loras = loras
        self._settings = settings
        self._masks = cache(partial(adapter_masks, owner, adapter_regions)) if adapter_regions else None
        self._injection = cache(partial(build_injection, owner, settings))

    def __call__(self, transformer: nn.Module, args: tuple[Any, ...], kwargs: Arguments) -> Changed | None:
        """The call's arguments, changed; None where a context within this one has answered already."""
        call = dict(zip(inspect.signature(transformer.forward).parameters, args, strict=False)) | kwargs
        shared: Arguments = call.get(SHARED) or {}
        if KEY in shared:
            self._forget()
            return None
        conditioning = self._conditioning_of(call)
        changed = (
            self._plain(call) if conditioning is None else self._regional(transformer, call, conditioning)
        )
        return (), {**call, **changed, SHARED: {**shared, **changed[SHARED]}}

    def _conditioning_of(self, call: Arguments) -> Conditioning | None:
        """The conditioning of the call's regions; None where it is not regional."""
        if float(call["timestep"].flatten()[0]) < self.threshold:
            return None
        prompt = call["encoder_hidden_states"]
        positive = _same(prompt, self.conditioning.base_embeds)
        self.injected += positive
        self.skipped += not positive
        if positive:
            return self.conditioning
        return self.negative if self.negative and _same(prompt, self.negative.base_embeds) else None

    def _regional(self, transformer: nn.Module, call: Arguments, conditioning: Conditioning) -> Arguments:
        """What changes in a call that is regional."""
        _check_transformer(transformer)
        latents = call["hidden_states"]
        references = _references(self.owner, latents, call["img_ids"])
        for index, embeds in enumerate(conditioning.region_embeds):
            if len(embeds) not in {1, len(latents)}:
                raise UserError(
                    f"region_embeds[{index}] is for {len(embeds)} pictures and the latents are "
                    f"{len(latents)}: it must be for 1 or {len(latents)}"
                )
        self._follow(*sequences(conditioning, self._settings, references), latents.device)
        # The prompt becomes [texts, base text] (B, L, D), with ids of it and of a base image that is to come.
        base, base_ids = call["encoder_hidden_states"], call["txt_ids"]
        texts = [embeds.to(base).expand(len(base), -1, -1) for embeds in conditioning.region_embeds]
        ids = [base_ids.new_zeros(sum(text.shape[1] for text in texts), base_ids.shape[-1])]
        if self._settings.base_ratio > 0:
            texts, ids = [*texts, base], [*ids, base_ids]
            if not self._settings.one_stream:
                ids.append(call["img_ids"])
        injection = self._injection(conditioning, references, latents.device)
        return {
            "encoder_hidden_states": torch.cat(texts, dim=1),
            "txt_ids": torch.cat(ids),
            SHARED: {KEY: injection, **self._adapter_masks(latents.device)},
        }

    def _plain(self, call: Arguments) -> Arguments:
        """What changes in a call that is not: adapters keep to their regions' image tokens.

        On a canvas that is too small for the grid there are no regions.
        """
        latents, prompt = call["hidden_states"], call["encoder_hidden_states"]
        references = latents.shape[1] - self.owner.shape[-2] * self.owner.shape[-1]
        if references < 0:
            self._forget()
            return {SHARED: {KEY: None}}
        parts = Sequenced((), prompt.shape[1], base_image=False, references=references)
        self._follow(parts, parts, latents.device)
        return {SHARED: {KEY: None, **self._adapter_masks(latents.device)}}

    def _adapter_masks(self, device: torch.device) -> Arguments:
        return {"ip_adapter_masks": self._masks(device)} if self._masks else {}

    def _follow(self, double: Sequenced, single: Sequenced, device: torch.device) -> None:
        if self._loras:
            self._loras.follow(double, single, device)

    def _forget(self) -> None:
        if self._loras:
            self._loras.forget()


def append_base_image(_block: nn.Module, _args: tuple[Any, ...], kwargs: Arguments) -> Changed | None:
    """On the first single block: a copy of the image joins the text side, to be the base branch's own image.

    Blocks treat every token alike but for attention, so the copy needs nothing more.
    """
    injection: Injection | None = (kwargs[SHARED] or {}).get(KEY)
    if injection is None:
        return None
    text, image = kwargs["encoder_hidden_states"], kwargs["hidden_states"]
    # A context around this one has the same hook; and without a base image there are no more places than
    # these. (What the injection says of lengths would be compiled in.)
    if text.shape[1] + image.shape[1] == len(kwargs["image_rotary_emb"][0]):
        return None
    return (), {**kwargs, "encoder_hidden_states": torch.cat([text, image], dim=1)}


def sequences(
    conditioning: Conditioning, settings: RegionalSettings, references: int
) -> tuple[Sequenced, Sequenced]:
    """The parts of a regional call's sequence, in double blocks and in single ones."""
    texts = tuple(embeds.shape[1] for embeds in conditioning.region_embeds)
    base = conditioning.base_embeds.shape[1] if settings.base_ratio > 0 else 0
    copied = base > 0 and not settings.one_stream
    return Sequenced(texts, base, False, references), Sequenced(texts, base, copied, references)


def build_injection(
    owner: NDArray[np.int16],
    settings: RegionalSettings,
    conditioning: Conditioning,
    references: int,
    device: torch.device,
) -> Injection:
    """Who attends to whom on `owner`, and on so many tokens of reference pictures behind it.

    Without a base branch where β is 0.
    """
    double, single = sequences(conditioning, settings, references)
    return Injection(
        double=group_rows(owner, double, conditioning.held, settings.feather),
        single=group_rows(owner, single, conditioning.held, settings.feather),
        double_interval=settings.double_interval,
        single_interval=settings.single_interval,
        base_ratio=settings.base_ratio,
    ).to(device)


def _same(prompt: Tensor, base: Tensor) -> bool:
    """Whether a prompt (B, L, D) is the base prompt (1 or B, L, D), to the bit, in the call's dtype."""
    if prompt.shape[1:] != base.shape[1:] or len(base) not in {1, len(prompt)}:
        return False
    return torch.equal(prompt, base.to(prompt).expand_as(prompt))


def check_cache(transformer: FluxTransformer2DModel) -> None:
    """Raise `UserError` where a block cache is on, whether `enable_cache` put it there or one of diffusers'
    `apply_…_cache`: of diffusers' hooks these alone have a state.
    """
    registries: list[Any] = [vars(module).get("_diffusers_hook") for module in transformer.modules()]
    hooks = (hook for registry in registries if registry for hook in registry.hooks.values())
    if any(hook._is_stateful for hook in hooks):
        raise UserError(
            "a block cache is on, and what it keeps does not fit regional steps: disable_cache(), or take "
            "its hooks off"
        )


def _check_transformer(transformer: Any) -> None:
    """Whether it is still as the context made it, since pipelines let one change it at any time."""
    check_cache(transformer)
    for block in (*transformer.transformer_blocks, *transformer.single_transformer_blocks):
        if not isinstance(block.attn.processor, RegionalAttnProcessor):
            raise UserError(
                "an attention processor was set within the regional context, and the regions' own is gone: "
                "set processors and load IP-Adapters before it"
            )


def _references(owner: NDArray[np.int16], latents: Tensor, ids: Tensor) -> int:
    """How many of the last tokens are a reference picture's: Kontext begins their ids with 1, not 0."""
    rows, columns = owner.shape[-2:]
    references = latents.shape[1] - rows * columns
    if references and references != int(ids[..., rows * columns :, 0].count_nonzero()):
        raise UserError(
            f"the grid has {rows} × {columns} = {rows * columns} tokens, the latents have "
            f"{latents.shape[1]}: make the grid for the size of the picture"
        )
    if owner.ndim == 3 and len(owner) != len(latents):
        raise UserError(f"there are grids for {len(owner)} pictures, and the latents are {len(latents)}")
    return references
