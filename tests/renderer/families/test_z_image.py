"""What Z-Image has of its own: padding of texts and image, lists of prompts, and stages of one of them."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from peft import LoraConfig
from torch import Tensor

from planner.errors import UserError
from renderer.regional import Conditioning, RegionalSettings, regional, stacked

if TYPE_CHECKING:
    from tests.renderer.families.conftest import Model

Same = Callable[[Tensor, Tensor], None]
GRIDS = [(4, 6), (4, 8), (5, 7)]
"""Of these the second alone needs no padding."""
LENGTHS = (5, 70, 32)
OTHER = 40
"""Tokens of the base prompt. A text is filled up to a multiple of 32."""


@pytest.fixture
def transformer(load: "Callable[..., Model]") -> Any:
    return load("z_image").transformer


def texts(*lengths: int) -> list[Tensor]:
    numbers = torch.Generator().manual_seed(1)
    return [torch.randn(1, length, 16, generator=numbers) for length in lengths]


def predicted(
    transformer: Any,
    prompts: list[Tensor],
    size: tuple[int, int],
    within: AbstractContextManager[Any] | None = None,
) -> Tensor:
    """What the transformer says of a call, (P, 4, 1, height, width)."""
    numbers = torch.Generator().manual_seed(0)
    pictures = torch.randn(len(prompts), 4, 1, *(2 * side for side in size), generator=numbers)
    with within or nullcontext(), torch.inference_mode():
        time = torch.full((len(prompts),), 0.3)
        return torch.stack(transformer([*pictures], time, [text[0] for text in prompts])[0])


def drawn_within(
    transformer: Any, owner: Any, conditioning: Conditioning, base_ratio: float = 0.0, **more: Any
) -> AbstractContextManager[Any]:
    settings = RegionalSettings(base_ratio, 9)
    return regional(transformer, owner, conditioning, settings, torch.tensor([1000.0]), **more)


@pytest.mark.parametrize("size", GRIDS)
@pytest.mark.parametrize("region", range(3))
def test_whatever_padding_there_is_a_region_of_all_tokens_is_its_prompt(
    transformer: Any, same: Same, size: tuple[int, int], region: int
) -> None:
    own, base = texts(*LENGTHS), texts(OTHER)[0]
    owner = np.full(size, region, dtype=np.int16)
    within = drawn_within(transformer, owner, Conditioning(tuple(own), base))
    same(predicted(transformer, [base], size, within), predicted(transformer, [own[region]], size))


@pytest.mark.parametrize("size", GRIDS)
@pytest.mark.parametrize("base_ratio", [0.0, 0.3])
def test_layouts_of_a_batch_are_drawn_as_by_themselves_with_padding_of_their_own(
    transformer: Any, same: Same, size: tuple[int, int], base_ratio: float
) -> None:
    """The last token is a region's of a short text, a region's of a long one, and in no region."""
    own, bases = texts(*LENGTHS), texts(OTHER, 7, 33)
    numbers = np.random.default_rng(0)
    owners = np.stack([numbers.integers(-1, 2, size).astype(np.int16) for _ in range(3)])
    owners[:, -1, -1] = 0, 1, -1
    conditioning = [Conditioning((*own[start:], own[0]), bases[start]) for start in (0, 1)]
    conditioning.append(Conditioning((own[0], own[2]), bases[2]))
    within = drawn_within(transformer, owners, stacked(conditioning), base_ratio)
    found = predicted(transformer, bases, size, within)
    plain = predicted(transformer, bases, size)
    for index, (owner, told) in enumerate(zip(owners, conditioning, strict=True)):
        within = drawn_within(transformer, owner, told, base_ratio)
        alone = predicted(transformer, [bases[index]] * 3, size, within)
        same(found[index], alone[index])
        assert not torch.allclose(found[index], plain[index], atol=1e-2)


@pytest.mark.parametrize("lengths", [(5, 70), (70, 32)])
@pytest.mark.parametrize("other", [7, 40, 100])
def test_padding_behind_a_token_of_no_region_is_where_the_plain_picture_has_it(
    transformer: Any, same: Same, lengths: tuple[int, int], other: int
) -> None:
    """Then the base branch by itself is the plain picture, however long its text and those of regions are."""
    own, base = texts(*lengths), texts(other)[0]
    owner = np.array([[0] * 3 + [1] * 3] * 3 + [[0, 0, 1, 1, -1, -1]], dtype=np.int16)
    within = drawn_within(transformer, owner, Conditioning(tuple(own), base), 1.0)
    same(predicted(transformer, [base], (4, 6), within), predicted(transformer, [base], (4, 6)))
    # Without that branch its text may be the longest, and those of regions make no difference.
    nobody = np.full((4, 6), -1, dtype=np.int16)
    found = [
        predicted(transformer, [base], (4, 6), drawn_within(transformer, nobody, Conditioning((text,), base)))
        for text in own
    ]
    same(*found)


def test_texts_may_be_longer_together_than_the_table_of_places(transformer: Any, same: Same) -> None:
    """One text never is, but several can be: the table has 256 places."""
    own, base = texts(96, 70, 128, 100), texts(OTHER)[0]
    for region in range(4):
        owner = np.full((4, 6), region, dtype=np.int16)
        within = drawn_within(transformer, owner, Conditioning(tuple(own), base))
        found = predicted(transformer, [base], (4, 6), within)
        same(found, predicted(transformer, [own[region]], (4, 6)))


def test_a_lora_of_regions_leaves_alone_a_plain_batch_of_prompts_that_differ_in_length(
    transformer: Any, same: Same
) -> None:
    own, others = texts(*LENGTHS), texts(5, 70)
    size = (4, 6)
    before = predicted(transformer, others, size)
    config = LoraConfig(r=2, target_modules=["cap_embedder.1", "context_refiner.0.attention.to_q"])
    transformer.add_adapter(config, "style")
    try:
        for name, weight in transformer.named_parameters():
            if ".lora_" in name:
                weight.data = torch.ones_like(weight)
        assert not torch.allclose(predicted(transformer, others, size), before, atol=1e-3)
        owner = np.zeros(size, dtype=np.int16)
        told = Conditioning(tuple(own), texts(OTHER)[0])
        within = drawn_within(transformer, owner, told, lora_regions={"style": {0}})
        with pytest.warns(UserWarning, match="no region was drawn"):
            found = predicted(transformer, others, size, within)
        same(found, before)
    finally:
        transformer.unload_lora()


def test_the_transformer_has_its_own_method_back(transformer: Any) -> None:
    told = Conditioning(tuple(texts(*LENGTHS)), texts(OTHER)[0])
    owner = np.zeros((4, 6), dtype=np.int16)
    before = dict(vars(transformer))
    with drawn_within(transformer, owner, told), drawn_within(transformer, owner, told):
        assert vars(transformer).keys() != before.keys()
    assert vars(transformer).keys() == before.keys()


def test_reference_pictures_are_refused(transformer: Any) -> None:
    base = texts(OTHER)[0]
    within = drawn_within(transformer, np.zeros((4, 6), dtype=np.int16), Conditioning((base,), base))
    picture = torch.zeros(4, 1, 8, 12)
    with within, pytest.raises(UserError, match="reference pictures"):
        transformer([[picture, picture]], torch.full((1,), 0.3), [[base[0]] * 2])


@pytest.mark.parametrize("lengths", [(5,), (5, 70)])
def test_controlnets_are_refused(transformer: Any, lengths: tuple[int, ...]) -> None:
    """What they add has the base text's length: it would fail on most others, and fit some by chance."""
    own, base = texts(*lengths), texts(20)[0]
    within = drawn_within(transformer, np.zeros((4, 6), dtype=np.int16), Conditioning(tuple(own), base))
    added = {0: torch.zeros(1, 64, 32)}
    with within, pytest.raises(UserError, match="ControlNets"):
        transformer(
            [torch.zeros(4, 1, 8, 12)], torch.full((1,), 0.3), [base[0]], controlnet_block_samples=added
        )


def test_a_prompt_has_as_many_tokens_as_are_counted(load: "Callable[..., Model]") -> None:
    model = load("z_image")
    for prompt in ("", "a red fox", "dogs and cats"):
        assert model.family.tokens(model.pipeline, prompt) == model.encode(prompt).embeds[0].shape[1]
