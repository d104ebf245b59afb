"""The LoRA of outlines: its style, its training in miniature, and the file that ships."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from evals.world.draw import draw
from evals.world.facts import COLOURS, Composition, Setting, Thing
from evals.world.training import lora
from evals.world.training.lora import SHIPPED, outlined
from renderer.cards import model_card
from renderer.extras import Extras, Lora
from renderer.grid import rasterise
from renderer.models import load_model
from renderer.pipeline import layout_of, make_plan
from renderer.rendering import render
from renderer.settings import Settings

pytestmark = pytest.mark.training

MINIATURE = ["--pool=32", "--every=1"]
STEPS = lora.PHASES[0].steps


@pytest.mark.parametrize("kind", ["star", "heart", "circle", "square", "triangle"])
def test_an_outlined_thing_shows_what_is_behind_it_in_its_contour(kind: str) -> None:
    setting = Setting("day", "grass", None, 0.5)
    composition = Composition((Thing(kind, "red", "medium", 48, 72, 44),), setting, seed=1)
    drawn = (draw(composition), outlined(composition), draw(replace(composition, things=())))
    plain, styled, empty = map(np.asarray, drawn)
    changed = (plain != styled).any(-1)
    # Along the contour's inner edge colours mix.
    assert (styled == empty).all(-1)[changed].mean() > 0.4
    assert (styled == COLOURS["red"]).all(-1).sum() > 60


def test_training_is_the_same_each_time_and_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One phase alone, so that fewer steps are the beginning of more.
    monkeypatch.setattr(lora, "PHASES", lora.PHASES[:1])
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    lora.main([*MINIATURE, f"--shorten={STEPS // 2}", f"--out={whole}"])
    # A run that is stopped is one that wrote its checkpoint and nothing after it.
    lora.main([*MINIATURE, f"--shorten={STEPS}", f"--out={cut}"])
    assert torch.load(cut / "run.pt", weights_only=True)["step"] == 1
    lora.main([*MINIATURE, f"--shorten={STEPS // 2}", f"--out={cut}"])
    one, other = load_file(whole / lora.NAME), load_file(cut / lora.NAME)
    assert one.keys() == other.keys()
    assert all(torch.equal(weight, other[key]) for key, weight in one.items())
    assert {weight.dtype for weight in one.values()} == {torch.float16}
    assert not [name for name in one if "norm" in name or "time_text_embed" in name]
    assert len((whole / "loss.jsonl").read_text().splitlines()) == 2


def test_the_one_that_ships_is_small_and_acts_on_tokens_alone() -> None:
    assert SHIPPED.stat().st_size < 1_000_000
    with safe_open(SHIPPED, framework="pt") as file:
        names = list(file.keys())
    assert len(names) > 40
    assert not [name for name in names if "norm" in name or "time_text_embed" in name]


def test_it_changes_its_region_and_nothing_else() -> None:
    model = load_model(model_card("tiny"))
    plan = make_plan("a red star on the left and a blue circle on the right", size=model.card.size, seed=0)
    region, grid = plan.scene.regions[0].name, rasterise(layout_of(plan))
    settings = Settings(
        mode="paper", steps=3, base_ratio=0.0, inject_steps="100%", double_interval=1, single_interval=1
    )
    recipe = settings.over(model.card.recipe)
    loras = (Lora(source=str(SHIPPED), weight=weight, region=region) for weight in (0.0, 1.0))
    without, styled = (render(grid, model, recipe, 0, extras=Extras(loras=(one,))).latents for one in loras)
    changed = (styled - without).flatten(0, -2).norm(dim=-1)
    own = torch.from_numpy(grid.owner.flatten() == grid.names.index(region))
    assert changed[own].min() > 0.01
    assert changed[~own].max() < 1e-4
