"""The attention processor of a regional call, around the one that it finds."""

from typing import Any

from diffusers.models.attention_dispatch import AttentionBackendName
from diffusers.models.transformers.transformer_flux import FluxAttention
from torch import Tensor

from planner.errors import UserError
from renderer.regional.adapters import Masks, adapter_output, adapters_of
from renderer.regional.attention import attend, kernel_of
from renderer.regional.injection import Block, Injection
from renderer.regional.projections import Rope, joint_projections


class RegionalAttnProcessor:
    """Attends by regions where a call brings an `Injection`; where none comes, it is the `wrapped` processor.

    It holds nothing of a call or a layout, so two contexts, one within the other, share it without knowing.
    """

    def __init__(self, wrapped: Any = None, block: Block | None = None) -> None:
        if wrapped is None or block is None:
            # diffusers makes processors anew where an IP-Adapter is loaded.
            raise UserError("an IP-Adapter can't be loaded within a regional context: load it before")
        self.wrapped = wrapped
        self.block = block

    @property
    def adapters(self) -> int:
        """The number of IP-Adapters that the wrapped processor holds."""
        return adapters_of(self.wrapped)

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
        adapters = {"ip_hidden_states": ip_hidden_states} if self.adapters else {}

        def added() -> Tensor:
            embeds = ip_hidden_states or ()
            kernel = kernel_of(self._attention_backend)
            return adapter_output(attn, self.wrapped, hidden_states, embeds, ip_adapter_masks, kernel)

        if regional is None:
            stock = encoder_hidden_states, attention_mask, image_rotary_emb
            outputs = self.wrapped(attn, hidden_states, *stock, **adapters)
            masked = adapters and ip_adapter_masks and encoder_hidden_states is not None
            return (*outputs[:2], added()) if masked else outputs
        joint = joint_projections(attn, hidden_states, encoder_hidden_states, image_rotary_emb)
        out = attend(joint, regional, self.block, self._attention_backend).flatten(2)
        if encoder_hidden_states is None:
            return out
        text, image = out.split([encoder_hidden_states.shape[1], hidden_states.shape[1]], dim=1)
        shown = (added(),) if adapters else ()
        return attn.to_out[1](attn.to_out[0](image)), attn.to_add_out(text), *shown
