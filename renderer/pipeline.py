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
from renderer.inputs import ExtrasLike, SettingsLike, SizeLike, extras_of, settings_of, size_of
from renderer.pictures import picture_record, png_bytes
from renderer.settings import Recipe

if TYPE_CHECKING:
    from PIL import Image

    from renderer.encoding import Encoded
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
    extras: Extras
    rendering: "Rendering" = field(repr=False)

    def png(self) -> bytes:
        """The picture as PNG, carrying its plan, settings and seed."""
        return png_bytes(
            self.image, picture_record(self.plan, self.recipe, self.seed, self.model, self.extras)
        )

    def save(self, folder: Path | str, font: Path | None = None) -> Path:
        """Write picture.png, plan.json and layout.png into `folder`; returns the picture's path.

        The folder is made where needed. The layout's letters are from the file `font`, or where it has not
        all of them from the system's fonts. Raises `UserError` where one of them can't be read or written.
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
    """Plan `prompt`, by the built-in planner where none is given, and arrange it with what is said over it.

    The plan's account says of each word of the prompt which regions draw it. Torch is not imported.
    """
    draft, canvas = plan_prompt(prompt, planner), size_of(size) or Size()
    layout = arrange(edited(draft.scene, edits, canvas), canvas)
    notes = (*draft.notes, *layout.notes)
    origin = draft.origin.model_copy(
        update={"seed": draft.origin.seed if draft.origin.seed is not None else seed}
    )
    return Plan(
        size=layout.size, scene=layout.scene, account=account(layout.scene), notes=notes, origin=origin
    )


def layout_of(plan: Plan) -> Layout:
    """The plan's layout: what has a shape stands as it is, the rest is arranged."""
    return arrange(plan.scene, plan.size)


def settle(plan: Plan, size: SizeLike | None = None, edits: Edits = UNEDITED) -> Plan:
    """The plan, with what is said over it, and every region arranged on a canvas of `size` or its own.

    The account is made anew, since regions may have been edited; new notes join the old.
    """
    canvas = size_of(size)
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
    """One long prompt, or a plan, to a picture.

    `model` is "tiny", a folder or a hub's name, or a model that was loaded before; `planner` is the
    built-in one where none is given; `settings` go over the model's own recipe, and "auto" is
    `Settings(auto=True)`; `extras` are LoRAs, a picture to start from and ControlNets; `edits` are painted
    regions and negative prompts; `size` is the plan's or the model's own where none is given. A size may be
    (width, height) or "1280x768"; settings and extras may be dicts of their fields. With
    `low_memory` the text encoders are dropped before the rest of the model is loaded, which must then be
    given by its name. Raises `UserError` for wrong input and `WorldError` where the network or a model fails.
    """
    drawn = generate_many(
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
    return next(drawn)


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
    """Every prompt, or plan, from every seed: each is planned and encoded once; pictures come one by one.

    `batch` pictures of one size are drawn in one call of the model; one at a time they are, pixel for pixel,
    what `generate` draws, and in larger batches to rounding (see `render_batch`). The rest is as `generate`
    has it. Raises `UserError` too where there is no prompt, no seed, or no picture in a batch.
    """
    if not prompts or not seeds or batch < 1:
        raise UserError(
            f"{len(prompts)} prompts, {len(seeds)} seeds and batches of {batch}: one of each at least"
        )
    for seed in seeds:
        check_seed(seed)
    if low_memory and not isinstance(model, str):
        raise UserError("low_memory is for a model by its name: this one is loaded, with its text encoders")
    tell = on_stage or _silent
    card = model_card(model) if isinstance(model, str) else model.card
    wishes, canvas, joining = settings_of(settings), size_of(size), extras_of(extras)
    card.check(wishes)
    plans = list[Plan]()
    for done, prompt in enumerate(prompts):
        tell("planning", done, len(prompts))
        if isinstance(prompt, str):
            plans.append(make_plan(prompt, planner, canvas or card.size, seeds[0], edits))
        else:
            plans.append(settle(prompt, canvas, edits))
        _check_negative(plans[-1], wishes.over(card.recipe))
        card.check_things(plans[-1].scene)
    tell("planning", len(prompts), len(prompts))
    pictures = [
        _Picture(plan, grid, card.recipe_for(wishes, grid), seed)
        for plan, grid in [(plan, rasterise(layout_of(plan))) for plan in plans]
        for seed in seeds
    ]
    chunks = list(_chunks(pictures, batch))
    source = card if isinstance(model, str) else model
    return _drawn(chunks, source, low_memory, joining, tell)


def _check_negative(plan: Plan, recipe: Recipe) -> None:
    """Raise `UserError` where someone wrote negative prompts for a picture that is drawn without any."""
    scene = plan.scene
    if recipe.true_cfg_scale <= 1 and (scene.negative or any(region.negative for region in scene.regions)):
        raise UserError(
            f"is {recipe.true_cfg_scale:g}, which draws without a negative prompt: give more, such as 3",
            "true_cfg_scale",
        )


@dataclass(frozen=True)
class _Picture:
    """What is drawn."""

    plan: Plan
    grid: TokenGrid
    recipe: Recipe
    seed: int


def _chunks(pictures: Sequence[_Picture], batch: int) -> Iterator[list[_Picture]]:
    """The pictures in order, up to `batch` on end of one size, recipe and kind of negative pass."""
    for _, alike in groupby(pictures, key=lambda p: (p.grid.owner.shape, p.recipe, any(p.grid.negatives))):
        left = list(alike)
        yield from (left[i : i + batch] for i in range(0, len(left), batch))


def _drawn(
    chunks: Sequence[Sequence[_Picture]],
    source: "ModelCard | Model",
    low_memory: bool,
    extras: Extras,
    tell: OnStage,
) -> Iterator[Result]:
    from renderer.models import load_model
    from renderer.rendering import render_batch

    tell("loading", 0, 1)
    loaded = not isinstance(source, ModelCard)
    model = source if loaded else load_model(source, "encoders" if low_memory else "whole")
    card, texts = model.card, _texts(chunks, model, extras)
    if low_memory:
        del model
        model = load_model(card, "denoiser")
    tell("loading", 1, 1)
    number = sum(map(len, chunks))
    before = 0
    for chunk, encoded in zip(chunks, texts, strict=True):
        grids, seeds = [picture.grid for picture in chunk], [picture.seed for picture in chunk]
        recipe = chunk[0].recipe
        told = partial(_tell_step, tell, before, len(chunk), number)
        drawn = render_batch(grids, model, recipe, seeds, encoded=encoded, extras=extras, on_step=told)
        before += len(chunk)
        for picture, rendering in zip(chunk, drawn, strict=True):
            yield Result(rendering.image, picture.plan, recipe, picture.seed, card.name, extras, rendering)


def _texts(
    chunks: Sequence[Sequence[_Picture]], model: "Model", extras: Extras
) -> "list[tuple[Encoded, ...]]":
    """The text of each chunk; what two chunks have alike is encoded once."""
    from renderer.encoding import encode_batch

    known = dict[tuple[int, ...], "tuple[Encoded, ...]"]()
    for chunk in chunks:
        if (key := _key(chunk)) not in known:
            grids = [picture.grid for picture in chunk]
            known[key] = encode_batch(grids, model, chunk[0].recipe, extras.loras)
    return [known[_key(chunk)] for chunk in chunks]


def _key(chunk: Sequence[_Picture]) -> tuple[int, ...]:
    return tuple(id(picture.grid) for picture in chunk)


def _tell_step(tell: OnStage, before: int, now: int, number: int, done: int, steps: int) -> None:
    """Steps of all `number` pictures, `before` of which are drawn, and `now` of which are being drawn."""
    tell("denoising", before * steps + now * done, number * steps)


def check_seed(seed: int) -> None:
    """Raise `UserError` for a seed that torch's generator doesn't take."""
    if not 0 <= seed <= MAX_SEED:
        raise UserError(f"the seed is {seed}: it should be from 0 to {MAX_SEED}")


def _silent(stage: str, done: int, total: int) -> None:
    del stage, done, total
