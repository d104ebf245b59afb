"""The independent oracle: regional prompting written out plainly, with one dense mask.

One forward pass of a FLUX transformer in its regional phase, as the paper describes it (arXiv 2411.02395)
and its authors' code computes it: the whole attention matrix, a mask of S × S, and both branches always
computed. It is here to be read and to be compared with. It shares nothing with `renderer.regional`, and
computes attention in plain arithmetic, unless it is timed with torch's own attention.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from diffusers.models.transformers.transformer_flux import (
    FluxAttention,
    FluxSingleTransformerBlock,
    FluxTransformer2DModel,
    FluxTransformerBlock,
)
from numpy.typing import NDArray
from torch import Tensor, nn

Kernel = Callable[[Tensor, Tensor, Tensor, Tensor | None], Tensor]
"""Attention of query, key and value, each (B, heads, S, head width), under a bool mask (S, S) or none."""


@dataclass(frozen=True, eq=False)
class DenseCall:
    """One call's inputs. `owner` (rows, columns) has each token's region, or −1; tensors are of one dtype.

    `latents` (B, N, C), `sigma` (B,), `pooled` (B, P), `guidance` (B,) or None, `region_embeds` one (B,
    L_i, D) for each region, `base_embeds` (B, L, D). `controls` and `single_controls` are a ControlNet's
    residuals, each (B, N, width). `reference` (B, M, C) is another picture, as FLUX.1 Kontext gets it, of
    `reference_shape` (rows, columns): its tokens are in no region, and see and are seen by all tokens.
    `one_stream` is the renderer's, not the paper's: single blocks, too, have one image for both branches.
    So is `feather`: image tokens within this distance of a border also see tokens within this distance beyond
    it, in part.
    """

    owner: NDArray[np.int16]
    latents: Tensor
    sigma: Tensor
    pooled: Tensor
    guidance: Tensor | None
    region_embeds: tuple[Tensor, ...]
    base_embeds: Tensor
    base_ratio: float
    double_interval: int = 1
    single_interval: int = 1
    one_stream: bool = False
    feather: int = 0
    controls: tuple[Tensor, ...] = ()
    single_controls: tuple[Tensor, ...] = ()
    reference: Tensor | None = None
    reference_shape: tuple[int, int] = (0, 0)

    @property
    def shown(self) -> Tensor:
        """The tokens of the picture and of the reference, (B, N + M, C)."""
        return self.latents if self.reference is None else torch.cat([self.latents, self.reference], dim=1)


@dataclass(frozen=True, eq=False)
class _Stream:
    """A sequence `[text, image]`: its tokens, their rotary embedding, and the mask of who sees whom.

    `soft` is for soft borders: a second mask that reaches beyond them, and each token's share (S, 1) of it.
    """

    text: Tensor
    image: Tensor
    rope: tuple[Tensor, Tensor]
    mask: Tensor | None = None
    soft: tuple[Tensor, Tensor] | None = None

    def joined(self) -> Tensor:
        """(B, S, width)"""
        return torch.cat([self.text, self.image], dim=1)


def plain_arithmetic(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """softmax(q kᵀ / √d) v over the pairs that the mask allows, written out."""
    scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    return scores.softmax(dim=-1) @ value


@torch.no_grad()
def dense_prediction(
    transformer: FluxTransformer2DModel,
    call: DenseCall,
    kernel: Kernel = plain_arithmetic,
    mask: Tensor | None = None,
) -> Tensor:
    """The transformer's output (B, N + M, C) for a regional call, with the reference's tokens.

    `mask` (S, S) is the call's `visibility`, if the caller has it already.
    """
    temb = _conditioning(transformer, call)
    image = transformer.x_embedder(call.shown)
    regional = _stream(transformer, torch.cat(call.region_embeds, dim=1), image, call)
    base = _stream(transformer, call.base_embeds, image, call)
    if mask is None:
        texts = [embeds.shape[1] for embeds in call.region_embeds]
        mask = visibility(call.owner, texts, math.prod(call.reference_shape)).to(image.device)
    soft = _softened(call, mask) if call.feather else None

    doubles, singles = transformer.transformer_blocks, transformer.single_transformer_blocks
    for index, block in enumerate(cast(Iterable[FluxTransformerBlock], doubles)):
        regional = _masked(regional, mask, soft) if index % call.double_interval == 0 else regional
        # One image for both branches: both continue with the mixture.
        regional, base_text = _double_block(block, regional, base, temb, call.base_ratio, kernel)
        image = regional.image + _residual(call.controls, index, len(doubles))
        regional = _Stream(regional.text, image, regional.rope)
        base = _Stream(base_text, image, base.rope)
    for index, block in enumerate(cast(Iterable[FluxSingleTransformerBlock], singles)):
        regional = _masked(regional, mask, soft) if index % call.single_interval == 0 else regional
        # Two images: the base branch continues with its own, and residuals are added to the regional one
        # alone. In one stream, the base branch sees the regional image in every block.
        if call.one_stream:
            base = _Stream(base.text, regional.image, base.rope)
        regional, base = _single_block(block, regional, base, temb, call.base_ratio, kernel)
        image = regional.image + _residual(call.single_controls, index, len(singles))
        regional = _Stream(regional.text, image, regional.rope)
    return transformer.proj_out(transformer.norm_out(regional.image, temb))


def visibility(owner: NDArray[np.int16], texts: list[int], references: int = 0) -> Tensor:
    """Who sees whom on `[text_1 … text_R, image, reference]`: bool (S, S), rows are queries.

    Two tokens see each other if they belong to one region; image tokens without one see each other; a
    reference picture's tokens see all and are seen by all.
    """
    regions = np.concatenate([np.repeat(np.arange(len(texts)), texts), owner.ravel()])
    mask = np.ones((len(regions) + references,) * 2, dtype=bool)
    mask[: len(regions), : len(regions)] = regions[:, None] == regions[None, :]
    return torch.from_numpy(mask)


def _softened(call: DenseCall, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Who sees whom beyond soft borders, and each token's share of that, computed pair by pair."""
    owner, feather = call.owner.ravel(), call.feather
    places = np.argwhere(np.ones_like(call.owner))
    away = np.abs(places[:, None] - places[None, :]).max(axis=-1)
    alike = owner[:, None] == owner[None, :]
    distance = np.where(alike, np.inf, away).min(axis=1)
    near_region = alike.astype(int) @ (away <= feather).astype(int) > 0
    first = sum(embeds.shape[1] for embeds in call.region_embeds)
    image = slice(first, first + owner.size)
    share = np.zeros((len(mask), 1))
    share[image, 0] = np.clip(1 - (distance - 0.5) / feather, 0, None) / 2
    beyond = mask.clone()
    beyond[image, image] |= torch.from_numpy((distance <= feather)[:, None] & near_region).to(mask.device)
    return beyond, torch.from_numpy(share).to(call.latents)


def _conditioning(transformer: FluxTransformer2DModel, call: DenseCall) -> Tensor:
    sigma = call.sigma.to(call.latents.dtype) * 1000
    if call.guidance is None:
        return transformer.time_text_embed(sigma, call.pooled)
    return transformer.time_text_embed(sigma, call.guidance.to(call.latents.dtype) * 1000, call.pooled)


def _stream(transformer: FluxTransformer2DModel, embeds: Tensor, image: Tensor, call: DenseCall) -> _Stream:
    places = [
        (float(index), float(y), float(x))
        for index, (rows, columns) in enumerate((call.owner.shape, call.reference_shape))
        for y in range(rows)
        for x in range(columns)
    ]
    ids = torch.tensor([(0.0, 0.0, 0.0)] * embeds.shape[1] + places, device=image.device)
    return _Stream(transformer.context_embedder(embeds), image, transformer.pos_embed(ids))


def _masked(stream: _Stream, mask: Tensor, soft: tuple[Tensor, Tensor] | None) -> _Stream:
    return _Stream(stream.text, stream.image, stream.rope, mask, soft)


def _residual(residuals: tuple[Tensor, ...], index: int, blocks: int) -> Tensor | float:
    """The residual of a block; if there are fewer than blocks, each serves several blocks in a row."""
    return residuals[index // math.ceil(blocks / len(residuals))] if residuals else 0.0


def _double_block(
    block: FluxTransformerBlock,
    regional: _Stream,
    base: _Stream,
    temb: Tensor,
    base_ratio: float,
    kernel: Kernel,
) -> tuple[_Stream, Tensor]:
    """The regional stream after the block, and the base branch's text."""
    normed_image, *image_gates = block.norm1(regional.image, emb=temb)
    outputs: list[tuple[Tensor, Tensor]] = []
    for stream in (regional, base):
        normed_text, *text_gates = block.norm1_context(stream.text, emb=temb)
        normed = _Stream(normed_text, normed_image, stream.rope, stream.mask, stream.soft)
        text, image = _joint_attention(block.attn, normed, kernel)
        outputs.append((_finish(stream.text, text, text_gates, block.norm2_context, block.ff_context), image))
    (text, regional_image), (base_text, base_image) = outputs
    mixed = (1 - base_ratio) * regional_image + base_ratio * base_image
    image = _finish(regional.image, mixed, image_gates, block.norm2, block.ff)
    return _Stream(text, image, regional.rope), base_text


def _finish(tokens: Tensor, attended: Tensor, gates: list[Tensor], norm: nn.Module, mlp: nn.Module) -> Tensor:
    """What follows attention in a double block: gated residual, modulated norm, MLP, gated residual."""
    gate, shift, scale, mlp_gate = (part[:, None] for part in gates)
    tokens = tokens + gate * attended
    return tokens + mlp_gate * mlp(norm(tokens) * (1 + scale) + shift)


def _single_block(
    block: FluxSingleTransformerBlock,
    regional: _Stream,
    base: _Stream,
    temb: Tensor,
    base_ratio: float,
    kernel: Kernel,
) -> tuple[_Stream, _Stream]:
    normed, gate = block.norm(regional.joined(), emb=temb)
    normed_base, gate_base = block.norm(base.joined(), emb=temb)
    attended = _self_attention(block.attn, normed, regional, kernel)
    attended_base = _self_attention(block.attn, normed_base, base, kernel)
    count = regional.image.shape[1]
    mixed = (1 - base_ratio) * attended[:, -count:] + base_ratio * attended_base[:, -count:]
    attended = torch.cat([attended[:, :-count], mixed], dim=1)
    return (
        _finish_single(block, regional, attended, normed, gate),
        _finish_single(block, base, attended_base, normed_base, gate_base),
    )


def _finish_single(
    block: FluxSingleTransformerBlock, stream: _Stream, attended: Tensor, normed: Tensor, gate: Tensor
) -> _Stream:
    both = torch.cat([attended, block.act_mlp(block.proj_mlp(normed))], dim=2)
    tokens = stream.joined() + gate[:, None] * block.proj_out(both)
    count = stream.text.shape[1]
    return _Stream(tokens[:, :count], tokens[:, count:], stream.rope)


def _joint_attention(attn: FluxAttention, normed: _Stream, kernel: Kernel) -> tuple[Tensor, Tensor]:
    """The outputs for text and image of a double block's attention, where each has its own projections."""
    text = [
        _heads(attn, project(normed.text)) for project in (attn.add_q_proj, attn.add_k_proj, attn.add_v_proj)
    ]
    image = [_heads(attn, project(normed.image)) for project in (attn.to_q, attn.to_k, attn.to_v)]
    query = torch.cat([attn.norm_added_q(text[0]), attn.norm_q(image[0])], dim=2)
    key = torch.cat([attn.norm_added_k(text[1]), attn.norm_k(image[1])], dim=2)
    out = _attention(query, key, torch.cat([text[2], image[2]], dim=2), normed, kernel)
    count = normed.text.shape[1]
    return attn.to_add_out(out[:, :count]), attn.to_out[0](out[:, count:])


def _self_attention(attn: FluxAttention, normed: Tensor, stream: _Stream, kernel: Kernel) -> Tensor:
    """The output of a single block's attention, where text and image share a projection: (B, S, width)."""
    query, key, value = (_heads(attn, project(normed)) for project in (attn.to_q, attn.to_k, attn.to_v))
    return _attention(attn.norm_q(query), attn.norm_k(key), value, stream, kernel)


def _heads(attn: FluxAttention, tokens: Tensor) -> Tensor:
    """(B, S, heads · width) to (B, heads, S, width)."""
    return tokens.unflatten(-1, (attn.heads, -1)).transpose(1, 2)


def _attention(query: Tensor, key: Tensor, value: Tensor, stream: _Stream, kernel: Kernel) -> Tensor:
    """The kernel's output over the rotated query and key, under the stream's mask: (B, S, heads · width)."""
    query, key = _rotate(query, stream.rope), _rotate(key, stream.rope)
    out = kernel(query, key, value, stream.mask)
    if stream.soft is not None:
        beyond, share = stream.soft
        out = (1 - share) * out + share * kernel(query, key, value, beyond)
    return out.transpose(1, 2).flatten(2)


def _rotate(heads: Tensor, rope: tuple[Tensor, Tensor]) -> Tensor:
    """Turn each pair of neighbouring channels by its token's angle, in float32."""
    cosines, sines = rope
    even, odd = heads.float().unflatten(-1, (-1, 2)).unbind(-1)
    turned = torch.stack([-odd, even], dim=-1).flatten(-2)
    return (heads.float() * cosines + turned * sines).to(heads.dtype)
