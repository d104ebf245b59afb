"""The attention processor of a regional call, which wraps the processor that it finds."""

from typing import Any, cast

import torch
from diffusers.models.attention_dispatch import AttentionBackendName
from diffusers.models.embeddings import apply_rotary_emb
from diffusers.models.transformers.transformer_flux import (
    FluxAttention,
    _get_qkv_projections,  # pyright: ignore[reportPrivateUsage]  # it knows fused projections from separate ones
)
from torch import Tensor

from planner.errors import UserError
from renderer.regional.attention import attend, kernel_of
from renderer.regional.injection import Block, Injection
from renderer.regional.ip_adapters import Masks, adapter_output, adapters_of

Rope = tuple[Tensor, Tensor]
"""Cosines and sines of the rotary embedding, each float32 (rows, head width)."""

Joint = tuple[Tensor, Tensor, Tensor]
"""Query, key and value, each (B, S, heads, head width)."""


class RegionalAttnProcessor:
    """Attends by regions if a call brings an `Injection`; otherwise it does what `wrapped` does.

    It holds nothing of a call or a layout, so two contexts, one within the other, can share it.
    """

    def __init__(self, wrapped: Any = None, block: Block | None = None) -> None:
        if wrapped is None or block is None:
            # diffusers makes processors anew where an IP-Adapter is loaded.
            raise UserError("an IP-Adapter can't be loaded within a regional context: load it before")
        self.wrapped = wrapped
        self.block = block

    @property
    def _attention_backend(self) -> AttentionBackendName | None:
        """The kernel: diffusers reads and sets it by this name, and it is the wrapped processor's to keep."""
        return getattr(self.wrapped, "_attention_backend", None)

    @_attention_backend.setter
    def _attention_backend(self, backend: AttentionBackendName | None) -> None:
        self.wrapped._attention_backend = backend

    def __call__(
        self,
        attn: FluxAttention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        image_rotary_emb: Rope | None = None,
        ip_hidden_states: list[Tensor] | None = None,
        ip_adapter_masks: Masks | None = None,
        regional: Injection | None = None,
    ) -> Tensor | tuple[Tensor, ...]:
        """As diffusers calls it: the names are diffusers' own, but for `regional`, the call's `Injection`.

        `hidden_states` (B, n, width) is the image in double blocks, and text and image in single ones.
        """
        adapters = {"ip_hidden_states": ip_hidden_states} if adapters_of(self.wrapped) else {}

        def ip_adapters() -> Tensor:
            embeds = ip_hidden_states or ()
            kernel = kernel_of(self._attention_backend)
            return adapter_output(attn, self.wrapped, hidden_states, embeds, ip_adapter_masks, kernel)

        if regional is None:
            stock = encoder_hidden_states, attention_mask, image_rotary_emb
            outputs = self.wrapped(attn, hidden_states, *stock, **adapters)
            masked = adapters and ip_adapter_masks and encoder_hidden_states is not None
            return (*outputs[:2], ip_adapters()) if masked else outputs
        joint = joint_projections(attn, hidden_states, encoder_hidden_states, image_rotary_emb)
        out = attend(joint, regional, self.block, self._attention_backend).flatten(2)
        if encoder_hidden_states is None:
            return out
        text, image = out.split([encoder_hidden_states.shape[1], hidden_states.shape[1]], dim=1)
        added = (ip_adapters(),) if adapters else ()
        return attn.to_out[1](attn.to_out[0](image)), attn.to_add_out(text), *added


def joint_projections(attn: FluxAttention, image: Tensor, text: Tensor | None, rope: Rope | None) -> Joint:
    """Normed and rotated projections of `[text, image]`, or of `image` alone: in single blocks it holds both.

    `rope` may have more rows than the sequence; the first ones count.
    """
    # Without text, diffusers gives None in place of its projections, or (None,) where they are fused.
    projected = [part for part in _get_qkv_projections(attn, image, text) if isinstance(part, Tensor)]
    query, key, value, *added = (part.unflatten(-1, (-1, attn.head_dim)) for part in projected)
    query, key = attn.norm_q(query), attn.norm_k(key)
    if added:
        query = torch.cat([attn.norm_added_q(added[0]), query], dim=1)
        key = torch.cat([attn.norm_added_k(added[1]), key], dim=1)
        value = torch.cat([added[2], value], dim=1)
    if rope is not None:
        rows: Any = tuple(part[: query.shape[1]] for part in rope)
        query, key = (cast(Tensor, apply_rotary_emb(part, rows, sequence_dim=1)) for part in (query, key))
    return query, key, value
