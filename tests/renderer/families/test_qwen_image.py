"""What Qwen-Image has of its own: places of texts, references of its models for edits, ControlNets."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import Tensor

from renderer.regional import Conditioning, RegionalSettings, regional

if TYPE_CHECKING:
    from tests.renderer.families.conftest import Model

SIZES = [(1, 4, 6), (1, 8, 2), (1, 3, 5)]
"""Of the picture and of two references: frames, rows and columns."""
Same = Callable[[Tensor, Tensor], None]


def predicted(
    transformer: Any, prompt: Tensor, sizes: list[Any], within: AbstractContextManager[Any], **more: Any
) -> Tensor:
    """What the transformer says of a call for two pictures, (2, N, C)."""
    numbers = torch.Generator().manual_seed(0)
    tokens = sum(rows * columns for _, rows, columns in sizes)
    with within, torch.inference_mode():
        return transformer(
            hidden_states=torch.randn(2, tokens, 16, generator=numbers),
            encoder_hidden_states=prompt.expand(2, -1, -1),
            timestep=torch.full((2,), 0.7),
            img_shapes=[sizes] * 2,
            return_dict=False,
            **more,
        )[0]


def whole(transformer: Any, owner: int, texts: list[Tensor], base_ratio: float = 0.0) -> Any:
    """All tokens in one region, where the last text is the base prompt."""
    grid = np.full((4, 6), owner, dtype=np.int16)
    conditioning = Conditioning(tuple(texts[:-1]), texts[-1])
    return regional(transformer, grid, conditioning, RegionalSettings(base_ratio, 9), torch.tensor([1000.0]))


@pytest.fixture
def editor(load: "Callable[..., Model]") -> Any:
    """A transformer that has references at a noise level of 0, as the later ones for edits do."""
    return load("qwen_image", zero_cond_t=True).transformer


def test_references_of_several_sizes_stand_behind_the_picture(editor: Any, same: Same) -> None:
    text, base = torch.randn(2, 1, 7, 16, generator=torch.Generator().manual_seed(1))
    found = predicted(editor, base[:, :5], SIZES, whole(editor, 0, [text, base[:, :5]]))
    same(found, predicted(editor, text, SIZES, nullcontext()))
    mixed = predicted(editor, text, SIZES, whole(editor, 0, [text, text], base_ratio=0.3))
    same(mixed, predicted(editor, text, SIZES, nullcontext()))


def test_every_region_sees_the_references_and_no_other_region(editor: Any) -> None:
    texts = list(torch.randn(3, 1, 6, 16, generator=torch.Generator().manual_seed(1)))
    owner = np.array([[0] * 3 + [1] * 3] * 4, dtype=np.int16)

    def drawn(own: list[Tensor], sizes: list[Any]) -> Tensor:
        conditioning = Conditioning(tuple(own[:-1]), own[-1])
        settings = RegionalSettings(0.0, 9)
        within = regional(editor, owner, conditioning, settings, torch.tensor([1000.0]))
        return predicted(editor, own[-1], sizes, within)[:, :24]

    one, other, another = texts
    alone = [drawn(own, SIZES[:1]) for own in (texts, [one, another + other, another])]
    first = torch.from_numpy((owner == 0).ravel())
    assert torch.equal(alone[0][:, first], alone[1][:, first])
    assert not torch.equal(alone[0], alone[1])
    shown = drawn([one, other, another], SIZES[:2])
    assert (shown - alone[0]).abs().amax(-1).min() > 0


def test_what_a_controlnet_adds_is_added(load: "Callable[..., Model]", same: Same) -> None:
    transformer = load("qwen_image").transformer
    text, base = torch.randn(2, 1, 7, 16, generator=torch.Generator().manual_seed(1))
    added = list(torch.randn(2, 2, 24, 32, generator=torch.Generator().manual_seed(2)))
    control: dict[str, Any] = {"controlnet_block_samples": added}
    within = whole(transformer, 0, [text, base])
    found = predicted(transformer, base, SIZES[:1], within, **control)
    same(found, predicted(transformer, text, SIZES[:1], nullcontext(), **control))


def test_texts_may_be_longer_together_than_the_table_of_places(
    load: "Callable[..., Model]", same: Same
) -> None:
    """One text never is, but each of six can have 1,024 tokens."""
    transformer = load("qwen_image").transformer
    texts = list(torch.randn(6, 1, 1024, 16, generator=torch.Generator().manual_seed(1)))
    assert len(transformer.pos_embed.pos_freqs) < 6 * 1024
    found = predicted(transformer, texts[-1], SIZES[:1], whole(transformer, 3, texts))
    same(found, predicted(transformer, texts[3], SIZES[:1], nullcontext()))


def test_a_prompt_has_as_many_tokens_as_are_counted(load: "Callable[..., Model]") -> None:
    model = load("qwen_image")
    for prompt in ("", "a red fox", "dogs and cats in the background of the image, spatial relationships"):
        assert model.family.tokens(model.pipeline, prompt) == model.encode(prompt).embeds[0].shape[1]
