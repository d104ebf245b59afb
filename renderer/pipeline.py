"""The whole pipeline: prompt → draft → layout → grid → picture.

Stages are put together here and nowhere else.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from planner.draw import draw_png
from planner.errors import UserError
from planner.files import dump_plan, write_atomic
from planner.layout import Layout
from planner.placing.arranging import arrange
from planner.planning import plan as plan_prompt
from planner.planning import read_asks
from planner.plans import Plan, Planner, Size
from planner.tracing import asked, trace
from renderer.cards import model_card
from renderer.grid import rasterise
from renderer.pictures import picture_record, png_bytes
from renderer.settings import Recipe, Settings

if TYPE_CHECKING:
    from PIL import Image

    from renderer.models import Model
    from renderer.rendering import Rendering

OnStage = Callable[[str, int, int], None]
"""Told of progress: the stage, what is done of it, and of how much."""

MAX_SEED = 2**63 - 1


@dataclass(frozen=True)
class Result:
    """A picture with its plan and all that made it."""

    image: "Image.Image"
    plan: Plan
    recipe: Recipe
    seed: int
    model: str
    rendering: "Rendering" = field(repr=False)

    def png(self) -> bytes:
        """The picture as PNG, carrying its plan, settings and seed."""
        return png_bytes(self.image, picture_record(self.plan, self.recipe, self.seed, self.model))

    def save(self, folder: Path | str) -> Path:
        """Write picture.png, plan.json and layout.png into `folder`; returns the picture's path.

        The folder is made where needed. Raises `UserError` where it can't be, or can't be written.
        """
        folder = Path(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"{folder}: the folder can't be made ({error.strerror})") from error
        write_atomic(folder / "plan.json", dump_plan(self.plan).encode())
        write_atomic(folder / "layout.png", png_bytes(draw_png(layout_of(self.plan), self.plan.account)))
        write_atomic(folder / "picture.png", self.png())
        return folder / "picture.png"


def make_plan(
    prompt: str, planner: Planner | None = None, size: Size | None = None, seed: int | None = None
) -> Plan:
    """Plan and arrange `prompt`, by the built-in planner where none is given; torch is not imported.

    The plan accounts for everything that the built-in parser reads in the prompt, whoever planned.
    """
    draft = plan_prompt(prompt, planner)
    layout = arrange(draft.scene, size or Size())
    notes = (*draft.notes, *layout.notes)
    asks = draft.asks if draft.asks is not None else read_asks(prompt)
    account = trace(asks, layout.scene, layout.size, notes)
    origin = draft.origin.model_copy(
        update={"seed": draft.origin.seed if draft.origin.seed is not None else seed}
    )
    return Plan(size=layout.size, scene=layout.scene, account=account, notes=notes, origin=origin)


def layout_of(plan: Plan) -> Layout:
    """The plan's layout: what has a shape stands as it is, the rest is arranged."""
    return arrange(plan.scene, plan.size)


def settle(plan: Plan, size: Size | None = None) -> Plan:
    """The plan with every region arranged, as it will be drawn, on a canvas of `size` or its own.

    What the prompt asks for is traced anew, since regions may have been edited; new notes join the old.
    """
    plan = plan if size is None else plan.model_copy(update={"size": size})
    layout = layout_of(plan)
    known = set(plan.notes)
    notes = (*plan.notes, *(note for note in layout.notes if note not in known))
    account = trace(map(asked, plan.account), layout.scene, layout.size, notes)
    return plan.model_copy(update={"scene": layout.scene, "account": account, "notes": notes})


def generate(
    prompt: "str | Plan",
    *,
    seed: int = 0,
    size: Size | None = None,
    model: "str | Model" = "tiny",
    planner: Planner | None = None,
    settings: Settings | None = None,
    on_stage: OnStage | None = None,
) -> Result:
    """One long prompt, or a plan, to a picture.

    `model` is "tiny", a folder or a hub's name, or a model that was loaded before; `planner` is the
    built-in one where none is given; `size` is the plan's or the model's own where none is given. Raises
    `UserError` for wrong input and `WorldError` where the network or a model fails.
    """
    check_seed(seed)
    tell = on_stage or _silent
    card = model_card(model) if isinstance(model, str) else model.card
    recipe = (settings or Settings()).over(card.recipe)
    tell("planning", 0, 1)
    plan = (
        make_plan(prompt, planner, size or card.size, seed)
        if isinstance(prompt, str)
        else settle(prompt, size)
    )
    tell("planning", 1, 1)
    grid = rasterise(layout_of(plan))
    from renderer.models import load_model
    from renderer.rendering import render

    tell("loading", 0, 1)
    loaded = load_model(card) if isinstance(model, str) else model
    tell("loading", 1, 1)
    rendering = render(grid, loaded, recipe, seed, on_step=lambda done, steps: tell("denoising", done, steps))
    return Result(rendering.image, plan, recipe, seed, card.name, rendering)


def check_seed(seed: int) -> None:
    """Raise `UserError` for a seed that torch's generator doesn't take."""
    if not 0 <= seed <= MAX_SEED:
        raise UserError(f"the seed is {seed}: it should be from 0 to {MAX_SEED}")


def _silent(stage: str, done: int, total: int) -> None:
    del stage, done, total
