"""The attention processor of a regional call, around the one that it finds."""

import inspect
from functools import partial
from typing import Any

from diffusers.models.attention_dispatch import AttentionBackendName, dispatch_attention_fn
from diffusers.models.transformers.transformer_flux import FluxAttention
from torch import Tensor

from renderer.regional.attention import attend
from renderer.regional.injection import Block, Injection
from renderer.regional.projections import Joint, Rope, joint_projections


class RegionalAttnProcessor:
    """Attends by regions where a call brings an `Injection`; where none comes, it is the `wrapped` processor.

    It holds nothing of a call or a layout, so two contexts, one within the other, share it without knowing.
    """

    def __init__(self, wrapped: Any, block: Block) -> None:
        self.wrapped = wrapped
        self.block = block
        self._adapts = "ip_hidden_states" in inspect.signature(wrapped).parameters

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
        ip_adapter_masks: Tensor | None = None,
        regional: Injection | None = None,
    ) -> Tensor | tuple[Tensor, ...]:
        """As diffusers calls it: the names are diffusers' own, but for `regional`, the call's `Injection`.

        `hidden_states` (B, n, width) is the image in double blocks, and text and image in single ones.
        """
        adapter = {"ip_hidden_states": ip_hidden_states, "ip_adapter_masks": ip_adapter_masks}
        whole = partial(self.wrapped, attn, hidden_states, **(adapter if self._adapts else {}))
        if regional is None:
            return whole(encoder_hidden_states, attention_mask, image_rotary_emb)
        joint = joint_projections(attn, hidden_states, encoder_hidden_states, image_rotary_emb)
        out = self._attend(joint, regional)
        if encoder_hidden_states is None:
            return out
        text, image = out.split([encoder_hidden_states.shape[1], hidden_states.shape[1]], dim=1)
        # What an IP-Adapter adds depends on the image alone: one token of text is enough to ask for it.
        added = whole(encoder_hidden_states[:, :1])[2:] if self._adapts else ()
        return attn.to_out[1](attn.to_out[0](image)), attn.to_add_out(text), *added

    def _attend(self, joint: Joint, injection: Injection) -> Tensor:
        kernel = partial(dispatch_attention_fn, backend=self._attention_backend)
        rows, groups = self.block.rows(injection), self.block.groups(injection)
        return attend(joint, rows, groups, injection.base_ratio, kernel).flatten(2)
