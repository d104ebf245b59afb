"""From a prompt to a plan and its layout. Nothing is imported before it is used, and torch never."""

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
    from planner.files import dump_plan as dump_plan
    from planner.files import load_plan as load_plan
    from planner.layout import Layout as Layout
    from planner.local.server import Served as Served
    from planner.local.server import local_model as local_model
    from planner.placing.arranging import arrange as arrange
    from planner.placing.predicates import Stand as Stand
    from planner.placing.predicates import holds as holds
    from planner.planning import plan as plan
    from planner.plans import Draft as Draft
    from planner.plans import Note as Note
    from planner.plans import Origin as Origin
    from planner.plans import Plan as Plan
    from planner.plans import Planner as Planner
    from planner.plans import Size as Size
    from planner.plans import Span as Span
    from planner.plans import Usage as Usage
    from planner.scene import Box as Box
    from planner.scene import Mask as Mask
    from planner.scene import Place as Place
    from planner.scene import Point as Point
    from planner.scene import Polygon as Polygon
    from planner.scene import Quotes as Quotes
    from planner.scene import Region as Region
    from planner.scene import Relation as Relation
    from planner.scene import Scene as Scene

_HOMES = {
    "planner.editing": ("Edits", "Negative", "Painting"),
    "planner.errors": ("PlanningError", "ScenewrightError", "UserError", "WorldError"),
    "planner.files": ("dump_plan", "load_plan"),
    "planner.layout": ("Layout",),
    "planner.local.server": ("Served", "local_model"),
    "planner.placing.arranging": ("arrange",),
    "planner.placing.predicates": ("Stand", "holds"),
    "planner.plans": ("Draft", "Note", "Origin", "Plan", "Planner", "Size", "Span", "Usage"),
    "planner.planning": ("plan",),
    "planner.scene": ("Box", "Mask", "Place", "Point", "Polygon", "Quotes", "Region", "Relation", "Scene"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'planner' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(_HOME)
