"""From a plan to a picture. Nothing is imported before it is used: `import renderer` costs nothing."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.editing import Edits as Edits
    from planner.editing import Negative as Negative
    from planner.editing import Painting as Painting
    from planner.errors import PlanningError as PlanningError
    from planner.errors import ScenewrightError as ScenewrightError
    from planner.errors import UserError as UserError
    from planner.errors import WorldError as WorldError
    from planner.layout import Layout as Layout
    from planner.painting import painted_masks as painted_masks
    from planner.painting import soft_mask as soft_mask
    from planner.placing.arranging import arrange as arrange
    from planner.planning import plan as plan
    from planner.plans import Note as Note
    from planner.plans import Plan as Plan
    from planner.plans import Size as Size
    from planner.scene import Box as Box
    from planner.scene import Place as Place
    from planner.scene import Region as Region
    from planner.scene import Relation as Relation
    from planner.scene import Scene as Scene
    from renderer.cards import ModelCard as ModelCard
    from renderer.cards import model_card as model_card
    from renderer.extras import Control as Control
    from renderer.extras import Extras as Extras
    from renderer.extras import Lora as Lora
    from renderer.grid import TokenGrid as TokenGrid
    from renderer.grid import grid_from_coverage as grid_from_coverage
    from renderer.grid import grid_from_masks as grid_from_masks
    from renderer.grid import rasterise as rasterise
    from renderer.models import Model as Model
    from renderer.models import load_model as load_model
    from renderer.pipeline import Result as Result
    from renderer.pipeline import generate as generate
    from renderer.pipeline import generate_many as generate_many
    from renderer.pipeline import layout_of as layout_of
    from renderer.pipeline import make_plan as make_plan
    from renderer.pipeline import settle as settle
    from renderer.regional import Conditioning as Conditioning
    from renderer.regional import RegionalSettings as RegionalSettings
    from renderer.rendering import Rendering as Rendering
    from renderer.rendering import render as render
    from renderer.rendering import render_batch as render_batch
    from renderer.settings import Recipe as Recipe
    from renderer.settings import Settings as Settings

_HOMES = {
    "planner.editing": ("Edits", "Negative", "Painting"),
    "planner.errors": ("PlanningError", "ScenewrightError", "UserError", "WorldError"),
    "planner.layout": ("Layout",),
    "planner.painting": ("painted_masks", "soft_mask"),
    "planner.placing.arranging": ("arrange",),
    "planner.plans": ("Note", "Plan", "Size"),
    "planner.planning": ("plan",),
    "planner.scene": ("Box", "Place", "Region", "Relation", "Scene"),
    "renderer.cards": ("ModelCard", "model_card"),
    "renderer.extras": ("Control", "Extras", "Lora"),
    "renderer.pipeline": ("Result", "generate", "generate_many", "layout_of", "make_plan", "settle"),
    "renderer.grid": ("TokenGrid", "grid_from_coverage", "grid_from_masks", "rasterise"),
    "renderer.models": ("Model", "load_model"),
    "renderer.regional": ("Conditioning", "RegionalSettings"),
    "renderer.rendering": ("Rendering", "render", "render_batch"),
    "renderer.settings": ("Recipe", "Settings"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'renderer' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(_HOME)
