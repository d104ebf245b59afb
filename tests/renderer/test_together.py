"""What is said of a region, in every way that the command draws.

Each cell draws one region that covers the canvas, from the base prompt at β = 0, and holds it to the picture
that the stock pipeline draws with the same thing for the whole.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model_state_dict
from PIL import Image
from safetensors.torch import save_file

from planner.editing import UNEDITED, Edits, Negative, Painting, edited
from planner.placing.arranging import arrange
from planner.plans import Size
from planner.scene import Box, Region, Scene
from renderer.encoding import encode_batch
from renderer.extras import Control, Extras, Lora
from renderer.grid import TokenGrid, rasterise
from renderer.models import Model
from renderer.rendering import render_batch
from renderer.settings import Recipe, Settings

README = (Path(__file__).parents[2] / "renderer/README.md").read_text("utf-8")
SIZE = Size(width=64, height=64)
WORDS = "a red heart and a blue ring on the grass"
SCENE = Scene(
    prompt=WORDS,
    caption=WORDS,
    regions=(Region(name="all", prompt=WORDS, where=Box(x0=0, y0=0, x1=1000, y1=1000)),),
)


@dataclass(frozen=True)
class Guest:
    """The whole picture's thing, and the same for the region; `wishes` go over what both are drawn with.

    A negative prompt's pooled vector is the whole picture's, so there both are drawn from the `same` texts.
    """

    whole: Edits = UNEDITED
    region: Edits = UNEDITED
    same: bool = False
    lora: str | None = None
    wishes: Mapping[str, Any] | None = None


RED = Painting(Image.new("RGB", (64, 64), "red"), {"all": "red"})
GUESTS = {
    "painted regions": Guest(region=Edits(RED)),
    "negative prompt of a region": Guest(
        Edits(negatives=(Negative("snow"),)),
        Edits(negatives=(Negative("snow", "all"),)),
        same=True,
        wishes={"true_cfg_scale": 3.0},
    ),
    "LoRA of a region": Guest(lora="attention"),
    "its layers of T5": Guest(lora="t5"),
    "four steps": Guest(wishes={"steps": 4, "inject_steps": "75%"}),
}

WAYS = ("from the prompt", "`--init-image`", "`--inpaint-mask`", "`--control`", "both", "two pictures a call")


def way(name: str, files: Path) -> Extras:
    """What joins the drawing."""
    start = {"init_image": str(files / "photo.png"), "strength": 1.0}
    control = {"controls": (Control(image=str(files / "depth.png"), model=str(files / "depth-net")),)}
    joined: dict[str, dict[str, Any]] = {
        "`--init-image`": start,
        "`--inpaint-mask`": start | {"inpaint_mask": str(files / "mask.png")},
        "`--control`": control,
        "both": start | control,
    }
    return Extras(**joined.get(name, {}))


@pytest.fixture(scope="module")
def loras(tmp_path_factory: pytest.TempPathFactory, tiny: Model) -> Path:
    """A LoRA of random weights for layers that act on tokens, and one for T5."""
    folder, transformer = tmp_path_factory.mktemp("loras"), tiny.pipeline.transformer
    torch.manual_seed(0)
    config: Any = LoraConfig(r=4, target_modules=["to_q", "to_v", "proj_mlp"], init_lora_weights=False)
    transformer.add_adapter(config, adapter_name="made")
    state: Any = get_peft_model_state_dict(transformer, adapter_name="made")
    save_file({f"transformer.{name}": part for name, part in state.items()}, folder / "attention.safetensors")
    tiny.pipeline.unload_lora_weights()
    layer = "text_encoder_2.encoder.block.0.layer.0.SelfAttention.v"
    halves = {f"{layer}.lora_{half}.weight": 0.6 * torch.randn(*shape) for half, shape in _t5_shapes(tiny)}
    save_file(halves, folder / "t5.safetensors")
    return folder


def _t5_shapes(tiny: Model) -> list[tuple[str, tuple[int, int]]]:
    encoder: Any = tiny.pipeline.text_encoder_2
    width, inner = encoder.config.d_model, encoder.config.num_heads * encoder.config.d_kv
    return [("A", (4, width)), ("B", (inner, 4))]


def _drawn(grid: TokenGrid, tiny: Model, recipe: Recipe, extras: Extras, several: bool, **more: Any) -> Any:
    seeds = [1, 2] if several else [1]
    grids = [grid] * len(seeds)
    told = more.pop("told", grid)
    encoded = encode_batch([told] * len(seeds), tiny, recipe, extras.loras)
    drawn = render_batch(grids, tiny, recipe, seeds, encoded=encoded, extras=extras, **more)
    return np.stack([np.asarray(each.image).astype(int) for each in drawn])


Pair = Callable[[str, str], tuple[Any, Any, Any]]


@pytest.fixture(scope="module")
def pair(tiny: Model, files: Path, loras: Path) -> Pair:
    """By guest and way the picture with it for the whole, for the region, and without it."""

    def made(name: str, how: str) -> tuple[Any, Any, Any]:
        guest, extras, several = GUESTS[name], way(how, files), how == WAYS[-1]
        wishes = {"steps": 1, "inject_steps": "100%", "base_ratio": 0.0, "true_cfg_scale": 1.0}
        recipe = Settings.model_validate(wishes | dict(guest.wishes or {})).over(tiny.card.recipe)
        grids = [rasterise(arrange(edited(SCENE, told, SIZE), SIZE)) for told in (guest.whole, guest.region)]
        told = Lora(source=str(loras / f"{guest.lora}.safetensors")) if guest.lora else None
        whole, region = (
            extras.model_copy(update={"loras": (told.model_copy(update={"region": own}),)})
            if told
            else extras
            for own in (None, "all")
        )
        bare = replace(grids[0], negative_prompt="", negatives=())
        return (
            _drawn(grids[0], tiny, recipe, whole, several, plain=True),
            _drawn(grids[1], tiny, recipe, region, several, told=grids[0] if guest.same else grids[1]),
            _drawn(bare, tiny, recipe, extras, several, plain=True),
        )

    return made


def takes(name: str, how: str) -> bool:
    """ControlNet pipelines that start from a picture have no negative pass in diffusers."""
    return (name, how) != ("negative prompt of a region", "both")


@pytest.mark.parametrize(
    ("name", "how"), [(name, how) for name in GUESTS for how in WAYS if takes(name, how)]
)
def test_a_regions_own_over_the_whole_canvas_is_the_whole_pictures(pair: Pair, name: str, how: str) -> None:
    whole, region, bare = pair(name, how)
    # A ControlNet reads the base prompt, which a region's LoRA has no part in.
    alike = name != "its layers of T5" or how not in {"`--control`", "both"}
    assert (np.abs(whole - region).max() <= 2) == alike
    changes = name not in {"painted regions", "four steps"}
    assert (np.abs(region - bare).max() > 2) == changes


def test_the_readme_says_what_is_drawn_together() -> None:
    head, *rows = re.findall(r"^\| (?:of a region|\*\*[\w ']+\*\*) \|.*$", README, re.MULTILINE)
    assert [cell.strip() for cell in head.split("|")[2:-1]] == list(WAYS)
    told = {
        row.split("|")[1].strip(" *"): [cell.strip() == "yes" for cell in row.split("|")[2:-1]]
        for row in rows
    }
    assert told == {name: [takes(name, how) for how in WAYS] for name in GUESTS}
