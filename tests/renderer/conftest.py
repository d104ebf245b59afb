"""The shipped model, loaded once, and small scenes to draw with it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import FluxControlNetModel
from peft import LoraConfig, get_peft_model_state_dict
from PIL import Image
from torch import nn

from planner.account import account
from planner.placing.arranging import arrange
from planner.plans import Origin, Plan, Size
from planner.scene import Box, Region, Scene
from renderer.cards import TINY, model_card
from renderer.cli import main
from renderer.grid import TokenGrid, rasterise
from renderer.models import Model, load_model

SIZE = Size(width=64, height=64)
TARGETS = ["to_q", "to_v", "add_v_proj", "net.2", "proj_mlp", "norm.linear"]


@dataclass(frozen=True)
class Answer:
    """What a command answered."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def tiny() -> Model:
    """The shipped model; not to be changed."""
    return load_model(model_card("tiny"))


@pytest.fixture(scope="session")
def scene() -> Scene:
    """A star on the left and a ring on the right."""
    left, right = Box(x0=0, y0=0, x1=500, y1=1000), Box(x0=500, y0=250, x1=1000, y1=1000)
    return Scene(
        prompt="A yellow star beside a blue ring at night.",
        caption="A star and a ring.",
        background="night",
        regions=(
            Region(name="star", prompt="a yellow star", where=left),
            Region(name="ring", prompt="a blue ring", where=right),
        ),
    )


@pytest.fixture(scope="session")
def grid(scene: Scene) -> TokenGrid:
    """The scene on 4 × 4 tokens."""
    return rasterise(arrange(scene, SIZE))


@pytest.fixture(scope="session")
def plan(scene: Scene) -> Plan:
    """The scene as a plan of 64 × 64 pixels."""
    return Plan(size=SIZE, scene=scene, account=account(scene), origin=Origin(planner="file"))


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory, tiny: Model) -> Path:
    """A folder with a LoRA and a ControlNet of random weights for the shipped model, and pictures."""
    folder, transformer = tmp_path_factory.mktemp("files"), tiny.pipeline.transformer
    torch.manual_seed(0)
    config: Any = LoraConfig(r=4, lora_alpha=8, target_modules=TARGETS, init_lora_weights=False)
    transformer.add_adapter(config, adapter_name="made")
    state: Any = get_peft_model_state_dict(transformer, adapter_name="made")
    type(tiny.pipeline).save_lora_weights(
        folder, transformer_lora_layers=state, weight_name="style.safetensors"
    )
    tiny.pipeline.unload_lora_weights()
    net: Any = FluxControlNetModel.from_transformer(
        transformer,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=transformer.config["attention_head_dim"],
        num_attention_heads=transformer.config["num_attention_heads"],
        load_weights_from_transformer=False,
    )
    for parameter in net.parameters():
        nn.init.normal_(parameter, std=0.05)
    net.save_pretrained(folder / "depth-net")
    noise = np.random.default_rng(0)
    for name in ("photo", "depth"):
        Image.fromarray(noise.integers(0, 255, (80, 100, 3), dtype=np.uint8)).save(folder / f"{name}.png")
    mask = Image.new("L", (64, 64))
    mask.paste(255, (32, 0, 64, 64))
    mask.save(folder / "mask.png")
    return folder


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Answer]:
    """The command, run in an empty folder, with no language model in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("SCENEWRIGHT_LLM", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)

    def command(*arguments: str) -> Answer:
        code = main(arguments)
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return command


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    """A copy of the shipped model, to be spoilt."""
    return copytree(TINY, tmp_path / "model")


@pytest.fixture(scope="session")
def edit() -> Callable[[Path, Callable[[dict[str, Any]], object]], None]:
    """Changes a JSON file in place."""

    def changed(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
        content = json.loads(path.read_text("utf-8"))
        change(content)
        path.write_text(json.dumps(content), "utf-8")

    return changed
