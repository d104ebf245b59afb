"""What every family must draw exactly: regions against the stock pipeline, and against a dense mask."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderer.regional.family import Prompts
from renderer.regional.processor import RegionalAttnProcessor

if TYPE_CHECKING:
    from tests.renderer.families.conftest import Model

PROMPTS = ("a red fox", "an old wooden boat by the lake at dawn", "fog")
BASE = "a fox beside a boat, in fog"
Same = Callable[[Tensor, Tensor], None]
SIZE = (4, 6)


def repeated(prompts: Prompts, index: int, times: int, pooled: Prompts | None = None) -> Prompts:
    """One of the prompts for every picture of a batch, with the pooled vector of another where given."""
    vectors = (pooled or prompts).pooled
    own = None if vectors is None else vectors[0 if pooled else index].expand(times, -1)
    return Prompts((prompts.embeds[index],) * times, own)


@pytest.mark.parametrize("region", range(3))
def test_where_one_region_has_all_tokens_its_prompt_alone_is_drawn(
    model: "Model", same: Same, region: int
) -> None:
    """For regions of unequal texts, and in a batch: this is what wrong places and leaks can't pass."""
    regions, base = model.encode(*PROMPTS), model.encode(BASE)
    owner = np.full(SIZE, region, dtype=np.int16)
    twice = repeated(base, 0, 2)
    found = model.latents(twice, within=model.regions(owner, regions, base))
    same(found, model.latents(repeated(regions, region, 2, pooled=base)))


@pytest.mark.parametrize("base_ratio", [0.0, 0.4, 1.0])
def test_one_region_with_the_base_prompt_is_the_plain_picture(
    model: "Model", same: Same, base_ratio: float
) -> None:
    base = model.encode(BASE)
    owner = np.zeros(SIZE, dtype=np.int16)
    found = model.latents(base, within=model.regions(owner, base, base, base_ratio))
    same(found, model.latents(base))


@pytest.mark.parametrize("one_stream", [False, True])
def test_three_regions_are_what_a_dense_mask_draws(
    model: "Model", same: Same, one_stream: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    regions, base = model.encode(*PROMPTS), model.encode(BASE)
    owner = np.array([[0] * 3 + [1] * 3] * 2 + [[2] * 4 + [-1] * 2] * 2, dtype=np.int16)
    asked: dict[str, Any] = {"base_ratio": 0.3, "settings": {"one_stream": one_stream}}
    found = model.latents(base, within=model.regions(owner, regions, base, **asked))
    lengths = [model.family.slot(text.shape[1]) for text in (*regions.embeds, base.embeds[0])]
    dense = Dense(owner, lengths, 0.3, image_first=model.family.image_first)
    monkeypatch.setattr("renderer.regional.family.attend", dense)
    same(found, model.latents(base, within=model.regions(owner, regions, base, **asked)))
    assert dense.calls > 0
    assert not torch.allclose(found, model.latents(base), atol=1e-3)


class Dense:
    """Attention under the paper's mask, with the whole table of who sees whom; for one picture."""

    def __init__(
        self, owner: NDArray[np.int16], lengths: list[int], base_ratio: float, *, image_first: bool
    ) -> None:
        self.calls = 0
        self._owner = torch.from_numpy(owner.astype(np.int64)).flatten()
        self._lengths = lengths
        self._base_ratio = base_ratio
        self._image_first = image_first

    def __call__(self, joint: tuple[Tensor, Tensor, Tensor], _injection: Any, block: Any, _: Any) -> Tensor:
        self.calls += 1
        texts = torch.cat([torch.full((n,), index) for index, n in enumerate(self._lengths)])
        if block.kind.value == "text":
            return _masked(joint, texts[:, None] == texts)
        rest = joint[0].shape[1] - len(texts)
        copied = block.kind.value == "single" and rest >= 2 * len(self._owner)
        tokens = rest // 2 if copied else rest
        image = torch.cat([self._owner, self._owner[-1:].expand(tokens - len(self._owner))])
        base = len(self._lengths) - 1
        # What tokens are: a region's text or image by its index, the base text, the base image, the image.
        shown = torch.where(image < 0, torch.full_like(image, -1), image)
        none = torch.full((tokens,), -2)
        parts = [shown, texts] if self._image_first else [texts, *[none] * copied, shown]
        is_image = torch.cat(
            [torch.full_like(part, index == (0 if self._image_first else len(parts) - 1)).bool()
             for index, part in enumerate(parts)]
        )  # fmt: skip
        told = torch.cat(parts)
        is_base = ~is_image & ((told == base) | (told == -2))
        out = _masked(joint, (told[:, None] == told) & ~is_base[:, None] & ~is_base[None])
        seen = is_base | (is_image if not copied else torch.zeros_like(is_image))
        branch = _masked(joint, seen[:, None] & seen[None])
        mixed = branch[:, told == -2] if copied else branch[:, is_image]
        out[:, is_base] = branch[:, is_base]
        out[:, is_image] = out[:, is_image] * (1 - self._base_ratio) + mixed * self._base_ratio
        return out


def _masked(joint: tuple[Tensor, Tensor, Tensor], mask: Tensor) -> Tensor:
    query, key, value = (part.transpose(1, 2).double() for part in joint)
    scores = (query @ key.transpose(-1, -2)) * query.shape[-1] ** -0.5
    shares = scores.masked_fill(~mask, -torch.inf).softmax(-1).nan_to_num()
    return (shares @ value).transpose(1, 2).to(joint[0])


def test_without_a_base_branch_a_regions_prompt_moves_no_token_of_another(
    model: "Model", halves: NDArray[np.int16]
) -> None:
    base = model.encode(BASE)
    one, other = model.encode(*PROMPTS[:2]), model.encode(PROMPTS[0], "a wholly different thing")
    drawn = [
        model.latents(base, within=model.regions(halves, texts, base), steps=model.steps_apart)
        for texts in (one, other)
    ]
    first, second = (torch.from_numpy((halves == region).ravel()) for region in (0, 1))
    assert torch.equal(drawn[0][:, first], drawn[1][:, first])
    assert (drawn[0][:, second] - drawn[1][:, second]).abs().amax(-1).min() > 0


def test_regions_act_in_the_first_steps_alone(model: "Model", halves: NDArray[np.int16]) -> None:
    regions, base = model.encode(*PROMPTS[:2]), model.encode(BASE)
    seen = list[list[bool]]()
    for inject_steps in (0, 1, 3, 5):
        within = model.regions(halves, regions, base, 0.3, inject_steps)
        calls = list[bool]()

        def see(*_: object, calls: list[bool] = calls) -> None:
            calls.append(_by_regions(model))

        spy = model.transformer.register_forward_hook(see)
        try:
            model.latents(base, within=within, steps=5)
        finally:
            spy.remove()
        seen.append(calls)
    assert seen == [[step < first for step in range(5)] for first in (0, 1, 3, 5)]


def _by_regions(model: "Model") -> bool:
    attn, _ = next(iter(model.family.blocks(model.transformer)))
    return attn.processor.calls.now.injection is not None


def test_afterwards_the_transformer_is_as_it_was(model: "Model", halves: NDArray[np.int16]) -> None:
    regions, base = model.encode(*PROMPTS[:2]), model.encode(BASE)
    before = [attn.processor for attn, _ in model.family.blocks(model.transformer)]
    plain = model.latents(base)
    model.latents(base, within=model.regions(halves, regions, base, 0.3))
    assert [attn.processor for attn, _ in model.family.blocks(model.transformer)] == before
    assert not any(isinstance(processor, RegionalAttnProcessor) for processor in before)
    modules = list(model.transformer.modules())
    assert not any(module._forward_pre_hooks or module._forward_hooks for module in modules)
    assert torch.equal(model.latents(base), plain)
