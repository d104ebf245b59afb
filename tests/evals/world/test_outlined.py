"""The LoRA of outlines that ships: small, of token-wise layers alone, and its region's alone where asked."""

from itertools import islice

import torch
from safetensors import safe_open

from evals.figures.extras import FIRST, lora_ways
from evals.world.cases import placed
from evals.world.lora import SHIPPED
from renderer.cards import model_card
from renderer.grid import rasterise
from renderer.models import load_model
from renderer.pipeline import layout_of
from renderer.rendering import render


def test_it_is_small_and_acts_on_tokens_alone() -> None:
    assert SHIPPED.stat().st_size < 1_000_000
    with safe_open(SHIPPED, framework="pt") as file:
        names = list(file.keys())
    assert len(names) > 40
    assert not [name for name in names if "norm" in name or "time_text_embed" in name]


def test_it_changes_its_region_and_nothing_else() -> None:
    model = load_model(model_card("tiny"))
    (case,) = islice(placed(FIRST, model.card.size), 1)
    grid = rasterise(layout_of(case.plan))
    ways = {way.name: way for way in lora_ways(SHIPPED)}
    ends = list[torch.Tensor]()
    for name in ("without-0.0", "region-0.0"):
        recipe = ways[name].settings.model_copy(update={"steps": 3}).over(model.card.recipe)
        ends.append(render(grid, model, recipe, case.seed, extras=ways[name].extras(case)).latents)
    changed = (ends[1] - ends[0]).flatten(0, -2).norm(dim=-1)
    own = torch.from_numpy(grid.owner.flatten() == grid.names.index(case.regions[0]))
    assert changed[own].min() > 0.01
    assert changed[~own].max() < 1e-4
