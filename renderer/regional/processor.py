"""The attention processor of a regional call, which wraps the processor that it finds."""

import functools
import inspect
from typing import Any

from diffusers.models.attention_dispatch import AttentionBackendName

from planner.errors import UserError
from renderer.regional.family import Family
from renderer.regional.injection import Block, Calls, Kind


class RegionalAttnProcessor:
    """Attends by regions if a call is regional; otherwise it does what `wrapped` does.

    It holds nothing of a layout, so two contexts, one within the other, can share it. `over` makes one.
    """

    def __init__(
        self,
        wrapped: Any = None,
        block: Block | None = None,
        family: Family | None = None,
        calls: Calls | None = None,
    ) -> None:
        if wrapped is None or block is None or family is None or calls is None:
            # diffusers makes processors anew where an IP-Adapter is loaded.
            raise UserError("an IP-Adapter can't be loaded within a regional context: load it before")
        self.wrapped = wrapped
        self.block = block
        self.family = family
        self.calls = calls
        _, self._attn, *self._names = inspect.signature(type(wrapped).__call__).parameters

    @property
    def _attention_backend(self) -> AttentionBackendName | None:
        """The kernel: diffusers reads and sets it by this name, and it is the wrapped processor's to keep."""
        return getattr(self.wrapped, "_attention_backend", None)

    @_attention_backend.setter
    def _attention_backend(self, backend: AttentionBackendName | None) -> None:
        self.wrapped._attention_backend = backend

    def __call__(self, attn: Any, *args: Any, **named: Any) -> Any:
        """As diffusers calls the wrapped processor."""
        call = self.calls.now
        if call is None or self.block.kind is Kind.IMAGE:
            return self.wrapped(attn, *args, **named)
        arguments = {**dict(zip(self._names, args, strict=False)), **named}
        return self.family.attention(attn, self.block, call, self.wrapped, arguments)


def over(wrapped: Any, block: Block, family: Family, calls: Calls) -> RegionalAttnProcessor:
    """A regional processor in place of `wrapped`.

    Its signature is that of `wrapped`, since diffusers leaves out arguments that a signature doesn't name.
    """
    return _kind(type(wrapped))(wrapped, block, family, calls)


@functools.cache
def _kind(stock: type) -> type[RegionalAttnProcessor]:
    @functools.wraps(stock.__call__)
    def call(self: RegionalAttnProcessor, attn: Any, *args: Any, **named: Any) -> Any:
        return RegionalAttnProcessor.__call__(self, attn, *args, **named)

    return type(f"Regional{stock.__name__}", (RegionalAttnProcessor,), {"__call__": call})
