"""The stages put together: plans, and pictures from prompts and plans."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from planner.errors import UserError
from planner.files import load_plan, read_record
from planner.plans import Draft, Origin, Plan, Size
from planner.scene import Box, Place, Quotes, Region, Scene
from renderer.models import Model
from renderer.pipeline import MAX_SEED, generate, generate_many, layout_of, make_plan, settle
from renderer.settings import Settings

ONE_STEP = Settings(steps=1)
SIZE = Size(width=64, height=64)
PROMPT = "A yellow star to the left of a blue ring, at night"


def test_a_prompt_is_planned_and_arranged() -> None:
    plan = make_plan(PROMPT, size=Size(width=128, height=64), seed=4)
    assert plan.size == Size(width=128, height=64)
    assert plan.origin == Origin(planner="builtin", seed=4)
    star, ring = (region.where for region in plan.scene.regions)
    assert isinstance(star, Box)
    assert isinstance(ring, Box)
    assert star.x1 <= ring.x0


def test_the_planners_own_notes_and_seed_are_kept() -> None:
    def planner(prompt: str) -> Draft:
        scene = Scene(
            prompt=prompt, caption="fog", regions=(Region(name="sheep", prompt="a sheep", count=50),)
        )
        return Draft(scene=scene, origin=Origin(planner="llm", model="m", seed=9))

    plan = make_plan("fifty sheep", planner, seed=4)
    assert plan.origin.seed == 9
    assert plan.size == Size()
    assert [note.kind for note in plan.notes] == ["group"]
    assert [(span.text, span.owners) for span in plan.account] == [
        ("fifty ", ("caption",)),
        ("sheep", ("sheep",)),
    ]


def test_a_plans_boxes_stand_and_what_has_none_is_arranged(plan: Plan) -> None:
    top = Place(horizontal="right", vertical="top", size="small")
    moon = Region(name="moon", prompt="a moon", where=top)
    scene = plan.scene.model_copy(update={"regions": (*plan.scene.regions, moon)})
    settled = settle(plan.model_copy(update={"scene": scene}))
    assert settled.scene.regions[:2] == plan.scene.regions
    assert isinstance(settled.scene.regions[2].where, Box)
    assert settle(settled) == settled


def test_the_account_of_an_edited_plan_is_made_anew(plan: Plan) -> None:
    star, ring = plan.scene.regions
    edited = ring.model_copy(update={"quotes": ("ring at night",)})
    scene = plan.scene.model_copy(update={"regions": (star, edited), "quotes": Quotes(style=("beside",))})
    settled = settle(plan.model_copy(update={"scene": scene}))
    assert [(span.text, span.owners) for span in settled.account] == [
        ("A yellow star ", ("star",)),
        ("beside ", ("style",)),
        ("a blue ring at night.", ("ring",)),
    ]


def test_a_plan_may_be_settled_on_another_canvas(plan: Plan) -> None:
    settled = settle(plan, Size(width=128, height=256))
    assert layout_of(settled).masks().shape == (2, 256, 128)
    assert settled.scene.regions == plan.scene.regions


def test_a_prompt_becomes_a_picture_that_is_saved_with_its_plan(tiny: Model, tmp_path: Path) -> None:
    stages: list[str] = []
    result = generate(
        PROMPT,
        seed=2,
        size=SIZE,
        model=tiny,
        settings=ONE_STEP,
        on_stage=lambda stage, done, total: stages.append(f"{stage} {done}/{total}"),
    )
    assert stages == ["planning 0/1", "planning 1/1", "loading 0/1", "loading 1/1", "denoising 1/1"]
    assert result.image.size == (64, 64)
    assert result.save(tmp_path / "new" / "out") == tmp_path / "new" / "out" / "picture.png"
    folder = tmp_path / "new" / "out"
    assert {path.name for path in folder.iterdir()} == {"picture.png", "plan.json", "layout.png"}
    assert load_plan(folder / "plan.json") == result.plan
    record = read_record(folder / "picture.png")
    assert (record.plan, record.rest["seed"]) == (result.plan, 2)
    with pytest.raises(UserError, match=r"no\.ttf: should be a readable"):
        result.save(folder, font=folder / "no.ttf")
    assert record.rest["settings"] == result.recipe.model_dump()
    with Image.open(folder / "picture.png") as image:
        assert np.array_equal(np.asarray(image), np.asarray(result.image))


def test_a_plan_is_drawn_as_it_stands(tiny: Model, plan: Plan) -> None:
    first, again = (generate(plan, model=tiny, settings=ONE_STEP) for _ in range(2))
    assert first.plan == plan
    assert np.array_equal(np.asarray(first.image), np.asarray(again.image))


def test_the_models_own_size_serves_where_none_is_given(tiny: Model) -> None:
    assert generate("A red heart", model=tiny, settings=ONE_STEP).plan.size == tiny.card.size


def test_a_saved_plan_draws_the_same_picture(tiny: Model, tmp_path: Path) -> None:
    result = generate(PROMPT, seed=1, size=SIZE, model=tiny, settings=ONE_STEP)
    result.save(tmp_path)
    again = generate(load_plan(tmp_path / "plan.json"), seed=1, model=tiny, settings=ONE_STEP)
    assert again.png() == result.png()


@pytest.mark.parametrize("seed", [-1, MAX_SEED + 1])
def test_a_seed_out_of_range_is_the_users_to_mend(plan: Plan, seed: int) -> None:
    with pytest.raises(UserError, match=f"the seed is {seed}: it should be from 0"):
        generate(plan, seed=seed)


def test_settings_that_do_not_fit_are_refused_before_planning() -> None:
    def planner(prompt: str) -> Draft:
        raise AssertionError(prompt)

    with pytest.raises(UserError, match="inject_steps is 999, but there are only"):
        generate(PROMPT, planner=planner, settings=Settings(inject_steps=999))


def test_a_folder_that_cannot_be_made_is_named(tiny: Model, plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "file").write_text(json.dumps({}))
    result = generate(plan, model=tiny, settings=ONE_STEP)
    with pytest.raises(UserError, match=r"file: the folder can't be made \(File exists\)"):
        result.save(tmp_path / "file")


def test_every_prompt_is_drawn_from_every_seed_as_it_is_alone(tiny: Model, plan: Plan) -> None:
    told: list[tuple[str, int, int]] = []

    def tell(stage: str, done: int, total: int) -> None:
        told.append((stage, done, total))

    drawn = list(
        generate_many(
            [plan, "A red heart"],
            seeds=[3, 4],
            size=SIZE,
            model=tiny,
            settings=ONE_STEP,
            on_stage=tell,
        )
    )
    assert [result.seed for result in drawn] == [3, 4, 3, 4]
    assert [result.plan == plan for result in drawn] == [True, True, False, False]
    assert told[-4:] == [("denoising", done, 4) for done in (1, 2, 3, 4)]
    for result in drawn:
        alone = generate(result.plan, seed=result.seed, model=tiny, settings=ONE_STEP)
        assert np.array_equal(np.asarray(alone.image), np.asarray(result.image))


def test_a_batch_draws_the_same_pictures_in_fewer_calls(tiny: Model, plan: Plan) -> None:
    steps: list[int] = []
    two = Settings(steps=2)
    one, four = (
        list(
            generate_many(
                [plan, "A red heart"],
                seeds=[3, 4],
                batch=batch,
                size=SIZE,
                model=tiny,
                settings=two,
                on_stage=lambda stage, done, _: steps.append(done) if stage == "denoising" else None,
            )
        )
        for batch in (1, 4)
    )
    assert steps == [*range(1, 9), 4, 8]
    for single, together in zip(one, four, strict=True):
        assert (single.seed, single.plan) == (together.seed, together.plan)
        apart = np.abs(np.asarray(single.image).astype(int) - np.asarray(together.image))
        assert apart.max() <= 2


@pytest.mark.parametrize(("prompts", "seeds", "batch"), [(0, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_nothing_to_draw_is_the_users_to_mend(plan: Plan, prompts: int, seeds: int, batch: int) -> None:
    told = f"{prompts} prompts, {seeds} seeds and batches of {batch}: one of each at least"
    with pytest.raises(UserError, match=told):
        generate_many([plan] * prompts, seeds=range(seeds), batch=batch)


def test_little_memory_draws_the_same_picture(tiny: Model, plan: Plan) -> None:
    loaded = generate(plan, model=tiny, settings=ONE_STEP)
    lean = generate(plan, model="tiny", settings=ONE_STEP, low_memory=True)
    assert np.array_equal(np.asarray(lean.image), np.asarray(loaded.image))
    with pytest.raises(UserError, match="low_memory is for a model by its name"):
        generate(plan, model=tiny, low_memory=True)
