"""A LoRA for some regions only: the output of its branch is masked to the regions' tokens.

A LoRA adds `scale · B(A(x))` to the output of a linear layer, token by token. So masking what B gives is
exact for every layer that acts on tokens. Modulation layers act on the time embedding, of which there is one
for the whole picture: there a LoRA of regions is left out.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import pad

from planner.errors import UserError
from renderer.regional.family import Family, Place
from renderer.regional.rows import Sequenced
from renderer.warning import warn

LoraRegions = Mapping[str, Collection[int]]
"""Per LoRA, by the name of its peft adapter, the regions whose tokens alone get its output."""


Masks = Mapping[tuple[str, Place], Tensor]


def token_mask(owner: NDArray[np.int16], parts: Sequenced, regions: Collection[int]) -> tuple[Tensor, Tensor]:
    """Which tokens of a sequence's texts are the regions', and which of its image, or images.

    Both are bool, (1 or B, L, 1) and (1 or B, N, 1).
    """
    pictures = len(owner) if owner.ndim == 3 else 1
    own = torch.from_numpy(np.isin(owner, list(regions))).reshape(pictures, -1)
    image = torch.cat([own, own[:, -1:].expand(-1, parts.pads)], dim=1)
    image = pad(image, (0, parts.references))
    texts = [torch.full((length,), index in regions) for index, length in enumerate(parts.texts)]
    text = torch.cat([*texts, torch.zeros(parts.base_text, dtype=torch.bool)]).expand(pictures, -1)
    return text[..., None], torch.cat([*[image] * parts.base_image, image], dim=1)[..., None]


def check_loras(regions: LoraRegions, count: int) -> None:
    """Raise `UserError` where a LoRA is for a region that is none of `count`."""
    for name, own in regions.items():
        wrong = [region for region in own if not 0 <= region < count]
        if wrong:
            raise UserError(f"lora_regions[{name!r}] names region {wrong[0]}: there are 0 to {count - 1}")


class LoraMasks:
    """The masks of the LoRAs of a context, for the call of the transformer that is under way.

    Raises `UserError` where a LoRA is not loaded, is fused, or is of a kind whose output is no sum.
    """

    def __init__(
        self, family: Family, transformer: Any, owner: NDArray[np.int16], regions: LoraRegions
    ) -> None:
        self._owner = owner
        self._regions = regions
        self._branches = [
            (name, family.place_of(layer), branch)
            for name in regions
            for layer, branch in branches(transformer, name)
        ]
        self._masks: Masks = {}
        self._pictures = 0
        self._build = cache(self._built)

    def install(self, stack: ExitStack) -> None:
        """Mask the LoRAs' branches until `stack` closes; reports what is left out."""
        for name, place, branch in self._branches:
            stack.callback(branch.register_forward_hook(self._hook(name, place)).remove)
        for name in self._regions:
            layers = sum(place is Place.NONE for own, place, _ in self._branches if own == name)
            if layers:
                warn(
                    f"of the LoRA {name!r} {layers} layers are left out, since it is for regions and they "
                    "act on the whole picture's time embedding",
                    stacklevel=4,
                )

    def follow(self, double: Sequenced, single: Sequenced, pictures: int, device: torch.device) -> None:
        """A call of these sequences begins, with so many pictures."""
        self._pictures = pictures
        self._masks = self._build(double, single, pictures, device)

    def forget(self) -> None:
        """A call begins that is none of this context's: every LoRA is as its user set it."""
        self._masks = {}

    def _hook(self, name: str, place: Place) -> Any:
        def mask(_branch: nn.Module, _args: object, output: Tensor) -> Tensor | None:
            own = self._masks.get((name, place))
            if own is None:
                return None
            if own.ndim == 3:
                # Where a stage takes tokens one by one, they are the batch.
                alone = len(output) != self._pictures
                own = own.expand(self._pictures, -1, -1).reshape(-1, 1) if alone else own[..., 0]
                own = own.reshape(*own.shape, *[1] * (output.ndim - 2))
            return output * own

        return mask

    def _built(self, double: Sequenced, single: Sequenced, pictures: int, device: torch.device) -> Masks:
        # Two passes in one call have each picture twice.
        owner = self._owner
        owner = np.tile(owner, (pictures // len(owner), 1, 1)) if owner.ndim == 3 else owner
        masks = dict[tuple[str, Place], Tensor]()
        for name, regions in self._regions.items():
            text, image = token_mask(owner, double, regions)
            joint = token_mask(owner, single, regions)
            none = torch.zeros(1, 1, dtype=torch.bool)
            # Without regions all of the text is in none. (A batch's may differ in length, end to end.)
            masks[name, Place.TEXT], masks[name, Place.IMAGE] = text if double.texts else none, image
            masks[name, Place.JOINT] = torch.cat(joint[::-1] if single.image_first else joint, dim=1)
            masks[name, Place.NONE] = none
        return {key: mask.to(device) for key, mask in masks.items()}


def branches(transformer: Any, name: str) -> Iterator[tuple[str, nn.Module]]:
    """The modules whose output the LoRA `name` adds to that of a layer, with that layer's name."""
    loaded: Mapping[str, Any] = getattr(transformer, "peft_config", {})
    if name not in loaded:
        names = ", ".join(map(repr, loaded)) or "none"
        raise UserError(f"lora_regions names the LoRA {name!r}: loaded are {names}")
    kind = str(loaded[name].peft_type.value)
    if kind != "LORA":
        raise UserError(f"the adapter {name!r} is of the kind {kind}: regions take LORA alone")
    for path, module in transformer.named_modules():
        layer: Any = module
        if name in getattr(layer, "merged_adapters", ()):
            raise UserError(
                f"the LoRA {name!r} is fused with the weights, and is so for the whole picture: unfuse_lora()"
            )
        if name in getattr(layer, "lora_B", ()):
            yield path, _branch(layer, name)


def _branch(layer: Any, name: str) -> nn.Module:
    variant = layer.lora_variant.get(name)
    if variant is None:
        return layer.lora_B[name]
    if name in layer.lora_magnitude_vector:
        return layer.lora_magnitude_vector[name]  # DoRA: the sum of all that it changes
    raise UserError(
        f"the LoRA {name!r} is of the kind {type(variant).__name__}: regions take plain LoRA and DoRA"
    )
