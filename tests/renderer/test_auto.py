"""Settings chosen from a layout, by a model's card."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from planner.errors import UserError
from planner.plans import Plan
from renderer.auto import Auto, Rule, measured
from renderer.cards import DEFAULTS_FILE, ModelCard, model_card
from renderer.grid import TokenGrid, grid_from_masks
from renderer.pipeline import generate, generate_many
from renderer.settings import Recipe, Settings

Edit = Callable[[Path, Callable[[dict[str, Any]], object]], None]
FEW, MANY = (
    Rule(up_to=2, base_ratio=0.3, inject_steps="50%"),
    Rule(up_to=None, base_ratio=0.0, inject_steps="90%"),
)
AUTO = Auto(by="regions", rules=(FEW, MANY))
CARD = model_card("tiny")


def grid_of(*widths: int, named: str = "thing") -> TokenGrid:
    """Regions side by side on 8 × 8 tokens, and a background on what is left."""
    columns = np.repeat(np.arange(len(widths) + 1), [*widths, 8 - sum(widths)])
    owner = np.tile(columns.astype(np.int16), (8, 1))
    names = [*(f"{named} {i}" for i in range(len(widths))), "background"][: owner.max() + 1]
    return TokenGrid(owner, tuple(names), tuple(names), ("all",))


def test_measures() -> None:
    assert [measured(grid_of(2, 1, 3), by) for by in ("regions", "smallest")] == [3, 1 / 8]
    assert [measured(grid_of(), by) for by in ("regions", "smallest")] == [0, 1]


def test_a_region_without_a_token_and_what_is_uncovered_are_no_regions() -> None:
    masks = np.zeros((2, 128, 128), dtype=np.bool_)
    masks[0, :64] = True
    grid = grid_from_masks(masks, ("a", "b"), ("a", "b"))
    assert [measured(grid, by) for by in ("regions", "smallest")] == [1, 1 / 2]


def test_the_first_rule_that_a_layout_falls_under() -> None:
    assert [AUTO.of(grid_of(*[1] * count)) for count in range(5)] == [FEW, FEW, FEW, MANY, MANY]
    small = Auto(by="smallest", rules=(Rule(up_to=0.2, base_ratio=0.1, inject_steps=3), MANY))
    assert [small.of(grid_of(width)).inject_steps for width in (1, 2)] == [3, "90%"]


@pytest.mark.parametrize("ends", [[2], [2, 2, None], [3, 1, None], [None, None], [None, 4, None], []])
def test_rules_rise_and_leave_no_layout_out(ends: list[float | None]) -> None:
    rules = [{"up_to": end, "base_ratio": 0, "inject_steps": "50%"} for end in ends]
    with pytest.raises(ValueError, match=r"rules|up_to should rise"):
        Auto.model_validate({"by": "regions", "rules": rules})


def test_wishes_go_over_what_is_chosen_and_that_over_the_recipe() -> None:
    card = ModelCard("x", "x", True, CARD.kind, CARD.size, CARD.recipe, AUTO)
    own, grid = CARD.recipe, grid_of(1, 1, 1)
    assert card.recipe_for(Settings(), grid) == own
    chosen = card.recipe_for(Settings(auto=True), grid)
    assert chosen == own.model_copy(update={"base_ratio": 0.0, "inject_steps": "90%"})
    mine = card.recipe_for(Settings(auto=True, base_ratio=0.6, steps=4), grid)
    assert (mine.base_ratio, mine.inject_steps, mine.steps) == (0.6, "90%", 4)


def test_a_model_without_rules_draws_with_its_own_and_says_so() -> None:
    card = ModelCard("flux", "flux", False, CARD.kind, CARD.size, CARD.recipe)
    assert card.recipe_for(Settings(auto=True), grid_of(1)) == CARD.recipe
    with pytest.warns(UserWarning, match="nothing was measured with flux, so its own settings are taken"):
        card.check(Settings(auto=True))


@pytest.fixture
def ruled(model_folder: Path, edit: Edit) -> Path:
    """A model whose card has rules."""
    edit(model_folder / DEFAULTS_FILE, lambda card: card.update(auto=AUTO.model_dump()))
    return model_folder


def test_every_plan_is_drawn_with_what_suits_it(ruled: Path, plan: Plan) -> None:
    """Two regions and, by the same call, three; each picture carries what it was drawn with."""
    third = plan.scene.regions[0].model_copy(update={"name": "moon", "where": None})
    more = plan.model_copy(
        update={"scene": plan.scene.model_copy(update={"regions": (*plan.scene.regions, third)})}
    )
    wishes = Settings(auto=True, steps=1)
    few, many = generate_many([plan, more], model=str(ruled), settings=wishes, batch=2)
    assert [(r.recipe.base_ratio, r.recipe.inject_steps) for r in (few, many)] == [(0.3, "50%"), (0.0, "90%")]
    same = generate(plan, model=str(ruled), settings=Settings.model_validate(few.recipe.model_dump())).image
    assert (np.asarray(same) == np.asarray(few.image)).all()


def test_the_word_alone_is_enough(ruled: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    def once(self: ModelCard, settings: Settings, grid: TokenGrid) -> Recipe:
        del grid
        seen.append(settings)
        return Settings(steps=1).over(self.recipe)

    seen = list[Settings]()
    monkeypatch.setattr(ModelCard, "recipe_for", once)
    generate(plan, model=str(ruled), settings="auto")
    assert seen == [Settings(auto=True)]


def test_the_command_chooses_anew_what_a_picture_carries(run: Callable[..., Any], ruled: Path) -> None:
    drawn = run(
        "two red hearts and a blue ring", f"--model={ruled}", "--steps=2", "--base-ratio=0.7", "-o", "a.png"
    )
    assert drawn.code == 0
    again = run("--plan=a.png", "--settings=auto", f"--model={ruled}", "-o", "b.png")
    assert again.code == 0
    carried = json.loads(_text(Path("b.png")))["settings"]
    assert (carried["base_ratio"], carried["inject_steps"], carried["steps"]) == (0.0, "90%", 2)


def _text(path: Path) -> str:
    from PIL import Image

    with Image.open(path) as image:
        image.load()
        return str(image.info["scenewright"])


def test_wrong_rules_in_a_card_are_named(ruled: Path, edit: Edit) -> None:
    edit(ruled / DEFAULTS_FILE, lambda card: card["auto"].update(by="colour"))
    with pytest.raises(UserError, match=r"scenewright\.json: auto\.by"):
        model_card(str(ruled))
