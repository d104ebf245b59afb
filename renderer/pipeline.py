"""The whole pipeline: prompt → draft → layout → grid → picture.

Stages are put together here and nowhere else.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from planner.account import account
from planner.draw import draw_png
from planner.draw.fonts import read_fonts
from planner.editing import UNEDITED, Edits, edited
from planner.errors import UserError
from planner.files import dump_plan, write_atomic
from planner.layout import Layout
from planner.placing.arranging import arrange
from planner.planning import plan as plan_prompt
from planner.plans import Plan, Planner, Size
from renderer.cards import ModelCard, model_card
from renderer.extras import Extras
from renderer.grid import TokenGrid, rasterise
from renderer.inputs import ExtrasLike, SettingsLike, SizeLike, as_extras, as_settings, as_size
from renderer.pictures import picture_record, png_bytes
from renderer.settings import Recipe

if TYPE_CHECKING:
    from PIL import Image

    from renderer.encoding import Encoded
    from renderer.models import Model
    from renderer.rendering import Rendering

OnStage = Callable[[str, int, int], None]
"""Called with progress: the name of the stage, how much of it is done, and of how much."""

MAX_SEED = 2**63 - 1


@dataclass(frozen=True)
class Result:
    """A picture with its plan and everything that it was drawn with."""

    image: "Image.Image"
    plan: Plan
    recipe: Recipe
    seed: int
    model: str
    extras: Extras
    rendering: "Rendering" = field(repr=False)

    def png(self) -> bytes:
        """The picture as PNG, with its plan, settings and seed in it."""
        return png_bytes(
            self.image, picture_record(self.plan, self.recipe, self.seed, self.model, self.extras)
        )

    def save(self, folder: Path | str, font: Path | None = None) -> Path:
        """Write picture.png, plan.json and layout.png into `folder`; returns the picture's path.

        The folder is made if needed. The layout's letters are from the file `font`, and those that it lacks
        from the system's fonts. Raises `UserError` where one of them can't be read or written.
        """
        folder, fonts = Path(folder), read_fonts(font)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"{folder}: the folder can't be made ({error.strerror})") from error
        write_atomic(folder / "plan.json", dump_plan(self.plan).encode())
        layout = draw_png(layout_of(self.plan), self.plan.account, fonts)
        write_atomic(folder / "layout.png", png_bytes(layout))
        write_atomic(folder / "picture.png", self.png())
        return folder / "picture.png"


def make_plan(
    prompt: str,
    planner: Planner | None = None,
    size: SizeLike | None = None,
    seed: int | None = None,
    edits: Edits = UNEDITED,
) -> Plan:
    """Plan `prompt`, by the built-in planner if none is given, apply the edits, and arrange the regions.

    The plan's account says for each word of the prompt which regions draw it. Torch is not imported.
    """
    draft, canvas = plan_prompt(prompt, planner), as_size(size) or Size()
    layout = arrange(edited(draft.scene, edits, canvas), canvas)
    notes = (*draft.notes, *layout.notes)
    origin = draft.origin.model_copy(
        update={"seed": draft.origin.seed if draft.origin.seed is not None else seed}
    )
    return Plan(
        size=layout.size, scene=layout.scene, account=account(layout.scene), notes=notes, origin=origin
    )


def layout_of(plan: Plan) -> Layout:
    """The plan's layout: regions with a shape stay as they are, the others are arranged."""
    return arrange(plan.scene, plan.size)


def settle(plan: Plan, size: SizeLike | None = None, edits: Edits = UNEDITED) -> Plan:
    """The plan with the edits applied, and every region arranged on a canvas of `size`, or of its own size.

    The account is made again, since regions may have been edited; new notes are added to the old.
    """
    canvas = as_size(size)
    plan = plan if canvas is None else plan.model_copy(update={"size": canvas})
    plan = plan.model_copy(update={"scene": edited(plan.scene, edits, plan.size)})
    layout = layout_of(plan)
    known = set(plan.notes)
    notes = (*plan.notes, *(note for note in layout.notes if note not in known))
    return plan.model_copy(update={"scene": layout.scene, "account": account(layout.scene), "notes": notes})


def generate(
    prompt: "str | Plan",
    *,
    seed: int = 0,
    size: SizeLike | None = None,
    model: "str | Model" = "tiny",
    planner: Planner | None = None,
    settings: SettingsLike | None = None,
    low_memory: bool = False,
    extras: ExtrasLike | None = None,
    edits: Edits = UNEDITED,
    on_stage: OnStage | None = None,
) -> Result:
    """Draw one picture from a long prompt or a plan.

    `model` is "tiny", a folder, a hub name, or a loaded model; `planner` is the built-in one if none is
    given; `settings` go over the model's recipe, and "auto" is `Settings(auto=True)`; `extras` are LoRAs, a
    start image and ControlNets; `edits` are painted regions and negative prompts; `size` is the plan's or the
    model's if none is given. A size may be (width, height) or "1280x768"; settings and extras may be dicts of
    their fields. With `low_memory` the text encoders are dropped before the rest of the model is loaded; the
    model must then be given by name. Raises `UserError` for wrong input and `WorldError` where the network or
    a model fails.
    """
    results = generate_many(
        [prompt],
        seeds=[seed],
        size=size,
        model=model,
        planner=planner,
        settings=settings,
        low_memory=low_memory,
        extras=extras,
        edits=edits,
        on_stage=on_stage,
    )
    return next(results)


@dataclass(frozen=True)
class _Picture:
    """A picture to draw."""

    plan: Plan
    grid: TokenGrid
    recipe: Recipe
    seed: int


def generate_many(
    prompts: "Sequence[str | Plan]",
    *,
    seeds: Sequence[int] = (0,),
    batch: int = 1,
    size: SizeLike | None = None,
    model: "str | Model" = "tiny",
    planner: Planner | None = None,
    settings: SettingsLike | None = None,
    low_memory: bool = False,
    extras: ExtrasLike | None = None,
    edits: Edits = UNEDITED,
    on_stage: OnStage | None = None,
) -> Iterator[Result]:
    """Draw every prompt, or plan, from every seed; each is planned and encoded once, before all pictures.

    `batch` pictures of one size are drawn in one call of the model. One at a time they are, pixel for pixel,
    what `generate` draws; in larger batches they are the same to rounding (see `render_batch`). The other
    arguments are those of `generate`. Raises `UserError` too for no prompt, no seed, or a batch below 1.
    """
    if not prompts or not seeds or batch < 1:
        raise UserError(
            f"{len(prompts)} prompts, {len(seeds)} seeds and batches of {batch}: one of each at least"
        )
    for seed in seeds:
        check_seed(seed)
    if low_memory and not isinstance(model, str):
        raise UserError("low_memory is for a model by its name: this one is loaded, with its text encoders")
    on_stage = on_stage or _ignore_progress
    card = model_card(model) if isinstance(model, str) else model.card
    chosen, canvas, added = as_settings(settings), as_size(size), as_extras(extras)
    card.check(chosen)
    added.check_pictures()

    # 1. Plan every prompt, and give every region a place.
    plans = list[Plan]()
    for done, prompt in enumerate(prompts):
        on_stage("planning", done, len(prompts))
        if isinstance(prompt, str):
            plan = make_plan(prompt, planner, canvas or card.size, seeds[0], edits)
        else:
            plan = settle(prompt, canvas, edits)
        _check_negative_prompts(plan, chosen.over(card.recipe))
        card.check_things(plan.scene)
        plans.append(plan)
    on_stage("planning", len(prompts), len(prompts))

    # 2. Rasterise each layout: every token of the picture gets the region that draws it.
    pictures = list[_Picture]()
    for plan in plans:
        grid = rasterise(layout_of(plan))
        recipe = card.recipe_for(chosen, grid)
        pictures += [_Picture(plan, grid, recipe, seed) for seed in seeds]

    # Batches hold pictures of one size and recipe, which have negative prompts of regions or have none.
    batches = list[list[_Picture]]()
    for _, group in groupby(pictures, lambda p: (p.grid.owner.shape, p.recipe, any(p.grid.negatives))):
        alike = list(group)
        batches += [alike[i : i + batch] for i in range(0, len(alike), batch)]
    return _draw(batches, card if isinstance(model, str) else model, low_memory, added, on_stage)


def _draw(
    batches: Sequence[Sequence[_Picture]],
    source: "ModelCard | Model",
    low_memory: bool,
    extras: Extras,
    on_stage: OnStage,
) -> Iterator[Result]:
    """The steps that wait until the first result is asked for; steps 1 and 2 are `generate_many`'s own."""
    from renderer.encoding import encode_batch
    from renderer.models import load_model
    from renderer.rendering import render_batch

    # 3. Encode the prompts of all batches; batches of the same grids are encoded once.
    on_stage("loading", 0, 1)
    loaded = not isinstance(source, ModelCard)
    model = source if loaded else load_model(source, "encoders" if low_memory else "whole")
    card = model.card
    grids = [[picture.grid for picture in batch] for batch in batches]
    encoded = dict[tuple[int, ...], "tuple[Encoded, ...]"]()
    for batch, own in zip(batches, grids, strict=True):
        key = tuple(map(id, own))
        if key not in encoded:
            encoded[key] = encode_batch(own, model, batch[0].recipe, extras.loras)
    if low_memory:
        del model
        model = load_model(card, "denoiser")
    on_stage("loading", 1, 1)

    # 4. Draw batch by batch.
    number, before = sum(map(len, batches)), 0
    for batch, own in zip(batches, grids, strict=True):
        recipe, seeds = batch[0].recipe, [picture.seed for picture in batch]
        on_step = partial(_report_steps, on_stage, before, len(batch), number)
        texts = encoded[tuple(map(id, own))]
        drawn = render_batch(own, model, recipe, seeds, encoded=texts, extras=extras, on_step=on_step)
        before += len(batch)
        for picture, rendering in zip(batch, drawn, strict=True):
            yield Result(rendering.image, picture.plan, recipe, picture.seed, card.name, extras, rendering)


def _check_negative_prompts(plan: Plan, recipe: Recipe) -> None:
    """Raise `UserError` for negative prompts that the user wrote where the recipe has no negative pass."""
    scene = plan.scene
    if recipe.true_cfg_scale <= 1 and (scene.negative or any(region.negative for region in scene.regions)):
        raise UserError(
            f"is {recipe.true_cfg_scale:g}, which draws without a negative prompt: give more, such as 3",
            "true_cfg_scale",
        )


def _report_steps(on_stage: OnStage, before: int, now: int, number: int, done: int, steps: int) -> None:
    """Report the steps of all `number` pictures, of which `before` are drawn and `now` are being drawn."""
    on_stage("denoising", before * steps + now * done, number * steps)


def check_seed(seed: int) -> None:
    """Raise `UserError` for a seed that torch's generator doesn't take."""
    if not 0 <= seed <= MAX_SEED:
        raise UserError(f"the seed is {seed}: it should be from 0 to {MAX_SEED}")


def _ignore_progress(stage: str, done: int, total: int) -> None:
    del stage, done, total
