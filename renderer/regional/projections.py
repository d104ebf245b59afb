"""Query, key and value of a block's whole sequence."""

from typing import Any, cast

import torch
from diffusers.models.embeddings import apply_rotary_emb
from diffusers.models.transformers.transformer_flux import (
    FluxAttention,
    _get_qkv_projections,  # pyright: ignore[reportPrivateUsage]  # it knows fused projections from separate ones
)
from torch import Tensor

Rope = tuple[Tensor, Tensor]
"""Cosines and sines of the rotary embedding, each float32 (rows, head width)."""

Joint = tuple[Tensor, Tensor, Tensor]
"""Query, key and value, each (B, S, heads, head width)."""


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
    return _rotated(query, rope), _rotated(key, rope), value


def _rotated(heads: Tensor, rope: Rope | None) -> Tensor:
    if rope is None:
        return heads
    rows = tuple(part[: heads.shape[1]] for part in rope)
    return cast(Tensor, apply_rotary_emb(heads, cast(Any, rows), sequence_dim=1))
