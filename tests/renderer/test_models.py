"""Loading: what can't be loaded is told in one line, and only safetensors are read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from planner.errors import UserError, WorldError
from planner.plans import Size
from renderer.cards import ModelCard, model_card
from renderer.models import Model, load_model
from renderer.pipelines import PIPELINES
from renderer.settings import Settings

Edit = Callable[[Path, Callable[[dict[str, Any]], object]], None]

WEIGHTS = "transformer/diffusion_pytorch_model.safetensors"


def fault(folder: Path) -> str:
    with pytest.raises(UserError) as caught:
        load_model(model_card(str(folder)))
    message = str(caught.value)
    assert message.startswith(f"model {folder}: the folder can't be loaded as a FluxPipeline (")
    assert "\n" not in message
    return message


def test_the_shipped_model_loads_as_a_flux_pipeline_in_float32(tiny: Model) -> None:
    assert type(tiny.pipeline).__name__ == "FluxPipeline"
    assert {p.dtype for p in tiny.pipeline.transformer.parameters()} == {torch.float32}


@pytest.mark.parametrize("name", [WEIGHTS, "text_encoder/model.safetensors"])
def test_weights_that_are_broken_are_named(model_folder: Path, name: str) -> None:
    (model_folder / name).write_bytes(b"not safetensors at all")
    assert f"{model_folder / name} is no safetensors file" in fault(model_folder)


def test_weights_of_another_size(model_folder: Path, edit: Edit) -> None:
    edit(model_folder / "transformer/config.json", lambda found: found.update(joint_attention_dim=8))
    assert "context_embedder.weight" in fault(model_folder)


def test_a_part_that_diffusers_does_not_know(model_folder: Path, edit: Edit) -> None:
    edit(model_folder / "model_index.json", lambda found: found.update(vae=["diffusers", "Nonesuch"]))
    assert "Nonesuch" in fault(model_folder)


def test_pickled_weights_are_not_read(model_folder: Path) -> None:
    weights = model_folder / WEIGHTS
    torch.save(load_file(weights), weights.with_suffix(".bin"))
    weights.unlink()
    assert "diffusion_pytorch_model.safetensors" in fault(model_folder)


def test_a_hub_that_cannot_be_reached_is_the_worlds_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    recipe = Settings().over(model_card("tiny").recipe)
    card = ModelCard(
        "nobody/nothing",
        "nobody/nothing",
        local=False,
        kind=PIPELINES["FluxPipeline"],
        size=Size(),
        recipe=recipe,
    )
    with pytest.raises(WorldError, match="model nobody/nothing: can't be fetched from the hub") as caught:
        load_model(card)
    assert "\n" not in str(caught.value)
