"""IP-Adapters within a regional context: for the whole picture, or for some regions of it.

diffusers' FLUX attention takes `ip_adapter_masks` and leaves them unused; here they are used.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np
import torch
from diffusers.models.transformers.transformer_flux import FluxAttention
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import pad

from planner.errors import UserError

Masks = Sequence[Tensor | None]
"""For each IP-Adapter its share in each image token, (1 or B, N, 1), or None: everywhere."""

AdapterRegions = Sequence[Collection[int] | None]
"""For each IP-Adapter the regions whose image tokens alone get its output, or None: the whole picture."""


def adapters_of(processor: object) -> int:
    """How many IP-Adapters an attention processor holds."""
    return len(getattr(processor, "to_k_ip", ()))


def adapter_masks(owner: NDArray[np.int16], regions: AdapterRegions, device: torch.device) -> Masks:
    """Masks, bool, of adapters on `owner` (rows, columns) or (B, rows, columns)."""
    flat = owner.reshape(-1 if owner.ndim == 3 else 1, owner.shape[-2] * owner.shape[-1], 1)
    return [None if own is None else torch.from_numpy(np.isin(flat, list(own))).to(device) for own in regions]


def adapter_output(
    attn: FluxAttention,
    adapter: Any,
    image: Tensor,
    embeds: Sequence[Tensor],
    masks: Masks | None,
    kernel: Callable[[Tensor, Tensor, Tensor], Tensor],
) -> Tensor:
    """What the adapters of a double block add to `image` (B, n, width), as `FluxIPAdapterAttnProcessor` does.

    `adapter` is that processor, `embeds` one (B, m, D) or (B, pictures, m, D) an adapter. Where a mask is
    shorter than the image, what stands behind it (a reference picture) gets nothing.
    """
    query = attn.norm_q(attn.to_q(image).unflatten(-1, (-1, attn.head_dim)))
    added = torch.zeros_like(image)
    layers = zip(
        embeds, adapter.scale, adapter.to_k_ip, adapter.to_v_ip, masks or [None] * len(embeds), strict=True
    )
    for picture, scale, to_key, to_value, mask in layers:
        seen = (project(picture).reshape(len(image), -1, *query.shape[2:]) for project in (to_key, to_value))
        output = scale * kernel(query, *seen).flatten(2)
        if mask is not None:
            output = output * pad(mask.to(image), (0, 0, 0, image.shape[1] - mask.shape[1]))
        added += output
    return added


def check_adapters(adapters: int, regions: AdapterRegions, count: int) -> None:
    """Raise `UserError` where `regions` don't fit so many IP-Adapters and `count` regions."""
    if len(regions) != adapters:
        raise UserError(
            f"adapter_regions has {len(regions)} entries and there are {adapters} IP-Adapters: it needs one "
            "each, None for an adapter of the whole picture"
        )
    for index, own in enumerate(regions):
        wrong = [region for region in own or () if not 0 <= region < count]
        if wrong:
            raise UserError(f"adapter_regions[{index}] names region {wrong[0]}: there are 0 to {count - 1}")
