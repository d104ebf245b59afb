"""What the text encoders have read is kept, and never told of other encoders than those that are there."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from peft import LoraConfig
from torch import Tensor, nn

from renderer.cards import model_card
from renderer.encoding import encode
from renderer.families.flux import FAMILY
from renderer.grid import TokenGrid
from renderer.models import Model, load_model
from renderer.prompt_cache import PromptCache
from renderer.regional.family import Prompts
from renderer.rendering import render
from renderer.settings import Settings

PROMPTS = ("a yellow star", "a blue ring", "night")


def parts(prompts: Prompts) -> list[torch.Tensor]:
    """Embeddings, and pooled vectors at last."""
    return [part for part in (*prompts.embeds, prompts.pooled) if part is not None]


class Readings:
    """Counts how often a text encoder is called."""

    def __init__(self, encoder: nn.Module) -> None:
        self.count = 0
        self._handle = encoder.register_forward_hook(self._told)

    def _told(self, *_: object) -> None:
        self.count += 1

    def end(self) -> None:
        """Count no more."""
        self._handle.remove()


@pytest.fixture(scope="module")
def tiny() -> Model:
    """One of this module's own: nothing is kept of encoders that ever had a LoRA."""
    return load_model(model_card("tiny"))


@pytest.fixture
def readings(tiny: Model) -> Iterator[Readings]:
    """Of the shipped model's T5."""
    counted = Readings(tiny.pipeline.text_encoder_2)
    yield counted
    counted.end()


@pytest.fixture
def cache() -> PromptCache:
    return PromptCache()


@pytest.fixture
def own() -> Any:
    """A pipeline to be changed: the shipped one's text encoders."""
    return load_model(model_card("tiny"), "encoders").pipeline


def test_the_same_prompts_are_read_once(tiny: Model, cache: PromptCache, readings: Readings) -> None:
    first, second = (cache.encode(FAMILY, tiny.pipeline, PROMPTS, 64) for _ in range(2))
    assert readings.count == 1
    assert all(torch.equal(one, two) for one, two in zip(parts(first), parts(second), strict=True))


@pytest.mark.parametrize(
    ("prompts", "length"), [(PROMPTS, 32), (PROMPTS[:2], 64), (PROMPTS[::-1], 64)], ids=str
)
def test_another_batch_or_length_is_read_anew(
    tiny: Model, cache: PromptCache, readings: Readings, prompts: tuple[str, ...], length: int
) -> None:
    """In another batch the last bits differ, and pictures must not hang on what was drawn before them."""
    cache.encode(FAMILY, tiny.pipeline, PROMPTS, 64)
    found = cache.encode(FAMILY, tiny.pipeline, prompts, length)
    assert readings.count == 2
    fresh = PromptCache().encode(FAMILY, tiny.pipeline, prompts, length)
    assert all(torch.equal(one, two) for one, two in zip(parts(found), parts(fresh), strict=True))


def test_what_was_used_last_is_kept(tiny: Model, readings: Readings) -> None:
    size = sum(part.nbytes for part in parts(PromptCache().encode(FAMILY, tiny.pipeline, PROMPTS[:1], 64)))
    cache = PromptCache(limit=2 * size)
    for prompt in ("a", "b", "a", "c"):
        cache.encode(FAMILY, tiny.pipeline, [prompt], 64)
    assert readings.count == 4
    cache.encode(FAMILY, tiny.pipeline, ["a"], 64)
    assert readings.count == 4
    cache.encode(FAMILY, tiny.pipeline, ["b"], 64)
    assert readings.count == 5
    for _ in range(2):  # more than is ever kept, and no reason to forget the rest
        cache.encode(FAMILY, tiny.pipeline, PROMPTS, 64)
    assert readings.count == 7
    cache.encode(FAMILY, tiny.pipeline, ["b"], 64)
    assert readings.count == 7


def test_seeds_and_ways_of_drawing_share_a_reading(tiny: Model, grid: TokenGrid, readings: Readings) -> None:
    model = replace(tiny, prompt_cache=PromptCache())
    recipe = Settings(steps=2, inject_steps=1).over(tiny.card.recipe)

    def pixels(seed: int, model: Model, **how: Any) -> np.ndarray:
        own = recipe.model_copy(update={"mode": how.pop("mode", "paper")})
        return np.asarray(render(grid, model, own, seed, **how).image)

    ways: tuple[dict[str, Any], ...] = ({}, {"plain": True}, {"mode": "fast"})
    shared = [pixels(seed, model, **way) for seed in (0, 1) for way in ways]
    assert readings.count == 1
    anew = [pixels(seed, replace(tiny, prompt_cache=PromptCache()), **way) for seed in (0, 1) for way in ways]
    assert all((one == two).all() for one, two in zip(shared, anew, strict=True))


def test_a_lora_in_a_text_encoder_is_not_missed(own: Any, cache: PromptCache) -> None:
    bare = parts(cache.encode(FAMILY, own, PROMPTS, 64))[-1]
    own.text_encoder.add_adapter(_lora(), "style")
    _wake(own.text_encoder)
    with_it = parts(cache.encode(FAMILY, own, PROMPTS, 64))[-1]
    own.text_encoder.disable_adapters()
    without = parts(cache.encode(FAMILY, own, PROMPTS, 64))[-1]
    assert not torch.allclose(with_it, bare, atol=1e-3)
    assert torch.allclose(without, bare, atol=1e-5)


def test_what_a_fused_lora_leaves_behind_is_not_missed(own: Any, cache: PromptCache) -> None:
    bare = parts(cache.encode(FAMILY, own, PROMPTS, 64))[-1]
    own.text_encoder.add_adapter(_lora(), "style")
    _wake(own.text_encoder)
    own.fuse_lora(components=["text_encoder"])
    own.unload_lora_weights()
    assert not torch.allclose(parts(cache.encode(FAMILY, own, PROMPTS, 64))[-1], bare, atol=1e-3)


@pytest.mark.parametrize("part", ["text_encoder", "text_encoder_2"])
def test_trained_weights_read_anew(own: Any, cache: PromptCache, part: str) -> None:
    before = cache.encode(FAMILY, own, PROMPTS, 64)
    with torch.no_grad():
        for weight in getattr(own, part).parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    after = cache.encode(FAMILY, own, PROMPTS, 64)
    changed = -1 if part == "text_encoder" else 0
    assert not torch.allclose(parts(after)[changed], parts(before)[changed], atol=1e-3)


def test_another_encoder_reads_for_itself(
    own: Any, cache: PromptCache, readings: Readings, tiny: Model
) -> None:
    cache.encode(FAMILY, own, PROMPTS, 64)
    own.text_encoder_2 = tiny.pipeline.text_encoder_2
    cache.encode(FAMILY, own, PROMPTS, 64)
    assert readings.count == 1


def test_encode_asks_the_models_own_texts(tiny: Model, grid: TokenGrid, readings: Readings) -> None:
    model = replace(tiny, prompt_cache=PromptCache())
    recipe = Settings(mode="fast").over(tiny.card.recipe)
    first, second = (encode(grid, model, recipe).conditioning for _ in range(2))
    assert readings.count == 1
    assert all(map(torch.equal, first.region_embeds, second.region_embeds))


def _lora() -> LoraConfig:
    return LoraConfig(r=2, target_modules=["q_proj", "v_proj"])


def _wake(encoder: nn.Module) -> None:
    """LoRAs begin as nothing: give them an effect."""
    weights: Callable[[], Iterator[tuple[str, Tensor]]] = encoder.named_parameters
    with torch.no_grad():
        for name, weight in weights():
            if "lora_B" in name:
                weight.copy_(torch.randn_like(weight))
