"""Families × what a picture is drawn with besides its regions: each cell exact against the stock pipeline."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import diffusers
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from peft import LoraConfig
from PIL import Image
from torch import Tensor, nn

from renderer.pipelines import IMG2IMG, INPAINT, PIPELINES, PipelineKind
from renderer.regional import Conditioning
from renderer.regional.family import Place, Prompts
from renderer.regional.injection import Kind

if TYPE_CHECKING:
    from tests.renderer.families.conftest import Model

PROMPTS = ("a red fox", "an old wooden boat by the lake at dawn")
NEGATIVES = ("blue, blurred, low quality", "people")
BASE = "a fox beside a boat, in fog"
SIZE = (4, 6)
Same = Callable[[Tensor, Tensor], None]


def kind_of(model: "Model") -> PipelineKind:
    return PIPELINES[type(model.pipeline).__name__]


def picked(prompts: Prompts, index: int, pooled: Prompts | None = None) -> Prompts:
    """One of the prompts, with the first pooled vector of another where it is given."""
    vectors = prompts.pooled if pooled is None else pooled.pooled
    own = None if vectors is None else vectors[index : index + 1] if pooled is None else vectors[:1]
    return Prompts((prompts.embeds[index],), own)


def whole(region: int) -> NDArray[np.int16]:
    return np.full(SIZE, region, dtype=np.int16)


def needs(there: object, what: str) -> None:
    if not there:
        pytest.skip(f"diffusers has no {what} for it")


@pytest.mark.parametrize("region", range(2))
def test_true_cfg_is_against_the_plain_negative_prompt(model: "Model", same: Same, region: int) -> None:
    needs(kind_of(model).true_cfg, "negative pass")
    regions, base, negative = model.encode(*PROMPTS), model.encode(BASE), model.encode(NEGATIVES[0])
    found = model.latents(base, negative, model.regions(whole(region), regions, base))
    same(found, model.latents(picked(regions, region, base), negative))


@pytest.mark.parametrize("region", range(2))
def test_each_region_has_its_own_negative_prompt(model: "Model", same: Same, region: int) -> None:
    needs(kind_of(model).true_cfg, "negative pass")
    regions, base = model.encode(*PROMPTS), model.encode(BASE)
    own, negative = model.encode(*NEGATIVES), model.encode("")
    against = Conditioning(own.embeds, negative.embeds[0])
    found = model.latents(base, negative, model.regions(whole(region), regions, base, negative=against))
    expected = model.latents(picked(regions, region, base), picked(own, region, negative))
    same(found, expected)
    assert not torch.allclose(found, model.latents(base, negative), atol=1e-3)


def test_with_true_cfg_regions_beside_one_another_keep_apart(
    model: "Model", halves: NDArray[np.int16]
) -> None:
    needs(kind_of(model).true_cfg, "negative pass")
    base, negative = model.encode(BASE), model.encode("")
    one, other = model.encode(*PROMPTS), model.encode(PROMPTS[0], "a wholly different thing")
    against = Conditioning(model.encode(*NEGATIVES).embeds, negative.embeds[0])
    drawn = [
        model.latents(base, negative, model.regions(halves, texts, base, negative=against), model.steps_apart)
        for texts in (one, other)
    ]
    first = torch.from_numpy((halves == 0).ravel())
    assert torch.equal(drawn[0][:, first], drawn[1][:, first])
    assert not torch.equal(drawn[0], drawn[1])


@contextmanager
def lora(model: "Model", seed: int = 3, besides: tuple[str, ...] = ()) -> Generator[str, None, None]:
    """A random LoRA on every linear layer that acts on tokens, but on none of the blocks `besides`."""
    transformer = model.transformer
    layers = [
        name
        for name, layer in transformer.named_modules()
        if isinstance(layer, nn.Linear)
        and model.family.place_of(name) is not Place.NONE
        and not name.startswith(besides)
    ]
    transformer.add_adapter(LoraConfig(r=2, lora_alpha=2, target_modules=layers), "style")
    numbers = torch.Generator().manual_seed(seed)
    for name, weight in transformer.named_parameters():
        if ".lora_" in name:
            weight.data = torch.randn(weight.shape, generator=numbers) * 0.3
    try:
        yield "style"
    finally:
        transformer.unload_lora()


@pytest.mark.parametrize("true_cfg", [False, True])
def test_a_lora_of_the_region_of_all_tokens_is_a_lora_of_the_picture(
    model: "Model", same: Same, true_cfg: bool
) -> None:
    if true_cfg:
        needs(kind_of(model).true_cfg, "negative pass")
    regions, base, empty = model.encode(*PROMPTS), model.encode(BASE), model.encode("")
    negative = empty if true_cfg else None
    against = Conditioning(model.encode(*NEGATIVES).embeds, empty.embeds[0]) if true_cfg else None
    own = model.encode(NEGATIVES[1])
    bare = model.latents(base, negative)
    with lora(model) as name:
        told: dict[str, Any] = {"lora_regions": {name: {1}}, "negative": against}
        found = model.latents(base, negative, model.regions(whole(1), regions, base, **told))
        expected = model.latents(picked(regions, 1, base), picked(own, 0, empty) if true_cfg else None)
        same(found, expected)
        none = model.latents(base, negative, model.regions(whole(0), regions, base, **told))
    without = model.latents(base, negative, model.regions(whole(0), regions, base, negative=against))
    same(none, without)
    assert torch.equal(model.latents(base, negative), bare)


def test_a_lora_of_a_region_moves_no_token_of_another(model: "Model", halves: NDArray[np.int16]) -> None:
    regions, base = model.encode(*PROMPTS), model.encode(BASE)
    # A stage of the image alone sees all of it, and so what is put in before it or by itself.
    alone = [block.name for _, block in model.family.blocks(model.transformer) if block.kind is Kind.IMAGE]
    besides = ("all_x_embedder", *alone) if alone else ()
    with lora(model, besides=besides) as name:
        drawn = [
            model.latents(
                base,
                within=model.regions(halves, regions, base, lora_regions={name: of}),
                steps=model.steps_apart,
            )
            for of in (set[int](), {1})
        ]
    first, second = (torch.from_numpy((halves == region).ravel()) for region in (0, 1))
    assert torch.equal(drawn[0][:, first], drawn[1][:, first])
    assert (drawn[0][:, second] - drawn[1][:, second]).abs().amax(-1).min() > 0


def picture(seed: int, size: tuple[int, int] = (96, 64)) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, size=(*size[::-1], 3), dtype=np.uint8)
    return Image.fromarray(pixels)


@pytest.mark.parametrize("variant", [IMG2IMG, INPAINT], ids=["img2img", "inpaint"])
def test_a_start_image_is_drawn_over_by_regions(
    model: "Model", same: Same, variant: tuple[bool, bool, bool]
) -> None:
    name = kind_of(model).variants.get(variant)
    needs(name, "such pipeline")
    pipeline = getattr(diffusers, str(name))(**model.pipeline.components)
    pipeline.set_progress_bar_config(disable=True)
    mask = Image.fromarray(np.tile(np.arange(96) < 48, (64, 1)).astype(np.uint8) * 255)
    given: dict[str, Any] = {"image": picture(0), "strength": 0.7, "pipeline": pipeline, "steps": 4}
    if variant == INPAINT:
        given["mask_image"] = mask
    # Some have the start image as a reference picture, which sees the texts of all regions: so there is one.
    one, base = model.encode(PROMPTS[1]), model.encode(BASE)
    found = model.latents(base, within=model.regions(whole(0), one, base), **given)
    same(found, model.latents(picked(one, 0, base), **given))
    assert not torch.allclose(found, model.latents(base, **given), atol=1e-3)


def test_reference_pictures_are_seen_by_every_region(
    model: "Model", same: Same, halves: NDArray[np.int16]
) -> None:
    needs(kind_of(model).references, "references")
    one, regions, base = model.encode(PROMPTS[1]), model.encode(*PROMPTS), model.encode(BASE)
    shown: dict[str, Any] = {"image": [picture(1), picture(2, (64, 64))]}
    # A reference picture sees the texts of all regions: of one it is what it is to the stock pipeline.
    found = model.latents(base, within=model.regions(whole(0), one, base), **shown)
    same(found, model.latents(picked(one, 0, base), **shown))
    seen: tuple[dict[str, Any], ...] = ({"image": [picture(1)]}, {"image": [picture(2)]})
    drawn = [model.latents(base, within=model.regions(halves, regions, base), **one) for one in seen]
    assert (drawn[0] - drawn[1]).abs().amax(-1).min() > 0
