"""A cache of encoded prompts.

Pictures of the same prompts in other calls, with other seeds or settings, need the same embeddings. Prompts
that were encoded in one batch are kept together: in another batch sums come in another order, and then the
last bits of a picture would depend on what was drawn before it.
"""

import weakref
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import Any

import torch
from torch import Tensor

from renderer.regional.family import Family, Prompts

KEPT_BYTES = 2**28
"""The cache's size: 64 prompts as FLUX.1 pads them; 512 × 4,096 numbers in bfloat16 are 4 MB each."""


class PromptCache:
    """The batches of one pipeline that were used last, of `limit` bytes at most, in the host's memory.

    Nothing is kept or found once a text encoder has had an adapter: its LoRAs come, go and change weight
    without a trace, and may be left in its weights. Other encoders, tokenizers or weights find nothing
    either. (What is written to the `.data` of a weight leaves no trace: make a new `PromptCache` then.)
    """

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self._limit = limit
        self._kept: OrderedDict[Hashable, Prompts] = OrderedDict()

    def encode(self, family: Family, pipeline: Any, prompts: Sequence[str], length: int) -> Prompts:
        """The prompts in one batch, of at most `length` tokens, on the pipeline's device."""
        state = _state(pipeline)
        if state is None:
            self._kept.clear()
            return _encoded(family, pipeline, prompts, length)
        key = state, tuple(prompts), length
        found = self._kept.get(key)
        if found is None:
            found = _encoded(family, pipeline, prompts, length)
            if _bytes(found) <= self._limit:
                self._kept[key] = _on(found, torch.device("cpu"))
                while sum(map(_bytes, self._kept.values())) > self._limit:
                    self._kept.popitem(last=False)
            return found
        self._kept.move_to_end(key)
        return _on(found, pipeline._execution_device)


def _encoded(family: Family, pipeline: Any, prompts: Sequence[str], length: int) -> Prompts:
    with torch.inference_mode():
        return family.encode(pipeline, prompts, length)


def _on(prompts: Prompts, device: torch.device) -> Prompts:
    pooled = None if prompts.pooled is None else prompts.pooled.to(device)
    return Prompts(tuple(embeds.to(device) for embeds in prompts.embeds), pooled)


def _state(pipeline: Any) -> Hashable | None:
    """A key that differs for other text encoders, tokenizers and weights; None where no key can tell them.

    Weights keep their identity where parts of a model take turns on a device; what trains them counts their
    versions up.
    """
    parts: dict[str, Any] = pipeline.components
    encoders = [part for name, part in parts.items() if name.startswith("text_encoder") and part]
    # It is set where an adapter is loaded, and left there for good.
    if any("_hf_peft_config_loaded" in vars(part) for encoder in encoders for part in encoder.modules()):
        return None
    tokenizers = [part for name, part in parts.items() if name.startswith("tokenizer") and part]
    weights = tuple((id(weight), _version(weight)) for part in encoders for weight in part.parameters())
    return *map(weakref.ref, (*encoders, *tokenizers)), *map(_size, tokenizers), hash(weights)


def _size(tokenizer: Any) -> int:
    """How many tokens it knows; a processor has a tokenizer within it."""
    return len(getattr(tokenizer, "tokenizer", tokenizer))


def _version(weight: Tensor) -> int:
    """How often it was written to; one that was made in inference mode does not say."""
    return 0 if weight.is_inference() else weight._version


def _bytes(prompts: Prompts) -> int:
    return sum(part.nbytes for part in (*prompts.embeds, prompts.pooled) if part is not None)
