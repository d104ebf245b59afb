"""Every family from a folder and a prompt to a picture, as users draw it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model_state_dict
from PIL import Image
from torch import nn

from evals.small import SMALL, pipeline
from planner.errors import UserError
from renderer.cards import model_card
from renderer.models import Model, load_model
from renderer.pipeline import generate, generate_many
from renderer.pipelines import IMG2IMG, INPAINT

PROMPT = "A red fox on the left and an old wooden boat on the right, at dawn."
SETTINGS: dict[str, Any] = {"steps": 2, "max_sequence_length": 96}
SIZE = "96x64"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    made = dict[str, Path]()

    def find(name: str) -> Path:
        if name not in made:
            made[name] = pipeline(name, tmp_path_factory.mktemp(name))
        return made[name]

    return find


@pytest.fixture(scope="module")
def load(folder: Callable[[str], Path]) -> Callable[[str], Model]:
    loaded = dict[str, Model]()

    def find(name: str) -> Model:
        if name not in loaded:
            loaded[name] = load_model(model_card(str(folder(name))))
        return loaded[name]

    return find


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(int)


@pytest.mark.parametrize("name", SMALL)
def test_a_prompt_is_drawn_by_its_regions(load: Callable[[str], Model], name: str) -> None:
    result = generate(PROMPT, model=load(name), size=SIZE, settings=SETTINGS)
    assert result.image.size == (96, 64)
    assert len(result.plan.scene.regions) == 2
    again = generate(PROMPT, model=load(name), size=SIZE, settings=SETTINGS)
    assert np.array_equal(pixels(result.image), pixels(again.image))
    other = generate(PROMPT, model=load(name), size=SIZE, settings={**SETTINGS, "inject_steps": 0})
    assert not np.array_equal(pixels(result.image), pixels(other.image))


@pytest.mark.parametrize("name", SMALL)
def test_pictures_of_a_batch_are_those_drawn_alone(load: Callable[[str], Model], name: str) -> None:
    """With true CFG where there is any, and base prompts of two lengths."""
    model = load(name)
    cfg = {"true_cfg_scale": 3.0} if model.kind.true_cfg else {}
    prompts = [PROMPT, "A fox beside a boat."]
    alone, together = (
        [
            pixels(result.image)
            for result in generate_many(
                prompts, model=model, size=SIZE, settings={**SETTINGS, **cfg}, batch=batch
            )
        ]
        for batch in (1, 2)
    )
    for one, other in zip(alone, together, strict=True):
        assert np.abs(one - other).max() <= 2


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("mode", ["paper", "trimmed", "one-stream", "fast"])
def test_every_mode_draws(load: Callable[[str], Model], name: str, mode: str) -> None:
    result = generate(PROMPT, model=load(name), size=SIZE, settings={**SETTINGS, "mode": mode})
    assert pixels(result.image).std() > 0


@pytest.mark.parametrize("name", SMALL)
def test_short_of_memory_the_text_encoders_are_dropped_and_the_picture_is_the_same(
    load: Callable[[str], Model], folder: Callable[[str], Path], name: str
) -> None:
    whole = generate(PROMPT, model=load(name), size=SIZE, settings=SETTINGS)
    low = generate(PROMPT, model=str(folder(name)), size=SIZE, settings=SETTINGS, low_memory=True)
    assert np.array_equal(pixels(whole.image), pixels(low.image))


@pytest.mark.parametrize("name", SMALL)
def test_other_pictures_are_drawn_over_or_looked_at_where_diffusers_can(
    load: Callable[[str], Model], name: str
) -> None:
    model = load(name)
    picture = np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    mask = np.zeros((64, 96), np.uint8)
    mask[:, :48] = 255
    asked: dict[str, tuple[bool, dict[str, Any]]] = {
        "init_image": (IMG2IMG in model.kind.variants, {"init_image": picture}),
        "inpaint_mask": (INPAINT in model.kind.variants, {"init_image": picture, "inpaint_mask": mask}),
        "reference": (model.kind.references, {"references": [picture]}),
    }
    bare = generate(PROMPT, model=model, size=SIZE, settings=SETTINGS)
    for field, (there, extras) in asked.items():
        if not there:
            with pytest.raises(UserError) as caught:
                generate(PROMPT, model=model, size=SIZE, settings=SETTINGS, extras=extras)
            assert caught.value.field == field
            continue
        drawn = generate(PROMPT, model=model, size=SIZE, settings=SETTINGS, extras=extras)
        assert not np.array_equal(pixels(drawn.image), pixels(bare.image))


@pytest.mark.parametrize("name", SMALL)
def test_what_a_model_does_not_take_is_refused_by_name(folder: Callable[[str], Path], name: str) -> None:
    card = model_card(str(folder(name)))
    wrong = {
        "guidance_scale": not card.kind.distilled,
        "true_cfg_scale": not card.kind.true_cfg,
    }
    for field, refused in wrong.items():
        if refused:
            with pytest.raises(UserError) as caught:
                generate(PROMPT, model=str(folder(name)), size=SIZE, settings={field: 4.0})
            assert caught.value.field == field


@pytest.mark.parametrize("name", SMALL)
def test_a_file_with_a_lora_is_loaded_for_one_region(
    load: Callable[[str], Model], name: str, tmp_path: Path
) -> None:
    model = load(name)
    file = tmp_path / "style.safetensors"
    extras = {"loras": [{"source": str(file), "region": "fox"}]}
    if not hasattr(model.pipeline, "save_lora_weights"):
        with pytest.raises(UserError, match="diffusers loads no LoRAs into") as caught:
            generate(PROMPT, model=model, size=SIZE, settings=SETTINGS, extras=extras)
        assert caught.value.field == "lora"
        return
    save_lora(model, file)
    # Regions are apart in one step, where no other has gone before.
    settings = {**SETTINGS, "steps": 1, "inject_steps": 1, "base_ratio": 0.0}
    bare, styled = (
        generate(PROMPT, model=model, size=SIZE, settings=settings, extras=own).rendering.latents.float()
        for own in ({}, extras)
    )
    changed = (bare - styled).abs()
    assert changed.max() > 1e-2
    assert not model.pipeline.get_list_adapters()


def save_lora(model: Model, file: Path) -> None:
    """A random LoRA on the attention of the last block, as a file of diffusers."""
    transformer = model.pipeline.transformer
    *_, (attn, _) = model.family.blocks(transformer)
    path = next(name for name, module in transformer.named_modules() if module is attn)
    layers = [f"{path}.{name}" for name, layer in attn.named_modules() if isinstance(layer, nn.Linear)]
    transformer.add_adapter(LoraConfig(r=2, lora_alpha=2, target_modules=layers), "made")
    state = get_peft_model_state_dict(transformer, adapter_name="made")
    state = {key: 0.5 * torch.randn(tensor.shape) for key, tensor in state.items()}
    transformer.unload_lora()
    model.pipeline.save_lora_weights(file.parent, transformer_lora_layers=state, weight_name=file.name)


@pytest.mark.parametrize(("name", "most"), [("sd3", 256), ("z_image", 512)])
def test_a_canvas_beyond_a_models_places_is_refused(
    load: Callable[[str], Model], name: str, most: int
) -> None:
    with pytest.raises(UserError, match=f"draws at most {most} pixels a side") as caught:
        generate(PROMPT, model=load(name), size=(most + 16, 64), settings=SETTINGS)
    assert caught.value.field == "size"
    drawn = generate(PROMPT, model=load(name), size=(most, 64), settings=SETTINGS)
    assert drawn.image.size == (most, 64)


def test_an_unknown_pipeline_is_told_in_a_sentence_with_those_that_are_known(tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text(json.dumps({"_class_name": "HiDreamImagePipeline"}))
    with pytest.raises(
        UserError, match=r"holds a HiDreamImagePipeline; known are .*FluxPipeline, Flux2Pipeline"
    ):
        model_card(str(tmp_path))
