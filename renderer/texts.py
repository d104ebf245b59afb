"""What a model's text encoders have read, kept so that they need not read it again.

Pictures of the same prompts in other calls, with other seeds, or by other ways to draw need the same text. A
reading is kept as a whole, all prompts that were encoded together: the sums of another batch come in another
order, and then a picture would hang in its last bits on what was drawn before it.
"""

import weakref
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import Any

import torch
from torch import Tensor

KEPT_BYTES = 2**28
"""So much is kept: 64 prompts as FLUX pads them, of 512 × 4,096 numbers in bfloat16, are 4 MB each."""

Read = tuple[Tensor, Tensor]
"""Prompts as the pipeline encodes them: T5's (n, L, D) and CLIP's pooled vectors (n, P)."""


class Texts:
    """Readings of one pipeline, of `limit` bytes at most, those used last; they lie in the host's memory.

    Nothing is kept or found once a text encoder has had an adapter: its LoRAs come, go and change weight
    without a trace, and may be left in its weights. Other encoders, tokenizers or weights find nothing
    either. (What is written to the `.data` of a weight leaves no trace: make a new `Texts` then.)
    """

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self._limit = limit
        self._kept: OrderedDict[Hashable, Read] = OrderedDict()

    def read(self, pipeline: Any, prompts: Sequence[str], length: int) -> Read:
        """The prompts in one batch, padded to `length` tokens, on the pipeline's device."""
        state = _state(pipeline)
        if state is None:
            self._kept.clear()
            return _encoded(pipeline, prompts, length)
        key = state, tuple(prompts), length
        found = self._kept.get(key)
        if found is None:
            found = _encoded(pipeline, prompts, length)
            self._keep(key, found)
            return found
        self._kept.move_to_end(key)
        device = pipeline._execution_device
        return found[0].to(device), found[1].to(device)

    def _keep(self, key: Hashable, read: Read) -> None:
        if _bytes(read) > self._limit:
            return
        padded, pooled = read
        self._kept[key] = padded.to("cpu"), pooled.to("cpu")
        while sum(map(_bytes, self._kept.values())) > self._limit:
            self._kept.popitem(last=False)


def _encoded(pipeline: Any, prompts: Sequence[str], length: int) -> Read:
    with torch.inference_mode():
        padded, pooled, _ = pipeline.encode_prompt(
            prompt=[*prompts], prompt_2=[*prompts], max_sequence_length=length
        )
    return padded, pooled


def _state(pipeline: Any) -> Hashable | None:
    """What tells the text encoders as they are from any others; None where it can't be told.

    Weights keep their identity where parts of a model take turns on a device; what trains them counts their
    versions up.
    """
    encoders = pipeline.text_encoder, pipeline.text_encoder_2
    # It is set where an adapter is loaded, and left there for good.
    if any("_hf_peft_config_loaded" in vars(part) for encoder in encoders for part in encoder.modules()):
        return None
    tokenizers = pipeline.tokenizer, pipeline.tokenizer_2
    weights = tuple((id(weight), _version(weight)) for part in encoders for weight in part.parameters())
    return *map(weakref.ref, (*encoders, *tokenizers)), *map(len, tokenizers), hash(weights)


def _version(weight: Tensor) -> int:
    """How often it was written to; one that was made in inference mode does not say."""
    return 0 if weight.is_inference() else weight._version


def _bytes(read: Read) -> int:
    return sum(part.nbytes for part in read)
