"""Hooks that make a call of the transformer regional: what diffusers' code receives changes, not the code."""

import inspect
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from planner.errors import UserError
from renderer.regional.conditioning import Conditioning
from renderer.regional.family import Arguments, Family, ImageTokens, Texts
from renderer.regional.injection import Call, Calls, Injection
from renderer.regional.ip_adapters import AdapterRegions, adapter_masks
from renderer.regional.layouts import Layout, Layouts, check_pictures
from renderer.regional.lora_masks import LoraMasks
from renderer.regional.processor import RegionalAttnProcessor
from renderer.regional.rows import Sequenced, group_rows, text_rows
from renderer.regional.settings import RegionalSettings

Changed = tuple[tuple[()], Arguments]


class PromptHook:
    """On the transformer: replaces the prompt of a regional call, and tells the blocks of it.

    A call is regional if its noise level reaches `threshold`, which is asked in the call's precision, and
    its prompt is a base prompt of `layouts`. `drawn` counts the calls that have the context's own; `skipped`
    counts the other calls as noisy.
    """

    def __init__(
        self,
        family: Family,
        calls: Calls,
        layouts: Layouts,
        owner: NDArray[np.int16],
        settings: RegionalSettings,
        threshold: Callable[[torch.dtype], float],
        adapter_regions: AdapterRegions | None = None,
        loras: LoraMasks | None = None,
    ) -> None:
        self.drawn = 0
        self.skipped = 0
        self._family = family
        self._calls = calls
        self._layouts = layouts
        self._owner = owner
        self._settings = settings
        self._threshold = threshold
        self._loras = loras
        self._masks = cache(partial(adapter_masks, owner, adapter_regions)) if adapter_regions else None
        self._injection = cache(partial(build_injection, family, settings))
        self._added: tuple[ImageTokens, Texts] | None = None

    def __call__(self, transformer: nn.Module, args: tuple[Any, ...], kwargs: Arguments) -> Changed | None:
        """The call's arguments, changed; None where a context within this one has answered already."""
        self._added = None
        if self._calls.now is not None:
            self._forget()
            return None
        names = inspect.signature(transformer.forward).parameters
        call = dict(zip(names, args, strict=False)) | kwargs
        layout = self._layout_of(call)
        if layout is None:
            self._plain(transformer, call)
            return None
        return (), {**call, **self._regional(transformer, call, layout)}

    def after(self, _transformer: nn.Module, _args: object, _kwargs: object, output: Any) -> Any:
        """The call has ended, with an output or an exception."""
        self._calls.now = None
        added, self._added = self._added, None
        return None if added is None or output is None else self._family.shortened(output, *added)

    def _layout_of(self, call: Arguments) -> Layout | None:
        """The layout of the call's regions; None where it is not regional."""
        level = self._family.noise(call).flatten()[0]
        if float(level) < self._threshold(level.dtype):
            return None
        layout = self._layouts.of(self._family.prompts(call))
        drawn = layout is not None and layout.drawn
        self.drawn += drawn
        self.skipped += not drawn
        return layout

    def _regional(self, transformer: nn.Module, call: Arguments, layout: Layout) -> Arguments:
        """What changes in a call that is regional."""
        family, conditioning = self._family, layout.conditioning
        _check_transformer(family, transformer)
        prompts = family.prompts(call)
        image = self._image(transformer, call)
        check_pictures(layout, len(prompts))
        double, single = sequences(family, conditioning, self._settings, image)
        device = prompts[0].device
        if self._loras:
            self._loras.follow(double, single, len(prompts), device)
        embeds = [*conditioning.region_embeds, *[conditioning.base_embeds] * (double.base_text > 0)]
        texts = Texts(
            tuple(text.to(prompts[0]).expand(len(prompts), *[-1] * (text.ndim - 1)) for text in embeds),
            conditioning.held,
            single.base_image,
            tuple(np.broadcast_to(layout.owner[..., -1, -1], len(prompts)).tolist()),
        )
        changed, kept = family.lengthen(transformer, call, texts, image)
        self._calls.now = Call(self._injection(layout, image, device), kept, self._adapter_masks(device))
        self._added = image, texts
        return changed

    def _plain(self, transformer: nn.Module, call: Arguments) -> None:
        """A call that is not: adapters and LoRAs keep to their regions' image tokens.

        On a canvas of another size than the grid's there are no regions.
        """
        image = self._family.image_tokens(transformer, call)
        rows, columns = self._owner.shape[-2:]
        if image.picture != rows * columns:
            self._forget()
            self._calls.now = Call(None)
            return
        prompts = self._family.prompts(call)
        device = prompts[0].device
        if self._loras:
            text = self._family.text_tokens(call)
            parts = _sequenced(self._family, (), text, copied=False, image=image)
            self._loras.follow(parts, parts, len(prompts), device)
        self._calls.now = Call(None, None, self._adapter_masks(device))

    def _image(self, transformer: nn.Module, call: Arguments) -> ImageTokens:
        image = self._family.image_tokens(transformer, call)
        rows, columns = self._owner.shape[-2:]
        if image.picture != rows * columns:
            raise UserError(
                f"the grid has {rows} × {columns} = {rows * columns} tokens, the latents have "
                f"{image.picture}: make the grid for the size of the picture"
            )
        return image

    def _adapter_masks(self, device: torch.device) -> Any:
        return self._masks(device) if self._masks else None

    def _forget(self) -> None:
        if self._loras:
            self._loras.forget()


def sequences(
    family: Family, conditioning: Conditioning, settings: RegionalSettings, image: ImageTokens
) -> tuple[Sequenced, Sequenced]:
    """The parts of a regional call's sequence, in double blocks and in single ones."""
    texts = tuple(family.slot(embeds.shape[1]) for embeds in conditioning.region_embeds)
    base = family.slot(conditioning.base_embeds.shape[1]) if settings.base_ratio > 0 else 0
    copied = base > 0 and family.copies_image and not settings.one_stream
    double = _sequenced(family, texts, base, copied=False, image=image)
    return double, _sequenced(family, texts, base, copied=copied, image=image)


def _sequenced(
    family: Family, texts: tuple[int, ...], base: int, *, copied: bool, image: ImageTokens
) -> Sequenced:
    return Sequenced(texts, base, copied, image.references, image.pads, family.image_first)


def build_injection(
    family: Family,
    settings: RegionalSettings,
    layout: Layout,
    image: ImageTokens,
    device: torch.device,
) -> Injection:
    """Who attends to whom in a layout, and in so many tokens behind its own.

    Without a base branch where β is 0.
    """
    double, single = sequences(family, layout.conditioning, settings, image)
    held = layout.conditioning.held
    if held:
        # What a text is padded to by the model itself is its own.
        based = double.base_text > 0
        held = tuple((*map(family.slot, own[:-1]), family.slot(own[-1]) * based) for own in held)
    return Injection(
        double=group_rows(layout.owner, double, held, settings.feather),
        single=group_rows(layout.owner, single, held, settings.feather),
        text=text_rows(double, held),
        double_interval=settings.double_interval,
        single_interval=settings.single_interval,
        base_ratio=settings.base_ratio,
    ).to(device)


def check_cache(transformer: Any) -> None:
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


def _check_transformer(family: Family, transformer: Any) -> None:
    """Whether it is still as the context made it, since pipelines let one change it at any time."""
    check_cache(transformer)
    for attn, _ in family.blocks(transformer):
        if not isinstance(attn.processor, RegionalAttnProcessor):
            raise UserError(
                "an attention processor was set within the regional context, and the regions' own is gone: "
                "set processors and load IP-Adapters before it"
            )
